//! A client believes nothing: every lie about the history is an error, and no honest history is.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so"
)]

use std::sync::Arc;

use ledger_client::{Client, Error, Memory, Options};
use ledger_core::{Entry, Event, PublicKey, Signature};
use ledger_proto::{SigningKey, rotation_message, stored, v1};

use crate::pretender::{Lie, Pretender, Told};
use crate::story::told;

async fn client(pretender: &Pretender, memory: Memory) -> Client {
    let options = Options { coop: "x-coop".to_owned(), memory, ..Options::default() };
    Client::connect(&pretender.serve().await, None, options).unwrap()
}

async fn read(client: &Client, after: i64, limit: i64) -> Result<Vec<Entry>, Error> {
    let request = v1::ReadHistoryRequest { coop: client.coop(), after_position: after, limit };
    let mut history = client.read_history(request).await?;
    let mut all = Vec::new();
    while let Some(entries) = history.entries().await? {
        all.extend(entries);
    }
    Ok(all)
}

async fn watch(client: &Client, after: i64) -> Result<usize, Error> {
    let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: after };
    let mut watch = client.watch_history(request).await?;
    let mut seen = 0;
    while let Some(message) = watch.message().await? {
        seen += message.entries.len();
    }
    Ok(seen)
}

fn unverified<T>(answer: Result<T, Error>) -> String {
    match answer {
        Err(Error::Unverified(what)) => what,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it was believed"),
    }
}

#[tokio::test]
async fn an_honest_history_is_believed_from_anywhere_and_in_pieces() {
    let pretender = Pretender::honest(Told::of(&told()));
    *pretender.cuts.lock().unwrap() = 2;
    let client = client(&pretender, Memory::Session).await;
    let all = told();
    assert_eq!(read(&client, 0, 0).await.unwrap(), all);
    for (after, limit) in [(0, 3), (7, 0), (7, 5), (all.len(), 0), (all.len() - 1, 9)] {
        let (from, to) = (after, if limit == 0 { all.len() } else { all.len().min(after + limit) });
        let (after, limit) = (i64::try_from(after).unwrap(), i64::try_from(limit).unwrap());
        assert_eq!(read(&client, after, limit).await.unwrap(), all[from..to], "{after} {limit}");
    }
    assert_eq!(watch(&client, 3).await.unwrap(), all.len() - 3);
}

/// Changes a history on its way out, in one way each.
fn lies() -> Vec<(&'static str, Lie)> {
    fn lie(lie: impl Fn(&mut Vec<v1::ReadHistoryResponse>) + Send + Sync + 'static) -> Lie {
        Arc::new(lie)
    }
    // Another entry in this place, with all that is said of it in order.
    let other = |position: i64| {
        let mut entry = told().swap_remove(usize::try_from(position).unwrap() - 1);
        entry.policy_version = 2;
        let bytes = stored::encode(&entry).unwrap();
        (ledger_proto::leaf(&bytes).as_bytes().to_vec(), bytes)
    };
    vec![
        ("an entry is dropped", lie(|pieces| drop(pieces[1].entries.remove(0)))),
        ("the last piece is kept back", lie(|pieces| drop(pieces.pop()))),
        (
            "an entry comes twice",
            lie(|pieces| {
                let again = pieces[0].entries[3].clone();
                pieces[1].entries.insert(0, again);
            }),
        ),
        ("two change places", lie(|pieces| pieces[0].entries.swap(1, 2))),
        ("a byte changes", lie(|pieces| pieces[1].entries[0].entry[9] ^= 1)),
        (
            "an entry is another",
            lie(move |pieces| {
                let entry = &mut pieces[1].entries[1];
                (entry.leaf_hash, entry.entry) = other(entry.position);
            }),
        ),
        ("a leaf is another", lie(|pieces| pieces[0].entries[0].leaf_hash[0] ^= 1)),
        (
            "a kind is another",
            lie(|pieces| "HoursGiven".clone_into(&mut pieces[0].entries[0].kind)),
        ),
        (
            "a day is another",
            lie(|pieces| "2026-01-01".clone_into(&mut pieces[0].entries[0].occurred_on)),
        ),
        ("a time is another", lie(|pieces| pieces[0].entries[0].record_time = None)),
        (
            "the root is another",
            lie(|pieces| {
                for piece in pieces {
                    piece.head.as_mut().unwrap().root_hash[3] ^= 1;
                }
            }),
        ),
        (
            "the signature is missing",
            lie(|pieces| {
                for piece in pieces {
                    piece.head.as_mut().unwrap().checkpoint.clear();
                }
            }),
        ),
        (
            "the signature is another's",
            lie(|pieces| {
                let forged =
                    Told { key: SigningKey::from_seed([8; 32]), ..Told::of(&told()) }.note();
                for piece in pieces {
                    piece.head.as_mut().unwrap().checkpoint.clone_from(&forged);
                }
            }),
        ),
        ("nothing comes at all", lie(Vec::clear)),
    ]
}

