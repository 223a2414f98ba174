//! Authentication of a connection that may outlive its access token.

use super::{Accounts, AuthMethod, Grant, Viewer};
use crate::{
    error::{Error, Result},
    store::Instant,
};
use async_stream::stream;
use futures_util::Stream;
use std::{future::pending, sync::Arc, time::Duration};
use tokio::{select, sync::watch};

/// The longest time between an expiry warning and the expiry. It is less for tokens that live less than ten minutes.
const EXPIRY_WARNING: Duration = Duration::from_secs(60);
/// The interval at which an open connection checks that its personal access token still exists.
const TOKEN_CHECK_INTERVAL: Duration = Duration::from_secs(300);

/// The current token and user of a connection; none if it is not authenticated. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct ConnectionAuth(Arc<watch::Sender<Option<Grant>>>);

/// The reason why a connection's authentication has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthEnded {
    /// The access token has expired.
    Expired,
    /// The session or the personal access token has been revoked.
    Revoked,
}

impl ConnectionAuth {
    /// Creates the state with this token, or with none.
    pub fn new(grant: Option<Grant>) -> Self {
        let connection_auth = Self::default();
        connection_auth.0.send_replace(grant);
        connection_auth
    }

    /// Returns the authenticated user.
    pub fn viewer(&self) -> Option<Viewer> {
        self.0.borrow().map(|grant| grant.viewer)
    }

    /// Replaces the token with a newer one of the same user.
    fn renew(&self, grant: Grant) -> Result<()> {
        let renewed = self.0.send_if_modified(|present| {
            let same = present.is_some_and(|present| present.viewer.user_id == grant.viewer.user_id);
            if same {
                *present = Some(grant);
            }
            same
        });
        let refusal = Error::Forbidden(
            "The access token belongs to a different user than the connection. Open a new connection.",
        );
        if renewed { Ok(()) } else { Err(refusal) }
    }
}

impl Accounts {
    /// Extends a connection's authentication with another access token of the same user.
    pub async fn reauthenticate(
        &self,
        connection_auth: &ConnectionAuth,
        access_token: &str,
    ) -> Result<Grant> {
        let grant = self.authenticate(access_token).await?;
        connection_auth.renew(grant)?;
        Ok(grant)
    }

    /// Waits until the connection's authentication ends. Never returns for an unauthenticated connection.
    pub async fn auth_ended(&self, connection_auth: &ConnectionAuth) -> AuthEnded {
        let mut present = connection_auth.0.subscribe();
        loop {
            let grant = *present.borrow_and_update();
            let Some(Grant { viewer, expires_at }) = grant else { return pending().await };
            let session = self.sessions.watch(viewer.revocation_key());
            select! {
                biased; // a new token wins over an expiry at the same moment
                _ = present.changed() => {} // cannot fail: `connection_auth` holds the sender
                () = session.revoked() => return AuthEnded::Revoked,
                () = self.personal_token_deleted(viewer) => return AuthEnded::Revoked,
                () = self.clock.wait_until(expires_at) => return AuthEnded::Expired,
            }
        }
    }

    /// Waits until a check finds that the connection's personal access token has been deleted.
    ///
    /// Such a token may live longer than its revocation is remembered, so an instance that was cut off may have missed
    /// the deletion. For other tokens this never returns, because a revocation outlives them. A failed query counts as
    /// "still exists".
    async fn personal_token_deleted(&self, viewer: Viewer) {
        if !matches!(viewer.method, AuthMethod::PersonalToken { .. }) {
            return pending().await;
        }
        loop {
            self.clock.wait_until(self.clock.now() + TOKEN_CHECK_INTERVAL).await;
            // Boxed, because few connections use a personal access token.
            let there = Box::pin(self.store.has_access_token(viewer.revocation_key())).await;
            if matches!(there, Ok(false)) {
                return;
            }
        }
    }

    /// Yields each token's expiry time shortly before it expires, once per token. The stream never ends.
    pub fn expiry_warnings(&self, connection_auth: &ConnectionAuth) -> impl Stream<Item = Instant> + use<> {
        let notice = EXPIRY_WARNING.min(self.access_tokens.ttl() / 10);
        let (clock, connection_auth) = (self.clock.clone(), connection_auth.clone());
        stream! {
            let mut present = connection_auth.0.subscribe();
            loop {
                let grant = *present.borrow_and_update();
                let Some(Grant { expires_at, .. }) = grant else { return pending().await };
                select! {
                    () = clock.wait_until(expires_at - notice) => {
                        yield expires_at;
                        let _ = present.changed().await; // cannot fail: `connection_auth` holds the sender
                    }
                    _ = present.changed() => {}
                }
            }
        }
    }
}
