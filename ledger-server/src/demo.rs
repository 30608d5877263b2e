//! A sample co-op with a simulated year, to look at and to practise on.
//!
//! Its requests take the same road as everybody's, by a clock that is set by hand; what falls due, falls due by itself.
//! A filling that was cut off begins again: it takes seconds, and the year should end today.

mod calendar;
pub(crate) mod dice;
mod folder;
mod hours;
mod names;
mod people;
mod representatives;
mod respite;
mod road;
mod store;
mod tell;
mod vouchers;
mod year;

#[cfg(test)]
mod tests;

use std::{io::Write, path::Path};

use ledger_core::{CoopName, Timestamp};

use crate::{
    clock::Clock,
    config::Demo,
    error::Error,
    house::{House, Opening},
    serve::{serve, until_told},
};
use folder::Found;
use road::{Road, Tally};
use year::{Plan, World};

/// The name of the sample.
const COOP: &str = "sample-valley";
/// In the example of what to try next, respite is wanted in so many days.
const NEXT_WEEK: i32 = 8;

/// Makes the sample where there is none, tells what is in it, and serves it until told to end.
pub async fn demo(how: &Demo) -> Result<(), Error> {
    let Demo { data, listen, fill_only: _, seed } = how;
    if !listen.ip().is_loopback() {
        return Err(Error::Internal(format!(
            "the sample is for this machine only: leave --listen out, or say 127.0.0.1:{}",
            listen.port()
        )));
    }
    let now = Clock::machine().now()?;
    let about = format!("--seed {seed}");
    match folder::look(data, &about)? {
        Found::Whole(filled) => {
            let other = if filled == about {
                String::new()
            } else {
                format!(" It was filled with {filled}; for another year, choose another --data.")
            };
            say(&format!("The sample in {} is used again.{other}\n", data.display()));
        }
        Found::Room(filling) => {
            say(&format!("Filling {} with a year of a made-up care co-op …", data.display()));
            let tally = fill(data, Plan { seed: *seed, until: now, percent: 100 }).await?;
            filling.finish()?;
            let refused = match tally.refusals() {
                0 => String::new(),
                some => format!("; {} more were refused by a rule", tell::grouped(some)),
            };
            say(&format!("{} requests are recorded{refused}.\n", tell::grouped(tally.recorded)));
        }
    }
    show(how, now).await
}

/// Opens the sample by the machine's clock, tells what is in it, and serves it.
async fn show(how: &Demo, now: Timestamp) -> Result<(), Error> {
    let Demo { data, listen, fill_only, seed: _ } = how;
    let coop = coop()?;
    // A sample may lie in its folder for months: what has fallen due since then falls due now.
    let house = House::open(&Opening { confirm_clock: true, ..Opening::at(data) })?;
    let (ledger, cast) = tell::ledger(&house.service(), &coop).await?;
    say(&format!("{coop}\n\n{ledger}"));
    if *fill_only {
        house.close().await;
        return Ok(());
    }
    let token = data.join("operator.token");
    let serving = serve(house, *listen, None).await?;
    let day = now.day().plus(NEXT_WEEK).to_string();
    say(&tell::next(serving.address(), &token, &coop, (&cast, &day)));
    until_told().await?;
    serving.stop().await
}

fn coop() -> Result<CoopName, Error> {
    CoopName::new(COOP).map_err(Error::internal)
}

/// Lives through a year in an empty folder.
async fn fill(data: &Path, plan: Plan) -> Result<Tally, Error> {
    let coop = coop()?;
    let clock = Clock::by_hand(plan.until.plus_days(-366));
    let house = House::open(&Opening { clock: clock.clone(), ..Opening::at(data) })?;
    let mut world = World::new(plan, coop.clone(), house.secrets().clone());
    let mut road = Road { house: &house, clock, coop, tally: Tally::default() };
    let lived = year::live(&mut world, &mut road, plan.until).await;
    let tally = road.tally;
    house.close().await;
    lived.map(|()| tally)
}

/// Says something to whoever sits there. If nobody does, that is no error of the sample's.
fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{what}"));
}
