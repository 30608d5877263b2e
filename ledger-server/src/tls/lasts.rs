//! From when until when a certificate is good: the day on which every caller is shut out should surprise nobody.

use ledger_core::Timestamp;
use x509_parser::pem::Pem;

use super::{Tls, read, unusable};
use crate::error::Error;

/// So many days before its end a certificate should be made anew.
const SOON: i64 = 21;

/// From when until when every certificate of a chain is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasts {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// How that is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Now {
    /// Nobody believes it yet.
    NotYet,
    /// It is good.
    Good,
    /// It is, and ends soon.
    EndsSoon,
    /// Nobody believes it any more.
    Over,
}

impl Lasts {
    /// How it is now.
    pub(crate) fn at(&self, now: Timestamp) -> Now {
        if now < self.from {
            Now::NotYet
        } else if now >= self.until {
            Now::Over
        } else if now.plus_days(SOON) >= self.until {
            Now::EndsSoon
        } else {
            Now::Good
        }
    }
}

impl Tls {
    /// From when until when the server's certificate is good, with those that vouch for it.
    pub(crate) fn lasts(&self) -> Result<Lasts, Error> {
        of_chain(&read(&self.certificate)?)
    }
}

fn of_chain(chain: &[u8]) -> Result<Lasts, Error> {
    let mut whole: Option<Lasts> = None;
    for pem in Pem::iter_from_buffer(chain) {
        let pem = pem.map_err(unusable)?;
        if pem.label != "CERTIFICATE" {
            continue;
        }
        let certificate = pem.parse_x509().map_err(unusable)?;
        let said = certificate.validity();
        let from = seconds(said.not_before.timestamp());
        // The second that is named is the last in which it is good.
        let until = seconds(said.not_after.timestamp().saturating_add(1));
        whole = Some(match whole {
            None => Lasts { from, until },
            Some(before) => Lasts { from: before.from.max(from), until: before.until.min(until) },
        });
    }
    whole.ok_or_else(|| unusable("the file with the certificate has none in it"))
}

fn seconds(of_unix: i64) -> Timestamp {
    Timestamp::from_unix_ms(of_unix.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: (i32, u8, u8), until: (i32, u8, u8)) -> String {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    fn at(text: &str) -> Timestamp {
        ledger_core::Day::parse(text).unwrap().start()
    }

    #[test]
    fn a_chain_is_as_good_as_each_of_it() {
        let one = certificate((2026, 1, 1), (2027, 6, 1));
        let other = certificate((2026, 3, 1), (2030, 1, 1));
        let lasts = of_chain(format!("{one}{other}").as_bytes()).unwrap();
        for (day, now) in [
            ("2026-02-28", Now::NotYet),
            ("2026-03-01", Now::Good),
            ("2027-05-10", Now::Good),
            ("2027-05-12", Now::EndsSoon),
            ("2027-06-01", Now::EndsSoon),
            ("2027-06-02", Now::Over),
        ] {
            assert_eq!(lasts.at(at(day)), now, "{day}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(of_chain(b"").is_err());
        assert!(of_chain(KeyPair::generate().unwrap().serialize_pem().as_bytes()).is_err());
        let torn = certificate((2026, 1, 1), (2027, 1, 1)).replacen('A', "!", 3);
        assert!(of_chain(torn.as_bytes()).is_err());
    }
}
