//! What a read says about itself, and the pages of a list.

use ledger_core::{CoopName, Day, Position, Timestamp};
use serde::{Deserialize, Serialize};

use super::{name, parse::day};
use crate::{
    malformed::{Fields, Malformed},
    v1,
};

/// The rows of a page, if nobody says how many, and the most that anybody gets.
const PAGE: i32 = 100;
const PAGE_MAX: i32 = 1_000;

/// The moment that an answer speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// Now.
    Now,
    /// After the entry with this position.
    Position(Position),
    /// What was recorded by then.
    Time(Timestamp),
    /// What had happened by the end of a day, of what is known.
    Day {
        /// The day.
        day: Day,
        /// What is known.
        known: Known,
    },
}

/// Up to where what was recorded is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All that is known now.
    Now,
    /// Up to and with the entry with this position.
    Position(Position),
    /// What was recorded by then.
    Time(Timestamp),
}

/// What a read says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The co-op.
    pub coop: CoopName,
    /// Wait until the answer can include this position.
    pub at_least: Position,
    /// The moment that the answer speaks of.
    pub as_of: AsOf,
}

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageAsked {
    /// At most so many rows.
    pub size: usize,
    /// Only what comes after this one. Nothing: from the start.
    pub after: Option<u64>,
    /// The position at which the first page was true, so that all pages are of one moment.
    pub at: Option<Position>,
}

/// What is in a token. Callers hand it back as they got it.
#[derive(Serialize, Deserialize)]
struct Token {
    list: String,
    after: u64,
    at: u64,
}

/// Reads what a read says about itself.
pub fn read_context(context: Option<v1::ReadContext>) -> Result<Read, Malformed> {
    let mut f = Fields::default();
    let read = f.message("context", context, |f, said| {
        let coop = name::read_coop(f, "coop", &said.coop);
        let at_least = f.position_or_start("at_least_position", said.at_least_position);
        let as_of = as_of(f, said.as_of, said.known_at);
        Some(Read { coop: coop?, at_least: at_least?, as_of: as_of? })
    });
    f.finish(read)
}

fn as_of(
    f: &mut Fields,
    said: Option<v1::read_context::AsOf>,
    known_at: Option<v1::read_context::KnownAt>,
) -> Option<AsOf> {
    use v1::read_context::{AsOf as Said, KnownAt as Bound};
    let as_of = match said {
        Some(Said::AsOfDay(text)) => {
            let (day, known) = (day(f, "as_of_day", &text), known(f, known_at));
            return Some(AsOf::Day { day: day?, known: known? });
        }
        None => Some(AsOf::Now),
        Some(Said::AsOfPosition(number)) => {
            f.position_or_start("as_of_position", number).map(AsOf::Position)
        }
        Some(Said::AsOfTime(said)) => moment(f, "as_of_time", said).map(AsOf::Time),
    };
    match known_at {
        None => as_of,
        Some(Bound::KnownAtPosition(_)) => f.refuse("known_at_position", WITH_A_DAY),
        Some(Bound::KnownAtTime(_)) => f.refuse("known_at_time", WITH_A_DAY),
    }
}

const WITH_A_DAY: &str = "goes with as_of_day only: say the day, or leave it out";

fn known(f: &mut Fields, said: Option<v1::read_context::KnownAt>) -> Option<Known> {
    use v1::read_context::KnownAt as Bound;
    match said {
        None => Some(Known::Now),
        Some(Bound::KnownAtPosition(number)) => {
            f.position_or_start("known_at_position", number).map(Known::Position)
        }
        Some(Bound::KnownAtTime(said)) => moment(f, "known_at_time", said).map(Known::Time),
    }
}

fn moment(f: &mut Fields, field: &str, said: prost_types::Timestamp) -> Option<Timestamp> {
    let nanos = Some(said.nanos).filter(|nanos| (0..1_000_000_000).contains(nanos));
    let ms = said.seconds.checked_mul(1000).zip(nanos);
    let ms = ms.and_then(|(ms, nanos)| ms.checked_add(i64::from(nanos / 1_000_000)));
    let problem = "is not a time: give whole seconds since 1970 and 0 to 999,999,999 nanoseconds";
    f.need(field, ms.map(Timestamp::from_unix_ms), problem)
}

/// A day that bounds a list. Empty: no bound.
pub fn day_or_none(field: &str, text: &str) -> Result<Option<Day>, Malformed> {
    let mut f = Fields::default();
    let read = f.unless_empty(text, |f, text| day(f, field, text));
    f.finish(read)
}

