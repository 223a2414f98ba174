//! Conversations, most recently updated first.

use super::{
    ChangeKind, Database, Error, Id, Instant, Result,
    changes::record,
    paging::{End, Page, Slice},
    read,
    removal::DELETED_OWNER,
    schema::{conversations, runs},
    search::{SearchEntry, SearchIndex},
    transact,
};
use crate::generation::{Generation, GenerationUpdate};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::Serialize;

/// A row of `conversations`. The export serialises it, without the owner and the internal count.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Insertable, Serialize)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = conversations)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// The key.
    pub id: Id,
    /// The user who owns it.
    #[serde(skip)]
    pub owner_id: Id,
    /// The title, on one line.
    pub title: String,
    /// Whether the user has set the title. Until then, the first message determines it.
    pub titled_by_user: bool,
    /// The instructions for the model, if any.
    pub system_prompt: Option<String>,
    /// The model that replies. `None` means the default model.
    pub model: Option<String>,
    /// The generation parameters of its replies.
    pub generation: Generation,
    /// The length of the active branch. Its positions are 0 to `message_count - 1`.
    #[serde(skip)]
    pub message_count: i32,
    /// The number of the active branch. It grows each time another branch becomes active.
    #[serde(skip)]
    pub branch: i32,
    /// When the conversation was created.
    pub created_at: Instant,
    /// When the last message was sent; before the first one, when the conversation was created.
    pub updated_at: Instant,
    /// When the user archived it; `None` if it is not archived.
    pub archived_at: Option<Instant>,
    /// When the user pinned it; `None` if it is not pinned.
    pub pinned_at: Option<Instant>,
}

/// The maximum number of pinned conversations of a user.
pub const MAX_PINNED: i64 = 50;

/// The part of a user's conversations that a list has. `None` includes both kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// Only archived conversations, or only others.
    pub archived: Option<bool>,
    /// Only pinned conversations, or only others.
    pub pinned: Option<bool>,
}

/// The marks of a conversation to set or remove. `None` keeps a mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversationMarks {
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// Whether it is pinned.
    pub pinned: Option<bool>,
}

/// The sort key of a conversation in its owner's list, in descending order.
pub type ConversationSortKey = (Instant, Id);

impl Conversation {
    /// Creates an empty conversation with a title that the user has not set, and without any options.
    pub fn new(owner: Id, title: String, at: Instant) -> Self {
        Self {
            id: Id::new(),
            owner_id: owner,
            title,
            titled_by_user: false,
            system_prompt: None,
            model: None,
            generation: Generation::default(),
            message_count: 0,
            branch: 0,
            created_at: at,
            updated_at: at,
            archived_at: None,
            pinned_at: None,
        }
    }

    /// Returns the sort key in the owner's list.
    pub fn sort_key(&self) -> ConversationSortKey {
        (self.updated_at, self.id)
    }
}

/// The columns to update: `None` leaves a column unchanged, `Some(None)` sets it to null.
#[derive(AsChangeset, Clone, Debug, Default)]
#[diesel(table_name = conversations)]
pub struct ConversationChangeset {
    /// The new title.
    pub title: Option<String>,
    /// True with a new title, so that the first message does not change it.
    pub titled_by_user: Option<bool>,
    /// The new instructions.
    pub system_prompt: Option<Option<String>>,
    /// The new model. `Some(None)` selects the default model.
    pub model: Option<Option<String>>,
    /// The time of archiving. [`Database::update_conversation`] sets it.
    pub archived_at: Option<Option<Instant>>,
    /// The time of pinning. [`Database::update_conversation`] sets it.
    pub pinned_at: Option<Option<Instant>>,
}

/// Restricts a boxed query of conversations to those that a filter includes.
macro_rules! filtered {
    ($query:expr, $filter:expr) => {{
        let (mut query, filter): (_, ConversationFilter) = ($query, $filter);
        query = match filter.archived {
            Some(true) => query.filter(conversations::archived_at.is_not_null()),
            Some(false) => query.filter(conversations::archived_at.is_null()),
            None => query,
        };
        match filter.pinned {
            Some(true) => query.filter(conversations::pinned_at.is_not_null()),
            Some(false) => query.filter(conversations::pinned_at.is_null()),
            None => query,
        }
    }};
}

