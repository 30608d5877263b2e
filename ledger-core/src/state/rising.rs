//! Request ids in rising order, with their answers: a long list that grows at its end and shrinks at its beginning.
//!
//! All but the newest lie in pieces that are never changed again, and that a copy of the list shares: whoever takes a copy of a
//! state, while the writer waits, copies a few thousand answers and not the millions of a month.

use std::{cmp::Ordering, collections::VecDeque, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{Fingerprint, Position, RequestId};

/// The entry that answered a request, and what that had said.
pub(crate) type Answer = (Position, Fingerprint);
/// An id with its answer.
///
/// In this order: it is written field by field, and copied at once in steps of sixteen bytes. A step over two fields that have
/// just been written waits for both, and that took as long as a tenth of an entry's fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(C)]
pub(crate) struct Risen {
    pub(crate) id: RequestId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) answered_by: Position,
}

impl Risen {
    pub(crate) const fn new(id: RequestId, (answered_by, fingerprint): Answer) -> Self {
        Self { id, fingerprint, answered_by }
    }

    pub(crate) const fn answer(&self) -> Answer {
        (self.answered_by, self.fingerprint)
    }
}

/// So many answers are a piece.
const PIECE: usize = if cfg!(test) { 4 } else { 1_024 };
/// So many of the newest lie in no piece, at least where there are as many: a late id may yet come among them.
pub(crate) const NEAR: usize = if cfg!(test) { 6 } else { 65_536 };

/// The list.
#[derive(Clone, Default)]
pub(crate) struct Rising {
    pieces: VecDeque<Arc<[Risen]>>,
    // How many of the first piece have gone.
    gone: usize,
    // How many lie in pieces, without these.
    far: usize,
    near: VecDeque<Risen>,
}

