//! The API, as thin as it goes: parse, submit, answer.

mod bulk;
mod bundle;
mod coops;
#[cfg(test)]
mod cuts;
mod feed;
mod lists;
mod looks;
mod own;
mod pages;
mod people;
mod proofs;
mod prover;
mod receipt;
mod room;
mod statement;
mod then;
mod tokens;
mod totals;
mod watching;

pub(crate) use watching::Watching;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use ledger_core::{Actor, CoopName, MemberId, Rejection};
use ledger_proto::{
    Secrets,
    api::{self, Read},
    v1::{
        self, batch_service_server::BatchService, coop_service_server::CoopService,
        history_service_server::HistoryService, import_service_server::ImportService,
        members_service_server::MembersService, respite_service_server::RespiteService,
        store_service_server::StoreService, time_bank_service_server::TimeBankService,
        tokens_service_server::TokensService, voucher_service_server::VoucherService,
    },
};
use tokio::sync::{Semaphore, watch};
use tonic::{Request, Response, Status};

use crate::{
    access::{Called, Caller, Denied, access_of_write},
    auth::Auth,
    cards::Cards,
    checkpoints::Checkpoints,
    clock::Clock,
    engine::{Answer, Directory, Engine, Submission},
    error::Error,
    limits::Limits,
    log::{Log, LogId},
    looks::Looks,
    metrics::Metrics,
    room::Room,
    status,
    views::{Moment, Published, View},
};

/// The whole API, over one engine, for whoever calls. Cheap to clone: each service of the API is one of these, for
/// strangers, and each call has one of its own.
#[derive(Clone)]
pub(crate) struct Service {
    ground: Arc<Ground>,
    caller: Caller,
    method: &'static str,
}

/// What the API stands on.
pub(crate) struct Ground {
    pub(crate) engine: Engine,
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) cards: Arc<Cards>,
    pub(crate) secrets: Secrets,
    pub(crate) checkpoints: Arc<Checkpoints>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) looks: Arc<Looks>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limits,
    /// One for each stream that may still be opened.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) clock: Clock,
    pub(crate) room: Room,
    /// True when the server is stopping: streams end then.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// One co-op, as a read finds it.
struct Found {
    coop: CoopName,
    log: LogId,
    published: Arc<Published>,
    read: Read,
}

impl Found {
    /// The view, and the moment of which the answer speaks.
    fn look(&self) -> Result<(RwLockReadGuard<'_, View>, Moment), Error> {
        self.published.served()?;
        let view = self.published.look();
        let moment = view.moment(self.read.as_of)?;
        Ok((view, moment))
    }
}

impl Service {
    pub(crate) fn new(ground: Ground) -> Self {
        Self { ground: Arc::new(ground), caller: Caller::Stranger, method: "" }
    }

    /// The same for whoever calls.
    pub(crate) fn called_by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// The same for whoever the gate let in with this request.
    fn of<M>(&self, request: &Request<M>) -> Self {
        match request.extensions().get::<Called>().cloned() {
            Some(Called { caller, method }) => Self { caller, method, ..self.clone() },
            // Nobody came in by the gate: whoever holds the service asks it.
            None => self.clone(),
        }
    }

    /// A refusal, counted by its reason.
    fn no(&self, error: Error) -> Status {
        self.ground.metrics.refused(status::reason(&error));
        error.into()
    }

    /// The one road of every write: what arrives is parsed, decided, recorded, receipted.
    async fn write(&self, request: v1::write::Request) -> Result<(Answer, v1::Receipt), Error> {
        let asked = self.read_write(v1::Write { request: Some(request) })?;
        let (coop, actor) = (asked.coop.clone(), asked.request.actor);
        let answer = self.ground.engine.submit(asked).await?;
        let receipt = self.receipt(&coop, actor, &answer)?;
        Ok((answer, receipt))
    }

