//! Reversal: one entry that mirrors every transfer of another, once, with a reason. Nothing is ever deleted.

use super::{Ask, Ruled, Ruling};
use crate::{
    account::{CashAccount, KindAccount, TimeAccount, Transfer},
    amount::{Overflow, Pence},
    entry::Entry,
    event::{Event, Undone},
    id::{MemberId, Position},
    kinds::ReversalReason,
    rejection::Rejection,
    state::Books,
};

pub(super) fn reverse(
    ask: &Ask<'_>,
    entry: Position,
    found: Option<&Entry>,
    reason: ReversalReason,
) -> Ruled {
    let authority = ask.who.coordinator()?;
    let found = found.ok_or(Rejection::EntryNotFound { entry })?;
    if let Some(position) = ask.state.reversed_by(entry) {
        return Err(Rejection::AlreadyReversed { entry, position });
    }
    let undone = reversible(ask, found)?;
    let transfers: Vec<Transfer> =
        found.event.transfers().iter().filter_map(Transfer::mirrored).collect();
    if transfers.is_empty() {
        return Err(Rejection::NothingToReverse { entry });
    }
    for transfer in &transfers {
        if let Transfer::Time { from: _, to: TimeAccount::Member(member), minutes: _ } = transfer {
            ask.who.not_in_own_matter(*member)?;
        }
    }
    let below_floor = standing(ask, (entry, undone), &transfers)?;
    let event = Event::EntryReversed { entry, reason, transfers, undone, below_floor };
    Ok(Ruling::new(event, authority).on(found.occurred_on))
}

/// What a reversal takes back beside the transfers, or why it cannot be.
fn reversible(ask: &Ask<'_>, found: &Entry) -> Result<Undone, Rejection> {
    let entry = found.position;
    let given = |giver, minutes| Undone::GivenMinutes { giver, day: found.occurred_on, minutes };
    match &found.event {
        Event::HoursConfirmed { hours: _, help, logged: _, evidence: _ }
        | Event::HoursRecorded { help, evidence: _ } => Ok(given(help.giver, help.minutes)),
        Event::HoursResolved { hours: _, help, counted } => match counted {
            Some(minutes) => Ok(given(help.giver, *minutes)),
            None => Err(Rejection::NothingToReverse { entry }),
        },
        Event::MemberLeft { member, settled: _ } => {
            if let Some(reference) = &ask.state.member(*member)?.reference
                && ask.state.by_reference(reference) != Some(*member)
            {
                return Err(Rejection::AlreadyUsed { entry });
            }
            Ok(Undone::Leaving(*member))
        }
        Event::OfferPledged { offer, .. } | Event::InKindReceived { offer, .. } => {
            Ok(Undone::Offer(*offer))
        }
        Event::HoursGiven { .. }
        | Event::PotGranted { .. }
        | Event::RespiteDelivered { .. }
        | Event::CashReceived { .. }
        | Event::CashSpent { .. }
        | Event::InKindUsed { .. } => Ok(Undone::TransfersOnly),
        Event::RespiteRequested { .. } | Event::VoucherIssued { .. } => {
            if ask.state.settled.contains(entry) {
                Err(Rejection::AlreadySettled { made_by: entry })
            } else {
                Err(Rejection::CancelInstead { entry })
            }
        }
        // What has left the house cannot be taken back.
        Event::VoucherRedeemed { .. } => Err(Rejection::AlreadyUsed { entry }),
        Event::VoucherCancelled { voucher, .. } | Event::VoucherLapsed { voucher, .. } => {
            Err(Rejection::AlreadySettled { made_by: *voucher })
        }
        Event::EntryReversed { .. } => Err(Rejection::ReversalOfReversal { entry }),
        Event::RespiteEnded { .. }
        | Event::CoopFounded { .. }
        | Event::PolicyAdopted { .. }
        | Event::OfficerAppointed { .. }
        | Event::OfficerEnded { .. }
        | Event::LossAccepted { .. }
        | Event::MemberEnrolled { .. }
        | Event::HatsChanged { .. }
        | Event::MemberSuspended { .. }
        | Event::MemberReinstated { .. }
        | Event::PartyRegistered { .. }
        | Event::HoursLogged { .. }
        | Event::HoursDisputed { .. }
        | Event::CoverAgreed { .. }
        | Event::CoverWithdrawn { .. }
        | Event::FundOpened { .. }
        | Event::StateSealed { .. }
        | Event::SigningKeyRotated { .. }
        | Event::RepresentativeNamed { .. }
        | Event::RepresentativeEnded { .. } => Err(Rejection::NothingToReverse { entry }),
    }
}

/// How the books would stand: a member may be taken below the floor, and the entry says so; nothing else may go below
/// zero, and nobody who has left has hours.
fn standing(
    ask: &Ask<'_>,
    (entry, undone): (Position, Undone),
    transfers: &[Transfer],
) -> Result<Vec<MemberId>, Rejection> {
    let mut books: Books = ask.state.books.clone();
    for transfer in transfers {
        books.apply(transfer).map_err(|Overflow| Rejection::AmountTooLarge)?;
    }
    let floor = ask.policy()?.floor_minutes;
    let mut below_floor = Vec::new();
    for transfer in transfers {
        match *transfer {
            Transfer::Time { from, to, minutes } => {
                for account in [from, to] {
                    let TimeAccount::Member(member) = account else { continue };
                    if undone != Undone::Leaving(member) {
                        ask.state.present(member)?;
                    }
                }
                if let TimeAccount::Member(member) = from
                    && books.time(from).get() < floor
                {
                    below_floor.push(member);
                }
                let pot = ask.state.books.time(TimeAccount::Pot);
                if from == TimeAccount::Pot && books.time(from).get() < 0 {
                    return Err(Rejection::PotTooSmall { pot, asked: minutes });
                }
            }
            Transfer::Cash { from, to: _, pence } => fund_holds(ask, &books, from, pence)?,
            Transfer::Kind { offer, from, to: _, items: _ } => {
                if from == KindAccount::Stock && books.kind(offer, from).get() < 0 {
                    return Err(Rejection::AlreadyUsed { entry });
                }
            }
        }
    }
    below_floor.sort_unstable();
    below_floor.dedup();
    Ok(below_floor)
}

fn fund_holds(
    ask: &Ask<'_>,
    books: &Books,
    from: CashAccount,
    asked: Pence,
) -> Result<(), Rejection> {
    if let CashAccount::Fund(fund) = from
        && books.cash(from).get() < 0
    {
        let balance = ask.state.fund_balance(fund);
        return Err(Rejection::FundTooSmall { fund, balance, asked });
    }
    Ok(())
}
