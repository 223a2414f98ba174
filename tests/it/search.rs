//! Full-text search: the same results on both databases, nothing of other users, and nothing that is deleted.

use crate::support::{Client, Provider, Server, Sql, code, on_both_databases, wait_for};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::yield_now;
use uuid::Uuid;

const SEARCH: &str = "query($query: String!, $conversationId: ID, $first: Int, $after: String) { me {
    search(query: $query, conversationId: $conversationId, first: $first, after: $after) {
        complete pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { cursor }
        nodes { conversation { id title } message { id role content conversation { id } } snippet { text matched } } } } }";
const CREATE: &str =
    "mutation($title: String) { createConversation(input: { title: $title }) { conversation { id } } }";
const UPDATE: &str = "mutation($id: ID!, $title: String) {
    updateConversation(input: { id: $id, title: $title }) { conversation { id } } }";
const DELETE: &str = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";

async fn search(client: &Client, variables: Value) -> Value {
    client.data(SEARCH, variables).await["me"]["search"].take()
}

/// Returns what a query finds: messages of the user as their content, and titles as `title: …`.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let mut answer = search(client, json!({ "query": query, "first": 100 })).await;
    let Value::Array(hits) = answer["nodes"].take() else { panic!("no nodes") };
    let shown = |hit: &Value| match &hit["message"] {
        Value::Null => Some(format!("title: {}", hit["conversation"]["title"].as_str().expect("a title"))),
        message if message["role"] == "USER" => message["content"].as_str().map(Into::into),
        _ => None,
    };
    hits.iter().filter_map(shown).collect()
}

async fn create(client: &Client, title: &str) -> String {
    let mut created = client.data(CREATE, json!({ "title": title })).await;
    let Value::String(id) = created["createConversation"]["conversation"]["id"].take() else {
        panic!("no id")
    };
    id
}

/// Sends messages, and waits for the replies, which repeat them.
async fn say(server: &Server, client: &Client, conversation: &str, texts: &[&str]) {
    let mut socket = server.socket(client).await;
    for text in texts {
        let (_, reply) = client.send_echo(text, Some(conversation)).await;
        socket.follow_to_end(&reply).await;
    }
}

/// Makes the background job due until it has walked all texts. The walk that began with the server may still postpone
/// the job to the next hour.
async fn walk(server: &Server, sql: &mut Sql) {
    let (no, past) = match sql {
        Sql::Postgres(_) => ("false", "to_timestamp(0)"),
        Sql::Sqlite(_) => ("0", "0"),
    };
    sql.execute(&format!("UPDATE search_progress SET complete = {no}")).await;
    let query = "SELECT CAST(count(*) AS text) AS value FROM search_progress WHERE complete";
    let complete = async {
        while sql.values(query).await == ["0"] {
            sql.execute(&format!("UPDATE chores SET due_at = {past} WHERE name = 'index texts'")).await;
            server.waker.wake_all();
            yield_now().await;
        }
    };
    wait_for("the texts to be indexed", complete).await;
}

/// Returns the number of texts in the index.
async fn indexed(sql: &mut Sql) -> Vec<String> {
    let query = match sql {
        Sql::Postgres(_) => "SELECT count(*)::text AS value FROM search_entries",
        Sql::Sqlite(_) => {
            "SELECT CAST(count(*) AS text) AS value FROM search_entries
            UNION SELECT CAST(count(*) AS text) FROM search_words_docsize"
        }
    };
    sql.values(query).await
}

const TEXTS: [&str; 16] = [
    "The quick brown fox can't jump",
    "İstanbul ve IRMAK",
    "Die Straße nach Österreich",
    "Ο Οδυσσεύς",
    "Ёлка и ещё чай",
    "私は東京都に住んでいます",
    "한국어를 공부한다",
    "ภาษาไทยง่าย",
    "नमस्ते दुनिया",
    "שָׁלוֹם עולם",
    "party 🎉 with 👍🏽",
    "self.value == other_value && !ready",
    "He said \"AND then\" or NOT near",
    "price: 3.14 (USD) * 100%",
    "fox:* 'fox' | \"fox\" <-> fox & !fox",
    "ｆｕｌｌ width and ﬁne e\u{301}tude",
];

