//! What is told of the sample, to a person: a few people, the Store, and what to try next. Asked of the API itself.

use std::{net::SocketAddr, path::Path};

use ledger_core::CoopName;
use ledger_proto::{
    api::name,
    v1::{
        self, Hat, members_service_server::MembersService, respite_service_server::RespiteService,
        store_service_server::StoreService, time_bank_service_server::TimeBankService,
    },
};
use tonic::{Request, Status};

use super::names::WELSH;
use crate::{error::Error, grpc::Service};

/// So many people, and then some, are asked for in one page.
const EVERYBODY: i32 = 1_000;

/// Whom the person at the screen can try things with.
pub(super) struct Cast {
    /// Somebody whose statement is worth a look.
    pub(super) giver: v1::Member,
    /// A carer who can ask for respite.
    pub(super) carer: v1::Member,
}

/// A few people and the Store, as the API answers.
pub(super) async fn ledger(service: &Service, coop: &CoopName) -> Result<(String, Cast), Error> {
    let context = || Some(v1::ReadContext { coop: name::coop(coop), ..v1::ReadContext::default() });
    let page = Some(v1::Page { page_size: EVERYBODY, page_token: String::new() });
    let asked = v1::ListMembersRequest { context: context(), page: page.clone() };
    let members =
        service.list_members(Request::new(asked)).await.map_err(|status| answered(&status))?;
    let members = members.into_inner().members;
    let asked = v1::GetStoreTotalsRequest { context: context() };
    let totals =
        service.get_store_totals(Request::new(asked)).await.map_err(|status| answered(&status))?;
    let asked = v1::ListRespiteRequest {
        context: context(),
        page: page.clone(),
        ..v1::ListRespiteRequest::default()
    };
    let respite =
        service.list_respite(Request::new(asked)).await.map_err(|status| answered(&status))?;
    let asked = v1::ListPendingHoursRequest {
        context: context(),
        page,
        ..v1::ListPendingHoursRequest::default()
    };
    let pending = service
        .list_pending_hours(Request::new(asked))
        .await
        .map_err(|status| answered(&status))?;

    let (people, cast) = people(&members)?;
    let mut text = people;
    store(&mut text, totals.get_ref());
    let (respite, pending) = (&respite.get_ref().respite, &pending.get_ref().hours);
    let open = format!(
        "\nStill open: respite promised in the coming weeks, {}; visits that wait for another person's word, {}.\n",
        respite.len(),
        pending.len(),
    );
    text.push_str(&open);
    Ok((text, cast))
}

fn answered(status: &Status) -> Error {
    Error::Internal(status.message().to_owned())
}

/// One of each: who has given the most, whoever waits for respite, who reads Welsh, who is helped, who works there.
fn people(members: &[v1::Member]) -> Result<(String, Cast), Error> {
    let active = || members.iter().filter(|member| member.standing() == v1::Standing::Active);
    let wears = |hat: Hat| move |member: &&v1::Member| member.hats.contains(&hat.into());
    let giver =
        active().filter(wears(Hat::CommunityVolunteer)).max_by_key(|member| member.balance_minutes);
    let carer = active()
        .filter(wears(Hat::FamilyCarer))
        .max_by_key(|member| (member.held_minutes > 0, member.available_minutes));
    let (Some(giver), Some(carer)) = (giver, carer) else {
        return Err(Error::Internal("there is nobody to show".to_owned()));
    };
    let few = [
        Some(giver),
        active().filter(wears(Hat::CommunityVolunteer)).nth(12),
        Some(carer),
        active().find(|member| member.display_name == WELSH),
        active().filter(wears(Hat::FamilyCarer)).min_by_key(|member| member.balance_minutes),
        active().find(wears(Hat::ServiceUser)),
    ];
    let mut shown: Vec<&v1::Member> = Vec::new();
    for member in few.into_iter().flatten() {
        if shown.iter().all(|other| other.name != member.name) {
            shown.push(member);
        }
    }
    let cell = |member: &v1::Member| {
        let Hats(hats) = Hats::of(member);
        (member.number.clone(), member.display_name.clone(), hats)
    };
    let wide = shown.iter().map(|member| cell(member).2.chars().count()).max().unwrap_or(0);
    let mut text = format!("A few of its {} members\n\n", active().count());
    let mut rows = vec![(
        (String::from("number"), String::from("name"), String::new()),
        ["balance".to_owned(), "held".to_owned(), "can still promise".to_owned()],
    )];
    rows.extend(shown.iter().map(|member| {
        let amounts = [member.balance_minutes, member.held_minutes, member.available_minutes];
        (cell(member), amounts.map(hours))
    }));
    for ((number, name, hats), [balance, held, available]) in rows {
        let line =
            format!("  {number:<8}{name:<22}{hats:<wide$}{balance:>15}{held:>13}{available:>19}\n");
        text.push_str(&line);
    }
    Ok((text, Cast { giver: giver.clone(), carer: carer.clone() }))
}

/// Hats, in words.
struct Hats(String);

