//! What can be typed: the subcommands, and the flags that go with all of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use ledger_client::Error;

use crate::render::Output;

pub(crate) mod advice;
mod audit;
mod bundle;
mod coop;
mod export;
mod happened;
mod history;
mod hours;
mod import;
mod look;
mod members;
mod parse;
mod people;
mod receipt;
mod representatives;
mod respite;
mod seal;
mod session;
mod statement;
mod store;
mod tokens;
mod vouchers;

/// The Care Store ledger, from the command line.
///
/// Minutes are typed as 90, 1h30 or 1.5h; money in pounds as 7.50; days as 2025-04-01 or 1/4/2025.
/// Members are named by number ("1042-7") or by the co-op's own reference ("V005").
///
/// Exit codes: 0 done, 1 other, 2 usage, 3 refused by a rule, 4 not found, 5 not allowed,
/// 6 no answer (trying again is safe), 7 not verified, 8 some rows of an import refused.
#[derive(Parser, Debug)]
#[command(name = "carestore", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What goes with every command, before it or after it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "With every command")]
pub(crate) struct Globals {
    /// The server.
    #[arg(
        long,
        global = true,
        env = "CARESTORE_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:50051"
    )]
    server: String,
    /// The file with the token. Not said: ./carestore-data/operator.token, if it is there.
    #[arg(long, global = true, env = "CARESTORE_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The certificates to trust, for a server at https://, as a PEM file.
    #[arg(long, global = true, env = "CARESTORE_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The certificate to show, for a server that asks for one, as a PEM file.
    #[arg(
        long,
        global = true,
        env = "CARESTORE_CLIENT_CERT",
        value_name = "FILE",
        requires = "client_key"
    )]
    client_cert: Option<PathBuf>,
    /// Its key, as a PEM file.
    #[arg(
        long,
        global = true,
        env = "CARESTORE_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_cert"
    )]
    client_key: Option<PathBuf>,
    /// The co-op, for example colne-valley.
    #[arg(
        long,
        global = true,
        env = "CARESTORE_COOP",
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    coop: String,
    /// Who acts: "1042-7", "V005" or "officer 1". Not said: whom the token stands for.
    #[arg(
        long = "as",
        global = true,
        env = "CARESTORE_AS",
        value_name = "WHO",
        default_value = ""
    )]
    acting_as: String,
    /// How answers are shown.
    #[arg(long, global = true, env = "CARESTORE_OUTPUT", value_enum, default_value = "table")]
    pub(crate) output: Output,
    /// Where this computer remembers the newest checkpoint that it has seen of each log, and holds the server to it. Not
    /// said: nowhere for a server on this computer, and for any other in the folder carestore/known where your programs
    /// keep such things (~/.local/state).
    #[arg(long, global = true, env = "CARESTORE_MEMORY", value_name = "DIR")]
    memory: Option<PathBuf>,
    /// How many seconds one try may take.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = parse::seconds, default_value = "10")]
    timeout: Duration,
    #[command(flatten)]
    write: Writing,
    #[command(flatten)]
    read: Reading,
}

/// What every change can say about itself.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "With every change")]
struct Writing {
    /// Check and answer as if it were done, and store nothing.
    #[arg(long, global = true)]
    dry_run: bool,
    /// The id of an earlier try of the same request. Not said: a new one.
    #[arg(long, global = true, value_name = "ID")]
    request_id: Option<String>,
    /// The day on which it happened. Not said: today.
    #[arg(long, global = true, value_name = "DAY", value_parser = ledger_client::typed::day)]
    day: Option<String>,
    /// The member for whom an officer acts, or somebody who represents them.
    #[arg(long, global = true, value_name = "MEMBER")]
    on_behalf_of: Option<String>,
    /// The road it came by: app, phone or paper.
    #[arg(long, global = true, value_name = "ROAD", value_parser = parse::channel)]
    channel: Option<ledger_proto::v1::Channel>,
    /// Free words, kept beside the log and erasable.
    #[arg(long, global = true, value_name = "WORDS")]
    note: Option<String>,
    /// The number of the reversed entry that this one replaces.
    #[arg(long, global = true, value_name = "NUMBER")]
    corrects: Option<String>,
    /// Refuse unless the newest entry has this number.
    #[arg(long, global = true, value_name = "NUMBER")]
    expect_position: Option<i64>,
}

