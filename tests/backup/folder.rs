//! The folder that a backup is of: its socket, its version, and what of it is served.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::PathBuf,
};

use ledger_proto::v1::{self, operator_service_client::OperatorServiceClient};
use ledger_server::{Clock, House, Opening, accept_loss, access};
use tonic::{Code, transport::Endpoint};

use super::{audited, by_the_machine, coop, create, found, restore, verify};
use crate::harness::{COOP, Town, ask::dressed, run, say};

const SOCKET: &str = "operator.sock";

#[test]
fn the_socket_is_its_owners_alone_and_goes_with_the_server() {
    run(async {
        let mut town = Town::founded().await;
        let socket = town.dir.path().join(SOCKET);
        let mode = fs::metadata(&socket).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        town.stop().await;
        assert!(!socket.exists());
        // One that a kill left behind keeps nobody from a start, and nobody from a backup without a server.
        drop(UnixListener::bind(&socket).unwrap());
        let backups = tempfile::tempdir().unwrap();
        create(town.dir.path(), &backups.path().join("off")).await.unwrap();
        verify(&backups.path().join("off")).await.unwrap();
        town.start().await.unwrap();
        create(town.dir.path(), &backups.path().join("on")).await.unwrap();
        verify(&backups.path().join("on")).await.unwrap();
    });
}

/// A server whose socket cannot be: it starts all the same, and whoever wants a backup is told what to do.
#[test]
fn a_socket_that_cannot_be_hinders_no_start() {
    run(async {
        let outer = tempfile::tempdir().unwrap();
        let deep = outer.path().join("d".repeat(60)).join("e".repeat(60));
        fs::create_dir_all(&deep).unwrap();
        let taken = tempfile::tempdir().unwrap();
        fs::write(taken.path().join(SOCKET), "somebody's").unwrap();
        for dir in [tempfile::tempdir_in(&deep).unwrap(), taken] {
            let mut town = Town::on(dir, Clock::machine()).await;
            town.ok(say::found()).await;
            let (data, to) = (town.dir.path().to_owned(), outer.path().join("b"));
            let refused = create(&data, &to).await.unwrap_err();
            assert!(refused.contains("stop it for the time of the backup"), "{refused}");
            assert!(!to.exists());
            town.stop().await;
            create(&data, &to).await.unwrap();
            fs::remove_dir_all(&to).unwrap();
        }
    });
}

#[test]
fn the_network_knows_nothing_of_what_the_operator_asks() {
    run(async {
        let town = Town::founded().await;
        let method = "carestore.v1.OperatorService/CreateBackup";
        assert_eq!(access(method), None, "it has no row in the table of who may call what");
        let folder = town.dir.path().join("b").display().to_string();
        for (token, code) in
            [(None, Code::Unauthenticated), (Some(town.token()), Code::Unimplemented)]
        {
            let mut client = OperatorServiceClient::new(town.channel());
            let request = v1::CreateBackupRequest { folder: folder.clone() };
            let refused = client.create_backup(dressed(request, token)).await.unwrap_err();
            assert_eq!(refused.code(), code);
        }
    });
}

/// Whoever asks for a backup and then listens no more holds up neither it nor the end of the server.
#[test]
fn whoever_asks_and_does_not_listen_holds_nothing_up() {
    run(async {
        let mut town = Town::founded().await;
        for _ in 0..30 {
            town.ok(say::enrol(v1::Hat::Supporter)).await;
        }
        let backups = tempfile::tempdir().unwrap();
        let socket = format!("unix://{}", town.dir.path().join(SOCKET).display());
        let channel = Endpoint::from_shared(socket).unwrap().connect().await.unwrap();
        let mut client = OperatorServiceClient::new(channel);
        let mut unheard = Vec::new();
        for n in 0..8 {
            let folder = backups.path().join(n.to_string()).display().to_string();
            unheard.push(client.create_backup(v1::CreateBackupRequest { folder }).await.unwrap());
        }
        let relative = v1::CreateBackupRequest { folder: "b".to_owned() };
        let refused = client.create_backup(relative).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        town.stop().await;
        for n in 0..8 {
            let folder = backups.path().join(n.to_string());
            let made = folder.join("backup.json").exists();
            assert_eq!(verify(&folder).await.is_ok(), made, "whole, or none");
        }
        town.start().await.unwrap();
    });
}

#[test]
fn where_a_backup_would_be_lost_with_the_folder_or_spoil_another_it_is_not_made() {
    run(async {
        let mut town = Town::founded().await;
        let data = town.dir.path().to_owned();
        let backups = tempfile::tempdir().unwrap();
        fs::write(backups.path().join("letter.txt"), "x").unwrap();
        for served in [true, false] {
            let refused = create(&data, &data.join("backup")).await.unwrap_err();
            assert!(refused.contains("would be lost with it"), "{refused}");
            let refused = create(&data, backups.path()).await.unwrap_err();
            assert!(refused.contains("is not empty"), "{refused}");
            if served {
                town.stop().await;
            }
        }
        let refused = create(&backups.path().join("none"), &data.join("b")).await.unwrap_err();
        assert!(refused.contains("no ledger"), "{refused}");
        assert!(!backups.path().join("none").exists());
    });
}

