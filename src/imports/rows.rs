//! The rows of an imported conversation.

use super::source::{Details, PlacedMessage, Reason, SourceConversation, SourceMessage, place, storable};
use crate::{
    conversations::Title,
    generation::{Generation, GenerationUpdate},
    replies::{Content, Note, SystemPrompt},
    store::{Id, Instant, MessageStatus, Role, conversations::Conversation, messages::Message},
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::{Builder, Uuid};

/// Maximum length of a model's ID, in bytes.
const MAX_MODEL: usize = 200;
/// Maximum length of each part of a reply's error, in Unicode scalar values.
const MAX_ERROR: usize = 1000;
/// More characters than any message has.
const MAX_CONTENT: usize = 1 << 21;
/// The title of a conversation without any text.
const UNTITLED: &str = "Imported conversation";
/// The beginning of the ID of a conversation in Confab's own export.
const OWN_ID: &str = "conversation_";

/// The rows of a conversation.
pub struct Rows {
    /// The conversation.
    pub conversation: Conversation,
    /// The ID of the conversation that Confab's own export describes.
    pub original: Option<Id>,
    /// The messages, each after its parent.
    pub messages: Vec<Message>,
}

impl Rows {
    /// Creates the rows. Values that this server does not accept are left out or shortened.
    pub fn new(source: SourceConversation, owner: Id, now: Instant) -> Result<Self, Reason> {
        let placed = place(source.nodes, source.head.as_deref())?;
        let past = |at: Option<Instant>| at.map(|at| at.min(now));
        let times = || placed.iter().filter_map(|one| past(one.message.created_at));
        let created_at = past(source.created_at).or_else(|| times().min()).unwrap_or(now);
        let updated_at = past(source.updated_at).or_else(|| times().max()).unwrap_or(created_at);
        let title = source.title.and_then(|title| Title::parse(shortened(one_line(&title), 200)).ok());
        let id = key(created_at, &[owner.0.as_bytes(), source.id.as_bytes()]);
        let parents: Vec<Option<usize>> = placed.iter().map(|one| one.parent).collect();
        let mut messages: Vec<Message> = Vec::with_capacity(placed.len());
        for PlacedMessage { id: node, parent, position, message } in placed {
            let sent_at = past(message.created_at).unwrap_or(created_at);
            let parent_id = parent.map(|parent| messages[parent].id);
            let id = key(sent_at, &[id.0.as_bytes(), node.as_bytes()]);
            messages.push(row(message, id, parent_id, position, sent_at, now));
        }
        for message in &mut messages {
            message.conversation_id = id;
        }
        let branch = number_branches(&mut messages, &parents);
        let on_branch = messages.iter().filter(|message| message.position.is_some());
        let first = on_branch.clone().min_by_key(|message| message.position);
        let first_line = first.and_then(|message| Content::parse(message.content.clone(), MAX_CONTENT).ok());
        let (titled_by_user, title) = match title {
            Some(title) => (source.titled_by_user, title.into_string()),
            None => (false, first_line.map_or_else(|| UNTITLED.to_owned(), |content| content.title())),
        };
        let conversation = Conversation {
            id,
            titled_by_user,
            system_prompt: source
                .system_prompt
                .and_then(|text| SystemPrompt::parse(text).ok())
                .map(SystemPrompt::into_string),
            model: source.model.and_then(model),
            generation: valid(source.generation),
            message_count: i32::try_from(on_branch.count()).unwrap_or(i32::MAX),
            branch,
            updated_at,
            archived_at: source.archived.then_some(now),
            pinned_at: source.pinned.then_some(now),
            ..Conversation::new(owner, title, created_at)
        };
        Ok(Self { conversation, original: own_id(&source.id), messages })
    }
}

/// Sets the depth and the branch number of the messages off the active branch, as [`crate::store::branches`] requires:
/// below each of them the last child continues its branch, and the others begin branches with smaller numbers. Returns
/// the number of the active branch, which is the greatest. Each message follows its parent, whose index is given.
fn number_branches(messages: &mut [Message], parents: &[Option<usize>]) -> i32 {
    let mut last_child: HashMap<usize, usize> = HashMap::new();
    for (index, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            last_child.insert(*parent, index);
        }
    }
    let mut count = 0;
    for (index, parent) in parents.iter().enumerate() {
        if messages[index].position.is_some() {
            continue;
        }
        let above = parent.map(|parent| (parent, &messages[parent]));
        let depth = above.map_or(0, |(_, above)| above.position.or(above.depth).unwrap_or_default() + 1);
        let continued =
            above.filter(|(parent, _)| last_child[parent] == index).and_then(|(_, above)| above.branch);
        let branch = continued.unwrap_or_else(|| {
            count += 1;
            // Reversed below, when the number of branches is known.
            count - 1
        });
        messages[index].depth = Some(depth);
        messages[index].branch = Some(branch);
    }
    for message in messages {
        message.branch = message.branch.map(|branch| count - 1 - branch);
    }
    count
}

