//! Titles that a model writes in place of the first line of the first message.

use super::{
    ChangeKind, Database, Id, Instant, MessageStatus, Result, Role,
    changes::record,
    read,
    removal::DELETED_OWNER,
    schema::{conversations, messages},
    search::{SearchEntry, SearchIndex},
    transact,
};
use diesel::{dsl::exists, prelude::*};
use diesel_async::{AsyncConnection, RunQueryDsl};

/// The first question and answer of a conversation whose title the user has not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntitledExchange {
    /// The conversation.
    pub conversation: Id,
    /// The owner of the conversation.
    pub owner: Id,
    /// The title, which is the first line of the first message.
    pub title: String,
    /// The user's message.
    pub question: String,
    /// The reply to it.
    pub answer: String,
}

/// The maximum number of messages up to the first completed reply. A conversation whose first replies all failed keeps
/// its title.
const MAX_MESSAGES: i32 = 20;

impl Database {
    /// Returns the exchange that ends with this reply. `None` if the user has set the conversation's title, or if another
    /// reply of the conversation was completed before.
    pub async fn untitled_exchange(&self, reply: Id) -> Result<Option<UntitledExchange>> {
        let untitled = messages::table
            .inner_join(conversations::table)
            .filter(messages::id.eq(reply))
            .filter(conversations::titled_by_user.eq(false))
            .filter(conversations::message_count.le(MAX_MESSAGES))
            .filter(conversations::owner_id.ne(DELETED_OWNER))
            .select((
                conversations::id,
                conversations::owner_id,
                conversations::title,
                messages::parent_id.assume_not_null(),
                messages::content,
            ));
        let untitled: Option<(Id, Id, String, Id, String)> = read!(self, first, untitled).optional()?;
        let Some((conversation, owner, title, parent, answer)) = untitled else { return Ok(None) };
        let others = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::role.eq(Role::Assistant))
            .filter(messages::status.eq(MessageStatus::Completed))
            .filter(messages::id.ne(reply));
        if read!(self, get_result, diesel::select(exists(others)))? {
            return Ok(None);
        }
        let question = messages::table.find(parent).select(messages::content);
        let question: Option<String> = read!(self, first, question).optional()?;
        Ok(question.map(|question| UntitledExchange { conversation, owner, title, question, answer }))
    }

    /// Replaces a title that the user has not set. Returns false if the title is no longer `old`, or the owner has set
    /// it or deleted the conversation.
    pub async fn replace_automatic_title(
        &self,
        conversation: Id,
        owner: Id,
        old: &str,
        new: &str,
        now: Instant,
    ) -> Result<bool> {
        transact!(self, async |conn| {
            let automatic = conversations::table
                .find(conversation)
                .filter(conversations::owner_id.eq(owner))
                .filter(conversations::titled_by_user.eq(false))
                .filter(conversations::title.eq(old));
            let replaced = diesel::update(automatic).set(conversations::title.eq(new)).execute(conn).await?;
            if replaced > 0 {
                conn.index(&SearchEntry::of_title(owner, conversation, new)).await?;
                record!(conn, owner, now, [(ChangeKind::ConversationChanged, conversation, None)]);
            }
            Ok(replaced > 0)
        })
    }
}
