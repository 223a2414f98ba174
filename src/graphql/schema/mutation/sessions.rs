use crate::{
    accounts::ConnectionAuth,
    error::{Error, Result},
    graphql::schema::{context::ContextExt, ids::NodeType, types::DateTime},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// The mutations of sessions.
#[derive(Default)]
pub struct Sessions;

#[Object]
impl Sessions {
    /// Revokes a session of the authenticated user, for example on a lost device. Within a second, its access tokens
    /// become invalid, and the server closes its WebSockets (close code 4403). If it is the current session, its
    /// WebSocket may close before the response arrives. Fails with `NOT_FOUND` if the session has already ended.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `revokeSession`.")] input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload> {
        let viewer = ctx.require_session()?;
        let id = NodeType::Session.parse("id", &input.id)?;
        ctx.domain().accounts.revoke_session(viewer, id, ctx.caller()).await?;
        Ok(RevokeSessionPayload { revoked_id: input.id })
    }

    /// Revokes all sessions of the authenticated user except the current one.
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<RevokeOtherSessionsPayload> {
        let viewer = ctx.require_session()?;
        let revoked = ctx.domain().accounts.revoke_other_sessions(viewer, ctx.caller()).await?;
        Ok(RevokeOtherSessionsPayload {
            revoked_ids: revoked.into_iter().map(|id| NodeType::Session.id(id)).collect(),
        })
    }

    /// Replaces the access token of the WebSocket that sends this mutation. The new token must belong to the same user.
    /// Operations in progress continue. Fails with `FORBIDDEN` if the token belongs to another user, and with
    /// `BAD_USER_INPUT` over HTTP, where each request carries its own token.
    ///
    /// The server closes a WebSocket with the close code 4403 when its access token expires. It warns the client one
    /// minute before, or a tenth of the token's lifetime if that is shorter. The warning is a `ping` message of the
    /// subprotocol with the payload `{ "expiresAt": "2026-11-22T17:00:00.000000Z" }`. The client should then call
    /// `refreshSession`, and this mutation with the new access token. Otherwise it has to reconnect.
    async fn reauthenticate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `reauthenticate`.")] input: ReauthenticateInput,
    ) -> Result<ReauthenticatePayload> {
        let not_a_socket = || {
            let message =
                "works over WebSockets only. Over HTTP, send the new access token with each request.";
            Error::input("reauthenticate", message)
        };
        let connection_auth = ctx.data_opt::<ConnectionAuth>().ok_or_else(not_a_socket)?;
        let grant = ctx.domain().accounts.reauthenticate(connection_auth, &input.access_token).await?;
        Ok(ReauthenticatePayload { expires_at: DateTime(grant.expires_at) })
    }
}

/// Input of `revokeSession`.
#[derive(InputObject)]
struct RevokeSessionInput {
    /// The ID of the session.
    id: ID,
}

/// Payload of `revokeSession`.
#[derive(SimpleObject)]
struct RevokeSessionPayload {
    /// The ID of the revoked session.
    revoked_id: ID,
}

/// Payload of `revokeOtherSessions`.
#[derive(SimpleObject)]
struct RevokeOtherSessionsPayload {
    /// The IDs of the revoked sessions.
    revoked_ids: Vec<ID>,
}

/// Input of `reauthenticate`.
#[derive(InputObject)]
struct ReauthenticateInput {
    /// A new access token of the user who is authenticated on the WebSocket.
    access_token: String,
}

/// Payload of `reauthenticate`.
#[derive(SimpleObject)]
struct ReauthenticatePayload {
    /// When the new access token expires. The WebSocket is closed then.
    expires_at: DateTime,
}
