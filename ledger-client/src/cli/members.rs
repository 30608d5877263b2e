//! The people and organisations of a co-op.

use clap::{Args, Subcommand};
use ledger_client::typed::{day, say_minutes};
use ledger_client::{Error, json, words};
use ledger_proto::v1;

use super::parse;
use super::people::{last, say_time, short};
use super::session::{Session, Written, pages, written};
use crate::render::{Grid, harmless, talk};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Enrols a person, and gives them a number.
    Add(Add),
    /// Everybody.
    List,
    /// One member.
    Show {
        /// Number or reference.
        member: String,
    },
    /// Suspends a member: they take no part until reinstated.
    Suspend {
        /// Number or reference.
        member: String,
        /// Why: own wish, concern or board.
        #[arg(long, value_parser = parse::suspension)]
        reason: v1::SuspensionReason,
    },
    /// Ends a suspension.
    Reinstate {
        /// Number or reference.
        member: String,
    },
    /// Ends a membership.
    Leave {
        /// Number or reference.
        member: String,
        /// Who gets the hours that are left. Not said: the community pot.
        #[arg(long, value_name = "MEMBER")]
        remaining_to: Option<String>,
    },
    /// Gives a member another set of hats.
    Hats {
        /// Number or reference.
        member: String,
        /// A hat; say it again for each further one.
        #[arg(long = "hat", required = true, value_parser = parse::hat)]
        hats: Vec<v1::Hat>,
    },
    /// Writes a member's card: personal words, kept beside the log and erasable.
    Card {
        /// Number or reference.
        member: String,
        #[command(flatten)]
        card: CardWords,
    },
    /// Who has looked at what is kept about a member.
    Looks {
        /// Number or reference.
        member: String,
    },
    /// Erases a member's card. The hours stay, under a number that says nothing.
    EraseCard {
        /// Number or reference.
        member: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Add {
    /// A hat: service user, family carer, community volunteer, staff or supporter. Say it again
    /// for each further one.
    #[arg(long = "hat", required = true, value_parser = parse::hat)]
    hats: Vec<v1::Hat>,
    /// The co-op's own reference, for example V005.
    #[arg(long = "ref", value_name = "REF", default_value = "", hide_default_value = true)]
    reference: String,
    /// The day on which they joined. Not said: today.
    #[arg(long, value_name = "DAY", value_parser = day)]
    joined: Option<String>,
    #[command(flatten)]
    card: CardWords,
}

#[derive(Args, Debug)]
pub(crate) struct CardWords {
    /// What the person is called.
    #[arg(long)]
    name: Option<String>,
    /// How to reach them.
    #[arg(long)]
    contact: Option<String>,
    /// Anything else.
    #[arg(long)]
    notes: Option<String>,
}

impl CardWords {
    fn any(self) -> Option<v1::Card> {
        let Self { name, contact, notes } = self;
        let any = name.is_some() || contact.is_some() || notes.is_some();
        any.then(|| v1::Card {
            display_name: name.unwrap_or_default(),
            contact: contact.unwrap_or_default(),
            notes: notes.unwrap_or_default(),
        })
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum Parties {
    /// Registers a business or a partner organisation.
    Add {
        /// What it is called. Never the name of a person.
        title: String,
        /// What it is to the co-op: business or partner.
        #[arg(long, value_parser = parse::party)]
        kind: v1::PartyKind,
    },
    /// All of them.
    List,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let client = &session.client;
        match self {
            Self::Add(add) => add.run(session).await,
            Self::List => list(session).await,
            Self::Show { member } => show(session, &member).await,
            Self::Suspend { member: typed, reason } => {
                let member = session.member(&typed).await?;
                let context = session.write().await?;
                let reason = reason.into();
                let request = v1::SuspendMemberRequest { context, member, reason };
                session.done(client.suspend_member(request).await?.receipt, |_| {
                    (
                        format!("{typed} is suspended."),
                        format!("carestore members reinstate {typed}"),
                    )
                })
            }
            Self::Reinstate { member: typed } => {
                let member = session.member(&typed).await?;
                let context = session.write().await?;
                let request = v1::ReinstateMemberRequest { context, member };
                session.done(client.reinstate_member(request).await?.receipt, |_| {
                    (format!("{typed} takes part again."), String::new())
                })
            }
            Self::Leave { member: typed, remaining_to } => {
                let member = session.member(&typed).await?;
                let remaining_to = session.member_or_none(remaining_to.as_deref()).await?;
                let context = session.write().await?;
                let request = v1::LeaveMemberRequest { context, member, remaining_to };
                session.done(client.leave_member(request).await?.receipt, |_| {
                    (format!("{typed} has left."), format!("carestore members erase-card {typed}"))
                })
            }
            Self::Hats { member: typed, hats } => {
                let member = session.member(&typed).await?;
                let context = session.write().await?;
                let said = said(&hats);
                let hats = hats.into_iter().map(i32::from).collect();
                let request = v1::ChangeHatsRequest { context, member, hats };
                session.done(client.change_hats(request).await?.receipt, |_| {
                    (format!("{typed} is now: {said}."), format!("carestore members show {typed}"))
                })
            }
            Self::Card { member: typed, card } => {
                let member = session.member(&typed).await?;
                let Some(card) = card.any() else {
                    let say = "nothing to write: say --name, --contact or --notes";
                    return Err(Error::Usage(say.to_owned()));
                };
                let (coop, card) = (session.coop()?, Some(card));
                client.update_card(v1::UpdateCardRequest { coop, member, card }).await?;
                talk(&format!("The card of {typed} is written."))
            }
            Self::Looks { member } => looks(session, &member).await,
            Self::EraseCard { member: typed } => {
                let member = session.member(&typed).await?;
                client.erase_card(v1::EraseCardRequest { coop: session.coop()?, member }).await?;
                talk(&format!("The card of {typed} is erased. The hours stay."))
            }
        }
    }
}

async fn looks(session: &Session, typed: &str) -> Result<(), Error> {
    let member = session.member(typed).await?;
    let coop = session.coop()?;
    let looks = pages(async |page| {
        let request = v1::ListLooksRequest { coop: coop.clone(), member: member.clone(), page };
        let answer = session.client.list_looks(request).await?;
        Ok((answer.looks, answer.next_page_token))
    })
    .await?;
    let mut grid = Grid::new(["when", "token", "for", "by", "asked", "about"]);
    for look in &looks {
        let token = if look.token.is_empty() { "the operator's" } else { last(&look.token) };
        grid.row([
            say_time(look.look_time.as_ref()),
            token.to_owned(),
            look.title.clone(),
            looked_by(look),
            look.method.clone(),
            if look.everybody { "everybody" } else { "them" }.to_owned(),
        ]);
    }
    session.list(grid, &json::list("Look", &looks), "Nobody else has looked.")
}

/// The officer or representative who has looked, where it was one.
fn looked_by(look: &v1::Look) -> String {
    let who = if look.officer.is_empty() { &look.representative } else { &look.officer };
    short(who).to_owned()
}

impl Add {
    async fn run(self, session: &Session) -> Result<(), Error> {
        let said = said(&self.hats);
        let request = v1::EnrolMemberRequest {
            context: session.write().await?,
            hats: self.hats.into_iter().map(i32::from).collect(),
            r#ref: self.reference,
            joined_on: self.joined.unwrap_or_default(),
            card: self.card.any(),
        };
        let answer = session.client.enrol_member(request).await?;
        session.done(answer.receipt, |receipt| {
            let number = &receipt.label;
            (format!("Enrolled {number} ({said})."), format!("carestore members show {number}"))
        })
    }
}

async fn list(session: &Session) -> Result<(), Error> {
    let members = session.members(session.read()?).await?;
    let mut grid = Grid::new(["number", "ref", "name", "hats", "standing", "joined", "balance>"]);
    for member in &members {
        grid.row([
            member.number.clone(),
            member.r#ref.clone(),
            member.display_name.clone(),
            hats(member),
            words::STANDINGS.say_number(member.standing).to_owned(),
            member.joined_on.clone(),
            say_minutes(member.balance_minutes),
        ]);
    }
    let json = json::list("Member", &members);
    session.list(grid, &json, "Nobody yet. next: carestore members add --hat \"family carer\"")
}

async fn show(session: &Session, typed: &str) -> Result<(), Error> {
    let member = match written(typed) {
        Written::Nobody => String::new(),
        Written::Name(name) | Written::Reference(name) => name,
    };
    let request = v1::GetMemberRequest { context: session.read()?, member };
    let answer = session.client.get_member(request).await?;
    let (member, card) = (answer.member.unwrap_or_default(), answer.card.unwrap_or_default());
    let mut lines = vec![
        [member.number.as_str(), &member.r#ref, &card.display_name].join(" ").trim().to_owned(),
        format!("Hats       {}", hats(&member)),
        format!("Standing   {}", words::STANDINGS.say_number(member.standing)),
        format!("Joined     {}", member.joined_on),
        format!("Balance    {}", say_minutes(member.balance_minutes)),
        format!("Held       {}", say_minutes(member.held_minutes)),
        format!("Available  {}", say_minutes(member.available_minutes)),
    ];
    let filled = [("Contact", &card.contact), ("Notes", &card.notes)];
    let filled = filled.into_iter().filter(|(_, words)| !words.is_empty());
    lines.extend(filled.map(|(title, words)| format!("{title:<10} {words}")));
    let lines = lines.iter().map(|line| harmless(line)).collect::<Vec<_>>().join("\n");
    let mut json = json::message("Member", &member);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("card".to_owned(), json::message("Card", &card));
    }
    session.thing(&lines, &json)
}

fn hats(member: &v1::Member) -> String {
    member.hats.iter().map(|hat| words::HATS.say_number(*hat)).collect::<Vec<_>>().join(", ")
}

fn said(hats: &[v1::Hat]) -> String {
    hats.iter().map(|hat| words::HATS.say(*hat)).collect::<Vec<_>>().join(", ")
}

impl Parties {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Add { title, kind } => {
                let context = session.write().await?;
                let request =
                    v1::RegisterPartyRequest { context, title: title.clone(), kind: kind.into() };
                let answer = session.client.register_party(request).await?;
                session.done(answer.receipt, |receipt| {
                    let number = last(&receipt.name);
                    let kind = words::PARTIES.say(kind);
                    (format!("{title} is registered as {kind} {number}."), String::new())
                })
            }
            Self::List => {
                let parties = all_parties(session, session.read()?).await?;
                let mut grid = Grid::new(["number>", "name", "kind"]);
                for party in &parties {
                    let kind = words::PARTIES.say_number(party.kind).to_owned();
                    grid.row([last(&party.name).to_owned(), party.title.clone(), kind]);
                }
                session.list(grid, &json::list("Party", &parties), "No businesses or partners yet.")
            }
        }
    }
}

/// Every business and partner.
async fn all_parties(
    session: &Session,
    context: Option<v1::ReadContext>,
) -> Result<Vec<v1::Party>, Error> {
    pages(async |page| {
        let request = v1::ListPartiesRequest { context: context.clone(), page };
        let answer = session.client.list_parties(request).await?;
        Ok((answer.parties, answer.next_page_token))
    })
    .await
}

/// An organisation by its number or by what it is called. Empty: none.
pub(crate) async fn party(session: &Session, typed: Option<&str>) -> Result<String, Error> {
    let Some(typed) = typed else { return Ok(String::new()) };
    if Session::numbered(typed) {
        return Ok(parse::named("parties", typed));
    }
    let parties = all_parties(session, Some(session.client.read_context())).await?;
    let known = parties.into_iter().map(|party| (party.name, party.title));
    Session::find("businesses and partners", typed, known)
}
