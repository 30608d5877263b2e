//! The laws of an import: in one go or in many, whole or cut off, once or again, it comes to the same.

use std::collections::BTreeSet;

use ledger_core::{
    Actor, CashSource, CashUse, CodeHash, Entry, EvidenceGrade, Fingerprint, Hat, Imported,
    Importing, Items, Minutes, OfficerId, PastCover, PastDestination, PastRespite, PastStep,
    PastVoucher, Pence, Reference, RequestId, RowKey, State, Step, TaskKind, Title, VoucherReason,
    evolve, import,
};
use proptest::prelude::*;

use crate::{Run, moves::start};

/// One throw of the dice for one row.
type Row = (u8, u8, u8, u16, u16);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0_u8..14, any::<u8>(), any::<u8>(), any::<u16>(), 0_u16..800);
    prop::collection::vec(row, 1..60)
}

fn title(name: &str, number: u8) -> Title {
    Title::new(&format!("{name} {number}")).unwrap()
}

/// The rows as steps: what rests on another step rests on one before it.
fn steps(rows: &[Row]) -> Vec<PastStep> {
    let who = |die: u8| Reference::new(&format!("R{}", die % 4)).unwrap();
    let mut steps: Vec<PastStep> = Vec::new();
    for (number, &(what, one, other, amount, back)) in rows.iter().enumerate() {
        let on = start().day().plus(-i32::from(back));
        let before = |wanted: fn(&Step) -> bool| -> Vec<RowKey> {
            steps.iter().filter(|past| wanted(&past.step)).map(|past| past.row).collect()
        };
        let asked = before(|step| matches!(step, Step::RespiteAsked { .. }));
        let issued = before(|step| matches!(step, Step::VoucherIssued { .. }));
        let minutes = |most: u16| Minutes::new(i64::from(amount % most) + 1).unwrap();
        let pence = Pence::new(i64::from(amount) + 1).unwrap();
        let fund = title(if other.is_multiple_of(2) { "Fund" } else { "Break" }, other % 3);
        let fund = match other % 5 {
            0 => Title::new(&format!("{fund} (restricted)")).unwrap(),
            _ => fund,
        };
        let party = (one.is_multiple_of(3)).then(|| title("Partner", other % 3));
        let (business, offered) = (title("Shop", one % 2), title("Voucher", other % 2));
        let step = match what {
            0 | 1 => Step::Member {
                reference: who(one),
                hats: [&[Hat::FamilyCarer][..], &[Hat::FamilyCarer, Hat::Supporter]]
                    [usize::from(other % 2)]
                .to_vec(),
            },
            2..=4 => Step::Hours {
                giver: who(one),
                receiver: None,
                minutes: minutes(300),
                task: TaskKind::Garden,
                to: match other % 6 {
                    0 => PastDestination::Pot,
                    1 => PastDestination::Member(who(one.wrapping_add(1))),
                    _ => PastDestination::Own,
                },
                evidence: EvidenceGrade::Paper,
            },
            5 => Step::RespiteAsked { carer: who(one), minutes: minutes(200), wanted_on: on },
            6 if !asked.is_empty() => Step::RespiteSettled {
                asked: asked[usize::from(one) % asked.len()],
                outcome: match other % 5 {
                    0 => PastRespite::Cancelled,
                    1 => PastRespite::NoCover,
                    2 => PastRespite::NoShow,
                    3 => PastRespite::Done { cover: PastCover::Staff, minutes: minutes(50) },
                    _ => PastRespite::Done {
                        cover: PastCover::Member(who(one)),
                        minutes: minutes(50),
                    },
                },
            },
            7 => Step::Pledge {
                business,
                title: offered,
                face_value: Pence::new(500).unwrap(),
                quantity: Items::new(2).unwrap(),
                valid_until: on.plus(i32::from(amount % 400)),
            },
            8 | 9 => Step::VoucherIssued {
                member: who(one),
                business: title("Shop", other % 2),
                title: title("Voucher", one % 2),
                reason: VoucherReason::AYear,
                code: CodeHash::new([u8::try_from(number).unwrap(); 16]),
            },
            10 if !issued.is_empty() => Step::VoucherSettled {
                issued: issued[usize::from(one) % issued.len()],
                outcome: [PastVoucher::Redeemed, PastVoucher::Cancelled][usize::from(other % 2)],
            },
            11 => Step::CashSpent { fund, spent_on: CashUse::Expense, pence, member: None, party },
            12 => Step::InKind { party, title: offered, valuation: None },
            _ => {
                let (source, member) = (CashSource::Grant, None);
                Step::CashReceived { fund, source, pence, member, party }
            }
        };
        let mut key = [3; 16];
        key[..8].copy_from_slice(&(number as u64).to_be_bytes());
        // As many bits as a hash of the row would bring, far apart from each other.
        let mut bits = [0; 10];
        bits[2..].copy_from_slice(
            &(number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes(),
        );
        let id = RequestId::of_time(start(), bits);
        let said = Fingerprint::new(key);
        steps.push(PastStep { row: RowKey::new(key), id, fingerprint: said, on, step });
    }
    steps
}

fn bring(state: State, steps: &[PastStep]) -> Imported {
    let importing = Importing { at: start(), actor: Actor::Officer(OfficerId::new(1).unwrap()) };
    import(state, steps, importing).expect("an import never contradicts the log")
}

fn founded() -> State {
    Run::of(&[]).state
}

/// The steps that can be brought, and what they come to.
fn good(rows: &[Row]) -> (Vec<PastStep>, Imported) {
    let mut steps = steps(rows);
    loop {
        let done = bring(founded(), &steps);
        if done.failures.is_empty() && done.dependent == 0 {
            return (steps, done);
        }
        let brought: BTreeSet<_> = done.entries.iter().filter_map(|(index, _)| *index).collect();
        let mut index = 0..steps.len();
        steps.retain(|past| {
            let index = index.next().unwrap();
            brought.contains(&index) || matches!(past.step, Step::Member { .. })
        });
    }
}

/// The same rows in another run, whose requests have ids of their own.
fn asked_anew(steps: &[PastStep]) -> Vec<PastStep> {
    let anew = |id: RequestId| {
        let mut bits = [0; 10];
        bits.copy_from_slice(&id.bytes()[6..]);
        RequestId::of_time(start().plus_hours(1), bits)
    };
    steps.iter().map(|past| PastStep { id: anew(past.id), ..past.clone() }).collect()
}

fn entries(done: &Imported) -> impl Iterator<Item = &Entry> {
    done.entries.iter().map(|(_, entry)| entry)
}

proptest! {
    /// A folder that has grown brings only what is new: first a part and then the whole is the whole.
    #[test]
    fn a_set_that_grows_comes_to_the_same(rows in rows(), cut in any::<prop::sample::Index>()) {
        let (steps, whole) = good(&rows);
        let part = bring(founded(), &steps[..cut.index(steps.len() + 1)]);
        let brought = part.entries.len();
        let rest = bring(part.state, &steps);
        prop_assert_eq!(rest.entries.len() + brought, whole.entries.len());
        prop_assert_eq!(rest.state, whole.state);
    }

    /// An import that was cut off between any two entries resumes where it was.
    #[test]
    fn an_import_that_was_cut_off_resumes(rows in rows(), cut in any::<prop::sample::Index>()) {
        let (steps, whole) = good(&rows);
        let cut = cut.index(whole.entries.len() + 1);
        let kept = entries(&whole).take(cut).try_fold(founded(), evolve).unwrap();
        prop_assert_eq!(bring(kept, &steps).state, whole.state);
    }

    /// A second run changes nothing, and what was brought is a log like any other.
    #[test]
    fn a_second_run_changes_nothing(rows in rows()) {
        let (steps, whole) = good(&rows);
        let replayed = entries(&whole).try_fold(founded(), evolve);
        prop_assert_eq!(replayed.as_ref(), Ok(&whole.state));
        prop_assert_eq!(whole.state.books().sums(), [0, 0, 0]);
        let again = bring(whole.state.clone(), &asked_anew(&steps));
        prop_assert_eq!((again.entries.len(), again.known), (0, steps.len()));
        prop_assert_eq!(again.state, whole.state);
    }

    /// The order of the steps is kept, and a step that failed leaves the steps after it where they were.
    #[test]
    fn steps_are_brought_in_their_order(rows in rows()) {
        let done = bring(founded(), &steps(&rows));
        let order: Vec<_> = done.entries.iter().filter_map(|(index, _)| *index).collect();
        prop_assert!(order.is_sorted());
        let failed = done.failures.len() + done.dependent;
        prop_assert_eq!(order.len() + failed + done.known, rows.len());
    }
}

#[test]
fn the_dice_bring_every_kind_of_step() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut kinds = BTreeSet::new();
    for _ in 0..128 {
        let rows = rows().new_tree(&mut runner).unwrap().current();
        let (_, done) = good(&rows);
        kinds.extend(entries(&done).map(|entry| entry.event.kind().word()));
    }
    let wanted = "CashReceived CashSpent FundOpened HatsChanged HoursRecorded InKindReceived \
                  MemberEnrolled OfferPledged PartyRegistered RespiteDelivered RespiteEnded \
                  RespiteRequested VoucherCancelled VoucherIssued VoucherRedeemed";
    assert_eq!(kinds.into_iter().collect::<Vec<_>>().join(" "), wanted);
}
