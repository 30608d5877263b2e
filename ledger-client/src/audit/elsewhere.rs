//! What came by another road: a signed note, a receipt, a proof of a balance, or a line that somebody typed.

use ledger_proto::{BalanceProof, Checkpoint, Hash, Note, Origin, Receipt, RootLine, Trust};

/// A size and a root that did not come with the history.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// What the auditor calls it: a file, or the line itself.
    pub name: String,
    claim: Claim,
    note: Option<Note>,
}

#[derive(Clone, Debug)]
enum Claim {
    Whole(Checkpoint),
    Line(RootLine),
}

impl Elsewhere {
    /// Reads what came. What it says of itself must hold together; whether the history agrees is another question.
    pub fn read(name: &str, text: &str) -> Result<Elsewhere, String> {
        let first = text.lines().next().unwrap_or_default();
        let named = |claim, note| Elsewhere { name: name.to_owned(), claim, note };
        if first.starts_with("carestore receipt ") {
            let receipt = Receipt::parse(text).map_err(|wrong| wrong.to_string())?;
            let checked = receipt.check(Trust::KeyInFile).map_err(|wrong| wrong.to_string())?;
            return Ok(named(Claim::Whole(checked.checkpoint), Note::parse(&receipt.note).ok()));
        }
        if first.starts_with("carestore balance ") {
            let proof = BalanceProof::parse(text).map_err(|wrong| wrong.to_string())?;
            let proved = proof.check(Trust::KeyInFile).map_err(|wrong| wrong.to_string())?;
            return Ok(named(Claim::Whole(proved.checkpoint), Note::parse(&proof.note).ok()));
        }
        if first.parse::<Origin>().is_ok() {
            let note = Note::parse(text).map_err(|wrong| wrong.to_string())?;
            return Ok(named(Claim::Whole(note.claimed().clone()), Some(note)));
        }
        let line = text.parse::<RootLine>().map_err(|wrong| wrong.to_string())?;
        Ok(named(Claim::Line(line), None))
    }

    /// The size of the log that it speaks of.
    pub fn size(&self) -> u64 {
        match &self.claim {
            Claim::Whole(checkpoint) => checkpoint.size,
            Claim::Line(line) => line.size(),
        }
    }

    /// The log that it speaks of, where it says so.
    pub fn origin(&self) -> Option<&Origin> {
        match &self.claim {
            Claim::Whole(checkpoint) => Some(&checkpoint.origin),
            Claim::Line(_) => None,
        }
    }

    /// Whether this is the root that it has.
    pub(super) fn fits(&self, root: &Hash) -> bool {
        match &self.claim {
            Claim::Whole(checkpoint) => checkpoint.root == *root,
            Claim::Line(line) => line.fits(root),
        }
    }

    /// The signed note in it.
    pub(super) fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_brings_the_reader_down(
            head in prop::sample::select(vec![
                "", "carestore receipt v1\n", "carestore balance v1\n",
                "carestore/colne-valley/0123456789abcdef/blake3\n", "57 ",
            ]),
            text in "[\\PC\n]{0,200}",
        ) {
            let read = Elsewhere::read("x", &format!("{head}{text}"));
            prop_assert!(read.is_err() || !text.is_empty());
        }
    }
}
