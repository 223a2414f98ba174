//! In which form an answer goes out (GraphQL over HTTP, "Response"; RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// The forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `application/graphql-response+json`: the status tells whether anything was executed.
    GraphQlResponse,
    /// `application/json`: what is a GraphQL answer at all has status 200.
    Json,
}

impl Form {
    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The form that the client likes best, ours first where it does not care; `None` if it takes neither.
pub fn form(headers: &HeaderMap) -> Option<Form> {
    let accepted: Vec<(String, f32)> = accepted(headers).collect();
    if accepted.is_empty() {
        return Some(Form::GraphQlResponse);
    }
    // What names a form itself counts before what names it among others.
    let quality = |own: &str| {
        let of = |range: &str| accepted.iter().find(|(media_type, _)| media_type == range).map(|(_, q)| *q);
        of(own).or_else(|| of("application/*")).or_else(|| of("*/*")).unwrap_or(0.0)
    };
    match (quality("application/graphql-response+json"), quality("application/json")) {
        (ours, json) if ours <= 0.0 && json <= 0.0 => None,
        (ours, json) if ours >= json => Some(Form::GraphQlResponse),
        _ => Some(Form::Json),
    }
}

/// Whether the client takes an answer as a stream of events.
pub fn takes_events(headers: &HeaderMap) -> bool {
    accepted(headers).any(|(media_type, quality)| media_type == "text/event-stream" && quality > 0.0)
}

/// Whether a person's browser asks for a page.
pub fn wants_page(headers: &HeaderMap) -> bool {
    accepted(headers).any(|(media_type, _)| media_type == "text/html")
}

/// The media types of `Accept`, each with its quality.
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = (String, f32)> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter(|item| !item.trim().is_empty()).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse);
        (media_type, quality.unwrap_or(0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_client_chooses_the_form() {
        use Form::{GraphQlResponse, Json};
        for (accept, expected) in [
            ("", Some(GraphQlResponse)),
            ("*/*", Some(GraphQlResponse)),
            ("application/json", Some(Json)),
            ("application/graphql-response+json, application/json;q=0.9", Some(GraphQlResponse)),
            ("application/json, application/graphql-response+json; charset=utf-8; q=0.5", Some(Json)),
            ("APPLICATION/JSON; charset=utf-8", Some(Json)),
            ("text/plain", None),
            ("application/json;q=0", None),
            ("application/graphql-response+json;q=0, */*", Some(Json)),
            ("application/json, */*;q=0.1", Some(Json)),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(form(&headers), expected, "{accept}");
        }
        assert_eq!(form(&HeaderMap::new()), Some(GraphQlResponse));
    }
}
