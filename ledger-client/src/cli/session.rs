//! One command's dealings with the server: who speaks, to whom, and how the answer is told.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use ledger_client::typed::say_minutes;
use ledger_client::{Client, Error, Memory, Options, Shown, json};
use ledger_proto::v1;
use serde_json::Value;
use tonic::transport::Uri;

use super::Globals;
use super::people::{People, short};
use crate::render::{self, Grid, Output};

/// Where the first start of a server in this folder leaves its token.
const USUAL_TOKEN: &str = "carestore-data/operator.token";
/// Where it is kept what is known of logs, in the folder in which a person's programs keep their state.
const USUAL_MEMORY: &str = "carestore/known";
/// How many rows are asked for at a time: as many as there can be.
const PAGE_SIZE: i32 = 1000;

/// A client, and what was typed about how to use it.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) globals: Globals,
}

impl Session {
    pub(crate) fn open(mut globals: Globals) -> Result<Self, Error> {
        let coop = globals.coop.trim();
        globals.coop = String::from(coop.strip_prefix("coops/").unwrap_or(coop));
        let token = token(globals.token_file.as_deref())?;
        let trusted = globals.ca_file.as_deref().map(read_bytes).transpose()?;
        let certificate = globals.client_cert.as_deref().map(read_bytes).transpose()?;
        let key = globals.client_key.as_deref().map(read_bytes).transpose()?;
        let shown = certificate.zip(key).map(|(certificate, key)| Shown { certificate, key });
        let options = Options {
            shown,
            deadline: globals.timeout,
            patience: Options::default().patience.max(globals.timeout.saturating_mul(2)),
            coop: globals.coop.clone(),
            trusted,
            memory: memory(globals.memory.take(), &globals.server),
            ..Options::default()
        };
        let client = Client::connect(&globals.server, token.as_deref(), options)?;
        Ok(Self { client, globals })
    }

    /// The co-op that was named, which must be one.
    pub(crate) fn coop(&self) -> Result<String, Error> {
        if self.globals.coop.is_empty() {
            let say = "which co-op? Say --coop NAME, or set CARESTORE_COOP";
            return Err(Error::Usage(say.to_owned()));
        }
        Ok(self.client.coop())
    }

    /// What a change says about itself. Who acts is looked up where that is needed.
    pub(crate) async fn write(&self) -> Result<Option<v1::WriteContext>, Error> {
        let acting_as = self.actor(&self.globals.acting_as).await?;
        let on_behalf_of = match &self.globals.write.on_behalf_of {
            Some(member) => self.actor(member).await?,
            None => String::new(),
        };
        Ok(Some(v1::WriteContext { acting_as, on_behalf_of, ..self.write_as_nobody()? }))
    }

    /// What a change says that nobody in particular makes.
    pub(crate) fn write_as_nobody(&self) -> Result<v1::WriteContext, Error> {
        let coop = self.coop()?;
        let writing = &self.globals.write;
        let corrects =
            writing.corrects.as_deref().map(|entry| super::parse::named("entries", entry));
        let mut context = self.client.write_context();
        if let Some(request_id) = &writing.request_id {
            request_id.clone_into(&mut context.request_id);
        }
        Ok(v1::WriteContext {
            validate_only: writing.dry_run,
            occurred_on: writing.day.clone().unwrap_or_default(),
            channel: writing.channel.unwrap_or_default().into(),
            note: writing.note.clone().unwrap_or_default(),
            corrects: corrects
                .map(
                    |entry| {
                        if entry.starts_with("coops/") { entry } else { format!("{coop}/{entry}") }
                    },
                )
                .unwrap_or_default(),
            expected_position: writing.expect_position,
            ..context
        })
    }

    /// What a look says about itself.
    pub(crate) fn read(&self) -> Result<Option<v1::ReadContext>, Error> {
        let reading = &self.globals.read;
        Ok(Some(v1::ReadContext {
            coop: self.coop()?,
            at_least_position: reading.at_least.unwrap_or_default(),
            as_of: reading.as_of.clone(),
            known_at: reading.known_at,
        }))
    }

    /// A member as a request names them: numbers go out, the digit after the dash with them, since
    /// the server checks it; the co-op's own references are looked up.
    pub(crate) async fn member(&self, typed: &str) -> Result<String, Error> {
        match written(typed) {
            Written::Nobody => Ok(String::new()),
            Written::Name(name) => Ok(name),
            Written::Reference(reference) => self.look_up(&reference).await,
        }
    }

