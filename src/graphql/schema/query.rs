//! The queries.

use super::{
    context::ContextExt,
    ids::{self, NodeType},
    types::{AccessToken, Conversation, Limits, Message, Model, Node, SecurityEvent, Session, User},
};
use crate::error::{Error, Result};
use async_graphql::{Context, Description, ID, Object};
use futures_util::future::join_all;

/// The maximum number of IDs that `nodes` takes.
const MAX_NODES: usize = 100;

/// The root of all queries. All queries except `me` and `models` require an authenticated user; otherwise they fail
/// with `UNAUTHENTICATED`.
#[derive(Description)]
pub struct Query;

#[Object(use_type_description)]
impl Query {
    /// The authenticated user. `null` if the request has no access token.
    async fn me(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let viewer = ctx.viewer()?;
        let user = ctx.loaders().users.get(viewer.user_id).await.transpose();
        // A valid access token may outlive its account for a moment.
        Some(user.unwrap_or(Err(Error::Unauthenticated("The account has been deleted."))).map(User))
    }

    /// Returns an object by its global ID. `null` with the error `NOT_FOUND` if it does not exist or belongs to another
    /// user.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ID of the object.")] id: ID,
    ) -> Option<Result<Node>> {
        Some(node(ctx, "id", &id).await)
    }

    /// Returns up to 100 objects by their global IDs, in the order of the IDs. An object that does not exist or
    /// belongs to another user is `null` in the list, with the error `NOT_FOUND`.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global IDs of the objects, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node>>>> {
        if ids.len() > MAX_NODES {
            return Err(Error::input("ids", format!("must have at most {MAX_NODES} IDs.")));
        }
        Ok(join_all(ids.iter().map(|id| async { Some(node(ctx, "ids", id).await) })).await)
    }

    /// Returns a conversation of the authenticated user. `null` with the error `NOT_FOUND` if it does not exist or
    /// belongs to another user.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the conversation.")] id: ID,
    ) -> Option<Result<Conversation>> {
        Some(conversation(ctx, &id).await)
    }

    /// The limits of this server that its operator can change.
    async fn limits(&self, ctx: &Context<'_>) -> Result<Limits> {
        ctx.require_user()?;
        let content_length = i32::try_from(ctx.domain().replies.max_content()).unwrap_or(i32::MAX);
        Ok(Limits { content_length })
    }

    /// The available models, including the default one. Requires no authentication.
    async fn models(&self, ctx: &Context<'_>) -> Vec<Model> {
        ctx.domain().catalog.models().await.into_iter().map(Model).collect()
    }
}

async fn node(ctx: &Context<'_>, field: &'static str, id: &ID) -> Result<Node> {
    ctx.require_user()?;
    let (node_type, id) = ids::parse(id).ok_or(Error::input(field, "must be the global ID of an object."))?;
    let loaders = ctx.loaders();
    let found = match node_type {
        NodeType::User => loaders.users.get(id).await?.map(|row| Node::User(User(row))),
        NodeType::Conversation => {
            loaders.conversations.get(id).await?.map(|row| Node::Conversation(Conversation(row)))
        }
        NodeType::Message => loaders.messages.get(id).await?.map(|row| Node::Message(Message(row))),
        NodeType::AccessToken => {
            loaders.access_tokens.get(id).await?.map(|row| Node::AccessToken(AccessToken(row)))
        }
        NodeType::SecurityEvent => {
            loaders.security_events.get(id).await?.map(|row| Node::SecurityEvent(SecurityEvent(row)))
        }
        NodeType::Session => {
            let now = ctx.domain().accounts.clock.now();
            let alive = loaders.sessions.get(id).await?.filter(|row| row.expires_at > now);
            alive.map(|row| Node::Session(Session(row)))
        }
    };
    found.ok_or(Error::NotFound("object"))
}

async fn conversation(ctx: &Context<'_>, id: &ID) -> Result<Conversation> {
    ctx.require_user()?;
    let id = NodeType::Conversation.parse("id", id)?;
    let found = ctx.loaders().conversations.get(id).await?;
    found.map(Conversation).ok_or(Error::NotFound("conversation"))
}
