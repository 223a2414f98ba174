//! Messages: a tree, whose active branch is numbered from 0 without gaps.

use super::{
    Database, FinishReason, Id, Instant, MessageStatus, Rating, Result, Role, read,
    schema::{conversations, messages},
};
use crate::{generation::Generation, prompt_context::PromptContext};
use diesel::{dsl, prelude::*};
use serde::Serialize;

/// A row of `messages`. The export serialises it as an item of its conversation.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Insertable, Serialize)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = messages)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The key.
    pub id: Id,
    /// The conversation it belongs to.
    #[serde(skip)]
    pub conversation_id: Id,
    /// The message that it follows; `None` for the first.
    pub parent_id: Option<Id>,
    /// The position on the active branch; `None` off it.
    pub position: Option<i32>,
    /// Off the active branch, the number of ancestors.
    #[serde(skip)]
    pub depth: Option<i32>,
    /// Off the active branch, the number of the branch that the message was last part of (see [`super::branches`]).
    #[serde(skip)]
    pub branch: Option<i32>,
    /// The author.
    pub role: Role,
    /// The text. For a reply in progress, the text at the last checkpoint of the current attempt.
    pub content: String,
    /// The status.
    pub status: MessageStatus,
    /// The model that writes the reply; `None` if the message is not a reply.
    pub model: Option<String>,
    /// The parameters that the reply was requested with; `None` if the message is not a reply, or older than they are.
    pub generation: Option<Generation>,
    /// What the prompt contained; `None` if the message is not a reply, or its prompt has not been made.
    pub context: Option<PromptContext>,
    /// The attempt that wrote the content, counted from 1; 0 if the message is not a reply.
    pub attempt: i32,
    /// The code of the reply's failure, such as `TIMEOUT`.
    pub error_code: Option<String>,
    /// The reason for the reply's failure, as a sentence for the user.
    pub error_message: Option<String>,
    /// The reason for the reply's failure, in the provider's words.
    pub error_details: Option<String>,
    /// The reason why the model stopped; `None` unless the reply is completed.
    pub finish_reason: Option<FinishReason>,
    /// The number of tokens in the prompt.
    pub input_tokens: Option<i32>,
    /// The number of tokens in the reply.
    pub output_tokens: Option<i32>,
    /// The number of tokens that the model wrote as reasoning, if the provider reports it.
    pub reasoning_tokens: Option<i32>,
    /// The number of tokens of the prompt that the provider read from its cache, if it reports it.
    pub cached_tokens: Option<i32>,
    /// Whether the token counts were estimated from the text, because the provider reported none.
    pub usage_estimated: bool,
    /// When the message was sent, or the reply requested.
    pub created_at: Instant,
    /// When the message was finished; `None` while it is in progress.
    pub finished_at: Option<Instant>,
    /// The user's rating of the reply.
    pub rating: Option<Rating>,
    /// The user's note on the rating.
    pub rating_note: Option<String>,
}

/// The columns that every list of messages displays.
///
/// Long content is not read, because a page may have megabytes of text and the query may not select any of it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct MessageSummary {
    /// The key.
    pub id: Id,
    /// The conversation it belongs to.
    pub conversation_id: Id,
    /// The message that it follows; `None` for the first.
    pub parent_id: Option<Id>,
    /// The position on the active branch; `None` off it.
    pub position: Option<i32>,
    /// Off the active branch, the number of ancestors.
    pub depth: Option<i32>,
    /// Off the active branch, the number of the branch that the message was last part of.
    pub branch: Option<i32>,
    /// The author.
    pub role: Role,
    /// The status.
    pub status: MessageStatus,
    /// When the message was sent, or the reply requested.
    pub created_at: Instant,
    /// The content, if it is short. [`Database::contents`] reads longer content.
    #[diesel(select_expression = short_content(), select_expression_type = ShortContent)]
    pub content: Option<String>,
    /// The length of the content, in bytes.
    #[diesel(select_expression = octet_length(messages::content), select_expression_type = octet_length<messages::content>)]
    pub length: i32,
}

/// The longest content that is read together with its row, in bytes.
const SHORT_CONTENT: i32 = 1024;

diesel::define_sql_function! {
    /// The length of a text, in bytes.
    fn octet_length(text: diesel::sql_types::Text) -> diesel::sql_types::Integer;
}

type ShortContent = dsl::case_when<dsl::LtEq<octet_length<messages::content>, i32>, messages::content>;

/// Selects the content, or null if it is long.
fn short_content() -> ShortContent {
    dsl::case_when(octet_length(messages::content).le(SHORT_CONTENT), messages::content)
}

