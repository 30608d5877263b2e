//! The few bounded words that may stand in an entry: names of things and organisations, never of persons.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A word that is not of the shape that its place asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// A title.
    #[error("is not 1 to 80 characters on one line, without blanks at its ends")]
    Title,
    /// A member's reference.
    #[error("is not 1 to 20 letters, digits and dashes")]
    Reference,
    /// A co-op's name.
    #[error(
        "is not 3 to 40 small letters, digits and dashes, with a letter first and no dash last"
    )]
    CoopName,
}

macro_rules! word {
    ($(#[$meta:meta])* $name:ident, $error:ident, $fits:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(String);

        impl $name {
            /// The word, if it has the shape that its place asks for.
            pub fn new(text: &str) -> Result<Self, TextError> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.to_owned())) } else { Err(TextError::$error) }
            }

            /// The word.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

word!(
    /// What a fund, an offer, a business, a partner or a minute is called.
    Title, Title, |text| {
        !text.is_empty()
            && text.chars().count() <= 80
            && text.trim() == text
            && !text.chars().any(char::is_control)
    }
);
word!(
    /// A co-op's own short reference of a member, for example from a spreadsheet: `V005`.
    Reference, Reference, |text| {
        (1..=20).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }
);
word!(
    /// The name of a co-op, as it stands in `coops/colne-valley`.
    CoopName, CoopName, |text| {
        (3..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_shape() {
        assert!(CoopName::new("colne-valley").is_ok());
        for wrong in ["", "cv", "Colne", "colne valley", "1st", "colne-", "../etc"] {
            assert!(CoopName::new(wrong).is_err(), "{wrong}");
        }
        assert!(Reference::new("V005").is_ok());
        assert!(Reference::new("Jean Booth").is_err());
        assert!(Title::new("Carer breaks (restricted)").is_ok());
        assert!(Title::new(" padded").is_err());
        assert!(Title::new("two\nlines").is_err());
    }
}
