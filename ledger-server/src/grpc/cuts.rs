//! What is shown of a moment that has been, wherever a history is cut: what was shown when the log ended there.

use std::collections::BTreeMap;

use ledger_core::{
    Account, AccountsRoot, CashAccount, Command, CoopName, Day, Decision, Entry, FundId, MemberId,
    Position, State, TimeAccount, decide, evolve, fall_due,
};
use ledger_proto::{
    accounts_root,
    api::{AsOf, Known},
    leaf, v1,
};
use proptest::{prelude::*, sample::Index};

use super::{people, statement, totals};
use crate::views::{Asked, Binder, Moment, View};

// The dice of the core's laws.
#[path = "../../../ledger-core/tests/laws/moves.rs"]
mod moves;
#[path = "../../../ledger-core/tests/laws/reading.rs"]
mod reading;

use moves::{Move, moves, prelude, request, start};

/// What the dice come to: a whole log.
fn history(moves: &[Move]) -> Vec<Entry> {
    fn record(state: &mut State, log: &mut Vec<Entry>, entry: Entry) {
        *state = evolve(std::mem::take(state), &entry).unwrap();
        log.push(entry);
    }
    let (mut state, mut log, mut asked) = (State::default(), Vec::new(), Vec::new());
    let mut now = start();
    let founding = prelude().into_iter().map(Err);
    for next in founding.chain(moves.iter().map(Ok)) {
        now = now.plus_hours(next.as_ref().map_or(0, |dice| i64::from(dice.hours_later)));
        while let Some(entry) = fall_due(&state, now) {
            record(&mut state, &mut log, entry);
        }
        let (number, at) = (asked.len() as u64, state.stamp(now));
        let mut request = match next {
            Ok(dice) => dice.read((number, at), &state, (&log, &asked)),
            Err((actor, command)) => request(number, at, actor, command),
        };
        // The dice know no accounts; a view takes only a seal that is true.
        if let Command::SealState { accounts_root: root } = &mut request.command {
            *root = Some(AccountsRoot::new(*accounts_root(state.books()).as_bytes()));
        }
        if let Ok(Decision::Record(entry)) = decide(&state, &request) {
            record(&mut state, &mut log, *entry);
        }
        asked.push(request);
    }
    log
}

fn view(entries: &[Entry]) -> View {
    view_on(Binder::default(), entries)
}

fn view_on(binder: Binder, entries: &[Entry]) -> View {
    let mut view = View::on(binder);
    for entry in entries {
        let leaf = leaf(&entry.position.get().to_be_bytes());
        view.add(std::slice::from_ref(entry), &[leaf]).unwrap();
    }
    view
}

/// The lines of a statement: which entry, what it moved, and which entry reversed it.
type Lines = Vec<(Position, statement::Moved, i64)>;

/// All that is shown of a moment.
#[derive(Debug, PartialEq)]
struct Shown {
    totals: v1::GetStoreTotalsResponse,
    balances: Vec<v1::MemberBalance>,
    statements: Vec<(MemberId, Lines)>,
    exchanges: Vec<v1::Exchange>,
}

fn shown(view: &View, moment: Moment) -> Shown {
    let coop = CoopName::new("any-valley").unwrap();
    let members = people::enrolled(view, moment);
    let lines = |member| {
        let asked = Asked { moment, after: Position::START, from: None, to: None };
        let lines = statement::lines(view, member, asked).map(Result::unwrap);
        lines.map(|(at, moved)| (at, moved, statement::reversed_by(view, at, moment))).collect()
    };
    Shown {
        totals: v1::GetStoreTotalsResponse {
            position: 0,
            ..totals::at(&coop, view, moment).unwrap()
        },
        balances: members
            .iter()
            .map(|member| people::balance(&coop, view, member, moment).unwrap())
            .collect(),
        statements: members.iter().map(|member| (member.id, lines(member.id))).collect(),
        exchanges: view
            .exchanges(moment, Position::START)
            .map(|exchange| statement::told(&coop, view, &exchange.unwrap(), moment))
            .collect(),
    }
}

fn asked(view: &View, as_of: AsOf) -> Shown {
    shown(view, view.moment(as_of).unwrap())
}

/// What entries moved, by account, and of each member's two accounts entry by entry; reckoned from nothing but transfers.
#[derive(Default)]
struct Naive {
    accounts: BTreeMap<Account, i64>,
    lines: BTreeMap<MemberId, BTreeMap<Position, (i64, i64)>>,
}

