//! Sending a message: stores it with a pending reply, then starts the reply's runner.

use super::{Content, Replies, SystemPrompt, runner::Runner};
use crate::{
    error::{Error, Result},
    generation::GenerationUpdate,
    store::{
        Id,
        conversations::Conversation,
        messages::Message,
        sends::{Before, NewMessage, Rejection, Sent, Stored, Target, WhenBusy},
    },
};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use tokio::time::Instant as Stopwatch;
use tracing::Instrument;

/// Maximum length of an idempotency key, in Unicode scalar values.
const MAX_KEY_LENGTH: usize = 200;

/// Maximum length of a model's ID, in bytes.
const MAX_MODEL_LENGTH: usize = 200;

/// The idempotency key was used for another message.
const KEY_REUSED: Error =
    Error::Conflict("This `idempotencyKey` was used for another message. Use a new key.");

/// Seconds after which a retry may succeed because a running reply may have ended. An estimate.
const RETRY_AFTER_RUNNING: u64 = 5;

/// A message to send.
#[derive(Clone, Debug)]
pub struct SendMessage {
    /// The destination.
    pub to: Destination,
    /// The message's text.
    pub content: Content,
    /// How the reply is requested.
    pub request: ReplyRequest,
}

/// The destination of a message.
#[derive(Clone, Debug)]
pub enum Destination {
    /// The end of the active branch of one of the sender's conversations.
    Conversation {
        /// The conversation.
        id: Id,
        /// The message that must be the last one of the active branch.
        if_last: Option<Id>,
    },
    /// The place of a user's message on the active branch.
    Replacing {
        /// The message.
        message: Id,
        /// The conversation that the message must be in.
        conversation: Option<Id>,
        /// The message that must be the last one of the active branch.
        if_last: Option<Id>,
    },
    /// A new conversation with an optional system prompt.
    NewConversation(Option<SystemPrompt>),
}

/// How a reply is requested.
#[derive(Clone, Debug)]
pub struct ReplyRequest {
    /// The model that replies. `None` selects that of the regenerated reply or of the conversation, or else the default
    /// model.
    pub model: Option<String>,
    /// Overrides the generation parameters of the regenerated reply or of the conversation, one by one. A new
    /// conversation keeps them.
    pub generation: GenerationUpdate,
    /// Identifies retries of the same request: 1 to 200 characters, checked by [`Replies::send`].
    pub idempotency_key: Option<String>,
    /// The behavior while an earlier reply of the conversation is in progress.
    pub when_busy: WhenBusy,
}

/// A stored message and its reply.
#[derive(Clone, Debug)]
pub struct NewReply {
    /// The conversation of the message.
    pub conversation: Conversation,
    /// The user's message.
    pub message: Message,
    /// The reply: pending, unless the message was sent before under the same key.
    pub reply: Message,
}

impl Replies {
    /// Stores a message and its pending reply, and returns at once.
    ///
    /// If the message was sent before under the same idempotency key, returns the stored message and reply. `when_busy`
    /// decides about an earlier reply that is in progress.
    ///
    /// Fails with `BAD_USER_INPUT`, `NOT_FOUND`, `CONFLICT` or `RATE_LIMITED`.
    pub async fn send(&self, owner: Id, send: SendMessage) -> Result<NewReply> {
        let input_hash = fingerprint(&send);
        let target = match send.to {
            Destination::NewConversation(prompt) => {
                Target::New { system_prompt: prompt.map(SystemPrompt::into_string) }
            }
            Destination::Conversation { id: conversation, if_last } => {
                Target::Existing { conversation, if_last }
            }
            Destination::Replacing { message, conversation, if_last } => {
                Target::Replace { message, conversation, if_last }
            }
        };
        self.request_reply(owner, target, Some(send.content), send.request, input_hash).await
    }

    /// Stores a pending reply beside an earlier reply to the same message, and returns at once. The new reply takes the
    /// place of the earlier one on the active branch.
    ///
    /// Fails with `BAD_USER_INPUT`, `NOT_FOUND`, `CONFLICT` or `RATE_LIMITED`.
    pub async fn regenerate(&self, owner: Id, reply: Id, request: ReplyRequest) -> Result<NewReply> {
        let input_hash = regeneration_fingerprint(reply, &request);
        self.request_reply(owner, Target::Regenerate { reply }, None, request, input_hash).await
    }

    async fn request_reply(
        &self,
        owner: Id,
        target: Target,
        content: Option<Content>,
        request: ReplyRequest,
        input_hash: Vec<u8>,
    ) -> Result<NewReply> {
        let engine = &self.0;
        if let Some(key) = &request.idempotency_key
            && (key.is_empty() || key.chars().count() > MAX_KEY_LENGTH || key.contains('\0'))
        {
            return Err(Error::input(
                "idempotencyKey",
                format!("must have 1 to {MAX_KEY_LENGTH} characters."),
            ));
        }
        let idempotency = request.idempotency_key.map(|key| (key, input_hash));
        // Checked before any limit, so that a retry of a message that was accepted is never rejected.
        if let Some(answer) = self.sent_before(owner, &idempotency).await? {
            return answer;
        }
        if let Some(model) = &request.model {
            self.check_model(model).await?;
        }
        if let Err(refusal) = engine.throttle.send(owner).await {
            // The first request may have stored the message in the meantime.
            return self.sent_before(owner, &idempotency).await?.unwrap_or(Err(refusal));
        }
        let default_model = match request.model {
            Some(_) => None, // not needed
            None => engine.catalog.default_model().await,
        };
        let (now, lease, started) = (engine.clock.now(), Id::new(), Stopwatch::now());
        let until = now + engine.settings.lease;
        let new = NewMessage {
            owner,
            target,
            title: content.as_ref().map(Content::title).unwrap_or_default(),
            content: content.map(Content::into_string).unwrap_or_default(),
            idempotency,
            model: request.model,
            generation: request.generation,
            default_model,
            when_busy: request.when_busy,
            max_running: NonZeroU32::new(engine.settings.max_running),
            now,
            // A draining instance takes no lease and leaves the reply to others.
            lease: (!engine.draining.is_cancelled()).then_some((lease, until)),
        };
        let stored = match engine.store.send_message(&new).await? {
            Sent::Stored(stored) => stored,
            Sent::Before(Stored { conversation, message, reply, .. }) => {
                return Ok(NewReply { conversation, message, reply });
            }
            Sent::Rejected(rejection) => return Err(rejection_error(rejection, &new.target)),
        };
        engine.changes.notify(owner);
        let Stored { conversation, message, reply, claimed, stopping } = stored;
        self.stop_running(&stopping);
        // If storing took longer than the lease, another instance may have claimed the reply.
        if claimed && started.elapsed() < engine.settings.lease {
            let runner = Runner::new(engine.clone(), reply.clone(), lease);
            engine.tasks.spawn(runner.run().in_current_span());
        } else {
            engine.wake_claimer(); // The earlier reply may just have ended.
        }
        Ok(NewReply { conversation, message, reply })
    }

