//! Sessions: opened by signing in, kept alive by refreshing, and ended by revocation or expiry.
//!
//! Revoking a session deletes its row and inserts a revocation, in one transaction. Verifying an access token does not
//! query the database. Instead, each instance keeps a [cache](revocation_cache) of the sessions that were revoked
//! while their access tokens may be unexpired. Revocations arrive over the bus immediately. A [poll](revocation_poll)
//! twice a second finds those that the bus lost. So an access token stops working within a second after its session is
//! revoked, and connections that use it are closed.
//!
//! While the database is unavailable, no session can be revoked. An instance that alone is cut off from the database
//! relies on its cache and the bus.

mod revocation_cache;
mod revocation_poll;

pub use revocation_cache::SessionWatch;

use super::{
    Caller, Viewer,
    refresh::{INVALID, RefreshClaims, RefreshToken, RefreshTokens},
};
use crate::{
    bus::{Bus, BusEvent, Topic},
    clock::Clock,
    error::{Error, Result},
    store::{
        Database, Id, Instant,
        revocations::RevocationTimes,
        sessions::{Exchange, Exchanged, Session},
        users::{Proof, User},
    },
};
use revocation_cache::RevocationCache;
use std::{sync::Arc, time::Duration};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// The maximum number of sessions per user. Signing in once more revokes the session that was unused for longest.
pub const MAX_PER_USER: i64 = 100;
/// The time that a revocation is remembered beyond the lifetime of an access token. It allows for different clocks,
/// and for a token that was issued while the session was being revoked.
const MARGIN: Duration = Duration::from_secs(60);
/// The maximum number of sessions in one bus message.
const BATCH: usize = 100;

/// The lifetimes of sessions and tokens.
#[derive(Clone, Copy, Debug)]
pub struct SessionLifetimes {
    /// The lifetime of a session after its last refresh.
    pub session: Duration,
    /// The lifetime of an access token.
    pub access_token: Duration,
    /// The time during which a used refresh token returns the same successor again.
    pub grace: Duration,
}

/// The result of presenting a refresh token with a valid MAC.
pub enum Refreshed {
    /// The session continues with this token.
    Next(Session, RefreshToken),
    /// The token was used before, so the session of this user has been revoked.
    Reused(Id),
}

/// The session service.
pub struct Sessions {
    store: Database,
    clock: Clock,
    tokens: RefreshTokens,
    lifetimes: SessionLifetimes,
    cache: Arc<RevocationCache>,
    bus: Arc<dyn Bus>,
    tasks: TaskTracker,
}

