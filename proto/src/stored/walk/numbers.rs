//! What a stored number stands for: through the same constructors as at the edge.

use ledger_core::{
    Day, FundId, Items, MemberId, Minutes, OfferId, OfficerId, PartyId, Pence, Position, TimeOfDay,
    Timestamp,
};

/// A word of a closed list.
#[inline]
pub(super) fn word<T>(from_code: impl Fn(i32) -> Option<T>) -> impl Fn(u64) -> Option<T> {
    move |number| from_code(i32::try_from(number).ok()?)
}

#[inline]
pub(super) fn member(number: u64) -> Option<MemberId> {
    MemberId::new(count(number)?)
}

#[inline]
pub(super) fn officer(number: u64) -> Option<OfficerId> {
    OfficerId::new(count(number)?)
}

#[inline]
pub(super) fn party(number: u64) -> Option<PartyId> {
    PartyId::new(count(number)?)
}

#[inline]
pub(super) fn fund(number: u64) -> Option<FundId> {
    FundId::new(count(number)?)
}

#[inline]
pub(super) fn offer(number: u64) -> Option<OfferId> {
    OfferId::new(count(number)?)
}

/// The position of an entry: above zero, and in 63 bits, as it is written.
#[inline]
pub(super) fn position(number: u64) -> Option<Position> {
    (number != 0).then_some(())?;
    not_below_zero(number).map(Position::new)
}

#[inline]
pub(super) fn minutes(number: u64) -> Option<Minutes> {
    Minutes::new(number.cast_signed()).ok()
}

#[inline]
pub(super) fn pence(number: u64) -> Option<Pence> {
    Pence::new(number.cast_signed()).ok()
}

#[inline]
pub(super) fn items(number: u64) -> Option<Items> {
    Items::new(number.cast_signed()).ok()
}

/// A moment; it may be before 1970.
#[inline]
#[allow(clippy::unnecessary_wraps, reason = "each of these is read in the same way")]
pub(super) fn moment(number: u64) -> Option<Timestamp> {
    Some(Timestamp::from_unix_ms(number.cast_signed()))
}

/// A day: small numbers on both sides of 1970 are written in few bytes.
#[inline]
pub(super) fn day(number: u64) -> Option<Day> {
    let number = count(number)?;
    Day::new((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

/// A sum, written as a day is.
#[inline]
#[allow(clippy::unnecessary_wraps, reason = "each of these is read in the same way")]
pub(super) fn sum(number: u64) -> Option<i64> {
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

#[inline]
pub(super) fn time_of_day(number: u64) -> Option<TimeOfDay> {
    TimeOfDay::new(days(number)?)
}

/// A number of days.
#[inline]
pub(super) fn days(number: u64) -> Option<u16> {
    number.try_into().ok()
}

#[inline]
pub(super) fn count(number: u64) -> Option<u32> {
    number.try_into().ok()
}

/// A number that is written with a sign and has none.
#[inline]
pub(super) const fn not_below_zero(number: u64) -> Option<u64> {
    if number.cast_signed() < 0 { None } else { Some(number) }
}
