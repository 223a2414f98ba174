//! The connections to PostgreSQL, and which of them are usable.
//!
//! A broken connection must not fail the request that gets it. Checking each connection before use (`SELECT 1`) finds
//! broken ones, but doubles the round trips. A connection breaks in one of two ways, and only one of them needs a
//! check:
//!
//! - *The server closes it*: PostgreSQL restarts, is killed, or ends the session. The kernel reports that to this
//!   process immediately, and the task that reads from the connection ends. The pool detects that without a round trip.
//! - *It is never closed*: the host vanishes, or a firewall or load balancer drops the connection. Only a check detects
//!   that, so the pool sends one unless the server has responded within the last [`TRUSTED`].
//!
//! A query fails if it is running when the host vanishes, or if it starts within [`TRUSTED`] after the last response.
//! It is not retried, because a write may have been executed.

use bb8::ManageConnection;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{AsyncDieselConnectionManager, PoolError},
};
use std::time::Duration;
use tokio::time::Instant;

/// The time for which a connection is trusted after a response. So busy connections are not checked, and checks of
/// idle ones are cheap.
const TRUSTED: Duration = Duration::from_secs(1);

/// Creates the pool's connections and checks them.
pub struct ConnectionManager(AsyncDieselConnectionManager<AsyncPgConnection>);

/// A connection to PostgreSQL, with the state of its health.
pub struct Connection {
    /// The connection itself.
    pub conn: AsyncPgConnection,
    /// Whether it can be used without a check.
    pub trust: Trust,
}

/// The time of the server's last response. `None` while a response is pending, and after a query has failed.
pub struct Trust(Option<Instant>);

impl ConnectionManager {
    /// Creates a manager that delegates connecting and checking to `manager`.
    pub fn new(manager: AsyncDieselConnectionManager<AsyncPgConnection>) -> Self {
        Self(manager)
    }
}

impl ManageConnection for ConnectionManager {
    type Connection = Connection;
    type Error = PoolError;

    async fn connect(&self) -> Result<Connection, PoolError> {
        let conn = self.0.connect().await?;
        Ok(Connection { conn, trust: Trust(Some(Instant::now())) })
    }

    async fn is_valid(&self, Connection { conn, trust }: &mut Connection) -> Result<(), PoolError> {
        if self.0.has_broken(conn) {
            let why = Box::new("the server has closed the connection".to_owned());
            return Err(PoolError::QueryError(Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection,
                why,
            )));
        }
        if trust.holds() {
            return Ok(());
        }
        trust.renew_after(self.0.is_valid(conn)).await
    }

    fn has_broken(&self, Connection { conn, .. }: &mut Connection) -> bool {
        self.0.has_broken(conn)
    }
}

impl Trust {
    /// Waits for a response and, if it succeeds, trusts the connection again. Until then the connection is not
    /// trusted, because the waiting future may be dropped.
    pub async fn renew_after<T, E>(&mut self, answer: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.0 = None;
        let answer = answer.await?;
        self.0 = Some(Instant::now());
        Ok(answer)
    }

    fn holds(&self) -> bool {
        self.0.is_some_and(|answered| answered.elapsed() < TRUSTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::{pending, ready};
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_trusted_for_a_while_after_a_response() {
        let mut trust = Trust(None);
        assert!(!trust.holds());
        trust.renew_after(ready(Ok::<_, Error>(()))).await.unwrap();
        advance(TRUSTED - Duration::from_millis(1)).await;
        assert!(trust.holds());
        advance(Duration::from_millis(1)).await;
        assert!(!trust.holds());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_with_a_pending_or_failed_query_is_not_trusted() {
        let mut trust = Trust(Some(Instant::now()));
        assert!(trust.renew_after(pending::<Result<(), Error>>()).now_or_never().is_none());
        assert!(!trust.holds());
        let mut trust = Trust(Some(Instant::now()));
        assert!(trust.renew_after(ready(Err::<(), _>(Error::NotFound))).await.is_err());
        assert!(!trust.holds());
    }
}
