//! Documents that ask for too much: refused before anything else is done, alike over every transport.

use crate::support::{Answer, Client, GRAPHQL, JSON, Kind, Server, code, codes, in_production};
use confab::config::Environment::Development;
use serde_json::{Value, json};

/// The errors of a request that is refused, which must be the same whatever it comes over.
async fn refused(server: &Server, client: &Client, request: &Value) -> Value {
    let mut answers = Vec::new();
    for accept in [GRAPHQL, JSON, "text/event-stream"] {
        let post = server.post().bearer_auth(client.token.as_deref().expect("signed in"));
        let answer = Answer::to(post.header("accept", accept).json(request)).await;
        let streamed = answer.header("content-type").starts_with("text/event-stream");
        answers.push(if streamed {
            let data = answer.text().lines().find_map(|line| line.strip_prefix("data: ")).expect("an event");
            serde_json::from_str(data).expect("it is JSON")
        } else {
            answer.json()
        });
    }
    let mut socket = server.socket(client).await;
    socket.say(json!({ "type": "subscribe", "id": "1", "payload": request })).await;
    let mut message = socket.hear().await.expect("the socket stays open");
    assert_eq!(message["type"], "error", "{message}");
    answers.push(json!({ "errors": message["payload"].take() }));
    for answer in &answers {
        assert_eq!(answer, &answers[0], "{request:.300}");
        assert_eq!(answer.get("data"), None);
    }
    answers.swap_remove(0)["errors"].take()
}

fn asking(query: impl Into<String>) -> Value {
    json!({ "query": query.into() })
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_is_kept_over_every_transport() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let (parse, valid) = ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED");
    let ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } b: nodes(ids: $ids) { id } }";
    for (expected, told, request) in [
        (parse, "65536 bytes", asking(format!("{{ node(id: \"{}\") {{ id }} }}", "x".repeat(65_536)))),
        (parse, "1000 tokens", asking(format!("{{ me {{ {} }} }}", "id ".repeat(996)))),
        (parse, "16384 bytes of comments", asking(format!("{{ me {{ id }} }} #{}", "x".repeat(16_384)))),
        (parse, "48 deep", asking(nested("{a", "", "}", 49))),
        (parse, "48 deep", asking(format!("{{ a(x: {}) }}", nested("[", "", "]", 47)))),
        (parse, "48 deep", asking(format!("query($a: {}) {{ a }}", nested("[", "I", "]", 48)))),
        (parse, "200 characters", asking(format!("{{ {} }}", "a".repeat(201)))),
        (parse, "unterminated", asking("{ node(id: \"\"\"\") { id } }")),
        (
            valid,
            "64 deep",
            asking(format!(
                "{{ me {{ ...A }} }} fragment A on User {} fragment B on User {}",
                nested("{ ...", "{ ...B }", "}", 40),
                nested("{ ...", "{ id }", "}", 40),
            )),
        ),
        (valid, "nesting is 21", asking(nested("{a", "", "}", 21))),
        (
            valid,
            "100 operations and fragments",
            asking((0..101).map(|i| format!("query Q{i}{{me{{id}}}}")).collect::<String>()),
        ),
        (
            valid,
            "root fields is 21",
            asking(format!("{{ ...F }} fragment F on Query {{ {} }}", "me { id } ".repeat(21))),
        ),
        (
            valid,
            "aliases is 31",
            asking(format!("{{ me {{ {} }} }}", (0..31).map(|i| format!("a{i}: id ")).collect::<String>())),
        ),
        (
            valid,
            "directives is 32",
            asking(format!("query($v: Int {0}) {{ me {{ id {0} }} }}", "@skip(if: false) ".repeat(16))),
        ),
        (
            valid,
            "fields and fragments is 2001",
            asking(format!(
                "{{ me {{ {} }} }} fragment F on User {{ {} }}",
                "...F ".repeat(20),
                "id ".repeat(99)
            )),
        ),
        // All operations are looked at, whichever is meant.
        (
            valid,
            "fields and fragments is",
            json!({ "operationName": "A", "query": format!(
                "query A {{ me {{ id }} }} {} fragment F on User {{ {} }}",
                (0..30).map(|i| format!("query B{i} {{ me {{ ...F }} }} ")).collect::<String>(), "id ".repeat(90),
            )}),
        ),
        (valid, "`U` is never used", asking("{ me { id } } fragment U on User { id }")),
        (valid, "1000 values", json!({ "query": ids, "variables": { "ids": vec!["x"; 501] } })),
        (valid, "1000 values", json!({ "query": ids, "variables": { "ids": [], "unused": vec![0; 1000] } })),
        (valid, "1000 values", json!({ "query": ids, "variables": { "ids": vec![0; 30_000] } })),
    ] {
        let errors = refused(&server, &client, &request).await;
        let message = errors[0]["message"].as_str().expect("a message");
        assert!(message.contains(told), "{told}: {message}");
        assert_eq!((code(&errors[0]), errors.as_array().map(Vec::len)), (expected, Some(1)), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_as_they_are_set() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.documents.max_tokens = 30;
        config.documents.max_document = 1024;
        config.documents.max_definitions = 2;
        config.documents.max_selections = 10;
        config.documents.max_root_fields = 2;
        config.documents.max_values = 15;
    })
    .await;
    let client = server.register().await;
    let ask = async |request: Value| {
        client.ask(request["query"].as_str().unwrap(), request["variables"].clone()).await
    };
    let nodes = |count: usize| json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": vec!["x"; count] } });
    for (passes, request) in [
        (true, asking(format!("{{ me {{ {} }} }}", "id ".repeat(9)))),
        (false, asking(format!("{{ me {{ {} }} }}", "id ".repeat(10)))),
        (true, asking("{ me { id } me { id } }")),
        (false, asking("{ me { id } me { id } me { id } }")),
        (true, asking("{ me { ...F } } fragment F on User { id }")),
        (false, asking("{ me { ...F ...G } } fragment F on User { id } fragment G on User { id }")),
        (true, asking(format!("{{ me {{ id {} }} }}", ",".repeat(1000)))),
        (false, asking(format!("{{ me {{ id {} }} }}", ",".repeat(1024)))),
        (true, asking("{ nodes(ids: [1 2 3 4 5 6 7 8 9 0 1 2 3]) { id } }")),
        (false, asking("{ nodes(ids: [1 2 3 4 5 6 7 8 9 0 1 2 3 4 5]) { id } }")),
        (true, nodes(14)),
        (false, nodes(15)),
    ] {
        let answer = ask(request.clone()).await;
        let refusal = answer["errors"][0]["message"].as_str().unwrap_or_default();
        let limited = ["at most", "more than"].iter().any(|words| refusal.contains(words));
        assert_eq!(!limited, passes, "{request}: {answer}");
    }
}

