//! Entries of every kind, made up: a new kind does not compile until it is here.
#![allow(clippy::wildcard_enum_match_arm, reason = "`event` is exhaustive; the rest are its parts")]

mod proofs;
mod words;

use ledger_core::{
    Actor, Asked, Attribution, Authority, CancelReason, CashSource, CashUse, Channel, CodeHash,
    CoopName, Cover, DisputeReason, Entry, Event, EventKind, EvidenceGrade, Fingerprint,
    FundFreedom, GrantReason, Hat, Mandate, PartyKind, Powers, Reference, RequestId, RespiteEnding,
    RespiteSide, ReversalReason, Role, RowKey, SuspensionReason, Timestamp, Transfer, Undone,
    VoucherReason,
};
use proptest::{
    option::of,
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use words::{
    any_byte, day, fund, help, hour, items, member, minutes, moment, offer, officer, party, pence,
    position, title, transfer, values,
};

/// An entry of any kind.
pub(super) fn any() -> impl Strategy<Value = Entry> {
    select(EventKind::ALL).prop_flat_map(entry)
}

/// One and the same entry of this kind, every time.
pub(super) fn example(kind: EventKind) -> Entry {
    let seed = [u8::try_from(kind.code()).unwrap(); 32];
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    entry(kind).new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
}

fn entry(kind: EventKind) -> impl Strategy<Value = Entry> {
    let asked = (moment(), prop::array::uniform10(any_byte()), prop::array::uniform16(any_byte()))
        .prop_map(|(at, bits, said)| Asked {
            id: RequestId::of_time(Timestamp::from_unix_ms(at.unix_ms().abs()), bits),
            fingerprint: Fingerprint::new(said),
        });
    let row = prop::array::uniform16(any_byte()).prop_map(RowKey::new);
    let about =
        (position(), moment(), day(), by(), 0..=u32::MAX, of(asked), of(row), of(position()));
    (about, event(kind)).prop_filter_map("goes nowhere", |(about, event)| {
        let (position, recorded_at, occurred_on, by, policy_version, asked, row, corrects) = about;
        if event.transfers().iter().any(Transfer::goes_nowhere) {
            return None;
        }
        Some(Entry {
            position,
            recorded_at,
            occurred_on,
            by,
            policy_version,
            asked,
            row,
            corrects,
            event,
        })
    })
}

fn by() -> impl Strategy<Value = Attribution> {
    let actor = prop_oneof![
        member().prop_map(Actor::Member),
        officer().prop_map(Actor::Officer),
        Just(Actor::Bearer),
        Just(Actor::Timer),
        Just(Actor::Operator),
    ];
    (actor, of(member()), select(Authority::ALL), select(Channel::ALL)).prop_map(
        |(actor, on_behalf_of, authority, channel)| Attribution {
            actor,
            on_behalf_of,
            authority,
            channel,
        },
    )
}

fn event(kind: EventKind) -> BoxedStrategy<Event> {
    match kind {
        EventKind::CoopFounded
        | EventKind::PolicyAdopted
        | EventKind::OfficerAppointed
        | EventKind::OfficerEnded
        | EventKind::LossAccepted
        | EventKind::MemberEnrolled
        | EventKind::HatsChanged
        | EventKind::MemberSuspended
        | EventKind::MemberReinstated
        | EventKind::MemberLeft
        | EventKind::PartyRegistered
        | EventKind::RepresentativeNamed
        | EventKind::RepresentativeEnded => house(kind),
        EventKind::HoursLogged
        | EventKind::HoursConfirmed
        | EventKind::HoursDisputed
        | EventKind::HoursResolved
        | EventKind::HoursRecorded
        | EventKind::HoursGiven
        | EventKind::PotGranted => hours(kind),
        EventKind::RespiteRequested
        | EventKind::CoverAgreed
        | EventKind::CoverWithdrawn
        | EventKind::RespiteDelivered
        | EventKind::RespiteEnded => respite(kind),
        EventKind::OfferPledged
        | EventKind::VoucherIssued
        | EventKind::VoucherRedeemed
        | EventKind::VoucherCancelled
        | EventKind::VoucherLapsed => vouchers(kind),
        EventKind::FundOpened
        | EventKind::CashReceived
        | EventKind::CashSpent
        | EventKind::InKindReceived
        | EventKind::InKindUsed
        | EventKind::EntryReversed => store(kind),
        EventKind::StateSealed => proofs::sealed().boxed(),
        EventKind::SigningKeyRotated => proofs::rotated().boxed(),
    }
}

fn house(kind: EventKind) -> BoxedStrategy<Event> {
    let hats = || prop::collection::vec(select(Hat::ALL), 0..5);
    match kind {
        EventKind::CoopFounded => (select(&["colne-valley", "abc", "a1-2"][..]), values())
            .prop_map(|(coop, policy)| Event::CoopFounded {
                coop: CoopName::new(coop).unwrap(),
                policy,
            })
            .boxed(),
        EventKind::PolicyAdopted => (1..=u32::MAX, values(), of(title()))
            .prop_map(|(version, policy, decided_by)| Event::PolicyAdopted {
                version,
                policy,
                decided_by,
            })
            .boxed(),
        EventKind::OfficerAppointed => (officer(), select(Role::ALL), of(member()))
            .prop_map(|(officer, role, member)| Event::OfficerAppointed { officer, role, member })
            .boxed(),
        EventKind::OfficerEnded => {
            officer().prop_map(|officer| Event::OfficerEnded { officer }).boxed()
        }
        EventKind::LossAccepted => (position(), position())
            .prop_map(|(first, last)| Event::LossAccepted { first, last })
            .boxed(),
        EventKind::MemberEnrolled => (member(), hats(), of("[A-Z][0-9]{3}"), day())
            .prop_map(|(member, hats, reference, joined_on)| Event::MemberEnrolled {
                member,
                hats,
                reference: reference.map(|text| Reference::new(&text).unwrap()),
                joined_on,
            })
            .boxed(),
        EventKind::HatsChanged => (member(), hats())
            .prop_map(|(member, hats)| Event::HatsChanged { member, hats })
            .boxed(),
        EventKind::MemberSuspended => (member(), select(SuspensionReason::ALL))
            .prop_map(|(member, reason)| Event::MemberSuspended { member, reason })
            .boxed(),
        EventKind::MemberReinstated => {
            member().prop_map(|member| Event::MemberReinstated { member }).boxed()
        }
        EventKind::MemberLeft => (member(), of(transfer()))
            .prop_map(|(member, settled)| Event::MemberLeft { member, settled })
            .boxed(),
        EventKind::RepresentativeNamed => {
            (member(), member(), select(Mandate::ALL), select(Powers::ALL), of(day()))
                .prop_map(|(member, representative, mandate, powers, until)| {
                    Event::RepresentativeNamed { member, representative, mandate, powers, until }
                })
                .boxed()
        }
        EventKind::RepresentativeEnded => (member(), member())
            .prop_map(|(member, representative)| Event::RepresentativeEnded {
                member,
                representative,
            })
            .boxed(),
        EventKind::PartyRegistered => (party(), title(), select(PartyKind::ALL))
            .prop_map(|(party, title, kind)| Event::PartyRegistered { party, title, kind })
            .boxed(),
        _ => unreachable!("{kind:?} is made elsewhere"),
    }
}

fn hours(kind: EventKind) -> BoxedStrategy<Event> {
    let grade = || select(EvidenceGrade::ALL);
    match kind {
        EventKind::HoursLogged => (help(), moment())
            .prop_map(|(help, confirm_by)| Event::HoursLogged { help, confirm_by })
            .boxed(),
        EventKind::HoursConfirmed => (position(), help(), minutes(), grade())
            .prop_map(|(hours, help, logged, evidence)| Event::HoursConfirmed {
                hours,
                help,
                logged,
                evidence,
            })
            .boxed(),
        EventKind::HoursDisputed => (position(), select(DisputeReason::ALL))
            .prop_map(|(hours, reason)| Event::HoursDisputed { hours, reason })
            .boxed(),
        EventKind::HoursResolved => (position(), help(), of(minutes()))
            .prop_map(|(hours, help, counted)| Event::HoursResolved { hours, help, counted })
            .boxed(),
        EventKind::HoursRecorded => (help(), grade())
            .prop_map(|(help, evidence)| Event::HoursRecorded { help, evidence })
            .boxed(),
        EventKind::HoursGiven => (member(), of(member()), minutes())
            .prop_map(|(from, to, minutes)| Event::HoursGiven { from, to, minutes })
            .boxed(),
        EventKind::PotGranted => (member(), minutes(), select(GrantReason::ALL))
            .prop_map(|(to, minutes, reason)| Event::PotGranted { to, minutes, reason })
            .boxed(),
        _ => unreachable!("{kind:?} is made elsewhere"),
    }
}

fn respite(kind: EventKind) -> BoxedStrategy<Event> {
    let cover = || prop_oneof![member().prop_map(Cover::Member), Just(Cover::Staff)];
    let side = || select(RespiteSide::ALL);
    let why = || select(CancelReason::ALL);
    match kind {
        EventKind::RespiteRequested => (member(), minutes(), day(), of(hour()), moment())
            .prop_map(|(carer, minutes, wanted_on, start, lapse_at)| Event::RespiteRequested {
                carer,
                minutes,
                wanted_on,
                start,
                lapse_at,
            })
            .boxed(),
        EventKind::CoverAgreed => (position(), cover(), hour())
            .prop_map(|(respite, cover, start)| Event::CoverAgreed { respite, cover, start })
            .boxed(),
        EventKind::CoverWithdrawn => (position(), why())
            .prop_map(|(respite, reason)| Event::CoverWithdrawn { respite, reason })
            .boxed(),
        EventKind::RespiteDelivered => (position(), member(), cover(), minutes(), minutes())
            .prop_map(|(respite, carer, cover, held, minutes)| Event::RespiteDelivered {
                respite,
                carer,
                cover,
                held,
                minutes,
            })
            .boxed(),
        EventKind::RespiteEnded => {
            let ending = prop_oneof![
                (side(), why()).prop_map(|(by, reason)| RespiteEnding::Cancelled { by, reason }),
                Just(RespiteEnding::NoCover),
                side().prop_map(|missing| RespiteEnding::NoShow { missing }),
                Just(RespiteEnding::Lapsed),
            ];
            (position(), member(), minutes(), ending)
                .prop_map(|(respite, carer, held, ending)| Event::RespiteEnded {
                    respite,
                    carer,
                    held,
                    ending,
                })
                .boxed()
        }
        _ => unreachable!("{kind:?} is made elsewhere"),
    }
}

fn vouchers(kind: EventKind) -> BoxedStrategy<Event> {
    let code = prop::array::uniform16(any_byte()).prop_map(CodeHash::new);
    let which = (position(), offer(), member());
    match kind {
        EventKind::OfferPledged => (offer(), party(), title(), pence(), items(), day())
            .prop_map(|(offer, party, title, face_value, quantity, valid_until)| {
                Event::OfferPledged { offer, party, title, face_value, quantity, valid_until }
            })
            .boxed(),
        EventKind::VoucherIssued => {
            (offer(), member(), select(VoucherReason::ALL), code, moment(), of(minutes()))
                .prop_map(|(offer, member, reason, code, lapse_at, price)| Event::VoucherIssued {
                    offer,
                    member,
                    reason,
                    code,
                    lapse_at,
                    price,
                })
                .boxed()
        }
        EventKind::VoucherRedeemed => which
            .prop_map(|(voucher, offer, member)| Event::VoucherRedeemed { voucher, offer, member })
            .boxed(),
        EventKind::VoucherCancelled => (which, of(minutes()))
            .prop_map(|((voucher, offer, member), price)| Event::VoucherCancelled {
                voucher,
                offer,
                member,
                price,
            })
            .boxed(),
        EventKind::VoucherLapsed => which
            .prop_map(|(voucher, offer, member)| Event::VoucherLapsed { voucher, offer, member })
            .boxed(),
        _ => unreachable!("{kind:?} is made elsewhere"),
    }
}

fn store(kind: EventKind) -> BoxedStrategy<Event> {
    let whose = || (of(party()), of(member()));
    match kind {
        EventKind::FundOpened => {
            let freedom = prop_oneof![
                Just(FundFreedom::Unrestricted),
                Just(FundFreedom::Designated),
                title().prop_map(FundFreedom::Restricted),
            ];
            (fund(), title(), freedom)
                .prop_map(|(fund, title, freedom)| Event::FundOpened { fund, title, freedom })
                .boxed()
        }
        EventKind::CashReceived => (fund(), select(CashSource::ALL), pence(), whose())
            .prop_map(|(fund, source, pence, (party, member))| Event::CashReceived {
                fund,
                source,
                pence,
                party,
                member,
            })
            .boxed(),
        EventKind::CashSpent => (fund(), select(CashUse::ALL), pence(), whose())
            .prop_map(|(fund, spent_on, pence, (party, member))| Event::CashSpent {
                fund,
                spent_on,
                pence,
                party,
                member,
            })
            .boxed(),
        EventKind::InKindReceived => (offer(), of(party()), title(), items(), of(pence()))
            .prop_map(|(offer, party, title, quantity, valuation)| Event::InKindReceived {
                offer,
                party,
                title,
                quantity,
                valuation,
            })
            .boxed(),
        EventKind::InKindUsed => (offer(), items())
            .prop_map(|(offer, quantity)| Event::InKindUsed { offer, quantity })
            .boxed(),
        EventKind::EntryReversed => {
            let undone = prop_oneof![
                Just(Undone::TransfersOnly),
                (member(), day(), minutes())
                    .prop_map(|(giver, day, minutes)| Undone::GivenMinutes { giver, day, minutes }),
                member().prop_map(Undone::Leaving),
                offer().prop_map(Undone::Offer),
            ];
            let transfers = prop::collection::vec(transfer(), 0..4);
            let below = prop::collection::vec(member(), 0..3);
            (position(), select(ReversalReason::ALL), transfers, undone, below)
                .prop_map(|(entry, reason, transfers, undone, below_floor)| Event::EntryReversed {
                    entry,
                    reason,
                    transfers,
                    undone,
                    below_floor,
                })
                .boxed()
        }
        _ => unreachable!("{kind:?} is made elsewhere"),
    }
}
