//! The Store: a row for each movement of cash or of things.

use std::io::{self, Write};

use ledger_core::{CashAccount, Entry, Event, KindAccount, MemberId, PartyId, Transfer};

use super::cell::{Cell, Table, reverses, spoken};
use super::titles::Titles;

pub(super) const COLUMNS: &[&str] = &[
    "position",
    "occurred_on",
    "recorded_at",
    "kind",
    "unit",
    "amount",
    "from",
    "to",
    "title",
    "party",
    "member",
    "reverses",
    "corrects",
];

/// What things are called.
#[derive(Default)]
pub(super) struct Store(Titles);

impl Store {
    pub(super) fn learn(&mut self, entry: &Entry) {
        self.0.learn(entry);
    }

    pub(super) fn add<W: Write>(&self, entry: &Entry, out: &mut Table<W>) -> io::Result<()> {
        let (party, member) = with(&entry.event);
        for transfer in entry.event.transfers() {
            let (unit, amount, from, to, title) = match transfer {
                Transfer::Time { .. } => continue,
                Transfer::Cash { from, to, pence } => {
                    let title = [from, to].into_iter().find_map(|account| self.fund(account));
                    ("pence", pence.get(), cash(from), cash(to), title)
                }
                Transfer::Kind { offer, from, to, items } => {
                    let said = |account| format!("{} of offer {offer}", kind(account));
                    ("items", items.get(), said(from), said(to), self.0.offer(offer))
                }
            };
            out.row(&[
                entry.position.into(),
                entry.occurred_on.into(),
                Cell::moment(entry.recorded_at),
                Cell::word(entry.event.kind().word()),
                Cell::text(unit),
                amount.into(),
                Cell::Text(from),
                Cell::Text(to),
                title.map_or(Cell::Nothing, Cell::text),
                party.and_then(|party| self.0.party(party)).map_or(Cell::Nothing, Cell::text),
                member.into(),
                reverses(&entry.event).into(),
                entry.corrects.into(),
            ])?;
        }
        Ok(())
    }

    fn fund(&self, account: CashAccount) -> Option<&str> {
        match account {
            CashAccount::Fund(fund) => self.0.fund(fund),
            CashAccount::Source(_) | CashAccount::Use(_) => None,
        }
    }
}

/// With whom it was: what the transfers do not say.
fn with(event: &Event) -> (Option<PartyId>, Option<MemberId>) {
    if let Event::CashReceived { party, member, .. } | Event::CashSpent { party, member, .. } =
        event
    {
        return (*party, *member);
    }
    if let Event::OfferPledged { party, .. } = event {
        return (Some(*party), None);
    }
    if let Event::InKindReceived { party, .. } = event {
        return (*party, None);
    }
    (None, None)
}

fn cash(account: CashAccount) -> String {
    match account {
        CashAccount::Fund(fund) => format!("fund {fund}"),
        CashAccount::Source(source) => spoken(source.word()),
        CashAccount::Use(used) => spoken(used.word()),
    }
}

fn kind(account: KindAccount) -> String {
    match account {
        KindAccount::Outside => "outside".to_owned(),
        KindAccount::Stock => "stock".to_owned(),
        KindAccount::With(member) => format!("with member {member}"),
        KindAccount::Used => "used".to_owned(),
        KindAccount::Lapsed => "lapsed".to_owned(),
    }
}
