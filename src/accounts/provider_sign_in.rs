//! Sign-in at the identity provider from the chat page: the authorization code flow (OpenID Connect Core 1.0, section
//! 3.1) with PKCE (RFC 7636), by the rules of RFC 9700.
//!
//! 1. [`IdentityProvider::start_sign_in`] makes the URL at which the user signs in.
//! 2. The provider sends the browser back with a code. [`Accounts::finish_sign_in`] exchanges it for an ID token.
//! 3. The ID token identifies the user by issuer and subject, in the same way as an access token of the provider does.
//!    The user gets a session of this server.
//!
//! The provider's tokens are discarded. The page never sees them.

use super::{
    ACCOUNT_DELETED, Accounts, Caller, Secret, SignedIn,
    id_token::UserClaims,
    identity_provider::{IdentityProvider, VerifiedIdentity},
    sign_in_transaction::{ReturnPage, Transaction, TransactionKey},
};
use crate::{
    error::{Error, Result},
    store::{SecurityEventKind, security_events::SecurityEvent},
};
use anyhow::Context;
use reqwest::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::{Url, form_urlencoded};

/// The maximum number of codes that are exchanged at the same time. Each occupies a connection for a few seconds at
/// most.
const MAX_EXCHANGES: usize = 100;
/// The path to which the provider sends the browser back.
pub const CALLBACK: &str = "/sign-in/callback";
/// The maximum age of the sign-in at the provider, in seconds: a year. With this parameter, the ID token states when the
/// user signed in there, which may be long ago.
const MAX_AUTHENTICATION_AGE: &str = "31536000";
/// The scope of the request. The provider may ignore `profile` and `email`.
const SCOPE: &str = "openid profile email";

const FAILED: Error = Error::Unauthenticated("The sign-in at the identity provider failed. Try again.");

/// This server as a client of the identity provider.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The client's ID at the provider.
    pub id: String,
    /// The client's secret. `None` for a public client, which only PKCE protects.
    pub secret: Option<SecretString>,
    /// The origin of this server, as browsers see it.
    pub public_url: String,
    /// The name of the provider for users.
    pub name: String,
}

/// Signs users in at the provider.
pub struct SignInClient {
    settings: ClientSettings,
    key: TransactionKey,
    exchanges: Semaphore,
}

/// A request to the token endpoint.
struct TokenRequest {
    body: String,
    /// The client's ID and secret for HTTP Basic authentication.
    basic: Option<(String, String)>,
}

/// The tokens of a successful exchange (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: String,
}

/// A failed exchange (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl SignInClient {
    /// Creates the client. Its key is derived from the secret.
    pub fn new(settings: ClientSettings, secret: &Secret) -> Self {
        Self { settings, key: TransactionKey::new(secret), exchanges: Semaphore::new(MAX_EXCHANGES) }
    }

    /// The name of the provider for users.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Finds the transaction that an answer with this `state` belongs to. `cookie` is the transaction of the browser.
    pub fn transaction(&self, cookie: &str, state: &str) -> Option<Transaction> {
        Transaction::from_cookie(cookie).filter(|transaction| self.key.is_state_of(transaction, state))
    }

    /// Makes the request that exchanges a code (RFC 6749, sections 2.3.1 and 4.1.3; RFC 7636, section 4.5).
    fn token_request(&self, transaction: &Transaction, code: &str, takes_basic: bool) -> TokenRequest {
        let ClientSettings { id, secret, .. } = &self.settings;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("code_verifier", &self.key.verifier(transaction));
        let mut basic = None;
        match secret {
            Some(secret) if takes_basic => basic = Some((encoded(id), encoded(secret.expose_secret()))),
            Some(secret) => {
                form.append_pair("client_id", id).append_pair("client_secret", secret.expose_secret());
            }
            None => {
                form.append_pair("client_id", id);
            }
        }
        TokenRequest { body: form.finish(), basic }
    }

    fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.settings.public_url)
    }
}

impl IdentityProvider {
    /// This server as a client of the provider. `None` if users cannot sign in from the chat page.
    pub fn client(&self) -> Option<&SignInClient> {
        self.client.as_ref()
    }

