//! Maintenance jobs that one instance at a time runs for all.
//!
//! Their table is named `chores`. A rolling upgrade could not rename it, because old instances still use that name.

use super::{Database, Instant, Result, schema::chores, transact};
use diesel::{prelude::*, query_dsl::methods::FilterDsl};
use diesel_async::{AsyncConnection, RunQueryDsl};

/// The key of the row that is written to test whether the database is writable. It is not a job.
const PROBE: &str = "readiness";

impl Database {
    /// Claims a job that is due, and makes it due again at `next`. Returns false if it is not due. Only one of several
    /// instances gets the job. If that instance dies, another one gets the job at `next`.
    pub async fn claim_job(&self, name: &str, now: Instant, next: Instant) -> Result<bool> {
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

    /// Makes a claimed job due at `next` instead. The instance that runs it calls this to keep or to return it.
    pub async fn postpone_job(&self, name: &str, next: Instant) -> Result<()> {
        transact!(self, async |conn| {
            diesel::update(chores::table.find(name)).set(chores::due_at.eq(next)).execute(conn).await?;
            Ok(())
        })
    }

    /// Writes a row, to test whether the database is writable.
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
    async fn a_read_only_database_is_not_writable() {
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
