//! One run: some lives of the process on one disk, each ended by chance, and after each of them the books are held.

mod last;
mod start;

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::Arc,
    time::Duration,
};

use ledger_core::Timestamp;
use tempfile::TempDir;

use super::{
    callers::{Callers, Coop},
    derived::Harm,
    faults::{self, Faults, Plan},
    holding,
    life::Life,
    loss,
    tally::Tally,
    trace::Trace,
};
use crate::{
    clock::Clock,
    demo::dice::Dice,
    error::Error,
    log::{LogOptions, PowerCut, SimulatedDisk},
};

/// A Wednesday of September 2026, some time ago in every run.
const BEGINS: i64 = 1_790_000_000_000;

/// Everything that outlives the process, and those outside it.
pub(super) struct Run {
    dice: Dice,
    disk: SimulatedDisk,
    faults: Arc<Faults>,
    folder: TempDir,
    options: LogOptions,
    clock: Clock,
    now: i64,
    coops: Vec<Coop>,
    callers: Callers,
    long: Long,
    flipped: bool,
    tally: Tally,
}

/// Whether segments become full in a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Long {
    Yes,
    No,
}

/// How something went in the process.
enum Went<T> {
    Done(T),
    /// The process ends itself.
    Ended(Error),
    /// The machine has no power.
    Cut,
}

fn went<T>(what: impl FnOnce() -> Result<T, Error>) -> Went<T> {
    match catch_unwind(AssertUnwindSafe(what)) {
        Ok(Ok(done)) => Went::Done(done),
        Ok(Err(error)) => Went::Ended(error),
        Err(unwound) if unwound.is::<PowerCut>() => Went::Cut,
        Err(failed) => resume_unwind(failed),
    }
}

/// In memory where there is such a place: what lies there is synced again and again.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.unwrap()
}

