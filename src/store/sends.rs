//! Sending: stores the user's message and the empty reply to it, both or neither.

use super::{
    ChangeKind, Database, Error, Id, Instant, MAX_ATTEMPTS, Result,
    changes::record,
    conversations::Conversation,
    messages::Message,
    read,
    runs::Run,
    schema::{conversations, messages, runs, sends},
    transact,
};
use crate::generation::GenerationUpdate;
use diesel::{dsl::exists, prelude::*};
use diesel_async::{AsyncConnection, RunQueryDsl};
use std::num::NonZeroU32;

/// A row of `sends`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = sends)]
struct SendRow {
    /// The sender.
    user_id: Id,
    /// The idempotency key from the client.
    key: String,
    /// SHA-256 of the input. It distinguishes a retry from another message with the same key.
    input_hash: Vec<u8>,
    /// The reply, from which the message and the conversation are found.
    reply_id: Id,
    /// When the message was first sent. Keys are deleted by age.
    created_at: Instant,
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The sender.
    pub owner: Id,
    /// The conversation, either an existing one or a new one.
    pub conversation: Target,
    /// The text.
    pub content: String,
    /// The title for a conversation that has none.
    pub title: String,
    /// The model that this message requests.
    pub model: Option<String>,
    /// Overrides the conversation's generation parameters, one by one.
    pub generation: GenerationUpdate,
    /// The model to use if neither the message nor the conversation names one.
    pub default_model: Option<String>,
    /// The idempotency key, and a hash of the whole input.
    pub idempotency: Option<(String, Vec<u8>)>,
    /// The current time.
    pub now: Instant,
    /// The behavior if an earlier reply of the conversation is in progress.
    pub when_busy: WhenBusy,
    /// The maximum number of the sender's replies in progress, including this one.
    pub max_running: Option<NonZeroU32>,
    /// A lease and its expiry time, for a runner that waits to start. It is taken if the reply can start immediately.
    /// With `None`, another runner claims the reply.
    pub lease: Option<(Id, Instant)>,
}

/// The conversation that a message goes to.
#[derive(Clone, Debug)]
pub enum Target {
    /// The conversation with this key, if the sender owns it.
    Existing(Id),
    /// A new conversation.
    New {
        /// The instructions for the model, if any.
        system_prompt: Option<String>,
    },
}

/// The behavior of a message that is sent while an earlier reply of its conversation is in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenBusy {
    /// Rejects the message.
    Reject,
    /// Stores the message. Its reply waits for its turn.
    #[default]
    Queue,
    /// Stops the current reply and all waiting ones. The new reply is next.
    StopCurrent,
}

/// The result of sending a [`NewMessage`].
#[derive(Clone, Debug)]
pub enum Sent {
    /// The message is stored.
    Stored(Stored),
    /// The same message was sent before with the same key, with this result.
    Before(Stored),
    /// Another message was sent before with the same key.
    OtherInput,
    /// The conversation does not exist, or the sender does not own it.
    NoConversation,
    /// Neither the message nor the conversation names a model, and no default is configured.
    NoModel,
    /// An earlier reply is in progress, and the message must not wait.
    Busy,
    /// The conversation has the maximum number of messages.
    Full,
    /// The sender has the maximum number of replies in progress.
    TooManyRunning,
}

/// An earlier use of an idempotency key.
#[derive(Clone, Debug)]
pub enum Before {
    /// The same input, with this result.
    Same(Box<Stored>),
    /// Another input.
    OtherInput,
}

/// A stored message and its reply.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The conversation of the message.
    pub conversation: Conversation,
    /// The user's message.
    pub message: Message,
    /// The reply in its current state.
    pub reply: Message,
    /// Whether the lease was taken. It is not taken if an earlier reply is in progress, no lease was offered, or the
    /// message was sent before.
    pub claimed: bool,
}

/// The maximum number of messages in a conversation: far more than it can use, and far from the end of the position's
/// range.
const MAX_MESSAGES: i32 = 1_000_000;

impl Database {
    /// Stores a message and its empty reply in one transaction.
    pub async fn send_message(&self, new: &NewMessage) -> Result<Sent> {
        // The account may be deleted at the same moment, and the two transactions may deadlock.
        for _ in 1..MAX_ATTEMPTS {
            match self.try_send_message(new).await {
                Err(error) if error.is_deadlock() => {}
                done => return done,
            }
        }
        self.try_send_message(new).await
    }

