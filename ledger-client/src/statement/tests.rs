//! The page of a made-up statement.

use super::*;

const NOTE: &str = "carestore/colne-valley/0123456789abcdef/blake3\n8213\nAAAA\n\n\u{2014} carestore/colne-valley/0123456789abcdef/blake3 BBBB\n";

fn line(entry: i64, minutes: i64, balance_minutes: i64) -> Line {
    Line {
        entry,
        day: "2025-04-01".to_owned(),
        what: "help, confirmed".to_owned(),
        with: "1042-7 F001".to_owned(),
        task: "shopping".to_owned(),
        note: String::new(),
        minutes,
        balance_minutes,
    }
}

fn statement() -> Statement {
    Statement {
        coop: "colne-valley".to_owned(),
        number: "1044-1".to_owned(),
        reference: "V005".to_owned(),
        from_day: Some("2025-04-01".to_owned()),
        opening_minutes: 61,
        lines: vec![line(12, 210, 271), line(14, -1, 270)],
        balance_minutes: 270,
        held_minutes: 0,
        available_minutes: 990,
        ..Statement::default()
    }
}

fn proof() -> Proof {
    Proof {
        holds: "It is true at entry 8213 of the log.".to_owned(),
        line: "8213 K7QF-3MXD-9PQR-2T5V-0A1B-C2D3".to_owned(),
        note: NOTE.to_owned(),
    }
}

#[test]
fn every_line_and_every_amount_is_there_as_people_say_it() {
    let page = statement().page(&proof(), Print::Usual).unwrap();
    for said in [
        "1044-1",
        "V005",
        "from 1 April 2025",
        "1 hour 1 minute",
        "+3 hours 30 minutes",
        "4 hours 31 minutes",
        "\u{2212}1 minute",
        "4 hours 30 minutes",
        "0 minutes",
        "16 hours 30 minutes",
        "shopping, with 1042-7 F001",
        "Hours have no cash value and cannot be exchanged for goods.",
        "It is true at entry 8213 of the log.",
        "--also \"8213 K7QF-3MXD-9PQR-2T5V-0A1B-C2D3\"",
        "<svg",
    ] {
        assert!(page.contains(said), "{said} is missing in:\n{page}");
    }
    assert_eq!(page.matches("<tr role").count(), 3, "a head and two lines");
}

#[test]
fn what_people_wrote_cannot_command_a_browser() {
    let mut statement = statement();
    let wicked = "<script>alert('x')</script>\" onload=\"x";
    for line in &mut statement.lines {
        wicked.clone_into(&mut line.note);
        wicked.clone_into(&mut line.with);
        wicked.clone_into(&mut line.what);
        wicked.clone_into(&mut line.task);
        wicked.clone_into(&mut line.day);
    }
    wicked.clone_into(&mut statement.reference);
    wicked.clone_into(&mut statement.coop);
    statement.to_day = Some(wicked.to_owned());
    let mut proof = proof();
    wicked.clone_into(&mut proof.holds);
    let page = statement.page(&proof, Print::Usual).unwrap();
    assert!(!page.contains("<script") && !page.contains("\" onload"), "{page}");
    assert!(page.contains("&#60;script") || page.contains("&lt;script"), "{page}");
}

#[test]
fn the_title_names_nobody_and_nothing_is_fetched_or_run() {
    let page = statement().page(&proof(), Print::Large).unwrap();
    let (_, title) = page.split_once("<title>").unwrap();
    let (title, _) = title.split_once("</title>").unwrap();
    assert_eq!(title, "Statement of hours");
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\" class=\"large\">"));
    let page = page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "");
    for word in ["src=", "href=", "url(", "@import", "<script", "<?xml", "http"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn a_statement_with_nothing_in_it_says_so() {
    let mut statement = statement();
    statement.lines.clear();
    statement.reference.clear();
    let page = statement.page(&proof(), Print::Usual).unwrap();
    assert!(
        page.contains("Nothing moved.") && !page.contains("<table") && !page.contains("Before")
    );
    assert!(!page.contains("Reference"));
}

#[test]
fn days_are_said_from_and_until() {
    let (from, to) = (Some("2025-04-01"), Some("2025-06-30"));
    assert_eq!(say_days(None, None), "all, up to now");
    assert_eq!(say_days(from, None), "from 1 April 2025");
    assert_eq!(say_days(None, to), "until 30 June 2025");
    assert_eq!(say_days(from, to), "1 April 2025 to 30 June 2025");
}

#[test]
fn the_square_is_the_same_on_paper_and_in_a_terminal() {
    let square = Square::of(NOTE).unwrap();
    let terminal = square.terminal();
    let inks = terminal.matches(['\u{2584}', '\u{2580}']).count()
        + 2 * terminal.matches('\u{2588}').count();
    let code = qrcode::QrCode::with_error_correction_level(NOTE, qrcode::EcLevel::M).unwrap();
    let dark = code.to_colors().iter().filter(|one| **one == qrcode::Color::Dark).count();
    assert_eq!(inks, dark);
    assert!(square.svg().starts_with("<svg"));
    assert!(Square::of(&"x".repeat(4_000)).is_err());
}
