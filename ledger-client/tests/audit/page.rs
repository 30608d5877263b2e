//! The page for people who are no auditors.

use ledger_client::audit::{Audited, page};

use crate::{bundle::Parts, story::Story};

fn sound() -> Audited {
    Parts::of_story(&Story::of_every_kind()).audit()
}

#[test]
fn the_page_asks_nothing_of_the_network_and_runs_nothing() {
    let page = page(&sound().report);
    for word in ["<script", "http://", "https://", "src=", "url(", "@import", "<link", "onload"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; breaks"));
}

#[test]
fn the_page_says_what_a_trustee_asks() {
    let report = sound().report;
    let page = page(&report);
    let figures = report.figures.clone().unwrap();
    for text in [
        &report.sentence,
        &report.root_line,
        &report.origin,
        &report.keys[0].id,
        &ledger_client::typed::say_minutes(figures.banked_minutes),
        "<title id=\"chart-title\">",
        "<desc id=\"chart-about\">",
        "lang=\"en\"",
        "name=\"viewport\"",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for sentence in &report.not_covered {
        let start = sentence.split(['\'', '(']).next().unwrap();
        assert!(page.contains(start), "{sentence}");
    }
    // In the chart, and in the table below it.
    for name in ["Mar 2027", "Oct 2027"] {
        assert!(page.matches(name).count() >= 2, "{name}");
    }
    for month in &report.months {
        assert!(month.month.starts_with("2027-"), "{}", month.month);
    }
    // Every tag that is opened is closed: a browser shows what was meant.
    for tag in ["table", "ul", "li", "svg", "text", "p", "h1", "h2", "td", "th", "tr", "code"] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_page_of_a_broken_history_says_so_first() {
    let mut parts = Parts::of_story(&Story::founded());
    parts.entries[2][20] ^= 1;
    let report = parts.audit().report;
    let page = page(&report);
    let (sentence, wrong) = (page.find("Broken:").unwrap(), page.find("What is wrong").unwrap());
    assert!(sentence < wrong && wrong < page.find("What was checked").unwrap());
    assert!(!page.contains("What was checked</h2>\n<table>\n</table>"));
}
