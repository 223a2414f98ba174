//! What instances tell each other of replies.

use super::{Cursor, Engine, publish};
use crate::{
    bus::{Heard, Topic},
    store::Id,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

/// What is told to every instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Notice {
    /// Whoever writes one of these is to tell what follows its cursor.
    Ask(Vec<(Id, Cursor)>),
    /// Whoever writes this reply is to stop.
    Stop(Id),
    /// Whoever writes a reply of this conversation before this position is to stop.
    StopBefore(Id, i32),
    /// A reply waits for somebody to write it.
    Claimable,
}

/// A part of a reply's text, told to those who follow it elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Said<'a> {
    /// Which attempt it is of: each has one writer.
    pub attempt: i32,
    /// Where in the text it begins, in bytes.
    pub offset: usize,
    /// What was said there; may be nothing.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Nothing follows from this writer: how it goes on, the database tells.
    pub over: bool,
}

impl Engine {
    /// Tells every instance, beside what is going on.
    pub(super) fn tell_everyone(self: &Arc<Self>, notice: &Notice) {
        let Ok(notice) = serde_json::to_string(notice) else { return };
        let engine = self.clone();
        self.tasks.spawn(async move {
            // Whatever it was, the database tells it too.
            if let Err(error) = engine.bus.tell(Topic::Everyone, notice).await {
                tracing::debug!(%error, "a notice is lost");
            }
        });
    }

    /// Hears what every instance is told.
    pub(super) fn hear_everyone(self: &Arc<Self>, heard: Heard<'_>) {
        let what = match heard {
            // There may have been a reply to claim.
            Heard::Joined => return self.poke.notify_one(),
            Heard::Told(what) => what,
        };
        match serde_json::from_str(what) {
            Ok(Notice::Ask(asks)) => {
                asks.into_iter().for_each(|(reply, seen)| publish::asked(self, reply, seen))
            }
            Ok(Notice::Stop(reply)) => {
                if let Some(live) = self.hub.live(reply) {
                    live.stop.cancel();
                }
            }
            Ok(Notice::StopBefore(conversation, position)) => self.hub.stop_before(conversation, position),
            Ok(Notice::Claimable) => self.poke.notify_one(),
            // Another version's, perhaps.
            Err(error) => tracing::debug!(%error, "a notice is not understood"),
        }
    }
}
