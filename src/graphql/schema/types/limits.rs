use async_graphql::SimpleObject;

/// The limits of this server that its operator can change.
#[derive(SimpleObject)]
pub struct Limits {
    /// The maximum number of characters (Unicode scalar values) in `SendMessageInput.content`.
    pub content_length: i32,
}
