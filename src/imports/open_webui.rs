//! Open WebUI's export: `history.messages` holds the tree, and `history.currentId` is its head.

use super::{
    bounded,
    source::{Details, Node, Reason, SourceConversation, SourceMessage, storable},
    time::Time,
};
use crate::store::{MessageStatus, Role};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
struct Conversation<'a> {
    id: Option<String>,
    title: Option<String>,
    #[serde(default)]
    created_at: Time,
    #[serde(default)]
    updated_at: Time,
    archived: Option<bool>,
    pinned: Option<bool>,
    #[serde(borrow)]
    chat: Chat<'a>,
}

#[derive(Default, Deserialize)]
struct Chat<'a> {
    id: Option<String>,
    title: Option<String>,
    #[serde(borrow, default, deserialize_with = "bounded::list")]
    models: Vec<&'a RawValue>,
    #[serde(default)]
    timestamp: Time,
    #[serde(borrow)]
    history: History<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct History<'a> {
    #[serde(borrow, deserialize_with = "bounded::map")]
    messages: Vec<(String, Message<'a>)>,
    current_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    parent_id: Option<String>,
    role: String,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    model: Option<String>,
    #[serde(default)]
    timestamp: Time,
    done: Option<bool>,
}

/// Reads a conversation: an item of the list, or only its part `chat`.
pub fn read(json: &str) -> Result<SourceConversation, Reason> {
    let form = |_| "does not have the form of Open WebUI's export.";
    let conversation = match serde_json::from_str::<Conversation<'_>>(json) {
        Ok(conversation) => conversation,
        Err(_) => Conversation { chat: serde_json::from_str(json).map_err(form)?, ..Conversation::default() },
    };
    let Conversation { id, title, created_at, updated_at, archived, pinned, chat } = conversation;
    let nodes = chat.history.messages.into_iter().map(|(id, message)| Node {
        id,
        parent: message.parent_id.clone(),
        message: visible(message),
    });
    let title = title.or(chat.title);
    Ok(SourceConversation {
        id: id.or(chat.id).filter(|id| !id.is_empty()).ok_or("has no ID.")?,
        titled_by_user: title.is_some(),
        title,
        model: chat.models.first().and_then(|model| serde_json::from_str(model.get()).ok()),
        created_at: created_at.0.or(chat.timestamp.0),
        updated_at: updated_at.0,
        archived: archived.unwrap_or(false),
        pinned: pinned.unwrap_or(false),
        nodes: nodes.collect(),
        head: chat.history.current_id,
        ..SourceConversation::default()
    })
}

fn visible(message: Message<'_>) -> Option<SourceMessage> {
    let role = match &*message.role {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let content = text_of(message.content?)?;
    if content.trim().is_empty() {
        return None;
    }
    let is_stopped = role == Role::Assistant && message.done == Some(false);
    Some(SourceMessage {
        role,
        content: storable(content),
        status: if is_stopped { MessageStatus::Stopped } else { MessageStatus::Completed },
        model: message.model.filter(|_| role == Role::Assistant),
        created_at: message.timestamp.0,
        details: Details::default(),
    })
}

/// The text of a message, which may be in parts. `None` if it has none.
fn text_of(content: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Part {
        text: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Parts {
        #[serde(deserialize_with = "bounded::list")]
        list: Vec<Part>,
    }
    let content = content.get();
    let joined =
        |Parts { list }| list.into_iter().filter_map(|part| part.text).collect::<Vec<_>>().join("\n\n");
    serde_json::from_str(content).or_else(|_| serde_json::from_str(content).map(joined)).ok()
}
