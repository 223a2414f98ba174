//! The task that finds replies nobody runs: those whose turn has come, and those whose runner has died.
//!
//! It looks when poked and every few seconds. Any number of instances may look at once: only one gets a lease.

use super::{
    Engine,
    runner::{self, Fail},
};
use crate::store::{
    self, Id, MessageStatus,
    messages::Message,
    runs::{Outcome, Run},
};
use std::{sync::Arc, time::Duration};
use tokio::{select, time::sleep};
use tracing::Instrument;

/// The longest time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The most replies taken on at one look.
const BATCH: i64 = 32;

/// Looks until this instance leaves.
pub(super) async fn watch(engine: Arc<Engine>) {
    let every = LOOK_EVERY.min(engine.settings.lease / 3);
    loop {
        match look(&engine).await {
            Ok(found) if found == BATCH as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "waiting replies not found"),
        }
        select! {
            () = engine.draining.cancelled() => return,
            () = engine.poke.notified() => {}
            () = sleep(every) => {}
        }
    }
}

async fn look(engine: &Arc<Engine>) -> store::Result<usize> {
    let runs = engine.store.claimable_runs(engine.clock.now(), BATCH).await?;
    let mut taken = 0;
    for run in runs {
        let (lease, now) = (Id::new(), engine.clock.now());
        let until = now + engine.settings.lease;
        let claimed = engine.store.claim_run(&run, lease, now, until, engine.settings.attempts).await?;
        let Some(reply) = claimed else { continue };
        taken += 1;
        match end_at_once(engine, &run, &reply) {
            Some(outcome) => {
                engine.store.finish_reply(reply.id, lease, &outcome).await?;
                engine.poke.notify_one(); // another may wait behind it
            }
            None => {
                let span = tracing::info_span!(parent: None, "takeover", attempt = reply.attempt);
                engine.tasks.spawn(runner::run(engine.clone(), reply, lease).instrument(span));
            }
        }
    }
    Ok(taken)
}

/// How the reply ends, if it is not to be written (further): the user has stopped it, or it was tried enough.
fn end_at_once(engine: &Engine, run: &Run, reply: &Message) -> Option<Outcome> {
    let (status, fail) = if run.stop_requested {
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
        finish_reason: None,
        input_tokens: None,
        output_tokens: None,
        usage_estimated: false,
        finished_at: Some(engine.clock.now()),
    })
}
