//! Parked subscriptions: a subscription that is silent for a while releases its stream. Clients cannot notice it.

use crate::{
    changes::{CHANGES, Device, create},
    support::{Call, Client, Closed, Kind, PARK_AFTER, Provider, Server, Socket, code, on_both_databases},
};
use serde_json::{Value, json};
use tokio::time::sleep;

/// Starts a server with a provider that the test controls.
async fn server(kind: Kind) -> (Server, Provider) {
    let provider = Provider::start().await;
    let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
    let server = Server::with_providers(kind, &settings, |_| {}).await;
    (server, provider)
}

/// Starts a reply. Returns the IDs of the conversation and of the reply, and the provider's side.
async fn start_reply(client: &Client, provider: &mut Provider) -> (String, String, Call) {
    let sent = client.send(json!({ "content": "talk" })).await;
    let id = |what: &str| sent[what]["id"].as_str().expect("an id").to_owned();
    let mut call = provider.call().await;
    call.accept();
    (id("conversation"), id("reply"), call)
}

/// Waits long enough for every subscription to be parked. Parking cannot be observed, so the test sleeps.
async fn let_subscriptions_park() {
    sleep(PARK_AFTER * 20).await;
}

/// Expects this text as the next delta.
async fn expect_delta(socket: &mut Socket, text: &str) -> Value {
    let event = socket.event().await;
    assert_eq!((&event["__typename"], &event["text"]), (&json!("ReplyDelta"), &json!(text)));
    event
}

on_both_databases! {
    async fn parked_subscription_resumes_without_duplicates(kind) {
        let (server, mut provider) = server(kind).await;
        let client = server.register().await;
        let (_, reply, mut call) = start_reply(&client, &mut provider).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        let snapshot = socket.event().await;
        assert_eq!((&snapshot["text"], &snapshot["attempt"]), (&json!(""), &json!(1)));
        let mut later = server.socket(&client).await;
        later.follow(&reply, snapshot["cursor"].as_str()).await;
        for word in ["one ", "twö ", "three "] {
            let_subscriptions_park().await;
            call.send_text(word).await;
            let event = expect_delta(&mut socket, word).await;
            assert_eq!(expect_delta(&mut later, word).await, event, "both subscriptions have the same cursor");
        }
        let_subscriptions_park().await;
        call.finish("stop").await;
        for socket in [&mut socket, &mut later] {
            let finished = socket.event().await;
            assert_eq!(finished["message"]["content"], "one twö three ");
            assert_eq!(finished["message"]["status"], "COMPLETED");
            assert_eq!(socket.receive().await, Ok(json!({ "id": reply, "type": "complete" })));
            assert_eq!(socket.ping().await, [Value::Null; 0]);
        }
    }

    async fn stopping_a_reply_ends_its_parked_subscription(kind) {
        let (server, mut provider) = server(kind).await;
        let client = server.register().await;
        let (_, reply, mut call) = start_reply(&client, &mut provider).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        call.send_text("said").await;
        socket.until("said").await;
        let_subscriptions_park().await;
        client.stop(&reply).await;
        let finished = socket.event().await;
        assert_eq!((&finished["message"]["status"], &finished["message"]["content"]), (&json!("STOPPED"), &json!("said")));
        assert_eq!(socket.receive().await, Ok(json!({ "id": reply, "type": "complete" })));
    }

    async fn deleting_a_conversation_ends_its_parked_subscription(kind) {
        let (server, mut provider) = server(kind).await;
        let client = server.register().await;
        let (conversation, reply, mut call) = start_reply(&client, &mut provider).await;
        let mut socket = server.socket(&client).await;
        socket.follow(&reply, None).await;
        call.send_text("said").await;
        socket.until("said").await;
        let_subscriptions_park().await;
        let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
        client.data(delete, json!({ "id": conversation })).await;
        let last = socket.receive().await.expect("the socket stays open");
        assert_eq!((&last["type"], code(&last["payload"]["errors"][0])), (&json!("next"), "NOT_FOUND"));
        assert_eq!(socket.receive().await, Ok(json!({ "id": reply, "type": "complete" })));
    }

    async fn parked_changes_resume_without_duplicates(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let mut devices = [Device::new(&server, &client).await, Device::new(&server, &client).await];
        let mut of_a_stranger = Device::new(&server, &server.register().await).await;
        for title in ["one", "two", "three"] {
            let_subscriptions_park().await;
            create(&client, title).await;
            for device in &mut devices {
                assert_eq!(device.expect_event("ConversationCreated").await["conversation"]["title"], title);
            }
            assert_eq!(devices[0].cursor, devices[1].cursor, "both devices have the same cursor");
        }
        // Several changes, while the subscription is parked and while it resumes.
        let_subscriptions_park().await;
        let titles = ["a", "b", "c", "d"];
        for title in titles {
            create(&client, title).await;
        }
        for device in &mut devices {
            for title in titles {
                assert_eq!(device.expect_event("ConversationCreated").await["conversation"]["title"], title);
            }
        }
        let_subscriptions_park().await;
        for socket in devices.iter_mut().chain([&mut of_a_stranger]).map(|device| &mut device.socket) {
            assert_eq!(socket.ping().await, [Value::Null; 0]);
        }
    }
}

