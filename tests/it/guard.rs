//! The limits on documents: a document over a limit is refused before anything else is done, over every transport.

use crate::support::{Client, GRAPHQL, HttpResponse, JSON, Kind, Server, code, codes, in_production};
use confab::config::Environment::Development;
use serde_json::{Value, json};

/// Returns the errors of a refused request, which must be the same over every transport.
async fn refused(server: &Server, client: &Client, request: &Value) -> Value {
    let mut answers = Vec::new();
    for accept in [GRAPHQL, JSON, "text/event-stream"] {
        let post = server.post().bearer_auth(client.token.as_deref().expect("signed in"));
        let answer = HttpResponse::to(post.header("accept", accept).json(request)).await;
        let streamed = answer.header("content-type").starts_with("text/event-stream");
        answers.push(if streamed {
            let data = answer.text().lines().find_map(|line| line.strip_prefix("data: ")).expect("an event");
            serde_json::from_str(data).expect("it is JSON")
        } else {
            answer.json()
        });
    }
    let mut socket = server.socket(client).await;
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": request })).await;
    let mut message = socket.receive().await.expect("the socket stays open");
    assert_eq!(message["type"], "error", "{message}");
    answers.push(json!({ "errors": message["payload"].take() }));
    for answer in &answers {
        assert_eq!(answer, &answers[0], "{request:.300}");
        assert_eq!(answer.get("data"), None);
    }
    answers.swap_remove(0)["errors"].take()
}

fn query_body(query: impl Into<String>) -> Value {
    json!({ "query": query.into() })
}

