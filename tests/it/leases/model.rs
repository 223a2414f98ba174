//! A model of instances that share a store, in simulated time, with the state that the store must have.

mod steps;

use super::{draft, parts_of};
use confab::store::{
    Database, Id, Instant, MAX_MICROS, MessageStatus, parts,
    runs::{Draft, Run},
};
use std::{collections::HashMap, time::Duration};

pub const INSTANCES: usize = 3;
const LEASE: Duration = Duration::from_secs(1);
/// The number of attempts at a reply.
const ATTEMPTS: i32 = 2;
/// More rows than exist.
const ALL: i64 = 10_000;

pub struct World {
    store: Database,
    owner: Id,
    now: Instant,
    instances: Vec<Instance>,
    /// Slots for conversations. A slot is empty until a message is sent to it.
    conversations: [Option<Id>; 3],
    /// In the order of their creation.
    replies: Vec<Reply>,
    /// The text of each attempt at each reply, stored or not.
    said: HashMap<(Id, i32), String>,
    words: usize,
}

/// An instance, as far as replies are concerned.
struct Instance {
    ahead: Duration,
    /// The replies that the instance believes it runs.
    held: Vec<Held>,
}

struct Held {
    reply: Id,
    conversation: Id,
    lease: Id,
    attempt: i32,
    text: String,
}

impl Held {
    fn draft(&self) -> Draft {
        draft(self.reply, self.attempt, &self.text)
    }
}

/// The expected state of a reply in the store.
#[derive(Clone, Debug)]
struct Reply {
    id: Id,
    conversation: Id,
    lease: Option<(Id, Instant)>,
    /// Set once a stop is requested: the lease under which the reply was held then.
    asked_to_stop: Option<Option<Id>>,
    /// The lease under which the reply ended.
    ended_by: Option<Id>,
    /// What clients see: attempt, content, status, error code.
    shown: (i32, String, MessageStatus, Option<String>),
}

impl Reply {
    fn ended(&self) -> bool {
        self.shown.2.is_final()
    }

    fn free(&self, now: Instant) -> bool {
        !self.ended() && self.lease.is_none_or(|(_, until)| until <= now)
    }

    /// Returns whether nobody holds a lease, not even an expired one.
    fn idle(&self) -> bool {
        !self.ended() && self.lease.is_none_or(|(_, until)| until == Instant(0))
    }

    fn is_held_under(&self, lease: Id) -> bool {
        !self.ended() && self.lease.is_some_and(|(held, _)| held == lease)
    }

    fn ask_to_stop(&mut self) {
        self.asked_to_stop.get_or_insert(self.lease.map(|(lease, _)| lease));
    }

    fn write(&mut self, text: &str) {
        if !text.is_empty() {
            (self.shown.1, self.shown.2) = (text.to_owned(), MessageStatus::Streaming);
        }
    }
}

impl World {
    pub fn new(store: Database, owner: Id, ahead: &[u64]) -> Self {
        let instance = |&ahead: &u64| Instance { ahead: Duration::from_millis(ahead), held: Vec::new() };
        Self {
            store,
            owner,
            now: Instant(1_000_000_000_000_000),
            instances: ahead.iter().map(instance).collect(),
            conversations: [None; 3],
            replies: Vec::new(),
            said: HashMap::new(),
            words: 0,
        }
    }

    /// Checks that the store holds what the model expects.
    pub async fn check(&self) {
        let ids: Vec<Id> = self.replies.iter().map(|reply| reply.id).collect();
        let mut stored = self.store.replies(&ids).await.expect("the database answers");
        stored.sort_by_key(|reply| ids.iter().position(|id| *id == reply.message.id));
        assert_eq!(stored.len(), ids.len());
        for (parts::Reply { message: stored, parts }, reply) in stored.into_iter().zip(&self.replies) {
            assert_eq!(parts, parts_of(&stored.content), "the parts are those of the same checkpoint");
            assert_eq!(stored.finished_at.is_some(), stored.status.is_final());
            assert!(stored.attempt <= ATTEMPTS + 1, "attempt {}", stored.attempt);
            // Nothing is written in an attempt over the limit: the text of the last attempt stays.
            let said = self.said.get(&(stored.id, stored.attempt.min(ATTEMPTS)));
            assert!(said.is_some_and(|said| said.starts_with(&stored.content)) || stored.content.is_empty());
            let shown = (stored.attempt, stored.content, stored.status, stored.error_code);
            assert_eq!(shown, reply.shown);
        }
    }

    /// Kills all instances but one, lets the leases expire, and finishes every claimed reply.
    pub async fn finish_with_one_survivor(&mut self) {
        (0..INSTANCES).for_each(|at| self.crash(at));
        for _ in 0..=self.replies.len() {
            self.wait(LEASE * 2);
            self.poll(0, false).await;
            while !self.instances[0].held.is_empty() {
                self.finish(0, 0).await;
            }
        }
    }

    pub async fn check_final_state(&self) {
        self.check().await;
        for reply in &self.replies {
            assert!(reply.ended(), "in progress forever: {reply:?}");
            if let Some(lease) = reply.asked_to_stop {
                // The holder may have finished the reply before it learned of the request.
                let too_late = lease.is_some() && reply.ended_by == lease;
                assert!(reply.shown.2 == MessageStatus::Stopped || too_late, "not stopped: {reply:?}");
            }
        }
        let left = self.claimable(self.now + LEASE * 1000).await;
        let ours = |id: Id| self.conversations.contains(&Some(id));
        assert!(left.iter().all(|run| !ours(run.conversation_id)), "{left:?}");
    }

    /// Returns the runs that wait, or whose lease expires by `now`.
    async fn claimable(&self, now: Instant) -> Vec<Run> {
        let mut runs = self.store.waiting_runs(ALL).await.expect("the database answers");
        let expired = self.store.suspect_runs(now, Instant(MAX_MICROS), ALL).await;
        runs.extend(expired.expect("the database answers"));
        runs
    }

    fn now_at(&self, at: usize) -> Instant {
        self.now + self.instances[at].ahead
    }

    fn reply(&mut self, id: Id) -> Option<&mut Reply> {
        self.replies.iter_mut().find(|reply| reply.id == id)
    }

    fn take_held(&mut self, at: usize, reply: usize) -> Option<Held> {
        let held = &mut self.instances[at].held;
        reply.checked_rem(held.len()).map(|chosen| held.remove(chosen))
    }
}
