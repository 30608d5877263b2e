//! What an event moved, and what help counted by it.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::{Cover, Event, Help};
use crate::{
    account::{CashAccount, KindAccount, TimeAccount, Transfer},
    amount::{Items, Minutes},
    id::{MemberId, OfferId},
    kinds::{EvidenceGrade, TaskKind},
};

/// What an event moved, in order: a list of transfers that needs no memory of its own, since no event but a reversal, which
/// carries its list with it, moves more than two things.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'e>(Few<'e>);

#[derive(Clone, Copy, Debug)]
enum Few<'e> {
    Nothing,
    One([Transfer; 1]),
    Two([Transfer; 2]),
    Listed(&'e [Transfer]),
}

impl Moved<'_> {
    const NOTHING: Self = Self(Few::Nothing);

    const fn one(transfer: Transfer) -> Self {
        Self(Few::One([transfer]))
    }

    const fn two(first: Transfer, second: Transfer) -> Self {
        Self(Few::Two([first, second]))
    }

    /// One transfer, or nothing.
    fn at_most(transfer: Option<Transfer>) -> Self {
        transfer.map_or(Self::NOTHING, Self::one)
    }

    /// One transfer, and another if there is one.
    fn with(first: Transfer, second: Option<Transfer>) -> Self {
        second.map_or(Self::one(first), |second| Self::two(first, second))
    }
}

impl Deref for Moved<'_> {
    type Target = [Transfer];

    fn deref(&self) -> &[Transfer] {
        match &self.0 {
            Few::Nothing => &[],
            Few::One(one) => one,
            Few::Two(two) => two,
            Few::Listed(listed) => listed,
        }
    }
}

/// The transfers of a [`Moved`], one after the other.
#[derive(Clone, Debug)]
pub struct Movements<'e> {
    moved: Moved<'e>,
    next: usize,
}

impl Iterator for Movements<'_> {
    type Item = Transfer;

    fn next(&mut self) -> Option<Transfer> {
        let transfer = self.moved.get(self.next).copied()?;
        self.next += 1;
        Some(transfer)
    }
}

impl<'e> IntoIterator for Moved<'e> {
    type Item = Transfer;
    type IntoIter = Movements<'e>;

    fn into_iter(self) -> Movements<'e> {
        Movements { moved: self, next: 0 }
    }
}

impl<'m> IntoIterator for &'m Moved<'_> {
    type Item = &'m Transfer;
    type IntoIter = std::slice::Iter<'m, Transfer>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Help that counted: who gave what to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Who gave it. Nobody: staff of the co-op.
    pub giver: Option<MemberId>,
    /// Who was helped. Nobody: the community at large.
    pub receiver: Option<MemberId>,
    /// How long.
    pub minutes: Minutes,
    /// What kind of help.
    pub task: TaskKind,
    /// How it is attested. Nothing: a respite or a resolved dispute, attested by their own steps.
    pub evidence: Option<EvidenceGrade>,
}

impl Counted {
    fn of(help: &Help, minutes: Minutes, evidence: Option<EvidenceGrade>) -> Self {
        let Help { giver, receiver, minutes: _, task, destination: _, kinship: _ } = *help;
        Self { giver: Some(giver), receiver, minutes, task, evidence }
    }
}

