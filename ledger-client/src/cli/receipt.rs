//! Receipts: fetched, kept, and checked without the service.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ledger_client::typed::{say_minutes, say_money};
use ledger_client::{Error, parse_keys};
use ledger_core::{Account, CashAccount, Entry, KindAccount, TimeAccount};
use ledger_proto::v1::{self, get_receipt_request::Of, prove_balance_request::Account as Asked};
use ledger_proto::{BalanceProof, Checkpoint, Receipt, Trust, Unproved, VerifierKey};
use serde_json::json;

use super::happened::happened;
use super::session::Session;
use crate::render::{self, Output, harmless};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The receipt of an entry: a text file that anybody can check, for ever.
    Get(Get),
    /// The proof of a balance, as it stood when the state was sealed: a text file, too.
    Balance(Balance),
    /// Checks a receipt or the proof of a balance. It needs no network and no token.
    Verify(Verify),
}

#[derive(Args, Debug)]
pub(crate) struct Get {
    /// The number of the entry.
    #[arg(required_unless_present = "of_request", conflicts_with = "of_request")]
    entry: Option<i64>,
    /// The request id that the entry answers, for up to 35 days.
    #[arg(long, value_name = "ID")]
    of_request: Option<String>,
    /// Leave the entry out, so that the file shows nobody's data.
    #[arg(long)]
    leaf_only: bool,
    /// Where to keep it. Not said: it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Balance {
    /// A member ("1042-7" or a reference), "pot", "fund 1" or "offer 3".
    of: String,
    /// What is held for the member, instead of their own hours.
    #[arg(long)]
    held: bool,
    /// The number of the entry that sealed the state. Not said: the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seal: i64,
    /// Where to keep it. Not said: it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The file.
    file: PathBuf,
    /// A key that you have from elsewhere, or a file with keys. Not said: the key in the file, which you then compare.
    #[arg(long, value_name = "KEY|FILE")]
    key: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Get(get) => get.run(session).await,
            Self::Balance(balance) => balance.run(session).await,
            Self::Verify(verify) => verify.run(session.globals.output),
        }
    }
}

impl Get {
    async fn run(self, session: &Session) -> Result<(), Error> {
        let of = match (self.entry, self.of_request) {
            (Some(position), _) => Of::Position(position),
            (None, id) => Of::RequestId(id.unwrap_or_default()),
        };
        let coop = session.coop()?;
        let request = v1::GetReceiptRequest { coop, of: Some(of), leaf_only: self.leaf_only };
        let (receipt, _) = session.client.receipt(request).await?;
        keep(session, self.out.as_deref(), &receipt.to_text())
    }
}

impl Balance {
    async fn run(self, session: &Session) -> Result<(), Error> {
        let words: Vec<&str> = self.of.split_whitespace().collect();
        let account = match words.as_slice() {
            ["pot"] => Asked::Pot(true),
            ["fund", number] => Asked::Fund(format!("funds/{number}")),
            ["offer", number] => Asked::StockOfOffer(format!("offers/{number}")),
            _ if self.held => Asked::HeldForMember(session.member(&self.of).await?),
            _ => Asked::Member(session.member(&self.of).await?),
        };
        let request = v1::ProveBalanceRequest {
            coop: session.coop()?,
            seal_position: self.seal,
            account: Some(account),
        };
        let (proof, _) = session.client.balance_proof(request).await?;
        keep(session, self.out.as_deref(), &proof.to_text())
    }
}

/// Keeps a file, or prints it as it is: what is printed can be redirected and checked.
fn keep(session: &Session, out: Option<&Path>, text: &str) -> Result<(), Error> {
    let Some(file) = out else {
        return render::data(text.trim_end_matches('\n'));
    };
    std::fs::write(file, text).map_err(|source| cannot(file, source))?;
    let file = file.display();
    session.thing(
        &format!("Kept in {file}. It can be checked without the service.\nnext: carestore receipt verify {file}"),
        &json!({"file": file.to_string()}),
    )
}

fn cannot(file: &Path, source: std::io::Error) -> Error {
    Error::File { path: file.display().to_string(), source }
}

impl Verify {
    pub(crate) fn run(&self, output: Output) -> Result<(), Error> {
        let text = text(&self.file)?;
        let keys = self.key.as_deref().map(keys).transpose()?;
        let trust = keys.as_deref().map_or(Trust::KeyInFile, Trust::Keys);
        let unproved = |error: Unproved| Error::Unverified(error.to_string());
        if text.starts_with("carestore balance ") {
            let proof = BalanceProof::parse(&text).map_err(unproved)?;
            let proved = proof.check(trust).map_err(unproved)?;
            let of = say_account(proved.account);
            let balance = say_balance(proved.account, proved.balance.get());
            let through = proved.through;
            let said = format!("This proof holds: after entry {through}, {of} stood at {balance}.");
            let fields = json!({
                "account": of, "balance": proved.balance.get(), "through_position": proved.through.get(),
            });
            return render::thing(
                output,
                &[said, signed(&proved.checkpoint, &proof.key, trust)].join("\n"),
                &merged(fields, &proved.checkpoint, &proof.key),
            );
        }
        if !text.starts_with("carestore receipt ") {
            let file = self.file.display();
            let what = format!("{file} is neither a receipt nor the proof of a balance");
            return Err(Error::Unverified(what));
        }
        let receipt = Receipt::parse(&text).map_err(unproved)?;
        let checked = receipt.check(trust).map_err(unproved)?;
        let entry = match &checked.entry {
            Some(entry) => say_entry(entry),
            None => format!("The entry itself is not in it; its leaf is {}.", checked.leaf),
        };
        let said = format!(
            "This receipt holds: entry {} is in the co-op's log, which had {} entries when it was signed.",
            checked.position, checked.checkpoint.size
        );
        let fields = json!({
            "position": checked.position,
            "leaf": checked.leaf.to_string(),
            "kind": checked.entry.as_ref().map(|entry| entry.event.kind().word()),
        });
        render::thing(
            output,
            &[said, entry, signed(&checked.checkpoint, &receipt.key, trust)].join("\n"),
            &merged(fields, &checked.checkpoint, &receipt.key),
        )
    }
}

