//! The protocol's messages.

use super::operations::Event;
use crate::{graphql::prepare::Incoming, transport::http::Written};
use async_graphql::ServerError;
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    ConnectionInit {
        payload: Option<InitPayload>,
    },
    Subscribe {
        id: String,
        payload: Incoming,
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

/// What comes with `connection_init`.
#[derive(Debug, Default, Deserialize)]
pub struct InitPayload {
    /// As the HTTP header of that name.
    #[serde(alias = "Authorization")]
    pub authorization: Option<String>,
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
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<serde_json::Value>,
    },
}

impl<'a> ToClient<'a> {
    /// What an operation has.
    pub fn event(id: &'a str, event: &'a Event) -> Self {
        match event {
            Event::Next(response) => Self::Next {
                id,
                payload: Written::new(response),
            },
            Event::Refused(response) => Self::Error {
                id,
                payload: &response.errors,
            },
            Event::Complete => Self::Complete { id },
        }
    }

    /// As it goes out.
    pub fn write(&self) -> Message {
        Message::Text(
            serde_json::to_string(self)
                .expect("all maps have strings as keys")
                .into(),
        )
    }
}
