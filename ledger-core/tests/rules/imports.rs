//! A past in spreadsheets that grow: what is new comes in once, and a failure is said where it is mended.

use ledger_core::{
    Actor, CashSource, CashUse, CodeHash, EvidenceGrade, Fingerprint, FundFreedom, Hat,
    ImportFailure, Imported, Importing, OfficerId, PartyKind, PastCover, PastDestination,
    PastRespite, PastStep, PastVoucher, RequestId, RowKey, State, Step, TaskKind, VoucherReason,
    import,
};

use crate::{
    check::{Run, by, coordinator, told},
    words::*,
};

/// A row with this text, of this day.
fn row(text: u8, on: &str, step: Step) -> PastStep {
    let id = RequestId::of_time(start(), [text.wrapping_mul(91); 10]);
    let (row, fingerprint) = (RowKey::new([text; 16]), Fingerprint::new([text; 16]));
    PastStep { row, id, fingerprint, on: day(on), step }
}
fn person(own: &str, hats: &[Hat]) -> Step {
    Step::Member { reference: reference(own), hats: hats.to_vec() }
}
fn helped(giver: &str, minutes: i64) -> Step {
    Step::Hours {
        giver: reference(giver),
        receiver: None,
        minutes: m(minutes),
        task: TaskKind::Garden,
        to: PastDestination::Own,
        evidence: EvidenceGrade::Paper,
    }
}
fn asked(carer: &str, minutes: i64, on: &str) -> Step {
    Step::RespiteAsked { carer: reference(carer), minutes: m(minutes), wanted_on: day(on) }
}
fn done(text: u8, cover: PastCover, minutes: i64) -> Step {
    let outcome = PastRespite::Done { cover, minutes: m(minutes) };
    Step::RespiteSettled { asked: RowKey::new([text; 16]), outcome }
}
fn received(into: &str, pence: i64, from: Option<&str>) -> Step {
    let (fund, party) = (title(into), from.map(title));
    Step::CashReceived { fund, source: CashSource::Grant, pence: p(pence), member: None, party }
}
fn spent(from: &str, pence: i64, member: Option<&str>) -> Step {
    let (fund, member) = (title(from), member.map(reference));
    Step::CashSpent { fund, spent_on: CashUse::Expense, pence: p(pence), member, party: None }
}
fn pledged(business: &str, name: &str, quantity: i64, until: &str) -> Step {
    Step::Pledge {
        business: title(business),
        title: title(name),
        face_value: p(500),
        quantity: items(quantity),
        valid_until: day(until),
    }
}
fn thanked(own: &str, business: &str, name: &str, number: u8) -> Step {
    Step::VoucherIssued {
        member: reference(own),
        business: title(business),
        title: title(name),
        reason: VoucherReason::AYear,
        code: CodeHash::new([number; 16]),
    }
}

fn bring_as(officer: u32, state: State, steps: &[PastStep]) -> Imported {
    let actor = Actor::Officer(OfficerId::new(officer).unwrap());
    import(state, steps, Importing { at: start(), actor }).unwrap()
}
fn bring(state: State, steps: &[PastStep]) -> Imported {
    bring_as(1, state, steps)
}
fn founded() -> State {
    let mut run = Run::empty();
    run.must(&by(Actor::Operator, found("colne-valley")));
    run.state
}
fn what(done: &Imported) -> Vec<String> {
    done.entries.iter().map(|(_, entry)| told(&entry.event)).collect()
}
fn carer() -> PastStep {
    row(1, "2025-01-01", person("C1", &[Hat::FamilyCarer]))
}

