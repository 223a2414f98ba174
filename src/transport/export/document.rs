//! The document with all data of a user.
//!
//! It is read from the database page by page, so that only one page is in memory at a time. A row that changes during
//! the export appears as it is when its page is read.

use crate::{
    graphql::schema::ids::NodeType,
    parts::{Parts, Piece, ToolCall},
    store::{self, Database, Id, messages::Message, paging::Slice, removal::DELETED_OWNER, users::User},
};
use futures_util::Stream;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The number of rows read at once.
const PAGE: i32 = 100;
/// The number of messages read at once. A message may have one megabyte.
const MESSAGES: i32 = 10;

/// Streams the pieces of the document in order.
pub fn document(store: Database, user: User) -> impl Stream<Item = store::Result<String>> + Send {
    let owner = user.id;
    async_stream::try_stream! {
        yield format!("{{\"user\":{},\n\"conversations\":[", object(&user, global_id(NodeType::User, user.id)));
        let (mut conversation_before, mut first) = (DELETED_OWNER, true);
        loop {
            let page = store.conversations_after(owner, conversation_before, i64::from(PAGE)).await?;
            let Some(last) = page.last() else { break };
            conversation_before = last.id;
            for conversation in &page {
                let id = global_id(NodeType::Conversation, conversation.id);
                let mut fields = object(conversation, id);
                let head = store.last_message_id(conversation.id).await?;
                fields["headId"] = head.map(|head| global_id(NodeType::Message, head)).into();
                let mut fields = fields.to_string();
                fields.pop(); // the closing brace, because the messages follow
                yield format!("{}{fields},\"messages\":[", separator(&mut first));
                let mut first = true;
                let mut from = 0;
                loop {
                    let page = store.messages_between(conversation.id, from, from + MESSAGES).await?;
                    if page.is_empty() {
                        break;
                    }
                    let parts = parts_of(&store, &page).await?;
                    yield rows(&page, &mut first, |message| message_object(message, &parts));
                    from += MESSAGES;
                }
                let mut before = DELETED_OWNER;
                loop {
                    let page = store.messages_off_branch(conversation.id, before, i64::from(MESSAGES)).await?;
                    let Some(last) = page.last() else { break };
                    before = last.id;
                    let parts = parts_of(&store, &page).await?;
                    yield rows(&page, &mut first, |message| message_object(message, &parts));
                }
                yield "]}".to_owned();
            }
        }
        yield "],\n\"sessions\":[".to_owned();
        let (mut before, mut first) = (DELETED_OWNER, true);
        loop {
            let page = store.sessions_after(owner, before, i64::from(PAGE)).await?;
            let Some(last) = page.last() else { break };
            before = last.id;
            yield rows(&page, &mut first, |session| object(session, global_id(NodeType::Session, session.id)));
        }
        let tokens = store.access_tokens(owner).await?;
        let tokens = rows(&tokens, &mut true, |token| object(token, global_id(NodeType::AccessToken, token.id)));
        yield format!("],\n\"accessTokens\":[{tokens}");
        let identities = store.identities_of(owner).await?;
        let identities = rows(&identities, &mut true, |identity| object(identity, identity.id.to_string()));
        yield format!("],\n\"identities\":[{identities}");
        yield "],\n\"securityEvents\":[".to_owned();
        let (mut after, mut first) = (None, true);
        loop {
            let slice = Slice { after, before: None, limit: PAGE, from_end: false };
            let page = store.security_events_page(owner, slice).await?.rows;
            let Some(last) = page.last() else { break };
            after = Some(last.sort_key());
            yield rows(&page, &mut first, |event| object(event, event.id.to_string()));
        }
        yield "]}\n".to_owned();
    }
}

fn rows<T>(rows: &[T], first: &mut bool, to_json: impl Fn(&T) -> Value) -> String {
    rows.iter().map(|row| format!("{}{}", separator(first), to_json(row))).collect()
}

/// The separator before an item of a list.
fn separator(first: &mut bool) -> &'static str {
    match std::mem::take(first) {
        true => "\n",
        false => ",\n",
    }
}

/// Serialises a row. `id` replaces its key.
///
/// Every column is exported, unless the row's type skips it.
fn object(row: &impl Serialize, id: String) -> Value {
    let mut object = serde_json::to_value(row).expect("a row is an object of plain values");
    object["id"] = id.into();
    object
}

/// The parts of those messages that have more than text.
async fn parts_of(store: &Database, messages: &[Message]) -> store::Result<HashMap<Id, Parts>> {
    let ids: Vec<Id> = messages.iter().map(|message| message.id).collect();
    Ok(store.parts(&ids).await?.into_iter().filter(|(_, parts)| !parts.is_only_text()).collect())
}

/// Serialises a message. If it has more than text, it also has `parts`.
fn message_object(message: &Message, parts: &HashMap<Id, Parts>) -> Value {
    let mut object = object(message, global_id(NodeType::Message, message.id));
    object["parentId"] = message.parent_id.map(|parent| global_id(NodeType::Message, parent)).into();
    if let Some(parts) = parts.get(&message.id) {
        object["parts"] = parts.pieces().map(part_object).collect();
    }
    object
}

fn part_object(Piece { kind, name, text, call, .. }: Piece) -> Value {
    let mut object = match call {
        Some(ToolCall { id, arguments, status, result }) => json!({ "kind": kind, "callId": id,
            "arguments": arguments, "status": status.as_str(), "result": result }),
        None => json!({ "kind": kind, "text": text }),
    };
    if let Some(name) = name {
        object["name"] = name.into();
    }
    object
}

fn global_id(node_type: NodeType, id: Id) -> String {
    node_type.id(id).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Instant, access_tokens::AccessToken, sessions::Session};
    use uuid::Uuid;

    /// Each row is written with all its fields, so whoever adds a field to a row with secrets comes across this test.
    #[test]
    fn secrets_are_not_serialised() {
        let (id, owner, at) = (Id(Uuid::from_u128(1)), Id(Uuid::from_u128(0xabc)), Instant(0));
        let user = User {
            id,
            email: Some("Ada@example.com".to_owned()),
            email_key: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            password_hash: Some("$argon2id$v=19$salt$digest".to_owned()),
            created_at: at,
        };
        let session = Session {
            id,
            user_id: owner,
            generation: 987_654,
            created_at: at,
            refreshed_at: at,
            expires_at: at,
            last_seen_at: at,
            address: None,
            agent: None,
            authenticated_at: None,
        };
        let token = AccessToken {
            id,
            user_id: owner,
            name: "script".to_owned(),
            hash: vec![201, 202, 203],
            can_write: false,
            created_at: at,
            expires_at: at,
            last_used_at: None,
        };
        let id = || "id".to_owned();
        for object in [object(&user, id()), object(&session, id()), object(&token, id())] {
            let text = object.to_string();
            assert!(text.contains("createdAt"), "{text}");
            for secret in ["ada@example.com", "argon2", "digest", "987654", "201", "ash\"", "abc"] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    }
}
