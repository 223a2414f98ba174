//! Authorization tests derived from the schema: every input that takes an ID is tried by callers without access.
//!
//! Ada owns one object of each type. Eve has an account of her own and knows all of Ada's IDs and cursors. The server's
//! answer to Eve must be, byte for byte, its answer about an object that does not exist. [`table`] lists every input of
//! the schema; a new field that is not listed there fails the first test.

mod crawl;
mod schema;
mod table;
mod transports;
mod world;

use crate::support::{Kind, PASSWORD, Server, on_both_databases, wait_for};
use schema::Schema;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use table::{CURSORS, ID_INPUTS, INPUTS, InputKind, NESTED_ID_INPUTS, OTHER_ROOTS, Permission};
use transports::{Transport, codes, execute, transports};
use world::{MARK, World, nonexistent};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_covers_the_whole_schema() {
    let schema = Schema::of(&Server::start(Kind::Sqlite).await).await;
    let inputs = schema.inputs();
    let table: BTreeMap<&str, InputKind> = INPUTS.iter().copied().collect();
    assert_eq!(
        inputs.keys().collect::<Vec<_>>(),
        table.keys().collect::<Vec<_>>(),
        "the inputs of the schema"
    );
    for (path, of) in &inputs {
        let input_kind = table[path.as_str()];
        assert_eq!(
            of == "ID",
            matches!(input_kind, InputKind::Object | InputKind::Compared),
            "{path}: an input of type ID must name an object"
        );
        let is_cursor = ["(after:)", "(before:)"].iter().any(|end| path.ends_with(end));
        assert_eq!(is_cursor, input_kind == InputKind::Position, "{path}");
    }
    let inputs_of_kind =
        |to| INPUTS.iter().filter(move |row| row.1 == to).map(|row| row.0).collect::<BTreeSet<_>>();
    let tried = ID_INPUTS.iter().chain(NESTED_ID_INPUTS).map(|row| row.takes);
    assert_eq!(inputs_of_kind(InputKind::Object), tried.collect());
    assert_eq!(inputs_of_kind(InputKind::Position), CURSORS.iter().map(|row| row.0).collect());

    let roots: BTreeSet<&str> =
        ID_INPUTS.iter().map(|row| row.root).chain(OTHER_ROOTS.iter().map(|row| row.0)).collect();
    let of_the_schema = schema.roots();
    assert_eq!(roots, of_the_schema.iter().map(String::as_str).collect(), "the root fields");
    // A root field may take several IDs.
    let takes: BTreeSet<&str> = ID_INPUTS.iter().map(|row| row.takes).collect();
    assert_eq!(takes.len(), ID_INPUTS.len(), "each input is listed once");
    let by_id: BTreeSet<&str> = ID_INPUTS.iter().map(|row| row.root).collect();
    assert_eq!(roots.len(), by_id.len() + OTHER_ROOTS.len(), "each root field is in one of the lists");

    // A type that `me` does not reach must be a payload, an event of a subscription or a part of
    // one, a root, or public.
    let mut reached = BTreeSet::new();
    crawl::selection(&schema, "User", &[], &mut reached);
    let events = ["ReplyEvent", "Change"].map(|interface| schema.possible(interface)).concat();
    let others = schema.objects().filter(|name| {
        !reached.contains(*name)
            && !name.ends_with("Payload")
            && !events.contains(name)
            && !["Limits", "Model", "Mutation", "PartDelta", "Query", "Subscription"].contains(name)
    });
    assert_eq!(others.collect::<Vec<_>>(), [""; 0], "these types need an authorization test");
}

