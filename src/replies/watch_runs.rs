//! The task that finds replies nobody runs: those whose turn has come, and those whose runner has died.
//!
//! It looks when poked and every few seconds. Any number of instances may look at once: only one gets a lease. Whose
//! runner has died, [`super::doubts`] finds out.

use super::{
    Cursor, Engine,
    doubts::Doubts,
    notice::Notice,
    publish,
    runner::{Fail, Runner},
};
use crate::{
    poke::Poked,
    store::{
        self, Id, MessageStatus,
        runs::{Claimed, Outcome},
    },
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{select, time::sleep};
use tracing::Instrument;

/// The longest time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How soon those who live renew their leases when the database is back: they may be waiting for a connection.
const RENEWED_WITHIN: Duration = Duration::from_secs(7);
/// The shortest time between two looks that find nothing to take on.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
/// The most replies taken on at one look.
const BATCH: usize = 32;
/// The most waiting replies looked at, some of which others may be taking on.
const LISTED: usize = 4 * BATCH;
/// The most leases in doubt at once.
const MOST_IN_DOUBT: usize = 20_000;

impl Engine {
    /// There may be a run to claim: here, or elsewhere if this instance is to take on no more.
    pub(super) fn look_for_runs(self: &Arc<Self>) {
        self.poke.notify_one();
        if self.draining.is_cancelled() {
            self.tell_everyone(&Notice::Claimable);
        }
    }
}

/// Looks until this instance is to take on no more.
pub(super) async fn watch(engine: Arc<Engine>, mut poke: Poked) {
    let every = LOOK_EVERY.min(engine.settings.lease / 3);
    let mut doubts = Doubts::new(engine.settings.lease);
    loop {
        // Should a look panic (the hook logs it), the next one may fare better.
        let mut pause = every;
        match AssertUnwindSafe(look(&engine, &mut doubts)).catch_unwind().await {
            Ok(Ok(More::Likely)) if !engine.draining.is_cancelled() => continue,
            Ok(Err(error)) => {
                tracing::warn!(%error, "waiting replies not found");
                doubts.clear();
                // Leases ran out while the database was away: those who hold them come first when it is back.
                if engine.draining.run_until_cancelled(sleep(RENEWED_WITHIN)).await.is_none() {
                    return;
                }
                pause = Duration::ZERO;
            }
            // Those that could not be taken must not be tried without a pause.
            Ok(Ok(_)) => pause = doubts.next().map_or(every, |next| next.clamp(SHORTEST_PAUSE, every)),
            Err(_) => {}
        }
        select! {
            biased;
            () = engine.draining.cancelled() => return,
            () = engine.poke.notified() => {}
            () = poke.poked() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Whether there is more to claim.
enum More {
    Likely,
    No,
}

async fn look(engine: &Arc<Engine>, doubts: &mut Doubts) -> store::Result<More> {
    // Those that run here, and only have late checkpoints, must not take the places of others.
    let here = engine.hub.count_live();
    let mut runs = engine.store.waiting_runs((LISTED + here) as i64).await?;
    let (soon, late) = doubts.bounds(engine.clock.now());
    let mut doubtful = engine.store.doubtful_runs(soon, late, (MOST_IN_DOUBT + here) as i64).await?;
    doubtful.retain(|run| engine.hub.live(run.message_id).is_none());
    runs.extend(doubts.settle(doubtful));
    runs.retain(|run| engine.hub.live(run.message_id).is_none());
    runs.sort_by_key(|run| run.message_id); // the longest waiting first
    let (mut taken, full) = (0, runs.len() > BATCH);
    for run in runs {
        if taken == BATCH || engine.draining.is_cancelled() {
            break;
        }
        let (lease, until) = (Id::new(), engine.clock.now() + engine.settings.lease);
        let claimed = match engine.store.claim_run(&run, lease, until, engine.settings.attempts).await {
            Ok(claimed) => claimed,
            // Each by itself: what is wrong with one must not keep the others waiting.
            Err(error) if !matches!(error, store::Error::Pool(_)) => {
                tracing::warn!(reply = %run.message_id, %error, "a waiting reply is not taken");
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some(claimed) = claimed {
            taken += 1;
            take_on(engine, claimed, lease);
        }
    }
    // Others look for the same at the same time: that some were taken elsewhere says nothing of how many are left.
    Ok(if taken > 0 && full { More::Likely } else { More::No })
}

/// Writes a reply, or ends it if it is not to be written.
fn take_on(engine: &Arc<Engine>, claimed: Claimed, lease: Id) {
    let (reply, attempt) = (claimed.reply.id, claimed.reply.attempt);
    match end_at_once(engine, &claimed) {
        Some(outcome) => {
            let ending = engine.clone();
            // Beside the others, for it waits for whatever its user does.
            engine.tasks.spawn(async move {
                match ending.store.finish_reply(reply, lease, &outcome).await {
                    Ok(Some(ended)) => ending.ended(ended),
                    Ok(None) => {}
                    // The lease will expire, and the reply be taken over.
                    Err(error) => tracing::warn!(%reply, %error, "end not stored"),
                }
                ending.poke.notify_one(); // another may wait behind it
            });
        }
        None => {
            let span = tracing::info_span!(parent: None, "takeover", attempt);
            let runner = Runner::new(engine.clone(), claimed.reply, lease);
            // Whoever follows it elsewhere does not know yet whom to ask.
            publish::asked(engine, reply, Cursor { attempt, offset: 0 });
            engine.tasks.spawn(runner.run().instrument(span));
        }
    }
}

/// How the reply ends, if it is not to be written (further): the user has stopped it, or it was tried enough.
fn end_at_once(engine: &Engine, Claimed { reply, stop_requested }: &Claimed) -> Option<Outcome> {
    let (status, fail) = if *stop_requested {
        (MessageStatus::Stopped, None)
    } else if reply.attempt > engine.settings.attempts {
        (MessageStatus::Failed, Some(Fail::interrupted()))
    } else {
        return None;
    };
    let (error_code, error_message) = fail.map(|fail| (fail.code.to_owned(), fail.message)).unzip();
    Some(Outcome {
        status,
        content: reply.content.clone(),
        error_code,
        error_message,
        error_details: None,
        finish_reason: None,
        input_tokens: None,
        output_tokens: None,
        usage_estimated: false,
        finished_at: Some(engine.clock.now()),
    })
}
