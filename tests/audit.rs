//! An auditor with a copy of the history gets the same balances as the service, and can show that nothing was rewritten.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so"
)]

use std::{collections::BTreeMap, fs};

use ledger_client::{
    audit::{
        Audited, Elsewhere, Finding, Options, Outcome, Progress, Step, audit_bundle, audit_server,
        compare,
    },
    bundle::{FetchError, fetch},
    parse_keys,
};
use ledger_core::{CoopName, OfferKind, TimeAccount};
use ledger_proto::v1;
use ledger_server::{Clock, Opening, rotate_key};
use serde_json::{Value, json};

use crate::{
    harness::{COOP, Town, run, say},
    imports,
};

/// The whole of a sample folder.
async fn town(name: &str) -> Town {
    let town = imports::town().await;
    imports::bring_all(&town, &imports::sample(name), name).await;
    town
}

/// The figures of an audit, named as in `expected.json`.
fn figures(audited: &Audited) -> Value {
    let state = audited.state.as_ref().unwrap();
    let figures = audited.report.figures.as_ref().unwrap();
    let stands = |account| state.books().time(account).get();
    let (mut balances, mut held) = (BTreeMap::new(), BTreeMap::new());
    for member in state.members() {
        let reference = member.reference.as_ref().unwrap().to_string();
        balances.insert(reference.clone(), stands(TimeAccount::Member(member.id)));
        let minutes = stands(TimeAccount::Held(member.id));
        if minutes != 0 {
            held.insert(reference, minutes);
        }
    }
    let funds: BTreeMap<&str, i64> =
        figures.funds.iter().map(|fund| (fund.title.as_str(), fund.pence)).collect();
    let mut left = BTreeMap::new();
    for (offer, id) in state.offers().iter().zip((1..).filter_map(ledger_core::OfferId::new)) {
        if let (OfferKind::Vouchers { .. }, Some(party)) = (offer.kind, offer.party) {
            let party = state.party(party).unwrap();
            left.insert(party.title.to_string(), state.stock(id).get());
        }
    }
    json!({
        "members": figures.members,
        "balances_minutes": balances,
        "held_minutes": held,
        "pot_minutes": figures.pot_minutes,
        "commons_minutes": figures.commons_minutes,
        "funds_pence": funds,
        "in_kind_valued_pence": figures.in_kind_valued_pence,
        "vouchers": {
            "issued": figures.vouchers_issued,
            "redeemed": figures.vouchers_redeemed,
            "open": figures.vouchers_open,
            "cancelled": figures.vouchers_cancelled,
        },
        "vouchers_left": left,
        "stats": [figures.banked_minutes, figures.redeemed_minutes],
    })
}

fn outcome(audited: &Audited, step: Step) -> Outcome {
    audited.report.steps.iter().find(|stepped| stepped.step == step).unwrap().outcome
}

#[track_caller]
fn code_is(audited: &Audited, code: u8) {
    assert_eq!(audited.report.exit_code, code, "{:#?}", audited.report.findings);
}

fn audit(dir: &tempfile::TempDir, options: &Options) -> Audited {
    audit_bundle(dir.path(), options, &mut |_| {})
}

async fn bundle(town: &Town) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fetch(&town.client(), dir.path(), &mut |_, _| {}).await.unwrap();
    dir
}

#[test]
fn a_year_is_audited_from_a_bundle_with_the_server_stopped() {
    run(async {
        let mut town = town("colne-valley").await;
        town.ok(say::seal()).await;
        let dir = bundle(&town).await;
        let (mut seen, mut of) = (0, 0);
        let mut progress = |progress: Progress| (seen, of) = (progress.entries, progress.of);
        let streamed = audit_server(&town.client(), &Options::default(), &mut progress).await;
        let streamed = streamed.unwrap();
        assert!(seen > 3000 && seen == of, "{seen} of {of}");
        town.stop().await;
        let journals = tempfile::tempdir().unwrap();
        let journals = Some(journals.path().to_owned());
        let audited = audit(&dir, &Options { journals, ..Options::default() });
        code_is(&audited, 0);
        assert_eq!(audited.state, streamed.state);
        assert_eq!(audited.report.root_line, streamed.report.root_line);
        for step in [Step::Read, Step::Reckon, Step::Signatures, Step::Rules, Step::Seals] {
            assert_eq!(outcome(&audited, step), Outcome::Held, "{step:?}");
        }
        assert_eq!(outcome(&audited, Step::Journals), Outcome::Held);
        let mut expected = imports::expected("colne-valley");
        let stats = expected["stats"].take();
        expected["stats"] = json!([stats["hours_minutes"], stats["respite_minutes"]]);
        for (field, figure) in figures(&audited).as_object().unwrap() {
            assert_eq!(figure, &expected[field], "{field}");
        }
    });
}

