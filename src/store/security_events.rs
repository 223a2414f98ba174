//! Security events: what has happened to an account, for its owner to look through.

use super::{
    Database, Id, Instant, Result, SecurityEventKind,
    paging::{End, Page, Slice},
    read,
    schema::security_events,
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use std::time::Duration;

/// A row of `security_events`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = security_events)]
pub struct SecurityEvent {
    /// The key.
    pub id: Id,
    /// Whose account it concerns.
    pub user_id: Id,
    /// What has happened.
    pub kind: SecurityEventKind,
    /// When it happened.
    pub at: Instant,
    /// The network address it came from, if that is known.
    pub address: Option<String>,
    /// What the client calls itself, if it does.
    pub agent: Option<String>,
    /// What it was about, if there is more to tell: a token's name, an address before it was changed.
    pub detail: Option<String>,
}

/// Where an event stands in its user's list: newer ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub Instant, pub Id);

impl SecurityEvent {
    /// Where it stands in its user's list.
    pub fn place(&self) -> Place {
        Place(self.at, self.id)
    }
}

/// The most events of one kind that are kept of a day and an account; more of the same are dropped. So a flood of one
/// kind neither fills the table nor keeps another kind out. The schema tells it too.
pub const MOST_A_DAY: i64 = 200;
/// The time in which they are counted.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// Adds an event within a transaction, if there are not too many of its kind. Several at once may exceed the number by
/// as many: nothing is locked for it.
macro_rules! note {
    ($conn:expr, $event:expr) => {{
        use $crate::store::{
            schema::security_events,
            security_events::{DAY, MOST_A_DAY, SecurityEvent},
        };
        let event: &SecurityEvent = $event;
        let lately: i64 = security_events::table
            .filter(security_events::user_id.eq(event.user_id))
            .filter(security_events::at.gt(event.at - DAY))
            .filter(security_events::kind.eq(event.kind))
            .count()
            .get_result($conn)
            .await?;
        if lately < MOST_A_DAY {
            ::diesel::insert_into(security_events::table).values(event).execute($conn).await?;
        }
    }};
}
pub(super) use note;

/// Before which place in the list a row stands.
#[diesel::dsl::auto_type(no_type_alias)]
fn newer_than(at: Instant, id: Id) -> _ {
    security_events::at.gt(at).or(security_events::at.eq(at).and(security_events::id.gt(id)))
}

/// After which place in the list a row stands.
#[diesel::dsl::auto_type(no_type_alias)]
fn older_than(at: Instant, id: Id) -> _ {
    security_events::at.lt(at).or(security_events::at.eq(at).and(security_events::id.lt(id)))
}

impl Database {
    /// Adds an event, if there are not too many of its kind.
    pub async fn insert_security_event(&self, event: &SecurityEvent) -> Result<()> {
        transact!(self, async |conn| {
            note!(conn, event);
            Ok(())
        })
    }

    /// Returns those of the user's events that have one of these ids, in no order.
    pub async fn security_events(&self, user: Id, ids: &[Id]) -> Result<Vec<SecurityEvent>> {
        let own = security_events::table
            .filter(security_events::id.eq_any(ids.to_vec()))
            .filter(security_events::user_id.eq(user));
        Ok(read!(self, load, own.select(SecurityEvent::as_select()))?)
    }

    /// A part of a user's list.
    pub async fn security_events_page(&self, user: Id, slice: Slice<Place>) -> Result<Page<SecurityEvent>> {
        let rows = read!(self, load, {
            let mut query = security_events::table
                .filter(security_events::user_id.eq(user))
                .limit(i64::from(slice.limit) + 1)
                .select(SecurityEvent::as_select())
                .into_boxed();
            if let Some(Place(at, id)) = slice.after {
                query = query.filter(older_than(at, id));
            }
            if let Some(Place(at, id)) = slice.before {
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
        // What the client's cursors stand for may have been deleted, with all beyond it.
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

    /// The place of the first or last one in the list.
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

    /// Forgets some of the events from before a moment, at most `limit`; how many they were.
    pub async fn delete_security_events_before(&self, moment: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let old = security_events::table.filter(security_events::at.lt(moment)).limit(limit);
            let ids: Vec<Id> = old.select(security_events::id).load(conn).await?;
            let old = security_events::table.filter(security_events::id.eq_any(&ids));
            Ok(diesel::delete(old).execute(conn).await?)
        })
    }
}
