use super::{Conversation, DateTime, Generation, MessagePart, PageInfo, PromptContext, ReplyError, Usage};
use crate::{
    error::{Error, Result},
    graphql::{
        execution::text_budget::SpendText,
        schema::{
            context::ContextExt,
            cursors::{Cursor, Position, TreeCursor},
            ids::NodeType,
            sync_fields::{self, List, ScalarValue, SyncFields, fast_object},
        },
    },
    parts::Parts,
    prompt_context,
    store::{
        self, Id,
        branches::TreePosition,
        messages::{DisplayedMessage, MessageSummary},
    },
};
use async_graphql::{
    Context, ContextSelectionSet, Description, Enum, ID, Object, SelectionField, Value, parser::types::Field,
};
use std::{borrow::Cow, sync::Arc};

/// A message in a conversation.
#[derive(Clone, Description)]
pub struct Message(pub Arc<DisplayedMessage>);

impl From<store::messages::Message> for Message {
    fn from(message: store::messages::Message) -> Self {
        Self(Arc::new(message.into()))
    }
}

/// The fields that can be resolved from a [`MessageSummary`] row. Any other field also needs the
/// [`MessageDetails`](store::messages::MessageDetails).
const BRIEF: [&str; 11] = [
    "__typename",
    "id",
    "role",
    "status",
    "createdAt",
    "content",
    "parts",
    "conversation",
    "parent",
    "onBranch",
    "alternatives",
];

impl Message {
    fn rest(&self) -> Option<&store::messages::MessageDetails> {
        self.0.rest.as_ref()
    }
}

