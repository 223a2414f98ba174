//! The hub: every reply that is written or followed on this instance, with one entry however many follow it.
//!
//! An entry is one of two kinds. A *local* reply is written by a runner of this instance, which fills its buffer. Any
//! other reply is a *mirror*, filled from the bus and from the checkpoints in the database ([`super::mirrors`]). A
//! mirror is removed when its last subscriber leaves. Subscribers keep their receiver when an entry changes its kind.

use super::{
    progress::{ChunkEffect, Progress},
    publish::RemoteDemand,
    wire::{Position, ReplyChunk},
};
use crate::store::{Id, messages::Message, parts::Reply};
use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Time without an update after which a mirror is polled from the database.
const POLL_AFTER: Duration = Duration::from_secs(1);
/// The longest such time, for a mirror of which the database repeatedly has nothing new.
const MAX_POLL_AFTER: Duration = Duration::from_secs(4);

/// A reply that a runner of this instance writes.
#[derive(Clone, Debug)]
pub(super) struct LocalReply {
    /// The attempt that the runner makes.
    pub attempt: i32,
    /// The buffer: the runner appends to it, subscribers watch it.
    pub progress: watch::Sender<Progress>,
    /// Cancelled to stop the reply at the user's request.
    pub stop: CancellationToken,
    /// Cancelled when the runner has ended.
    pub ended: CancellationToken,
    /// The text that other instances have requested.
    pub demand: Arc<RemoteDemand>,
}

/// State of a reply that no runner of this instance writes.
#[derive(Debug)]
struct Mirror {
    /// When the mirror was last updated or polled.
    updated_at: Instant,
    /// Time since `updated_at` after which the mirror is polled.
    poll_after: Duration,
    /// The writer must be asked for the text that follows.
    needs_request: bool,
    /// The database must be polled without delay.
    needs_poll: bool,
}

#[derive(Debug)]
enum Entry {
    Local(LocalReply),
    Mirror(watch::Sender<Progress>, Mirror),
}

impl Entry {
    fn progress(&self) -> &watch::Sender<Progress> {
        match self {
            Self::Local(local) => &local.progress,
            Self::Mirror(progress, _) => progress,
        }
    }
}

/// All replies that are written or followed on this instance, by their ID.
#[derive(Debug, Default)]
pub(super) struct Hub {
    entries: Mutex<HashMap<Id, Entry>>,
    /// Notified when a mirror needs a request to its writer.
    pub request_needed: Notify,
    /// Notified when a mirror needs the database to be polled.
    pub poll_needed: Notify,
}

/// The result of [`Hub::sweep`].
#[derive(Debug, Default)]
pub(super) struct Sweep {
    /// Mirrors that were removed because they have no subscribers.
    pub abandoned: Vec<Id>,
    /// Mirrors that must be polled from the database.
    pub silent: Vec<Id>,
}

impl Hub {
    /// The reply, if this instance writes it.
    pub fn local(&self, reply: Id) -> Option<LocalReply> {
        match self.lock().get(&reply)? {
            Entry::Local(local) => Some(local.clone()),
            Entry::Mirror(..) => None,
        }
    }

    /// The number of replies that this instance writes.
    pub fn count_local(&self) -> usize {
        self.lock().values().filter(|entry| matches!(entry, Entry::Local(_))).count()
    }

    /// A receiver of the reply's progress, if the reply is in the hub.
    pub fn progress(&self, reply: Id) -> Option<watch::Receiver<Progress>> {
        self.lock().get(&reply).map(|entry| entry.progress().subscribe())
    }

    /// Returns a receiver of the reply's progress, and whether this call created a mirror.
    ///
    /// `stored` is the reply as the database has it; it updates an existing mirror. A finished reply gets no mirror.
    pub fn follow(&self, stored: Reply) -> (watch::Receiver<Progress>, bool) {
        let mut entries = self.lock();
        match entries.get_mut(&stored.message.id) {
            Some(entry) => {
                let progress = entry.progress().subscribe();
                if let Entry::Mirror(progress, _) = entry {
                    progress.send_if_modified(|progress| progress.apply_stored(stored));
                }
                (progress, false)
            }
            None => {
                let (reply, new) = (stored.message.id, !stored.message.status.is_final());
                let progress = watch::Sender::new(Progress::of(stored));
                let followed = progress.subscribe();
                if new {
                    entries.insert(reply, Entry::Mirror(progress, Mirror::new()));
                }
                (followed, new)
            }
        }
    }

