//! What an event moved, and what help counted by it.

use serde::{Deserialize, Serialize};

use super::{Cover, Event, Help};
use crate::{
    account::{CashAccount, KindAccount, TimeAccount, Transfer},
    amount::{Items, Minutes},
    id::{MemberId, OfferId},
    kinds::{EvidenceGrade, TaskKind},
};

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
    pub fn transfers(&self) -> Vec<Transfer> {
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
            | Self::SigningKeyRotated { .. } => Vec::new(),
            Self::MemberLeft { member: _, settled } => settled.iter().copied().collect(),
            Self::HoursConfirmed { hours: _, help, logged: _, evidence: _ }
            | Self::HoursRecorded { help, evidence: _ } => help.transfer().into_iter().collect(),
            Self::HoursResolved { hours: _, help, counted } => counted
                .and_then(|minutes| Help { minutes, ..*help }.transfer())
                .into_iter()
                .collect(),
            Self::HoursGiven { from, to, minutes } => {
                let to = to.map_or(TimeAccount::Pot, TimeAccount::Member);
                vec![Transfer::time(TimeAccount::Member(*from), to, *minutes)]
            }
            Self::PotGranted { to, minutes, reason: _ } => {
                vec![Transfer::time(TimeAccount::Pot, TimeAccount::Member(*to), *minutes)]
            }
            Self::RespiteRequested { carer, minutes, wanted_on: _, start: _, lapse_at: _ } => {
                let (from, to) = (TimeAccount::Member(*carer), TimeAccount::Held(*carer));
                vec![Transfer::time(from, to, *minutes)]
            }
            Self::RespiteDelivered { respite: _, carer, cover, held, minutes } => {
                delivery(*carer, *cover, *held, *minutes)
            }
            Self::RespiteEnded { respite: _, carer, held, ending: _ } => {
                let (from, to) = (TimeAccount::Held(*carer), TimeAccount::Member(*carer));
                vec![Transfer::time(from, to, *held)]
            }
            Self::OfferPledged { offer, quantity, .. }
            | Self::InKindReceived { offer, quantity, .. } => {
                vec![kind(*offer, KindAccount::Outside, KindAccount::Stock, *quantity)]
            }
            Self::VoucherIssued { offer, member, reason: _, code: _, lapse_at: _, price } => {
                let mut moved = one(*offer, KindAccount::Stock, KindAccount::With(*member));
                moved.extend(price.map(|price| {
                    Transfer::time(TimeAccount::Member(*member), TimeAccount::Pot, price)
                }));
                moved
            }
            Self::VoucherRedeemed { voucher: _, offer, member } => {
                one(*offer, KindAccount::With(*member), KindAccount::Used)
            }
            Self::VoucherCancelled { voucher: _, offer, member, price } => {
                let mut moved = one(*offer, KindAccount::With(*member), KindAccount::Stock);
                moved.extend(price.map(|price| {
                    Transfer::time(TimeAccount::Pot, TimeAccount::Member(*member), price)
                }));
                moved
            }
            Self::VoucherLapsed { voucher: _, offer, member } => {
                one(*offer, KindAccount::With(*member), KindAccount::Lapsed)
            }
            Self::CashReceived { fund, source, pence, party: _, member: _ } => {
                let (from, to) = (CashAccount::Source(*source), CashAccount::Fund(*fund));
                vec![Transfer::Cash { from, to, pence: *pence }]
            }
            Self::CashSpent { fund, spent_on, pence, party: _, member: _ } => {
                let (from, to) = (CashAccount::Fund(*fund), CashAccount::Use(*spent_on));
                vec![Transfer::Cash { from, to, pence: *pence }]
            }
            Self::InKindUsed { offer, quantity } => {
                vec![kind(*offer, KindAccount::Stock, KindAccount::Used, *quantity)]
            }
            Self::EntryReversed { transfers, .. } => transfers.clone(),
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
            | Self::SigningKeyRotated { .. } => None,
        }
    }
}

/// Captures up to what was held to the giver, releases the rest, and takes what is beyond out of the carer's account.
fn delivery(carer: MemberId, cover: Cover, held: Minutes, minutes: Minutes) -> Vec<Transfer> {
    let set_aside = TimeAccount::Held(carer);
    let mut moved = vec![Transfer::time(set_aside, cover.credited(), minutes.least(held))];
    if let Some(released) = held.less(minutes) {
        moved.push(Transfer::time(set_aside, TimeAccount::Member(carer), released));
    }
    if let Some(beyond) = minutes.less(held) {
        moved.push(Transfer::time(TimeAccount::Member(carer), cover.credited(), beyond));
    }
    moved
}

const fn kind(offer: OfferId, from: KindAccount, to: KindAccount, items: Items) -> Transfer {
    Transfer::Kind { offer, from, to, items }
}

/// One item of an offer moves. One is always an amount, so nothing is ever left out.
fn one(offer: OfferId, from: KindAccount, to: KindAccount) -> Vec<Transfer> {
    Items::new(1).map(|items| kind(offer, from, to, items)).into_iter().collect()
}