    /// A write, as the engine takes it, if whoever calls may ask for it.
    fn read_write(&self, write: v1::Write) -> Result<Submission, Error> {
        if let Some(request) = &write.request {
            self.caller.may(access_of_write(request))?;
        }
        let parsed = api::parse(write, &self.ground.secrets)?;
        let api::Parsed { coop, mut request, validate_only, actor_said, card, note } = parsed;
        self.caller.within(&coop)?;
        request.actor = self.caller.acts((request.actor, actor_said))?;
        Ok(Submission { coop, request, validate_only, card, note })
    }

    /// What is said of an entry to whoever asked for it. The same request by another is another request: nobody is shown
    /// an answer, and with it a voucher's code, because they know its id.
    fn receipt(
        &self,
        coop: &CoopName,
        actor: Actor,
        answer: &Answer,
    ) -> Result<v1::Receipt, Error> {
        if answer.entry.by.actor != actor {
            return Err(Rejection::RequestIdReused { position: answer.entry.position }.into());
        }
        Ok(receipt::receipt(coop, answer, &self.ground.secrets))
    }

    /// The road of every read: which co-op, and is the position there that the reader has seen elsewhere?
    async fn find(&self, context: Option<v1::ReadContext>) -> Result<Found, Error> {
        let read = api::read_context(context)?;
        let (log, published) = self.coop(&read.coop)?;
        published.reach(read.at_least).await?;
        Ok(Found { coop: read.coop.clone(), log, published, read })
    }

    /// A co-op, if whoever calls may hear of it.
    fn coop(&self, coop: &CoopName) -> Result<(LogId, Arc<Published>), Error> {
        self.caller.within(coop)?;
        let found = {
            let directory = self.ground.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.find(coop)?
        };
        self.caller.still(found.1.look().state())?;
        Ok(found)
    }

    /// Whose data a read shows: that of the member whom it names, or of everybody where it names nobody. A member's token
    /// shows what is theirs, whether they are named or not; a look by anybody else is noted for the person to ask for.
    fn whose(&self, log: LogId, named: Option<MemberId>) -> Result<Option<MemberId>, Error> {
        match (self.caller.only(), named) {
            (Some(own), Some(member)) if own != member => Err(Denied::NotTheirs.into()),
            (Some(own), _) => Ok(Some(own)),
            (None, named) => {
                if let Some(token) = self.caller.looks_with() {
                    let now = self.ground.clock.reading();
                    self.ground.looks.note(log, (token, self.method), named, now);
                }
                Ok(named)
            }
        }
    }
}

/// A service of the API: a line for each method. A write names its arm of `Write`, everything else the function that
/// answers it, after a wait or at once.
macro_rules! service {
    ($service:ident {
        writes { $($write:ident($asked:ident) -> $answered:ident as $arm:ident;)* }
        answers { $($method:ident($request:ty) -> $response:ty = $answer:path;)* }
        $(at_once { $($quick:ident($sent:ty) -> $back:ty = $say:path;)* })?
        $(type $stream:ident = $item:ty;)*
    }) => {
        #[tonic::async_trait]
        impl $service for Service {
            $(type $stream = $item;)*
            $(
                async fn $write(
                    &self,
                    request: Request<v1::$asked>,
                ) -> Result<Response<v1::$answered>, Status> {
                    let service = self.of(&request);
                    let write = v1::write::Request::$arm(request.into_inner());
                    let written = service.write(write).await;
                    let (_, receipt) = written.map_err(|error| service.no(error))?;
                    Ok(Response::new(v1::$answered { receipt: Some(receipt) }))
                }
            )*
            $(
                async fn $method(
                    &self,
                    request: Request<$request>,
                ) -> Result<Response<$response>, Status> {
                    let service = self.of(&request);
                    let answer = $answer(&service, request.into_inner()).await;
                    Ok(Response::new(answer.map_err(|error| service.no(error))?))
                }
            )*
            $($(
                async fn $quick(
                    &self,
                    request: Request<$sent>,
                ) -> Result<Response<$back>, Status> {
                    let service = self.of(&request);
                    let said = $say(&service, request.into_inner());
                    Ok(Response::new(said.map_err(|error| service.no(error))?))
                }
            )*)?
        }
    };
}

