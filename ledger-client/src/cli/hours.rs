//! Hours: given, confirmed by another person, and passed on.

use clap::{Args, Subcommand};
use ledger_client::typed::{minutes, say_minutes};
use ledger_client::{Error, json, words};
use ledger_proto::v1;

use super::parse;
use super::people::{last, say_time};
use super::session::{Session, pages};
use crate::render::Grid;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Logs help that was given. It counts when another person has confirmed it.
    Log(Help),
    /// Confirms logged hours, as they are or with a change.
    Confirm {
        /// The number of the logged hours.
        hours: String,
        /// The minutes that count, where they differ.
        #[arg(long, value_parser = minutes, allow_hyphen_values = true)]
        minutes: Option<i64>,
        /// How it is attested: recipient, phone, paper, household, on site.
        #[arg(long, value_parser = parse::evidence)]
        evidence: Option<v1::EvidenceGrade>,
    },
    /// Says that logged hours are not right.
    Dispute {
        /// The number of the logged hours.
        hours: String,
        /// Why: did not happen, wrong minutes, wrong person, other.
        #[arg(long, value_parser = parse::dispute)]
        reason: v1::DisputeReason,
    },
    /// Resolves disputed hours.
    Resolve {
        /// The number of the disputed hours.
        hours: String,
        /// The minutes that count, or "none".
        #[arg(long, value_parser = parse::minutes_or_none, allow_hyphen_values = true)]
        minutes: i64,
    },
    /// Enters hours at once, with the evidence that an officer has.
    Record {
        #[command(flatten)]
        help: Help,
        /// How it is attested: paper, phone, household, recipient, on site.
        #[arg(long, value_parser = parse::evidence)]
        evidence: v1::EvidenceGrade,
    },
    /// Gives hours to another member.
    Give {
        /// Whose hours.
        #[arg(long, value_name = "MEMBER")]
        from: String,
        /// Who gets them.
        #[arg(long, value_name = "MEMBER")]
        to: String,
        /// How many.
        #[arg(long, value_parser = minutes, allow_hyphen_values = true)]
        minutes: i64,
    },
    /// Gives hours to the community pot.
    Donate {
        /// Whose hours.
        #[arg(long, value_name = "MEMBER")]
        from: String,
        /// How many.
        #[arg(long, value_parser = minutes, allow_hyphen_values = true)]
        minutes: i64,
    },
    /// Grants hours of the community pot to a member.
    Grant {
        /// Who gets them.
        #[arg(long, value_name = "MEMBER")]
        to: String,
        /// How many.
        #[arg(long, value_parser = minutes, allow_hyphen_values = true)]
        minutes: i64,
        /// Why: cover, emergency, welcome, other.
        #[arg(long, value_parser = parse::grant)]
        reason: v1::GrantReason,
    },
    /// Logged hours that wait for another person, or for an officer.
    Pending {
        /// Only those of this member.
        #[arg(long)]
        member: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Help {
    /// Who helped.
    #[arg(long, visible_alias = "member", value_name = "MEMBER")]
    giver: String,
    /// Who was helped. Not said: the community at large.
    #[arg(long, value_name = "MEMBER")]
    receiver: Option<String>,
    /// How long: 90, 1h30 or 1.5h.
    #[arg(long, value_parser = minutes, allow_hyphen_values = true)]
    minutes: i64,
    /// What kind of help, for example "befriending visit" or shopping.
    #[arg(long, value_parser = parse::task)]
    task: v1::TaskKind,
    /// Where the hours go: own, pot, or a member.
    #[arg(long, default_value = "own")]
    to: String,
    /// The person who was helped is of the giver's own family.
    #[arg(long)]
    own_family: bool,
}

impl Help {
    async fn help(&self, session: &Session) -> Result<v1::Help, Error> {
        let to = match words::plain(&self.to).as_str() {
            "own" => v1::destination::To::OwnAccount(true),
            "pot" => v1::destination::To::Pot(true),
            _ => v1::destination::To::Member(session.member(&self.to).await?),
        };
        Ok(v1::Help {
            giver: session.member(&self.giver).await?,
            receiver: session.member_or_none(self.receiver.as_deref()).await?,
            minutes: self.minutes,
            task: self.task.into(),
            destination: Some(v1::Destination { to: Some(to) }),
            own_family: self.own_family,
        })
    }
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Log(help) => log(session, &help).await,
            Self::Record { help, evidence } => record(session, &help, evidence).await,
            Self::Confirm { hours, minutes, evidence } => {
                confirm(session, &hours, minutes, evidence).await
            }
            Self::Dispute { hours: typed, reason } => {
                let hours = parse::named("hours", &typed);
                let context = session.write().await?;
                let request = v1::DisputeHoursRequest { context, hours, reason: reason.into() };
                session.done(session.client.dispute_hours(request).await?.receipt, |_| {
                    (
                        format!("Hours {typed} are disputed, and wait for an officer."),
                        format!("carestore --as \"officer 1\" hours resolve {typed} --minutes …"),
                    )
                })
            }
            Self::Resolve { hours: typed, minutes } => {
                let hours = parse::named("hours", &typed);
                let context = session.write().await?;
                let request = v1::ResolveHoursRequest { context, hours, minutes };
                session.done(session.client.resolve_hours(request).await?.receipt, |_| {
                    let said = match minutes {
                        0 => format!("Hours {typed} are resolved: none count."),
                        _ => format!("Hours {typed} are resolved: {} count.", say_minutes(minutes)),
                    };
                    (said, String::new())
                })
            }
            Self::Give { from, to, minutes } => give(session, (&from, &to), minutes).await,
            Self::Donate { from: typed, minutes } => {
                let from = session.member(&typed).await?;
                let context = session.write().await?;
                let request = v1::DonateHoursRequest { context, from, minutes };
                session.done(session.client.donate_hours(request).await?.receipt, |_| {
                    let said =
                        format!("{typed} gave {} to the community pot.", say_minutes(minutes));
                    (said, "carestore store totals".to_owned())
                })
            }
            Self::Grant { to: typed, minutes, reason } => {
                let to = session.member(&typed).await?;
                let context = session.write().await?;
                let request =
                    v1::GrantFromPotRequest { context, to, minutes, reason: reason.into() };
                session.done(session.client.grant_from_pot(request).await?.receipt, |_| {
                    let said =
                        format!("{typed} got {} from the community pot.", say_minutes(minutes));
                    (said, format!("carestore members show {typed}"))
                })
            }
            Self::Pending { member } => pending(session, member.as_deref()).await,
        }
    }
}