    /// The same, where nobody at all is an answer, too.
    pub(crate) async fn member_or_none(&self, typed: Option<&str>) -> Result<String, Error> {
        self.member(typed.unwrap_or_default()).await
    }

    /// Who acts, as `members/{number}` or `officers/{number}`.
    pub(crate) async fn actor(&self, typed: &str) -> Result<String, Error> {
        let typed = typed.trim();
        if typed.is_empty() || typed.starts_with("officers/") || typed.starts_with("members/") {
            return Ok(typed.to_owned());
        }
        let small = typed.to_lowercase();
        if let Some(number) = small.strip_prefix("officer") {
            return Ok(format!("officers/{}", number.trim()));
        }
        match written(typed) {
            Written::Nobody => Ok(String::new()),
            Written::Name(name) | Written::Reference(name) => self.look_up(&name).await,
        }
    }

    async fn look_up(&self, member: &str) -> Result<String, Error> {
        let context = Some(v1::ReadContext { coop: self.coop()?, ..v1::ReadContext::default() });
        let request = v1::GetMemberRequest { context, member: member.to_owned() };
        let found = self.client.get_member(request).await?.member.unwrap_or_default();
        Ok(short(&found.name).to_owned())
    }

    /// A thing that was named by its number or by what it is called, out of a list of both.
    pub(crate) fn find(
        kind: &str,
        typed: &str,
        known: impl IntoIterator<Item = (String, String)>,
    ) -> Result<String, Error> {
        let typed = typed.trim();
        let wanted = typed.to_lowercase();
        let found = known.into_iter().find(|(_, title)| title.to_lowercase() == wanted);
        found.map(|(name, _)| short(&name).to_owned()).ok_or_else(|| {
            Error::NotFound(format!("there is nothing called \"{typed}\" among the {kind}"))
        })
    }

    /// Whether a thing was named by its number, so that nothing has to be looked up.
    pub(crate) fn numbered(typed: &str) -> bool {
        let typed = typed.trim();
        typed.contains('/') || typed.trim_start_matches('#').bytes().all(|b| b.is_ascii_digit())
    }

    /// Who is who, for tables.
    pub(crate) async fn people(&self) -> Result<People, Error> {
        match self.globals.output {
            Output::Json => Ok(People::default()),
            Output::Table => {
                let context = self.client.read_context();
                match self.members(Some(context)).await {
                    // A token that may not see who is who shows numbers.
                    Err(error) if error.reason() == Some("SCOPE_MISSING") => Ok(People::default()),
                    members => Ok(People::of(&members?)),
                }
            }
        }
    }

    /// Every member.
    pub(crate) async fn members(
        &self,
        context: Option<v1::ReadContext>,
    ) -> Result<Vec<v1::Member>, Error> {
        pages(async |page| {
            let request = v1::ListMembersRequest { context: context.clone(), page };
            let answer = self.client.list_members(request).await?;
            Ok((answer.members, answer.next_page_token))
        })
        .await
    }

    /// Whether answers are shown to a person.
    pub(crate) fn tables(&self) -> bool {
        self.globals.output == Output::Table
    }

    /// Shows a list.
    pub(crate) fn list(&self, grid: Grid, json: &Value, empty: &str) -> Result<(), Error> {
        render::list(self.globals.output, grid, json, empty)
    }

    /// Shows one thing.
    pub(crate) fn thing(&self, text: &str, json: &Value) -> Result<(), Error> {
        render::thing(self.globals.output, text, json)
    }

    /// Says what has changed, in a sentence, and what to do next.
    pub(crate) fn done(
        &self,
        receipt: Option<v1::Receipt>,
        say: impl FnOnce(&v1::Receipt) -> (String, String),
    ) -> Result<(), Error> {
        let receipt = receipt.unwrap_or_default();
        let (said, next) = say(&receipt);
        let said = if receipt.validated_only {
            format!("Dry run, nothing was stored. It would be: {said}")
        } else if receipt.replayed {
            format!("{said} (This was recorded before, as entry {}.)", receipt.position)
        } else {
            format!("{said} (Entry {}.)", receipt.position)
        };
        self.thing(&render::harmless(&said), &json::message("Receipt", &receipt))?;
        if self.globals.output == Output::Json {
            return Ok(());
        }
        if receipt.below_soft_floor_minutes > 0 {
            let below = say_minutes(receipt.below_soft_floor_minutes);
            render::talk(&format!(
                "The account is now {below} below the point at which the co-op has a word with people."
            ))?;
        }
        if next.is_empty() { Ok(()) } else { render::talk(&format!("next: {next}")) }
    }
}

