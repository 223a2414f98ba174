//! What can be watched.

use super::{context::ContextExt, ids::Kind, resume::Resume, types::ReplyEvent};
use crate::{error::Result, replies::Bookmark};
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
        let bookmark = ctx.data_opt::<Bookmark>().cloned().unwrap_or_default();
        let resume = ctx.data_opt::<Resume>().cloned().unwrap_or_default();
        let after = resume.cursor().or(after.as_deref());
        let events = ctx.domain().replies.follow(viewer.user_id, id, after, bookmark).await?;
        Ok(events.map(move |event| {
            let event = event?;
            resume.tell(&event.cursor);
            Ok(ReplyEvent::from(event))
        }))
    }
}
