//! Each kind of write, and the command that it becomes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use ledger_core::{Command, Values};
use ledger_proto::{
    Secrets,
    api::{self, policy_values},
    v1::{self, write::Request as R},
};
use prost::Message;

/// What is asked, as the text in which commands are compared here.
fn asked(request: R) -> String {
    let parsed = api::parse(v1::Write { request: Some(request) }, &Secrets::new([3; 32]));
    let text = format!("{:?}", parsed.unwrap_or_else(|error| panic!("{error}")).request.command);
    // `MemberId(1042)` as `1042`, `Some(Title("x"))` as `Some("x")`: short to read.
    let words = ["MemberId", "OfficerId", "PartyId", "FundId", "OfferId", "Position", "Minutes"];
    let more = ["Pence", "Items", "Title", "Reference", "TimeOfDay", "Day"];
    let mut text = text;
    for word in words.iter().chain(&more) {
        while let Some(at) = text.find(&format!("{word}(")) {
            let open = at + word.len();
            let close = open + text.get(open..).unwrap().find(')').unwrap();
            text.replace_range(close..=close, "");
            text.replace_range(at..=open, "");
        }
    }
    text
}

fn context() -> v1::WriteContext {
    v1::WriteContext {
        coop: "coops/colne-valley".into(),
        request_id: "019aa0f2-7c00-7abc-8def-0123456789ab".into(),
        ..Default::default()
    }
}

