//! A co-op's past, as its spreadsheets tell it: people by reference, funds and businesses by name.

use crate::{
    amount::{Items, Minutes, Pence},
    id::{CodeHash, Fingerprint, RequestId, RowKey},
    kinds::{CashSource, CashUse, EvidenceGrade, Hat, TaskKind, VoucherReason},
    text::{Reference, Title},
    time::Day,
};

/// One thing that happened, out of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastStep {
    /// The step's identity for ever.
    pub row: RowKey,
    /// The id of the request that it becomes, made from the import's own and the row.
    pub id: RequestId,
    /// What it says.
    pub fingerprint: Fingerprint,
    /// The day on which it happened.
    pub on: Day,
    /// What happened.
    pub step: Step,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the commands that the steps become")]
pub enum Step {
    /// A member joined.
    Member { reference: Reference, hats: Vec<Hat> },
    /// Somebody helped.
    Hours {
        giver: Reference,
        receiver: Option<Reference>,
        minutes: Minutes,
        task: TaskKind,
        to: PastDestination,
        evidence: EvidenceGrade,
    },
    /// A carer asked for respite.
    RespiteAsked { carer: Reference, minutes: Minutes, wanted_on: Day },
    /// What a respite came to.
    RespiteSettled { asked: RowKey, outcome: PastRespite },
    /// A business pledged.
    Pledge { business: Title, title: Title, face_value: Pence, quantity: Items, valid_until: Day },
    /// A voucher was issued.
    VoucherIssued {
        member: Reference,
        business: Title,
        title: Title,
        reason: VoucherReason,
        code: CodeHash,
    },
    /// What a voucher came to.
    VoucherSettled { issued: RowKey, outcome: PastVoucher },
    /// Cash was received.
    CashReceived {
        fund: Title,
        source: CashSource,
        pence: Pence,
        member: Option<Reference>,
        party: Option<Title>,
    },
    /// Cash was spent.
    CashSpent {
        fund: Title,
        spent_on: CashUse,
        pence: Pence,
        member: Option<Reference>,
        party: Option<Title>,
    },
    /// A gift in kind was received.
    InKind { party: Option<Title>, title: Title, valuation: Option<Pence> },
    /// A row that could not be read: what it names, so that what fails only because of it is not reported.
    Unreadable { refs: Vec<Reference>, fund: Option<Title>, business: Option<Title> },
}

/// Where past hours went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastDestination {
    /// The giver's own account.
    Own,
    /// The community pot.
    Pot,
    /// This member's account.
    Member(Reference),
}

/// Who covered a past respite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastCover {
    /// Staff.
    Staff,
    /// This member.
    Member(Reference),
}

/// What a past respite came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastRespite {
    /// Delivered.
    Done {
        /// Who covered it.
        cover: PastCover,
        /// The minutes that it took.
        minutes: Minutes,
    },
    /// Cancelled.
    Cancelled,
    /// Nobody was found.
    NoCover,
    /// Somebody did not come.
    NoShow,
}

/// What a past voucher came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastVoucher {
    /// Redeemed.
    Redeemed,
    /// Cancelled: back in stock.
    Cancelled,
}

/// A step that names something which is nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongRow {
    /// The field of the step, as the API names it.
    pub field: &'static str,
    /// What it says.
    pub value: String,
}
