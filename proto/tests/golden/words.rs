//! The words that made-up entries are made of: mostly as in real life, now and then at the edge of what there can be.

use ledger_core::{
    CashAccount, CashSource, CashUse, Day, FundId, Help, HoursDestination, Items, KindAccount,
    Kinship, MemberId, Minutes, OfferId, OfficerId, OwnFamily, PartyId, Pence, Position, TaskKind,
    TimeAccount, TimeOfDay, Timestamp, Title, Transfer, Values, VoucherBasis,
};
use proptest::{option::of, prelude::*, sample::select, strategy::LazyJust};

pub(super) fn help() -> impl Strategy<Value = Help> {
    let destination = prop_oneof![
        Just(HoursDestination::OwnAccount),
        Just(HoursDestination::Pot),
        member().prop_map(HoursDestination::Member),
    ];
    let kinship =
        select(&[Kinship::Neighbour, Kinship::FamilyEarning, Kinship::FamilyNotEarning][..]);
    (member(), of(member()), minutes(), select(TaskKind::ALL), destination, kinship).prop_map(
        |(giver, receiver, minutes, task, destination, kinship)| Help {
            giver,
            receiver,
            minutes,
            task,
            destination,
            kinship,
        },
    )
}

pub(super) fn transfer() -> impl Strategy<Value = Transfer> {
    let time = || {
        prop_oneof![
            member().prop_map(TimeAccount::Member),
            member().prop_map(TimeAccount::Held),
            Just(TimeAccount::Pot),
            Just(TimeAccount::Commons),
        ]
    };
    let cash = || {
        prop_oneof![
            fund().prop_map(CashAccount::Fund),
            select(CashSource::ALL).prop_map(CashAccount::Source),
            select(CashUse::ALL).prop_map(CashAccount::Use),
        ]
    };
    let kind = || {
        prop_oneof![
            Just(KindAccount::Outside),
            Just(KindAccount::Stock),
            member().prop_map(KindAccount::With),
            Just(KindAccount::Used),
            Just(KindAccount::Lapsed),
        ]
    };
    prop_oneof![
        (time(), time(), minutes()).prop_map(|(from, to, minutes)| Transfer::Time {
            from,
            to,
            minutes
        }),
        (cash(), cash(), pence()).prop_map(|(from, to, pence)| Transfer::Cash { from, to, pence }),
        (offer(), kind(), kind(), items()).prop_map(|(offer, from, to, items)| Transfer::Kind {
            offer,
            from,
            to,
            items
        }),
    ]
    .prop_filter("goes nowhere", |transfer| !transfer.goes_nowhere())
}

pub(super) fn values() -> impl Strategy<Value = Values> {
    let basis = prop_oneof![
        Just(VoucherBasis::Recognition),
        minutes().prop_map(|price| VoucherBasis::Exchange { price }),
    ];
    let family = select(&[OwnFamily::DoesNotEarn, OwnFamily::Earns][..]);
    let days = (0..=u16::MAX, 0..=u16::MAX, 0..=u16::MAX);
    let caps = (minutes(), 0..=u32::MAX, pence());
    let made = (-720..=0_i64, -360..=0_i64, days, caps, family, basis).prop_map(
        |(floor_minutes, soft_floor_minutes, days, caps, own_family, voucher_basis)| Values {
            floor_minutes,
            soft_floor_minutes,
            confirm_days: days.0,
            lapse_days: days.1,
            day_cap: caps.0,
            backdating_days: days.2,
            voucher_cap: caps.1,
            voucher_cap_value: caps.2,
            own_family,
            voucher_basis,
        },
    );
    prop_oneof![LazyJust::new(Values::template), made]
}

pub(super) fn any_byte() -> impl Strategy<Value = u8> {
    0..=u8::MAX
}

pub(super) fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        9 => 1_790_000_000_000..1_800_000_000_000_i64,
        1 => -(1_i64 << 46)..1_i64 << 46,
    ]
    .prop_map(Timestamp::from_unix_ms)
}

pub(super) fn day() -> impl Strategy<Value = Day> {
    prop_oneof![9 => 20_000..21_000, 1 => Day::MIN.number()..=Day::MAX.number()]
        .prop_map(|number| Day::new(number).unwrap())
}

pub(super) fn hour() -> impl Strategy<Value = TimeOfDay> {
    (0..1440_u16).prop_map(|minute| TimeOfDay::new(minute).unwrap())
}

pub(super) fn position() -> impl Strategy<Value = Position> {
    prop_oneof![9 => 1..10_000_u64, 1 => 1..=i64::MAX as u64].prop_map(Position::new)
}

pub(super) fn minutes() -> impl Strategy<Value = Minutes> {
    prop_oneof![9 => 1..600_i64, 1 => 1..=Minutes::MAX].prop_map(|n| Minutes::new(n).unwrap())
}

pub(super) fn pence() -> impl Strategy<Value = Pence> {
    prop_oneof![9 => 1..100_000_i64, 1 => 1..=Pence::MAX].prop_map(|n| Pence::new(n).unwrap())
}

pub(super) fn items() -> impl Strategy<Value = Items> {
    prop_oneof![9 => 1..100_i64, 1 => 1..=Items::MAX].prop_map(|n| Items::new(n).unwrap())
}

pub(super) fn title() -> impl Strategy<Value = Title> {
    select(&["Carer breaks (restricted)", "Caffi Môr", "£5 off a cut", "Board minute 14"][..])
        .prop_map(|text| Title::new(text).unwrap())
}

pub(super) fn member() -> impl Strategy<Value = MemberId> {
    prop_oneof![9 => 1001..1200_u32, 1 => 1001..=u32::MAX].prop_map(|n| MemberId::new(n).unwrap())
}

pub(super) fn officer() -> impl Strategy<Value = OfficerId> {
    (1..=u32::MAX).prop_map(|n| OfficerId::new(n % 40 + 1).unwrap())
}

pub(super) fn party() -> impl Strategy<Value = PartyId> {
    (1..60_u32).prop_map(|n| PartyId::new(n).unwrap())
}

pub(super) fn fund() -> impl Strategy<Value = FundId> {
    (1..20_u32).prop_map(|n| FundId::new(n).unwrap())
}

pub(super) fn offer() -> impl Strategy<Value = OfferId> {
    (1..90_u32).prop_map(|n| OfferId::new(n).unwrap())
}
