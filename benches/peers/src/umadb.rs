//! UmaDB, by its own client: an event with the two members as tags and as many bytes as an entry of ours has.
//!
//! Nothing is asked of it beside the append: no condition, and no decision from what it holds.

use umadb_client::{AsyncUmaDbClient, UmaDbClient};
use umadb_dcb::{DcbEvent, DcbEventStoreAsync};
use uuid::Uuid;

use crate::load::{Caller, Extent, Failed, Peer};

const MEMBERS: u64 = 1_000;
/// An entry of ours that records an hour has so many bytes, without the request's id.
const BYTES: usize = 90;

pub(crate) struct Uma(Vec<AsyncUmaDbClient>);

impl Uma {
    pub(crate) async fn connect(url: &str, extent: &Extent) -> Result<Self, Failed> {
        let mut clients = Vec::new();
        for _ in 0..extent.connections() {
            clients.push(UmaDbClient::new(url.to_owned()).connect_async().await?);
        }
        Ok(Self(clients))
    }
}

impl Peer for Uma {
    async fn ask(&self, nth: usize, caller: &mut Caller, batch: usize) -> Result<(), Failed> {
        let events = (0..batch).map(|_| event(caller)).collect();
        self.0[nth % self.0.len()].append(events, None, None).await?;
        Ok(())
    }
}

fn event(caller: &mut Caller) -> DcbEvent {
    let (giver, receiver) = caller.pair(MEMBERS);
    let mut data = Vec::with_capacity(BYTES);
    while data.len() < BYTES {
        data.push(caller.below(256) as u8);
    }
    DcbEvent::default()
        .event_type("HoursRecorded")
        .tags([format!("member:{giver}"), format!("member:{receiver}")])
        .data(data)
        .uuid(Uuid::now_v7())
}