/// One co-op is damaged: the others are in the backup, and that it is not of all of them is an error.
#[test]
fn a_co_op_that_is_not_served_is_named_and_what_was_published_of_it_is_kept() {
    run(async {
        let mut town = by_the_machine().await;
        found(&town, "golcar").await;
        let golcar = ledger_core::CoopName::new("golcar").unwrap();
        tokio::task::block_in_place(|| town.house().checkpoint(&golcar)).unwrap();
        town.stop().await;
        let head = town.dir.path().join("log/heads/00000002");
        fs::write(&head, [0; 100]).unwrap();
        town.start().await.unwrap();
        let backups = tempfile::tempdir().unwrap();
        let (folder, data) = (backups.path().join("b"), backups.path().join("data"));
        let said = create(town.dir.path(), &folder).await.unwrap_err();
        assert!(said.contains("golcar") && said.contains("guard show"), "{said}");
        assert_eq!(town.house().last_backup(), None, "it does not count as one");
        let said = verify(&folder).await.unwrap();
        assert!(said.contains("golcar is not in this backup"), "{said}");
        restore(&folder, &data, &[]).await.unwrap();
        let house = House::open(&Opening::at(&data)).unwrap();
        assert_eq!(house.coops(), [coop()]);
        assert!(data.join("checkpoints/2").is_file(), "so nobody gets its name");
        house.close().await;
    });
}

/// After a loss nothing is signed for a while. A backup is worth the more then.
#[test]
fn where_nothing_can_be_signed_a_backup_is_made_all_the_same() {
    run(async {
        let mut town = by_the_machine().await;
        let backups = tempfile::tempdir().unwrap();
        let (early, late) = (backups.path().join("early"), backups.path().join("late"));
        create(town.dir.path(), &early).await.unwrap();
        for _ in 0..6 {
            town.ok(say::receive(1, 1)).await;
        }
        tokio::task::block_in_place(|| town.house().checkpoint(&coop())).unwrap();
        town.stop().await;
        let (data, seen) = (backups.path().join("data"), town.dir.path().join("checkpoints"));
        restore(&early, &data, &[&seen]).await.unwrap();
        assert_eq!(accept_loss(&data, &coop()).await.unwrap(), None, "that is done");
        let said = create(&data, &late).await.unwrap();
        assert!(said.contains("No checkpoint could be signed for the last 1"), "{said}");
        let said = verify(&late).await.unwrap();
        assert!(said.contains("stand in no checkpoint"), "{said}");
        let again = backups.path().join("again");
        restore(&late, &again, &[]).await.unwrap();
        let published = |data: &PathBuf| fs::read(data.join("checkpoints/1")).unwrap();
        assert_eq!(published(&again), published(&data), "what was given up stays so");
    });
}

#[test]
fn a_backup_before_anything_was_founded_holds_the_keys() {
    run(async {
        let town = Town::bare().await;
        let backups = tempfile::tempdir().unwrap();
        let (folder, data) = (backups.path().join("b"), backups.path().join("data"));
        create(town.dir.path(), &folder).await.unwrap();
        restore(&folder, &data, &[]).await.unwrap();
        let kept = |name: &str| fs::read(town.dir.path().join(name)).unwrap();
        assert_eq!(fs::read(data.join("secret.key")).unwrap(), kept("secret.key"));
        // The token is not in it. Whoever has lost it does what the restore says, and gets another.
        let house = House::open(&Opening::at(&data)).unwrap();
        assert_eq!(house.token(), None);
        house.close().await;
        fs::remove_file(data.join("operator.hash")).unwrap();
        let house = House::open(&Opening::at(&data)).unwrap();
        assert_eq!(house.token(), Some(&*data.join("operator.token")));
        house.close().await;
        town.ok(say::found()).await;
        let folder = backups.path().join("later");
        create(town.dir.path(), &folder).await.unwrap();
        audited(&folder);
    });
}

/// Without a server, a backup changes nothing of a log: not even what has long fallen due is recorded by it.
#[test]
fn a_backup_without_a_server_records_nothing_and_asks_no_clock() {
    run(async {
        // It is months ago by the clock of this town: what was to be confirmed has lapsed since.
        let mut town = Town::peopled().await;
        say::logged(&town, 1, 4, 90).await;
        let position = town.position().await;
        town.stop().await;
        let backups = tempfile::tempdir().unwrap();
        let said = create(town.dir.path(), &backups.path().join("b")).await.unwrap();
        assert!(said.contains(&format!("{COOP}: {position} entries")), "{said}");
        fs::remove_file(town.dir.path().join("secret.key")).unwrap();
        let refused = create(town.dir.path(), &backups.path().join("c")).await.unwrap_err();
        assert!(refused.contains("put it back from an older backup"), "{refused}");
        fs::copy(backups.path().join("b/private/secret.key"), town.dir.path().join("secret.key"))
            .unwrap();
        town.start().await.unwrap();
        assert_eq!(town.position().await, position);
    });
}

#[test]
fn a_newer_folder_is_refused_and_a_damaged_word_names_what_to_do() {
    run(async {
        let mut town = by_the_machine().await;
        town.stop().await;
        let file = town.dir.path().join("format");
        let said = fs::read_to_string(&file).unwrap();
        assert_eq!(said, "care store folder, format 2\n");
        let opening = Opening::at(town.dir.path());
        fs::write(&file, "care store folder, format 3\n").unwrap();
        let refused = House::open(&opening).err().unwrap().to_string();
        assert!(refused.contains("install the newer version"), "{refused}");
        let refused = ledger_server::verdicts(town.dir.path()).unwrap_err().to_string();
        assert!(refused.contains("install the newer version"), "{refused}");
        fs::write(&file, "car").unwrap();
        let refused = House::open(&opening).err().unwrap().to_string();
        assert!(refused.contains(&format!("rm {}", file.display())), "{refused}");
        // What it says to do is enough. So is a folder of a release that said nothing of itself.
        fs::remove_file(&file).unwrap();
        town.start().await.unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), said);
    });
}
