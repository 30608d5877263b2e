//! A folder with everything in it, and everything that can be asked of a server on it.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use ledger_client::{Client, Error};
use ledger_core::{CoopName, Timestamp};
use ledger_proto::v1::{self, Scope, read_context::AsOf};
use ledger_server::{Clock, House, LogOptions};

use super::{named, names};
use crate::{
    guards::copy,
    harness::{COOP, HOUR, NOON, Town, reason, run, say},
    log_contract::small,
    packs::packed,
    tokens::{app, made, with_secrets},
};

/// What was asked, and what came of it.
pub(super) type Answers = BTreeMap<String, String>;

/// What is said where the server does not start.
pub(super) const REFUSED: &str = "refused";
/// When all is asked.
const LATER: i64 = NOON + 3 * HOUR;
const OTHER: &str = "golcar";
/// So many gifts fill some segments, and some pages.
const GIFTS: usize = 700;

fn options() -> LogOptions {
    LogOptions { volume_bytes: 40_000, ..small() }
}

fn client_of<'a>(town: &Town, coop: &str, token: impl Into<Option<&'a str>>) -> Client {
    town.client_of(coop, token.into())
}

/// Fills a folder: with closed volumes and an open one, two co-ops, names, notes, tokens, looks, checkpoints, snapshots, pages
/// and a backup. It is left twice: as a kill leaves it, and as a stop does. What else who asks must know lies beside it.
pub(super) async fn filled(stopped: &Path, killed: &Path) {
    let mut town = with_secrets().await;
    town.stop().await;
    town.log = options();
    town.start().await.unwrap();
    let rota = made(&town, app(COOP, &[Scope::MembersRead, Scope::CardsRead])).await;
    made(&town, app(COOP, &[Scope::StoreRead])).await;
    let code = town.ok(say::issue(1, 3)).await.voucher_code;
    let bearer = client_of(&town, COOP, &*rota);
    look(&bearer, 1).await.unwrap();
    town.ok(say::open_fund("General", "")).await;
    town.ok(say::represent(4, 1, v1::Powers::Act)).await;
    let golcar = client_of(&town, OTHER, town.token());
    let context = Some(v1::WriteContext { coop: golcar.coop(), ..town.by("") });
    golcar.found_coop(v1::FoundCoopRequest { context, policy: None }).await.unwrap();
    let context = Some(v1::WriteContext { coop: golcar.coop(), ..town.by("officers/1") });
    golcar.enrol_member(v1::EnrolMemberRequest { context, ..named("Zoe") }).await.unwrap();
    for _ in 0..GIFTS / 100 {
        let write = || {
            let context = Some(town.by("officers/1"));
            let request = v1::ReceiveCashRequest { context, ..say::receive(1, 3) };
            v1::Write { request: Some(v1::write::Request::ReceiveCash(request)) }
        };
        let writes = (0..100).map(|_| write()).collect();
        town.client().submit_batch(v1::SubmitBatchRequest { writes }).await.unwrap();
    }
    packed(&town.dir.path().join("log"), 1);
    town.clock.set(Timestamp::from_unix_ms(LATER));
    look(&bearer, 2).await.unwrap();
    // Whatever falls due by then comes before this.
    let asked = v1::EnrolMemberRequest { context: Some(town.by("officers/1")), ..named("Ann") };
    town.ok(asked.clone()).await;
    let data = town.dir.path().to_owned();
    let to = stopped.with_file_name("backup");
    let create = ledger_server::Backup::Create { data: data.clone(), to };
    ledger_server::backup(&create, &mut |_| {}).await.unwrap();
    // With it, both were signed.
    let request = asked.context.unwrap().request_id;
    let beside = [town.token(), &rota, &code, &request].join("\n");
    fs::write(stopped.with_file_name("known"), beside).unwrap();
    // Looks are written down within a second, or when somebody asks for them.
    let looks = v1::ListLooksRequest { coop: bearer.coop(), member: say::member(1), page: None };
    town.client().list_looks(looks).await.unwrap();
    for whole in [killed, stopped] {
        copy(&data, whole);
        // Nobody reads it but those who call.
        fs::remove_file(whole.join("operator.token")).unwrap();
        town.stop().await;
    }
}

async fn look(client: &Client, member: u32) -> Result<v1::GetMemberResponse, Error> {
    let member = say::member(member);
    client.get_member(v1::GetMemberRequest { context: Some(client.read_context()), member }).await
}

