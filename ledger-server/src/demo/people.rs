//! Who there is: members with their hats, officers and what they do for all, those who join, and those who leave.

use std::collections::BTreeSet;

use ledger_core::{Day, Entry, Event, MemberId, State};
use ledger_proto::v1::{self, Hat, write::Request};

use super::{
    calendar::Part,
    names::{FIRST, LAST, WELSH},
    year::{Says, Who, World},
};

/// The general meeting was so many days after the sample's first.
const MEETING: i32 = 150;
/// Whoever leaves takes no part any more so many days before: nothing may be open then.
const QUIET: i32 = 60;
/// What a whole co-op has of each class of member: how many, with which letter in the reference.
const CLASSES: [(Hat, i64, char); 5] = [
    (Hat::ServiceUser, 34, 'S'),
    (Hat::FamilyCarer, 46, 'C'),
    (Hat::CommunityVolunteer, 72, 'V'),
    (Hat::Staff, 21, 'W'),
    (Hat::Supporter, 12, 'P'),
];

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The co-op is founded.
    Found,
    /// Somebody joins.
    Join(Newcomer),
    /// A second co-ordinator, or a treasurer.
    Appoint(v1::OfficerRole),
    /// A month is over, and the state is sealed as it stood at its end.
    Seal,
    /// The general meeting adopts the policy anew.
    Adopt,
    /// Somebody takes another hat, too.
    AnotherHat,
    /// Somebody asks for a pause.
    Pause,
    /// And comes back.
    Return(MemberId),
    /// Somebody who is going to leave takes on nothing more.
    WindDown(Hat),
    /// And leaves.
    Leave(MemberId),
}

/// Somebody who joins.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    reference: String,
    hats: Vec<Hat>,
    joined_on: Option<Day>,
    card: v1::Card,
}

/// Who takes part, each list with how much a person is seen in that role.
#[derive(Default)]
pub(super) struct People {
    pub(super) givers: Vec<(MemberId, i64)>,
    pub(super) helped: Vec<(MemberId, i64)>,
    pub(super) carers: Vec<(MemberId, i64)>,
    pub(super) staff: Vec<MemberId>,
    pub(super) supporters: Vec<MemberId>,
    volunteers: i64,
    /// No two are called the same, so that nobody is mistaken for another while practising.
    names: BTreeSet<String>,
}

impl People {
    fn forget(&mut self, member: MemberId) {
        for list in [&mut self.givers, &mut self.helped, &mut self.carers] {
            list.retain(|(known, _)| *known != member);
        }
        self.supporters.retain(|known| *known != member);
    }
}

/// Plans the founding, and everybody's coming and going.
pub(super) fn plan(world: &mut World) {
    let first = world.calendar.first;
    world.plan(first, Part::Morning, Step::Found);
    // Planned before all else, and so asked before all else that is said on such a morning.
    for begins in world.calendar.new_months() {
        world.plan(begins, Part::Morning, Step::Seal);
    }
    let mut welsh = false;
    for (class, count, letter) in CLASSES {
        let count = world.share(count).max(3);
        for number in 1..=count {
            let mut newcomer = newcomer(world, class, format!("{letter}{number:03}"));
            if class == Hat::FamilyCarer && !welsh {
                welsh = true;
                newcomer.hats = vec![class];
                newcomer.joined_on = Some(first.plus(-400));
                newcomer.card = v1::Card {
                    display_name: WELSH.to_owned(),
                    notes: "Gwell ganddi lythyrau yn Gymraeg. Prefers letters in Welsh.".to_owned(),
                    ..newcomer.card
                };
            }
            // Most were there when the ledger began; of the rest, half came in the month after the meeting.
            let late = number > 2 && world.dice.percent(18) && class != Hat::Staff;
            let day = match late {
                false => first,
                true if world.dice.percent(55) => first.plus(MEETING + world.dice.days(1, 30)),
                true => world.calendar.day_from(&mut world.dice, 10),
            };
            if late {
                newcomer.joined_on = None;
            }
            world.plan(day, Part::Afternoon, Step::Join(newcomer));
        }
    }
    world.plan(first, Part::Evening, Step::Appoint(v1::OfficerRole::Coordinator));
    world.plan(first, Part::Evening, Step::Appoint(v1::OfficerRole::Treasurer));
    world.plan(first.plus(MEETING), Part::Evening, Step::Adopt);
    for _ in 0..world.share(6) {
        let day = world.calendar.day_from(&mut world.dice, 20);
        world.plan(day, Part::Morning, Step::AnotherHat);
    }
    for _ in 0..world.share(3) {
        let day = world.calendar.day_from(&mut world.dice, 30);
        world.plan(day, Part::Morning, Step::Pause);
    }
    let leaving = [
        (Hat::ServiceUser, 4),
        (Hat::FamilyCarer, 3),
        (Hat::CommunityVolunteer, 5),
        (Hat::Supporter, 2),
    ];
    for hat in
        world.dice.deck(&leaving).into_iter().take(usize::try_from(world.share(14)).unwrap_or(1))
    {
        let last = world.calendar.last.number() - first.number() - QUIET;
        let day = first.plus(world.dice.days(20, last - 10));
        world.plan(day, Part::Morning, Step::WindDown(hat));
    }
}

