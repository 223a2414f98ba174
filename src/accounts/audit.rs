//! The audit trail: users are told what has happened to their accounts.

use super::Caller;
use crate::{
    clock::Clock,
    store::{Database, Id, SecurityEventKind, security_events::SecurityEvent},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::sleep};
use tokio_util::task::TaskTracker;

/// How long an event is kept. The schema tells it too.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// How many events wait to be written beside the requests they are about.
const AT_ONCE: usize = 256;
/// How much later at most.
const LATER: Duration = Duration::from_secs(1);

/// Writes events down. Cloning it shares it.
#[derive(Clone)]
pub struct Audit {
    store: Database,
    clock: Clock,
    tasks: TaskTracker,
    places: Arc<Semaphore>,
}

impl Audit {
    /// A trail in this database; what is written beside a request is written by one of these tasks.
    pub fn new(store: Database, clock: Clock, tasks: TaskTracker) -> Self {
        Self { store, clock, tasks, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Something that happens now, for a transaction to write down.
    pub fn event(&self, user: Id, kind: SecurityEventKind, caller: &Caller) -> SecurityEvent {
        SecurityEvent {
            id: Id::new(),
            user_id: user,
            kind,
            at: self.clock.now(),
            address: Some(caller.address.to_string()),
            agent: caller.agent.clone(),
            detail: None,
        }
    }

    /// Writes something down that has happened. That it could not be is told in the log: what has happened has happened.
    pub async fn note(&self, user: Id, kind: SecurityEventKind, caller: &Caller) {
        self.write(&self.event(user, kind, caller)).await;
    }

    /// The same, some time after the request: neither that one nor the next is to take the longer for it. If there is
    /// too much to write already it is left: whoever brings that about is told of in plenty.
    pub fn note_aside(&self, user: Id, kind: SecurityEventKind, caller: &Caller) {
        let Ok(place) = self.places.clone().try_acquire_owned() else { return };
        let (audit, event) = (self.clone(), self.event(user, kind, caller));
        self.tasks.spawn(async move {
            sleep(LATER.mul_f32(rand::random())).await;
            audit.write(&event).await;
            drop(place);
        });
    }

    async fn write(&self, event: &SecurityEvent) {
        if let Err(error) = self.store.insert_security_event(event).await {
            tracing::error!(user = %event.user_id, kind = event.kind.as_str(), %error, "security event not written");
        }
    }
}
