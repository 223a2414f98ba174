//! Content negotiation: selects the media type of a response (GraphQL over HTTP, "Response"; RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// The format of a JSON response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// `application/graphql-response+json`: an error status means that nothing was executed.
    GraphQlResponse,
    /// `application/json`: well-formed GraphQL responses have status 200.
    Json,
}

impl ResponseFormat {
    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// Selects the format that the client prefers. `None` if it accepts neither.
///
/// Without a preference the format is `application/graphql-response+json`.
pub fn response_format(headers: &HeaderMap) -> Option<ResponseFormat> {
    let accepted: Vec<(String, f32)> = accepted(headers).collect();
    if accepted.is_empty() {
        return Some(ResponseFormat::GraphQlResponse);
    }
    // An exact media type takes precedence over a range.
    let quality = |media_type: &str| {
        let of = |range: &str| accepted.iter().find(|(accepted, _)| accepted == range).map(|(_, q)| *q);
        of(media_type).or_else(|| of("application/*")).or_else(|| of("*/*")).unwrap_or(0.0)
    };
    match (quality("application/graphql-response+json"), quality("application/json")) {
        (graphql, json) if graphql <= 0.0 && json <= 0.0 => None,
        (graphql, json) if graphql >= json => Some(ResponseFormat::GraphQlResponse),
        _ => Some(ResponseFormat::Json),
    }
}

/// Whether the client accepts an event stream.
pub fn accepts_event_stream(headers: &HeaderMap) -> bool {
    accepted(headers).any(|(media_type, quality)| media_type == "text/event-stream" && quality > 0.0)
}

/// Whether the client is a browser that navigates to a page.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    accepted(headers).any(|(media_type, _)| media_type == "text/html")
}

/// The media types of `Accept`, each with its quality value.
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
    fn the_accept_header_selects_the_format() {
        use ResponseFormat::{GraphQlResponse, Json};
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
            assert_eq!(response_format(&headers), expected, "{accept}");
        }
        assert_eq!(response_format(&HeaderMap::new()), Some(GraphQlResponse));
    }
}
