//! The runner: a task that writes one reply, from reading the prompt to storing the outcome.
//!
//! A runner belongs to no request and to no socket. While the model answers it never waits for the database: each
//! checkpoint is a task of its own.

use super::{
    Engine,
    failure::{Failure, FailureCode},
    hub::LocalReply,
    prompt::{estimate_tokens, without_older_half},
};
use crate::{
    assistant::{self, End, Finish, Part, Prompt, Source, ToolCallStep, Usage},
    parts::{MAX_BYTES, PartKind, Parts},
    prompt_context::PromptContext,
    store::{
        self, FinishReason, Id, MessageStatus,
        messages::Message,
        parts::PartsRow,
        runs::{Checkpoint, Draft, FinishedReply, Outcome},
    },
};
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream};
use std::{
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    select,
    task::JoinHandle,
    time::{Instant, interval, sleep},
};

/// Interval between checkpoints while the text grows.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// New bytes after which a checkpoint is written at once.
const CHECKPOINT_BYTES: usize = 4096;
/// Time after which reading the prompt, or storing the outcome, is given up.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(60);
/// The first and the longest pause between two database retries.
const RETRY_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How a runner's work on a reply ended.
enum RunOutcome {
    Completed(End),
    Stopped,
    Failed(Failure),
    /// Another runner has the lease, or the reply was deleted. This runner must not store anything.
    LeaseLost,
    /// This instance shuts down, or cannot read the prompt. It releases the lease, so that another one takes over.
    ShuttingDown,
}

impl From<Failure> for RunOutcome {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Drop for Runner {
    /// Runs however the task ends, even by a panic: subscribers must not wait for this runner, and another run may
    /// start.
    fn drop(&mut self) {
        self.engine.finish_local(self.reply.id, &self.local);
        self.engine.wake_claimer();
    }
}

/// The task that writes one reply under a lease.
pub(super) struct Runner {
    /// What the prompt contains; `None` until the model has been called.
    context: Mutex<Option<PromptContext>>,
    engine: Arc<Engine>,
    reply: Message,
    lease: Id,
    local: LocalReply,
}

impl Runner {
    /// Creates a runner that holds `lease`, and makes the reply local in the hub.
    pub fn new(engine: Arc<Engine>, reply: Message, lease: Id) -> Self {
        let local = engine.start_local(&reply);
        Self { context: Mutex::default(), engine, reply, lease, local }
    }

    /// Writes the reply to its end.
    pub async fn run(self) {
        // The panic hook logs a panic. The reply must still end, or its subscribers would wait forever.
        let outcome = AssertUnwindSafe(self.stream_answer()).catch_unwind().await;
        match outcome.unwrap_or_else(|_| RunOutcome::Failed(Failure::internal())) {
            RunOutcome::Completed(end) => self.store_outcome(MessageStatus::Completed, Some(end), None).await,
            RunOutcome::Stopped => self.store_outcome(MessageStatus::Stopped, None, None).await,
            RunOutcome::Failed(failure) => {
                self.store_outcome(MessageStatus::Failed, None, Some(failure)).await
            }
            RunOutcome::ShuttingDown => self.release().await,
            RunOutcome::LeaseLost => tracing::warn!(reply = %self.reply.id, "the runner lost its lease"),
        }
    }

