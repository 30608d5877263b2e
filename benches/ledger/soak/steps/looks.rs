//! Reads: what is told must be what this home knows, at once and as it stood then, with its proof.

use std::sync::atomic::Ordering;

use ledger_proto::v1::{self, get_receipt_request::Of, read_context::AsOf};

use super::super::home::{CARER, GIVER, Home};

/// One look or another.
pub(super) async fn some(home: &mut Home) {
    match home.chance.below(12) {
        0..3 => own(home).await,
        3..5 => statement(home).await,
        5 => everybody(home).await,
        6 => lists(home).await,
        7 => as_it_stood(home).await,
        8 => receipt(home).await,
        9 => sealed(home).await,
        10 => card(home).await,
        _ => history(home).await,
    }
}

/// A member looks at what is theirs, with their own token.
async fn own(home: &mut Home) {
    let who = home.chance.below(4) as usize;
    let person = &home.people[who];
    let context = Some(person.client.read_context());
    let request = v1::GetMemberRequest { context, member: person.name.clone() };
    let Some(answer) = home.town.read("get_member", person.client.get_member(request)).await else {
        return;
    };
    let told = answer.member.unwrap_or_default();
    let told = (told.balance_minutes, told.held_minutes);
    home.town.same(&format!("the account of {}", person.name), told, (person.balance, person.held));
}

/// The statement of this month: the account at its head, and at its end what came of the last line.
async fn statement(home: &mut Home) {
    let who = home.chance.below(4) as usize;
    let person = &home.people[who];
    let mut request = v1::GetStatementRequest {
        context: Some(person.client.read_context()),
        member: person.name.clone(),
        page: Some(v1::Page { page_size: 200, page_token: String::new() }),
        ..v1::GetStatementRequest::default()
    };
    let mut balance = 0;
    for _ in 0..5 {
        let sent = person.client.get_statement(request.clone());
        let Some(answer) = home.town.read("get_statement", sent).await else { return };
        let head = answer.balance.unwrap_or_default();
        let what = format!("the head of a statement of {}", person.name);
        home.town.same(&what, head.balance_minutes, person.balance);
        for line in &answer.lines {
            balance += line.minutes;
            home.town.same("a line of a statement", line.balance_minutes, balance);
        }
        if answer.next_page_token.is_empty() {
            let what = format!("the end of a statement of {}", person.name);
            home.town.same(&what, balance, person.balance);
            return;
        }
        request.page = Some(v1::Page { page_size: 200, page_token: answer.next_page_token });
    }
}

