//! `backup.json`: what a backup holds, and the hash of each of its files. It is written last: a folder without it is no backup.

use ledger_core::Timestamp;
use ledger_proto::{Hash, bundle::file_hash};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The list of all other files.
pub(super) const MANIFEST: &str = "backup.json";
/// The newest form of a backup that this program reads.
const FORMAT: u32 = 1;
/// What stands in the place of the seal while it is reckoned.
const UNSEALED: &str = "";

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The form of the backup.
    format: u32,
    /// When it was made: when its co-ops were cut off.
    made: String,
    /// By which program.
    made_by: String,
    /// The co-ops in it, in the order of their logs.
    pub(super) coops: Vec<BackedUp>,
    /// The co-ops that are not in it, and why.
    pub(super) left_out: Vec<LeftOut>,
    /// All files but this one, in the order of their names.
    pub(super) files: Vec<Listed>,
    /// The hash of this file, with nothing in this place.
    seal: String,
}

/// One co-op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackedUp {
    /// Its name; its bundle lies in the folder of that name in `log/`.
    pub(super) coop: String,
    /// The number of its log.
    pub(super) log: u32,
    /// How many entries there are.
    pub(super) size: u64,
    /// The root over them.
    pub(super) root: String,
    /// How many entries the newest checkpoint stands for.
    pub(super) signed: u64,
}

/// One co-op that is not in the backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeftOut {
    /// Its name, or what is known of it.
    pub(super) coop: String,
    /// Why.
    pub(super) why: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    /// Its name within the backup.
    pub(super) name: String,
    /// Its length.
    pub(super) bytes: u64,
    /// Its BLAKE3 hash, as `b3sum` prints it.
    pub(super) blake3: String,
}

/// The one thing that is asked of a list of any form.
#[derive(Deserialize)]
struct AnyForm {
    format: u32,
}

impl Listed {
    /// A file of this name, length and hash.
    pub(super) fn new(name: impl Into<String>, bytes: u64, hash: &Hash) -> Self {
        Self { name: name.into(), bytes, blake3: hash.to_string() }
    }
}

impl Manifest {
    /// The list of a backup that is being made now.
    pub(super) fn new(made: Timestamp, coops: Vec<BackedUp>, left_out: Vec<LeftOut>) -> Self {
        Self {
            format: FORMAT,
            made: said(made),
            made_by: concat!("carestore-server ", env!("CARGO_PKG_VERSION")).to_owned(),
            coops,
            left_out,
            files: Vec::new(),
            seal: UNSEALED.to_owned(),
        }
    }

    /// When it was made, in words.
    pub(super) fn made(&self) -> &str {
        &self.made
    }

    /// How many bytes all files have together.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The text of the file.
    pub(super) fn to_text(&self) -> Result<String, Error> {
        let bare = Self { seal: UNSEALED.to_owned(), ..self.clone() }.written()?;
        let seal = file_hash(bare.as_bytes()).to_string();
        Self { seal, ..self.clone() }.written()
    }

    fn written(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(self).map_err(Error::internal)?;
        Ok(format!("{text}\n"))
    }

    /// Reads the file, strictly: one way to write it, so that no byte of it can change unnoticed. The error says what is wrong.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let damaged = |what: &str| format!("{MANIFEST} is damaged: {what}");
        match serde_json::from_slice::<AnyForm>(bytes) {
            Ok(AnyForm { format }) if format > FORMAT => {
                return Err(format!(
                    "this backup was made by a newer version of carestore-server (form {format}; this one reads up to \
                     {FORMAT}): install the newer version"
                ));
            }
            Ok(_) => {}
            Err(error) => return Err(damaged(&error.to_string())),
        }
        let read: Self =
            serde_json::from_slice(bytes).map_err(|error| damaged(&error.to_string()))?;
        let again = read.to_text().map_err(|error| damaged(&error.to_string()))?;
        if again.as_bytes() != bytes {
            return Err(damaged("it is not what was written"));
        }
        if !read.files.is_sorted_by(|one, next| one.name < next.name) {
            return Err(damaged("its files are not in order"));
        }
        if let Some(file) = read.files.iter().find(|file| !stays_within(&file.name)) {
            return Err(damaged(&format!("it names {}", file.name)));
        }
        let logs = read.coops.iter().map(|coop| coop.log);
        if !logs.is_sorted_by(|one, next| one < next) {
            return Err(damaged("its co-ops are not in order"));
        }
        Ok(read)
    }
}

/// Whether a name leads to a file within the folder.
fn stays_within(name: &str) -> bool {
    name != MANIFEST && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A moment as it stands in files.
pub(super) fn said(at: Timestamp) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at.unix_ms()).unwrap_or_default();
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The moment that was written so.
pub(super) fn moment(said: &str) -> Option<Timestamp> {
    let at = chrono::DateTime::parse_from_rfc3339(said).ok()?;
    Some(Timestamp::from_unix_ms(at.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Manifest {
        let hash = file_hash(b"x");
        let coop = BackedUp {
            coop: "golcar".to_owned(),
            log: 2,
            size: 7,
            root: hash.to_string(),
            signed: 7,
        };
        let mut some =
            Manifest::new(Timestamp::from_unix_ms(1_772_452_800_123), vec![coop], vec![]);
        some.files = vec![Listed::new("log/x", 1, &hash), Listed::new("private/y", 2, &hash)];
        some
    }

    #[test]
    fn a_list_is_read_as_it_was_written_and_no_flipped_bit_is() {
        let text = some().to_text().unwrap();
        let read = Manifest::parse(text.as_bytes()).unwrap();
        assert_eq!(read.to_text().unwrap(), text);
        assert_eq!(moment(read.made()), Some(Timestamp::from_unix_ms(1_772_452_800_123)));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(Manifest::parse(&bytes).is_err(), "byte {at}");
            assert!(Manifest::parse(&text.as_bytes()[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_list_names_nothing_outside_and_a_newer_form_is_named() {
        for name in ["../x", "/etc/passwd", "a//b", "a/./b", "", MANIFEST] {
            let mut bad = some();
            bad.files = vec![Listed::new(name, 1, &file_hash(b"x"))];
            let text = bad.to_text().unwrap();
            assert!(Manifest::parse(text.as_bytes()).is_err(), "{name}");
        }
        let newer = br#"{"format": 2, "more": []}"#;
        assert!(Manifest::parse(newer).unwrap_err().contains("newer version"));
    }
}
