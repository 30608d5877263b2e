//! Co-ops, their officers, and the rules that each has given itself.

use clap::{Args, Subcommand};
use ledger_client::typed::{say_minutes, say_money};
use ledger_client::{Error, json, words};
use ledger_proto::v1;

use super::parse;
use super::people::last;
use super::session::{Session, pages};
use crate::render::{Grid, talk};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Founds the co-op that --coop names, from the standard template.
    Found,
    /// The co-ops on the server.
    List,
    /// The officers of the co-op.
    Officers,
    /// Appoints an officer.
    Appoint {
        /// What the officer may do: coordinator or treasurer.
        #[arg(long, value_parser = parse::role)]
        role: v1::OfficerRole,
        /// The member who is the officer.
        #[arg(long)]
        member: Option<String>,
    },
    /// Ends an officer's term.
    EndOfficer {
        /// The officer's number.
        officer: String,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum Policy {
    /// The rules in force, or earlier ones.
    Show {
        /// An earlier version.
        #[arg(long, default_value_t = 0)]
        version: i64,
    },
    /// Adopts the rules anew: what is not said here stays as it is.
    Adopt(Adoption),
}

#[derive(Args, Debug)]
pub(crate) struct Adoption {
    /// The minute or ballot that decided it.
    #[arg(long)]
    decided_by: String,
    /// Below this, nobody may promise. For example -12h.
    #[arg(long, value_parser = parse::signed_minutes, allow_hyphen_values = true)]
    floor: Option<i64>,
    /// Below this, a person is told. For example -6h.
    #[arg(long, value_parser = parse::signed_minutes, allow_hyphen_values = true)]
    soft_floor: Option<i64>,
    /// After so many days the timer confirms logged hours.
    #[arg(long)]
    confirm_days: Option<i64>,
    /// So many days after its date a promise lapses.
    #[arg(long)]
    lapse_days: Option<i64>,
    /// At most so much on one day by one person.
    #[arg(long, value_parser = ledger_client::typed::minutes)]
    day_cap: Option<i64>,
    /// At most so many days back can something have happened.
    #[arg(long)]
    backdating_days: Option<i64>,
    /// At most so many vouchers for one person in a year.
    #[arg(long)]
    voucher_cap: Option<i64>,
    /// At most vouchers of so many pounds for one person in a year.
    #[arg(long, value_parser = ledger_client::typed::money_or_nothing)]
    voucher_value_cap: Option<i64>,
    /// Whether care for one's own family earns: true or false.
    #[arg(long)]
    own_family_earns: Option<bool>,
    /// What a voucher stands for: recognition or exchange.
    #[arg(long, value_parser = parse::basis)]
    voucher_basis: Option<v1::VoucherBasis>,
    /// With exchange: the minutes that go to the pot for one voucher.
    #[arg(long, value_parser = ledger_client::typed::minutes)]
    voucher_price: Option<i64>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Found => {
                let context =
                    v1::WriteContext { acting_as: String::new(), ..session.write_as_nobody()? };
                let request = v1::FoundCoopRequest { context: Some(context), policy: None };
                let answer = session.client.found_coop(request).await?;
                let coop = &session.globals.coop;
                session.done(answer.receipt, |_| {
                    (
                        format!("The co-op {coop} is founded, and officer 1 can act."),
                        format!("carestore --coop {coop} --as \"officer 1\" members add --hat \"community volunteer\""),
                    )
                })
            }
            Self::List => list(session).await,
            Self::Officers => officers(session).await,
            Self::Appoint { role, member } => {
                let member = session.member_or_none(member.as_deref()).await?;
                let context = session.write().await?;
                let request = v1::AppointOfficerRequest { context, role: role.into(), member };
                let answer = session.client.appoint_officer(request).await?;
                session.done(answer.receipt, |receipt| {
                    let number = last(&receipt.name);
                    let role = words::ROLES.say(role);
                    (
                        format!("Officer {number} is appointed as {role}."),
                        "carestore coop officers".to_owned(),
                    )
                })
            }
            Self::EndOfficer { officer } => {
                let context = session.write().await?;
                let officer = parse::named("officers", &officer);
                let request = v1::EndOfficerRequest { context, officer: officer.clone() };
                let answer = session.client.end_officer(request).await?;
                session.done(answer.receipt, |_| {
                    let said = format!("The term of officer {} has ended.", last(&officer));
                    (said, "carestore coop officers".to_owned())
                })
            }
        }
    }
}

