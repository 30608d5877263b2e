//! The load that `benches/side-by-side` puts on this ledger and on its peers, all in the same way: so many callers in one
//! process, each of whom waits for an answer before asking again. What it came to is a line of JSON.

mod carestore;
mod disk;
mod fill;
mod grpc;
mod load;
mod postgres;
#[cfg(feature = "umadb")]
mod umadb;
#[allow(dead_code, clippy::unwrap_used, reason = "made for the benches, which say more of it")]
#[path = "../../ledger/years.rs"]
mod years;

use std::{fs, net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

use load::{Extent, Failed};

#[derive(Debug, Parser)]
struct Typed {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// This ledger.
    Carestore {
        url: String,
        token_file: PathBuf,
        #[command(flatten)]
        extent: Extent,
    },
    /// UmaDB.
    #[cfg(feature = "umadb")]
    Umadb {
        url: String,
        #[command(flatten)]
        extent: Extent,
    },
    /// PostgreSQL.
    Postgres {
        config: String,
        #[command(flatten)]
        extent: Extent,
    },
    /// A gRPC server that does nothing.
    Bare {
        url: String,
        #[command(flatten)]
        extent: Extent,
    },
    /// A file, written and synced, with as many entries at a time as there are callers and in a batch.
    Disk {
        file: PathBuf,
        #[command(flatten)]
        extent: Extent,
    },
    /// Founds the co-op that is written to.
    PrepareCarestore { url: String, token_file: PathBuf },
    /// Makes the tables that are written to.
    PreparePostgres { config: String },
    /// Serves the bare round trip until it is ended.
    ServeBare { listen: SocketAddr },
    /// Fills a folder with some years of a co-op.
    Fill { data: PathBuf, entries: usize },
}

fn main() -> Result<(), Failed> {
    let command = Typed::parse().command;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(command))
}

async fn run(command: Command) -> Result<(), Failed> {
    let came_to = match command {
        Command::Carestore { url, token_file, extent } => {
            let token = fs::read_to_string(token_file)?;
            let peer = carestore::CareStore::connect(&url, &token, &extent).await?;
            load::load(&extent, peer).await?
        }
        #[cfg(feature = "umadb")]
        Command::Umadb { url, extent } => {
            load::load(&extent, umadb::Uma::connect(&url, &extent).await?).await?
        }
        Command::Postgres { config, extent } => {
            load::load(&extent, postgres::Postgres::connect(&config, &extent).await?).await?
        }
        Command::Bare { url, extent } => {
            load::load(&extent, grpc::Bare::connect(&url, &extent).await?).await?
        }
        Command::Disk { file, extent } => disk::load(&extent, &file)?,
        Command::PrepareCarestore { url, token_file } => {
            let token = fs::read_to_string(token_file)?;
            return carestore::CareStore::connect(&url, &token, &Extent::one())
                .await?
                .prepare()
                .await;
        }
        Command::PreparePostgres { config } => return postgres::prepare(&config).await,
        Command::ServeBare { listen } => return grpc::serve(listen).await,
        Command::Fill { data, entries } => return fill::fill(&data, entries),
    };
    println!("{came_to}");
    Ok(())
}
