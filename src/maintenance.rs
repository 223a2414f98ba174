//! Maintenance jobs that delete expired rows. Every instance runs the task; each job runs on one instance at a time.

use crate::{
    accounts,
    background::{Background, Schedule},
    changes,
    clock::Clock,
    removal::then_pause,
    store::{self, Database, Instant},
};
use std::{convert::Infallible, time::Duration};
use tokio::time::timeout;

/// How often each job runs, across all instances.
const RUN_INTERVAL: Duration = Duration::from_secs(3600);
/// How often each instance polls for jobs that are due.
const POLL_INTERVAL: Duration = Duration::from_secs(600);
/// The longest run of a job. It is well below [`RUN_INTERVAL`]; the next run continues an interrupted one.
const TIMEOUT: Duration = Duration::from_secs(900);
/// How long an idempotency key is kept.
const IDEMPOTENCY_KEY_TTL: Duration = Duration::from_secs(48 * 3600);

/// The number of rows deleted in one step.
const BATCH: i64 = 500;

/// A maintenance job. Each can safely be interrupted or run twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MaintenanceJob {
    /// Deletes expired sessions.
    Sessions,
    /// Deletes revocations of sessions whose tokens have expired anyway.
    Revocations,
    /// Deletes old idempotency keys.
    Sends,
    /// Deletes old entries of the users' change feeds.
    Changes,
    /// Deletes old entries of the audit trail.
    SecurityEvents,
}

/// Starts the task that runs the jobs.
pub fn start(store: Database, clock: Clock, background: &Background) {
    background.repeat("running the maintenance jobs", Schedule::every(POLL_INTERVAL), move || {
        let (store, clock) = (store.clone(), clock.clone());
        async move {
            run_due_jobs(&store, &clock).await;
            Ok::<_, Infallible>(())
        }
    });
}

/// Runs the jobs that are due. A job that fails does not keep the others from running.
async fn run_due_jobs(store: &Database, clock: &Clock) {
    for job in MaintenanceJob::ALL {
        match timeout(TIMEOUT, job.run_if_due(store, clock.now())).await {
            Ok(Ok(Some(rows))) => tracing::debug!(?job, rows, "maintenance job finished"),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::warn!(?job, %error, "maintenance job failed"),
            Err(_) => tracing::warn!(?job, "maintenance job timed out; the next run continues it"),
        }
    }
}

impl MaintenanceJob {
    const ALL: [Self; 5] =
        [Self::Sessions, Self::Revocations, Self::Sends, Self::Changes, Self::SecurityEvents];

    /// The name in the database. All instances must use the same.
    fn name(self) -> &'static str {
        match self {
            Self::Sessions => "delete expired sessions",
            Self::Revocations => "delete expired revocations",
            Self::Sends => "delete old sends",
            Self::Changes => "delete old changes",
            Self::SecurityEvents => "delete old security events",
        }
    }

    /// Runs the job and returns the number of deleted rows. `None` if it is not due or another instance runs it.
    async fn run_if_due(self, store: &Database, now: Instant) -> store::Result<Option<usize>> {
        if !store.claim_job(self.name(), now, now + RUN_INTERVAL).await? {
            return Ok(None);
        }
        let mut rows = 0;
        loop {
            match then_pause(self.step(store, now)).await? {
                0 => return Ok(Some(rows)),
                deleted => rows += deleted,
            }
        }
    }

    async fn step(self, store: &Database, now: Instant) -> store::Result<usize> {
        match self {
            Self::Sessions => store.delete_expired_sessions(now, BATCH).await,
            Self::Revocations => store.delete_expired_revocations(now, BATCH).await,
            Self::Sends => store.delete_sends_before(now - IDEMPOTENCY_KEY_TTL, BATCH).await,
            Self::Changes => store.delete_changes_before(now - changes::RETENTION, BATCH).await,
            Self::SecurityEvents => {
                store.delete_security_events_before(now - accounts::EVENT_RETENTION, BATCH).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        revocations::{Revocation, RevocationTimes},
        scratch,
        sessions::Session,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn only_expired_sessions_and_revocations_are_deleted() {
        let (_folder, store, user) = scratch::database().await;
        let now = user.created_at;
        let later = now + Duration::from_secs(1);
        let sessions = [now, later].map(|expires_at| Session { expires_at, ..scratch::session(&user) });
        for session in &sessions {
            store
                .insert_session(session, &scratch::proof(&user), 9, RevocationTimes { at: now, until: now })
                .await
                .unwrap();
        }
        assert_eq!(MaintenanceJob::Sessions.run_if_due(&store, now).await.unwrap(), Some(1));
        let end = async |session: &Session, until| {
            store.end_session(session.id, None, RevocationTimes { at: now, until }).await.unwrap()
        };
        assert_eq!(end(&sessions[0], now).await, None);
        assert_eq!(end(&sessions[1], now).await, Some(user.id));
        let lasting = scratch::session(&user);
        store
            .insert_session(&lasting, &scratch::proof(&user), 9, RevocationTimes { at: now, until: now })
            .await
            .unwrap();
        assert_eq!(end(&lasting, later).await, Some(user.id));
        assert_eq!(MaintenanceJob::Revocations.run_if_due(&store, now).await.unwrap(), Some(1));
        let left = store.revocations_since(now).await.unwrap();
        assert!(matches!(left[..], [Revocation { session_id, .. }] if session_id == lasting.id), "{left:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_job_runs_once_until_it_is_due_again() {
        let (_folder, store, user) = scratch::database().await;
        let start = user.created_at;
        let moment = Duration::from_micros(1);
        for at in [start, start + moment, start + RUN_INTERVAL] {
            store.insert_conversation(&scratch::conversation(&user, at)).await.unwrap();
        }
        let week = start + changes::RETENTION;
        let run = async |job: MaintenanceJob, at| job.run_if_due(&store, at).await.unwrap();
        assert_eq!(run(MaintenanceJob::Changes, week + moment).await, Some(1));
        // Another instance polls a little later. There are old rows, but the job is not due.
        assert_eq!(run(MaintenanceJob::Changes, week + RUN_INTERVAL).await, None);
        assert_eq!(run(MaintenanceJob::Sends, week + RUN_INTERVAL).await, Some(0), "another job");
        assert_eq!(run(MaintenanceJob::Changes, week + moment + RUN_INTERVAL).await, Some(2));
        assert_eq!(store.changes_after(user.id, 3, 10).await.unwrap().last, 3, "the numbers continue");
    }
}
