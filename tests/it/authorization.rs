//! Authorization tests derived from the schema: every input that takes an ID is tried by callers without access.
//!
//! Ada owns one object of each type. Eve has an account of her own and knows all of Ada's IDs and cursors. The server's
//! answer to Eve must be, byte for byte, its answer about an object that does not exist. [`table`] lists every input of
//! the schema; a new field that is not listed there fails the first test.

mod asking;
mod crawl;
mod schema;
mod table;
mod world;

use crate::support::{Kind, PASSWORD, Server, on_both_databases, soon};
use asking::{Way, ask, codes, ways};
use schema::Schema;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use table::{INPUTS, Leads, NAMED, Needs, OWN, PLACES};
use world::{MARK, World, made_up};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_the_schema_is_forgotten() {
    let schema = Schema::of(&Server::start(Kind::Sqlite).await).await;
    let inputs = schema.inputs();
    let table: BTreeMap<&str, Leads> = INPUTS.iter().copied().collect();
    assert_eq!(inputs.keys().collect::<Vec<_>>(), table.keys().collect::<Vec<_>>(), "what the schema takes");
    for (path, of) in &inputs {
        let leads = table[path.as_str()];
        assert_eq!(of == "ID", leads == Leads::Object, "{path}: an input of type ID must name an object");
        let place = ["(after:)", "(before:)"].iter().any(|end| path.ends_with(end));
        assert_eq!(place, leads == Leads::Place, "{path}");
    }
    let that_lead =
        |to| INPUTS.iter().filter(move |row| row.1 == to).map(|row| row.0).collect::<BTreeSet<_>>();
    assert_eq!(that_lead(Leads::Object), NAMED.iter().map(|row| row.takes).collect());
    assert_eq!(that_lead(Leads::Place), PLACES.iter().map(|row| row.0).collect());

    let roots: BTreeSet<&str> = NAMED.iter().map(|row| row.root).chain(OWN.iter().map(|row| row.0)).collect();
    let of_the_schema = schema.roots();
    assert_eq!(roots, of_the_schema.iter().map(String::as_str).collect(), "the root fields");
    assert_eq!(roots.len(), NAMED.len() + OWN.len(), "each root field is listed once");

    // A type that `me` does not reach must be a payload, an event of a subscription, a root, or public.
    let mut reached = BTreeSet::new();
    crawl::selection(&schema, "User", &[], &mut reached);
    let events = ["ReplyEvent", "Change"].map(|interface| schema.possible(interface)).concat();
    let others = schema.objects().filter(|name| {
        !reached.contains(*name)
            && !name.ends_with("Payload")
            && !events.contains(name)
            && !["Query", "Mutation", "Subscription", "Model"].contains(name)
    });
    assert_eq!(others.collect::<Vec<_>>(), [""; 0], "these types need an authorization test");
}

