//! What people do of a day, step by step, each with what must come of it.

#[path = "steps/bulk.rs"]
mod bulk;
#[path = "steps/hours.rs"]
mod hours;
#[path = "steps/looks.rs"]
mod looks;
#[path = "steps/refused.rs"]
mod refused;
#[path = "steps/respite.rs"]
mod respite;
#[path = "steps/store.rs"]
mod store;

use super::home::Home;

/// One step or another; in a hundred so many of each.
pub(crate) async fn take_one(home: &mut Home) {
    match home.chance.below(100) {
        0..20 => hours::logged(home).await,
        20..24 => hours::disputed(home).await,
        24..27 => hours::recorded(home).await,
        27..32 => hours::given(home).await,
        32..36 => hours::through_the_pot(home).await,
        36..40 => hours::undone(home).await,
        40..52 => respite::asked(home).await,
        52..57 => store::vouchers(home).await,
        57..62 => store::cash(home).await,
        62..64 => store::gifts(home).await,
        64..66 => bulk::batch(home).await,
        66..67 => bulk::import(home).await,
        67..68 => bulk::came_and_went(home).await,
        68..90 => looks::some(home).await,
        _ => refused::some(home).await,
    }
}
