//! The claim task: starts replies that have no runner.
//!
//! These are replies whose predecessor in the conversation has ended, and replies whose lease was abandoned (see
//! [`super::lease_monitor`]). The task runs on every instance, at intervals and whenever it is woken. Any number of
//! instances may try to claim the same reply; the database gives the lease to one of them.

use super::{
    Engine,
    failure::Failure,
    lease_monitor::LeaseMonitor,
    publish,
    runner::Runner,
    wire::{ControlMessage, Position},
};
use crate::{
    store::{
        self, Id, MessageStatus,
        runs::{ClaimedReply, Outcome},
    },
    waker::WakeSignal,
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{select, time::sleep};
use tracing::Instrument;

/// Longest time between two rounds.
const INTERVAL: Duration = Duration::from_secs(5);
/// Time in which live runners renew their leases after a database failure. They may have to wait for a connection.
const RENEWAL_GRACE: Duration = Duration::from_secs(7);
/// Shortest time between two rounds, if the first one found nothing to claim.
const MIN_PAUSE: Duration = Duration::from_millis(500);
/// Maximum number of replies claimed in one round.
const BATCH: usize = 32;
/// Maximum number of waiting replies read in one round. Other instances may be claiming some of them.
const MAX_WAITING: usize = 4 * BATCH;
/// Maximum number of suspect leases read in one round.
const MAX_SUSPECTS: usize = 20_000;

impl Engine {
    /// Wakes the claim task, because a run may be ready. While this instance drains, wakes those of the others instead.
    pub(super) fn wake_claimer(self: &Arc<Self>) {
        self.claim_needed.notify_one();
        if self.draining.is_cancelled() {
            self.broadcast(&ControlMessage::Claimable);
        }
    }
}

/// Claims and starts runs until this instance drains.
pub(super) async fn run(engine: Arc<Engine>, mut waker: WakeSignal) {
    let every = INTERVAL.min(engine.settings.lease / 3);
    let mut monitor = LeaseMonitor::new(engine.settings.lease);
    loop {
        // After a panic, which the panic hook logs, the loop continues with the next round.
        let mut pause = every;
        match AssertUnwindSafe(claim_runs(&engine, &mut monitor)).catch_unwind().await {
            Ok(Ok(More::Likely)) if !engine.draining.is_cancelled() => continue,
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot read the runs to claim");
                monitor.reset();
                // During the failure no lease could be renewed. Live runners renew theirs before anything is claimed.
                if engine.draining.run_until_cancelled(sleep(RENEWAL_GRACE)).await.is_none() {
                    return;
                }
                pause = Duration::ZERO;
            }
            // Replies that could not be claimed must not be retried without a pause.
            Ok(Ok(_)) => pause = monitor.next_expiry().map_or(every, |next| next.clamp(MIN_PAUSE, every)),
            Err(_) => {}
        }
        select! {
            biased;
            () = engine.draining.cancelled() => return,
            () = engine.claim_needed.notified() => {}
            () = waker.woken() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Whether another round may find more runs to claim.
enum More {
    Likely,
    No,
}

async fn claim_runs(engine: &Arc<Engine>, monitor: &mut LeaseMonitor) -> store::Result<More> {
    // Replies that run on this instance, with a late checkpoint, must not crowd out others.
    let here = engine.hub.count_local();
    let mut runs = engine.store.waiting_runs((MAX_WAITING + here) as i64).await?;
    let (early, late) = monitor.suspect_bounds(engine.clock.now());
    let mut suspects = engine.store.suspect_runs(early, late, (MAX_SUSPECTS + here) as i64).await?;
    suspects.retain(|run| engine.hub.local(run.message_id).is_none());
    runs.extend(monitor.observe(suspects));
    runs.retain(|run| engine.hub.local(run.message_id).is_none());
    runs.sort_by_key(|run| run.message_id); // oldest first
    let (mut claimed_count, is_full) = (0, runs.len() > BATCH);
    for run in runs {
        if claimed_count == BATCH || engine.draining.is_cancelled() {
            break;
        }
        let (lease, until) = (Id::new(), engine.clock.now() + engine.settings.lease);
        let claimed = match engine.store.claim_run(&run, lease, until, engine.settings.attempts).await {
            Ok(claimed) => claimed,
            // An error with one reply must not keep the others waiting.
            Err(error) if !matches!(error, store::Error::Pool(_)) => {
                tracing::warn!(reply = %run.message_id, %error, "cannot claim a reply");
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some(claimed) = claimed {
            claimed_count += 1;
            start_claimed(engine, claimed, lease);
        }
    }
    // Other instances claim from the same list, so claims that they won say nothing about the number left.
    Ok(if claimed_count > 0 && is_full { More::Likely } else { More::No })
}

/// Starts a runner for a claimed reply, or ends the reply if it must not be written.
fn start_claimed(engine: &Arc<Engine>, claimed: ClaimedReply, lease: Id) {
    let (reply, attempt) = (claimed.reply.id, claimed.reply.attempt);
    match immediate_outcome(engine, &claimed) {
        Some(outcome) => {
            let finisher = engine.clone();
            // In a task of its own, because it may wait for other transactions of the same user.
            engine.tasks.spawn(async move {
                match finisher.store.finish_reply(reply, lease, &outcome, None).await {
                    Ok(Some(ended)) => finisher.announce_finished(ended),
                    Ok(None) => {}
                    // The lease will expire, and the reply will be claimed again.
                    Err(error) => tracing::warn!(%reply, %error, "cannot store the outcome"),
                }
                finisher.claim_needed.notify_one(); // Another reply may wait for this one.
            });
        }
        None => {
            let span = tracing::info_span!(parent: None, "takeover", attempt);
            let runner = Runner::new(engine.clone(), claimed.reply, lease);
            // Mirrors on other instances do not know the new writer yet, so publish without a request.
            publish::on_request(engine, reply, Position { attempt, offset: 0, log: None });
            engine.tasks.spawn(runner.run().instrument(span));
        }
    }
}

/// The outcome of a reply that must not be written: it was stopped, or has used all its attempts.
fn immediate_outcome(
    engine: &Engine,
    ClaimedReply { reply, stop_requested }: &ClaimedReply,
) -> Option<Outcome> {
    let (status, failure) = if *stop_requested {
        (MessageStatus::Stopped, None)
    } else if reply.attempt > engine.settings.attempts {
        (MessageStatus::Failed, Some(Failure::interrupted()))
    } else {
        return None;
    };
    let (error_code, error_message) =
        failure.map(|failure| (failure.code.as_str().to_owned(), failure.message)).unzip();
    Some(Outcome {
        status,
        content: reply.content.clone(),
        context: None,
        error_code,
        error_message,
        error_details: None,
        finish_reason: None,
        input_tokens: None,
        output_tokens: None,
        reasoning_tokens: None,
        cached_tokens: None,
        usage_estimated: false,
        finished_at: Some(engine.clock.now()),
    })
}