fast_object! {
    impl Message as self {
        /// The global ID.
        "id" id -> ID { NodeType::Message.id(self.0.summary.id) }

        /// The author of the message.
        "role" role -> Role { self.0.summary.role.into() }

        /// The state of the message.
        "status" status -> MessageStatus { self.0.summary.status.into() }

        /// Whether the message is on the active branch of its conversation.
        "onBranch" on_branch -> bool { self.0.summary.position.is_some() }

        /// The ID of the model that writes the reply. `null` if the message is not a reply.
        "model" model -> Option<&str> { self.rest().and_then(|rest| rest.model.as_deref()) }

        /// When the message was sent. For a reply, when it was requested.
        "createdAt" created_at -> DateTime { DateTime(self.0.summary.created_at) }

        /// When the message was finished. `null` while a reply is in progress.
        "finishedAt" finished_at -> Option<DateTime> { self.rest().and_then(|rest| rest.finished_at).map(DateTime) }

        /// The reason why the model stopped. `null` unless the message is a reply with the status `COMPLETED`.
        "finishReason" finish_reason -> Option<FinishReason> { self.rest().and_then(|rest| rest.finish_reason).map(Into::into) }

        /// The user's rating of the reply. `null` if it is not rated.
        "rating" rating -> Option<Rating> { self.rest().and_then(|rest| rest.rating).map(Into::into) }

        /// The user's note on the rating. `null` if there is none.
        "ratingNote" rating_note -> Option<&str> { self.rest().and_then(|rest| rest.rating_note.as_deref()) }
    }
    long { "content" => self.0.summary.content.as_deref().map(Some) }

    /// The text. While a reply is in progress, this is the text that was stored last; subscribe to `reply` to follow it
    /// live.
    async fn content(&self, ctx: &Context<'_>) -> Result<Cow<'_, str>> {
        let MessageSummary { id, content, length, .. } = &self.0.summary;
        ctx.spend_text(usize::try_from(*length).unwrap_or_default())?;
        match content {
            Some(content) => Ok(content.into()),
            None => {
                let content = ctx.loaders().contents.get(*id).await?;
                content.map(|content| content.to_string().into()).ok_or(Error::NotFound("message"))
            }
        }
    }

    /// The parts: the text, and what else the model wrote, such as its reasoning. At most 64, without empty ones. While
    /// a reply is in progress, these are the parts that were stored last; subscribe to `reply` to follow them live.
    async fn parts(&self, ctx: &Context<'_>) -> Result<Vec<MessagePart>> {
        let MessageSummary { id, content, length, .. } = &self.0.summary;
        let more = ctx.loaders().part_lengths.get(*id).await?;
        let total = i64::from(*length) + i64::from(more.unwrap_or_default());
        ctx.spend_text(usize::try_from(total).unwrap_or_default())?;
        let parts = match (more, content) {
            (Some(_), _) => ctx.loaders().parts.get(*id).await?,
            (None, Some(content)) => Some(Arc::new(Parts::of_text(content.clone()))),
            (None, None) => {
                let content = ctx.loaders().contents.get(*id).await?;
                content.map(|content| Arc::new(Parts::of_text(content.to_string())))
            }
        };
        let parts = parts.ok_or(Error::NotFound("message"))?;
        Ok(parts.pieces().map(MessagePart::from).collect())
    }

    /// The conversation that the message belongs to.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Conversation> {
        let found = ctx.loaders().conversations.get(self.0.summary.conversation_id).await?;
        found.map(Conversation).ok_or(Error::NotFound("conversation"))
    }

    /// The preceding message. `null` for the first message of a conversation.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        let parent = ctx.loaders().messages.get(self.0.summary.parent_id?).await;
        parent.map(|parent| parent.map(Message)).transpose()
    }

    /// The messages with the same parent, including this one, oldest first: the versions of an edited message, or the
    /// replies to the same message. At most 100.
    async fn alternatives(&self, ctx: &Context<'_>) -> Result<Vec<Message>> {
        let summary = &self.0.summary;
        let key = (summary.conversation_id, summary.parent_id);
        let found = ctx.loaders().alternatives.get(key).await?.unwrap_or_default();
        Ok(found.into_iter().map(Message).collect())
    }

    /// The reason why the reply failed. `null` unless its status is `FAILED`.
    async fn error(&self) -> Option<ReplyError> {
        let rest = self.rest()?;
        let code = rest.error_code.clone()?;
        let message = rest.error_message.clone().unwrap_or_default();
        Some(ReplyError { code, message, details: rest.error_details.clone() })
    }

    /// The parameters that the reply was requested with. `null` if the message is not a reply.
    async fn generation(&self) -> Option<Generation> {
        let is_reply = self.0.summary.role == store::Role::Assistant;
        is_reply.then(|| self.rest().and_then(|rest| rest.generation).unwrap_or_default().into())
    }

    /// The tokens that the reply used. `null` while the reply is in progress, if no model was called, and for
    /// messages that are not replies.
    async fn usage(&self) -> Option<Usage> {
        let rest = self.rest()?;
        let (input_tokens, output_tokens) = (rest.input_tokens?, rest.output_tokens?);
        Some(Usage {
            input_tokens,
            output_tokens,
            reasoning_tokens: rest.reasoning_tokens,
            cached_tokens: rest.cached_tokens,
            estimated: rest.usage_estimated,
        })
    }

    /// The part of the conversation that the model was shown. `null` if the message is not a reply, or was written by an
    /// earlier version. Also `null` until the reply is stored for the first time.
    async fn context(&self) -> Option<PromptContext> {
        let rest = self.rest()?;
        let prompt_context::PromptContext { messages, left_out, tokens } = rest.context?;
        let reported = rest.input_tokens.filter(|_| !rest.usage_estimated);
        Some(PromptContext {
            messages,
            left_out,
            tokens: reported.unwrap_or(tokens),
            estimated: reported.is_none(),
        })
    }
}

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Role")]
pub enum Role {
    /// The user.
    User,
    /// The model.
    Assistant,
    /// Reserved for system prompts. No message has this role at present.
    System,
}

/// The state of a message. Messages of the user are always `COMPLETED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::MessageStatus")]
pub enum MessageStatus {
    /// The reply waits for earlier replies of the conversation, or for its first token.
    Pending,
    /// The reply is in progress and has text.
    Streaming,
    /// The message is complete.
    Completed,
    /// The user stopped the reply. Its content is the text up to that point.
    Stopped,
    /// The reply failed. Its content is the text up to that point; `error` gives the reason.
    Failed,
}

/// The reason why a model stopped writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::FinishReason")]
pub enum FinishReason {
    /// The model finished its answer.
    Stop,
    /// The answer reached the maximum length.
    Length,
    /// The provider filtered the rest of the answer.
    ContentFilter,
}

/// The user's rating of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Rating")]
pub enum Rating {
    /// A positive rating.
    Good,
    /// A negative rating.
    Bad,
}

