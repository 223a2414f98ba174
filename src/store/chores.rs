//! Chores: work that is done now and then by one instance for all.

use super::{Database, Instant, Result, schema::chores, transact};
use diesel::{prelude::*, query_dsl::methods::FilterDsl};
use diesel_async::{AsyncConnection, RunQueryDsl};

/// The row that is written to see whether the database can be written. It is nobody's chore.
const PROBE: &str = "readiness";

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

    /// Writes something, to see whether the database can be written.
    pub async fn try_to_write(&self, now: Instant) -> Result<()> {
        transact!(self, async |conn| {
            diesel::insert_into(chores::table)
                .values((chores::name.eq(PROBE), chores::due_at.eq(now)))
                .on_conflict(chores::name)
                .do_update()
                .set(chores::due_at.eq(now))
                .execute(conn)
                .await?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scratch;
    use diesel_async::SimpleAsyncConnection;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_that_only_reads_cannot_be_written() {
        let (_folder, store, user) = scratch::database().await;
        store.try_to_write(user.created_at).await.unwrap();
        let Database::Sqlite { writer, .. } = &store else { panic!("the scratch database is SQLite") };
        let set = async |statement: &str| writer.get().await.unwrap().batch_execute(statement).await.unwrap();
        set("PRAGMA query_only = ON").await;
        store.try_to_write(user.created_at).await.unwrap_err();
        store.ping().await.unwrap();
        set("PRAGMA query_only = OFF").await;
        store.try_to_write(user.created_at).await.unwrap();
    }
}
