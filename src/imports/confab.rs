//! Confab's own export. Every column is kept, apart from the IDs.

use super::{
    bounded,
    source::{Details, Node, Reason, SourceConversation, SourceMessage, storable},
    time::Time,
};
use crate::{
    generation::Generation,
    store::{FinishReason, MessageStatus, Rating, Role},
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conversation {
    id: String,
    title: String,
    titled_by_user: bool,
    system_prompt: Option<String>,
    model: Option<String>,
    #[serde(default)]
    generation: Generation,
    created_at: Time,
    updated_at: Time,
    #[serde(default)]
    archived_at: Time,
    #[serde(default)]
    pinned_at: Time,
    #[serde(deserialize_with = "bounded::list")]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    parent_id: Option<String>,
    position: Option<i32>,
    role: String,
    content: String,
    status: String,
    model: Option<String>,
    generation: Option<Generation>,
    error_code: Option<String>,
    error_message: Option<String>,
    error_details: Option<String>,
    finish_reason: Option<String>,
    input_tokens: Option<i32>,
    output_tokens: Option<i32>,
    #[serde(default)]
    usage_estimated: bool,
    created_at: Time,
    #[serde(default)]
    finished_at: Time,
    rating: Option<String>,
    rating_note: Option<String>,
}

/// Reads a conversation.
pub fn read(json: &str) -> Result<SourceConversation, Reason> {
    let conversation: Conversation =
        serde_json::from_str(json).map_err(|_| "does not have the form of Confab's export.")?;
    let on_branch = conversation.messages.iter().filter(|message| message.position.is_some());
    let head = on_branch.max_by_key(|message| message.position).map(|message| message.id.clone());
    let nodes = conversation.messages.into_iter().map(|message| Node {
        id: message.id.clone(),
        parent: message.parent_id.clone(),
        message: visible(message),
    });
    Ok(SourceConversation {
        id: conversation.id,
        title: Some(conversation.title),
        titled_by_user: conversation.titled_by_user,
        system_prompt: conversation.system_prompt,
        model: conversation.model,
        generation: conversation.generation,
        created_at: conversation.created_at.0,
        updated_at: conversation.updated_at.0,
        archived: conversation.archived_at.0.is_some(),
        pinned: conversation.pinned_at.0.is_some(),
        nodes: nodes.collect(),
        head,
    })
}

/// The message. A reply that was in progress during the export counts as stopped.
fn visible(message: Message) -> Option<SourceMessage> {
    let role = Role::parse(&message.role).filter(|role| *role != Role::System)?;
    let status = MessageStatus::parse(&message.status)?;
    let ended = status.is_final();
    if !ended && message.content.is_empty() {
        return None;
    }
    let details = Details {
        generation: message.generation.filter(|_| role == Role::Assistant),
        error: [message.error_code, message.error_message, message.error_details]
            .map(|text| text.map(storable)),
        finish_reason: message.finish_reason.as_deref().and_then(FinishReason::parse),
        tokens: message.input_tokens.zip(message.output_tokens),
        usage_estimated: message.usage_estimated,
        finished_at: message.finished_at.0,
        rating: message.rating.as_deref().and_then(Rating::parse),
        rating_note: message.rating_note.map(storable),
    };
    Some(SourceMessage {
        role,
        content: storable(message.content),
        status: if ended { status } else { MessageStatus::Stopped },
        model: message.model,
        created_at: message.created_at.0,
        details,
    })
}