#[test]
fn a_fund_and_a_business_are_opened_on_the_way_however_long_ago_it_was() {
    let steps = [
        row(1, "2024-01-01", received("Carer breaks (restricted)", 900, Some("Council"))),
        row(2, "2024-01-02", received("Carer breaks (restricted)", 100, Some("Council"))),
        row(3, "2024-01-03", spent("Carer breaks (restricted)", 700, None)),
        row(4, "2024-01-04", pledged("Bakery", "Bread", 5, "2026-12-31")),
    ];
    let done = bring(founded(), &steps);
    assert_eq!(done.failures, []);
    assert_eq!(
        what(&done),
        [
            "FundOpened",
            "PartyRegistered",
            "CashReceived: grant → fund 1 900p",
            "CashReceived: grant → fund 1 100p",
            "CashSpent: fund 1 → expense 700p",
            "PartyRegistered",
            "OfferPledged: outside → stock 5 of offer 1",
        ]
    );
    let restricted = FundFreedom::Restricted(title("Carer breaks"));
    assert_eq!(done.state.funds()[0].freedom, restricted);
    assert_eq!(done.state.parties()[0].kind, PartyKind::Partner);
    assert_eq!(done.state.parties()[1].kind, PartyKind::Business);
    let days: Vec<_> = done.entries.iter().filter(|(index, _)| index.is_some()).collect();
    assert!(days.iter().all(|(_, entry)| entry.occurred_on.year() == 2024 && entry.row.is_some()));
}

#[test]
fn an_import_that_was_cut_off_after_opening_a_fund_resumes_with_its_row() {
    let steps = [row(1, "2026-05-01", received("Minibus", 900, Some("Council")))];
    let whole = bring(founded(), &steps);
    // Only the fund was recorded.
    let opened = ledger_core::evolve(founded(), &whole.entries[0].1).unwrap();
    let rest = bring(opened, &steps);
    assert_eq!(what(&rest), ["PartyRegistered", "CashReceived: grant → fund 1 900p"]);
    assert_eq!(rest.state, whole.state);
}

#[test]
fn a_row_about_a_member_who_is_there_is_remembered_and_undoes_no_later_change() {
    let both = [Hat::FamilyCarer, Hat::Supporter];
    let mut run = Run::after(&[]);
    let steps = [row(1, "2026-05-01", person("CAT", &[Hat::FamilyCarer]))];
    run.state = bring(run.state, &steps).state;
    run.must(&coordinator(change_hats(cat(), &both)));
    let again = bring(run.state.clone(), &steps);
    assert_eq!((again.entries.len(), again.known), (0, 1));
    assert_eq!(again.state.member(cat()).unwrap().hats, both);
}

#[test]
fn a_voucher_comes_out_of_the_oldest_pledge_that_had_not_ended() {
    let steps = [
        carer(),
        row(2, "2025-01-02", pledged("Bakery", "Bread", 5, "2025-06-30")),
        row(3, "2025-07-01", pledged("Bakery", "Bread", 1, "2026-12-31")),
        row(4, "2025-03-01", thanked("C1", "Bakery", "Bread", 1)),
        row(5, "2025-08-01", thanked("C1", "Bakery", "Bread", 2)),
        row(6, "2025-08-02", thanked("C1", "Bakery", "Bread", 3)),
    ];
    let done = bring(founded(), &steps);
    assert_eq!(
        what(&done)[4..],
        ["VoucherIssued: stock → ann 1 of offer 1", "VoucherIssued: stock → ann 1 of offer 2",]
    );
    let failures: Vec<_> = done.failures.iter().map(|(index, _)| *index).collect();
    assert_eq!(failures, [5]);
}

fn unreadable(text: u8, refs: &[&str], business: Option<&str>) -> PastStep {
    let refs = refs.iter().map(|own| reference(own)).collect();
    let (fund, business) = (None, business.map(title));
    row(text, "2026-01-01", Step::Unreadable { refs, fund, business })
}

