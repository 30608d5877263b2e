//! `kill -9` and power cuts while checkpoints are signed: whatever was handed out is there.
//!
//! This test binary runs itself as the server.

use std::{
    env, fs,
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
    power::{Unsynced, scattered, shim, times},
    skip::skip,
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

/// Runs the victim until it has handed out so many, kills it, and says what it had handed out by then.
fn kill_after(enough: usize, data: &Path, environment: &[(&str, &Path)]) -> Vec<String> {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "checkpoints::kills::victim", "--ignored", "--nocapture"])
        .env(DATA, data)
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let mut note = || loop {
        let line = lines.next()?.ok()?;
        // The kill may have cut the last line short.
        if let Some(note) = line.strip_prefix("note ").and_then(|said| said.strip_suffix('.')) {
            return Some(note.replace('|', "\n"));
        }
    };
    let mut handed_out = Vec::new();
    while handed_out.len() < enough {
        handed_out.push(note().expect("the victim goes on"));
    }
    victim.kill().unwrap();
    // What was on its way counts, too.
    handed_out.extend(std::iter::from_fn(note));
    victim.wait().unwrap();
    handed_out
}

/// Everything that was handed out is there, the co-op is served, and no size is there twice.
fn nothing_is_unsaid(data: &Path, handed_out: &[String]) {
    run(async {
        let house = House::open(&Opening::at(data)).unwrap();
        let kept = house.checkpoints(&coop()).unwrap();
        assert!(kept.is_sorted_by(|one, next| one.size < next.size), "no size twice");
        for note in handed_out {
            assert!(kept.iter().any(|kept| *kept.note == **note), "{note}");
        }
        house.close().await;
    });
}

#[test]
fn whatever_was_handed_out_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut handed_out: Vec<String> = Vec::new();
    for kill in 0..times("CARESTORE_SIGNING_KILLS", 6) {
        let enough = 1 + usize::try_from(scattered(kill) % 40).unwrap();
        handed_out.extend(kill_after(enough, dir.path(), &[]));
        nothing_is_unsaid(dir.path(), &handed_out);
    }
}

/// What was not synced is gone with the power: not one checkpoint that anybody has seen.
#[test]
fn no_power_cut_takes_back_what_was_handed_out() {
    let dir = tempfile::tempdir().unwrap();
    let library = match shim(dir.path()) {
        Ok(library) => library,
        Err(why) => {
            skip(&why);
            return;
        }
    };
    let mut data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut handed_out: Vec<String> = Vec::new();
    for cut in 0..times("CARESTORE_SIGNING_CUTS", 6) {
        let shadow = dir.path().join(format!("{cut}-shadow"));
        fs::create_dir(&shadow).unwrap();
        let unsynced = if cut % 2 == 0 { Unsynced::Gone } else { Unsynced::Torn };
        let (how, much) = unsynced.told(cut * 5 / 2);
        let environment = [
            ("LD_PRELOAD", library.as_path()),
            ("CARESTORE_SHIM_FROM", data.as_path()),
            ("CARESTORE_SHIM_TO", shadow.as_path()),
            (how, Path::new(&much)),
        ];
        let enough = 1 + usize::try_from(scattered(cut) % 30).unwrap();
        handed_out.extend(kill_after(enough, &data, &environment));
        fs::remove_dir_all(&data).unwrap();
        data = shadow.join("tree");
        assert!(data.is_dir(), "the shim was not loaded");
        nothing_is_unsaid(&data, &handed_out);
    }
}
