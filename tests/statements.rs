//! A statement in the hands of a person: on the screen, on paper, and held against the log by what stands on it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use std::fs;

use ledger_proto::{Note, VerifierKey};
use serde_json::Value;

use crate::harness::{
    Town,
    program::{done, heard},
    run, say,
};

/// So many dots of a picture make a side of a little square.
const SCALE: usize = 4;

/// A town in which member 1 has moved something.
async fn town() -> Town {
    let town = Town::peopled().await;
    town.ok(say::record(1, 3, 210)).await;
    town.ok(say::donate(1, 30)).await;
    town
}

/// The newest checkpoint as another road tells it: its line, its note, the key.
async fn checkpoint(town: &Town) -> (String, String, VerifierKey) {
    let coop = format!("coops/{}", crate::harness::COOP);
    let client = town.client();
    let (checkpoint, note) = client.checkpoint(&coop).await.unwrap();
    let key = client.known(&coop).await.unwrap().keys.remove(0);
    (checkpoint.line().to_string(), note, key.key)
}

/// What a camera reads of little squares, dark where that is true.
fn read(rows: &[Vec<bool>]) -> String {
    let (wide, high) = (rows[0].len() * SCALE, rows.len() * SCALE);
    let dot = |x: usize, y: usize| if rows[y / SCALE][x / SCALE] { 0 } else { 255 };
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(wide, high, dot);
    let codes = picture.detect_grids();
    assert_eq!(codes.len(), 1, "there is one code");
    codes[0].decode().unwrap().1
}

/// The little squares of the picture in a page: one path of rectangles, "M8 8h4v4H8V8", on a white ground.
fn of_page(page: &str) -> Vec<Vec<bool>> {
    let (_, svg) = page.split_once("<svg").unwrap();
    let (svg, _) = svg.split_once("</svg>").unwrap();
    let (_, path) = svg.split_once(" d=\"").unwrap();
    let (path, _) = path.split_once('"').unwrap();
    let number = |text: &str| text.parse::<usize>().unwrap();
    let (_, side) = svg.split_once("width=\"").unwrap();
    let side = number(side.split_once('"').unwrap().0);
    let mut dots = vec![vec![false; side]; side];
    for rectangle in path.split('M').skip(1) {
        let (left, rest) = rectangle.split_once(' ').unwrap();
        let (top, rest) = rest.split_once('h').unwrap();
        let (wide, rest) = rest.split_once('v').unwrap();
        let (high, _) = rest.split_once('H').unwrap();
        for row in dots.iter_mut().skip(number(top)).take(number(high)) {
            row[number(left)..number(left) + number(wide)].fill(true);
        }
    }
    dots
}

/// The little squares of what stands in a terminal, two rows in each line.
fn of_terminal(lines: &[&str]) -> Vec<Vec<bool>> {
    let row = |line: &str, dark: [char; 2]| line.chars().map(|sign| dark.contains(&sign)).collect();
    let rows = lines.iter().flat_map(|line| {
        [row(line, ['\u{2580}', '\u{2588}']), row(line, ['\u{2584}', '\u{2588}'])]
    });
    rows.collect()
}

#[test]
fn a_statement_ends_with_its_position_and_the_line_of_its_checkpoint() {
    run(async {
        let town = town().await;
        let dir = tempfile::tempdir().unwrap();
        let (line, ..) = checkpoint(&town).await;
        let position = town.position().await;
        let said = done(&town.carestore(dir.path()).says(&["statement", "1001"]));
        let last = said.lines().last().unwrap();
        assert!(last.contains(&format!("This is true at entry {position} ")), "{last}");
        assert!(last.ends_with(&format!("Keep this line, to check it by: {line}")), "{last}");
        let noted = said.lines().nth_back(1).unwrap();
        assert_eq!(noted, "Hours have no cash value and cannot be exchanged for goods.");

        let then = (position - 1).to_string();
        let asked = ["statement", "1001", "--as-of", &then];
        let said = done(&town.carestore(dir.path()).says(&asked));
        let last = said.lines().last().unwrap();
        for part in [
            format!("how things stood after entry {then},"),
            format!("today's: it covers every entry up to {position}."),
            line,
        ] {
            assert!(last.contains(&part), "{part} is missing in: {last}");
        }
        assert!(said.contains("The balance is 3 h 30 min"), "{said}");
    });
}

#[test]
fn the_statement_of_a_program_carries_the_note() {
    run(async {
        let town = town().await;
        let dir = tempfile::tempdir().unwrap();
        let (line, note, key) = checkpoint(&town).await;
        let asked = ["statement", "1001", "--output", "json"];
        let told = done(&town.carestore(dir.path()).says(&asked));
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["position"], town.position().await);
        assert_eq!(
            (told["line"].as_str(), told["checkpoint"].as_str()),
            (Some(&*line), Some(&*note))
        );
        let claimed = Note::parse(&note).unwrap().verify(&[key]).unwrap().size;
        assert_eq!(told["position"], claimed);
        assert_eq!(told["lines"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn the_square_code_holds_the_note_on_paper_and_on_the_screen() {
    run(async {
        let town = town().await;
        let dir = tempfile::tempdir().unwrap();
        let (line, note, key) = checkpoint(&town).await;
        for more in [&[][..], &["--large"]] {
            let words = [&["statement", "1001", "--html", "s.html"], more].concat();
            let said = done(&town.carestore(dir.path()).says(&words));
            assert!(said.starts_with("The statement is in s.html."), "{said}");
            let page = fs::read_to_string(dir.path().join("s.html")).unwrap();
            for part in ["1001-", "+3 hours 30 minutes", "\u{2212}30 minutes", "3 hours", &line] {
                assert!(page.contains(part), "{part} is missing in {page}");
            }
            assert_eq!(page.contains("class=\"large\""), !more.is_empty());
            let held = read(&of_page(&page));
            assert_eq!(held, note);
            Note::parse(&held).unwrap().verify(std::slice::from_ref(&key)).unwrap();
        }
        let said = done(&town.carestore(dir.path()).says(&["statement", "1001", "--qr"]));
        let (_, code) = said.split_once(&format!("{line}\n")).unwrap();
        let lines: Vec<&str> = code.lines().collect();
        assert_eq!(read(&of_terminal(&lines)), note);
        let (code, ..) = heard(&town.carestore(dir.path()).says(&["statement", "1001", "--large"]));
        assert_eq!(code, Some(2), "large print is of a page");
    });
}

#[test]
fn what_was_noted_cannot_command_a_browser_and_names_nobody_in_the_title() {
    run(async {
        let town = town().await;
        let dir = tempfile::tempdir().unwrap();
        let noted = "<script>alert(1)</script>".to_owned();
        town.ask_with(say::record(1, 3, 60), |context| context.note = noted).await.unwrap();
        let words = ["statement", "1001", "--html", "s.html", "--from-day", "1/3/2026"];
        done(&town.carestore(dir.path()).says(&words));
        let page = fs::read_to_string(dir.path().join("s.html")).unwrap();
        assert!(!page.contains("<script") && page.contains("script&#62;alert(1)"), "{page}");
        assert!(page.contains("<title>Statement of hours</title>"));
        assert!(page.contains("from 1 March 2026"));
    });
}
