//! `/sign-in` and `/sign-in/callback`: sign-in at the identity provider from the chat page (see
//! [`crate::accounts::SignInClient`]).
//!
//! Both redirect the browser: to the provider, and back to the page. If a sign-in fails, the page learns the reason from
//! its URL, `/?sign-in=denied`, and shows a text of its own.

use super::{Transport, headers::UsesTls, pages};
use crate::{
    accounts::{
        CALLBACK, Caller, IdentityProvider, ReturnPage, SIGN_IN_MAX_AGE, SignInClient, SignedIn, Transaction,
        code_of,
        refresh_cookie::{self, RefreshCookie},
    },
    error::{Error, Result},
};
use axum::{
    Extension, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tracing::Instrument;

/// The path of the page that starts a sign-in, and of the cookie without TLS.
const START: &str = "/sign-in";
/// The name of the cookie that keeps the transaction.
const NAME: &str = "confab_sign_in";
/// The name over TLS. Other hosts of the same domain cannot set such a cookie (RFC 6265bis, section 4.1.3.2).
const SECURE_NAME: &str = "__Host-confab_sign_in";

/// The query parameters of `/sign-in`.
#[derive(Deserialize)]
struct StartParameters {
    /// The page to return to.
    #[serde(default)]
    page: String,
    /// `login` asks for the credentials of a user who is signed in at the provider.
    #[serde(default)]
    prompt: String,
}

/// The query parameters of the provider's answer (RFC 6749, section 4.1.2; RFC 9207, section 2).
#[derive(Deserialize)]
struct CallbackParameters {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// The reason why a sign-in failed. The page has a text for each (`web/src/chat/session/providerSignIn.ts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    /// The user or the provider has refused.
    Denied,
    /// The answer belongs to no sign-in that this browser has started in the last ten minutes.
    Expired,
    /// The provider's answer is invalid, or the server failed.
    Failed,
    /// The provider or the database does not answer.
    Unavailable,
    /// The address has signed in too often.
    RateLimited,
}

impl Problem {
    fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
            Self::RateLimited => "rate-limited",
        }
    }

    /// The reason to show for an error. Logs its cause.
    fn of(error: Error) -> Self {
        match error {
            Error::RateLimited { .. } => Self::RateLimited,
            Error::Unavailable(cause) => {
                tracing::warn!(%cause, "a sign-in at the identity provider could not be completed");
                Self::Unavailable
            }
            Error::Internal(cause) => {
                tracing::error!(%cause, "a sign-in at the identity provider failed");
                Self::Failed
            }
            _ => Self::Failed,
        }
    }
}

/// The routes. Without a configured client, they are unknown URLs.
pub fn router() -> Router<Arc<Transport>> {
    // HEAD would use the code up.
    let callback = get(finish).head(async || (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]));
    Router::new().route(START, get(start)).route(CALLBACK, callback)
}

/// `GET /sign-in`: sends the browser to the provider.
async fn start(
    State(transport): State<Arc<Transport>>,
    Extension(UsesTls(tls)): Extension<UsesTls>,
    caller: Caller,
    headers: HeaderMap,
    parameters: Result<Query<StartParameters>, QueryRejection>,
) -> Response {
    let Some((provider, client)) = configured(&transport) else { return pages::not_found(&headers) };
    let (page, again) = match parameters {
        Ok(Query(StartParameters { page, prompt })) => (ReturnPage::parse(&page), prompt == "login"),
        Err(_) => Default::default(),
    };
    let started = async {
        transport.throttle.charge(None, caller.address, 1).await?;
        provider.start_sign_in(client, page, again).await
    };
    match started.await {
        Ok((transaction, url)) => {
            let cookie = cookie(&transaction.to_cookie(), SIGN_IN_MAX_AGE, tls);
            redirect(url.as_str(), [cookie])
        }
        Err(error) => back(page, Problem::of(error), []),
    }
}

