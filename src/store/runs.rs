//! Runs: one for each unfinished reply. Only the holder of the lease writes the reply. Every write names the lease,
//! and has no effect if another runner holds it by then.

use super::{
    ChangeKind, Database, FinishReason, Id, Instant, MessageStatus, Result,
    changes::record,
    locking::SkipLocked,
    messages::Message,
    parts::PartsRow,
    read,
    schema::{conversations, message_parts, messages, runs},
    search::{SearchEntry, SearchIndex},
    transact,
};
use crate::prompt_context::PromptContext;
use diesel::{dsl::not, prelude::*};
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `runs`.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = runs, primary_key(message_id))]
pub struct Run {
    /// The reply's message, which is also the key of the run.
    pub message_id: Id,
    /// The conversation of the reply.
    pub conversation_id: Id,
    /// The reply's position. In a conversation the lowest position runs first.
    pub position: i32,
    /// The lease; `None` while the run waits for its turn.
    pub lease: Option<Id>,
    /// When the lease expires unless it is renewed, by the holder's clock. `None` if `lease` is.
    pub lease_expires_at: Option<Instant>,
    /// Whether a stop was requested.
    pub stop_requested: bool,
    /// The owner of the conversation. `None` if an instance of a version before migration 9 wrote the row.
    pub owner_id: Option<Id>,
}

/// The expiry time of a lease that its holder has released. It is in the past for every clock.
const RELEASED: Instant = Instant(0);

impl Run {
    /// Returns whether the holder has released the lease.
    pub fn is_released(&self) -> bool {
        self.lease_expires_at == Some(RELEASED)
    }
}

/// The outcome of a reply. A field that is `None` keeps its column, which is null until the reply ends.
#[derive(Clone, Debug, PartialEq, AsChangeset)]
#[diesel(table_name = messages)]
pub struct Outcome {
    /// The final status.
    pub status: MessageStatus,
    /// The complete text.
    pub content: String,
    /// What the prompt contained.
    pub context: Option<PromptContext>,
    /// The code of the failure, such as `TIMEOUT`.
    pub error_code: Option<String>,
    /// The reason for the failure, as a sentence for the user.
    pub error_message: Option<String>,
    /// The reason for the failure, in the provider's words.
    pub error_details: Option<String>,
    /// The reason why the model stopped, if the reply is completed.
    pub finish_reason: Option<FinishReason>,
    /// The number of tokens in the prompt.
    pub input_tokens: Option<i32>,
    /// The number of tokens in the reply.
    pub output_tokens: Option<i32>,
    /// The number of tokens that the model wrote as reasoning.
    pub reasoning_tokens: Option<i32>,
    /// The number of tokens of the prompt that the provider read from its cache.
    pub cached_tokens: Option<i32>,
    /// Whether the token counts were estimated from the text, because the provider reported none.
    pub usage_estimated: bool,
    /// When the reply ended; never `None`.
    pub finished_at: Option<Instant>,
}

/// What a runner has of an unfinished reply.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The text so far.
    pub content: String,
    /// The row with everything else; `None` if there is only text.
    pub parts: Option<PartsRow>,
    /// What the prompt contained; `None` before it is made.
    pub context: Option<PromptContext>,
}

/// The columns that a draft changes. A field that is `None` keeps its column.
#[derive(Default, PartialEq, AsChangeset)]
#[diesel(table_name = messages)]
struct DraftChangeset<'a> {
    content: Option<&'a str>,
    status: Option<MessageStatus>,
    context: Option<PromptContext>,
}

impl Draft {
    /// The changes of the message; `None` if there are none.
    fn changeset(&self) -> Option<DraftChangeset<'_>> {
        let has_text = !self.content.is_empty();
        let changes = DraftChangeset {
            content: has_text.then_some(&self.content),
            status: has_text.then_some(MessageStatus::Streaming),
            context: self.context,
        };
        (changes != DraftChangeset::default()).then_some(changes)
    }
}

/// A reply whose lease has been taken.
#[derive(Clone, Debug)]
pub struct ClaimedReply {
    /// The reply after its lease was taken (see [`Database::claim_run`]).
    pub reply: Message,
    /// Whether a stop was requested.
    pub stop_requested: bool,
}

/// A reply that has just ended.
#[derive(Clone, Debug)]
pub struct FinishedReply {
    /// The owner of its conversation.
    pub owner: Id,
    /// The final message.
    pub message: Message,
}

/// The result of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// The text is stored and the lease renewed.
    Stored,
    /// The text is stored and the lease renewed, and a stop was requested.
    StopRequested,
    /// Nothing is stored. Another runner holds the lease, or the reply is deleted.
    LeaseLost,
}

