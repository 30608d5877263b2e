//! Closed lists with a number for each word, so that what is stored and what is spoken share one table.

/// Makes an enum whose variants each have a number that never changes and a name that people can read.
macro_rules! closed {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every word of the list, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number by which it is stored and sent. Zero is never used: it means "not said".
            pub const fn code(self) -> i32 {
                match self { $(Self::$variant => $code),+ }
            }

            /// The word with this number.
            pub const fn from_code(code: i32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The word as it stands in the code, for example in a test that compares lists.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }
    };
}

pub(crate) use closed;
