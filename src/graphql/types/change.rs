use super::{Conversation, Message};
use crate::{
    changes,
    error::Result,
    graphql::{context::ContextExt, ids::Kind},
    store::{ChangeKind, Id},
};
use async_graphql::{ComplexObject, Context, ID, Interface, SimpleObject};

/// Something that happened to the conversations of who is signed in.
#[derive(Interface)]
#[graphql(field(
    name = "cursor",
    ty = "&String",
    desc = "Where the client is after this event, for `changes(after:)`."
))]
pub enum Change {
    ConversationCreated(ConversationCreated),
    ConversationChanged(ConversationChanged),
    ConversationDeleted(ConversationDeleted),
    MessageAdded(MessageAdded),
    ReplyEnded(ReplyEnded),
    Reload(Reload),
}

/// A conversation was started, by itself or with its first message.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ConversationCreated {
    /// Where the client is after this event, for `changes(after:)`.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl ConversationCreated {
    /// The conversation as it is now. Null if it has been deleted since: a later event tells that.
    async fn conversation(&self, ctx: &Context<'_>) -> Option<Result<Conversation>> {
        conversation(ctx, self.id).await
    }
}

/// A conversation's title, instructions or model were changed, by the user or, as for the title, by the first message.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ConversationChanged {
    /// Where the client is after this event, for `changes(after:)`.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl ConversationChanged {
    /// The conversation as it is now. Null if it has been deleted since: a later event tells that.
    async fn conversation(&self, ctx: &Context<'_>) -> Option<Result<Conversation>> {
        conversation(ctx, self.id).await
    }
}

/// A conversation was deleted with all its messages; no event tells of each of these.
#[derive(SimpleObject)]
pub struct ConversationDeleted {
    /// Where the client is after this event, for `changes(after:)`.
    pub cursor: String,
    /// The `id` that is no more.
    pub conversation_id: ID,
}

/// A message was stored: what the user said, or the reply to it, which is yet to be written. They come one after the
/// other, each in an event.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct MessageAdded {
    /// Where the client is after this event, for `changes(after:)`.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl MessageAdded {
    /// The message as it is now: a reply may have been written since. Null if it has been deleted since, with its
    /// conversation: a later event tells that.
    async fn message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        message(ctx, self.id).await
    }
}

/// A reply has ended: its status is COMPLETED, STOPPED or FAILED, and its content will not grow.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ReplyEnded {
    /// Where the client is after this event, for `changes(after:)`.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl ReplyEnded {
    /// The reply's message. Null if it has been deleted since, with its conversation: a later event tells that.
    async fn message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        message(ctx, self.id).await
    }
}

/// What happened before is not told, or no more: load anew whatever is shown. Every later change follows. This is the
/// first event without `after`; else it comes if the cursor is more than a week or 1,000 events old.
#[derive(SimpleObject)]
pub struct Reload {
    /// Where the client is after this event, for `changes(after:)`.
    pub cursor: String,
}

async fn conversation(ctx: &Context<'_>, id: Id) -> Option<Result<Conversation>> {
    let found = ctx.loaders().conversations.get(id).await;
    found.map(|found| found.map(Conversation)).transpose()
}

async fn message(ctx: &Context<'_>, id: Id) -> Option<Result<Message>> {
    let found = ctx.loaders().messages.get(id).await;
    found.map(|found| found.map(Message)).transpose()
}

impl From<changes::Event> for Change {
    fn from(changes::Event { cursor, next }: changes::Event) -> Self {
        let changes::Next::Change(change) = next else {
            return Self::Reload(Reload { cursor });
        };
        let id = change.conversation_id;
        // The database takes no entry about a message without one.
        let message = change.message_id.unwrap_or(id);
        match change.kind {
            ChangeKind::ConversationCreated => Self::ConversationCreated(ConversationCreated { cursor, id }),
            ChangeKind::ConversationChanged => Self::ConversationChanged(ConversationChanged { cursor, id }),
            ChangeKind::ConversationDeleted => {
                let conversation_id = Kind::Conversation.id(id);
                Self::ConversationDeleted(ConversationDeleted { cursor, conversation_id })
            }
            ChangeKind::MessageAdded => Self::MessageAdded(MessageAdded { cursor, id: message }),
            ChangeKind::ReplyEnded => Self::ReplyEnded(ReplyEnded { cursor, id: message }),
        }
    }
}
