//! The subscriptions.

use super::{
    context::ContextExt,
    ids::NodeType,
    types::{Change, PartKind, ReplyEvent},
};
use crate::{
    error::Result,
    graphql::execution::{
        resume::{Resume, ResumePoints},
        text_budget::TextBudget,
    },
};
use async_graphql::{Context, Description, ID, Subscription as Root};
use futures_util::{Stream, StreamExt};

/// The root of all subscriptions. They require an authenticated user; otherwise they fail with `UNAUTHENTICATED`.
#[derive(Description)]
pub struct Subscription;

#[Root(use_type_description)]
impl Subscription {
    /// Streams a reply while it is written. The first event is a `ReplySnapshot` with the text so far. `ReplyDelta`
    /// events with the added text follow. The last event is a `ReplyFinished` with the finished message; then the
    /// subscription completes. If the reply has already ended, a snapshot and the `ReplyFinished` are sent at once.
    ///
    /// The text so far is the text of the last snapshot followed by the text of every later delta. The same is true of
    /// each part. Only the selected kinds of parts are sent; if nothing of these kinds is added, there is no event. To
    /// resume after a lost connection, pass the last `cursor` as `after`, with the same `parts`. Missing parts are sent
    /// as a delta if possible, otherwise as a snapshot. Unsubscribing does not stop the reply; use `stopReply` for that.
    ///
    /// Fails with `NOT_FOUND` if the message does not exist or belongs to another user, and with `BAD_USER_INPUT` if
    /// it is not a reply.
    async fn reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the reply.")] message_id: ID,
        #[graphql(desc = "The `cursor` of the last event that the client received.")] after: Option<String>,
        #[graphql(
            desc = "The kinds of parts to send. With an empty list, there are only an empty snapshot and the end.",
            default_with = "vec![PartKind::Text]"
        )]
        parts: Vec<PartKind>,
    ) -> Result<impl Stream<Item = Result<ReplyEvent>> + use<>> {
        let viewer = ctx.require_user()?;
        let id = NodeType::Message.parse("messageId", &message_id)?;
        let resume_point = ctx.data_opt::<ResumePoints>().cloned().unwrap_or_default().reply;
        let resume = ctx.data_opt::<Resume>().cloned().unwrap_or_default();
        let budget = ctx.data_unchecked::<TextBudget>().clone();
        let after = resume.cursor().or(after.as_deref());
        let kinds = parts.into_iter().map(crate::parts::PartKind::from).collect();
        let events = ctx.domain().replies.follow(viewer.user_id, id, kinds, after, resume_point).await?;
        Ok(events.map(move |event| {
            let event = event?;
            resume.record(&event.cursor);
            budget.refill();
            Ok(ReplyEvent::from(event))
        }))
    }

    /// Streams the changes to the conversations of the authenticated user, from all devices. Each change is sent
    /// once, in order. The subscription never completes.
    ///
    /// To start, subscribe without `after` and wait for the first event, a `Reload`. Then load what you display; all
    /// later changes follow as events. To resume after a lost connection, pass the last `cursor` as `after`; no
    /// change is lost. Changes are kept for 7 days. If the cursor is older, or more than 1,000 changes are missing,
    /// the first event is a `Reload` again.
    ///
    /// The object in an event has its current state, which may be newer than the event. A `MessageAdded` event
    /// implies that the `updatedAt` of the conversation has changed; that has no event of its own. Each event
    /// costs as much as a query for the same fields. Events over the rate limit are delayed, not dropped.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `cursor` of the last event that the client received.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Change>> + use<>> {
        let viewer = ctx.require_user()?;
        let resume_point = ctx.data_opt::<ResumePoints>().cloned().unwrap_or_default().changes;
        let resume = ctx.data_opt::<Resume>().cloned().unwrap_or_default();
        let budget = ctx.data_unchecked::<TextBudget>().clone();
        let after = resume.cursor().or(after.as_deref());
        let events = ctx.domain().changes.follow(viewer.user_id, after, resume_point).await?;
        Ok(events.map(move |event| {
            let event = event?;
            resume.record(&event.cursor);
            budget.refill();
            Ok(Change::from(event))
        }))
    }
}
