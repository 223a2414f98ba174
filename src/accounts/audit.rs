//! The audit trail: a log of security events for each account's owner.

use super::Caller;
use crate::{
    clock::Clock,
    random,
    store::{Database, Id, SecurityEventKind, security_events::SecurityEvent},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::sleep};
use tokio_util::task::TaskTracker;

/// The retention time of events. The schema states it too.
pub const RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);
/// The maximum number of events that wait to be written in the background.
const MAX_PENDING: usize = 256;
/// The maximum delay of a background write.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Writes security events. Clones share the state.
#[derive(Clone)]
pub struct Audit {
    store: Database,
    clock: Clock,
    tasks: TaskTracker,
    permits: Arc<Semaphore>,
}

impl Audit {
    /// Creates the audit trail. `tasks` runs the background writes.
    pub fn new(store: Database, clock: Clock, tasks: TaskTracker) -> Self {
        Self { store, clock, tasks, permits: Arc::new(Semaphore::new(MAX_PENDING)) }
    }

    /// Creates an event that happens now, for the caller to store in its own transaction.
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

    /// Stores an event that has happened. A failure is logged, because the event itself cannot be undone.
    pub async fn record(&self, user: Id, kind: SecurityEventKind, caller: &Caller) {
        self.write(&self.event(user, kind, caller)).await;
    }

    /// Stores an event after a random delay, so that response times reveal nothing about it.
    ///
    /// The event is dropped if too many are pending. Such a flood of events leaves enough others in the trail.
    pub fn record_in_background(&self, user: Id, kind: SecurityEventKind, caller: &Caller) {
        let Ok(permit) = self.permits.clone().try_acquire_owned() else { return };
        let (audit, event) = (self.clone(), self.event(user, kind, caller));
        self.tasks.spawn(async move {
            sleep(MAX_DELAY.mul_f64(random::fraction())).await;
            audit.write(&event).await;
            drop(permit);
        });
    }

    /// Stores an event that has happened, with its details.
    pub async fn write(&self, event: &SecurityEvent) {
        if let Err(error) = self.store.insert_security_event(event).await {
            tracing::error!(user = %event.user_id, kind = event.kind.as_str(), %error, "cannot write a security event");
        }
    }
}
