//! The replies that run on this instance.

use super::progress::Progress;
use crate::store::{Id, messages::Message};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use tokio::sync::{Notify, futures::Notified, watch};
use tokio_util::sync::CancellationToken;

/// A reply that is being written: where to read it, and how to stop it.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub conversation_id: Id,
    pub progress: watch::Sender<Progress>,
    /// The user has asked for it to stop.
    pub stop: CancellationToken,
}

impl Live {
    fn new(reply: &Message) -> Self {
        Self {
            conversation_id: reply.conversation_id,
            progress: watch::Sender::new(Progress::of(reply.clone())),
            stop: CancellationToken::new(),
        }
    }
}

/// The live replies by their message.
#[derive(Debug, Default)]
pub(super) struct Hub {
    live: Mutex<HashMap<Id, Live>>,
    entered: Notify,
}

impl Hub {
    /// The reply, if it is live here.
    pub fn get(&self, reply: Id) -> Option<Live> {
        self.lock().get(&reply).cloned()
    }

    /// Makes a reply live here.
    pub fn enter(&self, reply: &Message) -> Live {
        let live = Live::new(reply);
        self.lock().insert(reply.id, live.clone());
        self.entered.notify_waiters();
        live
    }

    /// Ends when the next reply becomes live here; made before [`Hub::get`], it misses none.
    pub fn next_entered(&self) -> Notified<'_> {
        self.entered.notified()
    }

    /// The reply is finished, or no longer ours. Whoever reads it reads it to its end.
    pub fn remove(&self, reply: Id) {
        self.lock().remove(&reply);
    }

    /// Stops all that is live of a conversation.
    pub fn stop_conversation(&self, conversation: Id) {
        let live = self.lock();
        live.values()
            .filter(|live| live.conversation_id == conversation)
            .for_each(|live| live.stop.cancel());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Id, Live>> {
        // Nothing that could panic is done under the lock.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
