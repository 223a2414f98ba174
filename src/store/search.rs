//! The search index: the words of messages and titles.
//!
//! Both databases store the same words, made by [`words`]. PostgreSQL has them as a `tsvector` with a GIN index, SQLite in
//! an FTS5 table. Each word begins with a few characters that depend on the owner. So a search reads only the words of
//! its user, however many users there are. Correctness does not depend on them, because each query also checks the
//! owner of the conversation.
//!
//! Rows leave the index with their message or conversation, and when a title changes. The databases see to that by
//! foreign keys and triggers, so instances of older versions cannot leave deleted text behind.

mod sql;

use super::{
    Database, Id, MessageStatus, Result,
    paging::{Page, Slice},
    read,
    removal::DELETED_OWNER,
    schema::{conversations, messages, search_entries, search_progress},
    transact,
};
use crate::words::{self, SearchQuery};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use diesel_async::{AsyncConnection, RunQueryDsl};
pub(super) use sql::SearchIndex;
use sql::{Find, Scope};

/// The number of rows that one step of the walk passes.
const WALKED: i64 = 1000;
/// The maximum number of messages, and of titles, that one step indexes. Other writers wait for at most one step.
const INDEXED: i64 = 25;
/// The key of the row of `search_progress`.
const PROGRESS: i32 = 1;
/// The least key, and the greatest.
const FIRST: Id = Id(uuid::Uuid::nil());
const LAST: Id = Id(uuid::Uuid::max());

/// A text to index.
#[derive(Clone, Debug)]
pub(super) struct SearchEntry {
    /// See [`owner_prefix`].
    owner_prefix: String,
    /// The sort key.
    id: Id,
    conversation: Id,
    /// The message; `None` for a title.
    message: Option<Id>,
    /// The words, separated by spaces.
    words: String,
}

impl SearchEntry {
    /// Creates the entry of a message.
    pub fn of_message(owner: Id, conversation: Id, message: Id, content: &str) -> Self {
        Self::new(owner, message, conversation, Some(message), content)
    }

    /// Creates the entry of a title.
    pub fn of_title(owner: Id, conversation: Id, title: &str) -> Self {
        Self::new(owner, conversation, conversation, None, title)
    }

    fn new(owner: Id, id: Id, conversation: Id, message: Option<Id>, text: &str) -> Self {
        let mut words = words::distinct(text);
        words.push(conversation_word(conversation));
        let owner_prefix = owner_prefix(owner);
        let words: Vec<String> = words.into_iter().map(|word| owner_prefix.clone() + &word).collect();
        Self { owner_prefix, id, conversation, message, words: words.join(" ") }
    }
}

/// Returns the four characters with which the words of a user begin. Few users have the same.
fn owner_prefix(owner: Id) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let [.., a, b, c, d] = *owner.0.as_bytes(); // random
    let mut number = u32::from_be_bytes([a, b, c, d]);
    let mut digit = || {
        let digit = DIGITS[number as usize % DIGITS.len()];
        number /= 36;
        char::from(digit)
    };
    String::from_iter([digit(), digit(), digit(), digit()])
}

/// Returns the word that all texts of a conversation have. No text has it, because `§` belongs to no word.
fn conversation_word(conversation: Id) -> String {
    let [.., a, b, c, d] = *conversation.0.as_bytes();
    format!("§{:08x}", u32::from_be_bytes([a, b, c, d]))
}

/// A text that matches a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Hit {
    /// The sort key: the message, or the conversation if its title matches.
    pub id: Id,
    /// The conversation.
    pub conversation_id: Id,
    /// The message. `None` if the title matches.
    pub message_id: Option<Id>,
}

impl Database {
    /// Returns a page of the owner's texts in which all terms of the query occur, the greatest key first.
    /// `conversation` restricts it to one conversation.
    pub async fn search(
        &self,
        owner: Id,
        query: &SearchQuery,
        conversation: Option<Id>,
        slice: &Slice<Id>,
    ) -> Result<Page<Hit>> {
        // The index of PostgreSQL has no order, so for a frequent word it returns very many rows. They also occur in
        // the newest texts, which are searched first. SQLite returns rows in order, and stops after the limit.
        let scopes = match self {
            Self::Postgres(_) => &[Scope::Newest, Scope::All][..],
            Self::Sqlite { .. } => &[Scope::All],
        };
        let mut hits: Vec<Hit> = Vec::new();
        for &scope in scopes {
            hits = read!(self, load, Find::new(scope, owner, query, conversation, slice))?;
            if hits.len() > usize::try_from(slice.limit).unwrap_or_default() {
                break;
            }
        }
        Ok(Page::from_surplus(hits, slice))
    }

