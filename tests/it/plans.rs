//! Query plans: frequent statements use an index, whatever the size of the table.

use crate::support::{Client, Server, Sql, on_both_databases};
use serde_json::{Value, json};
use uuid::Uuid;

/// Tables that grow without bound.
const LARGE: [&str; 11] = [
    "users",
    "sessions",
    "conversations",
    "messages",
    "message_parts",
    "runs",
    "sends",
    "changes",
    "security_events",
    "access_tokens",
    "search_entries",
];

/// Statements that may scan a table or sort their result.
const EXCUSED: [&str; 6] = [
    // There are few runs, and an index on their expiry would have to be updated at each checkpoint.
    "\"runs\".\"lease_expires_at\" <=",
    // The periodic clean-up.
    "WHERE (\"sessions\".\"expires_at\" <=",
    // A user's sessions (at most 100) and access tokens (at most 50) are found by an index, then sorted.
    "(\"sessions\".\"user_id\" =",
    "(\"access_tokens\".\"user_id\" =",
    // Messages off the active branch, of which a conversation has few, are found by an index, then sorted.
    "\"messages\".\"position\" IS NULL",
    // Diesel's SQL for an empty list.
    "(1=0)",
];

const LISTS: &str = "query($conversation: ID!, $message: ID!) {
    marked: me { archived: conversations(archived: true) { nodes { id } } pinned: conversations(pinned: true) { nodes { id } } }
    me { conversations(first: 20) { totalCount nodes { title messages(last: 20) { totalCount nodes { content parent { id } parts { index } } } } }
         sessions { id } accessTokens { id } securityEvents(first: 20) { nodes { id } } }
    older: conversation(id: $conversation) { messages(last: 20) { pageInfo { startCursor } } }
    first: conversation(id: $conversation) { messages(first: 20) { pageInfo { endCursor } } }
    node(id: $message) { id } }";

/// Inserts rows like those of a server where a few users have a lot of data and many have a little.
async fn fill(sql: &mut Sql, conversation: &str) {
    let (_, digits) = conversation.rsplit_once('_').expect("a global id");
    let big = sql.key(Uuid::parse_str(digits).expect("a key"));
    let postgres = matches!(sql, Sql::Postgres(_));
    // A key made of the numbers of the table and of the row.
    let key = |table: u32, row: &str| match postgres {
        true => format!("('00000000-0000-7000-800{table}-' || lpad(to_hex({row}), 12, '0'))::uuid"),
        false => format!("CAST(printf('%d%015d', {table}, {row}) AS blob)"),
    };
    let rows = |count: u32| match postgres {
        true => format!("generate_series(1, {count}) AS n(i)"),
        false => format!(
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n)"
        ),
    };
    // The current time, so that no clean-up removes the rows.
    let (time, no, hash) = match postgres {
        true => ("now()", "false", "decode(md5(i::text), 'hex')"),
        false => ("CAST(1e6 * unixepoch('subsec') AS integer)", "0", "CAST(i AS blob)"),
    };
    let (user, said) = (key(1, "1 + i % 400"), "'USER', 'hello', 'COMPLETED', 0");
    for insert in [
        format!("users (id, email, email_key, name, password_hash, created_at)
            SELECT {}, 'u' || i, 'u' || i, 'n', 'h', {time} FROM {}", key(1, "i"), rows(400)),
        format!("conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at,
            generation) SELECT {}, {user}, 't', {no}, NULL, NULL, 2, {time}, {time}, '{{}}' FROM {}", key(2, "i"), rows(2000)),
        format!("messages (id, conversation_id, position, role, content, status, attempt, usage_estimated, created_at)
            SELECT {}, {big}, i - 1, {said}, {no}, {time} FROM {}", key(3, "i"), rows(20_000)),
        format!("messages (id, conversation_id, position, role, content, status, attempt, usage_estimated, created_at)
            SELECT {}, {}, 0, {said}, {no}, {time} FROM {}", key(4, "i"), key(2, "i"), rows(2000)),
        format!("message_parts SELECT {}, 1, '[]', '' FROM {}", key(4, "i"), rows(2000)),
        format!("runs SELECT {}, {}, 0, {}, {}, {no}, {user} FROM {}", key(4, "i"), key(2, "i"), key(5, "i"),
            if postgres { "now() + interval '1 day'" } else { "4000000000000000" }, rows(2000)),
        format!("sends SELECT {user}, 'k' || i, {hash}, {}, {time} FROM {}", key(4, "i"), rows(2000)),
        format!("feeds SELECT {}, 5 FROM {}", key(1, "i"), rows(400)),
        format!("changes (user_id, sequence, kind, conversation_id, message_id, created_at) SELECT {user}, i, 'CONVERSATION_CREATED', {}, NULL, {time} FROM {}", key(2, "i"), rows(2000)),
        format!("sessions SELECT {}, {user}, 0, {time}, {time}, {}, {time}, NULL, NULL, NULL FROM {}", key(6, "i"),
            if postgres { "now() + interval '1 day'" } else { "4000000000000000" }, rows(2000)),
        format!("security_events SELECT {}, {user}, 'SIGNED_IN', {time}, NULL, NULL, NULL FROM {}", key(7, "i"), rows(2000)),
        format!("access_tokens SELECT {}, {user}, 'n', {hash}, {no}, {time}, {time}, NULL FROM {}", key(8, "i"), rows(2000)),
    ] {
        sql.execute(&format!("INSERT INTO {insert}")).await;
    }
    // The texts are indexed, so that the plans are those of a database in use.
    let (key, words) = match postgres {
        true => ("owner_prefix, words", "'0000', ''::tsvector"),
        false => ("key", "row_number() OVER (ORDER BY id)"),
    };
    sql.execute(&format!(
        "INSERT INTO search_entries (id, conversation_id, message_id, {key}) SELECT id, conversation_id, message_id, {words}
            FROM (SELECT id, conversation_id, id AS message_id FROM messages UNION ALL SELECT id, id, NULL FROM conversations)
            AS texts WHERE id NOT IN (SELECT id FROM search_entries)"
    ))
    .await;
    sql.execute(&format!("UPDATE conversations SET message_count = 20000 WHERE id = {big}")).await;
    sql.execute("ANALYZE").await;
}

/// Executes a user's typical operations.
async fn talk(server: &Server, client: &Client, conversation: &str) {
    let mut socket = server.socket(client).await;
    let (_, reply) = client.send_echo("hello", Some(conversation)).await;
    socket.follow_to_end(&reply).await;
    let thoughtful = json!({ "content": "think", "model": "echo", "conversationId": conversation,
        "generation": { "reasoningEffort": "LOW" } });
    let sent = client.send(thoughtful).await;
    socket.follow_to_end(sent["reply"]["id"].as_str().expect("an id")).await;
    let variables = json!({ "conversation": conversation, "message": reply });
    let pages = client.data(LISTS, variables).await;
    let cursor = |of: &str, which: &str| -> Value { pages[of]["messages"]["pageInfo"][which].clone() };
    let page =
        "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { conversation(id: $id) {
        messages(first: $first, after: $after, last: $last, before: $before) { nodes { id } } } }";
    let (start, end) = (cursor("older", "startCursor"), cursor("first", "endCursor"));
    client.data(page, json!({ "id": conversation, "first": 20, "after": end })).await;
    client.data(page, json!({ "id": conversation, "last": 20, "before": start })).await;
    client.data(page, json!({ "id": conversation, "last": 20, "after": end })).await;
    let input =
        json!({ "content": "again", "model": "echo", "conversationId": conversation, "idempotencyKey": "k" });
    let sent = client.send(input.clone()).await;
    client.send(input).await;
    client.stop(sent["reply"]["id"].as_str().expect("an id")).await;
    let (other, _) = client.send_echo("a conversation to delete", None).await;
    let search = "{ me { search(query: \"hello wor\") { complete nodes { snippet { text } } } } }";
    client.data(search, json!({})).await;
    let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
    client.data(delete, json!({ "id": other })).await;
    server.waker.wake_all();
}

