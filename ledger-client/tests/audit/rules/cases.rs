//! Made-up entries about people, requests, amounts and reversals.

use ledger_client::audit::Rule;
use ledger_core::{
    AccountsRoot, Actor, Asked, Authority, Beyond, CashSource, CashUse, Command, Event,
    EvidenceGrade, FundId, GrantReason, Items, Kinship, Minutes, OfferId, OfficerId, Pence,
    Position, RequestId, ReversalReason, Role, RowKey, TimeAccount, Transfer, Undone, Values,
    VoucherBasis,
};

use super::{Case, by, by_officer, would};
use crate::story::{COORDINATOR, Story, help, member, minutes, officer};

fn record(story: &mut Story) -> ledger_core::Entry {
    let help = help(1003, 1004, 30);
    let command = Command::RecordHours { help, evidence: EvidenceGrade::Paper };
    would(story, officer(COORDINATOR), command)
}

fn recorded(amount: i64) -> Event {
    Event::HoursRecorded { help: help(1003, 1004, amount), evidence: EvidenceGrade::Paper }
}

fn reversal(entry: Position, transfers: Vec<Transfer>, undone: Undone) -> Event {
    let (reason, below_floor) = (ReversalReason::Slip, Vec::new());
    Event::EntryReversed { entry, reason, transfers, undone, below_floor }
}

