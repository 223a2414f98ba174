use super::{Conversation, Message, PageInfo};
use crate::{
    error::Result,
    graphql::schema::{
        context::ContextExt,
        cursors::{Cursor, SearchCursor},
    },
    search::{self, Match},
    store::paging::Page,
    words::SearchQuery,
};
use async_graphql::{Context, Description, Object, SimpleObject};
use std::sync::Arc;

/// A page of search results.
#[derive(Description)]
pub struct SearchConnection {
    hits: Vec<SearchHit>,
    has_previous: bool,
    has_next: bool,
}

impl SearchConnection {
    /// Wraps a page of what matches the query.
    pub fn new(query: SearchQuery, page: Page<Match>) -> Self {
        let query = Arc::new(query);
        let hits =
            page.rows.into_iter().map(|found| SearchHit { found: Arc::new(found), query: query.clone() });
        Self { hits: hits.collect(), has_previous: page.has_previous, has_next: page.has_next }
    }
}

#[Object(use_type_description)]
impl SearchConnection {
    /// The results of this page, each with its cursor.
    async fn edges(&self) -> Vec<SearchEdge> {
        self.hits.iter().cloned().map(SearchEdge).collect()
    }

    /// The results of this page.
    async fn nodes(&self) -> &[SearchHit] {
        &self.hits
    }

    /// The position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.hits.first().map(SearchHit::cursor),
            end_cursor: self.hits.last().map(SearchHit::cursor),
        }
    }

    /// Whether all texts are searched. `false` for a while after the upgrade to the first version with a search, while
    /// the server indexes older messages and titles.
    async fn complete(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.domain().store.is_search_complete().await?)
    }
}

/// A search result in a connection.
#[derive(Description)]
pub struct SearchEdge(SearchHit);

#[Object(use_type_description)]
impl SearchEdge {
    /// The cursor of this edge, for `after`.
    async fn cursor(&self) -> String {
        self.0.cursor()
    }

    /// The search result.
    async fn node(&self) -> &SearchHit {
        &self.0
    }
}

/// A message or a title that matches a search.
#[derive(Clone, Description)]
pub struct SearchHit {
    found: Arc<Match>,
    query: Arc<SearchQuery>,
}

impl SearchHit {
    fn cursor(&self) -> String {
        SearchCursor(self.found.id).encode()
    }
}

#[Object(use_type_description)]
impl SearchHit {
    /// The conversation of the message or title.
    async fn conversation(&self) -> Conversation {
        Conversation(self.found.conversation.clone())
    }

    /// The message that matches. `null` if the title of the conversation matches.
    async fn message(&self) -> Option<Message> {
        self.found.message.clone().map(Message)
    }

    /// An excerpt of about 30 words, at most 400 characters, where most of the words occur. `…` marks text that is left
    /// out.
    ///
    /// If the words occur only after the first 32,768 characters of a message, the excerpt is its beginning.
    async fn snippet(&self, ctx: &Context<'_>) -> Result<Vec<SnippetPart>> {
        let parts = match &self.found.message {
            None => search::snippet(&self.found.conversation.title, &self.query),
            Some(message) => match &message.summary.content {
                Some(content) => search::snippet(content, &self.query),
                None => {
                    let excerpt = ctx.loaders().excerpts.get(message.summary.id).await?;
                    search::snippet(excerpt.as_deref().unwrap_or_default(), &self.query)
                }
            },
        };
        Ok(parts.into_iter().map(|part| SnippetPart { text: part.text, matched: part.matched }).collect())
    }
}

/// A part of an excerpt.
#[derive(SimpleObject)]
pub struct SnippetPart {
    /// The text, on one line.
    pub text: String,
    /// Whether the query matches this part.
    pub matched: bool,
}
