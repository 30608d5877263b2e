//! The list of a bundle's files, each with its hash and length, and at the end the hash of the list itself.

use super::{
    CHECKPOINTS, DESCRIPTORS, Damaged, FORMAT, KEYS, MANIFEST, PROTO, README, entries_name,
};
use crate::checkpoint::{Origin, decimal};
use crate::tree::Hash;

const FIRST_LINE: &str = "carestore bundle v1";
const FIXED: [&str; 6] = [CHECKPOINTS, DESCRIPTORS, FORMAT, KEYS, PROTO, README];

/// The hash of a file: BLAKE3 without a key, as `b3sum` prints it.
pub fn file_hash(bytes: &[u8]) -> Hash {
    Hash::new(*blake3::hash(bytes).as_bytes())
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its hash.
    pub hash: Hash,
    /// Its length.
    pub bytes: u64,
    /// Its name within the bundle.
    pub name: String,
}

/// The list of all files of a bundle but itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The identity of the log.
    pub origin: Origin,
    /// How many entries the bundle holds.
    pub size: u64,
    /// The files, by name.
    pub files: Vec<Listed>,
}

impl Manifest {
    /// The text of the file.
    pub fn to_text(&self) -> String {
        let Manifest { origin, size, files } = self;
        let line = |Listed { hash, bytes, name }: &Listed| format!("{hash} {bytes} {name}\n");
        let lines: Vec<String> = files.iter().map(line).collect();
        let list = format!("{FIRST_LINE}\norigin {origin}\nsize {size}\n{}", lines.concat());
        format!("{list}manifest {}\n", file_hash(list.as_bytes()))
    }

    /// Reads the file: strictly, and only if it is whole.
    pub fn parse(text: &str) -> Result<Manifest, Damaged> {
        let wrong = |what: &str| Damaged::new(MANIFEST, what);
        let whole = text.strip_suffix('\n').and_then(|text| text.rsplit_once('\n'));
        let (listing, seal) = whole.ok_or_else(|| wrong("its last line does not end"))?;
        let hash = file_hash(format!("{listing}\n").as_bytes());
        if seal != format!("manifest {hash}") {
            return Err(wrong("its last line is not the hash of the others"));
        }
        let mut lines = listing.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(wrong("its first line is not \"carestore bundle v1\""));
        }
        let origin = lines.next().and_then(|line| line.strip_prefix("origin "));
        let origin = origin.and_then(|origin| origin.parse().ok());
        let origin = origin.ok_or_else(|| wrong("its second line is not the origin"))?;
        let size = lines.next().and_then(|line| line.strip_prefix("size ")).and_then(decimal);
        let size = size.ok_or_else(|| wrong("its third line is not the size"))?;
        let files =
            lines.map(|line| listed(line).ok_or_else(|| wrong("a line of it is not a file's")));
        let files: Vec<Listed> = files.collect::<Result<_, _>>()?;
        if !files.is_sorted_by(|a, b| a.name < b.name) {
            return Err(wrong("its files are not in order"));
        }
        Ok(Manifest { origin, size, files })
    }
}

fn listed(line: &str) -> Option<Listed> {
    let mut words = line.split(' ');
    let (hash, bytes, name) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !(FIXED.contains(&name) || is_of_entries(name)) {
        return None;
    }
    let mut read = [0; 32];
    let (pairs, []) = hash.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != read.len() || hash.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return None;
    }
    for (byte, [high, low]) in read.iter_mut().zip(pairs) {
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = u8::try_from(digit(high)? << 4 | digit(low)?).ok()?;
    }
    Some(Listed { hash: Hash::new(read), bytes: decimal(bytes)?, name: name.to_owned() })
}

/// Whether a name is one of a file of entries: no other name leads into a folder, and none out of it.
fn is_of_entries(name: &str) -> bool {
    let range = name.rsplit_once('/').and_then(|(_, range)| range.split_once('-'));
    let Some((first, last)) = range else { return false };
    let number = |digits: &str| decimal(digits.trim_start_matches('0'));
    let (Some(first), Some(last)) = (number(first), number(last)) else { return false };
    name == entries_name(first, last)
}
