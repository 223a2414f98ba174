//! Sending: what the user said and the empty reply to it, stored together or not at all.

use super::{
    ChangeKind, Database, Error, Id, Instant, Result, TRIES,
    changes::record,
    conversations::Conversation,
    messages::Message,
    read,
    runs::Run,
    schema::{conversations, messages, runs, sends},
    transact,
};
use diesel::{dsl::exists, prelude::*};
use diesel_async::{AsyncConnection, RunQueryDsl};
use std::num::NonZeroU32;

/// A row of `sends`.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = sends)]
struct Send {
    /// Who sent it.
    user_id: Id,
    /// The client's key.
    key: String,
    /// SHA-256 of the input, to tell a repetition from another message under the same key.
    input_hash: Vec<u8>,
    /// The reply. The message and the conversation are found by it.
    reply_id: Id,
    /// When it was sent first: keys are forgotten by age.
    created_at: Instant,
}

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Who sends it.
    pub owner: Id,
    /// An existing conversation, or the new one to start with this message.
    pub conversation: Target,
    /// What they say.
    pub content: String,
    /// The title that a conversation without one takes.
    pub title: String,
    /// The model asked for in this message.
    pub model: Option<String>,
    /// The model to take if neither the message nor the conversation names one.
    pub default_model: Option<String>,
    /// A key, and a hash of the whole input.
    pub idempotency: Option<(String, Vec<u8>)>,
    /// When it is sent.
    pub now: Instant,
    /// What to do if an earlier reply of the conversation is still in progress.
    pub when_busy: WhenBusy,
    /// How many replies of the sender may be in progress, this one included.
    pub most_running: Option<NonZeroU32>,
    /// The lease of the runner that waits to start, should it be this reply's turn at once, and when it expires.
    /// `None` leaves the reply to others.
    pub lease: Option<(Id, Instant)>,
}

/// Where a message goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// The conversation with this key, if it is the owner's.
    Existing(Id),
    /// One that is started with this message.
    New {
        /// What the model is told first, if anything.
        system_prompt: Option<String>,
    },
}

/// What to do with a message while an earlier reply of its conversation is in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenBusy {
    /// Refuse it.
    Reject,
    /// Store it; its reply waits for its turn.
    #[default]
    Queue,
    /// Stop what is in progress and what waits; its reply is next.
    StopCurrent,
}

/// What became of a [`NewMessage`].
#[derive(Clone, Debug)]
pub enum Sent {
    /// It is stored.
    Stored(Stored),
    /// The same was sent before under the same key, with this result.
    Before(Stored),
    /// Something else was sent before under the same key.
    OtherInput,
    /// The owner has no such conversation.
    NoConversation,
    /// Neither the message nor the conversation names a model, and there is no default.
    NoModel,
    /// An earlier reply is in progress, and the message was not to wait.
    Busy,
    /// The conversation has as many messages as one may have.
    Full,
    /// As many replies of the sender are in progress as may be.
    TooManyRunning,
}

/// What was sent before under a key.
#[derive(Clone, Debug)]
pub enum Before {
    /// The same, with this result.
    Same(Box<Stored>),
    /// Something else.
    OtherInput,
}

/// A stored message, and the reply to it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The conversation that the message went to.
    pub conversation: Conversation,
    /// What the user said.
    pub message: Message,
    /// What is to be the answer, as it stands.
    pub reply: Message,
    /// Whether the lease was taken. If not, an earlier reply is in progress, no lease was offered, or the
    /// message was sent before.
    pub claimed: bool,
}

/// Far more than a conversation can use, and far from the end of the position's range.
const MOST_MESSAGES: i32 = 1_000_000;

impl Database {
    /// Stores a message and its empty reply in one transaction.
    pub async fn send_message(&self, new: &NewMessage) -> Result<Sent> {
        // Their account may be deleted meanwhile, with all that this holds.
        for _ in 1..TRIES {
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
                    // Changes nothing, but locks the row: concurrent sends come one after the other.
                    let own = conversations::table.find(id).filter(conversations::owner_id.eq(new.owner));
                    let locked: Option<Conversation> = diesel::update(own)
                        .set(conversations::message_count.eq(conversations::message_count))
                        .returning(Conversation::as_returning())
                        .get_result(conn)
                        .await
                        .optional()?;
                    match locked {
                        None => return Ok(Sent::NoConversation),
                        Some(full) if full.message_count >= MOST_MESSAGES => return Ok(Sent::Full),
                        Some(conversation) => (Some(conversation), None),
                    }
                }
            };

