//! Respite: asked for, covered, delivered, or come to nothing.

use clap::{Args, Subcommand};
use ledger_client::typed::{day, minutes, say_minutes};
use ledger_client::{Error, json, words};
use ledger_proto::v1;

use super::parse;
use super::people::{People, last, say_time};
use super::session::{Session, pages};
use crate::render::Grid;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Asks for respite: the minutes are held out of the carer's account.
    Ask {
        /// The family carer.
        #[arg(long, value_name = "MEMBER")]
        carer: String,
        /// How many minutes.
        #[arg(long, value_parser = minutes, allow_hyphen_values = true)]
        minutes: i64,
        /// The day on which it is wanted.
        #[arg(long, value_name = "DAY", value_parser = day)]
        date: String,
        /// The time of day at which it starts, as 09:30.
        #[arg(long, value_name = "TIME", value_parser = parse::clock)]
        start: Option<String>,
    },
    /// Agrees who covers it.
    Agree {
        /// The number of the respite.
        respite: String,
        #[command(flatten)]
        cover: Cover,
        /// The time of day at which it starts, as 09:30.
        #[arg(long, value_name = "TIME", value_parser = parse::clock)]
        start: Option<String>,
    },
    /// Takes an agreement back: it is asked for again.
    Withdraw {
        /// The number of the respite.
        respite: String,
        /// Why: illness, not needed, moved, other.
        #[arg(long, value_parser = parse::cancel)]
        reason: v1::CancelReason,
    },
    /// Says that it was delivered: the minutes go to the giver, the rest is released.
    Deliver {
        /// The number of the respite.
        respite: String,
        /// The minutes that it took.
        #[arg(long, value_parser = minutes, allow_hyphen_values = true)]
        minutes: i64,
        #[command(flatten)]
        cover: Cover,
        /// The carer agrees to minutes beyond what was held.
        #[arg(long)]
        carer_agrees_to_more: bool,
    },
    /// Cancels it: what was held is released.
    Cancel {
        /// The number of the respite.
        respite: String,
        /// Who cancels: carer, giver or coop.
        #[arg(long, value_parser = parse::side)]
        by: v1::RespiteSide,
        /// Why: illness, not needed, moved, other.
        #[arg(long, value_parser = parse::cancel)]
        reason: v1::CancelReason,
    },
    /// Says that nobody could be found.
    NoCover {
        /// The number of the respite.
        respite: String,
    },
    /// Says that somebody did not come.
    NoShow {
        /// The number of the respite.
        respite: String,
        /// Who did not come: carer, giver or coop.
        #[arg(long, value_parser = parse::side)]
        missing: v1::RespiteSide,
    },
    /// Respite that is asked for or agreed.
    List {
        /// Only that of this member.
        #[arg(long)]
        member: Option<String>,
    },
}

#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Cover {
    /// Who covers it.
    #[arg(long, value_name = "MEMBER")]
    by: Option<String>,
    /// Staff of the co-op cover it.
    #[arg(long)]
    staff: bool,
}

impl Cover {
    async fn cover(&self, session: &Session) -> Result<Option<v1::Cover>, Error> {
        let by = match &self.by {
            _ if self.staff => Some(v1::cover::By::Staff(true)),
            Some(member) => Some(v1::cover::By::Member(session.member(member).await?)),
            None => None,
        };
        Ok(by.map(|by| v1::Cover { by: Some(by) }))
    }