fn newcomer(world: &mut World, class: Hat, reference: String) -> Newcomer {
    let mut name = String::new();
    while name.is_empty() || !world.people.names.insert(name.clone()) {
        name = format!("{} {}", world.dice.word(&FIRST), world.dice.word(&LAST));
    }
    // Some who care for their own also help others.
    let hats = match class {
        Hat::FamilyCarer if world.dice.percent(18) => vec![class, Hat::CommunityVolunteer],
        Hat::CommunityVolunteer if world.dice.percent(10) => vec![class, Hat::Supporter],
        Hat::ServiceUser
        | Hat::FamilyCarer
        | Hat::CommunityVolunteer
        | Hat::Staff
        | Hat::Supporter
        | Hat::Unspecified => vec![class],
    };
    // A number out of the range that is kept for stories: it rings nowhere.
    let contact = format!("01632 960{:03}", world.dice.below(1000));
    let joined_on = world.calendar.first.plus(-world.dice.days(5, 1000));
    Newcomer {
        reference,
        hats,
        joined_on: Some(joined_on),
        card: v1::Card { display_name: name, contact, notes: String::new() },
    }
}

pub(super) fn ask(step: &Step, world: &mut World, _: &State) -> Option<Request> {
    match step {
        Step::Found => {
            let context = Some(world.says(Says { who: Who::Unnamed, ..Says::default() }));
            Some(Request::FoundCoop(v1::FoundCoopRequest { context, policy: None }))
        }
        Step::Join(newcomer) => {
            let Newcomer { reference, hats, joined_on, card } = newcomer.clone();
            Some(Request::EnrolMember(v1::EnrolMemberRequest {
                context: Some(world.says(Says::default())),
                hats: hats.into_iter().map(Into::into).collect(),
                r#ref: reference,
                joined_on: joined_on.map(|day| day.to_string()).unwrap_or_default(),
                card: Some(card),
            }))
        }
        Step::Appoint(role) => {
            let place = usize::from(*role == v1::OfficerRole::Treasurer);
            let member = world.people.staff.get(place).copied().map(World::member);
            Some(Request::AppointOfficer(v1::AppointOfficerRequest {
                context: Some(world.says(Says::default())),
                role: (*role).into(),
                member: member.unwrap_or_default(),
            }))
        }
        Step::Seal => {
            let context = Some(world.says(Says::default()));
            Some(Request::SealState(v1::SealStateRequest { context }))
        }
        Step::Adopt => {
            let mut policy = ledger_core::Values::template();
            // The meeting thought that ten days are enough to look at what was logged.
            policy.confirm_days = 10;
            Some(Request::AdoptPolicy(v1::AdoptPolicyRequest {
                context: Some(world.says(Says::default())),
                policy: Some(ledger_proto::api::policy_values(&policy)),
                decided_by: "General meeting, resolution 4".to_owned(),
            }))
        }
        Step::AnotherHat => {
            let &(member, _) = world.people.helped.last()?;
            let hats = [Hat::ServiceUser, Hat::CommunityVolunteer];
            Some(Request::ChangeHats(v1::ChangeHatsRequest {
                context: Some(world.says(Says { who: Who::Second, ..Says::default() })),
                member: World::member(member),
                hats: hats.into_iter().map(Into::into).collect(),
            }))
        }
        Step::Pause => {
            let member = world.dice.one(&world.people.supporters)?;
            Some(Request::SuspendMember(v1::SuspendMemberRequest {
                context: Some(world.says(Says::default())),
                member: World::member(member),
                reason: v1::SuspensionReason::OwnWish.into(),
            }))
        }
        Step::Return(member) => Some(Request::ReinstateMember(v1::ReinstateMemberRequest {
            context: Some(world.says(Says::default())),
            member: World::member(*member),
        })),
        Step::WindDown(hat) => {
            wind_down(world, *hat);
            None
        }
        Step::Leave(member) => Some(Request::LeaveMember(v1::LeaveMemberRequest {
            context: Some(world.says(Says { for_member: Some(*member), ..Says::default() })),
            member: World::member(*member),
            remaining_to: String::new(),
        })),
    }
}

