//! The laws of the ledger, under any sequence of requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets something else shall stop there, and its cases read best without marks"
)]

#[path = "laws/due.rs"]
mod due;
#[path = "laws/moves.rs"]
mod moves;
#[path = "laws/past.rs"]
mod past;
#[path = "laws/reading.rs"]
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{
    Account, Actor, Authority, CashAccount, Cover, Decision, Entry, Event, EventKind, FundId,
    KindAccount, MemberId, Minutes, OfferId, Position, Powers, Request, Standing, State,
    TimeAccount, decide, evolve, fall_due,
};
use moves::{Move, moves, prelude, request, start};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// A ledger as the server would run it, and all that was asked of it.
#[derive(Default)]
struct Run {
    state: State,
    log: Vec<Entry>,
    asked: Vec<Request>,
}

impl Run {
    fn of(moves: &[Move]) -> Self {
        Self::watched(moves, |_, _, _| ())
    }

    /// Shows each entry with the ledger before and after it.
    fn watched(moves: &[Move], mut watch: impl FnMut(&State, &Entry, &State)) -> Self {
        let mut run = Self::default();
        let mut now = start();
        for (actor, command) in prelude() {
            let number = run.asked.len() as u64;
            run.ask(request(number, now, actor, command), &mut watch);
        }
        for one in moves {
            now = now.plus_hours(i64::from(one.hours_later));
            run.drain(now, &mut watch);
            let number = run.asked.len() as u64;
            let at = run.state.stamp(now);
            let request = one.read((number, at), &run.state, (&run.log, &run.asked));
            run.ask(request, &mut watch);
        }
        run
    }

    fn ask(&mut self, request: Request, watch: &mut impl FnMut(&State, &Entry, &State)) {
        self.drain(request.at, watch);
        if let Ok(Decision::Record(entry)) = decide(&self.state, &request) {
            self.record(*entry, watch);
        }
        self.asked.push(request);
    }

    fn drain(
        &mut self,
        now: ledger_core::Timestamp,
        watch: &mut impl FnMut(&State, &Entry, &State),
    ) {
        while let Some(entry) = fall_due(&self.state, now) {
            self.record(entry, watch);
        }
    }

    fn record(&mut self, entry: Entry, watch: &mut impl FnMut(&State, &Entry, &State)) {
        let after = evolve(self.state.clone(), &entry).expect("decide never contradicts evolve");
        watch(&self.state, &entry, &after);
        self.state = after;
        self.log.push(entry);
    }
}

fn balance(state: &State, member: MemberId) -> i64 {
    state.books().time(TimeAccount::Member(member)).get()
}

fn members(state: &State) -> impl Iterator<Item = MemberId> {
    state.members().iter().map(|member| member.id)
}

/// What an entry settles, by the entry that made it.
fn settles(event: &Event) -> Option<Position> {
    match event {
        Event::HoursConfirmed { hours, .. } | Event::HoursResolved { hours, .. } => Some(*hours),
        Event::RespiteDelivered { respite, .. } | Event::RespiteEnded { respite, .. } => {
            Some(*respite)
        }
        Event::VoucherRedeemed { voucher, .. }
        | Event::VoucherCancelled { voucher, .. }
        | Event::VoucherLapsed { voucher, .. } => Some(*voucher),
        _ => None,
    }
}

