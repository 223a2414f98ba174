use super::DateTime;
use crate::{accounts::Scope, graphql::schema::ids::NodeType, store};
use async_graphql::{Description, Enum, ID, Object};
use std::sync::Arc;

/// A personal access token. Scripts use it in place of the access token of a session, over HTTP and over WebSockets. It
/// cannot be used to change the account.
#[derive(Description)]
pub struct AccessToken(pub Arc<store::access_tokens::AccessToken>);

#[Object(use_type_description)]
impl AccessToken {
    /// The global ID. `deleteAccessToken` takes it.
    pub async fn id(&self) -> ID {
        NodeType::AccessToken.id(self.0.id)
    }

    /// The name that the user gave the token.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The scopes of the token.
    async fn scopes(&self) -> Vec<AccessTokenScope> {
        match self.0.can_write {
            true => vec![AccessTokenScope::Read, AccessTokenScope::Write],
            false => vec![AccessTokenScope::Read],
        }
    }

    /// When the token was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When the token expires.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// When the token was last used, to the minute. `null` if it has never been used.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }
}

/// A permission of a personal access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Scope")]
pub enum AccessTokenScope {
    /// Allows queries and subscriptions.
    Read,
    /// Allows everything that `READ` allows, and the mutations of conversations and messages.
    Write,
}
