//! Full-text search over a user's messages and titles.
//!
//! [`crate::words`] splits texts and queries into words, so both databases find the same. The transaction that stores a
//! user's message, ends a reply or changes a title also stores its words ([`crate::store::search`]). Texts that were
//! stored without their words are indexed in the background ([`indexing`]).

mod indexing;
mod snippet;

pub use indexing::Indexing;
pub use snippet::{SCANNED, SnippetPart, snippet};

use crate::{
    error::{Error, Result},
    store::{
        Database, Id,
        conversations::Conversation,
        messages::DisplayedMessage,
        paging::{Page, Slice},
        search::Hit,
    },
    words::SearchQuery,
};
use std::{collections::HashMap, sync::Arc};

/// A message or a title that matches a query.
#[derive(Clone, Debug)]
pub struct Match {
    /// The sort key: the ID of the message, or of the conversation if its title matches.
    pub id: Id,
    /// The conversation.
    pub conversation: Arc<Conversation>,
    /// The message. `None` if the title matches.
    pub message: Option<Arc<DisplayedMessage>>,
}

/// Returns a page of what matches a query, newest first. `conversation` restricts it to one of the owner's
/// conversations. Fails with `NOT_FOUND` for another conversation.
pub async fn find(
    store: &Database,
    owner: Id,
    query: &SearchQuery,
    conversation: Option<Id>,
    slice: Slice<Id>,
) -> Result<Page<Match>> {
    if let Some(id) = conversation
        && store.conversations(owner, &[id]).await?.is_empty()
    {
        return Err(Error::NotFound("conversation"));
    }
    let Page { rows, has_next, .. } = store.search(owner, query, conversation, &slice).await?;
    let mut ids: Vec<Id> = rows.iter().map(|hit| hit.conversation_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let conversations = store.conversations(owner, &ids).await?;
    let conversations: HashMap<Id, _> =
        conversations.into_iter().map(|row| (row.id, Arc::new(row))).collect();
    let ids: Vec<Id> = rows.iter().filter_map(|hit| hit.message_id).collect();
    let messages = match ids[..] {
        [] => Vec::new(),
        _ => store.displayed_messages(owner, &ids).await?,
    };
    let messages: HashMap<Id, _> = messages.into_iter().map(|row| (row.summary.id, Arc::new(row))).collect();
    // Leaves out what has been deleted in the meantime.
    let found = |hit: Hit| {
        let message = match hit.message_id {
            Some(id) => Some(messages.get(&id)?.clone()),
            None => None,
        };
        Some(Match { id: hit.id, conversation: conversations.get(&hit.conversation_id)?.clone(), message })
    };
    // The rows before the cursor were on an earlier page.
    let has_previous = slice.after.is_some();
    Ok(Page { rows: rows.into_iter().filter_map(found).collect(), has_previous, has_next })
}
