//! What has happened changes what is. The live ledger, a restart and the auditor all come through [`advance`], so they
//! cannot differ.

mod moves;
mod promises;
mod proofs;

use thiserror::Error;

use crate::{
    entry::Entry,
    event::{Event, Help, Undone},
    id::{MemberId, OfferId, Position},
    kinds::Role,
    policy::{Policy, Values},
    state::{
        Fund, Known, Member, Offer, OfferKind, Officer, OpenVoucher, Party, Promise,
        REQUEST_ID_DAYS_BACK, Representation, Standing, State,
    },
    text::Title,
    time::Day,
};

/// An entry that cannot follow on the entries before it: the log is not what the ledger wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Contradiction {
    /// A position is missing, or comes twice.
    #[error("entry {got} stands where entry {expected} should")]
    OutOfOrder {
        /// What should have come.
        expected: Position,
        /// What came.
        got: Position,
    },
    /// The recorded time goes back.
    #[error("entry {at} was recorded before the one before it")]
    TimeWentBack {
        /// The entry.
        at: Position,
    },
    /// What the entry says cannot have happened after the entries before it.
    #[error("entry {at} is impossible: {what}")]
    Impossible {
        /// The entry.
        at: Position,
        /// What is impossible about it.
        what: &'static str,
    },
}

type Result<T> = std::result::Result<T, Contradiction>;

/// The ledger after one more entry.
///
/// Takes the old state and gives the new one: on a contradiction there is no state left to go on with, and none half
/// changed to go on with by mistake. It is [`advance`] for whoever would rather hand a state over.
pub fn evolve(mut state: State, entry: &Entry) -> Result<State> {
    advance(&mut state, entry)?;
    Ok(state)
}

/// The same where the state lies: nothing but what the entry touches is moved.
///
/// On a contradiction the state of a log without entries is left behind, so that here, too, there is none half changed to
/// go on with: every entry but a founding contradicts it.
pub fn advance(state: &mut State, entry: &Entry) -> Result<()> {
    let done = follow(state, entry);
    if done.is_err() {
        *state = State::default();
    }
    done
}

/// Changes what is, as far as it gets.
fn follow(state: &mut State, entry: &Entry) -> Result<()> {
    let at = entry.position;
    let expected = state.head.next();
    if at != expected {
        return Err(Contradiction::OutOfOrder { expected, got: at });
    }
    if entry.recorded_at < state.recorded_at {
        return Err(Contradiction::TimeWentBack { at });
    }
    if state.coop.is_none() != matches!(entry.event, Event::CoopFounded { .. }) {
        return Err(impossible(at, "a log begins with the founding of its co-op, and only then"));
    }
    for transfer in &entry.event.transfers() {
        moves::book(state, at, transfer)?;
    }
    happen(state, entry)?;
    remember(state, entry)?;
    state.head = at;
    state.recorded_at = entry.recorded_at;
    Ok(())
}

fn impossible(at: Position, what: &'static str) -> Contradiction {
    Contradiction::Impossible { at, what }
}

/// Minutes count towards a giver's day.
fn given(
    state: &mut State,
    at: Position,
    giver: MemberId,
    (day, minutes): (Day, i64),
) -> Result<()> {
    if !moves::enrolled(state, giver) {
        return Err(impossible(at, "help was given by a member who is not there"));
    }
    state.given.add(giver, day, minutes);
    Ok(())
}

/// Help counts: it is shown with whoever gave it and whoever was helped.
fn counts(state: &State, at: Position, help: &Help) -> Result<()> {
    if !moves::enrolled(state, help.giver) {
        return Err(impossible(at, "help was given by a member who is not there"));
    }
    if help.receiver.is_some_and(|receiver| !moves::enrolled(state, receiver)) {
        return Err(impossible(at, "help was given to a member who is not there"));
    }
    Ok(())
}

/// The request is known, for as long as its id is acceptable; so are the import's step and the correction.
fn remember(state: &mut State, entry: &Entry) -> Result<()> {
    let at = entry.position;
    state.answered.move_on(at, entry.recorded_at.plus_days(-REQUEST_ID_DAYS_BACK));
    if let Some(asked) = &entry.asked
        && state.answered.answer(asked) == Known::Already
    {
        return Err(impossible(at, "a request is answered twice"));
    }
    if let Some(row) = entry.row
        && state.rows.insert(row, at).is_some()
    {
        return Err(impossible(at, "a step of an import comes twice"));
    }
    if let Some(corrects) = entry.corrects
        && state.corrected.insert(corrects, at).is_some()
    {
        return Err(impossible(at, "an entry is corrected twice"));
    }
    Ok(())
}

