//! Whoever answers: a conversation goes in, a stream of text comes out.
//!
//! [`Assistant`] is the one trait; [`builtin`] needs no network, [`openai`] speaks to any OpenAI-compatible
//! endpoint, and [`catalog`] tells by a model's name whose it is.

pub mod builtin;
pub mod catalog;
pub mod eliza;
mod halves;
pub mod openai;
pub mod providers;

use futures_util::stream::BoxStream;

/// Who said a turn of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The conversation's instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One thing said in the conversation so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
}

/// What an assistant is asked to continue: at least one turn, the last one the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The model's name, as its provider knows it.
    pub model: String,
    /// Oldest first; a system prompt, if there is one, is the first.
    pub turns: Vec<Turn>,
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// More of the text: never empty.
    Text(String),
    /// The whole text has been said; nothing follows.
    End(End),
}

/// How an answer ended, as far as the provider tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Why the model stopped; [`Finish::Stop`] if the provider gives no reason.
    pub finish: Finish,
    /// `None` if the provider told none.
    pub usage: Option<Usage>,
}

/// Why the model stopped where it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// It had said all it wanted.
    #[default]
    Stop,
    /// It reached the limit on the length of an answer.
    Length,
    /// The provider withheld the rest.
    ContentFilter,
}

/// Tokens read and written: as the provider counts them, or reckoned by the runner if it tells none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Those of the prompt.
    pub input_tokens: u32,
    /// Those of the answer.
    pub output_tokens: u32,
}

/// Why there is no (further) answer. The message is fit for the person who asked: it names no key and no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What went wrong, for the code that clients are told.
    pub kind: FaultKind,
    /// The same in a sentence, for the person who asked.
    pub message: String,
    /// The provider's own words, without secrets and at most 500 bytes; `None` if it gave none, or none that concern the
    /// person who asked.
    pub details: Option<String>,
}

/// The kinds of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The provider could not be reached, is overloaded, or broke off.
    Unavailable,
    /// The provider answered that it will not do this: a wrong key or an unknown model.
    Rejected,
    /// The prompt has more tokens than the model takes.
    ContextTooLong,
    /// The model said nothing that can be seen.
    Empty,
    /// The provider was silent for too long.
    Timeout,
}

/// An answer as it is made. It ends after the first [`Part::End`] or the first error; one that ends without
/// either was cut off. Dropping it aborts the work behind it.
pub type Answer = BoxStream<'static, Result<Part, Fault>>;

/// Something that can continue a conversation.
pub trait Assistant: Send + Sync {
    /// Starts an answer. Nothing is done until the stream is polled.
    fn answer(&self, prompt: Prompt) -> Answer;
}
