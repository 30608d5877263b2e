//! Every way in which the ledger says no, over real gRPC: by its reason, under its code, with what it promises to say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that fails says so; the test is a table"
)]

mod people;
mod things;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use ledger_core::Rejection;
use ledger_proto::{DOMAIN, Refusal, v1};
use tonic::{Code, Status};

use crate::harness::{COOP, Town, ask::Ask, run, say};

/// What the table below does not reach: where it is reached instead, or why it is not.
const UNREACHED: [(&str, &str); 23] = [
    (
        "DEADLINE_EXCEEDED",
        "reached in access.rs: the clients of this language give up by themselves first",
    ),
    ("AMOUNT_TOO_LARGE", "takes more entries, each of the largest amount, than a disk holds"),
    ("RATE_LIMITED", "reached in vouchers.rs"),
    ("HISTORY_LOST", "reached in restart.rs"),
    ("BUSY", "reached in limits/busy.rs"),
    ("DISK_FULL", "reached in disk/room.rs"),
    ("SHUTTING_DOWN", "reached in restart.rs"),
    ("CLOCK_JUMPED", "takes a machine whose clock jumps by more than an hour"),
    ("INTERNAL", "would be a mistake of the server's"),
    ("NOT_SEALED", "reached in proofs.rs"),
    ("REQUEST_UNKNOWN", "reached in proofs.rs"),
    ("CHECKPOINT_NOT_FOUND", "reached in proofs.rs"),
    ("STARTING", "reached in starts.rs"),
    ("TOO_MANY_PROMISES", "reached in limits.rs"),
    ("MESSAGE_TOO_LARGE", "reached in limits.rs"),
    ("TOO_MANY_STREAMS", "reached in limits.rs"),
    ("FELL_BEHIND", "reached in limits.rs"),
    ("TOKEN_EXPIRED", "reached in tokens.rs"),
    ("TOKEN_REVOKED", "reached in tokens.rs"),
    ("SCOPE_MISSING", "reached in tokens.rs"),
    ("OTHER_COOP", "reached in tokens.rs"),
    ("ACTING_DENIED", "reached in tokens.rs"),
    ("TOKEN_NOT_FOUND", "reached in tokens.rs"),
];

/// The reasons of the server itself, beside those of the rules.
const OF_THE_SERVER: [&str; 28] = [
    "DEADLINE_EXCEEDED",
    "INVALID_FIELD",
    "POLICY_NOT_FOUND",
    "IMPORT_UNKNOWN_ROW",
    "TOKEN_MISSING",
    "TOKEN_UNKNOWN",
    "RATE_LIMITED",
    "BUSY",
    "DISK_FULL",
    "SHUTTING_DOWN",
    "POSITION_BEYOND_HEAD",
    "HISTORY_LOST",
    "CLOCK_JUMPED",
    "INTERNAL",
    "PAGE_TOKEN_INVALID",
    "NOT_SEALED",
    "REQUEST_UNKNOWN",
    "CHECKPOINT_NOT_FOUND",
    "STARTING",
    "MESSAGE_TOO_LARGE",
    "TOO_MANY_STREAMS",
    "FELL_BEHIND",
    "TOKEN_EXPIRED",
    "TOKEN_REVOKED",
    "SCOPE_MISSING",
    "OTHER_COOP",
    "ACTING_DENIED",
    "TOKEN_NOT_FOUND",
];

/// Every reason that stands in the API.
fn published() -> impl Iterator<Item = v1::ErrorReason> {
    (1..1_000).filter_map(|number| v1::ErrorReason::try_from(number).ok())
}

fn name(reason: v1::ErrorReason) -> &'static str {
    reason.as_str_name().strip_prefix("ERROR_REASON_").unwrap()
}

/// The code that the API's manual promises for each reason: the first word of its comment.
fn promised() -> BTreeMap<String, String> {
    let manual = include_str!("../proto/carestore/v1/error_reason.proto");
    let lines: Vec<&str> = manual.lines().map(str::trim).collect();
    let mut promised = BTreeMap::new();
    for pair in lines.windows(2) {
        let reason = pair[1].strip_prefix("ERROR_REASON_").and_then(|rest| rest.split(' ').next());
        let code = pair[0].strip_prefix("// ").and_then(|rest| rest.split('.').next());
        if let (Some(reason), Some(code)) = (reason, code) {
            promised.insert(reason.to_owned(), code.to_owned());
        }
    }
    promised.remove("UNSPECIFIED");
    promised
}

