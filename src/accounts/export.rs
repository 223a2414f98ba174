//! Downloading everything: who may, and how many at once. What is downloaded, [`crate::transport`] writes.

use super::{Accounts, Viewer};
use crate::{
    error::{Error, Result},
    store::{Id, Instant},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a ticket is good. The schema tells it too.
const TICKET: Duration = Duration::from_secs(60);
/// How many users may download at once from one instance.
const AT_ONCE: usize = 16;
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

    fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()).into())
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
        let (ticket, expires_at) = (Ticket::random(), self.clock.now() + TICKET);
        self.store.put_export_ticket(viewer.user_id, &ticket.hash(), expires_at).await?;
        Ok((ticket, expires_at))
    }

    /// Takes a ticket, which is good once; whose it was.
    pub async fn take_export_ticket(&self, ticket: &Ticket) -> Result<Id> {
        let user = self.store.take_export_ticket(&ticket.hash(), self.clock.now()).await?;
        user.ok_or(Error::Unauthenticated("the ticket is not, or no longer, good"))
    }
}

/// The downloads in progress on this instance: one for each user.
#[derive(Clone, Debug, Default)]
pub struct Exports(Arc<Mutex<HashSet<Id>>>);

/// A download's place among those in progress, until it is dropped.
#[derive(Debug)]
pub struct Exporting {
    exports: Exports,
    user: Id,
}

impl Exports {
    /// Takes a place for a user's download.
    pub fn begin(&self, user: Id) -> Result<Exporting> {
        let mut users = self.lock();
        if users.len() >= AT_ONCE || !users.insert(user) {
            let message = "another download is in progress";
            return Err(Error::RateLimited { message, retry_after: RETRY_AFTER });
        }
        Ok(Exporting { exports: self.clone(), user })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Id>> {
        // Nothing that could panic is done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        self.exports.lock().remove(&self.user);
    }
}
