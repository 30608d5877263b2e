//! May it be done? One match says which rule answers.

mod correction;
mod due;
mod governance;
mod hours;
mod imports;
mod membership;
mod proofs;
mod representatives;
mod respite;
mod store;
mod vouchers;
mod who;

use crate::{
    command::{Command, Request, Thing},
    entry::{Asked, Attribution, Entry},
    event::Event,
    id::Position,
    kinds::Authority,
    policy::Values,
    rejection::Rejection,
    state::{REQUEST_ID_DAYS_AHEAD, REQUEST_ID_DAYS_BACK, State},
    time::Day,
};

pub use due::fall_due;
pub use imports::{ImportFailure, Imported, Importing, import};
pub use respite::MAX_OPEN_PROMISES;
use who::Who;

/// What becomes of a request that is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is to be recorded.
    Record(Box<Entry>),
    /// It was recorded before: a retry, answered from the log.
    AlreadyRecorded(Position),
}

/// What a rule looks at: the ledger, the request, and whoever asks.
struct Ask<'a> {
    state: &'a State,
    request: &'a Request,
    who: Who,
}

impl Ask<'_> {
    /// The numbers of the policy in force.
    fn policy(&self) -> Result<&Values, Rejection> {
        Ok(&self.state.policy()?.values)
    }

    /// The day of the request, by a clock an hour ahead: a summer's midnight in the United Kingdom is 23:00 in UTC.
    fn today(&self) -> Day {
        self.request.at.plus_hours(1).day()
    }

    /// The day on which the person says that it happened.
    fn day(&self) -> Day {
        self.request.occurred_on.unwrap_or_else(|| self.request.at.day())
    }

    /// Whether it is history out of a spreadsheet.
    fn is_history(&self) -> bool {
        self.request.row.is_some()
    }
}

type Ruled = Result<Ruling, Rejection>;

/// What a rule says when it says yes.
struct Ruling {
    event: Event,
    authority: Authority,
    /// The day on which it happened, where the rule knows better than the request.
    on: Option<Day>,
}

impl Ruling {
    fn new(event: Event, authority: Authority) -> Self {
        Self { event, authority, on: None }
    }

    fn on(self, day: Day) -> Self {
        Self { on: Some(day), ..self }
    }
}

/// Decides a request: an entry to record, the answer to a retry, or a refusal, in the order in which a person would
/// explain it: was it asked before, who asks, what is it about, how much.
///
/// What is due by `request.at` must have been recorded before: see [`fall_due`].
pub fn decide(state: &State, request: &Request) -> Result<Decision, Rejection> {
    // A retry is answered from the log before any rule is asked: by now the rule might refuse.
    if let Some(position) = retried(state, request)? {
        return Ok(Decision::AlreadyRecorded(position));
    }
    acceptable(request)?;
    guards(state, request)?;
    let founding = matches!(request.command, Command::FoundCoop { .. });
    match (&state.coop, founding) {
        (Some(coop), true) => return Err(Rejection::CoopExists { coop: coop.clone() }),
        (None, false) => return Err(Rejection::CoopNotFound),
        (Some(_), false) | (None, true) => {}
    }
    let ask = Ask { state, request, who: Who::asks(state, request)? };
    untouched(&ask)?;
    occurred(&ask)?;
    corrects(state, request)?;
    let Ruling { event, authority, on } = rule(&ask)?;
    let policy_version = state.policies.last().map_or(0, |policy| policy.version);
    Ok(Decision::Record(Box::new(Entry {
        position: state.head.next(),
        recorded_at: request.at,
        occurred_on: on.or(request.occurred_on).unwrap_or_else(|| request.at.day()),
        by: Attribution {
            actor: request.actor,
            on_behalf_of: request.on_behalf_of,
            authority,
            channel: request.channel,
        },
        policy_version,
        asked: Some(Asked { id: request.id, fingerprint: request.fingerprint }),
        row: request.row,
        corrects: request.corrects,
        event,
    })))
}