#[allow(clippy::too_many_lines, reason = "one closed list, an arm for each event")]
fn happen(state: &mut State, entry: &Entry) -> Result<()> {
    let at = entry.position;
    match &entry.event {
        Event::CoopFounded { coop, policy } => {
            state.coop = Some(coop.clone());
            adopt(state, entry, policy, None);
            let founder = Officer { role: Role::Coordinator, member: None, ended: false };
            state.officers.push(founder);
        }
        Event::PolicyAdopted { version, policy, decided_by } => {
            if usize::try_from(*version).ok() != state.policies.len().checked_add(1) {
                return Err(impossible(at, "a version of the policy is missing"));
            }
            adopt(state, entry, policy, decided_by.clone());
        }
        Event::OfficerAppointed { officer, role, member } => {
            next(at, officer.index(), state.officers.len())?;
            state.officers.push(Officer { role: *role, member: *member, ended: false });
        }
        Event::OfficerEnded { officer } => {
            let officer = state.officers.get_mut(officer.index());
            officer.ok_or(impossible(at, "there is no such officer"))?.ended = true;
        }
        Event::MemberEnrolled { member, hats, reference, joined_on } => {
            next(at, member.index(), state.members.len())?;
            if let Some(reference) = reference {
                state.references.insert(reference.clone(), *member);
            }
            state.members.push(Member {
                id: *member,
                reference: reference.clone(),
                hats: hats.clone(),
                standing: Standing::Active,
                standing_before: Standing::Active,
                joined_on: *joined_on,
                revision: at,
            });
        }
        Event::HatsChanged { member, hats } => {
            member_mut(state, *member, at)?.hats.clone_from(hats);
        }
        Event::MemberSuspended { member, reason: _ } => {
            member_mut(state, *member, at)?.standing = Standing::Suspended;
        }
        Event::MemberReinstated { member } => {
            member_mut(state, *member, at)?.standing = Standing::Active;
        }
        Event::MemberLeft { member, settled: _ } => {
            let member = member_mut(state, *member, at)?;
            member.standing_before = member.standing;
            member.standing = Standing::Left;
        }
        Event::RepresentativeNamed { member, representative, mandate, powers, until } => {
            let said =
                Representation { mandate: *mandate, powers: *powers, until: *until, named_at: at };
            represent(state, at, (*representative, *member), Some(said))?;
        }
        Event::RepresentativeEnded { member, representative } => {
            represent(state, at, (*representative, *member), None)?;
        }
        Event::PartyRegistered { party, title, kind } => {
            next(at, party.index(), state.parties.len())?;
            state.party_titles.insert(title.clone(), *party);
            state.parties.push(Party { title: title.clone(), kind: *kind });
        }
        Event::FundOpened { fund, title, freedom } => {
            next(at, fund.index(), state.funds.len())?;
            state.fund_titles.insert(title.clone(), *fund);
            state.funds.push(Fund { title: title.clone(), freedom: freedom.clone() });
        }
        Event::OfferPledged { offer, party, title, face_value, quantity: _, valid_until } => {
            let kind = OfferKind::Vouchers { face_value: *face_value, valid_until: *valid_until };
            pledge(
                state,
                at,
                *offer,
                Offer { party: Some(*party), title: title.clone(), kind, withdrawn: false },
            )?;
        }
        Event::InKindReceived { offer, party, title, quantity: _, valuation } => {
            let kind = OfferKind::InKind { valuation: *valuation };
            pledge(
                state,
                at,
                *offer,
                Offer { party: *party, title: title.clone(), kind, withdrawn: false },
            )?;
        }
        Event::EntryReversed {
            entry: reversed,
            reason: _,
            transfers: _,
            undone,
            below_floor: _,
        } => {
            if state.reversed.insert(*reversed, at).is_some() {
                return Err(impossible(at, "an entry is reversed twice"));
            }
            undo(state, at, *undone)?;
        }
        Event::HoursLogged { help, confirm_by } => {
            promises::hours_logged(state, entry, *help, *confirm_by)?;
        }
        Event::HoursConfirmed { hours, help, logged: _, evidence: _ } => {
            counts(state, at, help)?;
            promises::hours_settled(state, at, *hours, help.minutes.get())?;
        }
        Event::HoursResolved { hours, help, counted } => {
            if counted.is_some() {
                counts(state, at, help)?;
            }
            let counted = counted.map_or(0, crate::Minutes::get);
            promises::hours_settled(state, at, *hours, counted)?;
        }
        Event::HoursDisputed { hours, reason: _ } => promises::hours_disputed(state, at, *hours)?,
        Event::HoursRecorded { help, evidence: _ } => {
            counts(state, at, help)?;
            given(state, at, help.giver, (entry.occurred_on, help.minutes.get()))?;
        }
        Event::RespiteRequested { carer, minutes, wanted_on, start, lapse_at } => {
            promises::respite_requested(
                state,
                at,
                Promise {
                    carer: *carer,
                    held: *minutes,
                    wanted_on: *wanted_on,
                    start: *start,
                    cover: None,
                    lapse_at: *lapse_at,
                    revision: at,
                },
            );
        }
        Event::CoverAgreed { respite, cover, start } => {
            promises::cover_agreed(state, at, *respite, (*cover, *start))?;
        }
        Event::CoverWithdrawn { respite, reason: _ } => {
            promises::cover_withdrawn(state, at, *respite)?;
        }
        Event::RespiteDelivered { respite, .. } | Event::RespiteEnded { respite, .. } => {
            promises::respite_settled(state, at, *respite)?;
        }
        Event::VoucherIssued { offer, member, reason, code, lapse_at, price } => {
            promises::voucher_issued(
                state,
                at,
                OpenVoucher {
                    offer: *offer,
                    member: *member,
                    reason: *reason,
                    code: *code,
                    price: *price,
                    year: entry.occurred_on.year(),
                    lapse_at: *lapse_at,
                },
            );
        }
        Event::VoucherRedeemed { voucher, .. } | Event::VoucherLapsed { voucher, .. } => {
            promises::voucher_settled(state, at, *voucher)?;
        }
        Event::VoucherCancelled { voucher, .. } => {
            let open = promises::voucher_settled(state, at, *voucher)?;
            promises::thank(state, &open, -1);
        }
        Event::StateSealed { through, accounts_root: _, totals, reducer_version } => {
            proofs::state_sealed(state, at, *through, (totals, *reducer_version))?;
        }
        Event::SigningKeyRotated { old_key, new_key, old_signature: _, new_signature: _ } => {
            proofs::signing_key_rotated(state, at, *old_key, *new_key)?;
        }
        // All that these do is move something, and that is done.
        Event::LossAccepted { .. }
        | Event::HoursGiven { .. }
        | Event::PotGranted { .. }
        | Event::CashReceived { .. }
        | Event::CashSpent { .. }
        | Event::InKindUsed { .. } => {}
    }
    Ok(())
}

