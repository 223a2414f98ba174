//! Assistants: given a conversation, they return a stream of text.
//!
//! [`Assistant`] is the trait. [`builtin`] implements it without a network, [`openai`] for any OpenAI-compatible
//! endpoint. [`catalog`] finds the assistant for the name of a model.

pub mod builtin;
pub mod catalog;
pub mod openai;
pub mod providers;
mod surrogates;

use crate::{
    generation::Generation,
    parts::{PartKind, ToolCallStatus},
};
use futures_util::stream::BoxStream;

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The system prompt.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// A message of the conversation so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// The author.
    pub role: Role,
    /// The text.
    pub text: String,
}

/// The input of an assistant: at least one message, of which the last is the user's.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// The model's ID, as its provider knows it.
    pub model: String,
    /// The generation parameters.
    pub generation: Generation,
    /// The messages, oldest first. A system prompt, if there is one, comes first.
    pub messages: Vec<ChatMessage>,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// More text or reasoning; never empty.
    More(PartKind, String),
    /// A page that the answer cites.
    Source(Source),
    /// A step of a call of a tool that the provider runs. Nothing else comes between the steps of one call.
    ToolCall(ToolCallStep),
    /// The end of the answer. Nothing follows.
    End(End),
}

/// A page that an answer cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The address: an HTTP URL of at most 2,048 bytes.
    pub url: String,
    /// The title, at most 300 characters. `None` if the provider gives none.
    pub title: Option<String>,
}

/// A step of a tool call, in this order. Only the arguments may come in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolCallStep {
    /// The beginning.
    Begin {
        /// The ID of the call, at most 256 bytes.
        id: String,
        /// The name of the tool, at most 100 characters.
        name: String,
    },
    /// More of the arguments, which are JSON.
    Arguments(String),
    /// The end. A call without an end has failed.
    End {
        /// Whether the tool succeeded.
        status: ToolCallStatus,
        /// The result, or the error; `None` if the provider reports none.
        result: Option<String>,
    },
}

/// How an answer ended, as far as the provider reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Why the model stopped; [`Finish::Stop`] if the provider gives no reason.
    pub finish: Finish,
    /// Token usage; `None` if the provider reports none.
    pub usage: Option<Usage>,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// The answer is complete.
    #[default]
    Stop,
    /// The answer reached the limit on its length.
    Length,
    /// The provider withheld the rest.
    ContentFilter,
}

/// Token usage: counted by the provider, or estimated by the runner if the provider reports none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u32,
    /// Tokens of the answer, reasoning included.
    pub output_tokens: u32,
    /// Tokens of the reasoning; `None` if it is unknown.
    pub reasoning_tokens: Option<u32>,
    /// Tokens of the prompt that the provider read from its cache; `None` if it is unknown.
    pub cached_tokens: Option<u32>,
}

/// Why an answer failed. It may be shown to the user: it contains no key and no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AssistantError {
    /// The kind of failure, from which the error code follows.
    pub kind: AssistantErrorKind,
    /// A sentence for the user.
    pub message: String,
    /// The provider's own message, without secrets and at most 500 bytes. `None` if there is none, or none that
    /// concerns the user.
    pub details: Option<String>,
}

/// The kind of an [`AssistantError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssistantErrorKind {
    /// The provider could not be reached, was overloaded, or ended the answer early.
    Unavailable,
    /// The provider rejected the request, for example because of an invalid key or an unknown model.
    Rejected,
    /// The prompt has more tokens than the model's context allows.
    ContextTooLong,
    /// The model returned no visible text.
    Empty,
    /// The provider took too long.
    Timeout,
}

/// A streaming answer. It ends after the first [`Part::End`] or the first error. If it ends without either, it was cut
/// off. Dropping it aborts the request.
pub type Answer = BoxStream<'static, Result<Part, AssistantError>>;

/// A model, or a service with several models, that can continue a conversation.
pub trait Assistant: Send + Sync {
    /// Starts an answer. Nothing happens until the stream is polled.
    fn answer(&self, prompt: Prompt) -> Answer;

    /// Starts an answer without tools, and without retries of a request that fails.
    fn answer_once(&self, prompt: Prompt) -> Answer {
        self.answer(prompt)
    }
}
