//! What happened, as the arm that is stored for it: its number is that of its kind.

use ledger_core::{Event, FundFreedom, Hat, Minutes, PartyId, Pence};

use super::{cover, ending, help, message::Message, number_of, undone, values};
use crate::stored::log;

/// The arm of an event. What moved stands beside it, and nowhere twice.
pub(super) fn event(m: &mut Message, event: &Event) {
    // Every kind is below 128; were one not, nothing could be written of it.
    match u8::try_from(event.kind().code()) {
        Ok(arm) => m.within(arm, |m| fields(m, event)),
        Err(_) => m.refuse("event", "is of a kind that cannot be written"),
    }
}

fn party(m: &mut Message, field: u8, party: Option<PartyId>) {
    m.number(field, party.map_or(0, PartyId::get));
}

fn price(m: &mut Message, field: u8, price: Option<Minutes>) {
    m.number(field, price.map_or(0, Minutes::get));
}

fn hats(m: &mut Message, field: u8, hats: &[Hat]) {
    m.list(field, hats.iter().map(|hat| i64::from(hat.code()).cast_unsigned()));
}

#[allow(
    clippy::too_many_lines,
    reason = "one arm for each kind; in parts it would not be exhaustive"
)]
fn fields(m: &mut Message, event: &Event) {
    match event {
        Event::CoopFounded { coop, policy } => {
            m.bytes(1, coop.as_str().as_bytes());
            m.within(2, |m| values(m, policy));
        }
        Event::PolicyAdopted { version, policy, decided_by } => {
            m.number(1, *version);
            m.within(2, |m| values(m, policy));
            m.bytes(3, decided_by.as_ref().map_or("", |title| title.as_str()).as_bytes());
        }
        Event::OfficerAppointed { officer, role, member } => {
            m.number(1, officer.get());
            m.number(2, role.code());
            m.number(3, number_of(*member));
        }
        Event::OfficerEnded { officer } => m.number(1, officer.get()),
        Event::LossAccepted { first, last } => {
            m.position(1, *first);
            m.position(2, *last);
        }
        Event::MemberEnrolled { member, hats: worn, reference, joined_on } => {
            m.number(1, member.get());
            hats(m, 2, worn);
            m.bytes(3, reference.as_ref().map_or("", |word| word.as_str()).as_bytes());
            m.sum(4, joined_on.number());
        }
        Event::HatsChanged { member, hats: worn } => {
            m.number(1, member.get());
            hats(m, 2, worn);
        }
        Event::MemberSuspended { member, reason } => {
            m.number(1, member.get());
            m.number(2, reason.code());
        }
        // What settled the account is the entry's only transfer.
        Event::MemberReinstated { member } | Event::MemberLeft { member, settled: _ } => {
            m.number(1, member.get());
        }
        Event::RepresentativeNamed { member, representative, mandate, powers, until } => {
            m.number(1, member.get());
            m.number(2, representative.get());
            m.number(3, mandate.code());
            m.number(4, powers.code());
            if let Some(until) = until {
                m.said_sum(5, until.number());
            }
        }
        Event::RepresentativeEnded { member, representative } => {
            m.number(1, member.get());
            m.number(2, representative.get());
        }
        Event::PartyRegistered { party, title, kind } => {
            m.number(1, party.get());
            m.bytes(2, title.as_str().as_bytes());
            m.number(3, kind.code());
        }
        Event::HoursLogged { help: what, confirm_by } => {
            m.within(1, |m| help(m, what));
            m.number(2, confirm_by.unix_ms());
        }
        Event::HoursConfirmed { hours, help: what, logged, evidence } => {
            m.position(1, *hours);
            m.within(2, |m| help(m, what));
            m.number(3, logged.get());
            m.number(4, evidence.code());
        }
        Event::HoursDisputed { hours, reason } => {
            m.position(1, *hours);
            m.number(2, reason.code());
        }
        Event::HoursResolved { hours, help: what, counted } => {
            m.position(1, *hours);
            m.within(2, |m| help(m, what));
            m.number(3, counted.map_or(0, Minutes::get));
        }
        Event::HoursRecorded { help: what, evidence } => {
            m.within(1, |m| help(m, what));
            m.number(2, evidence.code());
        }
        Event::HoursGiven { from, to, minutes } => {
            m.number(1, from.get());
            m.number(2, number_of(*to));
            m.number(3, minutes.get());
        }
        Event::PotGranted { to, minutes, reason } => {
            m.number(1, to.get());
            m.number(2, minutes.get());
            m.number(3, reason.code());
        }
        Event::RespiteRequested { carer, minutes, wanted_on, start, lapse_at } => {
            m.number(1, carer.get());
            m.number(2, minutes.get());
            m.sum(3, wanted_on.number());
            if let Some(start) = start {
                m.said(4, start.minutes());
            }
            m.number(5, lapse_at.unix_ms());
        }
        Event::CoverAgreed { respite, cover: who, start } => {
            m.position(1, *respite);
            m.within(2, |m| cover(m, *who));
            m.number(3, start.minutes());
        }
        Event::CoverWithdrawn { respite, reason } => {
            m.position(1, *respite);
            m.number(2, reason.code());
        }
        Event::RespiteDelivered { respite, carer, cover: who, held, minutes } => {
            m.position(1, *respite);
            m.number(2, carer.get());
            m.within(3, |m| cover(m, *who));
            m.number(4, held.get());
            m.number(5, minutes.get());
        }
        Event::RespiteEnded { respite, carer, held, ending: how } => {
            m.position(1, *respite);
            m.number(2, carer.get());
            m.number(3, held.get());
            ending(m, *how);
        }
        Event::OfferPledged { offer, party, title, face_value, quantity, valid_until } => {
            m.number(1, offer.get());
            m.number(2, party.get());
            m.bytes(3, title.as_str().as_bytes());
            m.number(4, face_value.get());
            m.number(5, quantity.get());
            m.sum(6, valid_until.number());
        }
        Event::VoucherIssued { offer, member, reason, code, lapse_at, price: minutes } => {
            m.number(1, offer.get());
            m.number(2, member.get());
            m.number(3, reason.code());
            m.bytes(4, code.bytes());
            m.number(5, lapse_at.unix_ms());
            price(m, 6, *minutes);
        }
        Event::VoucherRedeemed { voucher, offer, member }
        | Event::VoucherLapsed { voucher, offer, member } => {
            m.position(1, *voucher);
            m.number(2, offer.get());
            m.number(3, member.get());
        }
        Event::VoucherCancelled { voucher, offer, member, price: minutes } => {
            m.position(1, *voucher);
            m.number(2, offer.get());
            m.number(3, member.get());
            price(m, 4, *minutes);
        }
        Event::FundOpened { fund, title, freedom } => {
            let (freedom, purpose) = match freedom {
                FundFreedom::Unrestricted => (log::FundFreedom::Unrestricted, ""),
                FundFreedom::Designated => (log::FundFreedom::Designated, ""),
                FundFreedom::Restricted(to) => (log::FundFreedom::Restricted, to.as_str()),
            };
            m.number(1, fund.get());
            m.bytes(2, title.as_str().as_bytes());
            m.number(3, i32::from(freedom));
            m.bytes(4, purpose.as_bytes());
        }
        Event::CashReceived { fund, source, pence, party: from, member } => {
            m.number(1, fund.get());
            m.number(2, source.code());
            m.number(3, pence.get());
            party(m, 4, *from);
            m.number(5, number_of(*member));
        }
        Event::CashSpent { fund, spent_on, pence, party: to, member } => {
            m.number(1, fund.get());
            m.number(2, spent_on.code());
            m.number(3, pence.get());
            party(m, 4, *to);
            m.number(5, number_of(*member));
        }
        Event::InKindReceived { offer, party: from, title, quantity, valuation } => {
            m.number(1, offer.get());
            party(m, 2, *from);
            m.bytes(3, title.as_str().as_bytes());
            m.number(4, quantity.get());
            m.number(5, valuation.map_or(0, Pence::get));
        }
        Event::InKindUsed { offer, quantity } => {
            m.number(1, offer.get());
            m.number(2, quantity.get());
        }
        // The mirrored transfers are the entry's own.
        Event::EntryReversed { entry, reason, transfers: _, undone: what, below_floor } => {
            m.position(1, *entry);
            m.number(2, reason.code());
            undone(m, *what);
            m.list(7, below_floor.iter().map(|member| u64::from(member.get())));
        }
        Event::StateSealed { through, accounts_root, totals, reducer_version } => {
            m.position(1, *through);
            m.bytes(2, accounts_root.bytes());
            match i64::try_from(totals.accounts) {
                Ok(accounts) => m.number(3, accounts),
                Err(_) => m.refuse("accounts", "are more than can be counted"),
            }
            m.sum(4, totals.member_minutes);
            m.sum(5, totals.held_minutes);
            m.sum(6, totals.pot_minutes);
            m.sum(7, totals.commons_minutes);
            m.sum(8, totals.fund_pence);
            m.sum(9, totals.stock_items);
            m.sum(10, totals.with_member_items);
            m.number(11, *reducer_version);
        }
        Event::SigningKeyRotated { old_key, new_key, old_signature, new_signature } => {
            m.bytes(1, old_key.bytes());
            m.bytes(2, new_key.bytes());
            m.bytes(3, &old_signature.bytes());
            m.bytes(4, &new_signature.bytes());
        }
    }
}
