//! The data of a user who has used everything, and how clients read it.

use crate::support::{Call, Client, Kind, Provider, Server};
use reqwest::Method;
use serde_json::{Value, json};

const USER: &str = "{ me { id email name createdAt
    conversations(first: 50, archived: null) { totalCount nodes { id } }
    listed: conversations(first: 50) { nodes { id } } pinned: conversations(pinned: true) { nodes { id } }
    archived: conversations(archived: true) { nodes { id } } } }";
pub const CONVERSATION: &str = "query($id: ID!) { conversation(id: $id) {
    id title model createdAt updatedAt archivedAt pinnedAt systemPrompt head { id }
    generation { temperature maxOutputTokens reasoningEffort }
    messages(first: 30) { totalCount nodes { id content } } tree(first: 30) { totalCount nodes { ...M } } } }
    fragment M on Message { id role status onBranch model createdAt finishedAt finishReason rating ratingNote content
        parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on SourcePart { url title } }
        conversation { id } parent { id } alternatives { id } error { code message details }
        generation { temperature maxOutputTokens reasoningEffort }
        usage { inputTokens outputTokens reasoningTokens cachedTokens estimated }
        context { messages leftOut tokens estimated } }";
const CREATE: &str = "mutation($input: CreateConversationInput!) {
    createConversation(input: $input) { conversation { id } } }";
pub const UPDATE: &str = "mutation($input: UpdateConversationInput!) {
    updateConversation(input: $input) { conversation { id title } } }";
pub const REGENERATE: &str =
    "mutation($id: ID!) { regenerateReply(input: { messageId: $id }) { reply { id } } }";
pub const SWITCH: &str = "mutation($id: ID!) { switchBranch(input: { messageId: $id }) { head { id } } }";
const RATE: &str = "mutation($input: RateReplyInput!) { rateReply(input: $input) { message { id } } }";
const TOKEN: &str =
    "mutation { createAccessToken(input: { name: \"script\", scopes: [READ, WRITE] }) { secret } }";
const UNFINISHED: &str = "unfinished";

pub fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap_or_else(|| panic!("no ID: {value}"))
}

/// The request that a client repeats after the upgrade.
pub fn sent_once() -> Value {
    json!({ "content": "Only once,\n\"please\"; it's 5 \u{20ac} \u{1f600}", "idempotencyKey": "once" })
}

/// Starts a server over this database, whose replies come from a provider.
pub async fn server(kind: Kind, url: &str, provider: &Provider) -> Server {
    let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
    let mut server =
        Server::with_providers(kind, &settings, |config| config.database_url = Some(url.to_owned().into()))
            .await;
    server.database_url = url.to_owned();
    server
}

/// Reads everything of a user, except the conversation with unfinished replies.
pub async fn read(server: &Server, client: &Client) -> Value {
    let mut me = client.data(USER, json!({})).await["me"].take();
    let mut conversations = Vec::new();
    for conversation in me["conversations"]["nodes"].as_array().expect("a list") {
        let read = client.data(CONVERSATION, json!({ "id": id(conversation) })).await["conversation"].take();
        if read["title"] != UNFINISHED {
            conversations.push(read);
        }
    }
    // The unfinished replies end soon, and their conversation then moves to the front.
    for list in ["conversations", "listed"] {
        let nodes = me[list]["nodes"].as_array_mut().expect("a list");
        nodes.sort_by_key(|node| id(node).to_owned());
    }
    conversations.sort_by_key(|conversation| id(conversation).to_owned());
    let token = client.token.as_deref().expect("the client is signed in");
    let export = server.get("/export").bearer_auth(token).send().await.expect("the server answers");
    let mut export: Value = export.json().await.expect("it is JSON");
    let exported = export["conversations"].as_array_mut().expect("a list");
    exported.retain(|conversation| conversation["title"] != UNFINISHED);
    json!({ "me": me, "conversations": conversations,
        "export": { "user": export["user"], "conversations": export["conversations"] } })
}