/// One line a command: which rule answers.
#[allow(clippy::too_many_lines, reason = "one closed list, an arm for each command")]
fn rule(ask: &Ask<'_>) -> Ruled {
    match &ask.request.command {
        Command::FoundCoop { coop, policy } => governance::found(ask, coop, policy),
        Command::AdoptPolicy { policy, decided_by } => {
            governance::adopt(ask, policy, decided_by.as_ref())
        }
        Command::AppointOfficer { role, member } => governance::appoint(ask, *role, *member),
        Command::EndOfficer { officer } => governance::end(ask, *officer),
        Command::AcceptLoss { first, last } => governance::accept_loss(ask, *first, *last),
        Command::EnrolMember { hats, reference, joined_on } => {
            membership::enrol(ask, hats, reference.as_ref(), *joined_on)
        }
        Command::ChangeHats { member, hats } => membership::change_hats(ask, *member, hats),
        Command::SuspendMember { member, reason } => membership::suspend(ask, *member, *reason),
        Command::ReinstateMember { member } => membership::reinstate(ask, *member),
        Command::LeaveMember { member, remaining_to } => {
            membership::leave(ask, *member, *remaining_to)
        }
        Command::NameRepresentative { member, representative, mandate, powers, until } => {
            representatives::name(ask, *member, *representative, (*mandate, *powers, *until))
        }
        Command::EndRepresentative { member, representative } => {
            representatives::end(ask, *member, *representative)
        }
        Command::RegisterParty { title, kind } => membership::register(ask, title, *kind),
        Command::LogHours { help } => hours::log(ask, help),
        Command::ConfirmHours { hours, minutes, evidence } => {
            hours::confirm(ask, *hours, *minutes, *evidence)
        }
        Command::DisputeHours { hours, reason } => hours::dispute(ask, *hours, *reason),
        Command::ResolveHours { hours, minutes } => hours::resolve(ask, *hours, *minutes),
        Command::RecordHours { help, evidence } => hours::record(ask, help, *evidence),
        Command::GiveHours { from, to, minutes } => hours::give(ask, *from, *to, *minutes),
        Command::GrantFromPot { to, minutes, reason } => hours::grant(ask, *to, *minutes, *reason),
        Command::RequestRespite { carer, minutes, wanted_on, start } => {
            respite::request(ask, *carer, *minutes, (*wanted_on, *start))
        }
        Command::AgreeCover { respite, cover, start } => {
            respite::agree(ask, *respite, *cover, *start)
        }
        Command::WithdrawCover { respite, reason } => respite::withdraw(ask, *respite, *reason),
        Command::DeliverRespite { respite, minutes, cover, beyond } => {
            respite::deliver(ask, *respite, (*minutes, *beyond), *cover)
        }
        Command::CancelRespite { respite, by, reason } => {
            respite::cancel(ask, *respite, *by, *reason)
        }
        Command::RecordNoCover { respite } => respite::no_cover(ask, *respite),
        Command::RecordNoShow { respite, missing } => respite::no_show(ask, *respite, *missing),
        Command::PledgeOffer { party, title, face_value, quantity, valid_until } => {
            vouchers::pledge(ask, *party, title, (*face_value, *quantity, *valid_until))
        }
        Command::IssueVoucher { offer, member, reason, code } => {
            vouchers::issue(ask, *offer, *member, (*reason, *code))
        }
        Command::RedeemVoucher { voucher } => vouchers::redeem(ask, *voucher),
        Command::CancelVoucher { voucher } => vouchers::cancel(ask, *voucher),
        Command::OpenFund { title, freedom } => store::open(ask, title, freedom),
        Command::ReceiveCash { fund, source, pence, party, member } => {
            store::receive(ask, *fund, (*source, *pence), (*party, *member))
        }
        Command::SpendCash { fund, spent_on, pence, purpose, party, member } => {
            store::spend(ask, *fund, (*spent_on, *pence), purpose.as_ref(), (*party, *member))
        }
        Command::ReceiveInKind { party, title, quantity, valuation } => {
            store::receive_in_kind(ask, *party, title, (*quantity, *valuation))
        }
        Command::UseInKind { offer, quantity } => store::use_in_kind(ask, *offer, *quantity),
        Command::ReverseEntry { entry, found, reason } => {
            correction::reverse(ask, *entry, found.as_deref(), *reason)
        }
        Command::SealState { accounts_root } => proofs::seal(ask, *accounts_root),
        Command::RotateSigningKey { old_key, new_key, old_signature, new_signature } => {
            proofs::rotate(ask, (*old_key, old_signature), (*new_key, new_signature))
        }
    }
}