    async fn stream_answer(&self) -> RunOutcome {
        let mut answer = pin!(stream::once(self.start_answer(None)).try_flatten());
        let mut shortened = false;
        let mut timer = interval(CHECKPOINT_EVERY);
        timer.reset();
        let mut checkpoints = Checkpoints::new(self.engine.settings.lease);
        loop {
            select! {
                biased;
                () = self.local.stop.cancelled() => return RunOutcome::Stopped,
                () = self.engine.shutdown.cancelled() => return RunOutcome::ShuttingDown,
                saved = checkpoints.done() => match saved {
                    Ok(Checkpoint::Stored) => {}
                    Ok(Checkpoint::StopRequested) => return RunOutcome::Stopped,
                    Ok(Checkpoint::LeaseLost) => return RunOutcome::LeaseLost,
                    // The reply continues. The next checkpoint may succeed, and the outcome is retried for longer.
                    Err(error) => {
                        tracing::warn!(reply = %self.reply.id, %error, "cannot store a checkpoint; retrying");
                        checkpoints.retry_soon();
                    }
                },
                _ = timer.tick() => if checkpoints.is_due(self.length()) { checkpoints.start(self) },
                part = answer.next() => match part {
                    Some(Ok(Part::More(kind, text))) => {
                        if let Some(outcome) = self.append(kind, &text) {
                            return outcome;
                        }
                        if checkpoints.is_due_at_once(self.length()) {
                            checkpoints.start(self);
                        }
                    }
                    Some(Ok(Part::Source(Source { url, title }))) => {
                        self.local.progress.send_modify(|progress| progress.parts.push_source(&url, title));
                    }
                    Some(Ok(Part::ToolCall(step))) => {
                        self.take_step(step);
                        if checkpoints.is_due_at_once(self.length()) {
                            checkpoints.start(self);
                        }
                    }
                    Some(Ok(Part::End(end))) => return RunOutcome::Completed(end),
                    Some(Err(RunOutcome::Failed(failure)))
                        if failure.code == FailureCode::ContextTooLong && !shortened && self.length() == 0 =>
                    {
                        shortened = true;
                        answer.set(stream::once(self.start_answer(Some(failure))).try_flatten());
                    }
                    Some(Err(outcome)) => return outcome,
                    None => {
                        let message = "The model's provider ended the answer early.";
                        let failure = Failure::new(FailureCode::ProviderUnavailable, message);
                        return RunOutcome::Failed(failure);
                    }
                },
            }
        }
    }

    /// Calls the model. The stream itself reports every failure, so that the caller can react to a stop at any time.
    ///
    /// `too_long` is the failure of a first call whose prompt was too long; the older half of the prompt is then left
    /// out.
    async fn start_answer(
        &self,
        too_long: Option<Failure>,
    ) -> Result<impl Stream<Item = Result<Part, RunOutcome>> + use<>, RunOutcome> {
        let (mut prompt, mut left_out) = self.prompt().await?;
        if let Some(failure) = too_long {
            let count = prompt.messages.len();
            prompt = without_older_half(prompt).ok_or(failure)?;
            left_out += count - prompt.messages.len();
            tracing::info!(reply = %self.reply.id, "the prompt is too long; retrying with half of it");
        }
        let assistant = self.engine.catalog.assistant(&prompt.model).await.ok_or_else(|| {
            Failure::new(
                FailureCode::ProviderRejected,
                format!("The model `{}` is not offered.", prompt.model),
            )
        })?;
        *self.context.lock().unwrap_or_else(PoisonError::into_inner) = Some(context_of(&prompt, left_out));
        Ok(assistant.answer(prompt).map_err(|error| Failure::from(error).into()))
    }

