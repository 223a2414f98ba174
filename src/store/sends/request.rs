//! What is requested when a message is sent, and the possible results.

use crate::{
    generation::GenerationUpdate,
    store::{Error, Id, Instant, conversations::Conversation, messages::Message},
};
use std::num::NonZeroU32;

/// A request for a reply: a message to be sent, or a reply to be regenerated.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The sender.
    pub owner: Id,
    /// Where the message and its reply go.
    pub target: Target,
    /// The text. Unused by [`Target::Regenerate`].
    pub content: String,
    /// The title for a conversation that has none.
    pub title: String,
    /// The model that this message requests.
    pub model: Option<String>,
    /// Overrides the generation parameters of the conversation or of the regenerated reply, one by one.
    pub generation: GenerationUpdate,
    /// The model to use if nothing else names one.
    pub default_model: Option<String>,
    /// The idempotency key, and a hash of the whole input.
    pub idempotency: Option<(String, Vec<u8>)>,
    /// The current time.
    pub now: Instant,
    /// The behavior if an earlier reply of the conversation is in progress.
    pub when_busy: WhenBusy,
    /// The maximum number of the sender's replies in progress, including this one.
    pub max_running: Option<NonZeroU32>,
    /// A lease and its expiry time, for a runner that waits to start. It is taken if the reply can start immediately.
    /// With `None`, another runner claims the reply.
    pub lease: Option<(Id, Instant)>,
}

/// Where a message and its reply go.
#[derive(Clone, Debug)]
pub enum Target {
    /// To a new conversation.
    New {
        /// The instructions for the model, if any.
        system_prompt: Option<String>,
    },
    /// To the end of the active branch, if the sender owns the conversation.
    Existing {
        /// The key of the conversation.
        conversation: Id,
        /// The message that the active branch must end with.
        if_last: Option<Id>,
    },
    /// To the place of a user's message, which leaves the active branch with all messages below it.
    Replace {
        /// The message that is replaced.
        message: Id,
        /// The conversation that the message must be in.
        conversation: Option<Id>,
        /// The message that the active branch must end with.
        if_last: Option<Id>,
    },
    /// The reply goes to the place of another reply, which leaves the active branch with all messages below it. There
    /// is no new message of the user. The reply is requested with the model and the parameters of the other reply,
    /// unless the request names others.
    Regenerate {
        /// The other reply.
        reply: Id,
    },
}

/// The behavior of a message that is sent while an earlier reply of its conversation is in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenBusy {
    /// Rejects the message.
    Reject,
    /// Stores the message. Its reply waits for its turn.
    #[default]
    Queue,
    /// Stops the current reply and all waiting ones. The new reply is next.
    StopCurrent,
}

/// The result of sending a [`NewMessage`].
#[derive(Clone, Debug)]
pub enum Sent {
    /// The message is stored.
    Stored(Stored),
    /// The same message was sent before with the same key, with this result.
    Before(Stored),
    /// Nothing is stored.
    Rejected(Rejection),
}

/// The reason why nothing is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Another message was sent before with the same key.
    OtherInput,
    /// The conversation does not exist, or the sender does not own it.
    NoConversation,
    /// The message to replace, or the reply to regenerate, is not in the conversation.
    NoMessage,
    /// The message to replace is not a user's.
    NotFromUser,
    /// The message to regenerate is not a reply.
    NotReply,
    /// The active branch ends with another message than required: with this one, or it is empty.
    NotLast(Option<Id>),
    /// The parent has the maximum number of messages that follow it.
    TooManyAlternatives,
    /// Nothing names a model, and no default is configured.
    NoModel,
    /// An earlier reply is in progress, and the message must not wait.
    Busy,
    /// The conversation has the maximum number of messages.
    Full,
    /// The sender has the maximum number of replies in progress.
    TooManyRunning,
}

/// An earlier use of an idempotency key.
#[derive(Clone, Debug)]
pub enum Before {
    /// The same input, with this result.
    Same(Box<Stored>),
    /// Another input.
    OtherInput,
}

/// A stored message and its reply.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The conversation of the message.
    pub conversation: Conversation,
    /// The user's message.
    pub message: Message,
    /// The reply in its current state.
    pub reply: Message,
    /// Whether the lease was taken. It is not taken if an earlier reply is in progress, no lease was offered, or the
    /// message was sent before.
    pub claimed: bool,
    /// The replies in progress of the conversation that must stop.
    pub stopping: Vec<Id>,
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}
