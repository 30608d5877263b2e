//! Who may do what: one table from method to scope, and what each kind of bearer has of it.

mod caller;
mod sees;
mod token;
mod tokens;

use ledger_proto::{
    api::Bearer,
    v1::{Scope, write::Request},
};

pub use caller::Denied;
pub(crate) use caller::{Called, Caller};
pub(crate) use sees::Sees;
pub(crate) use token::{Open, Token};
pub(crate) use tokens::Tokens;

/// What a method asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, a few times a minute: a business that redeems a voucher has no account.
    Anybody,
    /// Any token: each write in it asks for what its own method asks for.
    EachWrite,
    /// A token that has this scope.
    Scope(Scope, Reach),
}

/// Whether a method is for a member's own token, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is, and keeps to what is theirs.
    Own,
    /// It speaks of the whole co-op.
    All,
}

use Reach::{All, Own};

/// A service, its scope to read or to write, and its methods.
type Row = (&'static str, Scope, Reach, &'static [&'static str]);

/// Every method of the API but those of `access` itself.
const TABLE: &[Row] = &[
    ("CoopService", Scope::CoopsFound, All, &["FoundCoop"]),
    ("CoopService", Scope::CoopWrite, All, &["AdoptPolicy", "AppointOfficer", "EndOfficer"]),
    ("CoopService", Scope::CoopRead, Own, &["ListCoops", "GetPolicy", "ListOfficers"]),
    (
        "MembersService",
        Scope::MembersWrite,
        All,
        &[
            "EnrolMember",
            "ChangeHats",
            "SuspendMember",
            "ReinstateMember",
            "NameRepresentative",
            "RegisterParty",
        ],
    ),
    ("MembersService", Scope::MembersWrite, Own, &["LeaveMember", "EndRepresentative"]),
    (
        "MembersService",
        Scope::MembersRead,
        Own,
        &["GetMember", "ListRepresentatives", "ListParties", "ListLooks"],
    ),
    ("MembersService", Scope::MembersRead, All, &["ListMembers"]),
    ("MembersService", Scope::CardsWrite, Own, &["UpdateCard", "EraseCard"]),
    (
        "TimeBankService",
        Scope::TimeWrite,
        Own,
        &["LogHours", "ConfirmHours", "DisputeHours", "GiveHours", "DonateHours"],
    ),
    ("TimeBankService", Scope::TimeWrite, All, &["ResolveHours", "RecordHours", "GrantFromPot"]),
    (
        "TimeBankService",
        Scope::TimeRead,
        Own,
        &["ListPendingHours", "GetStatement", "ListExchanges"],
    ),
    ("TimeBankService", Scope::TimeRead, All, &["ListBalances"]),
    (
        "RespiteService",
        Scope::RespiteWrite,
        Own,
        &[
            "RequestRespite",
            "AgreeCover",
            "WithdrawCover",
            "DeliverRespite",
            "CancelRespite",
            "RecordNoShow",
        ],
    ),
    ("RespiteService", Scope::RespiteWrite, All, &["RecordNoCover"]),
    ("RespiteService", Scope::RespiteRead, Own, &["ListRespite"]),
    (
        "VoucherService",
        Scope::VouchersWrite,
        All,
        &["PledgeOffer", "IssueVoucher", "CancelVoucher"],
    ),
    ("VoucherService", Scope::VouchersRead, Own, &["ListVouchers", "ListOffers"]),
    (
        "StoreService",
        Scope::StoreWrite,
        All,
        &["OpenFund", "ReceiveCash", "SpendCash", "ReceiveInKind", "UseInKind"],
    ),
    ("StoreService", Scope::StoreRead, Own, &["GetStoreTotals"]),
    ("HistoryService", Scope::HistoryWrite, All, &["ReverseEntry", "SealState"]),
    ("HistoryService", Scope::HistoryRead, All, &["ReadHistory", "WatchHistory", "ExportBundle"]),
    (
        "HistoryService",
        Scope::HistoryRead,
        Own,
        &["GetCheckpoint", "ProveInclusion", "ProveConsistency", "GetReceipt", "ProveBalance"],
    ),
    ("ImportService", Scope::Import, All, &["ImportHistory"]),
    ("TokensService", Scope::Tokens, All, &["CreateToken", "ListTokens", "RevokeToken"]),
];

/// What a method asks of its caller, by its full name: `carestore.v1.VoucherService/RedeemVoucher`. Nothing: the method
/// has no row here, and a test says so before anybody can call it.
pub fn access(method: &str) -> Option<Access> {
    let (service, method) = method.strip_prefix("carestore.v1.")?.split_once('/')?;
    match (service, method) {
        ("VoucherService", "RedeemVoucher") => Some(Access::Anybody),
        ("BatchService", "SubmitBatch") => Some(Access::EachWrite),
        (service, method) => TABLE
            .iter()
            .find(|(of, _, _, methods)| *of == service && methods.contains(&method))
            .map(|(_, scope, reach, _)| Access::Scope(*scope, *reach)),
    }
}

/// The short name of a method that has a row, for example `GetStatement`.
pub(crate) fn short_name(method: &str) -> &'static str {
    let said = method.rsplit('/').next().unwrap_or_default();
    let all = TABLE.iter().flat_map(|(_, _, _, methods)| methods.iter());
    all.copied().find(|known| *known == said).unwrap_or_default()
}

/// What a write asks of its caller, wherever it comes in: what its own method asks. One without a row would be nobody's.
pub(crate) fn access_of_write(write: &Request) -> Access {
    access(method_of(write)).unwrap_or(Access::Scope(Scope::Unspecified, All))
}

/// The method of a write.
fn method_of(write: &Request) -> &'static str {
    macro_rules! methods {
        ($($service:ident: $($arm:ident)*;)*) => {
            match write {
                $($(Request::$arm(_) => {
                    concat!("carestore.v1.", stringify!($service), "/", stringify!($arm))
                })*)*
            }
        };
    }
    methods! {
        CoopService: FoundCoop AdoptPolicy AppointOfficer EndOfficer;
        MembersService: EnrolMember ChangeHats SuspendMember ReinstateMember LeaveMember NameRepresentative
            EndRepresentative RegisterParty;
        TimeBankService: LogHours ConfirmHours DisputeHours ResolveHours RecordHours GiveHours
            DonateHours GrantFromPot;
        RespiteService: RequestRespite AgreeCover WithdrawCover DeliverRespite CancelRespite
            RecordNoCover RecordNoShow;
        VoucherService: PledgeOffer IssueVoucher RedeemVoucher CancelVoucher;
        StoreService: OpenFund ReceiveCash SpendCash ReceiveInKind UseInKind;
        HistoryService: ReverseEntry SealState;
    }
}