#[test]
fn a_voucher_out_of_a_pledge_that_failed_is_not_reported_beside_it() {
    let bread = || pledged("Bakery", "Bread", 5, "2026-12-31");
    let thanks = |who| row(4, "2026-03-01", thanked(who, "Bakery", "Bread", 1));
    let cake = || row(2, "2026-01-01", pledged("Bakery", "Cake", 5, "2026-12-31"));
    let tomorrow = || row(3, "2026-06-02", bread());
    let failures = |steps: &[PastStep]| {
        let done = bring(founded(), steps);
        (done.failures.iter().map(|(index, _)| *index).collect::<Vec<_>>(), done.dependent)
    };
    assert_eq!(failures(&[carer(), cake(), tomorrow(), thanks("C1")]), (vec![2], 1));
    assert_eq!(
        failures(&[carer(), cake(), unreadable(3, &[], Some("Bakery")), thanks("C1")]),
        (vec![], 1)
    );
    // A member who is nowhere is a mistake of the row's own.
    assert_eq!(failures(&[carer(), cake(), tomorrow(), thanks("C2")]), (vec![2, 3], 0));
    assert_eq!(failures(&[carer(), cake(), thanks("C1")]), (vec![2], 0));
}

#[test]
fn the_second_person_is_not_asked_of_history() {
    let mut run = Run::after(&[]);
    let steps = [
        row(1, "2025-01-01", helped("EVE", 60)),
        row(2, "2025-01-02", asked("CAT", 60, "2025-01-03")),
        row(3, "2025-01-04", done(2, PastCover::Member(reference("EVE")), 60)),
        row(4, "2025-01-05", thanked("EVE", "Bakery", "Tea for two", 1)),
        row(5, "2025-01-06", spent("General", 100, Some("EVE"))),
    ];
    let done = bring_as(3, std::mem::take(&mut run.state), &steps);
    assert_eq!(done.failures, []);
    assert_eq!(done.entries.len(), 5);
}

#[test]
fn a_second_run_changes_nothing_and_twins_stay_two() {
    // The same text twice is a twin: its occurrence makes it another row.
    let steps =
        [carer(), row(2, "2026-05-01", helped("C1", 60)), row(3, "2026-05-01", helped("C1", 60))];
    let first = bring(founded(), &steps);
    assert_eq!(first.state.books().time(ledger_core::TimeAccount::Member(ann())).get(), 120);
    // Under the same request ids, and under others: it is the row that is known, for ever.
    let anew = |past: &PastStep| PastStep {
        id: RequestId::of_time(start(), [past.row.bytes()[0]; 10]),
        ..past.clone()
    };
    for steps in [steps.to_vec(), steps.iter().map(anew).collect()] {
        let second = bring(first.state.clone(), &steps);
        assert_eq!((second.entries.len(), second.known, second.failures.len()), (0, 3, 0));
        assert_eq!(second.state, first.state);
    }
}

#[test]
fn a_folder_that_has_grown_brings_only_what_is_new() {
    let staff = || PastCover::Staff;
    let was = vec![
        carer(),
        row(2, "2026-05-01", asked("C1", 60, "2026-05-03")),
        row(3, "2026-05-02", asked("C1", 30, "2026-05-04")),
    ];
    let first = bring(founded(), &was);
    assert!(first.state.promised_respite().len() == 2 && first.failures.is_empty());
    // What was asked for has been done, in the row that said so and before the one after it.
    let is = vec![
        was[0].clone(),
        was[1].clone(),
        row(4, "2026-05-03", done(2, staff(), 45)),
        was[2].clone(),
        row(
            5,
            "2026-05-04",
            Step::RespiteSettled { asked: RowKey::new([3; 16]), outcome: PastRespite::NoCover },
        ),
        row(6, "2026-05-05", helped("C1", 10)),
    ];
    let second = bring(first.state, &is);
    assert_eq!(
        what(&second),
        [
            "RespiteDelivered: held(ann) → commons 45m, held(ann) → ann 15m",
            "RespiteEnded: held(ann) → ann 30m",
            "HoursRecorded: commons → ann 10m",
        ]
    );
    let indices: Vec<_> = second.entries.iter().map(|(index, _)| *index).collect();
    assert_eq!(indices, [Some(2), Some(4), Some(5)], "in the order of the rows");
}

