//! Errors that a provider reports.

use super::{json::Json, secrets::Secrets};
use crate::{
    assistant::{AssistantError, AssistantErrorKind},
    generation::Generation,
};

/// The error for a provider that cannot be reached or does not work.
pub fn unavailable(message: &str) -> AssistantError {
    AssistantError { kind: AssistantErrorKind::Unavailable, message: message.into(), details: None }
}

/// The error for a connection or stream that ended too early.
pub fn ended_early() -> AssistantError {
    unavailable("The model's provider ended the answer early.")
}

/// The error for an answer in an unknown format.
pub fn unreadable_answer() -> AssistantError {
    unavailable("The model's provider sent an answer that cannot be read.")
}

/// An error as the provider reports it, in place of an answer or in the middle of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// The provider's message; empty if there is none.
    pub message: String,
    /// The provider's codes, for example `invalid_request_error context_length_exceeded`.
    pub code: String,
    /// The name of the rejected parameter, if the provider has a field for it.
    pub parameter: String,
    /// The HTTP status that the error corresponds to.
    pub status: Option<u16>,
}

impl ProviderError {
    /// Finds the error that a document reports, in any of the known forms:
    ///
    /// - `{"error": {"message": …}}`, `{"error": "…"}`, and either of them in a list,
    /// - `{"type": "error", …}`, `{"object": "error", "message": …}`, `{"message": …, "code": …}`,
    /// - `{"detail": "…"}`, `{"detail": [{"msg": "…"}]}`, `{"errors": [{"message": …}]}`.
    pub fn find(document: Json<'_>) -> Option<Self> {
        let fields = document.fields();
        if let Some(error) = fields.get("error").filter(|error| !error.is_empty()) {
            return Some(Self::read(error));
        }
        if fields.get("choices").is_some_and(|choices| !choices.is_empty()) {
            return None;
        }
        let is_error = |name| fields.text(name).as_deref() == Some("error");
        let has_code = || ["code", "status", "statusCode"].iter().any(|name| fields.get(name).is_some());
        if is_error("type") || is_error("object") || fields.text("message").is_some() && has_code() {
            return Some(Self::read(document));
        }
        let other = ["detail", "errors"].iter().find_map(|name| fields.get(name));
        other.filter(|error| !error.is_empty()).map(Self::read)
    }

    /// Reads a value that is known to be an error.
    pub fn read(error: Json<'_>) -> Self {
        if let Some(message) = error.text() {
            return Self { message, ..Self::default() };
        }
        if let Some(first) = error.items().and_then(|items| items.first().copied()) {
            return Self::read(first);
        }
        let fields = error.fields();
        if let Some(inner) = fields.get("error").filter(|inner| !inner.is_empty()) {
            return Self::read(inner);
        }
        let texts = |names: &[&str]| names.iter().filter_map(|name| fields.text(name)).collect::<Vec<_>>();
        let status = |name: &str| fields.get(name)?.number().filter(|number| (400.0..600.0).contains(number));
        let codes = ["code", "status", "statusCode", "http_code"];
        Self {
            message: texts(&["message", "msg", "detail"]).into_iter().next().unwrap_or_default(),
            code: texts(&["type", "code", "status"]).join(" "),
            parameter: texts(&["param"]).concat(),
            status: codes.into_iter().find_map(status).map(|status| status as u16),
        }
    }

    /// Whether the prompt has more tokens than the model's context allows.
    pub fn is_context_too_long(&self) -> bool {
        const CODES: [&str; 3] = ["context_length_exceeded", "exceed_context_size", "request_too_large"];
        const WORDS: [&str; 12] = [
            "maximum context length",
            "context length exceeded",
            "exceeds the available context size",
            "exceeds the context",
            "exceed context limit",
            "context window",
            "context the overflows", // LM Studio's wording
            "prompt is too long",
            "maximum prompt length",
            "longer than the maximum model length",
            "exceeds the maximum number of tokens",
            "reduce the length of the messages",
        ];
        let message = self.message.to_lowercase();
        self.status == Some(413)
            || CODES.iter().any(|code| self.code.contains(code))
            || WORDS.iter().any(|words| message.contains(words))
    }

