use super::{Conversation, DateTime, PageInfo, ReplyError, Usage};
use crate::{
    error::{Error, Result},
    graphql::{
        context::ContextExt,
        cursors::{Cursor, Position},
        ids::Kind,
        plain::{self, Leaf, List, Plain, object},
        text_budget::Afford,
    },
    store::{
        self,
        messages::{Brief, Shown},
    },
};
use async_graphql::{
    Context, ContextSelectionSet, Description, Enum, ID, Object, SelectionField, Value, parser::types::Field,
};
use std::{borrow::Cow, sync::Arc};

/// Something said in a conversation.
#[derive(Clone, Description)]
pub struct Message(pub Arc<Shown>);

impl From<store::messages::Message> for Message {
    fn from(message: store::messages::Message) -> Self {
        Self(Arc::new(message.into()))
    }
}

/// The fields that every list of messages reads. A selection with any other field needs the
/// [`Rest`](store::messages::Rest) too.
const BRIEF: [&str; 8] =
    ["__typename", "id", "role", "status", "createdAt", "content", "conversation", "parent"];

impl Message {
    fn rest(&self) -> Option<&store::messages::Rest> {
        self.0.rest.as_ref()
    }
}

object! {
    impl Message as self {
        /// The global id.
        "id" id -> ID { Kind::Message.id(self.0.brief.id) }

        /// Who said it.
        "role" role -> Role { self.0.brief.role.into() }

        /// How far it has come.
        "status" status -> MessageStatus { self.0.brief.status.into() }

        /// Of a reply, the model that wrote it.
        "model" model -> Option<&str> { self.rest().and_then(|rest| rest.model.as_deref()) }

        /// When it was sent; of a reply, when it was asked for.
        "createdAt" created_at -> DateTime { DateTime(self.0.brief.created_at) }

        /// When the last of it had been said. Null while it is being written.
        "finishedAt" finished_at -> Option<DateTime> { self.rest().and_then(|rest| rest.finished_at).map(DateTime) }

        /// Why the model stopped where it did. Null unless the status is COMPLETED.
        "finishReason" finish_reason -> Option<FinishReason> { self.rest().and_then(|rest| rest.finish_reason).map(Into::into) }
    }
    long { "content" => self.0.brief.content.as_deref().map(Some) }

    /// What was said. Of a reply that is being written, what had been said a moment ago: subscribe to `reply` to
    /// follow it.
    async fn content(&self, ctx: &Context<'_>) -> Result<Cow<'_, str>> {
        let Brief { id, content, length, .. } = &self.0.brief;
        ctx.afford(usize::try_from(*length).unwrap_or_default())?;
        match content {
            Some(content) => Ok(content.into()),
            None => {
                let content = ctx.loaders().contents.get(*id).await?;
                content.map(|content| content.to_string().into()).ok_or(Error::NotFound("message"))
            }
        }
    }

    /// The conversation it belongs to.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Conversation> {
        let found = ctx.loaders().conversations.get(self.0.brief.conversation_id).await?;
        found.map(Conversation).ok_or(Error::NotFound("conversation"))
    }

    /// The message it follows. Null for the first one.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        let parent = ctx.loaders().messages.get(self.0.brief.parent_id?).await;
        parent.map(|parent| parent.map(Message)).transpose()
    }

    /// Why the reply broke off. Null unless its status is FAILED.
    async fn error(&self) -> Option<ReplyError> {
        let rest = self.rest()?;
        let code = rest.error_code.clone()?;
        let message = rest.error_message.clone().unwrap_or_default();
        Some(ReplyError { code, message, details: rest.error_details.clone() })
    }

    /// The tokens that the reply took. Null while it is being written, and if no model was asked.
    async fn usage(&self) -> Option<Usage> {
        let rest = self.rest()?;
        let (input_tokens, output_tokens) = (rest.input_tokens?, rest.output_tokens?);
        Some(Usage { input_tokens, output_tokens, estimated: rest.usage_estimated })
    }
}

/// Who a message is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::Role")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The instructions of the conversation.
    System,
}

/// How far a message has come. What a user says is COMPLETED from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::MessageStatus")]
pub enum MessageStatus {
    /// It waits for its turn, or for the first token.
    Pending,
    /// Some of it has been said.
    Streaming,
    /// All of it has been said.
    Completed,
    /// The user stopped it: its content is what had been said.
    Stopped,
    /// It broke off: its content is what had been said, its `error` tells why.
    Failed,
}

/// Why a model stopped where it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "store::FinishReason")]
pub enum FinishReason {
    /// It had said all it wanted.
    Stop,
    /// It reached the limit on the length of an answer.
    Length,
    /// The provider withheld the rest.
    ContentFilter,
}

/// A page of messages.
#[derive(Description)]
pub struct MessageConnection {
    /// The page's messages, by position.
    pub messages: Vec<Arc<Shown>>,
    /// The positions that the page was to lie within: from the first, up to but without the second.
    pub bounds: (i32, i32),
    /// How many messages the conversation has.
    pub total: i32,
}

impl MessageConnection {
    /// Whether the field, which has this type, needs more of each message than is read of all.
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

    fn cursor(message: &Shown) -> Position {
        Position(message.brief.position.unwrap_or_default())
    }
}

#[Object(use_type_description)]
impl MessageConnection {
    /// The messages with their cursors.
    async fn edges(&self) -> List<MessageEdge> {
        List(self.messages.iter().map(|row| MessageEdge(Message(row.clone()))).collect())
    }

    /// The messages alone.
    async fn nodes(&self) -> List<Message> {
        List(self.messages.iter().map(|row| Message(row.clone())).collect())
    }

    /// Where this page lies in the list.
    async fn page_info(&self) -> PageInfo {
        let first = self.messages.first().map(|row| Self::cursor(row));
        let last = self.messages.last().map(|row| Self::cursor(row));
        // An empty page has all others before it, or after it.
        let (from, to) = self.bounds;
        let begins_at = first.map_or(from, |Position(first)| first);
        let ends_at = last.map_or(to, |Position(last)| last + 1);
        PageInfo {
            has_previous_page: begins_at > 0 && self.total > 0,
            has_next_page: ends_at < self.total,
            start_cursor: first.map(|cursor| cursor.encode()),
            end_cursor: last.map(|cursor| cursor.encode()),
        }
    }

    /// How many messages there are on all pages.
    async fn total_count(&self) -> i32 {
        self.total
    }
}

/// A message in a list.
#[derive(Description)]
pub struct MessageEdge(Message);

#[Object(use_type_description)]
impl MessageEdge {
    /// Its place in the list, for `after` and `before`.
    async fn cursor(&self) -> String {
        MessageConnection::cursor(&self.0.0).encode()
    }

    /// The message.
    async fn node(&self) -> &Message {
        &self.0
    }
}

impl Plain for MessageEdge {
    fn plain(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value> {
        match field.name.node.as_str() {
            "cursor" => Some(Value::String(MessageConnection::cursor(&self.0.0).encode())),
            "node" => plain::nested(&self.0, ctx, &field.selection_set.node),
            _ => None,
        }
    }
}

macro_rules! leaf_enums {
    ($($name:ty),+) => {$(
        impl Leaf for $name {
            fn into_value(self) -> Value {
                async_graphql::resolver_utils::enum_value(self)
            }
        }
    )+};
}
leaf_enums!(Role, MessageStatus, FinishReason);
