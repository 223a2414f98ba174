use crate::assistant::catalog;
use async_graphql::{Description, ID, Object};

/// A model that can be asked to reply.
#[derive(Description)]
pub struct Model(pub catalog::Model);

#[Object(use_type_description)]
impl Model {
    /// Its name, as `sendMessage` and conversations take it.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// Whose it is, as the settings call the provider: `builtin`, `openai`, …
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Whether it replies in conversations that name no model.
    async fn is_default(&self) -> bool {
        self.0.is_default
    }

    /// How many tokens the model takes, prompt and answer together, as the server's settings say. `null` if they do not
    /// say. The server shows such a model up to three quarters as many tokens of a conversation.
    async fn context_tokens(&self) -> Option<u32> {
        self.0.context_tokens
    }
}
