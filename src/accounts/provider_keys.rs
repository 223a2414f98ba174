//! The keys of an OpenID Provider (RFC 7517), found by discovery (OpenID Connect Discovery 1.0, section 4).
//!
//! They are fetched beside the requests, every few minutes, so a key that the provider takes back is good for no longer
//! than that. A token whose key is not known yet has them fetched at once; but not again and again, since anybody can
//! make up such a token. While the provider does not answer, what is known goes on being good.

use super::identity_provider::{is_local, may_be_asked};
use crate::{
    clock::Clock,
    error::{Error, Result},
    poke::Poked,
};
use anyhow::{Context, bail, ensure};
use jsonwebtoken::{
    DecodingKey, Header, Validation,
    jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use reqwest::{Client, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{select, sync::Mutex, time::sleep};
use url::Url;

/// How often they are fetched.
const EVERY: Duration = Duration::from_secs(300);
/// How soon again if that fails, and how soon for the sake of a key that is not known.
const AGAIN: Duration = Duration::from_secs(10);
/// How long the provider may take to answer.
const AT_MOST: Duration = Duration::from_secs(5);
/// The longest answer, in bytes.
const LONGEST: usize = 256 * 1024;
/// The most keys that are looked at.
const MOST: usize = 64;

/// What is known of a provider's keys.
pub struct ProviderKeys {
    issuer: String,
    http: Client,
    clock: Clock,
    known: RwLock<Arc<[Key]>>,
    /// When they were last fetched, or tried to be, by the clock's uptime: one request at a time.
    asked: Mutex<Option<Duration>>,
}

struct Key {
    kid: Option<String>,
    /// The one algorithm that it is for, if that is told.
    algorithm: Option<KeyAlgorithm>,
    key: DecodingKey,
}

/// What a token is worth by these keys.
pub enum Verified<T> {
    /// It is good, and says this.
    Good(T),
    /// It is not.
    Bad,
    /// It is signed by a key that is not known.
    UnknownKey,
}

/// The provider's description of itself.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// Keys are read one by one: of a kind that we do not know there may be some, too.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl ProviderKeys {
    /// None yet, of this issuer.
    pub fn new(issuer: String, clock: Clock) -> reqwest::Result<Self> {
        // What is fetched is believed because of where it comes from: no redirect leads elsewhere.
        let http = Client::builder()
            .timeout(AT_MOST)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("confab/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let known = RwLock::new(Vec::new().into());
        Ok(Self { issuer, http, clock, known, asked: Mutex::default() })
    }

    /// Verifies a token by the key it names; by any, if it names none.
    pub fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        header: &Header,
        validation: &Validation,
    ) -> Verified<T> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let named = known.iter().filter(|key| header.kid.is_none() || key.kid == header.kid);
        let mut fitting = named
            .filter(|key| key.algorithm.is_none_or(|algorithm| algorithm == header.alg.into()))
            .peekable();
        if fitting.peek().is_none() {
            return Verified::UnknownKey;
        }
        let good = fitting.find_map(|key| jsonwebtoken::decode(token, &key.key, validation).ok());
        good.map_or(Verified::Bad, |token| Verified::Good(token.claims))
    }

    /// Fetches the keys for the sake of one that is not known, unless that was done a moment ago.
    pub async fn look_again(&self) -> Result<()> {
        let mut asked = self.asked.lock().await;
        let now = self.clock.uptime();
        if asked.is_some_and(|at| now < at + AGAIN) {
            return Ok(());
        }
        *asked = Some(now);
        match self.fetch().await {
            Ok(()) => Ok(()),
            Err(error) if self.is_known() => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the identity provider's keys are not to be had"
                );
                Ok(())
            }
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Keeps them known, for ever.
    pub async fn keep(&self, mut poked: Poked) {
        loop {
            let mut asked = self.asked.lock().await;
            *asked = Some(self.clock.uptime());
            let pause = match self.fetch().await {
                Ok(()) => EVERY,
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(
                        error,
                        issuer = self.issuer,
                        "the identity provider does not tell its keys"
                    );
                    AGAIN
                }
            };
            drop(asked);
            select! {
                () = sleep(pause) => {}
                () = poked.poked() => {}
            }
        }
    }

    fn is_known(&self) -> bool {
        !self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    async fn fetch(&self) -> anyhow::Result<()> {
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let metadata: Metadata = self.get(&address).await?;
        ensure!(metadata.issuer == self.issuer, "{address}: is of the issuer {}", metadata.issuer);
        let set: KeySet = self.get(&metadata.jwks_uri).await?;
        let keys: Vec<Key> = set.keys.into_iter().take(MOST).filter_map(read).collect();
        ensure!(!keys.is_empty(), "{}: has no key to verify tokens by", metadata.jwks_uri);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> anyhow::Result<T> {
        let url = Url::parse(address).ok().filter(may_be_asked);
        // A provider elsewhere has nothing to send us to on this machine.
        let url = url.filter(|url| !is_local(url) || Url::parse(&self.issuer).is_ok_and(|it| is_local(&it)));
        let url = url.with_context(|| format!("{address}: is not https, or on this machine"))?;
        let answered = async {
            let mut response = self.http.get(url).send().await?.error_for_status()?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > LONGEST {
                    bail!("the answer is longer than {LONGEST} bytes");
                }
            }
            Ok(serde_json::from_slice(&body)?)
        };
        answered.await.with_context(|| address.to_owned())
    }
}

/// A key that signatures are verified by; `None` if it is for something else, or of a kind that we do not know. A
/// secret is none: whoever can read it could sign.
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
