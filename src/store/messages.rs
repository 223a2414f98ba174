//! Messages: a tree, of which the active branch is numbered from 0 without a gap.

use super::{
    Database, FinishReason, Id, Instant, MessageStatus, Result, Role, read,
    schema::{conversations, messages},
};
use diesel::{dsl, prelude::*};

/// A row of `messages`.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = messages)]
pub struct Message {
    /// The key.
    pub id: Id,
    /// The conversation it belongs to.
    pub conversation_id: Id,
    /// The message it follows; `None` for the first.
    pub parent_id: Option<Id>,
    /// The place on the active branch; `None` off it.
    pub position: Option<i32>,
    /// Who said it.
    pub role: Role,
    /// What was said. Of a reply in progress, what had been said at its attempt's last checkpoint.
    pub content: String,
    /// How far it has come.
    pub status: MessageStatus,
    /// The model that writes the reply; `None` for what is not a reply.
    pub model: Option<String>,
    /// Which attempt at the reply the content is from, counted from 1; 0 for what is not a reply.
    pub attempt: i32,
    /// Why the reply failed, as a code such as `TIMEOUT`.
    pub error_code: Option<String>,
    /// Why the reply failed, in a sentence for the user.
    pub error_message: Option<String>,
    /// Why the reply failed, in the provider's words.
    pub error_details: Option<String>,
    /// Why the model stopped; `None` unless the reply is completed.
    pub finish_reason: Option<FinishReason>,
    /// How many tokens the model was shown.
    pub input_tokens: Option<i32>,
    /// How many tokens the model said.
    pub output_tokens: Option<i32>,
    /// Whether the tokens were reckoned from the text, since the provider told none.
    pub usage_estimated: bool,
    /// When it was sent; of a reply, when it was asked for.
    pub created_at: Instant,
    /// When it ended; `None` while it is in progress.
    pub finished_at: Option<Instant>,
}

/// What every list of messages shows. A long content is left in the database: a page can have megabytes of text, of which
/// nothing may be selected.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Brief {
    /// The key.
    pub id: Id,
    /// The conversation it belongs to.
    pub conversation_id: Id,
    /// The message it follows; `None` for the first.
    pub parent_id: Option<Id>,
    /// The place on the active branch; `None` off it.
    pub position: Option<i32>,
    /// Who said it.
    pub role: Role,
    /// How far it has come.
    pub status: MessageStatus,
    /// When it was sent; of a reply, when it was asked for.
    pub created_at: Instant,
    /// The content, if it is short. [`Database::contents`] reads longer ones.
    #[diesel(select_expression = short_content(), select_expression_type = ShortContent)]
    pub content: Option<String>,
    /// The length of the content, in bytes.
    #[diesel(select_expression = octet_length(messages::content), select_expression_type = octet_length<messages::content>)]
    pub length: i32,
}

/// The longest content that is read with its row, in bytes.
const SHORT: i32 = 1024;

diesel::define_sql_function! {
    /// The length of a text, in bytes.
    fn octet_length(text: diesel::sql_types::Text) -> diesel::sql_types::Integer;
}

type ShortContent = dsl::case_when<dsl::LtEq<octet_length<messages::content>, i32>, messages::content>;

/// The content, or null if it is long.
fn short_content() -> ShortContent {
    dsl::case_when(octet_length(messages::content).le(SHORT), messages::content)
}

/// What there is to know of a message besides.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Rest {
    /// The model that writes the reply; `None` for what is not a reply.
    pub model: Option<String>,
    /// Why the reply failed, as a code such as `TIMEOUT`.
    pub error_code: Option<String>,
    /// Why the reply failed, in a sentence for the user.
    pub error_message: Option<String>,
    /// Why the reply failed, in the provider's words.
    pub error_details: Option<String>,
    /// Why the model stopped; `None` unless the reply is completed.
    pub finish_reason: Option<FinishReason>,
    /// How many tokens the model was shown.
    pub input_tokens: Option<i32>,
    /// How many tokens the model said.
    pub output_tokens: Option<i32>,
    /// Whether the tokens were reckoned from the text, since the provider told none.
    pub usage_estimated: bool,
    /// When it ended; `None` while it is in progress.
    pub finished_at: Option<Instant>,
}

/// A message to be shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What every list shows.
    pub brief: Brief,
    /// `None` if it was not asked for.
    pub rest: Option<Rest>,
}

impl From<Message> for Shown {
    fn from(message: Message) -> Self {
        let brief = Brief {
            id: message.id,
            conversation_id: message.conversation_id,
            parent_id: message.parent_id,
            position: message.position,
            role: message.role,
            status: message.status,
            created_at: message.created_at,
            length: i32::try_from(message.content.len()).unwrap_or(i32::MAX),
            content: Some(message.content),
        };
        let rest = Rest {
            model: message.model,
            error_code: message.error_code,
            error_message: message.error_message,
            error_details: message.error_details,
            finish_reason: message.finish_reason,
            input_tokens: message.input_tokens,
            output_tokens: message.output_tokens,
            usage_estimated: message.usage_estimated,
            finished_at: message.finished_at,
        };
        Self { brief, rest: Some(rest) }
    }
}

impl From<(Brief, Rest)> for Shown {
    fn from((brief, rest): (Brief, Rest)) -> Self {
        Self { brief, rest: Some(rest) }
    }
}

impl From<Brief> for Shown {
    fn from(brief: Brief) -> Self {
        Self { brief, rest: None }
    }
}