/// Queries, each with the numbers of the texts that it finds.
const QUERIES: [(&str, &[usize]); 54] = [
    ("quick", &[0]),
    ("QUICK brow", &[0]),
    ("fox quick", &[0]),
    ("qui jump", &[]),
    ("jump qui", &[0]),
    ("can't", &[0]),
    ("can’t", &[0]),
    ("quick absent", &[]),
    ("istanbul", &[1]),
    ("ISTANBUL", &[1]),
    ("ıstanbul", &[1]),
    ("ırmak", &[1]),
    ("strasse", &[2]),
    ("STRASSE OSTER", &[2]),
    ("οδυσσευσ", &[3]),
    ("ΟΔΥΣΣΕΎΣ", &[3]),
    ("елка еще", &[4]),
    ("чай", &[4]),
    ("東京", &[5]),
    ("東京都", &[5]),
    ("京", &[5]),
    ("都", &[5]),
    ("東都", &[]),
    ("住んで", &[5]),
    ("한국", &[6]),
    ("국어", &[6]),
    ("공부", &[6]),
    ("ไทย", &[7]),
    ("ภาษา", &[7]),
    ("नमस्ते", &[8]),
    ("नमसता", &[]),
    ("שלום", &[9]),
    ("🎉", &[10]),
    ("👍", &[10]),
    ("👍🏿 party", &[10]),
    ("🎈", &[]),
    ("value", &[11]),
    ("other_value", &[11]),
    ("self.val", &[11]),
    ("and then", &[12]),
    ("AND", &[12, 15]),
    ("not NEAR", &[12]),
    ("OR", &[12]),
    ("\"said\" \"and", &[12]),
    ("3.14", &[13]),
    ("usd*", &[13]),
    ("fox", &[0, 14]),
    ("fox:*", &[0, 14]),
    ("fox | absent", &[]),
    ("!fox", &[0, 14]),
    ("'fox' & quick", &[0]),
    ("full", &[15]),
    ("FINE", &[15]),
    ("etude", &[15]),
];

