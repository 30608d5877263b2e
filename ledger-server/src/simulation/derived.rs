//! What lies beside the log and is made of it: between two lives it may go, be damaged, or be an old one.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::demo::dice::Dice;

/// What was done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm {
    Nothing,
    SnapshotsGone,
    PagesGone,
    PagesCut,
    SnapshotFlipped,
    PagesFlipped,
    /// From now on there is an old snapshot to go back to.
    SnapshotsKept,
    SnapshotsOld,
}

/// Does harm, or does not.
pub(super) fn harm(folder: &Path, dice: &mut Dice) -> Harm {
    let (snapshots, pages) = (folder.join("snapshots"), folder.join("derived"));
    let kept = folder.join("kept");
    match dice.below(24) {
        0 => {
            drop(fs::remove_dir_all(&snapshots));
            Harm::SnapshotsGone
        }
        1 => {
            drop(fs::remove_dir_all(&pages));
            Harm::PagesGone
        }
        2 => {
            each(&pages, |path| {
                let file = OpenOptions::new().write(true).open(path).unwrap();
                file.set_len(dice.below(length(path) + 1).unsigned_abs()).unwrap();
            });
            Harm::PagesCut
        }
        3 => {
            each(&snapshots, |path| flip(path, dice));
            Harm::SnapshotFlipped
        }
        4 => {
            each(&pages, |path| flip(path, dice));
            Harm::PagesFlipped
        }
        5..8 => {
            copy(&snapshots, &kept);
            Harm::SnapshotsKept
        }
        8 => {
            copy(&kept, &snapshots);
            Harm::SnapshotsOld
        }
        _ => Harm::Nothing,
    }
}

fn length(path: &Path) -> i64 {
    i64::try_from(fs::metadata(path).unwrap().len()).unwrap()
}

fn flip(path: &Path, dice: &mut Dice) {
    let at = dice.below(length(path)).unsigned_abs();
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    if file.read_at(&mut byte, at).unwrap() == 1 {
        file.write_all_at(&[byte[0] ^ 1 << dice.below(8)], at).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    each(from, |path| {
        fs::create_dir_all(to).unwrap();
        fs::copy(path, to.join(path.file_name().unwrap())).unwrap();
    });
}

/// Every file of a folder, in order.
fn each(dir: &Path, mut act: impl FnMut(&Path)) {
    let Ok(files) = fs::read_dir(dir) else { return };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in &files {
        act(file);
    }
}
