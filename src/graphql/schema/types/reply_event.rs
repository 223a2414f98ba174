use super::{Message, MessagePart, PartDelta};
use crate::{
    error::Result,
    graphql::execution::text_budget::SpendText,
    parts::{PartKind, Piece},
    replies,
};
use async_graphql::{ComplexObject, Context, Interface, SimpleObject};
use std::{borrow::Cow, sync::Arc};

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

/// All parts so far. They replace everything received before.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ReplySnapshot {
    /// The position after this event. Pass it as `after` of `reply` to resume from here.
    pub cursor: String,
    /// The number of the attempt, starting at 1. If an instance crashes or shuts down, another one starts its replies
    /// again.
    pub attempt: i32,
    #[graphql(skip)]
    parts: Vec<Piece>,
}

#[ComplexObject]
impl ReplySnapshot {
    /// The text of the reply so far. Empty if the subscription does not select `TEXT`.
    async fn text(&self) -> Cow<'_, str> {
        text(&self.parts)
    }

    /// The parts so far, of the kinds that the subscription selects.
    async fn parts(&self, ctx: &Context<'_>) -> Result<Vec<MessagePart>> {
        ctx.spend_text(self.parts.iter().map(Piece::text_bytes).sum())?;
        Ok(self.parts.iter().cloned().map(MessagePart::from).collect())
    }
}

/// The additions to a reply since the last event.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ReplyDelta {
    /// The position after this event. Pass it as `after` of `reply` to resume from here.
    pub cursor: String,
    #[graphql(skip)]
    parts: Vec<Piece>,
}

#[ComplexObject]
impl ReplyDelta {
    /// The text to append. Empty if only other parts have grown.
    async fn text(&self) -> Cow<'_, str> {
        text(&self.parts)
    }

    /// The additions to the parts, in order.
    async fn parts(&self, ctx: &Context<'_>) -> Result<Vec<PartDelta>> {
        ctx.spend_text(self.parts.iter().map(Piece::text_bytes).sum())?;
        Ok(self.parts.iter().cloned().map(PartDelta::from).collect())
    }
}

/// The text of the text parts.
fn text(parts: &[Piece]) -> Cow<'_, str> {
    let mut texts = parts.iter().filter(|piece| piece.kind == PartKind::Text).map(|piece| &*piece.text);
    let Some(first) = texts.next() else { return Cow::Borrowed("") };
    texts.fold(Cow::Borrowed(first), |text, more| text + more)
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
            replies::Next::Snapshot { parts, attempt } => {
                Self::Snapshot(ReplySnapshot { cursor, attempt, parts })
            }
            replies::Next::Delta { parts } => Self::Delta(ReplyDelta { cursor, parts }),
            replies::Next::Finished { message } => {
                Self::Finished(ReplyFinished { cursor, message: Arc::unwrap_or_clone(message).into() })
            }
        }
    }
}
