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

/// What is said of a head is that of another log.
fn headed(pieces: &mut [v1::ReadHistoryResponse], by: &Told) {
    for piece in pieces {
        piece.head = Some(by.head());
    }
}

#[tokio::test]
async fn entries_behind_the_signed_head_are_not_believed() {
    // Nobody has ever signed the entries behind the twentieth.
    let mut entries = told();
    entries[25].policy_version = 2;
    let lie: Lie = Arc::new(|pieces| headed(pieces, &shortened()));
    let client = client(&Pretender::new([Told::of(&entries)], lie), Memory::Session).await;
    unverified(read(&client, 0, 0).await);
}

#[tokio::test]
async fn a_head_older_than_one_that_was_seen_ends_no_read() {
    let whole: Lie = Arc::new(|_| {});
    let seen = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let known = Arc::clone(&seen);
    let lie: Lie = Arc::new(move |pieces| {
        if known.load(std::sync::atomic::Ordering::SeqCst) {
            pieces.truncate(5);
            headed(pieces, &shortened());
        } else {
            whole(pieces);
        }
    });
    let client = client(&Pretender::new([Told::of(&told())], lie), Memory::Session).await;
    assert_eq!(read(&client, 0, 0).await.unwrap().len(), told().len());
    seen.store(true, std::sync::atomic::Ordering::SeqCst);
    unverified(read(&client, 0, 0).await);
}

#[tokio::test]
async fn a_key_that_another_followed_signs_no_more() {
    let [old, new] = [9, 10].map(|seed| SigningKey::from_seed([seed; 32]));
    let mut stolen = rekeyed([&old, &new]);
    let mut forged = told().pop().unwrap();
    forged.position = forged.position.next().next();
    stolen.entries.push(stored::encode(&forged).unwrap());
    stolen.key = old.clone();
    let logs = [Told::of(&told()), rekeyed([&old, &new]), stolen];
    let pretender = Pretender::new(logs, Arc::new(|_| {}));
    let client = client(&pretender, Memory::Session).await;
    read(&client, 0, 0).await.unwrap();
    pretender.next();
    read(&client, 0, 0).await.unwrap();
    pretender.next();
    unverified(read(&client, 0, 0).await);
}

#[tokio::test]
async fn a_watch_wants_a_signature_some_time() {
    // An old checkpoint comes with every message, and nothing newer ever.
    let mut entries = told();
    entries[25].policy_version = 2;
    let lie: Lie = Arc::new(|pieces| headed(pieces, &shortened()));
    let client = client(&Pretender::new([Told::of(&entries)], lie), Memory::Session).await;
    unverified(watch(&client, 0).await);
}

#[tokio::test]
async fn a_read_that_failed_does_not_end_well_when_it_is_asked_again() {
    let lie: Lie = Arc::new(|pieces| {
        for piece in pieces {
            piece.head.as_mut().unwrap().root_hash[3] ^= 1;
        }
    });
    let client = client(&Pretender::new([Told::of(&told())], lie), Memory::Session).await;
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut history = client.read_history(request).await.unwrap();
    while history.message().await.is_ok_and(|message| message.is_some()) {}
    // None would say that all of them are what was signed.
    assert!(history.message().await.is_err());
}

#[tokio::test]
async fn a_watch_loses_no_entry_when_a_proof_fails_to_come() {
    let pretender = Pretender::new([shortened(), Told::of(&told())], Arc::new(|_| {}));
    let client = client(&pretender, Memory::Session).await;
    client.checkpoint(&client.coop()).await.unwrap();
    pretender.next();
    *pretender.unproved.lock().unwrap() = 5;
    let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: 0 };
    let mut watch = client.watch_history(request).await.unwrap();
    let mut seen = 0;
    loop {
        match watch.message().await {
            Ok(Some(message)) => seen += message.entries.len(),
            Ok(None) => break,
            // As `carestore history watch` does.
            Err(error) if error.can_retry() => watch.reopen().await.unwrap(),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(seen, told().len());
}

#[tokio::test]
async fn a_receipt_of_another_entry_is_none_however_it_was_asked_for() {
    use v1::get_receipt_request::Of;
    let client = client(&Pretender::honest(Told::of(&told())), Memory::Session).await;
    let ask = async |of, leaf_only| {
        let request = v1::GetReceiptRequest { coop: client.coop(), of: Some(of), leaf_only };
        client.receipt(request).await
    };
    let (receipt, checked) = ask(Of::Position(5), true).await.unwrap();
    assert!(matches!(receipt.shown, ledger_proto::Shown::Leaf(_)), "as little as was asked for");
    assert_eq!(checked.entry, None);
    assert!(ask(Of::Position(5), false).await.unwrap().1.entry.is_some());
    let id = || Of::RequestId("01998a3c-0000-7000-8000-000000000001".to_owned());
    for leaf_only in [false, true] {
        assert!(unverified(ask(id(), leaf_only).await).contains("another entry"));
        assert!(unverified(ask(Of::Position(6), leaf_only).await).contains("another entry"));
    }
}

#[tokio::test]
async fn a_rewritten_log_is_refused_by_each_of_two_reads_at_one_time() {
    let folder = tempfile::tempdir().unwrap();
    let pretender = Pretender::new([shortened(), Told::of(&told()), rewritten()], Arc::new(|_| {}));
    let client = client(&pretender, Memory::Folder(folder.path().to_owned())).await;
    read(&client, 0, 0).await.unwrap();
    pretender.next();
    let (one, coop) = (client.clone(), client.coop());
    let first = tokio::spawn(async move { one.checkpoint(&coop).await });
    first.await.unwrap().unwrap();
    pretender.next();
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut both = Vec::new();
    for _ in 0..2 {
        let mut history = client.read_history(request.clone()).await.unwrap();
        both.push(tokio::spawn(async move {
            while history.message().await?.is_some() {}
            Ok::<_, Error>(())
        }));
    }
    for read in both {
        unverified(read.await.unwrap());
    }
}
