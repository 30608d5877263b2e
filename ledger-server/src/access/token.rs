//! One token: what its bearer may do, what is told of it, and its line in the file.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use ledger_core::{Actor, CoopName, Timestamp, Title};
use ledger_proto::{
    api::{self, Bearer, TokenAsked, name},
    v1,
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::scopes;
use crate::{
    auth::{hash, hex},
    error::Error,
};

/// When a token was last used is kept to within so many milliseconds.
const USE_GRAIN: i64 = 3_600_000;
/// What stands for "never".
const NEVER: i64 = 0;

/// A token that was handed out. What it says of itself does not change, but for when it was used and that it has ended.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) id: String,
    hash: [u8; 32],
    /// The co-op. Nothing: all of them.
    pub(crate) coop: Option<CoopName>,
    title: Title,
    pub(crate) bearer: Bearer,
    made_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: AtomicI64,
    last_used: AtomicI64,
    /// How many streams it has open.
    streams: AtomicUsize,
}

/// A stream that a token has open, until this is dropped.
#[derive(Debug)]
pub(crate) struct Open(Arc<Token>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Token {
    /// A new token, and the words that are it.
    pub(super) fn new((id, secret): (String, &str), asked: TokenAsked, now: Timestamp) -> Self {
        let TokenAsked { coop, title, bearer, days } = asked;
        Self {
            id,
            hash: hash(secret),
            coop,
            title,
            bearer,
            made_at: now,
            expires_at: now.plus_days(i64::from(days)),
            revoked_at: AtomicI64::new(NEVER),
            last_used: AtomicI64::new(NEVER),
            streams: AtomicUsize::new(0),
        }
    }

    /// One more stream, unless as many as may be are open.
    pub(crate) fn open(self: Arc<Self>, most: usize) -> Result<Open, Error> {
        let one_more = |open: usize| (open < most).then_some(open + 1);
        match self.streams.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more) {
            Ok(_) => Ok(Open(self)),
            Err(_) => Err(Error::TooManyStreams { most }),
        }
    }

    /// Whether these words are it, in a time that says nothing of how close they come.
    pub(super) fn is(&self, sent: &str) -> bool {
        hash(sent).ct_eq(&self.hash).into()
    }

    /// Refuses a token that has ended: because somebody has ended it, or by itself.
    pub(crate) fn still(&self, now: Timestamp) -> Result<(), Error> {
        if self.revoked_at.load(Ordering::Acquire) != NEVER {
            return Err(Error::TokenRevoked);
        }
        if now >= self.expires_at { Err(Error::TokenExpired(self.expires_at)) } else { Ok(()) }
    }

    /// Notes a use, to within an hour. Whether anything has changed by that.
    pub(super) fn used(&self, now: Timestamp) -> bool {
        let later = now.unix_ms().saturating_sub(self.last_used.load(Ordering::Relaxed));
        if later >= USE_GRAIN {
            self.last_used.store(now.unix_ms(), Ordering::Relaxed);
        }
        later >= USE_GRAIN
    }

    /// Ends it. One that has ended before stays as it is.
    pub(super) fn end(&self, now: Timestamp) {
        let now = now.unix_ms();
        let (Ok(_) | Err(_)) =
            self.revoked_at.compare_exchange(NEVER, now, Ordering::AcqRel, Ordering::Acquire);
    }

    /// When it was made: the order of a list.
    pub(super) fn order(&self) -> (Timestamp, &str) {
        (self.made_at, &self.id)
    }

    /// Its line in the file.
    pub(super) fn line(&self) -> Result<String, Error> {
        serde_json::to_string(&Row::of(self)).map_err(Error::internal)
    }

    /// Reads a line of the file. Nothing: it is none.
    pub(super) fn read(line: &str) -> Option<Self> {
        Row::read(line)
    }

    /// As whom it acts where it names nobody.
    pub(crate) fn stands_for(&self) -> Option<Actor> {
        match &self.bearer {
            Bearer::Member(member) => Some(Actor::Member(*member)),
            Bearer::Coordinator(officer) | Bearer::Treasurer(officer) => {
                Some(Actor::Officer(*officer))
            }
            Bearer::App { scopes: _, officer, members: _ } => officer.map(Actor::Officer),
            Bearer::Auditor(_) | Bearer::Operator => None,
        }
    }

    /// What everybody may see of it.
    pub(crate) fn said(&self) -> v1::Token {
        let time = |ms: i64| (ms != NEVER).then(|| api::time(Timestamp::from_unix_ms(ms)));
        let members = matches!(self.bearer, Bearer::App { members: true, .. });
        v1::Token {
            name: name::token(self.coop.as_ref(), &self.id),
            title: self.title.to_string(),
            role: self.bearer.role().into(),
            acts_as: self.acts_as(),
            acts_as_members: members,
            scopes: scopes(&self.bearer).into_iter().map(Into::into).collect(),
            create_time: Some(api::time(self.made_at)),
            expire_time: Some(api::time(self.expires_at)),
            revoke_time: time(self.revoked_at.load(Ordering::Acquire)),
            last_use_time: time(self.last_used.load(Ordering::Relaxed)),
        }
    }

    fn acts_as(&self) -> String {
        match (self.stands_for(), &self.coop) {
            (Some(Actor::Member(member)), Some(coop)) => name::member(coop, member),
            (Some(Actor::Officer(officer)), Some(coop)) => name::officer(coop, officer),
            (_, _) => String::new(),
        }
    }
}