/// Each kind of subscription resumes from its own position.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reply_and_changes_resume_independently() {
    let (server, mut provider) = server(Kind::Sqlite).await;
    let client = server.register().await;
    let (_, reply, mut call) = start_reply(&client, &mut provider).await;
    let mut socket = server.socket(&client).await;
    socket.follow(&reply, None).await;
    assert_eq!(socket.event().await["text"], "");
    socket.subscribe("changes", CHANGES, json!({})).await;
    assert_eq!(socket.receive().await.unwrap()["payload"]["data"]["changes"]["__typename"], "Reload");
    for word in ["one ", "two "] {
        let_subscriptions_park().await;
        call.send_text(word).await;
        expect_delta(&mut socket, word).await;
        let_subscriptions_park().await;
        create(&client, word.trim()).await;
        let message = socket.receive().await.unwrap();
        let event = &message["payload"]["data"]["changes"];
        assert_eq!(
            (&message["id"], &event["conversation"]["title"]),
            (&json!("changes"), &json!(word.trim()))
        );
    }
    assert_eq!(socket.ping().await, [Value::Null; 0]);
    let_subscriptions_park().await;
    server.shut_down();
    assert_eq!(socket.receive().await, Err(Closed(1012)));
    server.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parked_subscriptions_of_one_socket_resume_independently() {
    let (server, mut provider) = server(Kind::Sqlite).await;
    let client = server.register().await;
    let mut socket = server.socket(&client).await;
    let mut replies = Vec::new();
    for name in ["a", "b", "c"] {
        let (_, reply, call) = start_reply(&client, &mut provider).await;
        socket.follow(&reply, None).await;
        assert_eq!(socket.event().await["text"], "");
        replies.push((name, reply, call));
    }
    let_subscriptions_park().await;
    // One is completed while it is parked. Its ID can be used again, and the new subscription starts with a snapshot.
    let completed = replies[0].1.clone();
    socket.send(json!({ "id": completed, "type": "complete" })).await;
    for (name, reply, call) in replies.iter_mut().rev() {
        call.send_text(name).await;
        if *reply == completed {
            assert_eq!(socket.ping().await, [Value::Null; 0], "the subscription has ended");
            socket.follow(reply, None).await;
            assert_eq!(socket.event().await["__typename"], "ReplySnapshot");
        } else {
            expect_delta(&mut socket, name).await;
        }
    }
    let_subscriptions_park().await;
    for (name, reply, call) in replies {
        call.finish("stop").await;
        let finished = socket.event().await;
        assert_eq!(
            (&finished["message"]["id"], &finished["message"]["content"]),
            (&json!(reply), &json!(name))
        );
        assert_eq!(socket.receive().await, Ok(json!({ "id": reply, "type": "complete" })));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_with_parked_subscriptions_close_at_shutdown() {
    let (server, mut provider) = server(Kind::Sqlite).await;
    let client = server.register().await;
    let (_, reply, _call) = start_reply(&client, &mut provider).await;
    let mut socket = server.socket(&client).await;
    socket.follow(&reply, None).await;
    socket.event().await;
    let_subscriptions_park().await;
    server.shut_down();
    assert_eq!(socket.receive().await, Err(Closed(1012)));
    server.wait().await;
}
