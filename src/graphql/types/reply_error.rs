use async_graphql::SimpleObject;

/// Why a reply broke off.
#[derive(SimpleObject)]
pub struct ReplyError {
    /// PROVIDER_UNAVAILABLE: the provider could not be reached, was overloaded, or broke off. PROVIDER_REJECTED: it
    /// refused the request. TIMEOUT: it was silent for too long. INTERRUPTED: the server died too often meanwhile.
    /// INTERNAL: the server failed.
    pub code: String,
    /// The same for people, in English.
    pub message: String,
}
