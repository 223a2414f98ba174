//! Revocations: the sessions that were ended while an access token of theirs may have been good, and the personal access
//! tokens that were deleted while a socket may live by them. Every instance must come to know.

use super::{Database, Id, Instant, Result, read, schema::revocations, transact};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `revocations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = revocations)]
pub struct Revocation {
    /// The session or personal access token, which is no more.
    pub session_id: Id,
    /// From when none of its access tokens can be good.
    pub expires_at: Instant,
}

/// When sessions are ended, and until when that must be known.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Now.
    pub at: Instant,
    /// From when none of their access tokens can be good.
    pub until: Instant,
}

/// Tells all instances that these are no more, within the transaction that ends them.
macro_rules! revoke {
    ($conn:expr, $ids:expr, $ending:expr) => {{
        use $crate::store::{Id, revocations::Ending, schema::revocations};
        let (ids, Ending { at, until }): (&[Id], Ending) = ($ids, $ending);
        for id in ids {
            diesel::insert_into(revocations::table)
                .values((
                    revocations::session_id.eq(*id),
                    revocations::revoked_at.eq(at),
                    revocations::expires_at.eq(until),
                ))
                .on_conflict(revocations::session_id) // one that is over, and not yet removed
                .do_update()
                .set((revocations::revoked_at.eq(at), revocations::expires_at.eq(until)))
                .execute($conn)
                .await?;
        }
    }};
}
pub(super) use revoke;

impl Database {
    /// What was revoked from a moment on. One that is stored later may bear an earlier time, that of its
    /// transaction's beginning: whoever looks again looks back further than to the last look.
    pub async fn revocations_since(&self, moment: Instant) -> Result<Vec<Revocation>> {
        let later = revocations::table.filter(revocations::revoked_at.ge(moment));
        Ok(read!(self, load, later.select(Revocation::as_select()))?)
    }

    /// Forgets some of those that concern no access token any more, at most `limit`; how many they were.
    pub async fn delete_expired_revocations(&self, now: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let expired = revocations::table.filter(revocations::expires_at.le(now)).limit(limit);
            let ids: Vec<Id> = expired.select(revocations::session_id).load(conn).await?;
            let those = revocations::table.filter(revocations::session_id.eq_any(&ids));
            Ok(diesel::delete(those).execute(conn).await?)
        })
    }
}