    /// The earlier result of a message with this idempotency key; `None` if there is none.
    async fn sent_before(
        &self,
        owner: Id,
        idempotency: &Option<(String, Vec<u8>)>,
    ) -> Result<Option<Result<NewReply>>> {
        let Some((key, hash)) = idempotency else { return Ok(None) };
        Ok(self.0.store.sent_before(owner, key, hash).await?.map(|before| match before {
            Before::Same(stored) => {
                let Stored { conversation, message, reply, .. } = *stored;
                Ok(NewReply { conversation, message, reply })
            }
            Before::OtherInput => Err(KEY_REUSED),
        }))
    }

    /// Checks that a model is available. If not, the error names the field `model`.
    pub async fn check_model(&self, model: &str) -> Result<()> {
        match self.0.catalog.assistant(model).await {
            Some(_) if (1..=MAX_MODEL_LENGTH).contains(&model.len()) && !model.contains('\0') => Ok(()),
            _ => Err(Error::input("model", "must be the ID of a model in `models`.")),
        }
    }
}

/// The error for a request of which nothing is stored.
fn rejection_error(rejection: Rejection, target: &Target) -> Error {
    match rejection {
        Rejection::OtherInput => KEY_REUSED,
        Rejection::NoConversation => match target {
            Target::Regenerate { .. } | Target::Replace { conversation: None, .. } => {
                Error::NotFound("message")
            }
            _ => Error::NotFound("conversation"),
        },
        Rejection::NoMessage => Error::NotFound("message"),
        Rejection::NotFromUser => Error::input("replaces", "must be the ID of a user's message."),
        Rejection::NotReply => {
            Error::input("messageId", "must be the ID of a reply, not of a user's message.")
        }
        Rejection::NotLast(head) => Error::NotLast { head },
        Rejection::TooManyAlternatives => Error::Conflict(
            "The message has the maximum number of alternatives. Edit or regenerate another message.",
        ),
        Rejection::NoModel => {
            Error::input("model", "must be given, because no provider has listed its models yet.")
        }
        Rejection::Busy => Error::Conflict(
            "An earlier reply of the conversation is in progress. Wait for its end or set `whenBusy`.",
        ),
        Rejection::TooManyRunning => Error::RateLimited {
            message: "Too many replies are in progress. Retry when one has ended.",
            retry_after: RETRY_AFTER_RUNNING,
        },
        Rejection::Full => {
            Error::Conflict("The conversation has the maximum number of messages. Start a new conversation.")
        }
    }
}

/// A hash of the input, which distinguishes a retry from a different message under the same key.
fn fingerprint(send: &SendMessage) -> Vec<u8> {
    let (conversation, system_prompt, replaces, if_last) = match &send.to {
        Destination::Conversation { id, if_last } => (Some(*id), None, None, *if_last),
        Destination::Replacing { message, conversation, if_last } => {
            (*conversation, None, Some(*message), *if_last)
        }
        Destination::NewConversation(prompt) => (None, prompt.as_ref().map(SystemPrompt::as_str), None, None),
    };
    let [conversation, replaces, if_last] =
        [conversation, replaces, if_last].map(|id| id.map(|id| id.to_string()));
    hash(
        send.request.when_busy as u8,
        &[
            conversation.as_deref(),
            Some(send.content.as_str()),
            send.request.model.as_deref(),
            system_prompt,
            generation_text(&send.request).as_deref(),
            replaces.as_deref(),
            if_last.as_deref(),
        ],
    )
}

/// The first byte that is hashed for a regeneration, plus the value of `whenBusy`. Messages have smaller ones.
const REGENERATION: u8 = 16;

/// A hash of the input of a regeneration.
fn regeneration_fingerprint(reply: Id, request: &ReplyRequest) -> Vec<u8> {
    hash(
        REGENERATION + request.when_busy as u8,
        &[Some(&reply.to_string()), request.model.as_deref(), generation_text(request).as_deref()],
    )
}

fn generation_text(request: &ReplyRequest) -> Option<String> {
    (!request.generation.is_empty()).then(|| request.generation.to_string())
}

fn hash(kind: u8, mut parts: &[Option<&str>]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update([kind]);
    // Optional parts come last and only if present, so that the hashes of older versions stay valid.
    while let [rest @ .., None] = parts
        && rest.len() >= 3
    {
        parts = rest;
    }
    for part in parts {
        // Each part is preceded by its length, so that different inputs cannot produce the same bytes.
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().to_vec()
}
