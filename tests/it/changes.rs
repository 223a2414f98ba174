//! The `changes` subscription: the feed of changes that every device of a user follows.

use crate::{
    replies::abandoned_reply,
    support::{Client, Kind, PASSWORD, Server, Socket, code, on_both_databases, wait_for},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use confab::{
    changes::RETENTION,
    store::{Database, Statements},
};
use diesel::{QueryableByName, sql_query, sql_types::BigInt};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

pub const CHANGES: &str = "subscription($after: String) { changes(after: $after) { __typename cursor
    ... on ConversationCreated { conversation { id title } }
    ... on ConversationChanged { conversation { id title } }
    ... on ConversationDeleted { conversationId }
    ... on MessageAdded { message { id role content } }
    ... on ReplyEnded { message { id status content } }
    ... on BranchSwitched { conversation { id } fork { id } } } }";
pub const CREATE: &str =
    "mutation($title: String) { createConversation(input: { title: $title }) { conversation { id } } }";
const UPDATE: &str = "mutation($id: ID!, $title: String!) {
    updateConversation(input: { id: $id, title: $title }) { conversation { title } } }";
const DELETE: &str = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";

/// A device that subscribes to `changes`, and its last cursor.
pub struct Device {
    pub socket: Socket,
    pub cursor: String,
}

impl Device {
    /// A new device, which has received `Reload`.
    pub async fn new(server: &Server, client: &Client) -> Self {
        let mut device = Self::subscribed(server, client, None).await;
        device.expect_event("Reload").await;
        device
    }

    /// A device that reconnects with a cursor.
    async fn back(server: &Server, client: &Client, cursor: &str) -> Self {
        Self::subscribed(server, client, Some(cursor)).await
    }

    async fn subscribed(server: &Server, client: &Client, after: Option<&str>) -> Self {
        let mut socket = server.socket(client).await;
        socket.subscribe("changes", CHANGES, json!({ "after": after })).await;
        Self { socket, cursor: after.unwrap_or_default().to_owned() }
    }

    /// Receives the next event.
    pub async fn next_event(&mut self) -> Value {
        let mut message = self.socket.receive().await.expect("the socket stays open");
        assert_eq!((&message["type"], message["payload"].get("errors")), (&json!("next"), None), "{message}");
        let event = message["payload"]["data"]["changes"].take();
        self.cursor = event["cursor"].as_str().expect("a cursor").to_owned();
        event
    }

    /// Receives the next event, which must have this type.
    pub async fn expect_event(&mut self, kind: &str) -> Value {
        let event = self.next_event().await;
        assert_eq!(event["__typename"], kind, "{event}");
        event
    }

    /// Creates a conversation and expects its creation as the next event: nothing else was pending.
    pub async fn expect_only_creation(&mut self, client: &Client, title: &str) {
        create(client, title).await;
        assert_eq!(self.expect_event("ConversationCreated").await["conversation"]["title"], title);
    }

    /// Expects a user's message and its reply.
    async fn expect_messages(&mut self, content: &str, reply: &str) {
        let sent = self.expect_event("MessageAdded").await;
        assert_eq!(
            (&sent["message"]["role"], &sent["message"]["content"]),
            (&json!("USER"), &json!(content))
        );
        let added = self.expect_event("MessageAdded").await;
        assert_eq!(
            (&added["message"]["role"], &added["message"]["id"]),
            (&json!("ASSISTANT"), &json!(reply))
        );
    }

    /// Expects the end of a reply. Returns its content.
    async fn expect_reply_end(&mut self, reply: &str, status: &str) -> Value {
        let mut ended = self.expect_event("ReplyEnded").await;
        assert_eq!(
            (&ended["message"]["id"], &ended["message"]["status"]),
            (&json!(reply), &json!(status)),
            "{ended}"
        );
        ended["message"]["content"].take()
    }
}

pub async fn create(client: &Client, title: &str) -> String {
    let made = client.data(CREATE, json!({ "title": title })).await;
    made["createConversation"]["conversation"]["id"].as_str().expect("an id").to_owned()
}

/// Returns the sequence number in a cursor. Cursors are opaque to clients; only tests decode them.
fn number(cursor: &str) -> i64 {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).expect("a cursor is Base64");
    i64::from_be_bytes(*bytes.last_chunk().expect("a cursor ends with a number"))
}

/// Returns the key of the row that an ID names, as PostgreSQL writes it.
fn key(id: &Value) -> String {
    id.as_str().and_then(|id| id.rsplit_once('_')).expect("an ID").1.to_owned()
}

