//! Made-up entries by those who represent another, and about them.

use ledger_client::audit::Rule;
use ledger_core::{
    Actor, Authority, Cover, Entry, Event, EvidenceGrade, Help, MemberId, OfficerId, Powers, Role,
};

use super::{Case, by, by_officer};
use crate::story::{Story, help, member, minutes};

/// An entry of any event by one member for another.
fn for_another(story: &mut Story, (one, other): (u32, u32), event: Event) -> Entry {
    let mut entry = by(story, Actor::Member(member(one)), Authority::Representative, event);
    entry.by.on_behalf_of = Some(member(other));
    entry
}

fn gift(from: u32, to: Option<u32>) -> Event {
    Event::HoursGiven { from: member(from), to: to.map(member), minutes: minutes(1) }
}

/// 1003 acts for 1004.
fn acts(story: &mut Story) {
    story.represent(1004, 1003, (Powers::Act, None));
}

fn named(of: u32, by: u32, until: Option<ledger_core::Day>) -> Event {
    let (member, representative): (MemberId, MemberId) = (member(of), member(by));
    let mandate = ledger_core::Mandate::Deputy;
    Event::RepresentativeNamed { member, representative, mandate, powers: Powers::Act, until }
}

/// Hours that somebody has logged, confirmed.
fn confirmed(story: &mut Story, (giver, receiver): (u32, u32)) -> Event {
    let hours = story.log(giver, receiver, 30);
    let what: Help = help(giver, receiver, 30);
    let (logged, evidence) = (what.minutes, EvidenceGrade::Household);
    Event::HoursConfirmed { hours, help: what, logged, evidence }
}

pub(super) const CASES: &[Case] = &[
    (Rule::Authority, "acts for somebody who named nobody", |story| {
        for_another(story, (1003, 1004), gift(1004, None))
    }),
    (Rule::Authority, "may only see", |story| {
        story.represent(1004, 1003, (Powers::See, None));
        for_another(story, (1003, 1004), gift(1004, None))
    }),
    (Rule::Authority, "acts after the last day", |story| {
        let today = story.now.day();
        story.represent(1004, 1003, (Powers::Act, Some(today)));
        story.later(1);
        for_another(story, (1003, 1004), gift(1004, None))
    }),
    (Rule::Authority, "is represented, and does not represent", |story| {
        acts(story);
        for_another(story, (1004, 1003), gift(1003, None))
    }),
    (Rule::Authority, "acts for another and says that it was for themselves", |story| {
        acts(story);
        let mut entry = for_another(story, (1003, 1004), gift(1004, None));
        entry.by.authority = Authority::Oneself;
        entry
    }),
    (Rule::Authority, "does not say for whom", |story| {
        acts(story);
        let mut entry = for_another(story, (1003, 1004), gift(1004, None));
        entry.by.on_behalf_of = None;
        entry
    }),
    (Rule::Authority, "does what is their own, and says that it is for another", |story| {
        acts(story);
        for_another(story, (1003, 1004), gift(1003, None))
    }),
    (Rule::Authority, "ends a membership for another", |story| {
        acts(story);
        for_another(story, (1003, 1004), Event::MemberLeft { member: member(1004), settled: None })
    }),
    (Rule::Authority, "ends their own representation for the member", |story| {
        acts(story);
        let (member, representative) = (member(1004), member(1003));
        let event = Event::RepresentativeEnded { member, representative };
        for_another(story, (1003, 1004), event)
    }),
    (Rule::Authority, "a third member ends it", |story| {
        acts(story);
        let (of, representative) = (member(1004), member(1003));
        let event = Event::RepresentativeEnded { member: of, representative };
        by(story, Actor::Member(member(1001)), Authority::Oneself, event)
    }),
    (Rule::Authority, "a member names who represents them", |story| {
        let own = Actor::Member(member(1004));
        by(story, own, Authority::Oneself, named(1004, 1003, None))
    }),
    (Rule::AnotherPerson, "an officer names themselves", |story| {
        let role = Role::Coordinator;
        story.co(ledger_core::Command::AppointOfficer { role, member: Some(member(1001)) });
        let own = Actor::Officer(OfficerId::new(4).unwrap());
        by(story, own, Authority::Coordinator, named(1004, 1001, None))
    }),
    (Rule::AnotherPerson, "gives another's hours to themselves", |story| {
        acts(story);
        for_another(story, (1003, 1004), gift(1004, Some(1003)))
    }),
    (Rule::AnotherPerson, "confirms their own help for whom they helped", |story| {
        acts(story);
        let event = confirmed(story, (1003, 1004));
        for_another(story, (1003, 1004), event)
    }),
    (Rule::AnotherPerson, "logs for another what comes to themselves", |story| {
        acts(story);
        let confirm_by = story.now.plus_days(14);
        let event = Event::HoursLogged { help: help(1003, 1004, 30), confirm_by };
        for_another(story, (1003, 1004), event)
    }),
    (Rule::AnotherPerson, "agrees for another to cover their own respite", |story| {
        let respite = story.request_respite(1004, 60, 1);
        story.represent(1001, 1004, (Powers::Act, None));
        let start = ledger_core::TimeOfDay::parse("10:00").unwrap();
        let event = Event::CoverAgreed { respite, cover: Cover::Member(member(1001)), start };
        for_another(story, (1004, 1001), event)
    }),
    (Rule::Hours, "calls the word of a representative the person's own", |story| {
        acts(story);
        let mut event = confirmed(story, (1001, 1004));
        if let Event::HoursConfirmed { evidence, .. } = &mut event {
            *evidence = EvidenceGrade::Recipient;
        }
        for_another(story, (1003, 1004), event)
    }),
    (Rule::Hours, "for the giver, calls nobody's word that of the person", |story| {
        story.represent(1001, 1003, (Powers::Act, None));
        let what = help(1001, 1004, 30);
        let logged = ledger_core::Command::LogHours { help: what };
        let hours = story.ask(Actor::Member(member(1002)), logged);
        let (logged, evidence) = (what.minutes, EvidenceGrade::Household);
        let event = Event::HoursConfirmed { hours, help: what, logged, evidence };
        for_another(story, (1003, 1001), event)
    }),
    (Rule::AnotherPerson, "delivers their own cover for the carer", |story| {
        acts(story);
        let respite = story.request_respite(1004, 60, 0);
        let cover = Cover::Member(member(1003));
        let start = ledger_core::TimeOfDay::parse("10:00");
        let agree = ledger_core::Command::AgreeCover { respite, cover, start };
        story.ask(Actor::Member(member(1003)), agree);
        let (held, minutes) = (minutes(60), minutes(60));
        let carer = member(1004);
        let event = Event::RespiteDelivered { respite, carer, cover, held, minutes };
        for_another(story, (1003, 1004), event)
    }),
    (Rule::TakesPart, "names somebody who has left", |story| {
        by_officer(story, named(1004, 1005, None))
    }),
    (Rule::TakesPart, "names somebody for a member who has left", |story| {
        by_officer(story, named(1005, 1004, None))
    }),
    (Rule::Dates, "names somebody until yesterday", |story| {
        let yesterday = story.now.day().plus(-1);
        by_officer(story, named(1004, 1003, Some(yesterday)))
    }),
];
