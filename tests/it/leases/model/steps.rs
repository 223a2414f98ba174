//! The steps of an instance, executed in the store and in the model.

use super::{ATTEMPTS, Held, Instant, LEASE, Reply, World};
use confab::store::{
    Id, MessageStatus,
    runs::{Checkpoint, ClaimedReply, Outcome, Run},
    sends::{NewMessage, Rejection, Sent, Target, WhenBusy},
};
use std::time::Duration;

impl World {
    pub fn wait(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    pub async fn send(&mut self, at: usize, conversation: usize, when_busy: WhenBusy) {
        let place = conversation % self.conversations.len();
        let (now, lease) = (self.now_at(at), Id::new());
        let existing = |conversation| Target::Existing { conversation, if_last: None };
        let target = self.conversations[place].map_or(Target::New { system_prompt: None }, existing);
        let new = NewMessage {
            owner: self.owner,
            target,
            content: "hello".into(),
            title: "hello".into(),
            generation: Default::default(),
            model: Some("echo".into()),
            default_model: None,
            idempotency: None,
            now,
            max_running: None,
            when_busy,
            lease: Some((lease, now + LEASE)),
        };
        let sent = self.store.send_message(&new).await.expect("the database answers");
        let there = self.conversations[place];
        let mut waiting: Vec<&mut Reply> =
            self.replies.iter_mut().filter(|r| Some(r.conversation) == there && !r.ended()).collect();
        let busy = !waiting.is_empty();
        if busy && when_busy == WhenBusy::Reject {
            return assert!(matches!(sent, Sent::Rejected(Rejection::Busy)), "{sent:?}");
        }
        let Sent::Stored(stored) = sent else { panic!("not stored: {sent:?}") };
        assert_eq!(stored.claimed, !busy, "it runs at once, or waits for its turn");
        if when_busy == WhenBusy::StopCurrent {
            waiting.iter_mut().for_each(|reply| reply.ask_to_stop());
        }
        let (id, conversation) = (stored.reply.id, stored.conversation.id);
        self.replies.push(Reply {
            id,
            conversation,
            lease: stored.claimed.then_some((lease, now + LEASE)),
            asked_to_stop: None,
            ended_by: None,
            shown: (1, String::new(), MessageStatus::Pending, None),
        });
        self.conversations[place] = Some(conversation);
        if when_busy == WhenBusy::StopCurrent {
            self.stop_those_held(at, conversation).await;
        }
        if stored.claimed {
            let held = Held { reply: id, conversation, lease, attempt: 1, text: String::new() };
            self.instances[at].held.push(held);
        }
    }

    /// Polls for replies to claim. A reply whose turn has not come must not be found.
    pub async fn poll(&mut self, at: usize, dies: bool) {
        let now = self.now_at(at);
        let mut found = self.claimable(now).await;
        found.retain(|run| self.replies.iter().any(|reply| reply.id == run.message_id));
        found.sort_by_key(|run| run.message_id);
        let first = |reply: &&Reply| {
            let mut same = self.replies.iter().filter(|other| other.conversation == reply.conversation);
            same.find(|other| !other.ended()).is_some_and(|first| first.id == reply.id)
        };
        let due = self.replies.iter().filter(|reply| reply.free(now)).filter(first);
        let mut due: Vec<Id> = due.map(|reply| reply.id).collect();
        due.sort();
        let ids: Vec<Id> = found.iter().map(|run| run.message_id).collect();
        assert_eq!(ids, due, "the first unfinished reply of each conversation");
        for run in found {
            if self.instances[at].held.iter().all(|held| held.reply != run.message_id) {
                self.claim(at, run, dies).await;
            }
        }
        if dies {
            self.crash(at);
        }
    }

    async fn claim(&mut self, at: usize, run: Run, dies: bool) {
        let (id, now, lease) = (run.message_id, self.now_at(at), Id::new());
        let claimed = self.store.claim_run(&run, lease, now + LEASE, ATTEMPTS).await;
        let ClaimedReply { reply: stored, stop_requested } =
            claimed.expect("the database answers").expect("it was due");
        let reply = self.reply(id).expect("it was due");
        assert_eq!(stop_requested, reply.asked_to_stop.is_some(), "a stop request is never lost");
        let taken_over = reply.lease.replace((lease, now + LEASE)).is_some();
        if taken_over && !stop_requested && reply.shown.0 <= ATTEMPTS {
            reply.shown.0 += 1;
            if reply.shown.0 <= ATTEMPTS {
                (reply.shown.1, reply.shown.2) = (String::new(), MessageStatus::Pending);
            }
        }
        assert_eq!(
            (stored.attempt, &stored.content, stored.status),
            (reply.shown.0, &reply.shown.1, reply.shown.2)
        );
        if dies {
            return;
        }
        let conversation = stored.conversation_id;
        let held = Held { reply: id, conversation, lease, attempt: stored.attempt, text: stored.content };
        if stop_requested {
            self.end(held, MessageStatus::Stopped, None).await;
        } else if held.attempt > ATTEMPTS {
            self.end(held, MessageStatus::Failed, Some("INTERRUPTED")).await;
        } else {
            assert_eq!(held.text, "", "each attempt starts with an empty text");
            self.instances[at].held.push(held);
        }
    }

    pub async fn checkpoint(&mut self, at: usize, reply: usize, word: bool) {
        let Some(mut held) = self.take_held(at, reply) else { return };
        if word {
            self.words += 1;
            held.text += &format!("{} ", self.words);
            self.said.insert((held.reply, held.attempt), held.text.clone());
        }
        let until = self.now_at(at) + LEASE;
        let found = self.store.checkpoint(held.reply, held.lease, &held.draft(), until).await;
        let expected = match self.reply(held.reply).filter(|reply| reply.is_held_under(held.lease)) {
            None => Checkpoint::LeaseLost,
            Some(reply) => {
                reply.write(&held.text);
                reply.lease = Some((held.lease, until));
                if reply.asked_to_stop.is_some() { Checkpoint::StopRequested } else { Checkpoint::Stored }
            }
        };
        assert_eq!(found.expect("the database answers"), expected);
        match expected {
            Checkpoint::Stored => self.instances[at].held.push(held),
            Checkpoint::StopRequested => self.end(held, MessageStatus::Stopped, None).await,
            Checkpoint::LeaseLost => {}
        }
    }

    pub async fn finish(&mut self, at: usize, reply: usize) {
        if let Some(held) = self.take_held(at, reply) {
            self.end(held, MessageStatus::Completed, None).await;
        }
    }

    pub async fn release(&mut self, at: usize) {
        for held in std::mem::take(&mut self.instances[at].held) {
            let released = self.store.release_run(held.reply, held.lease, &held.draft()).await;
            released.expect("the database answers");
            if let Some(reply) = self.reply(held.reply).filter(|reply| reply.is_held_under(held.lease)) {
                reply.write(&held.text);
                reply.lease = Some((Id::new(), Instant(0)));
            }
        }
    }

    pub fn crash(&mut self, at: usize) {
        self.instances[at].held.clear();
    }

    /// A user's stop request, on an instance that may or may not run the reply.
    pub async fn stop(&mut self, at: usize, reply: usize) {
        let Some(chosen) = reply.checked_rem(self.replies.len()) else { return };
        let (id, now) = (self.replies[chosen].id, self.now_at(at));
        if self.replies[chosen].ended() {
            return;
        }
        if let Some(held) = self.instances[at].held.iter().position(|held| held.reply == id) {
            let held = self.instances[at].held.remove(held);
            return self.end(held, MessageStatus::Stopped, None).await;
        }
        let ended = self.store.finish_idle_reply(id, now).await.expect("the database answers");
        assert_eq!(ended.is_some(), self.replies[chosen].idle(), "it ends at once if nobody holds a lease");
        let reply = &mut self.replies[chosen];
        if ended.is_some() {
            reply.shown.2 = MessageStatus::Stopped;
        } else {
            assert!(self.store.request_stop(id).await.expect("the database answers"));
            reply.ask_to_stop();
        }
    }

    pub async fn delete(&mut self, at: usize, conversation: usize) {
        let place = conversation % self.conversations.len();
        let Some(id) = self.conversations[place].take() else { return };
        let deleted = self.store.delete_conversation(self.owner, id, self.now_at(at)).await;
        assert!(deleted.expect("the database answers").is_some());
        self.replies.retain(|reply| reply.conversation != id);
        // Runners on this instance are stopped; those on others notice at their next checkpoint.
        self.stop_those_held(at, id).await;
    }

    async fn stop_those_held(&mut self, at: usize, conversation: Id) {
        let of_it = |held: &mut Held| held.conversation == conversation;
        for held in self.instances[at].held.extract_if(.., of_it).collect::<Vec<_>>() {
            self.end(held, MessageStatus::Stopped, None).await;
        }
    }

    /// Ends a reply. If the lease has been lost, nothing changes.
    async fn end(&mut self, held: Held, status: MessageStatus, error: Option<&str>) {
        let outcome = Outcome {
            status,
            content: held.text.clone(),
            context: None,
            error_code: error.map(str::to_owned),
            error_message: error.map(str::to_owned),
            error_details: None,
            finish_reason: None,
            input_tokens: None,
            output_tokens: None,
            reasoning_tokens: None,
            cached_tokens: None,
            usage_estimated: false,
            finished_at: Some(self.now),
        };
        // A reply that is ended without a runner keeps the parts that are stored.
        let parts = held.draft().parts.filter(|_| status == MessageStatus::Completed);
        let ended = self.store.finish_reply(held.reply, held.lease, &outcome, parts.as_ref()).await;
        let ended = ended.expect("the database answers");
        let reply = self.reply(held.reply).filter(|reply| reply.is_held_under(held.lease));
        assert_eq!(ended.is_some(), reply.is_some(), "only the holder of the lease can end the reply");
        if let Some(reply) = reply {
            reply.ended_by = Some(held.lease);
            (reply.shown.1, reply.shown.2, reply.shown.3) = (held.text, status, outcome.error_code);
        }
    }
}
