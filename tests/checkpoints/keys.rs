//! The keys that sign: lost, put back, and followed by others.

use std::{fs, path::PathBuf};

use ledger_proto::{Note, SigningKey, VerifierKey, rotation_message, signed_by, stored, v1};
use ledger_server::{Opening, rotate_key};

use super::{coop, grow, history, sign, town};
use crate::harness::{Town, refusal, run};

/// The length of a record in the file of what was published.
const RECORD: usize = 152;

fn opening(town: &Town) -> Opening {
    Opening { confirm_clock: true, ..Opening::at(town.dir.path()) }
}

fn file(town: &Town, name: &str) -> PathBuf {
    town.dir.path().join("signing").join(name)
}

fn public(seed: &[u8]) -> [u8; 32] {
    SigningKey::from_seed(seed.try_into().unwrap()).public()
}

/// The public halves, oldest first.
fn keys(town: &Town) -> Vec<[u8; 32]> {
    town.house().verifier_keys(&coop()).unwrap().iter().map(VerifierKey::public).collect()
}

#[test]
fn without_its_key_a_co_op_is_served_and_nothing_is_signed() {
    run(async {
        let mut town = town().await;
        let first = sign(&town);
        town.stop().await;
        let key = fs::read(file(&town, "1.key")).unwrap();
        for wrong in [None, Some([1; 32])] {
            match wrong {
                None => fs::remove_file(file(&town, "1.key")).unwrap(),
                Some(wrong) => fs::write(file(&town, "1.key"), wrong).unwrap(),
            }
            town.start().await.unwrap();
            grow(&town, 1).await;
            let refused = tokio::task::block_in_place(|| town.house().checkpoint(&coop()));
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("1.key") && refused.contains("from a backup"), "{refused}");
            assert_eq!(town.house().checkpoints(&coop()).unwrap(), std::slice::from_ref(&first));
            // Whoever asks is told what to do, and the history is read on.
            let request = v1::GetCheckpointRequest { coop: town.client().coop(), size: 0 };
            let asked = town.client().unchecked().get_checkpoint(request).await.unwrap_err();
            let asked = refusal(asked);
            assert_eq!(asked.reason, "CHECKPOINT_NOT_FOUND");
            assert!(asked.message.contains("signing/1.key"), "{asked:?}");
            let (entries, head) = history(&town).await;
            let last = entries.last().unwrap().position;
            assert_eq!((head.position, last), (last, town.position().await));
            town.stop().await;
        }
        fs::write(file(&town, "1.key"), key).unwrap();
        town.start().await.unwrap();
        assert_eq!(sign(&town).size, 4);
    });
}

#[test]
fn a_key_follows_another_and_both_have_signed_it() {
    run(async {
        let mut town = town().await;
        let first = sign(&town);
        let old = keys(&town);
        town.stop().await;
        let new = rotate_key(&opening(&town), &coop()).await.unwrap();
        assert_ne!(new.public(), old[0]);
        town.start().await.unwrap();
        assert_eq!(keys(&town), [old[0], new.public()]);
        let signed = sign(&town);
        assert_eq!(signed.size, 3);
        // Each note is believed by its own key only.
        let named = town.house().verifier_keys(&coop()).unwrap();
        let by = |note: &str| Note::parse(note).unwrap().signer(&named).map(VerifierKey::public);
        assert_eq!((by(&first.note), by(&signed.note)), (Some(old[0]), Some(new.public())));
        // The log says so, under both.
        let (entries, _) = history(&town).await;
        let entry = stored::decode(&entries[2].entry).unwrap();
        let ledger_core::Event::SigningKeyRotated {
            old_key,
            new_key,
            old_signature,
            new_signature,
        } = entry.event
        else {
            unreachable!("{entry:?}")
        };
        assert_eq!((*old_key.bytes(), *new_key.bytes()), (old[0], new.public()));
        let origin = Note::parse(&first.note).unwrap().claimed().origin.clone();
        let message = rotation_message(&origin, &old[0], &new.public());
        assert!(signed_by(&old[0], &message, &old_signature.bytes()));
        assert!(signed_by(&new.public(), &message, &new_signature.bytes()));
        town.stop().await;
        let newer = rotate_key(&opening(&town), &coop()).await.unwrap();
        town.start().await.unwrap();
        assert_eq!(keys(&town), [old[0], new.public(), newer.public()]);
        assert!(!file(&town, "1.next").exists());
    });
}

#[test]
fn a_change_of_keys_that_was_broken_off_is_taken_up_again() {
    run(async {
        let mut town = town().await;
        sign(&town);
        let old = keys(&town);
        town.stop().await;
        let old_seed = fs::read(file(&town, "1.key")).unwrap();
        // Before the log says so: the old key signs, until the change is asked for again.
        let seed = [9; 32];
        fs::write(file(&town, "1.next"), seed).unwrap();
        town.start().await.unwrap();
        grow(&town, 1).await;
        sign(&town);
        assert_eq!(keys(&town), old);
        town.stop().await;
        let new = rotate_key(&opening(&town), &coop()).await.unwrap();
        assert_eq!(new.public(), public(&seed), "the key that was waiting");
        let published = town.dir.path().join("checkpoints").join("1");
        let whole = fs::read(&published).unwrap();
        // After the log has said so, and before the next step: with or without the record of the new key.
        for length in [whole.len(), whole.len() - RECORD] {
            fs::write(file(&town, "1.key"), &old_seed).unwrap();
            fs::write(file(&town, "1.next"), seed).unwrap();
            // Beside it, nothing says yet that there is more.
            drop(fs::remove_file(published.with_extension("mark")));
            fs::write(&published, &whole[..length]).unwrap();
            town.start().await.unwrap();
            assert_eq!(keys(&town), [old[0], new.public()]);
            assert_eq!(fs::read(file(&town, "1.key")).unwrap(), seed);
            assert!(!file(&town, "1.next").exists());
            town.stop().await;
        }
        // Asked for once more where only the end was missing, it is not changed twice.
        fs::write(file(&town, "1.key"), &old_seed).unwrap();
        fs::write(file(&town, "1.next"), seed).unwrap();
        let again = rotate_key(&opening(&town), &coop()).await.unwrap();
        assert_eq!(again, new);
    });
}