            let named = new.model.as_ref().or(existing.as_ref().and_then(|existing| existing.model.as_ref()));
            let Some(model) = named.or(new.default_model.as_ref()).cloned() else { return Ok(Sent::NoModel) };
            if let Some((key, input_hash)) = &new.idempotency {
                let claim = Send {
                    user_id: new.owner,
                    key: key.clone(),
                    input_hash: input_hash.clone(),
                    reply_id,
                    created_at: now,
                };
                // On PostgreSQL a racing repetition waits here until the first one is stored, or is not.
                let claimed = diesel::insert_into(sends::table)
                    .values(&claim)
                    .on_conflict_do_nothing()
                    .execute(conn)
                    .await?;
                if claimed == 0 {
                    // Changes nothing, but locks the row: with it the conversation stays until all is read.
                    let before: Option<Send> = diesel::update(sends::table.find((new.owner, key)))
                        .set(sends::created_at.eq(sends::created_at))
                        .returning(Send::as_returning())
                        .get_result(conn)
                        .await
                        .optional()?;
                    // It may have been deleted since the insert met it.
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
                    // Deleted, and about to be removed.
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
                    // Nothing is sent, so the key is given back.
                    diesel::delete(sends::table.find((new.owner, key))).execute(conn).await?;
                }
                return Ok(Sent::Busy);
            }
            if busy && new.when_busy == WhenBusy::StopCurrent {
                let current = runs::table.filter(in_conversation);
                diesel::update(current).set(runs::stop_requested.eq(true)).execute(conn).await?;
            }

            let mut news = Vec::with_capacity(3);
            let conversation: Conversation = match existing {
                None => {
                    let conversation = Conversation {
                        id: Id::new(),
                        owner_id: new.owner,
                        title: new.title.clone(),
                        titled_by_user: false,
                        system_prompt,
                        model: new.model.clone(),
                        message_count: 2,
                        created_at: now,
                        updated_at: now,
                    };
                    diesel::insert_into(conversations::table).values(&conversation).execute(conn).await?;
                    news.push((ChangeKind::ConversationCreated, conversation.id, None));
                    conversation
                }
                Some(conversation) => {
                    let untitled = conversation.message_count == 0 && !conversation.titled_by_user;
                    // Only the title: that a message came is told by the message.
                    if untitled && conversation.title != new.title {
                        news.push((ChangeKind::ConversationChanged, conversation.id, None));
                    }
                    diesel::update(conversations::table.find(conversation.id))
                        .set((
                            conversations::title.eq(if untitled { &new.title } else { &conversation.title }),
                            conversations::message_count.eq(conversation.message_count + 2),
                            conversations::updated_at.eq(now),
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
            let message = Message::said(message_id, conversation.id, parent_id, position, content, now);
            let reply = message.pending_reply(reply_id, model);
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
            news.extend(
                [message_id, reply_id].map(|id| (ChangeKind::MessageAdded, conversation.id, Some(id))),
            );
            record!(conn, new.owner, now, news);

            // After the user's feed is written to, and so locked: of sends at once, on whatever instances, the next one
            // counts this one. What is about to end does not count.
            if let Some(most) = new.most_running {
                let own =
                    runs::table.filter(runs::owner_id.eq(new.owner)).filter(runs::stop_requested.eq(false));
                let running: i64 = own.count().get_result(conn).await?;
                if running > most.get().into() {
                    return Err(Error::TooManyRuns); // nothing is stored
                }
            }
            Ok(Sent::Stored(Stored { conversation, message, reply, claimed: lease.is_some() }))
        });
        match sent {
            Err(Error::TooManyRuns) => Ok(Sent::TooManyRunning),
            sent => sent,
        }
    }

    /// What was sent before under this key. `None` if it was nothing, or is deleted.
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

    /// Forgets some of the keys of sends from before a moment, at most `limit`; how many they were.
    pub async fn delete_sends_before(&self, moment: Instant, limit: i64) -> Result<usize> {
        transact!(self, async |conn| {
            let old = sends::table.filter(sends::created_at.lt(moment)).limit(limit);
            let replies: Vec<Id> = old.select(sends::reply_id).load(conn).await?;
            Ok(diesel::delete(sends::table.filter(sends::reply_id.eq_any(&replies))).execute(conn).await?)
        })
    }
}
