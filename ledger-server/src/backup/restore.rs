//! A server's folder made from nothing but a backup. A marker lies in it from the first step to the last, so that a folder that
//! is half there is never served.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use ledger_core::CoopName;
use ledger_proto::bundle::Bundle;

use super::{
    Heard, Step,
    cards::{self, Counted},
    create::{CARDS, LOGS, PRIVATE},
    files::{self, Sink},
    last,
    manifest::{Listed, moment},
    seen::{self, Seen},
    verify::{Checked, Verified, verify},
};
use crate::{
    auth::cannot,
    cards::{Cards, Drawer},
    checkpoints::tree_of,
    error::Error,
    format, guard,
    log::{Block, Log, LogOptions, Lost, PackedLog, sync_folder},
};

/// So many entries are appended at once.
const AT_ONCE: usize = 1024;
/// So many cards are put back before they are synced.
const CARDS_AT_ONCE: u64 = 512;

/// What was restored.
pub(super) struct Restored {
    pub(super) verified: Verified,
    /// How many cards and notes were put back.
    pub(super) counted: Counted,
    /// What was published after the backup and is given up, by co-op.
    pub(super) given_up: Vec<(CoopName, Lost)>,
    /// The co-ops of which something was published and of which the backup knows nothing.
    pub(super) unknown: Vec<CoopName>,
}

/// Restores a backup into a folder that does not exist, or is empty.
pub(super) async fn restore(
    folder: &Path,
    data: &Path,
    seen: &[PathBuf],
    heard: &mut Heard<'_>,
) -> Result<Restored, Error> {
    if !files::is_free(data)? {
        format::nothing_half_restored(data)?;
        return Err(Error::Internal(format!(
            "{} is not empty: a backup is restored into a folder of its own. Choose another one with --data",
            data.display()
        )));
    }
    let again = again(folder, data, seen);
    let (verified, seen) = tokio::task::block_in_place(|| {
        let verified = verify(folder, heard)?;
        // All that can be said against it is said before anything is written.
        let seen = seen::read(seen)?;
        seen::judge(&seen, folder, &verified.coops)?;
        format::make(data)?;
        format::restoring(data, &again)?;
        Ok::<_, Error>((verified, seen))
    })?;
    written((folder, data), verified, &seen, heard).await.map_err(|error| {
        Error::Internal(format!(
            "{error}. What is in {} is not whole: remove it and restore again: rm -r {} && {again}",
            data.display(),
            data.display()
        ))
    })
}

/// Everything between the first step and the last.
async fn written(
    (folder, data): (&Path, &Path),
    verified: Verified,
    seen: &[Seen],
    heard: &mut Heard<'_>,
) -> Result<Restored, Error> {
    let counted = tokio::task::block_in_place(|| {
        format::begin(data)?;
        fill((folder, data), &verified, heard)
    })?;
    let (given_up, unknown) = take_seen(data, seen, &verified.coops).await?;
    if let Some(made) = moment(verified.manifest.made()) {
        last::remember(data, made, folder)?;
    }
    format::restored(data)?;
    Ok(Restored { verified, counted, given_up, unknown })
}

/// The command that restores it from the beginning.
fn again(folder: &Path, data: &Path, seen: &[PathBuf]) -> String {
    let (folder, data) = (folder.display(), data.display());
    let command = format!("carestore-server backup restore {folder} --data {data}");
    seen.iter().fold(command, |command, seen| format!("{command} --seen {}", seen.display()))
}

fn fill(
    (folder, data): (&Path, &Path),
    verified: &Verified,
    heard: &mut Heard<'_>,
) -> Result<Counted, Error> {
    append((folder, data), &verified.coops, heard)?;
    read_again(data, &verified.coops)?;
    let kept = verified.manifest.files.iter().filter_map(|file| {
        let name = file.name.strip_prefix(PRIVATE)?.strip_prefix('/')?;
        (name != CARDS).then_some((file, name))
    });
    for (file, name) in kept {
        copy((folder, file), (data, name))?;
        heard(Step::File(name.to_owned()))?;
    }
    let counted = put_back((folder, data), &verified.coops)?;
    heard(Step::File(CARDS.to_owned()))?;
    Ok(counted)
}

