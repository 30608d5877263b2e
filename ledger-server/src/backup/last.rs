//! When the last backup was made: a small file in the folder with everything in it.

use std::path::Path;

use ledger_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::manifest::{moment, said};
use crate::{
    error::Error,
    sums::{self, Found},
};

const FILE: &str = "last-backup.json";

/// What is remembered of the last backup.
#[derive(Serialize, Deserialize)]
struct Last {
    made: String,
    folder: String,
}

/// When the last whole backup was made. Nothing: none was, or nobody can say.
pub(crate) fn last(data: &Path) -> Option<Timestamp> {
    let Found::Whole(text) = sums::read(data, FILE).ok()? else { return None };
    let last: Last = serde_json::from_slice(&text).ok()?;
    moment(&last.made)
}

/// Remembers that one was made, and where it is.
pub(super) fn remember(data: &Path, made: Timestamp, folder: &Path) -> Result<(), Error> {
    let last = Last { made: said(made), folder: folder.display().to_string() };
    let text = serde_json::to_string_pretty(&last).map_err(Error::internal)?;
    sums::write(data, FILE, format!("{text}\n").as_bytes())
}