/// In a process of its own: starts on a folder, asks everything, and again after another start; says what it heard.
/// Something may befall the folder once the server has started there.
pub(super) async fn twice(folder: &Path, meanwhile: impl Fn(&Path)) {
    let known = fs::read_to_string(folder.join("../../known")).unwrap();
    let known: Vec<&str> = known.lines().collect();
    // The town takes its folder with it when it goes: it must be its own.
    let dir = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
    fs::remove_dir(dir.path()).unwrap();
    fs::rename(folder, dir.path()).unwrap();
    fs::write(dir.path().join("operator.token"), known[0]).unwrap();
    let mut town = Town::stopped(dir, Clock::by_hand(Timestamp::from_unix_ms(LATER)));
    town.log = options();
    for start in 0..2 {
        println!("\nstart");
        if let Err(error) = town.start().await {
            println!("\nanswer\t{REFUSED}\t{}", error.to_string().replace('\n', " "));
            continue;
        }
        if start == 0 {
            meanwhile(town.dir.path());
        }
        for (question, answer) in everything(&town, &known).await {
            println!("\nanswer\t{question}\t{answer}");
        }
        town.stop().await;
    }
}

/// Reads what such a process has said, start by start.
pub(super) fn read(said: &str) -> Vec<Answers> {
    let mut starts = Vec::new();
    for line in said.lines() {
        if line == "start" {
            starts.push(Answers::new());
        }
        let mut words = line.split('\t');
        if let (Some("answer"), Some(question), Some(answer), Some(starts)) =
            (words.next(), words.next(), words.next(), starts.last_mut())
        {
            starts.insert(question.to_owned(), answer.to_owned());
        }
    }
    starts
}

fn short(answer: &Result<String, Error>) -> String {
    match answer {
        Ok(answer) => {
            let mut hasher = DefaultHasher::new();
            answer.hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        }
        Err(error) => reason(error),
    }
}

fn shown(answer: Result<impl std::fmt::Debug, Error>) -> Result<String, Error> {
    answer.map(|answer| format!("{answer:?}"))
}

async fn everything(town: &Town, known: &[&str]) -> Answers {
    let mut answers = Answers::new();
    // First, since who asks is noted, too.
    for member in [1, 2] {
        let looks = looks(town, member).await;
        answers.insert(format!("looks at {member}"), short(&looks));
    }
    for (coop, members) in [(COOP, 1..=5), (OTHER, 1..=1)] {
        let client = client_of(town, coop, town.token());
        for (question, answer) in of_a_coop(&client).await {
            answers.insert(format!("{coop} {question}"), short(&answer));
        }
        for member in members {
            for (question, answer) in of_a_member(&client, &say::member(member)).await {
                answers.insert(format!("{coop} {member} {question}"), short(&answer));
            }
        }
        answers.insert(format!("{coop} history"), short(&history(&client).await));
        answers.insert(format!("{coop} signed"), signed(town.house(), coop));
    }
    let tokens = v1::ListTokensRequest { coop: town.client().coop(), page: None };
    let tokens = town.client().list_tokens(tokens).await.map(|mut listed| {
        // When they were last used is kept now and then.
        listed.tokens.iter_mut().for_each(|token| token.last_use_time = None);
        listed
    });
    answers.insert("tokens".to_owned(), short(&shown(tokens)));
    let bearer = client_of(town, COOP, known[1]);
    answers.insert("the rota's token".to_owned(), short(&shown(look(&bearer, 2).await)));
    let redeem = v1::RedeemVoucherRequest {
        context: Some(v1::WriteContext { validate_only: true, ..town.by("") }),
        ..say::redeem(known[2])
    };
    let redeemed = town.client().redeem_voucher(redeem).await;
    answers.insert("a voucher's code".to_owned(), short(&shown(redeemed)));
    let context = v1::WriteContext { request_id: known[3].to_owned(), ..town.by("officers/1") };
    let again = v1::EnrolMemberRequest { context: Some(context), ..named("Ann") };
    let again = town.client().enrol_member(again).await;
    answers.insert("the same request again".to_owned(), short(&shown(again)));
    let made = town.house().last_backup();
    answers.insert("the last backup".to_owned(), format!("{made:?}"));
    answers
}

async fn looks(town: &Town, member: u32) -> Result<String, Error> {
    let (coop, member) = (town.client().coop(), say::member(member));
    let request = v1::ListLooksRequest { coop, member, page: None };
    let looks = town.client().list_looks(request).await?.looks;
    // Those of this very moment are ours.
    let before = |look: &v1::Look| look.look_time.unwrap().seconds * 1_000 < LATER;
    Ok(format!("{:?}", looks.into_iter().filter(before).collect::<Vec<_>>()))
}

