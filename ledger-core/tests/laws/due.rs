//! What falls due by itself, and a state that is written and read back.

use ledger_core::{HoursStatus, State, Timestamp, evolve, fall_due};
use proptest::prelude::*;

use crate::{Run, moves::moves, settles};

proptest! {
    /// What falls due next is what of all that is open falls due first.
    #[test]
    fn what_is_due_is_what_is_open(moves in moves(160)) {
        Run::watched(&moves, |_, entry, after| {
            let waiting = after.pending_hours().iter()
                .filter(|(_, logged)| logged.status == HoursStatus::Logged)
                .map(|(made_by, logged)| (logged.confirm_by, *made_by));
            let promised = after.promised_respite().iter().map(|(made_by, promise)| (promise.lapse_at, *made_by));
            let open = after.open_vouchers().iter().map(|(made_by, voucher)| (voucher.lapse_at, *made_by));
            let expected = waiting.chain(promised).chain(open).min();
            let never = Timestamp::from_unix_ms(i64::MAX);
            let found = fall_due(after, never).and_then(|due| settles(&due.event));
            assert_eq!(found, expected.map(|(_, made_by)| made_by), "{entry:?}");
            if let Some((due, _)) = expected {
                let before = Timestamp::from_unix_ms(due.unix_ms() - 1);
                assert!(fall_due(after, before).is_none() && fall_due(after, due).is_some(), "{entry:?}");
            }
        });
    }

    /// A state that was written and read back goes on as the same.
    #[test]
    fn a_written_state_is_the_same(moves in moves(160), cut in 0_usize..200) {
        let run = Run::of(&moves);
        let (before, after) = run.log.split_at(cut.min(run.log.len()));
        let kept = before.iter().try_fold(State::default(), evolve).unwrap();
        let written = postcard::to_stdvec(&kept).unwrap();
        let read: State = postcard::from_bytes(&written).unwrap();
        prop_assert_eq!(&read, &kept);
        prop_assert_eq!(after.iter().try_fold(read, evolve), Ok(run.state));
    }

    /// Once what is due has been recorded, nothing is overdue.
    #[test]
    fn nothing_stays_overdue(moves in moves(160), days in 0_i64..400) {
        let mut run = Run::of(&moves);
        let now = run.state.recorded_at().plus_days(days);
        let before = run.log.len();
        run.drain(now, &mut |_, _, _| ());
        let due = |entry: &ledger_core::Entry| entry.asked.is_none();
        prop_assert!(run.log[before..].iter().all(due));
        let state = &run.state;
        prop_assert_eq!(fall_due(state, now), None);
        for logged in state.pending_hours().values() {
            prop_assert!(logged.status == HoursStatus::Disputed || logged.confirm_by > now);
        }
        prop_assert!(state.promised_respite().values().all(|promise| promise.lapse_at > now));
        prop_assert!(state.open_vouchers().values().all(|voucher| voucher.lapse_at > now));
    }
}
