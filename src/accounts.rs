//! User accounts: registration, sign-in, and authentication of requests.
//!
//! A user signs in with a password ([`password`]) and gets a session. A short-lived access token ([`token`])
//! authenticates each request. Single-use refresh tokens keep the session alive ([`refresh`], [`sessions`]). A
//! connection that outlives its access token re-authenticates with a new one ([`connection_auth`]). Scripts use
//! personal access tokens ([`personal_token`]). Users change and delete their accounts with [`profile`] and
//! [`deletion`]. The [`audit`] trail records security events for the account's owner.
//!
//! Users may instead authenticate with an external [`identity_provider`]. Such a user has an identity ([`identities`])
//! and no password on this server. They present the provider's access tokens, or sign in there from the chat page
//! ([`provider_sign_in`]) and get a session.

mod audit;
mod caller;
mod connection_auth;
mod deletion;
mod email;
mod export;
mod id_token;
mod identities;
mod identity_provider;
mod keys;
mod password;
mod personal_token;
mod profile;
mod provider_keys;
mod provider_sign_in;
mod refresh;
pub mod refresh_cookie;
mod secret;
pub mod sessions;
mod sign_in_transaction;
mod token;

pub use audit::{Audit, RETENTION as EVENT_RETENTION};
pub use caller::Caller;
pub use connection_auth::{AuthEnded, ConnectionAuth};
pub use deletion::Deletion;
pub use email::Email;
pub use export::{DownloadLimiter, DownloadPermit, Ticket};
pub use identity_provider::{IdentityProvider, ProviderSettings};
pub use keys::Keys;
pub use password::{Password, Passwords};
pub use personal_token::{NewToken, PersonalToken, Scope};
pub use provider_keys::is_https_or_local;
pub use provider_sign_in::{CALLBACK, ClientSettings, SignInClient, code_of};
pub use refresh::{RefreshToken, RefreshTokens};
pub use secret::Secret;
pub use sessions::Sessions;
pub use sign_in_transaction::{MAX_AGE as SIGN_IN_MAX_AGE, ReturnPage, Transaction};
pub use token::{AccessTokens, AuthMethod, Grant, Viewer};

use crate::{
    clock::Clock,
    error::{Error, Result},
    store::{
        Database, Id, SecurityEventKind,
        sessions::Session,
        users::{EmailTaken, User},
    },
    throttle::Throttle,
    unicode::{is_visible, truncate},
};
use secrecy::SecretString;
use sessions::Refreshed;
use std::{sync::Arc, time::Duration};

/// The longest name of a user, in Unicode scalar values.
const NAME_LENGTH: usize = 100;

const WRONG_CREDENTIALS: &str = "The e-mail address or the password is wrong.";
const EMAIL_TAKEN: &str = "An account with this e-mail address already exists.";
const ACCOUNT_DELETED: &str = "The account has been deleted.";

/// The account service: registration, sign-in, authentication and account management.
pub struct Accounts {
    /// The database of users and sessions.
    pub store: Database,
    /// The clock that decides when tokens and sessions expire.
    pub clock: Clock,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Issues and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// Opens, refreshes and revokes sessions.
    pub sessions: Sessions,
    /// The external OpenID Provider, if one is configured.
    pub identity_provider: Option<Arc<IdentityProvider>>,
    /// Whether anyone may register.
    pub open: bool,
    /// Records security events for the account's owner.
    pub audit: Audit,
    /// The downloads in progress.
    pub exports: DownloadLimiter,
    /// Limits attempts to register and to sign in.
    pub throttle: Arc<Throttle>,
}

/// Tokens of a session that has just been opened or refreshed.
pub struct SignedIn {
    /// The token that authenticates requests until it expires.
    pub access_token: String,
    /// The single-use token that gets the session's next tokens.
    pub refresh_token: SecretString,
    /// The lifetime of the refresh token.
    pub refresh_expires_in: Duration,
    /// The lifetime of the access token.
    pub expires_in: Duration,
    /// The user who has signed in.
    pub user: User,
}

impl Accounts {
    /// Creates an account and opens its first session.
    pub async fn register(
        &self,
        email: Email,
        password: Password,
        name: Option<String>,
        caller: &Caller,
    ) -> Result<SignedIn> {
        if !self.open {
            return Err(Error::Forbidden("Registration is disabled on this server."));
        }
        let name = match name {
            Some(name) => display_name(&name)?,
            None => email.local_part().to_owned(),
        };
        self.throttle.register(caller.address).await?;
        let user = User {
            id: Id::new(),
            password_hash: Some(self.passwords.hash(password).await?),
            email_key: email.key().to_owned(),
            email: Some(email.into_string()),
            name,
            created_at: self.clock.now(),
        };
        match self.store.insert_user(&user).await? {
            Ok(()) => {
                self.audit.record(user.id, SecurityEventKind::Registered, caller).await;
                self.open_session(user, caller).await
            }
            Err(EmailTaken) => Err(Error::Conflict(EMAIL_TAKEN)),
        }
    }

