//! Who represents whom.

use ledger_proto::{
    api::{self, AsOf, name},
    v1,
};

use super::{Service, pages::Pages, people::filter};
use crate::error::Error;

pub(super) async fn list(
    service: &Service,
    request: v1::ListRepresentativesRequest,
) -> Result<v1::ListRepresentativesResponse, Error> {
    let pages = Pages::of(request.page, format!("representatives {}", request.member))?;
    let found = service.find(request.context).await?;
    let ledger = found.ledger(service).await?;
    let member = filter(service, &found, &ledger, ("member", &request.member))?;
    let at = match found.read.as_of {
        AsOf::Now => ledger.stamp(service.ground.clock.reading()),
        AsOf::Time(time) => time,
        AsOf::Position(_) | AsOf::Day { day: _, known: _ } => ledger.recorded_at(),
    };
    let mut named: Vec<_> = ledger
        .representatives()
        .filter(|(representative, of, _)| {
            let theirs = found.sees.shows(*of) || found.sees.is_own(*representative);
            theirs && member.is_none_or(|member| [*representative, *of].contains(&member))
        })
        .collect();
    named.sort_unstable_by_key(|(_, _, said)| said.named_at);
    let head = ledger.head();
    let rows = named.into_iter().map(|(representative, of, said)| {
        let row = v1::Representative {
            member: name::member(&found.coop, of),
            representative: name::member(&found.coop, representative),
            mandate: said.mandate.code(),
            powers: said.powers.code(),
            until: said.until.map(|until| until.to_string()).unwrap_or_default(),
            in_force: ledger.represents(representative, of, at).is_some(),
            named_position: api::position(said.named_at),
        };
        (said.named_at.get(), row)
    });
    let (representatives, next_page_token) = pages.take(rows, head);
    let position = api::position(head);
    Ok(v1::ListRepresentativesResponse { representatives, next_page_token, position })
}
