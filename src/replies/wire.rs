//! The messages about replies that instances send to each other over the bus.

use super::{Cursor, Engine, publish};
use crate::{
    bus::{BusEvent, Topic},
    store::Id,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

/// A message to every instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ControlMessage {
    /// The writers of these replies must publish the text after the given cursors.
    #[serde(rename = "ask")]
    RequestText(Vec<(Id, Cursor)>),
    /// The writer of this reply must stop.
    Stop(Id),
    /// A reply is ready to be claimed.
    Claimable,
}

/// A part of a reply's text, published to the mirrors of the reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ReplyChunk<'a> {
    /// The attempt, which has exactly one writer.
    pub attempt: i32,
    /// The offset of `text` in the attempt's text, in bytes.
    pub offset: usize,
    /// The text; may be empty.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// The writer publishes nothing after this chunk. The database has what follows.
    pub over: bool,
}

impl Engine {
    /// Publishes a message to every instance, in a task of its own.
    pub(super) fn broadcast(self: &Arc<Self>, message: &ControlMessage) {
        let Ok(message) = serde_json::to_string(message) else { return };
        let engine = self.clone();
        self.tasks.spawn(async move {
            // A lost message only causes delay: the database has the same information.
            if let Err(error) = engine.bus.publish(Topic::AllInstances, message).await {
                tracing::debug!(%error, "cannot publish a control message");
            }
        });
    }

    /// Handles an event of the topic that every instance subscribes to.
    pub(super) fn on_broadcast(self: &Arc<Self>, event: BusEvent<'_>) {
        let message = match event {
            // A message that a reply is ready to be claimed may have been missed.
            BusEvent::Subscribed => return self.claim_needed.notify_one(),
            BusEvent::Message(message) => message,
        };
        match serde_json::from_str(message) {
            Ok(ControlMessage::RequestText(requests)) => {
                requests.into_iter().for_each(|(reply, seen)| publish::on_request(self, reply, seen))
            }
            Ok(ControlMessage::Stop(reply)) => {
                if let Some(local) = self.hub.local(reply) {
                    local.stop.cancel();
                }
            }
            Ok(ControlMessage::Claimable) => self.claim_needed.notify_one(),
            // Another version of the server may send other messages.
            Err(error) => tracing::debug!(%error, "cannot parse a control message"),
        }
    }
}
