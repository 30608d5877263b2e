//! What `decide` must remember, and nothing else.

mod books;
mod due;
mod given;
mod hashed;
mod open;
mod people;
mod places;
mod promises;
mod representatives;
mod rising;
mod settled;
mod shelf;
mod window;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    account::{CashAccount, KindAccount, TimeAccount},
    amount::Minutes,
    id::{CodeHash, FundId, MemberId, OfferId, OfficerId, PartyId, Position, RequestId, RowKey},
    key::PublicKey,
    policy::{Policy, Values},
    rejection::Rejection,
    text::{CoopName, Reference, Title},
    time::Timestamp,
};

use due::Due;
use given::Given;
use hashed::Hashed;
use settled::Settled;
use window::Window;

pub(crate) use window::Known;

pub use books::Books;
pub use open::Open;
pub use people::{Fund, Member, Offer, OfferKind, Officer, Party, Standing};
pub use promises::{Behind, HoursStatus, LoggedHours, OpenVoucher, Promise, Slot};
pub use representatives::Representation;

/// How long a request id is acceptable, and therefore remembered: its own time lies no more than so many days back…
pub const REQUEST_ID_DAYS_BACK: i64 = 35;
/// …and no more than so many days ahead.
pub const REQUEST_ID_DAYS_AHEAD: i64 = 1;

/// The ledger of one co-op after some entries.
///
/// With the log grow: a bit an entry (what has come to something), 8 to 16 bytes a giver and day (what was given), some 50
/// bytes a voucher and an imported row, and what is kept of a reversal, a correction and a member's vouchers of a year. All
/// else is people, what they offer, and what is open now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub(crate) head: Position,
    pub(crate) recorded_at: Timestamp,
    pub(crate) coop: Option<CoopName>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) members: Vec<Member>,
    pub(crate) references: BTreeMap<Reference, MemberId>,
    pub(crate) officers: Vec<Officer>,
    // By the representative and then the member.
    pub(crate) representatives: BTreeMap<(MemberId, MemberId), Representation>,
    pub(crate) parties: Vec<Party>,
    pub(crate) party_titles: BTreeMap<Title, PartyId>,
    pub(crate) funds: Vec<Fund>,
    pub(crate) fund_titles: BTreeMap<Title, FundId>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) books: Books,
    pub(crate) hours: Open<LoggedHours>,
    pub(crate) respites: Open<Promise>,
    pub(crate) vouchers: Open<OpenVoucher>,
    pub(crate) codes: Hashed<CodeHash, Position>,
    pub(crate) settled: Settled,
    pub(crate) due: Due,
    pub(crate) answered: Window,
    pub(crate) reversed: BTreeMap<Position, Position>,
    pub(crate) corrected: BTreeMap<Position, Position>,
    pub(crate) rows: Hashed<RowKey, Position>,
    pub(crate) given: Given,
    pub(crate) thanked: BTreeMap<(MemberId, i32), (u32, i64)>,
    pub(crate) booked: BTreeMap<(MemberId, i64), Slot>,
    // With the entry that brought it.
    pub(crate) signing_key: Option<(PublicKey, Position)>,
}

impl State {
    /// The position of the newest entry.
    pub fn head(&self) -> Position {
        self.head
    }

