//! A year of a co-op, part of a day by part of a day: what is planned is asked, and what was answered plans more.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{CoopName, Day, Entry, MemberId, Position, RequestId, State, Timestamp};
use ledger_proto::{
    Secrets,
    api::name,
    v1::{self, write::Request},
};

use super::{
    calendar::{Calendar, Part},
    dice::Dice,
    hours, people,
    people::People,
    representatives, respite,
    road::Road,
    store, vouchers,
};
use crate::error::Error;

/// How long the sample's life is.
const DAYS: i32 = 365;

/// Which year is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Another number makes another year.
    pub(super) seed: u64,
    /// The year ends here.
    pub(super) until: Timestamp,
    /// How much of a whole co-op there is: 100 for all of it.
    pub(super) percent: i64,
}

/// Something that somebody is going to ask.
#[derive(Clone, Debug)]
pub(super) enum Step {
    People(people::Step),
    Representatives(representatives::Step),
    Hours(hours::Step),
    Respite(respite::Step),
    Vouchers(vouchers::Step),
    Store(store::Step),
}

macro_rules! steps {
    ($($topic:ident $arm:ident)+) => {
        $(impl From<$topic::Step> for Step {
            fn from(step: $topic::Step) -> Self {
                Self::$arm(step)
            }
        })+

        impl Step {
            /// What is asked, now that it is time. Nothing, where it has come to nothing or must wait.
            fn ask(&self, world: &mut World, state: &State) -> Option<Request> {
                match self { $(Self::$arm(step) => $topic::ask(step, world, state)),+ }
            }

            /// What follows, now that it is done.
            fn done(self, world: &mut World, entry: &Entry) {
                match self { $(Self::$arm(step) => $topic::done(step, world, entry)),+ }
            }
        }
    };
}

steps! { people People representatives Representatives hours Hours respite Respite vouchers Vouchers store Store }

/// The sample as its own maker knows it: who there is, what is planned, and what time it is.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) coop: CoopName,
    pub(super) calendar: Calendar,
    pub(super) people: People,
    pub(super) secrets: Secrets,
    /// Whose day is taken by a respite.
    pub(super) booked: BTreeSet<(MemberId, Day)>,
    /// Who has asked for hours in this part of the day: an account is looked at once for one promise.
    pub(super) asking: BTreeSet<MemberId>,
    /// How many vouchers somebody has had in a year.
    pub(super) thanked: BTreeMap<(MemberId, i32), u32>,
    /// What of the pot, a fund or an offer is spoken for in this part of the day.
    spoken_for: BTreeMap<(&'static str, u32), i64>,
    pub(super) now: Timestamp,
    part: (Day, Part),
    percent: i64,
    agenda: BTreeMap<(Day, Part, u32), Step>,
    planned: u32,
}

/// What a write says about itself: by default an officer says it, today, by the app.
#[derive(Clone, Copy, Default)]
pub(super) struct Says {
    pub(super) who: Who,
    pub(super) for_member: Option<MemberId>,
    pub(super) on: Option<Day>,
    pub(super) channel: v1::Channel,
    pub(super) corrects: Option<Position>,
    pub(super) note: &'static str,
}

/// Who acts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Who {
    /// Whoever is taken where nobody is named: for a voucher its bearer, for a founding the operator.
    Unnamed,
    /// The co-ordinator who was there from the first day.
    #[default]
    Coordinator,
    /// The second co-ordinator, so that another person exists.
    Second,
    /// The treasurer.
    Treasurer,
    /// A member, for themselves.
    Member(MemberId),
}

impl World {
    pub(super) fn new(plan: Plan, coop: CoopName, secrets: Secrets) -> Self {
        let Plan { seed, until, percent } = plan;
        let (first, last) = (until.day().plus(-DAYS), until.day());
        let mut world = Self {
            dice: Dice::new(seed),
            coop,
            calendar: Calendar::new(first, last),
            people: People::default(),
            secrets,
            booked: BTreeSet::new(),
            asking: BTreeSet::new(),
            thanked: BTreeMap::new(),
            spoken_for: BTreeMap::new(),
            now: first.start(),
            part: (first.plus(-1), Part::Evening),
            percent,
            agenda: BTreeMap::new(),
            planned: 0,
        };
        people::plan(&mut world);
        store::plan(&mut world);
        vouchers::plan(&mut world);
        hours::plan(&mut world);
        respite::plan(&mut world);
        representatives::plan(&mut world);
        world
    }

