//! Members, and the organisations that give in kind.

use std::sync::Arc;

use ledger_core::{CoopName, Member, MemberId, PartyId, Standing, State};
use ledger_proto::{
    api::{self, name},
    v1,
};

use super::{Found, Service, pages::Pages};
use crate::{
    access::Sees,
    cards::Card,
    error::Error,
    log::{LogError, LogId},
    views::{Line, Moment, View},
};

/// What stands in a member's account at a moment.
pub(super) fn balance(
    coop: &CoopName,
    view: &View,
    member: &Member,
    moment: Moment,
) -> Result<v1::MemberBalance, Error> {
    let balance_minutes = view.at(Line::Own(member.id), moment)?;
    let floor = floor(view, moment);
    Ok(v1::MemberBalance {
        name: name::member(coop, member.id),
        number: member.id.label(),
        r#ref: member.reference.as_ref().map(ToString::to_string).unwrap_or_default(),
        balance_minutes,
        held_minutes: view.at(Line::Held(member.id), moment)?,
        available_minutes: balance_minutes.saturating_sub(floor),
    })
}

/// The floor that was in force at a moment. A day is judged by the newest policy that is known.
fn floor(view: &View, moment: Moment) -> i64 {
    let mut policies = view.state().policies().iter().rev();
    let policy = policies.find(|policy| policy.adopted_at <= moment.known());
    policy.map_or(0, |policy| policy.values.floor_minutes)
}

/// Members whose enrolment is known at a moment.
pub(super) fn enrolled(view: &View, moment: Moment) -> &[Member] {
    let members = view.state().members();
    let known = members.partition_point(|member| {
        view.enrolled_at(member.id).is_some_and(|enrolled| enrolled <= moment.known())
    });
    members.get(..known).unwrap_or_default()
}

fn row(
    service: &Service,
    found: &Found,
    view: &View,
    (member, moment): (&Member, Moment),
) -> Result<(v1::Member, v1::Card), Error> {
    let card = if service.caller.reads_cards() {
        service.ground.cards.member(found.log, member.id)?
    } else {
        v1::Card::default()
    };
    let v1::MemberBalance {
        name,
        number: label,
        r#ref,
        balance_minutes,
        held_minutes,
        available_minutes,
    } = balance(&found.coop, view, member, moment)?;
    let standing = match member.standing {
        Standing::Active => v1::Standing::Active,
        Standing::Suspended => v1::Standing::Suspended,
        Standing::Left => v1::Standing::Left,
    };
    let row = v1::Member {
        name,
        number: label,
        r#ref,
        hats: member.hats.iter().map(|hat| hat.code()).collect(),
        standing: standing.into(),
        joined_on: member.joined_on.to_string(),
        display_name: card.display_name.clone(),
        balance_minutes,
        held_minutes,
        available_minutes,
        revision: api::position(member.revision),
    };
    Ok((row, card))
}

pub(super) async fn get(
    service: &Service,
    request: v1::GetMemberRequest,
) -> Result<v1::GetMemberResponse, Error> {
    let found = service.find(request.context).await?;
    let (member, moment) = {
        let key = name::parse_member_key("member", &found.coop, &request.member)?;
        let (ledger, moment) = found.recorded(service, None).await?;
        let id = match key {
            name::MemberKey::Number(id) => id,
            name::MemberKey::Reference(reference) => {
                let known = ledger.by_reference(&reference);
                // Whether another has this reference is nobody else's business.
                let known = known.filter(|member| found.sees.shows(*member));
                known.ok_or(Error::ReferenceNotFound(reference))?
            }
        };
        service.whose((found.log, &found.sees), Some(id))?;
        (ledger.member(id)?.clone(), moment)
    };
    let view = found.published.look();
    let (member, card) = row(service, &found, &view, (&member, moment))?;
    let position = api::position(view.state().head());
    Ok(v1::GetMemberResponse { member: Some(member), card: Some(card), position })
}