/// `GET /sign-in/callback`: the provider sends the browser here.
async fn finish(
    State(transport): State<Arc<Transport>>,
    Extension(UsesTls(tls)): Extension<UsesTls>,
    caller: Caller,
    headers: HeaderMap,
    parameters: Result<Query<CallbackParameters>, QueryRejection>,
) -> Response {
    let Some((_, client)) = configured(&transport) else { return pages::not_found(&headers) };
    let parameters = parameters.ok().map(|Query(parameters)| parameters);
    let state = parameters.as_ref().and_then(|parameters| parameters.state.as_deref());
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let cookie_value = refresh_cookie::find(cookies, name_of(tls));
    let transaction = cookie_value.zip(state).and_then(|(cookie, state)| client.transaction(cookie, state));
    let (Some(parameters), Some(transaction)) = (parameters, transaction) else {
        // A sign-in that this browser has started can still be finished: the cookie stays. Another site may have sent
        // the browser here.
        let charged = transport.throttle.charge(None, caller.address, 1).await;
        return back(ReturnPage::default(), charged.map_or_else(Problem::of, |_| Problem::Expired), []);
    };
    let deleted = cookie("", Duration::ZERO, tls);
    if !transaction.is_current(transport.accounts.clock.now()) {
        return back(transaction.page, Problem::Expired, [deleted]);
    }
    // A task of its own: a browser that disconnects must not leave a code exchanged and no session.
    let task = {
        let transport = transport.clone();
        async move { sign_in(&transport, &transaction, parameters, &caller).await }
    };
    let signed_in = match transport.tasks.spawn(task.in_current_span()).await {
        Ok(signed_in) => signed_in,
        Err(_) => Err(Problem::Failed), // the panic hook has logged it
    };
    match signed_in {
        Ok(signed_in) => {
            let session =
                RefreshCookie::absent(tls).set(&signed_in.refresh_token, signed_in.refresh_expires_in);
            redirect(&transaction.page.path(), [deleted, session])
        }
        Err(problem) => back(transaction.page, problem, [deleted]),
    }
}

/// Checks the provider's answer, exchanges its code and opens a session.
async fn sign_in(
    transport: &Transport,
    transaction: &Transaction,
    CallbackParameters { code, error, iss, .. }: CallbackParameters,
    caller: &Caller,
) -> Result<SignedIn, Problem> {
    let (provider, client) = configured(transport).ok_or(Problem::Failed)?;
    if !provider.is_issuer_of_answer(iss.as_deref()).await.map_err(Problem::of)? {
        tracing::warn!("the answer to a sign-in names another issuer than the identity provider");
        return Err(Problem::Failed);
    }
    match (error.as_deref(), code) {
        (None, Some(code)) => {
            let finished = transport.accounts.finish_sign_in(provider, client, transaction, &code, caller);
            finished.await.map_err(Problem::of)
        }
        (Some("access_denied"), _) => Err(Problem::Denied),
        (Some("temporarily_unavailable" | "server_error"), _) => Err(Problem::Unavailable),
        (error, _) => {
            let error = error.map_or("none", code_of);
            tracing::warn!(error, "the identity provider answered a sign-in with an error");
            Err(Problem::Failed)
        }
    }
}

/// The identity provider at which users can sign in, if there is one.
fn configured(transport: &Transport) -> Option<(&IdentityProvider, &SignInClient)> {
    let provider = transport.accounts.identity_provider.as_deref()?;
    Some((provider, provider.client()?))
}

/// The name of the identity provider at which users can sign in. Empty if there is none.
pub fn provider_name(transport: &Transport) -> &str {
    configured(transport).map_or("", |(_, client)| client.name())
}

/// Sends the browser back to a page that shows why the sign-in failed.
fn back<const N: usize>(page: ReturnPage, problem: Problem, cookies: [String; N]) -> Response {
    redirect(&format!("{}?sign-in={}", page.path(), problem.name()), cookies)
}

fn redirect<const N: usize>(to: &str, cookies: [String; N]) -> Response {
    let cookies = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    (StatusCode::SEE_OTHER, cookies, [(header::LOCATION, to.to_owned())]).into_response()
}

/// The value of a `Set-Cookie` header. Unlike the refresh cookie, this one must be `Lax`: the browser sends it when
/// another site, the provider, leads it to the callback.
fn cookie(value: &str, max_age: Duration, tls: bool) -> String {
    let (path, secure) = if tls { ("/", "; Secure") } else { (START, "") };
    let (name, max_age) = (name_of(tls), max_age.as_secs());
    format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}")
}

fn name_of(tls: bool) -> &'static str {
    if tls { SECURE_NAME } else { NAME }
}
