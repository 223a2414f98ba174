//! What a model was shown of a conversation.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::Text,
    sqlite::Sqlite,
};
use serde::{Deserialize, Serialize};

/// The size of a prompt, and what it lacks of the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "camelCase", default)]
pub struct PromptContext {
    /// The number of messages in the prompt, without the system prompt.
    pub messages: i32,
    /// The number of earlier messages of the conversation that did not fit into the prompt.
    pub left_out: i32,
    /// The number of tokens of the prompt, estimated from its length.
    pub tokens: i32,
}

// Stored as JSON text: a new field needs no new column.
impl ToSql<Text, Pg> for PromptContext {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        serde_json::to_writer(out, self)?;
        Ok(IsNull::No)
    }
}

impl ToSql<Text, Sqlite> for PromptContext {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(self)?);
        Ok(IsNull::No)
    }
}

impl FromSql<Text, Pg> for PromptContext {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(serde_json::from_slice(value.as_bytes())?)
    }
}

impl FromSql<Text, Sqlite> for PromptContext {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(serde_json::from_str(value.read_text())?)
    }
}
