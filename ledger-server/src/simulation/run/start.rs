//! The start of a life, which may be cut short, too; and what must be there when it has come about.

use super::{Life, Run, Went, holding, went};
use crate::{
    error::Error,
    simulation::{
        derived::{self, Harm},
        faults::Plan,
        life::{Confirmed, Place},
    },
};

impl Run {
    /// Opens the process. Nothing: it came to its end meanwhile.
    pub(super) fn start(&mut self, plan: Option<Plan>) -> Option<(Life, Harm)> {
        self.tally.lives += 1;
        let harm = derived::harm(self.folder.path(), &mut self.dice);
        self.faults.say(&harm);
        // A page that is damaged may be opened long after.
        self.flipped |= harm == Harm::PagesFlipped;
        let harm = if self.flipped { Harm::PagesFlipped } else { harm };
        let mut confirmed = if self.dice.percent(50) { Confirmed::Yes } else { Confirmed::No };
        loop {
            self.faults.begin(plan);
            let place = Place {
                disk: &self.disk,
                folder: self.folder.path(),
                options: &self.options,
                clock: &self.clock,
                faults: &self.faults,
            };
            match went(|| Life::open(&place, confirmed)) {
                Went::Done(life) => {
                    assert_eq!(self.faults.struck(), None, "it started on a disk that failed");
                    self.held(&life, harm);
                    return Some((life, harm));
                }
                Went::Ended(Error::ClockJumped(_)) => {
                    self.faults.say(&"the clock is not believed");
                    confirmed = Confirmed::Yes;
                    self.gone("killed");
                }
                Went::Ended(error) => {
                    assert!(self.faults.struck().is_some(), "it does not start: {error}");
                    self.gone("killed");
                    return None;
                }
                Went::Cut => {
                    self.gone("cut");
                    return None;
                }
            }
        }
    }

    /// A new life has all that was answered and all that was seen in those before.
    fn held(&mut self, life: &Life, harm: Harm) {
        let mut seen = self.faults.seen();
        holding::served(life);
        for coop in &mut self.coops {
            let Some(id) = coop.log(life) else {
                assert_eq!(coop.books.size(), 0, "{} is gone", coop.name);
                assert_eq!(coop.promised.highest, 0, "{} was founded", coop.name);
                continue;
            };
            holding::reread(life, id, &mut coop.books);
            holding::stand((life, harm), id, &coop.books);
            holding::kept(life, id, &coop.books, &coop.promised);
            holding::seen(&coop.books, &seen.remove(&id).unwrap_or_default());
        }
        assert!(seen.values().all(Vec::is_empty), "a log is gone that readers had seen");
    }
}
