//! Who has looked at a person, for that person to see.

use std::sync::Arc;

use ledger_core::{Actor, CoopName, Position, Timestamp};
use ledger_proto::{
    api::{self, name},
    v1,
};

use super::{Service, pages::Pages, prover::on_a_thread};
use crate::{error::Error, looks::Look};

pub(super) async fn list(
    service: &Service,
    request: v1::ListLooksRequest,
) -> Result<v1::ListLooksResponse, Error> {
    let pages = Pages::of(request.page, format!("looks {}", request.member))?;
    let coop = name::parse_coop("coop", &request.coop)?;
    let member = name::parse_member("member", &coop, &request.member)?;
    let (log, published) = service.coop(&coop)?;
    service.whose((log, &service.sees(&published)), Some(member))?;
    published.look().state().member(member)?;
    let looks = Arc::clone(&service.ground.looks);
    let found = on_a_thread(move || looks.at(log, member)).await?;
    let rows = found.into_iter().map(|(number, look)| (number, told(service, &coop, look)));
    let (looks, next_page_token) = pages.take(rows, Position::START);
    Ok(v1::ListLooksResponse { looks, next_page_token })
}

fn told(service: &Service, coop: &CoopName, look: Look) -> v1::Look {
    let Look { at, token, method, member } = look;
    let known = service.ground.auth.tokens().named(&token);
    let (officer, representative) = match known.as_ref().and_then(|token| token.stands_for()) {
        Some(Actor::Officer(officer)) => (name::officer(coop, officer), String::new()),
        // Nobody else with a member's token sees somebody else.
        Some(Actor::Member(member)) => (String::new(), name::member(coop, member)),
        Some(Actor::Bearer | Actor::Timer | Actor::Operator) | None => Default::default(),
    };
    let said = known.map(|token| token.said()).unwrap_or_default();
    v1::Look {
        look_time: Some(api::time(Timestamp::from_unix_ms(at))),
        token: if said.name.is_empty() && !token.is_empty() {
            name::token(Some(coop), &token)
        } else {
            said.name
        },
        title: said.title,
        officer,
        method,
        everybody: member.is_none(),
        representative,
    }
}