/// Stores a draft of a reply.
macro_rules! store_draft {
    ($conn:ident, $reply:ident, $draft:ident) => {
        if let Some(changes) = $draft.changeset() {
            diesel::update(messages::table.find($reply)).set(&changes).execute($conn).await?;
        }
        store_parts!($conn, $draft.parts.as_ref());
    };
}

/// Stores the parts of a reply, if it has more than text.
macro_rules! store_parts {
    ($conn:ident, $parts:expr) => {
        if let Some(row) = $parts {
            diesel::insert_into(message_parts::table)
                .values(row)
                .on_conflict(message_parts::message_id)
                .do_update()
                .set(row)
                .execute($conn)
                .await?;
        }
    };
}

/// Indexes a reply that has ended, and records the change. The conversation exists, because deleting it would need the
/// run's row, which this transaction holds.
macro_rules! record_end {
    ($conn:ident, $message:ident, $at:expr) => {{
        let conversation = $message.conversation_id;
        let owner: Id =
            conversations::table.find(conversation).select(conversations::owner_id).first($conn).await?;
        $conn.index(&SearchEntry::of_message(owner, conversation, $message.id, &$message.content)).await?;
        record!($conn, owner, $at, [(ChangeKind::ReplyEnded, conversation, Some($message.id))]);
        FinishedReply { owner, message: $message }
    }};
}

impl Database {
    /// Stores the draft and renews the lease.
    pub async fn checkpoint(
        &self,
        reply: Id,
        lease: Id,
        draft: &Draft,
        expires_at: Instant,
    ) -> Result<Checkpoint> {
        transact!(self, async |conn| {
            let held = runs::table.find(reply).filter(runs::lease.eq(lease));
            let stop: Option<bool> = diesel::update(held)
                .set(runs::lease_expires_at.eq(expires_at))
                .returning(runs::stop_requested)
                .get_result(conn)
                .await
                .optional()?;
            let Some(stop) = stop else {
                return Ok(Checkpoint::LeaseLost);
            };
            store_draft!(conn, reply, draft);
            Ok(if stop { Checkpoint::StopRequested } else { Checkpoint::Stored })
        })
    }

    /// Ends a reply. Without `parts`, its row of parts does not change. Returns `None` if another runner holds the
    /// lease, or the reply is deleted.
    pub async fn finish_reply(
        &self,
        reply: Id,
        lease: Id,
        outcome: &Outcome,
        parts: Option<&PartsRow>,
    ) -> Result<Option<FinishedReply>> {
        transact!(self, async |conn| {
            let held = runs::table.find(reply).filter(runs::lease.eq(lease));
            if diesel::delete(held).execute(conn).await? == 0 {
                return Ok(None);
            }
            let message: Message = diesel::update(messages::table.find(reply))
                .set(outcome)
                .returning(Message::as_returning())
                .get_result(conn)
                .await?;
            store_parts!(conn, parts);
            let at = outcome.finished_at.unwrap_or(message.created_at);
            Ok(Some(record_end!(conn, message, at)))
        })
    }

    /// Stops a reply that no runner holds. Returns `None` if the reply has ended, or if a runner holds a lease, even
    /// an expired one: a runner that is alive has more text than the database.
    pub async fn finish_idle_reply(&self, reply: Id, now: Instant) -> Result<Option<FinishedReply>> {
        transact!(self, async |conn| {
            let idle =
                runs::table.find(reply).filter(runs::lease.is_null().or(runs::lease_expires_at.eq(RELEASED)));
            if diesel::delete(idle).execute(conn).await? == 0 {
                return Ok(None);
            }
            let message: Message = diesel::update(messages::table.find(reply))
                .set((messages::status.eq(MessageStatus::Stopped), messages::finished_at.eq(now)))
                .returning(Message::as_returning())
                .get_result(conn)
                .await?;
            Ok(Some(record_end!(conn, message, now)))
        })
    }

    /// Stores the draft and releases the lease, so that another runner may take over immediately.
    ///
    /// The lease becomes an unused one, so that a checkpoint that arrives later has no effect.
    pub async fn release_run(&self, reply: Id, lease: Id, draft: &Draft) -> Result<()> {
        let unused = Id::new();
        transact!(self, async |conn| {
            let held = runs::table.find(reply).filter(runs::lease.eq(lease));
            let released = diesel::update(held)
                .set((runs::lease.eq(unused), runs::lease_expires_at.eq(RELEASED)))
                .execute(conn)
                .await?;
            if released > 0 {
                store_draft!(conn, reply, draft);
            }
            Ok(())
        })
    }