    /// Reads the prompt, with retries while the database is unavailable. If that lasts, this attempt ends, and an
    /// instance that reaches the database makes the next one.
    async fn prompt(&self) -> Result<(Prompt, usize), RunOutcome> {
        let give_up = Instant::now() + DATABASE_TIMEOUT;
        let mut pause = RETRY_PAUSES.0;
        loop {
            match self.engine.prompt(&self.reply).await {
                Ok(prompt) => return Ok(prompt),
                Err(error) if !error.is_unavailable() => {
                    tracing::error!(reply = %self.reply.id, %error, "cannot read the prompt");
                    return Err(Failure::internal().into());
                }
                Err(error) if Instant::now() >= give_up => {
                    tracing::error!(reply = %self.reply.id, %error, "cannot read the prompt in time");
                    return Err(RunOutcome::ShuttingDown);
                }
                Err(error) => {
                    tracing::warn!(reply = %self.reply.id, %error, "cannot read the prompt yet; retrying")
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSES.1);
        }
    }

    /// Appends to the reply. Returns the outcome if it has the maximum length: the answer is cut there.
    fn append(&self, kind: PartKind, text: &str) -> Option<RunOutcome> {
        let (mut is_full, mut has_text) = (false, false);
        self.local.progress.send_modify(|progress| {
            is_full = !progress.parts.push(kind, text) || progress.parts.len() >= MAX_BYTES;
            has_text = is_full && !progress.parts.content().trim().is_empty();
        });
        match (is_full, has_text) {
            (false, _) => None,
            (true, true) => Some(RunOutcome::Completed(End { finish: Finish::Length, usage: None })),
            (true, false) => {
                let message = "The model's reasoning reached the maximum length of a reply before any text.";
                Some(Failure::new(FailureCode::Empty, message).into())
            }
        }
    }

    /// Appends a step of a tool call.
    fn take_step(&self, step: ToolCallStep) {
        self.local.progress.send_modify(|progress| match step {
            ToolCallStep::Begin { id, name } => progress.parts.begin_call(&id, &name),
            ToolCallStep::Arguments(arguments) => progress.parts.push_arguments(&arguments),
            ToolCallStep::End { status, result } => progress.parts.end_call(status, result.as_deref()),
        });
    }

    fn length(&self) -> usize {
        self.local.progress.borrow().parts.len()
    }

    fn parts(&self) -> Parts {
        self.local.progress.borrow().parts.clone()
    }

    fn context(&self) -> Option<PromptContext> {
        *self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the runner has of the reply, to be stored.
    fn draft(&self) -> Draft {
        let progress = self.local.progress.borrow();
        Draft {
            content: progress.parts.content(),
            parts: PartsRow::of(self.reply.id, self.reply.attempt, &progress.parts),
            context: self.context(),
        }
    }

    /// Stores the outcome, with retries, and publishes the end to the subscribers.
    async fn store_outcome(&self, status: MessageStatus, end: Option<End>, failure: Option<Failure>) {
        self.local.progress.send_if_modified(|progress| {
            let is_open = progress.parts.open_call().is_some();
            progress.parts.fail_open_call();
            is_open
        });
        let Draft { content, parts, context } = self.draft();
        let reported = end.as_ref().and_then(|end| end.usage);
        let usage = reported.or_else(|| self.estimated_usage(status));
        let tokens = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let outcome = Outcome {
            status,
            content,
            context,
            error_code: failure.as_ref().map(|failure| failure.code.as_str().to_owned()),
            error_message: failure.as_ref().map(|failure| failure.message.clone()),
            error_details: failure.and_then(|failure| failure.details),
            finish_reason: end.map(|end| match end.finish {
                Finish::Stop => FinishReason::Stop,
                Finish::Length => FinishReason::Length,
                Finish::ContentFilter => FinishReason::ContentFilter,
            }),
            input_tokens: usage.map(|usage| tokens(usage.input_tokens)),
            output_tokens: usage.map(|usage| tokens(usage.output_tokens)),
            reasoning_tokens: usage.and_then(|usage| usage.reasoning_tokens).map(tokens),
            cached_tokens: usage.and_then(|usage| usage.cached_tokens).map(tokens),
            usage_estimated: usage.is_some() && reported.is_none(),
            finished_at: Some(self.engine.clock.now()),
        };
        let give_up = Instant::now() + DATABASE_TIMEOUT;
        let mut pause = RETRY_PAUSES.0;
        loop {
            match self.engine.store.finish_reply(self.reply.id, self.lease, &outcome, parts.as_ref()).await {
                Ok(Some(FinishedReply { owner, message })) => {
                    tracing::info!(reply = %message.id, status = message.status.as_str(), "reply finished");
                    self.engine.changes.notify(owner);
                    if status == MessageStatus::Completed {
                        self.engine.write_title(message.id);
                    }
                    self.local.progress.send_modify(|progress| progress.end = Some(Arc::new(message)));
                    return;
                }
                Ok(None) => {
                    return tracing::warn!(reply = %self.reply.id, "the runner lost its lease at the end");
                }
                Err(error) if Instant::now() >= give_up || self.engine.shutdown.is_cancelled() => {
                    // The lease will expire, and another runner will take the reply over.
                    return tracing::error!(reply = %self.reply.id, %error, "cannot store the outcome");
                }
                Err(error) => {
                    tracing::warn!(reply = %self.reply.id, %error, "cannot store the outcome yet; retrying")
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSES.1);
        }
    }

    /// Usage estimated from the texts; `None` if no model was called or it failed without any output.
    fn estimated_usage(&self, status: MessageStatus) -> Option<Usage> {
        let context = self.context()?;
        let parts = self.parts();
        let reasoning: Vec<&str> =
            parts.iter().filter(|(kind, _)| *kind == PartKind::Reasoning).map(|(_, text)| text).collect();
        let written: Vec<String> = parts.pieces().map(|piece| piece.text).collect();
        let usage = Usage {
            input_tokens: u32::try_from(context.tokens).unwrap_or_default(),
            output_tokens: estimate_tokens(written.iter().map(String::as_str)),
            reasoning_tokens: (!reasoning.is_empty()).then(|| estimate_tokens(reasoning)),
            cached_tokens: None,
        };
        (status != MessageStatus::Failed || !parts.is_empty()).then_some(usage)
    }

    /// Stores the draft and releases the lease, so that another runner can take over at once.
    async fn release(&self) {
        match self.engine.store.release_run(self.reply.id, self.lease, &self.draft()).await {
            Ok(()) => tracing::info!(reply = %self.reply.id, "reply released for takeover"),
            Err(error) => tracing::error!(reply = %self.reply.id, %error, "cannot release the reply"),
        }
    }
}

/// What a model is shown.
fn context_of(prompt: &Prompt, left_out: usize) -> PromptContext {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let tokens = estimate_tokens(prompt.messages.iter().map(|message| &*message.text));
    PromptContext {
        messages: count(
            prompt.messages.iter().filter(|message| message.role != assistant::Role::System).count(),
        ),
        left_out: count(left_out),
        tokens: i32::try_from(tokens).unwrap_or(i32::MAX),
    }
}

/// The checkpoints of one reply, at most one at a time. Each runs in a task of its own and always completes.
struct Checkpoints {
    running: Option<JoinHandle<store::Result<Checkpoint>>>,
    /// Length of all parts at the last checkpoint, in bytes.
    length: usize,
    begun: Instant,
    renew_every: Duration,
}

impl Checkpoints {
    fn new(lease: Duration) -> Self {
        // The timer ticks once per checkpoint interval; half an interval less avoids renewing one tick too late.
        let renew_every = (lease / 3).saturating_sub(CHECKPOINT_EVERY / 2);
        Self { running: None, length: 0, begun: Instant::now(), renew_every }
    }

    /// Whether a checkpoint is due: the text has grown, or the lease must be renewed.
    fn is_due(&self, length: usize) -> bool {
        self.running.is_none() && (length > self.length || self.begun.elapsed() >= self.renew_every)
    }

    fn is_due_at_once(&self, length: usize) -> bool {
        self.running.is_none() && length >= self.length + CHECKPOINT_BYTES
    }

    fn start(&mut self, runner: &Runner) {
        let (engine, reply, lease, draft) =
            (runner.engine.clone(), runner.reply.id, runner.lease, runner.draft());
        (self.length, self.begun) = (runner.length(), Instant::now());
        self.running = Some(runner.engine.tasks.spawn(async move {
            let until = engine.clock.now() + engine.settings.lease;
            engine.store.checkpoint(reply, lease, &draft, until).await
        }));
    }

    /// Makes the next checkpoint due at the next tick, after one has failed.
    fn retry_soon(&mut self) {
        self.length = 0;
        self.begun -= self.renew_every;
    }

    /// Waits for the running checkpoint. Never completes if there is none.
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
