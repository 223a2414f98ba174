//! Sessions: refreshing, revoking, expiry, and the reuse of stolen refresh tokens.

use crate::support::{
    Client, Closed, Kind, PASSWORD, Server, Socket, code, on_both_databases, redis_url, wait_for,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const REFRESH: &str = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) {
    accessToken refreshToken } }";
const SESSIONS: &str = "{ me { sessions { id current createdAt lastSeenAt expiresAt address agent } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeSession(input: { id: $id }) { revokedId } }";
const REAUTHENTICATE: &str =
    "mutation($token: String!) { reauthenticate(input: { accessToken: $token }) { expiresAt } }";

/// The number of times that a duration is measured.
const ROUNDS: usize = 5;

/// The same user, signed in on another device.
async fn another_device(client: &Client) -> Client {
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken refreshToken } }";
    let input = json!({ "email": client.email, "password": PASSWORD });
    with_tokens(client, &signed_out(client).data(query, json!({ "input": input })).await["logIn"])
}

fn with_tokens(client: &Client, payload: &Value) -> Client {
    let text = |field: &str| payload[field].as_str().expect("a token").to_owned();
    let mut signed_in = client.clone();
    (signed_in.token, signed_in.refresh_token) = (Some(text("accessToken")), text("refreshToken"));
    signed_in
}

/// The client with the next tokens of its session.
async fn refreshed(client: &Client) -> Client {
    let payload = signed_out(client).data(REFRESH, json!({ "token": client.refresh_token })).await;
    with_tokens(client, &payload["refreshSession"])
}

/// Returns the code with which the client's refresh token is refused.
async fn refusal(client: &Client) -> String {
    let error = signed_out(client).error(REFRESH, json!({ "token": client.refresh_token })).await;
    code(&error).to_owned()
}

fn signed_out(client: &Client) -> Client {
    let mut anonymous = client.clone();
    anonymous.token = None;
    anonymous
}

async fn is_signed_in(client: &Client) -> bool {
    let answer = client.execute("{ me { email } }", json!({})).await;
    match answer.get("errors") {
        None => answer["data"]["me"]["email"] == client.email,
        Some(errors) => {
            assert_eq!(code(&errors[0]), "UNAUTHENTICATED");
            false
        }
    }
}

async fn sessions(client: &Client) -> Vec<Value> {
    let mut data = client.data(SESSIONS, json!({})).await;
    serde_json::from_value(data["me"]["sessions"].take()).expect("a list")
}

/// Returns the ID of the client's own session.
async fn own_session(client: &Client) -> String {
    let sessions = sessions(client).await;
    let own = sessions.iter().find(|session| session["current"] == true).expect("it is signed in");
    own["id"].as_str().expect("an id").to_owned()
}

/// Executes an operation over a socket. Returns its only result, which may contain errors.
async fn execute_on(socket: &mut Socket, query: &str, variables: Value) -> Value {
    socket.subscribe("asks", query, variables).await;
    let mut answer = socket.receive().await.expect("the socket stays open");
    assert_eq!((&answer["type"], &answer["id"]), (&json!("next"), &json!("asks")), "{answer}");
    assert_eq!(socket.receive().await, Ok(json!({ "id": "asks", "type": "complete" })));
    answer["payload"].take()
}

/// Returns the buses to test with a database: in process, Redis, and a Redis that cannot be reached.
fn buses(kind: Kind) -> Vec<Option<String>> {
    let away = Some("redis://127.0.0.1:1".to_owned());
    match kind {
        Kind::Sqlite => vec![None, away],
        Kind::Postgres => vec![None, Some(redis_url()), away],
    }
}

/// Returns the kinds of the client's security events, the latest first.
async fn kinds_of_events(client: &Client) -> Vec<String> {
    let query = "{ me { securityEvents(first: 100) { nodes { kind } } } }";
    let nodes = client.data(query, json!({})).await["me"]["securityEvents"]["nodes"].take();
    let Value::Array(nodes) = nodes else { panic!("{nodes}") };
    nodes.iter().map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect()
}

/// Advances the clock to the end of the grace period.
fn let_grace_pass(server: &Server) {
    server.clock.advance(server.config.tuning.refresh_grace);
}

