//! Connecting to PostgreSQL, with TLS where the server has it.
//!
//! `sslmode` in the URL means what it means to PostgreSQL's own clients
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html>): `prefer`, the default, and `require` encrypt without
//! asking who it is; `verify-full` asks for a certificate of that host, signed by an authority that the system trusts
//! or that `sslrootcert` names. `verify-ca` is taken as `verify-full`.

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

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server that has vanished may stay unnoticed while something is being said to it.
const SILENT: Duration = Duration::from_secs(15);

/// How to connect to a server.
#[derive(Clone)]
pub(super) struct Postgres {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

impl Postgres {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=…&sslrootcert=…`. What is wrong is told without the URL,
    /// which may hold a password.
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
            other => return Err(bad(format!("sslmode cannot be `{other}`"))),
        };
        let mut config: tokio_postgres::Config = url.as_str().parse().map_err(|error| bad(causes(&error)))?;
        config.ssl_mode(mode).connect_timeout(CONNECT).tcp_user_timeout(SILENT);
        config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(SILENT / 3).keepalives_retries(3);
        let tls = if verify { verified(root)? } else { unverified()? };
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// A new connection.
    pub async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let connected = timeout(CONNECT, self.config.connect(self.tls.clone())).await;
        let (client, connection) = connected
            .map_err(|_| ConnectionError::BadConnection("it takes too long".into()))?
            .map_err(|error| ConnectionError::BadConnection(causes(&error)))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// An error with its causes: the outermost alone says little more than that it could not connect.
fn causes(error: &tokio_postgres::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(told, ": {error}"); // to a string it cannot fail
        cause = error.source();
    }
    told
}

/// TLS with a server that proves who it is.
fn verified(root: Option<&str>) -> Result<ClientConfig> {
    let builder = builder()?;
    let Some(file) = root else {
        return Ok(builder.with_platform_verifier().map_err(unusable)?.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    let unreadable = |error: &dyn std::fmt::Display| {
        let told = format!("sslrootcert: {file}: {error}");
        Error::Connect(ConnectionError::BadConnection(told))
    };
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"it holds no certificate"));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// TLS with whoever answers.
fn unverified() -> Result<ClientConfig> {
    let verifier = Arc::new(Anybody(aws_lc_rs::default_provider()));
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

/// Takes any certificate, as `prefer` and `require` do: only who listens on the wire is kept out.
#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
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
    fn what_the_url_says_of_tls_is_understood() {
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
    fn what_is_wrong_is_told_without_the_password() {
        for (query, told) in [
            ("?sslmode=maybe", "sslmode"),
            ("?sslmode=verify-full&sslrootcert=/nowhere.pem", "/nowhere.pem"),
            ("?nonsense=1", "nonsense"),
        ] {
            let error = Postgres::parse(&format!("postgres://u:hunter2@host/name{query}")).err().unwrap();
            let error = error.to_string();
            assert!(error.contains(told) && !error.contains("hunter2"), "{error}");
        }
    }
}