impl Sessions {
    /// Creates the service and subscribes to revocations on the bus. `tasks` runs the tasks that publish.
    pub fn new(
        store: Database,
        clock: Clock,
        tokens: RefreshTokens,
        lifetimes: SessionLifetimes,
        bus: Arc<dyn Bus>,
        tasks: TaskTracker,
    ) -> Self {
        let cache = Arc::new(RevocationCache::default());
        let (weak, bus_clock) = (Arc::downgrade(&cache), clock.clone());
        let on_event = move |event: BusEvent<'_>| {
            // A revocation that was published while this instance was disconnected is found by the next poll.
            let (Some(cache), BusEvent::Message(ids)) = (weak.upgrade(), event) else { return };
            for id in ids.split(' ').filter_map(|id| Uuid::try_parse(id).ok()) {
                cache.revoke(Id(id), bus_clock.now() + lifetimes.access_token + MARGIN);
            }
        };
        bus.subscribe(Topic::Sessions, Arc::new(on_event));
        Self { store, clock, tokens, lifetimes, cache, bus, tasks }
    }

    /// The lifetime of a session after its last refresh.
    pub fn lifetime(&self) -> Duration {
        self.lifetimes.session
    }

    /// Opens a session for a user whose password has been verified, or who has signed in at the identity provider, at
    /// the time `authenticated_at`. Returns the session and its first refresh token.
    ///
    /// Returns `None` if the password was changed, or the account was deleted, in the meantime.
    pub async fn open(
        &self,
        user: &User,
        authenticated_at: Option<Instant>,
        caller: &Caller,
    ) -> Result<Option<(Session, RefreshToken)>> {
        let now = self.clock.now();
        let session = Session {
            id: Id::new(),
            user_id: user.id,
            generation: 0,
            created_at: now,
            refreshed_at: now,
            expires_at: now + self.lifetimes.session,
            last_seen_at: now,
            address: Some(caller.address.to_string()),
            agent: caller.agent.clone(),
            authenticated_at,
        };
        let revocation = self.new_revocation();
        let proof = Proof { user: user.id, password_hash: user.password_hash.clone(), session: None };
        let Some(surplus) = self.store.insert_session(&session, &proof, MAX_PER_USER, revocation).await?
        else {
            return Ok(None);
        };
        self.publish_revoked(&surplus, revocation);
        let token = self.token_of(&session);
        Ok(Some((session, token)))
    }

    /// Exchanges a refresh token for the next one of its session.
    ///
    /// A used token revokes the session, because the token or its successor has been stolen. Only during the grace
    /// period does it return the same successor again, for a client that lost the response or refreshed twice at once.
    pub async fn refresh(&self, token: &RefreshToken, caller: &Caller) -> Result<Refreshed> {
        let RefreshClaims { session: id, generation } = self.tokens.verify(token)?;
        let revocation = self.new_revocation();
        let exchange = Exchange {
            id,
            generation,
            expires_at: revocation.at + self.lifetimes.session,
            address: Some(caller.address.to_string()),
            agent: caller.agent.clone(),
            grace: self.lifetimes.grace,
        };
        match self.store.exchange(&exchange, revocation).await? {
            Exchanged::Next(session) | Exchanged::Again(session) => {
                let token = self.token_of(&session);
                Ok(Refreshed::Next(session, token))
            }
            Exchanged::Reused(user) => {
                self.publish_revoked(&[id], revocation);
                tracing::warn!(session_id = %id, "session revoked: a used refresh token was presented");
                Ok(Refreshed::Reused(user))
            }
            Exchanged::Unknown => Err(INVALID),
        }
    }

    /// Revokes the session of a refresh token, even of a used one. Returns the session's owner, or `None` if the
    /// session had already ended.
    pub async fn revoke_by_token(&self, token: &RefreshToken) -> Result<Option<Id>> {
        match self.tokens.verify(token) {
            Ok(claims) => self.revoke_session(claims.session, None).await,
            Err(_) => Ok(None),
        }
    }

    /// Revokes one of a user's sessions.
    pub async fn revoke(&self, user: Id, session: Id) -> Result<()> {
        self.revoke_session(session, Some(user)).await?.map(drop).ok_or(Error::NotFound("session"))
    }

    /// Revokes all of the viewer's sessions except the current one. Returns the IDs of the revoked sessions.
    pub async fn revoke_others(&self, viewer: Viewer) -> Result<Vec<Id>> {
        let revocation = self.new_revocation();
        let others =
            self.store.end_other_sessions(viewer.user_id, viewer.revocation_key(), revocation).await?;
        self.publish_revoked(&others, revocation);
        Ok(others)
    }

    /// Returns the user's sessions, the most recently used first: at most [`MAX_PER_USER`].
    pub async fn of(&self, user: Id) -> Result<Vec<Session>> {
        Ok(self.store.sessions_of(user, self.clock.now()).await?)
    }

    /// Records that a session is used, or fails if it has been revoked. Reads only the cache.
    pub fn check(&self, session: Id) -> Result<()> {
        let revoked = Error::Unauthenticated("The session has been revoked. Sign in again.");
        if self.cache.record_use(session) { Ok(()) } else { Err(revoked) }
    }

    /// Returns a watch that resolves when the session is revoked.
    pub fn watch(&self, session: Id) -> SessionWatch {
        self.cache.watch(session)
    }

    async fn revoke_session(&self, session: Id, user: Option<Id>) -> Result<Option<Id>> {
        let revocation = self.new_revocation();
        let owner = self.store.end_session(session, user, revocation).await?;
        if owner.is_some() {
            self.publish_revoked(&[session], revocation);
        }
        Ok(owner)
    }

    /// Applies stored revocations on this instance, and publishes them to the other instances.
    pub(super) fn publish_revoked(&self, sessions: &[Id], revocation: RevocationTimes) {
        for session in sessions {
            self.cache.revoke(*session, revocation.until);
        }
        for batch in sessions.chunks(BATCH) {
            let ids = batch.iter().map(Id::to_string).collect::<Vec<_>>().join(" ");
            let bus = self.bus.clone();
            self.tasks.spawn(async move {
                if let Err(error) = bus.publish(Topic::Sessions, ids).await {
                    tracing::debug!(%error, "publishing revoked sessions failed; other instances will poll");
                }
            });
        }
    }

    /// Returns the times of a revocation that happens now.
    pub(super) fn new_revocation(&self) -> RevocationTimes {
        let at = self.clock.now();
        RevocationTimes { at, until: at + self.lifetimes.access_token + MARGIN }
    }

    fn token_of(&self, session: &Session) -> RefreshToken {
        self.tokens.token(RefreshClaims { session: session.id, generation: session.generation })
    }
}
