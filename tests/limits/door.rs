//! More connections than there are seats: whoever is in goes on, whoever comes is sent away, until somebody leaves.

use ledger_client::Client;
use ledger_proto::v1;
use ledger_server::Limits;
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::harness::{Town, run};

const SEATS: usize = 5;

async fn answered(client: &Client) -> bool {
    let context = Some(client.read_context());
    client.get_store_totals(v1::GetStoreTotalsRequest { context }).await.is_ok()
}

#[test]
fn so_many_are_let_in_and_the_others_are_sent_away() {
    run(async {
        let mut town = Town::peopled().await;
        town.stop().await;
        let limits = Limits { connections: SEATS, ..Limits::default() };
        let opening = ledger_server::Opening { limits, ..town.opening() };
        town.start_with(opening).await.unwrap();
        // Before anybody else, and on one connection all along.
        let client = town.client();
        assert!(answered(&client).await);
        // They come, say nothing, and stay; whoever is sent away hears so by the end of the connection.
        let mut idle = Vec::new();
        for _ in 1..SEATS {
            idle.push(TcpStream::connect(town.address()).await.unwrap());
        }
        for _ in 0..20 {
            let mut late = TcpStream::connect(town.address()).await.unwrap();
            assert!(!matches!(late.read(&mut [0; 64]).await, Ok(1..)), "nobody speaks to them");
            assert!(!answered(&town.client()).await, "nor is a caller let in");
            assert!(answered(&client).await, "whoever is in goes on");
        }
        // A seat that is left is free for the next, a moment later.
        idle.pop();
        let next = town.client();
        while !answered(&next).await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(answered(&client).await);
    });
}
