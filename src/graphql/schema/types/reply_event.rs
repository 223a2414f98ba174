use super::Message;
use crate::replies;
use async_graphql::{Interface, SimpleObject};
use std::sync::Arc;

/// An event of the subscription `reply`.
#[derive(Interface)]
#[graphql(field(
    name = "cursor",
    ty = "&String",
    desc = "The position after this event. Pass it as `after` of `reply` to resume from here."
))]
pub enum ReplyEvent {
    Snapshot(ReplySnapshot),
    Delta(ReplyDelta),
    Finished(ReplyFinished),
}

/// The complete text so far. It replaces all text received before.
#[derive(SimpleObject)]
pub struct ReplySnapshot {
    /// The position after this event. Pass it as `after` of `reply` to resume from here.
    pub cursor: String,
    /// The text of the reply so far.
    pub text: String,
    /// The number of the attempt, starting at 1. If an instance crashes or shuts down, another one starts its replies
    /// again.
    pub attempt: i32,
}

/// The text that was added since the last event.
#[derive(SimpleObject)]
pub struct ReplyDelta {
    /// The position after this event. Pass it as `after` of `reply` to resume from here.
    pub cursor: String,
    /// The text to append.
    pub text: String,
}

/// The reply has ended. This is the last event.
#[derive(SimpleObject)]
pub struct ReplyFinished {
    /// The position after this event. Pass it as `after` of `reply` to resume from here.
    pub cursor: String,
    /// The finished reply. Its content is the complete text; clients that applied all events already have it.
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