/// Appends the very bytes that are in the bundles, each log under its own number.
fn append(
    (folder, data): (&Path, &Path),
    coops: &[Checked],
    heard: &mut Heard<'_>,
) -> Result<(), Error> {
    let log = PackedLog::open(&data.join("log"), &LogOptions::default())?;
    for checked in coops {
        let bundle = Bundle::open(&folder.join(LOGS).join(checked.coop.as_str()));
        let bundle = bundle.map_err(Error::internal)?;
        for name in bundle.files() {
            let file = bundle.read(name).map_err(Error::internal)?;
            file.as_listed().map_err(Error::internal)?;
            let (mut first, entries) = file.entries().map_err(Error::internal)?;
            for some in entries.chunks(AT_ONCE) {
                let entries: Vec<Vec<u8>> = some.iter().map(|entry| entry.to_vec()).collect();
                log.append(&[Block { log: checked.log, first, entries: &entries }])?;
                first = first.saturating_add(entries.len() as u64);
                let (done, of) = (first.saturating_sub(1), checked.size);
                heard(Step::Entries { coop: checked.coop.to_string(), done, of })?;
            }
        }
    }
    Ok(())
}

/// Whether each log, as it now lies on the disk, comes to the root that it had.
fn read_again(data: &Path, coops: &[Checked]) -> Result<(), Error> {
    let log = PackedLog::open(&data.join("log"), &LogOptions::default())?;
    for Checked { coop, log: id, size, root, .. } in coops {
        log.verdict(*id)?;
        let tree = tree_of(&log, *id)?;
        if (tree.size(), tree.root()) != (*size, *root) {
            return Err(Error::Internal(format!(
                "what was written of {coop} does not come to the root of its {size} entries: is the disk sound?"
            )));
        }
    }
    Ok(())
}

/// A file from the backup, as it is.
fn copy((folder, file): (&Path, &Listed), (data, name): (&Path, &str)) -> Result<(), Error> {
    let from = folder.join(&file.name);
    if let Some((above, _)) = name.rsplit_once('/') {
        format::make(&data.join(above))?;
    }
    let mut source = File::open(&from).map_err(|error| cannot("read", &from, &error))?;
    let mut sink = Sink::create(data, name)?;
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = source.read(&mut piece).map_err(|error| cannot("read", &from, &error))?;
        if read == 0 {
            break;
        }
        sink.put(piece.get(..read).unwrap_or_default())?;
    }
    let written = sink.finish()?;
    if (written.bytes, &written.blake3) != (file.bytes, &file.blake3) {
        return Err(Error::Internal(format!("{} has changed while it was read", from.display())));
    }
    Ok(data.join(name).parent().map_or(Ok(()), sync_folder)?)
}

/// Puts the cards back, but for those of people and entries that came after the logs were cut off.
fn put_back((folder, data): (&Path, &Path), coops: &[Checked]) -> Result<Counted, Error> {
    let cards = Cards::open(data)?;
    let (mut counted, mut unsynced) = (Counted::default(), 0_u64);
    cards::read(&folder.join(PRIVATE).join(CARDS), &mut |kept| {
        let of = coops.iter().find(|coop| coop.log == kept.log);
        let within = of.is_some_and(|coop| match kept.drawer {
            Drawer::Members => kept.number <= coop.newest_member,
            Drawer::Notes => kept.number <= coop.size,
        });
        if !within {
            return Ok(());
        }
        cards.put_back(kept.drawer, kept.log, (kept.number, &kept.bytes))?;
        counted.count(kept.drawer);
        unsynced = unsynced.saturating_add(1);
        if unsynced >= CARDS_AT_ONCE {
            unsynced = 0;
            cards.sync()?;
        }
        Ok(())
    })?;
    cards.sync()?;
    Ok(counted)
}

/// Nothing that was published after the backup is ever contradicted: up to there nothing is signed again, and the loss becomes
/// an entry, as if the operator had accepted it.
async fn take_seen(
    data: &Path,
    seen: &[Seen],
    coops: &[Checked],
) -> Result<(Vec<(CoopName, Lost)>, Vec<CoopName>), Error> {
    let unknown = tokio::task::block_in_place(|| seen::put(seen, data, coops))?;
    let mut given_up = Vec::new();
    for checked in coops.iter().filter(|_| !seen.is_empty()) {
        if let Some(lost) = guard::give_up(data, &checked.coop).await? {
            given_up.push((checked.coop.clone(), lost));
        }
    }
    Ok((given_up, unknown))
}