#[test]
fn what_the_service_shows_is_compared_at_the_same_position() {
    run(async {
        let town = town("colne-valley").await;
        let dir = bundle(&town).await;
        // Life goes on.
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        let mut audited = audit(&dir, &Options::default());
        compare(&mut audited, &town.client()).await;
        code_is(&audited, 0);
        assert_eq!(outcome(&audited, Step::Against), Outcome::Held);
        // As if the service showed a minute too few in the pot.
        let mut audited = audit(&dir, &Options::default());
        audited.report.figures.as_mut().unwrap().pot_minutes += 1;
        compare(&mut audited, &town.client()).await;
        code_is(&audited, 40);
        let [Finding { step: Step::Against, what, .. }] = &audited.report.findings[..] else {
            panic!("{:#?}", audited.report.findings)
        };
        assert!(what.starts_with("the community pot"), "{what}");
        // A service that was set back, or another one.
        let other = Town::founded().await;
        let mut audited = audit(&dir, &Options::default());
        compare(&mut audited, &other.client()).await;
        code_is(&audited, 20);
        // One that does not answer takes nothing away from what was found.
        let client = other.client();
        drop(other);
        let mut audited = audit(&dir, &Options::default());
        compare(&mut audited, &client).await;
        code_is(&audited, 10);
        assert_eq!(outcome(&audited, Step::Against), Outcome::NotDone);
    });
}

/// The receipt of the newest entry, as a member keeps it.
async fn receipt(town: &Town) -> Elsewhere {
    let of = Some(v1::get_receipt_request::Of::Position(town.position().await));
    let request = v1::GetReceiptRequest { coop: town.client().coop(), of, leaf_only: true };
    let (receipt, _) = town.client().receipt(request).await.unwrap();
    Elsewhere::read("a receipt", &receipt.to_text()).unwrap()
}

/// The proof of what a member has, as the member keeps it.
async fn balance_proof(town: &Town) -> Elsewhere {
    let account = v1::prove_balance_request::Account::Member(say::member(1));
    let (coop, account) = (town.client().coop(), Some(account));
    let request = v1::ProveBalanceRequest { coop, account, seal_position: 0 };
    let (proof, _) = town.client().balance_proof(request).await.unwrap();
    Elsewhere::read("a balance", &proof.to_text()).unwrap()
}

fn with(also: Elsewhere) -> Options {
    Options { also: vec![also], ..Options::default() }
}

#[test]
fn an_older_bundle_goes_on_and_one_that_was_broken_off_too() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::record(1, 3, 90)).await;
        let early = receipt(&town).await;
        let dir = bundle(&town).await;
        let old = bundle(&town).await;
        code_is(&audit(&dir, &with(early.clone())), 0);
        town.ok(say::record(2, 4, 30)).await;
        town.ok(say::seal()).await;
        let late = receipt(&town).await;
        let balance = balance_proof(&town).await;
        // The same folder again: only what is new is brought.
        let (exported, head) = fetch(&town.client(), dir.path(), &mut |_, _| {}).await.unwrap();
        assert_eq!((exported.size, exported.kept, head.size), (8, 0, 8));
        let audited = audit(&dir, &with(late.clone()));
        code_is(&audited, 0);
        assert_eq!(outcome(&audited, Step::OtherRoads), Outcome::Held);
        code_is(&audit(&dir, &Options { since: Some(early), ..Options::default() }), 0);
        // The older bundle says nothing wrong, and is not all that somebody has seen.
        code_is(&audit(&old, &Options::default()), 0);
        code_is(&audit(&old, &with(late)), 20);
        code_is(&audit(&dir, &with(balance.clone())), 0);
        code_is(&audit(&old, &with(balance)), 20);
        // Broken off before the list was written, in the middle of a file.
        fs::remove_file(dir.path().join("MANIFEST")).unwrap();
        fs::write(dir.path().join("keys.unfinished"), "car").unwrap();
        fs::write(dir.path().join("entries/000000000001-000000000008"), "CSEN").unwrap();
        fetch(&town.client(), dir.path(), &mut |_, _| {}).await.unwrap();
        code_is(&audit(&dir, &Options::default()), 0);
    });
}

