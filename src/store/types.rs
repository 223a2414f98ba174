//! The column types that the two databases spell differently, and the words we keep in text columns.
//!
//! Each is one SQL type with a mapping for either database, so that one `table!` and one query text serve both.

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue, data_types::PgTimestamp},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Binary, Text, Timestamptz, Uuid as PgUuid},
    sqlite::Sqlite,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// The SQL side: what `schema.rs` names.
pub mod sql {
    use diesel::{query_builder::QueryId, sql_types::SqlType};

    /// `uuid` on PostgreSQL, its 16 bytes as `blob` on SQLite.
    #[derive(Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
    pub struct Id;

    /// `timestamptz` on PostgreSQL, microseconds since 1970 as `integer` on SQLite.
    #[derive(Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
    pub struct Instant;
}

/// The key of a row: a version 7 UUID (RFC 9562), so later rows have greater keys.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, Serialize, Deserialize,
)]
#[diesel(sql_type = sql::Id)]
pub struct Id(pub Uuid);

impl Id {
    /// A key that no row has yet.
    #[expect(clippy::new_without_default, reason = "each is another one: there is no default key")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A moment, in microseconds since 1970 (UTC): as finely as PostgreSQL keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Instant)]
pub struct Instant(pub i64);

/// Where PostgreSQL starts to count: 2000-01-01T00:00:00Z.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// The last moment there is: 9999-12-31T23:59:59.999999Z.
pub const LATEST: i64 = 253_402_300_799_999_999;

impl Instant {
    /// Whole seconds since 1970, as JSON Web Tokens count.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment so many seconds after 1970 began.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// What a client says was a moment: from 1970 to the year 9999, which both databases and RFC 3339 hold.
    pub fn told(micros: i64) -> Option<Self> {
        (0..=LATEST).contains(&micros).then_some(Self(micros))
    }

    /// As RFC 3339 writes it, with microseconds: `2026-11-22T17:00:00.000000Z`.
    pub fn to_rfc3339(self) -> String {
        DateTime::<Utc>::from_timestamp_micros(self.0)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl std::ops::Add<Duration> for Instant {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(later.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(earlier.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl ToSql<sql::Id, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<PgUuid, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<sql::Id, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<PgUuid, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<sql::Id, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        <[u8] as ToSql<Binary, Sqlite>>::to_sql(self.0.as_bytes(), out)
    }
}

impl FromSql<sql::Id, Sqlite> for Id {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<sql::Instant, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&PgTimestamp(self.0 - POSTGRES_EPOCH), &mut out.reborrow())
    }
}

impl FromSql<sql::Instant, Pg> for Instant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(micros) = FromSql::<Timestamptz, Pg>::from_sql(value)?;
        Ok(Self(micros + POSTGRES_EPOCH))
    }
}

impl ToSql<sql::Instant, Sqlite> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Instant, Sqlite> for Instant {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<BigInt, Sqlite>::from_sql(value).map(Self)
    }
}

/// An enum that is a word in a text column.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
        #[diesel(sql_type = Text)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// The word it is stored as.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            fn from_word(word: &str) -> deserialize::Result<Self> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("`{other}` is no {}", stringify!($name)).into()),
                }
            }
        }

        impl<DB: Backend> ToSql<Text, DB> for $name
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.as_str().to_sql(out)
            }
        }

        // Once for each database: `FromSql` lends no `&str`, and a `String` would be allocated for each row.
        impl FromSql<Text, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Self::from_word(std::str::from_utf8(value.as_bytes())?)
            }
        }

        impl FromSql<Text, Sqlite> for $name {
            fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Self::from_word(value.read_text())
            }
        }
    };
}

words! {
    /// Who a message is from.
    Role {
        /// The person.
        User = "USER",
        /// The model.
        Assistant = "ASSISTANT",
        /// The instructions of the conversation.
        System = "SYSTEM",
    }
}

words! {
    /// How far a message has come. What a user says is completed from the first.
    MessageStatus {
        /// It waits for its turn, or for the first token.
        Pending = "PENDING",
        /// Some of it has been said.
        Streaming = "STREAMING",
        /// All of it has been said.
        Completed = "COMPLETED",
        /// The user stopped it: its content is what had been said.
        Stopped = "STOPPED",
        /// It broke off: its content is what had been said, its error tells why.
        Failed = "FAILED",
    }
}

impl MessageStatus {
    /// Whether nothing will be added any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::Failed)
    }
}

words! {
    /// Why a model stopped where it did.
    FinishReason {
        /// It had said all it wanted.
        Stop = "STOP",
        /// It reached the limit on the length of an answer.
        Length = "LENGTH",
        /// The provider withheld the rest.
        ContentFilter = "CONTENT_FILTER",
    }
}

words! {
    /// What has happened to a user's conversations.
    ChangeKind {
        /// A conversation was started.
        ConversationCreated = "CONVERSATION_CREATED",
        /// Its title, instructions or model were changed.
        ConversationChanged = "CONVERSATION_CHANGED",
        /// It was deleted, with all its messages.
        ConversationDeleted = "CONVERSATION_DELETED",
        /// A message or the empty reply to it was stored.
        MessageAdded = "MESSAGE_ADDED",
        /// A reply is completed, stopped or failed.
        ReplyEnded = "REPLY_ENDED",
    }
}

words! {
    /// What has happened to an account.
    SecurityEventKind {
        /// The account was made.
        Registered = "REGISTERED",
        /// A session was opened with the password.
        SignedIn = "SIGNED_IN",
        /// Somebody tried to sign in with a wrong password.
        SignInFailed = "SIGN_IN_FAILED",
        /// A session was ended with its refresh token.
        SignedOut = "SIGNED_OUT",
        /// The password, asked for again within a session, was wrong.
        PasswordRefused = "PASSWORD_REFUSED",
        /// Another password was chosen.
        PasswordChanged = "PASSWORD_CHANGED",
        /// Another e-mail address was given.
        EmailChanged = "EMAIL_CHANGED",
        /// A personal access token was made.
        TokenCreated = "TOKEN_CREATED",
        /// A personal access token was deleted.
        TokenDeleted = "TOKEN_DELETED",
        /// A session was ended by another one.
        SessionRevoked = "SESSION_REVOKED",
        /// A refresh token was presented that had been used before.
        RefreshTokenReused = "REFRESH_TOKEN_REUSED",
        /// Everything there is of the user was downloaded.
        DataExported = "DATA_EXPORTED",
        /// An account was deleted; nothing tells whose it was.
        AccountDeleted = "ACCOUNT_DELETED",
    }
}
