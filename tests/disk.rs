//! What befalls the folder on a real disk: parts of it are lost or of another day, bytes change, room runs out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that fails says so"
)]

mod asked;
mod flips;
mod gone;
mod room;

use ledger_proto::v1;
use ledger_server::Clock;

use crate::harness::{COOP, Town, say};

/// A member with words beside the number.
fn named(name: &str) -> v1::EnrolMemberRequest {
    let contact = format!("{name} at 01484 000000");
    let card = v1::Card { display_name: name.to_owned(), contact, notes: String::new() };
    v1::EnrolMemberRequest { card: Some(card), ..say::enrol(v1::Hat::CommunityVolunteer) }
}

/// The names of all members, in the order of their numbers.
async fn names(town: &Town) -> Vec<String> {
    let request = v1::ListMembersRequest { context: Some(town.read()), ..Default::default() };
    let members = town.client().list_members(request).await.unwrap().members;
    members.into_iter().map(|member| member.display_name).collect()
}

/// A co-op with names in it, by the machine's clock, as the operator's tools need it.
async fn with_names() -> Town {
    let town = Town::on(tempfile::tempdir().unwrap(), Clock::machine()).await;
    town.ok(say::found()).await;
    for name in ["Ann", "Bryn", "Cerys"] {
        town.ok(named(name)).await;
    }
    town
}

/// Why the server does not start.
async fn refused(town: &mut Town) -> String {
    let started = town.start().await;
    started.expect_err("it starts").to_string()
}

fn coop() -> ledger_core::CoopName {
    ledger_core::CoopName::new(COOP).unwrap()
}
