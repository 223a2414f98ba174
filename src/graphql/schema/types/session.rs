use super::DateTime;
use crate::{
    graphql::schema::{context::ContextExt, ids::NodeType},
    store,
};
use async_graphql::{Context, Description, ID, Object};
use std::sync::Arc;

/// A session of a user on one device. It begins when the user signs in and lasts as long as it is refreshed.
#[derive(Description)]
pub struct Session(pub Arc<store::sessions::Session>);

#[Object(use_type_description)]
impl Session {
    /// The global ID.
    pub async fn id(&self) -> ID {
        NodeType::Session.id(self.0.id)
    }

    /// Whether this request uses an access token of this session.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer().is_some_and(|viewer| viewer.session_id() == Some(self.0.id))
    }

    /// When the user signed in.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When the session was last used, to about a minute.
    async fn last_seen_at(&self) -> DateTime {
        DateTime(self.0.last_seen_at)
    }

    /// When the session expires unless it is refreshed before.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// The network address from which the session was opened or last refreshed. `null` if it is unknown.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The `User-Agent` of the client that opened or last refreshed the session, at most 200 characters. `null` if it
    /// is unknown.
    async fn agent(&self) -> Option<&str> {
        self.0.agent.as_deref()
    }
}