impl Rising {
    pub(crate) fn len(&self) -> usize {
        self.far + self.near.len()
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&Risen> {
        if let Some(at) = at.checked_sub(self.far) {
            return self.near.get(at);
        }
        let at = at + self.gone;
        self.pieces.get(at / PIECE)?.get(at % PIECE)
    }

    #[inline]
    pub(crate) fn front(&self) -> Option<&Risen> {
        if self.far == 0 { self.near.front() } else { self.get(0) }
    }

    #[inline]
    pub(crate) fn back(&self) -> Option<&Risen> {
        self.near.back().or_else(|| self.pieces.back()?.last())
    }

    pub(crate) fn pop_front(&mut self) {
        if self.pieces.is_empty() {
            self.near.pop_front();
            return;
        }
        self.gone += 1;
        self.far -= 1;
        if self.gone == PIECE {
            self.pieces.pop_front();
            self.gone = 0;
        }
    }

    #[inline]
    pub(crate) fn push_back(&mut self, risen: Risen) {
        self.near.push_back(risen);
        if self.near.len() >= NEAR + PIECE {
            self.put_away();
        }
    }

    /// The oldest of the near ones become a piece.
    #[cold]
    fn put_away(&mut self) {
        // Mostly they lie in one row, and are copied at once.
        let piece = match self.near.as_slices().0.get(..PIECE) {
            Some(row) => row.into(),
            None => self.near.range(..PIECE).copied().collect(),
        };
        self.near.drain(..PIECE);
        self.pieces.push_back(piece);
        self.far += PIECE;
    }

    /// The answer to an id, if it is here.
    #[inline]
    pub(crate) fn find(&self, id: &RequestId) -> Option<Answer> {
        match self.near.front() {
            Some(first) if first.id <= *id => self.find_near(id),
            Some(_) | None => self.find_far(id),
        }
    }

    /// Looks from the end backwards, in steps that double: who asks twice mostly does so soon.
    fn find_near(&self, id: &RequestId) -> Option<Answer> {
        let len = self.near.len();
        let above = |at: usize| self.near.get(at).is_some_and(|other| other.id > *id);
        let mut back = 1;
        while back < len && above(len - back) {
            back *= 2;
        }
        let (mut low, mut high) = (len.saturating_sub(back), len);
        while low < high {
            let middle = low.midpoint(high);
            let risen = self.near.get(middle)?;
            match risen.id.cmp(id) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(risen.answer()),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn find_far(&self, id: &RequestId) -> Option<Answer> {
        let behind =
            self.pieces.partition_point(|piece| piece.last().is_some_and(|last| last.id < *id));
        let piece = self.pieces.get(behind)?;
        let gone = if behind == 0 { self.gone } else { 0 };
        let at = piece.binary_search_by(|risen| risen.id.cmp(id)).ok().filter(|at| *at >= gone)?;
        piece.get(at).map(Risen::answer)
    }

    /// Takes out what lies behind so many.
    pub(crate) fn split_off(&mut self, at: usize) -> VecDeque<Risen> {
        // Of what lies in pieces, whole pieces are taken back first: nobody asks for that.
        while at < self.far
            && let Some(piece) = self.pieces.pop_back()
        {
            let gone = if self.pieces.is_empty() { std::mem::take(&mut self.gone) } else { 0 };
            piece.iter().skip(gone).rev().for_each(|risen| self.near.push_front(*risen));
            self.far -= PIECE - gone;
        }
        let at = at.saturating_sub(self.far).min(self.near.len());
        self.near.split_off(at)
    }

    /// How many ids are lower.
    pub(crate) fn below(&self, id: &RequestId) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(|other| other.id < *id) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Risen> {
        self.pieces.iter().flat_map(|piece| piece.iter()).skip(self.gone).chain(&self.near)
    }
}

impl Extend<Risen> for Rising {
    fn extend<T: IntoIterator<Item = Risen>>(&mut self, all: T) {
        all.into_iter().for_each(|risen| self.push_back(risen));
    }
}

impl fmt::Debug for Rising {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Rising {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut seq = serializer.serialize_seq(Some(self.len()))?;
        self.iter().try_for_each(|risen| seq.serialize_element(risen))?;
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Rising {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> de::Visitor<'de> for Each {
            type Value = Rising;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("ids with their answers")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Rising, A::Error> {
                let mut rising = Rising::default();
                while let Some(risen) = seq.next_element()? {
                    rising.push_back(risen);
                }
                Ok(rising)
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Timestamp;

    fn risen(nth: u32) -> Risen {
        let mut bits = [0; 10];
        bits[6..].copy_from_slice(&nth.to_be_bytes());
        let id = RequestId::of_time(Timestamp::from_unix_ms(1), bits);
        Risen::new(id, (Position::new(nth.into()), Fingerprint::new([7; 16])))
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(u32),
        Pop(u32),
        SplitAndPutBack(usize),
        Copy,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (1..12_u32).prop_map(Step::Push),
            3 => (1..12_u32).prop_map(Step::Pop),
            2 => (0..40_usize).prop_map(Step::SplitAndPutBack),
            1 => Just(Step::Copy),
        ]
    }

    proptest! {
        /// Whatever is done to it, it is the same as a plain list; and a copy of before stays what it was.
        #[test]
        fn it_is_a_plain_list(steps in prop::collection::vec(step(), 0..60)) {
            let (mut rising, mut plain) = (Rising::default(), VecDeque::new());
            let (mut next, mut copies) = (0, Vec::new());
            for step in steps {
                match step {
                    Step::Push(many) => for _ in 0..many {
                        rising.push_back(risen(next));
                        plain.push_back(risen(next));
                        next += 1;
                    },
                    Step::Pop(many) => for _ in 0..many {
                        rising.pop_front();
                        plain.pop_front();
                    },
                    Step::SplitAndPutBack(at) => {
                        let at = at.min(plain.len());
                        let taken = rising.split_off(at);
                        prop_assert_eq!(&taken, &plain.range(at..).copied().collect::<VecDeque<_>>());
                        prop_assert_eq!((rising.len(), rising.back()), (at, plain.range(..at).next_back()));
                        rising.extend(taken);
                    }
                    Step::Copy => copies.push((rising.clone(), plain.clone())),
                }
                prop_assert_eq!(rising.len(), plain.len());
                prop_assert_eq!(rising.front(), plain.front());
                prop_assert_eq!(rising.back(), plain.back());
            }
            copies.push((rising, plain));
            for (rising, plain) in copies {
                prop_assert_eq!(rising.iter().copied().collect::<VecDeque<_>>(), plain.clone());
                for (at, found) in plain.iter().enumerate() {
                    prop_assert_eq!(rising.get(at), Some(found));
                    prop_assert_eq!(rising.below(&found.id), at);
                    prop_assert_eq!(rising.find(&found.id), Some(found.answer()));
                }
                // What has gone is not found, nor what has yet to come.
                let first = plain.front().map_or(next, |first| first.answered_by.get().try_into().unwrap());
                for nth in (0..first).chain(next..next + 2) {
                    prop_assert_eq!(rising.find(&risen(nth).id), None);
                }
                prop_assert_eq!(rising.get(plain.len()), None);
                prop_assert_eq!(rising.below(&risen(next).id), plain.len());
                let bytes = postcard::to_stdvec(&rising).unwrap();
                prop_assert_eq!(&bytes, &postcard::to_stdvec(&plain).unwrap());
                let read: Rising = postcard::from_bytes(&bytes).unwrap();
                prop_assert_eq!(read.iter().copied().collect::<VecDeque<_>>(), plain);
            }
        }
    }

    #[test]
    fn a_copy_shares_all_but_the_newest() {
        let mut rising = Rising::default();
        rising.extend((0..100).map(risen));
        assert!(rising.near.len() < NEAR + PIECE);
        let copy = rising.clone();
        let same = |(one, other): (&Arc<[Risen]>, &Arc<[Risen]>)| Arc::ptr_eq(one, other);
        assert!(rising.pieces.iter().zip(&copy.pieces).all(same));
        assert!(copy.pieces.len() * PIECE > 80);
    }
}
