//! A request that got no answer.

use super::{
    fault::{Trouble, unavailable},
    json::{self, Json},
    secrets::Secrets,
};
use crate::assistant::{Fault, FaultKind, providers::Provider};
use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::{Response, StatusCode, header};
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// The most that is read of a refusal.
const LONGEST: usize = 16 << 10;

/// A request that got no answer.
pub struct Refusal {
    /// What the reply fails with, unless another try has more luck.
    pub fault: Fault,
    /// Whether it may pass.
    pub worth_another_try: bool,
    /// How long to wait before, if the provider says so.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// One that may pass.
    pub fn transient(fault: Fault) -> Self {
        Self { fault, worth_another_try: true, retry_after: None }
    }

    /// Reads what a provider answers instead of an answer, for as long as `patience`.
    pub async fn read(
        response: Response,
        provider: &Provider,
        secrets: &Secrets,
        patience: Duration,
    ) -> Self {
        let status = response.status();
        let retry_after =
            response.headers().get(header::RETRY_AFTER).and_then(|value| pause_asked(value.to_str().ok()?));
        let body = timeout(patience, beginning(response, LONGEST)).await.unwrap_or_default();
        let mut trouble = trouble(&String::from_utf8_lossy(&body));
        trouble.status = Some(status.as_u16());
        let (code, said) = (secrets.shown(&trouble.code), secrets.shown(&trouble.message));
        let hint = hint(status, &provider.name);
        tracing::warn!(provider = provider.name, %status, code, said, hint, "provider refused");
        let is_final = trouble.is_rejection() || trouble.is_context_too_long();
        Self { retry_after, worth_another_try: !is_final, fault: fault(status, &trouble, secrets) }
    }
}

/// As much of a body as there is, up to a limit.
async fn beginning(response: Response, most: usize) -> Vec<u8> {
    let mut bytes = response.bytes_stream();
    let mut body = Vec::new();
    while body.len() < most
        && let Some(Ok(bytes)) = bytes.next().await
    {
        let bytes: Bytes = bytes;
        body.extend_from_slice(&bytes[..bytes.len().min(most - body.len())]);
    }
    body
}

/// What the body says: JSON in a known shape, or a sentence.
fn trouble(body: &str) -> Trouble {
    match json::valid(body) {
        Some(document) => {
            let document = Json::of(&document);
            let first = document.items().and_then(|items| items.first().copied()).unwrap_or(document);
            Trouble::find(first).unwrap_or_else(|| Trouble::read(first))
        }
        // A page of HTML tells nobody anything.
        None if body.trim_start().starts_with('<') => Trouble::default(),
        None => Trouble { message: body.trim().to_owned(), ..Trouble::default() },
    }
}

fn fault(status: StatusCode, trouble: &Trouble, secrets: &Secrets) -> Fault {
    let number = status.as_u16();
    if trouble.is_context_too_long() {
        return trouble.fault(secrets);
    }
    let message = match number {
        401 | 403 => format!("The model's provider does not accept the server's API key (HTTP {number})."),
        404 => format!("The model's provider does not know this model or address (HTTP {number})."),
        429 => {
            format!("The model's provider is receiving too many requests (HTTP {number}). Try again later.")
        }
        500.. => format!("The model's provider is in trouble (HTTP {number})."),
        _ => format!("The model's provider rejected the request (HTTP {number})."),
    };
    let details = Some(secrets.shown(&trouble.message)).filter(|_| status.is_client_error());
    let details = details.filter(|details| !details.is_empty());
    match trouble.is_rejection() {
        true => Fault { kind: FaultKind::Rejected, message, details },
        false => Fault { details, ..unavailable(&message) },
    }
}

/// A hint for the operator about a status.
fn hint(status: StatusCode, provider: &str) -> Option<String> {
    let name = provider.to_uppercase();
    Some(match status.as_u16() {
        401 | 403 => format!("check {name}_API_KEY"),
        404 => format!("check {name}_BASE_URL, which usually ends in /v1, and the model's name"),
        429 => format!("check the rate limit and the credit of the account behind {name}_API_KEY"),
        300..=399 => format!("redirects are not followed: set {name}_BASE_URL to where this one leads"),
        _ => return None,
    })
}

/// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3).
fn pause_asked(value: &str) -> Option<Duration> {
    match value.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let at = httpdate::parse_http_date(value).ok()?;
            Some(at.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        assert_eq!(pause_asked("3"), Some(Duration::from_secs(3)));
        assert_eq!(pause_asked("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        assert!(pause_asked(&later).unwrap() > Duration::from_secs(50));
        assert_eq!(pause_asked("soon"), None);
    }

    #[test]
    fn a_refusal_is_read_whatever_its_form() {
        for (body, message) in [
            (r#"{"error":{"message":"m"}}"#, "m"),
            (r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]"#, "m"),
            (r#"{"message":"m"}"#, "m"),
            (r#"{"detail":"m"}"#, "m"),
            ("m\n", "m"),
            ("<html>m</html>", ""),
            ("", ""),
        ] {
            assert_eq!(trouble(body).message, message, "{body}");
        }
    }
}