/// What every look can say about itself.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "With every look")]
struct Reading {
    /// As it stood after an entry (a number), as it was known at a time (2025-04-01T12:00:00Z), or
    /// as it had happened by the end of a day.
    #[arg(long, global = true, value_name = "WHEN", value_parser = parse::as_of)]
    as_of: Option<ledger_proto::v1::read_context::AsOf>,
    /// With --as-of DAY: of what had been recorded up to an entry (a number), or by a time.
    #[arg(long, global = true, value_name = "WHEN", value_parser = parse::known_at)]
    known_at: Option<ledger_proto::v1::read_context::KnownAt>,
    /// Wait until the answer can include the entry with this number.
    #[arg(long, global = true, value_name = "NUMBER")]
    at_least: Option<i64>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Co-ops and their officers.
    #[command(subcommand)]
    Coop(coop::Command),
    /// The co-op's own rules.
    #[command(subcommand)]
    Policy(coop::Policy),
    /// People.
    #[command(subcommand)]
    Members(members::Command),
    /// Who sees what is a member's, and acts for them.
    #[command(subcommand)]
    Representatives(representatives::Command),
    /// Businesses and partner organisations.
    #[command(subcommand)]
    Parties(members::Parties),
    /// Hours given, confirmed and passed on.
    #[command(subcommand)]
    Hours(hours::Command),
    /// Cover so that a family carer can rest.
    #[command(subcommand)]
    Respite(respite::Command),
    /// A thank-you out of what businesses have pledged.
    #[command(subcommand)]
    Vouchers(vouchers::Command),
    /// The Care Store: cash by fund, gifts in kind, and the totals.
    #[command(subcommand)]
    Store(store::Command),
    /// What stands in each member's account.
    Balances,
    /// Every movement of one member's account.
    Statement(statement::Statement),
    /// Who gave what to whom.
    Exchanges(look::Exchanges),
    /// Checks a history without the server, trusting nobody.
    Audit(audit::Audit),
    /// The log itself.
    #[command(subcommand)]
    History(history::Command),
    /// Receipts and proofs of balances: fetched, and checked without the service.
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// The newest checkpoint of the log, signed.
    Checkpoint,
    /// Seals the state: an entry with the totals and the root of all accounts, for proofs of balances.
    Seal,
    /// Tokens for people and for other apps, each with what it may do.
    #[command(subcommand)]
    Token(tokens::Command),
    /// Brings the past out of a folder of spreadsheets.
    Import(import::Import),
    /// Takes the history out: for auditors, for programs of accounting, and for spreadsheets.
    #[command(subcommand)]
    Export(export::Command),
}

/// Does what was typed.
pub(crate) async fn run(cli: Cli) -> Result<ExitCode, Error> {
    if let Command::Audit(command) = cli.command {
        return command.run(cli.globals).await;
    }
    answer(cli).await.map(|()| ExitCode::SUCCESS)
}

async fn answer(cli: Cli) -> Result<(), Error> {
    if let Command::Receipt(receipt::Command::Verify(verify)) = &cli.command {
        // A receipt is checked without a server, and so without what it takes to speak to one.
        return verify.run(cli.globals.output);
    }
    let session = session::Session::open(cli.globals)?;
    match cli.command {
        Command::Coop(command) => command.run(&session).await,
        Command::Policy(command) => command.run(&session).await,
        Command::Members(command) => command.run(&session).await,
        Command::Representatives(command) => command.run(&session).await,
        Command::Parties(command) => command.run(&session).await,
        Command::Hours(command) => command.run(&session).await,
        Command::Respite(command) => command.run(&session).await,
        Command::Vouchers(command) => command.run(&session).await,
        Command::Store(command) => command.run(&session).await,
        Command::Balances => look::balances(&session).await,
        Command::Statement(command) => command.run(&session).await,
        Command::Exchanges(command) => command.run(&session).await,
        Command::Audit(_) => Ok(()),
        Command::History(command) => command.run(&session).await,
        Command::Receipt(command) => command.run(&session).await,
        Command::Checkpoint => history::checkpoint(&session).await,
        Command::Seal => seal::seal(&session).await,
        Command::Token(command) => command.run(&session).await,
        Command::Import(command) => command.run(&session).await,
        Command::Export(command) => command.run(&session).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_for_all_stand_before_or_after() {
        for typed in [
            "carestore --coop x --output json balances",
            "carestore balances --output json --coop x",
        ] {
            let cli = Cli::try_parse_from(typed.split(' ')).unwrap();
            assert_eq!((cli.globals.coop.as_str(), cli.globals.output), ("x", Output::Json));
        }
    }

    #[test]
    fn slips_are_told_with_their_mend() {
        let typed = ["carestore", "hours", "donate", "--from", "1042-7", "--minutes", "-30"];
        let said = Cli::try_parse_from(typed).unwrap_err().to_string();
        assert!(said.contains("it is not above zero. Write the minutes as 90"), "{said}");
    }
}
