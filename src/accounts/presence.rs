//! Presence: who is at the other end of a connection that may outlive their access token.

use super::{Access, Accounts, Grant, Viewer};
use crate::{
    error::{Error, Result},
    store::Instant,
};
use async_stream::stream;
use futures_util::Stream;
use std::{future::pending, sync::Arc, time::Duration};
use tokio::{select, sync::watch};

/// The longest before its token expires that a client is told.
const LONGEST_NOTICE: Duration = Duration::from_secs(60);
/// How often it is looked whether a personal access token is still there.
const LOOK_EVERY: Duration = Duration::from_secs(300);

/// Who is present, and by which token they are: none, if they are not signed in. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Presence(Arc<watch::Sender<Option<Grant>>>);

/// Why nobody is present any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The token has expired.
    Expired,
    /// Its session has been ended.
    Ended,
}

impl Presence {
    /// By this token, or none.
    pub fn new(grant: Option<Grant>) -> Self {
        let presence = Self::default();
        presence.0.send_replace(grant);
        presence
    }

    /// Who is present.
    pub fn viewer(&self) -> Option<Viewer> {
        self.0.borrow().map(|grant| grant.viewer)
    }

    /// The same user shows another token.
    fn renew(&self, grant: Grant) -> Result<()> {
        let renewed = self.0.send_if_modified(|present| {
            let same = present.is_some_and(|present| present.viewer.user_id == grant.viewer.user_id);
            if same {
                *present = Some(grant);
            }
            same
        });
        let refusal = Error::Forbidden("the access token is not of the user that the socket was opened by");
        if renewed { Ok(()) } else { Err(refusal) }
    }
}

impl Accounts {
    /// Lets whoever is present stay until another of their access tokens expires.
    pub async fn reauthenticate(&self, presence: &Presence, access_token: &str) -> Result<Grant> {
        let grant = self.authenticate(access_token).await?;
        presence.renew(grant)?;
        Ok(grant)
    }

    /// Waits until whoever is present must leave. Who is not signed in may stay.
    pub async fn over(&self, presence: &Presence) -> Over {
        let mut present = presence.0.subscribe();
        loop {
            let grant = *present.borrow_and_update();
            let Some(Grant { viewer, expires_at }) = grant else { return pending().await };
            let session = self.sessions.watch(viewer.session_id);
            select! {
                biased; // another token in time is in time
                _ = present.changed() => {} // the sender is here
                () = session.ended() => return Over::Ended,
                () = self.found_gone(viewer) => return Over::Ended,
                () = self.clock.reached(expires_at) => return Over::Expired,
            }
        }
    }

    /// Waits until a personal access token is found to be gone. It may be good for longer than its deletion is
    /// remembered, and an instance that is cut off hears of nothing; a session's is not. While the database does not
    /// answer, nothing is found.
    async fn found_gone(&self, viewer: Viewer) {
        if !matches!(viewer.access, Access::Write | Access::Read) {
            return pending().await;
        }
        loop {
            self.clock.reached(self.clock.now() + LOOK_EVERY).await;
            // In a box, for it is seldom there.
            let there = Box::pin(self.store.has_access_token(viewer.session_id)).await;
            if matches!(there, Ok(false)) {
                return;
            }
        }
    }

    /// When the token will expire, told shortly before: once for each token, for ever.
    pub fn notices(&self, presence: &Presence) -> impl Stream<Item = Instant> + use<> {
        let notice = LONGEST_NOTICE.min(self.access_tokens.ttl() / 10);
        let (clock, presence) = (self.clock.clone(), presence.clone());
        stream! {
            let mut present = presence.0.subscribe();
            loop {
                let grant = *present.borrow_and_update();
                let Some(Grant { expires_at, .. }) = grant else { return pending().await };
                select! {
                    () = clock.reached(expires_at - notice) => {
                        yield expires_at;
                        let _ = present.changed().await; // the sender is here
                    }
                    _ = present.changed() => {}
                }
            }
        }
    }
}