    /// Finds the generation parameter that the provider rejects, among those that the request had. Returns its name in
    /// our schema.
    pub fn rejected_parameter(&self, sent: &Generation) -> Option<&'static str> {
        let parameters: [(&str, bool, &[&str]); 3] = [
            ("temperature", sent.temperature.is_some(), &["temperature"]),
            (
                "maxOutputTokens",
                sent.max_output_tokens.is_some(),
                &["max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens"],
            ),
            (
                "reasoningEffort",
                sent.reasoning_effort.is_some(),
                &["reasoning_effort", "reasoning.effort", "reasoning effort"],
            ),
        ];
        let text = format!("{} {}", self.parameter, self.message).to_lowercase();
        let rejected = |names: &[&str]| names.iter().any(|name| text.contains(name));
        let found = parameters.into_iter().find(|(_, sent, names)| *sent && rejected(names));
        found.filter(|_| self.is_rejection()).map(|(name, ..)| name)
    }

    /// Whether a retry would fail in the same way.
    pub fn is_rejection(&self) -> bool {
        match self.status {
            Some(408 | 409 | 425 | 429) => false,
            Some(status) => status < 500,
            None => [
                "invalid_request",
                "invalid_prompt",
                "authentication",
                "permission",
                "not_found",
                "bad_request",
            ]
            .iter()
            .any(|word| self.code.to_lowercase().contains(word)),
        }
    }

    /// Converts into the error of an answer that was requested with the parameters `sent`.
    pub fn to_assistant_error(&self, sent: &Generation, secrets: &Secrets) -> AssistantError {
        if let Some(parameter) = self.rejected_parameter(sent) {
            return AssistantError {
                kind: AssistantErrorKind::Rejected,
                message: format!(
                    "The model does not accept this `{parameter}`. Change it or clear it, and retry."
                ),
                details: None,
            };
        }
        let details = || Some(secrets.shown(&self.message)).filter(|message| !message.is_empty());
        if self.is_context_too_long() {
            return AssistantError {
                kind: AssistantErrorKind::ContextTooLong,
                message: "The conversation is too long for this model.".into(),
                details: details(),
            };
        }
        if self.is_rejection() {
            return AssistantError {
                kind: AssistantErrorKind::Rejected,
                message: "The model's provider rejected the request.".into(),
                details: details(),
            };
        }
        let is_4xx = self.status.is_some_and(|status| status < 500);
        let details = if is_4xx { details() } else { None };
        AssistantError { details, ..unavailable("The model's provider ended the answer with an error.") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<ProviderError> {
        ProviderError::find(Json::of(text))
    }

    #[test]
    fn errors_are_found_in_every_known_form() {
        for (text, message, status) in [
            (r#"{"error":{"message":"m","type":"server_error","code":null}}"#, "m", None),
            (r#"{"error":{"code":529,"message":"m"}}"#, "m", Some(529)),
            (r#"{"error":"m"}"#, "m", None),
            (r#"{"error":{"error":{"message":"m"}}}"#, "m", None),
            (r#"{"error":true}"#, "", None),
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, "m", None),
            (r#"{"type":"error","message":"m"}"#, "m", None),
            (r#"{"object":"error","message":"m","code":400}"#, "m", Some(400)),
            (r#"{"message":"m","code":"too_many"}"#, "m", None),
            (r#"{"detail":"m"}"#, "m", None),
            (r#"{"detail":[{"loc":[],"msg":"m"}]}"#, "m", None),
            (r#"{"errors":[{"message":"m"}]}"#, "m", None),
        ] {
            let provider_error = found(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((&*provider_error.message, provider_error.status), (message, status), "{text}");
        }
        for text in [
            r#"{"error":null,"choices":[]}"#,
            r#"{"error":{}}"#,
            r#"{"choices":[{}],"message":"m","code":1}"#,
            r#"{"type":"ping"}"#,
            "1",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_rejected_parameter_is_named_only_if_it_was_sent() {
        let sent = Generation { temperature: Some(1.5), max_output_tokens: Some(9), reasoning_effort: None };
        for (text, parameter) in [
            (
                r#"{"error":{"message":"Unsupported value: 'temperature' does not support 1.5 with this model.",
                    "type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"#,
                Some("temperature"),
            ),
            (
                r#"{"error":{"message":"Unsupported value","type":"invalid_request_error","param":"max_completion_tokens"}}"#,
                Some("maxOutputTokens"),
            ),
            (
                r#"{"object":"error","message":"max_tokens must be at least 16, got 9.","code":400}"#,
                Some("maxOutputTokens"),
            ),
            (r#"{"error":{"message":"Unknown field reasoning_effort","code":400}}"#, None),
            (r#"{"error":{"message":"The model's temperature sensor is overloaded","code":503}}"#, None),
        ] {
            assert_eq!(found(text).unwrap().rejected_parameter(&sent), parameter, "{text}");
        }
    }

    #[test]
    fn context_errors_are_distinguished_from_other_rejections() {
        for message in [
            "This model's maximum context length is 8192 tokens.",
            "prompt is too long: 210000 tokens > 200000 maximum",
            "the request exceeds the available context size, try increasing it",
        ] {
            let provider_error = ProviderError { message: message.into(), ..ProviderError::default() };
            assert!(provider_error.is_context_too_long(), "{message}");
        }
        let code = ProviderError {
            code: "invalid_request_error context_length_exceeded".into(),
            ..ProviderError::default()
        };
        assert!(code.is_context_too_long());
        assert!(
            !ProviderError { message: "`model` is too long".into(), ..ProviderError::default() }
                .is_context_too_long()
        );
    }
}
