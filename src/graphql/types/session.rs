use super::DateTime;
use crate::{
    graphql::{context::ContextExt, ids::Kind},
    store,
};
use async_graphql::{Context, Description, ID, Object};
use std::sync::Arc;

/// A device that somebody is signed in on: it begins with signing in, and lasts for as long as it is refreshed.
#[derive(Description)]
pub struct Session(pub Arc<store::sessions::Session>);

#[Object(use_type_description)]
impl Session {
    /// The global id.
    pub async fn id(&self) -> ID {
        Kind::Session.id(self.0.id)
    }

    /// Whether it is the one that this is asked by.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer().is_some_and(|viewer| viewer.session_id == self.0.id)
    }

    /// When they signed in.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was last used, to a minute or so.
    async fn last_seen_at(&self) -> DateTime {
        DateTime(self.0.last_seen_at)
    }

    /// When it ends if it is not refreshed before.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// The address it was signed in or last refreshed from, if that is known.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The program it was signed in or last refreshed by, as that calls itself; at most 200 characters.
    async fn agent(&self) -> Option<&str> {
        self.0.agent.as_deref()
    }
}