    /// So many of something in the co-op of this size; at least two, so that one can come to nothing.
    pub(super) fn share(&self, of_a_whole_coop: i64) -> i64 {
        (of_a_whole_coop * self.percent / 100).max(2)
    }

    /// Today.
    pub(super) fn today(&self) -> Day {
        self.part.0
    }

    /// Plans a step. What would be past by now waits for the next part of the day.
    pub(super) fn plan(&mut self, day: Day, part: Part, step: impl Into<Step>) {
        let (today, now) = self.part;
        let (day, part) = if (day, part) > self.part {
            (day, part)
        } else {
            match now {
                Part::Morning => (today, Part::Afternoon),
                Part::Afternoon => (today, Part::Evening),
                Part::Evening => (today.plus(1), Part::Morning),
            }
        };
        self.planned += 1;
        self.agenda.insert((day, part, self.planned), step.into());
    }

    /// Plans a step so many days from today.
    pub(super) fn later(&mut self, days: i32, part: Part, step: impl Into<Step>) {
        self.plan(self.today().plus(days), part, step);
    }

    /// A part of a day, as likely as people sit down to write.
    pub(super) fn some_part(&mut self) -> Part {
        match self.dice.below(10) {
            ..3 => Part::Morning,
            3..6 => Part::Afternoon,
            _ => Part::Evening,
        }
    }

    /// What a write says about itself, under an id of this moment.
    pub(super) fn says(&mut self, says: Says) -> v1::WriteContext {
        let Says { who, for_member, on, channel, corrects, note } = says;
        let bits = [self.dice.bits().to_be_bytes(), self.dice.bits().to_be_bytes()].concat();
        let bits = bits.first_chunk().copied().unwrap_or_default();
        let acting_as = match who {
            Who::Unnamed => String::new(),
            Who::Coordinator => "officers/1".to_owned(),
            Who::Second => "officers/2".to_owned(),
            Who::Treasurer => "officers/3".to_owned(),
            Who::Member(member) => format!("members/{member}"),
        };
        v1::WriteContext {
            coop: name::coop(&self.coop),
            request_id: RequestId::of_time(self.now, bits).to_string(),
            acting_as,
            on_behalf_of: for_member.map(|member| format!("members/{member}")).unwrap_or_default(),
            channel: channel.into(),
            occurred_on: on.map(|day| day.to_string()).unwrap_or_default(),
            corrects: corrects.map(|at| format!("entries/{at}")).unwrap_or_default(),
            note: note.to_owned(),
            ..v1::WriteContext::default()
        }
    }

    /// The name of a member, within the co-op.
    pub(super) fn member(member: MemberId) -> String {
        format!("members/{member}")
    }

    /// Takes so many of something that is shared, if they are still there in this part of the day.
    pub(super) fn take(&mut self, what: (&'static str, u32), there: i64, wanted: i64) -> bool {
        let spoken_for = self.spoken_for.entry(what).or_default();
        let fits = *spoken_for + wanted <= there;
        if fits {
            *spoken_for += wanted;
        }
        fits
    }

    /// The steps of the next part of a day with something in it, and its moment.
    fn next(&mut self) -> Option<(Timestamp, Vec<Step>)> {
        let (&(day, part, _), _) = self.agenda.first_key_value()?;
        let rest = self.agenda.split_off(&(day, part, u32::MAX));
        let steps = std::mem::replace(&mut self.agenda, rest).into_values().collect();
        let into_it = self.dice.below(2 * 3_600_000);
        let ms = day.start().unix_ms() + part.starts_at() + into_it;
        self.part = (day, part);
        self.now = Timestamp::from_unix_ms(ms);
        self.asking.clear();
        self.spoken_for.clear();
        Some((self.now, steps))
    }
}

/// Lives through what is planned, and what follows from it, up to a moment.
pub(super) async fn live(
    world: &mut World,
    road: &mut Road<'_>,
    until: Timestamp,
) -> Result<(), Error> {
    while let Some((now, steps)) = world.next() {
        if now > until {
            break;
        }
        road.clock.set(now);
        let asked: Vec<_> = road.look(|state| {
            let asks = |step: Step| step.ask(world, state).map(|request| (step, request));
            steps.into_iter().filter_map(asks).collect()
        });
        let (steps, requests): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let answers = road.ask(requests).await?;
        for (step, entry) in steps.into_iter().zip(answers) {
            if let Some(entry) = entry {
                step.done(world, &entry);
            }
        }
    }
    Ok(())
}
