//! What is said of an entry that has been recorded.

use ledger_core::{CoopName, Entry, Event};
use ledger_proto::{
    Secrets,
    api::{self, name, time},
    v1,
};

use crate::engine::Answer;

/// The receipt of an answer. A voucher's code is made from the request again, so that a retry gives the same.
pub(super) fn receipt(coop: &CoopName, answer: &Answer, secrets: &Secrets) -> v1::Receipt {
    let entry = &answer.entry;
    let (name, label) = made(coop, entry);
    let voucher_code = match (&entry.event, entry.asked) {
        (Event::VoucherIssued { .. }, Some(asked)) if !answer.validated_only => {
            secrets.voucher_code(asked.id).to_string()
        }
        _ => String::new(),
    };
    v1::Receipt {
        position: api::position(entry.position),
        record_time: Some(time(entry.recorded_at)),
        replayed: answer.replayed,
        name,
        label,
        voucher_code,
        validated_only: answer.validated_only,
        below_soft_floor_minutes: answer.below_soft_floor,
        leaf_hash: answer.leaf.map(|leaf| leaf.as_bytes().to_vec()).unwrap_or_default(),
    }
}

/// The name of what an entry made, and how people write it.
fn made(coop: &CoopName, entry: &Entry) -> (String, String) {
    let plain = |name: String, label: String| (name, label);
    let at = entry.position;
    match &entry.event {
        Event::CoopFounded { coop, policy: _ } => plain(name::coop(coop), coop.to_string()),
        Event::OfficerAppointed { officer, role: _, member: _ } => {
            plain(name::officer(coop, *officer), officer.to_string())
        }
        Event::MemberEnrolled { member, .. } => plain(name::member(coop, *member), member.label()),
        Event::PartyRegistered { party, title: _, kind: _ } => {
            plain(name::party(coop, *party), party.to_string())
        }
        Event::FundOpened { fund, title: _, freedom: _ } => {
            plain(name::fund(coop, *fund), fund.to_string())
        }
        Event::OfferPledged { offer, .. } | Event::InKindReceived { offer, .. } => {
            plain(name::offer(coop, *offer), offer.to_string())
        }
        Event::HoursLogged { .. } => plain(name::hours(coop, at), at.to_string()),
        Event::RespiteRequested { .. } => plain(name::respite(coop, at), at.to_string()),
        Event::VoucherIssued { .. } => plain(name::voucher(coop, at), at.to_string()),
        Event::PolicyAdopted { version, .. } => {
            plain(format!("{}/policies/{version}", name::coop(coop)), version.to_string())
        }
        Event::HoursRecorded { .. }
        | Event::HoursConfirmed { .. }
        | Event::HoursDisputed { .. }
        | Event::HoursResolved { .. }
        | Event::HoursGiven { .. }
        | Event::PotGranted { .. }
        | Event::CoverAgreed { .. }
        | Event::CoverWithdrawn { .. }
        | Event::RespiteDelivered { .. }
        | Event::RespiteEnded { .. }
        | Event::VoucherRedeemed { .. }
        | Event::VoucherCancelled { .. }
        | Event::VoucherLapsed { .. }
        | Event::CashReceived { .. }
        | Event::CashSpent { .. }
        | Event::InKindUsed { .. }
        | Event::EntryReversed { .. }
        | Event::StateSealed { .. }
        | Event::SigningKeyRotated { .. }
        | Event::OfficerEnded { .. }
        | Event::LossAccepted { .. }
        | Event::HatsChanged { .. }
        | Event::MemberSuspended { .. }
        | Event::MemberReinstated { .. }
        | Event::MemberLeft { .. }
        | Event::RepresentativeNamed { .. }
        | Event::RepresentativeEnded { .. } => plain(name::entry(coop, at), at.to_string()),
    }
}