/// Whatever is written in a document, it is the parser's word what it means.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brackets_in_strings_and_comments_do_not_count() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let many = "{[(".repeat(500);
    let query = format!(
        "query($id: ID = \"{many}\" $b: ID = \"\"\"{many}\"\n\"\"\") {{ # {many}\"\n  me {{ id }} node(id: $id) {{ id }} x: node(id: $b) {{ id }} }}"
    );
    let answer = client.ask(&query, json!({})).await;
    assert!(answer["data"]["me"]["id"].is_string(), "{answer}");
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_errors_the_last_tells_how_many_more_there_are() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let unknown = |count: usize| (0..count).map(|i| format!("x{i} ")).collect::<String>();
    for (asked, told, last) in
        [(50, 50, "type `User`"), (51, 50, "and 2 more errors"), (300, 50, "and 251 more errors")]
    {
        let errors =
            refused(&server, &client, &asking(format!("{{ me {{ id {} }} }}", unknown(asked)))).await;
        let errors = errors.as_array().expect("errors");
        assert_eq!(errors.len(), told);
        let message = errors[told - 1]["message"].as_str().expect("a message");
        assert!(message.starts_with(last), "{message}");
        assert!(errors.iter().all(|error| code(error) == "GRAPHQL_VALIDATION_FAILED"));
    }
    // The same of what fails while it is executed.
    let ids = vec!["conversation_00000000000000000000000000000000"; 80];
    let answer = client.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
    assert_eq!(answer["data"]["nodes"].as_array().map(Vec::len), Some(80));
    assert_eq!(codes(&answer), ["NOT_FOUND"; 50]);
    assert_eq!(answer["errors"][49]["message"], "and 31 more errors");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_production_nothing_is_hinted_at_nor_described() {
    let server = Server::with(Kind::Sqlite, in_production).await;
    let client = server.register().await;
    for query in [
        "{ mee { id } }",
        "{ me { nam } }",
        "{ me { conversations(firs: 1) { nodes { id } } } }",
        "{ me { id @skip(iff: true) } }",
        "{ me { id @skipp(if: true) } }",
        "{ me { ... on Usr { id } } }",
        "query($a: RegisterInpt) { me { id } }",
        "mutation { register(input: { emial: \"\" }) { accessToken } }",
        "mutation { createConversation(input: { titel: \"\" }) { conversation { id } } }",
    ] {
        let errors = refused(&server, &client, &asking(query)).await.to_string();
        assert!(errors.contains("GRAPHQL_VALIDATION_FAILED"), "{query}: {errors}");
        assert!(!errors.contains("Did you mean"), "{query}: {errors}");
    }
    for query in [
        "{ __schema { types { name } } }",
        "{ a: __schema { types { name } } }",
        "{ a: __type(name: \"User\") { fields { name } } }",
        "query A($name: String!) { ...F } fragment F on Query { ... { b: __type(name: $name) { name } } }",
        "{ ... on Query { ... @include(if: true) { __schema { queryType { name } } } } }",
        "query A { me { id } } query B { __schema { queryType { name } } }",
        "mutation { __schema { queryType { name } } }",
        "subscription { __schema { queryType { name } } }",
    ] {
        let mut request = asking(query);
        request["variables"] = json!({ "name": "User" });
        if query.contains("query A") {
            request["operationName"] = json!("A");
        }
        let errors = refused(&server, &client, &request).await;
        assert_eq!(errors[0]["message"], "Introspection is disabled on this server.", "{query}");
    }
    assert_eq!(client.data("{ a: __typename me { b: __typename } }", json!({})).await["me"]["b"], "User");
}

/// What GraphiQL asks when it is opened, and as much as any client does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_development_the_whole_schema_is_described() {
    let server = Server::start(Kind::Sqlite).await;
    assert_eq!(server.config.env, Development);
    let of_type = |levels: usize| nested("ofType { kind name ", "", "} ", levels);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }}
           subscriptionType {{ name kind }} types {{ ...FullType }}
           directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name description specifiedByURL isOneOf
           fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }}
             type {{ ...TypeRef }} isDeprecated deprecationReason }}
           inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
           enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
           possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated
           deprecationReason }}
         fragment TypeRef on __Type {{ kind name {} }}",
        of_type(9)
    );
    let schema = server.stranger().data(&query, json!({})).await;
    assert!(schema["__schema"]["types"].as_array().is_some_and(|types| types.len() > 30), "{schema:.500}");
}
