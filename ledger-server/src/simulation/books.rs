//! The reference model: what the entries of one co-op come to, reckoned once more from their transfers and with nothing of
//! the rules, the state or the views. Each entry must be possible after those before it.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{
    Actor, Authority, CashAccount, CodeHash, Cover, Day, Entry, Event, FundId, Hat, Help,
    KindAccount, MemberId, OfferId, PartyId, Powers, RequestId, RowKey, TimeAccount, TimeOfDay,
    Timestamp, Transfer, Values,
};
use ledger_proto::{Frontier, Hash, leaf, stored};

/// Respite that is promised.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) carer: MemberId,
    pub(super) minutes: i64,
    pub(super) wanted_on: i64,
    /// The sitter's time, from and up to a minute since 1970.
    pub(super) booked: Option<(MemberId, i64, i64)>,
    pub(super) covered: bool,
}

/// What the entries up to here come to.
#[derive(Default)]
pub(super) struct Books {
    pub(super) entries: Vec<Entry>,
    pub(super) leaves: Vec<Hash>,
    /// What stands for the log at each size, from one on.
    pub(super) roots: Vec<Hash>,
    frontier: Frontier,
    pub(super) time: BTreeMap<TimeAccount, i64>,
    pub(super) cash: BTreeMap<CashAccount, i64>,
    pub(super) kind: BTreeMap<(OfferId, KindAccount), i64>,
    pub(super) members: Vec<MemberId>,
    pub(super) carers: Vec<MemberId>,
    pub(super) parties: Vec<PartyId>,
    pub(super) offers: Vec<OfferId>,
    pub(super) funds: Vec<FundId>,
    pub(super) hours: BTreeMap<u64, Help>,
    pub(super) holds: BTreeMap<u64, Hold>,
    pub(super) vouchers: BTreeMap<u64, CodeHash>,
    pub(super) requests: BTreeMap<RequestId, u64>,
    pub(super) rows: BTreeMap<RowKey, u64>,
    reversed: BTreeSet<u64>,
    /// Who represents whom: whether they act, and to the end of which day.
    pub(super) represented: BTreeMap<(MemberId, MemberId), (bool, Option<Day>)>,
    pub(super) newest: Timestamp,
}

