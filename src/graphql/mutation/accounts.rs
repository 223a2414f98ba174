use crate::{
    accounts::{Email, Password, RefreshToken, SignedIn},
    error::Result,
    graphql::{context::ContextExt, types::User},
};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The mutations of accounts.
#[derive(Default)]
pub struct Accounts;

#[Object]
impl Accounts {
    /// Makes an account and signs in, where that is open to everybody; elsewhere it is FORBIDDEN. An address that has an account already is a CONFLICT; too many accounts from one
    /// place are RATE_LIMITED.
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> Result<AuthPayload> {
        let email = Email::parse(&input.email)?;
        let password = Password::choose("password", &input.password)?;
        Ok(ctx.domain().accounts.register(email, password, input.name, ctx.caller()).await?.into())
    }

    /// Signs in. A wrong address and a wrong password are both UNAUTHENTICATED, and cannot be told apart; too many
    /// attempts are RATE_LIMITED.
    async fn log_in(&self, ctx: &Context<'_>, input: LogInInput) -> Result<AuthPayload> {
        let email = Email::parse(&input.email)?;
        Ok(ctx.domain().accounts.log_in(email, &input.password, ctx.caller()).await?.into())
    }

    /// Exchanges a refresh token, which is good once, for new tokens.
    ///
    /// A client that lost the answer, or refreshed twice at once, may present it again within some seconds (10 by
    /// default): it gets the same refresh token as before. Any later that means somebody has a copy, and the session is
    /// ended: UNAUTHENTICATED, for whoever holds its tokens.
    async fn refresh_session(&self, ctx: &Context<'_>, input: RefreshSessionInput) -> Result<AuthPayload> {
        let token = RefreshToken::parse(&input.refresh_token)?;
        Ok(ctx.domain().accounts.refresh(&token, ctx.caller()).await?.into())
    }

    /// Ends the session of a refresh token, as `revokeSession` does. To end it again changes nothing; it
    /// needs no access token, and must have none that was ended with the session.
    async fn log_out(&self, ctx: &Context<'_>, input: LogOutInput) -> Result<LogOutPayload> {
        let ended = match RefreshToken::parse(&input.refresh_token) {
            Ok(token) => ctx.domain().accounts.log_out(&token, ctx.caller()).await?,
            Err(_) => false,
        };
        Ok(LogOutPayload { logged_out: ended })
    }
}

/// A new account.
#[derive(InputObject)]
struct RegisterInput {
    /// The e-mail address; upper and lower case make no difference.
    email: String,
    /// 8 to 256 characters of any script.
    password: String,
    /// The name to show, 1 to 100 characters. What stands before the address's @ if it is not given.
    name: Option<String>,
}

/// Who signs in.
#[derive(InputObject)]
struct LogInInput {
    /// The account's e-mail address.
    email: String,
    /// The account's password.
    password: String,
}

/// A session to go on with.
#[derive(InputObject)]
struct RefreshSessionInput {
    /// The session's latest refresh token.
    refresh_token: String,
}

/// A session to end.
#[derive(InputObject)]
struct LogOutInput {
    /// The session's latest refresh token.
    refresh_token: String,
}

/// The tokens of a session.
#[derive(SimpleObject)]
struct AuthPayload {
    /// Proves who asks: `Authorization: Bearer …` over HTTP, `authorization` with the same value in the payload of
    /// `connection_init` over WebSocket.
    access_token: String,
    /// Gets the next tokens from `refreshSession`, once. Keep it secret.
    refresh_token: String,
    /// How many seconds the access token is good.
    expires_in: i32,
    /// Who is signed in.
    user: User,
}

impl From<SignedIn> for AuthPayload {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token.expose_secret().to_owned(),
            expires_in: i32::try_from(signed_in.expires_in.as_secs()).unwrap_or(i32::MAX),
            user: User(Arc::new(signed_in.user)),
        }
    }
}

/// What came of signing out.
#[derive(SimpleObject)]
struct LogOutPayload {
    /// Whether a session was ended by this; false if it had ended before.
    logged_out: bool,
}