    /// Makes the reply local. Existing subscribers get the new runner's buffer. Returns whether it was a mirror.
    pub fn start_local(&self, reply: &Message) -> (LocalReply, bool) {
        let mut entries = self.lock();
        let before = entries.remove(&reply.id);
        let mirrored = matches!(before, Some(Entry::Mirror(..)));
        // A runner starts with an empty reply.
        let stored = || Reply::new(reply.clone(), None);
        let progress = match before {
            Some(entry) => entry.progress().clone(),
            None => watch::Sender::new(Progress::of(stored())),
        };
        progress.send_if_modified(|progress| progress.apply_stored(stored()));
        let local = LocalReply {
            attempt: reply.attempt,
            progress,
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
            demand: Arc::default(),
        };
        entries.insert(reply.id, Entry::Local(local.clone()));
        (local, mirrored)
    }

    /// Ends a local reply. If it is unfinished and still followed, it becomes a mirror; returns whether it did.
    pub fn finish_local(&self, reply: Id, local: &LocalReply) -> bool {
        local.ended.cancel();
        let mut entries = self.lock();
        // Another runner may have started the reply again in the meantime.
        match entries.get(&reply) {
            Some(Entry::Local(current)) if Arc::ptr_eq(&current.demand, &local.demand) => {
                entries.remove(&reply)
            }
            _ => return false,
        };
        let is_followed = local.progress.borrow().end.is_none() && local.progress.receiver_count() > 0;
        if is_followed {
            entries.insert(
                reply,
                Entry::Mirror(local.progress.clone(), Mirror { needs_poll: true, ..Mirror::new() }),
            );
            self.poll_needed.notify_one();
        }
        is_followed
    }

    /// Whether the reply is a mirror.
    pub fn is_mirrored(&self, reply: Id) -> bool {
        matches!(self.lock().get(&reply), Some(Entry::Mirror(..)))
    }

    /// Handles a (new) subscription to the reply's topic: chunks may have been missed, so the writer is asked for them.
    ///
    /// The database is polled as well. If the reply has ended, no writer will answer.
    pub fn subscribed(&self, reply: Id) {
        if let Some(Entry::Mirror(_, mirror)) = self.lock().get_mut(&reply) {
            (mirror.needs_request, mirror.needs_poll) = (true, true);
            self.request_needed.notify_one();
            self.poll_needed.notify_one();
        }
    }

    /// Polls the database for a mirror, because the reply has ended there.
    pub fn poll_soon(&self, reply: Id) {
        if let Some(Entry::Mirror(_, mirror)) = self.lock().get_mut(&reply) {
            mirror.needs_poll = true;
            self.poll_needed.notify_one();
        }
    }

    /// Applies a chunk that the writer has published.
    pub fn apply_chunk(&self, reply: Id, chunk: &ReplyChunk<'_>) {
        if let Some(Entry::Mirror(progress, mirror)) = self.lock().get_mut(&reply) {
            let mut effect = ChunkEffect::Ignored;
            progress.send_if_modified(|progress| {
                effect = progress.apply_chunk(chunk);
                effect == ChunkEffect::Extended
            });
            match effect {
                // The mirror does not count as updated until the writer has filled the gap.
                ChunkEffect::Gap => {
                    mirror.needs_request = true;
                    self.request_needed.notify_one();
                }
                ChunkEffect::Extended => mirror.mark_updated(),
                // A chunk without new text shows that the writer of the current attempt is alive.
                ChunkEffect::Ignored if chunk.attempt == progress.borrow().attempt => {
                    mirror.updated_at = Instant::now()
                }
                ChunkEffect::Ignored => {}
            }
            if chunk.over {
                mirror.needs_poll = true;
                self.poll_needed.notify_one();
            }
        }
    }

    /// Takes the requests that mirrors need to send: for each, the end of what it has.
    pub fn take_requests(&self) -> Vec<(Id, Position)> {
        let mut entries = self.lock();
        let requests = entries.iter_mut().filter_map(|(reply, entry)| {
            let Entry::Mirror(progress, mirror) = entry else { return None };
            let progress = progress.borrow();
            let end = Position::end_of(progress.attempt, &progress.parts);
            mem::take(&mut mirror.needs_request).then_some((*reply, end))
        });
        requests.collect()
    }

    /// Removes the mirrors without subscribers, and returns those that must be polled.
    ///
    /// These also repeat their request to the writer, in case an earlier one was lost.
    pub fn sweep(&self) -> Sweep {
        let mut sweep = Sweep::default();
        self.lock().retain(|reply, entry| {
            let Entry::Mirror(progress, mirror) = entry else { return true };
            if progress.receiver_count() == 0 {
                sweep.abandoned.push(*reply);
                return false;
            }
            if mem::take(&mut mirror.needs_poll) || mirror.updated_at.elapsed() >= mirror.poll_after {
                mirror.needs_request = true;
                sweep.silent.push(*reply);
            }
            true
        });
        if !sweep.silent.is_empty() {
            self.request_needed.notify_one();
        }
        sweep
    }

