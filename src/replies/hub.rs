//! The replies that run on this instance.

use super::progress::Progress;
use crate::store::{Id, messages::Message};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// A reply that is being written: where to read it, and how to stop it.
#[derive(Clone, Debug)]
pub(super) struct Live {
    /// Where it belongs: a conversation's replies are stopped together.
    pub conversation_id: Id,
    position: i32,
    /// Whose writing it is: should the lease be lost and taken again, there are two for a moment.
    lease: Id,
    /// The runner appends to it, and subscribers watch it.
    pub progress: watch::Sender<Progress>,
    /// The user has asked for it to stop.
    pub stop: CancellationToken,
}

impl Live {
    fn new(reply: &Message, lease: Id) -> Self {
        Self {
            conversation_id: reply.conversation_id,
            position: reply.position.unwrap_or_default(),
            lease,
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
    pub fn enter(&self, reply: &Message, lease: Id) -> Live {
        let live = Live::new(reply, lease);
        self.lock().insert(reply.id, live.clone());
        self.entered.notify_waiters();
        live
    }

    /// Waits for the reply to be live here.
    pub async fn entered(&self, reply: Id) {
        loop {
            let entered = self.entered.notified(); // before the look, so that none is missed
            if self.lock().contains_key(&reply) {
                return;
            }
            entered.await;
        }
    }

    /// The reply is finished, or no longer this lease's. Whoever reads it reads it to its end.
    pub fn remove(&self, reply: Id, lease: Id) {
        let mut live = self.lock();
        if live.get(&reply).is_some_and(|live| live.lease == lease) {
            live.remove(&reply);
        }
    }

    /// Stops what is live of a conversation before a position.
    pub fn stop_before(&self, conversation: Id, position: i32) {
        let live = self.lock();
        let earlier = |live: &&Live| live.conversation_id == conversation && live.position < position;
        live.values().filter(earlier).for_each(|live| live.stop.cancel());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Id, Live>> {
        // Nothing that could panic is done under the lock.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