/// Somebody of this class takes on nothing more, and leaves when all is settled. Not whoever gives the most.
fn wind_down(world: &mut World, hat: Hat) {
    let last = match hat {
        Hat::ServiceUser => middle(&world.people.helped),
        Hat::FamilyCarer => middle(&world.people.carers),
        Hat::CommunityVolunteer => {
            let givers = &world.people.givers;
            givers.get(givers.len().saturating_sub(4)).copied()
        }
        Hat::Unspecified | Hat::Staff | Hat::Supporter => {
            world.people.supporters.first().map(|member| (*member, 0))
        }
    };
    let Some((member, _)) = last else { return };
    world.people.forget(member);
    world.later(QUIET, Part::Morning, Step::Leave(member));
}

/// Somebody who is neither the first nor the last of a list.
fn middle(list: &[(MemberId, i64)]) -> Option<(MemberId, i64)> {
    list.get(list.len() / 2).copied()
}

pub(super) fn done(step: Step, world: &mut World, entry: &Entry) {
    match (step, &entry.event) {
        (Step::Join(newcomer), Event::MemberEnrolled { member, .. }) => {
            joined(world, *member, &newcomer);
        }
        (Step::AnotherHat, Event::HatsChanged { member, .. }) => {
            world.people.givers.push((*member, 10));
        }
        (Step::Pause, Event::MemberSuspended { member, .. }) => {
            world.people.forget(*member);
            let days = world.dice.days(20, 60);
            world.later(days, Part::Morning, Step::Return(*member));
        }
        (Step::Return(member), _) => world.people.supporters.push(member),
        _ => {}
    }
}

/// A few give most of the time: the one at place n is seen as often as one in n + 2.
fn joined(world: &mut World, member: MemberId, newcomer: &Newcomer) {
    let people = &mut world.people;
    for hat in &newcomer.hats {
        match hat {
            Hat::ServiceUser => people.helped.push((member, world.dice.between(5, 20))),
            Hat::FamilyCarer => people.carers.push((member, world.dice.between(5, 20))),
            // Those who care for their own have little time left for others.
            Hat::CommunityVolunteer if newcomer.hats.contains(&Hat::FamilyCarer) => {
                people.givers.push((member, 300));
            }
            Hat::CommunityVolunteer => {
                people.volunteers += 1;
                people.givers.push((member, 10_000 / (people.volunteers + 1)));
            }
            Hat::Staff => people.staff.push(member),
            Hat::Supporter if newcomer.hats.len() == 1 => people.supporters.push(member),
            Hat::Supporter | Hat::Unspecified => {}
        }
    }
}
