//! Telling other instances what a reply says: a task for each reply that somebody follows elsewhere, and only then.
//!
//! It never keeps the runner waiting. While one part is told the next gathers, so a bus that is slow gets fewer and
//! larger parts; one that is away gets, when it is back, what is missing.

use super::{Cursor, Engine, hub::Live, notice::Said};
use crate::{bus::Topic, store::Id};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{select, sync::Notify, time::sleep};

/// The most text told at once, in bytes.
const PART: usize = 64 * 1024;
/// How long to wait after something could not be told.
const RETRY: Duration = Duration::from_millis(250);

/// What other instances have asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    state: Mutex<State>,
    more: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// From where the text is to be told.
    from: Option<usize>,
    /// Whether a task tells it.
    telling: bool,
}

impl Asked {
    /// The text is wanted from there; true if somebody has to begin to tell it.
    fn ask(&self, from: usize) -> bool {
        let mut state = self.lock();
        state.from = Some(state.from.map_or(from, |earlier| earlier.min(from)));
        self.more.notify_one();
        !std::mem::replace(&mut state.telling, true)
    }

    fn take(&self) -> Option<usize> {
        self.lock().from.take()
    }

    /// Nobody listens: true if nobody has asked since, and then whoever asks next begins anew.
    fn rest(&self) -> bool {
        let mut state = self.lock();
        state.telling = state.from.is_some();
        !state.telling
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody elsewhere wants what follows a cursor of this reply; it is told if it is written here.
pub(super) fn asked(engine: &Arc<Engine>, reply: Id, seen: Cursor) {
    let Some(live) = engine.hub.live(reply) else { return };
    let from = if seen.attempt == live.attempt { seen.offset } else { 0 };
    if live.asked.ask(from) {
        engine.tasks.spawn(publish(engine.clone(), reply, live));
    }
}

/// Tells those who follow a reply elsewhere that it has ended.
pub(super) fn over(engine: &Arc<Engine>, reply: Id, attempt: i32) {
    let said = Said { attempt, offset: 0, text: Cow::Borrowed(""), over: true };
    let Ok(said) = serde_json::to_string(&said) else { return };
    let telling = engine.clone();
    engine.tasks.spawn(async move {
        if let Err(error) = telling.bus.tell(Topic::Reply(reply), said).await {
            tracing::debug!(%reply, %error, "the end of the reply is not told");
        }
    });
}

/// Tells what is said until it is over, or until nobody listens.
async fn publish(engine: Arc<Engine>, reply: Id, live: Live) {
    let mut progress = live.progress.subscribe();
    let mut told = 0;
    loop {
        if let Some(from) = live.asked.take() {
            told = from;
        }
        // Before the look: what is written until it is left is told.
        let left = live.over.is_cancelled();
        let (part, behind, over) = {
            let progress = progress.borrow_and_update();
            if progress.attempt != live.attempt {
                return; // the next attempt is told by its own
            }
            told = told.min(progress.text.len());
            let end = progress.text.floor_char_boundary(told + PART);
            let behind = end < progress.text.len();
            let over = !behind && (left || progress.end.is_some());
            let text = Cow::Borrowed(progress.text.get(told..end).unwrap_or_default());
            let said = Said { attempt: live.attempt, offset: told, text, over };
            let part = serde_json::to_string(&said).map(|json| (json, end));
            (part, behind, over)
        };
        let Ok((part, end)) = part else { return };
        match engine.bus.tell(Topic::Reply(reply), part).await {
            Ok(0) if live.asked.rest() => return,
            Ok(_) => told = end,
            Err(error) => {
                tracing::debug!(%reply, %error, "a part of the reply is told later");
                if live.over.is_cancelled() {
                    return; // the database has it all
                }
                sleep(RETRY).await;
                continue;
            }
        }
        if over {
            return;
        }
        if !behind {
            select! {
                _ = progress.changed() => {}
                () = live.asked.more.notified() => {}
                () = live.over.cancelled() => {}
            }
        }
    }
}
