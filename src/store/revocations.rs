//! Revocations of sessions whose access tokens may be unexpired, and of personal access tokens with open connections.
//! Every instance must know them.

use super::{Database, Id, Instant, Result, read, schema::revocations, transact};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `revocations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = revocations)]
pub struct Revocation {
    /// The ID of the revoked session or personal access token.
    pub session_id: Id,
    /// When all of its access tokens have expired.
    pub expires_at: Instant,
}

/// The times of a revocation.
#[derive(Clone, Copy, Debug)]
pub struct RevocationTimes {
    /// The current time.
    pub at: Instant,
    /// When all access tokens of the session have expired, so that the revocation may be forgotten.
    pub until: Instant,
}

/// Inserts revocations of these keys, within the transaction that ends them.
macro_rules! revoke {
    ($conn:expr, $ids:expr, $ending:expr) => {{
        use $crate::store::{Id, revocations::RevocationTimes, schema::revocations};
        let (ids, RevocationTimes { at, until }): (&[Id], RevocationTimes) = ($ids, $ending);
        for id in ids {
            diesel::insert_into(revocations::table)
                .values((
                    revocations::session_id.eq(*id),
                    revocations::revoked_at.eq(at),
                    revocations::expires_at.eq(until),
                ))
                .on_conflict(revocations::session_id) // an older revocation that is not deleted yet
                .do_update()
                .set((revocations::revoked_at.eq(at), revocations::expires_at.eq(until)))
                .execute($conn)
                .await?;
        }
    }};
}
pub(super) use revoke;

impl Database {
    /// Returns the revocations since a time. A revocation stored later may have an earlier time, because it carries
    /// the start time of its transaction. So consecutive calls must overlap.
    pub async fn revocations_since(&self, moment: Instant) -> Result<Vec<Revocation>> {
        let later = revocations::table.filter(revocations::revoked_at.ge(moment));
        Ok(read!(self, load, later.select(Revocation::as_select()))?)
    }

    /// Deletes at most `limit` expired revocations, and returns their number.
    pub async fn delete_expired_revocations(&self, now: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let expired = revocations::table.filter(revocations::expires_at.le(now)).limit(limit);
            let ids: Vec<Id> = expired.select(revocations::session_id).load(conn).await?;
            let those = revocations::table.filter(revocations::session_id.eq_any(&ids));
            Ok(diesel::delete(those).execute(conn).await?)
        })
    }
}
