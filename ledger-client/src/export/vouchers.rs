//! Vouchers: a row for each, with what it came to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ledger_core::{
    Day, Entry, Event, MemberId, Minutes, OfferId, PartyId, Position, Timestamp, VoucherReason,
};

use super::cell::{Cell, Table};
use super::titles::Titles;

pub(super) const COLUMNS: &[&str] = &[
    "position",
    "issued_on",
    "recorded_at",
    "member",
    "offer",
    "title",
    "business",
    "reason",
    "price_minutes",
    "lapses_at",
    "came_to",
    "ended_on",
    "end_position",
];

/// A voucher, as far as it is known.
struct Voucher {
    issued_on: Day,
    recorded_at: Timestamp,
    member: MemberId,
    offer: OfferId,
    reason: VoucherReason,
    price: Option<Minutes>,
    lapse_at: Timestamp,
    end: Option<(&'static str, Day, Position)>,
}

/// Every voucher by the position at which it was issued.
#[derive(Default)]
pub(super) struct Vouchers {
    titles: Titles,
    businesses: BTreeMap<OfferId, PartyId>,
    issued: BTreeMap<Position, Voucher>,
}

impl Vouchers {
    pub(super) fn learn(&mut self, entry: &Entry) {
        self.titles.learn(entry);
        if let Event::OfferPledged { offer, party, .. } = entry.event {
            self.businesses.insert(offer, party);
        }
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        if let Event::VoucherIssued { offer, member, reason, code: _, lapse_at, price } =
            entry.event
        {
            let voucher = Voucher {
                issued_on: entry.occurred_on,
                recorded_at: entry.recorded_at,
                member,
                offer,
                reason,
                price,
                lapse_at,
                end: None,
            };
            self.issued.insert(entry.position, voucher);
        } else if let Event::VoucherRedeemed { voucher, .. } = entry.event {
            self.end(voucher, "Redeemed", entry);
        } else if let Event::VoucherCancelled { voucher, .. } = entry.event {
            self.end(voucher, "Cancelled", entry);
        } else if let Event::VoucherLapsed { voucher, .. } = entry.event {
            self.end(voucher, "Lapsed", entry);
        }
    }

    /// What a voucher came to. One that is not there was issued after the day until which this goes.
    fn end(&mut self, voucher: Position, came_to: &'static str, entry: &Entry) {
        if let Some(voucher) = self.issued.get_mut(&voucher) {
            voucher.end = Some((came_to, entry.occurred_on, entry.position));
        }
    }

    pub(super) fn write<W: Write>(self, out: &mut Table<W>) -> io::Result<()> {
        for (position, voucher) in &self.issued {
            let business = self.businesses.get(&voucher.offer);
            let business = business.and_then(|party| self.titles.party(*party));
            out.row(&[
                (*position).into(),
                voucher.issued_on.into(),
                Cell::moment(voucher.recorded_at),
                voucher.member.into(),
                Cell::count(voucher.offer.get().into()),
                self.titles.offer(voucher.offer).map_or(Cell::Nothing, Cell::text),
                business.map_or(Cell::Nothing, Cell::text),
                Cell::word(voucher.reason.word()),
                voucher.price.map(Minutes::get).into(),
                Cell::moment(voucher.lapse_at),
                Cell::word(voucher.end.map_or("Open", |end| end.0)),
                voucher.end.map(|end| end.1).into(),
                voucher.end.map(|end| end.2).into(),
            ])?;
        }
        Ok(())
    }
}
