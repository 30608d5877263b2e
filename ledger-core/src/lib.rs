//! The rules of the Care Store ledger, pure.
//!
//! ```text
//! Request ──decide──▶ Entry ──append──▶ Log ──▶ views: statements, totals, pages
//!              ▲        │
//!              │      evolve
//!            State ◀────┘
//! ```
//!
//! Two functions carry the product: [`decide()`] may say no, [`evolve()`] may not disagree. The live server, a restart and
//! the auditor all go through the same one, as [`advance()`], which changes a state where it lies. Deliberately absent: a
//! clock, files, bytes, threads, and chance, but for how a map keeps its keys, which nobody sees.

// Words.
mod account;
mod amount;
mod closed;
mod id;
mod key;
mod kinds;
mod policy;
mod text;
mod time;
// Nouns.
mod command;
mod entry;
mod event;
mod past;
mod rejection;
mod state;
// Verbs.
mod decide;
mod evolve;

pub use account::{Account, CashAccount, KindAccount, TimeAccount, Transfer};
pub use amount::{AmountError, Balance, Items, Minutes, Overflow, Pence};
pub use command::{Beyond, Command, Request, Thing, VoucherKey};
pub use decide::{
    Decision, ImportFailure, Imported, Importing, MAX_OPEN_PROMISES, decide, fall_due, import,
    retried,
};
pub use entry::{Actor, Asked, Attribution, Entry};
pub use event::{
    Counted, Cover, Event, EventKind, FundFreedom, Help, HoursDestination, Kinship, Moved,
    Movements, REDUCER_VERSION, RespiteEnding, SealedTotals, Undone,
};
pub use evolve::{Contradiction, advance, evolve};
pub use id::{
    AccountsRoot, CodeHash, Fingerprint, FundId, LabelError, MemberId, OfferId, OfficerId, PartyId,
    Position, RequestId, RowKey,
};
pub use key::{PublicKey, Signature};
pub use kinds::{
    Authority, CancelReason, CashSource, CashUse, Channel, DisputeReason, Element, EvidenceGrade,
    GrantReason, Hat, Mandate, PartyKind, Powers, RespiteSide, ReversalReason, Role,
    SuspensionReason, TaskKind, VoucherReason,
};
pub use past::{PastCover, PastDestination, PastRespite, PastStep, PastVoucher, Step, WrongRow};
pub use policy::{OwnFamily, Policy, Unsound, Values, VoucherBasis};
pub use rejection::{Rejection, Sort};
pub use state::{
    Behind, Books, Fund, HoursStatus, LoggedHours, Member, Offer, OfferKind, Officer, Open,
    OpenVoucher, Party, Promise, REQUEST_ID_DAYS_AHEAD, REQUEST_ID_DAYS_BACK, Representation, Slot,
    Standing, State,
};
pub use text::{CoopName, Reference, TextError, Title};
pub use time::{Day, TimeOfDay, Timestamp};