async fn list(session: &Session) -> Result<(), Error> {
    let coops = pages(async |page| {
        let answer = session.client.list_coops(v1::ListCoopsRequest { page }).await?;
        Ok((answer.coops, answer.next_page_token))
    })
    .await?;
    let mut grid = Grid::new(["co-op", "members>", "entries>", "served"]);
    for coop in &coops {
        let served = if coop.not_served.is_empty() { "yes" } else { &coop.not_served };
        grid.row([
            last(&coop.name).to_owned(),
            coop.member_count.to_string(),
            coop.position.to_string(),
            served.to_owned(),
        ]);
    }
    let json = json::list("Coop", &coops);
    session.list(grid, &json, "No co-op yet. next: carestore --coop NAME coop found")
}

async fn officers(session: &Session) -> Result<(), Error> {
    let context = session.read()?;
    let officers = pages(async |page| {
        let request = v1::ListOfficersRequest { context: context.clone(), page };
        let answer = session.client.list_officers(request).await?;
        Ok((answer.officers, answer.next_page_token))
    })
    .await?;
    let people = session.people().await?;
    let mut grid = Grid::new(["officer", "role", "member", "in office"]);
    for officer in &officers {
        grid.row([
            last(&officer.name).to_owned(),
            words::ROLES.say_number(officer.role).to_owned(),
            people.say(&officer.member),
            if officer.in_office { "yes" } else { "no" }.to_owned(),
        ]);
    }
    session.list(grid, &json::list("Officer", &officers), "No officers.")
}

impl Policy {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Show { version } => {
                let request = v1::GetPolicyRequest { context: session.read()?, version };
                let policy = session.client.get_policy(request).await?.policy.unwrap_or_default();
                session.thing(&told(&policy), &json::message("Policy", &policy))
            }
            Self::Adopt(adoption) => adoption.run(session).await,
        }
    }
}

impl Adoption {
    async fn run(self, session: &Session) -> Result<(), Error> {
        let now = Some(v1::ReadContext { coop: session.coop()?, ..v1::ReadContext::default() });
        let request = v1::GetPolicyRequest { context: now, version: 0 };
        let policy = session.client.get_policy(request).await?.policy.unwrap_or_default();
        let old = policy.values.unwrap_or_default();
        let values = v1::PolicyValues {
            floor_minutes: self.floor.unwrap_or(old.floor_minutes),
            soft_floor_minutes: self.soft_floor.unwrap_or(old.soft_floor_minutes),
            confirm_days: self.confirm_days.unwrap_or(old.confirm_days),
            lapse_days: self.lapse_days.unwrap_or(old.lapse_days),
            day_cap_minutes: self.day_cap.unwrap_or(old.day_cap_minutes),
            backdating_days: self.backdating_days.unwrap_or(old.backdating_days),
            voucher_cap: self.voucher_cap.unwrap_or(old.voucher_cap),
            voucher_cap_pence: self.voucher_value_cap.unwrap_or(old.voucher_cap_pence),
            own_family_earns: self.own_family_earns.unwrap_or(old.own_family_earns),
            voucher_basis: self.voucher_basis.map_or(old.voucher_basis, i32::from),
            voucher_price_minutes: self.voucher_price.unwrap_or(old.voucher_price_minutes),
        };
        let context = session.write().await?;
        let decided_by = self.decided_by;
        let request = v1::AdoptPolicyRequest { context, policy: Some(values), decided_by };
        let answer = session.client.adopt_policy(request).await?;
        if !answer.warning.is_empty() {
            talk(&format!("warning: {}", answer.warning))?;
        }
        session.done(answer.receipt, |_| {
            ("The policy is in force.".to_owned(), "carestore policy show".to_owned())
        })
    }
}

fn told(policy: &v1::Policy) -> String {
    let values = policy.values.unwrap_or_default();
    let decided =
        if policy.decided_by.is_empty() { "the founding template" } else { &policy.decided_by };
    let basis = words::BASES.say_number(values.voucher_basis);
    [
        format!("Policy {}, decided by: {decided} (entry {})", policy.version, policy.position),
        format!("Nobody may promise below        {}", say_minutes(values.floor_minutes)),
        format!("A person is told below          {}", say_minutes(values.soft_floor_minutes)),
        format!("The timer confirms after        {} days", values.confirm_days),
        format!("A promise lapses after          {} days", values.lapse_days),
        format!("At most on one day              {}", say_minutes(values.day_cap_minutes)),
        format!("Entered at most                 {} days later", values.backdating_days),
        format!("Vouchers a person and year      {}", values.voucher_cap),
        format!("  and of a value of             {}", say_money(values.voucher_cap_pence)),
        format!(
            "Care for one's own family       {}",
            if values.own_family_earns { "earns" } else { "does not earn" }
        ),
        format!(
            "A voucher is                    {}",
            if basis.is_empty() { "recognition" } else { basis }
        ),
    ]
    .join("\n")
}
