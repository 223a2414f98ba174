//! The messages of the protocol.

mod subscribe;

use super::operations::Event;
use crate::{graphql::execution::request::Request, store::Instant, transport::response::ResponseBody};
use async_graphql::ServerError;
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};
use subscribe::Subscribe;

/// The maximum length of an operation's ID, in bytes. The server keeps it while the operation runs and repeats it in
/// each event.
pub const LONGEST_ID: usize = 200;

/// The maximum length of a ping's payload, in bytes of JSON. The pong repeats it.
pub const LONGEST_PING: usize = 1024;

/// The maximum length of a message other than `connection_init` and `subscribe`, in bytes.
pub const LONGEST_SHORT: usize = 4096;

/// A message from the client.
#[derive(Debug)]
pub enum FromClient {
    ConnectionInit {
        payload: Option<InitPayload>,
    },
    Subscribe {
        id: String,
        payload: Request,
    },
    /// A `subscribe` message whose payload is JSON but cannot be decoded. Only this operation fails.
    ///
    /// The payload has a lone surrogate, a number out of range, or too many levels.
    Undecodable {
        id: String,
        reason: String,
        /// The length of the message.
        bytes: usize,
    },
    Complete {
        id: String,
    },
    /// The pong repeats the payload unchanged.
    Ping {
        payload: Option<Box<RawValue>>,
    },
    Pong,
}

/// The fields of every message. `id` and `payload` are only checked to be JSON; [`FromClient::read`] decodes them if
/// the message's type has them.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    message_type: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

impl FromClient {
    /// Decodes a message. `None` if it violates the protocol.
    pub fn read(text: &str) -> Option<Self> {
        // serde would also accept an array of the fields' values.
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let bytes = text.len();
        if let Ok(Subscribe { id, payload }) = serde_json::from_str(text) {
            let payload = Request { bytes, ..payload };
            return (1..=LONGEST_ID).contains(&id.len()).then_some(Self::Subscribe { id, payload });
        }
        // Another message, an invalid one, or a `subscribe` message with fields in another order.
        let Envelope { message_type, id, payload } = serde_json::from_str(text).ok()?;
        // serde reads a null payload as an absent one. The payload of `complete` is ignored.
        if message_type != "complete" && payload.is_some_and(|payload| !payload.get().starts_with('{')) {
            return None;
        }
        if text.len() > LONGEST_SHORT && !matches!(&*message_type, "connection_init" | "subscribe") {
            return None;
        }
        match &*message_type {
            "connection_init" => {
                let payload = payload.map(|payload| serde_json::from_str(payload.get()));
                Some(Self::ConnectionInit { payload: payload.transpose().ok()? })
            }
            "subscribe" => {
                let (id, payload) = (operation_id(id)?, payload?);
                match serde_json::from_str::<Request>(payload.get()) {
                    Ok(payload) => Some(Self::Subscribe { id, payload: Request { bytes, ..payload } }),
                    // The payload is known to be JSON, so a syntax error means that a value cannot be represented.
                    Err(error) if error.is_syntax() => {
                        Some(Self::Undecodable { id, reason: error.to_string(), bytes })
                    }
                    Err(_) => None,
                }
            }
            "complete" => Some(Self::Complete { id: operation_id(id)? }),
            "ping" if payload.is_none_or(|payload| payload.get().len() <= LONGEST_PING) => {
                Some(Self::Ping { payload: payload.map(ToOwned::to_owned) })
            }
            "pong" => Some(Self::Pong),
            _ => None,
        }
    }
}

/// Decodes an operation's ID. `None` if it is not a string of 1 to 200 bytes.
fn operation_id(id: Option<&RawValue>) -> Option<String> {
    let id: String = serde_json::from_str(id?.get()).ok()?;
    (1..=LONGEST_ID).contains(&id.len()).then_some(id)
}

/// The payload of `connection_init`. `Debug` does not show it, because it contains the access token.
#[derive(Default, Deserialize)]
pub struct InitPayload {
    /// The same value as in the HTTP header of that name.
    #[serde(alias = "Authorization")]
    pub authorization: Option<String>,
}

impl fmt::Debug for InitPayload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InitPayload").finish_non_exhaustive()
    }
}

/// A message from the server.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToClient<'a> {
    ConnectionAck,
    Next {
        id: &'a str,
        payload: ResponseBody<'a>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
    Ping {
        payload: ExpiryNotice,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Box<RawValue>>,
    },
}

/// A notice that the access token is about to expire.
#[derive(Serialize)]
pub struct ExpiryNotice {
    #[serde(rename = "expiresAt")]
    expires_at: String,
}

impl<'a> ToClient<'a> {
    /// Creates a ping with the time at which the access token expires.
    pub fn expiry_notice(expires_at: Instant) -> Self {
        Self::Ping { payload: ExpiryNotice { expires_at: expires_at.to_rfc3339() } }
    }

    /// Creates the message for an operation's event.
    pub fn event(id: &'a str, event: &'a Event) -> Self {
        match event {
            Event::Next(response) => Self::Next { id, payload: ResponseBody::new(response) },
            Event::Refused(response) => Self::Error { id, payload: &response.errors },
            Event::Complete => Self::Complete { id },
        }
    }

    /// Serializes the message to a WebSocket message.
    pub fn to_message(&self) -> Message {
        Message::Text(self.to_text().into())
    }

    /// Serializes the message to JSON.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("the keys of all maps are strings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::execution::request::DocumentSource;

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let (id, kind) = (r#""id":"1""#, r#""type":"subscribe""#);
        let payload = r#""payload":{"query":"{ a }","variables":{"b":[1,"c"]}}"#;
        let orders = [[id, kind, payload], [kind, payload, id], [payload, id, kind], [kind, id, payload]];
        for order in orders {
            let text = format!("{{{},\"more\":[1]}}", order.join(","));
            let Some(FromClient::Subscribe { id, payload }) = FromClient::read(&text) else {
                panic!("not decoded: {text}");
            };
            let variables = format!("{:?}", payload.variables.variables);
            assert_eq!((&*id, payload.bytes), ("1", text.len()));
            assert_eq!(payload.document, DocumentSource::Text("{ a }".into()));
            assert!(variables.contains("\"b\"") && variables.contains("\"c\""), "{variables}");
        }
        for text in [
            r#"{"type":"subscribe","id":"1","payload":["{ a }"]}"#.to_owned(),
            r#"{"type":"subscribe","id":"1","payload":null}"#.to_owned(),
            r#"{"type":"subscribe","id":"1"}"#.to_owned(),
            r#"{"type":"subscribe","id":"","payload":{"query":"{ a }"}}"#.to_owned(),
            format!("{{{id},{id},{kind},{payload}}}"),
            format!("{{{id},{kind},{kind},{payload}}}"),
            format!("{{{id},{kind},{payload},{payload}}}"),
        ] {
            assert!(FromClient::read(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_content_of_messages() {
        for text in [
            r#"{"type":"connection_init","payload":{"authorization":"Bearer marked"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ marked }","operationName":"marked","variables":{"password":"marked"}}}"#,
        ] {
            let read = FromClient::read(text).unwrap();
            assert!(!format!("{read:?}").contains("marked"), "{read:?}");
        }
    }
}
