//! An old backup under newer checkpoints.

use std::fs;

use ledger_proto::v1;
use ledger_server::{Clock, accept_loss, verdicts};

use super::{coop, copy, grow, history, put_back, sign, sizes, town, verified};
use crate::harness::{Town, reason, refusal, run, say};

/// A town of which a checkpoint was published, with the log of an earlier day: head files, snapshots and all. And a second
/// co-op of which the backup knows nothing.
async fn gone_back() -> (Town, u64) {
    let mut town = town().await;
    grow(&town, 3).await;
    sign(&town);
    town.stop().await;
    let old = tempfile::tempdir().unwrap();
    copy(town.dir.path(), old.path());
    town.start().await.unwrap();
    let golcar = ledger_core::CoopName::new("golcar").unwrap();
    found(&town, "golcar").await.unwrap();
    tokio::task::block_in_place(|| town.house().checkpoint(&golcar)).unwrap();
    grow(&town, 4).await;
    let published = sign(&town);
    town.stop().await;
    put_back("log", old.path(), town.dir.path());
    put_back("snapshots", old.path(), town.dir.path());
    (town, published.size)
}

async fn found(town: &Town, coop: &str) -> Result<(), ledger_client::Error> {
    let client = town.client_of(coop, Some(town.token()));
    let context = v1::WriteContext { coop: client.coop(), ..town.by("") };
    let founding = v1::FoundCoopRequest { context: Some(context), policy: None };
    client.found_coop(founding).await.map(drop)
}

#[test]
fn an_old_backup_is_refused_with_what_is_missing() {
    run(async {
        let (mut town, published) = gone_back().await;
        assert_eq!(published, 9);
        town.start().await.unwrap();
        let refused = refusal(town.ask(say::receive(1, 1)).await.unwrap_err());
        assert_eq!(refused.reason, "HISTORY_LOST");
        assert_eq!(refused.metadata["first_missing"], "6");
        assert_eq!(refused.metadata["last_missing"], "9");
        assert!(refused.message.contains("a checkpoint of 9 entries was published"));
        let request = v1::ListBalancesRequest { context: Some(town.read()), page: None };
        assert_eq!(
            reason(&town.client().list_balances(request).await.unwrap_err()),
            "HISTORY_LOST"
        );
        // The backup has no trace of the other co-op, and it is not founded anew over what was published of it.
        assert_eq!(reason(&found(&town, "golcar").await.unwrap_err()), "HISTORY_LOST");
        found(&town, "marsden").await.unwrap();
        let listed = town.client().list_coops(v1::ListCoopsRequest::default()).await.unwrap();
        let served: Vec<(&str, bool)> =
            listed.coops.iter().map(|coop| (&coop.name[6..], coop.not_served.is_empty())).collect();
        let expected = [("colne-valley", false), ("golcar", false), ("marsden", true)];
        assert_eq!(served, expected);
        town.stop().await;
        let said = verdicts(town.dir.path()).unwrap();
        let said: Vec<(&str, bool)> =
            said.iter().map(|(coop, verdict)| (&**coop, verdict.is_ok())).collect();
        assert_eq!(said, expected);
    });
}

/// The disk has flipped a bit in the last record of one co-op, which was shown.
#[test]
fn damage_to_what_was_published_is_that_co_ops_alone() {
    run(async {
        let mut town = town().await;
        found(&town, "golcar").await.unwrap();
        sign(&town);
        town.stop().await;
        let file = town.dir.path().join("checkpoints").join("1");
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 60;
        bytes[last] ^= 4;
        fs::write(&file, bytes).unwrap();
        let said = verdicts(town.dir.path()).unwrap();
        let said: Vec<(&str, bool)> =
            said.iter().map(|(coop, verdict)| (&**coop, verdict.is_ok())).collect();
        assert_eq!(said, [("colne-valley", false), ("golcar", true)]);
        town.start().await.unwrap();
        assert_eq!(town.no(say::receive(1, 1)).await, "HISTORY_LOST");
        let golcar = ledger_core::CoopName::new("golcar").unwrap();
        tokio::task::block_in_place(|| town.house().checkpoint(&golcar)).unwrap();
    });
}

#[test]
fn who_accepts_the_loss_goes_on_and_nothing_is_published_twice() {
    run(async {
        let (mut town, published) = gone_back().await;
        let file = town.dir.path().join("checkpoints").join("1");
        let before = fs::read(&file).unwrap();
        let lost = accept_loss(town.dir.path(), &coop()).await.unwrap().unwrap();
        assert_eq!((lost.first, lost.last), (6, published));
        assert_eq!(accept_loss(town.dir.path(), &coop()).await.unwrap(), None, "once");
        assert!(fs::read(&file).unwrap().starts_with(&before), "nothing is unsaid");
        town.start().await.unwrap();
        let kinds: Vec<String> =
            history(&town).await.0.into_iter().map(|entry| entry.kind).collect();
        assert_eq!((kinds.len(), kinds[5].as_str()), (6, "LossAccepted"));
        assert_eq!(
            sizes(&town).last(),
            Some(&5),
            "what was published of lost entries stands no more"
        );
        for size in 7..=published + 2 {
            let asked = tokio::task::block_in_place(|| town.house().checkpoint(&coop()));
            assert!(asked.is_err(), "size {}", size - 1);
            grow(&town, 1).await;
            if size > published {
                break;
            }
        }
        let signed = sign(&town);
        assert_eq!(signed.size, published + 1);
        assert_eq!(verified(&town, &signed.note).size, published + 1);
        town.restart().await;
        assert_eq!(sizes(&town).last(), Some(&(published + 1)));
        grow(&town, 1).await;
        assert_eq!(sign(&town).size, published + 2);
    });
}

#[test]
fn other_entries_under_the_same_checkpoints_are_refused() {
    run(async {
        let mut town = town().await;
        grow(&town, 2).await;
        town.stop().await;
        let other = tempfile::tempdir().unwrap();
        copy(town.dir.path(), other.path());
        town.start().await.unwrap();
        grow(&town, 3).await;
        let signed = sign(&town);
        town.stop().await;
        // The same log, gone on in another way, and further.
        let mut twin = Town::on(other, Clock::machine()).await;
        grow(&twin, 5).await;
        twin.stop().await;
        put_back("log", twin.dir.path(), town.dir.path());
        fs::remove_dir_all(town.dir.path().join("snapshots")).unwrap();
        town.start().await.unwrap();
        let refused = refusal(town.ask(say::receive(1, 1)).await.unwrap_err());
        assert_eq!(refused.reason, "HISTORY_LOST");
        let said = format!("a checkpoint of {} entries was published", signed.size);
        assert!(refused.message.contains(&said), "{}", refused.message);
        town.stop().await;
        // Whoever goes on with it all the same never signs another root for that size.
        let lost = accept_loss(town.dir.path(), &coop()).await.unwrap().unwrap();
        assert_eq!(lost.last, signed.size);
        assert!(lost.first <= 5, "of the entries that are others, the first is 5: {lost}");
        town.start().await.unwrap();
        let again = sign(&town);
        assert!(again.size > signed.size);
        assert!(sizes(&town).iter().all(|size| *size < lost.first || *size > lost.last));
    });
}
