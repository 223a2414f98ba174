//! The runner: one task for one reply, from the prompt to its last word, tied to no request and no socket.
//!
//! It never waits for the database while the model speaks: checkpoints run beside the stream.

use super::{
    Engine,
    hub::Live,
    progress::Progress,
    prompt::{estimate_tokens, without_older_half},
};
use crate::{
    assistant::{End, Fault, FaultKind, Finish, Part, Prompt, Usage},
    store::{
        self, FinishReason, Id, MessageStatus,
        messages::Message,
        runs::{Checkpoint, Ended, Outcome},
    },
};
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream};
use std::{
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    select,
    task::JoinHandle,
    time::{Instant, interval, sleep},
};

/// How often a checkpoint is due while the text grows.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// How much new text makes a checkpoint due at once, in bytes.
const CHECKPOINT_BYTES: usize = 4096;
/// The longest reply, in bytes: a model that goes on and on is cut there.
const LONGEST: usize = 1 << 20;
/// How long to go on trying to read the prompt, or to store how a reply ended.
const SETTLE: Duration = Duration::from_secs(60);
/// The first and the longest pause between two tries.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How the work on a reply ended.
enum Ending {
    Completed(End),
    Stopped,
    Failed(Fail),
    /// Somebody else has the lease, or the reply was deleted: nothing of ours counts any more.
    Lost,
    /// This instance leaves; the reply is for another.
    Leaving,
}

/// What the user is told of a reply that failed.
pub(super) struct Fail {
    /// What clients tell failures apart by.
    pub code: &'static str,
    /// The same in a sentence, for the user.
    pub message: String,
    /// The provider's own words.
    pub details: Option<String>,
}

/// The prompt has more tokens than the model takes.
const CONTEXT_TOO_LONG: &str = "CONTEXT_TOO_LONG";

impl From<Fault> for Fail {
    fn from(fault: Fault) -> Self {
        let code = match fault.kind {
            FaultKind::Unavailable => "PROVIDER_UNAVAILABLE",
            FaultKind::Rejected => "PROVIDER_REJECTED",
            FaultKind::ContextTooLong => CONTEXT_TOO_LONG,
            FaultKind::Empty => "EMPTY",
            FaultKind::Timeout => "TIMEOUT",
        };
        Self { code, message: fault.message, details: fault.details }
    }
}

impl From<Fail> for Ending {
    fn from(fail: Fail) -> Self {
        Self::Failed(fail)
    }
}

impl Fail {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None }
    }

    fn internal() -> Self {
        Self::new("INTERNAL", "The server failed while it wrote this reply.")
    }

    /// For a reply whose runners died as often as it may be started.
    pub fn interrupted() -> Self {
        Self::new("INTERRUPTED", "The server was interrupted while it wrote this reply.")
    }
}

impl Drop for Runner {
    /// However it ended: who follows the reply must not wait for it here, and the next one may begin.
    fn drop(&mut self) {
        self.engine.leave(self.reply.id, &self.live);
        self.engine.look_for_runs();
    }
}

/// Writes one reply, whose lease has just been taken.
pub(super) struct Runner {
    /// About how many tokens the model was shown; 0 until it is asked.
    asked: AtomicU32,
    engine: Arc<Engine>,
    reply: Message,
    lease: Id,
    live: Live,
}

impl Runner {
    /// From now on the reply is written here.
    pub fn new(engine: Arc<Engine>, reply: Message, lease: Id) -> Self {
        let live = engine.enter(&reply);
        Self { asked: AtomicU32::new(0), engine, reply, lease, live }
    }

    /// Writes the reply to its end.
    pub async fn run(self) {
        // A panic is told by the hook that logs it; the user must not wait for ever.
        let ending = AssertUnwindSafe(self.speak()).catch_unwind().await;
        match ending.unwrap_or_else(|_| Ending::Failed(Fail::internal())) {
            Ending::Completed(end) => self.settle(MessageStatus::Completed, Some(end), None).await,
            Ending::Stopped => self.settle(MessageStatus::Stopped, None, None).await,
            Ending::Failed(fail) => self.settle(MessageStatus::Failed, None, Some(fail)).await,
            Ending::Leaving => self.hand_over().await,
            Ending::Lost => tracing::warn!(reply = %self.reply.id, "lease lost"),
        }
    }

