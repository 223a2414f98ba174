//! Instances that race on PostgreSQL in real time, with leases so short that they expire all the time.

use super::{draft, parts_of, store_and_owner};
use crate::support::Kind;
use confab::{
    clock::Clock,
    store::{
        Database, Id, Instant, MAX_MICROS, MessageStatus,
        parts::Reply,
        runs::{Checkpoint, ClaimedReply, Draft, Outcome, Run},
        sends::{NewMessage, Rejection, Sent, Target, WhenBusy},
    },
};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::sleep;

const LEASE: Duration = Duration::from_millis(15);
const ATTEMPTS: i32 = 2;
const INSTANCES: u32 = 6;
/// How far each instance's clock is ahead of the previous one's.
const SKEW: Duration = Duration::from_millis(2);
const ROUNDS: u32 = 160;

/// Facts that the instances have observed. Every operation that starts later must respect them.
#[derive(Default)]
struct Seen {
    /// Few, so that the instances race for the same ones.
    conversations: [Option<Id>; 2],
    deleted: HashSet<Id>,
    /// The conversation of each reply.
    replies: HashMap<Id, Id>,
    /// The attempts at each reply, in any order: an instance may record an attempt late.
    begun: HashMap<Id, HashSet<i32>>,
    asked_to_stop: HashSet<Id>,
    /// How each reply ended: its status and its text.
    ended: HashMap<Id, (MessageStatus, String)>,
}

impl Seen {
    fn begin(&mut self, reply: Id, attempt: i32) {
        assert!(self.begun.entry(reply).or_default().insert(attempt), "two instances make attempt {attempt}");
    }

    fn end(&mut self, reply: Id, status: MessageStatus, text: String) {
        assert_eq!(self.ended.insert(reply, (status, text)), None, "{reply} has ended twice");
    }

    /// Returns whether another instance holds the lease, or the reply has ended.
    fn has_lost(&self, held: &Held) -> bool {
        self.ended.contains_key(&held.reply)
            || self
                .begun
                .get(&held.reply)
                .is_some_and(|begun| begun.iter().any(|begun| *begun > held.attempt))
    }
}

struct Held {
    reply: Id,
    lease: Id,
    attempt: i32,
    text: String,
}

impl Held {
    fn draft(&self) -> Draft {
        draft(self.reply, self.attempt, &self.text)
    }
}

#[derive(Clone)]
struct Instance {
    store: Database,
    owner: Id,
    clock: Clock,
    seen: Arc<Mutex<Seen>>,
}

