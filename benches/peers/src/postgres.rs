//! PostgreSQL with plain double entry (`postgres.sql`): one round trip for each request, by a prepared statement.

use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use crate::load::{Caller, Extent, Failed, Peer};

/// More accounts than we have members: so fewer callers wait for the same one.
const ACCOUNTS: u64 = 10_000;
const MINUTES: i64 = 1;

struct Connection {
    client: Client,
    book: Statement,
    book_all: Statement,
}

pub(crate) struct Postgres {
    connections: Vec<Connection>,
    today: chrono::NaiveDate,
}

/// Makes the tables.
pub(crate) async fn prepare(config: &str) -> Result<(), Failed> {
    Ok(open(config).await?.batch_execute(include_str!("postgres.sql")).await?)
}

async fn open(config: &str) -> Result<Client, Failed> {
    let (client, connection) = tokio_postgres::connect(config, NoTls).await?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}

impl Postgres {
    pub(crate) async fn connect(config: &str, extent: &Extent) -> Result<Self, Failed> {
        let mut connections = Vec::new();
        for _ in 0..extent.connections() {
            let client = open(config).await?;
            let book = client.prepare("select book($1, $2, $3, $4, $5)").await?;
            let book_all = client.prepare("select book_all($1, $2, $3, $4, $5)").await?;
            connections.push(Connection { client, book, book_all });
        }
        let today = open(config).await?.query_one("select current_date", &[]).await?.try_get(0)?;
        Ok(Self { connections, today })
    }
}

impl Peer for Postgres {
    async fn ask(&self, nth: usize, caller: &mut Caller, batch: usize) -> Result<(), Failed> {
        let Connection { client, book, book_all } = &self.connections[nth % self.connections.len()];
        if batch == 1 {
            let (giver, receiver) = pair(caller);
            let request = Uuid::now_v7();
            client.query_one(book, &[&request, &giver, &receiver, &MINUTES, &self.today]).await?;
            return Ok(());
        }
        let (givers, receivers): (Vec<i64>, Vec<i64>) = (0..batch).map(|_| pair(caller)).unzip();
        let requests: Vec<Uuid> = (0..batch).map(|_| Uuid::now_v7()).collect();
        client
            .query_one(book_all, &[&requests, &givers, &receivers, &MINUTES, &self.today])
            .await?;
        Ok(())
    }
}

fn pair(caller: &mut Caller) -> (i64, i64) {
    let (giver, receiver) = caller.pair(ACCOUNTS);
    (giver.cast_signed(), receiver.cast_signed())
}
