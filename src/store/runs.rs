//! Runs: one for each reply that is not finished. Whoever holds the lease writes the reply, and nobody else:
//! every write names the lease and touches nothing if another has it by now.

use super::{
    ChangeKind, Database, FinishReason, Id, Instant, MessageStatus, Result,
    changes::record,
    locking::SkipLocked,
    messages::Message,
    read,
    schema::{conversations, messages, runs},
    transact,
};
use diesel::{dsl::not, prelude::*};
use diesel_async::{AsyncConnection, RunQueryDsl};

/// A row of `runs`.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = runs, primary_key(message_id))]
pub struct Run {
    /// The reply's message, and the run's key.
    pub message_id: Id,
    /// The conversation it belongs to.
    pub conversation_id: Id,
    /// The reply's position: in a conversation the earliest comes first.
    pub position: i32,
    /// `None` while it waits for its turn.
    pub lease: Option<Id>,
    /// When it expires, by the clock of its holder, unless it is renewed. `None` while `lease` is.
    pub lease_expires_at: Option<Instant>,
    /// Somebody has asked for it to stop.
    pub stop_requested: bool,
    /// Whose conversation it is. `None` if an instance of a version before migration 9 has written it.
    pub owner_id: Option<Id>,
}

/// When a lease expires that its holder has given up: by any clock, that is over.
const RELEASED: Instant = Instant(0);

impl Run {
    /// Whether its holder has given it up.
    pub fn is_released(&self) -> bool {
        self.lease_expires_at == Some(RELEASED)
    }
}

/// How a reply ended. What is `None` is left as it is stored: null, until a reply ends.
#[derive(Clone, Debug, PartialEq, AsChangeset)]
#[diesel(table_name = messages)]
pub struct Outcome {
    /// Completed, stopped or failed.
    pub status: MessageStatus,
    /// All that was said.
    pub content: String,
    /// Why it failed, as a code such as `TIMEOUT`.
    pub error_code: Option<String>,
    /// Why it failed, in a sentence for the user.
    pub error_message: Option<String>,
    /// Why it failed, in the provider's words.
    pub error_details: Option<String>,
    /// Why the model stopped, if the reply is completed.
    pub finish_reason: Option<FinishReason>,
    /// How many tokens the model was shown.
    pub input_tokens: Option<i32>,
    /// How many tokens the model said.
    pub output_tokens: Option<i32>,
    /// Whether the tokens were reckoned from the text, since the provider told none.
    pub usage_estimated: bool,
    /// When it ended: never `None`.
    pub finished_at: Option<Instant>,
}

/// A reply whose lease has been taken.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The reply as it stands when the lease has been taken (see [`Database::claim_run`]).
    pub reply: Message,
    /// Somebody has asked for it to stop.
    pub stop_requested: bool,
}

/// A reply that has just ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Whose conversation it is in.
    pub owner: Id,
    /// The reply as it ended.
    pub message: Message,
}

/// What a checkpoint found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// Stored, and the lease renewed.
    Stored,
    /// Stored, and somebody has asked for the reply to stop.
    StopRequested,
    /// Nothing is stored: the lease is another's by now, or the reply is gone.
    LeaseLost,
}

/// Records the end of a reply. Its conversation is there: to delete it takes the run, which is ours.
macro_rules! tell_end {
    ($conn:ident, $message:ident, $at:expr) => {{
        let conversation = $message.conversation_id;
        let owner: Id =
            conversations::table.find(conversation).select(conversations::owner_id).first($conn).await?;
        record!($conn, owner, $at, [(ChangeKind::ReplyEnded, conversation, Some($message.id))]);
        Ended { owner, message: $message }
    }};
}