#[test]
fn history_keeps_floors_funds_and_caps() {
    let steps = [
        carer(),
        row(2, "2026-05-01", asked("C1", 721, "2026-05-03")),
        row(3, "2026-05-01", helped("C1", 721)),
        row(4, "2026-05-01", received("Minibus", 100, None)),
        row(5, "2026-05-01", spent("Minibus", 101, None)),
        row(6, "2026-06-02", helped("C1", 10)),
        row(7, "2026-05-01", asked("C1", 720, "2026-05-03")),
        row(8, "2026-05-01", asked("C1", 1, "2026-05-03")),
    ];
    let done = bring(founded(), &steps);
    let reasons: Vec<_> = done
        .failures
        .iter()
        .map(|(index, failure)| match failure {
            ImportFailure::Refused(rejection) => (*index, rejection.reason()),
            ImportFailure::Unknown(wrong) => (*index, wrong.field),
        })
        .collect();
    let own = [(1, "DAY_CAP"), (2, "DAY_CAP"), (4, "FUND_TOO_SMALL"), (5, "IN_THE_FUTURE")];
    // The last might have been within the floor, had the hours of the rows that failed been there.
    assert_eq!((reasons.as_slice(), done.dependent), (own.as_slice(), 1));
}

#[test]
fn what_rests_on_a_row_that_failed_is_not_reported() {
    let steps = [
        unreadable(1, &["C1"], None),
        row(2, "2026-05-01", helped("C1", 60)),
        row(3, "2026-05-01", asked("C1", 60, "2026-05-02")),
        row(4, "2026-05-02", done(3, PastCover::Staff, 60)),
        row(5, "2026-05-02", helped("C2", 60)),
        row(
            6,
            "2026-05-02",
            Step::VoucherSettled { issued: RowKey::new([99; 16]), outcome: PastVoucher::Redeemed },
        ),
    ];
    let done = bring(founded(), &steps);
    let own: Vec<_> = done.failures.iter().map(|(index, _)| *index).collect();
    assert_eq!((own, done.dependent, done.entries.len()), (vec![4], 4, 0));
}

#[test]
fn what_is_imported_falls_due_no_earlier_than_what_is_asked_for_today() {
    let steps = [
        carer(),
        row(2, "2025-01-02", asked("C1", 60, "2025-01-03")),
        row(3, "2025-01-04", pledged("Bakery", "Bread", 5, "2025-06-30")),
        row(4, "2025-01-05", thanked("C1", "Bakery", "Bread", 1)),
        row(
            5,
            "2025-02-05",
            Step::VoucherSettled { issued: RowKey::new([4; 16]), outcome: PastVoucher::Cancelled },
        ),
        row(6, "2025-01-06", thanked("C1", "Bakery", "Bread", 2)),
    ];
    let done = bring(founded(), &steps);
    assert_eq!(done.failures, []);
    let state = &done.state;
    assert_eq!(ledger_core::fall_due(state, start().plus_days(29)), None);
    let fresh = day("2026-06-01").end().plus_days(30);
    assert!(state.promised_respite().values().all(|promise| promise.lapse_at == fresh));
    assert!(state.open_vouchers().values().all(|open| open.lapse_at == start().plus_days(30)));
    assert_eq!(state.open_vouchers().len(), 1);
}

#[test]
fn a_row_that_fails_leaves_nothing_that_was_opened_for_it() {
    let steps = [
        row(1, "2026-06-02", received("Minibus", 100, Some("Council"))),
        row(2, "2026-06-02", pledged("Bakery", "Bread", 5, "2026-12-31")),
    ];
    let before = founded();
    let done = bring(before.clone(), &steps);
    assert_eq!((done.entries.len(), done.failures.len()), (0, 2));
    assert_eq!(done.state, before);
}
