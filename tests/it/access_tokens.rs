//! Personal access tokens: what they may do, when they expire, and their limits.

use crate::support::{Client, Closed, Kind, PASSWORD, Server, Socket, Sql, code, codes, on_both_databases};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const CREATE: &str = "mutation($input: CreateAccessTokenInput!) { createAccessToken(input: $input) {
    accessToken { id name scopes createdAt expiresAt lastUsedAt } secret } }";
const DELETE: &str = "mutation($id: ID!) { deleteAccessToken(input: { id: $id }) { deletedId } }";
const TOKENS: &str = "{ me { accessTokens { id name scopes createdAt expiresAt lastUsedAt } } }";
const NODE: &str = "query($id: ID!) { node(id: $id) { __typename id ... on AccessToken {
    name scopes createdAt expiresAt lastUsedAt } } }";
const ME: &str = "{ me { email } }";

async fn create(client: &Client, input: Value) -> Value {
    client.data(CREATE, json!({ "input": input })).await["createAccessToken"].take()
}

async fn tokens(client: &Client) -> Value {
    client.data(TOKENS, json!({})).await["me"]["accessTokens"].take()
}

/// A client that authenticates with a personal access token.
fn script(server: &Server, created: &Value) -> Client {
    let mut script = server.anonymous();
    script.token = Some(created["secret"].as_str().expect("it is shown").to_owned());
    script
}

async fn socket_of(server: &Server, script: &Client) -> Result<Value, Closed> {
    let mut socket = Socket::connect(server.address).await;
    let authorization = format!("Bearer {}", script.token.as_deref().expect("a token"));
    socket.send(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
    socket.receive().await
}

/// Returns, for each mutation: its name, an input that the schema accepts, and whether a `READ` and a `WRITE` token may
/// execute it.
fn mutations() -> Vec<(&'static str, Value, bool, bool)> {
    let nothing = json!({ "id": "conversation_0" });
    vec![
        // These need no authentication, or take their credentials from the input.
        ("register", json!({ "email": "x", "password": "x" }), true, true),
        ("logIn", json!({ "email": "x", "password": "x" }), true, true),
        ("refreshSession", json!({ "refreshToken": "x" }), true, true),
        ("logOut", json!({ "refreshToken": "x" }), true, true),
        ("reauthenticate", json!({ "accessToken": "x" }), true, true),
        // These need a session.
        ("changeName", json!({ "name": "x" }), false, false),
        ("changeEmail", json!({ "password": PASSWORD, "newEmail": "new@example.com" }), false, false),
        (
            "changePassword",
            json!({ "currentPassword": PASSWORD, "newPassword": "something else" }),
            false,
            false,
        ),
        ("revokeSession", json!({ "id": "session_0" }), false, false),
        ("revokeOtherSessions", Value::Null, false, false),
        ("deleteAccount", json!({ "password": PASSWORD }), false, false),
        ("exportMyData", Value::Null, false, false),
        ("importConversations", Value::Null, false, false),
        ("createAccessToken", json!({ "name": "x", "scopes": ["WRITE"] }), false, false),
        ("deleteAccessToken", json!({ "id": "access_token_0" }), false, false),
        // These need the `WRITE` scope.
        ("createConversation", json!({}), false, true),
        ("updateConversation", nothing.clone(), false, true),
        ("deleteConversation", nothing, false, true),
        ("sendMessage", json!({ "content": "hello" }), false, true),
        ("regenerateReply", json!({ "messageId": "message_0" }), false, true),
        ("stopReply", json!({ "messageId": "message_0" }), false, true),
        ("switchBranch", json!({ "messageId": "message_0" }), false, true),
        ("rateReply", json!({ "messageId": "message_0", "rating": "GOOD" }), false, true),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mutation_requires_its_scope() {
    let server = Server::start(Kind::Sqlite).await;
    let ada = server.register().await;
    let query = "{ __schema { mutationType { fields { name args { name type { name ofType { name } } }
        type { ofType { name } } } } } }";
    let mut schema = ada.data(query, json!({})).await;
    let Value::Array(fields) = schema["__schema"]["mutationType"]["fields"].take() else { panic!("none") };
    let named: BTreeSet<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
    let table = mutations();
    assert_eq!(named, table.iter().map(|row| row.0).collect(), "every mutation must be in this table");

    let [reads, writes] = [["READ"], ["WRITE"]].map(|scopes| json!({ "name": "x", "scopes": scopes }));
    let reads = script(&server, &create(&ada, reads).await);
    let writes = script(&server, &create(&ada, writes).await);
    // The refusal of an anonymous caller has one message, which distinguishes it from rejected credentials with the
    // same code.
    let signed_out =
        server.anonymous().execute(CREATE, json!({ "input": { "name": "x", "scopes": ["READ"] } })).await;
    assert_eq!(codes(&signed_out), ["UNAUTHENTICATED"]);
    for (name, input, reader, writer) in table {
        let field = fields.iter().find(|field| field["name"] == name).unwrap();
        let (query, variables) = match &field["args"][0] {
            Value::Null => (format!("mutation {{ {name} {{ __typename }} }}"), json!({})),
            argument => {
                let of = &argument["type"];
                let of = of["name"]
                    .as_str()
                    .map(str::to_owned)
                    .unwrap_or_else(|| format!("{}!", of["ofType"]["name"].as_str().expect("a named type")));
                let query = format!("mutation($input: {of}) {{ {name}(input: $input) {{ __typename }} }}");
                (query, json!({ "input": input }))
            }
        };
        for (client, may) in [(&reads, reader), (&writes, writer)] {
            let answer = client.execute(&query, variables.clone()).await;
            assert_eq!(codes(&answer).contains(&"FORBIDDEN"), !may, "{name}: {answer}");
        }
        // A caller who is not signed in may execute only the mutations that need no authentication.
        let answer = server.anonymous().execute(&query, variables).await;
        let refused = answer["errors"][0]["message"] == signed_out["errors"][0]["message"];
        assert_eq!(refused, !reader, "{name}: {answer}");
    }
    assert_eq!(codes(&ada.execute(ME, json!({})).await), [""; 0], "the account is unchanged");
}

