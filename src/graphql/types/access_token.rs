use super::DateTime;
use crate::{accounts::Scope, graphql::ids::Kind, store};
use async_graphql::{Description, Enum, ID, Object};
use std::sync::Arc;

/// A personal access token: what a script asks by, in the place of a session's, over HTTP and on sockets. No account can
/// be changed by one.
#[derive(Description)]
pub struct AccessToken(pub Arc<store::access_tokens::AccessToken>);

#[Object(use_type_description)]
impl AccessToken {
    /// The global id, which `deleteAccessToken` takes too.
    pub async fn id(&self) -> ID {
        Kind::AccessToken.id(self.0.id)
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it may do.
    async fn scopes(&self) -> Vec<AccessTokenScope> {
        match self.0.can_write {
            true => vec![AccessTokenScope::Read, AccessTokenScope::Write],
            false => vec![AccessTokenScope::Read],
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// From when it is not good any more.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// When it was last used, to the minute. Null if it never was.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }
}

/// What a personal access token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Scope")]
pub enum AccessTokenScope {
    /// Queries and subscriptions.
    Read,
    /// Those, and the mutations of conversations and messages.
    Write,
}
