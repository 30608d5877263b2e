//! From references and names to the ledger's own numbers: what a step asks of the ledger next.

use crate::{
    account::KindAccount,
    amount::Items,
    command::{Beyond, Command, VoucherKey},
    event::{Cover, FundFreedom, Help, HoursDestination, Kinship},
    id::{FundId, MemberId, OfferId, PartyId, Position, RowKey},
    kinds::{CancelReason, PartyKind, RespiteSide},
    past::{PastCover, PastDestination, PastRespite, PastStep, PastVoucher, Step, WrongRow},
    state::{Member, OfferKind, Standing, State},
    text::{Reference, Title},
    time::Day,
};

/// What a step asks of the ledger next.
pub(super) enum Next {
    /// Something must be there first: a fund, a business.
    Prepare(Command),
    /// The step itself.
    Bring(Command),
    /// The ledger has it already.
    Nothing,
}

type Found<T> = Result<T, WrongRow>;

fn wrong(field: &'static str, value: &(impl ToString + ?Sized)) -> WrongRow {
    WrongRow { field, value: value.to_string() }
}

fn member(state: &State, field: &'static str, reference: &Reference) -> Found<MemberId> {
    state.by_reference(reference).ok_or_else(|| wrong(field, reference))
}

fn left(member: &Member) -> bool {
    member.standing == Standing::Left
}

pub(super) fn next(state: &State, past: &PastStep) -> Found<Next> {
    match &past.step {
        Step::Member { reference, hats } => Ok(match state.by_reference(reference) {
            None => Next::Bring(Command::EnrolMember {
                hats: hats.clone(),
                reference: Some(reference.clone()),
                joined_on: Some(past.on),
            }),
            Some(id) if state.member(id).is_ok_and(|who| left(who) && who.hats == *hats) => {
                Next::Nothing
            }
            // Even where they wear them already: so the row is remembered, and undoes no later change.
            Some(member) => Next::Bring(Command::ChangeHats { member, hats: hats.clone() }),
        }),
        Step::Hours { giver, receiver, minutes, task, to, evidence } => {
            let giver = member(state, "giver", giver)?;
            let receiver =
                receiver.as_ref().map(|who| member(state, "receiver", who)).transpose()?;
            let destination = match to {
                PastDestination::Own => HoursDestination::OwnAccount,
                PastDestination::Pot => HoursDestination::Pot,
                PastDestination::Member(who) => HoursDestination::Member(member(state, "to", who)?),
            };
            let kinship = Kinship::Neighbour;
            let help =
                Help { giver, receiver, minutes: *minutes, task: *task, destination, kinship };
            Ok(Next::Bring(Command::RecordHours { help, evidence: *evidence }))
        }
        Step::RespiteAsked { carer, minutes, wanted_on } => {
            Ok(Next::Bring(Command::RequestRespite {
                carer: member(state, "carer", carer)?,
                minutes: *minutes,
                wanted_on: *wanted_on,
                start: None,
            }))
        }
        Step::RespiteSettled { asked, outcome } => settled(state, *asked, outcome),
        Step::VoucherIssued { member: who, business, title, reason, code } => {
            let member = member(state, "member", who)?;
            let party =
                *state.party_titles.get(business).ok_or_else(|| wrong("business", business))?;
            let offer = offer(state, party, title, past.on).ok_or_else(|| wrong("title", title))?;
            Ok(Next::Bring(Command::IssueVoucher { offer, member, reason: *reason, code: *code }))
        }
        Step::VoucherSettled { issued, outcome } => {
            let voucher = row(state, *issued, "voucher")?;
            Ok(Next::Bring(match outcome {
                PastVoucher::Redeemed => {
                    Command::RedeemVoucher { voucher: VoucherKey::Issued(voucher) }
                }
                PastVoucher::Cancelled => Command::CancelVoucher { voucher },
            }))
        }
        Step::Pledge { .. }
        | Step::CashReceived { .. }
        | Step::CashSpent { .. }
        | Step::InKind { .. } => store(state, past),
        Step::Unreadable { .. } => Ok(Next::Nothing),
    }
}

fn row(state: &State, row: RowKey, field: &'static str) -> Found<Position> {
    state.row(row).ok_or_else(|| wrong(field, "what it rests on"))
}