/// A code as the manual writes it.
fn written(code: Code) -> &'static str {
    match code {
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::Unauthenticated => "UNAUTHENTICATED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        other => panic!("{other:?} is not a code of a refusal"),
    }
}

/// Provokes refusals, and remembers which.
pub(crate) struct Provoked {
    pub(crate) town: Town,
    seen: Mutex<BTreeSet<String>>,
    promised: BTreeMap<String, String>,
}

impl Provoked {
    fn of(town: Town) -> Self {
        Self { town, seen: Mutex::default(), promised: promised() }
    }

    /// Asks as officer 1, or as the one whom the request names.
    pub(crate) async fn by<R: Ask>(&self, reason: &str, request: R) -> Refusal {
        self.with(reason, request, |_| {}).await
    }

    /// Asks as somebody.
    pub(crate) async fn as_who<R: Ask>(&self, reason: &str, who: &str, request: R) -> Refusal {
        self.with(reason, request, |context| who.clone_into(&mut context.acting_as)).await
    }

    /// Asks, saying something more.
    pub(crate) async fn with<R: Ask>(
        &self,
        reason: &str,
        mut request: R,
        more: impl FnOnce(&mut v1::WriteContext),
    ) -> Refusal {
        let mut context = request.context().take().unwrap_or_else(|| self.town.by(R::WHO));
        more(&mut context);
        *request.context() = Some(context);
        let answer = request.bare(self.town.channel(), Some(self.town.token())).await;
        self.said(reason, answer)
    }

    /// Looks at an answer: the reason, the code that the manual promises, and the domain.
    pub(crate) fn said<T: std::fmt::Debug>(
        &self,
        reason: &str,
        answer: Result<T, Status>,
    ) -> Refusal {
        let status = answer.expect_err(reason);
        let refusal = Refusal::read(&status).expect("whatever is refused says why");
        assert_eq!(refusal.reason, reason, "{refusal:?}");
        assert_eq!(written(status.code()), self.promised[reason], "{reason}");
        assert!(!refusal.message.is_empty(), "{refusal:?}");
        let read = ledger_client::Error::of_status(&status, None);
        assert_eq!(read.reason(), Some(reason), "the client reads it back");
        self.seen.lock().unwrap().insert(reason.to_owned());
        refusal
    }
}

#[test]
fn every_reason_stands_in_the_api_and_the_api_has_no_other() {
    let ours: BTreeSet<&str> =
        Rejection::REASONS.iter().chain(OF_THE_SERVER.iter()).copied().collect();
    assert_eq!(published().map(name).collect::<BTreeSet<&str>>(), ours);
    assert_eq!(promised().len(), ours.len(), "each with the code that it comes under");
    assert_eq!(DOMAIN, "carestore");
}

#[test]
fn every_reason_is_reached_and_read_back() {
    run(async {
        let asking = Provoked::of(Town::bare().await);
        server(&asking).await;
        people::provoke(&asking).await;
        things::provoke(&asking).await;
        let seen = asking.seen.lock().unwrap().clone();
        let unreached: BTreeSet<&str> = UNREACHED.iter().map(|(reason, _)| *reason).collect();
        for reason in published().map(name) {
            let reached = seen.contains(reason);
            assert_ne!(reached, unreached.contains(reason), "{reason}: reached is {reached}");
        }
    });
}