service!(CoopService {
    writes {
        found_coop(FoundCoopRequest) -> FoundCoopResponse as FoundCoop;
        appoint_officer(AppointOfficerRequest) -> AppointOfficerResponse as AppointOfficer;
        end_officer(EndOfficerRequest) -> EndOfficerResponse as EndOfficer;
    }
    answers {
        adopt_policy(v1::AdoptPolicyRequest) -> v1::AdoptPolicyResponse = coops::adopt_policy;
        get_policy(v1::GetPolicyRequest) -> v1::GetPolicyResponse = coops::policy;
        list_officers(v1::ListOfficersRequest) -> v1::ListOfficersResponse = coops::officers;
    }
    at_once {
        list_coops(v1::ListCoopsRequest) -> v1::ListCoopsResponse = coops::list;
    }
});

service!(MembersService {
    writes {
        enrol_member(EnrolMemberRequest) -> EnrolMemberResponse as EnrolMember;
        change_hats(ChangeHatsRequest) -> ChangeHatsResponse as ChangeHats;
        suspend_member(SuspendMemberRequest) -> SuspendMemberResponse as SuspendMember;
        reinstate_member(ReinstateMemberRequest) -> ReinstateMemberResponse as ReinstateMember;
        leave_member(LeaveMemberRequest) -> LeaveMemberResponse as LeaveMember;
        register_party(RegisterPartyRequest) -> RegisterPartyResponse as RegisterParty;
    }
    answers {
        get_member(v1::GetMemberRequest) -> v1::GetMemberResponse = people::get;
        list_members(v1::ListMembersRequest) -> v1::ListMembersResponse = people::list;
        list_parties(v1::ListPartiesRequest) -> v1::ListPartiesResponse = people::parties;
        list_looks(v1::ListLooksRequest) -> v1::ListLooksResponse = looks::list;
        update_card(v1::UpdateCardRequest) -> v1::UpdateCardResponse = people::update_card;
        erase_card(v1::EraseCardRequest) -> v1::EraseCardResponse = people::erase_card;
    }
});

service!(TimeBankService {
    writes {
        log_hours(LogHoursRequest) -> LogHoursResponse as LogHours;
        confirm_hours(ConfirmHoursRequest) -> ConfirmHoursResponse as ConfirmHours;
        dispute_hours(DisputeHoursRequest) -> DisputeHoursResponse as DisputeHours;
        resolve_hours(ResolveHoursRequest) -> ResolveHoursResponse as ResolveHours;
        record_hours(RecordHoursRequest) -> RecordHoursResponse as RecordHours;
        give_hours(GiveHoursRequest) -> GiveHoursResponse as GiveHours;
        donate_hours(DonateHoursRequest) -> DonateHoursResponse as DonateHours;
        grant_from_pot(GrantFromPotRequest) -> GrantFromPotResponse as GrantFromPot;
    }
    answers {
        list_pending_hours(v1::ListPendingHoursRequest) -> v1::ListPendingHoursResponse = lists::pending_hours;
        list_balances(v1::ListBalancesRequest) -> v1::ListBalancesResponse = statement::balances;
        get_statement(v1::GetStatementRequest) -> v1::GetStatementResponse = statement::statement;
        list_exchanges(v1::ListExchangesRequest) -> v1::ListExchangesResponse = statement::exchanges;
    }
});

