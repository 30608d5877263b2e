//! What is wrong with a request or with stored bytes: every field at once, each with what to do about it.

use std::fmt;

use ledger_core::{AmountError, Items, Minutes, Pence, Position, Title};

/// One field that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field with its dotted path, for example `help.minutes`.
    pub field: String,
    /// What is wrong with it and what to do, to be read after the field: `is not above zero`.
    pub problem: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

/// Something that cannot be read, with all that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// Each field that cannot be read; at least one.
    pub violations: Vec<Violation>,
}

impl Malformed {
    /// One thing is wrong.
    pub fn one(field: &str, problem: impl fmt::Display) -> Self {
        let problem = problem.to_string();
        Self { violations: vec![Violation { field: field.to_owned(), problem }] }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.violations.iter().enumerate() {
            let between = if at == 0 { "" } else { "; " };
            write!(f, "{between}{violation}")?;
        }
        Ok(())
    }
}

/// What was read of a field that may be left out: outside, whether it could be read; inside, whether it was said.
#[allow(clippy::option_option, reason = "two questions, and `?` answers the outer one")]
pub(crate) type IfSaid<T> = Option<Option<T>>;

/// Reads field after field and keeps what is wrong, so that a person mends everything in one go.
///
/// A reader asks for every field first and puts them together, with `?`, only afterwards.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    violations: Vec<Violation>,
}

