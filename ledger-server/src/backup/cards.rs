//! Cards and notes in a file of their own: each behind its kind, log, number and length, and at the end how many there are and
//! the hash of it all.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use super::{files::Sink, manifest::Listed};
use crate::{
    cards::{Cards, Drawer},
    error::Error,
    log::LogId,
};

const MAGIC: &[u8; 8] = b"CSCARDS1";
const MEMBER: u8 = 1;
const NOTE: u8 = 2;
const END: u8 = 0;
/// None is longer: the store would not have taken it.
const LONGEST: u32 = 64 << 10;

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) cards: u64,
    pub(super) notes: u64,
}

/// One of them, as it lies in the store.
pub(super) struct Kept {
    pub(super) drawer: Drawer,
    pub(super) log: LogId,
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
}

impl Counted {
    pub(super) fn count(&mut self, drawer: Drawer) {
        let counted = match drawer {
            Drawer::Members => &mut self.cards,
            Drawer::Notes => &mut self.notes,
        };
        *counted = counted.saturating_add(1);
    }
}

/// Writes the cards and notes of these logs.
pub(super) fn write(
    cards: &Cards,
    logs: &[LogId],
    (dir, name): (&Path, &str),
) -> Result<(Listed, Counted), Error> {
    let mut sink = Sink::create(dir, name)?;
    let mut counted = Counted::default();
    sink.put(MAGIC)?;
    for log in logs {
        for (drawer, kind) in [(Drawer::Members, MEMBER), (Drawer::Notes, NOTE)] {
            cards.each(drawer, *log, &mut |number, bytes| {
                counted.count(drawer);
                let length = u32::try_from(bytes.len()).map_err(Error::internal)?;
                sink.put(&[kind])?;
                sink.put(&log.get().to_be_bytes())?;
                sink.put(&number.to_be_bytes())?;
                sink.put(&length.to_be_bytes())?;
                sink.put(bytes)
            })?;
        }
    }
    sink.put(&[END])?;
    sink.put(&counted.cards.saturating_add(counted.notes).to_be_bytes())?;
    let hash = sink.hash();
    sink.put(hash.as_bytes())?;
    Ok((sink.finish()?, counted))
}

/// Reads them again, one by one and strictly.
pub(super) fn read(
    path: &Path,
    visit: &mut dyn FnMut(Kept) -> Result<(), Error>,
) -> Result<Counted, Error> {
    let file = File::open(path).map_err(|error| crate::auth::cannot("read", path, &error))?;
    let mut source = Source { file: BufReader::new(file), hasher: blake3::Hasher::new() };
    let damaged = |what: &str| Error::Internal(format!("{} is damaged: {what}", path.display()));
    let mut counted = Counted::default();
    if source.take::<8>() != Some(*MAGIC) {
        return Err(damaged("it does not begin as a file of cards does"));
    }
    loop {
        let drawer = match source.take::<1>() {
            Some([MEMBER]) => Drawer::Members,
            Some([NOTE]) => Drawer::Notes,
            Some([END]) => break,
            Some(_) | None => return Err(damaged("it is cut short, or no card begins so")),
        };
        let card = source.card(drawer).ok_or_else(|| damaged("a card in it is cut short"))?;
        counted.count(drawer);
        visit(card)?;
    }
    let count = source.take().map(u64::from_be_bytes);
    let hash = *source.hasher.finalize().as_bytes();
    let ends = count == Some(counted.cards.saturating_add(counted.notes))
        && source.take::<32>() == Some(hash)
        && source.take::<1>().is_none();
    if ends { Ok(counted) } else { Err(damaged("its end is not the hash of what is before it")) }
}

struct Source {
    file: BufReader<File>,
    hasher: blake3::Hasher,
}

impl Source {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).ok()?;
        self.hasher.update(&bytes);
        Some(bytes)
    }

    fn card(&mut self, drawer: Drawer) -> Option<Kept> {
        let log = LogId::new(u32::from_be_bytes(self.take()?));
        let number = u64::from_be_bytes(self.take()?);
        let length = u32::from_be_bytes(self.take()?);
        if length > LONGEST {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.file.read_exact(&mut bytes).ok()?;
        self.hasher.update(&bytes);
        Some(Kept { drawer, log, number, bytes })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    type Found = Vec<(Drawer, u32, u64, Vec<u8>)>;

    fn all(path: &Path) -> Result<Found, Error> {
        let mut found = Vec::new();
        read(path, &mut |kept| {
            found.push((kept.drawer, kept.log.get(), kept.number, kept.bytes));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn what_was_kept_is_read_again_and_no_flipped_bit_is() {
        let dir = tempfile::tempdir().unwrap();
        let store = Cards::open(dir.path()).unwrap();
        let kept = [
            (Drawer::Members, 1, 1001, b"Ann".to_vec()),
            (Drawer::Members, 1, 1002, Vec::new()),
            (Drawer::Notes, 1, 7, b"thank you".to_vec()),
            (Drawer::Notes, 3, 7, vec![9; 64 << 10]),
        ];
        for (drawer, log, number, bytes) in &kept {
            store.put_back(*drawer, LogId::new(*log), (*number, bytes)).unwrap();
        }
        // Of a log that is not asked for.
        store.put_back(Drawer::Members, LogId::new(2), (1001, b"Zoe")).unwrap();
        let logs = [LogId::new(1), LogId::new(3)];
        let (listed, counted) = write(&store, &logs, (dir.path(), "written")).unwrap();
        assert_eq!(counted, Counted { cards: 2, notes: 2 });
        let path = dir.path().join("written");
        assert_eq!(all(&path).unwrap(), kept);
        let whole = fs::read(&path).unwrap();
        assert_eq!(listed.bytes, whole.len() as u64);
        let ends = (0..200).chain(whole.len() - 200..whole.len());
        for at in ends {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(all(&path).is_err(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(all(&path).is_err(), "cut at {at}");
        }
        fs::write(&path, [&*whole, b"x"].concat()).unwrap();
        assert!(all(&path).is_err(), "something behind its end");
    }
}
