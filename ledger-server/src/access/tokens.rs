//! The tokens that were handed out: a hash of each, and what its bearer may do, in one small file beside the log.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use ledger_core::{CoopName, Timestamp};
use ledger_proto::api::TokenAsked;

use super::token::Token;
use crate::{
    auth::{hex, random},
    error::Error,
    obstacle::Obstacle,
    sums::{self, Found},
};

/// The file in the folder with everything in it.
const FILE: &str = "tokens.jsonl";

/// All tokens of a server. Few: one for each app, officer and member who signs in.
pub(crate) struct Tokens {
    data: PathBuf,
    known: RwLock<BTreeMap<String, Arc<Token>>>,
    /// One writes the file at a time.
    writing: Mutex<()>,
    /// Whether a use has been noted that is not in the file yet.
    used: AtomicBool,
}

impl Tokens {
    /// Reads the file in the folder with everything in it. None is there: no token was handed out yet.
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        let lines = match sums::read(data, FILE)? {
            Found::Whole(bytes) => Some(bytes),
            Found::Never => None,
            Found::Gone | Found::Rotten => {
                return Err(Obstacle::TokensChanged { data: data.to_owned() }.into());
            }
        };
        let text = String::from_utf8_lossy(lines.as_deref().unwrap_or_default());
        let mut known = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let token = Token::read(line);
            let token = token
                .ok_or_else(|| Obstacle::TokensDamaged { file: data.join(FILE), line: number })?;
            known.insert(token.id.clone(), Arc::new(token));
        }
        if let Some(lines) = &lines {
            sums::believe(data, FILE, lines)?;
        }
        let (known, writing, used) = (RwLock::new(known), Mutex::default(), AtomicBool::default());
        Ok(Self { data: data.to_owned(), known, writing, used })
    }

    /// The token that somebody has sent, unless it has ended.
    pub(crate) fn find(&self, sent: &str, now: Timestamp) -> Result<Arc<Token>, Error> {
        let id = sent.strip_prefix("cst_").and_then(|rest| rest.split_once('_'));
        let id = id.map(|(id, _)| id).ok_or(Error::TokenUnknown)?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let token = known.get(id).ok_or(Error::TokenUnknown)?;
        if !token.is(sent) {
            return Err(Error::TokenUnknown);
        }
        token.still(now)?;
        if token.used(now) {
            self.used.store(true, Ordering::Release);
        }
        Ok(Arc::clone(token))
    }

    /// Makes a token, and returns when it is on the platter: what can be seen of it, and the token itself.
    pub(crate) fn create(
        &self,
        asked: TokenAsked,
        now: Timestamp,
    ) -> Result<(Arc<Token>, String), Error> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (id, secret) = (random()?, random()?);
        let id = hex(id.get(..4).unwrap_or_default());
        let secret = format!("cst_{id}_{}", hex(&secret));
        let token = Arc::new(Token::new((id.clone(), &secret), asked, now));
        let mut all = self.all();
        if all.iter().any(|known| known.id == id) {
            return Err(Error::internal("two tokens of one name were made: ask again"));
        }
        all.push(Arc::clone(&token));
        self.write(&all)?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&token));
        Ok((token, secret))
    }

    /// Ends a token, and returns when that is on the platter. One that has ended stays as it is.
    pub(crate) fn revoke(
        &self,
        coop: Option<&CoopName>,
        id: &str,
        now: Timestamp,
    ) -> Result<Arc<Token>, Error> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.all();
        let token = all.iter().find(|token| token.id == id && token.coop.as_ref() == coop);
        let token = token.ok_or(Error::TokenNotFound)?;
        // At once, and also if the disk refuses: whoever asked must hear of that, and the token must not go on meanwhile.
        token.end(now);
        self.write(&all)?;
        Ok(Arc::clone(token))
    }

    /// Those of one co-op, or those of all co-ops, in the order in which they were made.
    pub(crate) fn of(&self, coop: Option<&CoopName>) -> Vec<Arc<Token>> {
        let mut tokens = self.all();
        tokens.retain(|token| token.coop.as_ref() == coop);
        tokens.sort_by(|one, other| one.order().cmp(&other.order()));
        tokens
    }

    /// The token of this number, whether it has ended or not.
    pub(crate) fn named(&self, id: &str) -> Option<Arc<Token>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Brings to the disk when tokens were last used, if that has changed.
    pub(crate) fn keep_uses(&self) -> Result<(), Error> {
        if !self.used.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // What could not be kept is kept the next time.
        self.write(&self.all()).inspect_err(|_| self.used.store(true, Ordering::Release))
    }

    fn all(&self) -> Vec<Arc<Token>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().map(Arc::clone).collect()
    }

    fn write(&self, all: &[Arc<Token>]) -> Result<(), Error> {
        let mut lines = String::new();
        for token in all {
            lines.push_str(&token.line()?);
            lines.push('\n');
        }
        sums::write(&self.data, FILE, lines.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ledger_proto::{api, v1};

    use super::*;

    const NOON: i64 = 1_772_452_800_000;

    fn noon() -> Timestamp {
        Timestamp::from_unix_ms(NOON)
    }

    fn asked() -> TokenAsked {
        api::parse_token_asked(&v1::CreateTokenRequest {
            coop: "coops/colne-valley".to_owned(),
            title: "the rota".to_owned(),
            role: v1::TokenRole::App.into(),
            scopes: vec![v1::Scope::TimeRead.into(), v1::Scope::CardsRead.into()],
            acts_as: "officers/2".to_owned(),
            acts_as_members: true,
            days: 30,
        })
        .unwrap()
    }

    #[test]
    fn a_token_is_known_by_its_hash_until_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let tokens = Tokens::open(dir.path()).unwrap();
        let (made, secret) = tokens.create(asked(), noon()).unwrap();
        assert!(secret.starts_with(&format!("cst_{}_", made.id)));
        let kept = fs::read_to_string(&path).unwrap();
        assert!(!kept.contains(secret.rsplit('_').next().unwrap()), "only a hash is kept");
        for tokens in [tokens, Tokens::open(dir.path()).unwrap()] {
            let found = tokens.find(&secret, noon()).unwrap();
            assert_eq!(
                (&found.id, &found.bearer, &found.coop),
                (&made.id, &made.bearer, &made.coop)
            );
            let wrong = format!("{}0", &secret[..secret.len() - 1]);
            let other =
                if wrong == secret { format!("{}1", &secret[..secret.len() - 1]) } else { wrong };
            for unknown in [other.as_str(), "cst_", "cst_00000000_00", "", &secret[..20]] {
                assert!(
                    matches!(tokens.find(unknown, noon()), Err(Error::TokenUnknown)),
                    "{unknown}"
                );
            }
            let last = noon().plus_days(30);
            assert!(tokens.find(&secret, Timestamp::from_unix_ms(last.unix_ms() - 1)).is_ok());
            assert!(
                matches!(tokens.find(&secret, last), Err(Error::TokenExpired(at)) if at == last)
            );
        }
    }

    #[test]
    fn a_revoked_token_stays_revoked_and_holders_hear_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(dir.path()).unwrap();
        let (_, secret) = tokens.create(asked(), noon()).unwrap();
        let held = tokens.find(&secret, noon()).unwrap();
        let other = CoopName::new("calder-valley").unwrap();
        for wrong in [Some(&other), None] {
            let refused = tokens.revoke(wrong, &held.id, noon());
            assert!(matches!(refused, Err(Error::TokenNotFound)));
        }
        let coop = held.coop.clone();
        tokens.revoke(coop.as_ref(), &held.id, noon()).unwrap();
        assert!(matches!(held.still(noon()), Err(Error::TokenRevoked)));
        let again = tokens.revoke(coop.as_ref(), &held.id, noon().plus_days(1)).unwrap();
        assert_eq!(again.said().revoke_time, Some(api::time(noon())), "it ended when it ended");
        let tokens = Tokens::open(dir.path()).unwrap();
        assert!(matches!(tokens.find(&secret, noon()), Err(Error::TokenRevoked)));
    }

    #[test]
    fn a_use_is_noted_once_an_hour_and_outlives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let tokens = Tokens::open(dir.path()).unwrap();
        let (made, secret) = tokens.create(asked(), noon()).unwrap();
        let before = fs::read(&path).unwrap();
        assert_eq!(made.said().last_use_time, None);
        let later = |minutes: i64| Timestamp::from_unix_ms(NOON + minutes * 60_000);
        assert!(made.used(later(0)) && !made.used(later(0)), "the first use alone is news");
        for (minutes, noted) in [(60, 60), (119, 60), (120, 120)] {
            tokens.find(&secret, later(minutes)).unwrap();
            assert_eq!(made.said().last_use_time, Some(api::time(later(noted))));
        }
        assert_eq!(fs::read(&path).unwrap(), before, "no call waits for the disk");
        tokens.keep_uses().unwrap();
        let again = Tokens::open(dir.path()).unwrap().find(&secret, later(121)).unwrap();
        assert_eq!(again.said().last_use_time, Some(api::time(later(120))));
    }

    #[test]
    fn a_file_that_is_no_list_of_tokens_is_refused_by_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let tokens = Tokens::open(dir.path()).unwrap();
        tokens.create(asked(), noon()).unwrap();
        let good = fs::read_to_string(&path).unwrap();
        for (from, to) in
            [("TOKEN_ROLE_APP", "TOKEN_ROLE_KING"), ("SCOPE_TIME_READ", "SCOPE_ALL"), ("}", "")]
        {
            sums::believe(dir.path(), FILE, good.as_bytes()).unwrap();
            fs::write(&path, format!("{good}{}", good.replacen(from, to, 1))).unwrap();
            let refused = Tokens::open(dir.path()).err().unwrap().to_string();
            assert!(refused.contains("not what the server has written"), "{refused}");
            fs::remove_file(sums::sum(dir.path(), FILE)).unwrap();
            let refused = Tokens::open(dir.path()).err().unwrap().to_string();
            assert!(refused.contains("line 2"), "{refused}");
        }
    }
}
