use crate::{
    accounts::{Email, Password, RefreshToken, SignedIn},
    error::{Error, Result},
    graphql::{context::ContextExt, refresh_cookie::RefreshCookie, types::User},
};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use axum::http::header::SET_COOKIE;
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
        let accounts = &ctx.domain().accounts;
        Ok(hand_out(ctx, accounts.register(email, password, input.name, ctx.caller()).await?))
    }

    /// Signs in. A wrong address and a wrong password are both UNAUTHENTICATED, and cannot be told apart; too many
    /// attempts are RATE_LIMITED.
    async fn log_in(&self, ctx: &Context<'_>, input: LogInInput) -> Result<AuthPayload> {
        let email = Email::parse_to_sign_in(&input.email)?;
        Ok(hand_out(ctx, ctx.domain().accounts.log_in(email, &input.password, ctx.caller()).await?))
    }

    /// Exchanges a refresh token, which is good once, for new tokens.
    ///
    /// A client that lost the answer, or refreshed twice at once, may present it again within some seconds (10 by
    /// default): it gets the same refresh token as before. Any later that means somebody has a copy, and the session is
    /// ended: UNAUTHENTICATED, for whoever holds its tokens.
    async fn refresh_session(&self, ctx: &Context<'_>, input: RefreshSessionInput) -> Result<AuthPayload> {
        let refreshed = async {
            let token = RefreshToken::parse(presented(ctx, &input.refresh_token))?;
            ctx.domain().accounts.refresh(&token, ctx.caller()).await
        };
        match refreshed.await {
            Ok(signed_in) => Ok(hand_out(ctx, signed_in)),
            Err(error) => {
                if matches!(error, Error::Unauthenticated(_)) {
                    forget(ctx);
                }
                Err(error)
            }
        }
    }

    /// Ends the session of a refresh token, as `revokeSession` does. To end it again changes nothing; it
    /// needs no access token, and must have none that was ended with the session.
    async fn log_out(&self, ctx: &Context<'_>, input: LogOutInput) -> Result<LogOutPayload> {
        forget(ctx);
        let ended = match RefreshToken::parse(presented(ctx, &input.refresh_token)) {
            Ok(token) => ctx.domain().accounts.log_out(&token, ctx.caller()).await?,
            Err(_) => false,
        };
        Ok(LogOutPayload { logged_out: ended })
    }
}

/// A new account.
#[derive(InputObject)]
struct RegisterInput {
    /// The e-mail address. Letter case, composed or decomposed letters, and the `xn--` form of a domain make no difference.
    email: String,
    /// 8 to 256 characters of any script.
    password: String,
    /// The name to show: 1 to 100 characters, at least one of them visible. What stands before the address's @ if it is not given.
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
    /// The session's latest refresh token. Empty for the one in the cookie, with the header `Confab-Session: cookie`.
    refresh_token: String,
}

/// A session to end.
#[derive(InputObject)]
struct LogOutInput {
    /// The session's latest refresh token. Empty for the one in the cookie, with the header `Confab-Session: cookie`.
    refresh_token: String,
}

/// The tokens of a session.
#[derive(SimpleObject)]
struct AuthPayload {
    /// Proves who asks: `Authorization: Bearer …` over HTTP, `authorization` with the same value in the payload of
    /// `connection_init` over WebSocket.
    access_token: String,
    /// Gets the next tokens from `refreshSession`, once. Keep it secret. Empty if it is kept in a cookie (the header
    /// `Confab-Session: cookie`, for pages of the server itself).
    refresh_token: String,
    /// How many seconds the access token is good.
    expires_in: i32,
    /// Who is signed in.
    user: User,
}

/// The tokens, to whoever is to have them: the refresh token goes into the cookie, where that is asked for.
fn hand_out(ctx: &Context<'_>, signed_in: SignedIn) -> AuthPayload {
    let SignedIn { access_token, refresh_token, refresh_expires_in, expires_in, user } = signed_in;
    let refresh_token = match ctx.data_opt::<RefreshCookie>() {
        Some(cookie) => {
            ctx.append_http_header(SET_COOKIE, cookie.keep(&refresh_token, refresh_expires_in));
            String::new()
        }
        None => refresh_token.expose_secret().to_owned(),
    };
    let expires_in = i32::try_from(expires_in.as_secs()).unwrap_or(i32::MAX);
    AuthPayload { access_token, refresh_token, expires_in, user: User(Arc::new(user)) }
}

/// The refresh token that is meant: the one in the cookie, if there is none in the input.
fn presented<'a>(ctx: &'a Context<'_>, given: &'a str) -> &'a str {
    let in_cookie = ctx.data_opt::<RefreshCookie>().and_then(RefreshCookie::presented);
    in_cookie.filter(|_| given.is_empty()).unwrap_or(given)
}

/// What is in the cookie is good for nothing any more.
fn forget(ctx: &Context<'_>) {
    if let Some(cookie) = ctx.data_opt::<RefreshCookie>() {
        ctx.append_http_header(SET_COOKIE, cookie.forget());
    }
}

/// What came of signing out.
#[derive(SimpleObject)]
struct LogOutPayload {
    /// Whether a session was ended by this; false if it had ended before.
    logged_out: bool,
}
