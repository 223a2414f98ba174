//! Sending a message: it and the empty reply are stored together, then the reply is run.

use super::{Content, Replies, SystemPrompt, runner::Runner};
use crate::{
    error::{Error, Result},
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

/// The longest idempotency key, in Unicode scalar values.
const KEY_LENGTH: usize = 200;

/// The longest name of a model, in bytes.
const MODEL_LENGTH: usize = 200;

/// The key belongs to another message.
const OTHER_INPUT: Error = Error::Conflict("another message was sent under this `idempotencyKey`");

/// How many seconds later a reply may well have ended: when one will, nobody knows.
const RETRY_RUNNING: u64 = 5;

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct SendMessage {
    /// Where it goes.
    pub to: Destination,
    /// What the user says.
    pub content: Content,
    /// The model that is to reply. `None` leaves it to the conversation, and then to the default.
    pub model: Option<String>,
    /// What a repetition is known by: 1 to 200 characters, checked by [`Replies::send`].
    pub idempotency_key: Option<String>,
    /// What to do while an earlier reply of the conversation is in progress.
    pub when_busy: WhenBusy,
}

/// Where a message goes.
#[derive(Clone, Debug)]
pub enum Destination {
    /// One of the sender's conversations.
    Conversation(Id),
    /// One that begins with this message, and with what the model is told before it.
    NewConversation(Option<SystemPrompt>),
}

/// A message that is stored, and the reply that will follow.
#[derive(Clone, Debug)]
pub struct NewReply {
    /// The conversation that the message went to.
    pub conversation: Conversation,
    /// What the user said.
    pub message: Message,
    /// What is to be the answer: pending, unless the message is a repetition.
    pub reply: Message,
}

impl Replies {
    /// Stores a message and its pending reply, and returns at once. What happens while an earlier reply of the
    /// conversation is in progress, `when_busy` tells.
    pub async fn send(&self, owner: Id, send: SendMessage) -> Result<NewReply> {
        let engine = &self.0;
        if let Some(key) = &send.idempotency_key
            && (key.is_empty() || key.chars().count() > KEY_LENGTH || key.contains('\0'))
        {
            return Err(Error::input("idempotencyKey", format!("must have 1 to {KEY_LENGTH} characters")));
        }
        let idempotency = send.idempotency_key.clone().map(|key| (key, fingerprint(&send)));
        // Looked up before any limit or check: what was allowed once is not refused when it is repeated.
        if let Some(answer) = self.sent_before(owner, &idempotency).await? {
            return answer;
        }
        if let Some(model) = &send.model {
            self.check_model(model).await?;
        }
        if let Err(refused) = engine.throttle.send(owner).await {
            // The first one may have been stored meanwhile.
            return self.sent_before(owner, &idempotency).await?.unwrap_or(Err(refused));
        }
        let default_model = match send.model {
            Some(_) => None, // nobody will ask for it
            None => engine.catalog.default_model().await,
        };
        let (now, lease, begun) = (engine.clock.now(), Id::new(), Stopwatch::now());
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
            default_model,
            when_busy: send.when_busy,
            most_running: NonZeroU32::new(engine.settings.most_running),
            now,
            // An instance that is to end leaves the reply to others.
            lease: (!engine.draining.is_cancelled()).then_some((lease, until)),
        };
        let stored = match engine.store.send_message(&new).await? {
            Sent::Before(Stored { conversation, message, reply, .. }) => {
                return Ok(NewReply { conversation, message, reply });
            }
            Sent::Stored(stored) => stored,
            Sent::OtherInput => return Err(OTHER_INPUT),
            Sent::NoConversation => return Err(Error::NotFound("conversation")),
            Sent::NoModel => {
                return Err(Error::input("model", "must be given: no provider has told its models yet"));
            }
            Sent::Busy => {
                return Err(Error::Conflict("an earlier reply of the conversation is in progress"));
            }
            Sent::TooManyRunning => {
                return Err(Error::RateLimited {
                    message: "too many replies are in progress",
                    retry_after: RETRY_RUNNING,
                });
            }
            Sent::Full => {
                return Err(Error::Conflict("the conversation has as many messages as one may have"));
            }
        };
        engine.changes.poke(owner);
        let Stored { conversation, message, reply, claimed } = stored;
        if new.when_busy == WhenBusy::StopCurrent {
            self.stop_before(conversation.id, message.position.unwrap_or_default());
        }
        // Should it have taken so long that the lease is over, the reply is whose who finds it.
        if claimed && begun.elapsed() < engine.settings.lease {
            let runner = Runner::new(engine.clone(), reply.clone(), lease);
            engine.tasks.spawn(runner.run().in_current_span());
        } else {
            engine.look_for_runs(); // the reply before may just have ended
        }
        Ok(NewReply { conversation, message, reply })
    }

    /// The answer to a message that was sent before under its key; `None` if it was not.
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
            Before::OtherInput => Err(OTHER_INPUT),
        }))
    }

    /// Tells whether a model is offered; if not, the field `model` is at fault.
    pub async fn check_model(&self, model: &str) -> Result<()> {
        match self.0.catalog.assistant(model).await {
            Some(_) if (1..=MODEL_LENGTH).contains(&model.len()) && !model.contains('\0') => Ok(()),
            _ => Err(Error::input("model", "is not offered; `models` lists those that are")),
        }
    }
}

/// Tells the same input from another.
fn fingerprint(send: &SendMessage) -> Vec<u8> {
    let mut hash = Sha256::new();
    let (conversation, system_prompt) = match &send.to {
        Destination::Conversation(id) => (Some(id.to_string()), None),
        Destination::NewConversation(prompt) => (None, prompt.as_ref().map(SystemPrompt::as_str)),
    };
    hash.update([send.when_busy as u8]);
    let always = [conversation.as_deref(), Some(send.content.as_str()), send.model.as_deref()];
    // What is left out if there is none stands last: without it the hash is what it was before there could be one.
    for part in always.into_iter().chain(system_prompt.map(Some)) {
        // Each part after its length, so that none can pass for two.
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().to_vec()
}
