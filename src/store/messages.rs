//! Messages: a tree, of which the active branch is numbered from 0 without a gap.

use super::{
    Database, FinishReason, Id, Instant, MessageStatus, Result, Role, read,
    schema::{conversations, messages},
};
use diesel::prelude::*;

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

    /// The same window of each of these conversations, in order of conversation and position: one range of one
    /// index for each.
    pub async fn messages_in(&self, conversations: &[Id], window: Window) -> Result<Vec<Message>> {
        let conversations = conversations.to_vec();
        let mut found: Vec<Message> = match window {
            Window::Between { from, to } => {
                let window = messages::table
                    .filter(messages::conversation_id.eq_any(conversations))
                    .filter(messages::position.ge(from))
                    .filter(messages::position.lt(to));
                read!(self, load, window.select(Message::as_select()))?
            }
            Window::Last { count, from } => {
                let window = messages::table
                    .inner_join(conversations::table)
                    .filter(conversations::id.eq_any(conversations))
                    .filter(messages::position.ge(from))
                    .filter(messages::position.ge((conversations::message_count - count).nullable()));
                read!(self, load, window.select(Message::as_select()))?
            }
        };
        // PostgreSQL would copy all rows to sort them, which takes a third of the query's time.
        found.sort_unstable_by_key(|message| (message.conversation_id, message.position));
        Ok(found)
    }

    /// What had been said on the active branch before a position: the latest `limit` messages, oldest first.
    pub async fn history(&self, conversation: Id, before: i32, limit: i64) -> Result<Vec<Message>> {
        let latest = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::position.lt(before))
            .order(messages::position.desc())
            .limit(limit);
        let mut latest: Vec<Message> = read!(self, load, latest.select(Message::as_select()))?;
        latest.reverse();
        Ok(latest)
    }
}
