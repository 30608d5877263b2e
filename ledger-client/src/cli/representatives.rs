//! Who represents a member who cannot, or would rather not, do it themselves.

use clap::{Args, Subcommand};
use ledger_client::typed::day;
use ledger_client::{Error, json, words};
use ledger_proto::v1;

use super::parse;
use super::session::{Session, pages};
use crate::render::Grid;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Names a representative, or says anew what they may do and until when.
    Name(Name),
    /// Ends it: a co-ordinator can, and each of the two.
    End {
        /// Who is represented: number, or reference if you see who has it.
        member: String,
        /// Who represents them: the same.
        #[arg(long, value_name = "REPRESENTATIVE")]
        by: String,
    },
    /// Who represents whom.
    List {
        /// Only where this member is one of the two: number or reference.
        member: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Name {
    /// Who is represented: number or reference.
    member: String,
    /// Who represents them: number or reference. Whoever is no member yet is enrolled first.
    #[arg(long, value_name = "REPRESENTATIVE")]
    by: String,
    /// By what mandate: informal consent, appointee, lasting power of attorney or deputy.
    #[arg(long, value_parser = parse::mandate)]
    mandate: v1::Mandate,
    /// What they may do: see what is the member's, or see it and act for them.
    #[arg(long, value_name = "POWERS", value_parser = parse::powers)]
    may: v1::Powers,
    /// The last day of it, in UTC. Not said: until it is ended.
    #[arg(long, value_name = "DAY", value_parser = day)]
    until: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Name(name) => name.run(session).await,
            Self::End { member: typed, by } => {
                let member = session.member(&typed).await?;
                let representative = session.member(&by).await?;
                let context = session.write().await?;
                let request = v1::EndRepresentativeRequest { context, member, representative };
                session.done(session.client.end_representative(request).await?.receipt, |_| {
                    (format!("{by} represents {typed} no more."), String::new())
                })
            }
            Self::List { member } => list(session, member.as_deref()).await,
        }
    }
}

impl Name {
    async fn run(self, session: &Session) -> Result<(), Error> {
        let Self { member: typed, by, mandate, may, until } = self;
        let until = until.unwrap_or_default();
        let request = v1::NameRepresentativeRequest {
            member: session.member(&typed).await?,
            representative: session.member(&by).await?,
            context: session.write().await?,
            mandate: mandate.into(),
            powers: may.into(),
            until: until.clone(),
        };
        let answer = session.client.name_representative(request).await?;
        session.done(answer.receipt, |_| {
            let may = match may {
                v1::Powers::Act => "sees what is theirs and acts for them",
                v1::Powers::See | v1::Powers::Unspecified => "sees what is theirs",
            };
            let until =
                if until.is_empty() { String::new() } else { format!(", to the end of {until}") };
            (
                format!("{by} represents {typed}: {may}{until}."),
                format!("carestore representatives list {typed}"),
            )
        })
    }
}

async fn list(session: &Session, typed: Option<&str>) -> Result<(), Error> {
    let member = session.member_or_none(typed).await?;
    let context = session.read()?;
    let named = pages(async |page| {
        let request = v1::ListRepresentativesRequest {
            context: context.clone(),
            member: member.clone(),
            page,
        };
        let answer = session.client.list_representatives(request).await?;
        Ok((answer.representatives, answer.next_page_token))
    })
    .await?;
    let mut grid = Grid::new(["member", "represented by", "mandate", "may", "until", "in force"]);
    let people = session.people().await?;
    for one in &named {
        grid.row([
            people.say(&one.member),
            people.say(&one.representative),
            words::MANDATES.say_number(one.mandate).to_owned(),
            words::POWERS.say_number(one.powers).to_owned(),
            one.until.clone(),
            if one.in_force { "yes" } else { "no" }.to_owned(),
        ]);
    }
    session.list(grid, &json::list("Representative", &named), "Nobody is represented yet.")
}
