//! LibreChat's export of one conversation: `messages` with `parentMessageId`, either as a list or nested in `children`.

use super::{
    bounded::{self, MAX_ELEMENTS},
    source::{Details, Node, Reason, SourceConversation, SourceMessage, storable},
    time::Time,
};
use crate::store::{MessageStatus, Role};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Maximum length of all nested lists together, in bytes. A list counts once for each level, because it is scanned once
/// for each level.
const MAX_NESTED: usize = 512 << 20;
const UNREADABLE: Reason = "does not have the form of LibreChat's export.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conversation<'a> {
    conversation_id: String,
    title: Option<String>,
    #[serde(default)]
    created_at: Time,
    #[serde(default)]
    updated_at: Time,
    options: Option<Options>,
    #[serde(borrow)]
    messages: &'a RawValue,
}

#[derive(Deserialize)]
struct Options {
    model: Option<String>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Messages<'a> {
    #[serde(borrow, deserialize_with = "bounded::list")]
    list: Vec<Message<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    message_id: String,
    parent_message_id: Option<String>,
    is_created_by_user: Option<bool>,
    sender: Option<String>,
    text: Option<String>,
    #[serde(borrow, default, deserialize_with = "bounded::list")]
    content: Vec<&'a RawValue>,
    model: Option<String>,
    error: Option<bool>,
    unfinished: Option<bool>,
    #[serde(default)]
    created_at: Time,
    /// Read level by level, because a long conversation is nested deeply.
    #[serde(borrow)]
    children: Option<&'a RawValue>,
}

/// Reads a conversation. The newest message is its head, because the file does not state which one was shown.
pub fn read(json: &str) -> Result<SourceConversation, Reason> {
    let conversation: Conversation<'_> = serde_json::from_str(json).map_err(|_| UNREADABLE)?;
    let (mut nodes, mut lists, mut scanned) = (Vec::new(), vec![(conversation.messages, None)], 0);
    while let Some((list, above)) = lists.pop() {
        scanned += list.get().len();
        if scanned > MAX_NESTED {
            return Err("is nested too deeply.");
        }
        let Messages { list } = serde_json::from_str(list.get()).map_err(|_| UNREADABLE)?;
        for message in list {
            if nodes.len() == MAX_ELEMENTS {
                return Err("has too many messages.");
            }
            let id = message.message_id.clone();
            lists.extend(message.children.map(|children| (children, Some(id.clone()))));
            let parent = message.parent_message_id.clone().or_else(|| above.clone());
            nodes.push(Node { id, parent, message: visible(message) });
        }
    }
    Ok(SourceConversation {
        id: conversation.conversation_id,
        titled_by_user: conversation.title.is_some(),
        title: conversation.title,
        model: conversation.options.and_then(|options| options.model),
        created_at: conversation.created_at.0,
        updated_at: conversation.updated_at.0,
        nodes,
        ..SourceConversation::default()
    })
}

fn visible(message: Message<'_>) -> Option<SourceMessage> {
    let by_user = match (message.is_created_by_user, message.sender.as_deref()) {
        (Some(by_user), _) => by_user,
        (None, sender) => sender.is_some_and(|sender| sender.eq_ignore_ascii_case("user")),
    };
    let text = message.text.filter(|text| !text.trim().is_empty());
    let content = text.unwrap_or_else(|| {
        let texts = message.content.iter().filter_map(|part| text_of(part));
        texts.collect::<Vec<_>>().join("\n\n")
    });
    if content.trim().is_empty() || message.error == Some(true) {
        return None;
    }
    let is_stopped = !by_user && message.unfinished == Some(true);
    Some(SourceMessage {
        role: if by_user { Role::User } else { Role::Assistant },
        content: storable(content),
        status: if is_stopped { MessageStatus::Stopped } else { MessageStatus::Completed },
        model: message.model.filter(|_| !by_user),
        created_at: message.created_at.0,
        details: Details::default(),
    })
}

/// The text of a part of a message. `None` for reasoning, calls of tools and files.
fn text_of(part: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Part<'a> {
        r#type: String,
        #[serde(borrow)]
        text: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Value {
        value: String,
    }
    let part: Part<'_> =
        serde_json::from_str(part.get()).ok().filter(|part: &Part<'_>| part.r#type == "text")?;
    let text = part.text.get();
    serde_json::from_str(text).or_else(|_| serde_json::from_str(text).map(|Value { value }| value)).ok()
}
