//! What a person types, read: days, minutes and money, in whole numbers from end to end.

use chrono::{Datelike, NaiveDate};

/// No number that a person means has more digits than this.
const MAX_DIGITS: usize = 10;

const MEND_DAY: &str = "Write the day as 2025-04-01 or 01/04/2025.";
const MEND_MINUTES: &str = "Write the minutes as 90, 1h30 or 1.5h.";
const MEND_MONEY: &str = "Write the amount in pounds as 12 or 7.50.";
const MEND_COUNT: &str = "Write a whole number above zero.";

/// Something typed that cannot be read: what is wrong with it, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it {problem}. {mend}")]
pub struct Slip {
    /// What is wrong, to be read after the typed words: "is not above zero".
    pub problem: String,
    /// What to write instead, in a sentence.
    pub mend: String,
}

impl Slip {
    /// A slip and its mend.
    pub fn new(problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { problem: problem.into(), mend: mend.into() }
    }
}

/// A day: ISO, or day first as in the United Kingdom. The answer is ISO.
pub fn day(typed: &str) -> Result<String, Slip> {
    let not_a_day = || Slip::new("is not a date", MEND_DAY);
    let parts: Vec<&str> = typed.trim().split(['/', '-', '.']).collect();
    let [first, month, last] = parts.as_slice() else { return Err(not_a_day()) };
    let (year, day) = match (first.len(), last.len()) {
        (4, 1 | 2) => (*first, *last),
        (1 | 2, 4 | 2) => (*last, *first),
        _ => return Err(not_a_day()),
    };
    let number = |digits: &str| {
        let fits = digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|_| fits).ok_or_else(not_a_day)
    };
    let short = year.len() == 2;
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let year = i32::try_from(if short { 2000 + year } else { year }).map_err(|_| not_a_day())?;
    NaiveDate::from_ymd_opt(year, month, day)
        .filter(|date| (1900..=2999).contains(&date.year()))
        .map(|date| date.format("%Y-%m-%d").to_string())
        .ok_or_else(|| Slip::new("is not a day of the calendar", MEND_DAY))
}

/// Minutes above zero, as `90`, `90m`, `1h30`, `1h`, `1.5h`, `1:30` or `1 h 30 min`.
pub fn minutes(typed: &str) -> Result<i64, Slip> {
    let slip = |problem: &str| Slip::new(problem, MEND_MINUTES);
    let squeezed: String =
        typed.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if squeezed.starts_with(['-', '\u{2212}']) {
        return Err(slip("is not above zero"));
    }
    let (whole, unit, rest) = split_units(&squeezed).ok_or_else(|| slip("is not a time"))?;
    let number = |digits: &str| digits_only(digits).ok_or_else(|| slip("is not a time"));
    let digits = |number: &str| number.bytes().filter(u8::is_ascii_digit).count();
    if digits(whole) > MAX_DIGITS || digits(rest) > MAX_DIGITS {
        return Err(slip("is far too large"));
    }
    let (whole, fraction) =
        whole.split_once('.').map_or((whole, ""), |(whole, part)| (whole, part));
    let (head, fraction_digits) = (number(whole)?, fraction.trim_end_matches('0'));
    let total = match unit {
        Unit::Minutes if fraction_digits.is_empty() => head,
        Unit::Minutes => return Err(slip("is not a whole number of minutes")),
        Unit::Hours if fraction_digits.is_empty() && rest.is_empty() => head * 60,
        Unit::Hours if fraction_digits.is_empty() => match number(rest)? {
            part @ 0..60 if rest.len() <= 2 => head * 60 + part,
            _ => return Err(slip("has 60 or more minutes after the hours")),
        },
        Unit::Hours if rest.is_empty() => {
            let scale =
                u32::try_from(fraction_digits.len()).ok().and_then(|n| 10_i64.checked_pow(n));
            let parts = number(fraction_digits)? * 60;
            match scale {
                Some(scale) if parts % scale == 0 => head * 60 + parts / scale,
                Some(_) | None => return Err(slip("is not a whole number of minutes")),
            }
        }
        Unit::Hours => return Err(slip("is not a time")),
    };
    if total > 0 { Ok(total) } else { Err(slip("is not above zero")) }
}