on_both_databases! {
    async fn a_token_is_shown_once_and_works_over_every_transport(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let input = json!({ "name": " backup ", "scopes": ["WRITE"], "expiresInDays": 2 });
        let created = create(&ada, input).await;
        let token = &created["accessToken"];
        assert_eq!((&token["name"], &token["scopes"]), (&json!("backup"), &json!(["READ", "WRITE"])));
        assert_eq!(token["lastUsedAt"], Value::Null);
        assert_eq!(tokens(&ada).await, json!([token]));
        let secret = created["secret"].as_str().unwrap();
        assert!(secret.starts_with("confab_pat_"));
        let kept = Sql::of(&server).await.all_rows().await;
        let (_, random) = secret.rsplit_once('_').unwrap();
        // Bytes are shown as hexadecimal digits. The row must hold neither the random part, nor its bytes, nor the
        // secret's bytes.
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for stored in [&random[..64], &hex(random.as_bytes()), &hex(secret.as_bytes())] {
            assert!(kept.values().flatten().all(|row| !row.to_lowercase().contains(stored)), "the secret is stored");
        }

        let script = script(&server, &created);
        assert_eq!(script.data(ME, json!({})).await["me"]["email"], ada.email);
        let (conversation, reply) = script.send_echo("hello", None).await;
        let mut socket = server.socket(&script).await;
        assert_eq!(socket.follow_to_end(&reply).await.0, "hello");
        assert_eq!(ada.message(&reply).await["conversation"]["id"], conversation);
        let events = server
            .post()
            .bearer_auth(secret)
            .header("accept", "text/event-stream")
            .json(&json!({ "query": format!("subscription {{ reply(messageId: \"{reply}\") {{ __typename }} }}") }));
        let events = events.send().await.unwrap().text().await.unwrap();
        assert!(events.contains("ReplyFinished"), "{events}");
    }

    async fn the_last_use_is_updated_once_a_minute(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let script = script(&server, &create(&ada, json!({ "name": "x", "scopes": ["READ"] })).await);
        let used = async || {
            script.data(ME, json!({})).await;
            tokens(&ada).await[0]["lastUsedAt"].as_str().expect("it was used").to_owned()
        };
        let first = used().await;
        server.clock.advance(Duration::from_secs(30));
        assert_eq!(used().await, first, "it is written at most once a minute");
        server.clock.advance(Duration::from_secs(31));
        assert!(used().await > first);
    }

    async fn expired_deleted_and_invented_tokens_are_refused(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let short = create(&ada, json!({ "name": "short", "scopes": ["READ"], "expiresInDays": 1 })).await;
        let long = create(&ada, json!({ "name": "long", "scopes": ["READ"], "expiresInDays": 365 })).await;
        let id = json!({ "id": long["accessToken"]["id"] });
        assert_eq!(code(&eve.error(DELETE, id.clone()).await), "NOT_FOUND", "it belongs to another user");
        assert_eq!(tokens(&eve).await, json!([]));
        assert_eq!(code(&eve.error(NODE, id.clone()).await), "NOT_FOUND");

        let (short, long) = (script(&server, &short), script(&server, &long));
        let elsewhere = server.another_instance().await;
        let mut opened = [server.socket(&long).await, elsewhere.socket(&long).await];
        let mut expiring = server.socket(&short).await;
        server.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(expiring.closed().await, 4403);
        // The user's own access token has expired meanwhile.
        let input = json!({ "input": { "email": ada.email, "password": PASSWORD } });
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
        let mut ada = ada;
        ada.token = server.anonymous().data(log_in, input).await["logIn"]["accessToken"].as_str().map(str::to_owned);
        assert_eq!(codes(&long.execute(ME, json!({})).await), [""; 0]);
        let listed = tokens(&ada).await;
        assert_eq!(listed.as_array().unwrap().len(), 2, "an expired token is still listed");
        for token in listed.as_array().unwrap() {
            let mut node = ada.data(NODE, json!({ "id": token["id"] })).await["node"].take();
            assert_eq!(node.as_object_mut().unwrap().remove("__typename"), Some(json!("AccessToken")));
            assert_eq!(node, *token, "each is fetched by its ID, expired or not");
        }
        ada.data(DELETE, id.clone()).await;
        assert_eq!(code(&ada.error(NODE, id.clone()).await), "NOT_FOUND", "it is deleted");
        assert_eq!(code(&ada.error(DELETE, id).await), "NOT_FOUND");
        let mut made_up = long.clone();
        made_up.token = Some(format!("confab_pat_{}", "0".repeat(72)));
        for bad in [short, long, made_up] {
            assert_eq!(codes(&bad.execute(ME, json!({})).await), ["UNAUTHENTICATED"]);
            assert_eq!(socket_of(&server, &bad).await, Err(Closed(4403)));
        }
        for socket in &mut opened {
            assert_eq!(socket.receive().await, Err(Closed(4403)), "a socket closes when its token is deleted");
        }
    }

    /// An instance that missed the deletion checks every five minutes that the token still exists.
    async fn a_socket_closes_when_its_token_is_deleted_without_notification(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let (created, other) = (json!({ "name": "x", "scopes": ["READ"] }), json!({ "name": "y", "scopes": ["WRITE"] }));
        let (created, other) = (create(&ada, created).await, create(&ada, other).await);
        let mut socket = server.socket(&script(&server, &created)).await;
        let mut stays = server.socket(&script(&server, &other)).await;
        let mut sql = Sql::of(&server).await;
        let (_, digits) = created["accessToken"]["id"].as_str().unwrap().rsplit_once('_').unwrap();
        let key = sql.key(digits.parse().unwrap());
        sql.execute(&format!("DELETE FROM access_tokens WHERE id = {key}")).await;
        assert_eq!(socket.ping().await, [Value::Null; 0], "the token has not been checked yet");
        server.clock.advance(Duration::from_secs(300));
        assert_eq!(socket.closed().await, 4403);
        assert_eq!(stays.ping().await, [Value::Null; 0]);
    }

    async fn token_input_is_validated_and_the_number_of_tokens_is_limited(kind) {
        let server = Server::start(kind).await;
        let ada = server.register().await;
        let good = json!({ "name": "x", "scopes": ["READ"] });
        for (field, value) in [
            ("name", json!("")),
            ("name", json!("a\nb")),
            ("scopes", json!([])),
            ("expiresInDays", json!(0)),
            ("expiresInDays", json!(366)),
        ] {
            let mut input = good.clone();
            input[field] = value;
            let error = ada.error(CREATE, json!({ "input": input })).await;
            assert_eq!((code(&error), &error["extensions"]["field"]), ("BAD_USER_INPUT", &json!(field)));
        }
        let many = (0..52).map(|_| ada.execute(CREATE, json!({ "input": good })));
        let answers = futures_util::future::join_all(many).await;
        let refused = answers.iter().filter(|answer| codes(answer) == ["CONFLICT"]).count();
        assert_eq!((refused, tokens(&ada).await.as_array().unwrap().len()), (2, 50));
    }
}
