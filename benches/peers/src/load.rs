//! The load: so many callers in one process, each of whom waits for an answer before asking again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

/// Any error ends the program with its text.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// How much is asked.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Extent {
    /// How many wait for an answer at any time.
    #[arg(long, default_value_t = 1)]
    pub(crate) callers: usize,
    /// Over how many connections. Zero: one for each 32 callers.
    #[arg(long, default_value_t = 0)]
    connections: usize,
    /// How many entries a request brings.
    #[arg(long, default_value_t = 1)]
    pub(crate) batch: usize,
    /// How long it is measured.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    /// How long it goes on before that.
    #[arg(long, default_value_t = 1.0)]
    warm: f64,
}

impl Extent {
    /// One caller, who does not ask.
    pub(crate) fn one() -> Extent {
        Extent { callers: 1, connections: 1, batch: 1, seconds: 0.0, warm: 0.0 }
    }

    pub(crate) fn connections(&self) -> usize {
        match self.connections {
            0 => self.callers.div_ceil(32),
            said => said,
        }
    }
}

/// One of those who ask: numbers that look like chance (Steele, Lea, Flood, 2014), from the clock at its start, so that a
/// second run asks for something else.
pub(crate) struct Caller(u64);

impl Caller {
    fn new(nth: usize) -> Caller {
        Caller(since_1970().as_nanos() as u64 ^ (nth as u64) << 48)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Two members, and never the same one twice.
    pub(crate) fn pair(&mut self, members: u64) -> (u64, u64) {
        let (one, step) = (self.below(members), 1 + self.below(members - 1));
        (one, (one + step) % members)
    }
}

/// Who answers.
pub(crate) trait Peer: Send + Sync + 'static {
    /// Asks once, for so many entries, and waits until they are durable.
    fn ask(
        &self,
        nth: usize,
        caller: &mut Caller,
        batch: usize,
    ) -> impl Future<Output = Result<(), Failed>> + Send;
}

/// Lets the callers ask until the time is over, and says what it came to.
pub(crate) async fn load(extent: &Extent, peer: impl Peer) -> Result<Value, Failed> {
    let peer = Arc::new(peer);
    let over = Arc::new(AtomicBool::new(false));
    let begins = Instant::now() + Duration::from_secs_f64(extent.warm);
    let batch = extent.batch;
    let callers: Vec<_> = (0..extent.callers)
        .map(|nth| {
            let (peer, over) = (Arc::clone(&peer), Arc::clone(&over));
            tokio::spawn(async move {
                let (mut caller, mut waits) = (Caller::new(nth), Vec::new());
                while !over.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    peer.ask(nth, &mut caller, batch).await?;
                    let answered = Instant::now();
                    // What was answered within the time counts; what was on its way at its end does not.
                    if answered > begins && !over.load(Ordering::Relaxed) {
                        waits.push(answered - asked);
                    }
                }
                Ok::<_, Failed>(waits)
            })
        })
        .collect();
    tokio::time::sleep_until(begins.into()).await;
    let (began, since) = (since_1970(), Instant::now());
    tokio::time::sleep(Duration::from_secs_f64(extent.seconds)).await;
    over.store(true, Ordering::Relaxed);
    let (ended, took) = (since_1970(), since.elapsed());
    let mut waits = Vec::new();
    for caller in callers {
        waits.extend(caller.await??);
    }
    waits.sort();
    let wait = |of_thousand: usize| {
        waits.get(waits.len() * of_thousand / 1000).map(|wait| wait.as_secs_f64() * 1e3)
    };
    Ok(json!({
        "rate": (waits.len() * batch) as f64 / took.as_secs_f64(),
        "requests": waits.len(),
        "p50_ms": wait(500),
        "p99_ms": wait(990),
        "began": began.as_secs_f64(),
        "ended": ended.as_secs_f64(),
    }))
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
