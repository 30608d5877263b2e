//! `kill -9` while checkpoints are signed: whatever was handed out is there.
//!
//! This test binary runs itself as the server.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use ledger_client::{Client, Options};
use ledger_proto::v1;
use ledger_server::{House, Opening, serve};

use super::coop;
use crate::{
    harness::{COOP, ask::Ask, request_id, run, say, token},
    power::{scattered, times},
};

const DATA: &str = "CARESTORE_SIGNING_VICTIM_DATA";

fn context(client: &Client) -> v1::WriteContext {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut id = request_id(i64::try_from(now.as_millis()).unwrap());
    // The ids of a process count from one: those of the process before must not come again.
    let unlike = format!("{:08x}", std::process::id());
    id.replace_range(24..32, &unlike);
    v1::WriteContext { request_id: id, ..client.write_context() }
}

/// Writes, and hands out a checkpoint after each write, until it is killed.
#[test]
#[ignore = "the part of this binary that gets killed"]
fn victim() {
    let Some(data) = env::var_os(DATA) else { return };
    run(async {
        let house = House::open(&Opening::at(&data)).unwrap();
        let founded = !house.coops().is_empty();
        let serving = serve(house, ([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let url = format!("http://{}", serving.address());
        let options = Options { coop: COOP.to_owned(), tries: 1, ..Options::default() };
        let client = Client::connect(&url, Some(&token(Path::new(&data))), options).unwrap();
        if !founded {
            let found = v1::FoundCoopRequest { context: Some(context(&client)), policy: None };
            found.send(&client).await.unwrap();
            let general = say::open_fund("General", "");
            v1::OpenFundRequest { context: Some(context(&client)), ..general }
                .send(&client)
                .await
                .unwrap();
        }
        loop {
            let write =
                v1::ReceiveCashRequest { context: Some(context(&client)), ..say::receive(1, 1) };
            write.send(&client).await.unwrap();
            let signed = tokio::task::block_in_place(|| serving.house().checkpoint(&coop()));
            let note = signed.unwrap().note.replace('\n', "|");
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nnote {note}.").unwrap();
            out.flush().unwrap();
        }
    });
}

#[test]
fn whatever_was_handed_out_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut handed_out: Vec<String> = Vec::new();
    for kill in 0..times("CARESTORE_SIGNING_KILLS", 6) {
        let mut victim = Command::new(env::current_exe().unwrap())
            .args(["--exact", "checkpoints::kills::victim", "--ignored", "--nocapture"])
            .env(DATA, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let enough = handed_out.len() + 1 + usize::try_from(scattered(kill) % 40).unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let mut note = || loop {
            let line = lines.next()?.ok()?;
            // The kill may have cut the last line short.
            if let Some(note) = line.strip_prefix("note ").and_then(|said| said.strip_suffix('.')) {
                return Some(note.replace('|', "\n"));
            }
        };
        while handed_out.len() < enough {
            handed_out.push(note().expect("the victim goes on"));
        }
        victim.kill().unwrap();
        // What was on its way counts, too.
        handed_out.extend(std::iter::from_fn(note));
        victim.wait().unwrap();
        run(async {
            let house = House::open(&Opening::at(dir.path())).unwrap();
            let kept = house.checkpoints(&coop()).unwrap();
            assert!(kept.is_sorted_by(|one, next| one.size < next.size), "no size twice");
            for note in &handed_out {
                assert!(kept.iter().any(|kept| *kept.note == **note), "{note}");
            }
            house.close().await;
        });
    }
}
