//! Changes: for each user a numbered feed of what has happened to their conversations.
//!
//! An entry is stored by the transaction that makes the change, which numbers it under the lock of the user's row in
//! `feeds`, kept until it commits. So the numbers have no gap, whatever is rolled back, and an entry becomes visible
//! only after every one before it: who has read up to a number has missed nothing. (A time, or a number drawn from a
//! sequence, would be passed by readers while its transaction had yet to commit.)

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
    /// Whose conversation it concerns.
    pub user_id: Id,
    /// Counted from 1 for each user, without a gap.
    pub sequence: i64,
    /// What has happened.
    pub kind: ChangeKind,
    /// The conversation. By now it may be gone.
    pub conversation_id: Id,
    /// The message, if it is about one.
    pub message_id: Option<Id>,
    /// When it happened: old entries are removed by age.
    pub created_at: Instant,
}

/// What has happened, before it has a number: the conversation, and the message if it is about one.
pub(super) type News = (ChangeKind, Id, Option<Id>);

/// A part of a feed, and how long the feed was at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the latest entry, read or not; 0 before the first.
    pub last: i64,
    /// Entries in order.
    pub changes: Vec<Change>,
}

/// Ends a transaction: adds what has happened to the user's feed, in this order, by one step of its row. Nothing may
/// be locked after it, for whoever else changes something of this user waits until the transaction has ended.
macro_rules! record {
    ($conn:expr, $owner:expr, $now:expr, $news:expr) => {{
        use $crate::store::schema::{changes, feeds};
        let news: &[$crate::store::changes::News] = &$news;
        let (owner, count) = ($owner, news.len() as i64);
        let last: i64 = ::diesel::insert_into(feeds::table)
            .values((feeds::user_id.eq(owner), feeds::last_sequence.eq(count)))
            .on_conflict(feeds::user_id)
            .do_update()
            .set(feeds::last_sequence.eq(feeds::last_sequence + count))
            .returning(feeds::last_sequence)
            .get_result($conn)
            .await?;
        for (sequence, &(kind, conversation_id, message_id)) in (last - count + 1..).zip(news) {
            let entry = $crate::store::changes::Change {
                user_id: owner,
                sequence,
                kind,
                conversation_id,
                message_id,
                created_at: $now,
            };
            ::diesel::insert_into(changes::table).values(&entry).execute($conn).await?;
        }
    }};
}
pub(super) use record;

impl Database {
    /// The entries of a user's feed after a number, and at most so far on.
    pub async fn changes_after(&self, user: Id, sequence: i64, count: i64) -> Result<Excerpt> {
        // One statement, so that the end and the entries are of one moment.
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
        Ok(Excerpt { last, changes: rows.into_iter().filter_map(|(_, change)| change).collect() })
    }

    /// The number of the latest entry of each user's feed; those that have none are left out.
    pub async fn last_changes(&self, users: &[Id]) -> Result<Vec<(Id, i64)>> {
        let named = feeds::table.filter(feeds::user_id.eq_any(users.to_vec()));
        Ok(read!(self, load, named.select((feeds::user_id, feeds::last_sequence)))?)
    }

    /// Forgets some of the entries from before a moment, the oldest first: about `limit`, so that none of an age is
    /// left; how many they were.
    pub async fn delete_changes_before(&self, moment: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let old = changes::table.filter(changes::created_at.lt(moment)).order(changes::created_at);
            let within: Option<Instant> =
                old.select(changes::created_at).offset(limit).first(conn).await.optional()?;
            // As old as the first one beyond the limit, or all.
            let some = changes::table.filter(changes::created_at.lt(moment));
            Ok(match within {
                Some(age) => diesel::delete(some.filter(changes::created_at.le(age))).execute(conn).await?,
                None => diesel::delete(some).execute(conn).await?,
            })
        })
    }
}