on_both_databases! {
    async fn every_device_receives_every_change(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut devices = [Device::new(&server, &client).await, Device::new(&server, &client).await];

        let made = client.data(CREATE, json!({})).await["createConversation"]["conversation"]["id"].take();
        let id = made.as_str().unwrap();
        let mut replies = Vec::new();
        for words in ["first words", "more words"] {
            let (_, reply) = client.send_echo(words, Some(id)).await;
            server.socket(&client).await.follow_to_end(&reply).await;
            replies.push(reply);
        }
        client.data(UPDATE, json!({ "id": id, "title": "Mine" })).await;
        let (other, reply) = client.send_echo("elsewhere", None).await;
        server.socket(&client).await.follow_to_end(&reply).await;
        replies.push(reply);
        client.data(DELETE, json!({ "id": id })).await;

        for device in &mut devices {
            // The first conversation is deleted by now, so an event that is only read now has `null` in its place.
            let started = device.expect_event("ConversationCreated").await;
            assert!([&json!(null), &json!(id)].contains(&&started["conversation"]["id"]), "{started}");
            device.expect_event("ConversationChanged").await; // the title, from the first message
            for _ in 0..2 {
                device.expect_event("MessageAdded").await;
                device.expect_event("MessageAdded").await;
                device.expect_event("ReplyEnded").await;
            }
            device.expect_event("ConversationChanged").await;
            let started = device.expect_event("ConversationCreated").await;
            assert_eq!(started["conversation"], json!({ "id": other, "title": "elsewhere" }));
            device.expect_messages("elsewhere", &replies[2]).await;
            assert_eq!(device.expect_reply_end(&replies[2], "COMPLETED").await, "elsewhere");
            assert_eq!(device.expect_event("ConversationDeleted").await["conversationId"], id);
        }
        for device in &mut devices {
            device.expect_only_creation(&client, "the end").await;
        }
    }

    async fn a_change_contains_the_current_object(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut device = Device::new(&server, &client).await;
        let id = client.data(CREATE, json!({})).await["createConversation"]["conversation"]["id"].take();
        let untitled = device.expect_event("ConversationCreated").await;
        assert_eq!(untitled["conversation"], json!({ "id": id, "title": "New conversation" }));
        let (_, reply) = client.send_echo("first words", id.as_str()).await;
        let titled = device.expect_event("ConversationChanged").await;
        assert_eq!(titled["conversation"], json!({ "id": id, "title": "first words" }), "the first message gives the title");
        device.expect_messages("first words", &reply).await;
        assert_eq!(device.expect_reply_end(&reply, "COMPLETED").await, "first words");
        client.data(UPDATE, json!({ "id": id, "title": "Mine" })).await;
        let renamed = device.expect_event("ConversationChanged").await;
        assert_eq!(renamed["conversation"], json!({ "id": id, "title": "Mine" }));
        let (_, reply) = client.send_echo("more words", id.as_str()).await;
        device.expect_messages("more words", &reply).await;
        device.expect_reply_end(&reply, "COMPLETED").await;
        client.data(DELETE, json!({ "id": id })).await;
        assert_eq!(device.expect_event("ConversationDeleted").await["conversationId"], id);
        device.expect_only_creation(&client, "the end").await;
    }

    async fn repeated_sends_and_refused_mutations_cause_no_change(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 10).await;
        let client = server.register().await;
        let (conversation, current) = client.send_echo(&"word ".repeat(1500), None).await;
        let mut device = Device::new(&server, &client).await;
        let input = json!({ "content": "once", "model": "echo", "idempotencyKey": "k", "conversationId": conversation });
        let reply = client.send(input.clone()).await["reply"]["id"].take();
        device.expect_messages("once", reply.as_str().unwrap()).await;

        assert_eq!(client.send(input).await["reply"]["id"], reply, "a repetition");
        let send = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }";
        for input in [
            json!({ "content": "other", "model": "echo", "idempotencyKey": "k", "conversationId": conversation }),
            json!({ "content": "rejected", "whenBusy": "REJECT", "conversationId": conversation }),
        ] {
            assert_eq!(code(&client.error(send, json!({ "input": input })).await), "CONFLICT");
        }
        let stranger = server.register().await;
        let theirs = create(&stranger, "theirs").await;
        for query in [UPDATE, DELETE] {
            let error = client.error(query, json!({ "id": theirs, "title": "mine" })).await;
            assert_eq!(code(&error), "NOT_FOUND");
        }
        device.expect_only_creation(&client, "a mark").await;
        client.stop(&current).await;
        device.expect_reply_end(&current, "STOPPED").await;
        client.stop(&current).await;
        device.expect_reply_end(reply.as_str().unwrap(), "COMPLETED").await;
        device.expect_only_creation(&client, "the end").await;
    }

    async fn every_end_of_a_reply_is_a_change(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 10).await;
        let client = server.register().await;
        let mut device = Device::new(&server, &client).await;
        let long = "word ".repeat(1500);
        let (conversation, first) = client.send_echo(&long, None).await;
        device.expect_event("ConversationCreated").await;
        device.expect_messages(&long, &first).await;
        let (_, second) = client.send_echo("never said", Some(&conversation)).await;
        device.expect_messages("never said", &second).await;
        client.stop(&second).await;
        assert_eq!(device.expect_reply_end(&second, "STOPPED").await, "", "the reply had not started");
        let input = json!({ "content": long, "model": "echo", "whenBusy": "STOP_CURRENT", "conversationId": conversation });
        let third = client.send(input).await["reply"]["id"].take();
        device.expect_messages(&long, third.as_str().unwrap()).await;
        device.expect_reply_end(&first, "STOPPED").await;
        let mut socket = server.socket(&client).await;
        socket.follow(third.as_str().unwrap(), None).await;
        socket.until("word").await;
        client.data(DELETE, json!({ "id": conversation })).await;
        assert_eq!(device.expect_event("ConversationDeleted").await["conversationId"], conversation);
        device.expect_only_creation(&client, "no end of what was deleted").await;
    }

    async fn changes_on_the_same_instance_arrive_without_polling(kind) {
        // Polling finds changes every few seconds only. Six of them, found by polling, would exceed the test's timeout.
        const TIMES: usize = 6;
        let server = Server::with(kind, |config| config.pace_ms = 10).await;
        let client = server.register().await;
        let mut device = Device::new(&server, &client).await;
        let (mut ids, mut current, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let started = async { for _ in 0..TIMES {
            ids.push(create(&client, "c").await);
            device.expect_event("ConversationCreated").await;
        } };
        wait_for("the conversations to be created", started).await;
        let changed = async { for id in &ids {
            client.data(UPDATE, json!({ "id": id, "title": "d" })).await;
            device.expect_event("ConversationChanged").await;
        } };
        wait_for("the conversations to be renamed", changed).await;
        let long = "word ".repeat(1500);
        let said = async { for id in &ids {
            for (content, replies) in [(&*long, &mut current), ("never said", &mut waiting)] {
                replies.push(client.send_echo(content, Some(id)).await.1);
                device.expect_messages(content, replies.last().unwrap()).await;
            }
        } };
        wait_for("the messages to be added", said).await;
        for replies in [waiting, current] {
            let stopped = async { for reply in &replies {
                client.stop(reply).await;
                device.expect_reply_end(reply, "STOPPED").await;
            } };
            wait_for("the replies to be stopped", stopped).await;
        }
        let deleted = async { for id in &ids {
            client.data(DELETE, json!({ "id": id })).await;
            device.expect_event("ConversationDeleted").await;
        } };
        wait_for("the conversations to be deleted", deleted).await;
    }

    async fn the_end_of_an_abandoned_reply_is_a_change(kind) {
        let server = Server::with(kind, |config| {
            config.lease = Duration::from_secs(3);
            config.reply_attempts = 1;
        })
        .await;
        let client = server.register().await;
        let mut device = Device::new(&server, &client).await;
        let reply = abandoned_reply(&server, &client, "said").await;
        device.expect_event("ConversationCreated").await;
        for _ in 0..2 {
            device.expect_event("MessageAdded").await;
        }
        device.expect_event("ReplyEnded").await;
        // The messages that the dead instance stored are found too, although it published nothing.
        device.expect_messages("said by the dead", &reply).await;
        assert_eq!(device.expect_reply_end(&reply, "FAILED").await, "said");
    }

    async fn a_reconnecting_device_receives_exactly_what_it_missed(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        create(&client, "before").await;
        let mut stays = Device::new(&server, &client).await;
        let left = stays.cursor.clone();
        // More changes than one page.
        let id = create(&client, "c").await;
        for i in 0..120 {
            client.data(UPDATE, json!({ "id": id, "title": format!("c{i}") })).await;
        }
        client.data(DELETE, json!({ "id": id })).await;
        let mut all = Vec::new();
        for _ in 0..122 {
            let event = stays.next_event().await;
            all.push((event["__typename"].clone(), event["cursor"].clone()));
        }
        for lacks in [122, 121, 99, 1, 0] {
            let (seen, lacking) = all.split_at(122 - lacks);
            let cursor = seen.last().map_or(left.as_str(), |(_, cursor)| cursor.as_str().unwrap());
            let mut device = Device::back(&server, &client, cursor).await;
            for expected in lacking {
                let event = device.next_event().await;
                assert_eq!((&event["__typename"], &event["cursor"]), (&expected.0, &expected.1));
                assert!(event.get("conversation").is_none_or(Value::is_null), "it is deleted: {event}");
            }
            device.expect_only_creation(&client, "the end").await;
        }
    }

    async fn invalid_cursors_are_refused(kind) {
        let server = Server::start(kind).await;
        let (client, stranger) = (server.register().await, server.register().await);
        let foreign = Device::new(&server, &stranger).await.cursor;
        let (_, reply) = client.send_echo("hello", None).await;
        let mut socket = server.socket(&client).await;
        socket.follow_to_end(&reply).await;
        socket.follow(&reply, None).await;
        let other_kind = socket.event().await["cursor"].as_str().unwrap().to_owned();
        for cursor in ["", "nonsense", &foreign, &other_kind] {
            let mut socket = Device::back(&server, &client, cursor).await.socket;
            let refusal = socket.receive().await.unwrap();
            let error = &refusal["payload"][0];
            assert_eq!((&refusal["type"], code(error)), (&json!("error"), "BAD_USER_INPUT"), "{cursor}");
            assert_eq!(error["extensions"]["field"], "after");
        }
        // As if an older backup of the database had been restored.
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(Device::new(&server, &client).await.cursor).unwrap();
        *bytes.last_mut().unwrap() += 100;
        let mut device = Device::back(&server, &client, &BASE64_URL_SAFE_NO_PAD.encode(bytes)).await;
        device.expect_event("Reload").await;
        device.expect_only_creation(&client, "the end").await;
    }

    async fn an_expired_cursor_gets_a_reload(kind) {
        let server = Server::start(kind).await;
        let mut client = server.register().await;
        let old = Device::new(&server, &client).await.cursor;
        create(&client, "old").await;
        create(&client, "old too").await;
        let told_all = Device::new(&server, &client).await.cursor;
        let store = Database::connect(&server.database_url, &Statements::default()).await.unwrap();
        // The server's own job must not run in the middle of this test.
        let now = server.clock.now();
        store.claim_job("delete old changes", now, now + 2 * RETENTION).await.unwrap();
        server.clock.advance(RETENTION + Duration::from_secs(1));
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
        let input = json!({ "email": client.email, "password": PASSWORD });
        client.token = None; // the access token has expired
        let token = client.data(log_in, json!({ "input": input })).await["logIn"]["accessToken"].take();
        client.token = token.as_str().map(str::to_owned);

        let mut still_there = Device::back(&server, &client, &old).await;
        still_there.expect_event("ConversationCreated").await;
        let too_old = server.clock.now() - RETENTION;
        assert_eq!(store.delete_changes_before(too_old, 500).await.unwrap(), 2);
        let mut device = Device::back(&server, &client, &old).await;
        device.expect_event("Reload").await;
        assert_eq!(device.cursor, told_all);
        device.expect_only_creation(&client, "new").await;
        // A device that has missed nothing goes on, however old its cursor is.
        let mut device = Device::back(&server, &client, &told_all).await;
        assert_eq!(device.expect_event("ConversationCreated").await["conversation"]["title"], "new");
    }

    async fn other_users_receive_no_changes(kind) {
        let server = Server::start(kind).await;
        let (client, stranger) = (server.register().await, server.register().await);
        let mut device = Device::new(&server, &stranger).await;
        let (_, reply) = client.send_echo("a secret", None).await;
        server.socket(&client).await.follow_to_end(&reply).await;
        device.expect_only_creation(&stranger, "their own").await;
        let mut nobody = Device::subscribed(&server, &server.anonymous(), None).await.socket;
        let refusal = nobody.receive().await.unwrap();
        assert_eq!((&refusal["type"], code(&refusal["payload"][0])), (&json!("error"), "UNAUTHENTICATED"));
    }
}

