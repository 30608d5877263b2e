//! `carestore export bundle`: the history in a folder, for an auditor to carry away.

use std::path::PathBuf;

use clap::Args;
use ledger_client::{
    Error,
    bundle::{BundleError, Exported, FetchError, fetch},
};
use ledger_proto::Note;
use serde_json::json;

use super::{audit, session::Session};
use crate::render;

/// The history in a folder, without names and notes, for `carestore audit`. Broken off, the same again goes on; into the
/// folder of an older bundle, only what is new is brought.
#[derive(Args, Debug)]
pub(crate) struct Bundle {
    /// The folder: new, empty, or with an earlier bundle of the same co-op.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Bundle {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        session.coop()?;
        let bar = audit::bar("Exporting");
        let mut step = |entries, of| {
            bar.set_length(of);
            bar.set_position(entries);
        };
        let fetched = fetch(&session.client, &self.dir, &mut step).await;
        bar.finish_and_clear();
        let (exported, head) = fetched.map_err(told)?;
        let Exported { origin, size, kept, root: _ } = exported;
        let newest = head.notes.last().and_then(|note| Note::parse(note).ok());
        let line = newest.map(|note| note.claimed().line().to_string()).unwrap_or_default();
        let dir = self.dir.display();
        let said = format!(
            "{dir} holds {size} entries, {kept} of them from before.\nlog   {origin}\nroot  {line}"
        );
        let json = json!({
            "origin": origin.to_string(),
            "size": size,
            "kept": kept,
            "root_line": line,
            "verifier_keys": head.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        session.thing(&said, &json)?;
        if session.tables() {
            render::talk(&format!("next: carestore audit {dir}"))?;
        }
        Ok(())
    }
}

fn told(error: FetchError) -> Error {
    match error {
        FetchError::Server(error) => error,
        FetchError::Folder(BundleError::Disk { path, source }) => Error::File { path, source },
        FetchError::Folder(
            error @ (BundleError::Missing { .. }
            | BundleError::Damaged(_)
            | BundleError::Unlisted { .. }
            | BundleError::Another(_)),
        ) => Error::Usage(error.to_string()),
    }
}
