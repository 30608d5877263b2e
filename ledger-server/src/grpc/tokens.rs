//! Tokens: made, listed, ended.

use std::sync::Arc;

use ledger_core::{CoopName, OfficerId, Position, Rejection, Role};
use ledger_proto::{
    api::{self, Bearer, name},
    v1,
};

use super::{Service, pages::Pages};
use crate::error::Error;

pub(super) async fn create(
    service: &Service,
    request: v1::CreateTokenRequest,
) -> Result<v1::CreateTokenResponse, Error> {
    let asked = api::parse_token_asked(&request)?;
    known(service, asked.coop.as_ref(), &asked.bearer)?;
    let (auth, now) = (Arc::clone(&service.ground.auth), service.ground.clock.reading());
    let made = tokio::task::spawn_blocking(move || auth.tokens().create(asked, now));
    let (token, secret) = made.await.map_err(Error::internal)??;
    tracing::info!(token = token.id, "a token was made");
    Ok(v1::CreateTokenResponse { token: Some(token.said()), secret })
}

/// Refuses a token for a co-op or a person that is not there, or for an office that they do not hold.
fn known(service: &Service, coop: Option<&CoopName>, bearer: &Bearer) -> Result<(), Error> {
    let Some(coop) = coop else { return Ok(()) };
    let (_, published) = service.coop(coop)?;
    let view = published.look();
    let holds = |officer: OfficerId, role: Option<Role>| -> Result<(), Error> {
        let found = view.state().officer(officer)?;
        if found.ended {
            return Err(Rejection::OfficerEnded { officer }.into());
        }
        if role.is_some_and(|role| role != found.role) {
            return Err(Rejection::OfficersOnly.into());
        }
        Ok(())
    };
    match bearer {
        Bearer::Member(member) => view.state().member(*member).map(drop).map_err(Error::from),
        Bearer::Coordinator(officer) => holds(*officer, Some(Role::Coordinator)),
        Bearer::Treasurer(officer) => holds(*officer, Some(Role::Treasurer)),
        Bearer::App { scopes: _, officer: Some(officer), members: _ } => holds(*officer, None),
        Bearer::App { scopes: _, officer: None, members: _ }
        | Bearer::Auditor(_)
        | Bearer::Operator => Ok(()),
    }
}

pub(super) async fn revoke(
    service: &Service,
    request: v1::RevokeTokenRequest,
) -> Result<v1::RevokeTokenResponse, Error> {
    let (coop, id) = name::parse_token("name", &request.name)?;
    let (auth, now) = (Arc::clone(&service.ground.auth), service.ground.clock.reading());
    let ended = tokio::task::spawn_blocking(move || auth.tokens().revoke(coop.as_ref(), &id, now));
    let token = ended.await.map_err(Error::internal)??;
    tracing::info!(token = token.id, "a token was revoked");
    Ok(v1::RevokeTokenResponse { token: Some(token.said()) })
}

pub(super) fn list(
    service: &Service,
    request: v1::ListTokensRequest,
) -> Result<v1::ListTokensResponse, Error> {
    let pages = Pages::of(request.page, format!("tokens {}", request.coop))?;
    let coop = match request.coop.as_str() {
        "" => None,
        coop => Some(name::parse_coop("coop", coop)?),
    };
    if let Some(coop) = &coop {
        service.coop(coop)?;
    }
    let tokens = service.ground.auth.tokens().of(coop.as_ref());
    let rows = (1_u64..).zip(tokens.iter().map(|token| token.said()));
    let (tokens, next_page_token) = pages.take(rows, Position::START);
    Ok(v1::ListTokensResponse { tokens, next_page_token })
}
