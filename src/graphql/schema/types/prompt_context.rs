use async_graphql::SimpleObject;

/// The part of a conversation that a model was shown.
#[derive(SimpleObject)]
#[graphql(name = "Context")]
pub struct PromptContext {
    /// The number of messages in the prompt, without the system prompt.
    pub messages: i32,
    /// The number of earlier messages of the conversation that were left out, because the prompt would have been too
    /// long.
    pub left_out: i32,
    /// The number of tokens in the prompt.
    pub tokens: i32,
    /// Whether the number of tokens is estimated from the length of the prompt. It is, unless the provider reports the
    /// number at the end of the reply.
    pub estimated: bool,
}