proptest! {
    /// However the co-op is used, no minute, penny or item is made or lost, and nothing moves to where it was.
    #[test]
    fn nothing_is_made_or_lost(moves in moves(160)) {
        Run::watched(&moves, |_, entry, after| {
            assert_eq!(after.books().sums(), [0, 0, 0], "{entry:?}");
            assert!(entry.event.transfers().iter().all(|transfer| !transfer.goes_nowhere()));
        });
    }

    /// The books have an account for each that was ever named, and no other; what they come to is the naive sum.
    #[test]
    fn the_books_hold_what_was_named(moves in moves(160)) {
        let mut naive = BTreeMap::<Account, i64>::new();
        Run::watched(&moves, |_, entry, after| {
            for transfer in entry.event.transfers() {
                for (account, amount) in transfer.sides() {
                    *naive.entry(account).or_default() += amount;
                }
            }
            let books: Vec<_> = after.books().accounts().map(|(a, b)| (a, b.get())).collect();
            let once: BTreeMap<_, _> = books.iter().copied().collect();
            assert_eq!((&once, books.len()), (&naive, naive.len()), "{entry:?}");
            let sum = |of: &dyn Fn(&Account) -> bool| -> i64 {
                naive.iter().filter(|(account, _)| of(account)).map(|(_, amount)| amount).sum()
            };
            let totals = after.books().totals().unwrap();
            assert_eq!(totals.accounts, naive.len() as u64);
            let time = |account| naive.get(&Account::Time(account)).copied().unwrap_or_default();
            assert_eq!(totals.pot_minutes, time(TimeAccount::Pot));
            assert_eq!(totals.commons_minutes, time(TimeAccount::Commons));
            let own = sum(&|a| matches!(a, Account::Time(TimeAccount::Member(_))));
            let held = sum(&|a| matches!(a, Account::Time(TimeAccount::Held(_))));
            assert_eq!((totals.member_minutes, totals.held_minutes), (own, held));
            assert_eq!(totals.fund_pence, sum(&|a| matches!(a, Account::Cash(CashAccount::Fund(_)))));
            let stock = sum(&|a| matches!(a, Account::Kind(_, KindAccount::Stock)));
            let with = sum(&|a| matches!(a, Account::Kind(_, KindAccount::With(_))));
            assert_eq!((totals.stock_items, totals.with_member_items), (stock, with));
        });
    }

    /// Each key signs until the next one does, and a seal says what the books before it come to.
    #[test]
    fn keys_follow_on_each_other_and_seals_on_the_books(moves in moves(160)) {
        Run::watched(&moves, |before, entry, after| match &entry.event {
            Event::SigningKeyRotated { old_key, new_key, .. } => {
                assert_ne!(old_key, new_key);
                assert!(before.signing_key().is_none_or(|key| key == *old_key), "{entry:?}");
                assert_eq!(after.signing_key(), Some(*new_key));
            }
            Event::StateSealed { through, totals, .. } => {
                assert_eq!(*through, before.head());
                assert_eq!(before.books().totals().as_ref(), Ok(totals));
                assert_eq!(before.books(), after.books());
            }
            _ => assert_eq!(before.signing_key(), after.signing_key()),
        });
    }

    /// The log alone gives back the ledger: replay is the identity.
    #[test]
    fn replay_rebuilds_the_ledger(moves in moves(160)) {
        let run = Run::of(&moves);
        let replayed = run.log.iter().try_fold(State::default(), evolve);
        prop_assert_eq!(replayed, Ok(run.state));
    }

    /// A request that is sent twice is recorded once.
    #[test]
    fn retries_are_harmless(moves in moves(160)) {
        let once = Run::of(&moves);
        let mut twice = Run::default();
        for request in &once.asked {
            twice.ask(request.clone(), &mut |_, _, _| ());
            let recorded = twice.state.answered(request.id);
            if let Some(position) = recorded {
                let again = decide(&twice.state, request);
                prop_assert_eq!(again, Ok(Decision::AlreadyRecorded(position)));
            }
            twice.ask(request.clone(), &mut |_, _, _| ());
        }
        // What was refused may be asked again; only then may the second answer be another than the first.
        let known: BTreeSet<_> = once.log.iter().filter_map(|entry| entry.asked).map(|a| a.id).collect();
        for id in known {
            let by = |log: &[Entry]| {
                log.iter().filter(|entry| entry.asked.is_some_and(|asked| asked.id == id)).count()
            };
            prop_assert_eq!((by(&once.log), by(&twice.log)), (1, 1));
        }
        prop_assert_eq!(once.state, twice.state);
    }

    /// Every hold, every hour and every voucher comes to something once, and what is held is what is promised.
    #[test]
    fn what_is_promised_resolves_once(moves in moves(160)) {
        let run = Run::watched(&moves, |_, _, after| {
            for member in members(after) {
                let promised: i64 = after.promised_respite().values()
                    .filter(|promise| promise.carer == member)
                    .map(|promise| promise.held.get())
                    .sum();
                assert_eq!(after.books().time(TimeAccount::Held(member)).get(), promised);
                for offer in (0..after.offers().len()).filter_map(OfferId::at) {
                    let open = after.open_vouchers().values()
                        .filter(|voucher| voucher.member == member && voucher.offer == offer)
                        .count();
                    let with = after.books().kind(offer, KindAccount::With(member)).get();
                    assert_eq!(usize::try_from(with), Ok(open));
                }
            }
        });
        let mut settled = BTreeSet::new();
        for made_by in run.log.iter().filter_map(|entry| settles(&entry.event)) {
            prop_assert!(settled.insert(made_by), "{made_by} twice");
        }
    }

    /// Nobody is booked twice at once.
    #[test]
    fn the_slots_of_a_giver_never_overlap(moves in moves(160)) {
        Run::watched(&moves, |_, _, after| {
            let mut slots = BTreeMap::<MemberId, Vec<(i64, i64)>>::new();
            for promise in after.promised_respite().values() {
                if let (Some(Cover::Member(giver)), Some(start)) = (promise.cover, promise.start) {
                    let first = i64::from(promise.wanted_on.number()) * 1440 + i64::from(start.minutes());
                    slots.entry(giver).or_default().push((first, first + promise.held.get()));
                }
            }
            for mut slots in slots.into_values() {
                slots.sort_unstable();
                assert!(slots.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{slots:?}");
            }
        });
    }

    /// No fund, no pot and no stock goes below zero, and nobody who has left has hours.
    #[test]
    fn nothing_is_spent_that_is_not_there(moves in moves(160)) {
        Run::watched(&moves, |_, entry, after| {
            let books = after.books();
            assert!(books.time(TimeAccount::Pot).get() >= 0, "{entry:?}");
            for fund in (0..after.funds().len()).filter_map(FundId::at) {
                assert!(books.cash(CashAccount::Fund(fund)).get() >= 0, "{entry:?}");
            }
            for offer in (0..after.offers().len()).filter_map(OfferId::at) {
                for account in [KindAccount::Stock, KindAccount::Used, KindAccount::Lapsed] {
                    assert!(books.kind(offer, account).get() >= 0, "{entry:?}");
                }
            }
            for member in after.members().iter().filter(|member| member.standing == Standing::Left) {
                assert_eq!(balance(after, member.id), 0, "{entry:?}");
            }
        });
    }

    /// Only an officer's reversal takes a balance below the floor, or further below it, and it says so; a floor that
    /// is adopted anew moves nothing.
    #[test]
    fn nobody_falls_below_the_floor_unsaid(moves in moves(160)) {
        Run::watched(&moves, |before, entry, after| {
            let Ok(policy) = after.policy() else { return };
            let fallen: Vec<_> = members(after)
                .filter(|&member| balance(after, member) < balance(before, member))
                .filter(|&member| balance(after, member) < policy.values.floor_minutes)
                .collect();
            let said = match &entry.event {
                Event::EntryReversed { below_floor, .. } => below_floor.clone(),
                _ => Vec::new(),
            };
            assert_eq!(fallen, said, "{entry:?}");
        });
    }

    /// Nobody's help of one day comes to more than a cap that was in force, whatever was changed or taken back.
    #[test]
    fn a_day_has_a_cap(moves in moves(160)) {
        let mut counted = BTreeMap::<Position, (MemberId, ledger_core::Day, i64)>::new();
        Run::watched(&moves, |_, entry, after| {
            let at = entry.position;
            let helped = |help: &ledger_core::Help| (help.giver, entry.occurred_on, help.minutes.get());
            match &entry.event {
                Event::HoursLogged { help, .. } | Event::HoursRecorded { help, .. } => {
                    counted.insert(at, helped(help));
                }
                Event::HoursConfirmed { hours, help, .. } => {
                    let logged = counted.remove(hours).unwrap();
                    assert_eq!((logged.0, logged.1), (help.giver, entry.occurred_on));
                    counted.insert(at, helped(help));
                }
                Event::HoursResolved { hours, help, counted: minutes } => {
                    counted.remove(hours);
                    let (giver, day, _) = helped(help);
                    counted.insert(at, (giver, day, minutes.map_or(0, Minutes::get)));
                }
                Event::EntryReversed { entry, .. } => {
                    counted.remove(entry);
                }
                _ => {}
            }
            let mut days = BTreeMap::<_, i64>::new();
            for (giver, day, minutes) in counted.values() {
                *days.entry((giver, day)).or_default() += minutes;
            }
            let most = after.policies().iter().map(|policy| policy.values.day_cap.get()).max();
            assert!(days.values().max() <= most.as_ref(), "{entry:?}");
        });
    }

    /// Whoever acts for another member represents them at that moment, and gains nothing by it.
    #[test]
    fn who_represents_another_may_and_gains_nothing(moves in moves(160)) {
        Run::watched(&moves, |before, entry, _| {
            let by = entry.by;
            let (Actor::Member(representative), Some(member)) = (by.actor, by.on_behalf_of) else {
                return assert_ne!(by.authority, Authority::Representative, "{entry:?}");
            };
            assert_eq!(by.authority, Authority::Representative);
            let powers = before.represents(representative, member, entry.recorded_at);
            assert_eq!(powers, Some(Powers::Act), "{entry:?}");
            let own = Account::Time(TimeAccount::Member(representative));
            if let Event::HoursLogged { help, .. } = &entry.event {
                let gains = [help.giver == representative, Account::Time(help.credited()) == own];
                assert_eq!(gains, [false, false], "{entry:?}");
            }
            for transfer in &entry.event.transfers() {
                let [_, (to, _)] = transfer.sides();
                assert_ne!(to, own, "{entry:?}");
            }
        });
    }

    /// Each entry says by which policy it was judged: the one in force.
    #[test]
    fn an_entry_names_the_policy_of_its_day(moves in moves(160)) {
        Run::watched(&moves, |before, entry, after| {
            let in_force = before.policy().map_or(0, |policy| policy.version);
            assert_eq!(entry.policy_version, in_force);
            assert_eq!(after.head(), before.head().next());
            assert!(after.recorded_at() >= before.recorded_at());
        });
    }
}

#[test]
fn the_dice_reach_every_kind_of_event() {
    let mut runner = TestRunner::deterministic();
    let (mut reached, mut represented) = (BTreeMap::<EventKind, u32>::new(), 0);
    for _ in 0..128 {
        let moves = moves(160).new_tree(&mut runner).unwrap().current();
        for entry in Run::of(&moves).log {
            *reached.entry(entry.event.kind()).or_default() += 1;
            represented += u32::from(entry.by.authority == Authority::Representative);
        }
    }
    let rare: Vec<_> = EventKind::ALL
        .iter()
        .map(|kind| (kind.word(), reached.get(kind).copied().unwrap_or_default()))
        .filter(|(_, times)| *times < 5)
        .collect();
    assert!(rare.is_empty(), "hardly reached: {rare:?}");
    assert!(represented >= 40, "hardly anybody acts for another: {represented}");
}