/// What the first number of a time counts.
enum Unit {
    Minutes,
    Hours,
}

/// The first number, what it counts, and the digits of the minutes that follow hours.
fn split_units(squeezed: &str) -> Option<(&str, Unit, &str)> {
    let number_ends =
        squeezed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(squeezed.len());
    let (number, rest) = squeezed.split_at_checked(number_ends)?;
    if number.is_empty() {
        return None;
    }
    if let Some(minutes) = rest.strip_prefix(':') {
        let clock = minutes.len() == 2 && digits_only(minutes).is_some() && !number.contains('.');
        return clock.then_some((number, Unit::Hours, minutes));
    }
    let unit_ends = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(unit_ends)?;
    match unit {
        "" | "m" | "min" | "mins" | "minute" | "minutes" if rest.is_empty() => {
            Some((number, Unit::Minutes, ""))
        }
        "h" | "hr" | "hrs" | "hour" | "hours" => {
            let digits = rest.trim_end_matches(|c: char| c.is_ascii_lowercase());
            let unit = rest.strip_prefix(digits)?;
            let known = matches!(unit, "" | "m" | "min" | "mins" | "minute" | "minutes");
            known.then_some((number, Unit::Hours, digits))
        }
        _ => None,
    }
}

/// Minutes as people say them: "3 h 30 min".
pub fn say_minutes(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    match (hours, rest) {
        (0, rest) => format!("{sign}{rest} min"),
        (hours, 0) => format!("{sign}{hours} h"),
        (hours, rest) => format!("{sign}{hours} h {rest} min"),
    }
}

/// Pence above zero, typed in pounds: `7.50`, `12`, `£1,250.00`.
pub fn money(typed: &str) -> Result<i64, Slip> {
    match money_or_nothing(typed)? {
        0 => Err(Slip::new("is not above zero", MEND_MONEY)),
        pence => Ok(pence),
    }
}

/// Pence, typed in pounds, where nothing at all is an answer, too.
pub fn money_or_nothing(typed: &str) -> Result<i64, Slip> {
    let slip = |problem: &str| Slip::new(problem, MEND_MONEY);
    let not_money = || slip("is not an amount of money");
    let squeezed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let amount = squeezed.strip_prefix('£').unwrap_or(&squeezed);
    if amount.starts_with(['-', '\u{2212}']) || squeezed.starts_with("-£") {
        return Err(slip("is not above zero"));
    }
    let (pounds, pence) = amount.split_once('.').unwrap_or((amount, ""));
    let mut groups = pounds.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = groups.clone().count() > 0;
    if (grouped && !(1..=3).contains(&first.len())) || groups.any(|group| group.len() != 3) {
        return Err(not_money());
    }
    let pounds = pounds.replace(',', "");
    if pounds.len() > MAX_DIGITS {
        return Err(slip("is far too large"));
    }
    if !pence.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_money());
    }
    let pence = match pence.len() {
        0 => 0,
        1 => digits_only(pence).ok_or_else(not_money)? * 10,
        2 => digits_only(pence).ok_or_else(not_money)?,
        _ => return Err(slip("is not a whole number of pence")),
    };
    Ok(digits_only(&pounds).ok_or_else(not_money)? * 100 + pence)
}

/// Pence as people read them: "£1,250.00".
pub fn say_money(pence: i64) -> String {
    let sign = if pence < 0 { "-" } else { "" };
    let (pounds, rest) = (pence.unsigned_abs() / 100, pence.unsigned_abs() % 100);
    let digits = pounds.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}£{grouped}.{rest:02}")
}

/// A whole number above zero.
pub fn count(typed: &str) -> Result<i64, Slip> {
    let typed = typed.trim();
    if typed.starts_with('-') {
        return Err(Slip::new("is not above zero", MEND_COUNT));
    }
    match digits_only(typed) {
        Some(0) => Err(Slip::new("is not above zero", MEND_COUNT)),
        Some(number) => Ok(number),
        None => Err(Slip::new("is not a whole number", MEND_COUNT)),
    }
}

