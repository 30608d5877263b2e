//! Members' hours: a row for each movement of an account, with the balance after it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};

use ledger_core::{Balance, Entry, MemberId, TimeAccount, Transfer};

use super::cell::{Cell, Table, reverses};

pub(super) const COLUMNS: &[&str] = &[
    "position",
    "occurred_on",
    "recorded_at",
    "kind",
    "member",
    "account",
    "minutes",
    "balance_after",
    "counterparty",
    "reverses",
    "corrects",
];

/// What stands in each member's accounts so far.
#[derive(Default)]
pub(super) struct Hours(BTreeMap<(MemberId, bool), Balance>);

impl Hours {
    pub(super) fn add<W: Write>(&mut self, entry: &Entry, out: &mut Table<W>) -> io::Result<()> {
        for transfer in entry.event.transfers() {
            let Transfer::Time { from, to, minutes } = transfer else { continue };
            let minutes = minutes.get();
            for (account, other, amount) in [(from, to, -minutes), (to, from, minutes)] {
                self.side(entry, (account, other, amount), out)?;
            }
        }
        Ok(())
    }

    /// One side of a movement, if it is a member's.
    fn side<W: Write>(
        &mut self,
        entry: &Entry,
        (account, other, amount): (TimeAccount, TimeAccount, i64),
        out: &mut Table<W>,
    ) -> io::Result<()> {
        let (member, held) = match account {
            TimeAccount::Member(member) => (member, false),
            TimeAccount::Held(member) => (member, true),
            TimeAccount::Pot | TimeAccount::Commons => return Ok(()),
        };
        let balance = self.0.entry((member, held)).or_default();
        let after = balance.credit(amount);
        *balance = after.map_err(|overflow| io::Error::new(ErrorKind::InvalidData, overflow))?;
        out.row(&[
            entry.position.into(),
            entry.occurred_on.into(),
            Cell::moment(entry.recorded_at),
            Cell::word(entry.event.kind().word()),
            member.into(),
            Cell::text(if held { "held" } else { "own" }),
            amount.into(),
            balance.get().into(),
            Cell::Text(said(other)),
            reverses(&entry.event).into(),
            entry.corrects.into(),
        ])
    }
}

fn said(account: TimeAccount) -> String {
    match account {
        TimeAccount::Member(member) => format!("member {member}"),
        TimeAccount::Held(member) => format!("held of member {member}"),
        TimeAccount::Pot => "pot".to_owned(),
        TimeAccount::Commons => "commons".to_owned(),
    }
}