/// The entry that answered the same request before. Refused where that had asked for something else.
pub fn retried(state: &State, request: &Request) -> Result<Option<Position>, Rejection> {
    match state.answered.get(&request.id) {
        Some((position, fingerprint)) if fingerprint == request.fingerprint => Ok(Some(position)),
        Some((position, _)) => Err(Rejection::RequestIdReused { position }),
        None => Ok(None),
    }
}

/// An id is either known or refused: acceptable only while it would be remembered.
fn acceptable(request: &Request) -> Result<(), Rejection> {
    let made = request.id.time();
    let oldest = request.at.plus_days(-REQUEST_ID_DAYS_BACK);
    let newest = request.at.plus_days(REQUEST_ID_DAYS_AHEAD);
    if made < oldest || made > newest {
        return Err(Rejection::RequestIdOutOfWindow { server_time: request.at });
    }
    Ok(())
}

fn guards(state: &State, request: &Request) -> Result<(), Rejection> {
    match request.expected_position {
        Some(expected) if expected != state.head => {
            Err(Rejection::PositionChanged { position: state.head })
        }
        Some(_) | None => Ok(()),
    }
}

/// A guard on one thing is for those who may hear of it, and so comes after who asks.
fn untouched(ask: &Ask<'_>) -> Result<(), Rejection> {
    let Some((thing, expected)) = ask.request.expected_revision else { return Ok(()) };
    let revision = match thing {
        Thing::Member(member) if !ask.who.knows(member) => {
            return Err(Rejection::NotYours { member: Some(member) });
        }
        Thing::Member(member) => ask.state.member(member)?.revision,
        Thing::Made(made_by) => match ask.state.made_revision(made_by) {
            Some(revision) => revision,
            None if ask.state.settled.contains(made_by) => {
                return Err(Rejection::AlreadySettled { made_by });
            }
            None => return Err(Rejection::EntryNotFound { entry: made_by }),
        },
    };
    if revision == expected { Ok(()) } else { Err(Rejection::RevisionChanged { revision }) }
}

/// What a person says of the day: not in the future, and not too long ago unless it is imported as history.
fn occurred(ask: &Ask<'_>) -> Result<(), Rejection> {
    let Some(occurred_on) = ask.request.occurred_on else { return Ok(()) };
    if occurred_on > ask.today() {
        return Err(Rejection::InTheFuture { occurred_on });
    }
    // A correction is of the day of what it corrects, however long ago that was.
    let of_its_day = ask.is_history() || ask.request.corrects.is_some();
    if let (false, Ok(policy)) = (of_its_day, ask.policy()) {
        let days = policy.backdating_days;
        if occurred_on < ask.request.at.day().plus(-i32::from(days)) {
            return Err(Rejection::OutsideBackdating { occurred_on, days });
        }
    }
    Ok(())
}

fn corrects(state: &State, request: &Request) -> Result<(), Rejection> {
    let Some(entry) = request.corrects else { return Ok(()) };
    if entry > state.head || entry == Position::START {
        return Err(Rejection::EntryNotFound { entry });
    }
    if !state.reversed.contains_key(&entry) {
        return Err(Rejection::NotReversed { entry });
    }
    match state.corrected.get(&entry) {
        Some(position) => Err(Rejection::AlreadyCorrected { entry, position: *position }),
        None => Ok(()),
    }
}
