//! The rules of the GraphQL specification for documents, variables and operations, as clients see them. `conformance`
//! compares generated documents with graphql-js.

use crate::support::{Client, GRAPHQL, HttpResponse, JSON, Kind, Server, code, codes};
use serde_json::{Value, json};

const UPDATE: &str = "mutation($id: ID!, $t: String, $p: String) {
    updateConversation(input: { id: $id, title: $t, systemPrompt: $p }) { conversation { title systemPrompt } } }";
const CREATE: &str = "createConversation(input: { title: \"one\" }) { conversation { id } }";
const COUNT: &str = "{ me { conversations { totalCount } } }";

async fn count(client: &Client) -> Value {
    client.data(COUNT, json!({})).await["me"]["conversations"]["totalCount"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_variable_leaves_its_field_out() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let create = "mutation { createConversation(input: { title: \"a\", systemPrompt: \"b\" }) { conversation { id } } }";
    let id = client.data(create, json!({})).await["createConversation"]["conversation"]["id"].take();
    for (given, title, prompt) in [
        (json!({ "id": id, "t": "c" }), json!("c"), json!("b")),
        (json!({ "id": id, "p": "d" }), json!("c"), json!("d")),
        (json!({ "id": id }), json!("c"), json!("d")),
        (json!({ "id": id, "p": null }), json!("c"), json!(null)),
    ] {
        let data = client.data(UPDATE, given.clone()).await;
        let conversation = &data["updateConversation"]["conversation"];
        assert_eq!((&conversation["title"], &conversation["systemPrompt"]), (&title, &prompt), "{given}");
    }
    // An argument's default applies if its variable is absent.
    let query = "query($ids: [ID!]!, $first: Int) { nodes(ids: $ids) { id } me { conversations(first: $first) { nodes { id } } } }";
    assert_eq!(client.data(query, json!({ "ids": [] })).await["me"]["conversations"]["nodes"][0]["id"], id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_selected_twice_runs_once() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let twice = format!(
        "mutation {{ {CREATE} {CREATE} ...F ... {{ {CREATE} }} }} fragment F on Mutation {{ {CREATE} }}"
    );
    client.data(&twice, json!({})).await;
    assert_eq!(count(&client).await, 1);
    let two = format!("mutation {{ {CREATE} again: {CREATE} }}");
    client.data(&two, json!({})).await;
    assert_eq!(count(&client).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_value_anywhere_prevents_execution() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for (rest, variables) in [
        ("me: sendMessage(input: { content: 5 }) { message { id } }", json!({})),
        ("me: sendMessage(input: { content: \"a\", nope: 1 }) { message { id } }", json!({})),
        ("me: sendMessage(input: { content: \"a\", whenBusy: \"QUEUE\" }) { message { id } }", json!({})),
        (
            "me: sendMessage(input: $input) { message { id } }",
            json!({ "input": { "content": "a", "nope": 1 } }),
        ),
        ("me: sendMessage(input: $input) { message { id } }", json!({ "input": [] })),
        ("me: sendMessage(input: $input) { message { id } }", json!({ "input": 7 })),
        ("me: sendMessage(input: $input) { message { id } }", json!({})),
    ] {
        let head = if rest.contains('$') { "mutation($input: SendMessageInput!)" } else { "mutation" };
        let answer = client.execute(&format!("{head} {{ {CREATE} {rest} }}"), variables).await;
        assert_eq!(answer.get("data"), None, "{rest}: {answer}");
        assert!(codes(&answer).iter().all(|code| *code == "GRAPHQL_VALIDATION_FAILED"), "{answer}");
    }
    assert_eq!(count(&client).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_in_variables_name_the_variable_and_the_path() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let send = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }";
    let nodes = "query($ids: [ID!]!, $n: Int) { nodes(ids: $ids) { id } me { conversations(first: $n) { nodes { id } } } }";
    for (query, variables, terms) in [
        (send, json!({ "input": { "content": 5 } }), &["$input", "input.content"][..]),
        (send, json!({ "input": { "content": "a", "contents": "b" } }), &["contents", "SendMessageInput"]),
        (send, json!({ "input": {} }), &["content", "String!"]),
        (send, json!({ "input": { "content": "a", "whenBusy": "SOON" } }), &["input.whenBusy"]),
        (send, json!({}), &["$input", "SendMessageInput!"]),
        (nodes, json!({ "ids": ["a", null] }), &["ids[1]"]),
        (nodes, json!({ "ids": [], "n": 2_147_483_648_u64 }), &["$n"]),
        (nodes, json!({ "ids": [], "n": 1.5 }), &["$n"]),
        (nodes, json!({ "ids": [], "n": "1" }), &["$n"]),
        (nodes, json!({ "ids": [true], "n": 1 }), &["ids[0]"]),
    ] {
        let answer = client.execute(query, variables).await;
        assert_eq!(
            (answer.get("data"), codes(&answer)),
            (None, vec!["GRAPHQL_VALIDATION_FAILED"]),
            "{answer}"
        );
        // The message names the variable, the path within it, and the types.
        let message = answer["errors"][0]["message"].as_str().expect("a message");
        assert!(terms.iter().all(|term| message.contains(term)), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equivalent_json_numbers_are_accepted() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for number in ["20", "20.0", "2e1", "200e-1"] {
        let body = format!(
            "{{\"query\": \"query($n: Int) {{ me {{ conversations(first: $n) {{ nodes {{ id }} }} }} }}\", \"variables\": {{\"n\": {number}}}}}"
        );
        let request = server.post().bearer_auth(client.token.as_deref().expect("signed in"));
        let answer = HttpResponse::to(request.header("content-type", JSON).body(body)).await.json();
        assert_eq!(answer["data"]["me"]["conversations"]["nodes"], json!([]), "{number}: {answer}");
    }
    // An ID may be a number of any size, although none of the server's IDs is one.
    for query in ["{ node(id: 7) { id } }", "{ node(id: 18446744073709551616) { id } }"] {
        assert_eq!(codes(&client.execute(query, json!({})).await), ["BAD_USER_INPUT"], "{query}");
    }
    let query = "query($id: ID!) { node(id: $id) { id } }";
    for id in [json!(7), json!(u64::MAX), json!(1e20)] {
        assert_eq!(codes(&client.execute(query, json!({ "id": id })).await), ["BAD_USER_INPUT"], "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn valid_documents_are_executed_and_invalid_ones_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for query in [
        "query A { me { id } } query B($v: Int!) { me { id conversations(first: $v) { nodes { id } } } }",
        "query A($yes: Boolean!) { __typename @include(if: $yes) }",
        "query A { me { id ... , on User { name } } }",
        "\"about\" query A(\"about\" $yes: Boolean = true) { me { id @include(if: $yes) } }",
        "query A($ids: [ # of them\n ID , !] ! = [\"\\ud83d\\ude00 \\u{1F600}\"]) { nodes(ids: $ids) { id } }",
        "query A { ... on # here\n Query { models { id } } }",
        "query A { nodes(ids: [\"\"\"\n  a \\\"\"\" b\n\"\"\"]) { id } }",
        "\u{feff}query A { models { id } }",
    ] {
        let body = json!({ "query": query, "operationName": "A", "variables": { "yes": true } });
        let request = server.post().bearer_auth(client.token.as_deref().expect("signed in")).json(&body);
        let answer = HttpResponse::to(request).await.json();
        assert!(answer["data"].is_object(), "{query}: {answer}");
    }
    for (query, expected) in [
        ("queryQ{ me { id } }", "GRAPHQL_PARSE_FAILED"),
        ("query () { me { id } }", "GRAPHQL_PARSE_FAILED"),
        ("{ me { conversations(first: 00) { nodes { id } } } }", "GRAPHQL_PARSE_FAILED"),
        ("{ ...on } fragment on on Query { me { id } }", "GRAPHQL_PARSE_FAILED"),
        ("{ node(id: \"a\" x) { id } }", "GRAPHQL_PARSE_FAILED"),
        ("query($a: [Nope] = [1]) { me { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int) { nodes(ids: [$a]) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: ID) { node(id: $a) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: __typename a: me { id } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ me { ...A ...B } } fragment A on User { x: id } fragment B on User { x: name }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ __typename { id } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "mutation { createConversation(input: { title: \"a\", title: \"b\" }) { conversation { id } } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "query($a: Int @skip(if: true)) { me { id @include(if: true) conversations(first: $a) { nodes { id } } } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription { changes { cursor } other: changes { cursor } }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let answer = client.execute(query, json!({})).await;
        assert_eq!(answer.get("data"), None, "{query}: {answer}");
        assert_eq!(code(&answer["errors"][0]), expected, "{query}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_field_may_be_in_fragments_and_repeated() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for query in [
        "subscription { ...F } fragment F on Subscription { changes { cursor } }",
        "subscription { ... { ... on Subscription { changes { __typename } } } changes { cursor } }",
        "subscription { changes { cursor } changes { __typename } }",
    ] {
        let mut socket = server.socket(&client).await;
        socket.subscribe("1", query, json!({})).await;
        let event = socket.receive().await.expect("an event");
        assert!(event["payload"]["data"]["changes"].is_object(), "{query}: {event}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_merged_fields_are_reported_once_with_all_locations() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    client.send_echo("hello", None).await;
    let answer =
        client.execute("{ a: node(id: \"x\") { id } a: node(id: \"x\") { __typename } }", json!({})).await;
    let places = json!([{ "line": 1, "column": 3 }, { "line": 1, "column": 27 }]);
    assert_eq!(answer["data"], json!({ "a": null }));
    assert_eq!((codes(&answer), &answer["errors"][0]["locations"]), (vec!["BAD_USER_INPUT"], &places));
    let query = "{ me { conversations { nodes { messages(first: 0) { nodes { id } } messages(first: 0) { totalCount } } } } }";
    let answer = client.execute(query, json!({})).await;
    assert_eq!(answer["errors"][0]["path"], json!(["me", "conversations", "nodes", 0, "messages"]));
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
    // Several errors are always reported in the same order.
    let query = "{ a: node(id: \"x\") { id } b: conversation(id: \"conversation_00000000000000000000000000000000\") { id } c: node(id: \"y\") { id } }";
    for _ in 0..5 {
        assert_eq!(
            codes(&client.execute(query, json!({})).await),
            ["BAD_USER_INPUT", "NOT_FOUND", "BAD_USER_INPUT"]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn introspection_describes_the_schema() {
    let server = Server::start(Kind::Sqlite).await;
    let query = "query($name: String!) { __schema { description queryType { name } } a: __typename
        node: __type(name: \"Node\") { kind interfaces { name } possibleTypes { name } isOneOf }
        input: __type(name: $name) { kind one: isOneOf inputFields { name } }
        time: __type(name: \"DateTime\") { specifiedByURL } none: __type(name: \"Nope\") { name } }";
    let data = server.anonymous().data(query, json!({ "name": "LogInInput" })).await;
    assert_eq!(data["__schema"], json!({ "description": null, "queryType": { "name": "Query" } }));
    assert_eq!((&data["node"]["interfaces"], &data["node"]["isOneOf"]), (&json!([]), &json!(null)));
    assert_eq!(data["input"]["one"], json!(false));
    assert!(data["input"]["inputFields"].as_array().is_some_and(|fields| fields.len() == 2));
    assert!(data["time"]["specifiedByURL"].is_string());
    assert_eq!(data["none"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_operations_ignore_an_invalid_token() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let bad = Client::new(server.address, Some("nonsense".into()));
    let refresh =
        "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) { accessToken } }";
    let register = "mutation($email: String!) { register(input: { email: $email, password: \"correct horse battery\" }) { accessToken } }";
    let log_out = "mutation { logOut(input: { refreshToken: \"x\" }) { loggedOut } }";
    for (query, variables) in [
        (refresh, json!({ "token": client.refresh_token })),
        (register, json!({ "email": "other@example.com" })),
        (log_out, json!({})),
        ("{ models { id } __typename }", json!({})),
        ("query Q { ...F } fragment F on Query { models { id } }", json!({})),
    ] {
        let answer = bad.execute(query, variables).await;
        assert_eq!(codes(&answer), [""; 0], "{query}: {answer}");
    }
    for query in [
        "{ me { id } }",
        "{ models { id } me { id } }",
        "{ __typename }",
        "{ nope }",
        "mutation { stopReply(input: { messageId: \"x\" }) { message { id } } }",
    ] {
        let request = server.post().bearer_auth("nonsense").json(&json!({ "query": query }));
        let answer = HttpResponse::to(request).await;
        assert_eq!((answer.status, code(&answer.refusal())), (401, "UNAUTHENTICATED"), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_mutation_by_get_is_not_charged_as_executed() {
    let server = Server::with(Kind::Sqlite, |config| config.throttling.cost_rate = 2000).await;
    let client = server.register().await;
    let query = format!("mutation {{ {CREATE} }}");
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    for _ in 0..20 {
        let request = server.get(&format!("/graphql?query={query}"));
        let request = request.bearer_auth(client.token.as_deref().expect("signed in"));
        let answer = HttpResponse::to(request.header("accept", GRAPHQL)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    }
    assert_eq!(count(&client).await, 0);
}
