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
    pub id: Id,
    pub conversation_id: Id,
    pub parent_id: Option<Id>,
    /// The place on the active branch; `None` off it.
    pub position: Option<i32>,
    pub role: Role,
    pub content: String,
    pub status: MessageStatus,
    pub model: Option<String>,
    /// Which attempt at the reply the content is from, counted from 1; 0 for what is not a reply.
    pub attempt: i32,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub finish_reason: Option<FinishReason>,
    pub input_tokens: Option<i32>,
    pub output_tokens: Option<i32>,
    /// Whether the tokens were reckoned from the text, since the provider told none.
    pub usage_estimated: bool,
    pub created_at: Instant,
    pub finished_at: Option<Instant>,
}

/// Which messages of a conversation's active branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// Those with a position from `from` up to, not including, `to`.
    Between { from: i32, to: i32 },
    /// The last `count` of them, by the conversation's count, but none before `from`.
    Last { count: i32, from: i32 },
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

    /// The same window of each of these conversations, in order of conversation and position: one range of one
    /// index for each.
    pub async fn messages_in(&self, conversations: &[Id], window: Window) -> Result<Vec<Message>> {
        let conversations = conversations.to_vec();
        let order = (messages::conversation_id, messages::position);
        Ok(match window {
            Window::Between { from, to } => {
                let window = messages::table
                    .filter(messages::conversation_id.eq_any(conversations))
                    .filter(messages::position.ge(from))
                    .filter(messages::position.lt(to))
                    .order(order);
                read!(self, load, window.select(Message::as_select()))?
            }
            Window::Last { count, from } => {
                let window = messages::table
                    .inner_join(conversations::table)
                    .filter(conversations::id.eq_any(conversations))
                    .filter(messages::position.ge(from))
                    .filter(messages::position.ge((conversations::message_count - count).nullable()))
                    .order(order);
                read!(self, load, window.select(Message::as_select()))?
            }
        })
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