on_both_databases! {
    async fn a_strangers_object_is_as_one_that_never_was(kind) {
        let mut world = World::make(kind).await;
        let before = world.rows().await;
        for row in NAMED {
            for way in ways(row.query) {
                for (whose, id) in &world.ids {
                    let [theirs, nothing] = [id.clone(), made_up(id)].map(async |id| {
                        ask(*way, &world.server, &world.eve, row.query, json!({ "id": id })).await
                    });
                    let (theirs, nothing) = (theirs.await, nothing.await);
                    let named = format!("{} {way:?} {whose:?}: {theirs}", row.takes);
                    assert_eq!(theirs, nothing, "{named}");
                    assert!(!world.tells(&theirs), "{named}");
                    // NOT_FOUND where the input takes this type; elsewhere the ID has the wrong type.
                    let codes = codes(&theirs);
                    let expected = ["NOT_FOUND", "BAD_USER_INPUT"];
                    assert!(codes == expected[..1] || (!row.of.contains(whose) && codes == expected[1..]), "{named}");
                }
            }
        }
        // `nodes` still returns Eve's own object beside objects that she may not see.
        let mine = ask(Way::Http, &world.server, &world.eve, "{ me { id } }", json!({})).await;
        let (_, mine) = mine.rsplit_once("user_").expect("an id");
        let mine = format!("user_{}", &mine[..32]);
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        for id in world.ids.values() {
            let answer = world.eve.ask(query, json!({ "ids": [id, mine, id] })).await;
            assert_eq!(answer["data"]["nodes"], json!([null, { "id": mine }, null]), "{answer}");
        }
        assert_eq!(world.rows().await, before, "nothing has changed");

        // The running reply continues, and its owner may execute every operation.
        world.call.say(" to the end").await;
        let running = world.ids[&world::Whose::Running].clone();
        let mut socket = world.server.socket(&world.ada).await;
        socket.follow(&running, None).await;
        assert_eq!(socket.until("end").await.0, format!("{MARK} to the end"));
        for row in NAMED {
            for whose in row.of {
                let way = ways(row.query)[0];
                let answer = ask(way, &world.server, &world.ada, row.query, json!({ "id": world.ids[whose] })).await;
                assert_eq!(codes(&answer), [""; 0], "{} {whose:?}: {answer}", row.takes);
            }
        }
    }

    async fn a_token_does_what_it_is_for_and_nobody_does_anything(kind) {
        let world = World::make(kind).await;
        let before = world.rows().await;
        let tried = NAMED.iter().map(|row| (row.root, Some(row.needs), row.query, row.of));
        let own = OWN.iter().filter(|row| row.1.is_some()).map(|row| (row.0, row.1, row.2, &[][..]));
        for (root, needs, query, of) in tried.chain(own) {
            let needs = needs.expect("root fields without authentication are left out");
            // With the owner's IDs, and with an ID that does not exist.
            let theirs = of.iter().map(|whose| world.ids[whose].clone());
            let ids: Vec<String> = theirs.chain([made_up(&world.ids[&world::Whose::Message])]).collect();
            for (id, way) in ids.iter().flat_map(|id| ways(query).iter().map(move |way| (id, *way))) {
                let variables = json!({ "id": id, "email": "new@example.com", "password": PASSWORD });
                for nobody in &world.nobodies {
                    let answer = ask(way, &world.server, nobody, query, variables.clone()).await;
                    assert_eq!(codes(&answer), ["UNAUTHENTICATED"], "{root} {way:?}: {answer}");
                }
                for (client, may) in [(&world.reader, Needs::Reading), (&world.writer, Needs::Writing)] {
                    if needs > may {
                        let answer = ask(way, &world.server, client, query, variables.clone()).await;
                        assert_eq!(codes(&answer), ["FORBIDDEN"], "{root} {way:?}: {answer}");
                    }
                }
                if needs == Needs::Reading && !of.is_empty() && *id != ids[of.len()] {
                    let answer = ask(way, &world.server, &world.reader, query, variables.clone()).await;
                    assert_eq!(codes(&answer), [""; 0], "{root} {way:?}: {answer}");
                }
            }
        }
        assert_eq!(world.rows().await, before, "nothing has changed");
    }

    async fn a_strangers_place_leads_nowhere(kind) {
        let world = World::make(kind).await;
        let before = world.rows().await;
        let eves = "{ me { conversations { nodes { messages(last: 1) { nodes { id } } } } } }";
        let eves = world.eve.data(eves, json!({})).await;
        let reply = &eves["me"]["conversations"]["nodes"][0]["messages"]["nodes"][0]["id"];
        assert!(world.cursors.len() > 10, "there are several of each kind");
        for (path, query, refused) in PLACES {
            for (cursor, way) in world.cursors.iter().flat_map(|cursor| ways(query).iter().map(move |way| (cursor, way))) {
                let variables = json!({ "id": reply, "cursor": cursor });
                let answer = ask(*way, &world.server, &world.eve, query, variables).await;
                assert!(!world.tells(&answer), "{path} {way:?}: {answer}");
                let codes = codes(&answer);
                assert!(codes == ["BAD_USER_INPUT"] || (!refused && codes.is_empty()), "{path} {way:?}: {answer}");
            }
        }
        // With `Last-Event-ID`, as a browser's `EventSource` reconnects.
        for query in ["subscription($id: ID!) { reply(messageId: $id) { cursor } }", "subscription { changes { cursor } }"] {
            for cursor in &world.cursors {
                let request = world.server.post().bearer_auth(world.eve.token.as_deref().expect("a token"));
                let request = request.header("accept", "text/event-stream").header("last-event-id", cursor);
                let body = json!({ "query": query, "variables": { "id": reply } });
                let answer = soon("an answer", request.json(&body).send()).await.expect("it answers");
                let text = soon("its end", answer.text()).await.expect("text");
                assert_eq!(codes(&text), ["BAD_USER_INPUT"], "{text}");
            }
        }
        assert_eq!(world.rows().await, before, "nothing has changed");
    }

    async fn whatever_is_reached_is_ones_own(kind) {
        let world = World::make(kind).await;
        let schema = Schema::of(&world.server).await;
        let all = format!("{{ me {} }}", crawl::selection(&schema, "User", &[], &mut BTreeSet::new()));
        let adas = world.ada.data(&all, json!({})).await.to_string();
        for (whose, id) in &world.ids {
            assert!(adas.contains(id), "this test does not reach Ada's {whose:?}");
        }
        let eves = world.eve.data(&all, json!({})).await.to_string();
        assert!(eves.contains("\"content\":\"mine\"") && !world.tells(&eves), "{eves}");

        let query = format!("query($id: ID!) {{ node(id: $id) {} }}", crawl::of_nodes(&schema));
        for (whose, id) in &world.ids {
            let [theirs, nothing] = [id.clone(), made_up(id)]
                .map(|id| ask(Way::Http, &world.server, &world.eve, &query, json!({ "id": id })));
            let (theirs, nothing) = (theirs.await, nothing.await);
            assert_eq!(theirs, nothing, "{whose:?}");
            assert!(theirs.contains("\"data\":{\"node\":null}"), "{theirs}");
            let answer = world.ada.ask(&query, json!({ "id": id })).await;
            assert!(answer["errors"].is_null() && world.tells(&answer.to_string()), "{answer}");
        }

        // The export too.
        let url = world.eve.data("mutation { exportMyData { url } }", json!({})).await["exportMyData"]["url"].take();
        let document = soon("a document", world.server.get(url.as_str().expect("an address")).send()).await;
        let document = document.expect("it answers").text().await.expect("text");
        assert!(document.contains("mine") && !world.tells(&document), "{document}");
    }

    async fn who_changes_what_is_theirs_changes_nothing_of_anothers(kind) {
        let world = World::make(kind).await;
        let mut follows = world.server.socket(&world.eve).await;
        follows.subscribe("1", "subscription { changes { __typename ... on MessageAdded { message { content } } } }", json!({})).await;
        let hear = async |socket: &mut crate::support::Socket| {
            let mut message = socket.hear().await.expect("it stays open");
            message["payload"]["data"]["changes"].take()
        };
        assert_eq!(hear(&mut follows).await["__typename"], "Reload");
        // Both users send the same content with the same idempotency key.
        let twice = json!({ "content": "the same", "model": "echo", "idempotencyKey": "key" });
        let adas = world.ada.send(twice.clone()).await;
        let reply = adas["reply"]["id"].as_str().expect("an id");
        world.server.socket(&world.ada).await.to_the_end(reply).await;
        let before = world.adas_rows().await;
        let eves = world.eve.send(twice).await;
        for part in ["conversation", "message", "reply"] {
            assert_ne!(adas[part]["id"], eves[part]["id"]);
        }
        // Ada's message came first and is not sent to Eve.
        assert_eq!(hear(&mut follows).await["__typename"], "ConversationCreated");
        assert_eq!(hear(&mut follows).await["message"]["content"], "the same");

        let refused = ["Mutation.register", "Mutation.logIn", "Mutation.refreshSession", "Mutation.reauthenticate"];
        for (root, _, query) in OWN.iter().filter(|row| row.0 != "Subscription.changes") {
            let mut variables = json!({ "email": world.ada.email, "password": PASSWORD, "token": world.ada.token });
            // Ada's address first: it is taken.
            if *root == "Mutation.changeEmail" {
                let answer = ask(Way::Socket, &world.server, &world.eve, query, variables.clone()).await;
                assert_eq!(codes(&answer), ["CONFLICT"], "{answer}");
                variables["email"] = Value::from(world.eve.email.to_uppercase());
            }
            // Deleting the account closes Eve's sockets, possibly before the answer.
            let way = if *root == "Mutation.deleteAccount" { Way::Http } else { Way::Socket };
            let answer = ask(way, &world.server, &world.eve, query, variables).await;
            assert!(!world.tells(&answer), "{root}: {answer}");
            assert_eq!(codes(&answer).is_empty(), !refused.contains(root), "{root}: {answer}");
        }
        assert_eq!(world.adas_rows().await, before, "Ada's rows are unchanged");
        let (conversation, _) = world.ada.say("still here", Some(&world.ids[&world::Whose::Conversation])).await;
        assert_eq!(conversation, world.ids[&world::Whose::Conversation]);
    }
}
