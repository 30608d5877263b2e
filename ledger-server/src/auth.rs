//! Who is calling: tokens and keys, and where they lie.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    net::IpAddr,
    num::NonZeroU32,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter, clock::QuantaInstant};
use ledger_proto::Secrets;
use subtle::ConstantTimeEq;
use tonic::codegen::http::HeaderMap;

use crate::{
    access::{Caller, Tokens},
    background::Background,
    clock::Clock,
    error::Error,
    limits::{Limits, TRIES_A_MINUTE},
    obstacle::Obstacle,
    sums::{self, Found},
};

/// So often the file of tokens is written again, if any was used.
const KEEP_USES: Duration = Duration::from_mins(1);

/// Knows the tokens of this server, by their hashes, and counts the tries of strangers.
pub(crate) struct Auth {
    /// The token of the first start.
    token: [u8; 32],
    tokens: Tokens,
    clock: Clock,
    tries: DefaultKeyedRateLimiter<IpAddr>,
    calls: DefaultKeyedRateLimiter<String>,
    /// Whoever calls without a token has so long for the whole call.
    pub(crate) strangers: Duration,
}

impl Auth {
    fn of(token: [u8; 32], tokens: Tokens, clock: Clock, limits: Limits) -> Self {
        let tries = RateLimiter::keyed(Quota::per_minute(TRIES_A_MINUTE));
        let each = limits.requests_a_second;
        let burst = each.saturating_mul(NonZeroU32::MIN.saturating_add(1));
        let calls = RateLimiter::keyed(Quota::per_second(each).allow_burst(burst));
        Self { token, tokens, clock, tries, calls, strangers: limits.strangers }
    }

    /// Whoever calls, by the token that they send. A token that is not one of these is refused, also where none is needed.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Error> {
        let Some(sent) = headers.get("authorization") else { return Ok(Caller::Stranger) };
        let sent = sent.to_str().map_err(|_| Error::TokenUnknown)?;
        let sent = sent.strip_prefix("Bearer ").ok_or(Error::TokenMissing)?.trim();
        if bool::from(hash(sent).ct_eq(&self.token)) {
            return Ok(Caller::Everything);
        }
        // While the clock cannot be believed nothing is written; who may read is judged by what it says.
        let token = self.tokens.find(sent, self.clock.reading())?;
        self.calls.check_key(&token.id).map_err(later)?;
        Ok(Caller::Bearer(token))
    }

    /// The tokens that were handed out.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Brings to the disk, now and then, when tokens were last used.
    pub(crate) fn keep_uses_now_and_then(self: Arc<Self>) -> Result<Background, Error> {
        Background::start("tokens", move |told| {
            while told.rest(KEEP_USES).is_continue() {
                self.keep_uses();
                self.forget_tries();
            }
        })
    }

    /// Forgets the tries of those who may try again as if they never had: who comes from ever new addresses fills no memory.
    fn forget_tries(&self) {
        self.tries.retain_recent();
        self.tries.shrink_to_fit();
        self.calls.retain_recent();
    }

    /// Brings to the disk when tokens were last used. Where that fails, the journal says so, and nobody is refused for it.
    pub(crate) fn keep_uses(&self) {
        if let Err(error) = self.tokens.keep_uses() {
            tracing::warn!(%error, "when tokens were last used is not kept");
        }
    }

    /// Counts a try of a stranger, and refuses too many.
    pub(crate) fn count(&self, from: IpAddr) -> Result<(), Error> {
        self.tries.check_key(&from).map_err(later)
    }
}

/// A refusal that says when the next is taken.
#[allow(clippy::needless_pass_by_value, reason = "map_err gives its errors away")]
fn later(until: NotUntil<QuantaInstant>) -> Error {
    use governor::clock::Clock;
    Error::RateLimited(until.wait_time_from(governor::clock::DefaultClock::default().now()))
}

pub(crate) fn hash(token: &str) -> [u8; 32] {
    // A token is 32 random bytes: a fast hash of it cannot be searched.
    blake3::derive_key("carestore v1 token", token.as_bytes())
}

/// What lies beside the store and is nobody's business: the token's hash, and the secret of fingerprints and codes.
pub(crate) struct Keys {
    pub(crate) auth: Auth,
    pub(crate) secrets: Secrets,
    /// Where the token was written, if this was the first start.
    pub(crate) written: Option<PathBuf>,
}

/// Reads the keys, or makes them at the first start: the token goes into a file that only its owner can read.
pub(crate) fn keys(dir: &Path, clock: Clock, limits: Limits) -> Result<Keys, Error> {
    let secret = secret(dir)?;
    let token_file = dir.join("operator.token");
    let tokens = Tokens::open(dir)?;
    let (token, written) = match sums::read(dir, TOKEN_HASH)? {
        Found::Whole(bytes) => (known(dir, TOKEN_HASH, bytes)?, None),
        // Whoever removes it wants a new one.
        Found::Never | Found::Gone => {
            let token = format!("cst_{}", hex(&random()?));
            write_private(&token_file, format!("{token}\n").as_bytes())?;
            sums::write(dir, TOKEN_HASH, &hash(&token))?;
            (hash(&token), Some(token_file))
        }
        Found::Rotten => return Err(rotten(dir, TOKEN_HASH)),
    };
    let auth = Auth::of(token, tokens, clock, limits);
    Ok(Keys { auth, secrets: Secrets::new(secret), written })
}

