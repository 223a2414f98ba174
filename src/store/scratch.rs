//! A database for unit tests, with sample rows.

use super::{
    Database, Id, Instant, Result, Statements,
    conversations::Conversation,
    messages::Message,
    schema::messages,
    sessions::Session,
    transact,
    users::{Proof, User},
};
use crate::clock::Clock;
use diesel_async::{AsyncConnection, RunQueryDsl};
use tempfile::TempDir;

/// Creates a database in a temporary folder, with one user. Dropping the folder removes it.
pub async fn database() -> (TempDir, Database, User) {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let store = Database::connect(&url, &Statements::default()).await.expect("the database can be opened");
    store.migrate().await.expect("the database can be migrated");
    let user = User {
        id: Id::new(),
        email: Some("ada@example.com".into()),
        email_key: "ada@example.com".into(),
        name: "Ada".into(),
        password_hash: None,
        created_at: Clock::default().now(),
    };
    store.insert_user(&user).await.expect("the database is writable").expect("the address is unused");
    (folder, store, user)
}

/// Returns an empty conversation that is not stored yet.
pub fn conversation(owner: &User, at: Instant) -> Conversation {
    Conversation::new(owner.id, "New conversation".into(), at)
}

impl Database {
    /// Stores messages without updating the conversation's count.
    pub async fn insert_messages(&self, messages: &[Message]) -> Result<()> {
        transact!(self, async |conn| {
            for message in messages {
                diesel::insert_into(messages::table).values(message).execute(conn).await?;
            }
            Ok(())
        })
    }
}

/// Returns a new session that is not stored yet.
pub fn session(user: &User) -> Session {
    let now = user.created_at;
    Session {
        id: Id::new(),
        user_id: user.id,
        generation: 0,
        created_at: now,
        refreshed_at: now,
        expires_at: now + std::time::Duration::from_secs(3600),
        last_seen_at: now,
        address: None,
        agent: None,
        authenticated_at: None,
    }
}

/// Returns the proof that the user has shown the password.
pub fn proof(user: &User) -> Proof {
    Proof { user: user.id, password_hash: user.password_hash.clone(), session: None }
}