impl Event {
    /// What moved. Balances, statements, totals and the audit read this and never the kind.
    pub fn transfers(&self) -> Moved<'_> {
        match self {
            Self::CoopFounded { .. }
            | Self::PolicyAdopted { .. }
            | Self::OfficerAppointed { .. }
            | Self::OfficerEnded { .. }
            | Self::LossAccepted { .. }
            | Self::MemberEnrolled { .. }
            | Self::HatsChanged { .. }
            | Self::MemberSuspended { .. }
            | Self::MemberReinstated { .. }
            | Self::PartyRegistered { .. }
            | Self::HoursLogged { .. }
            | Self::HoursDisputed { .. }
            | Self::CoverAgreed { .. }
            | Self::CoverWithdrawn { .. }
            | Self::FundOpened { .. }
            | Self::StateSealed { .. }
            | Self::SigningKeyRotated { .. }
            | Self::RepresentativeNamed { .. }
            | Self::RepresentativeEnded { .. } => Moved::NOTHING,
            Self::MemberLeft { member: _, settled } => Moved::at_most(*settled),
            Self::HoursConfirmed { hours: _, help, logged: _, evidence: _ }
            | Self::HoursRecorded { help, evidence: _ } => Moved::at_most(help.transfer()),
            Self::HoursResolved { hours: _, help, counted } => {
                Moved::at_most(counted.and_then(|minutes| Help { minutes, ..*help }.transfer()))
            }
            Self::HoursGiven { from, to, minutes } => {
                let to = to.map_or(TimeAccount::Pot, TimeAccount::Member);
                Moved::one(Transfer::time(TimeAccount::Member(*from), to, *minutes))
            }
            Self::PotGranted { to, minutes, reason: _ } => {
                Moved::one(Transfer::time(TimeAccount::Pot, TimeAccount::Member(*to), *minutes))
            }
            Self::RespiteRequested { carer, minutes, wanted_on: _, start: _, lapse_at: _ } => {
                let (from, to) = (TimeAccount::Member(*carer), TimeAccount::Held(*carer));
                Moved::one(Transfer::time(from, to, *minutes))
            }
            Self::RespiteDelivered { respite: _, carer, cover, held, minutes } => {
                delivery(*carer, *cover, *held, *minutes)
            }
            Self::RespiteEnded { respite: _, carer, held, ending: _ } => {
                let (from, to) = (TimeAccount::Held(*carer), TimeAccount::Member(*carer));
                Moved::one(Transfer::time(from, to, *held))
            }
            Self::OfferPledged { offer, quantity, .. }
            | Self::InKindReceived { offer, quantity, .. } => {
                Moved::one(kind(*offer, KindAccount::Outside, KindAccount::Stock, *quantity))
            }
            Self::VoucherIssued { offer, member, reason: _, code: _, lapse_at: _, price } => {
                let paid = price.map(|price| {
                    Transfer::time(TimeAccount::Member(*member), TimeAccount::Pot, price)
                });
                Moved::with(one(*offer, KindAccount::Stock, KindAccount::With(*member)), paid)
            }
            Self::VoucherRedeemed { voucher: _, offer, member } => {
                Moved::one(one(*offer, KindAccount::With(*member), KindAccount::Used))
            }
            Self::VoucherCancelled { voucher: _, offer, member, price } => {
                let back = price.map(|price| {
                    Transfer::time(TimeAccount::Pot, TimeAccount::Member(*member), price)
                });
                Moved::with(one(*offer, KindAccount::With(*member), KindAccount::Stock), back)
            }
            Self::VoucherLapsed { voucher: _, offer, member } => {
                Moved::one(one(*offer, KindAccount::With(*member), KindAccount::Lapsed))
            }
            Self::CashReceived { fund, source, pence, party: _, member: _ } => {
                let (from, to) = (CashAccount::Source(*source), CashAccount::Fund(*fund));
                Moved::one(Transfer::Cash { from, to, pence: *pence })
            }
            Self::CashSpent { fund, spent_on, pence, party: _, member: _ } => {
                let (from, to) = (CashAccount::Fund(*fund), CashAccount::Use(*spent_on));
                Moved::one(Transfer::Cash { from, to, pence: *pence })
            }
            Self::InKindUsed { offer, quantity } => {
                Moved::one(kind(*offer, KindAccount::Stock, KindAccount::Used, *quantity))
            }
            Self::EntryReversed { transfers, .. } => Moved(Few::Listed(transfers)),
        }
    }

    /// The help that counted by it, if any did.
    pub fn counted(&self) -> Option<Counted> {
        match self {
            Self::HoursConfirmed { hours: _, help, logged: _, evidence }
            | Self::HoursRecorded { help, evidence } => {
                Some(Counted::of(help, help.minutes, Some(*evidence)))
            }
            Self::HoursResolved { hours: _, help, counted } => {
                counted.map(|minutes| Counted::of(help, minutes, None))
            }
            Self::RespiteDelivered { respite: _, carer, cover, held: _, minutes } => {
                let giver = match cover {
                    Cover::Member(giver) => Some(*giver),
                    Cover::Staff => None,
                };
                Some(Counted {
                    giver,
                    receiver: Some(*carer),
                    minutes: *minutes,
                    task: TaskKind::SittingService,
                    evidence: None,
                })
            }
            Self::CoopFounded { .. }
            | Self::PolicyAdopted { .. }
            | Self::OfficerAppointed { .. }
            | Self::OfficerEnded { .. }
            | Self::LossAccepted { .. }
            | Self::MemberEnrolled { .. }
            | Self::HatsChanged { .. }
            | Self::MemberSuspended { .. }
            | Self::MemberReinstated { .. }
            | Self::MemberLeft { .. }
            | Self::PartyRegistered { .. }
            | Self::HoursLogged { .. }
            | Self::HoursDisputed { .. }
            | Self::HoursGiven { .. }
            | Self::PotGranted { .. }
            | Self::RespiteRequested { .. }
            | Self::CoverAgreed { .. }
            | Self::CoverWithdrawn { .. }
            | Self::RespiteEnded { .. }
            | Self::OfferPledged { .. }
            | Self::VoucherIssued { .. }
            | Self::VoucherRedeemed { .. }
            | Self::VoucherCancelled { .. }
            | Self::VoucherLapsed { .. }
            | Self::FundOpened { .. }
            | Self::CashReceived { .. }
            | Self::CashSpent { .. }
            | Self::InKindReceived { .. }
            | Self::InKindUsed { .. }
            | Self::EntryReversed { .. }
            | Self::StateSealed { .. }
            | Self::SigningKeyRotated { .. }
            | Self::RepresentativeNamed { .. }
            | Self::RepresentativeEnded { .. } => None,
        }
    }
}

/// Captures up to what was held to the giver, releases the rest, and takes what is beyond out of the carer's account.
fn delivery(carer: MemberId, cover: Cover, held: Minutes, minutes: Minutes) -> Moved<'static> {
    let (set_aside, own) = (TimeAccount::Held(carer), TimeAccount::Member(carer));
    let captured = Transfer::time(set_aside, cover.credited(), minutes.least(held));
    let released = held.less(minutes).map(|released| Transfer::time(set_aside, own, released));
    let beyond = minutes.less(held).map(|beyond| Transfer::time(own, cover.credited(), beyond));
    // One of the two at most: the shorter of two times is not also the longer.
    Moved::with(captured, released.or(beyond))
}

const fn kind(offer: OfferId, from: KindAccount, to: KindAccount, items: Items) -> Transfer {
    Transfer::Kind { offer, from, to, items }
}

/// One item of an offer moves.
const fn one(offer: OfferId, from: KindAccount, to: KindAccount) -> Transfer {
    kind(offer, from, to, Items::ONE)
}
