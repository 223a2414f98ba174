use crate::{
    conversations::{Changes, NewConversation, Title},
    error::{Error, Result},
    graphql::{context::ContextExt, ids::Kind, types::Conversation},
    replies::SystemPrompt,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// The mutations of conversations.
#[derive(Default)]
pub struct Conversations;

#[Object]
impl Conversations {
    /// Starts an empty conversation. (`sendMessage` without one starts one too.)
    async fn create_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] input: CreateConversationInput,
    ) -> Result<CreateConversationPayload> {
        let viewer = ctx.may_write()?;
        let new = NewConversation {
            title: input.title.map(Title::parse).transpose()?,
            system_prompt: input.system_prompt.map(SystemPrompt::parse).transpose()?,
            model: input.model,
        };
        let created = ctx.domain().conversations.create(viewer.user_id, new).await?;
        Ok(CreateConversationPayload { conversation: Conversation(Arc::new(created)) })
    }

    /// Changes what is given of a conversation, and leaves the rest.
    async fn update_conversation(
        &self,
        ctx: &Context<'_>,
        input: UpdateConversationInput,
    ) -> Result<UpdateConversationPayload> {
        let viewer = ctx.may_write()?;
        let id = Kind::Conversation.parse("id", &input.id)?;
        let changes = Changes {
            title: match input.title {
                MaybeUndefined::Value(title) => Some(Title::parse(title)?),
                MaybeUndefined::Null => return Err(Error::input("title", "cannot be null")),
                MaybeUndefined::Undefined => None,
            },
            system_prompt: optional(input.system_prompt, SystemPrompt::parse)?,
            model: optional(input.model, Ok)?,
        };
        let updated = ctx.domain().conversations.update(viewer.user_id, id, changes).await?;
        Ok(UpdateConversationPayload { conversation: Conversation(Arc::new(updated)) })
    }

    /// Deletes a conversation with all its messages; a reply in progress is stopped.
    async fn delete_conversation(
        &self,
        ctx: &Context<'_>,
        input: DeleteConversationInput,
    ) -> Result<DeleteConversationPayload> {
        let viewer = ctx.may_write()?;
        let id = Kind::Conversation.parse("id", &input.id)?;
        ctx.domain().conversations.delete(viewer.user_id, id).await?;
        Ok(DeleteConversationPayload { deleted_id: input.id })
    }
}

/// Absent leaves it, null empties it, a value is parsed.
fn optional<T>(
    given: MaybeUndefined<String>,
    parse: impl Fn(String) -> Result<T>,
) -> Result<Option<Option<T>>> {
    Ok(match given {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(text) => Some(Some(parse(text)?)),
    })
}

/// A new conversation.
#[derive(Default, InputObject)]
struct CreateConversationInput {
    /// 1 to 200 characters, at least one of them visible. If it is not given, the first message gives the title.
    title: Option<String>,
    /// Instructions for the model, 1 to 10,000 characters.
    system_prompt: Option<String>,
    /// The `id` of a model. The default model if it is not given.
    model: Option<String>,
}

/// What to change of a conversation.
#[derive(InputObject)]
struct UpdateConversationInput {
    /// The conversation's `id`.
    id: ID,
    /// 1 to 200 characters, at least one of them visible.
    title: MaybeUndefined<String>,
    /// Instructions for the model, 1 to 10,000 characters; null takes them away.
    system_prompt: MaybeUndefined<String>,
    /// The `id` of a model; null stands for the default model.
    model: MaybeUndefined<String>,
}

/// Which conversation to delete.
#[derive(InputObject)]
struct DeleteConversationInput {
    /// The conversation's `id`.
    id: ID,
}

/// What came of starting a conversation.
#[derive(SimpleObject)]
struct CreateConversationPayload {
    /// The new conversation.
    conversation: Conversation,
}

/// What came of changing a conversation.
#[derive(SimpleObject)]
struct UpdateConversationPayload {
    /// The conversation as it is now.
    conversation: Conversation,
}

/// What came of deleting a conversation.
#[derive(SimpleObject)]
struct DeleteConversationPayload {
    /// The `id` that is no more.
    deleted_id: ID,
}