/// A token as a line of the file: what was asked for, in the words of the API, and what has become of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    token: String,
    hash: String,
    coop: String,
    title: String,
    role: String,
    acts_as: String,
    acts_as_members: bool,
    scopes: Vec<String>,
    made_at: i64,
    expires_at: i64,
    revoked_at: i64,
    last_used: i64,
}

impl Row {
    fn of(token: &Token) -> Self {
        let asked: Vec<v1::Scope> = match &token.bearer {
            Bearer::Auditor(scopes) | Bearer::App { scopes, officer: _, members: _ } => {
                scopes.iter().copied().collect()
            }
            Bearer::Member(_)
            | Bearer::Coordinator(_)
            | Bearer::Treasurer(_)
            | Bearer::Operator => Vec::new(),
        };
        Self {
            token: token.id.clone(),
            hash: hex(&token.hash),
            coop: token.coop.as_ref().map(name::coop).unwrap_or_default(),
            title: token.title.to_string(),
            role: token.bearer.role().as_str_name().to_owned(),
            acts_as: token.acts_as(),
            acts_as_members: matches!(token.bearer, Bearer::App { members: true, .. }),
            scopes: asked.iter().map(|scope| scope.as_str_name().to_owned()).collect(),
            made_at: token.made_at.unix_ms(),
            expires_at: token.expires_at.unix_ms(),
            revoked_at: token.revoked_at.load(Ordering::Acquire),
            last_used: token.last_used.load(Ordering::Relaxed),
        }
    }

    /// Reads a line by the same rules as what is asked for over the API.
    fn read(line: &str) -> Option<Token> {
        let row: Self = serde_json::from_str(line).ok()?;
        let scopes = row.scopes.iter().map(|word| v1::Scope::from_str_name(word).map(Into::into));
        let asked = v1::CreateTokenRequest {
            coop: row.coop,
            title: row.title,
            role: v1::TokenRole::from_str_name(&row.role)?.into(),
            acts_as: row.acts_as,
            acts_as_members: row.acts_as_members,
            scopes: scopes.collect::<Option<_>>()?,
            days: 0,
        };
        let TokenAsked { coop, title, bearer, days: _ } = api::parse_token_asked(&asked).ok()?;
        Some(Token {
            id: row.token,
            hash: unhex(&row.hash)?,
            coop,
            title,
            bearer,
            made_at: Timestamp::from_unix_ms(row.made_at),
            expires_at: Timestamp::from_unix_ms(row.expires_at),
            revoked_at: AtomicI64::new(row.revoked_at),
            last_used: AtomicI64::new(row.last_used),
            streams: AtomicUsize::new(0),
        })
    }
}

fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_so_many_digits_and_no_others() {
        let digits = "0123456789abcdef".repeat(4);
        let bytes = unhex(&digits).unwrap();
        assert_eq!(hex(&bytes), digits);
        for wrong in ["", &digits[1..], &format!("{digits}0"), &digits.replace('a', "g")] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
        // As many bytes, and not as many digits.
        assert_eq!(unhex(&digits.replace("ab", "é")), None);
        assert_eq!(unhex(&digits.replace("0123", "+123")), None);
    }
}
