use super::{AccessToken, ConversationConnection, DateTime, SecurityEventConnection, Session};
use crate::{
    error::Result,
    graphql::{context::ContextExt, ids::Kind, pages::PageArguments},
    store,
};
use async_graphql::{Context, Description, ID, Object};
use std::sync::Arc;

/// Somebody with an account.
#[derive(Description)]
pub struct User(pub Arc<store::users::User>);

#[Object(use_type_description)]
impl User {
    /// The global id.
    pub async fn id(&self) -> ID {
        Kind::User.id(self.0.id)
    }

    /// The e-mail address, as its owner wrote it. Of whoever signs in at the identity provider, the one that it told when
    /// they were first seen here; null if it told none.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The user's conversations, the most recently used first.
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 1 to 100. 20 if neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<ConversationConnection> {
        let slice = PageArguments { first, after, last, before }.slice()?;
        let page = ctx.domain().store.conversations_page(self.0.id, slice).await?;
        Ok(ConversationConnection::new(self.0.id, page))
    }

    /// Where the user is signed in, the last used first. They are at most 100: whoever signs in more often loses the
    /// one that was longest unused.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let sessions = ctx.domain().accounts.sessions.of(self.0.id).await?;
        Ok(sessions.into_iter().map(|row| Session(Arc::new(row))).collect())
    }

    /// The user's personal access tokens, the latest first: at most 50, those that have expired among them.
    async fn access_tokens(&self, ctx: &Context<'_>) -> Result<Vec<AccessToken>> {
        let tokens = ctx.domain().store.access_tokens(self.0.id).await?;
        Ok(tokens.into_iter().map(|row| AccessToken(Arc::new(row))).collect())
    }

    /// What has happened to the account in the last 90 days, the latest first. Of one kind at most 200 events a day are
    /// kept; more of the same are not.
    async fn security_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 1 to 100. 20 if neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<SecurityEventConnection> {
        let slice = PageArguments { first, after, last, before }.slice()?;
        let page = ctx.domain().store.security_events_page(self.0.id, slice).await?;
        Ok(SecurityEventConnection::new(page))
    }
}
