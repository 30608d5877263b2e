//! Respite: a row for each promise, with what it came to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ledger_core::{
    Cover, Day, Entry, Event, MemberId, Minutes, Position, RespiteEnding, TimeOfDay, Timestamp,
};

use super::cell::{Cell, Table};

pub(super) const COLUMNS: &[&str] = &[
    "position",
    "asked_on",
    "recorded_at",
    "carer",
    "minutes",
    "wanted_on",
    "start",
    "cover",
    "giver",
    "came_to",
    "because",
    "ended_on",
    "end_position",
    "minutes_delivered",
    "taken_back_by",
];

/// A promise, as far as it is known.
struct Promise {
    asked_on: Day,
    recorded_at: Timestamp,
    carer: MemberId,
    minutes: Minutes,
    wanted_on: Day,
    start: Option<TimeOfDay>,
    cover: Option<Cover>,
    end: Option<End>,
}

struct End {
    on: Day,
    position: Position,
    came_to: &'static str,
    because: Option<&'static str>,
    delivered: Option<Minutes>,
    taken_back_by: Option<Position>,
}

/// Every promise by the position at which it was asked for, and which one an entry ended.
#[derive(Default)]
pub(super) struct Respites {
    promises: BTreeMap<Position, Promise>,
    delivered: BTreeMap<Position, Position>,
}

impl Respites {
    pub(super) fn add(&mut self, entry: &Entry) {
        let (on, position) = (entry.occurred_on, entry.position);
        let end = |came_to, because| End {
            on,
            position,
            came_to,
            because,
            delivered: None,
            taken_back_by: None,
        };
        if let Event::RespiteRequested { carer, minutes, wanted_on, start, lapse_at: _ } =
            entry.event
        {
            let promise = Promise {
                asked_on: on,
                recorded_at: entry.recorded_at,
                carer,
                minutes,
                wanted_on,
                start,
                cover: None,
                end: None,
            };
            self.promises.insert(position, promise);
        } else if let Event::CoverAgreed { respite, cover, start } = entry.event {
            self.with(respite, |promise| {
                promise.cover = Some(cover);
                promise.start = Some(start);
            });
        } else if let Event::CoverWithdrawn { respite, reason: _ } = entry.event {
            self.with(respite, |promise| promise.cover = None);
        } else if let Event::RespiteDelivered { respite, cover, minutes, .. } = entry.event {
            self.delivered.insert(position, respite);
            self.with(respite, |promise| {
                promise.cover = Some(cover);
                promise.end = Some(End { delivered: Some(minutes), ..end("Delivered", None) });
            });
        } else if let Event::RespiteEnded { respite, ending, .. } = entry.event {
            let (came_to, because) = said(ending);
            self.with(respite, |promise| promise.end = Some(end(came_to, because)));
        } else if let Event::EntryReversed { entry: reversed, .. } = &entry.event
            && let Some(respite) = self.delivered.remove(reversed)
        {
            self.with(respite, |promise| {
                if let Some(end) = &mut promise.end {
                    end.taken_back_by = Some(position);
                }
            });
        }
    }

    /// Changes a promise. One that is not there was asked for after the day until which this goes.
    fn with(&mut self, respite: Position, change: impl FnOnce(&mut Promise)) {
        if let Some(promise) = self.promises.get_mut(&respite) {
            change(promise);
        }
    }

    pub(super) fn write<W: Write>(self, out: &mut Table<W>) -> io::Result<()> {
        for (position, promise) in self.promises {
            let end = promise.end.as_ref();
            let (cover, giver) = match promise.cover {
                Some(Cover::Member(member)) => (Cell::text("member"), Some(member)),
                Some(Cover::Staff) => (Cell::text("staff"), None),
                None => (Cell::Nothing, None),
            };
            out.row(&[
                position.into(),
                promise.asked_on.into(),
                Cell::moment(promise.recorded_at),
                promise.carer.into(),
                promise.minutes.get().into(),
                promise.wanted_on.into(),
                promise.start.map_or(Cell::Nothing, |start| Cell::Text(start.to_string())),
                cover,
                giver.into(),
                Cell::word(end.map_or("Open", |end| end.came_to)),
                end.and_then(|end| end.because).map_or(Cell::Nothing, Cell::word),
                end.map(|end| end.on).into(),
                end.map(|end| end.position).into(),
                end.and_then(|end| end.delivered).map(Minutes::get).into(),
                end.and_then(|end| end.taken_back_by).into(),
            ])?;
        }
        Ok(())
    }
}

/// How it ended, and why or by whom.
const fn said(ending: RespiteEnding) -> (&'static str, Option<&'static str>) {
    match ending {
        RespiteEnding::Cancelled { by: _, reason } => ("Cancelled", Some(reason.word())),
        RespiteEnding::NoCover => ("NoCover", None),
        RespiteEnding::NoShow { missing } => ("NoShow", Some(missing.word())),
        RespiteEnding::Lapsed => ("Lapsed", None),
    }
}
