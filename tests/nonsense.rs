//! Nonsense of every sort, sent to every method: it is refused by a reason, and the server goes on.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails says so"
)]

mod browsers;
mod bytes;
mod floods;
mod others;
mod strangers;
mod times;

use std::collections::BTreeSet;

use ledger_proto::DESCRIPTORS;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value,
};

use crate::{
    access::by_web,
    harness::{Town, run, say, say::member},
    power::{scattered, times},
};

/// Most of what is sent makes sense, so that the rest gets far.
const NUMBERS: [i64; 16] =
    [60, 60, 60, 30, 30, 1, 1, 1, 2, 5, 0, -1, i64::MIN, i64::MAX, i64::MAX - 1, 1 << 40];

/// What looks like chance and is the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 += 1;
        usize::try_from(scattered(self.0)).unwrap() % n
    }

    fn text(&mut self, field: &str, town: &Town) -> String {
        let right = match field {
            "coop" => "coops/colne-valley".to_owned(),
            "request_id" => crate::harness::request_id(town.now()),
            "acting_as" => "officers/1".to_owned(),
            "date" | "valid_until" | "wanted_on" | "occurred_on" | "joined_on" | "from_day"
            | "to_day" | "as_of_day" | "until" => "2026-03-02".to_owned(),
            "page_token" | "ref" | "decided_by" => String::new(),
            "start_time" => "10:00".to_owned(),
            "fund" => "funds/1".to_owned(),
            "party" => "parties/1".to_owned(),
            "offer" | "stock_of_offer" => "offers/1".to_owned(),
            "entry" | "corrects" => format!("entries/{}", 1 + self.below(12)),
            "hours" => format!("hours/{}", 1 + self.below(12)),
            "respite" => format!("respite/{}", 1 + self.below(12)),
            "voucher" => format!("vouchers/{}", 1 + self.below(12)),
            "import" | "file" | "text" | "title" | "purpose" => "Learning".to_owned(),
            _ => member(1 + u32::try_from(self.below(5)).unwrap()),
        };
        match self.below(60) {
            0 => String::new(),
            1 => "x".repeat(70_000),
            2 => "\u{0}\u{202e}é🙂".to_owned(),
            3 => format!("{right}/"),
            4 => "members/99999999999999999999".to_owned(),
            5 => "2199-12-31".to_owned(),
            _ => right,
        }
    }

    /// A message with nonsense in some of its fields.
    fn message(&mut self, of: &MessageDescriptor, town: &Town, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        let mut fields: Vec<FieldDescriptor> =
            of.fields().filter(|field| field.containing_oneof().is_none()).collect();
        for oneof in of.oneofs() {
            let arms: Vec<FieldDescriptor> = oneof.fields().collect();
            // What is known goes with a day only: said as often as the rest, it would hide every read.
            let said = if oneof.name() == "known_at" { 1 } else { 9 };
            if self.below(10) < said {
                fields.push(arms[self.below(arms.len())].clone());
            }
        }
        for field in fields {
            // Guards and trials would hide most of what lies behind them.
            let said = match field.name() {
                "expected_position" | "expected_revision" | "validate_only" => self.below(10) == 0,
                "context" | "coop" | "request_id" => self.below(30) > 0,
                "on_behalf_of" | "corrects" | "occurred_on" | "at_least_position" => {
                    self.below(8) == 0
                }
                _ => self.below(8) > 0,
            };
            if !said || depth == 0 {
                continue;
            }
            let value = if field.is_list() {
                let count = self.below(4);
                Value::List((0..count).map(|_| self.value(&field, town, depth)).collect())
            } else {
                self.value(&field, town, depth)
            };
            message.set_field(&field, value);
        }
        message
    }

    fn value(&mut self, field: &FieldDescriptor, town: &Town, depth: usize) -> Value {
        match field.kind() {
            Kind::Int64 => Value::I64(NUMBERS[self.below(NUMBERS.len())]),
            Kind::Int32 => Value::I32([0, 0, 1, 2, -1, i32::MIN, i32::MAX][self.below(7)]),
            Kind::Bool => Value::Bool(self.below(2) == 0),
            Kind::String => Value::String(self.text(field.name(), town)),
            Kind::Bytes => Value::Bytes(vec![0xff; self.below(40)].into()),
            Kind::Enum(_) => {
                Value::EnumNumber([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 0, -1, i32::MAX][self.below(13)])
            }
            Kind::Message(of) => Value::Message(self.message(&of, town, depth - 1)),
            other => panic!("the API has no {other:?}"),
        }
    }
}

/// A co-op with one of everything.
async fn furnished() -> Town {
    let town = Town::peopled().await;
    town.ok(say::open_fund("General", "")).await;
    say::bakery(&town, 5).await;
    say::logged(&town, 1, 4, 60).await;
    say::asked(&town, 60).await;
    town.ok(say::issue(1, 1)).await;
    town
}

#[test]
fn nonsense_is_refused_by_a_reason_and_the_server_goes_on() {
    run(async {
        let town = furnished().await;
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let headers = format!("authorization: Bearer {}\r\ngrpc-timeout: 200m\r\n", town.token());
        let (mut chance, mut taken) = (Chance(0), BTreeSet::new());
        let methods: Vec<_> =
            pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
        for round in 0..times("CARESTORE_NONSENSE", 200) {
            for method in &methods {
                let service = method.parent_service().name().to_owned();
                // It never ends by itself.
                if method.name() == "WatchHistory" {
                    continue;
                }
                let message = chance.message(&method.input(), &town, 6);
                let name = format!("{service}/{}", method.name());
                let answer = by_web(&town, &name, &headers, &message).await;
                let status = answer
                    .split("grpc-status:")
                    .nth(1)
                    .and_then(|rest| rest.split_whitespace().next());
                let status =
                    status.unwrap_or_else(|| panic!("{round} {name} {message:?}: {answer}"));
                // Neither UNKNOWN, nor UNIMPLEMENTED, nor INTERNAL.
                assert!(
                    !["2", "12", "13"].contains(&status),
                    "{round} {name} {message:?}: {answer}"
                );
                if status == "0" {
                    taken.insert(name);
                }
            }
        }
        let never: Vec<String> = methods
            .iter()
            .map(|method| format!("{}/{}", method.parent_service().name(), method.name()))
            // A token's number is not to be guessed.
            .filter(|name| !taken.contains(name) && name != "TokensService/RevokeToken")
            .collect();
        assert!(never.len() < 16, "nothing but nonsense teaches nothing: {never:?}");
        let mut town = town;
        let before = town.totals(town.read()).await;
        let balances = town.balances(town.read()).await;
        town.restart().await;
        assert_eq!(town.totals(town.read()).await, before);
        assert_eq!(town.balances(town.read()).await, balances);
        let held: i64 = balances.iter().map(|(own, held)| own + held).sum();
        let time = before.time.unwrap();
        assert_eq!(held + time.pot_minutes + time.commons_minutes, 0, "nothing was made of it");
    });
}
