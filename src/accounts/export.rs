//! Authorization of data exports and imports: tickets, and limits of concurrent downloads. [`crate::transport`] writes
//! and reads the content.
//!
//! A user has one download at a time, and a newer one replaces an older one. So a stolen session cannot keep the owner
//! from downloading. Revoking the session that requested a ticket invalidates the ticket and stops its download.

use super::{Accounts, Grant, Viewer};
use crate::{
    error::{Error, Result},
    random,
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

/// The lifetime of a ticket. The schema states it too.
const TICKET_TTL: Duration = Duration::from_secs(60);
/// The maximum number of concurrent downloads per instance.
const MAX_DOWNLOADS: usize = 16;
/// The maximum duration of a download.
const MAX_DURATION: Duration = Duration::from_secs(600);
/// The slowest average speed of a client, in bytes per second, after [`GRACE`]. It keeps clients that read slowly on
/// purpose from holding the permits of others.
const MIN_SPEED: u64 = 32 * 1024;
/// The time that a download may take in addition.
const GRACE: Duration = Duration::from_secs(30);
/// The maximum duration of an import.
const MAX_IMPORT: Duration = Duration::from_secs(3600);
/// The ticket does not exist, was used, or has expired.
const BAD_TICKET: Error =
    Error::Unauthenticated("The ticket is invalid or has expired. Request another one.");
/// The seconds after which a rejected download may be retried.
const RETRY_AFTER: u64 = 10;

/// A single-use ticket that authorizes one download or upload without other credentials, because a browser's link carries
/// no header. `Debug` does not print it.
#[derive(Clone, Debug)]
pub struct Ticket(SecretString);

impl Ticket {
    /// Wraps the text that a client presents. Only the database knows whether the ticket is valid.
    pub fn from_client(text: String) -> Self {
        Self(text.into())
    }

    /// Generates a ticket that contains the session's ID. The stored hash covers the whole ticket.
    fn random(session: Id) -> Self {
        let text = [&session.0.as_bytes()[..], &random::bytes::<32>()].concat();
        Self(BASE64_URL_SAFE_NO_PAD.encode(text).into())
    }

    /// The session that requested the ticket. `None` if the text has another format.
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
    /// Issues a ticket to the viewer, and returns it with its expiry time. The user's previous ticket becomes invalid.
    pub async fn export_ticket(&self, viewer: Viewer) -> Result<(Ticket, Instant)> {
        let (ticket, expires_at) = (Ticket::random(viewer.revocation_key()), self.clock.now() + TICKET_TTL);
        self.store.put_export_ticket(viewer.user_id, &ticket.hash(), expires_at).await?;
        Ok((ticket, expires_at))
    }

    /// Redeems a ticket, which works once. The result expires after the maximum duration of a download.
    pub async fn take_export_ticket(&self, ticket: &Ticket) -> Result<Grant> {
        let session = ticket.session().ok_or(BAD_TICKET)?;
        let now = self.clock.now();
        let user = self.store.take_export_ticket(&ticket.hash(), now).await?.ok_or(BAD_TICKET)?;
        self.sessions.check(session)?;
        Ok(Grant { viewer: Viewer::with_session(user, session), expires_at: now + MAX_DURATION })
    }

    /// Issues a ticket for an import to the viewer, and returns it with its expiry time. The user's previous ticket for an
    /// import becomes invalid.
    pub async fn import_ticket(&self, viewer: Viewer) -> Result<(Ticket, Instant)> {
        let (ticket, expires_at) = (Ticket::random(viewer.revocation_key()), self.clock.now() + TICKET_TTL);
        self.store.put_import_ticket(viewer.user_id, &ticket.hash(), expires_at).await?;
        Ok((ticket, expires_at))
    }

    /// Redeems a ticket for an import, which works once. The result expires after the maximum duration of an import.
    pub async fn take_import_ticket(&self, ticket: &Ticket) -> Result<Grant> {
        let session = ticket.session().ok_or(BAD_TICKET)?;
        let now = self.clock.now();
        let user = self.store.take_import_ticket(&ticket.hash(), now).await?.ok_or(BAD_TICKET)?;
        self.sessions.check(session)?;
        Ok(Grant { viewer: Viewer::with_session(user, session), expires_at: now + MAX_IMPORT })
    }
}

/// The downloads in progress on this instance, at most one per user. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct DownloadLimiter(Arc<Mutex<HashMap<Id, CancellationToken>>>);

/// The permit of one download. Dropping it releases the permit.
#[derive(Debug)]
pub struct DownloadPermit {
    exports: DownloadLimiter,
    user: Id,
    /// Cancelled when a newer download of the same user replaces this one.
    replaced: CancellationToken,
}

impl DownloadLimiter {
    /// Starts a user's download, and stops an older one of the same user.
    pub fn begin(&self, user: Id) -> Result<DownloadPermit> {
        let mut downloads = self.lock();
        if downloads.len() >= MAX_DOWNLOADS && !downloads.contains_key(&user) {
            let message = "Too many downloads are in progress. Retry after `retryAfter` seconds.";
            return Err(Error::RateLimited { message, retry_after: RETRY_AFTER });
        }
        let replaced = CancellationToken::new();
        if let Some(older) = downloads.insert(user, replaced.clone()) {
            older.cancel();
        }
        Ok(DownloadPermit { exports: self.clone(), user, replaced })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, CancellationToken>> {
        // No code under the lock can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DownloadPermit {
    /// Waits until a newer download replaces this one.
    pub async fn replaced(&self) {
        self.replaced.cancelled().await;
    }

    /// Returns the time by which a client must have taken more than `taken` bytes of a download that began at `begun`.
    pub fn patience(begun: Instant, taken: u64) -> Instant {
        begun + MAX_DURATION.min(GRACE + Duration::from_secs(taken / MIN_SPEED))
    }
}

impl Drop for DownloadPermit {
    fn drop(&mut self) {
        let mut downloads = self.exports.lock();
        if !self.replaced.is_cancelled() {
            downloads.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_download_replaces_only_the_same_users_download() {
        let exports = DownloadLimiter::default();
        let users: Vec<Id> = (0..MAX_DOWNLOADS).map(|_| Id::new()).collect();
        let mut permits: Vec<_> = users.iter().map(|user| exports.begin(*user).unwrap()).collect();
        assert!(exports.begin(Id::new()).is_err());
        let newer = exports.begin(users[0]).unwrap();
        let replaced: Vec<bool> = permits.iter().map(|permit| permit.replaced.is_cancelled()).collect();
        assert_eq!(replaced.iter().filter(|replaced| **replaced).count(), 1);
        assert!(replaced[0]);
        drop(permits.remove(0));
        assert!(exports.begin(Id::new()).is_err(), "the newer download holds the permit");
        drop(newer);
        assert!(exports.begin(Id::new()).is_ok());
    }

    #[test]
    fn a_ticket_contains_its_session() {
        let session = Id::new();
        assert_eq!(Ticket::random(session).session(), Some(session));
        for text in ["", "nonsense", "AAAA", "\u{e9}"] {
            assert_eq!(Ticket::from_client(text.into()).session(), None, "{text}");
        }
    }

    #[test]
    fn a_slow_client_has_less_time() {
        let after = |taken| DownloadPermit::patience(Instant(0), taken);
        assert_eq!(after(0), Instant(0) + GRACE);
        assert_eq!(after(60 * MIN_SPEED), Instant(0) + GRACE + Duration::from_secs(60));
        assert_eq!(after(u64::MAX), Instant(0) + MAX_DURATION);
    }
}