async fn log(session: &Session, help: &Help) -> Result<(), Error> {
    let request = v1::LogHoursRequest {
        help: Some(help.help(session).await?),
        context: session.write().await?,
    };
    let answer = session.client.log_hours(request).await?;
    session.done(answer.receipt, |receipt| {
        let (number, time) = (last(&receipt.name), say_minutes(help.minutes));
        let task = words::TASKS.say(help.task);
        (
            format!(
                "Logged {time} of {task} by {} as hours {number}. They count when another person has confirmed them.",
                help.giver
            ),
            format!("carestore hours confirm {number}, by another person"),
        )
    })
}

async fn record(session: &Session, help: &Help, evidence: v1::EvidenceGrade) -> Result<(), Error> {
    let request = v1::RecordHoursRequest {
        help: Some(help.help(session).await?),
        context: session.write().await?,
        evidence: evidence.into(),
    };
    let answer = session.client.record_hours(request).await?;
    session.done(answer.receipt, |_| {
        let (time, task) = (say_minutes(help.minutes), words::TASKS.say(help.task));
        (
            format!("Recorded {time} of {task} by {}. They count.", help.giver),
            format!("carestore statement {}", help.giver),
        )
    })
}

async fn confirm(
    session: &Session,
    typed: &str,
    minutes: Option<i64>,
    evidence: Option<v1::EvidenceGrade>,
) -> Result<(), Error> {
    let request = v1::ConfirmHoursRequest {
        context: session.write().await?,
        hours: parse::named("hours", typed),
        minutes: minutes.unwrap_or_default(),
        evidence: evidence.unwrap_or_default().into(),
    };
    let answer = session.client.confirm_hours(request).await?;
    session.done(answer.receipt, |_| {
        let said = match minutes {
            Some(minutes) => {
                format!("Hours {typed} are confirmed as {}, and count.", say_minutes(minutes))
            }
            None => format!("Hours {typed} are confirmed, and count."),
        };
        (said, "carestore balances".to_owned())
    })
}

async fn give(session: &Session, (giver, taker): (&str, &str), minutes: i64) -> Result<(), Error> {
    let (from, to) = (session.member(giver).await?, session.member(taker).await?);
    let context = session.write().await?;
    let request = v1::GiveHoursRequest { context, from, to, minutes };
    session.done(session.client.give_hours(request).await?.receipt, |_| {
        let said = format!("{giver} gave {} to {taker}.", say_minutes(minutes));
        (said, format!("carestore statement {giver}"))
    })
}

async fn pending(session: &Session, member: Option<&str>) -> Result<(), Error> {
    let context = session.read()?;
    let member = session.member_or_none(member).await?;
    let hours = pages(async |page| {
        let (context, member) = (context.clone(), member.clone());
        let request = v1::ListPendingHoursRequest { context, member, page };
        let answer = session.client.list_pending_hours(request).await?;
        Ok((answer.hours, answer.next_page_token))
    })
    .await?;
    let people = session.people().await?;
    let mut grid =
        Grid::new(["hours>", "day", "giver", "receiver", "time>", "task", "status", "by timer"]);
    for waiting in &hours {
        let help = waiting.help.clone().unwrap_or_default();
        grid.row([
            last(&waiting.name).to_owned(),
            waiting.occurred_on.clone(),
            people.say(&help.giver),
            people.say(&help.receiver),
            say_minutes(help.minutes),
            words::TASKS.say_number(help.task).to_owned(),
            words::HOURS.say_number(waiting.status).to_owned(),
            say_time(waiting.confirm_by_time.as_ref()),
        ]);
    }
    session.list(grid, &json::list("PendingHours", &hours), "No hours wait.")
}