/// Dense numbers are given in order.
fn next(at: Position, index: usize, length: usize) -> Result<()> {
    if index == length { Ok(()) } else { Err(impossible(at, "a number is not the next one")) }
}

fn adopt(state: &mut State, entry: &Entry, values: &Values, decided_by: Option<Title>) {
    let version = u32::try_from(state.policies.len()).unwrap_or(u32::MAX).saturating_add(1);
    state.policies.push(Policy {
        version,
        values: values.clone(),
        decided_by,
        adopted_at: entry.position,
        recorded_at: entry.recorded_at,
    });
}

fn member_mut(state: &mut State, member: MemberId, at: Position) -> Result<&mut Member> {
    let member = state.members.get_mut(member.index());
    let member = member.ok_or(impossible(at, "there is no such member"))?;
    member.revision = at;
    Ok(member)
}

/// Somebody represents a member from here on, or no more.
fn represent(
    state: &mut State,
    at: Position,
    (representative, member): (MemberId, MemberId),
    said: Option<Representation>,
) -> Result<()> {
    if !moves::enrolled(state, representative) || representative == member {
        return Err(impossible(at, "nobody represents themselves, or is represented by nobody"));
    }
    member_mut(state, member, at)?;
    let pair = (representative, member);
    match said {
        Some(said) => drop(state.representatives.insert(pair, said)),
        None if state.representatives.remove(&pair).is_some() => {}
        None => return Err(impossible(at, "what ends had not begun")),
    }
    Ok(())
}

fn pledge(state: &mut State, at: Position, id: OfferId, offer: Offer) -> Result<()> {
    next(at, id.index(), state.offers.len())?;
    state.offers.push(offer);
    Ok(())
}

/// What a reversal takes back beside the transfers.
fn undo(state: &mut State, at: Position, undone: Undone) -> Result<()> {
    match undone {
        Undone::TransfersOnly => {}
        Undone::GivenMinutes { giver, day, minutes } => {
            given(state, at, giver, (day, minutes.get().saturating_neg()))?;
        }
        Undone::Leaving(member) => {
            let member = member_mut(state, member, at)?;
            member.standing = member.standing_before;
        }
        Undone::Offer(offer) => {
            let offer = state.offers.get_mut(offer.index());
            offer.ok_or(impossible(at, "there is no such offer"))?.withdrawn = true;
        }
    }
    Ok(())
}
