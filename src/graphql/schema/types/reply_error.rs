use async_graphql::SimpleObject;

/// The reason why a reply failed.
#[derive(SimpleObject)]
pub struct ReplyError {
    /// The error code. More codes may be added.
    ///
    /// - `PROVIDER_UNAVAILABLE`: The provider could not be reached, was overloaded, or broke the connection.
    /// - `PROVIDER_REJECTED`: The provider rejected the request.
    /// - `CONTEXT_TOO_LONG`: The conversation exceeds the context window of the model, even without its older half.
    /// - `EMPTY`: The model returned no visible text.
    /// - `TIMEOUT`: The provider sent nothing, or the model reasoned, for too long.
    /// - `INTERRUPTED`: Server instances stopped or crashed too often while they wrote the reply.
    /// - `INTERNAL`: The server failed.
    pub code: String,
    /// A message for people, in English.
    pub message: String,
    /// The error message of the provider, at most 500 bytes, with keys and tokens masked. Only a rejection has
    /// it: an HTTP status from 400 to 499, or such an error in the response. Otherwise it is `null`.
    pub details: Option<String>,
}
