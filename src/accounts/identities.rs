//! Users of the identity provider. An account is created the first time a user authenticates.
//!
//! Such a user is never linked to an existing account with the same e-mail address: the provider's claim about the
//! address is not proof, and linking would hand over the account. Each request finds the user by their key in
//! `identities`, whether they present an access token of the provider or sign in there from the chat page.

use super::{
    ACCOUNT_DELETED, Accounts, AuthMethod, Caller, Grant, Viewer, cut_name,
    identity_provider::{IdentityProvider, VerifiedIdentity},
};
use crate::{
    error::{Error, Result},
    store::{Id, SecurityEventKind, identities::Identity, security_events::SecurityEvent, users::User},
};

/// The name of a user for whom the provider sends no name.
const NAMELESS: &str = "Somebody";

impl Accounts {
    /// Authenticates an access token of the identity provider.
    pub(super) async fn authenticate_provider_token(
        &self,
        provider: &IdentityProvider,
        access_token: &str,
    ) -> Result<Grant> {
        let identified = provider.verify(access_token).await?;
        let user_id = match self.known_provider_user(provider, &identified).await? {
            Some(known) => known,
            None => self.create_provider_user(provider, &identified).await?,
        };
        self.sessions.check(user_id)?;
        let method = AuthMethod::Oidc { authenticated_at: identified.authenticated_at };
        Ok(Grant { viewer: Viewer { user_id, method }, expires_at: identified.expires_at })
    }

    /// Finds the user of a verified token. `None` if the user has no account yet. Fails if the token was issued before
    /// the user deleted the previous account.
    pub(super) async fn known_provider_user(
        &self,
        provider: &IdentityProvider,
        identified: &VerifiedIdentity,
    ) -> Result<Option<Id>> {
        match self.store.identity(provider.identity(&identified.subject)).await? {
            Some(known) if known.deleted_at.is_some_and(|at| identified.issued_at <= at) => {
                Err(Error::Unauthenticated(ACCOUNT_DELETED))
            }
            known => Ok(known.map(|known| known.user_id)),
        }
    }

    /// Creates an account for a user who is new here. Another instance may do so at the same moment; one of them wins.
    pub(super) async fn create_provider_user(
        &self,
        provider: &IdentityProvider,
        identified: &VerifiedIdentity,
    ) -> Result<Id> {
        let id = provider.identity(&identified.subject);
        let user = User {
            id: Id::new(),
            email: identified
                .email
                .as_deref()
                .map(str::trim)
                .filter(|email| is_plausible_email(email))
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
        known.map(|known| known.user_id).ok_or_else(|| Error::internal("identity conflicts but is not found"))
    }
}

/// The name from the provider, or the part of the e-mail address before the `@`, shortened if needed.
fn name(identified: &VerifiedIdentity) -> String {
    let local_part = identified.email.as_deref().and_then(|email| email.split('@').next());
    let claimed = [identified.name.as_deref(), local_part];
    claimed.into_iter().flatten().find_map(cut_name).unwrap_or_else(|| NAMELESS.to_owned())
}

/// Returns whether a claim looks like an e-mail address. Any other text in the claim is not stored.
fn is_plausible_email(email: &str) -> bool {
    email.contains('@') && email.len() <= 254 && !email.chars().any(char::is_control)
}