impl Fields {
    /// What was read, if nothing is wrong.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Malformed> {
        match read {
            Some(read) if self.violations.is_empty() => Ok(read),
            None if self.violations.is_empty() => Err(Malformed::one("request", "cannot be read")),
            Some(_) | None => Err(Malformed { violations: self.violations }),
        }
    }

    /// Notes what is wrong with a field.
    pub(crate) fn refuse<T>(&mut self, field: &str, problem: impl Into<String>) -> Option<T> {
        self.violations.push(Violation { field: field.to_owned(), problem: problem.into() });
        None
    }

    /// The value of a field, or a note of what is wrong with it.
    pub(crate) fn take<T>(
        &mut self,
        field: &str,
        value: Result<T, impl fmt::Display>,
    ) -> Option<T> {
        value.map_err(|problem| self.refuse::<T>(field, problem.to_string())).ok()
    }

    /// Like [`Self::take`], for a value that is there or not.
    pub(crate) fn need<T>(&mut self, field: &str, value: Option<T>, problem: &str) -> Option<T> {
        value.or_else(|| self.refuse(field, problem))
    }

    /// Reads what lies within a field: what is wrong with it is named by the whole path.
    pub(crate) fn within<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.violations.len();
        let value = read(self);
        for violation in self.violations.iter_mut().skip(before) {
            violation.field = format!("{field}.{}", violation.field);
        }
        value
    }

    /// Reads a message that must be there.
    pub(crate) fn message<M, T>(
        &mut self,
        field: &str,
        message: Option<M>,
        read: impl FnOnce(&mut Self, M) -> Option<T>,
    ) -> Option<T> {
        let message = self.need(field, message, "is not said: fill it in")?;
        self.within(field, |f| read(f, message))
    }

    /// Reads a field in which zero or empty means: none.
    pub(crate) fn unless_empty<V: Default + PartialEq, T>(
        &mut self,
        value: V,
        read: impl FnOnce(&mut Self, V) -> Option<T>,
    ) -> IfSaid<T> {
        if value == V::default() { Some(None) } else { read(self, value).map(Some) }
    }

    /// A word of a closed list, by its number.
    pub(crate) fn word<T>(
        &mut self,
        field: &str,
        code: i32,
        from_code: fn(i32) -> Option<T>,
    ) -> Option<T> {
        match from_code(code) {
            Some(word) => Some(word),
            None if code == 0 => self.refuse(field, "is not said: choose one of its words"),
            None => self.refuse(
                field,
                format!("has the number {code}, which is none of its words: choose one of them"),
            ),
        }
    }

    /// Words of a closed list, by their numbers.
    pub(crate) fn words<T>(
        &mut self,
        field: &str,
        codes: &[i32],
        from_code: fn(i32) -> Option<T>,
    ) -> Option<Vec<T>> {
        let words: Vec<_> = codes.iter().map(|&code| self.word(field, code, from_code)).collect();
        words.into_iter().collect()
    }

    /// Words of a closed list, at least one and each once: so an entry that holds them stays small.
    pub(crate) fn some_words<T: PartialEq>(
        &mut self,
        field: &str,
        codes: &[i32],
        from_code: fn(i32) -> Option<T>,
    ) -> Option<Vec<T>> {
        if codes.is_empty() {
            return self.refuse(field, "is not said: give at least one");
        }
        let mut words = Vec::new();
        for code in codes {
            let word = self.word(field, *code, from_code)?;
            if words.contains(&word) {
                return self.refuse(field, "names one twice: name each once");
            }
            words.push(word);
        }
        Some(words)
    }

    /// A number that the ledger gave.
    pub(crate) fn number<T>(
        &mut self,
        field: &str,
        number: i64,
        new: fn(u32) -> Option<T>,
    ) -> Option<T> {
        let id = u32::try_from(number).ok().and_then(new);
        self.need(field, id, "is not a number that the ledger gives: look it up")
    }

    /// The position of an entry, from 1.
    pub(crate) fn position(&mut self, field: &str, number: i64) -> Option<Position> {
        let position = u64::try_from(number).ok().filter(|number| *number > 0).map(Position::new);
        self.need(field, position, "is not a position: give a whole number, 1 or more")
    }

    /// A position, or zero for the start.
    pub(crate) fn position_or_start(&mut self, field: &str, number: i64) -> Option<Position> {
        let position = u64::try_from(number).ok().map(Position::new);
        self.need(field, position, "is below zero: give a position, or leave it out")
    }

    /// Minutes, above zero.
    pub(crate) fn minutes(&mut self, field: &str, number: i64) -> Option<Minutes> {
        self.amount(field, Minutes::new(number), "minutes")
    }

    /// Pence, above zero.
    pub(crate) fn pence(&mut self, field: &str, number: i64) -> Option<Pence> {
        self.amount(field, Pence::new(number), "pence")
    }

    /// Items, above zero.
    pub(crate) fn items(&mut self, field: &str, number: i64) -> Option<Items> {
        self.amount(field, Items::new(number), "items")
    }

    /// A number of days, zero or more.
    pub(crate) fn days(&mut self, field: &str, number: i64) -> Option<u16> {
        let days = u16::try_from(number).ok();
        self.need(field, days, "is not a number of days: give a whole number, 0 to 65,535")
    }

    /// A count, zero or more.
    pub(crate) fn count(&mut self, field: &str, number: i64) -> Option<u32> {
        let count = u32::try_from(number).ok();
        self.need(field, count, "is not a count: give a whole number, zero or more")
    }

    /// What something is called.
    pub(crate) fn title(&mut self, field: &str, text: &str) -> Option<Title> {
        self.take(field, Title::new(text))
    }

    fn amount<T>(&mut self, field: &str, amount: Result<T, AmountError>, unit: &str) -> Option<T> {
        match amount {
            Ok(amount) => Some(amount),
            Err(error @ AmountError::NotPositive) => {
                self.refuse(field, format!("{error}: give a whole number of {unit}, 1 or more"))
            }
            Err(error @ AmountError::TooLarge(_)) => {
                self.refuse(field, format!("{error}: check the number of {unit}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_its_path() {
        let mut f = Fields::default();
        let read = f.within("help", |f| {
            let minutes = f.minutes("minutes", 0);
            let title = f.title("title", "");
            Some((minutes?, title?))
        });
        let error = f.finish(read).unwrap_err();
        let fields: Vec<_> = error.violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["help.minutes", "help.title"]);
        assert!(error.to_string().starts_with("help.minutes is not above zero: "), "{error}");
    }

    #[test]
    fn a_word_that_is_not_said_differs_from_one_that_is_unknown() {
        let mut f = Fields::default();
        assert_eq!(f.word("task", 0, ledger_core::TaskKind::from_code), None);
        assert_eq!(f.word("task", 99, ledger_core::TaskKind::from_code), None);
        let error = f.finish(None::<()>).unwrap_err().to_string();
        assert!(error.contains("is not said") && error.contains("99"), "{error}");
    }
}
