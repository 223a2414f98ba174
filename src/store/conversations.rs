//! Conversations, most recently updated first.

use super::{
    ChangeKind, Database, Id, Instant, Result,
    changes::record,
    paging::{End, Page, Slice},
    read,
    removal::DELETED_OWNER,
    schema::{conversations, runs},
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
        transact!(self, async |conn| {
            diesel::insert_into(conversations::table).values(conversation).execute(conn).await?;
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
            query
        })?;
        let mut page = Page::from_surplus(rows, &slice);
        // The rows at the client's cursors may have been deleted, and everything beyond them too.
        if !page.has_previous
            && let Some(bound) = slice.after
        {
            let first = self.outermost_conversation(owner, End::First).await?;
            page.has_previous = first.is_some_and(|first| first >= bound);
        }
        if !page.has_next
            && let Some(bound) = slice.before
        {
            let last = self.outermost_conversation(owner, End::Last).await?;
            page.has_next = last.is_some_and(|last| last <= bound);
        }
        Ok(page)
    }

    /// Returns the sort key of the first or last conversation in the list.
    async fn outermost_conversation(&self, owner: Id, end: End) -> Result<Option<(Instant, Id)>> {
        let places = conversations::table
            .filter(conversations::owner_id.eq(owner))
            .select((conversations::updated_at, conversations::id));
        let (at, id) = (conversations::updated_at, conversations::id);
        Ok(match end {
            End::First => read!(self, first, places.order((at.desc(), id.desc()))).optional()?,
            End::Last => read!(self, first, places.order((at.asc(), id.asc()))).optional()?,
        })
    }

    /// Counts the owner's conversations.
    pub async fn count_conversations(&self, owner: Id) -> Result<i64> {
        let own = conversations::table.filter(conversations::owner_id.eq(owner));
        Ok(read!(self, get_result, own.count())?)
    }

    /// Updates one of the owner's conversations, and its generation parameters one by one. Returns `None` if it does not
    /// exist.
    pub async fn update_conversation(
        &self,
        owner: Id,
        id: Id,
        columns: &ConversationChangeset,
        generation: &GenerationUpdate,
        now: Instant,
    ) -> Result<Option<Conversation>> {
        transact!(self, async |conn| {
            let own = conversations::table.find(id).filter(conversations::owner_id.eq(owner));
            let mut new_generation = None;
            if !generation.is_empty() {
                // Changes nothing, but locks the row, so that concurrent updates of other parameters are not lost.
                let locked: Option<Generation> = diesel::update(own)
                    .set(conversations::message_count.eq(conversations::message_count))
                    .returning(conversations::generation)
                    .get_result(conn)
                    .await
                    .optional()?;
                new_generation = locked.map(|locked| conversations::generation.eq(generation.apply(locked)));
            }
            let updated: Option<Conversation> = diesel::update(own)
                // The second assignment changes nothing, but an update without columns is invalid.
                .set((columns, new_generation, conversations::message_count.eq(conversations::message_count)))
                .returning(Conversation::as_returning())
                .get_result(conn)
                .await
                .optional()?;
            if updated.is_some() {
                record!(conn, owner, now, [(ChangeKind::ConversationChanged, id, None)]);
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
