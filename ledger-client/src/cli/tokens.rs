//! Tokens for people and for other apps: made, listed, ended.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use ledger_client::{
    Error, json,
    words::{BEARERS, SCOPES},
};
use ledger_proto::v1;

use super::{
    parse,
    people::{last, say_time, short},
    session::{Session, pages},
};
use crate::render::{Grid, harmless, talk};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Makes a token. It is shown this once.
    Create(Create),
    /// The tokens of the co-op, with those that have ended.
    List {
        /// Those for all co-ops instead.
        #[arg(long)]
        all_coops: bool,
    },
    /// Ends a token, at once and for ever.
    Revoke {
        /// The token, as the list names it.
        token: String,
        /// One for all co-ops.
        #[arg(long)]
        all_coops: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// What it is for, for example "the rota".
    title: String,
    /// For whom it is: member, coordinator, treasurer, auditor, app, or operator (which is for all co-ops).
    #[arg(long, value_parser = parse::bearer)]
    role: v1::TokenRole,
    /// Whom it stands for: a member ("1042-7"), or an officer ("officer 2").
    #[arg(long = "for", value_name = "WHO")]
    stands_for: Option<String>,
    /// What an app may do, for example time-read; once for each. For an auditor, cards-read or nothing.
    #[arg(long = "scope", value_name = "SCOPE", value_parser = parse::scope)]
    scopes: Vec<v1::Scope>,
    /// An app that knows its users itself may act as any member.
    #[arg(long)]
    acts_as_members: bool,
    /// After so many days it ends by itself. Not said: a year.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    days: i32,
    /// The file to write it to, which only you can read then. Not said: it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create(create) => create.run(session).await,
            Self::List { all_coops: true } => list(session, "").await,
            Self::List { all_coops: false } => list(session, &session.coop()?).await,
            Self::Revoke { token, all_coops: _ } if token.contains('/') => {
                revoke(session, token).await
            }
            Self::Revoke { token, all_coops: true } => {
                revoke(session, format!("tokens/{token}")).await
            }
            Self::Revoke { token, all_coops: false } => {
                revoke(session, format!("{}/tokens/{token}", session.coop()?)).await
            }
        }
    }
}

impl Create {
    async fn run(self, session: &Session) -> Result<(), Error> {
        let for_all = self.role == v1::TokenRole::Operator;
        let coop = if for_all { String::new() } else { session.coop()? };
        let acts_as = match &self.stands_for {
            Some(who) => session.actor(who).await?,
            None => String::new(),
        };
        // Before anything is made: a token that cannot be kept is lost.
        let file = self.out.as_deref().map(private).transpose()?;
        let request = v1::CreateTokenRequest {
            coop,
            title: self.title,
            role: self.role.into(),
            acts_as,
            acts_as_members: self.acts_as_members,
            scopes: self.scopes.into_iter().map(Into::into).collect(),
            days: self.days,
        };
        let answer = session.client.create_token(request).await;
        if let (Err(_), Some((path, _))) = (&answer, &file) {
            drop(std::fs::remove_file(path));
        }
        let mut answer = answer?;
        let token = answer.token.clone().unwrap_or_default();
        let name = last(&token.name).to_owned();
        let until = say_time(token.expire_time.as_ref());
        let said = match file {
            Some((path, mut opened)) => {
                let secret = std::mem::take(&mut answer.secret);
                let written = opened.write_all(format!("{secret}\n").as_bytes());
                written.and_then(|()| opened.sync_all()).map_err(|source| failed(&path, source))?;
                format!(
                    "Token {name} is in {}. It ends on {until}. Use it with --token-file {}.",
                    path.display(),
                    path.display()
                )
            }
            None => format!(
                "{}\nThis is token {name}. It is not shown again; keep it where only its bearer can read it. It ends on \
                 {until}.",
                answer.secret
            ),
        };
        session.thing(&said, &json::message("CreateTokenResponse", &answer))
    }
}

/// A new file that only its owner can read. One that is there already is not written over.
fn private(path: &Path) -> Result<(PathBuf, std::fs::File), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(path).map_err(|source| failed(path, source))?;
    Ok((path.to_owned(), opened))
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::File { path: path.display().to_string(), source }
}

/// Those of a co-op; where none is named, those for all of them.
async fn list(session: &Session, coop: &str) -> Result<(), Error> {
    let tokens = pages(async |page| {
        let request = v1::ListTokensRequest { coop: coop.to_owned(), page };
        let answer = session.client.list_tokens(request).await?;
        Ok((answer.tokens, answer.next_page_token))
    })
    .await?;
    let mut grid = Grid::new(["token", "for", "role", "stands for", "may", "last used", "ends"]);
    for token in &tokens {
        let ends = match &token.revoke_time {
            Some(revoked) => format!("revoked {}", say_time(Some(revoked))),
            None => say_time(token.expire_time.as_ref()),
        };
        let used = match &token.last_use_time {
            Some(used) => say_time(Some(used)),
            None => "never".to_owned(),
        };
        grid.row([
            last(&token.name).to_owned(),
            token.title.clone(),
            BEARERS.say_number(token.role).to_owned(),
            stands_for(token),
            may(token),
            used,
            ends,
        ]);
    }
    let json = json::list("Token", &tokens);
    session.list(grid, &json, "No token has been handed out: carestore token create")
}

fn stands_for(token: &v1::Token) -> String {
    let one = short(&token.acts_as).to_owned();
    match (one.is_empty(), token.acts_as_members) {
        (true, true) => "any member".to_owned(),
        (false, true) => format!("{one}, any member"),
        (_, false) => one,
    }
}

/// What an app may do; of the others it follows from their role.
fn may(token: &v1::Token) -> String {
    if token.role() == v1::TokenRole::App {
        let scopes = token.scopes.iter().map(|scope| SCOPES.say_number(*scope));
        scopes.collect::<Vec<_>>().join(", ")
    } else {
        String::new()
    }
}

async fn revoke(session: &Session, name: String) -> Result<(), Error> {
    let answer = session.client.revoke_token(v1::RevokeTokenRequest { name }).await?;
    let ended = answer.token.unwrap_or_default();
    let said = format!("Token {} (\"{}\") has ended.", last(&ended.name), ended.title);
    session.thing(&harmless(&said), &json::message("Token", &ended))?;
    if session.tables() { talk("next: carestore token list") } else { Ok(()) }
}
