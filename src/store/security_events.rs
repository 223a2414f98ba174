//! Security events: a log of what has happened to an account, for its owner.

use super::{
    Database, Id, Instant, Result, SecurityEventKind,
    paging::{End, Page, Slice},
    read,
    schema::security_events,
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::Serialize;
use std::time::Duration;

/// A row of `security_events`. The export serialises it, without the owner.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Identifiable, Insertable, Serialize)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = security_events)]
#[serde(rename_all = "camelCase")]
pub struct SecurityEvent {
    /// The key.
    pub id: Id,
    /// The user whose account it concerns.
    #[serde(skip)]
    pub user_id: Id,
    /// The kind of the event.
    pub kind: SecurityEventKind,
    /// The time of the event.
    pub at: Instant,
    /// The network address of the request, if known.
    pub address: Option<String>,
    /// The client's description of itself, if it sends one.
    pub agent: Option<String>,
    /// Further details, such as a token's name, or the e-mail address before a change.
    pub detail: Option<String>,
}

/// The sort key of an event in its user's list, in descending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSortKey(pub Instant, pub Id);

impl SecurityEvent {
    /// Returns the sort key in the user's list.
    pub fn sort_key(&self) -> EventSortKey {
        EventSortKey(self.at, self.id)
    }
}

/// The maximum number of events of one kind, per account and day. Further ones are dropped, so a flood of one kind
/// neither fills the table nor displaces other kinds. The schema states this limit too.
pub const MAX_PER_DAY: i64 = 200;
/// The period in which events are counted.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// Inserts an event within a transaction, unless the maximum of its kind is reached. Nothing is locked, so concurrent
/// inserts may exceed the maximum by their number.
macro_rules! insert_event {
    ($conn:expr, $event:expr) => {{
        use $crate::store::{
            schema::security_events,
            security_events::{DAY, MAX_PER_DAY, SecurityEvent},
        };
        let event: &SecurityEvent = $event;
        let recent: i64 = security_events::table
            .filter(security_events::user_id.eq(event.user_id))
            .filter(security_events::at.gt(event.at - DAY))
            .filter(security_events::kind.eq(event.kind))
            .count()
            .get_result($conn)
            .await?;
        if recent < MAX_PER_DAY {
            ::diesel::insert_into(security_events::table).values(event).execute($conn).await?;
        }
    }};
}
pub(super) use insert_event;

/// Matches the rows before a position in the list.
#[diesel::dsl::auto_type(no_type_alias)]
fn newer_than(at: Instant, id: Id) -> _ {
    security_events::at.gt(at).or(security_events::at.eq(at).and(security_events::id.gt(id)))
}

/// Matches the rows after a position in the list.
#[diesel::dsl::auto_type(no_type_alias)]
fn older_than(at: Instant, id: Id) -> _ {
    security_events::at.lt(at).or(security_events::at.eq(at).and(security_events::id.lt(id)))
}

impl Database {
    /// Inserts an event, unless the maximum of its kind is reached.
    pub async fn insert_security_event(&self, event: &SecurityEvent) -> Result<()> {
        transact!(self, async |conn| {
            insert_event!(conn, event);
            Ok(())
        })
    }

    /// Returns the user's events among these IDs, in no particular order.
    pub async fn security_events(&self, user: Id, ids: &[Id]) -> Result<Vec<SecurityEvent>> {
        let own = security_events::table
            .filter(security_events::id.eq_any(ids.to_vec()))
            .filter(security_events::user_id.eq(user));
        Ok(read!(self, load, own.select(SecurityEvent::as_select()))?)
    }

    /// Returns a page of a user's list.
    pub async fn security_events_page(
        &self,
        user: Id,
        slice: Slice<EventSortKey>,
    ) -> Result<Page<SecurityEvent>> {
        let rows = read!(self, load, {
            let mut query = security_events::table
                .filter(security_events::user_id.eq(user))
                .limit(i64::from(slice.limit) + 1)
                .select(SecurityEvent::as_select())
                .into_boxed();
            if let Some(EventSortKey(at, id)) = slice.after {
                query = query.filter(older_than(at, id));
            }
            if let Some(EventSortKey(at, id)) = slice.before {
                query = query.filter(newer_than(at, id));
            }
            query = if slice.from_end {
                query.order((security_events::at.asc(), security_events::id.asc()))
            } else {
                query.order((security_events::at.desc(), security_events::id.desc()))
            };
            query
        })?;
        let mut page = Page::from_surplus(rows, &slice);
        // The rows at the client's cursors may have been deleted, and everything beyond them too.
        if !page.has_previous
            && let Some(bound) = slice.after
        {
            let first = self.outermost_event(user, End::First).await?;
            page.has_previous = first.is_some_and(|first| first >= (bound.0, bound.1));
        }
        if !page.has_next
            && let Some(bound) = slice.before
        {
            let last = self.outermost_event(user, End::Last).await?;
            page.has_next = last.is_some_and(|last| last <= (bound.0, bound.1));
        }
        Ok(page)
    }

    /// Returns the sort key of the first or last event in the list.
    async fn outermost_event(&self, user: Id, end: End) -> Result<Option<(Instant, Id)>> {
        let places = security_events::table
            .filter(security_events::user_id.eq(user))
            .select((security_events::at, security_events::id));
        let (at, id) = (security_events::at, security_events::id);
        Ok(match end {
            End::First => read!(self, first, places.order((at.desc(), id.desc()))).optional()?,
            End::Last => read!(self, first, places.order((at.asc(), id.asc()))).optional()?,
        })
    }

    /// Deletes at most `limit` events from before a time, and returns their number.
    pub async fn delete_security_events_before(&self, moment: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let old = security_events::table.filter(security_events::at.lt(moment)).limit(limit);
            let ids: Vec<Id> = old.select(security_events::id).load(conn).await?;
            let old = security_events::table.filter(security_events::id.eq_any(&ids));
            Ok(diesel::delete(old).execute(conn).await?)
        })
    }
}
