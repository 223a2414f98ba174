//! The bus of one process.

use super::{Bus, Hear, Heard, Topic, Untold, lock};
use futures_util::future::{BoxFuture, ready};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// One instance's end of the bus. A clone is another instance's end of the same bus.
#[derive(Debug)]
pub struct MemoryBus {
    shared: Arc<Shared>,
    /// Which instance this is.
    member: u64,
}

#[derive(Default)]
struct Shared {
    members: AtomicU64,
    listeners: Mutex<HashMap<Topic, Vec<(u64, Hear)>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let topics = lock(&self.listeners).len();
        formatter.debug_struct("Shared").field("topics", &topics).finish_non_exhaustive()
    }
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::end_of(Arc::default())
    }
}

impl Clone for MemoryBus {
    fn clone(&self) -> Self {
        Self::end_of(self.shared.clone())
    }
}

impl MemoryBus {
    fn end_of(shared: Arc<Shared>) -> Self {
        let member = shared.members.fetch_add(1, Ordering::Relaxed);
        Self { shared, member }
    }
}

impl Bus for MemoryBus {
    fn tell(&self, topic: Topic, what: String) -> BoxFuture<'_, Result<usize, Untold>> {
        let listeners = lock(&self.shared.listeners).get(&topic).cloned().unwrap_or_default();
        for (_, hear) in &listeners {
            hear(Heard::Told(&what));
        }
        Box::pin(ready(Ok(listeners.len())))
    }

    fn join(&self, topic: Topic, hear: Hear) {
        let mut all = lock(&self.shared.listeners);
        let listeners = all.entry(topic).or_default();
        listeners.retain(|(member, _)| *member != self.member);
        listeners.push((self.member, hear.clone()));
        drop(all);
        hear(Heard::Joined);
    }

    fn leave(&self, topic: Topic) {
        let mut all = lock(&self.shared.listeners);
        let Some(listeners) = all.get_mut(&topic) else { return };
        listeners.retain(|(member, _)| *member != self.member);
        if listeners.is_empty() {
            all.remove(&topic);
        }
    }
}

impl Drop for MemoryBus {
    fn drop(&mut self) {
        lock(&self.shared.listeners).retain(|_, listeners| {
            listeners.retain(|(member, _)| *member != self.member);
            !listeners.is_empty()
        });
    }
}
