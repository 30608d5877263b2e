//! The small co-op in which these tests play.

use ledger_core::{Actor, FundFreedom, Hat, PartyKind, Role};

use crate::{
    check::{Ask, by, coordinator},
    words::*,
};

/// Five members, three officers (a co-ordinator who is no member, a treasurer, and Eve, a co-ordinator), a business,
/// a partner, a free and a restricted fund, vouchers for tea, two wheelchairs; two hours in the pot, five with Dan, of the
/// day before.
pub(crate) fn standard() -> Vec<Ask> {
    vec![
        by(Actor::Operator, found("colne-valley")),
        coordinator(enrol(&[Hat::CommunityVolunteer], "ANN")),
        coordinator(enrol(&[Hat::ServiceUser], "BEN")),
        coordinator(enrol(&[Hat::FamilyCarer], "CAT")),
        coordinator(enrol(&[Hat::FamilyCarer, Hat::CommunityVolunteer], "DAN")),
        coordinator(enrol(&[Hat::CommunityVolunteer], "EVE")),
        coordinator(appoint(Role::Treasurer, None)),
        coordinator(appoint(Role::Coordinator, Some(eve()))),
        coordinator(register("Bakery", PartyKind::Business)),
        coordinator(register("Council", PartyKind::Partner)),
        coordinator(open_fund("General", FundFreedom::Unrestricted)),
        coordinator(open_fund("Breaks", FundFreedom::Restricted(title("carer breaks")))),
        coordinator(pledge(1, "Tea for two", 800, 20, "2026-12-31")),
        coordinator(gift("Wheelchair", 2)),
        coordinator(receive(1, 10_000)),
        coordinator(receive(2, 5_000)),
        coordinator(record(to_pot(help(ann(), ben(), 120)))).on("2026-05-31"),
        coordinator(record(help(dan(), ben(), 300))).on("2026-05-31"),
    ]
}
