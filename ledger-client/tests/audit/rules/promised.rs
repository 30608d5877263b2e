//! Made-up entries about what was logged, promised and issued, and about what falls due.

use ledger_client::audit::Rule;
use ledger_core::{
    Actor, Authority, CancelReason, CodeHash, Command, Cover, Entry, Event, EvidenceGrade, Help,
    HoursDestination, Kinship, Minutes, OfferId, Position, RespiteEnding, TaskKind, TimeOfDay,
    VoucherReason,
};

use super::{Case, by, by_officer, would};
use crate::story::{COORDINATOR, Story, help, member, minutes, officer};

/// The hours that wait in the story.
fn waiting(story: &Story) -> (Position, Help, Minutes) {
    let (position, logged) = story.state.pending_hours().iter().next_back().unwrap();
    (*position, logged.help, logged.help.minutes)
}

fn confirmed(story: &Story) -> Event {
    let (hours, help, logged) = waiting(story);
    Event::HoursConfirmed { hours, help, logged, evidence: EvidenceGrade::Recipient }
}

/// A respite for tomorrow that 1001 covers.
fn agreed(story: &mut Story) -> Position {
    let respite = story.request_respite(1002, 60, 1);
    let cover = Cover::Member(member(1001));
    story.co(Command::AgreeCover { respite, cover, start: None });
    respite
}

fn issue(offer: OfferId, code: u8, lapse_at: ledger_core::Timestamp) -> Event {
    let (member, reason, code) = (member(1001), VoucherReason::Other, CodeHash::new([code; 16]));
    Event::VoucherIssued { offer, member, reason, code, lapse_at, price: None }
}

