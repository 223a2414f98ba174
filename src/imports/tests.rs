//! Files of each format, as their programs write them, and damaged ones.

use super::{read, rows::Rows};
use crate::{
    imports::source::{Details, Node, Reason, SourceConversation, SourceMessage, place},
    store::{Id, Instant, MessageStatus, Role, messages::Message},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

fn source(json: &Value) -> Result<SourceConversation, Reason> {
    read(&json.to_string()).map_err(|(_, reason)| reason)
}

/// The active branch: the author, the text and the model of each message.
fn branch(json: &Value) -> Vec<(Role, String, Option<String>)> {
    let source = source(json).unwrap();
    let mut placed = place(source.nodes, source.head.as_deref()).unwrap();
    placed.retain(|one| one.position.is_some());
    placed.sort_by_key(|one| one.position);
    placed.into_iter().map(|one| (one.message.role, one.message.content, one.message.model)).collect()
}

fn user(text: &str) -> (Role, String, Option<String>) {
    (Role::User, text.into(), None)
}

fn reply(text: &str, model: &str) -> (Role, String, Option<String>) {
    (Role::Assistant, text.into(), Some(model.into()))
}

fn chatgpt() -> Value {
    let node = |id: &str, parent: Option<&str>, message: Value| json!({ "id": id, "parent": parent, "children": [], "message": message });
    let message = |role: &str, at: f64, parts: Value| {
        json!({ "id": "m", "author": { "role": role, "name": null, "metadata": {} }, "create_time": at, "update_time": null,
            "content": { "content_type": "text", "parts": parts }, "status": "finished_successfully", "end_turn": true,
            "weight": 1.0, "metadata": { "model_slug": "gpt-5", "timestamp_": "absolute" }, "recipient": "all", "channel": null })
    };
    let mut call = message("assistant", 3.0, json!(["search(\"bread\")"]));
    call["recipient"] = json!("web.run");
    let mut thoughts = message("assistant", 2.5, json!([]));
    thoughts["content"] = json!({ "content_type": "thoughts", "thoughts": [{ "summary": "Hm." }], "source_analysis_msg_id": "x" });
    let mut hidden = message("user", 1.5, json!(["About me: …"]));
    hidden["metadata"] = json!({ "is_visually_hidden_from_conversation": true });
    let mut asked = message(
        "user",
        1_700_000_000.5,
        json!([{ "content_type": "image_asset_pointer" }, "How do I bake bread?"]),
    );
    asked["content"]["content_type"] = json!("multimodal_text");
    asked["metadata"] = json!({});
    json!({ "title": "Baking", "create_time": 1_700_000_000.25, "update_time": 1_700_000_100.0, "moderation_results": [],
        "conversation_id": "6f0c", "id": "6f0c", "current_node": "answer", "default_model_slug": "gpt-5", "is_archived": true,
        "mapping": {
            "root": node("root", None, Value::Null),
            "system": node("system", Some("root"), message("system", 1.0, json!([""]))),
            "hidden": node("hidden", Some("system"), hidden),
            "asked": node("asked", Some("hidden"), asked),
            "thoughts": node("thoughts", Some("asked"), thoughts),
            "call": node("call", Some("thoughts"), call),
            "result": node("result", Some("call"), message("tool", 4.0, json!(["results"]))),
            "answer": node("answer", Some("result"),
                message("assistant", 1_700_000_050.0, json!(["Knead it.\u{e200}cite\u{e202}turn0search1\u{e201} Then wait."]))),
            "other": node("other", Some("asked"), message("assistant", 1_700_000_200.0, json!(["Another answer"]))),
        } })
}

fn librechat() -> Value {
    json!({ "conversationId": "c1", "endpoint": "openAI", "title": "Baking", "exportAt": "10:00:00 GMT", "branches": true,
        "recursive": false, "options": { "model": "gpt-4o", "temperature": 1 }, "messages": [
            { "messageId": "a", "parentMessageId": "00000000-0000-0000-0000-000000000000", "conversationId": "c1",
              "isCreatedByUser": true, "sender": "User", "text": "How do I bake bread?", "model": null,
              "createdAt": "2024-05-01T10:00:00.000Z", "error": false },
            { "messageId": "b", "parentMessageId": "a", "isCreatedByUser": false, "sender": "GPT", "text": "", "model": "gpt-4o",
              "content": [{ "type": "think", "think": "Hm." }, { "type": "text", "text": "Knead it." },
                          { "type": "text", "text": { "value": "Then wait." } }], "createdAt": "2024-05-01T10:00:05.000Z" },
            { "messageId": "c", "parentMessageId": "a", "isCreatedByUser": false, "sender": "GPT", "text": "Another answer",
              "model": "gpt-4o", "createdAt": "2024-05-01T10:00:03.000Z" },
        ] })
}

fn open_webui() -> Value {
    json!({ "id": "w1", "user_id": "u", "title": "Baking", "archived": false, "pinned": true, "created_at": 1_714_557_600,
        "updated_at": 1_714_557_700, "meta": {}, "folder_id": null, "chat": { "id": "", "title": "Baking", "models": ["llama3"],
            "params": {}, "timestamp": 1_714_557_600_000_u64, "messages": [], "history": { "currentId": "b", "messages": {
                "a": { "id": "a", "parentId": null, "childrenIds": ["b", "c"], "role": "user", "content": "How do I bake bread?",
                       "timestamp": 1_714_557_600, "models": ["llama3"] },
                "b": { "id": "b", "parentId": "a", "childrenIds": [], "role": "assistant", "content": "Knead it.",
                       "model": "llama3", "modelName": "Llama", "timestamp": 1_714_557_601, "done": true },
                "c": { "id": "c", "parentId": "a", "childrenIds": [], "role": "assistant", "content": "Another",
                       "model": "llama3", "timestamp": 1_714_557_605, "done": false },
            } } } })
}

fn confab() -> Value {
    let message = |id: &str, parent: Option<&str>, position: Option<i32>, role: &str, content: &str| {
        json!({ "id": id, "parentId": parent, "position": position, "role": role, "content": content, "status": "COMPLETED",
            "model": null, "generation": null, "attempt": 1, "errorCode": null, "errorMessage": null, "errorDetails": null,
            "finishReason": null, "inputTokens": null, "outputTokens": null, "usageEstimated": false,
            "createdAt": "2026-11-22T17:00:00.123456Z", "finishedAt": "2026-11-22T17:00:01.000000Z", "rating": null, "ratingNote": null })
    };
    let mut answer = message("message_2", Some("message_1"), Some(1), "ASSISTANT", "Knead it.");
    for (field, value) in [
        ("model", json!("echo")),
        ("finishReason", json!("LENGTH")),
        ("inputTokens", json!(3)),
        ("outputTokens", json!(4)),
        ("usageEstimated", json!(true)),
        ("rating", json!("BAD")),
        ("ratingNote", json!("Why?")),
        ("generation", json!({ "temperature": 0.5 })),
    ] {
        answer[field] = value;
    }
    let mut stopped = message("message_3", Some("message_1"), None, "ASSISTANT", "Kn");
    stopped["status"] = json!("STREAMING");
    json!({ "id": "conversation_0193", "title": "Baking", "titledByUser": false, "systemPrompt": "Be brief.", "model": "echo",
        "generation": { "temperature": 1.0 }, "createdAt": "2026-11-22T17:00:00.000000Z", "updatedAt": "2026-11-22T17:00:00.000000Z",
        "archivedAt": null, "pinnedAt": "2026-11-23T00:00:00.000000Z",
        "messages": [message("message_1", None, Some(0), "USER", "How do I bake bread?"), answer, stopped] })
}

const NOW: Instant = Instant(1_800_000_000_000_000);

fn rows(json: &Value) -> Rows {
    Rows::new(source(json).unwrap(), Id(uuid::Uuid::from_u128(7)), NOW).unwrap()
}

#[test]
fn chatgpts_hidden_nodes_and_citations_are_left_out() {
    let expected = [user("How do I bake bread?"), reply("Knead it. Then wait.", "gpt-5")];
    assert_eq!(branch(&chatgpt()), expected);
    let Rows { conversation, messages, .. } = rows(&chatgpt());
    assert_eq!(
        (&*conversation.title, conversation.titled_by_user, conversation.message_count),
        ("Baking", true, 2)
    );
    assert_eq!(conversation.created_at, Instant(1_700_000_000_250_000));
    assert_eq!(conversation.updated_at, Instant(1_700_000_100_000_000));
    assert!(conversation.archived_at.is_some() && conversation.pinned_at.is_none());
    assert_eq!(messages.len(), 3, "the other branch is kept");
    assert_eq!(messages[0].created_at, Instant(1_700_000_000_500_000));
    let other = messages.iter().find(|message| message.position.is_none()).unwrap();
    assert_eq!((other.parent_id, &*other.content), (Some(messages[0].id), "Another answer"));
    // Older exports name the conversation by `id` only.
    let mut old = chatgpt();
    old.as_object_mut().unwrap().remove("conversation_id");
    assert_eq!(rows(&old).conversation.id, conversation.id);
}

#[test]
fn librechats_messages_are_read_from_lists_and_from_nested_children() {
    let expected = [user("How do I bake bread?"), reply("Knead it.\n\nThen wait.", "gpt-4o")];
    assert_eq!(branch(&librechat()), expected, "the newest message is the head");
    let mut nested = librechat();
    let messages = nested["messages"].as_array_mut().unwrap();
    let children = json!([messages[1], messages[2]]);
    messages.truncate(1);
    messages[0]["children"] = children;
    assert_eq!(branch(&nested), expected);
    assert_eq!(rows(&nested).messages, rows(&librechat()).messages);
    let rows = rows(&nested);
    assert_eq!(rows.conversation.created_at, Instant(1_714_557_600_000_000), "that of the first message");
    assert_eq!(rows.conversation.updated_at, Instant(1_714_557_605_000_000), "that of the last message");
}

#[test]
fn long_nested_conversations_are_read() {
    let message = |depth: usize| {
        format!(
            r#"{{"messageId":"{depth}","isCreatedByUser":{},"text":"{depth}","createdAt":{},"children":["#,
            depth.is_multiple_of(2),
            1_700_000_000 + depth,
        )
    };
    let nested = |depth: usize| {
        let messages: String = (0..depth).map(message).collect();
        format!(r#"{{"conversationId":"c","messages":[{messages}{}]}}"#, "]}".repeat(depth))
    };
    let read = |json: &str| read(json).map_err(|(_, reason)| reason);
    let source = read(&nested(2000)).unwrap();
    let placed = place(source.nodes, None).unwrap();
    assert_eq!(placed.iter().filter_map(|one| one.position).max(), Some(1999));
    let padding = format!("{}]", " ".repeat(10 << 20));
    let deep = nested(100).replacen("\"children\":[]", &format!("\"children\":[{padding}"), 1);
    assert_eq!(read(&deep).unwrap_err(), "is nested too deeply.");
}

#[test]
fn open_webuis_chats_are_read_with_and_without_their_envelope() {
    let expected = [user("How do I bake bread?"), reply("Knead it.", "llama3")];
    assert_eq!(branch(&open_webui()), expected);
    let Rows { conversation, messages, .. } = rows(&open_webui());
    assert_eq!(conversation.created_at, Instant(1_714_557_600_000_000));
    assert!(conversation.archived_at.is_none() && conversation.pinned_at.is_some());
    let unfinished = messages.iter().find(|message| message.position.is_none()).unwrap();
    assert_eq!(unfinished.status, MessageStatus::Stopped);
    let mut bare = open_webui()["chat"].take();
    bare["id"] = json!("w1");
    assert_eq!(branch(&bare), expected);
    assert_eq!(rows(&bare).conversation.id, conversation.id);
}

#[test]
fn confabs_own_columns_are_kept() {
    assert_eq!(branch(&confab()), [user("How do I bake bread?"), reply("Knead it.", "echo")]);
    let Rows { conversation, messages, original } = rows(&confab());
    assert_eq!(original, None, "the ID in this file is too short");
    assert_eq!(
        (conversation.titled_by_user, conversation.system_prompt.as_deref()),
        (false, Some("Be brief."))
    );
    assert_eq!(conversation.generation.temperature, Some(1.0));
    let answer = &messages[1];
    assert_eq!((answer.input_tokens, answer.output_tokens, answer.usage_estimated), (Some(3), Some(4), true));
    assert_eq!(answer.finish_reason.unwrap().as_str(), "LENGTH");
    assert_eq!((answer.rating.unwrap().as_str(), answer.rating_note.as_deref()), ("BAD", Some("Why?")));
    assert_eq!(answer.generation.unwrap().temperature, Some(0.5));
    assert_eq!(answer.created_at, Instant(1_795_366_800_123_456));
    assert_eq!(
        (messages[2].status, &*messages[2].content),
        (MessageStatus::Stopped, "Kn"),
        "it was in progress"
    );
}

#[test]
fn values_that_this_server_does_not_accept_are_left_out() {
    let mut file = confab();
    for (field, value) in [
        ("title", json!("two\nlines\u{0}")),
        ("systemPrompt", json!("x".repeat(10_001))),
        ("model", json!("m".repeat(201))),
        ("generation", json!({ "temperature": 99 })),
        ("createdAt", json!("2999-01-01T00:00:00Z")),
        ("updatedAt", json!("1900-01-01T00:00:00Z")),
    ] {
        file[field] = value;
    }
    for (field, value) in [
        ("content", json!("a\u{0}b")),
        ("inputTokens", json!(-1)),
        ("ratingNote", json!("n".repeat(1001))),
        ("generation", json!({ "maxOutputTokens": 0 })),
        ("errorMessage", json!("It did not fail.")),
        ("model", json!("")),
    ] {
        file["messages"][1][field] = value;
    }
    let Rows { conversation, messages, .. } = rows(&file);
    assert_eq!(
        (&*conversation.title, conversation.system_prompt, conversation.model),
        ("two lines", None, None)
    );
    assert_eq!((conversation.generation.temperature, conversation.created_at), (None, NOW));
    assert_eq!(conversation.updated_at, messages[0].created_at, "that of the last message");
    let answer = &messages[1];
    assert_eq!((&*answer.content, answer.input_tokens, answer.output_tokens), ("a\u{fffd}b", None, None));
    assert_eq!((answer.rating_note.as_deref(), answer.error_message.as_deref()), (None, None));
    assert_eq!(
        (answer.generation.unwrap().max_output_tokens, answer.model.as_deref()),
        (None, Some("unknown"))
    );
    file["title"] = json!("\u{200b}");
    assert_eq!(rows(&file).conversation.title, "How do I bake bread?");
}

#[test]
fn ids_follow_from_the_source_and_its_owner() {
    let ids = |rows: &Rows| {
        let messages = rows.messages.iter().map(|message| message.id);
        messages.chain([rows.conversation.id]).collect::<Vec<_>>()
    };
    for file in [chatgpt(), librechat(), open_webui(), confab()] {
        let (first, again) = (rows(&file), rows(&file));
        assert_eq!(ids(&first), ids(&again));
        let other = Rows::new(source(&file).unwrap(), Id(uuid::Uuid::from_u128(8)), NOW).unwrap();
        assert!(ids(&first).iter().all(|id| !ids(&other).contains(id)), "another owner");
        assert!(first.messages.iter().all(|message| message.conversation_id == first.conversation.id));
        assert!(first.messages.iter().all(|message| message.id.0.get_version_num() == 7));
        let sent_at = first.messages[0].created_at.0 / 1_000_000;
        let (seconds, _) = first.messages[0].id.0.get_timestamp().unwrap().to_unix();
        assert_eq!(i64::try_from(seconds).unwrap(), sent_at, "newer rows have greater keys");
    }
    let mut own = confab();
    own["id"] = json!("conversation_0193a5b0c0de7000800000000000abcd");
    assert!(rows(&own).original.is_some());
}

#[test]
fn unknown_forms_are_refused_with_their_title() {
    for file in [
        json!(null),
        json!([]),
        json!(7),
        json!("x"),
        json!({}),
        json!({ "title": "A", "mapping": 7 }),
        json!({ "messages": {} }),
    ] {
        let title = file["title"].as_str().map(str::to_owned);
        assert_eq!(read(&file.to_string()).unwrap_err().0, title, "{file}");
    }
}

/// Replaces the value at a place in a document.
fn damage(value: &mut Value, place: &mut impl Iterator<Item = usize>, with: &Value) {
    let Some(next) = place.next() else { return *value = with.clone() };
    let below: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    let count = below.len();
    match below.into_iter().nth(next.checked_rem(count).unwrap_or(0)) {
        Some(value) => damage(value, place, with),
        None => *value = with.clone(),
    }
}

proptest! {
    /// Whatever is damaged: the conversation is refused, or all of its rows can be stored.
    #[test]
    fn damaged_files_do_no_harm(
        format in 0..4usize,
        place in prop::collection::vec(0..20usize, 1..7),
        with in prop_oneof![
            Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!(true)), Just(json!(-1)), Just(json!(1e300)),
            "\\PC{0,5}|\u{0}|asked|a|message_1".prop_map(Value::String),
        ],
    ) {
        let mut file = [chatgpt, librechat, open_webui, confab][format]();
        damage(&mut file, &mut place.into_iter(), &with);
        if let Ok(source) = source(&file)
            && let Ok(Rows { conversation, messages, .. }) = Rows::new(source, Id(uuid::Uuid::from_u128(7)), NOW)
        {
            let count = messages.iter().filter(|message| message.position.is_some()).count();
            prop_assert_eq!(usize::try_from(conversation.message_count).unwrap(), count);
            prop_assert!(count > 0 && !conversation.title.is_empty());
            for message in &messages {
                prop_assert!(message.status.is_final() && !message.content.contains('\0'));
                prop_assert!((0..=NOW.0).contains(&message.created_at.0));
                prop_assert_eq!(message.model.is_some(), message.role == Role::Assistant);
            }
        }
    }
}

proptest! {
    /// The rules of `store::branches`: a switch relies on them.
    #[test]
    fn messages_off_the_branch_are_numbered_from_the_top_down(
        parents in prop::collection::vec(any::<Option<prop::sample::Index>>(), 1..40),
        head in any::<prop::sample::Index>(),
    ) {
        let ids: Vec<String> = (0..parents.len()).map(|id| format!("m{id}")).collect();
        let node = |(id, parent): (usize, &Option<prop::sample::Index>)| Node {
            id: ids[id].clone(),
            parent: parent.filter(|_| id > 0).map(|parent| ids[parent.index(id)].clone()),
            message: Some(SourceMessage {
                role: Role::User,
                content: ids[id].clone(),
                status: MessageStatus::Completed,
                model: None,
                created_at: Some(Instant(id as i64)),
                details: Details::default(),
            }),
        };
        let nodes = parents.iter().enumerate().map(node).collect();
        let source = SourceConversation {
            id: "random".to_owned(),
            head: Some(ids[head.index(ids.len())].clone()),
            nodes,
            ..SourceConversation::default()
        };
        let Rows { conversation, messages, .. } = Rows::new(source, Id(uuid::Uuid::from_u128(7)), NOW).unwrap();
        prop_assert_eq!(messages.len(), ids.len());
        let by_id: HashMap<Id, &Message> = messages.iter().map(|message| (message.id, message)).collect();
        let depth = |message: &Message| message.position.or(message.depth).unwrap();
        let (mut continued, mut begun) = (HashSet::new(), HashSet::new());
        for message in &messages {
            prop_assert_eq!(message.position.is_some(), message.depth.is_none() && message.branch.is_none());
            let parent = message.parent_id.map(|parent| by_id[&parent]);
            prop_assert_eq!(depth(message), parent.map_or(0, |parent| depth(parent) + 1));
            let Some(branch) = message.branch else { continue };
            prop_assert!((0..conversation.branch).contains(&branch));
            // It continues the branch of its parent, as no other message does, or begins one.
            match parent.and_then(|parent| parent.branch) {
                Some(above) if above == branch => prop_assert!(continued.insert(message.parent_id)),
                Some(above) => prop_assert!(branch < above && begun.insert(branch)),
                None => prop_assert!(begun.insert(branch)),
            }
        }
    }
}
