use async_graphql::SimpleObject;

/// The tokens that a reply used.
#[derive(SimpleObject)]
pub struct Usage {
    /// The number of tokens in the prompt.
    pub input_tokens: i32,
    /// The number of tokens that the model wrote, reasoning included.
    pub output_tokens: i32,
    /// The number of tokens that the model wrote as reasoning. `null` if the provider does not report it. Some models
    /// reason without showing it.
    pub reasoning_tokens: Option<i32>,
    /// The number of tokens of the prompt that the provider read from its cache. `null` if the provider does not report
    /// it.
    pub cached_tokens: Option<i32>,
    /// Whether the numbers are estimated from the length of the text, because the provider reported none or the reply
    /// was not completed.
    pub estimated: bool,
}