    fn said(&self) -> &str {
        if self.staff { "staff" } else { self.by.as_deref().unwrap_or("who had agreed") }
    }
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let client = &session.client;
        match self {
            Self::Ask { carer, minutes, date, start } => {
                let start_time = start.unwrap_or_default();
                ask(session, &carer, minutes, (date, start_time)).await
            }
            Self::Agree { respite, cover, start } => agree(session, &respite, &cover, start).await,
            Self::Withdraw { respite: typed, reason } => {
                let respite = parse::named("respite", &typed);
                let context = session.write().await?;
                let request = v1::WithdrawCoverRequest { context, respite, reason: reason.into() };
                session.done(client.withdraw_cover(request).await?.receipt, |_| {
                    (
                        format!("The agreement is taken back; respite {typed} is asked for again."),
                        format!("carestore respite agree {typed} --by MEMBER"),
                    )
                })
            }
            Self::Deliver { respite: typed, minutes, cover, carer_agrees_to_more } => {
                let request = v1::DeliverRespiteRequest {
                    respite: parse::named("respite", &typed),
                    minutes,
                    cover: cover.cover(session).await?,
                    carer_agrees_to_more,
                    context: session.write().await?,
                };
                session.done(client.deliver_respite(request).await?.receipt, |_| {
                    let time = say_minutes(minutes);
                    let said =
                        format!("Respite {typed} was delivered: {time}, by {}.", cover.said());
                    (said, "carestore balances".to_owned())
                })
            }
            Self::Cancel { respite: typed, by, reason } => {
                let respite = parse::named("respite", &typed);
                let context = session.write().await?;
                let (by, reason) = (by.into(), reason.into());
                let request = v1::CancelRespiteRequest { context, respite, by, reason };
                session.done(client.cancel_respite(request).await?.receipt, |_| {
                    (
                        format!("Respite {typed} is cancelled, and its hours are released."),
                        String::new(),
                    )
                })
            }
            Self::NoCover { respite: typed } => {
                let respite = parse::named("respite", &typed);
                let context = session.write().await?;
                let request = v1::RecordNoCoverRequest { context, respite };
                session.done(client.record_no_cover(request).await?.receipt, |_| {
                    (
                        format!("Nobody was found for respite {typed}; its hours are released."),
                        String::new(),
                    )
                })
            }
            Self::NoShow { respite: typed, missing } => {
                let respite = parse::named("respite", &typed);
                let context = session.write().await?;
                let missing_side = words::SIDES.say(missing);
                let request = v1::RecordNoShowRequest { context, respite, missing: missing.into() };
                session.done(client.record_no_show(request).await?.receipt, |_| {
                    (
                        format!("The {missing_side} did not come to respite {typed}; its hours are released."),
                        String::new(),
                    )
                })
            }
            Self::List { member } => list(session, member.as_deref()).await,
        }
    }
}

async fn ask(
    session: &Session,
    typed: &str,
    minutes: i64,
    (date, start_time): (String, String),
) -> Result<(), Error> {
    let request = v1::RequestRespiteRequest {
        carer: session.member(typed).await?,
        minutes,
        date: date.clone(),
        start_time,
        context: session.write().await?,
    };
    let answer = session.client.request_respite(request).await?;
    session.done(answer.receipt, |receipt| {
        let (number, time) = (last(&receipt.name), say_minutes(minutes));
        (
            format!("{typed} asked for {time} on {date}, as respite {number}; they are held."),
            format!("carestore respite agree {number} --by MEMBER --start 09:30"),
        )
    })
}

async fn agree(
    session: &Session,
    typed: &str,
    cover: &Cover,
    start: Option<String>,
) -> Result<(), Error> {
    let request = v1::AgreeCoverRequest {
        respite: parse::named("respite", typed),
        cover: cover.cover(session).await?,
        start_time: start.unwrap_or_default(),
        context: session.write().await?,
    };
    let answer = session.client.agree_cover(request).await?;
    session.done(answer.receipt, |_| {
        (
            format!("Respite {typed} is covered by {}.", cover.said()),
            format!("carestore respite deliver {typed} --minutes …, when it has been"),
        )
    })
}

async fn list(session: &Session, member: Option<&str>) -> Result<(), Error> {
    let context = session.read()?;
    let member = session.member_or_none(member).await?;
    let respite = pages(async |page| {
        let (context, member) = (context.clone(), member.clone());
        let request = v1::ListRespiteRequest { context, member, page };
        let answer = session.client.list_respite(request).await?;
        Ok((answer.respite, answer.next_page_token))
    })
    .await?;
    let people = session.people().await?;
    let mut grid = Grid::new([
        "respite>",
        "day",
        "starts",
        "carer",
        "held>",
        "status",
        "covered by",
        "lapses",
    ]);
    for one in &respite {
        grid.row([
            last(&one.name).to_owned(),
            one.date.clone(),
            one.start_time.clone(),
            people.say(&one.carer),
            say_minutes(one.held_minutes),
            words::RESPITE.say_number(one.status).to_owned(),
            covered_by(one, &people),
            say_time(one.lapse_time.as_ref()),
        ]);
    }
    session.list(grid, &json::list("Respite", &respite), "No respite is promised.")
}

fn covered_by(respite: &v1::Respite, people: &People) -> String {
    match respite.cover.as_ref().and_then(|cover| cover.by.as_ref()) {
        Some(v1::cover::By::Member(member)) => people.say(member),
        Some(v1::cover::By::Staff(_)) => "staff".to_owned(),
        None => String::new(),
    }
}
