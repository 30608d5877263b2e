//! One method for each call of the API, all on the same road.

use ledger_proto::v1;

use super::{Client, CompressionEncoding, MAX_ANSWER_BYTES, Unchecked};
use crate::error::Error;

/// The id of a write, or none for a read.
macro_rules! request_id {
    (write, $request:ident) => {
        $request.context.as_ref().map(|context| context.request_id.as_str())
    };
    (read, $request:ident) => {
        None
    };
}

/// What has the road to the server.
trait Calls {
    fn client(&self) -> &Client;
}

impl Calls for Client {
    fn client(&self) -> &Client {
        self
    }
}

impl Calls for Unchecked<'_> {
    fn client(&self) -> &Client {
        self.0
    }
}

macro_rules! calls {
    ($caller:ty: $($service:ident :: $stub:ident {
        $($kind:ident $method:ident($request:ident) -> $response:ident;)*
    })*) => {
        impl $caller {
            $($(
                #[doc = concat!("`", stringify!($method), "` of [`v1::", stringify!($service), "`], tried until it is answered.")]
                pub async fn $method(
                    &self,
                    request: v1::$request,
                ) -> Result<v1::$response, Error> {
                    let client = self.client();
                    let stub = v1::$service::$stub::new(client.channel.clone())
                        .max_decoding_message_size(MAX_ANSWER_BYTES)
                        .accept_compressed(CompressionEncoding::Gzip);
                    client.attempt(request_id!($kind, request), || {
                        let deadline = Some(client.options.deadline);
                        let message = client.dress(request.clone(), deadline);
                        let mut stub = stub.clone();
                        async move { stub.$method(message).await }
                    })
                    .await
                }
            )*)*
        }
    };
}

