//! The last life of a run: nothing goes wrong, everybody gets an answer, and all is held.

use super::{Life, Run, holding, went};
use crate::simulation::{
    derived::Harm,
    life::{Confirmed, Place},
};

impl Run {
    /// Everybody gets an answer.
    pub(super) fn last_life(&mut self) {
        let (life, harm) = loop {
            let Some((mut life, harm)) = self.start(None) else { continue };
            match self.settle(&mut life, harm) {
                None => break (life, harm),
                Some(end) => self.end(life, end),
            }
        };
        assert_eq!(self.callers.unanswered(), 0, "somebody got no answer");
        for coop in &mut self.coops {
            let Some(id) = coop.log(&life) else { continue };
            holding::follow(&life, id, &mut coop.books);
            holding::reread(&life, id, &mut coop.books);
            holding::stand((&life, harm), id, &coop.books);
            holding::kept(&life, id, &coop.books, &coop.promised);
            holding::again((&life, harm), id, &coop.books, &mut self.dice);
            let tried = &coop.promised.tried;
            let stored = tried.iter().find(|id| coop.books.requests.contains_key(id));
            assert_eq!(stored, None, "what was only looked at was recorded");
        }
        assert_eq!(self.faults.struck(), None);
        self.end(life, "stopped");
        if self.dice.percent(10) {
            self.rotten();
        }
    }

    /// What was never answered is asked again. Says how the process ended, if a damaged page ended it.
    fn settle(&mut self, life: &mut Life, harm: Harm) -> Option<&'static str> {
        for _ in 0..3 {
            self.callers.ask_again(life, &self.coops);
            let end = self.judge(went(|| life.write()), harm);
            if end.is_some() {
                return end;
            }
            self.hear();
            life.pack();
        }
        None
    }

    /// What the store has dropped without a word, the head file remembers: a log that ends too soon is not served.
    fn rotten(&mut self) {
        let Some(log) = self.disk.rot() else { return };
        self.faults.begin(None);
        let place = Place {
            disk: &self.disk,
            folder: self.folder.path(),
            options: &self.options,
            clock: &self.clock,
            faults: &self.faults,
        };
        let life = Life::open(&place, Confirmed::Yes).unwrap();
        let directory = life.opened.directory.read().unwrap();
        assert!(
            directory.served.values().all(|(id, _)| *id != log),
            "log {log} is served without its end"
        );
        assert!(!directory.lost.is_empty() || directory.nameless.is_some());
        *self.tally.ends.entry("rotten").or_default() += 1;
    }
}
