//! What is left of what was not synced, when the power goes or the process ends.

use std::collections::BTreeSet;

use crate::{
    demo::dice::Dice,
    log::{Act, Arrival, SimulatedDisk, Spot},
};

/// The power goes. What lies in one file gets to the platter in the order in which it was written, and each file for itself.
pub(super) fn cut(disk: &SimulatedDisk, dice: &mut Dice) {
    match dice.below(6) {
        0 => disk.crash(0),
        1 => disk.crash(usize::MAX),
        2 => disk.crash_with_removals_first(),
        _ => {
            let mut arrived = up_to_somewhere(dice);
            disk.crash_where(&mut arrived);
        }
    }
}

/// The process ends: the system goes on with what was handed to it, and a store hands over in order.
pub(super) fn kill(disk: &SimulatedDisk, dice: &mut Dice) {
    if dice.percent(30) {
        stop(disk);
    } else {
        let mut handed = up_to_somewhere(dice);
        disk.kill_where(&mut handed);
    }
}

/// The process ends when it has handed everything over.
pub(super) fn stop(disk: &SimulatedDisk) {
    disk.kill_where(&mut |_, _| Arrival::Whole);
}

fn up_to_somewhere(dice: &mut Dice) -> impl FnMut(Act, Spot) -> Arrival {
    let one_in = dice.between(1, 6);
    let mut over = BTreeSet::new();
    move |act, at| {
        if over.contains(&at) {
            return Arrival::Never;
        }
        if dice.below(one_in) > 0 {
            return Arrival::Whole;
        }
        over.insert(at);
        if matches!(act, Act::WriteHead | Act::WriteWal) && dice.percent(50) {
            let most = if act == Act::WriteHead { 91 } else { 600 };
            let bytes = usize::try_from(dice.between(1, most)).unwrap();
            // Two writes to the same slot lie in the same sector, and what is behind a torn one in time may be whole.
            return Arrival::Torn(bytes);
        }
        Arrival::Never
    }
}