    async fn speak(&self) -> Ending {
        let mut answer = pin!(stream::once(self.ask(None)).try_flatten());
        let mut shortened = false;
        let mut clock = interval(CHECKPOINT_EVERY);
        clock.reset();
        let mut saves = Saves::new(self.engine.settings.lease);
        loop {
            select! {
                biased;
                () = self.live.stop.cancelled() => return Ending::Stopped,
                () = self.engine.leaving.cancelled() => return Ending::Leaving,
                saved = saves.done() => match saved {
                    Ok(Checkpoint::Stored) => {}
                    Ok(Checkpoint::StopRequested) => return Ending::Stopped,
                    Ok(Checkpoint::LeaseLost) => return Ending::Lost,
                    // The reply goes on: the next checkpoint may do better, and the end is tried harder.
                    Err(error) => {
                        tracing::warn!(reply = %self.reply.id, %error, "checkpoint failed");
                        saves.again();
                    }
                },
                _ = clock.tick() => if saves.due(self.length()) { saves.begin(self) },
                part = answer.next() => match part {
                    Some(Ok(Part::Text(text))) => {
                        let length = self.append(&text);
                        if length >= LONGEST {
                            return Ending::Completed(End { finish: Finish::Length, usage: None });
                        }
                        if saves.due_at_once(length) {
                            saves.begin(self);
                        }
                    }
                    Some(Ok(Part::End(end))) => return Ending::Completed(end),
                    Some(Err(Ending::Failed(fail)))
                        if fail.code == CONTEXT_TOO_LONG && !shortened && self.length() == 0 =>
                    {
                        shortened = true;
                        answer.set(stream::once(self.ask(Some(fail))).try_flatten());
                    }
                    Some(Err(ending)) => return ending,
                    None => {
                        let fail = Fail::new("PROVIDER_UNAVAILABLE", "The model's provider broke off.");
                        return Ending::Failed(fail);
                    }
                },
            }
        }
    }

    /// Asks the model. The answer tells of every failure itself, so that a stop is heard meanwhile. If the prompt was
    /// `too_long` before, its older half is left out.
    async fn ask(
        &self,
        too_long: Option<Fail>,
    ) -> Result<impl Stream<Item = Result<Part, Ending>> + use<>, Ending> {
        let mut prompt = self.prompt().await?;
        if let Some(fail) = too_long {
            prompt = without_older_half(prompt).ok_or(fail)?;
            tracing::info!(reply = %self.reply.id, "asking again without the older half of the conversation");
        }
        let assistant = self.engine.catalog.assistant(&prompt.model).await.ok_or_else(|| {
            Fail::new("PROVIDER_REJECTED", format!("The model `{}` is not offered.", prompt.model))
        })?;
        let input = estimate_tokens(prompt.turns.iter().map(|turn| &*turn.text));
        self.asked.store(input, Ordering::Relaxed);
        Ok(assistant.answer(prompt).map_err(|fault| Fail::from(fault).into()))
    }