#[tokio::test]
async fn every_lie_about_the_history_is_an_error() {
    for (how, lie) in lies() {
        let pretender = Pretender::new([Told::of(&told())], lie);
        let client = client(&pretender, Memory::Session).await;
        // The key is known from before.
        client.checkpoint(&client.coop()).await.unwrap();
        let read = read(&client, 0, 0).await;
        assert!(
            matches!(read, Err(Error::Unverified(_))),
            "{how}: {:?}",
            read.map(|all| all.len())
        );
    }
}

#[tokio::test]
async fn the_log_before_what_is_read_cannot_change_either() {
    let lie: Lie = Arc::new(|pieces| pieces[0].peaks[0][5] ^= 1);
    let client = client(&Pretender::new([Told::of(&told())], lie), Memory::Session).await;
    assert!(unverified(read(&client, 7, 2).await).contains("has not just grown"));
    assert!(unverified(watch(&client, 7).await).contains("two histories"));
}

/// The same log with one entry told otherwise, signed with the same key.
fn rewritten() -> Told {
    let mut entries = told();
    entries[2].policy_version = 2;
    Told::of(&entries)
}

fn shortened() -> Told {
    let mut told = Told::of(&told());
    told.entries.truncate(20);
    told
}

fn another_log() -> Told {
    let mut entries = told();
    entries[0].policy_version = 2;
    Told::of(&entries)
}

#[tokio::test]
async fn a_server_is_held_to_what_it_has_signed_before() {
    for (now, how) in [
        (rewritten(), "two histories"),
        (shortened(), "ends before entry"),
        (another_log(), "another history"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for memory in [Memory::Session, Memory::Folder(folder.path().to_owned())] {
            let pretender =
                Pretender::new([shortened(), Told::of(&told()), now.clone()], Arc::new(|_| {}));
            let client = client(&pretender, memory).await;
            read(&client, 0, 0).await.unwrap();
            pretender.next();
            read(&client, 0, 0).await.unwrap();
            pretender.next();
            let said = unverified(read(&client, 0, 0).await);
            assert!(said.contains(how), "{said}");
        }
    }
}

#[tokio::test]
async fn what_was_seen_in_an_earlier_run_counts() {
    let folder = tempfile::tempdir().unwrap();
    let memory = || Memory::Folder(folder.path().to_owned());
    let pretender = Pretender::new([Told::of(&told()), rewritten()], Arc::new(|_| {}));
    let url = pretender.serve().await;
    let connect = || {
        let options = Options { coop: "x-coop".to_owned(), memory: memory(), ..Options::default() };
        Client::connect(&url, None, options).unwrap()
    };
    read(&connect(), 0, 0).await.unwrap();
    read(&connect(), 0, 0).await.unwrap();
    pretender.next();
    unverified(read(&connect(), 0, 0).await);
}

/// The log with a change of keys at its end, and one entry more; the change is signed by these.
fn rekeyed(signers: [&SigningKey; 2]) -> Told {
    let (mut log, new) = (Told::of(&told()), SigningKey::from_seed([10; 32]));
    let message = rotation_message(&log.origin(), &log.key.public(), &new.public());
    let [old_signature, new_signature] = signers.map(|key| Signature::new(&key.sign(&message)));
    let mut entry = told().pop().unwrap();
    let (old_key, new_key) = (PublicKey::new(log.key.public()), PublicKey::new(new.public()));
    entry.position = entry.position.next();
    entry.event = Event::SigningKeyRotated { old_key, new_key, old_signature, new_signature };
    log.entries.push(stored::encode(&entry).unwrap());
    log.key = new;
    log
}

#[tokio::test]
async fn a_key_may_change_by_an_entry_that_both_have_signed() {
    let [old, new, strange] = [9, 10, 11].map(|seed| SigningKey::from_seed([seed; 32]));
    for (signers, good) in
        [([&old, &new], true), ([&strange, &new], false), ([&old, &strange], false)]
    {
        let pretender = Pretender::new([Told::of(&told()), rekeyed(signers)], Arc::new(|_| {}));
        let client = client(&pretender, Memory::Session).await;
        read(&client, 0, 0).await.unwrap();
        pretender.next();
        let again = read(&client, 0, 0).await;
        if good {
            assert_eq!(again.unwrap().len(), told().len() + 1);
        } else {
            assert!(unverified(again).contains("without the old key's signature"));
        }
    }
}
