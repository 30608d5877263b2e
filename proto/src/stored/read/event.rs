//! Each stored arm, lifted to today's event.

use ledger_core::{Event, Transfer};

use super::{hours, house, promises, proofs, store};
use crate::{malformed::Fields, stored::log};

/// The event of a stored arm. Where an event holds transfers of its own, they are those of the entry.
pub(super) fn event(
    f: &mut Fields,
    stored: log::entry::Event,
    moved: &[Transfer],
) -> Option<Event> {
    use log::entry::Event as Stored;
    match stored {
        Stored::CoopFounded(m) => house::coop_founded(f, &m),
        Stored::PolicyAdopted(m) => house::policy_adopted(f, &m),
        Stored::OfficerAppointed(m) => house::officer_appointed(f, m),
        Stored::OfficerEnded(m) => house::officer_ended(f, m),
        Stored::LossAccepted(m) => house::loss_accepted(f, m),
        Stored::MemberEnrolled(m) => house::member_enrolled(f, &m),
        Stored::HatsChanged(m) => house::hats_changed(f, &m),
        Stored::MemberSuspended(m) => house::member_suspended(f, m),
        Stored::MemberReinstated(m) => house::member_reinstated(f, m),
        Stored::MemberLeft(m) => house::member_left(f, m, moved),
        Stored::PartyRegistered(m) => house::party_registered(f, &m),
        Stored::HoursLogged(m) => hours::logged(f, m),
        Stored::HoursConfirmed(m) => hours::confirmed(f, m),
        Stored::HoursDisputed(m) => hours::disputed(f, m),
        Stored::HoursResolved(m) => hours::resolved(f, m),
        Stored::HoursRecorded(m) => hours::recorded(f, m),
        Stored::HoursGiven(m) => hours::given(f, m),
        Stored::PotGranted(m) => hours::granted(f, m),
        Stored::RespiteRequested(m) => promises::respite_requested(f, m),
        Stored::CoverAgreed(m) => promises::cover_agreed(f, m),
        Stored::CoverWithdrawn(m) => promises::cover_withdrawn(f, m),
        Stored::RespiteDelivered(m) => promises::respite_delivered(f, m),
        Stored::RespiteEnded(m) => promises::respite_ended(f, m),
        Stored::OfferPledged(m) => promises::offer_pledged(f, &m),
        Stored::VoucherIssued(m) => promises::voucher_issued(f, &m),
        Stored::VoucherRedeemed(m) => promises::voucher_redeemed(f, m),
        Stored::VoucherCancelled(m) => promises::voucher_cancelled(f, m),
        Stored::VoucherLapsed(m) => promises::voucher_lapsed(f, m),
        Stored::FundOpened(m) => store::fund_opened(f, &m),
        Stored::CashReceived(m) => store::cash_received(f, m),
        Stored::CashSpent(m) => store::cash_spent(f, m),
        Stored::InKindReceived(m) => store::in_kind_received(f, &m),
        Stored::InKindUsed(m) => store::in_kind_used(f, m),
        Stored::EntryReversed(m) => store::entry_reversed(f, &m, moved),
        Stored::StateSealed(m) => proofs::state_sealed(f, &m),
        Stored::SigningKeyRotated(m) => proofs::signing_key_rotated(f, &m),
        Stored::RepresentativeNamed(m) => house::representative_named(f, m),
        Stored::RepresentativeEnded(m) => house::representative_ended(f, m),
    }
}
