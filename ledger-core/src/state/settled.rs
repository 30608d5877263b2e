//! The promises that have come to something, each by the entry that made it: one bit for each entry of the log.

use serde::{Deserialize, Serialize};

use crate::id::Position;

/// A set of positions: one bit an entry, growing with the log. A tree of them would be searched, and grown, at every second entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settled {
    words: Vec<u64>,
}

impl Settled {
    /// Notes a position of the log.
    pub(crate) fn insert(&mut self, position: Position) {
        let Some((at, bit)) = place(position) else { return };
        if self.words.len() <= at {
            self.words.resize(at.saturating_add(1), 0);
        }
        if let Some(word) = self.words.get_mut(at) {
            *word |= bit;
        }
    }

    /// Whether it has been noted.
    pub(crate) fn contains(&self, position: Position) -> bool {
        let word = place(position).and_then(|(at, bit)| Some(self.words.get(at)? & bit));
        word.is_some_and(|word| word != 0)
    }
}

/// The word of a position, and its bit there.
fn place(position: Position) -> Option<(usize, u64)> {
    let at = usize::try_from(position.get() / 64).ok()?;
    Some((at, 1 << (position.get() % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_a_bit_for_each_entry() {
        let mut settled = Settled::default();
        settled.insert(Position::new(6_399));
        assert_eq!(settled.words.len(), 100);
    }

    #[test]
    fn what_was_noted_is_there_and_nothing_else() {
        let mut settled = Settled::default();
        for noted in [1, 63, 64, 1000] {
            settled.insert(Position::new(noted));
        }
        let found: Vec<u64> = (0..2000).filter(|at| settled.contains(Position::new(*at))).collect();
        assert_eq!(found, [1, 63, 64, 1000]);
    }
}