impl Database {
    /// Stores what has been said so far and renews the lease.
    pub async fn checkpoint(
        &self,
        reply: Id,
        lease: Id,
        content: &str,
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
            if !content.is_empty() {
                diesel::update(messages::table.find(reply))
                    .set((messages::content.eq(content), messages::status.eq(MessageStatus::Streaming)))
                    .execute(conn)
                    .await?;
            }
            Ok(if stop { Checkpoint::StopRequested } else { Checkpoint::Stored })
        })
    }

    /// Ends a reply; `None` if the lease is another's by now, or the reply is gone.
    pub async fn finish_reply(&self, reply: Id, lease: Id, outcome: &Outcome) -> Result<Option<Ended>> {
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
            let at = outcome.finished_at.unwrap_or(message.created_at);
            Ok(Some(tell_end!(conn, message, at)))
        })
    }

    /// Ends a reply that nobody has a lease of; `None` if somebody has, be it expired, or it has ended. A holder that lives
    /// knows more of the text than is stored.
    pub async fn finish_idle_reply(&self, reply: Id, now: Instant) -> Result<Option<Ended>> {
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
            Ok(Some(tell_end!(conn, message, now)))
        })
    }

    /// Stores what has been said and gives the lease up, so that anybody may take over at once. The lease becomes
    /// nobody's, so that a checkpoint still under way comes too late.
    pub async fn release_run(&self, reply: Id, lease: Id, content: &str) -> Result<()> {
        let nobody = Id::new();
        transact!(self, async |conn| {
            let held = runs::table.find(reply).filter(runs::lease.eq(lease));
            let released = diesel::update(held)
                .set((runs::lease.eq(nobody), runs::lease_expires_at.eq(RELEASED)))
                .execute(conn)
                .await?;
            if released > 0 && !content.is_empty() {
                diesel::update(messages::table.find(reply))
                    .set((messages::content.eq(content), messages::status.eq(MessageStatus::Streaming)))
                    .execute(conn)
                    .await?;
            }
            Ok(())
        })
    }

    /// Asks whoever runs the reply to stop it; false if it is not in progress.
    pub async fn request_stop(&self, reply: Id) -> Result<bool> {
        transact!(self, async |conn| {
            let run = runs::table.find(reply);
            Ok(diesel::update(run).set(runs::stop_requested.eq(true)).execute(conn).await? > 0)
        })
    }

    /// The runs without a lease whose turn has come, at most `limit` of them, the longest waiting first.
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

    /// The runs whose holder may be dead, at most `limit` of them: their leases expire by `soon`, or after `late`, as none
    /// does that was renewed in time by a clock like the caller's. Those that were given up are among them.
    pub async fn doubtful_runs(&self, soon: Instant, late: Instant, limit: i64) -> Result<Vec<Run>> {
        let doubtful = runs::table
            .filter(runs::lease_expires_at.le(soon).or(runs::lease_expires_at.gt(late)))
            .order(runs::lease_expires_at)
            .limit(limit);
        Ok(read!(self, load, doubtful.select(Run::as_select()))?)
    }

    /// Takes the lease of a run that is as the caller has seen it; `None` if another was quicker, if its holder has
    /// renewed the lease since, or if the row is locked. A run whose earlier holder died starts its next attempt, with the
    /// text of the last one dropped, unless there is to be none: then the text stays.
    pub async fn claim_run(
        &self,
        seen: &Run,
        lease: Id,
        expires_at: Instant,
        most_attempts: i32,
    ) -> Result<Option<Claimed>> {
        let reply = seen.message_id;
        transact!(self, async |conn| {
            // A frozen instance may hold the row: whoever waited for it would keep all other runs waiting.
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
                // Whoever took the one too many may have died before it could end the reply: that one is not counted on.
                let tried = messages::table.find(reply).filter(messages::attempt.le(most_attempts));
                diesel::update(tried).set(messages::attempt.eq(messages::attempt + 1)).execute(conn).await?;
                let again = messages::table.find(reply).filter(messages::attempt.le(most_attempts));
                diesel::update(again)
                    .set((messages::content.eq(""), messages::status.eq(MessageStatus::Pending)))
                    .execute(conn)
                    .await?;
            }
            let reply = messages::table.find(reply).select(Message::as_select()).first(conn).await?;
            Ok(Some(Claimed { reply, stop_requested }))
        })
    }

    /// The instructions of a reply's conversation.
    pub async fn system_prompt(&self, conversation: Id) -> Result<Option<String>> {
        let prompt = conversations::table.find(conversation).select(conversations::system_prompt);
        Ok(read!(self, first, prompt)?)
    }
}