impl Hats {
    fn of(member: &v1::Member) -> Self {
        let words = member.hats().map(|hat| match hat {
            Hat::ServiceUser => "service user",
            Hat::FamilyCarer => "family carer",
            Hat::CommunityVolunteer => "volunteer",
            Hat::Staff => "staff",
            Hat::Supporter => "supporter",
            Hat::Unspecified => "",
        });
        Self(words.collect::<Vec<_>>().join(", "))
    }
}

/// The three units, side by side and never added up.
fn store(text: &mut String, totals: &v1::GetStoreTotalsResponse) {
    let mut rows = Vec::new();
    if let Some(time) = &totals.time {
        rows.push(("Time", hours(time.in_minutes), "given".to_owned()));
        rows.push(("", hours(time.out_minutes), "of respite delivered".to_owned()));
        rows.push(("", hours(time.held_minutes), "held for promises".to_owned()));
        rows.push(("", hours(time.pot_minutes), "in the community pot".to_owned()));
    }
    if let Some(cash) = &totals.cash {
        rows.push(("Cash", pounds(cash.in_pence), "received".to_owned()));
        rows.push(("", pounds(cash.out_pence), "spent; what is left:".to_owned()));
        for fund in &cash.funds {
            let only = match fund.purpose.as_str() {
                "" => String::new(),
                purpose => format!(", only for {purpose}"),
            };
            rows.push(("", pounds(fund.balance_pence), format!("  {}{only}", fund.title)));
        }
    }
    if let Some(kind) = &totals.kind {
        let worth = pounds(kind.valued_pence);
        let beside = format!("things given, reckoned to be worth {worth}, beside the cash");
        rows.push(("In kind", count(kind.in_items), beside));
        rows.push(("", count(kind.out_items), "of them used".to_owned()));
    }
    if let Some(vouchers) = &totals.vouchers {
        let v1::VoucherTotals { issued, redeemed, open, lapsed, cancelled, .. } = *vouchers;
        rows.push(("Vouchers", count(issued), "issued, as a thank-you".to_owned()));
        let rest = format!("redeemed; {open} open, {lapsed} lapsed, {cancelled} cancelled");
        rows.push(("", count(redeemed), rest));
    }
    text.push_str("\nThe Care Store\n\n");
    let lines =
        rows.into_iter().map(|(unit, amount, what)| format!("  {unit:<9}{amount:>15}  {what}\n"));
    text.extend(lines);
}

/// What to try next.
pub(super) fn next(
    at: SocketAddr,
    token: &Path,
    coop: &CoopName,
    (cast, day): (&Cast, &str),
) -> String {
    let token = token.canonicalize().unwrap_or_else(|_| token.to_owned());
    let token = token.display().to_string().replace('\'', "'\\''");
    let (giver, carer) = (&cast.giver, &cast.carer);
    format!(
        "Serving on http://{at} until you press Ctrl-C.\n\
         To try it, open another terminal in this same folder and paste:\n\
         \n  \
           export CARESTORE_SERVER=http://{at} CARESTORE_COOP={coop}\n  \
           export CARESTORE_TOKEN_FILE='{token}'\n  \
           alias carestore='cargo run --quiet --release --bin carestore --'\n\
         \n\
         and then any of these (the first builds the program, which takes a while):\n\
         \n  \
           carestore balances                          what stands in each account\n  \
           carestore statement {giver_number:<24}{giver_name}, line by line\n  \
           carestore store totals                      time, cash and kind, side by side\n  \
           carestore respite list                      who rests in the coming weeks\n  \
           carestore respite ask --carer {carer_number} --minutes 2h --date {day} --start 14:00\n  \
           {blank:<44}{carer_name} would like a break\n  \
           carestore receipt balance {giver_number} --out proof.txt\n  \
           {blank:<44}what stood there when the last month ended, proved\n  \
           carestore receipt verify proof.txt          checks that proof, even without this server\n  \
           carestore history watch                     every entry, and each new one as it comes\n  \
           carestore --help                            everything else\n\
         \n\
         Without those exports, each takes flags:\n\
         \n  \
           carestore --server http://{at} --token-file FILE --coop {coop} balances\n",
        giver_number = giver.number,
        giver_name = giver.display_name,
        carer_number = carer.number,
        carer_name = carer.display_name,
        blank = "",
    )
}

/// Minutes, as people say them.
fn hours(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    match (hours, rest) {
        (0, rest) => format!("{sign}{rest} min"),
        (hours, 0) => format!("{sign}{} h", grouped(hours)),
        (hours, rest) => format!("{sign}{} h {rest} min", grouped(hours)),
    }
}

fn pounds(pence: i64) -> String {
    let sign = if pence < 0 { "-" } else { "" };
    let pence = pence.unsigned_abs();
    format!("{sign}£{}.{:02}", grouped(pence / 100), pence % 100)
}

fn count(number: i64) -> String {
    grouped(number.unsigned_abs())
}

/// A number with a comma after each thousand.
pub(super) fn grouped(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}
