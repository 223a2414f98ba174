//! What a model was shown of a conversation.

use diesel::{deserialize::FromSqlRow, expression::AsExpression, sql_types::Text};
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