/// A page of messages.
#[derive(Description)]
pub struct MessageConnection {
    /// The messages of the page, in order.
    pub messages: Vec<Arc<DisplayedMessage>>,
    /// The number of the active branch.
    pub branch: i32,
    /// The list that the page is a part of.
    pub list: MessageList,
}

/// A list of messages.
pub enum MessageList {
    /// The messages of the active branch.
    Branch {
        /// The range of positions that was requested: the start is inclusive, the end exclusive.
        bounds: (i32, i32),
        /// The number of messages on the branch.
        total: i32,
    },
    /// All messages of a conversation.
    Tree {
        /// The conversation.
        conversation: Id,
        /// Whether the page follows a cursor.
        has_previous: bool,
        /// Whether there are messages after the page.
        has_next: bool,
    },
}

impl MessageConnection {
    /// Returns whether a field of this type selects anything that is not in [`BRIEF`].
    pub fn wants_rest(field: SelectionField<'_>) -> bool {
        let is_brief = |field: SelectionField<'_>| BRIEF.contains(&field.name());
        field.selection_set().any(|field| match field.name() {
            "nodes" => !field.selection_set().all(is_brief),
            "edges" => {
                let mut nodes = field.selection_set().filter(|field| field.name() == "node");
                nodes.any(|node| !node.selection_set().all(is_brief))
            }
            _ => false,
        })
    }

    fn cursor(&self, message: &DisplayedMessage) -> String {
        let branch = self.branch;
        match self.list {
            MessageList::Branch { .. } => {
                Position { branch, position: message.summary.position.unwrap_or_default() }.encode()
            }
            MessageList::Tree { .. } => {
                TreeCursor { active: branch, at: TreePosition::of(&message.summary, branch) }.encode()
            }
        }
    }
}

#[Object(use_type_description)]
impl MessageConnection {
    /// The messages of this page, each with its cursor.
    async fn edges(&self) -> List<MessageEdge> {
        let edge = |row: &Arc<DisplayedMessage>| MessageEdge {
            cursor: self.cursor(row),
            node: Message(row.clone()),
        };
        List(self.messages.iter().map(edge).collect())
    }

    /// The messages of this page.
    async fn nodes(&self) -> List<Message> {
        List(self.messages.iter().map(|row| Message(row.clone())).collect())
    }

    /// The position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        let (first, last) = (self.messages.first(), self.messages.last());
        let (has_previous_page, has_next_page) = match self.list {
            MessageList::Branch { bounds: (from, to), total } => {
                // An empty page lies at one of the bounds.
                let begins_at = first.and_then(|first| first.summary.position).unwrap_or(from);
                let ends_at = last.and_then(|last| last.summary.position).map_or(to, |last| last + 1);
                (begins_at > 0 && total > 0, ends_at < total)
            }
            MessageList::Tree { has_previous, has_next, .. } => (has_previous, has_next),
        };
        PageInfo {
            has_previous_page,
            has_next_page,
            start_cursor: first.map(|first| self.cursor(first)),
            end_cursor: last.map(|last| self.cursor(last)),
        }
    }

    /// The number of messages on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        match self.list {
            MessageList::Branch { total, .. } => Ok(total.into()),
            MessageList::Tree { conversation, .. } => {
                Ok(ctx.domain().store.count_messages(conversation).await?)
            }
        }
    }
}

/// A message in a connection.
#[derive(Description)]
pub struct MessageEdge {
    cursor: String,
    node: Message,
}

#[Object(use_type_description)]
impl MessageEdge {
    /// The cursor of this edge, for `after` and `before`.
    async fn cursor(&self) -> String {
        self.cursor.clone()
    }

    /// The message.
    async fn node(&self) -> &Message {
        &self.node
    }
}

impl SyncFields for MessageEdge {
    fn sync_value(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value> {
        match field.name.node.as_str() {
            "cursor" => Some(Value::String(self.cursor.clone())),
            "node" => sync_fields::nested(&self.node, ctx, &field.selection_set.node),
            _ => None,
        }
    }
}

macro_rules! scalar_enums {
    ($($name:ty),+) => {$(
        impl ScalarValue for $name {
            fn into_value(self) -> Value {
                async_graphql::resolver_utils::enum_value(self)
            }
        }
    )+};
}
scalar_enums!(Role, MessageStatus, FinishReason, Rating);
