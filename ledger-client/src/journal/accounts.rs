//! What an account is called in a journal, and in which unit it is kept.
//!
//! Hours that a member can use are positive under the member's account, and so are hours that are held: both are assets.
//! Where they come from is the community, which is equity. Where cash and things come from is income, what they are used
//! for is an expense.

use ledger_core::{CashAccount, CashSource, CashUse, KindAccount, OfferId, TimeAccount, Transfer};

use crate::export::Titles;

/// An account of any unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Account {
    Time(TimeAccount),
    Cash(CashAccount),
    Kind(OfferId, KindAccount),
}

/// What an account is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Minutes,
    Pence,
    Items,
}

impl Unit {
    pub(super) const ALL: [Self; 3] = [Self::Minutes, Self::Pence, Self::Items];

    /// The commodity. Not `h` or `m`: those are time of another sort to ledger.
    pub(super) const fn commodity(self) -> &'static str {
        match self {
            Self::Minutes => "MIN",
            Self::Pence => "PENCE",
            Self::Items => "ITEMS",
        }
    }
}

impl Account {
    /// The two sides of a movement, with what goes out of the one and into the other.
    pub(super) const fn moved(transfer: &Transfer) -> [(Self, i64); 2] {
        match *transfer {
            Transfer::Time { from, to, minutes } => {
                [(Self::Time(from), -minutes.get()), (Self::Time(to), minutes.get())]
            }
            Transfer::Cash { from, to, pence } => {
                [(Self::Cash(from), -pence.get()), (Self::Cash(to), pence.get())]
            }
            Transfer::Kind { offer, from, to, items } => {
                [(Self::Kind(offer, from), -items.get()), (Self::Kind(offer, to), items.get())]
            }
        }
    }

    pub(super) const fn unit(self) -> Unit {
        match self {
            Self::Time(_) => Unit::Minutes,
            Self::Cash(_) => Unit::Pence,
            Self::Kind(_, _) => Unit::Items,
        }
    }

    /// Its name, in small letters, from the root down: `assets:members:1042`. No account is above another, since a
    /// balance in Beancount counts what is below it, too.
    pub(super) fn name(self) -> String {
        match self {
            Self::Time(TimeAccount::Member(member)) => format!("assets:members:{member}"),
            Self::Time(TimeAccount::Held(member)) => format!("assets:held:{member}"),
            Self::Time(TimeAccount::Pot) => "assets:pot".to_owned(),
            Self::Time(TimeAccount::Commons) => "equity:commons".to_owned(),
            Self::Cash(CashAccount::Fund(fund)) => format!("assets:funds:{fund}"),
            Self::Cash(CashAccount::Source(source)) => format!("income:{}", source_word(source)),
            Self::Cash(CashAccount::Use(used)) => format!("expenses:{}", use_word(used)),
            Self::Kind(offer, KindAccount::Outside) => format!("income:pledged:offer-{offer}"),
            Self::Kind(offer, KindAccount::Stock) => format!("assets:stock:offer-{offer}"),
            Self::Kind(offer, KindAccount::With(member)) => {
                format!("assets:vouchers:{member}:offer-{offer}")
            }
            Self::Kind(offer, KindAccount::Used) => format!("expenses:used:offer-{offer}"),
            Self::Kind(offer, KindAccount::Lapsed) => format!("expenses:lapsed:offer-{offer}"),
        }
    }

    /// The same name as Beancount has it, each part with a capital: `Assets:Members:1042`.
    pub(super) fn capital_name(self) -> String {
        let mut first = true;
        let capital = |c: char| {
            let c = if first { c.to_ascii_uppercase() } else { c };
            first = c == ':';
            c
        };
        self.name().chars().map(capital).collect()
    }

    /// What its fund or offer is called, with nothing in it that means something to any of the three programs.
    pub(super) fn title(self, titles: &Titles) -> Option<String> {
        let title = match self {
            Self::Time(_) | Self::Cash(CashAccount::Source(_) | CashAccount::Use(_)) => None,
            Self::Cash(CashAccount::Fund(fund)) => titles.fund(fund),
            Self::Kind(offer, _) => titles.offer(offer),
        };
        title.map(tame)
    }
}

const fn source_word(source: CashSource) -> &'static str {
    match source {
        CashSource::Grant => "grant",
        CashSource::Surplus => "surplus",
        CashSource::Charge => "charge",
        CashSource::Donation => "donation",
    }
}

const fn use_word(used: CashUse) -> &'static str {
    match used {
        CashUse::Expense => "volunteers",
        CashUse::SpecialistStaff => "specialist-staff",
        CashUse::Other => "other",
    }
}

/// Letters, digits, blanks and the few marks that mean nothing anywhere in a journal. A title is what somebody typed: with
/// a quote, a colon or a line's end it could say something of its own.
pub(super) fn tame(text: &str) -> String {
    let harmless = |c: char| c.is_alphanumeric() || " .,'&()-/£".contains(c);
    text.chars().map(|c| if harmless(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use ledger_core::MemberId;

    use super::*;

    #[test]
    fn names_suit_each_program() {
        let (offer, member) = (OfferId::new(3).unwrap(), MemberId::new(1042).unwrap());
        let with = Account::Kind(offer, KindAccount::With(member));
        assert_eq!(with.name(), "assets:vouchers:1042:offer-3");
        assert_eq!(with.capital_name(), "Assets:Vouchers:1042:Offer-3");
        let staff = Account::Cash(CashAccount::Use(CashUse::SpecialistStaff));
        assert_eq!(staff.capital_name(), "Expenses:Specialist-staff");
    }

    #[test]
    fn a_title_says_nothing_of_its_own() {
        assert_eq!(tame("Côr \"y\" Cwm & Sons (£5)"), "Côr _y_ Cwm & Sons (£5)");
        let said =
            tame("x\n2025-01-01 open Assets:Evil ; type:E \\ \u{2028} \u{202e} = @ [2025] {} * !");
        assert_eq!(said, "x_2025-01-01 open Assets_Evil _ type_E _ _ _ _ _ _2025_ __ _ _");
    }
}