/// The sequence numbers in the cursors have no gaps. Clients may not rely on this.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_on_two_instances_receive_the_same_order() {
    let one = Server::start(Kind::Postgres).await;
    let other = one.another_instance().await;
    let client = one.register().await;
    let elsewhere = Client::new(other.address, client.token.clone());
    let shared = create(&client, "shared").await;
    let mut devices = [Device::new(&one, &client).await, Device::new(&other, &elsewhere).await];
    let start = number(&devices[0].cursor);
    let work = (0..20).map(|i| {
        let client = if i % 2 == 0 { &client } else { &elsewhere };
        let shared = &shared;
        async move {
            match i % 4 {
                0 | 1 => drop(client.send_echo(&format!("message {i}"), None).await),
                2 => drop(client.send_echo(&format!("message {i}"), Some(shared)).await),
                _ => drop(client.data(UPDATE, json!({ "id": shared, "title": format!("title {i}") })).await),
            }
        }
    });
    // Each device listens meanwhile.
    let (mine, other) = devices.split_at_mut(1);
    let listen = async |device: &mut Device| {
        let mut received = Vec::new();
        // 10 messages with their conversations, 5 without, each with its reply's end, and 5 new titles.
        for _ in 0..10 * 4 + 5 * 3 + 5 {
            let event = device.next_event().await;
            let about = ["conversation", "message"].map(|field| event[field]["id"].clone());
            received.push((number(&device.cursor), event["__typename"].clone(), about));
        }
        received
    };
    let (received, received_elsewhere, _) =
        tokio::join!(listen(&mut mine[0]), listen(&mut other[0]), join_all(work));
    assert_eq!(received, received_elsewhere);
    let numbers: Vec<i64> = received.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (start + 1..).take(numbers.len()).collect::<Vec<_>>());
    let mut kinds = BTreeMap::new();
    for (_, kind, _) in &received {
        *kinds.entry(kind.as_str().unwrap()).or_insert(0) += 1;
    }
    let expected =
        [("ConversationChanged", 5), ("ConversationCreated", 10), ("MessageAdded", 30), ("ReplyEnded", 15)];
    assert_eq!(kinds, BTreeMap::from(expected));
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Sequence numbers are assigned in the order of the commits: a subscriber cannot skip a change that commits late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_commit_delays_the_changes_after_it() {
    let server = Server::start(Kind::Postgres).await;
    let client = server.register().await;
    let id = create(&client, "shared").await;
    let mut device = Device::new(&server, &client).await;
    let me = client.data("{ me { id } }", json!({})).await["me"]["id"].take();
    let (me, conversation) = (key(&me), key(&json!(id)));
    let mut late = AsyncPgConnection::establish(&server.database_url).await.unwrap();
    let change = format!(
        "BEGIN; UPDATE feeds SET last_sequence = last_sequence + 1 WHERE user_id = '{me}';
        INSERT INTO changes SELECT user_id, last_sequence, 'CONVERSATION_CHANGED', '{conversation}', NULL, now()
        FROM feeds WHERE user_id = '{me}'"
    );
    late.batch_execute(&change).await.unwrap();
    let held_up = async {
        let mut watch = AsyncPgConnection::establish(&server.database_url).await.unwrap();
        let waiting = "SELECT count(*) AS count FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sql_query(waiting).get_result::<Waiting>(&mut watch).await.unwrap().count == 0 {}
        assert_eq!(device.socket.ping().await, [Value::Null; 0], "nothing is delivered");
        late.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(wait_for("the second change to wait for the first", held_up), create(&client, "later"));
    assert_eq!(device.expect_event("ConversationChanged").await["conversation"]["title"], "shared");
    assert_eq!(device.expect_event("ConversationCreated").await["conversation"]["title"], "later");
}

/// However many subscribers there are, each change is read once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_share_one_read_of_each_change() {
    const FOLLOWERS: usize = 50;
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let mut socket = server.socket(&client).await;
    let received = async |socket: &mut Socket| {
        for _ in 0..FOLLOWERS {
            assert_eq!(socket.receive().await.expect("the socket stays open")["type"], "next");
        }
    };
    for number in 0..FOLLOWERS {
        socket.subscribe(&number.to_string(), "subscription { changes { cursor } }", json!({})).await;
    }
    received(&mut socket).await;
    for title in ["one", "two", "three"] {
        let before = server.statements.count();
        create(&client, title).await;
        received(&mut socket).await;
        // The mutation and the background tasks execute some statements too.
        let asked = server.statements.count() - before;
        assert!(asked < FOLLOWERS as u64 / 2, "{asked} statements");
    }
}
