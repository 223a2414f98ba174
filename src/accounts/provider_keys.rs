//! The keys (RFC 7517) and endpoints of an OpenID Provider, found by discovery (OpenID Connect Discovery 1.0, section 4).
//!
//! A background task fetches the keys every few minutes, so a key that the provider withdraws is accepted no longer
//! than that. A token with an unknown key causes an immediate fetch, but at most one every ten seconds, because anyone
//! can make up such a token. While the provider does not respond, the known keys stay valid.

use crate::{
    background::Schedule,
    clock::Clock,
    error::{Error, Result},
};
use anyhow::{Context, bail, ensure};
use jsonwebtoken::{
    DecodingKey, Header, Validation,
    jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;
use url::Url;

/// The interval between fetches.
const FETCH_INTERVAL: Duration = Duration::from_secs(300);
/// The interval after a failure, and the shortest interval between fetches for unknown keys.
const RETRY_INTERVAL: Duration = Duration::from_secs(10);
/// The timeout of a request to the provider.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest response, in bytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// The maximum number of keys that are read.
const MAX_KEYS: usize = 64;

/// The cached keys of a provider.
pub struct ProviderKeys {
    issuer: String,
    http: Client,
    clock: Clock,
    cached: RwLock<Arc<[Key]>>,
    /// The endpoints; `None` before the first successful fetch.
    endpoints: RwLock<Option<Arc<Endpoints>>>,
    /// The uptime of the clock at the last attempt to fetch. The lock allows one fetch at a time.
    last_fetch: Mutex<Option<Duration>>,
}

struct Key {
    kid: Option<String>,
    /// The only algorithm of the key, if the provider states one.
    algorithm: Option<KeyAlgorithm>,
    key: DecodingKey,
}

/// The result of verifying a token.
pub enum Verified<T> {
    /// The token is valid and has these claims.
    Valid(T),
    /// The token is invalid.
    Invalid,
    /// The token is signed by an unknown key.
    UnknownKey,
}

/// The provider's metadata document.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
    #[serde(flatten)]
    endpoints: Endpoints,
}

