//! Publishing local replies to their mirrors on other instances.
//!
//! Each local reply that is followed on another instance has one publishing task, started by the first request. The
//! task never blocks the runner. While one chunk is being published, further text gathers, so a slow bus gets fewer and
//! larger chunks. After a failure the task publishes again everything that is missing.

use super::{
    Engine,
    hub::LocalReply,
    wire::{Position, ReplyChunk},
};
use crate::{bus::Topic, store::Id};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{select, sync::Notify, time::sleep};

/// Maximum length of a chunk, in bytes of all parts.
const MAX_CHUNK_BYTES: usize = 64 * 1024;
/// Pause after a failure to publish.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// The range of a local reply that other instances have requested.
#[derive(Debug, Default)]
pub(super) struct RemoteDemand {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The offset in the parts from which they are requested, until the publishing task takes it.
    from: Option<usize>,
    /// Whether a publishing task runs.
    has_publisher: bool,
}

impl RemoteDemand {
    /// Requests the parts from an offset on. Returns whether the caller must start a publishing task.
    fn request(&self, from: usize) -> bool {
        let mut state = self.lock();
        state.from = Some(state.from.map_or(from, |earlier| earlier.min(from)));
        self.changed.notify_one();
        !std::mem::replace(&mut state.has_publisher, true)
    }

    fn take(&self) -> Option<usize> {
        self.lock().from.take()
    }

    /// Ends the publishing task's duty, unless there is a new request. Returns whether the task may end.
    fn try_stop(&self) -> bool {
        let mut state = self.lock();
        state.has_publisher = state.from.is_some();
        !state.has_publisher
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handles a request for what follows a position. It is ignored if this instance does not write the reply.
pub(super) fn on_request(engine: &Arc<Engine>, reply: Id, seen: Position) {
    let Some(local) = engine.hub.local(reply) else { return };
    let from = if seen.attempt == local.attempt { seen.offset_in(&local.progress.borrow().parts) } else { 0 };
    if local.demand.request(from) {
        engine.tasks.spawn(publish_text(engine.clone(), reply, local));
    }
}

/// Publishes that a reply has ended, in a task of its own.
pub(super) fn publish_end(engine: &Arc<Engine>, reply: Id, attempt: i32) {
    let chunk = ReplyChunk { attempt, offset: 0, text: Cow::Borrowed(""), over: true, parts: None };
    let Ok(chunk) = serde_json::to_string(&chunk) else { return };
    let publisher = engine.clone();
    engine.tasks.spawn(async move {
        if let Err(error) = publisher.bus.publish(Topic::Reply(reply), chunk).await {
            tracing::debug!(%reply, %error, "cannot publish the end of a reply");
        }
    });
}

/// Publishes a reply's text until the reply has ended or no instance is subscribed.
async fn publish_text(engine: Arc<Engine>, reply: Id, local: LocalReply) {
    let mut progress = local.progress.subscribe();
    let mut published = 0;
    loop {
        if let Some(from) = local.demand.take() {
            published = from;
        }
        // Read before the text, so that everything written before the end is published.
        let has_ended = local.ended.is_cancelled();
        let (part, behind, is_last) = {
            let progress = progress.borrow_and_update();
            if progress.attempt != local.attempt {
                return; // The next attempt has a publishing task of its own.
            }
            published = published.min(progress.parts.len());
            let mut chunk = ReplyChunk::of(local.attempt, &progress.parts, published, MAX_CHUNK_BYTES);
            let end = published + chunk.len();
            let behind = end < progress.parts.len();
            let is_last = !behind && (has_ended || progress.end.is_some());
            chunk.over = is_last;
            let part = serde_json::to_string(&chunk).map(|json| (json, end));
            (part, behind, is_last)
        };
        let Ok((part, end)) = part else { return };
        match engine.bus.publish(Topic::Reply(reply), part).await {
            Ok(0) if local.demand.try_stop() => return,
            Ok(_) => published = end,
            Err(error) => {
                tracing::debug!(%reply, %error, "cannot publish a part of a reply; retrying");
                if local.ended.is_cancelled() {
                    return; // The database has the whole text.
                }
                sleep(RETRY_AFTER).await;
                continue;
            }
        }
        if is_last {
            return;
        }
        if !behind {
            select! {
                _ = progress.changed() => {}
                () = local.demand.changed.notified() => {}
                () = local.ended.cancelled() => {}
            }
        }
    }
}
