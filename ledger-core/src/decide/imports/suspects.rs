//! What a failed row leaves in doubt, so that a row that fails only because of it is not reported.

use std::collections::BTreeSet;

use super::ImportFailure;
use crate::{
    id::RowKey,
    past::{PastCover, PastDestination, PastRespite, PastStep, Step},
    rejection::Rejection,
    text::{Reference, Title},
};

/// Everything that a failed row would have changed.
#[derive(Default)]
pub(super) struct Suspects {
    refs: BTreeSet<Reference>,
    titles: BTreeSet<Title>,
    rows: BTreeSet<RowKey>,
    an_unreadable_row: bool,
}

impl Suspects {
    /// A row that could not be read names these.
    pub(super) fn unreadable(
        &mut self,
        refs: &[Reference],
        fund: Option<&Title>,
        business: Option<&Title>,
    ) {
        self.an_unreadable_row = true;
        self.refs.extend(refs.iter().cloned());
        self.titles.extend(fund.into_iter().chain(business).cloned());
    }

    /// A step failed: what it would have changed is in doubt from here on.
    pub(super) fn failed(&mut self, step: &PastStep) {
        self.rows.insert(step.row);
        let (refs, titles) = touched(&step.step);
        self.refs.extend(refs.into_iter().cloned());
        self.titles.extend(titles.into_iter().cloned());
    }

    /// Whether the failure of this step is explained by another's.
    pub(super) fn explain(&self, step: &PastStep, failure: &ImportFailure) -> bool {
        let (refs, titles) = touched(&step.step);
        match failure {
            ImportFailure::Unknown(wrong) => {
                let rests_on = match &step.step {
                    Step::RespiteSettled { asked: row, outcome: _ }
                    | Step::VoucherSettled { issued: row, outcome: _ } => {
                        self.rows.contains(row) || self.an_unreadable_row
                    }
                    // The pledge that is missing may be the one that failed.
                    Step::VoucherIssued { business, .. } => {
                        wrong.field == "title" && self.titles.contains(business)
                    }
                    Step::Member { .. }
                    | Step::Hours { .. }
                    | Step::RespiteAsked { .. }
                    | Step::Pledge { .. }
                    | Step::CashReceived { .. }
                    | Step::CashSpent { .. }
                    | Step::InKind { .. }
                    | Step::Unreadable { .. } => false,
                };
                rests_on
                    || self.refs.iter().any(|known| known.as_str() == wrong.value)
                    || self.titles.iter().any(|known| known.as_str() == wrong.value)
            }
            // Only what another row would have brought in can be missing; all other refusals are the row's own.
            ImportFailure::Refused(
                Rejection::NotEnoughHours { .. }
                | Rejection::PotTooSmall { .. }
                | Rejection::FundTooSmall { .. }
                | Rejection::OutOfStock { .. },
            ) => {
                refs.into_iter().any(|known| self.refs.contains(known))
                    || titles.into_iter().any(|known| self.titles.contains(known))
            }
            ImportFailure::Refused(_) => false,
        }
    }
}

fn touched(step: &Step) -> (Vec<&Reference>, Vec<&Title>) {
    match step {
        Step::Member { reference, hats: _ } => (vec![reference], vec![]),
        Step::Hours { giver, receiver: _, minutes: _, task: _, to, evidence: _ } => match to {
            PastDestination::Member(to) => (vec![giver, to], vec![]),
            PastDestination::Own | PastDestination::Pot => (vec![giver], vec![]),
        },
        Step::RespiteAsked { carer, minutes: _, wanted_on: _ } => (vec![carer], vec![]),
        Step::RespiteSettled { asked: _, outcome } => match outcome {
            PastRespite::Done { cover: PastCover::Member(giver), minutes: _ } => {
                (vec![giver], vec![])
            }
            PastRespite::Done { cover: PastCover::Staff, minutes: _ }
            | PastRespite::Cancelled
            | PastRespite::NoCover
            | PastRespite::NoShow => (vec![], vec![]),
        },
        Step::Pledge { business, .. } => (vec![], vec![business]),
        Step::VoucherIssued { member, business, .. } => (vec![member], vec![business]),
        Step::VoucherSettled { .. } => (vec![], vec![]),
        Step::CashReceived { fund, .. } | Step::CashSpent { fund, .. } => (vec![], vec![fund]),
        Step::InKind { party, .. } => (vec![], party.iter().collect()),
        Step::Unreadable { refs, fund, business } => {
            (refs.iter().collect(), fund.iter().chain(business).collect())
        }
    }
}