/// Fills the database through the API. Returns what the tests need, and the requests of unfinished replies.
pub async fn fill(server: &Server, provider: &mut Provider) -> (Value, Vec<Call>) {
    let session = server.register().await;
    let mut client = session.clone();
    client.token =
        client.data(TOKEN, json!({})).await["createAccessToken"]["secret"].as_str().map(str::to_owned);
    let mut user = User { server, session, client, provider };
    let mut ids = json!({});
    // First, because devices reload after an import.
    user.import().await;

    let settings = user.create("settings").await;
    let generation = json!({ "temperature": 0.5, "maxOutputTokens": 300, "reasoningEffort": "LOW" });
    user.update(json!({ "id": settings, "systemPrompt": "Be \"brief\".", "model": "large",
        "generation": generation, "pinned": true }))
        .await;
    user.say(json!({ "content": "hello", "conversationId": settings }), "Hi.").await;
    ids["settings"] = settings;

    let cursor = user.cursor().await;
    let once = user.say(sent_once(), "Done.").await;
    ids["sent_once"] = once["reply"]["id"].clone();

    let branches = user.create("branches").await;
    let one = user.say(json!({ "content": "one", "conversationId": branches }), "1").await;
    let two = user.say(json!({ "content": "two", "conversationId": branches }), "2").await;
    let edited = user
        .say(json!({ "content": "TWO", "conversationId": branches, "replaces": two["message"]["id"] }), "II")
        .await;
    let again =
        user.client.data(REGENERATE, json!({ "id": one["reply"]["id"] })).await["regenerateReply"].take();
    user.answer(&again["reply"], "One.").await;
    user.client.data(SWITCH, json!({ "id": two["message"]["id"] })).await;
    user.client.data(SWITCH, json!({ "id": edited["message"]["id"] })).await;
    for (reply, rating, note) in [(&one, "GOOD", json!("Short.")), (&edited, "BAD", json!(null))] {
        let input = json!({ "messageId": reply["reply"]["id"], "rating": rating, "note": note });
        user.client.data(RATE, json!({ "input": input })).await;
    }
    ids["branches"] = branches;
    ids["replaced"] = two["message"]["id"].clone();
    ids["replaced_reply"] = two["reply"]["id"].clone();
    ids["edited"] = edited["message"]["id"].clone();

    user.replies_of_every_state().await;
    for (title, pinned) in [("archived", false), ("archived and pinned", true)] {
        let archived = user.create(title).await;
        user.say(json!({ "content": "old", "conversationId": archived }), "Older.").await;
        user.update(json!({ "id": archived, "archived": true, "pinned": pinned })).await;
    }
    let deleted = user.create("deleted").await;
    let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
    user.client.data(delete, json!({ "id": deleted })).await;

    let unfinished = user.create(UNFINISHED).await;
    let streaming = user.client.send(json!({ "content": "first", "conversationId": unfinished })).await;
    let mut call = user.provider.call().await;
    call.send_text("a part").await;
    while user.client.message(id(&streaming["reply"])).await["status"] != "STREAMING" {
        tokio::task::yield_now().await;
    }
    let pending = user.client.send(json!({ "content": "second", "conversationId": unfinished })).await;
    ids["streaming"] = streaming["reply"]["id"].clone();
    ids["pending"] = pending["reply"]["id"].clone();
    ids["unfinished"] = unfinished;

    let read = read(server, &user.client).await;
    let email = &read["me"]["email"];
    let before =
        json!({ "token": user.client.token, "email": email, "cursor": cursor, "ids": ids, "read": read });
    (before, vec![call])
}

struct User<'a> {
    server: &'a Server,
    /// Signed in with the password.
    session: Client,
    /// Has a personal access token.
    client: Client,
    provider: &'a mut Provider,
}

