//! Co-ops, their officers and their policies.

use std::sync::PoisonError;

use ledger_core::{Actor, CoopName, Event, OfficerId, VoucherBasis};
use ledger_proto::{
    api::{self, name},
    v1,
};

use super::{Service, pages::Pages};
use crate::error::Error;

/// What an exchange of hours for vouchers risks, in a sentence.
const EXCHANGE_RISK: &str = "Hours that are exchanged for vouchers may count as earnings for benefits, and may turn a \
     volunteer into a worker. Take advice, and tell the members before the first exchange.";

pub(super) async fn adopt_policy(
    service: &Service,
    request: v1::AdoptPolicyRequest,
) -> Result<v1::AdoptPolicyResponse, Error> {
    let (answer, receipt) = service.write(v1::write::Request::AdoptPolicy(request)).await?;
    let warning = if let Event::PolicyAdopted { policy, .. } = &answer.entry.event
        && matches!(policy.voucher_basis, VoucherBasis::Exchange { price: _ })
    {
        EXCHANGE_RISK
    } else {
        ""
    };
    Ok(v1::AdoptPolicyResponse { receipt: Some(receipt), warning: warning.to_owned() })
}

pub(super) fn list(
    service: &Service,
    request: v1::ListCoopsRequest,
) -> Result<v1::ListCoopsResponse, Error> {
    let pages = Pages::of(request.page, "coops")?;
    let directory = service.ground.directory.read().unwrap_or_else(PoisonError::into_inner);
    let mut coops: Vec<(&CoopName, v1::Coop)> = Vec::new();
    let heard = |coop: &CoopName| service.caller.within(coop).is_ok();
    for (coop, (_, published)) in directory.served.iter().filter(|(coop, _)| heard(coop)) {
        let view = published.look();
        if view.state().coop().is_some() {
            coops.push((
                coop,
                v1::Coop {
                    name: name::coop(coop),
                    position: api::position(view.state().head()),
                    member_count: i64::try_from(view.state().members().len()).unwrap_or(i64::MAX),
                    not_served: String::new(),
                },
            ));
        }
    }
    for (coop, why) in directory.lost.iter().filter(|(coop, _)| heard(coop)) {
        coops.push((
            coop,
            v1::Coop {
                name: name::coop(coop),
                position: 0,
                member_count: 0,
                not_served: why.to_string(),
            },
        ));
    }
    coops.sort_by_key(|(one, _)| *one);
    let rows = (1_u64..).zip(coops.into_iter().map(|(_, coop)| coop));
    let (coops, next_page_token) = pages.take(rows, ledger_core::Position::START);
    Ok(v1::ListCoopsResponse { coops, next_page_token })
}

pub(super) async fn policy(
    service: &Service,
    request: v1::GetPolicyRequest,
) -> Result<v1::GetPolicyResponse, Error> {
    let found = service.find(request.context).await?;
    let ledger = found.ledger(service).await?;
    let policies = ledger.policies();
    let policy = if request.version == 0 {
        policies.last()
    } else {
        policies.iter().find(|policy| i64::from(policy.version) == request.version)
    };
    let policy = policy.ok_or(Error::PolicyNotFound(request.version))?;
    Ok(v1::GetPolicyResponse {
        policy: Some(api::policy(policy)),
        position: api::position(ledger.head()),
    })
}

pub(super) async fn officers(
    service: &Service,
    request: v1::ListOfficersRequest,
) -> Result<v1::ListOfficersResponse, Error> {
    let pages = Pages::of(request.page, "officers")?;
    let found = service.find(request.context).await?;
    let ledger = found.ledger(service).await?;
    // Who holds an office is not personal; by which number they are a member is.
    let rows = ledger.officers().iter().enumerate().filter_map(|(index, officer)| {
        let id = OfficerId::at(index)?;
        let member = officer.member;
        let member = member.filter(|member| found.sees.shows(*member));
        Some((
            u64::from(id.get()),
            v1::Officer {
                name: name::officer(&found.coop, id),
                role: officer.role.code(),
                member: member.map(|id| name::member(&found.coop, id)).unwrap_or_default(),
                in_office: !officer.ended,
            },
        ))
    });
    let head = ledger.head();
    let (officers, next_page_token) = pages.take(rows, head);
    let position = api::position(head);
    Ok(v1::ListOfficersResponse { officers, next_page_token, position })
}

/// Who an actor is, by name. Nobody, where time or the server's operator acted.
pub(super) fn actor(coop: &CoopName, actor: Actor) -> String {
    match actor {
        Actor::Member(member) => name::member(coop, member),
        Actor::Officer(officer) => name::officer(coop, officer),
        Actor::Bearer | Actor::Timer | Actor::Operator => String::new(),
    }
}