/// All accounts and the totals, at one position: nothing was made of nothing.
async fn everybody(home: &mut Home) {
    let at = home.town.highest.load(Ordering::SeqCst);
    let context = Some(v1::ReadContext {
        as_of: Some(AsOf::AsOfPosition(at)),
        ..home.officer.read_context()
    });
    let mut page_token = String::new();
    let (mut sum, mut held) = (0, 0);
    loop {
        let page = Some(v1::Page { page_size: 1_000, page_token });
        let request = v1::ListBalancesRequest { context: context.clone(), page };
        let sent = home.officer.list_balances(request);
        let Some(answer) = home.town.read("list_balances", sent).await else { return };
        sum += answer.balances.iter().map(|row| row.balance_minutes).sum::<i64>();
        held += answer.balances.iter().map(|row| row.held_minutes).sum::<i64>();
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let sent = home.officer.get_store_totals(v1::GetStoreTotalsRequest { context });
    let Some(totals) = home.town.read("get_store_totals", sent).await else { return };
    let time = totals.time.unwrap_or_default();
    home.town.same("what is held in all", time.held_minutes, held);
    home.town.same("all minutes", sum + held + time.pot_minutes + time.commons_minutes, 0);
}

/// What is open, and who belongs.
async fn lists(home: &mut Home) {
    let (town, officer) = (&home.town, &home.officer);
    let context = Some(officer.read_context());
    let member = home.people[CARER].name.clone();
    let page = Some(v1::Page { page_size: 50, page_token: String::new() });
    let pending = v1::ListPendingHoursRequest {
        context: context.clone(),
        member: member.clone(),
        page: page.clone(),
    };
    let waiting = town.read("list_pending_hours", officer.list_pending_hours(pending)).await;
    town.same("hours that wait", waiting.map(|answer| answer.hours.len()), Some(0));
    let respite = v1::ListRespiteRequest {
        context: context.clone(),
        member: member.clone(),
        page: page.clone(),
    };
    let promised = town.read("list_respite", officer.list_respite(respite)).await;
    town.same("promises", promised.map(|answer| answer.respite.len()), Some(0));
    let vouchers = v1::ListVouchersRequest {
        context: context.clone(),
        member: member.clone(),
        page: page.clone(),
    };
    town.read("list_vouchers", officer.list_vouchers(vouchers)).await;
    let exchanges = v1::ListExchangesRequest {
        context: context.clone(),
        giver: member,
        page: page.clone(),
        ..Default::default()
    };
    town.read("list_exchanges", officer.list_exchanges(exchanges)).await;
    let members = v1::ListMembersRequest { context, page };
    town.read("list_members", officer.list_members(members)).await;
}

/// What stood in an account behind an entry, asked for later.
async fn as_it_stood(home: &mut Home) {
    let Some((position, who, balance)) = home.kept else { return };
    let person = &home.people[who];
    let request = v1::GetStatementRequest {
        context: Some(v1::ReadContext {
            as_of: Some(AsOf::AsOfPosition(position)),
            ..person.client.read_context()
        }),
        member: person.name.clone(),
        page: Some(v1::Page { page_size: 1, page_token: String::new() }),
        ..v1::GetStatementRequest::default()
    };
    let sent = person.client.get_statement(request);
    let Some(answer) = home.town.read("get_statement as of", sent).await else { return };
    let told = answer.balance.unwrap_or_default().balance_minutes;
    home.town.same(&format!("{} as of {position}", person.name), told, balance);
}

/// The receipt of an entry, which the client checks.
async fn receipt(home: &mut Home) {
    if home.last == 0 {
        return;
    }
    let request = v1::GetReceiptRequest {
        coop: home.officer.coop(),
        of: Some(Of::Position(home.last)),
        leaf_only: home.chance.below(2) == 0,
    };
    home.town.read("get_receipt", home.officer.receipt(request)).await;
}

/// What stood in an account at the last seal, proved; before the first one it is refused.
async fn sealed(home: &mut Home) {
    let request = v1::ProveBalanceRequest {
        coop: home.officer.coop(),
        account: Some(v1::prove_balance_request::Account::Member(home.people[GIVER].name.clone())),
        seal_position: 0,
    };
    match home.town.call("prove_balance", home.officer.balance_proof(request)).await {
        Ok(_) => {}
        Err(reason) if reason == "NOT_SEALED" => {}
        Err(reason) => home.town.wrong(format!("the proof of a balance: {reason}")),
    }
}

/// Words beside the log: written by the member, and read back.
async fn card(home: &mut Home) {
    let said = format!("at the door, {}", home.chance.below(1_000));
    let person = &home.people[CARER];
    let card = v1::Card { contact: said.clone(), ..v1::Card::default() };
    let request = v1::UpdateCardRequest {
        coop: person.client.coop(),
        member: person.name.clone(),
        card: Some(card),
    };
    home.town.read("update_card", person.client.update_card(request)).await;
}

/// The newest entries, hashed and held against what is signed by the client.
async fn history(home: &mut Home) {
    let after = (home.town.highest.load(Ordering::SeqCst) - 100).max(0);
    let request = v1::ReadHistoryRequest {
        coop: home.officer.coop(),
        after_position: after,
        ..Default::default()
    };
    let read = async {
        let mut history = home.officer.read_history(request).await?;
        let mut entries = 0;
        while let Some(some) = history.entries().await? {
            entries += some.len();
        }
        Ok(entries)
    };
    let entries = home.town.read("read_history", read).await;
    if entries.is_some_and(|entries| entries < 100 && after > 0) {
        home.town.wrong(format!("a read behind {after} ends after {entries:?} entries"));
    }
}
