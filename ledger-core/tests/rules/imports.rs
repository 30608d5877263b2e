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