/// How somebody wrote who they mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Not at all.
    Nobody,
    /// By a name that requests take: "1042-7" or "members/1042".
    Name(String),
    /// By the co-op's own reference, as it is asked for: "ref:V005".
    Reference(String),
}

/// Reads how a member was written.
pub(crate) fn written(typed: &str) -> Written {
    let typed = typed.trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match typed.split_once('-') {
        _ if typed.is_empty() => Written::Nobody,
        _ if typed.contains('/') => Written::Name(typed.to_owned()),
        _ if digits(typed) => Written::Name(format!("members/{typed}")),
        Some((number, check)) if digits(number) && check.len() == 1 && digits(check) => {
            Written::Name(typed.to_owned())
        }
        _ => Written::Reference(format!("ref:{}", typed.strip_prefix("ref:").unwrap_or(typed))),
    }
}

/// All pages of a list.
pub(crate) async fn pages<T>(
    mut page: impl AsyncFnMut(Option<v1::Page>) -> Result<(Vec<T>, String), Error>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let (rows, next) = page(Some(v1::Page { page_size: PAGE_SIZE, page_token })).await?;
        all.extend(rows);
        if next.is_empty() {
            return Ok(all);
        }
        page_token = next;
    }
}

/// Where it is kept what is known of the logs of a server: in the folder that was named, or else in the usual one, but
/// nowhere for a server on this computer, which comes and goes with its practice data.
fn memory(named: Option<PathBuf>, server: &str) -> Memory {
    let usual = || {
        let state = choose_base_strategy().ok().and_then(|usual| usual.state_dir());
        state.filter(|_| !on_this_computer(server)).map(|state| state.join(USUAL_MEMORY))
    };
    named.or_else(usual).map_or(Memory::Session, Memory::Folder)
}

fn on_this_computer(server: &str) -> bool {
    let Ok(server) = server.parse::<Uri>() else { return false };
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
    let loopback = host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    loopback || host == "localhost" || host.ends_with(".localhost")
}

/// The token in the file that was named, or in the usual one if it is there.
fn token(file: Option<&Path>) -> Result<Option<String>, Error> {
    let usual = PathBuf::from(USUAL_TOKEN);
    let path = match file {
        Some(path) => path,
        None if usual.exists() => &usual,
        None => return Ok(None),
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::Token(format!("the token in {} cannot be read: {error}", path.display()))
    })?;
    match text.trim() {
        "" => Err(Error::Token(format!("there is no token in {}", path.display()))),
        token => Ok(Some(token.to_owned())),
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_other_computers_is_kept_and_of_this_one_only_where_that_is_said() {
        for server in [
            "http://127.0.0.1:50051",
            "http://localhost:1",
            "https://[::1]:50051/",
            "http://127.9.9.9",
        ] {
            assert_eq!(memory(None, server), Memory::Session, "{server}");
            let named = PathBuf::from("known");
            assert_eq!(memory(Some(named.clone()), server), Memory::Folder(named));
        }
        for server in ["https://ledger.example.org", "http://192.168.1.9:50051", "http://[::2]:1"] {
            let Memory::Folder(folder) = memory(None, server) else { panic!("{server}") };
            assert!(folder.ends_with("carestore/known"), "{}", folder.display());
        }
    }

    #[test]
    fn members_are_written_by_number_name_or_reference() {
        let name = |text: &str| Written::Name(text.to_owned());
        assert_eq!(written(" 1042-7 "), name("1042-7"));
        assert_eq!(written("1042"), name("members/1042"));
        assert_eq!(written("coops/x/members/1042"), name("coops/x/members/1042"));
        for (typed, asked) in [("V005", "ref:V005"), ("ref:12-A", "ref:12-A"), ("2B", "ref:2B")] {
            assert_eq!(written(typed), Written::Reference(asked.to_owned()));
        }
        assert_eq!(written(""), Written::Nobody);
    }
}
