//! The parts of messages: the content, and a row with everything else if there is more than text.

use super::{
    Database, Id, MessageStatus, Result,
    messages::{Message, octet_length},
    read,
    schema::{conversations, message_parts, messages},
};
use crate::parts::{Head, Parts};
use diesel::prelude::*;

/// A row of `message_parts`, for a message that has more than text.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = message_parts)]
pub struct PartsRow {
    /// The message, which is also the key.
    pub message_id: Id,
    /// The attempt that wrote the parts. If the message has another attempt, the row is outdated: an instance of an
    /// earlier version has taken the reply over.
    pub attempt: i32,
    /// The heads of the parts, as JSON.
    pub heads: String,
    /// The parts that are not text, one after another.
    pub rest: String,
}

impl PartsRow {
    /// The row for a reply. `None` if it has only text.
    pub fn of(message_id: Id, attempt: i32, parts: &Parts) -> Option<Self> {
        let heads = (!parts.is_only_text()).then(|| serde_json::to_string(parts.heads()).ok())??;
        Some(Self { message_id, attempt, heads, rest: parts.rest() })
    }
}

/// A reply and its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The message.
    pub message: Message,
    /// The parts, as far as they are stored.
    pub parts: Parts,
}

impl Reply {
    /// A reply and its row of `message_parts`.
    pub fn new(message: Message, row: Option<PartsRow>) -> Self {
        let parts = parts(&message.content, message.attempt, message.status, row);
        Self { message, parts }
    }
}

/// The parts of a message. A row that is outdated or unreadable is ignored. A tool call without an end has failed if the
/// message has ended.
fn parts(content: &str, attempt: i32, status: MessageStatus, row: Option<PartsRow>) -> Parts {
    let row = row.filter(|row| row.attempt == attempt);
    // A later version may have written kinds that are unknown here.
    let heads = row.as_ref().and_then(|row| serde_json::from_str::<Vec<Head>>(&row.heads).ok());
    let mut parts = match (row, heads) {
        (Some(row), Some(heads)) => Parts::of_stored(content.to_owned(), heads, &row.rest),
        _ => Parts::of_text(content.to_owned()),
    };
    if status.is_final() {
        parts.fail_open_call();
    }
    parts
}

impl Database {
    /// Returns a message with its parts, if it is in one of the owner's conversations.
    pub async fn reply(&self, owner: Id, id: Id) -> Result<Option<Reply>> {
        let own = messages::table
            .inner_join(conversations::table)
            .left_join(message_parts::table)
            .filter(messages::id.eq(id))
            .filter(conversations::owner_id.eq(owner));
        let found: Option<(Message, Option<PartsRow>)> =
            read!(self, first, own.select((Message::as_select(), Option::<PartsRow>::as_select())))
                .optional()?;
        Ok(found.map(|(message, row)| Reply::new(message, row)))
    }

    /// Returns the replies with these IDs, in no particular order. Does not check the owner.
    pub async fn replies(&self, ids: &[Id]) -> Result<Vec<Reply>> {
        let replies =
            messages::table.left_join(message_parts::table).filter(messages::id.eq_any(ids.to_vec()));
        let found: Vec<(Message, Option<PartsRow>)> =
            read!(self, load, replies.select((Message::as_select(), Option::<PartsRow>::as_select())))?;
        Ok(found.into_iter().map(|(message, row)| Reply::new(message, row)).collect())
    }

    /// Returns those of these messages that have more than text, each with the length of everything else, in bytes.
    /// Does not check the owner.
    pub async fn part_lengths(&self, ids: &[Id]) -> Result<Vec<(Id, i32)>> {
        let rows = message_parts::table.filter(message_parts::message_id.eq_any(ids.to_vec()));
        Ok(read!(self, load, rows.select((message_parts::message_id, octet_length(message_parts::rest))))?)
    }

    /// Returns the parts of those of these messages that have more than text. Does not check the owner.
    pub async fn parts(&self, ids: &[Id]) -> Result<Vec<(Id, Parts)>> {
        let rows = message_parts::table
            .inner_join(messages::table)
            .filter(message_parts::message_id.eq_any(ids.to_vec()));
        let found: Vec<(PartsRow, String, i32, MessageStatus)> = read!(
            self,
            load,
            rows.select((PartsRow::as_select(), messages::content, messages::attempt, messages::status))
        )?;
        Ok(found
            .into_iter()
            .map(|(row, content, attempt, status)| {
                (row.message_id, parts(&content, attempt, status, Some(row)))
            })
            .collect())
    }
}