pub(super) async fn list(
    service: &Service,
    request: v1::ListMembersRequest,
) -> Result<v1::ListMembersResponse, Error> {
    let pages = Pages::of(request.page, "members")?;
    let found = service.find(request.context).await?;
    service.whose((found.log, &found.sees), None)?;
    let (members, next_page_token, head, moment) = {
        let (ledger, moment) = found.recorded(service, pages.began()).await?;
        let head = ledger.head();
        let rows = ledger.members().iter().map(|member| (u64::from(member.id.get()), member));
        let (members, next_page_token) = pages.take(rows, head);
        (members.into_iter().cloned().collect::<Vec<_>>(), next_page_token, head, moment)
    };
    let view = found.published.look();
    let members = members
        .iter()
        .map(|member| Ok(row(service, &found, &view, (member, moment))?.0))
        .collect::<Result<_, Error>>()?;
    let position = api::position(pages.position(head));
    Ok(v1::ListMembersResponse { members, next_page_token, position })
}

pub(super) async fn parties(
    service: &Service,
    request: v1::ListPartiesRequest,
) -> Result<v1::ListPartiesResponse, Error> {
    let pages = Pages::of(request.page, "parties")?;
    let found = service.find(request.context).await?;
    let (ledger, _) = found.recorded(service, pages.began()).await?;
    let head = ledger.head();
    let rows = ledger.parties().iter().enumerate().filter_map(|(index, party)| {
        let id = PartyId::at(index)?;
        Some((
            u64::from(id.get()),
            v1::Party {
                name: name::party(&found.coop, id),
                title: party.title.to_string(),
                kind: party.kind.code(),
            },
        ))
    });
    let (parties, next_page_token) = pages.take(rows, head);
    Ok(v1::ListPartiesResponse { parties, next_page_token, position: api::position(head) })
}

/// The member of a card, and the log of their co-op; and whom whoever calls sees of it.
fn whose(service: &Service, coop: &str, member: &str) -> Result<(LogId, MemberId, Sees), Error> {
    let coop = name::parse_coop("coop", coop)?;
    let (log, published) = service.coop(&coop)?;
    let member = name::parse_member("member", &coop, member)?;
    let sees = service.sees(&published);
    service.whose((log, &sees), Some(member))?;
    published.look().state().member(member)?;
    Ok((log, member, sees))
}

pub(super) async fn update_card(
    service: &Service,
    request: v1::UpdateCardRequest,
) -> Result<v1::UpdateCardResponse, Error> {
    let v1::UpdateCardRequest { coop, member, card } = request;
    let (log, member, sees) = whose(service, &coop, &member)?;
    sees.may_act_for(member)?;
    let card = api::parse_card(card)?;
    if card == v1::Card::default() {
        // That is to erase it.
        sees.is_in_person(member)?;
    }
    service.ground.room.look()?;
    let cards = Arc::clone(&service.ground.cards);
    on_disk(move || cards.put(&[(log, Card::Member(member, card))], [])).await?;
    Ok(v1::UpdateCardResponse {})
}

pub(super) async fn erase_card(
    service: &Service,
    request: v1::EraseCardRequest,
) -> Result<v1::EraseCardResponse, Error> {
    let (log, member, sees) = whose(service, &request.coop, &request.member)?;
    // What cannot be undone is theirs to ask for, or a co-ordinator's.
    sees.is_in_person(member)?;
    service.ground.room.look()?;
    let cards = Arc::clone(&service.ground.cards);
    on_disk(move || cards.erase(log, member)).await?;
    Ok(v1::EraseCardResponse {})
}

/// Writes on a thread that may wait for the disk.
async fn on_disk(
    write: impl FnOnce() -> Result<(), LogError> + Send + 'static,
) -> Result<(), Error> {
    Ok(tokio::task::spawn_blocking(write).await.map_err(Error::internal)??)
}

/// The member of whom a list speaks, by a field of the request. Empty: of everybody whom the caller may see.
pub(super) fn filter(
    service: &Service,
    found: &Found,
    state: &State,
    (field, text): (&str, &str),
) -> Result<Option<MemberId>, Error> {
    let member = name::parse_member_or_none(field, &found.coop, text)?;
    let member = service.whose((found.log, &found.sees), member)?;
    member.map(|member| state.member(member)).transpose()?;
    Ok(member)
}
