//! Vouchers: a thank-you out of what a business has pledged.

use clap::{Args, Subcommand};
use ledger_client::typed::{count, day, money, say_money};
use ledger_client::{Error, json, words};
use ledger_proto::v1;

use super::members::party;
use super::parse;
use super::people::{last, say_time};
use super::session::{Session, pages};
use crate::render::Grid;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Records that a business pledges vouchers.
    Pledge(Pledge),
    /// What was pledged and given, and what is left of it.
    Offers,
    /// Issues a voucher. The answer holds its code.
    Issue {
        /// The number of the offer.
        #[arg(long, value_name = "NUMBER")]
        offer: String,
        /// Who gets it.
        #[arg(long)]
        member: String,
        /// Why: one hundred hours, a year, short notice, bad weather, other.
        #[arg(long, value_parser = parse::voucher_reason)]
        reason: v1::VoucherReason,
    },
    /// Redeems a voucher at the business. Needs no account.
    Redeem {
        /// The code; case, blanks and dashes do not matter.
        #[arg(required = true, num_args = 1..)]
        code: Vec<String>,
    },
    /// Cancels a voucher: it goes back into stock.
    Cancel {
        /// The number of the voucher.
        voucher: String,
    },
    /// Vouchers that are open.
    List {
        /// Only those of this member.
        #[arg(long)]
        member: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Pledge {
    /// The business, by number or name.
    #[arg(long, visible_alias = "business", value_name = "BUSINESS")]
    party: String,
    /// What is offered.
    #[arg(long, visible_alias = "offer")]
    title: String,
    /// The face value of one, in pounds.
    #[arg(long, value_name = "POUNDS", value_parser = money, allow_hyphen_values = true)]
    face_value: i64,
    /// How many.
    #[arg(long, value_parser = count)]
    quantity: i64,
    /// The last day on which one can be redeemed.
    #[arg(long, value_name = "DAY", value_parser = day)]
    valid_until: String,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let client = &session.client;
        match self {
            Self::Pledge(pledge) => pledge.run(session).await,
            Self::Offers => offers(session).await,
            Self::Issue { offer, member: typed, reason } => {
                let offer = parse::named("offers", &offer);
                let member = session.member(&typed).await?;
                let context = session.write().await?;
                let request =
                    v1::IssueVoucherRequest { context, offer, member, reason: reason.into() };
                session.done(client.issue_voucher(request).await?.receipt, |receipt| {
                    let (number, code) = (last(&receipt.name), &receipt.voucher_code);
                    (
                        format!(
                            "Voucher {number} is for {typed}. Its code, shown only now: {code}"
                        ),
                        format!("carestore vouchers redeem {code}, at the business"),
                    )
                })
            }
            Self::Redeem { code } => {
                let context = Some(v1::WriteContext {
                    acting_as: String::new(),
                    ..session.write_as_nobody()?
                });
                let request = v1::RedeemVoucherRequest { context, code: code.join(" ") };
                let answer = client.redeem_voucher(request).await?;
                session.done(answer.receipt, |_| {
                    let worth = say_money(answer.face_value_pence);
                    (format!("Redeemed: worth {worth} at {}.", answer.business), String::new())
                })
            }
            Self::Cancel { voucher: typed } => {
                let voucher = parse::named("vouchers", &typed);
                let context = session.write().await?;
                let request = v1::CancelVoucherRequest { context, voucher };
                session.done(client.cancel_voucher(request).await?.receipt, |_| {
                    let said = format!("Voucher {typed} is cancelled, and back in stock.");
                    (said, "carestore vouchers offers".to_owned())
                })
            }
            Self::List { member } => list(session, member.as_deref()).await,
        }
    }
}

impl Pledge {
    async fn run(self, session: &Session) -> Result<(), Error> {
        let said = format!(
            "{} pledges {} of \"{}\" at {} each",
            self.party,
            self.quantity,
            self.title,
            say_money(self.face_value)
        );
        let request = v1::PledgeOfferRequest {
            party: party(session, Some(&self.party)).await?,
            title: self.title,
            face_value_pence: self.face_value,
            quantity: self.quantity,
            valid_until: self.valid_until,
            context: session.write().await?,
        };
        let answer = session.client.pledge_offer(request).await?;
        session.done(answer.receipt, |receipt| {
            let number = last(&receipt.name);
            (
                format!("{said}, as offer {number}."),
                format!(
                    "carestore vouchers issue --offer {number} --member MEMBER --reason \"a year\""
                ),
            )
        })
    }
}

async fn offers(session: &Session) -> Result<(), Error> {
    let context = session.read()?;
    let offers = pages(async |page| {
        let request = v1::ListOffersRequest { context: context.clone(), page };
        let answer = session.client.list_offers(request).await?;
        Ok((answer.offers, answer.next_page_token))
    })
    .await?;
    let mut grid = Grid::new([
        "offer>",
        "what",
        "from",
        "kind",
        "value>",
        "stock>",
        "with members>",
        "used>",
        "lapsed>",
        "last day",
    ]);
    for offer in &offers {
        grid.row([
            last(&offer.name).to_owned(),
            offer.title.clone(),
            offer.party_title.clone(),
            if offer.vouchers { "vouchers" } else { "in kind" }.to_owned(),
            say_money(offer.value_pence),
            offer.stock.to_string(),
            offer.with_members.to_string(),
            offer.used.to_string(),
            offer.lapsed.to_string(),
            offer.valid_until.clone(),
        ]);
    }
    session.list(grid, &json::list("Offer", &offers), "Nothing is offered yet.")
}

async fn list(session: &Session, member: Option<&str>) -> Result<(), Error> {
    let context = session.read()?;
    let member = session.member_or_none(member).await?;
    let vouchers = pages(async |page| {
        let (context, member) = (context.clone(), member.clone());
        let request = v1::ListVouchersRequest { context, member, page };
        let answer = session.client.list_vouchers(request).await?;
        Ok((answer.vouchers, answer.next_page_token))
    })
    .await?;
    let people = session.people().await?;
    let mut grid = Grid::new(["voucher>", "member", "what", "business", "value>", "for", "lapses"]);
    for voucher in &vouchers {
        grid.row([
            last(&voucher.name).to_owned(),
            people.say(&voucher.member),
            voucher.offer_title.clone(),
            voucher.business.clone(),
            say_money(voucher.face_value_pence),
            words::VOUCHERS.say_number(voucher.reason).to_owned(),
            say_time(voucher.lapse_time.as_ref()),
        ]);
    }
    session.list(grid, &json::list("Voucher", &vouchers), "No voucher is open.")
}