/// The remaining columns of a message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct MessageDetails {
    /// The model that writes the reply; `None` if the message is not a reply.
    pub model: Option<String>,
    /// The parameters that the reply was requested with; `None` if the message is not a reply, or older than they are.
    pub generation: Option<Generation>,
    /// What the prompt contained; `None` if the message is not a reply, or its prompt has not been made.
    pub context: Option<PromptContext>,
    /// The code of the reply's failure, such as `TIMEOUT`.
    pub error_code: Option<String>,
    /// The reason for the reply's failure, as a sentence for the user.
    pub error_message: Option<String>,
    /// The reason for the reply's failure, in the provider's words.
    pub error_details: Option<String>,
    /// The reason why the model stopped; `None` unless the reply is completed.
    pub finish_reason: Option<FinishReason>,
    /// The number of tokens in the prompt.
    pub input_tokens: Option<i32>,
    /// The number of tokens in the reply.
    pub output_tokens: Option<i32>,
    /// The number of tokens that the model wrote as reasoning, if the provider reports it.
    pub reasoning_tokens: Option<i32>,
    /// The number of tokens of the prompt that the provider read from its cache, if it reports it.
    pub cached_tokens: Option<i32>,
    /// Whether the token counts were estimated from the text, because the provider reported none.
    pub usage_estimated: bool,
    /// When the message was finished; `None` while it is in progress.
    pub finished_at: Option<Instant>,
    /// The user's rating of the reply.
    pub rating: Option<Rating>,
    /// The user's note on the rating.
    pub rating_note: Option<String>,
}

/// A message as it is displayed.
#[derive(Clone, Debug)]
pub struct DisplayedMessage {
    /// The columns that every list displays.
    pub summary: MessageSummary,
    /// The remaining columns; `None` if they were not requested.
    pub rest: Option<MessageDetails>,
}

impl From<Message> for DisplayedMessage {
    fn from(message: Message) -> Self {
        let summary = MessageSummary {
            id: message.id,
            conversation_id: message.conversation_id,
            parent_id: message.parent_id,
            position: message.position,
            depth: message.depth,
            branch: message.branch,
            role: message.role,
            status: message.status,
            created_at: message.created_at,
            length: i32::try_from(message.content.len()).unwrap_or(i32::MAX),
            content: Some(message.content),
        };
        let rest = MessageDetails {
            model: message.model,
            generation: message.generation,
            context: message.context,
            error_code: message.error_code,
            error_message: message.error_message,
            error_details: message.error_details,
            finish_reason: message.finish_reason,
            input_tokens: message.input_tokens,
            output_tokens: message.output_tokens,
            reasoning_tokens: message.reasoning_tokens,
            cached_tokens: message.cached_tokens,
            usage_estimated: message.usage_estimated,
            finished_at: message.finished_at,
            rating: message.rating,
            rating_note: message.rating_note,
        };
        Self { summary, rest: Some(rest) }
    }
}

impl From<(MessageSummary, MessageDetails)> for DisplayedMessage {
    fn from((summary, rest): (MessageSummary, MessageDetails)) -> Self {
        Self { summary, rest: Some(rest) }
    }
}

impl From<MessageSummary> for DisplayedMessage {
    fn from(summary: MessageSummary) -> Self {
        Self { summary, rest: None }
    }
}

/// A range of a conversation's active branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// A range of positions.
    Between {
        /// The first position.
        from: i32,
        /// The position after the last.
        to: i32,
    },
    /// The last messages, by the conversation's count.
    Last {
        /// The maximum number of messages.
        count: i32,
        /// The lowest position to include.
        from: i32,
    },
}

impl Message {
    /// Creates a user's message, which is completed from the start.
    pub fn from_user(
        id: Id,
        conversation_id: Id,
        parent_id: Option<Id>,
        position: i32,
        content: String,
        now: Instant,
    ) -> Self {
        Self {
            id,
            conversation_id,
            parent_id,
            position: Some(position),
            depth: None,
            branch: None,
            role: Role::User,
            content,
            status: MessageStatus::Completed,
            model: None,
            generation: None,
            context: None,
            attempt: 0,
            error_code: None,
            error_message: None,
            error_details: None,
            finish_reason: None,
            input_tokens: None,
            output_tokens: None,
            reasoning_tokens: None,
            cached_tokens: None,
            usage_estimated: false,
            created_at: now,
            finished_at: Some(now),
            rating: None,
            rating_note: None,
        }
    }