#[test]
fn a_bundle_is_not_written_over_another_log_or_other_things() {
    run(async {
        let (one, other) = (Town::peopled().await, Town::founded().await);
        let dir = bundle(&one).await;
        let refused = fetch(&other.client(), dir.path(), &mut |_, _| {}).await;
        assert!(matches!(refused, Err(FetchError::Folder(_))), "{refused:?}");
        code_is(&audit(&dir, &Options::default()), 0);
        let full = tempfile::tempdir().unwrap();
        fs::write(full.path().join("letter.txt"), "x").unwrap();
        let refused = fetch(&one.client(), full.path(), &mut |_, _| {}).await;
        assert!(matches!(refused, Err(FetchError::Folder(_))), "{refused:?}");
        assert_eq!(fs::read_to_string(full.path().join("letter.txt")).unwrap(), "x");
    });
}

/// Somebody restores an old copy, heads and all, and the log goes on another way: the server cannot know, and a receipt does.
#[test]
fn an_old_copy_that_was_restored_is_found_by_a_receipt() {
    run(async {
        let mut town = Town::peopled().await;
        // The key that signs is made with the first checkpoint, and goes into the copy.
        receipt(&town).await;
        town.stop().await;
        let copy = tempfile::tempdir().unwrap();
        copied(town.dir.path(), copy.path());
        town.start().await.unwrap();
        town.ok(say::record(1, 3, 90)).await;
        let kept = receipt(&town).await;
        town.stop().await;
        let restored = Town::on(copy, town.clock.clone()).await;
        restored.ok(say::record(1, 3, 30)).await;
        let options = with(kept);
        let audited = audit_server(&restored.client(), &options, &mut |_| {}).await.unwrap();
        code_is(&audited, 20);
        assert!(audited.report.findings.iter().all(|one| one.step == Step::OtherRoads));
        code_is(&audit(&bundle(&restored).await, &Options::default()), 0);
    });
}

#[test]
fn a_key_that_was_changed_is_followed_from_the_one_that_is_known() {
    run(async {
        // By the machine's clock, as the operator's tools go by it.
        let mut town = Town::on(tempfile::tempdir().unwrap(), Clock::machine()).await;
        town.ok(say::found()).await;
        for _ in 0..4 {
            town.ok(say::enrol(v1::Hat::CommunityVolunteer)).await;
        }
        let first = bundle(&town).await;
        let old = parse_keys(first.path().join("keys").to_str().unwrap()).unwrap();
        town.stop().await;
        let opening = Opening { confirm_clock: true, ..Opening::at(town.dir.path()) };
        rotate_key(&opening, &CoopName::new(COOP).unwrap()).await.unwrap();
        town.start().await.unwrap();
        town.ok(say::record(1, 3, 90)).await;
        let dir = bundle(&town).await;
        let audited = audit(&dir, &Options { keys: old, ..Options::default() });
        code_is(&audited, 0);
        let keys = &audited.report.keys;
        assert_eq!(keys.iter().map(|key| key.pinned).collect::<Vec<_>>(), [true, false]);
        assert_eq!(keys.iter().map(|key| key.from).collect::<Vec<_>>(), [0, 6]);
        // A key that had nothing to do with it.
        let other = bundle(&Town::founded().await).await;
        let other = parse_keys(other.path().join("keys").to_str().unwrap()).unwrap();
        code_is(&audit(&dir, &Options { keys: other, ..Options::default() }), 20);
    });
}

fn copied(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}
