//! Tables for spreadsheets: whatever a title holds, no cell of any table begins with what a spreadsheet runs.
#![no_main]

use ledger_client::export::{Export, Format, What};
use ledger_core::{
    Actor, Attribution, Authority, CashSource, Channel, CodeHash, Day, Entry, Event, FundFreedom,
    FundId, Items, MemberId, OfferId, PartyId, PartyKind, Pence, Position, Timestamp, Title,
    VoucherReason,
};
use ledger_proto::stored;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // Five titles, a line each; what is left may be stored entries, each behind its length.
    let mut parts = data.splitn(6, |byte| *byte == b'\n');
    let titles = [(); 5].map(|()| title(parts.next().unwrap_or_default()));
    let mut entries = made_up(titles);
    let mut rest = parts.next().unwrap_or_default();
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((bytes, behind)) = behind.split_at_checked(length) else { break };
        entries.extend(stored::decode(bytes));
        rest = behind;
    }
    for what in [What::Hours, What::Respite, What::Vouchers, What::Store] {
        check(what, &entries);
    }
});

/// As much of a line as a title may be.
fn title(line: &[u8]) -> Title {
    let text = String::from_utf8_lossy(line);
    let text: String = text.trim().chars().filter(|sign| !sign.is_control()).take(80).collect();
    Title::new(text.trim()).unwrap_or_else(|_| Title::new("=1+1").unwrap())
}

/// Entries that carry every title that there can be.
fn made_up([business, fund_title, purpose, pledge, gift]: [Title; 5]) -> Vec<Entry> {
    let (party, fund) = (PartyId::new(1).unwrap(), FundId::new(1).unwrap());
    let (offer, other) = (OfferId::new(1).unwrap(), OfferId::new(2).unwrap());
    let (member, day) = (MemberId::new(1001).unwrap(), Day::new(20_800).unwrap());
    let (pence, items) = (Pence::new(500).unwrap(), Items::new(3).unwrap());
    let registered = Event::PartyRegistered { party, title: business, kind: PartyKind::ALL[0] };
    let freedom = FundFreedom::Restricted(purpose);
    let events = [
        registered,
        Event::FundOpened { fund, title: fund_title, freedom },
        Event::CashReceived {
            fund,
            source: CashSource::Grant,
            pence,
            party: Some(party),
            member: None,
        },
        Event::OfferPledged {
            offer,
            party,
            title: pledge,
            face_value: pence,
            quantity: items,
            valid_until: day,
        },
        Event::VoucherIssued {
            offer,
            member,
            reason: VoucherReason::ALL[0],
            code: CodeHash::new([7; 16]),
            lapse_at: Timestamp::from_unix_ms(1_800_000_000_000),
            price: None,
        },
        Event::InKindReceived {
            offer: other,
            party: Some(party),
            title: gift,
            quantity: items,
            valuation: Some(pence),
        },
    ];
    events.into_iter().zip(1..).map(|(event, position)| entry(position, event)).collect()
}

fn entry(position: u64, event: Event) -> Entry {
    Entry {
        position: Position::new(position),
        recorded_at: Timestamp::from_unix_ms(1_800_000_000_000),
        occurred_on: Day::new(20_800).unwrap(),
        by: Attribution {
            actor: Actor::Operator,
            on_behalf_of: None,
            authority: Authority::Operator,
            channel: Channel::App,
        },
        policy_version: 1,
        asked: None,
        row: None,
        corrects: None,
        event,
    }
}

fn table(what: What, format: Format, entries: &[Entry]) -> Vec<u8> {
    let mut export = Export::new(what, format, None, Vec::new()).unwrap();
    for entry in entries {
        export.add(entry).unwrap();
    }
    export.finish().unwrap()
}

fn check(what: What, entries: &[Entry]) {
    let csv = table(what, Format::Csv, entries);
    let mut rows = 0;
    for row in csv::ReaderBuilder::new().has_headers(false).from_reader(&*csv).into_records() {
        rows += 1;
        let row = row.unwrap();
        for cell in row.iter().filter(|cell| cell.parse::<i64>().is_err()) {
            assert!(!cell.contains(['\r', '\n', '\t']), "{cell:?}");
            // Some countries have semicolons between cells.
            assert!(!cell.split(';').any(runs), "{cell:?} in {row:?}");
        }
    }
    let json = table(what, Format::Jsonl, entries);
    let lines = json.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    assert_eq!(lines + 1, rows, "a row is a line");
}

/// Whether a spreadsheet could run a cell that is no number.
fn runs(cell: &str) -> bool {
    let shown = cell.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '"');
    shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}
