//! An hour of ordinary life, and no penny and no minute out of place: many callers against the program itself, as it is
//! run, which is stopped once and killed once meanwhile.
//!
//! Everybody keeps books of their own of what they were told. At the end these, the history, what is served and what an
//! auditor makes of it must be the same, or the program ends with an error. The same code runs for half a minute as a test.

#![allow(
    clippy::indexing_slicing,
    clippy::large_futures,
    clippy::panic,
    clippy::unnecessary_wraps,
    reason = "where the soak itself is wrong it ends; a home is a task of its own; what is asked is said as messages want it"
)]

#[path = "soak/followers.rs"]
mod followers;
#[path = "soak/gauges.rs"]
mod gauges;
#[path = "soak/home.rs"]
mod home;
#[path = "soak/reckoning.rs"]
mod reckoning;
#[path = "soak/report.rs"]
mod report;
#[path = "soak/server.rs"]
mod server;
#[path = "soak/steps.rs"]
mod steps;
#[path = "soak/town.rs"]
mod town;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ledger_proto::v1;
use tokio::runtime::Runtime;

use followers::follow;
pub(crate) use gauges::Sample;
use gauges::{Gauges, sample};
use home::{Home, Tokens};
use reckoning::{reckon, served};
pub(crate) use report::Report;
use server::Server;
use town::{COOP, Town, ask};

/// What is lived through.
pub(crate) struct Plan {
    /// `carestore-server`.
    pub(crate) program: PathBuf,
    /// A folder for all of it.
    pub(crate) dir: PathBuf,
    pub(crate) lasts: Duration,
    /// So many homes of four people each.
    pub(crate) homes: u32,
    /// So many calls a second, at the most.
    pub(crate) a_second: u32,
    pub(crate) followers: usize,
    /// How often the server's process is looked at.
    pub(crate) every: Duration,
    /// Tells somebody of each look.
    pub(crate) tell: fn(&Sample),
}

/// What was done to the server, and how long each took.
pub(crate) struct Outages {
    pub(crate) stop: Duration,
    pub(crate) start_after_stop: Duration,
    pub(crate) start_after_kill: Duration,
}

/// Lives through it.
pub(crate) fn live(plan: &Plan) -> Report {
    let data = plan.dir.join("data");
    let mut server = Server::new(&plan.program, &data);
    let runtime = Runtime::new().unwrap();
    let url = format!("http://{}", server.address);
    let (town, tokens) = runtime.block_on(async {
        let town = Arc::new(Town::new(url, server.token(), plan.a_second));
        let tokens = found(&town).await;
        (town, tokens)
    });
    let homes = runtime.block_on(async {
        let found = (0..plan.homes).map(|nth| {
            let (town, tokens) = (Arc::clone(&town), tokens.share());
            tokio::spawn(async move { Home::found(town, nth, &tokens).await })
        });
        let mut homes = Vec::new();
        for home in found.collect::<Vec<_>>() {
            homes.push(home.await.unwrap());
        }
        homes
    });
    let gauges = Gauges::start(&data, server.figures, (plan.every, plan.tell));
    gauges.process.store(server.id(), Ordering::Relaxed);
    let last = Arc::new(AtomicI64::new(i64::MAX));
    let following: Vec<_> = (0..plan.followers)
        .map(|nth| runtime.spawn(follow(Arc::clone(&town), nth, Arc::clone(&last))))
        .collect();
    let living: Vec<_> = homes.into_iter().map(|home| runtime.spawn(home.live())).collect();
    let office = runtime.spawn(office(Arc::clone(&town), plan.lasts / 30));
    let began = Instant::now();
    let outages = hardship(plan, &mut server, (&town, &gauges.process));
    town.over.store(true, Ordering::Relaxed);
    let (homes, followed, reckoned) = runtime.block_on(async {
        let mut homes = Vec::new();
        for home in living {
            homes.push(home.await.unwrap());
        }
        office.await.unwrap();
        let reckoned = reckon(&town, &homes, &plan.dir.join("bundle")).await;
        last.store(reckoned.entries, Ordering::SeqCst);
        let mut followed = Vec::new();
        for follower in following {
            match tokio::time::timeout(Duration::from_mins(2), follower).await {
                Ok(seen) => followed.push(seen.unwrap()),
                Err(_) => town.wrong("a follower never came to the end".to_owned()),
            }
        }
        (homes, followed, reckoned)
    });
    let lasted = began.elapsed();
    let samples = gauges.stop();
    // Who has gone leaves nothing open behind.
    drop(homes);
    let look = |server: &Server| sample(server.id(), &data, server.figures);
    let before = runtime.block_on(async { served(&town.operator()).await });
    let (after, fresh) = settled(&mut server, &look);
    let again = runtime.block_on(async { served(&town.operator()).await });
    town.same("all accounts behind a start", again, before);
    drop(runtime);
    server.stop();
    Report::new(&town, (lasted, &outages), &samples, (after, fresh), (followed, reckoned))
}

