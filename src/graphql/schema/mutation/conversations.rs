use crate::{
    conversations::{ConversationUpdate, NewConversation, Title},
    error::{Error, Result},
    generation::GenerationUpdate,
    graphql::schema::{
        context::ContextExt,
        ids::NodeType,
        types::{Conversation, GenerationInput},
    },
    replies::SystemPrompt,
    store::conversations::ConversationMarks,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// The mutations of conversations.
#[derive(Default)]
pub struct Conversations;

#[Object]
impl Conversations {
    /// Creates an empty conversation. `sendMessage` without a `conversationId` also creates one.
    async fn create_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "The input of `createConversation`.")] input: CreateConversationInput,
    ) -> Result<CreateConversationPayload> {
        let viewer = ctx.require_write()?;
        let new = NewConversation {
            title: input.title.map(Title::parse).transpose()?,
            system_prompt: input.system_prompt.map(SystemPrompt::parse).transpose()?,
            model: input.model,
            generation: input.generation.unwrap_or_default().parse()?,
        };
        let created = ctx.domain().conversations.create(viewer.user_id, new).await?;
        Ok(CreateConversationPayload { conversation: Conversation(Arc::new(created)) })
    }

    /// Updates the given fields of a conversation. Omitted fields keep their values. Fails with `CONFLICT` if too many
    /// conversations are pinned.
    async fn update_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `updateConversation`.")] input: UpdateConversationInput,
    ) -> Result<UpdateConversationPayload> {
        let viewer = ctx.require_write()?;
        let id = NodeType::Conversation.parse("id", &input.id)?;
        let update = ConversationUpdate {
            title: match input.title {
                MaybeUndefined::Value(title) => Some(Title::parse(title)?),
                MaybeUndefined::Null => return Err(Error::input("title", "must not be `null`.")),
                MaybeUndefined::Undefined => None,
            },
            system_prompt: input.system_prompt.map_value(SystemPrompt::parse).transpose()?.into(),
            model: input.model.into(),
            generation: match input.generation {
                MaybeUndefined::Value(generation) => generation.parse()?,
                MaybeUndefined::Null => GenerationUpdate::CLEAR,
                MaybeUndefined::Undefined => GenerationUpdate::default(),
            },
            marks: ConversationMarks { archived: input.archived, pinned: input.pinned },
        };
        let updated = ctx.domain().conversations.update(viewer.user_id, id, update).await?;
        Ok(UpdateConversationPayload { conversation: Conversation(Arc::new(updated)) })
    }

    /// Deletes a conversation and all its messages. Replies in progress are stopped.
    async fn delete_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `deleteConversation`.")] input: DeleteConversationInput,
    ) -> Result<DeleteConversationPayload> {
        let viewer = ctx.require_write()?;
        let id = NodeType::Conversation.parse("id", &input.id)?;
        ctx.domain().conversations.delete(viewer.user_id, id).await?;
        Ok(DeleteConversationPayload { deleted_id: input.id })
    }
}

/// Input of `createConversation`.
#[derive(Default, InputObject)]
struct CreateConversationInput {
    /// The title: 1 to 200 characters, at least one of them visible. Defaults to the beginning of the first message.
    title: Option<String>,
    /// The instructions for the model: 1 to 10,000 characters.
    system_prompt: Option<String>,
    /// The ID of a model. Defaults to the default model.
    model: Option<String>,
    /// The generation parameters to set.
    generation: Option<GenerationInput>,
}

/// Input of `updateConversation`. An omitted field keeps its value.
#[derive(InputObject)]
struct UpdateConversationInput {
    /// The ID of the conversation.
    id: ID,
    /// The new title: 1 to 200 characters, at least one of them visible. It cannot be `null`.
    title: MaybeUndefined<String>,
    /// The new instructions for the model: 1 to 10,000 characters. `null` removes them.
    system_prompt: MaybeUndefined<String>,
    /// The ID of the new model. `null` means the default model.
    model: MaybeUndefined<String>,
    /// The generation parameters to change. `null` clears all of them.
    generation: MaybeUndefined<GenerationInput>,
    /// Whether the conversation is archived. `null` keeps its value.
    archived: Option<bool>,
    /// Whether the conversation is pinned. `null` keeps its value. A user can pin at most 50 conversations, archived
    /// ones included.
    pinned: Option<bool>,
}

/// Input of `deleteConversation`.
#[derive(InputObject)]
struct DeleteConversationInput {
    /// The ID of the conversation.
    id: ID,
}

/// Payload of `createConversation`.
#[derive(SimpleObject)]
struct CreateConversationPayload {
    /// The new conversation.
    conversation: Conversation,
}

/// Payload of `updateConversation`.
#[derive(SimpleObject)]
struct UpdateConversationPayload {
    /// The updated conversation.
    conversation: Conversation,
}

/// Payload of `deleteConversation`.
#[derive(SimpleObject)]
struct DeleteConversationPayload {
    /// The ID of the deleted conversation.
    deleted_id: ID,
}
