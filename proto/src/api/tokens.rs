//! What is asked for when a token is to be made: for whom, and what it may do.

use std::collections::BTreeSet;

use ledger_core::{CoopName, MemberId, OfficerId, Title};

use super::name;
use crate::{
    malformed::{Fields, Malformed},
    v1::{self, Scope, TokenRole},
};

/// Unless something else is said, a token ends by itself after so many days…
const DAYS: u16 = 365;
/// …and never after more.
const DAYS_MAX: u16 = 3_660;

/// For whom a token is. What it may do follows from this and from nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// One member, of their own.
    Member(MemberId),
    /// One officer, who must be a co-ordinator.
    Coordinator(OfficerId),
    /// One officer, who must be a treasurer.
    Treasurer(OfficerId),
    /// Somebody who looks, with what is granted beyond that.
    Auditor(BTreeSet<Scope>),
    /// Another app.
    App {
        /// What it may do; at least one.
        scopes: BTreeSet<Scope>,
        /// The officer as whom it acts where it names nobody.
        officer: Option<OfficerId>,
        /// Whether it may act as any member.
        members: bool,
    },
    /// Whoever runs the server.
    Operator,
}

impl Bearer {
    /// The role's word on the wire.
    pub const fn role(&self) -> TokenRole {
        match self {
            Self::Member(_) => TokenRole::Member,
            Self::Coordinator(_) => TokenRole::Coordinator,
            Self::Treasurer(_) => TokenRole::Treasurer,
            Self::Auditor(_) => TokenRole::Auditor,
            Self::App { .. } => TokenRole::App,
            Self::Operator => TokenRole::Operator,
        }
    }
}

/// A token that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAsked {
    /// The co-op. Nothing: all of them.
    pub coop: Option<CoopName>,
    /// What it is for.
    pub title: Title,
    /// For whom it is.
    pub bearer: Bearer,
    /// After so many days it ends by itself.
    pub days: u16,
}

/// Reads what is asked for.
pub fn parse_token_asked(m: &v1::CreateTokenRequest) -> Result<TokenAsked, Malformed> {
    let mut f = Fields::default();
    let coop = f.unless_empty(m.coop.as_str(), |f, text| name::read_coop(f, "coop", text));
    let title = f.title("title", &m.title);
    let role = f.word("role", m.role, |code| {
        TokenRole::try_from(code).ok().filter(|role| *role != TokenRole::Unspecified)
    });
    let scopes = scopes(&mut f, &m.scopes);
    let of = coop.as_ref().and_then(Option::as_ref);
    let bearer = match (role, scopes) {
        (Some(role), Some(scopes)) => bearer(&mut f, (m, of), role, scopes),
        (_, _) => None,
    };
    if let (Some(bearer), Some(of)) = (&bearer, &coop) {
        match (bearer, of) {
            (Bearer::Operator, _) | (_, Some(_)) => {}
            (_, None) => {
                f.refuse::<()>("coop", "is not said: only an operator's token is for all co-ops");
            }
        }
    }
    let days = match m.days {
        0 => Some(DAYS),
        days => {
            let days = u16::try_from(days).ok().filter(|days| (1..=DAYS_MAX).contains(days));
            f.need("days", days, "is not 1 to 3,660: say after how many days the token ends")
        }
    };
    let read = (|| Some(TokenAsked { coop: coop?, title: title?, bearer: bearer?, days: days? }))();
    f.finish(read)
}

fn scopes(f: &mut Fields, said: &[i32]) -> Option<BTreeSet<Scope>> {
    let word = |code| Scope::try_from(code).ok().filter(|scope| *scope != Scope::Unspecified);
    f.words("scopes", said, word).map(|words| words.into_iter().collect())
}

