//! A few people who have to do with each other only, and so know what must stand in their accounts.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use ledger_client::Client;
use ledger_core::Day;
use ledger_proto::v1;

use super::{
    steps,
    town::{Chance, Town, ask, today},
};

/// Somebody, with what they were told.
pub(crate) struct Person {
    /// "members/1024".
    pub(crate) name: String,
    /// With their own token.
    pub(crate) client: Client,
    pub(crate) balance: i64,
    pub(crate) held: i64,
    /// How many vouchers they were given.
    pub(crate) thanked: u32,
    /// Minutes that they were said to have given, by day.
    pub(crate) given: BTreeMap<Day, i64>,
}

/// Whom the home's steps speak of, by their place in [`Home::people`].
pub(crate) const GIVER: usize = 0;
pub(crate) const SITTER: usize = 1;
pub(crate) const CARER: usize = 2;
pub(crate) const USER: usize = 3;

/// Something of which so many are in stock, with members, and used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shelf {
    /// "offers/3".
    pub(crate) name: String,
    pub(crate) stock: i64,
    pub(crate) open: i64,
    pub(crate) used: i64,
}

/// An entry that can be taken back, with what it moved.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undo {
    /// Hours of somebody who helped: out of nobody's account, since the community at large stands behind them.
    Earned(usize, i64),
    /// Hours that one gave to another.
    Given {
        to: usize,
        from: usize,
        minutes: i64,
    },
    Pence(i64),
}

/// The people, and all that is theirs alone.
pub(crate) struct Home {
    pub(crate) town: Arc<Town>,
    pub(crate) nth: u32,
    pub(crate) people: Vec<Person>,
    /// Officer 1, a co-ordinator.
    pub(crate) officer: Client,
    /// Officer 2, a treasurer.
    pub(crate) treasurer: Client,
    /// Another app, that acts as any member.
    pub(crate) app: Client,
    pub(crate) chance: Chance,
    pub(crate) fund: String,
    pub(crate) pence: i64,
    pub(crate) vouchers: Shelf,
    pub(crate) gift: Shelf,
    /// An entry that may be reversed.
    pub(crate) undo: Option<(i64, Undo)>,
    /// What stood in somebody's account behind an entry of theirs.
    pub(crate) kept: Option<(i64, usize, i64)>,
    pub(crate) last: i64,
    pub(crate) imported: u32,
}

/// The tokens that all homes share.
pub(crate) struct Tokens {
    pub(crate) officer: String,
    pub(crate) treasurer: String,
    pub(crate) app: String,
}

impl Tokens {
    /// The same, for somebody else.
    pub(crate) fn share(&self) -> Self {
        let Self { officer, treasurer, app } = self;
        Self { officer: officer.clone(), treasurer: treasurer.clone(), app: app.clone() }
    }
}

impl Home {
    /// Enrols the people, and opens what is theirs.
    pub(crate) async fn found(town: Arc<Town>, nth: u32, tokens: &Tokens) -> Home {
        let officer = town.client(&tokens.officer, "");
        let treasurer = town.client(&tokens.treasurer, "");
        let app = town.client(&tokens.app, "");
        let people = enrolled(&town, nth, &officer).await;
        let fund = ask!(
            town,
            treasurer,
            open_fund,
            OpenFundRequest {
                title: format!("Fund of home {nth}"),
                freedom: v1::FundFreedom::Unrestricted.into(),
                ..Default::default()
            }
        );
        let fund = short(&town.yes(fund).unwrap().name);
        let (vouchers, gift) = stocked(&town, nth, &treasurer).await;
        Home {
            nth,
            people,
            officer,
            treasurer,
            app,
            chance: Chance::new(nth + 1),
            fund,
            pence: 0,
            vouchers,
            gift,
            undo: None,
            kept: None,
            last: 0,
            imported: 0,
            town,
        }
    }

    /// Lives until it is over.
    pub(crate) async fn live(mut self) -> Home {
        while !self.town.is_over() {
            Box::pin(steps::take_one(&mut self)).await;
        }
        self
    }