/// A message on the active branch, without its content.
#[derive(Clone, Debug, Queryable)]
pub struct Size {
    /// The place on the active branch.
    pub position: i32,
    /// Who said it.
    pub role: Role,
    /// The length of the content, in bytes.
    pub length: i32,
}

impl Size {
    /// The length of the content.
    pub fn bytes(&self) -> usize {
        usize::try_from(self.length).unwrap_or_default()
    }
}

/// Which messages of a conversation's active branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// A range of positions.
    Between {
        /// The first position.
        from: i32,
        /// The position behind the last.
        to: i32,
    },
    /// The last ones, by the conversation's count.
    Last {
        /// How many at most.
        count: i32,
        /// The first position that counts.
        from: i32,
    },
}

impl Message {
    /// What a user says: completed from the first.
    pub fn said(
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
            role: Role::User,
            content,
            status: MessageStatus::Completed,
            model: None,
            attempt: 0,
            error_code: None,
            error_message: None,
            error_details: None,
            finish_reason: None,
            input_tokens: None,
            output_tokens: None,
            usage_estimated: false,
            created_at: now,
            finished_at: Some(now),
        }
    }

    /// The empty reply to what a user has just said, at the next position: its first attempt is to be made.
    pub fn pending_reply(&self, id: Id, model: String) -> Self {
        Self {
            id,
            parent_id: Some(self.id),
            position: self.position.map(|position| position + 1),
            role: Role::Assistant,
            content: String::new(),
            status: MessageStatus::Pending,
            model: Some(model),
            attempt: 1,
            finished_at: None,
            ..self.clone()
        }
    }
}

/// Loads the messages of a query, with or without their [`Rest`].
macro_rules! shown {
    ($store:expr, $query:expr, $rest:expr) => {
        match $rest {
            true => {
                let found: Vec<(Brief, Rest)> =
                    read!($store, load, $query.select((Brief::as_select(), Rest::as_select())))?;
                found.into_iter().map(Shown::from).collect()
            }
            false => {
                let found: Vec<Brief> = read!($store, load, $query.select(Brief::as_select()))?;
                found.into_iter().map(Shown::from).collect()
            }
        }
    };
}

impl Database {
    /// Of these messages, the ones in the owner's conversations, in no order.
    pub async fn messages(&self, owner: Id, ids: &[Id]) -> Result<Vec<Message>> {
        let own = messages::table
            .inner_join(conversations::table)
            .filter(messages::id.eq_any(ids.to_vec()))
            .filter(conversations::owner_id.eq(owner));
        Ok(read!(self, load, own.select(Message::as_select()))?)
    }

    /// Of these replies, the ones that are there, in no order. It is not asked whose they are.
    pub async fn replies(&self, ids: &[Id]) -> Result<Vec<Message>> {
        let replies = messages::table.filter(messages::id.eq_any(ids.to_vec()));
        Ok(read!(self, load, replies.select(Message::as_select()))?)
    }

    /// The same, to be shown.
    pub async fn shown_messages(&self, owner: Id, ids: &[Id]) -> Result<Vec<Shown>> {
        let own = messages::table
            .inner_join(conversations::table)
            .filter(messages::id.eq_any(ids.to_vec()))
            .filter(conversations::owner_id.eq(owner));
        let found: Vec<(Brief, Rest)> =
            read!(self, load, own.select((Brief::as_select(), Rest::as_select())))?;
        Ok(found.into_iter().map(Shown::from).collect())
    }

    /// The contents of these messages, in no order. It is not asked whose they are.
    pub async fn contents(&self, ids: &[Id]) -> Result<Vec<(Id, String)>> {
        let contents = messages::table.filter(messages::id.eq_any(ids.to_vec()));
        Ok(read!(self, load, contents.select((messages::id, messages::content)))?)
    }

    /// The same window of each of these conversations, in order of conversation and position: one range of one
    /// index for each. Without the [`Rest`] of each message, unless it is wanted.
    pub async fn shown_messages_in(
        &self,
        conversations: &[Id],
        window: Window,
        rest: bool,
    ) -> Result<Vec<Shown>> {
        let conversations = conversations.to_vec();
        let mut found: Vec<Shown> = match window {
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
                    // SQLite searches its index by one of two lower bounds: not by this one, which may be far below.
                    .filter((messages::position + 0).ge(from));
                shown!(self, window, rest)
            }
        };
        // PostgreSQL would copy all rows to sort them, which takes a third of the query's time.
        found.sort_unstable_by_key(|Shown { brief, .. }| (brief.conversation_id, brief.position));
        Ok(found)
    }

    /// The messages of a conversation's active branch between two positions, in order.
    pub async fn messages_between(&self, conversation: Id, from: i32, to: i32) -> Result<Vec<Message>> {
        let between = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::position.ge(from))
            .filter(messages::position.lt(to))
            .order(messages::position);
        Ok(read!(self, load, between.select(Message::as_select()))?)
    }

    /// The sizes of the messages of a conversation's active branch between two positions, in order.
    pub async fn message_sizes(&self, conversation: Id, from: i32, to: i32) -> Result<Vec<Size>> {
        let between = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::position.ge(from))
            .filter(messages::position.lt(to))
            .order(messages::position);
        let columns = (messages::position.assume_not_null(), messages::role, octet_length(messages::content));
        Ok(read!(self, load, between.select(columns))?)
    }
}