fn bearer(
    f: &mut Fields,
    (m, of): (&v1::CreateTokenRequest, Option<&CoopName>),
    role: TokenRole,
    scopes: BTreeSet<Scope>,
) -> Option<Bearer> {
    let acts_as = m.acts_as.as_str();
    let alone = |f: &mut Fields, scopes: &BTreeSet<Scope>| {
        if m.acts_as_members {
            f.refuse::<()>("acts_as_members", "is for an app's token alone: leave it out");
        }
        if !scopes.is_empty() {
            f.refuse::<()>("scopes", "follow from the role here: leave them out");
        }
    };
    let nobody = |f: &mut Fields| {
        if !acts_as.is_empty() {
            f.refuse::<()>("acts_as", "is for a role that writes: leave it out");
        }
    };
    match role {
        TokenRole::Unspecified => None,
        TokenRole::Member => {
            alone(f, &scopes);
            name::read_member(f, "acts_as", of, acts_as).map(Bearer::Member)
        }
        TokenRole::Coordinator => {
            alone(f, &scopes);
            name::read_officer(f, "acts_as", of, acts_as).map(Bearer::Coordinator)
        }
        TokenRole::Treasurer => {
            alone(f, &scopes);
            name::read_officer(f, "acts_as", of, acts_as).map(Bearer::Treasurer)
        }
        TokenRole::Auditor => {
            nobody(f);
            if m.acts_as_members {
                f.refuse::<()>("acts_as_members", "is for an app's token alone: leave it out");
            }
            if scopes.iter().any(|scope| *scope != Scope::CardsRead) {
                f.refuse::<()>("scopes", "may grant an auditor SCOPE_CARDS_READ and nothing else");
            }
            Some(Bearer::Auditor(scopes))
        }
        TokenRole::App => {
            if scopes.is_empty() {
                f.refuse::<()>("scopes", "is not said: give at least one");
            }
            if scopes.contains(&Scope::Tokens) || scopes.contains(&Scope::CoopsFound) {
                f.refuse::<()>("scopes", "for tokens and for founding are an operator's alone");
            }
            let officer =
                f.unless_empty(acts_as, |f, text| name::read_officer(f, "acts_as", of, text))?;
            Some(Bearer::App { scopes, officer, members: m.acts_as_members })
        }
        TokenRole::Operator => {
            alone(f, &scopes);
            nobody(f);
            if of.is_some() {
                f.refuse::<()>(
                    "coop",
                    "is not for an operator's token, which is for all: leave it out",
                );
            }
            Some(Bearer::Operator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(role: TokenRole) -> v1::CreateTokenRequest {
        v1::CreateTokenRequest {
            coop: "coops/colne-valley".to_owned(),
            title: "the rota".to_owned(),
            role: role.into(),
            ..v1::CreateTokenRequest::default()
        }
    }

    fn wrong(request: &v1::CreateTokenRequest) -> Vec<String> {
        let refused = parse_token_asked(request).unwrap_err();
        refused.violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn each_role_says_what_it_must_and_nothing_else() {
        let scopes = vec![Scope::TimeRead.into(), Scope::TimeWrite.into()];
        let app = v1::CreateTokenRequest { scopes: scopes.clone(), ..asked(TokenRole::App) };
        let read = parse_token_asked(&app).unwrap();
        assert_eq!(read.days, 365);
        assert_eq!(read.bearer.role(), TokenRole::App);
        let with = |acts_as: &str, request: v1::CreateTokenRequest| v1::CreateTokenRequest {
            acts_as: acts_as.to_owned(),
            ..request
        };
        assert!(parse_token_asked(&with("members/1042", asked(TokenRole::Member))).is_ok());
        assert!(parse_token_asked(&with("officers/2", asked(TokenRole::Treasurer))).is_ok());
        assert!(parse_token_asked(&asked(TokenRole::Auditor)).is_ok());
        let operator = v1::CreateTokenRequest { coop: String::new(), ..asked(TokenRole::Operator) };
        assert_eq!(parse_token_asked(&operator).unwrap().coop, None);

        assert_eq!(wrong(&asked(TokenRole::Unspecified)), ["role"]);
        assert_eq!(wrong(&asked(TokenRole::Member)), ["acts_as"]);
        assert_eq!(wrong(&with("members/1042", asked(TokenRole::Coordinator))), ["acts_as"]);
        assert_eq!(wrong(&asked(TokenRole::App)), ["scopes"]);
        assert_eq!(wrong(&asked(TokenRole::Operator)), ["coop"]);
        assert_eq!(wrong(&v1::CreateTokenRequest { coop: String::new(), ..app.clone() }), ["coop"]);
        let all = vec![Scope::Tokens.into()];
        assert_eq!(wrong(&v1::CreateTokenRequest { scopes: all, ..app.clone() }), ["scopes"]);
        let granted = v1::CreateTokenRequest { scopes, ..asked(TokenRole::Auditor) };
        assert_eq!(wrong(&granted), ["scopes"]);
        assert_eq!(wrong(&v1::CreateTokenRequest { scopes: vec![99], ..app.clone() }), ["scopes"]);
        for days in [-1, 3_661] {
            assert_eq!(wrong(&v1::CreateTokenRequest { days, ..app.clone() }), ["days"]);
        }
        let none = v1::CreateTokenRequest::default();
        assert_eq!(wrong(&none), ["title", "role"], "all at once");
    }

    #[test]
    fn a_token_has_a_name() {
        let coop = CoopName::new("colne-valley").unwrap();
        for of in [Some(&coop), None] {
            let name = name::token(of, "1f2e3d4c");
            let (read, token) = name::parse_token("name", &name).unwrap();
            assert_eq!((read.as_ref(), token.as_str()), (of, "1f2e3d4c"));
        }
        for wrong in
            ["", "tokens/", "1f2e", "coops/x/tokens/1f", "tokens/zz", "tokens/1f2e3d4c1f2e3d4c1"]
        {
            assert!(name::parse_token("name", wrong).is_err(), "{wrong}");
        }
    }
}
