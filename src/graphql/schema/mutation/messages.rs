use crate::{
    error::{Error, Result},
    graphql::schema::{
        context::ContextExt,
        ids::NodeType,
        types::{Conversation, GenerationInput, Message, Rating},
    },
    replies::{self, Content, Destination, NewReply, Note, ReplyRequest, SendMessage, SystemPrompt},
    store::{Id, branches::Switched},
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
    /// With `replaces`, the message is an edited version of an earlier one, and starts a new branch of the
    /// conversation. The earlier version and all messages below it are kept; `switchBranch` returns to them.
    ///
    /// Fails with `NOT_FOUND` if the conversation or the replaced message does not exist. Fails with `RATE_LIMITED` after
    /// too many messages or if too many replies are in progress. Fails with `CONFLICT` if the conversation is full, or
    /// if the replaced message has 100 versions.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `sendMessage`.")] input: SendMessageInput,
    ) -> Result<SendMessagePayload> {
        let viewer = ctx.require_write()?;
        let (replaces, if_last) = (message("replaces", input.replaces)?, message("ifLast", input.if_last)?);
        let conversation = input.conversation_id;
        let conversation =
            conversation.map(|id| NodeType::Conversation.parse("conversationId", &id)).transpose()?;
        let is_new = conversation.is_none() && replaces.is_none();
        if input.system_prompt.is_some() && !is_new {
            let message = "is only for a new conversation. Use `updateConversation` instead.";
            return Err(Error::input("systemPrompt", message));
        }
        let to = match (conversation, replaces) {
            (_, Some(message)) => Destination::Replacing { message, conversation, if_last },
            (Some(id), None) => Destination::Conversation { id, if_last },
            (None, None) if if_last.is_some() => {
                return Err(Error::input("conversationId", "is required together with `ifLast`."));
            }
            (None, None) => {
                Destination::NewConversation(input.system_prompt.map(SystemPrompt::parse).transpose()?)
            }
        };
        let send = SendMessage {
            to,
            content: Content::parse(input.content, ctx.domain().replies.max_content())?,
            request: ReplyRequest {
                model: input.model,
                generation: input.generation.unwrap_or_default().parse()?,
                idempotency_key: input.idempotency_key,
                when_busy: input.when_busy.into(),
            },
        };
        Ok(ctx.domain().replies.send(viewer.user_id, send).await?.into())
    }

    /// Requests another reply to the same message. The new reply takes the place of the earlier one on the active
    /// branch. The earlier reply and all messages below it are kept; `switchBranch` returns to them. It returns at once
    /// with a `PENDING` reply; subscribe to `reply` to follow it.
    ///
    /// Fails with `NOT_FOUND` if the reply does not exist. Fails with `RATE_LIMITED` after too many messages or if too
    /// many replies are in progress. Fails with `CONFLICT` if the conversation is full, or if the message has 100
    /// replies.
    async fn regenerate_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `regenerateReply`.")] input: RegenerateReplyInput,
    ) -> Result<SendMessagePayload> {
        let viewer = ctx.require_write()?;
        let reply = NodeType::Message.parse("messageId", &input.message_id)?;
        let request = ReplyRequest {
            model: input.model,
            generation: input.generation.unwrap_or_default().parse()?,
            idempotency_key: input.idempotency_key,
            when_busy: input.when_busy.into(),
        };
        Ok(ctx.domain().replies.regenerate(viewer.user_id, reply, request).await?.into())
    }

    /// Makes the path to a message the active branch of its conversation. Below the message, the branch continues with
    /// the messages that were active last. If the message is on the active branch, nothing changes. Replies in progress
    /// continue.
    ///
    /// Fails with `NOT_FOUND` if the message does not exist.
    async fn switch_branch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `switchBranch`.")] input: SwitchBranchInput,
    ) -> Result<SwitchBranchPayload> {
        let viewer = ctx.require_write()?;
        let message = NodeType::Message.parse("messageId", &input.message_id)?;
        let Switched { conversation, fork, head } =
            ctx.domain().conversations.switch_branch(viewer.user_id, message).await?;
        Ok(SwitchBranchPayload {
            conversation: Conversation(Arc::new(conversation)),
            fork: fork.map(Message::from),
            head: head.into(),
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

fn message(field: &'static str, id: Option<ID>) -> Result<Option<Id>> {
    id.map(|id| NodeType::Message.parse(field, &id)).transpose()
}

/// Input of `sendMessage`.
#[derive(InputObject)]
struct SendMessageInput {
    /// The ID of the conversation. Without it, and without `replaces`, a new conversation is created.
    conversation_id: Option<ID>,
    /// The instructions for the model in the new conversation: 1 to 10,000 characters. Cannot be combined with
    /// `conversationId` or `replaces`.
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
    /// The ID of a message of the user that this one replaces: an edit. The message takes its place on the active branch
    /// and starts a new branch there.
    replaces: Option<ID>,
    /// The ID of the message that must be the last one of the active branch. If another one is, nothing is stored, and
    /// the mutation fails with `CONFLICT` and the ID of the last message in `extensions.head`. Requires `conversationId` or
    /// `replaces`.
    if_last: Option<ID>,
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

/// Input of `regenerateReply`.
#[derive(InputObject)]
struct RegenerateReplyInput {
    /// The ID of a reply. The new reply answers the same message.
    message_id: ID,
    /// The ID of the model that writes the new reply. Defaults to the model of the earlier reply.
    model: Option<String>,
    /// Generation parameters for the new reply. They override those of the earlier reply one by one: `null` in place of
    /// a parameter leaves it to the provider.
    generation: Option<GenerationInput>,
    /// A unique key that the client generates, 1 to 200 characters, to make retries safe. It works like that of
    /// `sendMessage`, and shares its namespace.
    idempotency_key: Option<String>,
    /// The action if a reply of the conversation is in progress, on whatever branch.
    #[graphql(default_with = "WhenBusy::StopCurrent")]
    when_busy: WhenBusy,
}

/// Input of `switchBranch`.
#[derive(InputObject)]
struct SwitchBranchInput {
    /// The ID of the message that is to be on the active branch.
    message_id: ID,
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

/// Payload of `switchBranch`.
#[derive(SimpleObject)]
struct SwitchBranchPayload {
    /// The conversation of the message.
    conversation: Conversation,
    /// The last message that the earlier and the new branch have in common. `null` if they differ from the start.
    fork: Option<Message>,
    /// The last message of the new branch.
    head: Message,
}

/// Payload of `sendMessage` and `regenerateReply`.
#[derive(SimpleObject)]
struct SendMessagePayload {
    /// The conversation of the message.
    conversation: Conversation,
    /// The message of the user.
    message: Message,
    /// The reply to the message.
    reply: Message,
}

impl From<NewReply> for SendMessagePayload {
    fn from(NewReply { conversation, message, reply }: NewReply) -> Self {
        Self {
            conversation: Conversation(Arc::new(conversation)),
            message: message.into(),
            reply: reply.into(),
        }
    }
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
