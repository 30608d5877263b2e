//! Each arm of an entry by its number, which is that of its kind: a new kind does not compile until it is here.

use ledger_core::{Event, EventKind};

use super::{hours, house, message::Message, numbers::word, promises, proofs, store};

/// What happened. Where an event holds transfers of its own, they are those of the entry.
#[inline]
pub(super) fn event(arm: u64, m: &mut Message<'_>, moved: &Message<'_>) -> Option<Event> {
    match word(EventKind::from_code)(arm)? {
        EventKind::CoopFounded => house::coop_founded(m),
        EventKind::PolicyAdopted => house::policy_adopted(m),
        EventKind::OfficerAppointed => house::officer_appointed(m),
        EventKind::OfficerEnded => house::officer_ended(m),
        EventKind::LossAccepted => house::loss_accepted(m),
        EventKind::MemberEnrolled => house::member_enrolled(m),
        EventKind::HatsChanged => house::hats_changed(m),
        EventKind::MemberSuspended => house::member_suspended(m),
        EventKind::MemberReinstated => house::member_reinstated(m),
        EventKind::MemberLeft => house::member_left(m, moved),
        EventKind::PartyRegistered => house::party_registered(m),
        EventKind::HoursLogged => hours::logged(m),
        EventKind::HoursConfirmed => hours::confirmed(m),
        EventKind::HoursDisputed => hours::disputed(m),
        EventKind::HoursResolved => hours::resolved(m),
        EventKind::HoursRecorded => hours::recorded(m),
        EventKind::HoursGiven => hours::given(m),
        EventKind::PotGranted => hours::granted(m),
        EventKind::RespiteRequested => promises::respite_requested(m),
        EventKind::CoverAgreed => promises::cover_agreed(m),
        EventKind::CoverWithdrawn => promises::cover_withdrawn(m),
        EventKind::RespiteDelivered => promises::respite_delivered(m),
        EventKind::RespiteEnded => promises::respite_ended(m),
        EventKind::OfferPledged => promises::offer_pledged(m),
        EventKind::VoucherIssued => promises::voucher_issued(m),
        EventKind::VoucherRedeemed => promises::voucher_redeemed(m),
        EventKind::VoucherCancelled => promises::voucher_cancelled(m),
        EventKind::VoucherLapsed => promises::voucher_lapsed(m),
        EventKind::FundOpened => store::fund_opened(m),
        EventKind::CashReceived => store::cash_received(m),
        EventKind::CashSpent => store::cash_spent(m),
        EventKind::InKindReceived => store::in_kind_received(m),
        EventKind::InKindUsed => store::in_kind_used(m),
        EventKind::EntryReversed => store::entry_reversed(m, moved),
        EventKind::StateSealed => proofs::state_sealed(m),
        EventKind::SigningKeyRotated => proofs::signing_key_rotated(m),
        EventKind::RepresentativeNamed => house::representative_named(m),
        EventKind::RepresentativeEnded => house::representative_ended(m),
    }
}
