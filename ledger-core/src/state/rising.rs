//! Request ids in rising order, with their answers: a long list that grows at its end and shrinks at its beginning.
//!
//! All but the newest lie in pieces that are never changed again, and that a copy of the list shares: whoever takes a copy of a
//! state, while the writer waits, copies some hundred answers and not the millions of a month. Those that have become too old
//! go by whole pieces: a replay, which comes by here at each entry, does not fetch again what it has written long ago.

use std::{collections::VecDeque, fmt, sync::Arc};

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
pub(crate) const PIECE: usize = if cfg!(test) { 4 } else { 1_024 };

/// The list.
#[derive(Clone, Default)]
pub(crate) struct Rising {
    pieces: VecDeque<Arc<[Risen]>>,
    // How many of the first piece have gone.
    gone: usize,
    // How many lie in pieces, without these.
    far: usize,
    // Fewer than a piece.
    near: Vec<Risen>,
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
    pub(crate) fn back(&self) -> Option<&Risen> {
        self.near.last().or_else(|| self.pieces.back()?.last())
    }

    /// Lets go whole pieces in which all are such, at the beginning.
    #[inline]
    pub(crate) fn let_go(&mut self, such: impl Fn(&RequestId) -> bool) {
        while self
            .pieces
            .front()
            .is_some_and(|first| first.last().is_some_and(|last| such(&last.id)))
        {
            self.pieces.pop_front();
            self.far -= PIECE - std::mem::take(&mut self.gone);
        }
    }

    /// Lets go all at the beginning that are such; behind the first that is not, there is none.
    pub(crate) fn let_go_each(&mut self, such: impl Fn(&RequestId) -> bool) {
        self.let_go(&such);
        match self.pieces.front() {
            Some(first) => {
                let gone = first.partition_point(|risen| such(&risen.id)).max(self.gone);
                self.far -= gone - self.gone;
                self.gone = gone;
            }
            None => drop(self.near.drain(..self.near.partition_point(|risen| such(&risen.id)))),
        }
    }

    #[inline]
    pub(crate) fn push_back(&mut self, risen: Risen) {
        self.near.push(risen);
        if self.near.len() >= PIECE {
            self.put_away();
        }
    }

    /// The near ones become a piece.
    #[cold]
    fn put_away(&mut self) {
        self.far += self.near.len();
        self.pieces.push_back(self.near.as_slice().into());
        self.near.clear();
    }

    /// The answer to an id, if it is here. Who asks twice mostly does so soon: the newest are looked at first.
    #[inline]
    pub(crate) fn find(&self, id: &RequestId) -> Option<Answer> {
        let begins = |piece: &[Risen]| piece.first().is_some_and(|first| first.id <= *id);
        if begins(&self.near) {
            return among(&self.near, id);
        }
        let last = self.pieces.len().checked_sub(1)?;
        let behind = match self.pieces.get(last) {
            Some(piece) if begins(piece) => last,
            Some(_) | None => {
                self.pieces.partition_point(|piece| piece.last().is_some_and(|last| last.id < *id))
            }
        };
        let gone = if behind == 0 { self.gone } else { 0 };
        among(self.pieces.get(behind)?.get(gone..)?, id)
    }

    /// Takes out what lies behind so many.
    pub(crate) fn split_off(&mut self, at: usize) -> Vec<Risen> {
        if let Some(at) = at.checked_sub(self.far) {
            return self.near.split_off(at.min(self.near.len()));
        }
        // Whole pieces, and what there is of the one in which it lies, which is begun anew.
        let at = at + self.gone;
        let behind = self.pieces.split_off(at / PIECE);
        let mut out: Vec<_> = behind.iter().flat_map(|piece| piece.iter()).copied().collect();
        out.append(&mut self.near);
        let rest = out.split_off(at % PIECE);
        let gone = if self.pieces.is_empty() { std::mem::take(&mut self.gone) } else { 0 };
        self.near.extend(out.into_iter().skip(gone));
        self.far = (self.pieces.len() * PIECE).saturating_sub(self.gone);
        rest
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

fn among(piece: &[Risen], id: &RequestId) -> Option<Answer> {
    let at = piece.binary_search_by(|risen| risen.id.cmp(id)).ok()?;
    piece.get(at).map(Risen::answer)
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
        LetGo(u32),
        SplitAndPutBack(usize),
        Copy,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (1..12_u32).prop_map(Step::Push),
            3 => (1..12_u32).prop_map(Step::LetGo),
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
                    Step::LetGo(many) => {
                        let first = plain.front().map_or(0, |first: &Risen| first.answered_by.get());
                        let last = risen(u32::try_from(first).unwrap() + many).id;
                        let such = |id: &RequestId| *id < last;
                        rising.let_go(such);
                        let whole = plain.len() - rising.len();
                        let few = plain.iter().take_while(|risen| such(&risen.id)).count();
                        // No more than are such, and no piece is left that could go.
                        prop_assert!(whole <= few && few < whole + PIECE, "{whole} of {few} have gone");
                        rising.let_go_each(such);
                        plain.drain(..few);
                        // What has gone does not come back when fewer are such.
                        rising.let_go_each(|_| false);
                    }
                    Step::SplitAndPutBack(at) => {
                        let at = at.min(plain.len());
                        let taken = rising.split_off(at);
                        prop_assert_eq!(&taken, &plain.range(at..).copied().collect::<Vec<_>>());
                        prop_assert_eq!((rising.len(), rising.back()), (at, plain.range(..at).next_back()));
                        rising.extend(taken);
                    }
                    Step::Copy => copies.push((rising.clone(), plain.clone())),
                }
                prop_assert_eq!(rising.len(), plain.len());
                prop_assert_eq!(rising.get(0), plain.front());
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
        assert!(rising.near.len() < PIECE);
        let copy = rising.clone();
        let same = |(one, other): (&Arc<[Risen]>, &Arc<[Risen]>)| Arc::ptr_eq(one, other);
        assert!(rising.pieces.iter().zip(&copy.pieces).all(same));
        assert_eq!(copy.pieces.len() * PIECE, 100);
    }
}
