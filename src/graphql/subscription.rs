//! What can be watched.

use super::{
    context::ContextExt,
    ids::Kind,
    resume::{Bookmarks, Resume},
    text_budget::TextBudget,
    types::{Change, ReplyEvent},
};
use crate::error::Result;
use async_graphql::{Context, Description, ID, Subscription as Root};
use futures_util::{Stream, StreamExt};

/// Where watching begins.
#[derive(Description)]
pub struct Subscription;

#[Root(use_type_description)]
impl Subscription {
    /// A reply as it is written. First comes a snapshot of the text so far, then each delta of what has been added
    /// since, at last the finished message; then the subscription completes. A reply that has ended is told at once.
    ///
    /// The text so far is the last snapshot's text and every delta after it. A client that lost its connection goes
    /// on with `after`: it gets what it lacks, as a delta if it can be one, else as a snapshot. Leaving does not stop
    /// the reply; `stopReply` does.
    async fn reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `id` of the reply's message.")] message_id: ID,
        #[graphql(desc = "The `cursor` of the last event received.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ReplyEvent>> + use<>> {
        let viewer = ctx.signed_in()?;
        let id = Kind::Message.parse("messageId", &message_id)?;
        let bookmark = ctx.data_opt::<Bookmarks>().cloned().unwrap_or_default().reply;
        let resume = ctx.data_opt::<Resume>().cloned().unwrap_or_default();
        let budget = ctx.data_unchecked::<TextBudget>().clone();
        let after = resume.cursor().or(after.as_deref());
        let events = ctx.domain().replies.follow(viewer.user_id, id, after, bookmark).await?;
        Ok(events.map(move |event| {
            let event = event?;
            resume.tell(&event.cursor);
            budget.refill();
            Ok(ReplyEvent::from(event))
        }))
    }

    /// What happens to the conversations of who is signed in, on whatever device it is done: each event once, in order,
    /// without end. A client that lost its connection goes on with `after`, and misses nothing.
    ///
    /// Subscribe first, without `after`: the first event is a Reload. Then load what is to be shown; everything later
    /// is told. Changes are kept for a week: whoever comes back later, or lacks more than 1,000 of them, is told to
    /// reload again, and goes on from there.
    ///
    /// An event tells what has changed; its object is as it is now, which may be later than the event. That a message
    /// was added tells also that its conversation's `updatedAt` has moved: there is no event of its own for that. Each
    /// event costs as much as an operation that asks for the same; one that cannot be paid for comes later.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `cursor` of the last event received.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Change>> + use<>> {
        let viewer = ctx.signed_in()?;
        let bookmark = ctx.data_opt::<Bookmarks>().cloned().unwrap_or_default().changes;
        let resume = ctx.data_opt::<Resume>().cloned().unwrap_or_default();
        let budget = ctx.data_unchecked::<TextBudget>().clone();
        let after = resume.cursor().or(after.as_deref());
        let events = ctx.domain().changes.follow(viewer.user_id, after, bookmark).await?;
        Ok(events.map(move |event| {
            let event = event?;
            resume.tell(&event.cursor);
            budget.refill();
            Ok(Change::from(event))
        }))
    }
}
