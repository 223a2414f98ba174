//! The protocol's messages.

use super::operations::Event;
use crate::{graphql::request::Request, store::Instant, transport::response::Written};
use async_graphql::ServerError;
use axum::extract::ws::Message;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use std::fmt;

/// The longest id that a client may give an operation, in bytes: it is kept as long as the operation lasts, and said
/// again with each of its events.
pub const LONGEST_ID: usize = 200;

/// The longest payload of a ping, in bytes as it is written: it is said again.
pub const LONGEST_PING: usize = 1024;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    ConnectionInit {
        #[serde(default, deserialize_with = "from_object_if_any")]
        payload: Option<InitPayload>,
    },
    Subscribe {
        id: String,
        #[serde(deserialize_with = "from_object")]
        payload: Request,
    },
    Complete {
        id: String,
    },
    Ping {
        payload: Option<serde_json::Value>,
    },
    Pong {
        #[serde(rename = "payload")]
        _payload: Option<serde::de::IgnoredAny>,
    },
}

impl FromClient {
    /// Reads a message; `None` if it is none. (A list of a struct's values would pass for the struct.)
    pub fn read(text: &str) -> Option<Self> {
        let read = || serde_json::from_str(text).ok().filter(Self::is_short);
        text.trim_start().starts_with('{').then(read).flatten()
    }

    /// Whether what would be said again is no longer than it may be.
    fn is_short(&self) -> bool {
        match self {
            Self::Subscribe { id, .. } | Self::Complete { id } => id.len() <= LONGEST_ID,
            Self::Ping { payload: Some(payload) } => payload.to_string().len() <= LONGEST_PING,
            Self::ConnectionInit { .. } | Self::Ping { payload: None } | Self::Pong { .. } => true,
        }
    }
}

/// A struct from an object, and from nothing else.
fn from_object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    from_object_if_any(deserializer)?.ok_or_else(|| serde::de::Error::custom("null is no object"))
}

/// The same; null is nothing.
fn from_object_if_any<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let object = Option::<serde_json::Map<_, _>>::deserialize(deserializer)?;
    let read = |object| serde_json::from_value(serde_json::Value::Object(object));
    object.map(read).transpose().map_err(serde::de::Error::custom)
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
        payload: Option<serde_json::Value>,
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

    /// What an operation has.
    pub fn event(id: &'a str, event: &'a Event) -> Self {
        match event {
            Event::Next(response) => Self::Next { id, payload: Written::new(response) },
            Event::Refused(response) => Self::Error { id, payload: &response.errors },
            Event::Complete => Self::Complete { id },
        }
    }

    /// As it goes out.
    pub fn write(&self) -> Message {
        Message::Text(serde_json::to_string(self).expect("all maps have strings as keys").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