/// The file of fingerprints and codes.
const SECRET: &str = "secret.key";
/// The file that knows the operator's token again.
const TOKEN_HASH: &str = "operator.hash";

fn secret(dir: &Path) -> Result<[u8; 32], Error> {
    match sums::read(dir, SECRET)? {
        Found::Whole(bytes) => known(dir, SECRET, bytes),
        Found::Never => {
            let secret = random()?;
            sums::write(dir, SECRET, &secret)?;
            Ok(secret)
        }
        Found::Gone | Found::Rotten => Err(rotten(dir, SECRET)),
    }
}

/// The 32 bytes that a file holds; from now on they are known by their sum.
fn known(dir: &Path, name: &str, bytes: Vec<u8>) -> Result<[u8; 32], Error> {
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| rotten(dir, name))?;
    sums::believe(dir, name, &bytes)?;
    Ok(bytes)
}

fn rotten(dir: &Path, name: &str) -> Error {
    let data = dir.to_owned();
    let obstacle = if name == SECRET {
        Obstacle::SecretDamaged { data }
    } else {
        Obstacle::TokenHashDamaged { data }
    };
    obstacle.into()
}

pub(crate) fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// Writes a file that only its owner can read, and returns when it is on the platter. A file that is half there after a
/// crash is written anew: it has the name that counts only when it is whole.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = file.with_extension("new");
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut opened| opened.write_all(bytes).and_then(|()| opened.sync_all()))
        .and_then(|()| fs::rename(&new, file))
        .and_then(|()| match file.parent() {
            Some(dir) => fs::File::open(dir).and_then(|dir| dir.sync_all()),
            None => Ok(()),
        });
    written.map_err(|error| cannot("write", file, &error))
}

/// What the system refused, and of which file.
pub(crate) fn cannot(what: &str, file: &Path, error: &std::io::Error) -> Error {
    Error::internal(format!("cannot {what} {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert("authorization", value.parse().unwrap());
        map
    }

    fn in_folder(dir: &Path) -> Keys {
        keys(dir, Clock::machine(), Limits::default()).unwrap()
    }

    #[test]
    fn only_the_token_opens() {
        let dir = tempfile::tempdir().unwrap();
        let Keys { auth, written, .. } = in_folder(dir.path());
        let token = fs::read_to_string(written.unwrap()).unwrap();
        let right = auth.caller(&headers(&format!("Bearer {}", token.trim())));
        assert!(matches!(right, Ok(Caller::Everything)));
        for wrong in ["Bearer cst_wrong", "Bearer cst_wrong_0123", "Bearer "] {
            assert!(matches!(auth.caller(&headers(wrong)), Err(Error::TokenUnknown)), "{wrong}");
        }
        assert!(matches!(auth.caller(&headers(token.trim())), Err(Error::TokenMissing)));
        assert!(matches!(auth.caller(&HeaderMap::new()), Ok(Caller::Stranger)));
    }

    #[test]
    fn the_keys_are_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let first = in_folder(dir.path());
        let file = first.written.expect("the first start writes the token");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let token = fs::read_to_string(&file).unwrap();
        let again = in_folder(dir.path());
        assert_eq!(again.written, None);
        assert!(again.auth.caller(&headers(&format!("Bearer {}", token.trim()))).is_ok());
    }

    #[test]
    fn a_folder_keeps_its_secret_and_each_has_another() {
        let [one, other] = [(), ()].map(|()| tempfile::tempdir().unwrap());
        let secret = |dir: &Path| {
            in_folder(dir);
            fs::read(dir.join(SECRET)).unwrap()
        };
        let first = secret(one.path());
        assert_eq!(first.len(), 32);
        assert_eq!(secret(one.path()), first);
        assert_ne!(secret(other.path()), first);
        for name in [SECRET, TOKEN_HASH] {
            let file = one.path().join(name);
            let whole = fs::read(&file).unwrap();
            fs::write(&file, b"damaged").unwrap();
            let refused = keys(one.path(), Clock::machine(), Limits::default()).err().unwrap();
            assert!(refused.to_string().contains(name), "{refused}");
            fs::write(&file, whole).unwrap();
        }
        assert_eq!(secret(one.path()), first);
    }

    #[test]
    fn strangers_have_so_many_tries() {
        let dir = tempfile::tempdir().unwrap();
        let auth = in_folder(dir.path()).auth;
        let stranger = IpAddr::from([127, 0, 0, 1]);
        let refused = (0..40).filter(|_| auth.count(stranger).is_err()).count();
        assert!(refused >= 9, "{refused} of 40 were refused");
        assert!(auth.count(IpAddr::from([127, 0, 0, 2])).is_ok());
    }

    #[test]
    fn tries_are_forgotten_when_they_count_no_more_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let auth = in_folder(dir.path()).auth;
        for n in 0..100 {
            auth.count(IpAddr::from([127, 0, 1, n])).unwrap();
        }
        let busy = IpAddr::from([127, 0, 0, 1]);
        while auth.count(busy).is_ok() {}
        assert_eq!(auth.tries.len(), 101);
        // One try is made up for within two seconds, and thirty are not.
        for _ in 0..200 {
            auth.forget_tries();
            if auth.tries.len() == 1 {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(auth.tries.len(), 1, "the one who is busy");
        assert!((0..20).any(|_| auth.count(busy).is_err()), "nothing is forgiven");
    }
}