/// What is in the file, with the ends of its lines as they were before it went through a mail program.
fn text(file: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(file).map_err(|source| cannot(file, source))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        let file = file.display();
        Error::Unverified(format!("{file} has been changed or damaged: it is not all text"))
    })?;
    Ok(text.replace("\r\n", "\n"))
}

/// A key, or a file with keys. What can only have been meant as a key is not looked for among the files.
fn keys(given: &str) -> Result<Vec<VerifierKey>, Error> {
    if given.starts_with("carestore/") && given.contains('+') && !Path::new(given).exists() {
        let keys = given.parse::<VerifierKey>().map(|key| vec![key]);
        return keys.map_err(|wrong| Error::Usage(format!("--key: {wrong}; copy it whole")));
    }
    parse_keys(given)
}

fn merged(mut fields: serde_json::Value, at: &Checkpoint, key: &VerifierKey) -> serde_json::Value {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("holds".to_owned(), json!(true));
        fields.insert("origin".to_owned(), json!(at.origin.as_str()));
        fields.insert("size".to_owned(), json!(at.size));
        fields.insert("line".to_owned(), json!(at.line().to_string()));
        fields.insert("key".to_owned(), json!(key.to_string()));
    }
    fields
}

/// Who signed, and how much that is worth.
fn signed(at: &Checkpoint, key: &VerifierKey, trust: Trust<'_>) -> String {
    let worth = match trust {
        Trust::Keys(_) => "Signed by the key that you gave.",
        Trust::KeyInFile => {
            "Signed by the key below, which came in the file itself: compare it with the one that the co-op has published."
        }
    };
    format!("Log: {}\nCheckpoint: {}\n{worth}\nKey: {key}", at.origin, at.line())
}

/// What an entry says: what happened, when, and what it moved from where to where.
fn say_entry(entry: &Entry) -> String {
    let what = called(entry.event.kind().word());
    let mut lines = vec![format!("Entry: {what}, on {}", entry.occurred_on)];
    lines.extend(entry.event.transfers().into_iter().map(|transfer| {
        let [(from, _), (to, amount)] = transfer.sides();
        let amount = say_balance(from, amount);
        format!("Moved: {amount} from {} to {}", say_account(from), say_account(to))
    }));
    if lines.len() == 1 {
        lines.push("Moved: nothing".to_owned());
    }
    lines.iter().map(|line| harmless(line)).collect::<Vec<_>>().join("\n")
}

/// A kind of entry in plain words: those of a statement, or else the kind's own, taken apart.
fn called(kind: &str) -> String {
    let plain = happened(kind);
    if plain != kind {
        return format!("{plain} ({kind})");
    }
    let mut words = String::new();
    for letter in kind.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn say_account(account: Account) -> String {
    match account {
        Account::Time(TimeAccount::Member(member)) => {
            format!("the account of member {}", member.label())
        }
        Account::Time(TimeAccount::Held(member)) => {
            format!("what is set aside for member {}", member.label())
        }
        Account::Time(TimeAccount::Pot) => "the community pot".to_owned(),
        Account::Time(TimeAccount::Commons) => "the community".to_owned(),
        Account::Cash(CashAccount::Fund(fund)) => format!("fund {fund}"),
        Account::Cash(CashAccount::Source(source)) => format!("the source {}", source.word()),
        Account::Cash(CashAccount::Use(spent_on)) => format!("the use {}", spent_on.word()),
        Account::Kind(offer, KindAccount::Outside) => format!("the pledger of offer {offer}"),
        Account::Kind(offer, KindAccount::Stock) => format!("the stock of offer {offer}"),
        Account::Kind(offer, KindAccount::With(member)) => {
            format!("member {} of offer {offer}", member.label())
        }
        Account::Kind(offer, KindAccount::Used) => format!("what was used of offer {offer}"),
        Account::Kind(offer, KindAccount::Lapsed) => format!("what lapsed of offer {offer}"),
    }
}

fn say_balance(account: Account, balance: i64) -> String {
    match account {
        Account::Time(_) => say_minutes(balance),
        Account::Cash(_) => say_money(balance),
        Account::Kind(..) if balance == 1 => "1 item".to_owned(),
        Account::Kind(..) => format!("{balance} items"),
    }
}
