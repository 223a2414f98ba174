//! Accounts: registering, signing in and out, and telling who asks.
//!
//! An account is proved by a password ([`password`]), a request by a short-lived access token ([`token`]), and a
//! session is kept alive by refresh tokens that are good once ([`refresh`], [`sessions`]). Whoever stays longer than an
//! access token lasts is a [`presence`]. Scripts ask by a token of their own ([`personal_token`]). What becomes of an
//! account is in [`life`] and [`deletion`], and told to its owner by [`audit`].
//!
//! People may be known to an [`identity_provider`] instead; then they have no password here, and are [`identities`].

mod audit;
mod caller;
mod deletion;
mod email;
mod export;
mod identities;
mod identity_provider;
mod keys;
mod life;
mod password;
mod personal_token;
mod presence;
mod provider_keys;
mod refresh;
mod secret;
pub mod sessions;
mod token;

pub use audit::{Audit, KEPT as EVENTS_KEPT};
pub use caller::Caller;
pub use deletion::Deletion;
pub use email::Email;
pub use export::{Exporting, Exports, Ticket};
pub use identity_provider::{IdentityProvider, ProviderSettings, may_be_asked};
pub use keys::Keys;
pub use password::{Password, Passwords};
pub use personal_token::{NewToken, PersonalToken, Scope};
pub use presence::{Over, Presence};
pub use refresh::{RefreshToken, RefreshTokens};
pub use secret::Secret;
pub use sessions::Sessions;
pub use token::{Access, AccessTokens, Grant, Viewer};

use crate::{
    clock::Clock,
    error::{Error, Result},
    store::{
        Database, Id, SecurityEventKind,
        sessions::Session,
        users::{EmailTaken, User},
    },
    throttle::Throttle,
    unicode::{beginning, is_visible},
};
use secrecy::SecretString;
use sessions::Refreshed;
use std::{sync::Arc, time::Duration};

/// The longest name of a user, in Unicode scalar values.
const NAME_LENGTH: usize = 100;

/// Everything about accounts.
pub struct Accounts {
    /// Where users and sessions are kept.
    pub store: Database,
    /// By which tokens and sessions expire.
    pub clock: Clock,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Issues and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// Opens, refreshes and ends sessions.
    pub sessions: Sessions,
    /// Who else knows who people are.
    pub identity_provider: Option<Arc<IdentityProvider>>,
    /// Whether anybody may make an account here.
    pub open: bool,
    /// Tells users what happens to their accounts.
    pub audit: Audit,
    /// The downloads in progress.
    pub exports: Exports,
    /// How often one may register, and try to sign in.
    pub throttle: Arc<Throttle>,
}

/// A session that has just been opened or refreshed.
pub struct SignedIn {
    /// Shown with each request, until it expires.
    pub access_token: String,
    /// Good once, for new tokens of this session.
    pub refresh_token: SecretString,
    /// How long that is good.
    pub refresh_expires_in: Duration,
    /// How long the access token is good.
    pub expires_in: Duration,
    /// Who has signed in.
    pub user: User,
}

