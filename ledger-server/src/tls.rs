//! TLS: the server's certificate, callers' certificates where they are asked for, and certificates for trying it out.

mod lasts;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

pub(crate) use lasts::Now;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::{
    auth::{cannot, write_private},
    clock::Clock,
    error::Error,
    obstacle::Obstacle,
};

/// How connections are kept from others.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The server's certificate chain, as PEM.
    pub certificate: PathBuf,
    /// Its key, as PEM.
    pub key: PathBuf,
    /// Whoever connects must show a certificate that one of these has signed, as PEM. Nothing: anybody may connect, and
    /// shows a token.
    pub client_ca: Option<PathBuf>,
}

impl Tls {
    /// What the listener needs.
    pub(crate) fn config(&self) -> Result<ServerTlsConfig, Error> {
        let identity = Identity::from_pem(read(&self.certificate)?, read(&self.key)?);
        let config = ServerTlsConfig::new().identity(identity);
        match &self.client_ca {
            None => Ok(config),
            Some(file) => Ok(config.client_ca_root(Certificate::from_pem(read(file)?))),
        }
    }
}

impl Tls {
    /// Whether the certificate and its key can be read, and belong together.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let server = tonic::transport::Server::builder().tls_config(self.config()?);
        server.map(drop).map_err(unusable)
    }
}

impl Tls {
    /// Says in the journal if nobody believes the certificate, or soon nobody will.
    pub(crate) fn warn(&self) -> Result<(), Error> {
        let lasts = self.lasts()?;
        let (from, until) = (lasts.from.day(), lasts.until.day());
        match lasts.at(Clock::machine().reading()) {
            Now::Good => {}
            Now::EndsSoon => tracing::warn!(%until, "the certificate ends soon: make it anew"),
            Now::NotYet => tracing::error!(%from, "nobody believes the certificate yet"),
            Now::Over => tracing::error!(%until, "nobody believes the certificate any more"),
        }
        Ok(())
    }
}

/// Refuses to be reached from other machines without TLS, and says which line mends it.
pub(crate) fn private(listen: SocketAddr, tls: Option<&Tls>) -> Result<(), Error> {
    if tls.is_some() || listen.ip().is_loopback() {
        return Ok(());
    }
    Err(Obstacle::Open { listen }.into())
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|error| unusable(cannot("read", file, &error)))
}

/// The files are not what a listener can use.
#[allow(clippy::needless_pass_by_value, reason = "map_err gives its errors away")]
pub(crate) fn unusable(why: impl ToString) -> Error {
    Obstacle::Certificates { why: why.to_string() }.into()
}

/// Certificates are good for so many years, which is long enough to try something out.
const YEARS: i32 = 1;

/// Makes a folder of certificates for trying TLS out: one of an authority of their own, one of a server by these names, and
/// one of a caller. Nobody else trusts them.
pub fn dev_certs(out: &Path, hosts: &[String]) -> Result<(), Error> {
    fs::create_dir_all(out).map_err(|error| cannot("create", out, &error))?;
    if out.join("ca.pem").exists() {
        return Err(Error::Internal(format!(
            "{} has certificates already: name another folder, or delete them",
            out.display()
        )));
    }
    let (authority, key) = (params("A carestore for trying out", &[])?, key()?);
    let signed = authority.self_signed(&key).map_err(Error::internal)?;
    let issuer = Issuer::new(authority, key);
    let server = (hosts, ExtendedKeyUsagePurpose::ServerAuth);
    let client = (&[][..], ExtendedKeyUsagePurpose::ClientAuth);
    for (name, (names, usage)) in [("server", server), ("client", client)] {
        let mut leaf = params(&format!("carestore {name}"), names)?;
        leaf.is_ca = IsCa::NoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![usage];
        let key = self::key()?;
        let signed = leaf.signed_by(&key, &issuer).map_err(Error::internal)?;
        write(&out.join(format!("{name}.pem")), &signed.pem())?;
        write_private(&out.join(format!("{name}.key")), key.serialize_pem().as_bytes())?;
    }
    // The authority's key is kept nowhere: nobody can sign anything more in its name.
    write(&out.join("ca.pem"), &signed.pem())
}

fn key() -> Result<KeyPair, Error> {
    KeyPair::generate().map_err(Error::internal)
}

fn params(common_name: &str, names: &[String]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names).map_err(|error| {
        Error::Internal(format!("--host takes names and addresses, for example localhost: {error}"))
    })?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let year = Clock::machine().reading().day().year();
    // From the first day of this year, so that no zone's clock is behind it.
    params.not_before = date_time_ymd(year, 1, 1);
    params.not_after = date_time_ymd(year + YEARS, 12, 31);
    Ok(params)
}

fn write(file: &Path, pem: &str) -> Result<(), Error> {
    fs::write(file, pem).map_err(|error| cannot("write", file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_made_once_and_their_keys_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("certs");
        dev_certs(&out, &["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        for name in ["server.key", "client.key"] {
            assert_eq!(fs::metadata(out.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let before = fs::read(out.join("server.pem")).unwrap();
        let again = dev_certs(&out, &["localhost".to_owned()]).unwrap_err();
        assert!(again.to_string().contains("already"), "{again}");
        assert_eq!(fs::read(out.join("server.pem")).unwrap(), before);
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_open() {
        for (address, open) in [("127.0.0.1:1", true), ("[::1]:1", true), ("0.0.0.0:1", false)] {
            assert_eq!(private(address.parse().unwrap(), None).is_ok(), open, "{address}");
        }
        let tls = Tls { certificate: "c".into(), key: "k".into(), client_ca: None };
        assert!(private("0.0.0.0:1".parse().unwrap(), Some(&tls)).is_ok());
    }
}
