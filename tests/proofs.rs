//! Proofs over real gRPC: everything that the server proves holds, at every place, and what cannot be proved is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so"
)]

use ledger_client::{Client, Error};
use ledger_core::{Account, CoopName, Event, State, TimeAccount, evolve};
use ledger_proto::v1::{
    self, export_bundle_response::Part, get_receipt_request::Of,
    prove_balance_request::Account as Said,
};
use ledger_proto::{
    Frontier, Hash, Note, Origin, Over, Shown, consistent, leaf, root_of_inclusion, stored,
};

use crate::harness::{COOP, Town, reason, run, say};

fn coop() -> String {
    format!("coops/{COOP}")
}

fn hash(bytes: &[u8]) -> Hash {
    Hash::new(bytes.try_into().unwrap())
}

fn hashes(bytes: &[Vec<u8>]) -> Vec<Hash> {
    bytes.iter().map(|bytes| hash(bytes)).collect()
}

/// A co-op with some hundred entries, two of which seal the state.
async fn town() -> Town {
    let mut town = Town::peopled().await;
    town.ok(say::record(1, 3, 90)).await;
    town.ok(say::to_pot(2, 30)).await;
    town.ok(say::open_fund("General", "")).await;
    town.ok(say::receive(1, 12_345)).await;
    town.ok(say::seal()).await;
    for _ in 0..270 {
        town.ok(say::receive(1, 1)).await;
    }
    say::asked(&town, 60).await;
    town.ok(say::seal()).await;
    town.ok(say::record(2, 4, 45)).await;
    town.restart().await;
    town
}

/// The stored bytes of every entry.
async fn entries(client: &Client) -> Vec<Vec<u8>> {
    let request = v1::ReadHistoryRequest { coop: coop(), ..Default::default() };
    let mut history = client.read_history(request).await.unwrap();
    let mut all = Vec::new();
    while let Some(message) = history.message().await.unwrap() {
        all.extend(message.entries.into_iter().map(|entry| entry.entry));
    }
    all
}

/// The root at each size, from 0, as anybody reckons it.
fn roots(entries: &[Vec<u8>]) -> Vec<Hash> {
    let mut frontier = Frontier::default();
    let mut roots = vec![frontier.root()];
    for entry in entries {
        frontier.push(leaf(entry));
        roots.push(frontier.root());
    }
    roots
}

#[test]
fn every_entry_is_shown_to_be_in_the_log_of_every_size() {
    run(async {
        let town = town().await;
        let client = town.client();
        let entries = entries(&client).await;
        let roots = roots(&entries);
        let newest = entries.len();
        for (position, size) in [
            (1, 1),
            (1, newest),
            (newest, newest),
            (256, 256),
            (256, 257),
            (257, 257),
            (3, 256),
            (200, 259),
            (258, 270),
            (5, 7),
            (7, 0),
            (newest - 1, 0),
        ] {
            let request = v1::ProveInclusionRequest {
                coop: coop(),
                position: i64::try_from(position).unwrap(),
                size: i64::try_from(size).unwrap(),
            };
            let proof = client.unchecked().prove_inclusion(request).await.unwrap();
            let size = if size == 0 { newest } else { size };
            assert_eq!(usize::try_from(proof.size), Ok(size));
            let leaf = leaf(&entries[position - 1]);
            assert_eq!(hash(&proof.leaf_hash), leaf);
            let (index, path) = (position as u64 - 1, hashes(&proof.path));
            let root = root_of_inclusion(Over::Entries, index, size as u64, &leaf, &path);
            assert_eq!(root, Ok(roots[size]), "{position} in {size}");
            assert_eq!(hash(&proof.root_hash), roots[size]);
        }
    });
}

#[test]
fn the_log_of_every_size_is_shown_to_be_the_beginning_of_the_next() {
    run(async {
        let town = town().await;
        let client = town.client();
        let roots = roots(&entries(&client).await);
        let newest = roots.len() - 1;
        for (old, new) in [
            (1, 1),
            (1, newest),
            (6, 7),
            (7, 8),
            (255, 256),
            (256, 257),
            (257, 259),
            (3, 270),
            (newest, newest),
            (100, 0),
        ] {
            let request = v1::ProveConsistencyRequest {
                coop: coop(),
                old_size: i64::try_from(old).unwrap(),
                new_size: i64::try_from(new).unwrap(),
            };
            let proof = client.unchecked().prove_consistency(request).await.unwrap();
            let new = if new == 0 { newest } else { new };
            let (from, to) = ((old as u64, &roots[old]), (new as u64, &roots[new]));
            assert_eq!(
                consistent(Over::Entries, from, to, &hashes(&proof.path)),
                Ok(()),
                "{old} {new}"
            );
            assert_eq!(
                (hash(&proof.old_root_hash), hash(&proof.new_root_hash)),
                (roots[old], roots[new])
            );
        }
    });
}