    /// Opens a session after checking the password.
    ///
    /// An unknown address and a wrong password get the same error after the same amount of work, and count the same
    /// towards the rate limit. So a caller cannot find out which addresses have accounts.
    pub async fn log_in(&self, email: Email, password: &str, caller: &Caller) -> Result<SignedIn> {
        self.throttle.log_in(caller.address, email.key()).await?;
        let wrong = Error::Unauthenticated(WRONG_CREDENTIALS);
        let password = Password::present(password).ok_or(wrong.clone())?;
        let user = self.store.user_by_email(email.key(), &email.former_key()).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.passwords.verify(password, hash).await?;
        match user {
            Some(user) if right => {
                self.throttle.log_in_succeeded(caller.address, email.key()).await;
                let signed_in = self.open_session(user, caller).await?;
                self.audit.record(signed_in.user.id, SecurityEventKind::SignedIn, caller).await;
                Ok(signed_in)
            }
            // Recorded in the background: waiting would make the response slower only for addresses with an account.
            Some(user) => {
                self.audit.record_in_background(user.id, SecurityEventKind::SignInFailed, caller);
                Err(wrong)
            }
            None => Err(wrong),
        }
    }

    /// Exchanges a single-use refresh token for new tokens of the same session.
    ///
    /// A token that was used before revokes the session and records a security event.
    pub async fn refresh(&self, token: &RefreshToken, caller: &Caller) -> Result<SignedIn> {
        match self.sessions.refresh(token, caller).await? {
            Refreshed::Next(session, next) => {
                let user = self.user(session.user_id).await?;
                self.signed_in(user, &session, next)
            }
            Refreshed::Reused(user) => {
                self.audit.record(user, SecurityEventKind::RefreshTokenReused, caller).await;
                Err(Error::Unauthenticated(
                    "The refresh token was used before, so its session has been revoked. Sign in again.",
                ))
            }
        }
    }

    /// Revokes the session of this refresh token. Returns false if the session had already ended.
    pub async fn log_out(&self, token: &RefreshToken, caller: &Caller) -> Result<bool> {
        let ended = self.sessions.revoke_by_token(token).await?;
        if let Some(user) = ended {
            self.audit.record(user, SecurityEventKind::SignedOut, caller).await;
        }
        Ok(ended.is_some())
    }

    /// Revokes one of the viewer's sessions.
    pub async fn revoke_session(&self, viewer: Viewer, session: Id, caller: &Caller) -> Result<()> {
        self.sessions.revoke(viewer.user_id, session).await?;
        self.audit.record(viewer.user_id, SecurityEventKind::SessionRevoked, caller).await;
        Ok(())
    }

    /// Revokes all of the viewer's sessions except the current one. Returns the IDs of the revoked sessions.
    pub async fn revoke_other_sessions(&self, viewer: Viewer, caller: &Caller) -> Result<Vec<Id>> {
        let others = self.sessions.revoke_others(viewer).await?;
        for _ in &others {
            self.audit.record(viewer.user_id, SecurityEventKind::SessionRevoked, caller).await;
        }
        Ok(others)
    }

    /// Authenticates an access token: of a session, a personal one, or one of the identity provider.
    ///
    /// Returns the user and the time at which the token expires. A session's token is verified without a database
    /// query.
    pub async fn authenticate(&self, access_token: &str) -> Result<Grant> {
        if let Some(token) = PersonalToken::parse(access_token) {
            return self.authenticate_personal_token(&token).await;
        }
        if let Some(provider) = self.identity_provider.as_ref().filter(|it| it.is_issuer_of(access_token)) {
            return self.authenticate_provider_token(provider, access_token).await;
        }
        let grant = self.access_tokens.verify(access_token, self.clock.now())?;
        self.sessions.check(grant.viewer.revocation_key())?;
        Ok(grant)
    }

    async fn open_session(&self, user: User, caller: &Caller) -> Result<SignedIn> {
        let opened = self.sessions.open(&user, None, caller).await?;
        let (session, token) = opened.ok_or(Error::Unauthenticated(WRONG_CREDENTIALS))?;
        self.signed_in(user, &session, token)
    }

    fn signed_in(&self, user: User, session: &Session, token: RefreshToken) -> Result<SignedIn> {
        let viewer = Viewer::with_session(user.id, session.id);
        let (access_token, expires_in) =
            self.access_tokens.issue(viewer, self.clock.now(), session.expires_at)?;
        Ok(SignedIn {
            access_token,
            refresh_token: token.into_secret(),
            refresh_expires_in: self.sessions.lifetime(),
            expires_in,
            user,
        })
    }

    async fn user(&self, id: Id) -> Result<User> {
        let mut found = self.store.users(&[id]).await?;
        found.pop().ok_or(Error::Unauthenticated(ACCOUNT_DELETED))
    }
}

/// Cleans and shortens a name from the identity provider. Returns `None` if no visible character remains.
fn cut_name(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|character| !character.is_control()).collect();
    Some(truncate(name.trim(), NAME_LENGTH).to_owned()).filter(|name| is_visible(name))
}

/// Checks and trims a user's display name: one line with at least one visible character.
fn display_name(name: &str) -> Result<String> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > NAME_LENGTH {
        return Err(Error::input("name", format!("must have 1 to {NAME_LENGTH} characters.")));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::input("name", "must not contain control characters."));
    }
    if !is_visible(name) {
        return Err(Error::input("name", "must contain a visible character."));
    }
    Ok(name.to_owned())
}
