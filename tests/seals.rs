//! Seals of the state, over real gRPC; and the leaf that every receipt names.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

use ledger_core::{Entry, Event, State, TimeAccount, evolve};
use ledger_proto::{accounts_root, leaf, stored, v1};

use crate::harness::{COOP, Town, reason, run, say};

/// The whole log, as it is served.
async fn history(town: &Town) -> Vec<v1::HistoryEntry> {
    let coop = format!("coops/{COOP}");
    let request = v1::ReadHistoryRequest { coop, after_position: 0, limit: 0 };
    let mut stream = town.client().read_history(request).await.unwrap();
    let mut entries = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        entries.extend(message.entries);
    }
    entries
}

/// The ledger, by anybody who has the entries up to a position.
fn replayed(entries: &[v1::HistoryEntry], through: i64) -> State {
    let before = entries.iter().filter(|entry| entry.position <= through);
    before.fold(State::default(), |state, entry| evolve(state, &decoded(entry)).unwrap())
}

fn decoded(entry: &v1::HistoryEntry) -> Entry {
    stored::decode(&entry.entry).unwrap()
}

#[test]
fn a_seal_holds_the_root_that_anybody_can_reckon() {
    run(async {
        let mut town = Town::peopled().await;
        town.ok(say::record(1, 3, 90)).await;
        town.ok(say::to_pot(2, 30)).await;
        say::asked(&town, 60).await;
        say::bakery(&town, 5).await;
        town.ok(say::issue(1, 1)).await;
        town.ok(say::open_fund("General", "")).await;
        town.ok(say::receive(1, 12_345)).await;
        let mut request = say::seal();
        request.context = Some(town.by("officers/1"));
        let first = town.ok(request.clone()).await;
        town.ok(say::record(2, 4, 45)).await;
        let second = town.ok(say::seal()).await;

        let entries = history(&town).await;
        for receipt in [&first, &second] {
            let entry = entries.iter().find(|entry| entry.position == receipt.position).unwrap();
            assert_eq!(entry.kind, "StateSealed");
            let Event::StateSealed { through, accounts_root: root, totals, .. } =
                decoded(entry).event
            else {
                panic!("it is a seal")
            };
            assert_eq!(i64::try_from(through.get()), Ok(receipt.position - 1));
            let state = replayed(&entries, receipt.position - 1);
            assert_eq!(root.bytes(), accounts_root(state.books()).as_bytes());
            assert_eq!(Ok(totals), state.books().totals());
            assert_eq!(totals.pot_minutes, state.books().time(TimeAccount::Pot).get());
            assert_eq!((totals.held_minutes, totals.fund_pence), (60, 12_345));
        }

        // The same request gives the same seal, however the state has gone on, and after a restart, too.
        let again = town.ok(request.clone()).await;
        assert_eq!(again, v1::Receipt { replayed: true, ..first.clone() });
        town.restart().await;
        let again = town.ok(request).await;
        assert_eq!(again, v1::Receipt { replayed: true, ..first });
        assert_eq!(town.position().await, second.position);
    });
}

#[test]
fn officers_seal_and_members_do_not() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::appoint(v1::OfficerRole::Treasurer, "")).await;
        let refused = town.ask_as(&say::member(1), say::seal()).await.unwrap_err();
        assert_eq!(reason(&refused), "OFFICERS_ONLY");
        let before = town.position().await;
        town.ok_as("officers/2", say::seal()).await;
        let tried = town.ask_with(say::seal(), |context| context.validate_only = true).await;
        let tried = tried.unwrap();
        assert_eq!((tried.position, tried.validated_only), (before + 2, true));
        assert_eq!(town.position().await, before + 1);
        assert_eq!(town.no(say::reverse(before + 1)).await, "NOTHING_TO_REVERSE");
    });
}

#[test]
fn a_receipt_names_the_leaf_of_its_entry() {
    run(async {
        let mut town = Town::founded().await;
        let mut enrol = say::enrol(v1::Hat::CommunityVolunteer);
        enrol.context = Some(town.by("officers/1"));
        let mut receipts = vec![town.ok(enrol.clone()).await];
        receipts.push(town.ok(say::enrol(v1::Hat::FamilyCarer)).await);
        let logged = town.ok_as(&say::member(1), say::log(1, 2, 60)).await;
        receipts.push(town.ok_as(&say::member(2), say::confirm(logged.position, 45)).await);
        receipts.push(logged);
        // Many in one batch, and a retry among them.
        let mut write = say::record(1, 2, 15);
        write.context = Some(town.by("officers/1"));
        let writes =
            vec![crate::harness::ask::Ask::write(write), crate::harness::ask::Ask::write(enrol)];
        let request = v1::SubmitBatchRequest { writes: [writes.clone(), writes].concat() };
        let answer = town.client().submit_batch(request).await.unwrap();
        for result in answer.results {
            match result.result.unwrap() {
                v1::write_result::Result::Receipt(receipt) => receipts.push(receipt),
                v1::write_result::Result::Refusal(refused) => panic!("{refused:?}"),
            }
        }
        assert_eq!(receipts.iter().filter(|receipt| receipt.replayed).count(), 3);
        let tried = town.ask_with(say::record(1, 2, 5), |context| context.validate_only = true);
        assert_eq!(tried.await.unwrap().leaf_hash, Vec::<u8>::new());

        town.restart().await;
        let entries = history(&town).await;
        for receipt in receipts {
            let entry = entries.iter().find(|entry| entry.position == receipt.position).unwrap();
            assert_eq!(receipt.leaf_hash, entry.leaf_hash, "{receipt:?}");
            assert_eq!(receipt.leaf_hash, leaf(&entry.entry).as_bytes());
        }
    });
}
