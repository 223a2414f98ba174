//! Changes of a user's name, e-mail address and password.
//!
//! Changing the address or the password requires the current password, because a session may have been left open on
//! another person's computer.

use super::{Accounts, AuthMethod, Caller, EMAIL_TAKEN, Email, Password, Viewer, display_name, email};
use crate::{
    error::{Error, Result},
    store::{
        SecurityEventKind,
        security_events::SecurityEvent,
        users::{EmailTaken, Proof, User},
    },
};
use std::time::Duration;

/// The error when the password was changed, or the session revoked, after the proof was checked.
const OUTDATED: Error = Error::Unauthenticated(
    "The password was changed or the session was revoked during the request. Sign in again.",
);
/// The error when the sign-in at the identity provider is older.
const SIGN_IN_AGAIN: Error =
    Error::Forbidden("Sign in again at the identity provider and retry within five minutes.");
/// The maximum age of a sign-in at the identity provider, for operations that cannot be undone.
const MAX_SIGN_IN_AGE: Duration = Duration::from_secs(300);

impl Accounts {
    /// Changes the display name.
    pub async fn change_name(&self, viewer: Viewer, name: &str) -> Result<User> {
        self.store.change_name(viewer.user_id, &display_name(name)?).await?;
        self.user(viewer.user_id).await
    }

    /// Changes the e-mail address, with which the user signs in from then on.
    pub async fn change_email(
        &self,
        viewer: Viewer,
        password: &str,
        email: Email,
        caller: &Caller,
    ) -> Result<User> {
        let (user, proof) = self.check_password(viewer, "password", password, caller).await?;
        // Created while the transaction holds the account, so that the times of events are in order.
        let event = || SecurityEvent {
            detail: user.email.clone(),
            ..self.audit.event(user.id, SecurityEventKind::EmailChanged, caller)
        };
        let key = email.key().to_owned();
        match self.store.change_email(&proof, &email.into_string(), &key, event).await? {
            Ok(true) => self.user(user.id).await,
            Ok(false) => Err(OUTDATED),
            Err(EmailTaken) => Err(Error::Conflict(EMAIL_TAKEN)),
        }
    }

    /// Changes the password and revokes the user's other sessions. Personal access tokens stay valid. Returns the
    /// number of revoked sessions.
    pub async fn change_password(
        &self,
        viewer: Viewer,
        current: &str,
        new: Password,
        caller: &Caller,
    ) -> Result<usize> {
        let (user, proof) = self.check_password(viewer, "currentPassword", current, caller).await?;
        let hash = self.passwords.hash(new).await?;
        let event = || self.audit.event(user.id, SecurityEventKind::PasswordChanged, caller);
        let revocation = self.sessions.new_revocation();
        let changed = self.store.change_password(&proof, &hash, revocation, event);
        let revoked = changed.await?.ok_or(OUTDATED)?;
        self.sessions.publish_revoked(&revoked, revocation);
        Ok(revoked.len())
    }

    /// Checks the viewer's password and returns the user with the proof.
    ///
    /// A wrong password is `BAD_USER_INPUT` of `field`, not `UNAUTHENTICATED`, because the caller is already
    /// authenticated. Only another password helps, not another sign-in.
    async fn check_password(
        &self,
        viewer: Viewer,
        field: &'static str,
        password: &str,
        caller: &Caller,
    ) -> Result<(User, Proof)> {
        let user = self.user(viewer.user_id).await?;
        let Some(hash) = user.password_hash.clone() else {
            return Err(Error::Forbidden(
                "The account has no password because it belongs to the identity provider. Make the change there.",
            ));
        };
        // Counts towards the same rate limit as signing in, even if the account still has a key in the former format.
        let key = user.email.as_deref().and_then(email::canonical).unwrap_or(user.email_key.clone());
        self.throttle.log_in(caller.address, &key).await?;
        // Rejected without hashing if it has an impossible length, as when signing in.
        let right = match Password::present(password) {
            Some(password) => self.passwords.verify(password, Some(hash.clone())).await?,
            None => false,
        };
        if !right {
            self.audit.record(user.id, SecurityEventKind::PasswordRefused, caller).await;
            return Err(Error::input(field, "is not the account's password."));
        }
        self.throttle.log_in_succeeded(caller.address, &key).await;
        Ok((
            user,
            Proof { user: viewer.user_id, password_hash: Some(hash), session: Some(viewer.revocation_key()) },
        ))
    }

    /// Requires the password; from a user of the identity provider, a recent sign-in there.
    pub(super) async fn require_fresh_proof(
        &self,
        viewer: Viewer,
        password: Option<&str>,
        caller: &Caller,
    ) -> Result<Proof> {
        match viewer.method {
            AuthMethod::Oidc { authenticated_at }
                if authenticated_at + MAX_SIGN_IN_AGE > self.clock.now() =>
            {
                Ok(Proof { user: viewer.user_id, password_hash: None, session: None })
            }
            AuthMethod::Oidc { .. } => Err(SIGN_IN_AGAIN),
            AuthMethod::Session { id } if self.user(viewer.user_id).await?.password_hash.is_none() => {
                let session = self.store.sessions(viewer.user_id, &[id]).await?.pop();
                let authenticated_at = session.and_then(|session| session.authenticated_at);
                if authenticated_at.is_some_and(|at| at + MAX_SIGN_IN_AGE > self.clock.now()) {
                    Ok(Proof { user: viewer.user_id, password_hash: None, session: Some(id) })
                } else {
                    Err(SIGN_IN_AGAIN)
                }
            }
            AuthMethod::Session { .. } | AuthMethod::PersonalToken { .. } => {
                let password = password.ok_or_else(|| Error::input("password", "must be given."))?;
                Ok(self.check_password(viewer, "password", password, caller).await?.1)
            }
        }
    }
}
