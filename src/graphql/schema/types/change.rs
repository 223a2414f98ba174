use super::{Conversation, Message};
use crate::{
    changes,
    error::Result,
    graphql::schema::{context::ContextExt, ids::NodeType},
    store::{ChangeKind, Id},
};
use async_graphql::{ComplexObject, Context, ID, Interface, SimpleObject};

/// A change to the conversations of the authenticated user.
#[derive(Interface)]
#[graphql(field(
    name = "cursor",
    ty = "&String",
    desc = "The position after this event. Pass it as `after` of `changes` to resume from here."
))]
pub enum Change {
    ConversationCreated(ConversationCreated),
    ConversationChanged(ConversationChanged),
    ConversationDeleted(ConversationDeleted),
    MessageAdded(MessageAdded),
    ReplyEnded(ReplyEnded),
    MessageChanged(MessageChanged),
    BranchSwitched(BranchSwitched),
    Reload(Reload),
}

/// A conversation was created, either empty or with its first message.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ConversationCreated {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl ConversationCreated {
    /// The conversation in its current state. `null` if it has been deleted since; a `ConversationDeleted` event
    /// follows.
    async fn conversation(&self, ctx: &Context<'_>) -> Option<Result<Conversation>> {
        conversation(ctx, self.id).await
    }
}

/// A conversation changed: for example, its title, its model, or whether it is archived or pinned. The user changes
/// them. The first message may also set the title, a model may write it, and a message takes its conversation out of the
/// archive.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ConversationChanged {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl ConversationChanged {
    /// The conversation in its current state. `null` if it has been deleted since; a `ConversationDeleted` event
    /// follows.
    async fn conversation(&self, ctx: &Context<'_>) -> Option<Result<Conversation>> {
        conversation(ctx, self.id).await
    }
}

/// A conversation and all its messages were deleted. The messages have no events of their own.
#[derive(SimpleObject)]
pub struct ConversationDeleted {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
    pub cursor: String,
    /// The ID of the deleted conversation.
    pub conversation_id: ID,
}

/// A message was stored at the end of the active branch: a message of the user, or the reply to it, which is still
/// empty. Each of the two has its own event, first the user's message, then the reply. A regenerated reply has one event.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct MessageAdded {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl MessageAdded {
    /// The message in its current state; a reply may have been written in the meantime. `null` if its conversation
    /// has been deleted since; a `ConversationDeleted` event follows.
    async fn message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        message(ctx, self.id).await
    }
}

/// A reply has ended. Its status is `COMPLETED`, `STOPPED` or `FAILED`, and its content is final.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ReplyEnded {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl ReplyEnded {
    /// The reply. `null` if its conversation has been deleted since; a `ConversationDeleted` event follows.
    async fn message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        message(ctx, self.id).await
    }
}

/// A message changed after it was finished: the user rated a reply, or removed the rating.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct MessageChanged {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
}

#[ComplexObject]
impl MessageChanged {
    /// The message in its current state. `null` if its conversation has been deleted since; a `ConversationDeleted`
    /// event follows.
    async fn message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        message(ctx, self.id).await
    }
}

/// Another branch of a conversation became active: a message was edited, a reply was regenerated, or the user switched.
/// Remove the messages after `fork`. After an edit or a regeneration, the new messages follow as `MessageAdded` events.
/// After a switch there are no such events, so load the messages after `fork`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct BranchSwitched {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
    pub cursor: String,
    #[graphql(skip)]
    id: Id,
    #[graphql(skip)]
    fork: Option<Id>,
}

#[ComplexObject]
impl BranchSwitched {
    /// The conversation in its current state. `null` if it has been deleted since; a `ConversationDeleted` event
    /// follows.
    async fn conversation(&self, ctx: &Context<'_>) -> Option<Result<Conversation>> {
        conversation(ctx, self.id).await
    }

    /// The last message that the earlier and the new branch have in common. `null` if they differ from the start, or if
    /// the conversation has been deleted since.
    async fn fork(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        message(ctx, self.fork?).await
    }
}

/// Earlier changes are unavailable. Reload everything you display; all later changes follow as events. This is the
/// first event of a subscription without `after`. With `after`, it is sent if the cursor is more than 7 days or 1,000
/// events old. It is also sent after an import of conversations.
#[derive(SimpleObject)]
pub struct Reload {
    /// The position after this event. Pass it as `after` of `changes` to resume from here.
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
        // A constraint in the database ensures that an entry about a message has a message ID.
        let message = change.message_id.unwrap_or(id);
        match change.kind() {
            ChangeKind::ConversationCreated => Self::ConversationCreated(ConversationCreated { cursor, id }),
            ChangeKind::ConversationChanged => Self::ConversationChanged(ConversationChanged { cursor, id }),
            ChangeKind::ConversationDeleted => {
                let conversation_id = NodeType::Conversation.id(id);
                Self::ConversationDeleted(ConversationDeleted { cursor, conversation_id })
            }
            ChangeKind::MessageAdded => Self::MessageAdded(MessageAdded { cursor, id: message }),
            ChangeKind::ReplyEnded => Self::ReplyEnded(ReplyEnded { cursor, id: message }),
            ChangeKind::BranchSwitched => {
                Self::BranchSwitched(BranchSwitched { cursor, id, fork: change.message_id })
            }
            ChangeKind::MessageChanged => Self::MessageChanged(MessageChanged { cursor, id: message }),
        }
    }
}
