//! Sending: stores the user's message and the empty reply to it, both or neither.

mod place;
mod request;

pub use request::{Before, NewMessage, Rejection, Sent, Stored, Target, WhenBusy};

use super::{
    ChangeKind, Database, Error, Id, Instant, MAX_ATTEMPTS, Result, Role,
    branches::move_branch,
    changes::record,
    conversations::Conversation,
    messages::Message,
    read,
    runs::Run,
    schema::{conversations, messages, runs, sends},
    search::{SearchEntry, SearchIndex},
    transact,
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use place::{Place, find_place};

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

/// The maximum number of messages in a conversation: far more than it can use, and far from the end of the position's
/// range.
const MAX_MESSAGES: i32 = 1_000_000;

/// Locks a conversation's row, so that sends and switches run one after the other. Evaluates to the row.
macro_rules! lock_conversation {
    ($conn:ident, $owner:expr, $id:expr) => {{
        // Changes nothing.
        let own = conversations::table.find($id).filter(conversations::owner_id.eq($owner));
        let locked: Option<Conversation> = diesel::update(own)
            .set(conversations::message_count.eq(conversations::message_count))
            .returning(Conversation::as_returning())
            .get_result($conn)
            .await
            .optional()?;
        let locked = locked.ok_or(Rejection::NoConversation)?;
        if locked.message_count >= MAX_MESSAGES {
            return Err(Rejection::Full.into());
        }
        locked
    }};
}

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
            let existing = match &new.target {
                Target::New { .. } => None,
                Target::Existing { conversation, .. }
                | Target::Replace { conversation: Some(conversation), .. } => {
                    Some(lock_conversation!(conn, new.owner, *conversation))
                }
                Target::Replace { message, conversation: None, .. }
                | Target::Regenerate { reply: message } => {
                    let of_message = messages::table.find(message).select(messages::conversation_id);
                    let conversation: Option<Id> = of_message.first(conn).await.optional()?;
                    let conversation = conversation.ok_or(Rejection::NoMessage)?;
                    Some(lock_conversation!(conn, new.owner, conversation))
                }
            };
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
                    let before = before.ok_or(Rejection::NoConversation)?;
                    if before.input_hash != *input_hash {
                        return Err(Rejection::OtherInput.into());
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
                    // The conversation may be deleted but not removed yet.
                    let conversation = conversation.ok_or(Rejection::NoConversation)?;
                    let stored =
                        Stored { conversation, message, reply, claimed: false, stopping: Vec::new() };
                    return Ok(Sent::Before(stored));
                }
            }

            let place = match &existing {
                None => Place::default(),
                Some(conversation) => find_place!(conn, conversation, &new.target),
            };
            let models = [
                new.model.as_ref(),
                place.replaced_reply.as_ref().and_then(|reply| reply.model.as_ref()),
                existing.as_ref().and_then(|existing| existing.model.as_ref()),
                new.default_model.as_ref(),
            ];
            let model = models.into_iter().flatten().next().cloned().ok_or(Rejection::NoModel)?;
            let inherited = place.replaced_reply.as_ref().and_then(|reply| reply.generation);
            let inherited =
                inherited.or(existing.as_ref().map(|existing| existing.generation)).unwrap_or_default();
            let generation = new.generation.apply(inherited);

            let in_conversation =
                runs::conversation_id.nullable().eq(existing.as_ref().map(|conversation| conversation.id));
            let last_run: Option<i32> = runs::table
                .filter(in_conversation)
                .order(runs::position.desc())
                .select(runs::position)
                .first(conn)
                .await
                .optional()?;
            if last_run.is_some() && new.when_busy == WhenBusy::Reject {
                return Err(Rejection::Busy.into());
            }
            let mut stopping = Vec::new();
            if last_run.is_some() && new.when_busy == WhenBusy::StopCurrent {
                let current = runs::table.filter(in_conversation);
                stopping = diesel::update(current)
                    .set(runs::stop_requested.eq(true))
                    .returning(runs::message_id)
                    .get_results(conn)
                    .await?;
            }

            let mut changes = Vec::with_capacity(3);
            let new_title;
            let added = if place.replaced_reply.is_some() { 1 } else { 2 };
            let conversation: Conversation = match existing {
                None => {
                    new_title = true;
                    let system_prompt = match &new.target {
                        Target::New { system_prompt } => system_prompt.clone(),
                        _ => None,
                    };
                    let conversation = Conversation {
                        system_prompt,
                        model: new.model.clone(),
                        generation,
                        message_count: added,
                        ..Conversation::new(new.owner, new.title.clone(), now)
                    };
                    diesel::insert_into(conversations::table).values(&conversation).execute(conn).await?;
                    changes.push((ChangeKind::ConversationCreated, conversation.id, None));
                    conversation
                }
                Some(conversation) => {
                    let untitled = conversation.message_count == 0 && !conversation.titled_by_user;
                    let moved = move_branch!(conn, &conversation, place.parent.clone(), Below::Leave);
                    new_title = untitled && conversation.title != new.title;
                    // Only for the title and the archive. The message has a change of its own.
                    if new_title || conversation.archived_at.is_some() {
                        changes.push((ChangeKind::ConversationChanged, conversation.id, None));
                    }
                    if moved.is_switched {
                        changes.push((ChangeKind::BranchSwitched, conversation.id, moved.fork));
                    }
                    diesel::update(conversations::table.find(conversation.id))
                        .set((
                            conversations::title.eq(if untitled { &new.title } else { &conversation.title }),
                            conversations::message_count.eq(moved.count + added),
                            conversations::branch.eq(conversation.branch + i32::from(moved.is_switched)),
                            conversations::updated_at.eq(now),
                            conversations::archived_at.eq(None::<Instant>),
                        ))
                        .returning(Conversation::as_returning())
                        .get_result(conn)
                        .await?
                }
            };

            let position = conversation.message_count - added;
            let message = match &place.replaced_reply {
                None => {
                    let parent_id = place.parent.map(|parent| parent.id);
                    let content = new.content.clone();
                    let message =
                        Message::from_user(message_id, conversation.id, parent_id, position, content, now);
                    diesel::insert_into(messages::table).values(&message).execute(conn).await?;
                    changes.push((ChangeKind::MessageAdded, conversation.id, Some(message_id)));
                    message
                }
                Some(_) => {
                    let question = messages::table
                        .filter(messages::conversation_id.eq(conversation.id))
                        .filter(messages::position.eq(position - 1));
                    question.select(Message::as_select()).first(conn).await?
                }
            };
            let reply = Message { created_at: now, ..message.pending_reply(reply_id, model, generation) };
            diesel::insert_into(messages::table).values(&reply).execute(conn).await?;
            changes.push((ChangeKind::MessageAdded, conversation.id, Some(reply_id)));
            if place.replaced_reply.is_none() {
                conn.index(&SearchEntry::of_message(new.owner, conversation.id, message_id, &new.content))
                    .await?;
            }
            if new_title {
                conn.index(&SearchEntry::of_title(new.owner, conversation.id, &new.title)).await?;
            }

            let lease = new.lease.filter(|_| last_run.is_none());
            let run = Run {
                message_id: reply_id,
                conversation_id: conversation.id,
                // Positions repeat when the branch changes, so this may be greater than the reply's.
                position: last_run.map_or(0, |last| last + 1).max(conversation.message_count - 1),
                lease: lease.map(|(lease, _)| lease),
                lease_expires_at: lease.map(|(_, until)| until),
                stop_requested: false,
                owner_id: Some(new.owner),
            };
            diesel::insert_into(runs::table).values(&run).execute(conn).await?;
            record!(conn, new.owner, now, changes);

            // Counted after `record!` has locked the user's feed, so that concurrent sends on any instance count each
            // other. Runs that are about to stop do not count.
            if let Some(most) = new.max_running {
                let own =
                    runs::table.filter(runs::owner_id.eq(new.owner)).filter(runs::stop_requested.eq(false));
                let running: i64 = own.count().get_result(conn).await?;
                if running > most.get().into() {
                    return Err(Rejection::TooManyRunning.into());
                }
            }
            let claimed = lease.is_some();
            Ok(Sent::Stored(Stored { conversation, message, reply, claimed, stopping }))
        });
        match sent {
            Err(Error::Rejected(rejection)) => Ok(Sent::Rejected(rejection)),
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
        Ok(message.map(|message| {
            let stopping = Vec::new();
            Before::Same(Box::new(Stored { conversation, message, reply, claimed: false, stopping }))
        }))
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
