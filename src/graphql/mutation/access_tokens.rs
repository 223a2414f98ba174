use crate::{
    accounts::NewToken,
    error::Result,
    graphql::{
        context::ContextExt,
        ids::Kind,
        types::{AccessToken, AccessTokenScope},
    },
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The mutations of personal access tokens. None of them can be done with such a token.
#[derive(Default)]
pub struct AccessTokens;

#[Object]
impl AccessTokens {
    /// Makes a personal access token, for scripts. A user has at most 50; one more is a CONFLICT.
    async fn create_access_token(
        &self,
        ctx: &Context<'_>,
        input: CreateAccessTokenInput,
    ) -> Result<CreateAccessTokenPayload> {
        let viewer = ctx.in_person()?;
        let scopes = input.scopes.into_iter().map(Into::into).collect();
        let new = NewToken { name: input.name, scopes, days: input.expires_in_days };
        let accounts = &ctx.domain().accounts;
        let (token, secret) = accounts.create_access_token(viewer, new, ctx.caller()).await?;
        let secret = secret.expose_secret().to_owned();
        Ok(CreateAccessTokenPayload { access_token: AccessToken(Arc::new(token)), secret })
    }

    /// Deletes a personal access token: no request is answered to it any more, and within a second the WebSockets that
    /// were opened with it are closed with 4403.
    async fn delete_access_token(
        &self,
        ctx: &Context<'_>,
        input: DeleteAccessTokenInput,
    ) -> Result<DeleteAccessTokenPayload> {
        let viewer = ctx.in_person()?;
        let id = Kind::AccessToken.parse("id", &input.id)?;
        ctx.domain().accounts.delete_access_token(viewer, id, ctx.caller()).await?;
        Ok(DeleteAccessTokenPayload { deleted_id: input.id })
    }
}

/// A new personal access token.
#[derive(InputObject)]
struct CreateAccessTokenInput {
    /// What to call it: 1 to 100 characters, at least one of them visible.
    name: String,
    /// What it is for, at least one.
    scopes: Vec<AccessTokenScope>,
    /// How many days it is good: 1 to 365.
    #[graphql(default = 90)]
    expires_in_days: i32,
}

/// Which personal access token to delete.
#[derive(InputObject)]
struct DeleteAccessTokenInput {
    /// The token's `id`.
    id: ID,
}

/// What came of making a personal access token.
#[derive(SimpleObject)]
struct CreateAccessTokenPayload {
    /// The new token.
    access_token: AccessToken,
    /// What to send as `Authorization: Bearer …`, or as `authorization` in the payload of `connection_init`. It is
    /// shown this once.
    secret: String,
}

/// What came of deleting a personal access token.
#[derive(SimpleObject)]
struct DeleteAccessTokenPayload {
    /// The `id` that is no more.
    deleted_id: ID,
}