impl Accounts {
    /// Makes an account and opens its first session.
    pub async fn register(
        &self,
        email: Email,
        password: Password,
        name: Option<String>,
        caller: &Caller,
    ) -> Result<SignedIn> {
        if !self.open {
            return Err(Error::Forbidden("nobody can register here"));
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
                self.audit.note(user.id, SecurityEventKind::Registered, caller).await;
                self.open_session(user, caller).await
            }
            Err(EmailTaken) => Err(Error::Conflict("an account with this e-mail address exists already")),
        }
    }

    /// Opens a session for whoever knows the password. A wrong address and a wrong password get the same answer
    /// after the same work, and are counted alike.
    pub async fn log_in(&self, email: Email, password: &str, caller: &Caller) -> Result<SignedIn> {
        self.throttle.log_in(caller.address, email.key()).await?;
        let wrong = Error::Unauthenticated("wrong e-mail address or password");
        let password = Password::present(password).ok_or(wrong.clone())?;
        let user = self.store.user_by_email(email.key(), &email.former_key()).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.passwords.verify(password, hash).await?;
        match user {
            Some(user) if right => {
                self.throttle.logged_in(caller.address, email.key()).await;
                let signed_in = self.open_session(user, caller).await?;
                self.audit.note(signed_in.user.id, SecurityEventKind::SignedIn, caller).await;
                Ok(signed_in)
            }
            // Not waited for: only an address that has an account would take the longer.
            Some(user) => {
                self.audit.note_aside(user.id, SecurityEventKind::SignInFailed, caller);
                Err(wrong)
            }
            None => Err(wrong),
        }
    }

    /// Exchanges a refresh token, which is good once, for new tokens of the same session.
    /// A used one ends the session, and its user is told.
    pub async fn refresh(&self, token: &RefreshToken, caller: &Caller) -> Result<SignedIn> {
        match self.sessions.refresh(token, caller).await? {
            Refreshed::Next(session, next) => {
                let user = self.user(session.user_id).await?;
                self.signed_in(user, &session, next)
            }
            Refreshed::Reused(user) => {
                self.audit.note(user, SecurityEventKind::RefreshTokenReused, caller).await;
                Err(Error::Unauthenticated("the refresh token was used before: its session is ended"))
            }
        }
    }

    /// Ends the session of this refresh token; false if it had ended already.
    pub async fn log_out(&self, token: &RefreshToken, caller: &Caller) -> Result<bool> {
        let ended = self.sessions.end_by(token).await?;
        if let Some(user) = ended {
            self.audit.note(user, SecurityEventKind::SignedOut, caller).await;
        }
        Ok(ended.is_some())
    }

    /// Ends one of the viewer's sessions.
    pub async fn revoke_session(&self, viewer: Viewer, session: Id, caller: &Caller) -> Result<()> {
        self.sessions.end_of(viewer.user_id, session).await?;
        self.audit.note(viewer.user_id, SecurityEventKind::SessionRevoked, caller).await;
        Ok(())
    }

    /// Ends all of the viewer's sessions but the one they ask by; which they were.
    pub async fn revoke_other_sessions(&self, viewer: Viewer, caller: &Caller) -> Result<Vec<Id>> {
        let others = self.sessions.end_others(viewer).await?;
        for _ in &others {
            self.audit.note(viewer.user_id, SecurityEventKind::SessionRevoked, caller).await;
        }
        Ok(others)
    }

    /// Who presents this access token, be it a session's, a personal one or the identity provider's, and until when they
    /// may. That of a session is not looked up.
    pub async fn authenticate(&self, access_token: &str) -> Result<Grant> {
        if let Some(token) = PersonalToken::parse(access_token) {
            return self.authenticate_script(&token).await;
        }
        if let Some(provider) = self.identity_provider.as_ref().filter(|it| it.is_named_by(access_token)) {
            return self.authenticate_elsewhere(provider, access_token).await;
        }
        let grant = self.access_tokens.verify(access_token, self.clock.now())?;
        self.sessions.see(grant.viewer.session_id)?;
        Ok(grant)
    }

    async fn open_session(&self, user: User, caller: &Caller) -> Result<SignedIn> {
        let opened = self.sessions.open(&user, caller).await?;
        let (session, token) = opened.ok_or(Error::Unauthenticated("wrong e-mail address or password"))?;
        self.signed_in(user, &session, token)
    }

    fn signed_in(&self, user: User, session: &Session, token: RefreshToken) -> Result<SignedIn> {
        let viewer = Viewer::in_person(user.id, session.id);
        let (access_token, expires_in) =
            self.access_tokens.issue(viewer, self.clock.now(), session.expires_at)?;
        Ok(SignedIn {
            access_token,
            refresh_token: token.into_secret(),
            refresh_expires_in: self.sessions.lasting(),
            expires_in,
            user,
        })
    }

    async fn user(&self, id: Id) -> Result<User> {
        let mut found = self.store.users(&[id]).await?;
        found.pop().ok_or(Error::Unauthenticated("the account is gone"))
    }
}

/// As much of somebody else's name for a user as can be one here; `None` if nothing of that can be seen.
fn cut_name(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|character| !character.is_control()).collect();
    Some(beginning(name.trim(), NAME_LENGTH).to_owned()).filter(|name| is_visible(name))
}

/// A name as it is shown: on one line, without space around it.
fn display_name(name: &str) -> Result<String> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > NAME_LENGTH {
        return Err(Error::input("name", format!("must have 1 to {NAME_LENGTH} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::input("name", "must not contain control characters"));
    }
    if !is_visible(name) {
        return Err(Error::input("name", "must have a visible character"));
    }
    Ok(name.to_owned())
}