fn row(
    message: SourceMessage,
    id: Id,
    parent_id: Option<Id>,
    position: Option<i32>,
    created_at: Instant,
    now: Instant,
) -> Message {
    let SourceMessage { role, content, status, model: name, created_at: _, details } = message;
    let sent =
        Message { position, ..Message::from_user(id, Id(Uuid::nil()), parent_id, 0, content, created_at) };
    if role != Role::Assistant {
        return sent;
    }
    let Details {
        generation,
        error,
        finish_reason,
        tokens,
        usage_estimated,
        finished_at,
        rating,
        rating_note,
    } = details;
    let [error_code, error_message, error_details] = error
        .map(|text| text.filter(|_| status == MessageStatus::Failed).map(|text| shortened(text, MAX_ERROR)));
    let tokens = tokens.filter(|(input, output)| *input >= 0 && *output >= 0);
    Message {
        role,
        status,
        // Every reply has a model.
        model: Some(name.and_then(model).unwrap_or_else(|| "unknown".to_owned())),
        generation: generation.map(valid),
        attempt: 1,
        error_code,
        error_message,
        error_details,
        finish_reason: finish_reason.filter(|_| status == MessageStatus::Completed),
        input_tokens: tokens.map(|(input, _)| input),
        output_tokens: tokens.map(|(_, output)| output),
        usage_estimated: usage_estimated && tokens.is_some(),
        finished_at: Some(finished_at.map_or(created_at, |at| at.min(now))),
        rating,
        rating_note: rating_note
            .filter(|_| rating.is_some())
            .and_then(|text| Note::parse(text).ok())
            .map(Note::into_string),
        ..sent
    }
}

/// A key that follows from the parts, with this time (RFC 9562, version 7). Keys of later rows are thus greater.
fn key(at: Instant, parts: &[&[u8]]) -> Id {
    let mut hash = Sha256::new();
    for part in parts {
        // Each part is preceded by its length, so that different parts cannot produce the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let millis = u64::try_from(at.0 / 1000).unwrap_or(0);
    Id(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// The key in an ID of Confab's own export.
fn own_id(id: &str) -> Option<Id> {
    Uuid::try_parse(id.strip_prefix(OWN_ID)?).ok().map(Id)
}

fn model(name: String) -> Option<String> {
    let name = storable(name);
    (1..=MAX_MODEL).contains(&name.len()).then_some(name)
}

/// The parameters, or none if one of them is outside its range.
fn valid(generation: Generation) -> Generation {
    let Generation { temperature, max_output_tokens, reasoning_effort } = generation;
    let update = GenerationUpdate::new(Some(temperature), Some(max_output_tokens), Some(reasoning_effort));
    update.map(|update| update.apply(Generation::default())).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: String, longest: usize) -> String {
    crate::unicode::truncate(&text, longest).to_owned()
}
