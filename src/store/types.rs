//! The column types that differ between the two databases, and the enums that are stored as text.
//!
//! Each type is one SQL type with a mapping for either database, so that one `table!` and one query serve both.

use crate::{generation::Generation, prompt_context::PromptContext};
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
use serde::{Deserialize, Serialize, Serializer};
use std::time::Duration;
use uuid::Uuid;

/// The SQL types that `schema.rs` refers to.
pub mod sql {
    use diesel::{query_builder::QueryId, sql_types::SqlType};

    /// A UUID: `uuid` on PostgreSQL, 16 bytes as `blob` on SQLite.
    #[derive(Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
    pub struct Id;

    /// A time: `timestamptz` on PostgreSQL, microseconds since 1970 as `integer` on SQLite.
    #[derive(Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
    pub struct Instant;
}

/// The key of a row: a version 7 UUID (RFC 9562), so newer rows have greater keys.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, Serialize, Deserialize,
)]
#[diesel(sql_type = sql::Id)]
pub struct Id(pub Uuid);

impl Id {
    /// Generates a new key.
    #[expect(clippy::new_without_default, reason = "each call returns another key, so no default exists")]
    #[expect(clippy::disallowed_methods, reason = "the source of all keys")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A time, in microseconds since 1970 (UTC), which is the precision of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Instant)]
pub struct Instant(pub i64);

/// The epoch of PostgreSQL's timestamps: 2000-01-01T00:00:00Z.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// The last representable time: 9999-12-31T23:59:59.999999Z.
pub const MAX_MICROS: i64 = 253_402_300_799_999_999;

impl Instant {
    /// Whole seconds since 1970, the unit of JSON Web Tokens.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time this many seconds after 1970 began.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Checks a time from a client. The valid range, from 1970 to the year 9999, fits both databases and RFC 3339.
    pub fn from_client_micros(micros: i64) -> Option<Self> {
        (0..=MAX_MICROS).contains(&micros).then_some(Self(micros))
    }

    /// Formats the time by RFC 3339, with microseconds: `2026-11-22T17:00:00.000000Z`.
    pub fn to_rfc3339(self) -> String {
        DateTime::<Utc>::from_timestamp_micros(self.0)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339())
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

/// Stores a type as JSON text, so that a new field needs no new column.
macro_rules! json_text {
    ($name:ty) => {
        impl ToSql<Text, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                serde_json::to_writer(out, self)?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<Text, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(serde_json::to_string(self)?);
                Ok(IsNull::No)
            }
        }

        impl FromSql<Text, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok(serde_json::from_slice(value.as_bytes())?)
            }
        }

        impl FromSql<Text, Sqlite> for $name {
            fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(serde_json::from_str(value.read_text())?)
            }
        }
    };
}
json_text!(Generation);
json_text!(PromptContext);

/// Defines an enum that is stored as text.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
        #[diesel(sql_type = Text)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// The stored text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Parses the stored text.
            pub fn parse(text: &str) -> Option<Self> {
                Self::from_text(text).ok()
            }

            fn from_text(text: &str) -> deserialize::Result<Self> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("`{other}` is not a valid {}", stringify!($name)).into()),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
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

        // Implemented per database, because the generic `FromSql` would allocate a `String` for each row.
        impl FromSql<Text, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Self::from_text(std::str::from_utf8(value.as_bytes())?)
            }
        }

        impl FromSql<Text, Sqlite> for $name {
            fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Self::from_text(value.read_text())
            }
        }
    };
}

text_enum! {
    /// The author of a message.
    Role {
        /// The user.
        User = "USER",
        /// The model.
        Assistant = "ASSISTANT",
        /// The conversation's instructions.
        System = "SYSTEM",
    }
}

text_enum! {
    /// The status of a message. A user's message is always completed.
    MessageStatus {
        /// The reply waits for its turn, or for the first token.
        Pending = "PENDING",
        /// The reply has some text.
        Streaming = "STREAMING",
        /// The text is complete.
        Completed = "COMPLETED",
        /// The user stopped the reply. Its content is the text so far.
        Stopped = "STOPPED",
        /// The reply failed. Its content is the text so far, and its error states the reason.
        Failed = "FAILED",
    }
}

impl MessageStatus {
    /// Returns whether the message no longer changes.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::Failed)
    }
}

text_enum! {
    /// The reason why a model stopped.
    FinishReason {
        /// The reply is complete.
        Stop = "STOP",
        /// The reply reached the maximum length.
        Length = "LENGTH",
        /// The provider's content filter withheld the rest.
        ContentFilter = "CONTENT_FILTER",
    }
}

text_enum! {
    /// The kind of a change to a user's conversations.
    ChangeKind {
        /// A conversation was started.
        ConversationCreated = "CONVERSATION_CREATED",
        /// A conversation changed, but not its messages: its title or model, for example, or whether it is archived.
        ConversationChanged = "CONVERSATION_CHANGED",
        /// A conversation was deleted, with all its messages.
        ConversationDeleted = "CONVERSATION_DELETED",
        /// A message, or the empty reply to it, was stored.
        MessageAdded = "MESSAGE_ADDED",
        /// A reply completed, stopped or failed.
        ReplyEnded = "REPLY_ENDED",
        /// Another branch of a conversation became active. The message is the last one that both branches have.
        BranchSwitched = "BRANCH_SWITCHED",
        /// The rating of a reply changed.
        MessageChanged = "MESSAGE_CHANGED",
    }
}

impl ChangeKind {
    /// Returns the kind that the database permits in the column `kind`: for a newer kind, the closest older one with or
    /// without a message. Instances of an older version read this column.
    pub(super) fn permitted(self, has_message: bool) -> Self {
        match self {
            Self::MessageChanged => Self::ReplyEnded,
            Self::BranchSwitched if has_message => Self::ReplyEnded,
            Self::BranchSwitched => Self::ConversationChanged,
            kind => kind,
        }
    }
}

text_enum! {
    /// The user's rating of a reply.
    Rating {
        /// A positive rating.
        Good = "GOOD",
        /// A negative rating.
        Bad = "BAD",
    }
}

text_enum! {
    /// The kind of a security event.
    SecurityEventKind {
        /// The account was created.
        Registered = "REGISTERED",
        /// A session was opened with the password.
        SignedIn = "SIGNED_IN",
        /// A sign-in failed because of a wrong password.
        SignInFailed = "SIGN_IN_FAILED",
        /// A session was revoked with its refresh token.
        SignedOut = "SIGNED_OUT",
        /// A wrong password was given to confirm an operation within a session.
        PasswordRefused = "PASSWORD_REFUSED",
        /// The password was changed.
        PasswordChanged = "PASSWORD_CHANGED",
        /// The e-mail address was changed.
        EmailChanged = "EMAIL_CHANGED",
        /// A personal access token was created.
        TokenCreated = "TOKEN_CREATED",
        /// A personal access token was deleted.
        TokenDeleted = "TOKEN_DELETED",
        /// A session was revoked from another session.
        SessionRevoked = "SESSION_REVOKED",
        /// A used refresh token was presented.
        RefreshTokenReused = "REFRESH_TOKEN_REUSED",
        /// All data of the user was downloaded.
        DataExported = "DATA_EXPORTED",
        /// An account was deleted. The event does not identify it.
        AccountDeleted = "ACCOUNT_DELETED",
    }
}
