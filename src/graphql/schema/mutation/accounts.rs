use crate::{
    accounts::{Email, Password, RefreshToken, SignedIn, refresh_cookie::RefreshCookie},
    error::{Error, Result},
    graphql::schema::{context::ContextExt, types::User},
};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use axum::http::header::SET_COOKIE;
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The mutations that open, refresh and end sessions.
#[derive(Default)]
pub struct Accounts;

#[Object]
impl Accounts {
    /// Creates an account and signs in.
    ///
    /// Fails with `FORBIDDEN` if registration is closed on this server. Fails with `CONFLICT` if the e-mail address
    /// already has an account. Fails with `RATE_LIMITED` after too many registrations from one network address.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `register`.")] input: RegisterInput,
    ) -> Result<AuthPayload> {
        let email = Email::parse(&input.email)?;
        let password = Password::choose("password", &input.password)?;
        let accounts = &ctx.domain().accounts;
        Ok(auth_payload(ctx, accounts.register(email, password, input.name, ctx.caller()).await?))
    }

    /// Signs in with e-mail address and password. Fails with `UNAUTHENTICATED` if either is wrong, without saying
    /// which, and with `RATE_LIMITED` after too many attempts.
    async fn log_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `logIn`.")] input: LogInInput,
    ) -> Result<AuthPayload> {
        let email = Email::parse_to_sign_in(&input.email)?;
        Ok(auth_payload(ctx, ctx.domain().accounts.log_in(email, &input.password, ctx.caller()).await?))
    }

    /// Exchanges a refresh token for a new access token and a new refresh token. Each refresh token can be used once.
    ///
    /// A client may lose the response, or refresh twice at the same time. It may use the same refresh token again
    /// within a grace period (10 seconds by default), and gets the same new refresh token. Later reuse means that a
    /// third party may have a copy. Then the session is revoked, and all requests with its tokens fail with
    /// `UNAUTHENTICATED`.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `refreshSession`.")] input: RefreshSessionInput,
    ) -> Result<AuthPayload> {
        let refreshed = async {
            let token = RefreshToken::parse(refresh_token(ctx, &input.refresh_token))?;
            ctx.domain().accounts.refresh(&token, ctx.caller()).await
        };
        match refreshed.await {
            Ok(signed_in) => Ok(auth_payload(ctx, signed_in)),
            Err(error) => {
                if matches!(error, Error::Unauthenticated(_)) {
                    delete_cookie(ctx);
                }
                Err(error)
            }
        }
    }

    /// Ends the session of a refresh token, with the same effects as `revokeSession`. It can be called repeatedly. It
    /// requires no access token; an expired or revoked one is ignored.
    async fn log_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `logOut`.")] input: LogOutInput,
    ) -> Result<LogOutPayload> {
        delete_cookie(ctx);
        let ended = match RefreshToken::parse(refresh_token(ctx, &input.refresh_token)) {
            Ok(token) => ctx.domain().accounts.log_out(&token, ctx.caller()).await?,
            Err(_) => false,
        };
        Ok(LogOutPayload { logged_out: ended })
    }
}

/// Input of `register`.
#[derive(InputObject)]
struct RegisterInput {
    /// The e-mail address. Letter case, Unicode normalization and the `xn--` form of a domain make no difference.
    email: String,
    /// The password: 8 to 256 characters of any script.
    password: String,
    /// The display name: 1 to 100 characters, at least one of them visible. Defaults to the part of the e-mail address
    /// before the `@`.
    name: Option<String>,
}

/// Input of `logIn`.
#[derive(InputObject)]
struct LogInInput {
    /// The e-mail address of the account.
    email: String,
    /// The password of the account.
    password: String,
}

/// Input of `refreshSession`.
#[derive(InputObject)]
struct RefreshSessionInput {
    /// The latest refresh token of the session. Pass an empty string to use the one in the cookie; this requires the
    /// header `Confab-Session: cookie`.
    refresh_token: String,
}

/// Input of `logOut`.
#[derive(InputObject)]
struct LogOutInput {
    /// The latest refresh token of the session. Pass an empty string to use the one in the cookie; this requires the
    /// header `Confab-Session: cookie`.
    refresh_token: String,
}

/// Payload of `register`, `logIn` and `refreshSession`: the tokens of a session.
#[derive(SimpleObject)]
struct AuthPayload {
    /// The access token. Send `Authorization: Bearer <token>` over HTTP, or the same value as `authorization` in the
    /// payload of `connection_init` over a WebSocket.
    access_token: String,
    /// The refresh token, for one call of `refreshSession`. Keep it secret. Empty if the request had the header
    /// `Confab-Session: cookie`, which only pages of this server may send: the token is then stored in a cookie.
    refresh_token: String,
    /// The number of seconds until the access token expires.
    expires_in: i32,
    /// The authenticated user.
    user: User,
}

/// Builds the payload. The refresh token goes into the cookie if the request asked for that.
fn auth_payload(ctx: &Context<'_>, signed_in: SignedIn) -> AuthPayload {
    let SignedIn { access_token, refresh_token, refresh_expires_in, expires_in, user } = signed_in;
    let refresh_token = match ctx.data_opt::<RefreshCookie>() {
        Some(cookie) => {
            ctx.append_http_header(SET_COOKIE, cookie.set(&refresh_token, refresh_expires_in));
            String::new()
        }
        None => refresh_token.expose_secret().to_owned(),
    };
    let expires_in = i32::try_from(expires_in.as_secs()).unwrap_or(i32::MAX);
    AuthPayload { access_token, refresh_token, expires_in, user: User(Arc::new(user)) }
}

/// The refresh token from the input, or from the cookie if the input is empty.
fn refresh_token<'a>(ctx: &'a Context<'_>, input: &'a str) -> &'a str {
    let in_cookie = ctx.data_opt::<RefreshCookie>().and_then(RefreshCookie::token);
    in_cookie.filter(|_| input.is_empty()).unwrap_or(input)
}

/// Deletes the cookie, whose token has become invalid.
fn delete_cookie(ctx: &Context<'_>) {
    if let Some(cookie) = ctx.data_opt::<RefreshCookie>() {
        ctx.append_http_header(SET_COOKIE, cookie.delete());
    }
}

/// Payload of `logOut`.
#[derive(SimpleObject)]
struct LogOutPayload {
    /// Whether a session was ended. `false` if it had already ended or the refresh token is invalid.
    logged_out: bool,
}