    /// Returns whether all texts from before the search existed are indexed.
    pub async fn is_search_complete(&self) -> Result<bool> {
        let complete = search_progress::table.find(PROGRESS).select(search_progress::complete);
        Ok(read!(self, get_result, complete)?)
    }

    /// Returns the first `length` characters of the contents of these messages, in no particular order. Does not check
    /// the owner.
    pub async fn excerpts(&self, ids: &[Id], length: i32) -> Result<Vec<(Id, String)>> {
        let named = messages::table.filter(messages::id.eq_any(ids.to_vec()));
        Ok(read!(self, load, named.select((messages::id, substr(messages::content, 1, length))))?)
    }

    /// Continues the walk over all texts in the order of their keys, and indexes the next ones without an entry. Returns
    /// false at the end, where the walk begins again.
    pub async fn index_step(&self) -> Result<bool> {
        let position = search_progress::table.find(PROGRESS).select(search_progress::position);
        let position: Id = read!(self, get_result, position)?;
        let end = self.end_of_step(position).await?;
        let unindexed = messages::table
            .inner_join(conversations::table)
            .filter(messages::id.gt(position))
            .filter(messages::id.le(end))
            .filter(messages::status.ne_all([MessageStatus::Pending, MessageStatus::Streaming]))
            .filter(conversations::owner_id.ne(DELETED_OWNER))
            .filter(not(exists(search_entries::table.filter(search_entries::id.eq(messages::id)))))
            .order(messages::id)
            .limit(INDEXED);
        let columns = (conversations::owner_id, conversations::id, messages::id, messages::content);
        let texts: Vec<(Id, Id, Id, String)> = read!(self, load, unindexed.select(columns))?;
        let untitled = conversations::table
            .filter(conversations::id.gt(position))
            .filter(conversations::id.le(end))
            .filter(conversations::owner_id.ne(DELETED_OWNER))
            .filter(not(exists(search_entries::table.filter(search_entries::id.eq(conversations::id)))))
            .order(conversations::id)
            .limit(INDEXED);
        let columns = (conversations::owner_id, conversations::id, conversations::title);
        let titles: Vec<(Id, Id, String)> = read!(self, load, untitled.select(columns))?;

        // The step ends early if it has found as many texts as it may index.
        let is_full = |count: usize| i64::try_from(count).is_ok_and(|count| count >= INDEXED);
        let last_text = texts.last().map(|&(_, _, id, _)| id).filter(|_| is_full(texts.len()));
        let last_title = titles.last().map(|&(_, id, _)| id).filter(|_| is_full(titles.len()));
        let reached = [last_text, last_title].into_iter().flatten().fold(end, Id::min);
        let is_end = reached == LAST;

        let texts: Vec<SearchEntry> = texts
            .into_iter()
            .map(|(owner, conversation, id, content)| {
                SearchEntry::of_message(owner, conversation, id, &content)
            })
            .collect();
        let titles: Vec<SearchEntry> =
            titles.into_iter().map(|(owner, id, title)| SearchEntry::of_title(owner, id, &title)).collect();
        let indexed: Result<()> = transact!(self, async |conn| {
            for entry in &titles {
                // Changes nothing, but locks the row, so that a title is not indexed after its conversation is deleted.
                let locked = diesel::update(conversations::table.find(entry.id))
                    .set(conversations::message_count.eq(conversations::message_count));
                if locked.execute(conn).await? > 0 {
                    conn.index(entry).await?;
                }
            }
            for entry in &texts {
                conn.index(entry).await?;
            }
            // Unless another instance has moved it.
            let unmoved =
                search_progress::table.find(PROGRESS).filter(search_progress::position.eq(position));
            if is_end {
                let restart = (search_progress::position.eq(FIRST), search_progress::complete.eq(true));
                diesel::update(unmoved).set(restart).execute(conn).await?;
            } else {
                diesel::update(unmoved).set(search_progress::position.eq(reached)).execute(conn).await?;
            }
            Ok(())
        });
        indexed.map(|()| !is_end)
    }

    /// Returns the last key of a step of the walk, so that it passes at most [`WALKED`] messages and as many
    /// conversations. [`LAST`] if fewer are left.
    async fn end_of_step(&self, position: Id) -> Result<Id> {
        let next = messages::table.filter(messages::id.gt(position)).order(messages::id).offset(WALKED);
        let message: Option<Id> = read!(self, first, next.select(messages::id)).optional()?;
        let next = conversations::table
            .filter(conversations::id.gt(position))
            .order(conversations::id)
            .offset(WALKED);
        let conversation: Option<Id> = read!(self, first, next.select(conversations::id)).optional()?;
        Ok([message, conversation].into_iter().flatten().fold(LAST, Id::min))
    }
}

diesel::define_sql_function! {
    /// A part of a text. Positions count characters, from 1.
    fn substr(text: diesel::sql_types::Text, from: diesel::sql_types::Integer, length: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}