on_both_databases! {
    async fn words_of_many_scripts_are_found(kind) {
        let server = Server::start(kind).await;
        let (client, stranger) = (server.register().await, server.register().await);
        let conversation = create(&client, "zzz").await;
        say(&server, &client, &conversation, &TEXTS).await;
        let mut faults = Vec::new();
        for (query, expected) in QUERIES {
            let expected: Vec<&str> = expected.iter().rev().map(|number| TEXTS[*number]).collect();
            let found = found(&client, query).await;
            if found != expected {
                faults.push(format!("{query}: {found:?}, not {expected:?}"));
            }
            let nothing = search(&stranger, json!({ "query": query })).await;
            assert_eq!(nothing["nodes"], json!([]), "{query} as another user");
        }
        assert_eq!(faults, [""; 0], "{}", faults.join("\n"));
    }

    async fn words_of_other_users_and_conversations_are_not_found(kind) {
        let server = Server::start(kind).await;
        let (client, stranger) = (server.register().await, server.register().await);
        let conversation = create(&client, "first").await;
        let other = create(&client, "second").await;
        let foreign = create(&stranger, "third").await;
        say(&server, &client, &conversation, &["a secret of mine"]).await;
        say(&server, &client, &other, &["another secret"]).await;
        say(&server, &stranger, &foreign, &["the secret of a stranger"]).await;
        assert_eq!(found(&client, "secret").await, ["another secret", "a secret of mine"]);
        assert_eq!(found(&stranger, "secret").await, ["the secret of a stranger"]);
        let within = search(&client, json!({ "query": "secret", "conversationId": conversation })).await;
        let Value::Array(hits) = &within["nodes"] else { panic!("no nodes") };
        assert_eq!(hits.len(), 2, "the message and its reply");
        assert!(hits.iter().all(|hit| hit["message"]["conversation"]["id"] == *conversation), "{within}");
        let nobody = format!("conversation_{}", Uuid::now_v7().simple());
        for id in [&foreign, &nobody] {
            let error = client.error(SEARCH, json!({ "query": "secret", "conversationId": id })).await;
            assert_eq!(code(&error), "NOT_FOUND");
        }
    }

    async fn a_reply_is_found_when_it_has_ended(kind) {
        let mut provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let server = Server::with_providers(kind, &settings, |_| {}).await;
        let client = server.register().await;
        let conversation = create(&client, "zzz").await;
        let input = json!({ "content": "unusual words", "model": "large", "conversationId": conversation });
        let sent = client.send(input).await;
        let reply = sent["reply"]["id"].as_str().expect("an id");
        let roles = async || {
            let answer = search(&client, json!({ "query": "unusual" })).await;
            let roles = answer["nodes"].as_array().expect("nodes").iter().map(|hit| hit["message"]["role"].clone());
            roles.collect::<Vec<_>>()
        };
        let mut call = provider.call().await;
        call.send_text("An unusual answer").await;
        server.socket(&client).await.until_text(reply, "unusual").await;
        assert_eq!(roles().await, ["USER"], "the reply is in progress");
        client.stop(reply).await;
        server.socket(&client).await.follow_to_end(reply).await;
        assert_eq!(roles().await, ["ASSISTANT", "USER"]);
    }

    async fn results_are_paged_newest_first(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let conversation = create(&client, "zzz").await;
        let texts: Vec<String> = (0..7).map(|number| format!("same words {number}")).collect();
        say(&server, &client, &conversation, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let all = search(&client, json!({ "query": "same wo", "first": 100 })).await;
        let ids = |answer: &Value| -> Vec<String> {
            let nodes = answer["nodes"].as_array().expect("nodes");
            nodes.iter().map(|hit| hit["message"]["id"].as_str().expect("a message").to_owned()).collect()
        };
        let everything = ids(&all);
        assert_eq!(everything.len(), 14);
        assert!(everything.is_sorted_by(|one, next| one > next), "{everything:?}");
        assert_eq!(all["pageInfo"]["hasNextPage"], false);
        let (mut paged, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = search(&client, json!({ "query": "same wo", "first": 4, "after": after })).await;
            assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
            paged.extend(ids(&page));
            assert_eq!(page["edges"].as_array().expect("edges").last().expect("an edge")["cursor"], page["pageInfo"]["endCursor"]);
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(paged, everything);
        let past_the_end = search(&client, json!({ "query": "same wo", "after": after })).await;
        assert_eq!(past_the_end["nodes"], json!([]));
    }

    async fn titles_are_found_until_they_change(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let conversation = create(&client, "Holiday plans").await;
        assert_eq!(found(&client, "plans holi").await, ["title: Holiday plans"]);
        client.data(UPDATE, json!({ "id": conversation, "title": "Work" })).await;
        assert_eq!(found(&client, "holiday").await, [""; 0]);
        assert_eq!(found(&client, "work").await, ["title: Work"]);
        // An update to the same title, and one without a title.
        for title in [json!("Work"), Value::Null] {
            let input = match title {
                Value::Null => json!({ "id": conversation, "model": "echo" }),
                title => json!({ "id": conversation, "title": title }),
            };
            let update = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) { conversation { id } } }";
            client.data(update, json!({ "input": input })).await;
            assert_eq!(found(&client, "work").await, ["title: Work"]);
        }
        // The first message gives the title.
        let (untitled, _) = client.send_echo("Sailing to Crete", None).await;
        assert_eq!(found(&client, "sailing").await, ["title: Sailing to Crete", "Sailing to Crete"]);
        // An instance of an older version, which does not know the index.
        let mut sql = Sql::of(&server).await;
        let key = sql.key(Uuid::parse_str(untitled.rsplit_once('_').expect("a global id").1).expect("a key"));
        sql.execute(&format!("UPDATE conversations SET title = 'Flying' WHERE id = {key}")).await;
        assert_eq!(found(&client, "sailing").await, ["Sailing to Crete"]);
        walk(&server, &mut sql).await;
        assert_eq!(found(&client, "flying").await, ["title: Flying"]);
    }

    async fn imported_texts_are_found_at_once(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        say(&server, &client, &create(&client, "Recipes").await, &["sourdough bread"]).await;
        let token = client.token.as_deref().expect("the client is signed in");
        let export = server.get("/export").bearer_auth(token).send().await.unwrap().text().await.unwrap();
        let other = server.register().await;
        let ticket = other.data("mutation { importConversations { url } }", json!({})).await;
        let path = ticket["importConversations"]["url"].as_str().expect("a link");
        let response = server.request(Method::PUT, path).body(export).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(found(&other, "recipes").await, ["title: Recipes"]);
        assert_eq!(found(&other, "sourdough").await, ["sourdough bread"]);
    }

    async fn deleted_texts_leave_the_index(kind) {
        let server = Server::start(kind).await;
        let (client, leaver) = (server.register().await, server.register().await);
        let mut sql = Sql::of(&server).await;
        let before = indexed(&mut sql).await;
        let conversation = create(&client, "private title").await;
        say(&server, &client, &conversation, &["private one", "private two"]).await;
        let other = create(&leaver, "private too").await;
        say(&server, &leaver, &other, &["private three"]).await;
        assert_eq!(found(&client, "private").await.len(), 3);
        client.data(DELETE, json!({ "id": conversation })).await;
        assert_eq!(found(&client, "private").await, [""; 0]);
        let delete = "mutation($password: String!) { deleteAccount(input: { password: $password }) { deletedId } }";
        leaver.data(delete, json!({ "password": crate::support::PASSWORD })).await;
        let emptied = async {
            while indexed(&mut sql).await != before {
                yield_now().await;
            }
        };
        wait_for("the index to forget the texts", emptied).await;
    }

    async fn texts_without_an_entry_are_indexed_in_the_background(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut sql = Sql::of(&server).await;
        walk(&server, &mut sql).await;
        let conversation = create(&client, "An old title").await;
        say(&server, &client, &conversation, &["an old question"]).await;
        let long = create(&client, "Many").await;
        sql.add_messages(&long, 60, 6).await;
        let expected = indexed(&mut sql).await;
        sql.execute("DELETE FROM search_entries").await;
        assert_eq!(found(&client, "old").await, [""; 0]);
        let no = if matches!(sql, Sql::Postgres(_)) { "false" } else { "0" };
        sql.execute(&format!("UPDATE search_progress SET complete = {no}")).await;
        assert_eq!(search(&client, json!({ "query": "old" })).await["complete"], false);
        walk(&server, &mut sql).await;
        assert_eq!(search(&client, json!({ "query": "old" })).await["complete"], true);
        assert_eq!(found(&client, "old").await, ["an old question", "title: An old title"]);
        assert_eq!(found(&client, "xxxxxx").await.len(), 60);
        let count: usize = expected[0].parse().expect("a number");
        assert_eq!(indexed(&mut sql).await, [(count + 60).to_string()]);
    }

    async fn invalid_searches_are_refused(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        for (field, variables) in [
            ("query", json!({ "query": "" })),
            ("query", json!({ "query": "?! ." })),
            ("query", json!({ "query": "a".repeat(201) })),
            ("query", json!({ "query": "1 2 3 4 5 6 7 8 9" })),
            ("first", json!({ "query": "a", "first": 0 })),
            ("first", json!({ "query": "a", "first": 101 })),
            ("after", json!({ "query": "a", "after": "nowhere" })),
            ("conversationId", json!({ "query": "a", "conversationId": "conversation_1" })),
        ] {
            let error = client.error(SEARCH, variables).await;
            assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)));
        }
        // The longest query without spaces has almost 200 pairs.
        let long: String = (0..200).map(|place| char::from_u32(0x4e00 + place).expect("a character")).collect();
        let conversation = create(&client, "zzz").await;
        say(&server, &client, &conversation, &[&long]).await;
        assert_eq!(found(&client, &long).await, [long.as_str()]);
    }

    async fn snippets_mark_the_words(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let conversation = create(&client, "zzz").await;
        let long = format!("{} the needle, found. {}", "hay ".repeat(500), "hay ".repeat(500));
        say(&server, &client, &conversation, &[&long]).await;
        let answer = search(&client, json!({ "query": "NEEDLE" })).await;
        let parts = answer["nodes"][0]["snippet"].as_array().expect("parts");
        assert_eq!(parts[0], json!({ "text": "…hay hay hay hay the ", "matched": false }));
        assert_eq!(parts[1], json!({ "text": "needle", "matched": true }));
        let rest = parts[2]["text"].as_str().expect("a text");
        assert!(rest.starts_with(", found. hay hay") && rest.ends_with("hay…"), "{rest}");
    }
}