/// The server when everybody has gone, and on the same folder just started: what it holds of those who were there, and what
/// the log itself takes.
fn settled(server: &mut Server, look: &dyn Fn(&Server) -> Option<Sample>) -> (Sample, Sample) {
    let least = |server: &Server| {
        // Connections that were closed are let go of a moment later; the fewest of some looks.
        let looks = (0..20).filter_map(|_| {
            thread::sleep(Duration::from_millis(250));
            look(server)
        });
        looks.min_by(|one, other| one.files.total_cmp(&other.files)).unwrap()
    };
    let after = least(server);
    server.stop();
    server.start();
    (after, least(server))
}

/// A third of the time, then a stop and a start; another third, then a kill and a start; and the rest. Before each of the two
/// nobody waits for their turn, so that there is much in the air.
fn hardship(plan: &Plan, server: &mut Server, (town, process): (&Town, &AtomicU32)) -> Outages {
    let life = || {
        thread::sleep(plan.lasts / 3);
        process.store(0, Ordering::Relaxed);
        town.hurry.store(true, Ordering::Relaxed);
        thread::sleep(HURRY);
    };
    let again = |server: &mut Server| {
        let took = server.start();
        town.hurry.store(false, Ordering::Relaxed);
        process.store(server.id(), Ordering::Relaxed);
        took
    };
    life();
    let stop = server.stop();
    let start_after_stop = again(server);
    life();
    server.kill();
    let start_after_kill = again(server);
    thread::sleep(plan.lasts / 3);
    Outages { stop, start_after_stop, start_after_kill }
}

/// So long do all ask as fast as they can before the server goes.
const HURRY: Duration = Duration::from_millis(400);

/// Founds the co-op, with room for many vouchers, and hands out tokens.
async fn found(town: &Town) -> Tokens {
    let operator = town.operator();
    let policy = v1::PolicyValues {
        floor_minutes: -home::FLOOR,
        soft_floor_minutes: -360,
        confirm_days: 14,
        lapse_days: 30,
        day_cap_minutes: home::DAY_CAP,
        backdating_days: 60,
        voucher_cap: 1_000,
        voucher_cap_pence: 100_000_000,
        voucher_basis: v1::VoucherBasis::Recognition.into(),
        ..v1::PolicyValues::default()
    };
    let mut context = operator.write_context();
    context.acting_as.clear();
    let founded =
        ask!(town, operator, context, found_coop, FoundCoopRequest { policy: Some(policy) });
    town.yes(founded).unwrap();
    let appointed = ask!(
        town,
        operator,
        appoint_officer,
        AppointOfficerRequest { role: v1::OfficerRole::Treasurer.into(), ..Default::default() }
    );
    town.yes(appointed).unwrap();
    let app = v1::CreateTokenRequest {
        coop: format!("coops/{COOP}"),
        title: "the rota".to_owned(),
        role: v1::TokenRole::App.into(),
        acts_as_members: true,
        scopes: vec![v1::Scope::TimeRead.into(), v1::Scope::TimeWrite.into()],
        ..v1::CreateTokenRequest::default()
    };
    Tokens {
        officer: town.token(v1::TokenRole::Coordinator, "officers/1").await.1,
        treasurer: town.token(v1::TokenRole::Treasurer, "officers/2").await.1,
        app: town.token_for(app).await.1,
    }
}

/// What an office does now and again: seals the state, and hands out a token that it ends again.
async fn office(town: Arc<Town>, every: Duration) {
    let operator = town.operator();
    while !town.is_over() {
        let sealed = ask!(town, operator, seal_state, SealStateRequest {});
        town.yes(sealed);
        let (name, token) = town.token(v1::TokenRole::Auditor, "").await;
        let client = town.client(&token, "");
        let request = v1::GetStoreTotalsRequest { context: Some(client.read_context()) };
        town.read("get_store_totals", client.get_store_totals(request.clone())).await;
        town.read("revoke_token", operator.revoke_token(v1::RevokeTokenRequest { name })).await;
        let ended = town.call("get_store_totals", client.get_store_totals(request)).await;
        town.no("a token that has ended", "TOKEN_REVOKED", ended);
        let until = Instant::now() + every;
        while Instant::now() < until && !town.is_over() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
