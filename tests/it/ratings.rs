//! Ratings of replies.

use crate::{
    changes::Device,
    support::{Client, Kind, Provider, Server, Sql, code, on_both_databases},
};
use serde_json::{Value, json};

const RATE: &str = "mutation($input: RateReplyInput!) { rateReply(input: $input) { message { id rating ratingNote content } } }";

async fn rate(client: &Client, id: &str, rating: Value, note: Value) -> Value {
    let input = json!({ "messageId": id, "rating": rating, "note": note });
    client.data(RATE, json!({ "input": input })).await["rateReply"]["message"].take()
}

/// Returns the ratings of a conversation's messages, each with its note.
async fn ratings(client: &Client, conversation: &str) -> Value {
    let query = "query($id: ID!) { conversation(id: $id) { messages { nodes { rating ratingNote } } } }";
    client.data(query, json!({ "id": conversation })).await["conversation"]["messages"]["nodes"].take()
}

async fn finished(server: &Server, client: &Client) -> (String, String) {
    let (conversation, reply) = client.send_echo("hello", None).await;
    server.socket(client).await.follow_to_end(&reply).await;
    (conversation, reply)
}

on_both_databases! {
    async fn a_rating_replaces_the_earlier_one_and_can_be_removed(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (conversation, reply) = finished(&server, &client).await;
        let none = json!({ "rating": null, "ratingNote": null });
        assert_eq!(ratings(&client, &conversation).await, json!([none, none]));
        let rated = rate(&client, &reply, json!("GOOD"), json!("Exactly.")).await;
        assert_eq!(rated, json!({ "id": reply, "rating": "GOOD", "ratingNote": "Exactly.", "content": "hello" }));
        assert_eq!(ratings(&client, &conversation).await, json!([none, { "rating": "GOOD", "ratingNote": "Exactly." }]));
        rate(&client, &reply, json!("BAD"), json!(null)).await;
        assert_eq!(ratings(&client, &conversation).await, json!([none, { "rating": "BAD", "ratingNote": null }]));
        rate(&client, &reply, json!("GOOD"), json!("🦀".repeat(1000))).await;
        rate(&client, &reply, json!(null), json!(null)).await;
        assert_eq!(ratings(&client, &conversation).await, json!([none, none]));
    }

    async fn other_devices_and_the_export_have_the_rating(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (conversation, reply) = finished(&server, &client).await;
        let mut socket = server.socket(&client).await;
        socket.subscribe("1", "subscription { changes { __typename ... on MessageChanged { message { id rating } } } }", json!({})).await;
        let mut event = async || socket.receive().await.expect("the socket is open")["payload"]["data"]["changes"].take();
        assert_eq!(event().await["__typename"], "Reload");
        rate(&client, &reply, json!("BAD"), json!("No.")).await;
        assert_eq!(event().await, json!({ "__typename": "MessageChanged", "message": { "id": reply, "rating": "BAD" } }));
        let token = client.token.as_deref().expect("the client is signed in");
        let export: Value = server.get("/export").bearer_auth(token).send().await.unwrap().json().await.unwrap();
        assert_eq!(export["conversations"][0]["id"], conversation);
        let exported = &export["conversations"][0]["messages"][1];
        assert_eq!((&exported["rating"], &exported["ratingNote"]), (&json!("BAD"), &json!("No.")));
    }

    async fn an_older_instance_reads_the_change_as_an_event_that_it_knows(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (_, reply) = finished(&server, &client).await;
        let mut device = Device::new(&server, &client).await;
        rate(&client, &reply, json!("GOOD"), json!(null)).await;
        let mut sql = Sql::of(&server).await;
        // An older instance does not read `precise_kind`.
        let stored = sql.values("SELECT kind AS value FROM changes WHERE precise_kind IS NOT NULL").await;
        assert_eq!(stored, ["REPLY_ENDED"]);
        device.expect_event("MessageChanged").await;
        // A kind that a newer version has added.
        rate(&client, &reply, json!("BAD"), json!(null)).await;
        sql.execute("UPDATE changes SET precise_kind = 'SOMETHING_ELSE' WHERE precise_kind IS NOT NULL").await;
        let mut socket = server.socket(&client).await;
        let query = "subscription($after: String) { changes(after: $after) { __typename ... on ReplyEnded { message { rating } } } }";
        socket.subscribe("1", query, json!({ "after": device.cursor })).await;
        let event = socket.receive().await.expect("the socket is open")["payload"]["data"]["changes"].take();
        assert_eq!(event, json!({ "__typename": "ReplyEnded", "message": { "rating": "BAD" } }));
    }

    async fn invalid_ratings_are_refused(kind) {
        let server = Server::start(kind).await;
        let (client, stranger) = (server.register().await, server.register().await);
        let (conversation, reply) = finished(&server, &client).await;
        let sent = client.message(&reply).await["parent"]["id"].take();
        for (field, input) in [
            ("messageId", json!({ "messageId": sent, "rating": "GOOD" })),
            ("messageId", json!({ "messageId": conversation, "rating": "GOOD" })),
            ("note", json!({ "messageId": reply, "rating": "GOOD", "note": "" })),
            ("note", json!({ "messageId": reply, "rating": "GOOD", "note": "a".repeat(1001) })),
            ("note", json!({ "messageId": reply, "rating": "GOOD", "note": "a\u{0}b" })),
            ("note", json!({ "messageId": reply, "note": "why" })),
        ] {
            let error = client.error(RATE, json!({ "input": input })).await;
            assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)), "{input}");
        }
        let foreign = json!({ "input": { "messageId": reply, "rating": "BAD" } });
        assert_eq!(code(&stranger.error(RATE, foreign).await), "NOT_FOUND");
        assert_eq!(ratings(&client, &conversation).await[1]["rating"], json!(null));
    }

    async fn a_reply_in_progress_cannot_be_rated(kind) {
        let mut provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let server = Server::with_providers(kind, &settings, |_| {}).await;
        let client = server.register().await;
        let sent = client.send(json!({ "content": "hello", "model": "small" })).await;
        let reply = sent["reply"]["id"].as_str().unwrap();
        let call = provider.call().await;
        let input = json!({ "input": { "messageId": reply, "rating": "GOOD" } });
        assert_eq!(code(&client.error(RATE, input).await), "CONFLICT");
        // A reply that failed can be rated.
        call.refuse(400, &[]);
        server.socket(&client).await.follow_to_end(reply).await;
        assert_eq!(rate(&client, reply, json!("BAD"), json!(null)).await["rating"], "BAD");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_is_deleted_meanwhile_is_not_found() {
    let server = Server::start(Kind::Postgres).await;
    let client = server.register().await;
    let (conversation, reply) = finished(&server, &client).await;
    let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
    client.data(delete, json!({ "id": conversation })).await;
    let error = client.error(RATE, json!({ "input": { "messageId": reply, "rating": "GOOD" } })).await;
    assert_eq!(code(&error), "NOT_FOUND");
}