#[test]
fn a_checkpoint_is_of_the_newest_entry_or_of_one_that_was_published() {
    run(async {
        let town = town().await;
        let client = town.client();
        let first = client.checkpoint(&coop()).await.unwrap();
        let all = entries(&client).await;
        assert_eq!(first.0.size, all.len() as u64);
        assert_eq!(first.0.root, roots(&all)[all.len()]);
        assert_eq!(first.0.origin, Origin::of(&CoopName::new(COOP).unwrap(), &leaf(&all[0])));
        town.ok(say::receive(1, 1)).await;
        let second = client.checkpoint(&coop()).await.unwrap();
        assert_eq!(second.0.size, first.0.size + 1);
        let at = |size: u64| {
            let request =
                v1::GetCheckpointRequest { coop: coop(), size: i64::try_from(size).unwrap() };
            let client = client.clone();
            async move { client.unchecked().get_checkpoint(request).await }
        };
        assert_eq!(
            at(first.0.size).await.unwrap().checkpoint,
            first.1,
            "what was published is kept"
        );
        let Err(Error::Refused { refusal, .. }) = at(2).await else {
            panic!("nobody published it")
        };
        assert_eq!(refusal.reason.trim_start_matches("ERROR_REASON_"), "CHECKPOINT_NOT_FOUND");
        assert_eq!(refusal.metadata["size"], second.0.size.to_string());
    });
}

#[test]
fn a_receipt_is_of_the_entry_that_was_asked_for_and_holds() {
    run(async {
        let town = town().await;
        let client = town.client();
        let context = town.by("officers/1");
        let id = context.request_id.clone();
        let request = v1::ReceiveCashRequest { context: Some(context), ..say::receive(1, 7) };
        let written = client.receive_cash(request).await.unwrap().receipt.unwrap();
        let of = |of, leaf_only| v1::GetReceiptRequest { coop: coop(), of: Some(of), leaf_only };
        let (receipt, checked) = client.receipt(of(Of::RequestId(id), false)).await.unwrap();
        assert_eq!(i64::try_from(checked.position), Ok(written.position));
        assert_eq!(checked.leaf.as_bytes().as_slice(), written.leaf_hash, "what the write said");
        assert!(matches!(receipt.shown, Shown::Entry(_)));
        assert!(checked.entry.is_some());
        let (receipt, checked) = client.receipt(of(Of::Position(57), true)).await.unwrap();
        assert_eq!((checked.position, checked.entry), (57, None));
        assert!(matches!(receipt.shown, Shown::Leaf(_)));
        // A new entry's receipt brings a checkpoint that covers it.
        let newest = town.ok(say::receive(1, 1)).await.position;
        let (_, checked) = client.receipt(of(Of::Position(newest), false)).await.unwrap();
        assert_eq!(i64::try_from(checked.checkpoint.size), Ok(newest));
        let no = |request| {
            let client = client.clone();
            async move { reason(&client.receipt(request).await.unwrap_err()) }
        };
        assert_eq!(no(of(Of::RequestId(town.by("").request_id), false)).await, "REQUEST_UNKNOWN");
        assert_eq!(no(of(Of::Position(newest + 1), false)).await, "POSITION_BEYOND_HEAD");
        assert_eq!(no(of(Of::Position(0), false)).await, "INVALID_FIELD");
    });
}

fn balance(account: Said, seal_position: i64) -> v1::ProveBalanceRequest {
    v1::ProveBalanceRequest { coop: coop(), account: Some(account), seal_position }
}

#[test]
fn a_balance_is_proved_by_the_newest_seal_and_by_every_older_one() {
    run(async {
        let town = town().await;
        let client = town.client();
        let entries = entries(&client).await;
        let mut seals = Vec::new();
        let mut state = State::default();
        for bytes in &entries {
            let entry = stored::decode(bytes).unwrap();
            if matches!(entry.event, Event::StateSealed { .. }) {
                seals.push((i64::try_from(entry.position.get()).unwrap(), state.books().clone()));
            }
            state = evolve(state, &entry).unwrap();
        }
        assert_eq!(seals.len(), 2);
        let member = |nth| Said::Member(say::member(nth));
        let newest = seals[1].0;
        for (asked, seal) in [(0, &seals[1]), (newest, &seals[1]), (seals[0].0, &seals[0])] {
            for account in [member(1), Said::Pot(true), Said::Fund("funds/1".to_owned())] {
                let (proof, proved) = client.balance_proof(balance(account, asked)).await.unwrap();
                let expected = seal.1.accounts().find(|(account, _)| *account == proved.account);
                assert_eq!(Some((proved.account, proved.balance)), expected);
                assert_eq!(i64::try_from(proof.seal_position), Ok(seal.0));
                assert_eq!(i64::try_from(proved.through.get()), Ok(seal.0 - 1));
            }
        }
        let held = seals[1].1.accounts().find_map(|(account, balance)| match account {
            Account::Time(TimeAccount::Held(member)) => Some((member, balance)),
            Account::Time(_) | Account::Cash(_) | Account::Kind(..) => None,
        });
        let (carer, held) = held.unwrap();
        let asked = Said::HeldForMember(format!("members/{}", carer.get()));
        let (_, proved) = client.balance_proof(balance(asked, 0)).await.unwrap();
        assert_eq!(
            (proved.account, proved.balance),
            (Account::Time(TimeAccount::Held(carer)), held)
        );
        let no = |request| {
            let client = client.clone();
            async move { reason(&client.balance_proof(request).await.unwrap_err()) }
        };
        let stock = Said::StockOfOffer("offers/9".to_owned());
        assert_eq!(no(balance(stock, 0)).await, "NOT_SEALED", "it has never moved");
        assert_eq!(no(balance(member(1), 1)).await, "INVALID_FIELD", "the founding seals nothing");
        assert_eq!(no(balance(member(1), 9_999)).await, "POSITION_BEYOND_HEAD");
    });
}

