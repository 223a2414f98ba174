//! Sessions: opened by signing in, kept alive by refreshing, and ended for good.
//!
//! To end one is to delete its row and to leave a revocation, in one transaction. Access tokens are not looked up: each
//! instance [knows](known) which sessions have been ended while tokens of theirs may be about. It hears of those at
//! once over the bus, and finds what the bus has lost by [looking](watch) twice a second; so a token dies with its
//! session within a second, as does whatever lives by it. While the database is away nothing can be ended; an instance
//! that is alone cut off from it goes by what it knows and hears.

mod known;
mod watch;

pub use known::Watch;

use super::{
    Caller, Viewer,
    refresh::{Named, RefreshToken, RefreshTokens},
};
use crate::{
    bus::{Bus, Heard, Topic},
    clock::Clock,
    error::{Error, Result},
    store::{
        Database, Id,
        revocations::Ending,
        sessions::{Exchange, Exchanged, Session},
        users::{Proof, User},
    },
};
use known::Known;
use std::{sync::Arc, time::Duration};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// The most sessions of one user. Whoever signs in more often loses the one that was longest unused.
pub const MOST: i64 = 100;
/// How much longer than an access token a revocation is known: for instances whose clocks differ, and for a token that
/// was issued while the session was being ended.
const MARGIN: Duration = Duration::from_secs(60);
/// The most sessions told of in one message.
const BATCH: usize = 100;

/// How long things last.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// A session, after it was last refreshed.
    pub session: Duration,
    /// An access token.
    pub access_token: Duration,
    /// How long a used refresh token is answered by the same successor again.
    pub grace: Duration,
}

/// What comes of presenting a refresh token that is one of ours.
pub enum Refreshed {
    /// The session goes on, by this token.
    Next(Session, RefreshToken),
    /// The token was used before: the session of this user has been ended.
    Reused(Id),
}

/// All users' sessions.
pub struct Sessions {
    store: Database,
    clock: Clock,
    tokens: RefreshTokens,
    terms: Terms,
    known: Arc<Known>,
    bus: Arc<dyn Bus>,
    tasks: TaskTracker,
}

