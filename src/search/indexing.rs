//! Indexes texts that have no words in the index yet.
//!
//! At first, these are all texts from before the search existed. Later, they are the texts that an instance of an older
//! version stores during a rolling upgrade. So one instance regularly walks all messages and titles.

use crate::{
    background::{Background, Schedule},
    clock::Clock,
    removal::then_pause,
    store::{self, Database},
};
use std::time::Duration;

/// The name of the job in the database. All instances must use the same.
const JOB: &str = "index texts";
/// How long an instance has the job to itself. It renews this with each step.
const LEASE: Duration = Duration::from_secs(60);
/// The pause between two walks, across all instances.
const WALK_INTERVAL: Duration = Duration::from_secs(3600);
/// How often each instance polls for a walk that is due, or that a crashed instance has left.
const POLL_INTERVAL: Duration = Duration::from_secs(300);
/// The pause after a failed step.
const RETRY: Duration = Duration::from_secs(10);

/// Indexes texts in the background.
#[derive(Clone)]
pub struct Indexing {
    store: Database,
    clock: Clock,
}

impl Indexing {
    /// Creates the job for this database.
    pub fn new(store: Database, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Starts the task. An interrupted step is rolled back, and the next walk continues there.
    pub fn start(self, background: &Background) {
        let schedule = Schedule::every(POLL_INTERVAL).retry_after(RETRY);
        background.repeat("indexing texts for the search", schedule, move || {
            let indexing = self.clone();
            async move { indexing.walk_if_due().await }
        });
    }

    /// Walks all texts if a walk is due and no other instance is at it.
    async fn walk_if_due(&self) -> store::Result<()> {
        let now = self.clock.now();
        if !self.store.claim_job(JOB, now, now + LEASE).await? {
            return Ok(());
        }
        loop {
            let more = match then_pause(self.store.index_step()).await {
                Ok(more) => more,
                Err(error) => {
                    // The retry may claim the job again.
                    self.store.postpone_job(JOB, self.clock.now()).await?;
                    return Err(error);
                }
            };
            let pause = if more { LEASE } else { WALK_INTERVAL };
            self.store.postpone_job(JOB, self.clock.now() + pause).await?;
            if !more {
                return Ok(());
            }
        }
    }
}
