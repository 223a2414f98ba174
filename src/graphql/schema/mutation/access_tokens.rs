use crate::{
    accounts::NewToken,
    error::Result,
    graphql::schema::{
        context::ContextExt,
        ids::NodeType,
        types::{AccessToken, AccessTokenScope},
    },
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The mutations of personal access tokens. They cannot be called with such a token.
#[derive(Default)]
pub struct AccessTokens;

#[Object]
impl AccessTokens {
    /// Creates a personal access token, for use in scripts. A user can have at most 50; creating more fails with
    /// `CONFLICT`.
    async fn create_access_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `createAccessToken`.")] input: CreateAccessTokenInput,
    ) -> Result<CreateAccessTokenPayload> {
        let viewer = ctx.require_session()?;
        let scopes = input.scopes.into_iter().map(Into::into).collect();
        let new = NewToken { name: input.name, scopes, days: input.expires_in_days };
        let accounts = &ctx.domain().accounts;
        let (token, secret) = accounts.create_access_token(viewer, new, ctx.caller()).await?;
        let secret = secret.expose_secret().to_owned();
        Ok(CreateAccessTokenPayload { access_token: AccessToken(Arc::new(token)), secret })
    }

    /// Deletes a personal access token. Requests that use it fail from then on. WebSockets that were opened with it are
    /// closed within a second, with the close code 4403.
    async fn delete_access_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `deleteAccessToken`.")] input: DeleteAccessTokenInput,
    ) -> Result<DeleteAccessTokenPayload> {
        let viewer = ctx.require_session()?;
        let id = NodeType::AccessToken.parse("id", &input.id)?;
        ctx.domain().accounts.delete_access_token(viewer, id, ctx.caller()).await?;
        Ok(DeleteAccessTokenPayload { deleted_id: input.id })
    }
}

/// Input of `createAccessToken`.
#[derive(InputObject)]
struct CreateAccessTokenInput {
    /// The name of the token: 1 to 100 characters, at least one of them visible.
    name: String,
    /// The scopes of the token, at least one.
    scopes: Vec<AccessTokenScope>,
    /// The number of days until the token expires, 1 to 365.
    #[graphql(default = 90)]
    expires_in_days: i32,
}

/// Input of `deleteAccessToken`.
#[derive(InputObject)]
struct DeleteAccessTokenInput {
    /// The ID of the token.
    id: ID,
}

/// Payload of `createAccessToken`.
#[derive(SimpleObject)]
struct CreateAccessTokenPayload {
    /// The new token.
    access_token: AccessToken,
    /// The secret to authenticate with: send `Authorization: Bearer <secret>` over HTTP, or the same value as
    /// `authorization` in the payload of `connection_init` over a WebSocket. It cannot be retrieved again.
    secret: String,
}

/// Payload of `deleteAccessToken`.
#[derive(SimpleObject)]
struct DeleteAccessTokenPayload {
    /// The ID of the deleted token.
    deleted_id: ID,
}