type Asked = Vec<(String, Result<String, Error>)>;

macro_rules! ask {
    ($client:ident, $said:ident: $($method:ident $request:ident { $($field:ident: $value:expr),* })*) => {
        $(
            let request = v1::$request {
                context: Some($client.read_context()),
                $($field: $value,)*
                ..v1::$request::default()
            };
            $said.push((stringify!($method).to_owned(), shown($client.$method(request).await)));
        )*
    };
}

#[allow(clippy::needless_update, reason = "one line for requests with and without other fields")]
async fn of_a_coop(client: &Client) -> Asked {
    let mut said = Asked::new();
    ask! { client, said:
        get_policy GetPolicyRequest {}
        list_officers ListOfficersRequest {}
        list_members ListMembersRequest {}
        list_representatives ListRepresentativesRequest {}
        list_parties ListPartiesRequest {}
        list_pending_hours ListPendingHoursRequest {}
        list_balances ListBalancesRequest {}
        list_exchanges ListExchangesRequest {}
        list_respite ListRespiteRequest {}
        list_vouchers ListVouchersRequest {}
        list_offers ListOffersRequest {}
        get_store_totals GetStoreTotalsRequest {}
    }
    for position in [40, 300, 600] {
        let as_of = Some(AsOf::AsOfPosition(position));
        let context = Some(v1::ReadContext { as_of, ..client.read_context() });
        let totals = client.get_store_totals(v1::GetStoreTotalsRequest { context }).await;
        // Of a short log that is no answer, and says so each time.
        said.push((format!("totals as of {position}"), shown(totals)));
    }
    let inclusion =
        v1::ProveInclusionRequest { coop: client.coop(), position: 2, ..Default::default() };
    said.push(("inclusion".to_owned(), shown(client.unchecked().prove_inclusion(inclusion).await)));
    said
}

#[allow(clippy::needless_update, reason = "one line for requests with and without other fields")]
async fn of_a_member(client: &Client, member: &str) -> Asked {
    let mut said = Asked::new();
    let member = || member.to_owned();
    ask! { client, said:
        get_member GetMemberRequest { member: member() }
        get_statement GetStatementRequest { member: member() }
    }
    said
}

/// Every entry, byte by byte.
async fn history(client: &Client) -> Result<String, Error> {
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut stream = client.read_history(request).await?;
    let mut said = String::new();
    while let Some(answer) = stream.message().await? {
        said = format!("{said}{:?}", answer.entries);
    }
    Ok(said)
}

/// All checkpoints that stand, the keys, and whether there can be another.
fn signed(house: &House, coop: &str) -> String {
    let coop = CoopName::new(coop).unwrap();
    let all = tokio::task::block_in_place(|| {
        house.checkpoint(&coop)?;
        let notes = house.checkpoints(&coop)?;
        let notes: Vec<String> = notes.iter().map(|signed| signed.note.to_string()).collect();
        Ok::<_, ledger_server::Error>(format!("{notes:?} {:?}", house.verifier_keys(&coop)?))
    });
    match all {
        Ok(all) => short(&Ok(all)),
        Err(ledger_server::Error::Lost(_)) => "HISTORY_LOST".to_owned(),
        Err(ledger_server::Error::CannotSign(_)) => "CHECKPOINT_NOT_FOUND".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// All names, for whoever only wants to see whether the answers make sense.
#[test]
fn what_is_asked_is_answered() {
    run(async {
        let scratch = tempfile::tempdir().unwrap();
        let (stopped, killed) = (scratch.path().join("s"), scratch.path().join("k"));
        filled(&stopped, &killed).await;
        let dir = tempfile::tempdir().unwrap();
        copy(&killed, dir.path());
        let known = fs::read_to_string(scratch.path().join("known")).unwrap();
        let known: Vec<&str> = known.lines().collect();
        fs::write(dir.path().join("operator.token"), known[0]).unwrap();
        let mut town = Town::stopped(dir, Clock::by_hand(Timestamp::from_unix_ms(LATER)));
        town.log = options();
        town.start().await.unwrap();
        assert_eq!(names(&town).await.len(), 5);
        for (question, answer) in everything(&town, &known).await {
            let fine = answer.len() == 16 || answer.starts_with("Some(");
            let short_log = question.starts_with(OTHER) && answer == "POSITION_BEYOND_HEAD";
            assert!(fine || short_log, "{question}: {answer}");
        }
    });
}
