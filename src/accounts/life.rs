//! Another name, another address, another password. Whoever asks for one of the latter two shows the password again: a
//! session may have been left open on somebody else's machine.

use super::{Access, Accounts, Caller, Email, Password, Viewer, display_name, email};
use crate::{
    error::{Error, Result},
    store::{
        SecurityEventKind,
        security_events::SecurityEvent,
        users::{EmailTaken, Proof, User},
    },
};
use std::time::Duration;

/// What was shown is not good any more: the password was changed meanwhile, or the session ended.
const OUTDATED: Error =
    Error::Unauthenticated("the password or the session has changed meanwhile: sign in again");
/// How long ago somebody may have proved to the identity provider who they are, for what cannot be undone.
const FRESH: Duration = Duration::from_secs(300);

impl Accounts {
    /// Gives the account another name to show.
    pub async fn change_name(&self, viewer: Viewer, name: &str) -> Result<User> {
        self.store.change_name(viewer.user_id, &display_name(name)?).await?;
        self.user(viewer.user_id).await
    }

    /// Gives the account another address, by which its owner signs in from now on.
    pub async fn change_email(
        &self,
        viewer: Viewer,
        password: &str,
        email: Email,
        caller: &Caller,
    ) -> Result<User> {
        let (user, proof) = self.prove(viewer, "password", password, caller).await?;
        // Made when the account is held: what came later is told to have come later.
        let event = || SecurityEvent {
            detail: user.email.clone(),
            ..self.audit.event(user.id, SecurityEventKind::EmailChanged, caller)
        };
        let key = email.key().to_owned();
        match self.store.change_email(&proof, &email.into_string(), &key, event).await? {
            Ok(true) => self.user(user.id).await,
            Ok(false) => Err(OUTDATED),
            Err(EmailTaken) => Err(Error::Conflict("an account with this e-mail address exists already")),
        }
    }

    /// Chooses another password, and ends the user's other sessions. Personal access tokens stay good. It gives how
    /// many sessions were ended.
    pub async fn change_password(
        &self,
        viewer: Viewer,
        current: &str,
        new: Password,
        caller: &Caller,
    ) -> Result<usize> {
        let (user, proof) = self.prove(viewer, "currentPassword", current, caller).await?;
        let hash = self.passwords.hash(new).await?;
        let event = || self.audit.event(user.id, SecurityEventKind::PasswordChanged, caller);
        let ending = self.sessions.ending();
        let changed = self.store.change_password(&proof, &hash, ending, event);
        let ended = changed.await?.ok_or(OUTDATED)?;
        self.sessions.ended(&ended, ending);
        Ok(ended.len())
    }

    /// The viewer, who knows the password, and the proof of it. A wrong one is the field's fault: it is known who asks, and
    /// they may, so neither signing in again nor giving up would help, only another input.
    async fn prove(
        &self,
        viewer: Viewer,
        field: &'static str,
        password: &str,
        caller: &Caller,
    ) -> Result<(User, Proof)> {
        let user = self.user(viewer.user_id).await?;
        let Some(hash) = user.password_hash.clone() else {
            return Err(Error::Forbidden("who you are is known to the identity provider: change it there"));
        };
        // Counted with the attempts to sign in, whatever its owner's key was before.
        let key = user.email.as_deref().and_then(email::canonical).unwrap_or(user.email_key.clone());
        self.throttle.log_in(caller.address, &key).await?;
        // What cannot be anybody's password is refused without work, as when signing in.
        let right = match Password::present(password) {
            Some(password) => self.passwords.verify(password, Some(hash.clone())).await?,
            None => false,
        };
        if !right {
            self.audit.note(user.id, SecurityEventKind::PasswordRefused, caller).await;
            return Err(Error::input(field, "is not the account's password"));
        }
        self.throttle.logged_in(caller.address, &key).await;
        Ok((
            user,
            Proof { user: viewer.user_id, password_hash: Some(hash), session: Some(viewer.session_id) },
        ))
    }

    /// The viewer, who knows the password; or, if there is none, who has proved who they are a moment ago.
    pub(super) async fn prove_again(
        &self,
        viewer: Viewer,
        password: Option<&str>,
        caller: &Caller,
    ) -> Result<Proof> {
        match viewer.access {
            Access::Elsewhere { proved_at } if proved_at + FRESH > self.clock.now() => {
                Ok(Proof { user: viewer.user_id, password_hash: None, session: None })
            }
            Access::Elsewhere { .. } => Err(Error::Forbidden(
                "sign in again at the identity provider, and come back within five minutes",
            )),
            Access::InPerson | Access::Write | Access::Read => {
                let password = password.ok_or_else(|| Error::input("password", "must be given"))?;
                Ok(self.prove(viewer, "password", password, caller).await?.1)
            }
        }
    }
}