/// Whether a bearer has a scope, of a method with this reach.
fn has(bearer: &Bearer, scope: Scope, reach: Reach) -> bool {
    match bearer {
        Bearer::Member(_) => reach == Own,
        Bearer::Coordinator(_) => {
            !matches!(scope, Scope::Unspecified | Scope::CoopsFound | Scope::Tokens)
        }
        Bearer::Treasurer(_) => {
            reads(scope)
                || matches!(
                    scope,
                    Scope::StoreWrite
                        | Scope::VouchersWrite
                        | Scope::MembersWrite
                        | Scope::HistoryWrite
                )
        }
        Bearer::Auditor(granted) => reads(scope) || granted.contains(&scope),
        Bearer::App { scopes, officer: _, members: _ } => scopes.contains(&scope),
        Bearer::Operator => matches!(
            scope,
            Scope::CoopsFound | Scope::Tokens | Scope::CoopRead | Scope::HistoryRead
        ),
    }
}

/// Whether a scope is to read, and no personal card.
const fn reads(scope: Scope) -> bool {
    match scope {
        Scope::CoopRead
        | Scope::MembersRead
        | Scope::TimeRead
        | Scope::RespiteRead
        | Scope::VouchersRead
        | Scope::StoreRead
        | Scope::HistoryRead => true,
        Scope::Unspecified
        | Scope::CoopWrite
        | Scope::CoopsFound
        | Scope::MembersWrite
        | Scope::CardsRead
        | Scope::CardsWrite
        | Scope::TimeWrite
        | Scope::RespiteWrite
        | Scope::VouchersWrite
        | Scope::StoreWrite
        | Scope::HistoryWrite
        | Scope::Import
        | Scope::Tokens => false,
    }
}

/// Every scope that a bearer has, as it is told of their token. Of a member: none, since whose it is bounds it.
pub(crate) fn scopes(bearer: &Bearer) -> Vec<Scope> {
    match bearer {
        Bearer::Member(_) => Vec::new(),
        Bearer::Coordinator(_)
        | Bearer::Treasurer(_)
        | Bearer::Auditor(_)
        | Bearer::App { .. }
        | Bearer::Operator => (1..)
            .map_while(|code| Scope::try_from(code).ok())
            .filter(|scope| has(bearer, *scope, All))
            .collect(),
    }
}
