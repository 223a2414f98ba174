//! The task that finds replies nobody runs: those whose turn has come, and those whose runner has died.
//!
//! It looks when poked and every few seconds. Any number of instances may look at once: only one gets a lease.

use super::{
    Cursor, Engine,
    notice::Notice,
    publish,
    runner::{Fail, Runner},
};
use crate::{
    poke::Poked,
    store::{
        self, Id, MessageStatus,
        runs::{Claimed, Outcome, Run},
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
/// The most replies taken on at one look.
const BATCH: usize = 32;

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
    loop {
        // Should a look panic (the hook logs it), the next one may fare better.
        let mut pause = every;
        match AssertUnwindSafe(look(&engine)).catch_unwind().await {
            Ok(Ok(More::Likely)) if !engine.draining.is_cancelled() => continue,
            Ok(Err(error)) => {
                tracing::warn!(%error, "waiting replies not found");
                // Leases ran out while the database was away: those who hold them come first when it is back.
                if engine.draining.run_until_cancelled(sleep(RENEWED_WITHIN)).await.is_none() {
                    return;
                }
                pause = Duration::ZERO;
            }
            Ok(Ok(_)) | Err(_) => {}
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

async fn look(engine: &Arc<Engine>) -> store::Result<More> {
    // Those that run here, and only have late checkpoints, must not take the places of others.
    let limit = BATCH + engine.hub.count_live();
    let runs = engine.store.claimable_runs(engine.clock.now(), limit as i64).await?;
    let full = runs.len() == limit;
    let elsewhere = runs.into_iter().filter(|run| engine.hub.live(run.message_id).is_none());
    let mut taken = 0;
    for Run { message_id, .. } in elsewhere.take(BATCH) {
        if engine.draining.is_cancelled() {
            break;
        }
        let (lease, now) = (Id::new(), engine.clock.now());
        let until = now + engine.settings.lease;
        let claimed = engine.store.claim_run(message_id, lease, now, until, engine.settings.attempts).await?;
        let Some(claimed) = claimed else { continue };
        taken += 1;
        match end_at_once(engine, &claimed) {
            Some(outcome) => {
                if let Some(ended) = engine.store.finish_reply(message_id, lease, &outcome).await? {
                    engine.ended(ended);
                }
                engine.poke.notify_one(); // another may wait behind it
            }
            None => {
                let span = tracing::info_span!(parent: None, "takeover", attempt = claimed.reply.attempt);
                let attempt = claimed.reply.attempt;
                let runner = Runner::new(engine.clone(), claimed.reply, lease);
                // Whoever follows it elsewhere does not know yet whom to ask.
                publish::asked(engine, message_id, Cursor { attempt, offset: 0 });
                engine.tasks.spawn(runner.run().instrument(span));
            }
        }
    }
    // Others look for the same at the same time: that some were taken elsewhere says nothing of how many are left.
    Ok(if taken > 0 && (full || taken == BATCH) { More::Likely } else { More::No })
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
