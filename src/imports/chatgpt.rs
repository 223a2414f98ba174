//! ChatGPT's export: `mapping` holds the tree, and `current_node` is its head. Most of its nodes are hidden: the system's
//! messages, calls of tools and their results, and reasoning.

use super::{
    bounded,
    source::{Details, Node, Reason, SourceConversation, SourceMessage, storable},
    time::Time,
};
use crate::store::{MessageStatus, Role};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Marks of citations within a text: the beginning and the end.
const CITATION: (char, char) = ('\u{e200}', '\u{e201}');

#[derive(Deserialize)]
struct Conversation<'a> {
    /// Older exports have only this ID, newer ones have both.
    id: Option<String>,
    conversation_id: Option<String>,
    title: Option<String>,
    #[serde(default)]
    create_time: Time,
    #[serde(default)]
    update_time: Time,
    #[serde(borrow, deserialize_with = "bounded::map")]
    mapping: Vec<(String, MappingNode<'a>)>,
    current_node: Option<String>,
    default_model_slug: Option<String>,
    is_archived: Option<bool>,
}

#[derive(Deserialize)]
struct MappingNode<'a> {
    parent: Option<String>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    author: Author,
    #[serde(default)]
    create_time: Time,
    #[serde(borrow)]
    content: Content<'a>,
    status: Option<String>,
    recipient: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Author {
    role: String,
}

#[derive(Deserialize)]
struct Content<'a> {
    content_type: String,
    /// Texts, and objects that refer to files, which are not in the document.
    #[serde(borrow, default, deserialize_with = "bounded::list")]
    parts: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    model_slug: Option<String>,
    is_visually_hidden_from_conversation: Option<bool>,
}

/// Reads a conversation.
pub fn read(json: &str) -> Result<SourceConversation, Reason> {
    let conversation: Conversation<'_> =
        serde_json::from_str(json).map_err(|_| "does not have the form of ChatGPT's export.")?;
    let nodes = conversation.mapping.into_iter().map(|(id, MappingNode { parent, message })| Node {
        id,
        parent,
        message: message.and_then(visible),
    });
    Ok(SourceConversation {
        id: conversation.conversation_id.or(conversation.id).ok_or("has no ID.")?,
        titled_by_user: conversation.title.is_some(),
        title: conversation.title,
        model: conversation.default_model_slug,
        created_at: conversation.create_time.0,
        updated_at: conversation.update_time.0,
        archived: conversation.is_archived.unwrap_or(false),
        nodes: nodes.collect(),
        head: conversation.current_node,
        ..SourceConversation::default()
    })
}

/// The message, unless ChatGPT does not show it.
fn visible(message: Message<'_>) -> Option<SourceMessage> {
    let role = match &*message.author.role {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let metadata = message.metadata.unwrap_or_default();
    let is_text = matches!(&*message.content.content_type, "text" | "multimodal_text");
    let to_user = message.recipient.is_none_or(|recipient| recipient == "all");
    if !is_text || !to_user || metadata.is_visually_hidden_from_conversation == Some(true) {
        return None;
    }
    let parts = message.content.parts.iter().filter_map(|part| serde_json::from_str(part.get()).ok());
    let content = without_citations(&parts.collect::<Vec<String>>().join("\n\n"));
    if content.trim().is_empty() {
        return None;
    }
    let is_complete = message.status.is_none_or(|status| status.starts_with("finished"));
    Some(SourceMessage {
        role,
        content: storable(content),
        status: if is_complete { MessageStatus::Completed } else { MessageStatus::Stopped },
        model: metadata.model_slug,
        created_at: message.create_time.0,
        details: Details::default(),
    })
}

/// Removes the marks of citations, which refer to nodes that are hidden.
fn without_citations(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(CITATION.0) {
        kept.push_str(before);
        rest = after.split_once(CITATION.1).map_or("", |(_, after)| after);
    }
    kept + rest
}