/// What the server itself refuses; and the founding.
async fn server(asking: &Provoked) {
    let town = &asking.town;
    asking.by("COOP_NOT_FOUND", say::enrol(v1::Hat::Supporter)).await;
    let unsound = v1::PolicyValues { soft_floor_minutes: -1_000, ..say::template() };
    let founded = |policy| v1::FoundCoopRequest { policy: Some(policy), context: None };
    let refused = asking.by("POLICY_UNSOUND", founded(unsound)).await;
    assert_eq!(refused.metadata["field"], "soft_floor_minutes");
    let exchange = v1::PolicyValues {
        voucher_basis: v1::VoucherBasis::Exchange.into(),
        voucher_price_minutes: 60,
        ..say::template()
    };
    asking.by("MINUTE_NEEDED", founded(exchange)).await;
    let mut first = say::found();
    first.context = Some(town.by(""));
    town.ok(first.clone()).await;
    assert!(town.ok(first.clone()).await.replayed);
    asking.by("COOP_EXISTS", say::found()).await;
    first.policy = Some(v1::PolicyValues { lapse_days: 31, ..say::template() });
    let refused = asking.by("REQUEST_ID_REUSED", first).await;
    assert_eq!(refused.metadata["position"], "1");

    let bare = |token| say::enrol(v1::Hat::Supporter).bare(town.channel(), token);
    asking.said("TOKEN_MISSING", bare(None).await);
    asking.said("TOKEN_UNKNOWN", bare(Some("cst_unknown")).await);
    let mut early = say::enrol(v1::Hat::Supporter);
    let id = crate::harness::request_id(town.now() + 3 * crate::harness::DAY);
    early.context = Some(v1::WriteContext { request_id: id, ..town.by("officers/1") });
    let refused = asking.by("REQUEST_ID_OUT_OF_WINDOW", early).await;
    assert_eq!(refused.metadata["server_time_unix_ms"], town.now().to_string());

    let policies = || v1::coop_service_client::CoopServiceClient::new(town.channel());
    let wanted = v1::GetPolicyRequest { context: Some(town.read()), version: 9 };
    let wanted = crate::harness::ask::dressed(wanted, Some(town.token()));
    asking.said("POLICY_NOT_FOUND", policies().get_policy(wanted).await);
    let officers = |context, page| {
        let request = v1::ListOfficersRequest { context: Some(context), page };
        crate::harness::ask::dressed(request, Some(town.token()))
    };
    let page = v1::Page { page_size: 1, page_token: "soon".to_owned() };
    let answer = policies().list_officers(officers(town.read(), Some(page))).await;
    asking.said("PAGE_TOKEN_INVALID", answer);
    let beyond = v1::ReadContext { at_least_position: 99, ..town.read() };
    let refused =
        asking.said("POSITION_BEYOND_HEAD", policies().list_officers(officers(beyond, None)).await);
    assert_eq!(refused.metadata["position"], "1");
    import(asking).await;
}

/// A row that names nobody: refused in the answer, by the same reasons.
async fn import(asking: &Provoked) {
    let town = &asking.town;
    let step = v1::ImportStep {
        file: "hours.csv".to_owned(),
        line: 2,
        text: "V999".to_owned(),
        occurrence: 1,
        date: "2026-03-01".to_owned(),
        step: Some(v1::import_step::Step::Hours(v1::ImportHours {
            giver: "V999".to_owned(),
            minutes: 60,
            task: v1::TaskKind::Garden.into(),
            to: "own".to_owned(),
            evidence: v1::EvidenceGrade::Paper.into(),
            receiver: String::new(),
        })),
    };
    let context = v1::WriteContext { channel: v1::Channel::Import.into(), ..town.by("officers/1") };
    let head = v1::ImportHead { context: Some(context), import: COOP.to_owned(), keep_good: false };
    let message =
        v1::ImportHistoryRequest { head: Some(head), steps: vec![step], ..Default::default() };
    let answer = town.client().import_history(vec![message], |_| {}).await.unwrap();
    assert_eq!((answer.stored, answer.refusals.len()), (false, 1));
    let refused = &answer.refusals[0];
    assert_eq!((refused.reason.as_str(), refused.field.as_str()), ("IMPORT_UNKNOWN_ROW", "giver"));
    asking.seen.lock().unwrap().insert(refused.reason.clone());
}

#[test]
fn everything_that_is_wrong_with_a_request_is_said_at_once() {
    run(async {
        let asking = Provoked::of(Town::founded().await);
        let help = v1::Help { giver: "members/x".to_owned(), minutes: -5, ..Default::default() };
        let request = v1::LogHoursRequest { help: Some(help), context: None };
        let refused = asking
            .with("INVALID_FIELD", request, |context| {
                "never".clone_into(&mut context.occurred_on);
                "soon".clone_into(&mut context.request_id);
                context.channel = 77;
            })
            .await;
        let fields: Vec<&str> =
            refused.violations.iter().map(|violation| violation.field.as_str()).collect();
        let expected = [
            "context.request_id",
            "context.channel",
            "context.occurred_on",
            "help.giver",
            "help.minutes",
            "help.task",
        ];
        assert_eq!(fields, expected);
    });
}