impl Run {
    /// The run of a seed.
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let faults = Faults::new(Trace::begin(), Dice::new(dice.bits()));
        let disk = SimulatedDisk::new();
        disk.ask(Some(Arc::clone(&faults) as _));
        let often = dice.percent(50);
        let options = LogOptions {
            volume_bytes: dice.one(&[700, 2_000, 6_000, 40_000]).unwrap_or_default(),
            wal_bytes: dice.one(&[0, 600, 2_000, 6_000, 40_000, 400_000]).unwrap_or_default(),
            cache_bytes: 1 << 20,
            min_free_bytes: 0,
            reserve_bytes: 0,
            head_sync_every: if often { Duration::ZERO } else { Duration::from_hours(10_000) },
            hang_after: Duration::from_hours(10_000),
        };
        let both = [Coop::new("colne-valley"), Coop::new("calder-valley")];
        let coops = both.into_iter().take(if dice.percent(60) { 1 } else { 2 }).collect();
        Self {
            disk,
            faults,
            folder: folder(),
            options,
            clock: Clock::by_hand(Timestamp::from_unix_ms(BEGINS)),
            now: BEGINS,
            coops,
            callers: Callers::default(),
            long: if dice.percent(12) { Long::Yes } else { Long::No },
            flipped: false,
            tally: Tally::default(),
            dice,
        }
    }

    /// Some lives, and a last one in which nothing goes wrong and everybody gets an answer.
    pub(super) fn until_its_end(mut self) -> Tally {
        for _ in 0..self.dice.between(1, 6) {
            let plan = faults::plan(&mut self.dice);
            self.live(plan);
        }
        self.last_life();
        self.tally.digest = self.faults.digest();
        self.tally.packs = self.faults.packs();
        self.tally.entries = self.coops.iter().map(|coop| coop.books.size()).sum();
        self.tally.represented = self.coops.iter().map(|coop| coop.books.for_another()).sum();
        self.tally
    }

    fn live(&mut self, plan: Option<Plan>) {
        let Some((mut life, harm)) = self.start(plan) else { return };
        let mut end = None;
        for _ in 0..self.dice.between(1, 14) {
            end = self.step(&mut life, harm);
            if end.is_some() {
                break;
            }
        }
        if end.is_none() {
            end = match self.dice.below(3) {
                0 => Some(self.stop(&mut life)),
                1 => Some("killed"),
                _ => Some("cut"),
            };
        }
        self.end(life, end.unwrap_or("killed"));
    }

    /// Callers ask, the writer works, they hear of it. Says how the process ended, if it did.
    fn step(&mut self, life: &mut Life, harm: Harm) -> Option<&'static str> {
        self.time_goes_by();
        let now = Timestamp::from_unix_ms(self.now);
        self.callers.ask(life, &self.coops, now, &mut self.dice);
        if self.long == Long::Yes && self.dice.percent(25) {
            self.callers.sheet(life, &self.coops, now, &mut self.dice);
        }
        if self.dice.percent(20) {
            life.tick();
        }
        if self.dice.percent(10) {
            self.callers.hang_up(&mut self.dice);
        }
        let end = self.judge(went(|| life.write()), harm);
        if end.is_some() {
            return end;
        }
        self.hear();
        if self.dice.percent(30) {
            let packed = went(|| {
                life.pack();
                Ok(())
            });
            let end = self.judge(packed, harm);
            if end.is_some() {
                return end;
            }
        }
        if self.dice.percent(12) {
            life.snapshot();
        }
        if self.dice.percent(4) {
            life.sign();
        }
        for coop in &mut self.coops {
            let Some(id) = coop.log(life) else { continue };
            holding::follow(life, id, &mut coop.books);
            if self.dice.percent(25) {
                holding::stand((life, harm), id, &coop.books);
            }
        }
        None
    }

    /// Whether the process goes on, as it should; and how it ended, where it does not.
    fn judge(&mut self, went: Went<()>, harm: Harm) -> Option<&'static str> {
        let struck = self.faults.struck();
        match went {
            Went::Done(()) => {
                let writing = struck.filter(|struck| struck.doing == faults::Doing::Writing);
                assert_eq!(writing, None, "the writer went on after a failure");
                None
            }
            Went::Ended(Error::Derived) if harm == Harm::PagesFlipped => Some("killed"),
            Went::Ended(error) => {
                assert!(struck.is_some(), "the process ended itself: {error}");
                Some("killed")
            }
            Went::Cut => Some("cut"),
        }
    }

    fn stop(&mut self, life: &mut Life) -> &'static str {
        match self.judge(went(|| life.stop()), Harm::PagesFlipped) {
            None => {
                life.snapshot();
                "stopped"
            }
            Some(end) => end,
        }
    }

    /// The process comes to its end; those who had an answer by then have it.
    fn end(&mut self, life: Life, how: &'static str) {
        self.tally.volumes += u64::from(life.packed.volumes());
        self.faults.rest();
        if how == "stopped" {
            drop(life);
            self.gone(how);
        } else {
            // Nothing that is dropped now may reach the disk.
            self.gone(how);
            drop(life);
        }
        self.hear();
    }

    fn gone(&mut self, how: &'static str) {
        self.faults.say(&how);
        *self.tally.ends.entry(how).or_default() += 1;
        if let Some(struck) = self.faults.struck() {
            *self.tally.struck.entry(struck).or_default() += 1;
        }
        match how {
            "cut" => loss::cut(&self.disk, &mut self.dice),
            "stopped" => loss::stop(&self.disk),
            _ => loss::kill(&self.disk, &mut self.dice),
        }
        if how != "cut" && self.dice.percent(25) {
            self.faults.say(&"and cut");
            loss::cut(&self.disk, &mut self.dice);
        }
    }

    fn hear(&mut self) {
        let Self { callers, coops, tally, faults, .. } = self;
        callers.hear(coops, &mut |came| {
            faults.say(&came);
            *tally.answers.entry(came).or_default() += 1;
        });
    }

    /// Most steps take seconds, some hours or weeks; now and then the clock is set back.
    fn time_goes_by(&mut self) {
        const HOUR: i64 = 3_600_000;
        self.now += match self.dice.below(60) {
            0..2 => -self.dice.between(1, 3 * HOUR),
            2 => -self.dice.between(1, 50) * HOUR,
            3..8 => self.dice.between(1, 24) * HOUR,
            8..10 => self.dice.between(1, 20) * 24 * HOUR,
            10 => self.dice.between(30, 70) * 24 * HOUR,
            _ => self.dice.between(0, 60_000),
        };
        self.clock.set(Timestamp::from_unix_ms(self.now));
    }
}