#[test]
fn nothing_is_proved_before_the_first_seal() {
    run(async {
        let town = Town::peopled().await;
        let pot = balance(Said::Pot(true), 0);
        let refused = town.client().balance_proof(pot).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_SEALED");
    });
}

/// The parts of a bundle.
async fn exported(
    client: &Client,
    size: i64,
    after: i64,
) -> Result<((v1::BundleHead, Vec<String>), Vec<Vec<u8>>), Error> {
    let request = v1::ExportBundleRequest { coop: coop(), size, after_position: after };
    let mut stream = client.unchecked().export_bundle(request).await?;
    let (mut head, mut notes, mut entries) = (None, Vec::new(), Vec::new());
    let mut next = after + 1;
    while let Some(message) =
        stream.message().await.map_err(|status| Error::of_status(&status, None))?
    {
        match message.part.unwrap() {
            Part::Head(said) => {
                assert!(head.is_none() && entries.is_empty(), "the head comes first, and once");
                head = Some(said);
            }
            Part::Checkpoints(some) => {
                assert!(head.is_some() && entries.is_empty(), "between the head and the entries");
                notes.extend(some.checkpoints);
            }
            Part::Entries(some) => {
                assert_eq!(some.first_position, next);
                next += i64::try_from(some.entries.len()).unwrap();
                entries.extend(some.entries);
            }
        }
    }
    Ok(((head.unwrap(), notes), entries))
}

#[test]
fn a_bundle_is_the_log_as_it_was_signed_and_goes_on_where_it_broke_off() {
    run(async {
        let town = town().await;
        let client = town.client();
        let ((head, notes), all) = exported(&client, 0, 0).await.unwrap();
        assert_eq!(all, entries(&client).await);
        let keys: Vec<_> = head.verifier_keys.iter().map(|key| key.parse().unwrap()).collect();
        let roots = roots(&all);
        for note in &notes {
            let checkpoint = Note::parse(note).unwrap().verify(&keys).unwrap().clone();
            assert_eq!(checkpoint.root, roots[usize::try_from(checkpoint.size).unwrap()]);
            assert_eq!(checkpoint.origin.as_str(), head.origin);
        }
        let last = Note::parse(notes.last().unwrap()).unwrap().claimed().size;
        assert_eq!(i64::try_from(last), Ok(head.size));
        // The log goes on; the bundle that was begun stays what it was.
        town.ok(say::receive(1, 1)).await;
        client.checkpoint(&coop()).await.unwrap();
        for after in [0, 1, 255, 256, 257, head.size] {
            let (again, rest) = exported(&client, head.size, after).await.unwrap();
            assert_eq!(again, (head.clone(), notes.clone()));
            assert_eq!(rest, all[usize::try_from(after).unwrap()..]);
        }
        let no = async |size, after| reason(&exported(&client, size, after).await.unwrap_err());
        assert_eq!(no(head.size, head.size + 1).await, "INVALID_FIELD");
        assert_eq!(no(0, 9_999).await, "POSITION_BEYOND_HEAD");
        assert_eq!(no(2, 0).await, "CHECKPOINT_NOT_FOUND");
    });
}

#[test]
fn whoever_follows_hears_of_each_checkpoint_and_can_check_it() {
    run(async {
        let town = town().await;
        let client = town.client();
        let request = v1::WatchHistoryRequest { coop: coop(), after_position: 3 };
        let mut watch = client.watch_history(request).await.unwrap();
        let (mut seen, mut newest) = (3, 0);
        for _ in 0..3 {
            let written = town.ok(say::receive(1, 1)).await.position;
            // Somebody else asks for a checkpoint; with the next entry the feed brings it.
            let (published, _) = town.client().checkpoint(&coop()).await.unwrap();
            town.ok(say::receive(1, 1)).await;
            while newest < i64::try_from(published.size).unwrap() {
                let message = watch.message().await.unwrap().unwrap();
                seen += i64::try_from(message.entries.len()).unwrap();
                let head = message.head.unwrap();
                if let Ok(note) = Note::parse(&head.checkpoint) {
                    newest = i64::try_from(note.claimed().size).unwrap();
                    assert!(newest <= seen, "never beyond what was sent");
                }
            }
            assert!(newest >= written);
        }
    });
}