    /// Reads the prompt, and tries again while the database is unavailable. If that lasts, the next attempt is left to
    /// whoever has the database.
    async fn prompt(&self) -> Result<Prompt, Ending> {
        let give_up = Instant::now() + SETTLE;
        let mut pause = PAUSES.0;
        loop {
            match self.engine.prompt(&self.reply).await {
                Ok(prompt) => return Ok(prompt),
                Err(error) if !error.is_unavailable() => {
                    tracing::error!(reply = %self.reply.id, %error, "prompt not read");
                    return Err(Fail::internal().into());
                }
                Err(error) if Instant::now() >= give_up => {
                    tracing::error!(reply = %self.reply.id, %error, "prompt not read in time");
                    return Err(Ending::Leaving);
                }
                Err(error) => tracing::warn!(reply = %self.reply.id, %error, "prompt not read yet"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Adds to the text, up to the longest reply; how long it is then.
    fn append(&self, text: &str) -> usize {
        let mut length = 0;
        self.live.progress.send_modify(|progress| {
            let room = LONGEST.saturating_sub(progress.text.len());
            progress.text.push_str(&text[..text.floor_char_boundary(room)]);
            // What is missing may be less than a character.
            length = if text.len() > room { LONGEST } else { progress.text.len() };
        });
        length
    }

    fn length(&self) -> usize {
        self.live.progress.borrow().text.len()
    }

    fn text(&self) -> String {
        self.live.progress.borrow().text.clone()
    }

    /// Stores how it ended, trying for a while, and tells the subscribers.
    async fn settle(&self, status: MessageStatus, end: Option<End>, fail: Option<Fail>) {
        let content = self.text();
        let told = end.as_ref().and_then(|end| end.usage);
        let usage = told.or_else(|| self.estimated_usage(status, &content));
        let tokens = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let outcome = Outcome {
            status,
            content,
            error_code: fail.as_ref().map(|fail| fail.code.to_owned()),
            error_message: fail.as_ref().map(|fail| fail.message.clone()),
            error_details: fail.and_then(|fail| fail.details),
            finish_reason: end.map(|end| match end.finish {
                Finish::Stop => FinishReason::Stop,
                Finish::Length => FinishReason::Length,
                Finish::ContentFilter => FinishReason::ContentFilter,
            }),
            input_tokens: usage.map(|usage| tokens(usage.input_tokens)),
            output_tokens: usage.map(|usage| tokens(usage.output_tokens)),
            usage_estimated: usage.is_some() && told.is_none(),
            finished_at: Some(self.engine.clock.now()),
        };
        let give_up = Instant::now() + SETTLE;
        let mut pause = PAUSES.0;
        loop {
            match self.engine.store.finish_reply(self.reply.id, self.lease, &outcome).await {
                Ok(Some(Ended { owner, message })) => {
                    tracing::info!(reply = %message.id, status = message.status.as_str(), "reply finished");
                    self.engine.changes.poke(owner);
                    self.live.progress.send_modify(|progress| *progress = Progress::of(message));
                    return;
                }
                Ok(None) => return tracing::warn!(reply = %self.reply.id, "lease lost at the end"),
                Err(error) if Instant::now() >= give_up || self.engine.leaving.is_cancelled() => {
                    // The lease will expire, and the reply be taken over.
                    return tracing::error!(reply = %self.reply.id, %error, "end not stored");
                }
                Err(error) => tracing::warn!(reply = %self.reply.id, %error, "end not stored yet"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// What the reply has cost, reckoned from the texts; `None` if no model has worked on it.
    fn estimated_usage(&self, status: MessageStatus, content: &str) -> Option<Usage> {
        let input_tokens = self.asked.load(Ordering::Relaxed);
        let in_vain = status == MessageStatus::Failed && content.is_empty();
        let output_tokens = estimate_tokens([content]);
        (input_tokens > 0 && !in_vain).then_some(Usage { input_tokens, output_tokens })
    }

    /// Stores what there is, for whoever takes over.
    async fn hand_over(&self) {
        match self.engine.store.release_run(self.reply.id, self.lease, &self.text()).await {
            Ok(()) => tracing::info!(reply = %self.reply.id, "reply handed over"),
            Err(error) => tracing::error!(reply = %self.reply.id, %error, "reply not handed over"),
        }
    }
}

/// The checkpoints of one reply, one at a time. Each is a task of its own, so that it is never broken off halfway.
struct Saves {
    running: Option<JoinHandle<store::Result<Checkpoint>>>,
    /// The length of the text at the last checkpoint.
    length: usize,
    begun: Instant,
    renew_every: Duration,
}

impl Saves {
    fn new(lease: Duration) -> Self {
        // Looked at by a clock that ticks once for each checkpoint: not one tick later.
        let renew_every = (lease / 3).saturating_sub(CHECKPOINT_EVERY / 2);
        Self { running: None, length: 0, begun: Instant::now(), renew_every }
    }

    /// Whether there is new text, or the lease wants renewing.
    fn due(&self, length: usize) -> bool {
        self.running.is_none() && (length > self.length || self.begun.elapsed() >= self.renew_every)
    }

    fn due_at_once(&self, length: usize) -> bool {
        self.running.is_none() && length >= self.length + CHECKPOINT_BYTES
    }

    fn begin(&mut self, runner: &Runner) {
        let (engine, reply, lease, text) =
            (runner.engine.clone(), runner.reply.id, runner.lease, runner.text());
        (self.length, self.begun) = (text.len(), Instant::now());
        self.running = Some(runner.engine.tasks.spawn(async move {
            let until = engine.clock.now() + engine.settings.lease;
            engine.store.checkpoint(reply, lease, &text, until).await
        }));
    }

    /// The last one failed: the next is due as soon as the clock ticks.
    fn again(&mut self) {
        self.length = 0;
        self.begun -= self.renew_every;
    }

    /// The result of the checkpoint under way; never, if there is none.
    async fn done(&mut self) -> store::Result<Checkpoint> {
        match &mut self.running {
            Some(task) => {
                let saved = task.await;
                self.running = None;
                saved.unwrap_or_else(|panic| Err(store::Error::Task(panic)))
            }
            None => std::future::pending().await,
        }
    }
}
