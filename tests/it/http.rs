//! GraphQL over HTTP: which requests are executed, and how they are answered.

mod hostile;

use crate::support::{Client, GRAPHQL, HttpResponse, JSON, Kind, Server, code, wait_for};
use futures_util::future::join_all;
use reqwest::{Body, Method};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A mutation whose execution can be observed.
const CREATE: &str =
    "mutation Create { createConversation(input: { title: \"t\" }) { conversation { title } } }";

/// Posts a body of JSON and returns the answer.
async fn post(server: &Server, client: &Client, accept: &str, body: impl Into<Body>) -> HttpResponse {
    let mut request = server.post().header("content-type", JSON).header("accept", accept);
    if let Some(token) = &client.token {
        request = request.bearer_auth(token);
    }
    HttpResponse::to(request.body(body)).await
}

fn query(query: &str) -> String {
    json!({ "query": query }).to_string()
}

/// Returns the path of a query by GET.
fn query_path(parameters: &[(&str, &str)]) -> String {
    let parameters = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/graphql?{parameters}")
}

/// Returns the number of conversations, which [`CREATE`] increases.
async fn conversation_count(client: &Client) -> u64 {
    let data = client.data("{ me { conversations { totalCount } } }", json!({})).await;
    data["me"]["conversations"]["totalCount"].as_u64().expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_json_bodies_are_executed() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let token = client.token.as_deref().expect("signed in");
    let form =
        format!("query={}", url::form_urlencoded::byte_serialize(CREATE.as_bytes()).collect::<String>());
    let parts = format!(
        "--b\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{}\r\n--b--\r\n",
        query(CREATE)
    );
    for (content_type, body) in [
        (None, query(CREATE)),
        (Some(""), query(CREATE)),
        (Some("text/plain"), query(CREATE)),
        (Some("text/plain; application/json"), query(CREATE)),
        (Some("application/jsonp"), query(CREATE)),
        (Some("application/graphql"), CREATE.into()),
        (Some("application/json; charset=utf-16"), query(CREATE)),
        (Some("application/json; version=1; charset=latin1"), query(CREATE)),
        (Some("application/x-www-form-urlencoded"), form),
        (Some("application/x-www-form-urlencoded"), query(CREATE)),
        (Some("multipart/form-data; boundary=b"), parts),
    ] {
        let mut request = server.post().bearer_auth(token).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = HttpResponse::to(request).await;
        assert_eq!((answer.status, code(&answer.refusal())), (415, "BAD_USER_INPUT"), "{content_type:?}");
    }
    assert_eq!(conversation_count(&client).await, 0);
    for content_type in [
        JSON,
        "application/json;",
        "application/json; charset=utf-8",
        "application/json; charset=utf8;",
        "application/json; profile=\"a; b\"; version=1",
        "Application/JSON;charset=\"UTF-8\"",
    ] {
        let request = server.post().bearer_auth(token).header("content-type", content_type);
        assert_eq!(HttpResponse::to(request.body(query(CREATE))).await.status, 200, "{content_type}");
    }
    assert_eq!(conversation_count(&client).await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accept_determines_the_media_type_and_the_status() {
    let server = Server::start(Kind::Sqlite).await;
    let stranger = server.anonymous();
    for (accept, form, refused) in [
        (GRAPHQL, GRAPHQL, 400),
        (JSON, JSON, 200),
        ("*/*", GRAPHQL, 400),
        ("application/json;q=0.5, application/*", GRAPHQL, 400),
        ("text/html, application/json", JSON, 200),
    ] {
        for (body, status, expected) in [
            (query("{ me {"), refused, "GRAPHQL_PARSE_FAILED"),
            (query("{ nope }"), refused, "GRAPHQL_VALIDATION_FAILED"),
            ("{".into(), 400, "BAD_USER_INPUT"),
        ] {
            let answer = post(&server, &stranger, accept, body).await;
            assert_eq!((answer.status, code(&answer.refusal())), (status, expected), "{accept}");
            assert_eq!(answer.header("content-type"), format!("{form}; charset=utf-8"));
        }
        let answer = post(&server, &stranger, accept, query("{ me { id } }")).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "data": { "me": null } })));
        assert_eq!(answer.header("content-type"), format!("{form}; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsupported_media_type_gets_406() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for accept in ["text/html", "image/png, text/*", "application/json;q=0"] {
        assert_eq!(post(&server, &client, accept, query(CREATE)).await.status, 406, "{accept}");
    }
    assert_eq!(conversation_count(&client).await, 0, "nothing was executed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partial_results_have_errors_with_paths_and_locations() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for accept in [GRAPHQL, JSON] {
        let text = "{ models { id }\n  it: node(id: \"nonsense\") { id } }";
        let answer = post(&server, &client, accept, query(text)).await;
        assert_eq!(answer.status, 200);
        let answer = answer.json();
        assert_eq!(answer["data"]["it"], Value::Null);
        assert!(answer["data"]["models"][0]["id"].is_string());
        let error = &answer["errors"][0];
        assert_eq!(
            (&error["path"], &error["locations"]),
            (&json!(["it"]), &json!([{ "line": 2, "column": 3 }]))
        );
        assert_eq!(error["extensions"], json!({ "code": "BAD_USER_INPUT", "field": "id" }));
    }
    let refusal = post(&server, &client, GRAPHQL, query("{ models { id\nnope } }")).await.refusal();
    assert_eq!(refusal["locations"], json!([{ "line": 2, "column": 1 }]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_can_be_executed_by_get() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let token = client.token.as_deref().expect("signed in");
    let get = async |parameters: &[(&str, &str)]| {
        HttpResponse::to(server.get(&query_path(parameters)).bearer_auth(token)).await
    };
    let me = get(&[("query", "{ me { id } }")]).await;
    assert_eq!(me.status, 200);
    let id = &me.json()["data"]["me"]["id"];
    let both = "query One($id: ID!) { node(id: $id) { id } } query Two { models { id } }";
    let variables = json!({ "id": id }).to_string();
    let one = get(&[("query", both), ("operationName", "One"), ("variables", &variables)]).await;
    assert_eq!(one.json(), json!({ "data": { "node": { "id": id } } }));
    let two = get(&[("query", both), ("operationName", "Two"), ("variables", "")]).await;
    assert!(two.json()["data"]["models"].is_array(), "{two:?}");
    let unnamed =
        [("query", "{ __typename }"), ("operationName", ""), ("variables", "null"), ("extensions", "")];
    assert_eq!(get(&unnamed).await.status, 200, "an empty or null parameter counts as absent");
    for (parameters, expected) in [
        (vec![], "BAD_USER_INPUT"),
        (vec![("query", "{ __typename }"), ("extensions", "[]")], "BAD_USER_INPUT"),
        (vec![("query", "{ __typename }"), ("extensions", "nonsense")], "BAD_USER_INPUT"),
        (vec![("query", "{ __typename }"), ("query", "{ __typename }")], "BAD_USER_INPUT"),
        (vec![("query", "{ __typename }"), ("variables", "{}"), ("variables", "{}")], "BAD_USER_INPUT"),
        (vec![("query", both), ("variables", "nonsense")], "BAD_USER_INPUT"),
        (vec![("query", both), ("variables", "[1]")], "BAD_USER_INPUT"),
        (vec![("query", "{")], "GRAPHQL_PARSE_FAILED"),
        (vec![("query", both)], "GRAPHQL_VALIDATION_FAILED"),
        (vec![("query", both), ("operationName", "Three")], "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let answer = get(&parameters).await;
        assert_eq!((answer.status, code(&answer.refusal())), (400, expected), "{parameters:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutations_by_get_are_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let token = client.token.as_deref().expect("signed in");
    let both = format!("query Read {{ me {{ id }} }} {CREATE}");
    let watch = "subscription { reply(messageId: \"x\") { cursor } }";
    for (text, name, status) in
        [(CREATE, "Create", 405), (&both, "Create", 405), (&both, "Read", 200), (watch, "", 400)]
    {
        let mut parameters = vec![("query", text)];
        if !name.is_empty() {
            parameters.push(("operationName", name));
        }
        let request = server.get(&query_path(&parameters)).bearer_auth(token);
        let answer = HttpResponse::to(request).await;
        assert_eq!(answer.status, status, "{name} {text}");
        if status == 405 {
            assert_eq!(answer.header("allow"), "POST");
        }
        if status != 200 {
            assert_eq!(code(&answer.refusal()), "BAD_USER_INPUT");
        }
    }
    assert_eq!(conversation_count(&client).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_without_a_query_is_redirected_to_the_playground() {
    let server = Server::start(Kind::Sqlite).await;
    let html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = HttpResponse::to(server.get("/graphql").header("accept", html)).await;
    assert_eq!((answer.status / 100, answer.header("location")), (3, "/playground"));
    let asked = server.get(&query_path(&[("query", "{ __typename }")])).header("accept", html);
    assert_eq!(HttpResponse::to(asked).await.json(), json!({ "data": { "__typename": "Query" } }));
    let answer = HttpResponse::to(server.get("/graphql").header("accept", JSON)).await;
    assert_eq!((answer.status, code(&answer.refusal())), (400, "BAD_USER_INPUT"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_refused() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    for body in [
        json!([{ "query": CREATE }, { "query": CREATE }]),
        json!([{ "query": CREATE }]),
        json!([CREATE, null, null]),
        json!([]),
    ] {
        let answer = post(&server, &client, GRAPHQL, format!(" \n{body}")).await;
        assert_eq!((answer.status, code(&answer.refusal())), (400, "BAD_USER_INPUT"), "{body}");
    }
    assert_eq!(conversation_count(&client).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_authorization_is_refused_with_a_challenge() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let token = client.token.clone().expect("signed in");
    let (signed, _) = token.rsplit_once('.').expect("a token has three parts");
    let post = async |lines: &[&[u8]]| {
        let request = server.post().json(&json!({ "query": CREATE }));
        let request = lines.iter().fold(request, |request, line| request.header("authorization", *line));
        HttpResponse::to(request).await
    };
    let bearer = |token: &str| format!("Bearer {token}").into_bytes();
    let good = bearer(&token);
    let mut bad = vec![
        vec![b"".to_vec()],
        vec![b"Bearer".to_vec()],
        vec![b"Bearer ".to_vec()],
        vec![b"Bearer \xff\xfe".to_vec()],
        vec![b"Basic YTpi".to_vec()],
        vec![token.clone().into_bytes()],
        vec![bearer("nonsense")],
        vec![bearer(signed)],
        vec![bearer(&format!("{signed}."))],
        vec![bearer(&format!("{signed}.AAAA"))],
        vec![good.clone(), good.clone()],
        vec![good.clone(), b"Basic YTpi".to_vec()],
        vec![[&good[..], b", ", &good].concat()],
    ];
    let lower_case = format!("bearer {token}").into_bytes();
    assert_eq!(post(&[&lower_case]).await.status, 200, "the scheme is case-insensitive");
    server.clock.advance(server.config.access_token_ttl);
    bad.push(vec![good]);
    for lines in bad {
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let answer = post(&lines).await;
        let shown = lines.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>();
        assert_eq!((answer.status, code(&answer.refusal())), (401, "UNAUTHENTICATED"), "{shown:?}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{shown:?}");
    }
    let again = json!({ "token": client.refresh_token });
    let text = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) { user {
        conversations { totalCount } } } }";
    let payload = server.anonymous().data(text, again).await;
    assert_eq!(payload["refreshSession"]["user"]["conversations"]["totalCount"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_allowed_origins_get_cors_headers() {
    let listed = "https://chat.example";
    let server = Server::with(Kind::Sqlite, |config| {
        config.allowed_origins = vec!["http://localhost:3000".into(), listed.into()];
    })
    .await;
    for (origin, permission) in
        [(listed, listed), ("https://chat.example.evil", ""), ("http://chat.example", ""), ("null", "")]
    {
        let preflight = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client can be made")
            .request(Method::OPTIONS, server.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let preflight = HttpResponse::to(preflight).await;
        assert_eq!(preflight.header("access-control-allow-origin"), permission);
        assert!(preflight.lists("vary", "origin"), "{preflight:?}");
        for header in ["authorization", "content-type"] {
            assert!(preflight.lists("access-control-allow-headers", header), "{header}");
        }
        let request = server.post().header("origin", origin).json(&json!({ "query": "{ me { id } }" }));
        let answer = HttpResponse::to(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), permission);
        assert!(answer.lists("vary", "origin"), "{answer:?}");
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            "",
            "cookies are not allowed across origins"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_readiness_are_reported() {
    let server = Server::start(Kind::Sqlite).await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(HttpResponse::to(server.get(path)).await.status, 200, "{path}");
    }
    // Concurrent checks share one query of the database. The server executes statements of its own besides.
    let before = server.statements.count();
    let answers = (0..100).map(|_| HttpResponse::to(server.get("/readyz")));
    assert!(join_all(answers).await.iter().all(|answer| answer.status == 200));
    let asked = server.statements.count() - before;
    assert!(asked < 50, "{asked} statements");
    // A request whose head is incomplete when the shutdown begins is still answered.
    let mut connection = TcpStream::connect(server.address).await.expect("the server listens");
    connection.write_all(b"GET /readyz HTTP/1.1\r\n").await.expect("it is open");
    let mut socket = server.socket(&server.anonymous()).await;
    server.shut_down();
    assert_eq!(socket.closed().await, 1012, "the shutdown has begun");
    connection.write_all(b"host: confab\r\n\r\n").await.expect("it is open");
    let mut answer = String::new();
    wait_for("the answer", connection.read_to_string(&mut answer)).await.expect("text");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer:?}");
    server.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_parameters_are_typed_and_optional() {
    let server = Server::start(Kind::Sqlite).await;
    let stranger = server.anonymous();
    let asked =
        |name: &str, value: Value| json!({ "query": "query A { __typename }", name: value }).to_string();
    for (name, value) in [
        ("operationName", Value::Null),
        ("operationName", json!("")),
        ("operationName", json!("A")),
        ("variables", Value::Null),
        ("extensions", Value::Null),
        ("extensions", json!({ "unknown": [1] })),
        ("unknown", json!(1)),
    ] {
        let answer = post(&server, &stranger, GRAPHQL, asked(name, value.clone())).await;
        assert_eq!(answer.status, 200, "{name}: {value}");
    }
    for (name, value) in [
        ("query", json!(1)),
        ("operationName", json!(1)),
        ("variables", json!([])),
        ("variables", json!("{}")),
        ("extensions", json!([])),
        ("extensions", json!("{}")),
        ("extensions", json!(false)),
    ] {
        let answer = post(&server, &stranger, GRAPHQL, asked(name, value.clone())).await;
        assert_eq!((answer.status, code(&answer.refusal())), (400, "BAD_USER_INPUT"), "{name}: {value}");
    }
}