impl Naive {
    fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut naive = Self::default();
        for entry in entries {
            for transfer in entry.event.transfers() {
                for (account, amount) in transfer.sides() {
                    naive.add(entry.position, account, amount);
                }
            }
        }
        naive
    }

    fn add(&mut self, at: Position, account: Account, amount: i64) {
        *self.accounts.entry(account).or_default() += amount;
        if let Account::Time(TimeAccount::Member(member)) = account {
            self.line(member, at).0 += amount;
        }
        if let Account::Time(TimeAccount::Held(member)) = account {
            self.line(member, at).1 += amount;
        }
    }

    fn line(&mut self, member: MemberId, at: Position) -> &mut (i64, i64) {
        self.lines.entry(member).or_default().entry(at).or_default()
    }

    fn balance(&self, account: Account) -> i64 {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    /// Whether it is what is shown.
    fn agrees(&self, shown: &Shown) {
        let time = |account| self.balance(Account::Time(account));
        let said = shown.totals.time.unwrap();
        let held = shown.statements.iter().map(|(member, _)| time(TimeAccount::Held(*member)));
        assert_eq!(said.pot_minutes, time(TimeAccount::Pot));
        assert_eq!(said.commons_minutes, time(TimeAccount::Commons));
        assert_eq!(said.held_minutes, held.sum::<i64>());
        for (index, fund) in shown.totals.cash.as_ref().unwrap().funds.iter().enumerate() {
            let account = Account::Cash(CashAccount::Fund(FundId::at(index).unwrap()));
            assert_eq!(fund.balance_pence, self.balance(account));
        }
        for ((member, lines), balance) in shown.statements.iter().zip(&shown.balances) {
            assert_eq!(balance.balance_minutes, time(TimeAccount::Member(*member)));
            assert_eq!(balance.held_minutes, time(TimeAccount::Held(*member)));
            let mut after = 0;
            let naive = self.lines.get(member).into_iter().flatten().map(|(at, (own, held))| {
                after += own;
                (*at, statement::Moved { own: *own, held: *held, after })
            });
            let lines = lines.iter().map(|(at, moved, _)| (*at, *moved));
            assert_eq!(lines.collect::<Vec<_>>(), naive.collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_shown_of_a_cut_is_what_a_log_that_ends_there_shows(
        dice in moves(140),
        cuts in prop::collection::vec((any::<Index>(), any::<Index>(), -1_i64..=1), 6),
    ) {
        let log = history(&dice);
        let whole = view_on(Binder::default().with_small_pages(), &log);
        let known_by = |time| log.iter().filter(|entry| entry.recorded_at <= time).count();
        for (cut, other, apart) in cuts {
            let cut = cut.index(log.len() + 1);
            let at = Position::new(cut as u64);
            let day = other.get(&log).occurred_on;
            let on_day = |known| AsOf::Day { day, known };
            let by_then = |entries: &[Entry]| {
                Naive::of(entries.iter().filter(|entry| entry.occurred_on <= day))
            };
            let fresh = view(&log[..cut]);
            let then = asked(&whole, AsOf::Position(at));
            prop_assert_eq!(&then, &asked(&fresh, AsOf::Now));
            Naive::of(log[..cut].iter()).agrees(&then);
            let later_page = whole.moment(AsOf::Now).unwrap().until(Some(at));
            prop_assert_eq!(&shown(&whole, later_page), &then);
            let of_day = asked(&whole, on_day(Known::Position(at)));
            prop_assert_eq!(&of_day, &asked(&fresh, on_day(Known::Now)));
            by_then(&log[..cut]).agrees(&of_day);

            let time = other.get(&log).recorded_at.unix_ms() + apart;
            let time = ledger_core::Timestamp::from_unix_ms(time);
            let fresh = view(&log[..known_by(time)]);
            prop_assert_eq!(&asked(&whole, AsOf::Time(time)), &asked(&fresh, AsOf::Now));
            let of_day = asked(&whole, on_day(Known::Time(time)));
            prop_assert_eq!(&of_day, &asked(&fresh, on_day(Known::Now)));
            by_then(&log[..known_by(time)]).agrees(&of_day);
        }
        by_then_of_all_days(&log, &whole);
    }
}

/// All that is known, by each day on which anything happened.
fn by_then_of_all_days(log: &[Entry], whole: &View) {
    let days: std::collections::BTreeSet<Day> = log.iter().map(|entry| entry.occurred_on).collect();
    for day in days {
        let by_then = Naive::of(log.iter().filter(|entry| entry.occurred_on <= day));
        by_then.agrees(&asked(whole, AsOf::Day { day, known: Known::Now }));
    }
}

#[test]
fn nothing_is_known_beyond_the_newest_entry() {
    let view = view(&history(&[]));
    let beyond = view.state().head().next();
    let day = Day::parse("2026-05-28").unwrap();
    for as_of in [AsOf::Position(beyond), AsOf::Day { day, known: Known::Position(beyond) }] {
        assert!(view.moment(as_of).is_err(), "{as_of:?}");
    }
}

#[test]
fn a_view_takes_entries_with_one_leaf_each_and_no_others() {
    let log = history(&[]);
    let leaves: Vec<_> =
        log.iter().map(|entry| leaf(&entry.position.get().to_be_bytes())).collect();
    let whole = view(&log);
    let mut together = View::on(Binder::default());
    together.add(&log, &leaves).unwrap();
    assert_eq!(together.tree(), whole.tree());
    assert_eq!(together.state(), whole.state());
    for short in [&leaves[1..], &[]] {
        let mut none = View::on(Binder::default());
        assert!(none.add(&log, short).is_err());
        assert_eq!((none.tree().size(), none.state().head()), (0, Position::START));
    }
}
