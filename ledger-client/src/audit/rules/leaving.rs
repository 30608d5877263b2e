//! Who takes part, and how somebody leaves.

use ledger_core::{
    Cover, Event, Help, HoursDestination, MemberId, Rejection, Standing, State, TimeAccount,
};

use super::{After, Breach, Breaches, Check, Seen};

/// Whoever an entry is about takes part, and whatever it is about is there.
pub(super) struct TakesPart;

impl Check for TakesPart {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let state = seen.before;
        for member in taking_part(&seen.entry.event).into_iter().flatten() {
            if state.active(member).is_err() {
                breaches.add(Breach::TheyDoNotTakePart(member));
            }
        }
        breaches.of(standing(state, &seen.entry.event));
        if there(state, &seen.entry.event).is_err() {
            breaches.add(Breach::Unknown);
        }
    }
}

/// The members who must take part for this to happen.
fn taking_part(event: &Event) -> Vec<Option<MemberId>> {
    let all = |help: &Help| {
        let destination = match help.destination {
            HoursDestination::Member(member) => Some(member),
            HoursDestination::OwnAccount | HoursDestination::Pot => None,
        };
        vec![Some(help.giver), help.receiver, destination]
    };
    match event {
        Event::HoursLogged { help, .. } | Event::HoursRecorded { help, .. } => all(help),
        Event::HoursGiven { from, to, minutes: _ } => vec![Some(*from), *to],
        Event::OfficerAppointed { member, .. } => vec![*member],
        Event::PotGranted { to: member, .. }
        | Event::RepresentativeNamed { representative: member, .. }
        | Event::RespiteRequested { carer: member, .. }
        | Event::CoverAgreed { cover: Cover::Member(member), .. }
        | Event::VoucherIssued { member, .. }
        | Event::MemberSuspended { member, .. } => vec![Some(*member)],
        _ => Vec::new(),
    }
}

/// A suspension ends that there is, and nobody changes who has left.
fn standing(state: &State, event: &Event) -> Option<Breach> {
    let (member, fits): (MemberId, fn(Standing) -> bool) = match event {
        Event::MemberReinstated { member } => (*member, |is| is == Standing::Suspended),
        Event::HatsChanged { member, .. }
        | Event::MemberLeft { member, .. }
        | Event::RepresentativeNamed { member, .. } => (*member, |is| is != Standing::Left),
        Event::RespiteDelivered { cover: Cover::Member(giver), .. } => {
            (*giver, |is| is != Standing::Left)
        }
        _ => return None,
    };
    let found = state.members().get(member.index()).map(|member| member.standing);
    (!found.is_some_and(fits)).then_some(Breach::TheyDoNotTakePart(member))
}

/// The funds, offers, organisations and members that an entry names.
fn there(state: &State, event: &Event) -> Result<(), Rejection> {
    match event {
        Event::CashReceived { fund, party, member, .. }
        | Event::CashSpent { fund, party, member, .. } => {
            state.fund(*fund)?;
            party.map(|party| state.party(party)).transpose()?;
            member.map(|member| state.member(member)).transpose()?;
        }
        Event::OfferPledged { party, .. } => drop(state.party(*party)?),
        Event::InKindReceived { party, .. } => {
            party.map(|party| state.party(party)).transpose()?;
        }
        Event::InKindUsed { offer, .. } => drop(state.offer(*offer)?),
        _ => {}
    }
    Ok(())
}

/// Nobody leaves with hours, or with something open.
pub(super) struct Leaving;

impl Check for Leaving {
    fn after(&mut self, seen: &After<'_>, breaches: &mut Breaches) {
        let Event::MemberLeft { member, settled: _ } = &seen.entry.event else { return };
        let books = seen.state.books();
        let accounts = [TimeAccount::Member(*member), TimeAccount::Held(*member)];
        let hours = accounts.into_iter().any(|account| books.time(account).get() != 0);
        if hours || open(seen.state, *member) {
            breaches.add(Breach::LeavesWith(*member));
        }
    }
}

/// Whether logged hours, promised respite or an open voucher names the member.
fn open(state: &State, member: MemberId) -> bool {
    let hours = state.pending_hours().values().any(|waiting| {
        let Help { giver, receiver, destination, .. } = waiting.help;
        giver == member
            || receiver == Some(member)
            || destination == HoursDestination::Member(member)
    });
    let respite = state.promised_respite().values();
    let mut respite = respite.map(|promise| (promise.carer, promise.cover));
    hours
        || respite.any(|(carer, cover)| carer == member || cover == Some(Cover::Member(member)))
        || state.open_vouchers().values().any(|voucher| voucher.member == member)
}
