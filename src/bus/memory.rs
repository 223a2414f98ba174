//! The bus between the instances of one process.

use super::{Bus, BusEvent, Handler, PublishError, Topic, lock};
use futures_util::future::{BoxFuture, ready};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// One instance's connection to the bus. A clone is the connection of another instance.
#[derive(Debug)]
pub struct MemoryBus {
    shared: Arc<Shared>,
    /// Identifies this instance.
    member: u64,
}

#[derive(Default)]
struct Shared {
    members: AtomicU64,
    subscribers: Mutex<HashMap<Topic, Vec<(u64, Handler)>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let topics = lock(&self.subscribers).len();
        formatter.debug_struct("Shared").field("topics", &topics).finish_non_exhaustive()
    }
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::member_of(Arc::default())
    }
}

impl Clone for MemoryBus {
    fn clone(&self) -> Self {
        Self::member_of(self.shared.clone())
    }
}

impl MemoryBus {
    fn member_of(shared: Arc<Shared>) -> Self {
        let member = shared.members.fetch_add(1, Ordering::Relaxed);
        Self { shared, member }
    }
}

impl Bus for MemoryBus {
    fn publish(&self, topic: Topic, message: String) -> BoxFuture<'_, Result<usize, PublishError>> {
        let subscribers = lock(&self.shared.subscribers).get(&topic).cloned().unwrap_or_default();
        for (_, handler) in &subscribers {
            handler(BusEvent::Message(&message));
        }
        Box::pin(ready(Ok(subscribers.len())))
    }

    fn subscribe(&self, topic: Topic, handler: Handler) {
        let mut all = lock(&self.shared.subscribers);
        let subscribers = all.entry(topic).or_default();
        subscribers.retain(|(member, _)| *member != self.member);
        subscribers.push((self.member, handler.clone()));
        drop(all);
        handler(BusEvent::Subscribed);
    }

    fn unsubscribe(&self, topic: Topic) {
        let mut all = lock(&self.shared.subscribers);
        let Some(subscribers) = all.get_mut(&topic) else { return };
        subscribers.retain(|(member, _)| *member != self.member);
        if subscribers.is_empty() {
            all.remove(&topic);
        }
    }
}

impl Drop for MemoryBus {
    fn drop(&mut self) {
        lock(&self.shared.subscribers).retain(|_, subscribers| {
            subscribers.retain(|(member, _)| *member != self.member);
            !subscribers.is_empty()
        });
    }
}