macro_rules! write {
    ($kind:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {
        asked(R::$kind(v1::$request { context: Some(context()), $($field: $value.into()),* }))
    };
}

#[test]
fn about_the_coop_and_its_members() {
    let values = Values { confirm_days: 7, ..Values::template() };
    let policy = Some(policy_values(&values));
    let said =
        v1::AdoptPolicyRequest { context: Some(context()), policy, decided_by: "Minute 14".into() };
    let parsed =
        api::parse(v1::Write { request: Some(R::AdoptPolicy(said)) }, &Secrets::new([3; 32]));
    let Command::AdoptPolicy { policy, decided_by } = parsed.unwrap().request.command else {
        panic!()
    };
    assert_eq!((policy, decided_by.unwrap().as_str()), (values, "Minute 14"));
    assert!(write!(FoundCoop, FoundCoopRequest { policy: None }).contains("confirm_days: 14"));
    assert_eq!(
        write!(AppointOfficer, AppointOfficerRequest { role: 2, member: "members/1042" }),
        "AppointOfficer { role: Treasurer, member: Some(1042) }"
    );
    assert_eq!(
        write!(EndOfficer, EndOfficerRequest { officer: "officers/2" }),
        "EndOfficer { officer: 2 }"
    );
    assert_eq!(
        write!(
            EnrolMember,
            EnrolMemberRequest {
                hats: vec![2, 5],
                r#ref: "V005",
                joined_on: "1970-01-03",
                card: None,
            }
        ),
        r#"EnrolMember { hats: [FamilyCarer, Supporter], reference: Some("V005"), joined_on: Some(2) }"#
    );
    assert_eq!(
        write!(ChangeHats, ChangeHatsRequest { member: "members/1042", hats: vec![4] }),
        "ChangeHats { member: 1042, hats: [Staff] }"
    );
    assert_eq!(
        write!(SuspendMember, SuspendMemberRequest { member: "members/1042", reason: 3 }),
        "SuspendMember { member: 1042, reason: Board }"
    );
    assert_eq!(
        write!(ReinstateMember, ReinstateMemberRequest { member: "members/1042" }),
        "ReinstateMember { member: 1042 }"
    );
    assert_eq!(
        write!(
            LeaveMember,
            LeaveMemberRequest { member: "members/1042", remaining_to: "members/1043" }
        ),
        "LeaveMember { member: 1042, remaining_to: Some(1043) }"
    );
    assert_eq!(
        write!(
            NameRepresentative,
            NameRepresentativeRequest {
                member: "members/1042",
                representative: "members/1043",
                mandate: 3,
                powers: 2,
                until: "1970-01-03",
            }
        ),
        "NameRepresentative { member: 1042, representative: 1043, mandate: LastingPowerOfAttorney, \
         powers: Act, until: Some(2) }"
    );
    assert_eq!(
        write!(
            EndRepresentative,
            EndRepresentativeRequest { member: "members/1042", representative: "members/1043" }
        ),
        "EndRepresentative { member: 1042, representative: 1043 }"
    );
    assert_eq!(
        write!(RegisterParty, RegisterPartyRequest { title: "Caffi", kind: 1 }),
        r#"RegisterParty { title: "Caffi", kind: Business }"#
    );
}

#[test]
fn about_hours() {
    let help = v1::Help {
        giver: "members/1042".into(),
        receiver: String::new(),
        minutes: 30,
        task: 12,
        destination: Some(v1::Destination {
            to: Some(v1::destination::To::Member("members/1044".into())),
        }),
        own_family: false,
    };
    let told = "Help { giver: 1042, receiver: None, minutes: 30, task: Garden, destination: Member(1044), kinship: Neighbour }";
    assert_eq!(
        write!(LogHours, LogHoursRequest { help: help.clone() }),
        format!("LogHours {{ help: {told} }}")
    );
    assert_eq!(
        write!(RecordHours, RecordHoursRequest { help: help, evidence: 3 }),
        format!("RecordHours {{ help: {told}, evidence: Paper }}")
    );
    assert_eq!(
        write!(ConfirmHours, ConfirmHoursRequest { hours: "hours/9", minutes: 20, evidence: 7 }),
        "ConfirmHours { hours: 9, minutes: Some(20), evidence: Some(OnSite) }"
    );
    assert_eq!(
        write!(DisputeHours, DisputeHoursRequest { hours: "hours/9", reason: 2 }),
        "DisputeHours { hours: 9, reason: WrongMinutes }"
    );
    assert_eq!(
        write!(ResolveHours, ResolveHoursRequest { hours: "hours/9", minutes: 0 }),
        "ResolveHours { hours: 9, minutes: None }"
    );
    assert_eq!(
        write!(
            GiveHours,
            GiveHoursRequest { from: "members/1042", to: "members/1043", minutes: 5 }
        ),
        "GiveHours { from: 1042, to: Some(1043), minutes: 5 }"
    );
    assert_eq!(
        write!(DonateHours, DonateHoursRequest { from: "members/1042", minutes: 5 }),
        "GiveHours { from: 1042, to: None, minutes: 5 }"
    );
    assert_eq!(
        write!(GrantFromPot, GrantFromPotRequest { to: "members/1042", minutes: 5, reason: 3 }),
        "GrantFromPot { to: 1042, minutes: 5, reason: Welcome }"
    );
}

#[test]
fn about_respite() {
    let staff = v1::Cover { by: Some(v1::cover::By::Staff(true)) };
    let member = v1::Cover { by: Some(v1::cover::By::Member("members/1043".into())) };
    assert_eq!(
        write!(
            RequestRespite,
            RequestRespiteRequest {
                carer: "members/1042",
                minutes: 60,
                date: "1970-01-06",
                start_time: "01:30",
            }
        ),
        "RequestRespite { carer: 1042, minutes: 60, wanted_on: 5, start: Some(90) }"
    );
    assert_eq!(
        write!(
            AgreeCover,
            AgreeCoverRequest { respite: "respite/4", cover: member, start_time: "" }
        ),
        "AgreeCover { respite: 4, cover: Member(1043), start: None }"
    );
    assert_eq!(
        write!(WithdrawCover, WithdrawCoverRequest { respite: "respite/4", reason: 1 }),
        "WithdrawCover { respite: 4, reason: Illness }"
    );
    assert_eq!(
        write!(
            DeliverRespite,
            DeliverRespiteRequest {
                respite: "respite/4",
                minutes: 70,
                cover: staff,
                carer_agrees_to_more: true,
            }
        ),
        "DeliverRespite { respite: 4, minutes: 70, cover: Some(Staff), beyond: Agreed }"
    );
    assert_eq!(
        write!(CancelRespite, CancelRespiteRequest { respite: "respite/4", by: 1, reason: 3 }),
        "CancelRespite { respite: 4, by: Carer, reason: Moved }"
    );
    assert_eq!(
        write!(RecordNoCover, RecordNoCoverRequest { respite: "respite/4" }),
        "RecordNoCover { respite: 4 }"
    );
    assert_eq!(
        write!(RecordNoShow, RecordNoShowRequest { respite: "respite/4", missing: 2 }),
        "RecordNoShow { respite: 4, missing: Giver }"
    );
}

#[test]
fn about_vouchers_and_the_store() {
    assert_eq!(
        write!(
            PledgeOffer,
            PledgeOfferRequest {
                party: "parties/3",
                title: "A cut",
                face_value_pence: 500,
                quantity: 20,
                valid_until: "1970-01-02",
            }
        ),
        r#"PledgeOffer { party: 3, title: "A cut", face_value: 500, quantity: 20, valid_until: 1 }"#
    );
    assert_eq!(
        write!(CancelVoucher, CancelVoucherRequest { voucher: "vouchers/8" }),
        "CancelVoucher { voucher: 8 }"
    );
    assert!(
        write!(
            IssueVoucher,
            IssueVoucherRequest { offer: "offers/2", member: "members/1042", reason: 4 }
        )
        .starts_with("IssueVoucher { offer: 2, member: 1042, reason: BadWeather, code: ")
    );
    assert_eq!(
        write!(OpenFund, OpenFundRequest { title: "Breaks", freedom: 3, purpose: "Carer breaks" }),
        r#"OpenFund { title: "Breaks", freedom: Restricted("Carer breaks") }"#
    );
    assert_eq!(
        write!(
            ReceiveCash,
            ReceiveCashRequest {
                fund: "funds/2",
                source: 4,
                amount_pence: 900,
                party: "parties/3",
                member: "",
            }
        ),
        "ReceiveCash { fund: 2, source: Donation, pence: 900, party: Some(3), member: None }"
    );
    assert_eq!(
        write!(
            SpendCash,
            SpendCashRequest {
                fund: "funds/2",
                r#use: 1,
                amount_pence: 900,
                purpose: "Bus",
                party: "",
                member: "members/1042",
            }
        ),
        r#"SpendCash { fund: 2, spent_on: Expense, pence: 900, purpose: Some("Bus"), party: None, member: Some(1042) }"#
    );
    assert_eq!(
        write!(
            ReceiveInKind,
            ReceiveInKindRequest { party: "", title: "Chairs", quantity: 6, valuation_pence: 0 }
        ),
        r#"ReceiveInKind { party: None, title: "Chairs", quantity: 6, valuation: None }"#
    );
    assert_eq!(
        write!(UseInKind, UseInKindRequest { offer: "offers/2", quantity: 1 }),
        "UseInKind { offer: 2, quantity: 1 }"
    );
    assert_eq!(
        write!(ReverseEntry, ReverseEntryRequest { entry: "entries/12", reason: 2 }),
        "ReverseEntry { entry: 12, found: None, reason: Twice }"
    );
    assert_eq!(write!(SealState, SealStateRequest {}), "SealState { accounts_root: None }");
}

#[test]
fn every_kind_of_write_misses_its_context_first() {
    for kind in 1..=36_u32 {
        let mut bytes = Vec::new();
        prost::encoding::encode_key(kind, prost::encoding::WireType::LengthDelimited, &mut bytes);
        bytes.push(0);
        let write = v1::Write::decode(bytes.as_slice()).unwrap();
        let error = api::parse(write, &Secrets::new([3; 32])).unwrap_err();
        assert_eq!(error.violations.first().unwrap().field, "context", "write {kind}");
    }
}
