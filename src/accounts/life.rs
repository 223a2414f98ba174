//! Another address, another password. Whoever asks for either shows the password again: a session may have been left
//! open on somebody else's machine.

use super::{Accounts, Caller, Email, Password, Viewer};
use crate::{
    error::{Error, Result},
    store::{
        SecurityEventKind,
        security_events::SecurityEvent,
        users::{EmailTaken, User},
    },
};

impl Accounts {
    /// Gives the account another address, by which its owner signs in from now on.
    pub async fn change_email(
        &self,
        viewer: Viewer,
        password: &str,
        email: Email,
        caller: &Caller,
    ) -> Result<User> {
        let user = self.prove(viewer, "password", password, caller).await?;
        let event = SecurityEvent {
            detail: Some(user.email),
            ..self.audit.event(user.id, SecurityEventKind::EmailChanged, caller)
        };
        let key = email.key().to_owned();
        match self.store.change_email(user.id, &email.into_string(), &key, &event).await? {
            Ok(true) => self.user(user.id).await,
            Ok(false) => Err(Error::Unauthenticated("the account is gone")),
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
        let user = self.prove(viewer, "currentPassword", current, caller).await?;
        let hash = self.passwords.hash(new).await?;
        let event = self.audit.event(user.id, SecurityEventKind::PasswordChanged, caller);
        let (old, ending) = (&user.password_hash, self.sessions.ending());
        let changed = self.store.change_password(user.id, (old, &hash), viewer.session_id, ending, &event);
        let ended =
            changed.await?.ok_or(Error::Conflict("the password was changed by somebody else meanwhile"))?;
        self.sessions.ended(&ended, ending);
        Ok(ended.len())
    }

    /// The viewer, who knows the password. A wrong one is the field's fault: it is known who asks, and they may, so
    /// neither signing in again nor giving up would help, only another input.
    pub(super) async fn prove(
        &self,
        viewer: Viewer,
        field: &'static str,
        password: &str,
        caller: &Caller,
    ) -> Result<User> {
        let user = self.user(viewer.user_id).await?;
        // What cannot be anybody's password is refused without work, as when signing in.
        let right = match Password::present(password) {
            Some(password) => self.passwords.verify(password, Some(user.password_hash.clone())).await?,
            None => false,
        };
        if !right {
            self.audit.note(user.id, SecurityEventKind::PasswordRefused, caller).await;
            return Err(Error::input(field, "is not the account's password"));
        }
        Ok(user)
    }
}
