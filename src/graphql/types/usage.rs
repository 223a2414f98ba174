use async_graphql::SimpleObject;

/// The tokens that a reply took.
#[derive(SimpleObject)]
pub struct Usage {
    /// Tokens the model was shown.
    pub input_tokens: i32,
    /// Tokens the model wrote.
    pub output_tokens: i32,
}