impl User<'_> {
    async fn create(&self, title: &str) -> Value {
        let created = self.client.data(CREATE, json!({ "input": { "title": title } })).await;
        created["createConversation"]["conversation"]["id"].clone()
    }

    async fn update(&self, input: Value) {
        self.client.data(UPDATE, json!({ "input": input })).await;
    }

    /// Sends a message and answers it. Returns the payload.
    async fn say(&mut self, input: Value, answer: &str) -> Value {
        let sent = self.client.send(input).await;
        self.answer(&sent["reply"], answer).await;
        sent
    }

    async fn answer(&mut self, reply: &Value, answer: &str) {
        let mut call = self.provider.call().await;
        call.send_text(answer).await;
        call.finish("stop").await;
        self.end(reply).await;
    }

    async fn end(&self, reply: &Value) {
        self.server.socket(&self.client).await.follow_to_end(id(reply)).await;
    }

    /// The cursor of a device that follows the feed from now on.
    async fn cursor(&self) -> Value {
        let mut socket = self.server.socket(&self.client).await;
        socket.subscribe("changes", "subscription { changes { cursor } }", json!({})).await;
        let mut event = socket.receive().await.expect("the socket stays open");
        event["payload"]["data"]["changes"]["cursor"].take()
    }

    /// Replies that were completed, stopped, or failed in different ways, with parts of every kind.
    async fn replies_of_every_state(&mut self) {
        let conversation = self.create("states").await;
        let mut next = async |content: &str| {
            let sent = self.client.send(json!({ "content": content, "conversationId": conversation })).await;
            (sent["reply"].clone(), self.provider.call().await)
        };
        let (parts, mut call) = next("all parts").await;
        for delta in [
            json!({ "reasoning_content": "Let me see. \u{1f914}" }),
            json!({ "content": "It is so [1]." }),
            json!({ "reasoning_content": "Sure?" }),
            json!({ "content": " Yes." }),
            json!({ "annotations": [{ "type": "url_citation",
                "url_citation": { "url": "https://example.com/a", "title": "A page" } }] }),
        ] {
            let chunk = json!({ "choices": [{ "index": 0, "delta": delta }] });
            call.send(format!("data: {chunk}\n\n")).await;
        }
        call.finish("stop").await;
        self.server.socket(&self.client).await.follow_to_end(id(&parts)).await;
        for reason in ["length", "content_filter"] {
            let (reply, mut call) = next(reason).await;
            call.send_text("A text that").await;
            call.finish(reason).await;
            self.server.socket(&self.client).await.follow_to_end(id(&reply)).await;
        }
        let (reply, call) = next("refused").await;
        call.refuse_with(400, &json!({ "error": { "message": "Not allowed here.", "code": "policy" } }));
        self.server.socket(&self.client).await.follow_to_end(id(&reply)).await;
        let (reply, mut call) = next("broken off").await;
        call.send_text("A part").await;
        self.server.socket(&self.client).await.until_text(id(&reply), "A part").await;
        call.break_off().await;
        self.server.socket(&self.client).await.follow_to_end(id(&reply)).await;
        let (reply, mut call) = next("stopped").await;
        call.send_text("So far").await;
        self.server.socket(&self.client).await.until_text(id(&reply), "So far").await;
        self.client.stop(id(&reply)).await;
        // A reply to a shorter history, because the provider refused the first request as too long.
        let (reply, call) = next("shortened").await;
        call.refuse_with(
            400,
            &json!({ "error": { "message": "too long", "code": "context_length_exceeded" } }),
        );
        self.answer(&reply, "Without the beginning.").await;
    }

    async fn import(&self) {
        let message = |role: &str, parent: Option<&str>, text: &str| {
            json!({ "parent": parent, "message": { "author": { "role": role }, "create_time": 1_700_000_000.5,
                "recipient": "all", "content": { "content_type": "text", "parts": [text] },
                "metadata": { "model_slug": "gpt-5" } } })
        };
        let file = json!([{ "conversation_id": "a", "title": "imported", "create_time": 1_700_000_000.5,
            "update_time": 1_700_000_030.0, "current_node": "c", "mapping": {
                "a": message("user", None, "How do I bake bread?"),
                "b": message("assistant", Some("a"), "Buy it."),
                "c": message("assistant", Some("a"), "Knead it."),
            } }]);
        let ticket = self.session.data("mutation { importConversations { url } }", json!({})).await;
        let path = ticket["importConversations"]["url"].as_str().expect("a link").to_owned();
        let request = self.server.request(Method::PUT, &path).body(file.to_string());
        let summary: Value = request.send().await.expect("the server answers").json().await.expect("JSON");
        assert_eq!(summary["imported"], 1, "{summary}");
    }
}