on_both_databases! {
    async fn frequent_statements_use_an_index(kind) {
        let server = Server::with(kind, |config| config.throttling.max_running = 5).await;
        let client = server.register().await;
        let create = "mutation { createConversation(input: {}) { conversation { id } } }";
        let created = client.data(create, json!({})).await;
        let conversation = created["createConversation"]["conversation"]["id"].as_str().expect("an id").to_owned();
        let mut sql = Sql::of(&server).await;
        fill(&mut sql, &conversation).await;
        talk(&server, &client, &conversation).await;
        // SQLite quotes with backticks.
        let statements = server.statements.texts().into_iter().map(|text| text.replace('`', "\""));
        let statements: Vec<String> = statements.filter(|text| is_query(text)).collect();
        for needed in ["\"messages\".\"position\" >=", "count(*)", "\"runs\".\"owner_id\" =", "\"lease\" IS NULL",
            "\"message_parts\".\"rest\"", "FROM search_"] {
            let asked = statements.iter().any(|text| text.to_lowercase().contains(&needed.to_lowercase()));
            assert!(asked, "no statement with {needed}:\n{statements:#?}");
        }
        let mut faults = Vec::new();
        for statement in statements.iter().filter(|statement| !EXCUSED.iter().any(|excused| statement.contains(excused))) {
            let plan = sql.plan(statement).await;
            if has_fault(&plan) {
                faults.push(format!("{statement}\n{}\n", plan.join("\n")));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

fn is_query(statement: &str) -> bool {
    let is_search = statement.contains("search_entries");
    let verbs = ["SELECT", "UPDATE", "DELETE"];
    verbs.iter().any(|verb| statement.starts_with(verb)) && (statement.contains('"') || is_search)
}

/// Returns whether a plan scans a large table, or sorts.
fn has_fault(plan: &[String]) -> bool {
    let is_large = |rest: Option<&str>| {
        let table = rest.and_then(|rest| rest.split_whitespace().next());
        table.is_some_and(|table| LARGE.contains(&table))
    };
    // The index of words has no order, so what it finds is sorted.
    let is_search = plan.iter().any(|step| step.contains("search_entries_by_word"));
    plan.iter().enumerate().any(|(place, step)| {
        // A partial index, which holds only the runs that wait.
        let whole = !step.contains("runs_waiting");
        let step = step.trim_start_matches([' ', '-', '>']);
        if step.starts_with("Index") && step.contains(" using ") {
            let searched = plan.get(place + 1).is_some_and(|next| next.contains("Index Cond:"));
            return whole && !searched && is_large(step.split(" on ").nth(1));
        }
        whole && is_large(step.strip_prefix("Seq Scan on ").or(step.strip_prefix("SCAN ")))
            || (step == "Sort" && !is_search)
            || step.contains("TEMP B-TREE FOR ORDER BY")
    })
}
