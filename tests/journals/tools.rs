//! Three programs of accounting, run on a journal.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use ledger_client::journal::Format;

use crate::skip::skip;

/// What stands in each account, by its name in small letters, with its unit; what is nothing is left out.
pub(crate) type Books = BTreeMap<String, (i64, String)>;

/// How one of the programs is run on a journal.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// Declared accounts and units only, and every assertion.
    check: &'static [&'static str],
    /// A line an account.
    balances: &'static [&'static str],
}

/// `FILE` stands for the journal.
const TOOLS: [Tool; 3] = [
    Tool {
        name: "hledger",
        format: Format::Hledger,
        check: &["hledger", "-f", "FILE", "check", "--strict", "ordereddates"],
        balances: &["hledger", "-f", "FILE", "balance", "--flat", "-N", "-O", "csv"],
    },
    Tool {
        name: "ledger",
        format: Format::Ledger,
        check: &["ledger", "--args-only", "-f", "FILE", "--strict", "--pedantic", "accounts"],
        balances: &[
            "ledger",
            "--args-only",
            "-f",
            "FILE",
            "--flat",
            "--no-total",
            "--balance-format",
            "%(account),%(display_total)\n",
            "balance",
        ],
    },
    Tool {
        name: "beancount",
        format: Format::Beancount,
        check: &["bean-check", "FILE"],
        balances: &[
            "bean-query",
            "-f",
            "csv",
            "FILE",
            "select account, sum(position) group by account",
        ],
    },
];

/// Runs a program on a file.
fn tool(args: &[&str], file: &Path) -> Output {
    let args: Vec<&str> =
        args.iter().map(|arg| if *arg == "FILE" { file.to_str().unwrap() } else { arg }).collect();
    // Haskell reads no letter beyond ASCII where nobody says that it may.
    Command::new(args[0]).args(&args[1..]).env("LC_ALL", "C.UTF-8").output().unwrap()
}

impl Tool {
    fn is_there(&self) -> bool {
        [self.check[0], self.balances[0]].iter().all(|program| {
            let mut asked = Command::new(program);
            asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        })
    }

    /// Whether the program has nothing against a journal.
    pub(crate) fn accepts(&self, journal: &str) -> Result<(), String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("books.journal");
        fs::write(&file, journal).unwrap();
        let checked = tool(self.check, &file);
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        if checked.status.success() && said.is_empty() { Ok(()) } else { Err(said) }
    }

    /// What the program adds up.
    pub(crate) fn books(&self, journal: &str) -> Books {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("books.journal");
        fs::write(&file, journal).unwrap();
        let told = tool(self.balances, &file);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let told = String::from_utf8(told.stdout).unwrap();
        let lines = told.lines().filter(|line| line.contains(':'));
        let account = |line: &str| {
            let (account, balance) = line.split_once(',').unwrap();
            let clean = |text: &str| text.replace('"', "").trim().to_lowercase();
            let balance = clean(balance);
            let (amount, unit) = balance.split_once(' ')?;
            Some((clean(account), (amount.parse().unwrap(), unit.to_owned())))
        };
        lines.filter_map(account).filter(|(_, (amount, _))| *amount != 0).collect()
    }
}

/// The tools that are there. Each that is not is said to be skipped.
pub(crate) fn tools() -> Vec<Tool> {
    let there = |tool: &Tool| {
        let there = tool.is_there();
        if !there {
            skip(&format!("the journals for {} need that program", tool.name));
        }
        there
    };
    TOOLS.into_iter().filter(there).collect()
}
