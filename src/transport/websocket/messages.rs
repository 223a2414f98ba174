//! The protocol's messages.

mod subscribe;

use super::operations::Event;
use crate::{graphql::request::Request, store::Instant, transport::response::Written};
use async_graphql::ServerError;
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};
use subscribe::Subscribe;

/// The longest id that a client may give an operation, in bytes: it is kept as long as the operation lasts, and said
/// again with each of its events.
pub const LONGEST_ID: usize = 200;

/// The longest payload of a ping, in bytes as it is sent: the pong has it again.
pub const LONGEST_PING: usize = 1024;

/// The longest message that is neither `connection_init` nor `subscribe`, in bytes: nothing that long can be meant.
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
    /// A `subscribe` message whose payload is JSON that cannot be decoded, and why: it has a lone surrogate, a number out
    /// of range, or too many levels. Only this operation fails.
    Undecodable {
        id: String,
        reason: String,
        /// How long the message was.
        bytes: usize,
    },
    Complete {
        id: String,
    },
    /// The payload is sent back as it is.
    Ping {
        payload: Option<Box<RawValue>>,
    },
    Pong,
}

/// The fields of every message. Its parts are only checked to be JSON; [`FromClient::read`] decodes those that the type
/// has.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

impl FromClient {
    /// Decodes a message; `None` if it is not one of the protocol. (A list of a struct's values would pass for the
    /// struct.)
    pub fn read(text: &str) -> Option<Self> {
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let bytes = text.len();
        if let Ok(Subscribe { id, payload }) = serde_json::from_str(text) {
            let payload = Request { bytes, ..payload };
            return (1..=LONGEST_ID).contains(&id.len()).then_some(Self::Subscribe { id, payload });
        }
        // Another message, or one that is not as it should be: which, tells a closer look.
        let Envelope { kind, id, payload } = serde_json::from_str(text).ok()?;
        // A null payload is an absent one. `complete` has none.
        if kind != "complete" && payload.is_some_and(|payload| !payload.get().starts_with('{')) {
            return None;
        }
        if text.len() > LONGEST_SHORT && !matches!(&*kind, "connection_init" | "subscribe") {
            return None;
        }
        match &*kind {
            "connection_init" => {
                let payload = payload.map(|payload| serde_json::from_str(payload.get()));
                Some(Self::ConnectionInit { payload: payload.transpose().ok()? })
            }
            "subscribe" => {
                let (id, payload) = (operation_id(id)?, payload?);
                match serde_json::from_str::<Request>(payload.get()) {
                    Ok(payload) => Some(Self::Subscribe { id, payload: Request { bytes, ..payload } }),
                    // It has already been found to be JSON.
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

/// An operation's id: a string that is neither empty nor too long.
fn operation_id(id: Option<&RawValue>) -> Option<String> {
    let id: String = serde_json::from_str(id?.get()).ok()?;
    (1..=LONGEST_ID).contains(&id.len()).then_some(id)
}

/// What comes with `connection_init`. It is not shown, not even by `Debug`.
#[derive(Default, Deserialize)]
pub struct InitPayload {
    /// As the HTTP header of that name.
    #[serde(alias = "Authorization")]
    pub authorization: Option<String>,
}

impl fmt::Debug for InitPayload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("InitPayload").finish_non_exhaustive()
    }
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToClient<'a> {
    ConnectionAck,
    Next {
        id: &'a str,
        payload: Written<'a>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
    Ping {
        payload: Notice,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Box<RawValue>>,
    },
}

/// That the access token is about to expire.
#[derive(Serialize)]
pub struct Notice {
    #[serde(rename = "expiresAt")]
    expires_at: String,
}

impl<'a> ToClient<'a> {
    /// The token expires at this moment.
    pub fn notice(expires_at: Instant) -> Self {
        Self::Ping { payload: Notice { expires_at: expires_at.to_rfc3339() } }
    }

    /// What an operation has for the client.
    pub fn event(id: &'a str, event: &'a Event) -> Self {
        match event {
            Event::Next(response) => Self::Next { id, payload: Written::new(response) },
            Event::Refused(response) => Self::Error { id, payload: &response.errors },
            Event::Complete => Self::Complete { id },
        }
    }

    /// As it goes out.
    pub fn write(&self) -> Message {
        Message::Text(self.to_text().into())
    }

    /// The text of it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("all maps have strings as keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::request::DocumentSource;

    #[test]
    fn a_request_is_the_same_in_whatever_order_its_message_has_its_fields() {
        let (id, kind) = (r#""id":"1""#, r#""type":"subscribe""#);
        let payload = r#""payload":{"query":"{ a }","variables":{"b":[1,"c"]}}"#;
        let orders = [[id, kind, payload], [kind, payload, id], [payload, id, kind], [kind, id, payload]];
        for order in orders {
            let text = format!("{{{},\"more\":[1]}}", order.join(","));
            let Some(FromClient::Subscribe { id, payload }) = FromClient::read(&text) else {
                panic!("not understood: {text}");
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
    fn what_a_client_says_is_not_shown() {
        for said in [
            r#"{"type":"connection_init","payload":{"authorization":"Bearer marked"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ marked }","operationName":"marked","variables":{"password":"marked"}}}"#,
        ] {
            let read = FromClient::read(said).unwrap();
            assert!(!format!("{read:?}").contains("marked"), "{read:?}");
        }
    }
}
