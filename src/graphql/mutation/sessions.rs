use crate::{
    accounts::Presence,
    error::{Error, Result},
    graphql::{context::ContextExt, ids::Kind, types::DateTime},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// The mutations of sessions.
#[derive(Default)]
pub struct Sessions;

#[Object]
impl Sessions {
    /// Ends one of the viewer's sessions, as on a device that was lost. Within a second none of its access tokens is
    /// good anywhere, and its WebSockets are closed with 4403; where it is the session that this is asked by, perhaps
    /// before the answer has arrived. A session that has ended is NOT_FOUND.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload> {
        let viewer = ctx.in_person()?;
        let id = Kind::Session.parse("id", &input.id)?;
        ctx.domain().accounts.revoke_session(viewer, id, ctx.caller()).await?;
        Ok(RevokeSessionPayload { revoked_id: input.id })
    }

    /// Ends all of the viewer's sessions but the one that this is asked by.
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<RevokeOtherSessionsPayload> {
        let viewer = ctx.in_person()?;
        let revoked = ctx.domain().accounts.revoke_other_sessions(viewer, ctx.caller()).await?;
        Ok(RevokeOtherSessionsPayload {
            revoked_ids: revoked.into_iter().map(|id| Kind::Session.id(id)).collect(),
        })
    }

    /// Lets the WebSocket that this is sent over go on with a new access token of the same user; what is in progress
    /// on it goes on as well. Of another user it is FORBIDDEN, and anywhere but on a WebSocket BAD_USER_INPUT: there
    /// each request has a token of its own.
    ///
    /// A WebSocket is closed with 4403 when its access token expires. Shortly before, a minute or, with short-lived
    /// tokens, a tenth of their time, the client is sent a `ping` (of the subprotocol, not of the WebSocket) with the
    /// payload `{ "expiresAt": "2026-11-22T17:00:00.000000Z" }`: then is the time for `refreshSession`, and for this. A
    /// client that does nothing connects again.
    async fn reauthenticate(
        &self,
        ctx: &Context<'_>,
        input: ReauthenticateInput,
    ) -> Result<ReauthenticatePayload> {
        let nowhere =
            || Error::input("reauthenticate", "is for WebSockets: send the new token with each request");
        let presence = ctx.data_opt::<Presence>().ok_or_else(nowhere)?;
        let grant = ctx.domain().accounts.reauthenticate(presence, &input.access_token).await?;
        Ok(ReauthenticatePayload { expires_at: DateTime(grant.expires_at) })
    }
}

/// Which session to end.
#[derive(InputObject)]
struct RevokeSessionInput {
    /// The session's `id`.
    id: ID,
}

/// What came of ending a session.
#[derive(SimpleObject)]
struct RevokeSessionPayload {
    /// The `id` that is no more.
    revoked_id: ID,
}

/// What came of ending all other sessions.
#[derive(SimpleObject)]
struct RevokeOtherSessionsPayload {
    /// The `id`s that are no more.
    revoked_ids: Vec<ID>,
}

/// By what a WebSocket goes on.
#[derive(InputObject)]
struct ReauthenticateInput {
    /// An access token of the user who is signed in on it.
    access_token: String,
}

/// What came of going on.
#[derive(SimpleObject)]
struct ReauthenticatePayload {
    /// Until when the WebSocket may stay now.
    expires_at: DateTime,
}