/// Digits and nothing else, so few that they always fit.
fn digits_only(digits: &str) -> Option<i64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() <= MAX_DIGITS;
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem<T: std::fmt::Debug>(read: Result<T, Slip>) -> String {
        read.unwrap_err().problem
    }

    #[test]
    fn days_are_iso_or_day_first() {
        for typed in ["2025-04-01", "01/04/2025", "1/4/25", "1-4-2025", " 1.4.2025 ", "2025/4/1"] {
            assert_eq!(day(typed).unwrap(), "2025-04-01", "{typed}");
        }
        assert_eq!(day("29/02/2024").unwrap(), "2024-02-29");
    }

    #[test]
    fn days_that_are_none() {
        for typed in ["31/02/2025", "2025-13-01", "29/02/2025", "04/31/2025", "0001-01-01"] {
            assert_eq!(problem(day(typed)), "is not a day of the calendar", "{typed}");
        }
        for typed in ["soon", "", "2025", "1/4", "1/4/125", "+1/04/2025", "2025-04-01-02"] {
            assert_eq!(problem(day(typed)), "is not a date", "{typed}");
        }
    }

    #[test]
    fn minutes_as_people_write_them() {
        let table = [
            ("90", 90),
            ("90m", 90),
            ("90 min", 90),
            ("1h30", 90),
            ("1H30m", 90),
            ("1h", 60),
            ("1.5h", 90),
            ("0.1h", 6),
            ("1.25 hours", 75),
            ("1:30", 90),
            ("0:05", 5),
            ("2h5", 125),
            ("3 h 30 min", 210),
            ("90.0", 90),
            ("1.50h", 90),
        ];
        for (typed, expected) in table {
            assert_eq!(minutes(typed), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn minutes_that_are_none() {
        let table = [
            ("-30", "is not above zero"),
            ("0", "is not above zero"),
            ("0h", "is not above zero"),
            ("90.5", "is not a whole number of minutes"),
            ("1.33h", "is not a whole number of minutes"),
            ("1h75", "has 60 or more minutes after the hours"),
            ("99999999999", "is far too large"),
            ("1.00000000000001h", "is far too large"),
            ("an hour", "is not a time"),
            ("", "is not a time"),
            ("1:5", "is not a time"),
            ("1.5h30", "is not a time"),
            ("1h30x", "is not a time"),
            ("h", "is not a time"),
            ("1..5h", "is not a time"),
            ("90s", "is not a time"),
            ("1,5h", "is not a time"),
        ];
        for (typed, expected) in table {
            assert_eq!(problem(minutes(typed)), expected, "{typed}");
        }
    }

    #[test]
    fn money_is_counted_in_pence() {
        let table = [
            ("7.50", 750),
            ("£1,250.00", 125_000),
            ("12", 1200),
            ("12.5", 1250),
            ("0.01", 1),
            ("1,234,567.89", 123_456_789),
        ];
        for (typed, expected) in table {
            assert_eq!(money(typed), Ok(expected), "{typed}");
        }
        assert_eq!(money_or_nothing("0"), Ok(0));
        let table = [
            ("12.345", "is not a whole number of pence"),
            ("-3", "is not above zero"),
            ("0.00", "is not above zero"),
            ("12,50", "is not an amount of money"),
            ("1250,000", "is not an amount of money"),
            ("", "is not an amount of money"),
            ("ten", "is not an amount of money"),
            ("99999999999", "is far too large"),
            ("7.5x", "is not an amount of money"),
            ("£-3", "is not above zero"),
        ];
        for (typed, expected) in table {
            assert_eq!(problem(money(typed)), expected, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn what_is_said_reads_back(total in 1_i64..10_000_000) {
            prop_assert_eq!(minutes(&say_minutes(total)), Ok(total));
            prop_assert_eq!(money(&say_money(total)), Ok(total));
        }

        #[test]
        fn nothing_typed_is_ever_too_strange(typed in "\\PC{0,24}|[0-9hm:. ,£-]{0,20}") {
            for number in [minutes(&typed), money(&typed), count(&typed)].into_iter().flatten() {
                prop_assert!(number > 0);
            }
            if let Ok(read) = day(&typed) {
                prop_assert_eq!(day(&read), Ok(read));
            }
        }
    }
}
