//! Who is calling: one table from method to what it asks of the caller.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    net::IpAddr,
    num::NonZeroU32,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ledger_proto::Secrets;
use subtle::ConstantTimeEq;
use tonic::codegen::http::HeaderMap;

use crate::error::Error;

/// What a method asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, a few times a minute: a business that redeems a voucher has no account.
    Anybody,
    /// Whoever holds the operator's token.
    Token,
}

/// Who calls what anybody may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Somebody with the token.
    Known,
    /// Somebody without one.
    Stranger,
}

/// The services whose every method asks for a token.
const WITH_TOKEN: &[&str] = &[
    "carestore.v1.CoopService",
    "carestore.v1.MembersService",
    "carestore.v1.TimeBankService",
    "carestore.v1.RespiteService",
    "carestore.v1.StoreService",
    "carestore.v1.HistoryService",
    "carestore.v1.BatchService",
    "carestore.v1.ImportService",
];

/// What a method asks of its caller, by its full name: `carestore.v1.VoucherService/RedeemVoucher`. Nothing: the method
/// has no row here, and a test says so before anybody can call it.
pub fn access(method: &str) -> Option<Access> {
    match method.split_once('/')? {
        ("carestore.v1.VoucherService", "RedeemVoucher") => Some(Access::Anybody),
        ("carestore.v1.VoucherService", _) => Some(Access::Token),
        (service, _) => WITH_TOKEN.contains(&service).then_some(Access::Token),
    }
}

/// So many tries a minute has one address for what anybody may call.
const TRIES_A_MINUTE: NonZeroU32 = match NonZeroU32::new(30) {
    Some(tries) => tries,
    None => NonZeroU32::MIN,
};

/// Knows the one token of this server, by its hash, and counts the tries of strangers.
pub(crate) struct Auth {
    token: [u8; 32],
    tries: DefaultKeyedRateLimiter<IpAddr>,
}

impl Auth {
    /// Knows a token.
    pub(crate) fn new(token: &str) -> Self {
        Self::of_hash(hash(token))
    }

    fn of_hash(token: [u8; 32]) -> Self {
        Self { token, tries: RateLimiter::keyed(Quota::per_minute(TRIES_A_MINUTE)) }
    }

    /// Refuses whoever does not bring the token.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Error> {
        let sent = headers.get("authorization").ok_or(Error::TokenMissing)?;
        let sent = sent.to_str().map_err(|_| Error::TokenUnknown)?;
        let token = sent.strip_prefix("Bearer ").ok_or(Error::TokenMissing)?;
        if bool::from(hash(token.trim()).ct_eq(&self.token)) {
            Ok(())
        } else {
            Err(Error::TokenUnknown)
        }
    }

    /// Counts a try of a stranger, and refuses too many.
    pub(crate) fn count(&self, from: IpAddr) -> Result<(), Error> {
        self.tries.check_key(&from).map_err(|until| {
            use governor::clock::Clock;
            Error::RateLimited(until.wait_time_from(governor::clock::DefaultClock::default().now()))
        })
    }
}

fn hash(token: &str) -> [u8; 32] {
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
pub(crate) fn keys(dir: &Path) -> Result<Keys, Error> {
    let secret = secret(&dir.join("secret.key"))?;
    let (hash_file, token_file) = (dir.join("operator.hash"), dir.join("operator.token"));
    let (auth, written) = match fs::read(&hash_file) {
        Ok(bytes) => {
            let token = <[u8; 32]>::try_from(bytes).map_err(|_| {
                Error::internal(format!("{} is not a hash of 32 bytes", hash_file.display()))
            })?;
            (Auth::of_hash(token), None)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let token = format!("cst_{}", hex(&random()?));
            write_private(&token_file, format!("{token}\n").as_bytes())?;
            write_private(&hash_file, &hash(&token))?;
            (Auth::new(&token), Some(token_file))
        }
        Err(error) => return Err(cannot("read", &hash_file, &error)),
    };
    Ok(Keys { auth, secrets: Secrets::new(secret), written })
}

fn secret(file: &Path) -> Result<[u8; 32], Error> {
    match fs::read(file) {
        Ok(bytes) => <[u8; 32]>::try_from(bytes)
            .map_err(|_| Error::internal(format!("{} is not 32 bytes", file.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secret = random()?;
            write_private(file, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(cannot("read", file, &error)),
    }
}

pub(crate) fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
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

    #[test]
    fn only_the_token_opens() {
        let auth = Auth::new("cst_right");
        assert!(auth.check(&headers("Bearer cst_right")).is_ok());
        assert!(matches!(auth.check(&headers("Bearer cst_wrong")), Err(Error::TokenUnknown)));
        assert!(matches!(auth.check(&headers("cst_right")), Err(Error::TokenMissing)));
        assert!(matches!(auth.check(&HeaderMap::new()), Err(Error::TokenMissing)));
    }

    #[test]
    fn the_keys_are_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let first = keys(dir.path()).unwrap();
        let file = first.written.expect("the first start writes the token");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let token = fs::read_to_string(&file).unwrap();
        let again = keys(dir.path()).unwrap();
        assert_eq!(again.written, None);
        assert!(again.auth.check(&headers(&format!("Bearer {}", token.trim()))).is_ok());
    }

    #[test]
    fn strangers_have_so_many_tries() {
        let auth = Auth::new("cst_right");
        let stranger = IpAddr::from([127, 0, 0, 1]);
        let refused = (0..40).filter(|_| auth.count(stranger).is_err()).count();
        assert!(refused >= 9, "{refused} of 40 were refused");
        assert!(auth.count(IpAddr::from([127, 0, 0, 2])).is_ok());
    }
}