pub(super) const CASES: &[Case] = &[
    (Rule::Floor, "gives more than the floor lets", |story| {
        let (from, to) = (member(1004), Some(member(1002)));
        by_officer(story, Event::HoursGiven { from, to, minutes: minutes(5000) })
    }),
    (Rule::Floor, "a reversal hides that it takes somebody below the floor", |story| {
        let slip = story.record(1004, 1001, 700);
        let (from, to) = (member(1004), Some(member(1001)));
        let spare = Minutes::new(story.state.available(from, &Values::template())).unwrap();
        story.ask(Actor::Member(from), Command::GiveHours { from, to, minutes: spare });
        let found = story.entries.iter().find(|entry| entry.position == slip).cloned();
        let (found, reason) = (found.map(Box::new), ReversalReason::Slip);
        let command = Command::ReverseEntry { entry: slip, found, reason };
        let mut entry = would(story, officer(COORDINATOR), command);
        if let Event::EntryReversed { below_floor, .. } = &mut entry.event {
            assert_eq!(*below_floor, [from]);
            below_floor.clear();
        }
        entry
    }),
    (Rule::NotBelowZero, "grants more than the pot holds", |story| {
        let (to, reason) = (member(1002), GrantReason::Cover);
        by_officer(story, Event::PotGranted { to, minutes: minutes(90_000), reason })
    }),
    (Rule::NotBelowZero, "spends more than the fund holds", |story| {
        let (fund, spent_on, pence) =
            (FundId::new(1).unwrap(), CashUse::Expense, Pence::new(9_000_000).unwrap());
        by_officer(story, Event::CashSpent { fund, spent_on, pence, party: None, member: None })
    }),
    (Rule::NotBelowZero, "uses more than is in stock", |story| {
        let (offer, quantity) = (OfferId::new(1).unwrap(), Items::new(50).unwrap());
        by_officer(story, Event::InKindUsed { offer, quantity })
    }),
    (Rule::Terms, "adopts a floor above zero", |story| {
        let policy = Values { floor_minutes: 60, ..Values::template() };
        by_officer(story, Event::PolicyAdopted { version: 3, policy, decided_by: None })
    }),
    (Rule::Terms, "exchanges hours for vouchers without a minute", |story| {
        let voucher_basis = VoucherBasis::Exchange { price: minutes(60) };
        let policy = Values { voucher_basis, ..Values::template() };
        by_officer(story, Event::PolicyAdopted { version: 3, policy, decided_by: None })
    }),
    (Rule::Terms, "lets family care earn", |story| {
        let mut entry = record(story);
        if let Event::HoursRecorded { help, .. } = &mut entry.event {
            help.kinship = Kinship::FamilyEarning;
        }
        entry
    }),
    (Rule::PolicyVersion, "names an older policy", |story| {
        let entry = record(story);
        ledger_core::Entry { policy_version: 1, ..entry }
    }),
    (Rule::Requests, "answers no request", |story| {
        let entry = record(story);
        ledger_core::Entry { asked: None, ..entry }
    }),
    (Rule::Requests, "answers a request of two months ago", |story| {
        let entry = record(story);
        let asked = entry.asked.map(|asked| {
            let id = RequestId::of_time(story.now.plus_days(-60), [3; 10]);
            Asked { id, ..asked }
        });
        ledger_core::Entry { asked, ..entry }
    }),
    (Rule::Requests, "says that it was imported, and was not", |story| {
        let entry = record(story);
        ledger_core::Entry { row: Some(RowKey::new([5; 16])), ..entry }
    }),
    (Rule::Requests, "corrects what was not reversed", |story| {
        let entry = record(story);
        ledger_core::Entry { corrects: Some(Position::new(20)), ..entry }
    }),
    (Rule::Replay, "answers a request that was answered", |story| {
        let before = story.record(1001, 1004, 30);
        let asked = story.entries.iter().find(|entry| entry.position == before).unwrap().asked;
        let entry = record(story);
        ledger_core::Entry { asked, ..entry }
    }),
    (Rule::Replay, "was recorded before the one before it", |story| {
        let entry = record(story);
        ledger_core::Entry { recorded_at: entry.recorded_at.plus_hours(-2), ..entry }
    }),
    (Rule::Dates, "happened tomorrow", |story| {
        let entry = record(story);
        ledger_core::Entry { occurred_on: entry.occurred_on.plus(2), ..entry }
    }),
    (Rule::Dates, "happened too long ago", |story| {
        let entry = record(story);
        ledger_core::Entry { occurred_on: entry.occurred_on.plus(-61), ..entry }
    }),
    (Rule::Authority, "a member enters hours at once", |story| {
        by(story, Actor::Member(member(1001)), Authority::Oneself, recorded(30))
    }),
    (Rule::Authority, "an officer whose term has ended", |story| {
        let ended = OfficerId::new(3).unwrap();
        by(story, Actor::Officer(ended), Authority::Coordinator, recorded(30))
    }),
    (Rule::Authority, "a treasurer enters hours", |story| {
        let treasurer = OfficerId::new(2).unwrap();
        by(story, Actor::Officer(treasurer), Authority::Treasurer, recorded(30))
    }),
    (Rule::Authority, "the operator enters hours", |story| {
        by(story, Actor::Operator, Authority::Operator, recorded(30))
    }),
    (Rule::Authority, "time enters hours", |story| {
        let entry = by(story, Actor::Timer, Authority::Timer, recorded(30));
        ledger_core::Entry { asked: None, ..entry }
    }),
    (Rule::Authority, "somebody who has left", |story| {
        let (receiver, left) = (1002, 1005);
        let help = help(left, receiver, 30);
        let confirm_by = story.now.plus_days(14);
        let event = Event::HoursLogged { help, confirm_by };
        by(story, Actor::Member(member(left)), Authority::Oneself, event)
    }),
    (Rule::Authority, "a co-ordinator who says that it was for themselves", |story| {
        by(story, officer(COORDINATOR), Authority::Oneself, recorded(30))
    }),
    (Rule::Authority, "a member on behalf of another", |story| {
        let mut entry = would(
            story,
            Actor::Member(member(1001)),
            Command::LogHours { help: help(1001, 1002, 30) },
        );
        entry.by.on_behalf_of = Some(member(1002));
        entry
    }),
    (Rule::Authority, "the last co-ordinator goes", |story| {
        by_officer(story, Event::OfficerEnded { officer: OfficerId::new(1).unwrap() })
    }),
    (Rule::AnotherPerson, "an officer grants the pot's hours to themselves", |story| {
        let role = Role::Coordinator;
        story.co(Command::AppointOfficer { role, member: Some(member(1001)) });
        let own = Actor::Officer(OfficerId::new(4).unwrap());
        let (to, reason) = (member(1001), GrantReason::Other);
        let event = Event::PotGranted { to, minutes: minutes(1), reason };
        by(story, own, Authority::Coordinator, event)
    }),
    (Rule::TakesPart, "hours for somebody who has left", |story| {
        let help = help(1005, 1002, 30);
        by_officer(story, Event::HoursRecorded { help, evidence: EvidenceGrade::Paper })
    }),
    (Rule::TakesPart, "cash into a fund that is not there", |story| {
        let (fund, source, pence) =
            (FundId::new(9).unwrap(), CashSource::Grant, Pence::new(100).unwrap());
        by_officer(story, Event::CashReceived { fund, source, pence, party: None, member: None })
    }),
    (Rule::Reversals, "reverses more than there was", |story| {
        let slip = story.record(1001, 1002, 30);
        let (commons, own) = (TimeAccount::Commons, TimeAccount::Member(member(1001)));
        let (giver, day, minutes) = (member(1001), story.now.day(), minutes(45));
        let undone = Undone::GivenMinutes { giver, day, minutes };
        by_officer(story, reversal(slip, vec![Transfer::time(own, commons, minutes)], undone))
    }),
    (Rule::Reversals, "reverses out of another account", |story| {
        let slip = story.record(1001, 1002, 30);
        let (commons, other) = (TimeAccount::Commons, TimeAccount::Member(member(1003)));
        let (giver, day, minutes) = (member(1001), story.now.day(), minutes(30));
        let undone = Undone::GivenMinutes { giver, day, minutes };
        by_officer(story, reversal(slip, vec![Transfer::time(other, commons, minutes)], undone))
    }),
    (Rule::Reversals, "reverses what moved nothing", |story| {
        let (commons, own) = (TimeAccount::Commons, TimeAccount::Member(member(1001)));
        let moved = vec![Transfer::time(own, commons, minutes(30))];
        by_officer(story, reversal(Position::new(2), moved, Undone::TransfersOnly))
    }),
    (Rule::Leaving, "leaves with hours", |story| {
        by_officer(story, Event::MemberLeft { member: member(1003), settled: None })
    }),
    (Rule::Leaving, "leaves with logged hours", |story| {
        let leaver = member(1001);
        let own = TimeAccount::Member(leaver);
        let left = Minutes::new(story.state.books().time(own).get()).unwrap();
        let settled = Some(Transfer::time(own, TimeAccount::Pot, left));
        by_officer(story, Event::MemberLeft { member: leaver, settled })
    }),
    (Rule::Caps, "gives more than half a day", |story| by_officer(story, recorded(721))),
    (Rule::Losses, "accepts the loss of what is there", |story| {
        let (first, last) = (story.state.head(), story.state.head().next());
        let lost = Event::LossAccepted { first, last };
        by(story, Actor::Operator, Authority::Operator, lost)
    }),
    (Rule::Losses, "accepts the loss of what never was", |story| {
        let first = Position::new(story.state.head().get() + 2);
        let lost = Event::LossAccepted { first, last: first };
        by(story, Actor::Operator, Authority::Operator, lost)
    }),
    (Rule::Seal, "seals another root", |story| {
        let root = Some(AccountsRoot::new([6; 32]));
        would(story, Actor::Operator, Command::SealState { accounts_root: root })
    }),
    (Rule::Seal, "seals other totals", |story| {
        let root = ledger_proto::accounts_root(story.state.books());
        let root = Some(AccountsRoot::new(*root.as_bytes()));
        let mut entry = would(story, Actor::Operator, Command::SealState { accounts_root: root });
        if let Event::StateSealed { totals, .. } = &mut entry.event {
            totals.pot_minutes += 1;
        }
        entry
    }),
    (Rule::Respite, "delivers more than was held as if it had been held", |story| {
        let respite = story.request_respite(1002, 60, 1);
        let cover = ledger_core::Cover::Member(member(1001));
        story.co(Command::AgreeCover { respite, cover, start: None });
        story.later(2);
        let (minutes, beyond) = (minutes(60), Beyond::Refused);
        let command = Command::DeliverRespite { respite, minutes, cover: None, beyond };
        let mut entry = would(story, Actor::Member(member(1002)), command);
        if let Event::RespiteDelivered { held, .. } = &mut entry.event {
            *held = crate::story::minutes(30);
        }
        entry
    }),
];