    /// When the newest entry was recorded.
    pub fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    /// The time to stamp a request with: the server's clock, and never before the newest entry.
    #[must_use]
    pub fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(self.recorded_at)
    }

    /// The name of the co-op. Nothing: it has not been founded.
    pub fn coop(&self) -> Option<&CoopName> {
        self.coop.as_ref()
    }

    /// The policy in force.
    pub fn policy(&self) -> Result<&Policy, Rejection> {
        self.policies.last().ok_or(Rejection::CoopNotFound)
    }

    /// Every policy that has been in force, in order.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Every member, in the order of their numbers.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Every officer, in the order of their numbers.
    pub fn officers(&self) -> &[Officer] {
        &self.officers
    }

    /// Every business and partner, in the order of their numbers.
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// Every fund, in the order of their numbers.
    pub fn funds(&self) -> &[Fund] {
        &self.funds
    }

    /// Every offer, in the order of their numbers.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The books.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// The key that signs the checkpoints of this log since it was rotated to. Nothing: still the first one, which no
    /// entry names.
    pub fn signing_key(&self) -> Option<PublicKey> {
        self.signing_key.map(|(key, _)| key)
    }

    /// Logged hours that wait, oldest first.
    pub fn pending_hours(&self) -> &Open<LoggedHours> {
        &self.hours
    }

    /// Respite that is promised, oldest first.
    pub fn promised_respite(&self) -> &Open<Promise> {
        &self.respites
    }

    /// Vouchers that are open, oldest first.
    pub fn open_vouchers(&self) -> &Open<OpenVoucher> {
        &self.vouchers
    }

    /// The entry that reversed this one.
    pub fn reversed_by(&self, entry: Position) -> Option<Position> {
        self.reversed.get(&entry).copied()
    }

    /// The entry that a step of an import became.
    pub fn row(&self, row: RowKey) -> Option<Position> {
        self.rows.get(&row).copied()
    }

    /// How many request ids are remembered.
    pub fn request_ids(&self) -> usize {
        self.answered.len()
    }

    /// The entry that answered a request.
    pub fn answered(&self, request: RequestId) -> Option<Position> {
        self.answered.get(&request).map(|(position, _)| position)
    }

    /// A member, whatever their standing.
    pub fn member(&self, member: MemberId) -> Result<&Member, Rejection> {
        self.members.get(member.index()).ok_or(Rejection::MemberNotFound { member })
    }

    /// A member who takes part.
    pub fn active(&self, member: MemberId) -> Result<&Member, Rejection> {
        let found = self.member(member)?;
        match found.standing {
            Standing::Active => Ok(found),
            Standing::Suspended => Err(Rejection::MemberSuspended { member }),
            Standing::Left => Err(Rejection::MemberLeft { member }),
        }
    }

    /// A member who has not left.
    pub fn present(&self, member: MemberId) -> Result<&Member, Rejection> {
        let found = self.member(member)?;
        match found.standing {
            Standing::Active | Standing::Suspended => Ok(found),
            Standing::Left => Err(Rejection::MemberLeft { member }),
        }
    }

    /// The member with this reference.
    pub fn by_reference(&self, reference: &Reference) -> Option<MemberId> {
        self.references.get(reference).copied()
    }

    /// An officer, in office or not.
    pub fn officer(&self, officer: OfficerId) -> Result<&Officer, Rejection> {
        self.officers.get(officer.index()).ok_or(Rejection::OfficerNotFound { officer })
    }

    /// A business or partner.
    pub fn party(&self, party: PartyId) -> Result<&Party, Rejection> {
        self.parties.get(party.index()).ok_or(Rejection::PartyNotFound { party })
    }

    /// A fund.
    pub fn fund(&self, fund: FundId) -> Result<&Fund, Rejection> {
        self.funds.get(fund.index()).ok_or(Rejection::FundNotFound { fund })
    }

    /// An offer that has not been taken back.
    pub fn offer(&self, offer: OfferId) -> Result<&Offer, Rejection> {
        self.offers
            .get(offer.index())
            .filter(|offer| !offer.withdrawn)
            .ok_or(Rejection::OfferNotFound { offer })
    }

    /// Minutes that a member can still promise: the balance, which is net of what is held, less the floor.
    pub fn available(&self, member: MemberId, values: &Values) -> i64 {
        let balance = self.books.time(TimeAccount::Member(member)).get();
        balance.saturating_sub(values.floor_minutes)
    }

    /// Refuses to take more out of a member's account than can be promised.
    pub(crate) fn spare(&self, member: MemberId, asked: Minutes) -> Result<(), Rejection> {
        let available = self.available(member, &self.policy()?.values);
        if asked.get() > available {
            return Err(Rejection::NotEnoughHours { member, available, asked });
        }
        Ok(())
    }

    /// What this entry made is due no more.
    pub(crate) fn no_more_due(&mut self, made_by: Position) {
        let Self { due, settled, hours, .. } = self;
        let disputed = |hours: &LoggedHours| hours.status == HoursStatus::Disputed;
        due.remove(made_by, |made_by| {
            !settled.contains(made_by) && !hours.get(&made_by).is_some_and(disputed)
        });
    }

    /// What stands in a fund.
    pub fn fund_balance(&self, fund: FundId) -> crate::Balance {
        self.books.cash(CashAccount::Fund(fund))
    }

    /// What is in stock of an offer.
    pub fn stock(&self, offer: OfferId) -> crate::Balance {
        self.books.kind(offer, KindAccount::Stock)
    }

    /// The revision of open hours, promised respite or an open voucher, by the entry that made it.
    pub fn made_revision(&self, made_by: Position) -> Option<Position> {
        let hours = self.hours.get(&made_by).map(|hours| hours.revision);
        let respite = self.respites.get(&made_by).map(|promise| promise.revision);
        let voucher = self.vouchers.get(&made_by).map(|_| made_by);
        hours.or(respite).or(voucher)
    }
}