/// Returns whether an error message names all of these: a number, a setting or a name. Thousands separators are
/// ignored.
fn names(message: &str, terms: &[&str]) -> bool {
    let message = message.replace(',', "");
    terms.iter().all(|term| message.contains(term))
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_applies_over_every_transport() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let (parse, valid) = ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED");
    let ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } b: nodes(ids: $ids) { id } }";
    for (expected, terms, request) in [
        (parse, &["65536"][..], query_body(format!("{{ node(id: \"{}\") {{ id }} }}", "x".repeat(65_536)))),
        (parse, &["1000", "token"], query_body(format!("{{ me {{ {} }} }}", "id ".repeat(996)))),
        (parse, &["16384"], query_body(format!("{{ me {{ id }} }} #{}", "x".repeat(16_384)))),
        (parse, &["48"], query_body(nested("{a", "", "}", 49))),
        (parse, &["48"], query_body(format!("{{ a(x: {}) }}", nested("[", "", "]", 47)))),
        (parse, &["48"], query_body(format!("query($a: {}) {{ a }}", nested("[", "I", "]", 48)))),
        (parse, &["200"], query_body(format!("{{ {} }}", "a".repeat(201)))),
        // An error that the parser finds.
        (parse, &["closing"], query_body("{ node(id: \"\"\"\") { id } }")),
        (
            valid,
            &["64"],
            query_body(format!(
                "{{ me {{ ...A }} }} fragment A on User {} fragment B on User {}",
                nested("{ ...", "{ ...B }", "}", 40),
                nested("{ ...", "{ id }", "}", 40),
            )),
        ),
        (valid, &["20", "21"], query_body(nested("{a", "", "}", 21))),
        (
            valid,
            &["100", "fragment"],
            query_body((0..101).map(|i| format!("query Q{i}{{me{{id}}}}")).collect::<String>()),
        ),
        (
            valid,
            &["root field", "20", "21"],
            query_body(format!("{{ ...F }} fragment F on Query {{ {} }}", "me { id } ".repeat(21))),
        ),
        (
            valid,
            &["alias", "30", "31"],
            query_body(format!(
                "{{ me {{ {} }} }}",
                (0..31).map(|i| format!("a{i}: id ")).collect::<String>()
            )),
        ),
        (
            valid,
            &["directive", "30", "32"],
            query_body(format!("query($v: Int {0}) {{ me {{ id {0} }} }}", "@skip(if: false) ".repeat(16))),
        ),
        (
            valid,
            &["2000", "2001"],
            query_body(format!(
                "{{ me {{ {} }} }} fragment F on User {{ {} }}",
                "...F ".repeat(20),
                "id ".repeat(99)
            )),
        ),
        // All operations count, not only the one that is executed.
        (
            valid,
            &["2000"],
            json!({ "operationName": "A", "query": format!(
                "query A {{ me {{ id }} }} {} fragment F on User {{ {} }}",
                (0..30).map(|i| format!("query B{i} {{ me {{ ...F }} }} ")).collect::<String>(), "id ".repeat(90),
            )}),
        ),
        (valid, &["`U`"], query_body("{ me { id } } fragment U on User { id }")),
        (valid, &["1000", "value"], json!({ "query": ids, "variables": { "ids": vec!["x"; 501] } })),
        (
            valid,
            &["1000", "value"],
            json!({ "query": ids, "variables": { "ids": [], "unused": vec![0; 1000] } }),
        ),
        (valid, &["1000", "value"], json!({ "query": ids, "variables": { "ids": vec![0; 30_000] } })),
    ] {
        let errors = refused(&server, &client, &request).await;
        let message = errors[0]["message"].as_str().expect("a message");
        assert!(names(message, terms), "{terms:?}: {message}");
        assert_eq!((code(&errors[0]), errors.as_array().map(Vec::len)), (expected, Some(1)), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lower_limits_apply() {
    let server = Server::with(Kind::Sqlite, |config| {
        config.tuning.documents.max_tokens = 30;
        config.tuning.documents.max_document = 1024;
        config.tuning.documents.max_definitions = 2;
        config.tuning.documents.max_selections = 10;
        config.tuning.documents.max_root_fields = 2;
        config.tuning.documents.max_values = 15;
    })
    .await;
    let client = server.register().await;
    let execute = async |request: Value| {
        client.execute(request["query"].as_str().unwrap(), request["variables"].clone()).await
    };
    let nodes = |count: usize| json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": vec!["x"; count] } });
    // The number is the limit that the request exceeds.
    for (limit, request) in [
        (None, query_body(format!("{{ me {{ {} }} }}", "id ".repeat(9)))),
        (Some("10"), query_body(format!("{{ me {{ {} }} }}", "id ".repeat(10)))),
        (None, query_body("{ me { id } me { id } }")),
        (Some("2"), query_body("{ me { id } me { id } me { id } }")),
        (None, query_body("{ me { ...F } } fragment F on User { id }")),
        (Some("2"), query_body("{ me { ...F ...G } } fragment F on User { id } fragment G on User { id }")),
        (None, query_body(format!("{{ me {{ id {} }} }}", ",".repeat(1000)))),
        (Some("1024"), query_body(format!("{{ me {{ id {} }} }}", ",".repeat(1024)))),
        (None, query_body("{ nodes(ids: [1 2 3 4 5 6 7 8 9 0 1 2 3]) { id } }")),
        (Some("15"), query_body("{ nodes(ids: [1 2 3 4 5 6 7 8 9 0 1 2 3 4 5]) { id } }")),
        (None, nodes(14)),
        (Some("15"), nodes(15)),
    ] {
        let answer = execute(request.clone()).await;
        let refused = codes(&answer).iter().any(|code| code.starts_with("GRAPHQL_"));
        assert_eq!(refused, limit.is_some(), "{request}: {answer}");
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(limit.is_none_or(|limit| names(message, &[limit])), "{request}: {answer}");
    }
}

/// Only the lexer decides what is a bracket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brackets_in_strings_and_comments_do_not_count() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let many = "{[(".repeat(500);
    let query = format!(
        "query($id: ID = \"{many}\" $b: ID = \"\"\"{many}\"\n\"\"\") {{ # {many}\"\n  me {{ id }} node(id: $id) {{ id }} x: node(id: $b) {{ id }} }}"
    );
    let answer = client.execute(&query, json!({})).await;
    assert!(answer["data"]["me"]["id"].is_string(), "{answer}");
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_of_many_errors_counts_the_omitted_ones() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let unknown = |count: usize| (0..count).map(|i| format!("x{i} ")).collect::<String>();
    for (asked, reported, omitted) in [(50, 50, None), (51, 50, Some("2")), (300, 50, Some("251"))] {
        let errors =
            refused(&server, &client, &query_body(format!("{{ me {{ id {} }} }}", unknown(asked)))).await;
        let errors = errors.as_array().expect("errors");
        assert_eq!(errors.len(), reported);
        let message = errors[reported - 1]["message"].as_str().expect("a message");
        // The last error names the unknown field's type, or the number of errors that are left out.
        assert_eq!(message.contains("User"), omitted.is_none(), "{message}");
        assert!(omitted.is_none_or(|omitted| names(message, &[omitted])), "{message}");
        assert!(errors.iter().all(|error| code(error) == "GRAPHQL_VALIDATION_FAILED"));
    }
    // Errors during execution are cut off too.
    let ids = vec!["conversation_00000000000000000000000000000000"; 80];
    let answer =
        client.execute("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
    assert_eq!(answer["data"]["nodes"].as_array().map(Vec::len), Some(80));
    assert_eq!(codes(&answer), ["NOT_FOUND"; 50]);
    let message = answer["errors"][49]["message"].as_str().expect("a message");
    assert!(names(message, &["31"]), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_has_no_suggestions_and_no_introspection() {
    let server = Server::with(Kind::Sqlite, in_production).await;
    let client = server.register().await;
    // Each query has a misspelt name. The right one must not be suggested. It is left out here if
    // an error may name it for another reason.
    for (query, right) in [
        ("{ mee { id } }", Some("me")),
        ("{ me { nam } }", Some("name")),
        ("{ me { conversations(firs: 1) { nodes { id } } } }", Some("first")),
        ("{ me { id @skip(iff: true) } }", None),
        ("{ me { id @skipp(if: true) } }", Some("skip")),
        ("{ me { ... on Usr { id } } }", None),
        ("query($a: RegisterInpt) { me { id } }", Some("RegisterInput")),
        ("mutation { register(input: { emial: \"\" }) { accessToken } }", None),
        ("mutation { createConversation(input: { titel: \"\" }) { conversation { id } } }", Some("title")),
    ] {
        let errors = refused(&server, &client, &query_body(query)).await;
        for error in errors.as_array().expect("errors") {
            assert_eq!(code(error), "GRAPHQL_VALIDATION_FAILED", "{query}: {errors}");
            let message = error["message"].as_str().expect("a message");
            assert!(!message.contains("Did you mean"), "{query}: {message}");
            let hints = right.map(|name| [format!("`{name}`"), format!("\"{name}\""), format!("`@{name}`")]);
            assert!(!hints.iter().flatten().any(|hint| message.contains(hint)), "{query}: {message}");
        }
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
        let mut request = query_body(query);
        request["variables"] = json!({ "name": "User" });
        if query.contains("query A") {
            request["operationName"] = json!("A");
        }
        let errors = refused(&server, &client, &request).await;
        assert_eq!(code(&errors[0]), "GRAPHQL_VALIDATION_FAILED", "{query}");
        assert!(
            names(errors[0]["message"].as_str().expect("a message"), &["ntrospection"]),
            "{query}: {errors}"
        );
    }
    assert_eq!(client.data("{ a: __typename me { b: __typename } }", json!({})).await["me"]["b"], "User");
}

/// The introspection query of GraphiQL, which asks for as much as any client does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn development_allows_full_introspection() {
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
    let schema = server.anonymous().data(&query, json!({})).await;
    assert!(schema["__schema"]["types"].as_array().is_some_and(|types| types.len() > 30), "{schema:.500}");
}
