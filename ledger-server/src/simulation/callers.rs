//! Those who ask: several at once, who try again what they got no answer to, hang up, and mix things up.

use ledger_core::{CoopName, Timestamp};
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::{
    answers::{Came, Promised},
    asks::Asker,
    books::Books,
    life::Life,
};
use crate::{
    demo::dice::Dice,
    engine::{Answer, ImportAnswer, ImportJob, Job, Submission},
    error::Error,
    log::LogId,
};

/// One co-op, as those outside know it.
pub(super) struct Coop {
    pub(super) name: CoopName,
    pub(super) books: Books,
    pub(super) promised: Promised,
}

impl Coop {
    pub(super) fn new(name: &str) -> Self {
        let name = CoopName::new(name).unwrap();
        Self { name, books: Books::default(), promised: Promised::default() }
    }

    /// Its log, if it is served.
    pub(super) fn log(&self, life: &Life) -> Option<LogId> {
        let directory = life.opened.directory.read().unwrap();
        directory.served.get(&self.name).map(|(id, _)| *id)
    }
}

/// What somebody waits for. Nothing up to and with the position may come as new.
enum Waiting {
    For(usize, u64, Vec<Submission>, oneshot::Receiver<Vec<Result<Answer, Error>>>),
    Import(usize, u64, Box<ImportJob>, oneshot::Receiver<Result<ImportAnswer, Error>>),
}

/// Everybody who asks.
#[derive(Default)]
pub(super) struct Callers {
    waiting: Vec<Waiting>,
    /// Asked once, and never answered.
    unsure: Vec<(usize, Submission)>,
    unsure_imports: Vec<(usize, ImportJob)>,
    /// Whatever was asked.
    asked: Vec<(usize, Submission)>,
    number: u64,
}

impl Callers {
    /// Some callers ask.
    pub(super) fn ask(&mut self, life: &Life, coops: &[Coop], now: Timestamp, dice: &mut Dice) {
        for _ in 0..dice.between(1, 5) {
            let at = usize::try_from(dice.below(i64::try_from(coops.len()).unwrap())).unwrap();
            let coop = &coops[at];
            let (number, books) = (&mut self.number, &coop.books);
            let mut asker = Asker { dice, coop: &coop.name, books, now, number };
            match asker.dice.below(100) {
                0..3 if books.size() > 0 => {
                    let import = asker.import();
                    self.import(life, coops, (at, import));
                }
                3..15 if books.size() > 0 => {
                    let several = asker.dice.between(2, 5);
                    let several = (0..several).map(|_| asker.ask()).collect();
                    self.send(life, coops, (at, several));
                }
                15..30 if !self.unsure.is_empty() => {
                    let (at, again) = take(&mut self.unsure, dice);
                    self.send(life, coops, (at, vec![again]));
                }
                30..34 if !self.unsure_imports.is_empty() => {
                    let again = take(&mut self.unsure_imports, dice);
                    self.import(life, coops, again);
                }
                34..44 if !self.asked.is_empty() => {
                    let again = pick(&self.asked, asker.dice).clone();
                    self.send(life, coops, (again.0, vec![again.1]));
                }
                44..48 if !self.asked.is_empty() => {
                    let (whose, before) = pick(&self.asked, asker.dice);
                    // Whoever mixes up the id of something that was only looked at asks for it.
                    let altered = asker.altered(before);
                    if !altered.validate_only && before.coop == coop.name {
                        let whose = *whose;
                        self.send(life, coops, (whose, vec![altered]));
                    }
                }
                _ => {
                    let one = asker.ask();
                    self.send(life, coops, (at, vec![one]));
                }
            }
        }
    }

    /// A sheet of hours, many at once.
    pub(super) fn sheet(&mut self, life: &Life, coops: &[Coop], now: Timestamp, dice: &mut Dice) {
        let Some(at) = coops.iter().position(|coop| coop.books.members.len() > 2) else { return };
        let (coop, number) = (&coops[at], &mut self.number);
        let rows = dice.between(40, 270);
        let mut asker = Asker { dice, coop: &coop.name, books: &coop.books, now, number };
        let sheet = asker.sheet(rows);
        self.send(life, coops, (at, sheet));
    }

    /// Everything that was never answered is asked once more.
    pub(super) fn ask_again(&mut self, life: &Life, coops: &[Coop]) {
        for (at, again) in std::mem::take(&mut self.unsure) {
            self.send(life, coops, (at, vec![again]));
        }
        for again in std::mem::take(&mut self.unsure_imports) {
            self.import(life, coops, again);
        }
    }

    fn send(&mut self, life: &Life, coops: &[Coop], (at, several): (usize, Vec<Submission>)) {
        let floor = coops[at].promised.highest;
        let answers = life.opened.engine.send(several.clone()).unwrap();
        self.asked.extend(several.iter().take(3).map(|one| (at, one.clone())));
        self.waiting.push(Waiting::For(at, floor, several, answers));
    }

    fn import(&mut self, life: &Life, coops: &[Coop], (at, import): (usize, ImportJob)) {
        let (floor, import) = (coops[at].promised.highest, Box::new(import));
        let (reply, answer) = oneshot::channel();
        life.opened.engine.push(Job::Import(import.clone(), reply)).unwrap();
        self.waiting.push(Waiting::Import(at, floor, import, answer));
    }

    /// Somebody hangs up before the answer has come.
    pub(super) fn hang_up(&mut self, dice: &mut Dice) {
        if !self.waiting.is_empty() {
            let gone = take(&mut self.waiting, dice);
            self.leave(gone);
        }
    }

    fn leave(&mut self, gone: Waiting) {
        match gone {
            Waiting::For(at, _, several, _) => {
                self.unsure.extend(several.into_iter().map(|one| (at, one)));
            }
            Waiting::Import(at, _, import, _) => self.unsure_imports.push((at, *import)),
        }
    }

    /// Whoever has got an answer holds the co-op to it.
    pub(super) fn hear(&mut self, coops: &mut [Coop], heard: &mut dyn FnMut(Came)) {
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting {
                Waiting::For(at, floor, several, mut answers) => match answers.try_recv() {
                    Ok(answers) => {
                        assert_eq!(answers.len(), several.len());
                        for (asked, answer) in several.iter().zip(answers) {
                            heard(coops[at].promised.take((asked, floor), answer));
                        }
                    }
                    Err(TryRecvError::Closed | TryRecvError::Empty) => {
                        self.leave(Waiting::For(at, floor, several, answers));
                    }
                },
                Waiting::Import(at, floor, import, mut answer) => match answer.try_recv() {
                    Ok(answer) => heard(coops[at].promised.brought((&import, floor), answer)),
                    Err(TryRecvError::Closed | TryRecvError::Empty) => {
                        self.leave(Waiting::Import(at, floor, import, answer));
                    }
                },
            }
        }
    }

    /// How many were never answered.
    pub(super) fn unanswered(&self) -> usize {
        self.unsure.len() + self.unsure_imports.len()
    }
}

fn at(length: usize, dice: &mut Dice) -> usize {
    usize::try_from(dice.below(i64::try_from(length).unwrap())).unwrap()
}

fn take<T>(all: &mut Vec<T>, dice: &mut Dice) -> T {
    all.remove(at(all.len(), dice))
}

fn pick<'a, T>(all: &'a [T], dice: &mut Dice) -> &'a T {
    &all[at(all.len(), dice)]
}
