use crate::{
    error::{Error, Result},
    graphql::{
        context::ContextExt,
        ids::Kind,
        types::{Conversation, Message},
    },
    replies::{self, Content, Destination, SendMessage, SystemPrompt},
};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// The mutations of messages.
#[derive(Default)]
pub struct Messages;

#[Object]
impl Messages {
    /// Sends a message and returns at once: the reply is PENDING, to be watched by the subscription `reply`. A
    /// conversation's replies are written one after the other, in the order of the messages. Too many messages, or
    /// replies in progress, are RATE_LIMITED.
    async fn send_message(&self, ctx: &Context<'_>, input: SendMessageInput) -> Result<SendMessagePayload> {
        let viewer = ctx.may_write()?;
        let to = match (input.conversation_id, input.system_prompt) {
            (Some(_), Some(_)) => {
                let message = "is for a new conversation; `updateConversation` changes an existing one's";
                return Err(Error::input("systemPrompt", message));
            }
            (Some(id), None) => Destination::Conversation(Kind::Conversation.parse("conversationId", &id)?),
            (None, prompt) => Destination::NewConversation(prompt.map(SystemPrompt::parse).transpose()?),
        };
        let send = SendMessage {
            to,
            content: Content::parse(input.content)?,
            model: input.model,
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

    /// Stops a reply: its content is what had been said by then. One that has ended is left as it is.
    async fn stop_reply(&self, ctx: &Context<'_>, input: StopReplyInput) -> Result<StopReplyPayload> {
        let viewer = ctx.may_write()?;
        let id = Kind::Message.parse("messageId", &input.message_id)?;
        let message = ctx.domain().replies.stop(viewer.user_id, id).await?;
        Ok(StopReplyPayload { message: message.into() })
    }
}

/// A message to send.
#[derive(InputObject)]
struct SendMessageInput {
    /// Where it goes. A new conversation is started if it is not given.
    conversation_id: Option<ID>,
    /// Instructions for the model, 1 to 10,000 characters, of the conversation that is started: not to be given with a
    /// `conversationId`.
    system_prompt: Option<String>,
    /// What to say: 1 to 10,000 Unicode scalar values, without NUL and not all of them white space.
    content: String,
    /// The `id` of the model that is to reply. If it is not given, the conversation's.
    model: Option<String>,
    /// A key of the client's making, 1 to 200 characters. The same message sent again under it is stored once and gets
    /// the first result; another message under it is a CONFLICT.
    idempotency_key: Option<String>,
    /// What to do while an earlier reply of the conversation is in progress.
    #[graphql(default)]
    when_busy: WhenBusy,
}

/// What to do with a message while an earlier reply of its conversation is in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "replies::WhenBusy")]
enum WhenBusy {
    /// Refuse it with CONFLICT. Nothing is stored.
    Reject,
    /// Store it. Its reply stays PENDING until the earlier ones have ended, and then is shown what they said.
    #[default]
    Queue,
    /// Store it, and stop every earlier reply: those in progress keep what they have said.
    StopCurrent,
}

/// Which reply to stop.
#[derive(InputObject)]
struct StopReplyInput {
    /// The `id` of the reply's message.
    message_id: ID,
}

/// What came of sending a message.
#[derive(SimpleObject)]
struct SendMessagePayload {
    /// The conversation it went to.
    conversation: Conversation,
    /// The message, stored.
    message: Message,
    /// The assistant's message that will be the answer.
    reply: Message,
}

/// What came of stopping a reply.
#[derive(SimpleObject)]
struct StopReplyPayload {
    /// The reply as it ended.
    message: Message,
}