    /// Applies the reply as the database has it. Returns whether it has ended; its mirror is then removed.
    pub fn apply_stored(&self, stored: Reply) -> bool {
        let mut entries = self.lock();
        let (reply, over) = (stored.message.id, stored.message.status.is_final());
        let Some(Entry::Mirror(progress, mirror)) = entries.get_mut(&reply) else { return false };
        if progress.send_if_modified(|progress| progress.apply_stored(stored)) {
            mirror.mark_updated();
        } else {
            // A reply may wait long for an earlier reply, or for its model.
            (mirror.updated_at, mirror.poll_after) =
                (Instant::now(), MAX_POLL_AFTER.min(mirror.poll_after * 2));
        }
        if over {
            entries.remove(&reply);
        }
        over
    }

    /// Removes the mirror of a reply that does not exist. Returns whether there was one.
    pub fn remove(&self, reply: Id) -> bool {
        let mut entries = self.lock();
        let mirrored = matches!(entries.get(&reply), Some(Entry::Mirror(..)));
        if mirrored {
            entries.remove(&reply);
        }
        mirrored
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Id, Entry>> {
        // No code that can panic runs under this lock.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mirror {
    fn new() -> Self {
        Self { updated_at: Instant::now(), poll_after: POLL_AFTER, needs_request: false, needs_poll: false }
    }

    fn mark_updated(&mut self) {
        (self.updated_at, self.poll_after) = (Instant::now(), POLL_AFTER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        parts::PartKind,
        store::{Instant as Moment, MessageStatus},
    };
    use tokio::time::advance;
    use uuid::Uuid;

    fn stored(attempt: i32, content: &str) -> Reply {
        Reply::new(reply(attempt, content), None)
    }

    fn reply(attempt: i32, content: &str) -> Message {
        let question =
            Message::from_user(Id(Uuid::nil()), Id(Uuid::nil()), None, 0, String::new(), Moment(0));
        let reply =
            question.pending_reply(Id(Uuid::max()), "echo".into(), crate::generation::Generation::default());
        Message { attempt, content: content.to_owned(), status: MessageStatus::Streaming, ..reply }
    }

    fn chunk(attempt: i32, offset: usize, text: &str) -> ReplyChunk<'_> {
        ReplyChunk { attempt, offset, text: text.into(), over: false, parts: None }
    }

    #[tokio::test(start_paused = true)]
    async fn unusable_chunks_do_not_delay_polling() {
        // One chunk leaves a gap; the other belongs to an earlier attempt.
        for useless in [chunk(2, 9, "jkl"), chunk(1, 0, "abcdef")] {
            let (hub, id) = (Hub::default(), reply(1, "").id);
            let (_followed, new) = hub.follow(stored(2, "abc"));
            assert!(new);
            advance(POLL_AFTER).await;
            hub.apply_chunk(id, &useless);
            assert_eq!(hub.sweep().silent, [id], "{useless:?}");
            assert_eq!(hub.take_requests(), [(id, Position { attempt: 2, offset: 3, log: None })]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_mirror_without_updates_is_polled_less_and_less_often() {
        let (hub, id) = (Hub::default(), reply(1, "").id);
        let (_followed, _) = hub.follow(stored(1, "a"));
        let mut pauses = Vec::new();
        for _ in 0..4 {
            let mut waited = Duration::ZERO;
            while hub.sweep().silent.is_empty() {
                advance(POLL_AFTER).await;
                waited += POLL_AFTER;
            }
            pauses.push(waited.as_secs());
            hub.apply_stored(stored(1, "a"));
        }
        assert_eq!(pauses, [1, 2, 4, 4]);
        hub.apply_chunk(id, &chunk(1, 1, "b"));
        advance(POLL_AFTER).await;
        assert_eq!(hub.sweep().silent, [id], "an update resets the interval");
    }

    #[tokio::test]
    async fn a_followed_reply_changes_between_mirror_and_local() {
        let (hub, id) = (Hub::default(), reply(1, "").id);
        let (mut followed, _) = hub.follow(stored(1, "a"));
        assert!(!hub.follow(stored(1, "ab")).1, "all subscribers share one mirror");
        assert_eq!(followed.borrow_and_update().parts.content(), "ab");
        let (local, mirrored) = hub.start_local(&reply(2, ""));
        assert!(mirrored && !hub.is_mirrored(id));
        local.progress.send_modify(|progress| assert!(progress.parts.push(PartKind::Text, "x")));
        let seen = followed.borrow_and_update().clone();
        assert_eq!((seen.attempt, &*seen.parts.content()), (2, "x"));
        // An earlier runner that ends must not remove a later one.
        let (next, _) = hub.start_local(&reply(3, ""));
        assert!(!hub.finish_local(id, &local) && hub.local(id).is_some() && local.ended.is_cancelled());
        assert!(hub.finish_local(id, &next) && hub.is_mirrored(id), "it still has a subscriber");
        drop(followed);
        drop((local, next));
        assert_eq!(hub.sweep().abandoned, [id]);
        assert!(hub.progress(id).is_none());
    }
}
