//! Records in the order of the log, packed into pages: the full ones lie in the binder, the last one is here.

use serde::{Deserialize, Serialize};

use super::binder::{Binder, Place};
use crate::error::Error;

/// What can be packed.
pub(super) trait Record: Copy {
    /// What of a record the next one in its page is told by. At the head of a page: the default.
    type Base: Copy + Default;
    /// What is known of a page without opening it.
    type Head: Copy;

    /// Packs it.
    fn pack(&self, base: &mut Self::Base, to: &mut Vec<u8>);
    /// The record that was packed. Nothing: that cannot be read.
    fn unpack(base: &mut Self::Base, from: &mut &[u8]) -> Option<Self>;
    /// The page has this record, too.
    fn join(&self, head: &mut Self::Head);
}

/// A page in the binder.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Page<H> {
    place: Place,
    head: H,
}

/// All records of something.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(
    serialize = "R: Serialize, R::Base: Serialize, R::Head: Serialize",
    deserialize = "R: Deserialize<'de>, R::Base: Deserialize<'de>, R::Head: Deserialize<'de>"
))]
pub(super) struct Paged<R: Record> {
    full: Vec<Page<R::Head>>,
    // The last page, but for its last record.
    #[serde(with = "raw")]
    packed: Vec<u8>,
    base: R::Base,
    // Not packed, since it may grow yet; with the head of its page.
    last: Option<(R, R::Head)>,
}

impl<R: Record> Default for Paged<R> {
    fn default() -> Self {
        Self { full: Vec::new(), packed: Vec::new(), base: R::Base::default(), last: None }
    }
}

impl<R: Record> Paged<R> {
    /// Adds a record; the head is for the case that it begins a page.
    pub(super) fn push(&mut self, record: R, begins: R::Head, binder: &mut Binder) {
        let Some((last, head)) = &mut self.last else {
            self.last = Some((record, begins));
            return;
        };
        last.pack(&mut self.base, &mut self.packed);
        if self.packed.len() >= binder.room(self.full.len()) {
            self.full.push(Page { place: binder.put(&self.packed), head: *head });
            self.packed.clear();
            self.base = R::Base::default();
            *head = begins;
        } else {
            record.join(head);
        }
        *last = record;
    }

    /// The newest record.
    pub(super) fn last(&self) -> Option<&R> {
        self.last.as_ref().map(|(last, _)| last)
    }

    /// The newest record, which may still grow.
    pub(super) fn last_mut(&mut self) -> Option<&mut R> {
        self.last.as_mut().map(|(last, _)| last)
    }

    /// How many pages come before the first of which this does not hold. It must hold of all up to one, and of none behind.
    pub(super) fn pages_while(&self, holds: impl Fn(&R::Head) -> bool) -> usize {
        let full = self.full.partition_point(|page| holds(&page.head));
        let last = self.last.as_ref().is_some_and(|(_, head)| holds(head));
        if full == self.full.len() && last { full.saturating_add(1) } else { full }
    }

    /// What is known of a page without opening it. Nothing: there is no such page.
    pub(super) fn head(&self, page: usize) -> Option<&R::Head> {
        match self.full.get(page) {
            Some(full) => Some(&full.head),
            None => self.last.as_ref().filter(|_| page == self.full.len()).map(|(_, head)| head),
        }
    }

    /// The records of a page, in order.
    pub(super) fn open(&self, page: usize, binder: &Binder) -> Result<Vec<R>, Error> {
        let unpacked = match self.full.get(page) {
            Some(full) => unpack(&binder.read(&full.place)?),
            None if page == self.full.len() => unpack(&self.packed),
            None => Some(Vec::new()),
        };
        let mut records = unpacked.ok_or_else(|| binder.spoiled("it cannot be unpacked"))?;
        if page == self.full.len() {
            records.extend(self.last());
        }
        Ok(records)
    }
}

fn unpack<R: Record>(mut from: &[u8]) -> Option<Vec<R>> {
    // Few records take less.
    let mut records = Vec::with_capacity(from.len() / 6 + 1);
    let mut base = R::Base::default();
    while !from.is_empty() {
        records.push(R::unpack(&mut base, &mut from)?);
    }
    Some(records)
}

/// Bytes, written and read as a whole and not each by itself.
mod raw {
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Bytes)
    }
}
