//! What happened, as the arm that is stored for it.

use ledger_core::{Event, FundFreedom, MemberId, Minutes, PartyId, Pence};

use super::{at, codes, cover, ending, help, undone, values};
use crate::{malformed::Malformed, stored::log};

fn none_or<T>(value: Option<T>, number: impl FnOnce(T) -> i64) -> i64 {
    value.map_or(0, number)
}

fn member(member: Option<MemberId>) -> i64 {
    none_or(member, |member| member.get().into())
}

fn party(party: Option<PartyId>) -> i64 {
    none_or(party, |party| party.get().into())
}

/// The arm of an event. What moved stands beside it, and nowhere twice.
#[allow(
    clippy::too_many_lines,
    reason = "one arm for each kind; in parts it would not be exhaustive"
)]
pub(super) fn event(event: &Event) -> Result<log::entry::Event, Malformed> {
    use log::entry::Event as Stored;
    Ok(match event {
        Event::CoopFounded { coop, policy } => Stored::CoopFounded(log::CoopFounded {
            coop: coop.to_string(),
            policy: Some(values(policy)),
        }),
        Event::PolicyAdopted { version, policy, decided_by } => {
            Stored::PolicyAdopted(log::PolicyAdopted {
                version: i64::from(*version),
                policy: Some(values(policy)),
                decided_by: decided_by.as_ref().map(ToString::to_string).unwrap_or_default(),
            })
        }
        Event::OfficerAppointed { officer, role, member: who } => {
            Stored::OfficerAppointed(log::OfficerAppointed {
                officer: officer.get().into(),
                role: role.code(),
                member: member(*who),
            })
        }
        Event::OfficerEnded { officer } => {
            Stored::OfficerEnded(log::OfficerEnded { officer: officer.get().into() })
        }
        Event::LossAccepted { first, last } => Stored::LossAccepted(log::LossAccepted {
            first_position: at(*first)?,
            last_position: at(*last)?,
        }),
        Event::MemberEnrolled { member, hats, reference, joined_on } => {
            Stored::MemberEnrolled(log::MemberEnrolled {
                member: member.get().into(),
                hats: codes(hats),
                reference: reference.as_ref().map(ToString::to_string).unwrap_or_default(),
                joined_on_day: joined_on.number(),
            })
        }
        Event::HatsChanged { member, hats } => {
            Stored::HatsChanged(log::HatsChanged { member: member.get().into(), hats: codes(hats) })
        }
        Event::MemberSuspended { member, reason } => {
            Stored::MemberSuspended(log::MemberSuspended {
                member: member.get().into(),
                reason: reason.code(),
            })
        }
        Event::MemberReinstated { member } => {
            Stored::MemberReinstated(log::MemberReinstated { member: member.get().into() })
        }
        // What settled the account is the entry's only transfer.
        Event::MemberLeft { member, settled: _ } => {
            Stored::MemberLeft(log::MemberLeft { member: member.get().into() })
        }
        Event::PartyRegistered { party, title, kind } => {
            Stored::PartyRegistered(log::PartyRegistered {
                party: party.get().into(),
                title: title.to_string(),
                kind: kind.code(),
            })
        }
        Event::HoursLogged { help: what, confirm_by } => Stored::HoursLogged(log::HoursLogged {
            help: Some(help(what)),
            confirm_by_unix_ms: confirm_by.unix_ms(),
        }),
        Event::HoursConfirmed { hours, help: what, logged, evidence } => {
            Stored::HoursConfirmed(log::HoursConfirmed {
                hours_position: at(*hours)?,
                help: Some(help(what)),
                logged_minutes: logged.get(),
                evidence: evidence.code(),
            })
        }
        Event::HoursDisputed { hours, reason } => Stored::HoursDisputed(log::HoursDisputed {
            hours_position: at(*hours)?,
            reason: reason.code(),
        }),
        Event::HoursResolved { hours, help: what, counted } => {
            Stored::HoursResolved(log::HoursResolved {
                hours_position: at(*hours)?,
                help: Some(help(what)),
                counted_minutes: none_or(*counted, Minutes::get),
            })
        }
        Event::HoursRecorded { help: what, evidence } => {
            Stored::HoursRecorded(log::HoursRecorded {
                help: Some(help(what)),
                evidence: evidence.code(),
            })
        }
        Event::HoursGiven { from, to, minutes } => Stored::HoursGiven(log::HoursGiven {
            from_member: from.get().into(),
            to_member: member(*to),
            minutes: minutes.get(),
        }),
        Event::PotGranted { to, minutes, reason } => Stored::PotGranted(log::PotGranted {
            to_member: to.get().into(),
            minutes: minutes.get(),
            reason: reason.code(),
        }),
        Event::RespiteRequested { carer, minutes, wanted_on, start, lapse_at } => {
            Stored::RespiteRequested(log::RespiteRequested {
                carer: carer.get().into(),
                minutes: minutes.get(),
                wanted_on_day: wanted_on.number(),
                start_minute_of_day: start.map(|start| start.minutes().into()),
                lapse_at_unix_ms: lapse_at.unix_ms(),
            })
        }
        Event::CoverAgreed { respite, cover: who, start } => {
            Stored::CoverAgreed(log::CoverAgreed {
                respite_position: at(*respite)?,
                cover: Some(cover(*who)),
                start_minute_of_day: start.minutes().into(),
            })
        }
        Event::CoverWithdrawn { respite, reason } => Stored::CoverWithdrawn(log::CoverWithdrawn {
            respite_position: at(*respite)?,
            reason: reason.code(),
        }),
        Event::RespiteDelivered { respite, carer, cover: who, held, minutes } => {
            Stored::RespiteDelivered(log::RespiteDelivered {
                respite_position: at(*respite)?,
                carer: carer.get().into(),
                cover: Some(cover(*who)),
                held_minutes: held.get(),
                minutes: minutes.get(),
            })
        }
        Event::RespiteEnded { respite, carer, held, ending: how } => {
            Stored::RespiteEnded(log::RespiteEnded {
                respite_position: at(*respite)?,
                carer: carer.get().into(),
                held_minutes: held.get(),
                ending: Some(ending(*how)),
            })
        }
        Event::OfferPledged { offer, party, title, face_value, quantity, valid_until } => {
            Stored::OfferPledged(log::OfferPledged {
                offer: offer.get().into(),
                party: party.get().into(),
                title: title.to_string(),
                face_value_pence: face_value.get(),
                quantity_items: quantity.get(),
                valid_until_day: valid_until.number(),
            })
        }
        Event::VoucherIssued { offer, member, reason, code, lapse_at, price } => {
            Stored::VoucherIssued(log::VoucherIssued {
                offer: offer.get().into(),
                member: member.get().into(),
                reason: reason.code(),
                code_hash: code.bytes().to_vec(),
                lapse_at_unix_ms: lapse_at.unix_ms(),
                price_minutes: none_or(*price, Minutes::get),
            })
        }
        Event::VoucherRedeemed { voucher, offer, member } => {
            Stored::VoucherRedeemed(log::VoucherRedeemed {
                voucher_position: at(*voucher)?,
                offer: offer.get().into(),
                member: member.get().into(),
            })
        }
        Event::VoucherCancelled { voucher, offer, member, price } => {
            Stored::VoucherCancelled(log::VoucherCancelled {
                voucher_position: at(*voucher)?,
                offer: offer.get().into(),
                member: member.get().into(),
                price_minutes: none_or(*price, Minutes::get),
            })
        }
        Event::VoucherLapsed { voucher, offer, member } => {
            Stored::VoucherLapsed(log::VoucherLapsed {
                voucher_position: at(*voucher)?,
                offer: offer.get().into(),
                member: member.get().into(),
            })
        }
        Event::FundOpened { fund, title, freedom } => {
            let (freedom, purpose) = match freedom {
                FundFreedom::Unrestricted => (log::FundFreedom::Unrestricted, String::new()),
                FundFreedom::Designated => (log::FundFreedom::Designated, String::new()),
                FundFreedom::Restricted(to) => (log::FundFreedom::Restricted, to.to_string()),
            };
            Stored::FundOpened(log::FundOpened {
                fund: fund.get().into(),
                title: title.to_string(),
                freedom: freedom.into(),
                purpose,
            })
        }
        Event::CashReceived { fund, source, pence, party: from, member: who } => {
            Stored::CashReceived(log::CashReceived {
                fund: fund.get().into(),
                source: source.code(),
                pence: pence.get(),
                party: party(*from),
                member: member(*who),
            })
        }
        Event::CashSpent { fund, spent_on, pence, party: to, member: who } => {
            Stored::CashSpent(log::CashSpent {
                fund: fund.get().into(),
                spent_on: spent_on.code(),
                pence: pence.get(),
                party: party(*to),
                member: member(*who),
            })
        }
        Event::InKindReceived { offer, party: from, title, quantity, valuation } => {
            Stored::InKindReceived(log::InKindReceived {
                offer: offer.get().into(),
                party: party(*from),
                title: title.to_string(),
                quantity_items: quantity.get(),
                valuation_pence: none_or(*valuation, Pence::get),
            })
        }
        Event::InKindUsed { offer, quantity } => Stored::InKindUsed(log::InKindUsed {
            offer: offer.get().into(),
            quantity_items: quantity.get(),
        }),
        // The mirrored transfers are the entry's own.
        Event::EntryReversed { entry, reason, transfers: _, undone: what, below_floor } => {
            Stored::EntryReversed(log::EntryReversed {
                entry_position: at(*entry)?,
                reason: reason.code(),
                undone: Some(undone(*what)),
                below_floor_members: below_floor.iter().map(|who| who.get().into()).collect(),
            })
        }
        Event::StateSealed { through, accounts_root, totals, reducer_version } => {
            let accounts = i64::try_from(totals.accounts)
                .map_err(|_| Malformed::one("accounts", "are more than can be counted"))?;
            Stored::StateSealed(log::StateSealed {
                through_position: at(*through)?,
                accounts_root: accounts_root.bytes().to_vec(),
                accounts,
                member_minutes: totals.member_minutes,
                held_minutes: totals.held_minutes,
                pot_minutes: totals.pot_minutes,
                commons_minutes: totals.commons_minutes,
                fund_pence: totals.fund_pence,
                stock_items: totals.stock_items,
                with_member_items: totals.with_member_items,
                reducer_version: i64::from(*reducer_version),
            })
        }
        Event::SigningKeyRotated { old_key, new_key, old_signature, new_signature } => {
            Stored::SigningKeyRotated(log::SigningKeyRotated {
                old_key: old_key.bytes().to_vec(),
                new_key: new_key.bytes().to_vec(),
                old_signature: old_signature.bytes().to_vec(),
                new_signature: new_signature.bytes().to_vec(),
            })
        }
    })
}
