//! Every write of the API, sent by the typed client or by a bare stub.

use ledger_client::{Client, Error};
use ledger_proto::v1::{self, write};
use tonic::{Request, Status, transport::Channel};

/// A write.
pub(crate) trait Ask: Clone + Send + Sync {
    /// Who asks, if a test does not say.
    const WHO: &'static str;
    /// What the write says about itself.
    fn context(&mut self) -> &mut Option<v1::WriteContext>;
    /// As one write among many.
    fn write(self) -> v1::Write;
    /// By the typed client.
    fn send(self, client: &Client) -> impl Future<Output = Result<v1::Receipt, Error>> + Send;
    /// By a bare stub, with a token or without.
    fn bare(
        self,
        channel: Channel,
        token: Option<&str>,
    ) -> impl Future<Output = Result<v1::Receipt, Status>> + Send;
}

/// A message with a token.
pub(crate) fn dressed<M>(message: M, token: Option<&str>) -> Request<M> {
    let mut request = Request::new(message);
    if let Some(value) = token.and_then(|token| format!("Bearer {token}").parse().ok()) {
        request.metadata_mut().insert("authorization", value);
    }
    request
}

macro_rules! asks {
    ($($module:ident :: $stub:ident { $($arm:ident $request:ident $method:ident $who:literal;)* })*) => {
        $($(
            impl Ask for v1::$request {
                const WHO: &'static str = $who;

                fn context(&mut self) -> &mut Option<v1::WriteContext> {
                    &mut self.context
                }

                fn write(self) -> v1::Write {
                    v1::Write { request: Some(write::Request::$arm(self)) }
                }

                async fn send(self, client: &Client) -> Result<v1::Receipt, Error> {
                    Ok(client.$method(self).await?.receipt.unwrap_or_default())
                }

                async fn bare(
                    self,
                    channel: Channel,
                    token: Option<&str>,
                ) -> Result<v1::Receipt, Status> {
                    let request = dressed(self, token);
                    let answer = v1::$module::$stub::new(channel).$method(request).await?;
                    Ok(answer.into_inner().receipt.unwrap_or_default())
                }
            }
        )*)*
    };
}

asks! {
    coop_service_client::CoopServiceClient {
        FoundCoop FoundCoopRequest found_coop "";
        AdoptPolicy AdoptPolicyRequest adopt_policy "officers/1";
        AppointOfficer AppointOfficerRequest appoint_officer "officers/1";
        EndOfficer EndOfficerRequest end_officer "officers/1";
    }
    members_service_client::MembersServiceClient {
        EnrolMember EnrolMemberRequest enrol_member "officers/1";
        ChangeHats ChangeHatsRequest change_hats "officers/1";
        SuspendMember SuspendMemberRequest suspend_member "officers/1";
        ReinstateMember ReinstateMemberRequest reinstate_member "officers/1";
        LeaveMember LeaveMemberRequest leave_member "officers/1";
        NameRepresentative NameRepresentativeRequest name_representative "officers/1";
        EndRepresentative EndRepresentativeRequest end_representative "officers/1";
        RegisterParty RegisterPartyRequest register_party "officers/1";
    }
    time_bank_service_client::TimeBankServiceClient {
        LogHours LogHoursRequest log_hours "officers/1";
        ConfirmHours ConfirmHoursRequest confirm_hours "officers/1";
        DisputeHours DisputeHoursRequest dispute_hours "officers/1";
        ResolveHours ResolveHoursRequest resolve_hours "officers/1";
        RecordHours RecordHoursRequest record_hours "officers/1";
        GiveHours GiveHoursRequest give_hours "officers/1";
        DonateHours DonateHoursRequest donate_hours "officers/1";
        GrantFromPot GrantFromPotRequest grant_from_pot "officers/1";
    }
    respite_service_client::RespiteServiceClient {
        RequestRespite RequestRespiteRequest request_respite "officers/1";
        AgreeCover AgreeCoverRequest agree_cover "officers/1";
        WithdrawCover WithdrawCoverRequest withdraw_cover "officers/1";
        DeliverRespite DeliverRespiteRequest deliver_respite "officers/1";
        CancelRespite CancelRespiteRequest cancel_respite "officers/1";
        RecordNoCover RecordNoCoverRequest record_no_cover "officers/1";
        RecordNoShow RecordNoShowRequest record_no_show "officers/1";
    }
    voucher_service_client::VoucherServiceClient {
        PledgeOffer PledgeOfferRequest pledge_offer "officers/1";
        IssueVoucher IssueVoucherRequest issue_voucher "officers/1";
        RedeemVoucher RedeemVoucherRequest redeem_voucher "";
        CancelVoucher CancelVoucherRequest cancel_voucher "officers/1";
    }
    store_service_client::StoreServiceClient {
        OpenFund OpenFundRequest open_fund "officers/1";
        ReceiveCash ReceiveCashRequest receive_cash "officers/1";
        SpendCash SpendCashRequest spend_cash "officers/1";
        ReceiveInKind ReceiveInKindRequest receive_in_kind "officers/1";
        UseInKind UseInKindRequest use_in_kind "officers/1";
    }
    history_service_client::HistoryServiceClient {
        ReverseEntry ReverseEntryRequest reverse_entry "officers/1";
        SealState SealStateRequest seal_state "officers/1";
    }
}