    /// Starts a sign-in. Returns the transaction, and the URL of the provider to which the browser goes. `again` asks
    /// the provider for the credentials of a user who is signed in there.
    pub async fn start_sign_in(
        &self,
        client: &SignInClient,
        page: ReturnPage,
        again: bool,
    ) -> Result<(Transaction, Url)> {
        let endpoints = self.keys.endpoints().await?;
        let endpoint = endpoints.authorization_endpoint.as_deref().context("no authorization_endpoint");
        let mut url = endpoint.and_then(|url| self.keys.allowed(url)).map_err(Error::unavailable)?;
        let transaction = Transaction::start(page, self.clock.now());
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.settings.id)
            .append_pair("redirect_uri", &client.redirect_uri())
            .append_pair("scope", SCOPE)
            .append_pair("state", &client.key.state(&transaction))
            .append_pair("nonce", &client.key.nonce(&transaction))
            .append_pair("code_challenge", &client.key.challenge(&transaction))
            .append_pair("code_challenge_method", "S256")
            .append_pair("max_age", MAX_AUTHENTICATION_AGE);
        if again {
            url.query_pairs_mut().append_pair("prompt", "login");
        }
        Ok((transaction, url))
    }

    /// Returns whether an answer comes from this provider (RFC 9207, section 2.4).
    pub async fn is_issuer_of_answer(&self, issuer: Option<&str>) -> Result<bool> {
        match issuer {
            Some(issuer) => Ok(issuer == self.issuer()),
            None => Ok(!self.keys.endpoints().await?.authorization_response_iss_parameter_supported),
        }
    }

    /// Exchanges a code for tokens.
    async fn exchange(&self, client: &SignInClient, transaction: &Transaction, code: &str) -> Result<Tokens> {
        let endpoints = self.keys.endpoints().await?;
        let endpoint = endpoints.token_endpoint.as_deref().context("no token_endpoint");
        let endpoint = endpoint.map_err(Error::unavailable)?;
        let methods = endpoints.token_endpoint_auth_methods_supported.as_deref();
        let takes_basic = methods.is_none_or(|methods| methods.iter().any(|it| it == "client_secret_basic"));
        let TokenRequest { body, basic } = client.token_request(transaction, code, takes_basic);
        let sent = self.keys.send(endpoint, |http, url| {
            let request = http.post(url).header(header::ACCEPT, "application/json");
            let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let request = match basic {
                Some((id, secret)) => request.basic_auth(id, Some(secret)),
                None => request,
            };
            request.body(body)
        });
        let (status, body) = sent.await.map_err(Error::unavailable)?;
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Error::unavailable(format!("{endpoint}: the status is {status}")));
        }
        serde_json::from_slice(&body).map_err(|_| {
            let reason = serde_json::from_slice::<TokenError>(&body).ok().map(|refused| refused.error);
            let reason = reason.as_deref().map_or("no tokens in the response", code_of);
            tracing::warn!(%status, reason, "the identity provider did not exchange a code for tokens");
            FAILED
        })
    }

    /// Adds the name and the e-mail address to an identity that has neither: many providers give them only in exchange
    /// for the access token (OpenID Connect Core 1.0, section 5.3).
    async fn add_user_claims(
        &self,
        identified: VerifiedIdentity,
        access_token: &str,
    ) -> Result<VerifiedIdentity> {
        if identified.name.is_some() || identified.email.is_some() {
            return Ok(identified);
        }
        let endpoints = self.keys.endpoints().await?;
        let Some(endpoint) = endpoints.userinfo_endpoint.as_deref() else { return Ok(identified) };
        let sent = self.keys.send(endpoint, |http, url| {
            http.get(url).header(header::ACCEPT, "application/json").bearer_auth(access_token)
        });
        let (status, body) = sent.await.map_err(Error::unavailable)?;
        let claims = serde_json::from_slice::<UserClaims>(&body).ok().filter(|_| status.is_success());
        let claims = claims.ok_or_else(|| {
            Error::unavailable(format!("{endpoint}: the status is {status}, or the body is invalid"))
        })?;
        // Another user's claims would be a substitution attack (section 5.3.2).
        if claims.sub != identified.subject {
            tracing::warn!("the identity provider returned the claims of another user");
            return Err(FAILED);
        }
        Ok(VerifiedIdentity { name: claims.name(), email: claims.email, ..identified })
    }
}

impl Accounts {
    /// Finishes a sign-in and opens a session. Creates the account at the first sign-in of a user.
    ///
    /// Fails with `UNAUTHENTICATED` if the code or the ID token is invalid, `UNAVAILABLE` if the provider does not
    /// answer, and `RATE_LIMITED` if the address has signed in too often.
    pub async fn finish_sign_in(
        &self,
        provider: &IdentityProvider,
        client: &SignInClient,
        transaction: &Transaction,
        code: &str,
        caller: &Caller,
    ) -> Result<SignedIn> {
        self.throttle.sign_in_at_provider(caller.address).await?;
        let _permit = client.exchanges.try_acquire().map_err(Error::unavailable)?;
        let tokens = provider.exchange(client, transaction, code).await?;
        let nonce = client.key.nonce(transaction);
        let identified = provider.verify_id_token(&tokens.id_token, &client.settings.id, &nonce).await?;
        let user_id = match self.known_provider_user(provider, &identified).await? {
            Some(known) => known,
            None => {
                let identified = provider.add_user_claims(identified.clone(), &tokens.access_token).await?;
                self.create_provider_user(provider, &identified).await?
            }
        };
        self.sessions.check(user_id)?;
        let user = self.user(user_id).await?;
        let opened = self.sessions.open(&user, Some(identified.authenticated_at), caller).await?;
        let (session, token) = opened.ok_or(Error::Unauthenticated(ACCOUNT_DELETED))?;
        let signed_in = self.signed_in(user, &session, token)?;
        let detail = Some(provider.issuer().to_owned());
        let event = self.audit.event(user_id, SecurityEventKind::SignedIn, caller);
        self.audit.write(&SecurityEvent { detail, ..event }).await;
        Ok(signed_in)
    }
}

/// Encodes a part of a client's credentials for HTTP Basic authentication (RFC 6749, section 2.3.1).
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Returns an error code of the provider for the log, if it looks like one (RFC 6749, section 4.1.2.1).
pub fn code_of(error: &str) -> &str {
    let is_code = error.len() <= 64 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { error } else { "an invalid error code" }
}
