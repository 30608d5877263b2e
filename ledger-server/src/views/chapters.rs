//! The log in chapters, for followers who are further behind than what is kept of the newest: read once and put into bytes
//! once, for all who are as far behind.

use std::{collections::VecDeque, sync::Arc};

use ledger_proto::api::Told;
use tokio::sync::Mutex;

/// So many entries are a chapter.
const ENTRIES: u64 = 512;
/// So many bytes of chapters are kept, and one chapter at least.
const KEPT: usize = 4 << 20;

/// The chapters that were read last, the last of all at the end.
#[derive(Default)]
pub(crate) struct Chapters(Mutex<VecDeque<Chapter>>);

struct Chapter {
    number: u64,
    told: Arc<Told>,
}

/// The chapter in which a reader goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    number: u64,
    /// So many of its entries the reader has.
    pub(crate) known: usize,
    /// The position before its first entry.
    pub(crate) before: u64,
    /// The position of its last.
    pub(crate) last: u64,
}

impl Place {
    /// Of whoever has everything up to and with a position.
    pub(crate) fn after(position: u64) -> Self {
        let (number, known) = (position / ENTRIES, position % ENTRIES);
        let before = position.saturating_sub(known);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        Self { number, known, before, last: before.saturating_add(ENTRIES) }
    }
}

impl Chapters {
    /// The chapter at a place, and whether it had to be made: one at a time is, and nobody makes what is there. It must be
    /// whole, and nothing in it can change any more.
    pub(crate) async fn at<E>(
        &self,
        place: Place,
        make: impl Future<Output = Result<Told, E>>,
    ) -> Result<(Arc<Told>, bool), E> {
        let mut chapters = self.0.lock().await;
        let there = chapters.iter().position(|chapter| chapter.number == place.number);
        let found = there.and_then(|there| chapters.remove(there));
        let anew = found.is_none();
        let chapter = match found {
            Some(chapter) => chapter,
            None => Chapter { number: place.number, told: Arc::new(make.await?) },
        };
        let told = Arc::clone(&chapter.told);
        chapters.push_back(chapter);
        let mut kept: usize = chapters.iter().map(|chapter| chapter.told.size()).sum();
        while kept > KEPT && chapters.len() > 1 {
            kept -= chapters.pop_front().map_or(0, |oldest| oldest.told.size());
        }
        Ok((told, anew))
    }

    /// Lets all of them go; where one is wanted just now, they stay.
    pub(crate) fn clear(&self) {
        if let Ok(mut chapters) = self.0.try_lock() {
            *chapters = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicU32, Ordering},
    };

    use ledger_proto::v1;

    use super::*;

    /// A chapter of so many bytes and a few.
    fn chapter(number: u64, size: usize) -> Told {
        let position = i64::try_from(number).unwrap();
        let entry =
            v1::HistoryEntry { position, entry: vec![7; size], ..v1::HistoryEntry::default() };
        Told::of(&[entry])
    }

    /// Asks for a chapter, and says whether it was made.
    async fn made(chapters: &Chapters, number: u64, size: usize) -> bool {
        let place = Place::after(number * ENTRIES);
        let make = async { Ok::<_, Infallible>(chapter(number, size)) };
        let (told, anew) = chapters.at(place, make).await.unwrap();
        assert_eq!(
            Told::clone(&told).all(),
            chapter(number, size).all(),
            "it is the one that was asked for"
        );
        anew
    }

    #[test]
    fn each_entry_is_in_one_chapter() {
        for position in 1..=3 * ENTRIES {
            // Whoever has the one before it goes on with it.
            let place = Place::after(position - 1);
            assert!(place.before < position && position <= place.last, "{position}: {place:?}");
            assert_eq!(place.last - place.before, ENTRIES);
            assert_eq!(place.number, place.before / ENTRIES);
            assert_eq!(place.known as u64, position - 1 - place.before);
        }
    }

    #[tokio::test]
    async fn however_many_ask_for_a_chapter_one_makes_it() {
        let (chapters, times) = (Arc::new(Chapters::default()), Arc::new(AtomicU32::new(0)));
        let asks = (0..50).map(|_| {
            let (chapters, times) = (Arc::clone(&chapters), Arc::clone(&times));
            tokio::spawn(async move {
                let make = async {
                    tokio::task::yield_now().await;
                    times.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, Infallible>(chapter(3, 10))
                };
                chapters.at(Place::after(3 * ENTRIES + 5), make).await.unwrap().1
            })
        });
        let mut said = 0;
        for ask in asks.collect::<Vec<_>>() {
            said += u32::from(ask.await.unwrap());
        }
        assert_eq!((times.load(Ordering::Relaxed), said), (1, 1), "and is told so");
    }

    #[tokio::test]
    async fn a_chapter_that_cannot_be_made_is_not_there() {
        let chapters = Chapters::default();
        let no = chapters.at(Place::after(0), async { Err("the disk") }).await;
        assert_eq!(no.unwrap_err(), "the disk");
        assert!(made(&chapters, 0, 10).await);
        assert!(!made(&chapters, 0, 10).await);
    }

    #[tokio::test]
    async fn those_that_were_read_last_are_kept_and_no_more_than_fit() {
        let chapters = Chapters::default();
        let quarter = KEPT / 4 - 100;
        for number in 0..4 {
            assert!(made(&chapters, number, quarter).await);
        }
        // All four fit; the first is read again, so that the second is the oldest.
        assert!(!made(&chapters, 0, quarter).await);
        assert!(made(&chapters, 4, quarter).await);
        for (number, gone) in [(0, false), (2, false), (3, false), (4, false), (1, true)] {
            assert_eq!(made(&chapters, number, quarter).await, gone, "{number}");
        }
        // One that is larger than all that may be kept is kept as long as it is read.
        assert!(made(&chapters, 9, KEPT + 1).await);
        assert!(!made(&chapters, 9, KEPT + 1).await);
        assert!(made(&chapters, 1, quarter).await);
        chapters.clear();
        assert!(made(&chapters, 1, quarter).await);
    }
}
