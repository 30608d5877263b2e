//! What goes wrong in one life of the process, and when; and what readers have seen at each step of the disk.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use ledger_proto::Hash;

use super::trace::Trace;
use crate::{
    demo::dice::Dice,
    engine::Directory,
    log::{Act, Failure, Fate, Fates, LogId, PackedLog, Spot},
};

/// What is under way in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// It starts.
    Starting,
    /// The writer works.
    Writing,
    /// A closed volume is packed, or one that is packed goes.
    Packing,
}

/// What is to go wrong, once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// At the act with this number, or at that of its kind.
    pub(super) nth: u64,
    /// Which kind; nothing: whichever.
    pub(super) of: Option<Act>,
    /// What becomes of it.
    pub(super) fate: Fate,
}

/// What has gone wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Struck {
    pub(super) doing: Doing,
    pub(super) act: Act,
    pub(super) how: How,
}

/// In which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    Cut,
    Failed,
}

/// Whoever says what becomes of each act of the disk.
pub(super) struct Faults {
    now: Mutex<Now>,
}

struct Now {
    trace: Trace,
    dice: Dice,
    plan: Option<Plan>,
    doing: Doing,
    acts: u64,
    of_kind: BTreeMap<Act, u64>,
    struck: Option<Struck>,
    packs: u64,
    readers: Option<Arc<RwLock<Directory>>>,
    packer: Option<Arc<PackedLog>>,
    seen: BTreeMap<LogId, Vec<(u64, Hash)>>,
}

impl Faults {
    pub(super) fn new(trace: Trace, dice: Dice) -> Arc<Self> {
        let now = Now {
            trace,
            dice,
            plan: None,
            doing: Doing::Starting,
            acts: 0,
            of_kind: BTreeMap::new(),
            struck: None,
            packs: 0,
            readers: None,
            packer: None,
            seen: BTreeMap::new(),
        };
        Arc::new(Self { now: Mutex::new(now) })
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another life begins, in which this is to go wrong.
    pub(super) fn begin(&self, plan: Option<Plan>) {
        let mut now = self.lock();
        (now.plan, now.doing, now.acts) = (plan, Doing::Starting, 0);
        now.of_kind.clear();
        (now.struck, now.readers, now.packer) = (None, None, None);
    }

    /// The process has started: there are readers from now on, and a packer beside the writer.
    pub(super) fn started(&self, readers: Arc<RwLock<Directory>>, packer: Arc<PackedLog>) {
        let mut now = self.lock();
        (now.readers, now.packer) = (Some(readers), Some(packer));
    }

    /// Nothing goes wrong any more, and nobody reads: the process has come to its end.
    pub(super) fn rest(&self) {
        let mut now = self.lock();
        (now.plan, now.readers, now.packer) = (None, None, None);
    }

    /// What is done from now on.
    pub(super) fn doing(&self, what: Doing) {
        self.lock().doing = what;
    }

    /// What has gone wrong in this life, if anything has.
    pub(super) fn struck(&self) -> Option<Struck> {
        self.lock().struck
    }

    /// How many packs were made.
    pub(super) fn packs(&self) -> u64 {
        self.lock().packs
    }

    /// Something else happens in the run.
    pub(super) fn say(&self, what: &dyn std::fmt::Debug) {
        self.lock().trace.say(what);
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        self.lock().trace.digest()
    }

    /// How far readers have seen each log, and what stood for it then, since this was asked last.
    pub(super) fn seen(&self) -> BTreeMap<LogId, Vec<(u64, Hash)>> {
        std::mem::take(&mut self.lock().seen)
    }

    /// Readers look at all that is shown.
    pub(super) fn look(&self) {
        let Some(readers) = self.lock().readers.clone() else { return };
        let directory = readers.read().unwrap();
        for (id, published) in directory.served.values() {
            let mut now = self.lock();
            let seen = now.seen.entry(*id).or_default();
            let view = published.look();
            let size = view.tree().size();
            if seen.last().is_none_or(|(before, _)| *before < size) && size > 0 {
                seen.push((size, view.tree().root()));
            }
        }
    }

    /// While the writer is at the disk, the packer may be, too.
    fn pack_meanwhile(&self, act: Act) {
        let packer = {
            let mut now = self.lock();
            let may = now.doing == Doing::Writing
                && matches!(act, Act::Put | Act::Sync | Act::WriteHead | Act::SyncWal)
                && now.packer.is_some();
            if !may || !now.dice.percent(10) {
                return;
            }
            now.doing = Doing::Packing;
            now.packer.clone()
        };
        if let Some(packer) = packer {
            packer.pack();
        }
        self.doing(Doing::Writing);
    }
}

impl Fates for Faults {
    fn next(&self, act: Act, at: Spot) -> Fate {
        self.look();
        self.pack_meanwhile(act);
        let mut now = self.lock();
        now.acts += 1;
        let (acts, kind) = (now.acts, now.of_kind.entry(act).or_default());
        *kind += 1;
        let kind = *kind;
        let hit = now
            .plan
            .filter(|plan| plan.of.map_or(plan.nth == acts, |of| of == act && plan.nth == kind));
        let fate = hit.map_or(Fate::Done, |plan| plan.fate);
        // Only a sync can forget. Where that of the cards does, a card may be gone after the next power cut, and no entry.
        let syncs = matches!(act, Act::Sync | Act::SyncHead | Act::SyncWal) && at != Spot::Cards;
        let forgets = fate == Fate::Fails(Failure::Forgotten) && !syncs;
        let fate = if forgets { Fate::Fails(Failure::Refused) } else { fate };
        if fate != Fate::Done {
            now.plan = None;
            let how = if matches!(fate, Fate::Fails(_)) { How::Failed } else { How::Cut };
            now.struck = Some(Struck { doing: now.doing, act, how });
        }
        now.packs += u64::from((act, fate) == (Act::CreatePack, Fate::Done));
        now.trace.say(&(act, at, fate));
        fate
    }
}

/// What is to go wrong in a life, by chance: nothing, or one thing.
pub(super) fn plan(dice: &mut Dice) -> Option<Plan> {
    if dice.percent(15) {
        return None;
    }
    let acts = [
        Act::Put,
        Act::Remove,
        Act::Sync,
        Act::CreateVolume,
        Act::SetAside,
        Act::CreatePack,
        Act::RemoveTables,
        Act::CreateHead,
        Act::WriteHead,
        Act::SyncHead,
        Act::CreateWal,
        Act::WriteWal,
        Act::SyncWal,
    ];
    let of = if dice.percent(60) { dice.one(&acts) } else { None };
    // The first acts of a life are those of its start: as likely as all others together.
    let most = dice.one(&[3, 8, 20, 60, 200]).unwrap_or(1);
    let nth = if of.is_some() { dice.between(1, most / 2 + 1) } else { dice.between(1, 2 * most) };
    let fates = [
        Fate::CutBefore,
        Fate::CutAfter,
        Fate::CutAfter,
        Fate::Fails(Failure::Refused),
        Fate::Fails(Failure::Full),
        Fate::Fails(Failure::Denied),
        Fate::Fails(Failure::Forgotten),
    ];
    let fate = dice.one(&fates)?;
    Some(Plan { nth: nth.unsigned_abs(), of, fate })
}
