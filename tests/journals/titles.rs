//! Whatever a fund is called, no title says anything of its own in a journal.

use ledger_client::journal::Journal;
use ledger_core::{
    Actor, Attribution, Authority, CashSource, Channel, Day, Entry, Event, FundFreedom, FundId,
    Pence, Position, Timestamp, Title,
};
use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::tools::{Books, Tool, tools};

/// What somebody might type who knows one of the programs.
const KNOWING: [&str; 18] = [
    "; type:E",
    "\" title2: \"x",
    "\\",
    "\"; 2025-01-01 open Assets:Evil",
    "\u{2028}2025-01-01 open Assets:Evil MIN",
    "include /etc/hostname",
    "!include /etc/hostname",
    "date:1999-01-01, type:L, alias:x",
    "[2025-01-01]  {5 GBP} @ 3 PENCE",
    "= 5 MIN ; | # % * ! ~ P",
    "(57) & <x> $1 %(account)",
    "end comment",
    "apply account evil",
    "\u{202e}evil\u{feff}",
    "eval print(1)",
    "assert false",
    "Y2020",
    "ŵŷ £5 日本 🎁 a\u{301}",
];

fn title() -> impl Strategy<Value = Title> {
    let mark =
        select(&[';', ':', '"', '\\', '=', '@', '[', '{', '(', '*', '!', '\'', ' ', '%'][..]);
    let marks = prop::collection::vec(prop_oneof![mark, any::<char>()], 1..80);
    let text = prop_oneof![
        select(&KNOWING[..]).prop_map(str::to_owned),
        marks.prop_map(String::from_iter),
        "\\PC{1,80}",
    ];
    text.prop_filter_map("is no title", |text| Title::new(&text).ok())
}

fn entry(position: u64, event: Event) -> Entry {
    Entry {
        position: Position::new(position),
        recorded_at: Timestamp::default(),
        occurred_on: Day::parse("2026-03-02").unwrap(),
        by: Attribution {
            actor: Actor::Timer,
            on_behalf_of: None,
            authority: Authority::Treasurer,
            channel: Channel::App,
        },
        policy_version: 1,
        asked: None,
        row: None,
        corrects: None,
        event,
    }
}

/// A fund for each title, with something in it.
fn journal(tool: &Tool, titles: &[Title]) -> String {
    let mut journal = Journal::new(tool.format, "valley", None, Vec::new());
    for (title, number) in titles.iter().zip(1..) {
        let (fund, freedom) = (FundId::new(number).unwrap(), FundFreedom::Unrestricted);
        let (title, position) = (title.clone(), u64::from(number) * 2 - 1);
        journal.add(&entry(position, Event::FundOpened { fund, title, freedom })).unwrap();
        let (source, pence) = (CashSource::Grant, Pence::new(number.into()).unwrap());
        let event = Event::CashReceived { fund, source, pence, party: None, member: None };
        journal.add(&entry(position + 1, event)).unwrap();
    }
    String::from_utf8(journal.finish().unwrap()).unwrap()
}

#[test]
fn no_title_says_anything_of_its_own() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[3; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let known = KNOWING.iter().filter_map(|text| Title::new(text).ok());
    let made = (0..500).map(|_| title().new_tree(&mut runner).unwrap().current());
    let titles: Vec<Title> = known.chain(made).collect();
    let pence = |amount: usize| (i64::try_from(amount).unwrap(), "pence".to_owned());
    let mut expected: Books =
        (1..=titles.len()).map(|n| (format!("assets:funds:{n}"), pence(n))).collect();
    let (all, unit) = pence((1..=titles.len()).sum());
    expected.insert("income:grant".to_owned(), (-all, unit));
    for tool in tools() {
        let journal = journal(&tool, &titles);
        assert_eq!(tool.accepts(&journal), Ok(()), "{}", tool.name);
        assert_eq!(tool.books(&journal), expected, "{}", tool.name);
    }
}
