//! What the folder with everything in it says of itself: the version of its layout, and whether a restore into it has ended.

use std::{
    fs::{self, DirBuilder},
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use crate::{
    auth::{cannot, write_private},
    error::Error,
    log::sync_folder,
    obstacle::Obstacle,
};

/// The newest layout that this program reads. The first said nothing of itself.
const FORMAT: u32 = 2;
const TITLE: &str = "care store folder, format ";
const FILE: &str = "format";
/// Lies in the folder from the first step of a restore to its last, and holds the command that begins it anew.
const RESTORING: &str = "restoring";
/// What is made after the log was, and so is never there without it.
const AFTER_THE_LOG: [&str; 8] = [
    "cards",
    "cards.mark",
    "secret.key",
    "checkpoints",
    "signing",
    "snapshots",
    "derived",
    "looked",
];

/// Looks whether this program can read the folder, and lets it say so from now on. One that is not there is begun, so that
/// its owner alone can enter it; an older one is read, and says from then on what it has become.
pub(crate) fn begin(data: &Path) -> Result<(), Error> {
    make(data)?;
    no_log_is_gone(data)?;
    if known(data)? != Some(FORMAT) {
        write_private(&data.join(FILE), format!("{TITLE}{FORMAT}\n").as_bytes())?;
    }
    Ok(())
}

/// The same for whoever only looks.
pub(crate) fn check(data: &Path) -> Result<(), Error> {
    no_log_is_gone(data)?;
    known(data).map(drop)
}

/// Refuses a folder whose log is not there and was: to begin another would be to forget who everybody is. In a folder that was
/// restored by half, files may be there before their log.
fn no_log_is_gone(data: &Path) -> Result<(), Error> {
    let log = data.join("log");
    if log.join(FILE).exists() || log.join("heads").exists() || data.join(RESTORING).exists() {
        return Ok(());
    }
    match AFTER_THE_LOG.into_iter().find(|name| data.join(name).exists()) {
        Some(left) => Err(Obstacle::LogGone { data: data.to_owned(), left }.into()),
        None => Ok(()),
    }
}

/// The version that the folder says it has, if it says one. A newer one than this program knows is refused.
fn known(data: &Path) -> Result<Option<u32>, Error> {
    let file = data.join(FILE);
    let text = match fs::read(&file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot("read", &file, &error)),
    };
    match text.trim_end().strip_prefix(TITLE).and_then(|number| number.parse::<u32>().ok()) {
        Some(found) if found > FORMAT => {
            Err(Obstacle::NewerFolder { data: data.to_owned(), found, known: FORMAT }.into())
        }
        Some(found) => Ok(Some(found)),
        None => Err(Obstacle::FormatDamaged { file }.into()),
    }
}

/// Makes a folder that its owner alone can enter, if there is none.
pub(crate) fn make(dir: &Path) -> Result<(), Error> {
    if dir.is_dir() {
        return Ok(());
    }
    // With each folder that leads there and is not there yet, so that all of them are found after a power cut.
    if let Some(above) = dir.parent().filter(|above| !above.as_os_str().is_empty()) {
        make(above)?;
    }
    let mut made = DirBuilder::new();
    let made = made.recursive(true).mode(0o700).create(dir);
    made.map_err(|error| cannot("make", dir, &error))?;
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    sync_folder(above.unwrap_or(Path::new(".")))?;
    Ok(sync_folder(dir)?)
}

/// From now on the folder is half restored, and this command restores it.
pub(crate) fn restoring(data: &Path, command: &str) -> Result<(), Error> {
    write_private(&data.join(RESTORING), format!("{command}\n").as_bytes())
}

/// From now on it is whole.
pub(crate) fn restored(data: &Path) -> Result<(), Error> {
    let marker = data.join(RESTORING);
    fs::remove_file(&marker).map_err(|error| cannot("remove", &marker, &error))?;
    Ok(sync_folder(data)?)
}

/// Refuses a folder into which a backup was being restored when that was broken off.
pub(crate) fn nothing_half_restored(data: &Path) -> Result<(), Error> {
    let marker = data.join(RESTORING);
    let command = match fs::read_to_string(&marker) {
        Ok(command) => command,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot("read", &marker, &error)),
    };
    let again = command.trim_end().to_owned();
    Err(Obstacle::HalfRestored { data: data.to_owned(), again }.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_is_begun_for_its_owner_alone_and_an_older_one_is_taken_along() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        begin(&data).unwrap();
        assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(known(&data).unwrap(), Some(FORMAT));
        fs::remove_file(data.join(FILE)).unwrap();
        assert_eq!(known(&data).unwrap(), None);
        begin(&data).unwrap();
        assert_eq!(known(&data).unwrap(), Some(FORMAT));
        fs::write(data.join(FILE), "care store folder, format 1\n").unwrap();
        begin(&data).unwrap();
        assert_eq!(known(&data).unwrap(), Some(FORMAT));
    }

    #[test]
    fn a_newer_folder_and_a_damaged_word_are_refused_and_left_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        for (text, words) in [
            ("care store folder, format 3\n", "install the newer version"),
            ("care store folder, format 4294967296\n", "rm "),
            ("care st\u{0}re folder, format 2\n", "rm "),
            ("", "rm "),
        ] {
            fs::write(&file, text).unwrap();
            let refused = begin(dir.path()).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        fs::remove_file(&file).unwrap();
        begin(dir.path()).unwrap();
    }
}
