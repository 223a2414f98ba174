//! Sending a message: stores it with a pending reply, then starts the reply's runner.

use super::{Content, Replies, SystemPrompt, runner::Runner};
use crate::{
    error::{Error, Result},
    generation::GenerationUpdate,
    store::{
        Id,
        conversations::Conversation,
        messages::Message,
        sends::{Before, NewMessage, Sent, Stored, Target, WhenBusy},
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
    /// The model that replies. `None` selects the conversation's model, or else the default model.
    pub model: Option<String>,
    /// Overrides the generation parameters of the conversation, one by one. A new conversation keeps them.
    pub generation: GenerationUpdate,
    /// Identifies retries of the same message: 1 to 200 characters, checked by [`Replies::send`].
    pub idempotency_key: Option<String>,
    /// The behavior while an earlier reply of the conversation is in progress.
    pub when_busy: WhenBusy,
}

/// The destination of a message.
#[derive(Clone, Debug)]
pub enum Destination {
    /// An existing conversation of the sender.
    Conversation(Id),
    /// A new conversation with an optional system prompt.
    NewConversation(Option<SystemPrompt>),
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
        let engine = &self.0;
        if let Some(key) = &send.idempotency_key
            && (key.is_empty() || key.chars().count() > MAX_KEY_LENGTH || key.contains('\0'))
        {
            return Err(Error::input(
                "idempotencyKey",
                format!("must have 1 to {MAX_KEY_LENGTH} characters."),
            ));
        }
        let idempotency = send.idempotency_key.clone().map(|key| (key, fingerprint(&send)));
        // Checked before any limit, so that a retry of a message that was accepted is never rejected.
        if let Some(answer) = self.sent_before(owner, &idempotency).await? {
            return answer;
        }
        if let Some(model) = &send.model {
            self.check_model(model).await?;
        }
        if let Err(refusal) = engine.throttle.send(owner).await {
            // The first request may have stored the message in the meantime.
            return self.sent_before(owner, &idempotency).await?.unwrap_or(Err(refusal));
        }
        let default_model = match send.model {
            Some(_) => None, // not needed
            None => engine.catalog.default_model().await,
        };
        let (now, lease, started) = (engine.clock.now(), Id::new(), Stopwatch::now());
        let until = now + engine.settings.lease;
        let new = NewMessage {
            owner,
            title: send.content.title(),
            idempotency,
            conversation: match send.to {
                Destination::Conversation(id) => Target::Existing(id),
                Destination::NewConversation(prompt) => {
                    Target::New { system_prompt: prompt.map(SystemPrompt::into_string) }
                }
            },
            content: send.content.as_str().to_owned(),
            model: send.model,
            generation: send.generation,
            default_model,
            when_busy: send.when_busy,
            max_running: NonZeroU32::new(engine.settings.max_running),
            now,
            // A draining instance takes no lease and leaves the reply to others.
            lease: (!engine.draining.is_cancelled()).then_some((lease, until)),
        };
        let stored = match engine.store.send_message(&new).await? {
            Sent::Before(Stored { conversation, message, reply, .. }) => {
                return Ok(NewReply { conversation, message, reply });
            }
            Sent::Stored(stored) => stored,
            Sent::OtherInput => return Err(KEY_REUSED),
            Sent::NoConversation => return Err(Error::NotFound("conversation")),
            Sent::NoModel => {
                return Err(Error::input(
                    "model",
                    "must be given, because no provider has listed its models yet.",
                ));
            }
            Sent::Busy => {
                return Err(Error::Conflict(
                    "An earlier reply of the conversation is in progress. Wait for its end or set `whenBusy`.",
                ));
            }
            Sent::TooManyRunning => {
                return Err(Error::RateLimited {
                    message: "Too many replies are in progress. Retry when one has ended.",
                    retry_after: RETRY_AFTER_RUNNING,
                });
            }
            Sent::Full => {
                return Err(Error::Conflict(
                    "The conversation has the maximum number of messages. Start a new conversation.",
                ));
            }
        };
        engine.changes.notify(owner);
        let Stored { conversation, message, reply, claimed } = stored;
        if new.when_busy == WhenBusy::StopCurrent {
            self.stop_before(conversation.id, message.position.unwrap_or_default());
        }
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

/// A hash of the input, which distinguishes a retry from a different message under the same key.
fn fingerprint(send: &SendMessage) -> Vec<u8> {
    let mut hash = Sha256::new();
    let (conversation, system_prompt) = match &send.to {
        Destination::Conversation(id) => (Some(id.to_string()), None),
        Destination::NewConversation(prompt) => (None, prompt.as_ref().map(SystemPrompt::as_str)),
    };
    hash.update([send.when_busy as u8]);
    let generation = (!send.generation.is_empty()).then(|| send.generation.to_string());
    let mut parts = vec![
        conversation.as_deref(),
        Some(send.content.as_str()),
        send.model.as_deref(),
        system_prompt,
        generation.as_deref(),
    ];
    // Optional parts come last and only if present, so that the hashes of older versions stay valid.
    while parts.len() > 3 && parts.last() == Some(&None) {
        parts.pop();
    }
    for part in parts {
        // Each part is preceded by its length, so that different inputs cannot produce the same bytes.
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().to_vec()
}
