//! Downloading everything: who may, and how many at once. What is downloaded, [`crate::transport`] writes.
//!
//! A user has one download at a time, and a newer one takes the place of an older: so nobody who has stolen a session can
//! keep the owner's from beginning. A ticket is as good as the session that it was asked by, and so is what it began.

use super::{Accounts, Grant, Viewer};
use crate::{
    error::{Error, Result},
    store::{Id, Instant},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a ticket is good. The schema tells it too.
const TICKET: Duration = Duration::from_secs(60);
/// How many users may download at once from one instance.
const AT_ONCE: usize = 16;
/// How long a download may take.
const LONGEST: Duration = Duration::from_secs(600);
/// What a client must have taken of it, in bytes for each second, but for the first ones. So that those who read slowly
/// on purpose leave the places to others.
const LEAST_SPEED: u64 = 32 * 1024;
/// How long it may take besides.
const PATIENCE: Duration = Duration::from_secs(30);
/// When it is worth another try, in seconds.
const RETRY_AFTER: u64 = 10;

/// Good for one download, without signing in: a browser's link carries no header. It is never shown, not even by
/// `Debug`.
#[derive(Clone, Debug)]
pub struct Ticket(SecretString);

impl Ticket {
    /// What a client presents as a ticket. Whether it is good, the database knows.
    pub fn presented(text: String) -> Self {
        Self(text.into())
    }

    /// A ticket of a session, which it tells: the hash that is kept is of both together.
    fn random(session: Id) -> Self {
        let text = [&session.0.as_bytes()[..], &rand::random::<[u8; 32]>()].concat();
        Self(BASE64_URL_SAFE_NO_PAD.encode(text).into())
    }

    /// By which session it was asked for.
    fn session(&self) -> Option<Id> {
        let text = BASE64_URL_SAFE_NO_PAD.decode(self.expose_secret()).ok()?;
        Uuid::from_slice(text.get(..16)?).ok().map(Id)
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.expose_secret()).to_vec()
    }
}

impl ExposeSecret<str> for Ticket {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Accounts {
    /// Gives the viewer a ticket, and tells until when it is good. The one before is not good any more.
    pub async fn export_ticket(&self, viewer: Viewer) -> Result<(Ticket, Instant)> {
        let (ticket, expires_at) = (Ticket::random(viewer.session_id), self.clock.now() + TICKET);
        self.store.put_export_ticket(viewer.user_id, &ticket.hash(), expires_at).await?;
        Ok((ticket, expires_at))
    }

    /// Takes a ticket, which is good once; whose it was, for as long as a download may take.
    pub async fn take_export_ticket(&self, ticket: &Ticket) -> Result<Grant> {
        let bad = Error::Unauthenticated("the ticket is not, or no longer, good");
        let session = ticket.session().ok_or(bad.clone())?;
        let now = self.clock.now();
        let user = self.store.take_export_ticket(&ticket.hash(), now).await?.ok_or(bad)?;
        self.sessions.see(session)?;
        Ok(Grant { viewer: Viewer::in_person(user, session), expires_at: now + LONGEST })
    }
}

/// The downloads in progress on this instance: one for each user.
#[derive(Clone, Debug, Default)]
pub struct Exports(Arc<Mutex<HashMap<Id, CancellationToken>>>);

/// A download's place among those in progress, until it is dropped.
#[derive(Debug)]
pub struct Exporting {
    exports: Exports,
    user: Id,
    /// Set when a newer one has taken the place.
    replaced: CancellationToken,
}

impl Exports {
    /// Takes a place for a user's download, be it that of an older one.
    pub fn begin(&self, user: Id) -> Result<Exporting> {
        let mut places = self.lock();
        if places.len() >= AT_ONCE && !places.contains_key(&user) {
            let message = "too many downloads are in progress";
            return Err(Error::RateLimited { message, retry_after: RETRY_AFTER });
        }
        let replaced = CancellationToken::new();
        if let Some(older) = places.insert(user, replaced.clone()) {
            older.cancel();
        }
        Ok(Exporting { exports: self.clone(), user, replaced })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, CancellationToken>> {
        // Nothing that could panic is done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exporting {
    /// Waits until a newer download has taken the place.
    pub async fn replaced(&self) {
        self.replaced.cancelled().await;
    }

    /// Until when a client that began then must have taken more than so many bytes.
    pub fn patience(begun: Instant, taken: u64) -> Instant {
        begun + LONGEST.min(PATIENCE + Duration::from_secs(taken / LEAST_SPEED))
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        let mut places = self.exports.lock();
        if !self.replaced.is_cancelled() {
            places.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_download_takes_the_users_place_and_no_other() {
        let exports = Exports::default();
        let users: Vec<Id> = (0..AT_ONCE).map(|_| Id::new()).collect();
        let mut places: Vec<_> = users.iter().map(|user| exports.begin(*user).unwrap()).collect();
        assert!(exports.begin(Id::new()).is_err());
        let newer = exports.begin(users[0]).unwrap();
        let replaced: Vec<bool> = places.iter().map(|place| place.replaced.is_cancelled()).collect();
        assert_eq!(replaced.iter().filter(|replaced| **replaced).count(), 1);
        assert!(replaced[0]);
        drop(places.remove(0));
        assert!(exports.begin(Id::new()).is_err(), "the newer one has the place");
        drop(newer);
        assert!(exports.begin(Id::new()).is_ok());
    }

    #[test]
    fn a_ticket_tells_its_session() {
        let session = Id::new();
        assert_eq!(Ticket::random(session).session(), Some(session));
        for text in ["", "nonsense", "AAAA", "\u{e9}"] {
            assert_eq!(Ticket::presented(text.into()).session(), None, "{text}");
        }
    }

    #[test]
    fn who_reads_slowly_has_less_time() {
        let after = |taken| Exporting::patience(Instant(0), taken);
        assert_eq!(after(0), Instant(0) + PATIENCE);
        assert_eq!(after(60 * LEAST_SPEED), Instant(0) + PATIENCE + Duration::from_secs(60));
        assert_eq!(after(u64::MAX), Instant(0) + LONGEST);
    }
}