    /// Requests that the reply be stopped. Returns false if it is not in progress.
    pub async fn request_stop(&self, reply: Id) -> Result<bool> {
        transact!(self, async |conn| {
            let run = runs::table.find(reply);
            Ok(diesel::update(run).set(runs::stop_requested.eq(true)).execute(conn).await? > 0)
        })
    }

    /// Returns at most `limit` runs without a lease whose turn has come, the longest waiting first.
    pub async fn waiting_runs(&self, limit: i64) -> Result<Vec<Run>> {
        let earlier = diesel::alias!(runs as earlier);
        let waiting = runs::table
            .filter(runs::lease.is_null())
            .filter(not(diesel::dsl::exists(
                earlier
                    .filter(earlier.field(runs::conversation_id).eq(runs::conversation_id))
                    .filter(earlier.field(runs::position).lt(runs::position)),
            )))
            .order(runs::message_id)
            .limit(limit);
        Ok(read!(self, load, waiting.select(Run::as_select()))?)
    }

    /// Returns at most `limit` runs whose lease is suspect, because its holder may have crashed. These leases expire by
    /// `soon`, or after `late`. A lease that was renewed in time, by a clock like the caller's, expires between the
    /// two. Released leases are included.
    pub async fn suspect_runs(&self, soon: Instant, late: Instant, limit: i64) -> Result<Vec<Run>> {
        let suspect = runs::table
            .filter(runs::lease_expires_at.le(soon).or(runs::lease_expires_at.gt(late)))
            .order(runs::lease_expires_at)
            .limit(limit);
        Ok(read!(self, load, suspect.select(Run::as_select()))?)
    }

    /// Takes over the lease of a run, provided that the row is unchanged since the caller read it.
    ///
    /// Returns `None` if another runner took the lease, if its holder has renewed it, or if the row is locked. If an
    /// earlier holder crashed or released the lease, the next attempt starts and the parts of the last one are dropped.
    /// They are kept after the last permitted attempt, and if a stop was requested.
    pub async fn claim_run(
        &self,
        seen: &Run,
        lease: Id,
        expires_at: Instant,
        max_attempts: i32,
    ) -> Result<Option<ClaimedReply>> {
        let reply = seen.message_id;
        transact!(self, async |conn| {
            // A frozen instance may hold the row. Waiting for it would delay all other runs.
            let row = SkipLocked(runs::table.find(reply).select((runs::lease, runs::lease_expires_at)));
            let row: Option<(Option<Id>, Option<Instant>)> = row.get_result(conn).await.optional()?;
            if row != Some((seen.lease, seen.lease_expires_at)) {
                return Ok(None);
            }
            let stop_requested: bool = diesel::update(runs::table.find(reply))
                .set((runs::lease.eq(lease), runs::lease_expires_at.eq(expires_at)))
                .returning(runs::stop_requested)
                .get_result(conn)
                .await?;
            if seen.lease.is_some() && !stop_requested {
                // A runner that took over after the last attempt may have died before it ended the reply. Its takeover
                // is not counted.
                let tried = messages::table.find(reply).filter(messages::attempt.le(max_attempts));
                diesel::update(tried).set(messages::attempt.eq(messages::attempt + 1)).execute(conn).await?;
                let again = messages::table.find(reply).filter(messages::attempt.le(max_attempts));
                diesel::update(again)
                    .set((messages::content.eq(""), messages::status.eq(MessageStatus::Pending)))
                    .execute(conn)
                    .await?;
            }
            let reply: Message = messages::table.find(reply).select(Message::as_select()).first(conn).await?;
            if seen.lease.is_some() && !stop_requested {
                let parts = message_parts::table.find(reply.id);
                if reply.attempt <= max_attempts {
                    diesel::delete(parts).execute(conn).await?;
                } else {
                    // The number of the takeover is higher, but the parts are still those of the last attempt.
                    let kept = parts.filter(message_parts::attempt.eq(max_attempts));
                    diesel::update(kept).set(message_parts::attempt.eq(reply.attempt)).execute(conn).await?;
                }
            }
            Ok(Some(ClaimedReply { reply, stop_requested }))
        })
    }

    /// Returns the instructions of a conversation.
    pub async fn system_prompt(&self, conversation: Id) -> Result<Option<String>> {
        let prompt = conversations::table.find(conversation).select(conversations::system_prompt);
        Ok(read!(self, first, prompt)?)
    }
}