fn settled(state: &State, asked: RowKey, outcome: &PastRespite) -> Found<Next> {
    let respite = row(state, asked, "asked_on")?;
    Ok(Next::Bring(match outcome {
        PastRespite::Done { cover, minutes } => {
            let cover = match cover {
                PastCover::Staff => Cover::Staff,
                PastCover::Member(who) => Cover::Member(member(state, "giver", who)?),
            };
            let beyond = Beyond::Refused;
            Command::DeliverRespite { respite, minutes: *minutes, cover: Some(cover), beyond }
        }
        PastRespite::Cancelled => {
            Command::CancelRespite { respite, by: RespiteSide::Coop, reason: CancelReason::Other }
        }
        PastRespite::NoCover => Command::RecordNoCover { respite },
        PastRespite::NoShow => Command::RecordNoShow { respite, missing: RespiteSide::Giver },
    }))
}

fn store(state: &State, past: &PastStep) -> Found<Next> {
    let named = |party: &Option<Title>| -> Result<Option<PartyId>, Next> {
        party.as_ref().map(|party| registered(state, party, PartyKind::Partner)).transpose()
    };
    let prepared = match &past.step {
        Step::Pledge { business, title, face_value, quantity, valid_until } => {
            registered(state, business, PartyKind::Business).map(|party| Command::PledgeOffer {
                party,
                title: title.clone(),
                face_value: *face_value,
                quantity: *quantity,
                valid_until: *valid_until,
            })
        }
        Step::CashReceived { fund, source, pence, member: from, party } => {
            let member = from.as_ref().map(|from| member(state, "member", from)).transpose()?;
            opened(state, fund).and_then(|fund| {
                let party = named(party)?;
                let (source, pence) = (*source, *pence);
                Ok(Command::ReceiveCash { fund, source, pence, party, member })
            })
        }
        Step::CashSpent { fund, spent_on, pence, member: to, party } => {
            let member = to.as_ref().map(|to| member(state, "member", to)).transpose()?;
            let fund = *state.fund_titles.get(fund).ok_or_else(|| wrong("fund", fund))?;
            let purpose = state.fund(fund).ok().and_then(|fund| match &fund.freedom {
                FundFreedom::Restricted(purpose) => Some(purpose.clone()),
                FundFreedom::Unrestricted | FundFreedom::Designated => None,
            });
            named(party).map(|party| Command::SpendCash {
                fund,
                spent_on: *spent_on,
                pence: *pence,
                purpose,
                party,
                member,
            })
        }
        Step::InKind { party, title, valuation } => match Items::new(1) {
            Ok(quantity) => named(party).map(|party| Command::ReceiveInKind {
                party,
                title: title.clone(),
                quantity,
                valuation: *valuation,
            }),
            Err(_) => Err(Next::Nothing),
        },
        Step::Member { .. }
        | Step::Hours { .. }
        | Step::RespiteAsked { .. }
        | Step::RespiteSettled { .. }
        | Step::VoucherIssued { .. }
        | Step::VoucherSettled { .. }
        | Step::Unreadable { .. } => Err(Next::Nothing),
    };
    Ok(match prepared {
        Ok(command) => Next::Bring(command),
        Err(first) => first,
    })
}

/// The organisation of this name, or its registration.
fn registered(state: &State, title: &Title, kind: PartyKind) -> Result<PartyId, Next> {
    let known = state.party_titles.get(title).copied();
    known.ok_or_else(|| Next::Prepare(Command::RegisterParty { title: title.clone(), kind }))
}

/// The fund of this name, or its opening: "Carer breaks (restricted)" is restricted to carer breaks.
fn opened(state: &State, title: &Title) -> Result<FundId, Next> {
    if let Some(fund) = state.fund_titles.get(title) {
        return Ok(*fund);
    }
    let own = title.as_str().strip_suffix("(restricted)").map(str::trim);
    let freedom = match own.map(Title::new) {
        Some(Ok(purpose)) => FundFreedom::Restricted(purpose),
        Some(Err(_)) => FundFreedom::Restricted(title.clone()),
        None => FundFreedom::Unrestricted,
    };
    Err(Next::Prepare(Command::OpenFund { title: title.clone(), freedom }))
}

/// The oldest offer of this name that had not ended on the day and has something left, or else the newest of this name.
fn offer(state: &State, party: PartyId, title: &Title, on: Day) -> Option<OfferId> {
    let named = || {
        state.offers.iter().enumerate().filter_map(|(index, offer)| match offer.kind {
            OfferKind::Vouchers { face_value: _, valid_until }
                if offer.party == Some(party) && offer.title == *title && !offer.withdrawn =>
            {
                OfferId::at(index).map(|offer| (offer, valid_until))
            }
            OfferKind::Vouchers { .. } | OfferKind::InKind { valuation: _ } => None,
        })
    };
    let good = |(offer, valid_until): &(OfferId, Day)| {
        *valid_until >= on && state.books.kind(*offer, KindAccount::Stock).get() > 0
    };
    named().find(good).or_else(|| named().next_back()).map(|(offer, _)| offer)
}
