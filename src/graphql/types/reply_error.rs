use async_graphql::SimpleObject;

/// Why a reply broke off.
#[derive(SimpleObject)]
pub struct ReplyError {
    /// PROVIDER_UNAVAILABLE: the provider could not be reached, was overloaded, or broke off. PROVIDER_REJECTED: it
    /// refused the request. CONTEXT_TOO_LONG: the conversation has more tokens than the model takes, even without its older
    /// half. EMPTY: the model gave no text. TIMEOUT: the provider was silent for too long, or the model thought for too
    /// long. INTERRUPTED: the server died too often meanwhile. INTERNAL: the server failed. Expect further codes.
    pub code: String,
    /// The same for people, in English.
    pub message: String,
    /// The provider's own words, at most 500 bytes, with keys and tokens masked. `null` unless the provider refused the
    /// request (with an HTTP status of 400 to 499, or with an error of that kind within its answer) and said why.
    pub details: Option<String>,
}
