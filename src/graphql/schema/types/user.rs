use super::{
    AccessToken, ConversationConnection, DateTime, SearchConnection, SecurityEventConnection, Session,
};
use crate::{
    error::Result,
    graphql::schema::{context::ContextExt, cursors::SearchCursor, ids::NodeType, pages::PageArguments},
    search,
    store::{self, conversations::ConversationFilter, paging::Slice},
    words::SearchQuery,
};
use async_graphql::{Context, Description, ID, Object};
use std::sync::Arc;

/// A user with an account.
#[derive(Description)]
pub struct User(pub Arc<store::users::User>);

#[Object(use_type_description)]
impl User {
    /// The global ID.
    pub async fn id(&self) -> ID {
        NodeType::User.id(self.0.id)
    }

    /// The e-mail address, spelled as the user entered it. For users of the identity provider, the address that the
    /// provider reported at the first sign-in; `null` if it reported none.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The display name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether the account has a password. Users of the identity provider have none here.
    async fn has_password(&self) -> bool {
        self.0.password_hash.is_some()
    }

    /// When the account was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The conversations of the user, the most recently used first. Archived conversations are left out unless
    /// `archived` says otherwise. The pinned conversations are a list of their own, in the same order. A cursor is valid
    /// in all of these lists.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Returns at most this many elements from the start: 1 to 100. Defaults to 20 unless `last` is set."
        )]
        first: Option<i32>,
        #[graphql(desc = "Returns only elements after this cursor.")] after: Option<String>,
        #[graphql(
            desc = "Returns at most this many elements from the end: 1 to 100. Cannot be combined with `first`."
        )]
        last: Option<i32>,
        #[graphql(desc = "Returns only elements before this cursor.")] before: Option<String>,
        #[graphql(
            default_with = "Some(false)",
            desc = "`true` returns only archived conversations, `false` only others, and `null` both."
        )]
        archived: Option<bool>,
        #[graphql(desc = "`true` returns only pinned conversations, `false` only others, and `null` both.")]
        pinned: Option<bool>,
    ) -> Result<ConversationConnection> {
        let slice = PageArguments { first, after, last, before }.slice()?;
        let filter = ConversationFilter { archived, pinned };
        let page = ctx.domain().store.conversations_page(self.0.id, filter, slice).await?;
        Ok(ConversationConnection::new(self.0.id, filter, page))
    }

    /// The sessions of the user, the most recently used first. A user has at most 100 sessions: one more replaces the
    /// least recently used one.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let sessions = ctx.domain().accounts.sessions.of(self.0.id).await?;
        Ok(sessions.into_iter().map(|row| Session(Arc::new(row))).collect())
    }

    /// The personal access tokens of the user, newest first: at most 50, including expired ones.
    async fn access_tokens(&self, ctx: &Context<'_>) -> Result<Vec<AccessToken>> {
        let tokens = ctx.domain().store.access_tokens(self.0.id).await?;
        Ok(tokens.into_iter().map(|row| AccessToken(Arc::new(row))).collect())
    }

    /// The security events of the account in the last 90 days, newest first. At most 200 events of one kind are kept
    /// per day.
    async fn security_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Returns at most this many elements from the start: 1 to 100. Defaults to 20 unless `last` is set."
        )]
        first: Option<i32>,
        #[graphql(desc = "Returns only elements after this cursor.")] after: Option<String>,
        #[graphql(
            desc = "Returns at most this many elements from the end: 1 to 100. Cannot be combined with `first`."
        )]
        last: Option<i32>,
        #[graphql(desc = "Returns only elements before this cursor.")] before: Option<String>,
    ) -> Result<SecurityEventConnection> {
        let slice = PageArguments { first, after, last, before }.slice()?;
        let page = ctx.domain().store.security_events_page(self.0.id, slice).await?;
        Ok(SecurityEventConnection::new(page))
    }
    /// Searches the messages and titles of the user, newest first. Replies are found as soon as they have ended.
    ///
    /// - All words of the query must occur, in any order. The last one may be the beginning of a word, from 2 characters
    ///   on.
    /// - Case, accents and punctuation do not matter.
    /// - Chinese, Japanese, Korean and Thai text is compared by pairs of characters.
    ///
    /// Fails with `BAD_USER_INPUT` for an invalid query, and with `NOT_FOUND` if the conversation does not exist.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The words to search for: 1 to 200 characters with 1 to 8 words.")] query: String,
        #[graphql(desc = "Searches only this conversation of the user.")] conversation_id: Option<ID>,
        #[graphql(desc = "Returns at most this many elements: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Returns only elements after this cursor.")] after: Option<String>,
    ) -> Result<SearchConnection> {
        let query = SearchQuery::parse(&query)?;
        let conversation =
            conversation_id.map(|id| NodeType::Conversation.parse("conversationId", &id)).transpose()?;
        let page = PageArguments { first, after, last: None, before: None }.slice()?;
        let slice = Slice {
            after: page.after.map(|SearchCursor(id)| id),
            before: None,
            limit: page.limit,
            from_end: false,
        };
        let page = search::find(&ctx.domain().store, self.0.id, &query, conversation, slice).await?;
        Ok(SearchConnection::new(query, page))
    }
}