/// Selects the sort keys of a list.
macro_rules! places {
    ($owner:expr, $filter:expr) => {{
        let places = conversations::table
            .filter(conversations::owner_id.eq($owner))
            .select((conversations::updated_at, conversations::id))
            .into_boxed();
        filtered!(places, $filter)
    }};
}

/// Returns when a mark was set, after an update. A mark that is set again keeps its time.
fn marked_at(mark: bool, before: Option<Instant>, now: Instant) -> Option<Instant> {
    mark.then(|| before.unwrap_or(now))
}

/// Matches the rows before a position in the list.
#[diesel::dsl::auto_type(no_type_alias)]
fn newer_than(at: Instant, id: Id) -> _ {
    conversations::updated_at.gt(at).or(conversations::updated_at.eq(at).and(conversations::id.gt(id)))
}

/// Matches the rows after a position in the list.
#[diesel::dsl::auto_type(no_type_alias)]
fn older_than(at: Instant, id: Id) -> _ {
    conversations::updated_at.lt(at).or(conversations::updated_at.eq(at).and(conversations::id.lt(id)))
}

impl Database {
    /// Inserts a conversation.
    pub async fn insert_conversation(&self, conversation: &Conversation) -> Result<()> {
        let title = SearchEntry::of_title(conversation.owner_id, conversation.id, &conversation.title);
        transact!(self, async |conn| {
            diesel::insert_into(conversations::table).values(conversation).execute(conn).await?;
            conn.index(&title).await?;
            let changes = [(ChangeKind::ConversationCreated, conversation.id, None)];
            record!(conn, conversation.owner_id, conversation.created_at, changes);
            Ok(())
        })
    }

    /// Returns the owner's conversations among these IDs, in no particular order.
    pub async fn conversations(&self, owner: Id, ids: &[Id]) -> Result<Vec<Conversation>> {
        let own = conversations::table
            .filter(conversations::id.eq_any(ids.to_vec()))
            .filter(conversations::owner_id.eq(owner));
        Ok(read!(self, load, own.select(Conversation::as_select()))?)
    }

    /// Returns a page of the owner's list.
    pub async fn conversations_page(
        &self,
        owner: Id,
        filter: ConversationFilter,
        slice: Slice<ConversationSortKey>,
    ) -> Result<Page<Conversation>> {
        let rows = read!(self, load, {
            let mut query = conversations::table
                .filter(conversations::owner_id.eq(owner))
                .limit(i64::from(slice.limit) + 1)
                .select(Conversation::as_select())
                .into_boxed();
            if let Some((at, id)) = slice.after {
                query = query.filter(older_than(at, id));
            }
            if let Some((at, id)) = slice.before {
                query = query.filter(newer_than(at, id));
            }
            query = if slice.from_end {
                query.order((conversations::updated_at.asc(), conversations::id.asc()))
            } else {
                query.order((conversations::updated_at.desc(), conversations::id.desc()))
            };
            filtered!(query, filter)
        })?;
        let mut page = Page::from_surplus(rows, &slice);
        // The rows at the client's cursors may have been deleted, and everything beyond them too.
        if !page.has_previous
            && let Some(bound) = slice.after
        {
            let first = self.outermost_conversation(owner, filter, End::First).await?;
            page.has_previous = first.is_some_and(|first| first >= bound);
        }
        if !page.has_next
            && let Some(bound) = slice.before
        {
            let last = self.outermost_conversation(owner, filter, End::Last).await?;
            page.has_next = last.is_some_and(|last| last <= bound);
        }
        Ok(page)
    }

    /// Returns the sort key of the first or last conversation in the list.
    async fn outermost_conversation(
        &self,
        owner: Id,
        filter: ConversationFilter,
        end: End,
    ) -> Result<Option<(Instant, Id)>> {
        let (at, id) = (conversations::updated_at, conversations::id);
        Ok(match end {
            End::First => {
                read!(self, first, places!(owner, filter).order((at.desc(), id.desc()))).optional()?
            }
            End::Last => read!(self, first, places!(owner, filter).order((at.asc(), id.asc()))).optional()?,
        })
    }