/// Reads which page of this list is asked for.
pub fn page(page: Option<v1::Page>, list: &str) -> Result<PageAsked, Malformed> {
    let mut f = Fields::default();
    let said = page.unwrap_or_default();
    let read = f.within("page", |f| {
        let size = match said.page_size {
            0 => usize::try_from(PAGE).ok(),
            size if size < 0 => {
                f.refuse("page_size", "is below zero: leave it out, or say how many rows")
            }
            size => usize::try_from(size.min(PAGE_MAX)).ok(),
        };
        let token = f.unless_empty(said.page_token.as_str(), |f, text| {
            let token = token(text).filter(|token| token.list == list);
            let problem =
                "is not a token of this list: take it from the answer before, or leave it out";
            f.need("page_token", token, problem)
        });
        let (size, token) = (size?, token?);
        let after = token.as_ref().map(|token| token.after);
        Some(PageAsked { size, after, at: token.map(|token| Position::new(token.at)) })
    });
    f.finish(read)
}

/// The token of the page that comes after this row of this list, all of it as it stood at this position.
pub fn next_token(list: &str, after: u64, at: Position) -> String {
    let token = Token { list: list.to_owned(), after, at: at.get() };
    let bytes = postcard::to_stdvec(&token).unwrap_or_default();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn token(text: &str) -> Option<Token> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    match postcard::take_from_bytes(&bytes) {
        Ok((token, [])) => Some(token),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_on_in_its_own_list_and_in_no_other() {
        let page_token = next_token("members", 1042, Position::new(7));
        let asked =
            page(Some(v1::Page { page_size: 5_000, page_token: page_token.clone() }), "members");
        let at = Some(Position::new(7));
        assert_eq!(asked, Ok(PageAsked { size: 1_000, after: Some(1042), at }));
        for wrong in [page_token.as_str(), "0", "zz", "00ff"] {
            let page = page(Some(v1::Page { page_size: 0, page_token: wrong.into() }), "offers");
            assert_eq!(page.unwrap_err().violations[0].field, "page.page_token");
        }
        assert_eq!(page(None, "members").map(|page| page.size), Ok(100));
    }

    #[test]
    fn a_read_says_of_when() {
        use v1::read_context::{AsOf as Said, KnownAt};
        let said = |as_of| {
            Some(v1::ReadContext {
                coop: "coops/colne-valley".into(),
                as_of,
                ..v1::ReadContext::default()
            })
        };
        let as_of = |said| read_context(said).map(|read| read.as_of);
        let known = |as_of: Option<Said>, known_at| {
            let read = v1::ReadContext { known_at: Some(known_at), ..said(as_of).unwrap() };
            read_context(Some(read)).map(|read| read.as_of)
        };
        assert_eq!(as_of(said(None)), Ok(AsOf::Now));
        let time = prost_types::Timestamp { seconds: -1, nanos: 500_000_000 };
        let time = Said::AsOfTime(time);
        assert_eq!(as_of(said(Some(time))), Ok(AsOf::Time(Timestamp::from_unix_ms(-500))));
        let day = Said::AsOfDay("2026-02-30".into());
        assert_eq!(as_of(said(Some(day))).unwrap_err().violations[0].field, "context.as_of_day");
        assert!(read_context(None).is_err());

        let first = || Some(Said::AsOfDay("2026-02-28".into()));
        let of_day = |known| Ok(AsOf::Day { day: Day::parse("2026-02-28").unwrap(), known });
        assert_eq!(as_of(said(first())), of_day(Known::Now));
        let twelve = Known::Position(Position::new(12));
        assert_eq!(known(first(), KnownAt::KnownAtPosition(12)), of_day(twelve));
        let second = prost_types::Timestamp { seconds: 1, nanos: 0 };
        let bound = KnownAt::KnownAtTime(second);
        assert_eq!(known(first(), bound), of_day(Known::Time(Timestamp::from_unix_ms(1_000))));
        let field = |read: Result<AsOf, Malformed>| read.unwrap_err().violations[0].field.clone();
        for as_of in [None, Some(Said::AsOfPosition(3)), Some(Said::AsOfTime(second))] {
            let wrong = known(as_of.clone(), KnownAt::KnownAtPosition(12));
            assert_eq!(field(wrong), "context.known_at_position");
            assert_eq!(field(known(as_of, bound)), "context.known_at_time");
        }
        let below = known(first(), KnownAt::KnownAtPosition(-1));
        assert_eq!(field(below), "context.known_at_position");
        let never = prost_types::Timestamp { seconds: 1, nanos: -1 };
        let never = known(first(), KnownAt::KnownAtTime(never));
        assert_eq!(field(never), "context.known_at_time");
    }
}