on_both_databases! {
    async fn reusing_a_refresh_token_ends_the_session_on_every_instance_within_a_second(kind) {
        for redis in buses(kind) {
            let shown = redis.clone();
            let server = Server::with(kind, |config| config.redis_url = redis.map(Into::into)).await;
            let elsewhere = server.another_instance().await;
            let owner = server.register().await;
            let mut took = Vec::new();
            for _ in 0..ROUNDS {
                let stolen = another_device(&owner).await;
                let client = refreshed(&stolen).await;
                let there = client.at(elsewhere.address);
                assert!(is_signed_in(&client).await && is_signed_in(&there).await);
                let mut sockets = [server.socket(&client).await, elsewhere.socket(&client).await];
                let_grace_pass(&server);
                assert_eq!(refusal(&stolen).await, "UNAUTHENTICATED");
                let begun = Instant::now();
                assert!(!is_signed_in(&client).await && !is_signed_in(&stolen).await);
                for socket in &mut sockets {
                    assert_eq!(socket.receive().await, Err(Closed(4403)));
                }
                took.push(begun.elapsed());
                assert!(!is_signed_in(&there).await);
                assert_eq!(refusal(&client).await, "UNAUTHENTICATED", "its successor is revoked too");
            }
            // Each socket closes within the timeout of `receive`. The median must be below a second: a busy machine may
            // delay some rounds, but a slow server would delay at least every other one.
            took.sort();
            assert!(took[ROUNDS / 2] < Duration::from_secs(1), "{took:?} with {shown:?}");
            let events = kinds_of_events(&owner).await;
            assert_eq!(events.iter().filter(|kind| *kind == "REFRESH_TOKEN_REUSED").count(), ROUNDS);
            assert!(is_signed_in(&owner).await && is_signed_in(&owner.at(elsewhere.address)).await);
            // An instance sees the revocation on the first request of a session too.
            assert_eq!(sessions(&owner).await.len(), 1);
        }
    }

    async fn access_tokens_expire_with_their_session(kind) {
        let server = Server::with(kind, |config| {
            config.refresh_token_ttl = Duration::from_secs(60);
            config.access_token_ttl = Duration::from_secs(3600);
        })
        .await;
        let client = server.register().await;
        let query = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken refreshToken expiresIn } }";
        let input = json!({ "input": { "email": client.email, "password": PASSWORD } });
        let payload = signed_out(&client).data(query, input).await["logIn"].take();
        let expires_in = payload["expiresIn"].as_u64().expect("seconds");
        assert!(expires_in <= 60, "{expires_in}");
        let client = with_tokens(&client, &payload);
        let mut socket = server.socket(&client).await;
        assert_eq!(sessions(&client).await.len(), 2);
        // A refreshed session's access token expires with the session; the token before it expires earlier.
        server.clock.advance(Duration::from_secs(30));
        let next = refreshed(&client).await;
        server.clock.advance(Duration::from_secs(30));
        assert!(!is_signed_in(&client).await && is_signed_in(&next).await);
        assert_eq!(socket.closed().await, 4403);
        server.clock.advance(Duration::from_secs(30));
        assert!(!is_signed_in(&next).await);
    }

    async fn a_new_instance_knows_revoked_sessions(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let other = another_device(&client).await;
        client.data(REVOKE, json!({ "id": own_session(&other).await })).await;
        let server = server.restart().await;
        assert!(!is_signed_in(&other.at(server.address)).await);
        assert!(is_signed_in(&client.at(server.address)).await);
    }

    async fn refreshing_again_within_the_grace_period_returns_the_same_token(kind) {
        let server = Server::start(kind).await;
        let elsewhere = server.another_instance().await;
        let client = server.register().await;
        let first = refreshed(&client).await;
        assert_ne!(first.refresh_token, client.refresh_token);
        server.clock.advance(server.config.tuning.refresh_grace - Duration::from_secs(1));
        for again in [refreshed(&client).await, refreshed(&client.at(elsewhere.address)).await] {
            assert_eq!(again.refresh_token, first.refresh_token);
            assert!(is_signed_in(&again).await);
        }
        // Repeating the refresh does not extend the grace period.
        let second = refreshed(&first).await;
        assert_ne!(second.refresh_token, first.refresh_token);
        assert_eq!(refreshed(&first).await.refresh_token, second.refresh_token);
        // The token before the last one is refused even within the grace period.
        assert_eq!(refusal(&client).await, "UNAUTHENTICATED");
        assert_eq!(refusal(&second).await, "UNAUTHENTICATED");
    }

    async fn without_a_grace_period_a_refresh_token_works_once(kind) {
        let server = Server::with(kind, |config| config.tuning.refresh_grace = Duration::ZERO).await;
        let client = server.register().await;
        let next = refreshed(&client).await;
        assert_eq!(refusal(&client).await, "UNAUTHENTICATED");
        assert!(!is_signed_in(&next).await && !is_signed_in(&client).await);
    }

    async fn concurrent_refreshes_on_two_instances_return_the_same_token(kind) {
        let server = Server::start(kind).await;
        let elsewhere = server.another_instance().await;
        let mut client = server.register().await;
        for _ in 0..5 {
            let at = |i| client.at(if i % 2 == 0 { server.address } else { elsewhere.address });
            let all = join_all((0..6).map(|i| { let client = at(i); async move { refreshed(&client).await } })).await;
            assert!(all.iter().all(|next| next.refresh_token == all[0].refresh_token));
            assert_ne!(all[0].refresh_token, client.refresh_token);
            client = all[0].clone();
        }
        assert!(is_signed_in(&client).await);
    }

    async fn forged_refresh_tokens_end_no_session(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let stranger = server.register().await;
        let (prefix, own) = client.refresh_token.split_at("confab_refresh_".len());
        // Another session's ID with the own MAC, the own ID with another MAC, and tokens that are shorter, longer or
        // altered.
        let theirs = stranger.refresh_token.split_at(prefix.len()).1;
        let mut forged = vec![format!("{prefix}{}{}", &own[..20], &theirs[20..])];
        forged.push(format!("{prefix}{}{}", &theirs[..20], &own[20..]));
        forged.extend([format!("{prefix}{own}AAAA"), own.to_owned(), String::new(), prefix.to_owned()]);
        forged.push(format!("{prefix}{}", own.chars().rev().collect::<String>()));
        forged.push(client.token.clone().expect("signed in"));
        for refresh_token in forged {
            let mut forger = client.clone();
            forger.refresh_token = refresh_token;
            assert_eq!(refusal(&forger).await, "UNAUTHENTICATED", "{}", forger.refresh_token);
        }
        for client in [client, stranger] {
            assert!(is_signed_in(&client).await && is_signed_in(&refreshed(&client).await).await);
        }
    }

    async fn signing_out_revokes_the_access_token(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let next = refreshed(&client).await;
        let mut socket = server.socket(&next).await;
        let query = "mutation($token: String!) { logOut(input: { refreshToken: $token }) { loggedOut } }";
        let_grace_pass(&server);
        let payload = client.data(query, json!({ "token": client.refresh_token })).await;
        assert_eq!(payload["logOut"]["loggedOut"], true);
        assert_eq!(socket.receive().await, Err(Closed(4403)));
        assert!(!is_signed_in(&client).await && !is_signed_in(&next).await);
        assert_eq!(refusal(&next).await, "UNAUTHENTICATED");
    }

    async fn a_user_lists_their_sessions(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        server.clock.advance(Duration::from_secs(60));
        let log_in = |agent: String| {
            let query = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken refreshToken } }";
            let input = json!({ "email": client.email, "password": PASSWORD });
            let body = json!({ "query": query, "variables": { "input": input } });
            let request = server.post().header("user-agent", agent).json(&body).send();
            let client = &client;
            async move {
                let answer: Value = request.await.expect("it answers").json().await.expect("JSON");
                with_tokens(client, &answer["data"]["logIn"])
            }
        };
        let phone = log_in("Phone/1.0".into()).await;
        let listed = sessions(&phone).await;
        assert_eq!(listed.len(), 2);
        let shown = |session: &Value| (session["current"].clone(), session["agent"].clone(), session["address"].clone());
        assert_eq!(shown(&listed[0]), (json!(true), json!("Phone/1.0"), json!("127.0.0.1")));
        assert_eq!(shown(&listed[1]), (json!(false), Value::Null, json!("127.0.0.1")));
        assert!(listed[0]["createdAt"].as_str() > listed[1]["createdAt"].as_str());
        assert!(listed[0]["expiresAt"].as_str() > listed[1]["expiresAt"].as_str());
        // A refresh updates `lastSeenAt` and extends the session.
        server.clock.advance(Duration::from_secs(60));
        let client = refreshed(&client).await;
        let later = sessions(&client).await;
        assert_eq!((&later[0]["id"], &later[0]["current"]), (&listed[1]["id"], &json!(true)));
        assert_eq!(later[0]["createdAt"], listed[1]["createdAt"]);
        assert!(later[0]["lastSeenAt"].as_str() > listed[0]["lastSeenAt"].as_str());
        assert!(later[0]["expiresAt"].as_str() > listed[0]["expiresAt"].as_str());
        // A long User-Agent is cut off.
        let long = log_in("x".repeat(5000)).await;
        assert_eq!(sessions(&long).await[0]["agent"], "x".repeat(200));
        // Sessions are nodes, visible to their owner only.
        let node = "query($id: ID!) { node(id: $id) { id ... on Session { agent } } }";
        let id = json!({ "id": listed[0]["id"] });
        assert_eq!(client.data(node, id.clone()).await["node"]["agent"], "Phone/1.0");
        let stranger = server.register().await;
        assert_eq!(code(&stranger.error(node, id).await), "NOT_FOUND");
        server.clock.advance(server.config.refresh_token_ttl);
        let again = another_device(&client).await;
        assert_eq!(sessions(&again).await.len(), 1, "the others have expired");
    }

    async fn revoking_a_session_closes_its_sockets_only(kind) {
        let server = Server::start(kind).await;
        let elsewhere = server.another_instance().await;
        let client = server.register().await;
        let lost = another_device(&client).await;
        let stranger = server.register().await;
        let id = json!({ "id": own_session(&lost).await });
        let mut stays = server.socket(&client).await;
        let mut theirs = [server.socket(&lost).await, elsewhere.socket(&lost).await];
        for socket in &mut theirs {
            socket.subscribe("changes", "subscription { changes { cursor } }", json!({})).await;
            socket.receive().await.expect("the first event");
        }

        assert_eq!(code(&stranger.error(REVOKE, id.clone()).await), "NOT_FOUND");
        assert_eq!(code(&server.anonymous().error(REVOKE, id.clone()).await), "UNAUTHENTICATED");
        for (wrong, expected) in [("session_00000000000000000000000000000000", "NOT_FOUND"), ("nonsense", "BAD_USER_INPUT")] {
            assert_eq!(code(&client.error(REVOKE, json!({ "id": wrong })).await), expected);
        }
        assert!(is_signed_in(&lost).await);
        assert_eq!(theirs[0].ping().await, [Value::Null; 0]);

        assert_eq!(client.data(REVOKE, id.clone()).await["revokeSession"]["revokedId"], id["id"]);
        for socket in &mut theirs {
            assert_eq!(socket.receive().await, Err(Closed(4403)));
        }
        assert!(!is_signed_in(&lost).await && !is_signed_in(&lost.at(elsewhere.address)).await);
        assert_eq!(refusal(&lost).await, "UNAUTHENTICATED");
        assert_eq!(code(&client.error(REVOKE, id).await), "NOT_FOUND");
        assert_eq!(kinds_of_events(&client).await, ["SESSION_REVOKED", "SIGNED_IN", "REGISTERED"]);
        let mut shut_out = Socket::connect(server.address).await;
        let bearer = format!("Bearer {}", lost.token.as_deref().expect("a token"));
        shut_out.send(json!({ "type": "connection_init", "payload": { "authorization": bearer } })).await;
        assert_eq!(shut_out.receive().await, Err(Closed(4403)));
        assert_eq!(stays.ping().await, [Value::Null; 0]);
        assert!(is_signed_in(&client).await);
    }

    async fn all_other_sessions_can_be_revoked(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let (one, other) = (another_device(&client).await, another_device(&client).await);
        let stranger = server.register().await;
        let query = "mutation { revokeOtherSessions { revokedIds } }";
        let expected = [own_session(&client).await, own_session(&other).await];
        let mut revoked: Vec<String> =
            serde_json::from_value(one.data(query, json!({})).await["revokeOtherSessions"]["revokedIds"].take()).unwrap();
        revoked.sort();
        assert_eq!(revoked, expected, "IDs are ordered by time");
        assert!(!is_signed_in(&client).await && !is_signed_in(&other).await);
        assert!(is_signed_in(&one).await && is_signed_in(&stranger).await);
        assert_eq!(one.data(query, json!({})).await["revokeOtherSessions"]["revokedIds"], json!([]));
        // A session can revoke itself too.
        one.data(REVOKE, json!({ "id": own_session(&one).await })).await;
        assert!(!is_signed_in(&one).await);
    }

    async fn sessions_that_revoke_each_other_never_both_survive(kind) {
        let server = Server::start(kind).await;
        let elsewhere = server.another_instance().await;
        let client = server.register().await;
        let query = "mutation { revokeOtherSessions { revokedIds } }";
        for _ in 0..5 {
            let (one, other) = (another_device(&client).await, another_device(&client).await.at(elsewhere.address));
            let answers = join_all([&one, &other].map(|device| device.execute(query, json!({})))).await;
            for answer in answers {
                let refused = answer["errors"].as_array().map(|errors| code(&errors[0]));
                assert!(matches!(refused, None | Some("UNAUTHENTICATED")), "{answer}");
            }
            // The revocation is known at once on the instance that executed it.
            let (one, other) = (one.at(elsewhere.address), other.at(server.address));
            assert!(!(is_signed_in(&one).await && is_signed_in(&other).await));
        }
    }
}

