//! What was typed after a flag, read.

use std::time::Duration;

use chrono::DateTime;
use ledger_client::typed::{self, Slip};
use ledger_client::words::{self, plain};
use ledger_proto::v1::{
    self,
    read_context::{AsOf, KnownAt},
};

macro_rules! choices {
    ($($name:ident: $words:ident -> $kind:ident;)*) => {
        $(pub(super) fn $name(typed: &str) -> Result<v1::$kind, Slip> {
            words::$words.read(typed)
        })*
    };
}

choices! {
    task: TASKS -> TaskKind;
    evidence: EVIDENCE -> EvidenceGrade;
    hat: HATS -> Hat;
    suspension: SUSPENSIONS -> SuspensionReason;
    mandate: MANDATES -> Mandate;
    powers: POWERS -> Powers;
    party: PARTIES -> PartyKind;
    role: ROLES -> OfficerRole;
    bearer: BEARERS -> TokenRole;
    scope: SCOPES -> Scope;
    dispute: DISPUTES -> DisputeReason;
    grant: GRANTS -> GrantReason;
    cancel: CANCELS -> CancelReason;
    side: SIDES -> RespiteSide;
    voucher_reason: VOUCHERS -> VoucherReason;
    basis: BASES -> VoucherBasis;
    freedom: FREEDOMS -> FundFreedom;
    source: SOURCES -> CashSource;
    cash_use: USES -> CashUse;
    reversal: REVERSALS -> ReversalReason;
}

pub(super) fn channel(typed: &str) -> Result<v1::Channel, Slip> {
    match plain(typed).as_str() {
        "app" => Ok(v1::Channel::App),
        "phone" | "telephone" => Ok(v1::Channel::Phone),
        "paper" => Ok(v1::Channel::Paper),
        _ => Err(Slip::new("is not known here", "Write one of: app, phone, paper.")),
    }
}

/// Minutes, where none at all is an answer, too.
pub(super) fn minutes_or_none(typed: &str) -> Result<i64, Slip> {
    match plain(typed).as_str() {
        "0" | "none" => Ok(0),
        _ => typed::minutes(typed),
    }
}

/// A signed number of minutes, for the floors of a policy.
pub(super) fn signed_minutes(typed: &str) -> Result<i64, Slip> {
    match typed.trim().strip_prefix('-') {
        Some(rest) => typed::minutes(rest).map(|minutes| -minutes),
        None => minutes_or_none(typed),
    }
}

pub(super) fn seconds(typed: &str) -> Result<Duration, Slip> {
    let number = typed.trim().trim_end_matches('s');
    typed::count(number).map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
}

/// A time of day, as HH:MM.
pub(super) fn clock(typed: &str) -> Result<String, Slip> {
    let slip = || Slip::new("is not a time of day", "Write it as 09:30.");
    let (hour, minute) = typed.trim().split_once([':', '.']).ok_or_else(slip)?;
    let number = |digits: &str, below: u32| {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|number| plain && *number < below).ok_or_else(slip)
    };
    Ok(format!("{:02}:{:02}", number(hour, 24)?, number(minute, 60)?))
}

/// The moment that an answer speaks of: an entry, a time or a day.
pub(super) fn as_of(typed: &str) -> Result<AsOf, Slip> {
    match known_at(typed) {
        Ok(KnownAt::KnownAtPosition(position)) => Ok(AsOf::AsOfPosition(position)),
        Ok(KnownAt::KnownAtTime(time)) => Ok(AsOf::AsOfTime(time)),
        Err(_) => typed::day(typed.trim()).map(AsOf::AsOfDay).map_err(|slip| {
            let mend = "Write the number of an entry, a day, or a time as 2025-04-01T12:00:00Z.";
            Slip::new(slip.problem, mend)
        }),
    }
}

/// Up to where what was recorded is known: an entry or a time.
pub(super) fn known_at(typed: &str) -> Result<KnownAt, Slip> {
    let typed = typed.trim();
    if let Ok(position) = typed.parse::<i64>() {
        return Ok(KnownAt::KnownAtPosition(position));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(typed) {
        let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default();
        let time = prost_types::Timestamp { seconds: time.timestamp(), nanos };
        return Ok(KnownAt::KnownAtTime(time));
    }
    let mend = "Write the number of an entry, or a time as 2025-04-01T12:00:00Z.";
    Err(Slip::new("is no entry and no time", mend))
}

/// The name of a thing that was named by its number: `hours/12`.
pub(super) fn named(kind: &str, typed: &str) -> String {
    let typed = typed.trim().trim_start_matches('#');
    if typed.contains('/') { typed.to_owned() } else { format!("{kind}/{typed}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_entries_times_or_days() {
        assert_eq!(as_of("12"), Ok(AsOf::AsOfPosition(12)));
        assert_eq!(as_of("1/4/2025"), Ok(AsOf::AsOfDay("2025-04-01".to_owned())));
        let time = prost_types::Timestamp { seconds: 1_743_508_800, nanos: 0 };
        assert_eq!(as_of("2025-04-01T13:00:00+01:00"), Ok(AsOf::AsOfTime(time)));
        assert!(as_of("yesterday").is_err());
        assert_eq!(known_at("12"), Ok(KnownAt::KnownAtPosition(12)));
        assert_eq!(known_at("2025-04-01T12:00:00Z"), Ok(KnownAt::KnownAtTime(time)));
        assert!(known_at("2025-04-01").is_err(), "a day has many entries");
    }

    #[test]
    fn things_are_named_by_number_or_in_full() {
        assert_eq!(named("hours", "12"), "hours/12");
        assert_eq!(named("hours", "coops/x/hours/12"), "coops/x/hours/12");
    }

    #[test]
    fn times_of_day() {
        assert_eq!(clock("9:30"), Ok("09:30".to_owned()));
        assert!(clock("24:00").is_err() && clock("9:60").is_err() && clock("noon").is_err());
    }

    #[test]
    fn floors_may_be_below_zero() {
        assert_eq!((signed_minutes("-12h"), signed_minutes("0")), (Ok(-720), Ok(0)));
    }
}
