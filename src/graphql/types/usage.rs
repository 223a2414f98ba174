use async_graphql::SimpleObject;

/// The tokens that a reply took.
#[derive(SimpleObject)]
pub struct Usage {
    /// Tokens the model was shown.
    pub input_tokens: i32,
    /// Tokens the model wrote.
    pub output_tokens: i32,
    /// Whether they are an estimate from the length of the text: the provider told none, or the reply did not come to
    /// its end.
    pub estimated: bool,
}