service!(RespiteService {
    writes {
        request_respite(RequestRespiteRequest) -> RequestRespiteResponse as RequestRespite;
        agree_cover(AgreeCoverRequest) -> AgreeCoverResponse as AgreeCover;
        withdraw_cover(WithdrawCoverRequest) -> WithdrawCoverResponse as WithdrawCover;
        deliver_respite(DeliverRespiteRequest) -> DeliverRespiteResponse as DeliverRespite;
        cancel_respite(CancelRespiteRequest) -> CancelRespiteResponse as CancelRespite;
        record_no_cover(RecordNoCoverRequest) -> RecordNoCoverResponse as RecordNoCover;
        record_no_show(RecordNoShowRequest) -> RecordNoShowResponse as RecordNoShow;
    }
    answers {
        list_respite(v1::ListRespiteRequest) -> v1::ListRespiteResponse = lists::respite;
    }
});

service!(VoucherService {
    writes {
        pledge_offer(PledgeOfferRequest) -> PledgeOfferResponse as PledgeOffer;
        issue_voucher(IssueVoucherRequest) -> IssueVoucherResponse as IssueVoucher;
        cancel_voucher(CancelVoucherRequest) -> CancelVoucherResponse as CancelVoucher;
    }
    answers {
        list_vouchers(v1::ListVouchersRequest) -> v1::ListVouchersResponse = lists::vouchers;
        list_offers(v1::ListOffersRequest) -> v1::ListOffersResponse = lists::offers;
        redeem_voucher(v1::RedeemVoucherRequest) -> v1::RedeemVoucherResponse = lists::redeem;
    }
});

service!(StoreService {
    writes {
        open_fund(OpenFundRequest) -> OpenFundResponse as OpenFund;
        receive_cash(ReceiveCashRequest) -> ReceiveCashResponse as ReceiveCash;
        spend_cash(SpendCashRequest) -> SpendCashResponse as SpendCash;
        receive_in_kind(ReceiveInKindRequest) -> ReceiveInKindResponse as ReceiveInKind;
        use_in_kind(UseInKindRequest) -> UseInKindResponse as UseInKind;
    }
    answers {
        get_store_totals(v1::GetStoreTotalsRequest) -> v1::GetStoreTotalsResponse = totals::totals;
    }
});

service!(HistoryService {
    writes {
        reverse_entry(ReverseEntryRequest) -> ReverseEntryResponse as ReverseEntry;
        seal_state(SealStateRequest) -> SealStateResponse as SealState;
    }
    answers {
        get_checkpoint(v1::GetCheckpointRequest) -> v1::GetCheckpointResponse = proofs::get_checkpoint;
        prove_inclusion(v1::ProveInclusionRequest) -> v1::ProveInclusionResponse = proofs::prove_inclusion;
        prove_consistency(v1::ProveConsistencyRequest) -> v1::ProveConsistencyResponse = proofs::prove_consistency;
        get_receipt(v1::GetReceiptRequest) -> v1::GetReceiptResponse = proofs::get_receipt;
        prove_balance(v1::ProveBalanceRequest) -> v1::ProveBalanceResponse = proofs::prove_balance;
        export_bundle(v1::ExportBundleRequest) -> bundle::BundleStream = bundle::export;
        read_history(v1::ReadHistoryRequest) -> feed::ReadStream = feed::read;
        watch_history(v1::WatchHistoryRequest) -> watching::WatchStream = watching::spelled;
    }
    type ReadHistoryStream = feed::ReadStream;
    type WatchHistoryStream = watching::WatchStream;
    type ExportBundleStream = bundle::BundleStream;
});

service!(BatchService {
    writes {}
    answers {
        submit_batch(v1::SubmitBatchRequest) -> v1::SubmitBatchResponse = bulk::batch;
    }
});

service!(ImportService {
    writes {}
    answers {
        import_history(tonic::Streaming<v1::ImportHistoryRequest>) -> v1::ImportHistoryResponse = bulk::import;
    }
});

service!(TokensService {
    writes {}
    answers {
        create_token(v1::CreateTokenRequest) -> v1::CreateTokenResponse = tokens::create;
        revoke_token(v1::RevokeTokenRequest) -> v1::RevokeTokenResponse = tokens::revoke;
    }
    at_once {
        list_tokens(v1::ListTokensRequest) -> v1::ListTokensResponse = tokens::list;
    }
});
