use crate::assistant::catalog;
use async_graphql::{Description, ID, Object};

/// A model that can write replies.
#[derive(Description)]
pub struct Model(pub catalog::Model);

#[Object(use_type_description)]
impl Model {
    /// The ID of the model, for the `model` of a message or conversation. It is not a global ID.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// The name of the provider in the settings of the server, such as `builtin` or `openai`.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Whether this is the default model, which replies in conversations that name no model.
    async fn is_default(&self) -> bool {
        self.0.is_default
    }

    /// The size of the model's context window in tokens, prompt and answer together. `null` if the settings of the
    /// server do not state it. The server fills at most three quarters of it with the conversation.
    async fn context_tokens(&self) -> Option<u32> {
        self.0.context_tokens
    }
}