on_both_databases! {
    async fn another_users_object_looks_like_a_missing_one(kind) {
        let mut world = World::make(kind).await;
        let before = world.rows().await;
        for row in ID_INPUTS.iter().chain(NESTED_ID_INPUTS) {
            for transport in transports(row.query) {
                for (object, id) in &world.ids {
                    let [theirs, nothing] = [id.clone(), nonexistent(id)].map(async |id| {
                        execute(*transport, &world.server, &world.eve, row.query, json!({ "id": id })).await
                    });
                    let (theirs, nothing) = (theirs.await, nothing.await);
                    let context = format!("{} {transport:?} {object:?}: {theirs}", row.takes);
                    assert_eq!(theirs, nothing, "{context}");
                    assert!(!world.mentions_ada(&theirs), "{context}");
                    // NOT_FOUND where the input takes this type; elsewhere the ID has the wrong type.
                    let codes = codes(&theirs);
                    let expected = ["NOT_FOUND", "BAD_USER_INPUT"];
                    assert!(codes == expected[..1] || (!row.of.contains(object) && codes == expected[1..]), "{context}");
                }
            }
        }
        // `nodes` still returns Eve's own object beside objects that she may not see.
        let mine = execute(Transport::Http, &world.server, &world.eve, "{ me { id } }", json!({})).await;
        let (_, mine) = mine.rsplit_once("user_").expect("an id");
        let mine = format!("user_{}", &mine[..32]);
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        for id in world.ids.values() {
            let answer = world.eve.execute(query, json!({ "ids": [id, mine, id] })).await;
            assert_eq!(answer["data"]["nodes"], json!([null, { "id": mine }, null]), "{answer}");
        }
        assert_eq!(world.rows().await, before, "nothing has changed");

        // The running reply continues, and its owner may execute every operation.
        world.call.send_text(" to the end").await;
        let running = world.ids[&world::ObjectKind::Running].clone();
        let mut socket = world.server.socket(&world.ada).await;
        socket.follow(&running, None).await;
        assert_eq!(socket.until("end").await.0, format!("{MARK} to the end"));
        // Those of ID_INPUTS end with the deletion of the objects.
        for row in NESTED_ID_INPUTS.iter().chain(ID_INPUTS) {
            for object in row.of {
                let transport = transports(row.query)[0];
                let answer = execute(transport, &world.server, &world.ada, row.query, json!({ "id": world.ids[object] })).await;
                assert_eq!(codes(&answer), [""; 0], "{} {object:?}: {answer}", row.takes);
            }
        }
    }

    async fn tokens_are_limited_to_their_scope_and_anonymous_callers_are_refused(kind) {
        let world = World::make(kind).await;
        let before = world.rows().await;
        let tried = ID_INPUTS.iter().map(|row| (row.root, Some(row.needs), row.query, row.of));
        let own = OTHER_ROOTS.iter().filter(|row| row.1.is_some()).map(|row| (row.0, row.1, row.2, &[][..]));
        for (root, needs, query, of) in tried.chain(own) {
            let needs = needs.expect("root fields without authentication are left out");
            // With the owner's IDs, and with an ID that does not exist.
            let theirs = of.iter().map(|object| world.ids[object].clone());
            let ids: Vec<String> = theirs.chain([nonexistent(&world.ids[&world::ObjectKind::Message])]).collect();
            for (id, transport) in ids.iter().flat_map(|id| transports(query).iter().map(move |transport| (id, *transport))) {
                let variables = json!({ "id": id, "email": "new@example.com", "password": PASSWORD });
                for client in &world.unauthenticated {
                    let answer = execute(transport, &world.server, client, query, variables.clone()).await;
                    assert_eq!(codes(&answer), ["UNAUTHENTICATED"], "{root} {transport:?}: {answer}");
                }
                for (client, may) in [(&world.reader, Permission::Read), (&world.writer, Permission::Write)] {
                    if needs > may {
                        let answer = execute(transport, &world.server, client, query, variables.clone()).await;
                        assert_eq!(codes(&answer), ["FORBIDDEN"], "{root} {transport:?}: {answer}");
                    }
                }
                if needs == Permission::Read && !of.is_empty() && *id != ids[of.len()] {
                    let answer = execute(transport, &world.server, &world.reader, query, variables.clone()).await;
                    assert_eq!(codes(&answer), [""; 0], "{root} {transport:?}: {answer}");
                }
            }
        }
        assert_eq!(world.rows().await, before, "nothing has changed");
    }

    async fn another_users_cursor_reveals_nothing(kind) {
        let world = World::make(kind).await;
        let before = world.rows().await;
        let eves = "{ me { conversations { nodes { messages(last: 1) { nodes { id } } } } } }";
        let eves = world.eve.data(eves, json!({})).await;
        let reply = &eves["me"]["conversations"]["nodes"][0]["messages"]["nodes"][0]["id"];
        assert!(world.cursors.len() > 10, "there are several of each kind");
        for (path, query, refused) in CURSORS {
            for (cursor, transport) in world.cursors.iter().flat_map(|cursor| transports(query).iter().map(move |transport| (cursor, transport))) {
                let variables = json!({ "id": reply, "cursor": cursor });
                let answer = execute(*transport, &world.server, &world.eve, query, variables).await;
                assert!(!world.mentions_ada(&answer), "{path} {transport:?}: {answer}");
                let codes = codes(&answer);
                assert!(codes == ["BAD_USER_INPUT"] || (!refused && codes.is_empty()), "{path} {transport:?}: {answer}");
            }
        }
        // With `Last-Event-ID`, as a browser's `EventSource` reconnects.
        for query in ["subscription($id: ID!) { reply(messageId: $id) { cursor } }", "subscription { changes { cursor } }"] {
            for cursor in &world.cursors {
                let request = world.server.post().bearer_auth(world.eve.token.as_deref().expect("a token"));
                let request = request.header("accept", "text/event-stream").header("last-event-id", cursor);
                let body = json!({ "query": query, "variables": { "id": reply } });
                let answer = wait_for("an answer", request.json(&body).send()).await.expect("it answers");
                let text = wait_for("its end", answer.text()).await.expect("text");
                assert_eq!(codes(&text), ["BAD_USER_INPUT"], "{text}");
            }
        }
        assert_eq!(world.rows().await, before, "nothing has changed");
    }

    async fn users_reach_only_their_own_objects(kind) {
        let world = World::make(kind).await;
        let schema = Schema::of(&world.server).await;
        let all = format!("{{ me {} }}", crawl::selection(&schema, "User", &[], &mut BTreeSet::new()));
        let adas = world.ada.data(&all, json!({})).await.to_string();
        for (object, id) in &world.ids {
            assert!(adas.contains(id), "this test does not reach Ada's {object:?}");
        }
        let eves = world.eve.data(&all, json!({})).await.to_string();
        assert!(eves.contains("\"content\":\"mine\"") && !world.mentions_ada(&eves), "{eves}");

        let query = format!("query($id: ID!) {{ node(id: $id) {} }}", crawl::of_nodes(&schema));
        for (object, id) in &world.ids {
            let [theirs, nothing] = [id.clone(), nonexistent(id)]
                .map(|id| execute(Transport::Http, &world.server, &world.eve, &query, json!({ "id": id })));
            let (theirs, nothing) = (theirs.await, nothing.await);
            assert_eq!(theirs, nothing, "{object:?}");
            assert!(theirs.contains("\"data\":{\"node\":null}"), "{theirs}");
            let answer = world.ada.execute(&query, json!({ "id": id })).await;
            assert!(answer["errors"].is_null() && world.mentions_ada(&answer.to_string()), "{answer}");
        }

        // The export too.
        let url = world.eve.data("mutation { exportMyData { url } }", json!({})).await["exportMyData"]["url"].take();
        let document = wait_for("a document", world.server.get(url.as_str().expect("an address")).send()).await;
        let document = document.expect("it answers").text().await.expect("text");
        assert!(document.contains("mine") && !world.mentions_ada(&document), "{document}");
    }

    async fn mutations_do_not_affect_other_users(kind) {
        let world = World::make(kind).await;
        let mut follows = world.server.socket(&world.eve).await;
        follows.subscribe("1", "subscription { changes { __typename ... on MessageAdded { message { content } } } }", json!({})).await;
        let next_change = async |socket: &mut crate::support::Socket| {
            let mut message = socket.receive().await.expect("it stays open");
            message["payload"]["data"]["changes"].take()
        };
        assert_eq!(next_change(&mut follows).await["__typename"], "Reload");
        // Both users send the same content with the same idempotency key.
        let twice = json!({ "content": "the same", "model": "echo", "idempotencyKey": "key" });
        let adas = world.ada.send(twice.clone()).await;
        let reply = adas["reply"]["id"].as_str().expect("an id");
        world.server.socket(&world.ada).await.follow_to_end(reply).await;
        let before = world.adas_rows().await;
        let eves = world.eve.send(twice).await;
        for part in ["conversation", "message", "reply"] {
            assert_ne!(adas[part]["id"], eves[part]["id"]);
        }
        // Ada's message came first and is not sent to Eve.
        assert_eq!(next_change(&mut follows).await["__typename"], "ConversationCreated");
        assert_eq!(next_change(&mut follows).await["message"]["content"], "the same");

        let refused = ["Mutation.register", "Mutation.logIn", "Mutation.refreshSession", "Mutation.reauthenticate"];
        for (root, _, query) in OTHER_ROOTS.iter().filter(|row| row.0 != "Subscription.changes") {
            let mut variables = json!({ "email": world.ada.email, "password": PASSWORD, "token": world.ada.token });
            // Ada's address first: it is taken.
            if *root == "Mutation.changeEmail" {
                let answer = execute(Transport::Socket, &world.server, &world.eve, query, variables.clone()).await;
                assert_eq!(codes(&answer), ["CONFLICT"], "{answer}");
                variables["email"] = Value::from(world.eve.email.to_uppercase());
            }
            // Deleting the account closes Eve's sockets, possibly before the answer.
            let transport = if *root == "Mutation.deleteAccount" { Transport::Http } else { Transport::Socket };
            let answer = execute(transport, &world.server, &world.eve, query, variables).await;
            assert!(!world.mentions_ada(&answer), "{root}: {answer}");
            assert_eq!(codes(&answer).is_empty(), !refused.contains(root), "{root}: {answer}");
        }
        assert_eq!(world.adas_rows().await, before, "Ada's rows are unchanged");
        let (conversation, _) = world.ada.send_echo("still here", Some(&world.ids[&world::ObjectKind::Conversation])).await;
        assert_eq!(conversation, world.ids[&world::ObjectKind::Conversation]);
    }
}