/// Receives the ping that announces the token's expiry. Returns the time of expiry.
async fn expect_expiry_notice(socket: &mut Socket) -> String {
    let ping = socket.receive().await.expect("the socket stays open");
    assert_eq!(ping["type"], "ping", "{ping}");
    ping["payload"]["expiresAt"].as_str().expect("a time").to_owned()
}

on_both_databases! {
    async fn a_socket_announces_the_expiry_of_its_token(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let ttl = server.config.access_token_ttl;
        let mut socket = server.socket(&client).await;
        let mut signed_out = server.socket(&server.anonymous()).await;
        // A token lasts for whole seconds.
        server.clock.advance(ttl - Duration::from_secs(62));
        assert_eq!(socket.ping().await, [Value::Null; 0], "there is more than a minute left");
        server.clock.advance(Duration::from_secs(2));
        let expires_at = expect_expiry_notice(&mut socket).await;
        assert!(expires_at > server.clock.now().to_rfc3339());
        socket.send(json!({ "type": "pong" })).await;
        assert_eq!(socket.ping().await, [Value::Null; 0], "it is announced once");
        server.clock.advance(Duration::from_secs(60));
        assert_eq!(socket.receive().await, Err(Closed(4403)));
        assert!(expires_at <= server.clock.now().to_rfc3339());
        assert_eq!(signed_out.ping().await, [Value::Null; 0], "a socket without a token does not expire");
    }

    async fn the_expiry_of_a_short_token_is_announced_at_a_tenth_of_its_lifetime(kind) {
        let server = Server::with(kind, |config| config.access_token_ttl = Duration::from_secs(100)).await;
        let client = server.register().await;
        let mut socket = server.socket(&client).await;
        server.clock.advance(Duration::from_secs(88));
        assert_eq!(socket.ping().await, [Value::Null; 0]);
        server.clock.advance(Duration::from_secs(2));
        expect_expiry_notice(&mut socket).await;
        // A socket that connects this late gets the announcement at once.
        expect_expiry_notice(&mut server.socket(&client).await).await;
    }

    async fn reauthenticating_keeps_the_socket_and_its_subscriptions(kind) {
        let server = Server::start(kind).await;
        let mut client = server.register().await;
        let ttl = server.config.access_token_ttl;
        let mut socket = server.socket(&client).await;
        socket.subscribe("changes", "subscription { changes { __typename } }", json!({})).await;
        assert_eq!(socket.receive().await.unwrap()["payload"]["data"]["changes"]["__typename"], "Reload");
        for _ in 0..3 {
            server.clock.advance(ttl - Duration::from_secs(30));
            let expires_at = expect_expiry_notice(&mut socket).await;
            client = refreshed(&client).await;
            let answer = execute_on(&mut socket, REAUTHENTICATE, json!({ "token": client.token })).await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            assert!(answer["data"]["reauthenticate"]["expiresAt"].as_str() > Some(&*expires_at));
            assert_eq!(
                execute_on(&mut socket, "{ me { email } }", json!({})).await["data"]["me"]["email"],
                client.email
            );
            // The subscription may have been parked and resumed meanwhile. Clients cannot notice it.
            client.data("mutation { createConversation { conversation { id } } }", json!({})).await;
            let message = socket.receive().await.unwrap();
            assert_eq!(message["payload"]["data"]["changes"]["__typename"], "ConversationCreated", "{message}");
        }
        // The socket depends on the session of the latest token, not of the first.
        let other = another_device(&client).await;
        execute_on(&mut socket, REAUTHENTICATE, json!({ "token": other.token })).await;
        client.data(REVOKE, json!({ "id": own_session(&client).await })).await;
        assert_eq!(socket.ping().await, [Value::Null; 0]);
        other.data(REVOKE, json!({ "id": own_session(&other).await })).await;
        assert_eq!(socket.receive().await, Err(Closed(4403)));
    }

    async fn reauthenticating_as_another_user_is_refused(kind) {
        let server = Server::start(kind).await;
        let (client, other) = (server.register().await, server.register().await);
        let mut socket = server.socket(&client).await;
        let mut anonymous = server.socket(&server.anonymous()).await;
        let ended = another_device(&client).await;
        client.data(REVOKE, json!({ "id": own_session(&ended).await })).await;
        for (token, expected) in [
            (other.token.as_deref(), "FORBIDDEN"),
            (Some("nonsense"), "UNAUTHENTICATED"),
            (Some(&*client.refresh_token), "UNAUTHENTICATED"),
            (ended.token.as_deref(), "UNAUTHENTICATED"),
        ] {
            let answer = execute_on(&mut socket, REAUTHENTICATE, json!({ "token": token })).await;
            assert_eq!(code(&answer["errors"][0]), expected, "{answer}");
        }
        let answer = execute_on(&mut anonymous, REAUTHENTICATE, json!({ "token": client.token })).await;
        assert_eq!(code(&answer["errors"][0]), "FORBIDDEN");
        assert_eq!(execute_on(&mut anonymous, "{ me { id } }", json!({})).await["data"]["me"], Value::Null);
        assert_eq!(execute_on(&mut socket, "{ me { email } }", json!({})).await["data"]["me"]["email"], client.email);
        let over_http = client.error(REAUTHENTICATE, json!({ "token": client.token })).await;
        assert_eq!(code(&over_http), "BAD_USER_INPUT");
        // None of the refused attempts extends the socket's lifetime.
        server.clock.advance(server.config.access_token_ttl);
        assert_eq!(socket.closed().await, 4403);
    }

    /// The client does not read, so the server is blocked in a write when the session is revoked.
    async fn revoking_closes_a_socket_that_is_blocked_in_a_write(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let lost = another_device(&client).await;
        let id = own_session(&lost).await;
        let long = "x".repeat(10_000);
        let (conversation, _) = client.send_echo(&long, None).await;
        let mut socket = server.socket(&lost).await;
        let query = "query($id: ID!) { conversation(id: $id) { a: messages(first: 2) { nodes { content } }
            b: messages(first: 2) { nodes { content } } } }";
        // Far more than the system's buffers hold.
        for i in 0..90 {
            socket.subscribe(&i.to_string(), query, json!({ "id": conversation })).await;
        }
        client.data(REVOKE, json!({ "id": id })).await;
        let begun = Instant::now();
        wait_for("the socket to be closed", socket.closed()).await;
        assert!(begun.elapsed() < server.config.tuning.write_timeout);
    }
}
