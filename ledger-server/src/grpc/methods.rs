//! Every method of the API, one line each: a write names its arm, everything else the function that answers it.

use ledger_proto::v1::{
    self, batch_service_server::BatchService, coop_service_server::CoopService,
    history_service_server::HistoryService, import_service_server::ImportService,
    members_service_server::MembersService, respite_service_server::RespiteService,
    store_service_server::StoreService, time_bank_service_server::TimeBankService,
    tokens_service_server::TokensService, voucher_service_server::VoucherService,
};
use tonic::{Request, Response, Status};

use super::{
    Service, bulk, bundle, coops, feed, lists, looks, people, proofs, representatives, statement,
    tokens, totals, watching,
};

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
        name_representative(NameRepresentativeRequest) -> NameRepresentativeResponse as NameRepresentative;
        end_representative(EndRepresentativeRequest) -> EndRepresentativeResponse as EndRepresentative;
        register_party(RegisterPartyRequest) -> RegisterPartyResponse as RegisterParty;
    }
    answers {
        get_member(v1::GetMemberRequest) -> v1::GetMemberResponse = people::get;
        list_members(v1::ListMembersRequest) -> v1::ListMembersResponse = people::list;
        list_representatives(v1::ListRepresentativesRequest) -> v1::ListRepresentativesResponse = representatives::list;
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