    async fn try_send_message(&self, new: &NewMessage) -> Result<Sent> {
        let (message_id, reply_id) = (Id::new(), Id::new());
        let now = new.now;
        let sent = transact!(self, async |conn| {
            let (existing, system_prompt) = match &new.conversation {
                Target::New { system_prompt } => (None, system_prompt.clone()),
                &Target::Existing(id) => {
                    // Changes nothing, but locks the row. Concurrent sends run one after the other.
                    let own = conversations::table.find(id).filter(conversations::owner_id.eq(new.owner));
                    let locked: Option<Conversation> = diesel::update(own)
                        .set(conversations::message_count.eq(conversations::message_count))
                        .returning(Conversation::as_returning())
                        .get_result(conn)
                        .await
                        .optional()?;
                    match locked {
                        None => return Ok(Sent::NoConversation),
                        Some(full) if full.message_count >= MAX_MESSAGES => return Ok(Sent::Full),
                        Some(conversation) => (Some(conversation), None),
                    }
                }
            };

            let named = new.model.as_ref().or(existing.as_ref().and_then(|existing| existing.model.as_ref()));
            let Some(model) = named.or(new.default_model.as_ref()).cloned() else { return Ok(Sent::NoModel) };
            let inherited = existing.as_ref().map(|existing| existing.generation).unwrap_or_default();
            let generation = new.generation.apply(inherited);
            if let Some((key, input_hash)) = &new.idempotency {
                let claim = SendRow {
                    user_id: new.owner,
                    key: key.clone(),
                    input_hash: input_hash.clone(),
                    reply_id,
                    created_at: now,
                };
                // On PostgreSQL a concurrent retry waits here until the first transaction ends.
                let claimed = diesel::insert_into(sends::table)
                    .values(&claim)
                    .on_conflict_do_nothing()
                    .execute(conn)
                    .await?;
                if claimed == 0 {
                    // Changes nothing, but locks the row. So the conversation cannot be removed before all is read.
                    let before: Option<SendRow> = diesel::update(sends::table.find((new.owner, key)))
                        .set(sends::created_at.eq(sends::created_at))
                        .returning(SendRow::as_returning())
                        .get_result(conn)
                        .await
                        .optional()?;
                    // The row may have been deleted after the conflict.
                    let Some(before) = before else { return Ok(Sent::NoConversation) };
                    if before.input_hash != *input_hash {
                        return Ok(Sent::OtherInput);
                    }
                    let reply: Message = messages::table
                        .find(before.reply_id)
                        .select(Message::as_select())
                        .first(conn)
                        .await?;
                    let message = messages::table
                        .filter(messages::id.nullable().eq(reply.parent_id))
                        .select(Message::as_select())
                        .first(conn)
                        .await?;
                    let conversation = conversations::table
                        .find(reply.conversation_id)
                        .filter(conversations::owner_id.eq(new.owner))
                        .select(Conversation::as_select())
                        .first(conn)
                        .await
                        .optional()?;
                    // The conversation is deleted but not removed yet.
                    let Some(conversation) = conversation else { return Ok(Sent::NoConversation) };
                    return Ok(Sent::Before(Stored { conversation, message, reply, claimed: false }));
                }
            }

            let in_conversation =
                runs::conversation_id.nullable().eq(existing.as_ref().map(|conversation| conversation.id));
            let busy =
                diesel::select(exists(runs::table.filter(in_conversation))).get_result::<bool>(conn).await?;
            if busy && new.when_busy == WhenBusy::Reject {
                if let Some((key, _)) = &new.idempotency {
                    // Nothing is sent, so the key becomes free again.
                    diesel::delete(sends::table.find((new.owner, key))).execute(conn).await?;
                }
                return Ok(Sent::Busy);
            }
            if busy && new.when_busy == WhenBusy::StopCurrent {
                let current = runs::table.filter(in_conversation);
                diesel::update(current).set(runs::stop_requested.eq(true)).execute(conn).await?;
            }

            let mut changes = Vec::with_capacity(3);
            let conversation: Conversation = match existing {
                None => {
                    let conversation = Conversation {
                        system_prompt,
                        model: new.model.clone(),
                        generation,
                        message_count: 2,
                        ..Conversation::new(new.owner, new.title.clone(), now)
                    };
                    diesel::insert_into(conversations::table).values(&conversation).execute(conn).await?;
                    changes.push((ChangeKind::ConversationCreated, conversation.id, None));
                    conversation
                }
                Some(conversation) => {
                    let untitled = conversation.message_count == 0 && !conversation.titled_by_user;
                    // Only for the title and the archive. The message has a change of its own.
                    if untitled && conversation.title != new.title || conversation.archived_at.is_some() {
                        changes.push((ChangeKind::ConversationChanged, conversation.id, None));
                    }
                    diesel::update(conversations::table.find(conversation.id))
                        .set((
                            conversations::title.eq(if untitled { &new.title } else { &conversation.title }),
                            conversations::message_count.eq(conversation.message_count + 2),
                            conversations::updated_at.eq(now),
                            conversations::archived_at.eq(None::<Instant>),
                        ))
                        .returning(Conversation::as_returning())
                        .get_result(conn)
                        .await?
                }
            };

            let position = conversation.message_count - 2;
            let parent_id = messages::table
                .filter(messages::conversation_id.eq(conversation.id))
                .filter(messages::position.eq(position - 1))
                .select(messages::id)
                .first::<Id>(conn)
                .await
                .optional()?;
            let content = new.content.clone();
            let message = Message::from_user(message_id, conversation.id, parent_id, position, content, now);
            let reply = message.pending_reply(reply_id, model, generation);
            for row in [&message, &reply] {
                diesel::insert_into(messages::table).values(row).execute(conn).await?;
            }

            let lease = new.lease.filter(|_| !busy);
            let run = Run {
                message_id: reply_id,
                conversation_id: conversation.id,
                position: position + 1,
                lease: lease.map(|(lease, _)| lease),
                lease_expires_at: lease.map(|(_, until)| until),
                stop_requested: false,
                owner_id: Some(new.owner),
            };
            diesel::insert_into(runs::table).values(&run).execute(conn).await?;
            changes.extend(
                [message_id, reply_id].map(|id| (ChangeKind::MessageAdded, conversation.id, Some(id))),
            );
            record!(conn, new.owner, now, changes);

            // Counted after `record!` has locked the user's feed, so that concurrent sends on any instance count each
            // other. Runs that are about to stop do not count.
            if let Some(most) = new.max_running {
                let own =
                    runs::table.filter(runs::owner_id.eq(new.owner)).filter(runs::stop_requested.eq(false));
                let running: i64 = own.count().get_result(conn).await?;
                if running > most.get().into() {
                    return Err(Error::TooManyRuns); // rolls the transaction back
                }
            }
            Ok(Sent::Stored(Stored { conversation, message, reply, claimed: lease.is_some() }))
        });
        match sent {
            Err(Error::TooManyRuns) => Ok(Sent::TooManyRunning),
            sent => sent,
        }
    }

