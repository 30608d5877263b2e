//! What the kinds of entries are called when a person reads them.

/// What happened, in plain words. A kind that a newer server knows is said as it is.
pub(super) fn happened(kind: &str) -> &str {
    match kind {
        "HoursConfirmed" => "help, confirmed",
        "HoursRecorded" => "help, entered with evidence",
        "HoursResolved" => "help, dispute resolved",
        "HoursGiven" => "gift of hours",
        "PotGranted" => "from the community pot",
        "RespiteRequested" => "set aside for respite",
        "RespiteDelivered" => "respite",
        "RespiteEnded" => "respite, released",
        "VoucherIssued" => "given for a voucher",
        "VoucherCancelled" => "back from a voucher",
        "MemberLeft" => "on leaving",
        "EntryReversed" => "taken back",
        other => other,
    }
}
