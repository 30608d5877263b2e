//! What was done, in plain sentences for whoever sits there.

use std::path::Path;

use super::{
    cards::Counted,
    create::{LOGS, Made, PRIVATE},
    restore::Restored,
    verify::Verified,
};
use crate::error::Error;

type Say<'s> = dyn FnMut(&str) + 's;

/// A backup that was made. Whoever is not in it makes it an error: somebody must look.
pub(super) fn made(made: &Made, to: &Path, say: &mut Say<'_>) -> Result<(), Error> {
    let to = to.display();
    for coop in &made.coops {
        let (entries, root) = (coop.entries, &coop.root);
        say(&format!("{}: {entries} entries, root {root}", coop.coop));
        if coop.signed < entries {
            say(&format!(
                "   No checkpoint could be signed for the last {} of them; the list of the backup has their root.",
                entries.saturating_sub(coop.signed)
            ));
        }
    }
    if made.coops.is_empty() {
        say("There is no co-op yet; the keys and secrets of the server are in the backup.");
    }
    say(&format!(
        "{}, and the keys and secrets of the server, are apart from that in {PRIVATE}/: nobody else's business.",
        cards(made.counted)
    ));
    say(&format!("The backup is whole: {} bytes in {to}. Keep it on another machine.", made.bytes));
    say(&format!("Check it:     carestore-server backup verify {to}"));
    say(&format!("Restore it:   carestore-server backup restore {to} --data NEW-FOLDER"));
    if let Some(coop) = made.coops.first() {
        say(&format!("An auditor's:  carestore audit {to}/{LOGS}/{}", coop.coop));
    }
    if made.left_out.is_empty() {
        return Ok(());
    }
    let out: Vec<String> =
        made.left_out.iter().map(|out| format!("{}: {}", out.coop, out.why)).collect();
    Err(Error::Internal(format!(
        "the backup is not of every co-op, and does not count as the last one. Not in it: {}. Keep the older backups; \
         `carestore-server guard show` says what is lost",
        out.join("; ")
    )))
}

/// A backup that is whole.
pub(super) fn verified(verified: &Verified, folder: &Path, say: &mut Say<'_>) {
    let Verified { manifest, coops, counted } = verified;
    say(&format!("The backup of {} in {} is whole.", manifest.made(), folder.display()));
    say(&format!(
        "Looked at: each of its {} files against the list, by length and hash; that nothing else is in the folder;",
        manifest.files.len()
    ));
    for coop in coops {
        say(&format!(
            "   {}: {} entries, each hashed, read strictly and followed; they come to the root {}; {} checkpoints fit \
             and are signed by the log's keys",
            coop.coop, coop.size, coop.root, coop.checkpoints
        ));
        if coop.signed < coop.size {
            say(&format!(
                "   The last {} of them stand in no checkpoint: for these there is only the backup's own word.",
                coop.size.saturating_sub(coop.signed)
            ));
        }
    }
    say(&format!("   {}, by their own checksum.", cards(*counted)));
    say(
        "Not looked at: whether these are the co-op's keys, and whether each rule was kept. `carestore audit` does that, \
         for each folder in log/.",
    );
    for out in &manifest.left_out {
        say(&format!("{} is not in this backup: {}", out.coop, out.why));
    }
}

/// A folder that was restored, and what that means for whoever holds newer checkpoints.
pub(super) fn restored(restored: &Restored, folder: &Path, data: &Path, say: &mut Say<'_>) {
    let Restored { verified, counted, given_up, unknown } = restored;
    let data = data.display();
    for coop in &verified.coops {
        say(&format!("{}: {} entries, root {}", coop.coop, coop.size, coop.root));
    }
    say(&format!("{}, the keys and the secrets are back, too.", cards(*counted)));
    for (coop, lost) in given_up {
        say(&format!(
            "{coop}: checkpoints of up to {} entries were published. Entries {} to {} are given up; the log says so from \
             now on, and nothing is signed again up to there.",
            lost.last, lost.first, lost.last
        ));
    }
    for coop in unknown {
        say(&format!(
            "{coop}: checkpoints were published, and the backup knows nothing of it. It is not served, and nobody else \
             gets its name; a newer backup may have it."
        ));
    }
    say(&format!("It is as it was on {}.", verified.manifest.made()));
    if given_up.is_empty() && unknown.is_empty() {
        say(&format!(
            "What was recorded after that is not there. If checkpoints or receipts of more entries were handed out since \
             then, the server does not know of them, and would sign other entries under the same numbers: whoever holds \
             one could show that the history was changed. If you can get at one (a member's receipt, a follower's \
             checkpoint, the folder `checkpoints` of the lost server), remove {data}, and say it before you serve:"
        ));
        say(&format!(
            "   carestore-server backup restore {} --data {data} --seen FILE",
            folder.display()
        ));
    }
    say(
        "The operator's token is the one of then; the backup knows it again and does not hold it. If it is lost, remove \
         operator.hash from the folder, and the next start writes a new one.",
    );
    say(&format!("Start it:   carestore-server serve --data {data}"));
}

fn cards(counted: Counted) -> String {
    format!("{} cards of members and {} notes", counted.cards, counted.notes)
}
