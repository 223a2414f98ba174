//! Changes: a numbered feed per user, of changes to their conversations.
//!
//! The transaction that makes a change also stores its entry. It numbers the entry under the lock of the user's row in
//! `feeds`, and holds that lock until it commits. So the numbers have no gaps, even after a rollback, and an entry
//! becomes visible only after all earlier ones. A client that has read up to a number has missed nothing. (Timestamps,
//! or numbers from a sequence, would let readers pass an entry whose transaction had not committed yet.)

use super::{
    ChangeKind, Database, Id, Instant, Result, read,
    schema::{changes, feeds},
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `changes`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = changes)]
pub struct Change {
    /// The owner of the conversation.
    pub user_id: Id,
    /// The number of the entry, counted from 1 for each user, without gaps.
    pub sequence: i64,
    /// The kind of the change, as instances of older versions know it. [`Change::kind`] is more precise.
    pub(super) kind: ChangeKind,
    /// The conversation. It may have been deleted since.
    pub conversation_id: Id,
    /// The message, if the change concerns one.
    pub message_id: Option<Id>,
    /// The time of the change. Old entries are removed by age.
    pub created_at: Instant,
    /// The kind, if it is newer than the constraint on the column `kind`.
    pub(super) precise_kind: Option<String>,
}

impl Change {
    /// Creates an entry.
    pub fn new(
        user_id: Id,
        sequence: i64,
        (kind, conversation_id, message_id): NewChange,
        at: Instant,
    ) -> Self {
        let permitted = kind.permitted(message_id.is_some());
        let precise_kind = (permitted != kind).then(|| kind.as_str().to_owned());
        Self { user_id, sequence, kind: permitted, conversation_id, message_id, created_at: at, precise_kind }
    }

    /// Returns the kind of the change. A kind that a newer version has added is reported as the closest older one.
    pub fn kind(&self) -> ChangeKind {
        let precise = self.precise_kind.as_deref().and_then(ChangeKind::parse);
        precise.unwrap_or(self.kind)
    }
}

/// A change without a number yet: its kind, the conversation, and the message if it concerns one.
pub type NewChange = (ChangeKind, Id, Option<Id>);

/// A part of a feed, with the length of the feed at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedExcerpt {
    /// The number of the latest entry, whether returned or not; 0 if there is none.
    pub last: i64,
    /// The entries, in order.
    pub changes: Vec<Change>,
}

/// Appends changes to the user's feed, in this order, at the end of a transaction. The transaction must not take
/// another lock afterwards, because other changes of this user wait until it ends.
macro_rules! record {
    ($conn:expr, $owner:expr, $now:expr, $changes:expr) => {{
        use $crate::store::schema::{changes, feeds};
        let new: &[$crate::store::changes::NewChange] = &$changes;
        let (owner, count) = ($owner, new.len() as i64);
        let last: i64 = ::diesel::insert_into(feeds::table)
            .values((feeds::user_id.eq(owner), feeds::last_sequence.eq(count)))
            .on_conflict(feeds::user_id)
            .do_update()
            .set(feeds::last_sequence.eq(feeds::last_sequence + count))
            .returning(feeds::last_sequence)
            .get_result($conn)
            .await?;
        for (sequence, &change) in (last - count + 1..).zip(new) {
            let entry = $crate::store::changes::Change::new(owner, sequence, change, $now);
            ::diesel::insert_into(changes::table).values(&entry).execute($conn).await?;
        }
    }};
}
pub(super) use record;

impl Database {
    /// Returns the entries of a user's feed after `sequence`, at most `count`.
    pub async fn changes_after(&self, user: Id, sequence: i64, count: i64) -> Result<FeedExcerpt> {
        // One statement, so that the length and the entries are consistent.
        let within = changes::sequence.gt(sequence).and(changes::sequence.le(sequence.saturating_add(count)));
        let later = changes::user_id.eq(user).and(within);
        let feed = feeds::table.left_join(changes::table.on(later)).filter(feeds::user_id.eq(user));
        let rows: Vec<(i64, Option<Change>)> = read!(self, load, {
            let columns = (feeds::last_sequence, Option::<Change>::as_select());
            feed.order(changes::sequence).select(columns)
        })?;
        let last = match rows[..] {
            [(last, _), ..] => last,
            [] => 0,
        };
        Ok(FeedExcerpt { last, changes: rows.into_iter().filter_map(|(_, change)| change).collect() })
    }

    /// Returns the number of the latest entry of each user's feed. Users without a feed are omitted.
    pub async fn last_changes(&self, users: &[Id]) -> Result<Vec<(Id, i64)>> {
        let named = feeds::table.filter(feeds::user_id.eq_any(users.to_vec()));
        Ok(read!(self, load, named.select((feeds::user_id, feeds::last_sequence)))?)
    }

    /// Deletes about `limit` entries from before a time, the oldest first, and returns their number. Entries with the
    /// same time are deleted together.
    pub async fn delete_changes_before(&self, moment: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let old = changes::table.filter(changes::created_at.lt(moment)).order(changes::created_at);
            let within: Option<Instant> =
                old.select(changes::created_at).offset(limit).first(conn).await.optional()?;
            // Includes all entries as old as the first one beyond the limit. Without such an entry, deletes all.
            let some = changes::table.filter(changes::created_at.lt(moment));
            Ok(match within {
                Some(age) => diesel::delete(some.filter(changes::created_at.le(age))).execute(conn).await?,
                None => diesel::delete(some).execute(conn).await?,
            })
        })
    }
}