impl Instance {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no instance has panicked")
    }

    async fn live(self, mut random: StdRng) {
        let mut held: Vec<Held> = Vec::new();
        for round in 0..ROUNDS {
            match random.random_range(0..100) {
                0..20 => held.extend(self.send(&mut random).await),
                20..55 => held.extend(self.poll().await),
                55..59 => self.stop(&mut random).await,
                65..67 => self.delete(&mut random).await,
                67..70 => held.clear(),           // the instance dies
                70..75 => sleep(LEASE * 2).await, // the instance freezes without noticing
                _ => {}
            }
            for mut one in std::mem::take(&mut held) {
                match random.random_range(0..10) {
                    0 => self.end(one, MessageStatus::Completed).await,
                    1 => self.release(one).await,
                    2..7 => {
                        one.text += &format!("{round} ");
                        held.extend(self.checkpoint(one).await);
                    }
                    _ => held.push(one),
                }
            }
        }
    }

    async fn send(&self, random: &mut StdRng) -> Option<Held> {
        let (now, lease, place) = (self.clock.now(), Id::new(), random.random_range(0..2));
        let existing = |conversation| Target::Existing { conversation, if_last: None };
        let conversation = self.seen().conversations[place];
        let new = NewMessage {
            owner: self.owner,
            target: conversation.map_or(Target::New { system_prompt: None }, existing),
            content: "hello".into(),
            title: "hello".into(),
            generation: Default::default(),
            model: Some("echo".into()),
            default_model: None,
            idempotency: None,
            now,
            max_running: None,
            when_busy: if random.random_bool(0.1) { WhenBusy::StopCurrent } else { WhenBusy::Queue },
            lease: Some((lease, now + LEASE)),
        };
        let stored = match self.store.send_message(&new).await.expect("it is stored") {
            Sent::Stored(stored) => stored,
            Sent::Rejected(Rejection::NoConversation) => return None, // deleted meanwhile
            other => panic!("{other:?}"),
        };
        let (reply, conversation) = (stored.reply.id, stored.conversation.id);
        let mut seen = self.seen();
        seen.replies.insert(reply, conversation);
        if !seen.deleted.contains(&conversation) {
            seen.conversations[place] = Some(conversation);
        }
        stored.claimed.then(|| {
            seen.begin(reply, 1);
            Held { reply, lease, attempt: 1, text: String::new() }
        })
    }

    async fn poll(&self) -> Vec<Held> {
        let mut held = Vec::new();
        for run in self.claimable(self.clock.now(), 4).await {
            held.extend(self.claim(&run).await);
        }
        held
    }

    async fn claimable(&self, now: Instant, limit: i64) -> Vec<Run> {
        let mut runs = self.store.waiting_runs(limit).await.expect("they are found");
        runs.extend(self.store.suspect_runs(now, Instant(MAX_MICROS), limit).await.expect("they are found"));
        runs
    }

    async fn claim(&self, run: &Run) -> Option<Held> {
        let id = run.message_id;
        let asked_before = self.seen().asked_to_stop.contains(&id);
        let (now, lease) = (self.clock.now(), Id::new());
        let claimed = self.store.claim_run(run, lease, now + LEASE, ATTEMPTS).await;
        let ClaimedReply { reply, stop_requested } = claimed.expect("it is claimed or not")?;
        assert!(stop_requested || !asked_before, "a stop request is lost");
        let held = Held { reply: id, lease, attempt: reply.attempt, text: reply.content };
        if stop_requested {
            self.end(held, MessageStatus::Stopped).await;
        } else if held.attempt > ATTEMPTS {
            self.end(held, MessageStatus::Failed).await;
        } else {
            assert_eq!(held.text, "", "an attempt starts with another attempt's text");
            self.seen().begin(id, held.attempt);
            return Some(held);
        }
        None
    }

    async fn checkpoint(&self, held: Held) -> Option<Held> {
        let (lost, asked) = {
            let seen = self.seen();
            (seen.has_lost(&held), seen.asked_to_stop.contains(&held.reply))
        };
        let until = self.clock.now() + LEASE;
        let found = self.store.checkpoint(held.reply, held.lease, &held.draft(), until).await;
        let found = found.expect("it is stored or not");
        assert!(!lost || found == Checkpoint::LeaseLost, "another instance holds the lease");
        assert!(!asked || found != Checkpoint::Stored, "a stop request is lost");
        match found {
            Checkpoint::Stored => return Some(held),
            Checkpoint::StopRequested => self.end(held, MessageStatus::Stopped).await,
            Checkpoint::LeaseLost => {}
        }
        None
    }

    async fn release(&self, held: Held) {
        let released = self.store.release_run(held.reply, held.lease, &held.draft()).await;
        released.expect("it is released");
    }

    async fn end(&self, held: Held, status: MessageStatus) {
        let lost = {
            let seen = self.seen();
            // Claiming a reply only to end it begins no attempt.
            seen.ended.contains_key(&held.reply) || (held.attempt <= ATTEMPTS && seen.has_lost(&held))
        };
        let outcome = Outcome {
            status,
            content: held.text.clone(),
            context: None,
            error_code: None,
            error_message: None,
            error_details: None,
            finish_reason: None,
            input_tokens: None,
            output_tokens: None,
            reasoning_tokens: None,
            cached_tokens: None,
            usage_estimated: false,
            finished_at: Some(self.clock.now()),
        };
        let ended =
            self.store.finish_reply(held.reply, held.lease, &outcome, held.draft().parts.as_ref()).await;
        if ended.expect("it ends or not").is_some() {
            assert!(!lost, "another instance holds the lease");
            self.seen().end(held.reply, status, held.text);
        }
    }

    async fn stop(&self, random: &mut StdRng) {
        let waiting: Vec<Id> = {
            let seen = self.seen();
            seen.replies.keys().filter(|id| !seen.ended.contains_key(id)).copied().collect()
        };
        let Some(chosen) = random.random::<u32>().checked_rem(waiting.len() as u32) else { return };
        let reply = waiting[chosen as usize];
        if let Some(ended) = self.store.finish_idle_reply(reply, self.clock.now()).await.expect("it answers")
        {
            self.seen().end(reply, ended.message.status, ended.message.content);
        } else if self.store.request_stop(reply).await.expect("it answers") {
            self.seen().asked_to_stop.insert(reply);
        }
    }

    async fn delete(&self, random: &mut StdRng) {
        let Some(id) = self.seen().conversations[random.random_range(0..2)].take() else { return };
        self.seen().deleted.insert(id);
        self.store.delete_conversation(self.owner, id, self.clock.now()).await.expect("it is deleted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_instances_never_write_the_same_attempt() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (store, owner) = store_and_owner(&Kind::Postgres.create(folder.path()).await).await;
    let instance = Instance { store, owner, clock: Clock::default(), seen: Arc::default() };
    // A seed would not reproduce the race.
    let random = || StdRng::seed_from_u64(rand::random());
    let lives = (0..INSTANCES).map(|i| {
        let clock = Clock::default();
        clock.advance(SKEW * i);
        tokio::spawn(Instance { clock, ..instance.clone() }.live(random()))
    });
    for life in join_all(lives).await {
        life.expect("no instance panics");
    }
    // One instance is left, and time passes.
    instance.clock.advance(LEASE);
    loop {
        instance.clock.advance(LEASE);
        if instance.claimable(instance.clock.now() + LEASE, 1).await.is_empty() {
            break;
        }
        for held in instance.poll().await {
            instance.end(held, MessageStatus::Completed).await;
        }
    }
    let seen = std::mem::take(&mut *instance.seen());
    let kept: Vec<Id> =
        seen.replies.iter().filter(|(_, of)| !seen.deleted.contains(of)).map(|(id, _)| *id).collect();
    let stored = instance.store.replies(&kept).await.expect("they are there");
    assert_eq!(stored.len(), kept.len());
    for Reply { message, parts } in stored {
        assert_eq!(parts, parts_of(&message.content), "the parts of the same holder");
        let end = (message.status, message.content);
        assert_eq!(seen.ended.get(&message.id), Some(&end), "the state that the holder of the lease stored");
    }
    let count = |status| seen.ended.values().filter(|end| end.0 == status).count();
    let counts = [MessageStatus::Completed, MessageStatus::Stopped, MessageStatus::Failed].map(count);
    assert!(counts.iter().all(|&count| count > 0), "every status occurred: {counts:?}");
}