calls! { Client:
    coop_service_client::CoopServiceClient {
        write found_coop(FoundCoopRequest) -> FoundCoopResponse;
        write adopt_policy(AdoptPolicyRequest) -> AdoptPolicyResponse;
        write appoint_officer(AppointOfficerRequest) -> AppointOfficerResponse;
        write end_officer(EndOfficerRequest) -> EndOfficerResponse;
        read list_coops(ListCoopsRequest) -> ListCoopsResponse;
        read get_policy(GetPolicyRequest) -> GetPolicyResponse;
        read list_officers(ListOfficersRequest) -> ListOfficersResponse;
    }
    members_service_client::MembersServiceClient {
        write enrol_member(EnrolMemberRequest) -> EnrolMemberResponse;
        write change_hats(ChangeHatsRequest) -> ChangeHatsResponse;
        write suspend_member(SuspendMemberRequest) -> SuspendMemberResponse;
        write reinstate_member(ReinstateMemberRequest) -> ReinstateMemberResponse;
        write leave_member(LeaveMemberRequest) -> LeaveMemberResponse;
        write name_representative(NameRepresentativeRequest) -> NameRepresentativeResponse;
        write end_representative(EndRepresentativeRequest) -> EndRepresentativeResponse;
        write register_party(RegisterPartyRequest) -> RegisterPartyResponse;
        read get_member(GetMemberRequest) -> GetMemberResponse;
        read list_members(ListMembersRequest) -> ListMembersResponse;
        read list_representatives(ListRepresentativesRequest) -> ListRepresentativesResponse;
        read list_parties(ListPartiesRequest) -> ListPartiesResponse;
        read list_looks(ListLooksRequest) -> ListLooksResponse;
        read update_card(UpdateCardRequest) -> UpdateCardResponse;
        read erase_card(EraseCardRequest) -> EraseCardResponse;
    }
    time_bank_service_client::TimeBankServiceClient {
        write log_hours(LogHoursRequest) -> LogHoursResponse;
        write confirm_hours(ConfirmHoursRequest) -> ConfirmHoursResponse;
        write dispute_hours(DisputeHoursRequest) -> DisputeHoursResponse;
        write resolve_hours(ResolveHoursRequest) -> ResolveHoursResponse;
        write record_hours(RecordHoursRequest) -> RecordHoursResponse;
        write give_hours(GiveHoursRequest) -> GiveHoursResponse;
        write donate_hours(DonateHoursRequest) -> DonateHoursResponse;
        write grant_from_pot(GrantFromPotRequest) -> GrantFromPotResponse;
        read list_pending_hours(ListPendingHoursRequest) -> ListPendingHoursResponse;
        read list_balances(ListBalancesRequest) -> ListBalancesResponse;
        read get_statement(GetStatementRequest) -> GetStatementResponse;
        read list_exchanges(ListExchangesRequest) -> ListExchangesResponse;
    }
    respite_service_client::RespiteServiceClient {
        write request_respite(RequestRespiteRequest) -> RequestRespiteResponse;
        write agree_cover(AgreeCoverRequest) -> AgreeCoverResponse;
        write withdraw_cover(WithdrawCoverRequest) -> WithdrawCoverResponse;
        write deliver_respite(DeliverRespiteRequest) -> DeliverRespiteResponse;
        write cancel_respite(CancelRespiteRequest) -> CancelRespiteResponse;
        write record_no_cover(RecordNoCoverRequest) -> RecordNoCoverResponse;
        write record_no_show(RecordNoShowRequest) -> RecordNoShowResponse;
        read list_respite(ListRespiteRequest) -> ListRespiteResponse;
    }
    voucher_service_client::VoucherServiceClient {
        write pledge_offer(PledgeOfferRequest) -> PledgeOfferResponse;
        write issue_voucher(IssueVoucherRequest) -> IssueVoucherResponse;
        write redeem_voucher(RedeemVoucherRequest) -> RedeemVoucherResponse;
        write cancel_voucher(CancelVoucherRequest) -> CancelVoucherResponse;
        read list_vouchers(ListVouchersRequest) -> ListVouchersResponse;
        read list_offers(ListOffersRequest) -> ListOffersResponse;
    }
    store_service_client::StoreServiceClient {
        write open_fund(OpenFundRequest) -> OpenFundResponse;
        write receive_cash(ReceiveCashRequest) -> ReceiveCashResponse;
        write spend_cash(SpendCashRequest) -> SpendCashResponse;
        write receive_in_kind(ReceiveInKindRequest) -> ReceiveInKindResponse;
        write use_in_kind(UseInKindRequest) -> UseInKindResponse;
        read get_store_totals(GetStoreTotalsRequest) -> GetStoreTotalsResponse;
    }
    history_service_client::HistoryServiceClient {
        write reverse_entry(ReverseEntryRequest) -> ReverseEntryResponse;
        write seal_state(SealStateRequest) -> SealStateResponse;
    }
    tokens_service_client::TokensServiceClient {
        read list_tokens(ListTokensRequest) -> ListTokensResponse;
        // A token that is revoked twice is revoked.
        read revoke_token(RevokeTokenRequest) -> RevokeTokenResponse;
    }
    batch_service_client::BatchServiceClient {
        // Each write of a batch has its own id, so the whole can be sent again like a read.
        read submit_batch(SubmitBatchRequest) -> SubmitBatchResponse;
    }
}

calls! { Unchecked<'_>:
    history_service_client::HistoryServiceClient {
        read get_checkpoint(GetCheckpointRequest) -> GetCheckpointResponse;
        read prove_inclusion(ProveInclusionRequest) -> ProveInclusionResponse;
        read prove_consistency(ProveConsistencyRequest) -> ProveConsistencyResponse;
        read get_receipt(GetReceiptRequest) -> GetReceiptResponse;
        read prove_balance(ProveBalanceRequest) -> ProveBalanceResponse;
    }
}

impl Client {
    /// `CreateToken` of [`v1::tokens_service_client::TokensServiceClient`], tried once: another try would make another.
    pub async fn create_token(
        &self,
        request: v1::CreateTokenRequest,
    ) -> Result<v1::CreateTokenResponse, Error> {
        let stub = v1::tokens_service_client::TokensServiceClient::new(self.channel.clone());
        let mut stub = stub.max_decoding_message_size(MAX_ANSWER_BYTES);
        let message = self.dress(request, Some(self.options.deadline));
        match stub.create_token(message).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err(Error::of_status(&status, None)),
        }
    }
}