/// The part of the metadata that a client needs in order to sign users in.
#[derive(Clone, Debug, Deserialize)]
pub struct Endpoints {
    /// Where the user signs in.
    pub authorization_endpoint: Option<String>,
    /// Where a code is exchanged for tokens.
    pub token_endpoint: Option<String>,
    /// Where an access token gets claims about the user.
    pub userinfo_endpoint: Option<String>,
    /// How a client can authenticate at the token endpoint. Without a list, with `client_secret_basic` only.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether the answer to the browser always names the issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// The provider's key set. Keys are parsed one by one, because some may be of an unknown kind.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl ProviderKeys {
    /// Creates an empty cache for this issuer.
    pub fn new(issuer: String, clock: Clock) -> reqwest::Result<Self> {
        // The keys are trusted because of their URL, so redirects are not followed.
        let http = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("confab/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let cached = RwLock::new(Vec::new().into());
        Ok(Self { issuer, http, clock, cached, endpoints: RwLock::default(), last_fetch: Mutex::default() })
    }

    /// Verifies a token with the key that it names, or with every key if it names none.
    pub fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        header: &Header,
        validation: &Validation,
    ) -> Verified<T> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner).clone();
        let named = cached.iter().filter(|key| header.kid.is_none() || key.kid == header.kid);
        let mut usable = named
            .filter(|key| key.algorithm.is_none_or(|algorithm| algorithm == header.alg.into()))
            .peekable();
        if usable.peek().is_none() {
            return Verified::UnknownKey;
        }
        let decoded = usable.find_map(|key| jsonwebtoken::decode(token, &key.key, validation).ok());
        decoded.map_or(Verified::Invalid, |token| Verified::Valid(token.claims))
    }

    /// The provider's endpoints. Fetches them if they are not known yet.
    pub async fn endpoints(&self) -> Result<Arc<Endpoints>> {
        if self.known_endpoints().is_none() {
            self.fetch_unknown().await?;
        }
        self.known_endpoints()
            .ok_or_else(|| Error::unavailable("the provider's metadata could not be fetched"))
    }

    fn known_endpoints(&self) -> Option<Arc<Endpoints>> {
        self.endpoints.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the keys because a token names an unknown one, unless they were fetched within [`RETRY_INTERVAL`].
    pub async fn fetch_unknown(&self) -> Result<()> {
        let mut last_fetch = self.last_fetch.lock().await;
        let now = self.clock.uptime();
        if last_fetch.is_some_and(|at| now < at + RETRY_INTERVAL) {
            return Ok(());
        }
        *last_fetch = Some(now);
        match self.fetch().await {
            Ok(()) => Ok(()),
            Err(error) if self.has_keys() => {
                tracing::warn!(error = format!("{error:#}"), "fetching the identity provider's keys failed");
                Ok(())
            }
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// The schedule on which to call [`ProviderKeys::refresh`].
    pub fn schedule() -> Schedule {
        Schedule::every(FETCH_INTERVAL).retry_after(RETRY_INTERVAL)
    }

    /// Fetches the keys.
    pub async fn refresh(&self) -> anyhow::Result<()> {
        let mut last_fetch = self.last_fetch.lock().await;
        *last_fetch = Some(self.clock.uptime());
        self.fetch().await
    }

    fn has_keys(&self) -> bool {
        !self.cached.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    async fn fetch(&self) -> anyhow::Result<()> {
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let metadata: Metadata = self.get(&address).await?;
        ensure!(
            metadata.issuer == self.issuer,
            "{address}: the issuer is {}, not {}",
            metadata.issuer,
            self.issuer
        );
        let set: KeySet = self.get(&metadata.jwks_uri).await?;
        let keys: Vec<Key> = set.keys.into_iter().take(MAX_KEYS).filter_map(read).collect();
        ensure!(!keys.is_empty(), "{}: contains no key that verifies signatures", metadata.jwks_uri);
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
        let endpoints = Some(Arc::new(metadata.endpoints));
        *self.endpoints.write().unwrap_or_else(PoisonError::into_inner) = endpoints;
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> anyhow::Result<T> {
        let (status, body) = self.send(address, |http, url| http.get(url)).await?;
        ensure!(status.is_success(), "{address}: the status is {status}");
        serde_json::from_slice(&body).with_context(|| address.to_owned())
    }

    /// Sends a request to a URL of the provider. Returns the status and the body. Limits the time, the length of the
    /// body, and where the URL may point to.
    pub async fn send(
        &self,
        address: &str,
        request: impl FnOnce(&Client, Url) -> RequestBuilder,
    ) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let url = self.allowed(address)?;
        let response = async {
            let mut response = request(&self.http, url).send().await?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > MAX_RESPONSE_BYTES {
                    bail!("the response is longer than {MAX_RESPONSE_BYTES} bytes");
                }
            }
            Ok((response.status(), body))
        };
        response.await.with_context(|| address.to_owned())
    }

    /// Parses a URL of the provider. It must use TLS or point to this machine.
    pub fn allowed(&self, address: &str) -> anyhow::Result<Url> {
        let url = Url::parse(address).ok().filter(is_https_or_local);
        // A remote provider must not direct requests to this machine.
        let url = url.filter(|url| !is_local(url) || Url::parse(&self.issuer).is_ok_and(|it| is_local(&it)));
        url.with_context(|| format!("{address}: the URL must use https or point to this machine"))
    }
}

/// Reads a key that verifies signatures. Returns `None` for keys of another use or an unknown kind, and for symmetric
/// keys, because anyone who can read those could sign.
fn read(key: serde_json::Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(key).ok()?;
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let verifies =
        common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if !signs || !verifies || matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key { kid: common.key_id.clone(), algorithm: common.key_algorithm, key })
}

/// Returns whether requests to this URL are allowed: it uses TLS, or points to this machine (OpenID Connect Discovery
/// 1.0, section 3).
pub fn is_https_or_local(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_local(url))
}

/// Returns whether the URL points to this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
