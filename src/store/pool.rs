//! The connections to PostgreSQL, and which of them are fit for use.
//!
//! A connection that has died must not fail the request that gets it. To ask each connection before its use
//! (`SELECT 1`) finds the dead ones, but doubles the round trips. A connection dies in one of two ways, and only one of
//! them needs a question:
//!
//! - *The server closes it*: PostgreSQL restarts, is killed, or ends the session. The kernel tells this process at
//!   once, and the task that reads from the connection ends. The pool finds that without a round trip.
//! - *Nobody closes it*: the host vanishes, or a firewall or load balancer forgets the connection. Only a question
//!   finds that, so the pool asks, unless the server has answered within the last [`TRUSTED`].
//!
//! A query that is sent within [`TRUSTED`] before the host is found to be gone fails, as does one that is under way at
//! that moment. It is not tried again: nobody knows whether a write was done.

use bb8::ManageConnection;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{AsyncDieselConnectionManager, PoolError},
};
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection is trusted after an answer. A busy one is never asked; for an idle one the question is cheap.
const TRUSTED: Duration = Duration::from_secs(1);

/// Makes the pool's connections, and tells which are fit for use.
pub struct Connections(AsyncDieselConnectionManager<AsyncPgConnection>);

/// A connection to PostgreSQL, with what is known of its health.
pub struct Connection {
    /// The connection itself.
    pub conn: AsyncPgConnection,
    /// Whether it can be used without asking.
    pub trust: Trust,
}

/// When the server last answered; `None` while it owes an answer, and after a query has failed.
pub struct Trust(Option<Instant>);

impl Connections {
    /// Connections as `manager` makes and asks them.
    pub fn new(manager: AsyncDieselConnectionManager<AsyncPgConnection>) -> Self {
        Self(manager)
    }
}

impl ManageConnection for Connections {
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
        trust.renewed_by(self.0.is_valid(conn)).await
    }

    fn has_broken(&self, Connection { conn, .. }: &mut Connection) -> bool {
        self.0.has_broken(conn)
    }
}

impl Trust {
    /// Waits for an answer, and trusts the connection anew if there is one. Until then it is not trusted: whoever waits
    /// may be dropped.
    pub async fn renewed_by<T, E>(&mut self, answer: impl Future<Output = Result<T, E>>) -> Result<T, E> {
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
    async fn a_connection_is_trusted_for_a_while_after_an_answer() {
        let mut trust = Trust(None);
        assert!(!trust.holds());
        trust.renewed_by(ready(Ok::<_, Error>(()))).await.unwrap();
        advance(TRUSTED - Duration::from_millis(1)).await;
        assert!(trust.holds());
        advance(Duration::from_millis(1)).await;
        assert!(!trust.holds());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_owes_an_answer_or_has_failed_is_not_trusted() {
        let mut trust = Trust(Some(Instant::now()));
        assert!(trust.renewed_by(pending::<Result<(), Error>>()).now_or_never().is_none());
        assert!(!trust.holds());
        let mut trust = Trust(Some(Instant::now()));
        assert!(trust.renewed_by(ready(Err::<(), _>(Error::NotFound))).await.is_err());
        assert!(!trust.holds());
    }
}