    /// Creates the empty reply to this message, at the next position, before its first attempt.
    pub fn pending_reply(&self, id: Id, model: String, generation: Generation) -> Self {
        Self {
            id,
            parent_id: Some(self.id),
            position: self.position.map(|position| position + 1),
            role: Role::Assistant,
            content: String::new(),
            status: MessageStatus::Pending,
            model: Some(model),
            generation: Some(generation),
            attempt: 1,
            finished_at: None,
            ..self.clone()
        }
    }
}

/// Loads the messages of a query, with or without their [`MessageDetails`].
macro_rules! shown {
    ($store:expr, $query:expr, $rest:expr) => {
        match $rest {
            true => {
                let found: Vec<(MessageSummary, MessageDetails)> = read!(
                    $store,
                    load,
                    $query.select((MessageSummary::as_select(), MessageDetails::as_select()))
                )?;
                found.into_iter().map(DisplayedMessage::from).collect()
            }
            false => {
                let found: Vec<MessageSummary> =
                    read!($store, load, $query.select(MessageSummary::as_select()))?;
                found.into_iter().map(DisplayedMessage::from).collect()
            }
        }
    };
}
pub(super) use shown;

impl Database {
    /// Returns the messages with these IDs that are in the owner's conversations, in no particular order.
    pub async fn messages(&self, owner: Id, ids: &[Id]) -> Result<Vec<Message>> {
        let own = messages::table
            .inner_join(conversations::table)
            .filter(messages::id.eq_any(ids.to_vec()))
            .filter(conversations::owner_id.eq(owner));
        Ok(read!(self, load, own.select(Message::as_select()))?)
    }

    /// Returns the messages with these IDs, in no particular order. Does not check the owner.
    pub async fn any_messages(&self, ids: &[Id]) -> Result<Vec<Message>> {
        let any = messages::table.filter(messages::id.eq_any(ids.to_vec()));
        Ok(read!(self, load, any.select(Message::as_select()))?)
    }

    /// Returns the messages with these IDs that are in the owner's conversations, for display.
    pub async fn displayed_messages(&self, owner: Id, ids: &[Id]) -> Result<Vec<DisplayedMessage>> {
        let own = messages::table
            .inner_join(conversations::table)
            .filter(messages::id.eq_any(ids.to_vec()))
            .filter(conversations::owner_id.eq(owner));
        let found: Vec<(MessageSummary, MessageDetails)> =
            read!(self, load, own.select((MessageSummary::as_select(), MessageDetails::as_select())))?;
        Ok(found.into_iter().map(DisplayedMessage::from).collect())
    }

    /// Returns the contents of these messages, in no particular order. Does not check the owner.
    pub async fn contents(&self, ids: &[Id]) -> Result<Vec<(Id, String)>> {
        let contents = messages::table.filter(messages::id.eq_any(ids.to_vec()));
        Ok(read!(self, load, contents.select((messages::id, messages::content)))?)
    }

    /// Returns the same window of each of these conversations, ordered by conversation and position. The
    /// [`MessageDetails`] of each message are read only if `rest` is set. Each conversation takes one range scan of one
    /// index.
    pub async fn displayed_messages_in(
        &self,
        conversations: &[Id],
        window: Window,
        rest: bool,
    ) -> Result<Vec<DisplayedMessage>> {
        let conversations = conversations.to_vec();
        let mut found: Vec<DisplayedMessage> = match window {
            Window::Between { from, to } => {
                let window = messages::table
                    .filter(messages::conversation_id.eq_any(conversations))
                    .filter(messages::position.ge(from))
                    .filter(messages::position.lt(to));
                shown!(self, window, rest)
            }
            Window::Last { count, from } => {
                let window = messages::table
                    .inner_join(conversations::table)
                    .filter(conversations::id.eq_any(conversations))
                    .filter(messages::position.ge((conversations::message_count - count).nullable()))
                    // `+ 0` keeps SQLite from searching its index by this bound, which may be much lower than the
                    // other.
                    .filter((messages::position + 0).ge(from));
                shown!(self, window, rest)
            }
        };
        // Sorted here, because PostgreSQL would copy all rows to sort them, which takes a third of the query's time.
        found.sort_unstable_by_key(|DisplayedMessage { summary, .. }| {
            (summary.conversation_id, summary.position)
        });
        Ok(found)
    }

    /// Returns the messages of a conversation's active branch from position `from` up to but excluding `to`, in order.
    pub async fn messages_between(&self, conversation: Id, from: i32, to: i32) -> Result<Vec<Message>> {
        let between = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::position.ge(from))
            .filter(messages::position.lt(to))
            .order(messages::position);
        Ok(read!(self, load, between.select(Message::as_select()))?)
    }
}
