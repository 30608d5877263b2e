//! What moves: nothing is made or lost, nobody goes below the floor, and nothing else below zero.

use std::collections::BTreeMap;

use ledger_core::{
    Account, Books, CashAccount, Event, KindAccount, MemberId, Position, TimeAccount, Transfer,
};

use super::{After, Breach, Breaches, Check, Seen};

/// The sums of all accounts are reckoned whenever so many entries have come, beside every account that an entry moves.
const EVERY: u64 = 4096;

fn balance(books: &Books, account: Account) -> i128 {
    let balance = match account {
        Account::Time(account) => books.time(account),
        Account::Cash(account) => books.cash(account),
        Account::Kind(offer, account) => books.kind(offer, account),
    };
    i128::from(balance.get())
}

/// What goes out of one account goes into another, and stands there.
#[derive(Default)]
pub(super) struct Conservation {
    /// What should stand in the accounts that this entry moves.
    expected: BTreeMap<Account, i128>,
}

impl Check for Conservation {
    fn before(&mut self, seen: &Seen<'_>, _: &mut Breaches) {
        let books = seen.before.books();
        self.expected.clear();
        for (account, amount) in seen.transfers.iter().flat_map(Transfer::sides) {
            *self.expected.entry(account).or_insert_with(|| balance(books, account)) +=
                i128::from(amount);
        }
    }

    fn after(&mut self, seen: &After<'_>, breaches: &mut Breaches) {
        let books = seen.state.books();
        if self.expected.iter().any(|(account, expected)| balance(books, *account) != *expected) {
            breaches.add(Breach::NotBooked);
        }
        if seen.position().get().is_multiple_of(EVERY) && books.sums() != [0; 3] {
            breaches.add(Breach::SumNotZero);
        }
    }
}

/// Every account that the transfers take something out of, all things considered.
fn lessened(transfers: &[Transfer]) -> impl Iterator<Item = Account> {
    let mut net = BTreeMap::<Account, i128>::new();
    for (account, amount) in transfers.iter().flat_map(Transfer::sides) {
        *net.entry(account).or_default() += i128::from(amount);
    }
    net.into_iter().filter(|(_, amount)| *amount < 0).map(|(account, _)| account)
}

/// Nobody is taken below the floor of the policy of the day, but by a reversal, which says whom.
#[derive(Default)]
pub(super) struct Floor {
    floor: i64,
}

impl Check for Floor {
    fn before(&mut self, seen: &Seen<'_>, _: &mut Breaches) {
        self.floor = seen.policy().map_or(0, |policy| policy.floor_minutes);
    }

    fn after(&mut self, seen: &After<'_>, breaches: &mut Breaches) {
        if seen.transfers.is_empty() {
            return;
        }
        let books = seen.state.books();
        let own = |account| match account {
            Account::Time(TimeAccount::Member(member)) => Some(member),
            Account::Time(TimeAccount::Held(_) | TimeAccount::Pot | TimeAccount::Commons)
            | Account::Cash(_)
            | Account::Kind(_, _) => None,
        };
        let below = |member: &MemberId| books.time(TimeAccount::Member(*member)).get() < self.floor;
        let below: Vec<MemberId> = lessened(seen.transfers).filter_map(own).filter(below).collect();
        match &seen.entry.event {
            Event::EntryReversed { below_floor, .. } => {
                if let Some(member) = below.iter().find(|member| !below_floor.contains(member)) {
                    breaches.add(Breach::BelowFloor(*member));
                } else if below_floor.len() != below.len() {
                    breaches.add(Breach::BelowFloorWrongly);
                }
            }
            _ => breaches.of(below.first().copied().map(Breach::BelowFloor)),
        }
    }
}

/// No pot, hold, fund or stock goes below zero: what is not there cannot be given, held, spent or issued.
pub(super) struct NotBelowZero;

impl Check for NotBelowZero {
    fn after(&mut self, seen: &After<'_>, breaches: &mut Breaches) {
        let books = seen.state.books();
        let mut below = lessened(seen.transfers).filter(|account| balance(books, *account) < 0);
        breaches.of(below.find_map(breach));
    }
}

/// What it is called when an account stands below zero, if it must not.
fn breach(account: Account) -> Option<Breach> {
    match account {
        Account::Time(TimeAccount::Pot) => Some(Breach::PotBelowZero),
        Account::Time(TimeAccount::Held(member)) => Some(Breach::HeldBelowZero(member)),
        Account::Cash(CashAccount::Fund(fund)) => Some(Breach::FundBelowZero(fund)),
        Account::Kind(offer, KindAccount::Stock | KindAccount::With(_) | KindAccount::Used) => {
            Some(Breach::OfferBelowZero(offer))
        }
        Account::Time(TimeAccount::Member(_) | TimeAccount::Commons)
        | Account::Cash(CashAccount::Source(_) | CashAccount::Use(_))
        | Account::Kind(_, KindAccount::Outside | KindAccount::Lapsed) => None,
    }
}

impl After<'_> {
    fn position(&self) -> Position {
        self.entry.position
    }
}

#[cfg(test)]
mod tests {
    use ledger_core::{
        Actor, Attribution, Authority, Channel, CoopName, Entry, Minutes, State, Timestamp, Values,
        evolve,
    };

    use super::*;

    fn founding() -> Entry {
        let (coop, policy) = (CoopName::new("colne-valley").unwrap(), Values::template());
        let by = Attribution {
            actor: Actor::Operator,
            on_behalf_of: None,
            authority: Authority::Operator,
            channel: Channel::App,
        };
        let recorded_at = Timestamp::from_unix_ms(1_800_000_000_000);
        Entry {
            position: Position::new(1),
            recorded_at,
            occurred_on: recorded_at.day(),
            by,
            policy_version: 0,
            asked: None,
            row: None,
            corrects: None,
            event: Event::CoopFounded { coop, policy },
        }
    }

    /// What the books say that were not led by these transfers.
    fn said(transfers: &[Transfer], state: &State, position: u64) -> Vec<Breach> {
        let before = evolve(State::default(), &founding()).unwrap();
        let entry = Entry { position: Position::new(position), ..founding() };
        let (mut rule, mut breaches) = (Conservation::default(), Breaches::default());
        rule.before(&Seen { before: &before, entry: &entry, transfers }, &mut breaches);
        rule.after(&After { entry: &entry, transfers, state }, &mut breaches);
        breaches.0
    }

    #[test]
    fn books_that_do_not_follow_are_found() {
        let sound = evolve(State::default(), &founding()).unwrap();
        let moved =
            Transfer::time(TimeAccount::Commons, TimeAccount::Pot, Minutes::new(30).unwrap());
        assert_eq!(said(&[], &sound, 2), []);
        assert_eq!(said(&[moved], &sound, 2), [Breach::NotBooked]);
        // Books in which something was made out of nothing.
        let mut json = serde_json::to_value(&sound).unwrap();
        *json.pointer_mut("/books/pot").unwrap() = 30.into();
        let made: State = serde_json::from_value(json).unwrap();
        assert_eq!(said(&[], &made, EVERY), [Breach::SumNotZero]);
        assert_eq!(said(&[moved], &made, 2), [Breach::NotBooked]);
    }
}
