//! The name of each kind of event.

use super::Event;
use crate::closed::closed;

closed!(
    /// The name of each kind of event, with the number under which its arm is stored.
    EventKind {
        /// [`Event::CoopFounded`].
        CoopFounded = 20,
        /// [`Event::PolicyAdopted`].
        PolicyAdopted = 21,
        /// [`Event::OfficerAppointed`].
        OfficerAppointed = 22,
        /// [`Event::OfficerEnded`].
        OfficerEnded = 23,
        /// [`Event::LossAccepted`].
        LossAccepted = 24,
        /// [`Event::MemberEnrolled`].
        MemberEnrolled = 25,
        /// [`Event::HatsChanged`].
        HatsChanged = 26,
        /// [`Event::MemberSuspended`].
        MemberSuspended = 27,
        /// [`Event::MemberReinstated`].
        MemberReinstated = 28,
        /// [`Event::MemberLeft`].
        MemberLeft = 29,
        /// [`Event::PartyRegistered`].
        PartyRegistered = 30,
        /// [`Event::HoursLogged`].
        HoursLogged = 31,
        /// [`Event::HoursConfirmed`].
        HoursConfirmed = 32,
        /// [`Event::HoursDisputed`].
        HoursDisputed = 33,
        /// [`Event::HoursResolved`].
        HoursResolved = 34,
        /// [`Event::HoursRecorded`].
        HoursRecorded = 35,
        /// [`Event::HoursGiven`].
        HoursGiven = 36,
        /// [`Event::PotGranted`].
        PotGranted = 37,
        /// [`Event::RespiteRequested`].
        RespiteRequested = 38,
        /// [`Event::CoverAgreed`].
        CoverAgreed = 39,
        /// [`Event::CoverWithdrawn`].
        CoverWithdrawn = 40,
        /// [`Event::RespiteDelivered`].
        RespiteDelivered = 41,
        /// [`Event::RespiteEnded`].
        RespiteEnded = 42,
        /// [`Event::OfferPledged`].
        OfferPledged = 43,
        /// [`Event::VoucherIssued`].
        VoucherIssued = 44,
        /// [`Event::VoucherRedeemed`].
        VoucherRedeemed = 45,
        /// [`Event::VoucherCancelled`].
        VoucherCancelled = 46,
        /// [`Event::VoucherLapsed`].
        VoucherLapsed = 47,
        /// [`Event::FundOpened`].
        FundOpened = 48,
        /// [`Event::CashReceived`].
        CashReceived = 49,
        /// [`Event::CashSpent`].
        CashSpent = 50,
        /// [`Event::InKindReceived`].
        InKindReceived = 51,
        /// [`Event::InKindUsed`].
        InKindUsed = 52,
        /// [`Event::EntryReversed`].
        EntryReversed = 53,
        /// [`Event::StateSealed`].
        StateSealed = 54,
        /// [`Event::SigningKeyRotated`].
        SigningKeyRotated = 55,
        /// [`Event::RepresentativeNamed`].
        RepresentativeNamed = 56,
        /// [`Event::RepresentativeEnded`].
        RepresentativeEnded = 57,
    }
);

impl Event {
    /// The name of its kind.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::CoopFounded { .. } => EventKind::CoopFounded,
            Self::PolicyAdopted { .. } => EventKind::PolicyAdopted,
            Self::OfficerAppointed { .. } => EventKind::OfficerAppointed,
            Self::OfficerEnded { .. } => EventKind::OfficerEnded,
            Self::LossAccepted { .. } => EventKind::LossAccepted,
            Self::MemberEnrolled { .. } => EventKind::MemberEnrolled,
            Self::HatsChanged { .. } => EventKind::HatsChanged,
            Self::MemberSuspended { .. } => EventKind::MemberSuspended,
            Self::MemberReinstated { .. } => EventKind::MemberReinstated,
            Self::MemberLeft { .. } => EventKind::MemberLeft,
            Self::PartyRegistered { .. } => EventKind::PartyRegistered,
            Self::HoursLogged { .. } => EventKind::HoursLogged,
            Self::HoursConfirmed { .. } => EventKind::HoursConfirmed,
            Self::HoursDisputed { .. } => EventKind::HoursDisputed,
            Self::HoursResolved { .. } => EventKind::HoursResolved,
            Self::HoursRecorded { .. } => EventKind::HoursRecorded,
            Self::HoursGiven { .. } => EventKind::HoursGiven,
            Self::PotGranted { .. } => EventKind::PotGranted,
            Self::RespiteRequested { .. } => EventKind::RespiteRequested,
            Self::CoverAgreed { .. } => EventKind::CoverAgreed,
            Self::CoverWithdrawn { .. } => EventKind::CoverWithdrawn,
            Self::RespiteDelivered { .. } => EventKind::RespiteDelivered,
            Self::RespiteEnded { .. } => EventKind::RespiteEnded,
            Self::OfferPledged { .. } => EventKind::OfferPledged,
            Self::VoucherIssued { .. } => EventKind::VoucherIssued,
            Self::VoucherRedeemed { .. } => EventKind::VoucherRedeemed,
            Self::VoucherCancelled { .. } => EventKind::VoucherCancelled,
            Self::VoucherLapsed { .. } => EventKind::VoucherLapsed,
            Self::FundOpened { .. } => EventKind::FundOpened,
            Self::CashReceived { .. } => EventKind::CashReceived,
            Self::CashSpent { .. } => EventKind::CashSpent,
            Self::InKindReceived { .. } => EventKind::InKindReceived,
            Self::InKindUsed { .. } => EventKind::InKindUsed,
            Self::EntryReversed { .. } => EventKind::EntryReversed,
            Self::StateSealed { .. } => EventKind::StateSealed,
            Self::SigningKeyRotated { .. } => EventKind::SigningKeyRotated,
            Self::RepresentativeNamed { .. } => EventKind::RepresentativeNamed,
            Self::RepresentativeEnded { .. } => EventKind::RepresentativeEnded,
        }
    }
}
