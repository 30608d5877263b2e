//! This ledger, over gRPC: hours recorded by an officer, each an entry that moves minutes.

use std::time::Duration;

use ledger_core::MemberId;
use ledger_proto::v1::{
    self, batch_service_client::BatchServiceClient, coop_service_client::CoopServiceClient,
    time_bank_service_client::TimeBankServiceClient, write, write_result,
};
use tonic::{
    Code, Request,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};
use uuid::Uuid;

use crate::{
    grpc::connect,
    load::{Caller, Extent, Failed, Peer},
};

const COOP: &str = "coops/side-by-side";
/// So many can give and be helped. A giver may give so many minutes on a day, and so many days back, that it never runs out.
const MEMBERS: u64 = 1_000;
const DAYS_BACK: u64 = 56;
/// So often a server that is starting is asked again, and after so long.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct CareStore {
    channels: Vec<Channel>,
    token: MetadataValue<Ascii>,
    today: chrono::NaiveDate,
}

impl CareStore {
    pub(crate) async fn connect(url: &str, token: &str, extent: &Extent) -> Result<Self, Failed> {
        let token = format!("Bearer {}", token.trim()).parse()?;
        let channels = connect(url, extent.connections()).await?;
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
        let days = i32::try_from(now / 86_400)?;
        let today = chrono::NaiveDate::from_epoch_days(days).ok_or("no such day")?;
        Ok(Self { channels, token, today })
    }

    /// Founds the co-op and enrols its members.
    pub(crate) async fn prepare(&self) -> Result<(), Failed> {
        let found = v1::FoundCoopRequest { context: Some(context()), policy: None };
        let context = |request: v1::EnrolMemberRequest| v1::EnrolMemberRequest {
            context: Some(v1::WriteContext { acting_as: "officers/1".to_owned(), ..context() }),
            ..request
        };
        let mut client = CoopServiceClient::new(self.channel(0));
        let mut tries = 0;
        while let Err(refused) = client.found_coop(self.dressed(found.clone())).await {
            tries += 1;
            // For a moment after it has opened its folder, too, the server says that it is starting.
            if refused.code() != Code::Unavailable || tries == TRIES {
                return Err(refused.into());
            }
            tokio::time::sleep(PAUSE).await;
        }
        for _ in 0..MEMBERS / 100 {
            let hats = vec![v1::Hat::CommunityVolunteer.into()];
            let enrol = v1::EnrolMemberRequest { hats, ..v1::EnrolMemberRequest::default() };
            let request = || write::Request::EnrolMember(context(enrol.clone()));
            let writes = (0..100).map(|_| v1::Write { request: Some(request()) }).collect();
            self.submit(0, writes).await?;
        }
        Ok(())
    }

    fn channel(&self, nth: usize) -> Channel {
        self.channels[nth % self.channels.len()].clone()
    }

    fn dressed<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        request
    }

    async fn submit(&self, nth: usize, writes: Vec<v1::Write>) -> Result<(), Failed> {
        let request = self.dressed(v1::SubmitBatchRequest { writes });
        let mut client = BatchServiceClient::new(self.channel(nth));
        for result in client.submit_batch(request).await?.into_inner().results {
            match result.result {
                Some(write_result::Result::Receipt(_)) => {}
                Some(write_result::Result::Refusal(status)) => return Err(status.message.into()),
                None => return Err("a write without a result".into()),
            }
        }
        Ok(())
    }

    fn hour(&self, caller: &mut Caller) -> v1::RecordHoursRequest {
        let (giver, receiver) = caller.pair(MEMBERS);
        let day = self.today - chrono::Days::new(caller.below(DAYS_BACK));
        v1::RecordHoursRequest {
            context: Some(v1::WriteContext {
                acting_as: "officers/1".to_owned(),
                occurred_on: day.to_string(),
                ..context()
            }),
            help: Some(v1::Help {
                giver: member(giver),
                receiver: member(receiver),
                minutes: 1,
                task: v1::TaskKind::Shopping.into(),
                destination: None,
                own_family: false,
            }),
            evidence: v1::EvidenceGrade::Paper.into(),
        }
    }
}

impl Peer for CareStore {
    async fn ask(&self, nth: usize, caller: &mut Caller, batch: usize) -> Result<(), Failed> {
        if batch == 1 {
            let request = self.dressed(self.hour(caller));
            TimeBankServiceClient::new(self.channel(nth)).record_hours(request).await?;
            return Ok(());
        }
        let hour = |caller: &mut Caller| write::Request::RecordHours(self.hour(caller));
        let writes = (0..batch).map(|_| v1::Write { request: Some(hour(caller)) }).collect();
        self.submit(nth, writes).await
    }
}

fn context() -> v1::WriteContext {
    v1::WriteContext {
        coop: COOP.to_owned(),
        request_id: Uuid::now_v7().to_string(),
        ..v1::WriteContext::default()
    }
}

fn member(nth: u64) -> String {
    format!("members/{}", u64::from(MemberId::FIRST) + nth)
}
