//! What can be read.

use super::{
    context::ContextExt,
    ids::{self, Kind},
    types::{AccessToken, Conversation, Message, Model, Node, SecurityEvent, Session, User},
};
use crate::error::{Error, Result};
use async_graphql::{Context, Description, ID, Object};
use futures_util::future::join_all;

/// The most ids that `nodes` takes.
const MOST_NODES: usize = 100;

/// Where reading begins.
#[derive(Description)]
pub struct Query;

#[Object(use_type_description)]
impl Query {
    /// Who is signed in; null if nobody is.
    async fn me(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let viewer = ctx.viewer()?;
        let user = ctx.loaders().users.get(viewer.user_id).await.transpose();
        // The token is good, but the account has been deleted since.
        Some(user.unwrap_or(Err(Error::Unauthenticated("the account is gone"))).map(User))
    }

    /// Any object by its id. What is not there, or is a stranger's, is null with the error NOT_FOUND.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `id` of the object.")] id: ID,
    ) -> Option<Result<Node>> {
        Some(node(ctx, "id", &id).await)
    }

    /// Several objects by their ids, in the order of the ids: at most 100.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `id`s of the objects.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node>>>> {
        if ids.len() > MOST_NODES {
            return Err(Error::input("ids", format!("must be at most {MOST_NODES}")));
        }
        Ok(join_all(ids.iter().map(|id| async { Some(node(ctx, "ids", id).await) })).await)
    }

    /// A conversation of the signed-in user. What is not there, or is a stranger's, is null with the error NOT_FOUND.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation's `id`.")] id: ID,
    ) -> Option<Result<Conversation>> {
        Some(conversation(ctx, &id).await)
    }

    /// The models that can be asked for, the default one among them.
    async fn models(&self, ctx: &Context<'_>) -> Vec<Model> {
        ctx.domain().catalog.models().await.into_iter().map(Model).collect()
    }
}

async fn node(ctx: &Context<'_>, field: &'static str, id: &ID) -> Result<Node> {
    ctx.signed_in()?;
    let (kind, id) = ids::parse(id).ok_or(Error::input(field, "must be the id of an object"))?;
    let loaders = ctx.loaders();
    let found = match kind {
        Kind::User => loaders.users.get(id).await?.map(|row| Node::User(User(row))),
        Kind::Conversation => {
            loaders.conversations.get(id).await?.map(|row| Node::Conversation(Conversation(row)))
        }
        Kind::Message => loaders.messages.get(id).await?.map(|row| Node::Message(Message(row))),
        Kind::AccessToken => {
            loaders.access_tokens.get(id).await?.map(|row| Node::AccessToken(AccessToken(row)))
        }
        Kind::SecurityEvent => {
            loaders.security_events.get(id).await?.map(|row| Node::SecurityEvent(SecurityEvent(row)))
        }
        Kind::Session => {
            let now = ctx.domain().accounts.clock.now();
            let alive = loaders.sessions.get(id).await?.filter(|row| row.expires_at > now);
            alive.map(|row| Node::Session(Session(row)))
        }
    };
    found.ok_or(Error::NotFound("object"))
}

async fn conversation(ctx: &Context<'_>, id: &ID) -> Result<Conversation> {
    ctx.signed_in()?;
    let id = Kind::Conversation.parse("id", id)?;
    let found = ctx.loaders().conversations.get(id).await?;
    found.map(Conversation).ok_or(Error::NotFound("conversation"))
}
