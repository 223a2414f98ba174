//! Chores: work that is done now and then by one instance for all.

use super::{Database, Instant, Result, schema::chores, transact};
use diesel::{prelude::*, query_dsl::methods::FilterDsl};
use diesel_async::{AsyncConnection, RunQueryDsl};

impl Database {
    /// Takes a chore on if it is due, and makes it due again at `next`; false if it is not due. Of several instances
    /// that ask at once, one gets it. Should that one die, the chore comes to another at `next`.
    pub async fn claim_chore(&self, name: &str, now: Instant, next: Instant) -> Result<bool> {
        transact!(self, async |conn| {
            let moved = diesel::insert_into(chores::table)
                .values((chores::name.eq(name), chores::due_at.eq(next)))
                .on_conflict(chores::name)
                .do_update()
                .set(chores::due_at.eq(next))
                .filter(chores::due_at.le(now))
                .execute(conn)
                .await?;
            Ok(moved > 0)
        })
    }
}
