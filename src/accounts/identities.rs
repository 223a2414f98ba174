//! The users of the identity provider: each is somebody here from the moment they are first seen.
//!
//! They are never taken for whoever has the same address here: what a provider says of an address proves nothing to us,
//! and an account would be had for it. A look-up by the key finds them at each request.

use super::{
    Access, Accounts, Caller, Grant, Viewer, cut_name,
    identity_provider::{Identified, IdentityProvider},
};
use crate::{
    error::{Error, Result},
    store::{Id, SecurityEventKind, identities::Identity, security_events::SecurityEvent, users::User},
};

/// What somebody is called of whom the provider tells no name.
const NAMELESS: &str = "Somebody";

impl Accounts {
    /// Who presents this token of the provider's, and until when they may.
    pub(super) async fn authenticate_elsewhere(
        &self,
        provider: &IdentityProvider,
        access_token: &str,
    ) -> Result<Grant> {
        let identified = provider.verify(access_token).await?;
        let id = provider.identity(&identified.subject);
        let user_id = match self.store.identity(id).await? {
            Some(known) if known.deleted_at.is_some_and(|at| identified.issued_at <= at) => {
                return Err(Error::Unauthenticated("the account is gone"));
            }
            Some(known) => known.user_id,
            None => self.welcome(provider, id, &identified).await?,
        };
        self.sessions.see(user_id)?;
        let access = Access::Elsewhere { proved_at: identified.proved_at };
        Ok(Grant {
            viewer: Viewer { user_id, session_id: user_id, access },
            expires_at: identified.expires_at,
        })
    }

    /// Makes an account for somebody who is seen for the first time; on another instance perhaps as well.
    async fn welcome(&self, provider: &IdentityProvider, id: Id, identified: &Identified) -> Result<Id> {
        let user = User {
            id: Id::new(),
            email: identified
                .email
                .as_deref()
                .map(str::trim)
                .filter(|email| is_shown(email))
                .map(str::to_owned),
            email_key: String::new(),
            name: name(identified),
            password_hash: None,
            created_at: self.clock.now(),
        };
        let user = User { email_key: user.id.to_string(), ..user };
        let identity = Identity {
            id,
            user_id: user.id,
            issuer: provider.issuer().to_owned(),
            subject: identified.subject.clone(),
            created_at: user.created_at,
            deleted_at: None,
        };
        let event = SecurityEvent {
            address: None,
            detail: Some(provider.issuer().to_owned()),
            ..self.audit.event(user.id, SecurityEventKind::Registered, &Caller::default())
        };
        if self.store.insert_identity(&user, &identity, identified.issued_at, &event).await? {
            return Ok(user.id);
        }
        let known = self.store.identity(id).await?;
        known.map(|known| known.user_id).ok_or_else(|| Error::internal("an identity is there and is not"))
    }
}

/// What the provider calls them, as far as it fits.
fn name(identified: &Identified) -> String {
    let local_part = identified.email.as_deref().and_then(|email| email.split('@').next());
    let told = [identified.name.as_deref(), local_part];
    told.into_iter().flatten().find_map(cut_name).unwrap_or_else(|| NAMELESS.to_owned())
}

/// Whether it can be an address: what else a provider may have put there is not shown for one.
fn is_shown(email: &str) -> bool {
    email.contains('@') && email.len() <= 254 && !email.chars().any(char::is_control)
}
