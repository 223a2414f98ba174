use super::Message;
use crate::replies;
use async_graphql::{Interface, SimpleObject};
use std::sync::Arc;

/// Something that happened to a reply.
#[derive(Interface)]
#[graphql(field(
    name = "cursor",
    ty = "&String",
    desc = "Where the client is after this event, for `reply(after:)`."
))]
pub enum ReplyEvent {
    Snapshot(ReplySnapshot),
    Delta(ReplyDelta),
    Finished(ReplyFinished),
}

/// The whole text so far: it takes the place of all that came before.
#[derive(SimpleObject)]
pub struct ReplySnapshot {
    /// Where the client is after this event, for `reply(after:)`.
    pub cursor: String,
    /// The text so far.
    pub text: String,
    /// Which attempt at the reply this is, from 1. A server that dies while it writes is replaced by another, which
    /// begins anew.
    pub attempt: i32,
}

/// What has been added since the last event.
#[derive(SimpleObject)]
pub struct ReplyDelta {
    /// Where the client is after this event, for `reply(after:)`.
    pub cursor: String,
    /// The text to append.
    pub text: String,
}

/// The end: nothing follows.
#[derive(SimpleObject)]
pub struct ReplyFinished {
    /// Where the client is after this event, for `reply(after:)`.
    pub cursor: String,
    /// The finished message. Its content is the text that was told.
    pub message: Message,
}

impl From<replies::Event> for ReplyEvent {
    fn from(replies::Event { cursor, next }: replies::Event) -> Self {
        match next {
            replies::Next::Snapshot { text, attempt } => {
                Self::Snapshot(ReplySnapshot { cursor, text, attempt })
            }
            replies::Next::Delta { text } => Self::Delta(ReplyDelta { cursor, text }),
            replies::Next::Finished { message } => {
                Self::Finished(ReplyFinished { cursor, message: Arc::unwrap_or_clone(message).into() })
            }
        }
    }
}