impl Books {
    /// How many entries there are.
    pub(super) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// One entry more, as it is stored.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let entry = stored::decode(bytes).unwrap();
        let at = self.size() + 1;
        assert_eq!(entry.position.get(), at, "an entry in another's place");
        assert!(entry.recorded_at >= self.newest, "{at}: time went back");
        self.newest = entry.recorded_at;
        if let Some(asked) = entry.asked {
            let before = self.requests.insert(asked.id, at);
            assert_eq!(before, None, "{at}: a request id was answered twice");
        }
        if let Some(row) = entry.row {
            assert_eq!(self.rows.insert(row, at), None, "{at}: a row was brought twice");
        }
        for transfer in &entry.event.transfers() {
            self.book(transfer);
        }
        self.acts_for(at, &entry);
        self.happen(at, &entry);
        self.promises_stand(at, &entry.event);
        self.leaves.push(leaf(bytes));
        self.frontier.push(leaf(bytes));
        self.roots.push(self.frontier.root());
        self.entries.push(entry);
    }

    fn book(&mut self, transfer: &Transfer) {
        match *transfer {
            Transfer::Time { from, to, minutes } => {
                *self.time.entry(from).or_default() -= minutes.get();
                *self.time.entry(to).or_default() += minutes.get();
            }
            Transfer::Cash { from, to, pence } => {
                *self.cash.entry(from).or_default() -= pence.get();
                *self.cash.entry(to).or_default() += pence.get();
            }
            Transfer::Kind { offer, from, to, items } => {
                *self.kind.entry((offer, from)).or_default() -= items.get();
                *self.kind.entry((offer, to)).or_default() += items.get();
            }
        }
    }

    fn happen(&mut self, at: u64, entry: &Entry) {
        let event = &entry.event;
        assert_eq!(
            at == 1,
            matches!(event, Event::CoopFounded { .. }),
            "{at}: founded once, first"
        );
        if let Event::MemberEnrolled { member, hats, .. } = event {
            assert!(!self.members.contains(member), "{at}: a member twice");
            self.members.push(*member);
            if hats.contains(&Hat::FamilyCarer) {
                self.carers.push(*member);
            }
        } else if let Event::RepresentativeNamed { member, representative, powers, until, .. } =
            event
        {
            let acts = *powers == Powers::Act;
            self.represented.insert((*representative, *member), (acts, *until));
        } else if let Event::RepresentativeEnded { member, representative } = event {
            let ended = self.represented.remove(&(*representative, *member));
            assert!(ended.is_some(), "{at}: a representation ends twice");
        } else if let Event::PartyRegistered { party, .. } = event {
            self.parties.push(*party);
        } else if let Event::OfferPledged { offer, .. } = event {
            self.offers.push(*offer);
        } else if let Event::FundOpened { fund, .. } = event {
            self.funds.push(*fund);
        } else if let Event::HoursLogged { help, .. } = event {
            self.hours.insert(at, *help);
        } else if let Event::HoursConfirmed { hours, .. } | Event::HoursResolved { hours, .. } =
            event
        {
            assert!(self.hours.remove(&hours.get()).is_some(), "{at}: hours were settled twice");
        } else if let Event::EntryReversed { entry: reversed, transfers, .. } = event {
            assert!(self.reversed.insert(reversed.get()), "{at}: reversed twice");
            let of = &self.entries[usize::try_from(reversed.get() - 1).unwrap()];
            let mirrored: Vec<_> =
                of.event.transfers().iter().filter_map(Transfer::mirrored).collect();
            assert_eq!(*transfers, mirrored, "{at}: a reversal mirrors what it reverses");
        }
        self.respite(at, event);
        self.voucher(at, event);
    }

    /// Whoever acts for another member was named for that, and gains nothing.
    fn acts_for(&self, at: u64, entry: &Entry) {
        let (Actor::Member(by), Some(member)) = (entry.by.actor, entry.by.on_behalf_of) else {
            return;
        };
        let Some((true, until)) = self.represented.get(&(by, member)) else {
            panic!("{at}: {by} does not act for {member}")
        };
        let over = until.is_some_and(|until| entry.recorded_at.day() > until);
        assert!(!over, "{at}: {by} acted for {member} no more");
        let gains = |transfer: &Transfer| matches!(transfer, Transfer::Time { to: TimeAccount::Member(to), .. } if *to == by);
        assert!(!entry.event.transfers().iter().any(gains), "{at}: {by} gained by {member}");
    }

    fn respite(&mut self, at: u64, event: &Event) {
        if let Event::RespiteRequested { carer, minutes, wanted_on, .. } = event {
            let (carer, minutes) = (*carer, minutes.get());
            let wanted_on = i64::from(wanted_on.number());
            let hold = Hold { carer, minutes, wanted_on, booked: None, covered: false };
            self.holds.insert(at, hold);
        } else if let Event::CoverAgreed { respite, cover, start } = event {
            self.cover(at, respite.get(), *cover, *start);
        } else if let Event::CoverWithdrawn { respite, .. } = event {
            let hold = self.holds.get_mut(&respite.get()).unwrap();
            assert!(hold.covered, "{at}: withdrawn and never agreed");
            (hold.booked, hold.covered) = (None, false);
        } else if let Event::RespiteDelivered { respite, carer, held, .. }
        | Event::RespiteEnded { respite, carer, held, .. } = event
        {
            let hold = self.holds.remove(&respite.get());
            let hold = hold.unwrap_or_else(|| panic!("{at}: hold {respite} resolves twice"));
            assert_eq!((hold.carer, hold.minutes), (*carer, held.get()), "{at}: another hold");
        }
    }

    /// Nobody is booked twice at once.
    fn cover(&mut self, at: u64, respite: u64, cover: Cover, start: TimeOfDay) {
        let hold = self.holds.get(&respite).unwrap_or_else(|| panic!("{at}: nothing to cover"));
        assert!(!hold.covered, "{at}: respite {respite} is covered twice");
        let first = hold.wanted_on * 1440 + i64::from(start.minutes());
        let end = first + hold.minutes;
        let booked = match cover {
            Cover::Member(giver) => Some((giver, first, end)),
            Cover::Staff => None,
        };
        if let Some((giver, first, end)) = booked {
            let others = self.holds.values().filter_map(|hold| hold.booked);
            for (other, from, to) in others {
                let both = other == giver && from < end && first < to;
                assert!(!both, "{at}: member {giver} is booked twice at once");
            }
        }
        let hold = self.holds.get_mut(&respite).unwrap();
        (hold.booked, hold.covered) = (booked, true);
    }

    fn voucher(&mut self, at: u64, event: &Event) {
        if let Event::VoucherIssued { offer, code, .. } = event {
            self.vouchers.insert(at, *code);
            let stock = self.kind.get(&(*offer, KindAccount::Stock)).copied().unwrap_or_default();
            assert!(stock >= 0, "{at}: issued out of nothing");
        } else if let Event::VoucherRedeemed { voucher, .. }
        | Event::VoucherCancelled { voucher, .. }
        | Event::VoucherLapsed { voucher, .. } = event
        {
            let open = self.vouchers.remove(&voucher.get());
            assert!(open.is_some(), "{at}: voucher {voucher} comes to something twice");
        }
    }

    /// Nobody promises what they do not have, and the pot holds no less than nothing.
    fn promises_stand(&self, at: u64, event: &Event) {
        let floor = Values::template().floor_minutes;
        let by = if let Event::RespiteRequested { carer, .. } = event {
            Some(*carer)
        } else if let Event::HoursGiven { from, .. } = event {
            Some(*from)
        } else {
            None
        };
        if let Some(member) = by {
            assert!(self.own(member) >= floor, "{at}: {member} promised more than there was");
        }
        let pot = self.time.get(&TimeAccount::Pot).copied().unwrap_or_default();
        assert!(pot >= 0, "{at}: the pot is overdrawn");
    }

    /// How often somebody acted for another.
    pub(super) fn for_another(&self) -> u64 {
        let by =
            self.entries.iter().filter(|entry| entry.by.authority == Authority::Representative);
        by.count() as u64
    }

    /// What a member has.
    pub(super) fn own(&self, member: MemberId) -> i64 {
        self.time.get(&TimeAccount::Member(member)).copied().unwrap_or_default()
    }

    /// What of a member's is held, by the promises that are open.
    pub(super) fn held(&self, carer: MemberId) -> i64 {
        self.holds.values().filter(|hold| hold.carer == carer).map(|hold| hold.minutes).sum()
    }
}
