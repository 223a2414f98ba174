//! The document with all data of a user.
//!
//! It is read from the database page by page, so that only one page is in memory at a time. A row that changes during
//! the export appears as it is when its page is read.

use crate::{
    graphql::schema::ids::Kind,
    store::{
        self, Database, Id, Instant, conversations::Conversation, identities::Identity, messages::Message,
        paging::Slice, removal::DELETED_OWNER, security_events::SecurityEvent, sessions::Session,
        users::User,
    },
};
use futures_util::Stream;
use serde_json::{Value, json};

/// The number of rows read at once.
const PAGE: i32 = 100;
/// The number of messages read at once. A message may have one megabyte.
const MESSAGES: i32 = 10;

/// Streams the pieces of the document in order.
pub fn document(store: Database, user: User) -> impl Stream<Item = store::Result<String>> + Send {
    let owner = user.id;
    async_stream::try_stream! {
        yield format!("{{\"user\":{},\n\"conversations\":[", user_json(&user));
        let (mut conversation_before, mut first) = (DELETED_OWNER, true);
        loop {
            let page = store.conversations_after(owner, conversation_before, i64::from(PAGE)).await?;
            let Some(last) = page.last() else { break };
            conversation_before = last.id;
            for conversation in &page {
                let mut head = conversation_json(conversation).to_string();
                head.pop(); // the closing brace, because the messages follow
                yield format!("{}{head},\"messages\":[", separator(&mut first));
                let mut first = true;
                let mut from = 0;
                loop {
                    let page = store.messages_between(conversation.id, from, from + MESSAGES).await?;
                    if page.is_empty() {
                        break;
                    }
                    yield rows(&page, &mut first, message_json);
                    from += MESSAGES;
                }
                let mut before = DELETED_OWNER;
                loop {
                    let page = store.messages_off_branch(conversation.id, before, i64::from(MESSAGES)).await?;
                    let Some(last) = page.last() else { break };
                    before = last.id;
                    yield rows(&page, &mut first, message_json);
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
            yield rows(&page, &mut first, session_json);
        }
        let tokens = store.access_tokens(owner).await?;
        yield format!("],\n\"accessTokens\":[{}", rows(&tokens, &mut true, access_token_json));
        let identities = store.identities_of(owner).await?;
        yield format!("],\n\"identities\":[{}", rows(&identities, &mut true, identity_json));
        yield "],\n\"securityEvents\":[".to_owned();
        let (mut after, mut first) = (None, true);
        loop {
            let slice = Slice { after, before: None, limit: PAGE, from_end: false };
            let page = store.security_events_page(owner, slice).await?.rows;
            let Some(last) = page.last() else { break };
            after = Some(last.sort_key());
            yield rows(&page, &mut first, security_event_json);
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

fn timestamp(at: Option<Instant>) -> Option<String> {
    at.map(Instant::to_rfc3339)
}

fn id(kind: Kind, id: Id) -> String {
    kind.id(id).0
}

fn user_json(user: &User) -> Value {
    let User { id: key, email, email_key: _, name, password_hash: _, created_at } = user;
    json!({ "id": id(Kind::User, *key), "email": email, "name": name, "createdAt": created_at.to_rfc3339() })
}

fn conversation_json(conversation: &Conversation) -> Value {
    json!({
        "id": id(Kind::Conversation, conversation.id),
        "title": conversation.title,
        "titledByUser": conversation.titled_by_user,
        "systemPrompt": conversation.system_prompt,
        "model": conversation.model,
        "createdAt": conversation.created_at.to_rfc3339(),
        "updatedAt": conversation.updated_at.to_rfc3339(),
    })
}

fn message_json(message: &Message) -> Value {
    json!({
        "id": id(Kind::Message, message.id),
        "parentId": message.parent_id.map(|parent| id(Kind::Message, parent)),
        "position": message.position,
        "role": message.role.as_str(),
        "content": message.content,
        "status": message.status.as_str(),
        "model": message.model,
        "attempt": message.attempt,
        "errorCode": message.error_code,
        "errorMessage": message.error_message,
        "errorDetails": message.error_details,
        "finishReason": message.finish_reason.map(store::FinishReason::as_str),
        "inputTokens": message.input_tokens,
        "outputTokens": message.output_tokens,
        "usageEstimated": message.usage_estimated,
        "createdAt": message.created_at.to_rfc3339(),
        "finishedAt": timestamp(message.finished_at),
    })
}

fn session_json(session: &Session) -> Value {
    json!({
        "id": id(Kind::Session, session.id),
        "createdAt": session.created_at.to_rfc3339(),
        "lastSeenAt": session.last_seen_at.to_rfc3339(),
        "refreshedAt": session.refreshed_at.to_rfc3339(),
        "expiresAt": session.expires_at.to_rfc3339(),
        "address": session.address,
        "agent": session.agent,
    })
}

fn access_token_json(token: &store::access_tokens::AccessToken) -> Value {
    json!({
        "id": id(Kind::AccessToken, token.id),
        "name": token.name,
        "canWrite": token.can_write,
        "createdAt": token.created_at.to_rfc3339(),
        "expiresAt": token.expires_at.to_rfc3339(),
        "lastUsedAt": timestamp(token.last_used_at),
    })
}

fn identity_json(identity: &Identity) -> Value {
    json!({
        "id": identity.id.to_string(),
        "issuer": identity.issuer,
        "subject": identity.subject,
        "deletedAt": timestamp(identity.deleted_at),
        "createdAt": identity.created_at.to_rfc3339(),
    })
}

fn security_event_json(event: &SecurityEvent) -> Value {
    json!({
        "id": event.id.to_string(),
        "kind": event.kind.as_str(),
        "at": event.at.to_rfc3339(),
        "address": event.address,
        "agent": event.agent,
        "detail": event.detail,
    })
}