    /// Counts the owner's conversations in a list.
    pub async fn count_conversations(&self, owner: Id, filter: ConversationFilter) -> Result<i64> {
        Ok(read!(self, get_result, {
            let own = conversations::table.filter(conversations::owner_id.eq(owner)).count().into_boxed();
            filtered!(own, filter)
        })?)
    }

    /// Updates one of the owner's conversations, its generation parameters and its marks one by one. Returns `None` if
    /// it does not exist. Fails with [`Error::TooManyPinned`] if the owner has too many pinned conversations.
    pub async fn update_conversation(
        &self,
        owner: Id,
        id: Id,
        columns: &ConversationChangeset,
        generation: &GenerationUpdate,
        marks: ConversationMarks,
        now: Instant,
    ) -> Result<Option<Conversation>> {
        transact!(self, async |conn| {
            let own = conversations::table.find(id).filter(conversations::owner_id.eq(owner));
            let (mut columns, mut new_generation) = (columns.clone(), None);
            if !generation.is_empty() || marks != ConversationMarks::default() {
                // Changes nothing, but locks the row, so that concurrent updates of other parameters are not lost.
                let locked: Option<Conversation> = diesel::update(own)
                    .set(conversations::message_count.eq(conversations::message_count))
                    .returning(Conversation::as_returning())
                    .get_result(conn)
                    .await
                    .optional()?;
                let Some(locked) = locked else { return Ok(None) };
                new_generation = Some(conversations::generation.eq(generation.apply(locked.generation)));
                columns.archived_at = marks.archived.map(|mark| marked_at(mark, locked.archived_at, now));
                columns.pinned_at = marks.pinned.map(|mark| marked_at(mark, locked.pinned_at, now));
            }
            let updated: Option<Conversation> = diesel::update(own)
                // The second assignment changes nothing, but an update without columns is invalid.
                .set((
                    &columns,
                    new_generation,
                    conversations::message_count.eq(conversations::message_count),
                ))
                .returning(Conversation::as_returning())
                .get_result(conn)
                .await
                .optional()?;
            if updated.is_some() {
                if let Some(title) = &columns.title {
                    conn.index(&SearchEntry::of_title(owner, id, title)).await?;
                }
                record!(conn, owner, now, [(ChangeKind::ConversationChanged, id, None)]);
                // Counted after `record!` has locked the user's feed, so that concurrent updates count each other.
                if marks.pinned == Some(true) {
                    let pinned = conversations::table
                        .filter(conversations::owner_id.eq(owner))
                        .filter(conversations::pinned_at.is_not_null());
                    let pinned: i64 = pinned.count().get_result(conn).await?;
                    if pinned > MAX_PINNED {
                        return Err(Error::TooManyPinned); // rolls the transaction back
                    }
                }
            }
            Ok(updated)
        })
    }

    /// Deletes one of the owner's conversations. The placeholder user owns it until [`Database::remove_deleted`]
    /// removes it. Returns its replies in progress, which must stop. `None` if it does not exist.
    pub async fn delete_conversation(&self, owner: Id, id: Id, now: Instant) -> Result<Option<Vec<Id>>> {
        transact!(self, async |conn| {
            // Lock order, as in sending and running: conversation, runs, messages, feed.
            let own = conversations::table.find(id).filter(conversations::owner_id.eq(owner));
            let locked =
                diesel::update(own).set(conversations::owner_id.eq(DELETED_OWNER)).execute(conn).await?;
            if locked == 0 {
                return Ok(None);
            }
            let runs = runs::table.filter(runs::conversation_id.eq(id));
            let stopped = diesel::delete(runs).returning(runs::message_id).get_results(conn).await?;
            record!(conn, owner, now, [(ChangeKind::ConversationDeleted, id, None)]);
            Ok(Some(stopped))
        })
    }
}
