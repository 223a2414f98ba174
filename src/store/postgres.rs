//! Connections to PostgreSQL, with TLS if the server supports it.
//!
//! `sslmode` in the URL has the same meaning as in libpq (<https://www.postgresql.org/docs/current/libpq-ssl.html>):
//!
//! - `prefer`, the default, and `require` encrypt without verifying the server.
//! - `verify-full` requires a certificate for that host, signed by an authority that the system trusts or that
//!   `sslrootcert` contains.
//! - `verify-ca` is treated as `verify-full`.

use super::{Error, Result};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use std::{error::Error as _, fmt::Write, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

/// The timeout of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The time after which a connection with unacknowledged data is considered broken.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);

/// The settings of connections to one server.
#[derive(Clone)]
pub(super) struct Postgres {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

impl Postgres {
    /// Parses `postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=…&sslrootcert=…`. Errors do not contain the URL, which
    /// may hold a password.
    pub fn parse(url: &str) -> Result<Self> {
        let bad = |why: String| Error::Connect(ConnectionError::InvalidConnectionUrl(why));
        let mut url = Url::parse(url).map_err(|error| bad(error.to_string()))?;
        let (ours, theirs): (Vec<_>, Vec<_>) = url
            .query_pairs()
            .into_owned()
            .partition(|(name, _)| matches!(&**name, "sslmode" | "sslrootcert"));
        match theirs.is_empty() {
            true => url.set_query(None),
            false => drop(url.query_pairs_mut().clear().extend_pairs(theirs)),
        }
        let last = |wanted: &str| ours.iter().rfind(|(name, _)| name == wanted).map(|(_, value)| &**value);
        let root = last("sslrootcert").filter(|root| *root != "system");
        let (mode, verify) = match last("sslmode").unwrap_or("prefer") {
            "disable" => (SslMode::Disable, false),
            "allow" | "prefer" => (SslMode::Prefer, false),
            "require" => (SslMode::Require, root.is_some()),
            "verify-ca" | "verify-full" => (SslMode::Require, true),
            other => return Err(bad(format!("`{other}` is not a valid `sslmode`"))),
        };
        let mut config: tokio_postgres::Config = url.as_str().parse().map_err(|error| bad(causes(&error)))?;
        config.ssl_mode(mode).connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(TCP_USER_TIMEOUT);
        config
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(TCP_USER_TIMEOUT / 3)
            .keepalives_retries(3);
        let tls = if verify { verified(root)? } else { unverified()? };
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// Opens a connection.
    pub async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let connected = timeout(CONNECT_TIMEOUT, self.config.connect(self.tls.clone())).await;
        let (client, connection) = connected
            .map_err(|_| ConnectionError::BadConnection("connecting timed out".into()))?
            .map_err(|error| ConnectionError::BadConnection(causes(&error)))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// Formats an error with its causes. The outermost error alone says little more than that connecting failed.
fn causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}"); // cannot fail for a string
        cause = error.source();
    }
    text
}

/// Creates a TLS configuration that verifies the server.
fn verified(root: Option<&str>) -> Result<ClientConfig> {
    let builder = builder()?;
    let Some(file) = root else {
        return Ok(builder.with_platform_verifier().map_err(unusable)?.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    let unreadable = |error: &dyn std::fmt::Display| {
        let text = format!("sslrootcert: {file}: {error}");
        Error::Connect(ConnectionError::BadConnection(text))
    };
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"the file contains no certificate"));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Creates a TLS configuration that accepts any server.
fn unverified() -> Result<ClientConfig> {
    let verifier = Arc::new(AcceptAnyCertificate(aws_lc_rs::default_provider()));
    Ok(builder()?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)
}

fn unusable(error: rustls::Error) -> Error {
    Error::Connect(ConnectionError::BadConnection(format!("TLS cannot be used: {error}")))
}

/// A verifier that accepts any certificate, for `prefer` and `require`. These modes only protect against
/// eavesdropping.
#[derive(Debug)]
struct AcceptAnyCertificate(CryptoProvider);

impl ServerCertVerifier for AcceptAnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tls_mode_of_the_url_is_parsed() {
        for (query, mode) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=prefer&application_name=confab", SslMode::Prefer),
            ("?application_name=confab&sslmode=require", SslMode::Require),
            ("?sslmode=verify-full", SslMode::Require),
            ("?sslmode=verify-full&sslrootcert=system", SslMode::Require),
        ] {
            let postgres = Postgres::parse(&format!("postgres://u:p%40@host:5433/name{query}")).unwrap();
            let config = &postgres.config;
            assert_eq!((config.get_ssl_mode(), config.get_dbname()), (mode, Some("name")), "{query}");
            assert_eq!(config.get_password(), Some(&b"p@"[..]));
            assert_eq!(config.get_application_name().is_some(), query.contains("application_name"));
        }
    }

    #[test]
    fn errors_name_the_problem_without_the_password() {
        for (query, expected) in [
            ("?sslmode=maybe", "sslmode"),
            ("?sslmode=verify-full&sslrootcert=/nowhere.pem", "/nowhere.pem"),
            ("?nonsense=1", "nonsense"),
        ] {
            let error = Postgres::parse(&format!("postgres://u:hunter2@host/name{query}")).err().unwrap();
            let error = error.to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{error}");
        }
    }
}