impl Sessions {
    /// The sessions in this database. What is told to other instances is told by one of these tasks.
    pub fn new(
        store: Database,
        clock: Clock,
        tokens: RefreshTokens,
        terms: Terms,
        bus: Arc<dyn Bus>,
        tasks: TaskTracker,
    ) -> Self {
        let known = Arc::new(Known::default());
        let (hears, by) = (Arc::downgrade(&known), clock.clone());
        let hear = move |heard: Heard<'_>| {
            // What was told while nobody could hear it is found by the next look.
            let (Some(known), Heard::Told(ids)) = (hears.upgrade(), heard) else { return };
            for id in ids.split(' ').filter_map(|id| Uuid::try_parse(id).ok()) {
                known.end(Id(id), by.now() + terms.access_token + MARGIN);
            }
        };
        bus.join(Topic::Sessions, Arc::new(hear));
        Self { store, clock, tokens, terms, known, bus, tasks }
    }

    /// How long a session lasts if it is not refreshed.
    pub fn lasting(&self) -> Duration {
        self.terms.session
    }

    /// Opens a session for whoever has shown the password; gives its first refresh token. `None` if the password is
    /// another one by now.
    pub async fn open(&self, user: &User, caller: &Caller) -> Result<Option<(Session, RefreshToken)>> {
        let now = self.clock.now();
        let session = Session {
            id: Id::new(),
            user_id: user.id,
            generation: 0,
            created_at: now,
            refreshed_at: now,
            expires_at: now + self.terms.session,
            last_seen_at: now,
            address: Some(caller.address.to_string()),
            agent: caller.agent.clone(),
        };
        let ending = self.ending();
        let proof = Proof { user: user.id, password_hash: user.password_hash.clone(), session: None };
        let Some(surplus) = self.store.insert_session(&session, &proof, MOST, ending).await? else {
            return Ok(None);
        };
        self.ended(&surplus, ending);
        let token = self.token_of(&session);
        Ok(Some((session, token)))
    }

    /// Exchanges a refresh token for the next one of its session. A used one ends the session: it or its successor is
    /// in the wrong hands. But for a moment it gets the same successor again, for the client that lost the answer or
    /// refreshed twice at once.
    pub async fn refresh(&self, token: &RefreshToken, caller: &Caller) -> Result<Refreshed> {
        let Named { session: id, generation } = self.tokens.verify(token)?;
        let ending = self.ending();
        let exchange = Exchange {
            id,
            generation,
            expires_at: ending.at + self.terms.session,
            address: Some(caller.address.to_string()),
            agent: caller.agent.clone(),
            grace: self.terms.grace,
        };
        match self.store.exchange(&exchange, ending).await? {
            Exchanged::Next(session) | Exchanged::Again(session) => {
                let token = self.token_of(&session);
                Ok(Refreshed::Next(session, token))
            }
            Exchanged::Reused(user) => {
                self.ended(&[id], ending);
                tracing::warn!(session_id = %id, "a used refresh token was presented: its session is ended");
                Ok(Refreshed::Reused(user))
            }
            Exchanged::Unknown => Err(Error::Unauthenticated("the refresh token is not, or no longer, good")),
        }
    }

    /// Ends the session of any of its refresh tokens; whose it was, if it had not ended already.
    pub async fn end_by(&self, token: &RefreshToken) -> Result<Option<Id>> {
        match self.tokens.verify(token) {
            Ok(named) => self.end(named.session, None).await,
            Err(_) => Ok(None),
        }
    }

    /// Ends one of a user's sessions.
    pub async fn end_of(&self, user: Id, session: Id) -> Result<()> {
        self.end(session, Some(user)).await?.map(drop).ok_or(Error::NotFound("session"))
    }

    /// Ends all of the viewer's sessions but the one they ask by; which they were.
    pub async fn end_others(&self, viewer: Viewer) -> Result<Vec<Id>> {
        let ending = self.ending();
        let others = self.store.end_other_sessions(viewer.user_id, viewer.session_id, ending).await?;
        self.ended(&others, ending);
        Ok(others)
    }

    /// The user's sessions, the last used first: at most [`MOST`].
    pub async fn of(&self, user: Id) -> Result<Vec<Session>> {
        Ok(self.store.sessions_of(user, self.clock.now()).await?)
    }

    /// A session is used: an error if it has been ended. This does not wait.
    pub fn see(&self, session: Id) -> Result<()> {
        let ended = Error::Unauthenticated("the session has been ended");
        if self.known.see(session) { Ok(()) } else { Err(ended) }
    }

    /// Tells when a session is ended.
    pub fn watch(&self, session: Id) -> Watch {
        self.known.watch(session)
    }

    async fn end(&self, session: Id, user: Option<Id>) -> Result<Option<Id>> {
        let ending = self.ending();
        let owner = self.store.end_session(session, user, ending).await?;
        if owner.is_some() {
            self.ended(&[session], ending);
        }
        Ok(owner)
    }

    /// Sessions have been ended, and that is stored: here it holds at once, and the other instances are told.
    pub(super) fn ended(&self, sessions: &[Id], ending: Ending) {
        for session in sessions {
            self.known.end(*session, ending.until);
        }
        for some in sessions.chunks(BATCH) {
            let told = some.iter().map(Id::to_string).collect::<Vec<_>>().join(" ");
            let bus = self.bus.clone();
            self.tasks.spawn(async move {
                if let Err(error) = bus.tell(Topic::Sessions, told).await {
                    tracing::debug!(%error, "others find the ended sessions when they look");
                }
            });
        }
    }

    /// When sessions are ended that are ended now.
    pub(super) fn ending(&self) -> Ending {
        let at = self.clock.now();
        Ending { at, until: at + self.terms.access_token + MARGIN }
    }

    fn token_of(&self, session: &Session) -> RefreshToken {
        self.tokens.token(Named { session: session.id, generation: session.generation })
    }
}