    /// Minutes that somebody can give away.
    pub(crate) fn spare(&self, who: usize) -> i64 {
        self.people[who].balance + FLOOR
    }

    /// Somebody has helped, and has so much more.
    pub(crate) fn earned(&mut self, who: usize, minutes: i64) {
        self.people[who].balance += minutes;
        self.town.commons.fetch_sub(minutes, Ordering::SeqCst);
    }

    /// The account of one came to more, and that of the other to less.
    pub(crate) fn moved(&mut self, to: usize, from: usize, minutes: i64) {
        self.people[to].balance += minutes;
        self.people[from].balance -= minutes;
    }

    /// A day on which somebody can still give so many minutes: it is noted that they do.
    pub(crate) fn a_day(&mut self, giver: usize, minutes: i64) -> Day {
        loop {
            let day = today().plus(-i32::try_from(self.chance.below(55)).unwrap());
            let of_day = self.people[giver].given.entry(day).or_default();
            // What was given is never taken off again here, so this errs on the safe side.
            if *of_day + minutes <= DAY_CAP {
                *of_day += minutes;
                return day;
            }
        }
    }
}

/// Two volunteers, a carer, and somebody who is helped.
async fn enrolled(town: &Town, nth: u32, officer: &Client) -> Vec<Person> {
    let hats = [
        v1::Hat::CommunityVolunteer,
        v1::Hat::CommunityVolunteer,
        v1::Hat::FamilyCarer,
        v1::Hat::ServiceUser,
    ];
    let mut people = Vec::new();
    for (place, hat) in hats.into_iter().enumerate() {
        let receipt = ask!(
            town,
            officer,
            enrol_member,
            EnrolMemberRequest {
                hats: vec![hat.into()],
                r#ref: format!("H{nth}-{place}"),
                card: Some(v1::Card {
                    display_name: format!("Person {place} of home {nth}"),
                    ..v1::Card::default()
                }),
                ..Default::default()
            }
        );
        let name = short(&town.yes(receipt).unwrap().name);
        let (_, token) = town.token(v1::TokenRole::Member, &name).await;
        let client = town.client(&token, "");
        let given = BTreeMap::new();
        people.push(Person { name, client, balance: 0, held: 0, thanked: 0, given });
    }
    people
}

/// What a bakery gives: vouchers, and loaves.
async fn stocked(town: &Town, nth: u32, treasurer: &Client) -> (Shelf, Shelf) {
    let party = ask!(
        town,
        treasurer,
        register_party,
        RegisterPartyRequest {
            title: format!("Bakery of home {nth}"),
            kind: v1::PartyKind::Business.into(),
        }
    );
    let party = short(&town.yes(party).unwrap().name);
    let vouchers = ask!(
        town,
        treasurer,
        pledge_offer,
        PledgeOfferRequest {
            party: party.clone(),
            title: "thank-you voucher".to_owned(),
            face_value_pence: 100,
            quantity: STOCK,
            valid_until: today().plus(300).to_string(),
        }
    );
    let gift = ask!(
        town,
        treasurer,
        receive_in_kind,
        ReceiveInKindRequest {
            party,
            title: "loaves".to_owned(),
            quantity: STOCK,
            valuation_pence: 100,
        }
    );
    let shelf = |receipt| {
        let name = short(&town.yes(receipt).unwrap().name);
        Shelf { name, stock: STOCK, ..Shelf::default() }
    };
    (shelf(vouchers), shelf(gift))
}

/// More than anybody uses up.
const STOCK: i64 = 100_000;
/// Below this nobody can promise, by the policy.
pub(crate) const FLOOR: i64 = 720;
/// Nobody gives more on one day, by the policy.
pub(crate) const DAY_CAP: i64 = 1_440;

/// A name from the kind on: requests take it so.
pub(crate) fn short(name: &str) -> String {
    name.splitn(3, '/').nth(2).unwrap_or(name).to_owned()
}
