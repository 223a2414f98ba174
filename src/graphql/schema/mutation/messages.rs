use crate::{
    error::{Error, Result},
    graphql::schema::{
        context::ContextExt,
        ids::NodeType,
        types::{Conversation, GenerationInput, Message, Rating},
    },
    replies::{self, Content, Destination, Note, SendMessage, SystemPrompt},
};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// The mutations of messages.
#[derive(Default)]
pub struct Messages;

#[Object]
impl Messages {
    /// Sends a message and requests a reply. It returns at once with a `PENDING` reply; subscribe to `reply` to
    /// follow it. The replies of a conversation are written one after the other, in the order of the messages.
    ///
    /// Fails with `RATE_LIMITED` after too many messages or if too many replies are in progress, and with `CONFLICT`
    /// if the conversation is full.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `sendMessage`.")] input: SendMessageInput,
    ) -> Result<SendMessagePayload> {
        let viewer = ctx.require_write()?;
        let to = match (input.conversation_id, input.system_prompt) {
            (Some(_), Some(_)) => {
                let message = "cannot be combined with `conversationId`. Use `updateConversation` instead.";
                return Err(Error::input("systemPrompt", message));
            }
            (Some(id), None) => {
                Destination::Conversation(NodeType::Conversation.parse("conversationId", &id)?)
            }
            (None, prompt) => Destination::NewConversation(prompt.map(SystemPrompt::parse).transpose()?),
        };
        let send = SendMessage {
            to,
            content: Content::parse(input.content, ctx.domain().replies.max_content())?,
            model: input.model,
            generation: input.generation.unwrap_or_default().parse()?,
            idempotency_key: input.idempotency_key,
            when_busy: input.when_busy.into(),
        };
        let new = ctx.domain().replies.send(viewer.user_id, send).await?;
        Ok(SendMessagePayload {
            conversation: Conversation(Arc::new(new.conversation)),
            message: new.message.into(),
            reply: new.reply.into(),
        })
    }

    /// Stops a reply. Its content is the text up to that point. A reply that has already ended is returned unchanged.
    async fn stop_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `stopReply`.")] input: StopReplyInput,
    ) -> Result<StopReplyPayload> {
        let viewer = ctx.require_write()?;
        let id = NodeType::Message.parse("messageId", &input.message_id)?;
        let message = ctx.domain().replies.stop(viewer.user_id, id).await?;
        Ok(StopReplyPayload { message: message.into() })
    }

    /// Rates a reply that has ended. The new rating and its note replace the earlier ones. Fails with `CONFLICT` while
    /// the reply is in progress.
    async fn rate_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `rateReply`.")] input: RateReplyInput,
    ) -> Result<RateReplyPayload> {
        let viewer = ctx.require_write()?;
        let id = NodeType::Message.parse("messageId", &input.message_id)?;
        let note = input.note.map(Note::parse).transpose()?;
        let rating = input.rating.map(Into::into);
        let message = ctx.domain().replies.rate(viewer.user_id, id, rating, note).await?;
        Ok(RateReplyPayload { message: message.into() })
    }
}

/// Input of `sendMessage`.
#[derive(InputObject)]
struct SendMessageInput {
    /// The ID of the conversation. Without it, a new conversation is created.
    conversation_id: Option<ID>,
    /// The instructions for the model in the new conversation: 1 to 10,000 characters. Cannot be combined with
    /// `conversationId`.
    system_prompt: Option<String>,
    /// The text: 1 character (Unicode scalar value) up to `Query.limits.contentLength`. It must not contain NUL and
    /// must not be blank.
    content: String,
    /// The ID of the model that writes the reply. Defaults to the model of the conversation.
    model: Option<String>,
    /// Generation parameters for this reply. They override those of the conversation one by one: `null` in place of a
    /// parameter leaves it to the provider. A new conversation keeps them.
    generation: Option<GenerationInput>,
    /// A unique key that the client generates, 1 to 200 characters, to make retries safe. Sending the same input with
    /// the same key again stores nothing and returns the first result. Sending another input with the key fails with
    /// `CONFLICT`. Keys are kept for at least 48 hours.
    idempotency_key: Option<String>,
    /// The action if an earlier reply of the conversation is in progress.
    #[graphql(default)]
    when_busy: WhenBusy,
}

/// The way to handle a message that is sent while an earlier reply of its conversation is in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "replies::WhenBusy")]
enum WhenBusy {
    /// Fail with `CONFLICT` and store nothing.
    Reject,
    /// Store the message. Its reply stays `PENDING` until the earlier replies have ended, and takes them into account.
    #[default]
    Queue,
    /// Store the message and stop all earlier replies. Replies in progress keep the text they have.
    StopCurrent,
}

/// Input of `stopReply`.
#[derive(InputObject)]
struct StopReplyInput {
    /// The ID of the reply.
    message_id: ID,
}

/// Input of `rateReply`.
#[derive(InputObject)]
struct RateReplyInput {
    /// The ID of the reply.
    message_id: ID,
    /// The rating. `null` removes the rating and its note.
    rating: Option<Rating>,
    /// A note on the rating: 1 to 1,000 characters without NUL. It cannot be given without a rating.
    note: Option<String>,
}

/// Payload of `sendMessage`.
#[derive(SimpleObject)]
struct SendMessagePayload {
    /// The conversation of the message.
    conversation: Conversation,
    /// The message of the user.
    message: Message,
    /// The reply to the message.
    reply: Message,
}

/// Payload of `stopReply`.
#[derive(SimpleObject)]
struct StopReplyPayload {
    /// The reply after it ended.
    message: Message,
}

/// Payload of `rateReply`.
#[derive(SimpleObject)]
struct RateReplyPayload {
    /// The reply with its rating.
    message: Message,
}