pub(super) const CASES: &[Case] = &[
    (Rule::Due, "comes after something fell due", |story| {
        let (due, _) = (story.now.plus_days(20), story.log(1003, 1004, 15));
        let mut entry = by_officer(
            story,
            Event::HoursRecorded { help: help(1001, 1002, 15), evidence: EvidenceGrade::Paper },
        );
        (entry.recorded_at, entry.occurred_on) = (due, due.day());
        entry.asked = None;
        entry
    }),
    (Rule::Due, "time confirms before it is due", |story| {
        let (hours, help, logged) = waiting(story);
        let event = Event::HoursConfirmed { hours, help, logged, evidence: EvidenceGrade::Timer };
        let entry = by(story, Actor::Timer, Authority::Timer, event);
        Entry { asked: None, ..entry }
    }),
    (Rule::Due, "time confirms more than was logged", |story| {
        let due = ledger_core::fall_due(&story.state, story.now.plus_days(20)).unwrap();
        let mut entry = due;
        if let Event::HoursConfirmed { help, .. } = &mut entry.event {
            help.minutes = minutes(600);
        }
        entry
    }),
    (Rule::Due, "a voucher lapses by an officer's hand", |story| {
        let offer = story.pledge(3, 60);
        let voucher = story.issue(offer, 1001, 40);
        by_officer(story, Event::VoucherLapsed { voucher, offer, member: member(1001) })
    }),
    (Rule::Terms, "logged hours confirm themselves in a day", |story| {
        let confirm_by = story.now.plus_days(1);
        let event = Event::HoursLogged { help: help(1003, 1004, 15), confirm_by };
        by(story, Actor::Member(member(1003)), Authority::Oneself, event)
    }),
    (Rule::Terms, "a voucher costs hours", |story| {
        let offer = story.pledge(3, 60);
        let mut entry = super::issued(offer, 1001, story);
        if let Event::VoucherIssued { price, .. } = &mut entry.event {
            *price = Some(minutes(30));
        }
        entry
    }),
    (Rule::Hours, "confirms other help than was logged", |story| {
        let mut event = confirmed(story);
        if let Event::HoursConfirmed { help, .. } = &mut event {
            help.destination = HoursDestination::Member(member(1002));
        }
        by(story, Actor::Member(member(1002)), Authority::Oneself, event)
    }),
    (Rule::Hours, "confirms what nobody logged", |story| {
        let mut event = confirmed(story);
        if let Event::HoursConfirmed { hours, .. } = &mut event {
            *hours = Position::new(3);
        }
        by(story, Actor::Member(member(1002)), Authority::Oneself, event)
    }),
    (Rule::Hours, "resolves what nobody disputed", |story| {
        let (hours, help, counted) = waiting(story);
        by_officer(story, Event::HoursResolved { hours, help, counted: Some(counted) })
    }),
    (Rule::Hours, "gives help to themselves", |story| {
        let help = Help {
            giver: member(1001),
            receiver: Some(member(1001)),
            minutes: minutes(15),
            task: TaskKind::Garden,
            destination: HoursDestination::OwnAccount,
            kinship: Kinship::Neighbour,
        };
        by_officer(story, Event::HoursRecorded { help, evidence: EvidenceGrade::Paper })
    }),
    (Rule::AnotherPerson, "confirms their own hours", |story| {
        let event = confirmed(story);
        by(story, Actor::Member(member(1001)), Authority::Oneself, event)
    }),
    (Rule::Dates, "confirms hours on another day", |story| {
        let event = confirmed(story);
        let entry = by(story, Actor::Member(member(1002)), Authority::Oneself, event);
        Entry { occurred_on: entry.occurred_on.plus(-3), ..entry }
    }),
    (Rule::Respite, "respite for somebody who is no carer", |story| {
        let (carer, wanted_on) = (member(1001), story.now.day().plus(1));
        let lapse_at = wanted_on.end().plus_days(30);
        let (minutes, start) = (minutes(30), None);
        let event = Event::RespiteRequested { carer, minutes, wanted_on, start, lapse_at };
        by(story, Actor::Member(carer), Authority::Oneself, event)
    }),
    (Rule::Respite, "books somebody twice at once", |story| {
        agreed(story);
        let respite = story.request_respite(1004, 60, 1);
        let (cover, start) = (Cover::Member(member(1001)), TimeOfDay::parse("10:30").unwrap());
        by_officer(story, Event::CoverAgreed { respite, cover, start })
    }),
    (Rule::Respite, "delivers before its day", |story| {
        let respite = agreed(story);
        let (carer, cover) = (member(1002), Cover::Member(member(1001)));
        let (held, minutes) = (minutes(60), minutes(60));
        let event = Event::RespiteDelivered { respite, carer, cover, held, minutes };
        by(story, Actor::Member(carer), Authority::Oneself, event)
    }),
    (Rule::Respite, "finds no cover for what is covered", |story| {
        let respite = agreed(story);
        let (carer, held, ending) = (member(1002), minutes(60), RespiteEnding::NoCover);
        by_officer(story, Event::RespiteEnded { respite, carer, held, ending })
    }),
    (Rule::NotBelowZero, "releases more than was held", |story| {
        let respite = agreed(story);
        let (by, reason) = (ledger_core::RespiteSide::Coop, CancelReason::Other);
        let (carer, held) = (member(1002), minutes(90));
        let ending = RespiteEnding::Cancelled { by, reason };
        by_officer(story, Event::RespiteEnded { respite, carer, held, ending })
    }),
    (Rule::Replay, "resolves a hold twice", |story| {
        let respite = agreed(story);
        let (by, reason) = (ledger_core::RespiteSide::Coop, CancelReason::Other);
        story.co(Command::CancelRespite { respite, by, reason });
        let (carer, held) = (member(1002), minutes(60));
        let ending = RespiteEnding::Cancelled { by, reason };
        by_officer(story, Event::RespiteEnded { respite, carer, held, ending })
    }),
    (Rule::Vouchers, "redeems somebody else's voucher", |story| {
        let offer = story.pledge(3, 60);
        let voucher = story.issue(offer, 1001, 41);
        by_officer(story, Event::VoucherRedeemed { voucher, offer, member: member(1003) })
    }),
    (Rule::Vouchers, "issues out of an offer that has ended", |story| {
        let offer = story.pledge(3, 1);
        let lapse_at = story.now.day().plus(1).end();
        story.later(5);
        by_officer(story, issue(offer, 42, lapse_at))
    }),
    (Rule::Caps, "gives a sixth voucher in a year", |story| {
        let offer = story.pledge(9, 60);
        for code in 50..53 {
            story.issue(offer, 1003, code);
        }
        let had = story.state.open_vouchers().values().filter(|one| one.member == member(1003));
        for code in 53..53 + u8::try_from(5 - had.count()).unwrap() {
            story.issue(offer, 1003, code);
        }
        let mut event = issue(offer, 60, story.now.day().plus(60).end());
        if let Event::VoucherIssued { member: to, .. } = &mut event {
            *to = member(1003);
        }
        by_officer(story, event)
    }),
    (Rule::NotBelowZero, "issues more than was pledged", |story| {
        let offer = story.pledge(1, 60);
        story.issue(offer, 1003, 61);
        by_officer(story, issue(offer, 62, story.now.day().plus(60).end()))
    }),
    (Rule::Authority, "delivers with a cover that was not agreed", |story| {
        let respite = agreed(story);
        story.later(2);
        let (carer, cover) = (member(1002), Cover::Member(member(1003)));
        let (held, minutes) = (minutes(60), minutes(60));
        let event = Event::RespiteDelivered { respite, carer, cover, held, minutes };
        by(story, Actor::Member(carer), Authority::Oneself, event)
    }),
    (Rule::Requests, "a co-ordinator enters what nobody asked for", |story| {
        let command =
            Command::RecordHours { help: help(1001, 1002, 15), evidence: EvidenceGrade::Phone };
        let entry = would(story, officer(COORDINATOR), command);
        Entry { asked: None, ..entry }
    }),
];
