//! Requests that failed before the answer began.

use super::{
    json::{self, Json},
    provider_error::{ProviderError, unavailable},
    secrets::Secrets,
};
use crate::{
    assistant::{AssistantError, AssistantErrorKind, providers::Provider},
    generation::Generation,
};
use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::{Response, StatusCode, header};
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// Maximum number of bytes read of an error response.
const MAX_BODY_BYTES: usize = 16 << 10;

/// A request that failed before the answer began.
pub struct FailedRequest {
    /// The error of the reply, unless a retry succeeds.
    pub error: AssistantError,
    /// Whether a retry may succeed.
    pub is_transient: bool,
    /// The pause that the provider asks for before a retry.
    pub retry_after: Option<Duration>,
}

impl FailedRequest {
    /// A failure after which a retry may succeed.
    pub fn transient(error: AssistantError) -> Self {
        Self { error, is_transient: true, retry_after: None }
    }

    /// Reads the error response to a request with the parameters `sent`, for at most `time_limit`.
    pub async fn read(
        response: Response,
        sent: &Generation,
        provider: &Provider,
        secrets: &Secrets,
        time_limit: Duration,
    ) -> Self {
        let status = response.status();
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| parse_retry_after(value.to_str().ok()?));
        let body = timeout(time_limit, truncate(response, MAX_BODY_BYTES)).await.unwrap_or_default();
        let mut provider_error = provider_error(&String::from_utf8_lossy(&body));
        provider_error.status = Some(status.as_u16());
        let (code, details) = (secrets.shown(&provider_error.code), secrets.shown(&provider_error.message));
        let hint = hint(status, &provider.name);
        tracing::warn!(provider = provider.name, %status, code, details, hint, "a provider rejected a request");
        let is_final = provider_error.is_rejection() || provider_error.is_context_too_long();
        Self { retry_after, is_transient: !is_final, error: error(status, &provider_error, sent, secrets) }
    }
}

/// Reads a body up to a maximum length.
async fn truncate(response: Response, most: usize) -> Vec<u8> {
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

/// Reads the error from a body: JSON in a known form, or plain text.
fn provider_error(body: &str) -> ProviderError {
    match json::valid(body) {
        Some(document) => {
            let document = Json::of(&document);
            let first = document.items().and_then(|items| items.first().copied()).unwrap_or(document);
            ProviderError::find(first).unwrap_or_else(|| ProviderError::read(first))
        }
        // An HTML page contains no useful message.
        None if body.trim_start().starts_with('<') => ProviderError::default(),
        None => ProviderError { message: body.trim().to_owned(), ..ProviderError::default() },
    }
}

fn error(
    status: StatusCode,
    provider_error: &ProviderError,
    sent: &Generation,
    secrets: &Secrets,
) -> AssistantError {
    let number = status.as_u16();
    if provider_error.is_context_too_long() || provider_error.rejected_parameter(sent).is_some() {
        return provider_error.to_assistant_error(sent, secrets);
    }
    let message = match number {
        401 | 403 => format!("The model's provider does not accept the server's API key (HTTP {number})."),
        404 => format!("The model's provider does not know this model or address (HTTP {number})."),
        429 => {
            format!("The model's provider is receiving too many requests (HTTP {number}). Try again later.")
        }
        500.. => format!("The model's provider has an internal problem (HTTP {number})."),
        _ => format!("The model's provider rejected the request (HTTP {number})."),
    };
    let details = Some(secrets.shown(&provider_error.message)).filter(|_| status.is_client_error());
    let details = details.filter(|details| !details.is_empty());
    match provider_error.is_rejection() {
        true => AssistantError { kind: AssistantErrorKind::Rejected, message, details },
        false => AssistantError { details, ..unavailable(&message) },
    }
}

/// A hint for the operator about a status.
fn hint(status: StatusCode, provider: &str) -> Option<String> {
    let name = provider.to_uppercase();
    Some(match status.as_u16() {
        401 | 403 => format!("check {name}_API_KEY"),
        404 => format!("check {name}_BASE_URL, which usually ends in /v1, and the model's name"),
        429 => format!("check the rate limit and the credit of the account of {name}_API_KEY"),
        300..=399 => format!("redirects are not followed: set {name}_BASE_URL to the target of the redirect"),
        _ => return None,
    })
}

/// Parses `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
#[expect(clippy::disallowed_methods, reason = "the date is relative to the real time")]
fn parse_retry_after(value: &str) -> Option<Duration> {
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
    #[expect(clippy::disallowed_methods, reason = "the date is relative to the real time")]
    fn retry_after_is_read_in_seconds_or_as_a_date() {
        assert_eq!(parse_retry_after("3"), Some(Duration::from_secs(3)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        assert!(parse_retry_after(&later).unwrap() > Duration::from_secs(50));
        assert_eq!(parse_retry_after("soon"), None);
    }

    #[test]
    fn an_error_body_is_read_in_every_form() {
        for (body, message) in [
            (r#"{"error":{"message":"m"}}"#, "m"),
            (r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]"#, "m"),
            (r#"{"message":"m"}"#, "m"),
            (r#"{"detail":"m"}"#, "m"),
            ("m\n", "m"),
            ("<html>m</html>", ""),
            ("", ""),
        ] {
            assert_eq!(provider_error(body).message, message, "{body}");
        }
    }
}
