//! What the server's parts hold in memory while years go by: it is what is current, and does not grow with the log.
//!
//! A tenth of the entries come within the days for which request ids are remembered. From the second tenth on the same
//! number of ids is remembered, and what is held goes up and down with the volume that is being filled.

#[path = "memory/served.rs"]
pub(crate) mod served;

use std::path::Path;

use ledger_core::{
    Actor, CashSource, Command, CoopName, FundFreedom, FundId, Hat, MemberId, Minutes, OfficerId,
    Pence, Timestamp, Title, Values,
};
use ledger_server::{Clock, House, Opening, Submission};

use crate::{Extent, hours::request, start::resident};

const MEMBERS: usize = 200;
/// So many requests come together.
const TOGETHER: usize = 64;
/// Request ids are remembered for so long.
const REMEMBERED_MS: i64 = ledger_core::REQUEST_ID_DAYS_BACK * 86_400_000;
const FIRST_MS: i64 = 1_767_225_600_000;
const PARTS: usize = 20;

/// Somebody asks, one request after the other, each a little later.
struct Caller {
    coop: CoopName,
    clock: Clock,
    asked: usize,
    step_ms: i64,
}

impl Caller {
    fn asks(&mut self, actor: Actor, command: Command) -> Submission {
        self.asked += 1;
        let later = i64::try_from(self.asked).unwrap() * self.step_ms;
        let at = Timestamp::from_unix_ms(FIRST_MS + later);
        self.clock.set(at);
        let request = request(at, u32::try_from(self.asked).unwrap(), actor, command);
        let coop = self.coop.clone();
        Submission { coop, request, validate_only: false, card: None, note: None }
    }

    /// Cash comes in, and a minute goes from one member to the next and back again.
    fn ordinary(&mut self) -> Submission {
        let (turn, kind) = (self.asked / 4, self.asked % 4);
        let [one, next] = [turn, turn + 1].map(|nth| MemberId::at(nth % MEMBERS).unwrap());
        let minutes = Minutes::new(1).unwrap();
        let give = |from, to| Command::GiveHours { from, to: Some(to), minutes };
        let command = match kind {
            0 => give(one, next),
            1 => give(next, one),
            _ => Command::ReceiveCash {
                fund: FundId::new(1).unwrap(),
                source: CashSource::Donation,
                pence: Pence::new(1).unwrap(),
                party: None,
                member: None,
            },
        };
        self.asks(officer(), command)
    }
}

fn officer() -> Actor {
    Actor::Officer(OfficerId::new(1).unwrap())
}

/// Lets so many entries happen in a fresh ledger, and prints what is held after each part of them.
pub(crate) fn measure(extent: &Extent, dir: &Path) {
    let clock = Clock::by_hand(Timestamp::from_unix_ms(FIRST_MS));
    let opening = Opening { clock: clock.clone(), ..Opening::at(dir.join("memory")) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let house = runtime.block_on(async { House::open(&opening) }).unwrap();
    let step_ms = REMEMBERED_MS * 10 / i64::try_from(extent.entries).unwrap();
    let coop = CoopName::new("colne-valley").unwrap();
    let mut caller = Caller { coop: coop.clone(), clock, asked: 0, step_ms };
    let found =
        caller.asks(Actor::Operator, Command::FoundCoop { coop, policy: Values::template() });
    let title = Title::new("General").unwrap();
    let open = Command::OpenFund { title, freedom: FundFreedom::Unrestricted };
    let enrol = || {
        let hats = vec![Hat::CommunityVolunteer];
        Command::EnrolMember { hats, reference: None, joined_on: None }
    };
    let empty = resident();
    println!("\n### Memory, while {} entries come\n", extent.entries);
    println!("| entries | held in memory |\n|--:|--:|\n| 0 | {} MiB |", empty >> 20);
    let mut held = Vec::new();
    runtime.block_on(async {
        let mut first = vec![found, caller.asks(officer(), open)];
        first.extend((0..MEMBERS).map(|_| caller.asks(officer(), enrol())));
        for asked in first {
            house.engine().submit(asked).await.unwrap();
        }
        for part in 1..=PARTS {
            while caller.asked < extent.entries * part / PARTS {
                let asked = (0..TOGETHER).map(|_| caller.ordinary()).collect();
                for answer in house.engine().send(asked).unwrap().await.unwrap() {
                    answer.unwrap();
                }
            }
            held.push(resident() >> 20);
            println!("| {} | {} MiB |", caller.asked, resident() >> 20);
        }
    });
    most_of_halves(&held);
    runtime.block_on(house.close());
}

fn most_of_halves(held: &[u64]) {
    let most = |of: &[u64]| of.iter().max().copied().unwrap_or_default();
    let (first, last) = held.split_at(held.len() / 2);
    println!("\nThe most in the first half {} MiB, in the second {} MiB.", most(first), most(last));
}