    /// Returns the earlier send with this key. `None` if there is none, or if its conversation is deleted.
    pub async fn sent_before(&self, owner: Id, key: &str, input_hash: &[u8]) -> Result<Option<Before>> {
        let before = sends::table
            .inner_join(messages::table.on(messages::id.eq(sends::reply_id)))
            .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
            .filter(sends::user_id.eq(owner).and(sends::key.eq(key.to_owned())))
            .filter(conversations::owner_id.eq(owner));
        let before: Option<(Vec<u8>, Message, Conversation)> = read!(
            self,
            first,
            before.select((sends::input_hash, Message::as_select(), Conversation::as_select()))
        )
        .optional()?;
        let Some((hash, reply, conversation)) = before else { return Ok(None) };
        if hash != input_hash {
            return Ok(Some(Before::OtherInput));
        }
        let message = messages::table.filter(messages::id.nullable().eq(reply.parent_id));
        let message = read!(self, first, message.select(Message::as_select())).optional()?;
        Ok(message
            .map(|message| Before::Same(Box::new(Stored { conversation, message, reply, claimed: false }))))
    }

    /// Deletes at most `limit` keys of sends from before a time, and returns their number.
    pub async fn delete_sends_before(&self, moment: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let old = sends::table.filter(sends::created_at.lt(moment)).limit(limit);
            let replies: Vec<Id> = old.select(sends::reply_id).load(conn).await?;
            Ok(diesel::delete(sends::table.filter(sends::reply_id.eq_any(&replies))).execute(conn).await?)
        })
    }
}
