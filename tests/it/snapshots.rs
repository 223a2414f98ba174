//! Whole answers, as clients get them, with all keys in their order.
//!
//! `CONTRIBUTING.md` describes how to update a snapshot.

use crate::support::{Client, GRAPHQL, HttpResponse, Kind, Server};
use apollo_compiler::response::JsonValue;
use insta::assert_snapshot;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

fn post(server: &Server, client: &Client, accept: &str, query: &str, variables: Value) -> RequestBuilder {
    let request =
        server.post().header("accept", accept).json(&json!({ "query": query, "variables": variables }));
    match &client.token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

/// Returns the status and the body of the answer to an operation.
async fn answer(server: &Server, client: &Client, query: &str, variables: Value) -> String {
    let answer = HttpResponse::to(post(server, client, GRAPHQL, query, variables)).await;
    format!("{}\n{}", answer.status, stable(&pretty(answer.text())))
}

/// Indents JSON. Unlike `serde_json::Value`, this type keeps the order of the keys.
fn pretty(json: &str) -> String {
    let value: JsonValue = serde_json::from_str(json).expect("it is JSON");
    serde_json::to_string_pretty(&value).expect("a JSON value")
}

/// Replaces the strings that differ from run to run: IDs, which are numbered from 1, times and cursors.
fn stable(json: &str) -> String {
    let mut ids = Vec::new();
    let strings = json.split('"').map(|text| {
        let is_base64 = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        match text.rsplit_once('_') {
            Some((kind, digits)) if digits.len() == 32 && is_base64 => {
                let known = ids.iter().position(|id| *id == text);
                let index = known.unwrap_or_else(|| {
                    ids.push(text);
                    ids.len() - 1
                });
                format!("<{kind} {}>", index + 1)
            }
            _ if text.len() == 27 && text.ends_with('Z') && text.as_bytes()[10] == b'T' => {
                "<time>".to_owned()
            }
            // The cursor of a conversation contains a time and an ID.
            _ if text.len() == 34 && is_base64 => "<cursor>".to_owned(),
            _ => text.to_owned(),
        }
    });
    strings.collect::<Vec<_>>().join("\"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_syntax_error() {
    let server = Server::start(Kind::Sqlite).await;
    let answer = answer(&server, &server.anonymous(), "{ models { id }", json!({})).await;
    assert_snapshot!(answer, @r#"
    400
    {
      "errors": [
        {
          "message": "Syntax error: Expected `}`, but the document ends.",
          "locations": [
            {
              "line": 1,
              "column": 16
            }
          ],
          "extensions": {
            "code": "GRAPHQL_PARSE_FAILED"
          }
        }
      ]
    }
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validation_error() {
    let server = Server::start(Kind::Sqlite).await;
    let answer = answer(&server, &server.anonymous(), "{ models { id\n  price } }", json!({})).await;
    assert_snapshot!(answer, @r#"
    400
    {
      "errors": [
        {
          "message": "type `Model` does not have a field `price`",
          "locations": [
            {
              "line": 2,
              "column": 3
            }
          ],
          "extensions": {
            "code": "GRAPHQL_VALIDATION_FAILED"
          }
        }
      ]
    }
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_that_requires_authentication() {
    let server = Server::start(Kind::Sqlite).await;
    let query = "query($id: ID!) { me { id } conversation(id: $id) { title } }";
    let variables = json!({ "id": "conversation_0193b1f2c3d47e5f8a9b0c1d2e3f4a5b" });
    let answer = answer(&server, &server.anonymous(), query, variables).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "data": {
        "me": null,
        "conversation": null
      },
      "errors": [
        {
          "message": "You must be signed in.",
          "locations": [
            {
              "line": 1,
              "column": 29
            }
          ],
          "path": [
            "conversation"
          ],
          "extensions": {
            "code": "UNAUTHENTICATED"
          }
        }
      ]
    }
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_input() {
    let server = Server::start(Kind::Sqlite).await;
    let query = "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }";
    let variables = json!({ "input": { "title": "" } });
    let answer = answer(&server, &server.register().await, query, variables).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "data": null,
      "errors": [
        {
          "message": "`title` must have 1 to 200 characters.",
          "locations": [
            {
              "line": 1,
              "column": 46
            }
          ],
          "path": [
            "createConversation"
          ],
          "extensions": {
            "code": "BAD_USER_INPUT",
            "field": "title"
          }
        }
      ]
    }
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_does_not_exist() {
    let server = Server::start(Kind::Sqlite).await;
    let query = "query($id: ID!) { me { __typename } nothing: conversation(id: $id) { title } }";
    let variables = json!({ "id": "conversation_0193b1f2c3d47e5f8a9b0c1d2e3f4a5b" });
    let answer = answer(&server, &server.register().await, query, variables).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "data": {
        "me": {
          "__typename": "User"
        },
        "nothing": null
      },
      "errors": [
        {
          "message": "The conversation does not exist, or you have no access to it.",
          "locations": [
            {
              "line": 1,
              "column": 37
            }
          ],
          "path": [
            "nothing"
          ],
          "extensions": {
            "code": "NOT_FOUND"
          }
        }
      ]
    }
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_conversations_with_messages() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let mut socket = server.socket(&client).await;
    for content in ["the older conversation", "the newer conversation"] {
        let (_, reply) = client.send_echo(content, None).await;
        socket.follow_to_end(&reply).await;
    }
    let query = "{ me { conversations(first: 1) {
        pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
        edges { cursor node {
            __typename id title model systemPrompt createdAt updatedAt
            messages(first: 2) {
                totalCount
                pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
                edges { cursor node {
                    __typename id role status model content createdAt finishedAt finishReason
                    conversation { id } parent { id }
                    error { code } usage { inputTokens outputTokens estimated }
                } }
            }
        } }
    } } }";
    assert_snapshot!(answer(&server, &client, query, json!({})).await, @r#"
    200
    {
      "data": {
        "me": {
          "conversations": {
            "pageInfo": {
              "hasPreviousPage": false,
              "hasNextPage": true,
              "startCursor": "<cursor>",
              "endCursor": "<cursor>"
            },
            "edges": [
              {
                "cursor": "<cursor>",
                "node": {
                  "__typename": "Conversation",
                  "id": "<conversation 1>",
                  "title": "the newer conversation",
                  "model": "echo",
                  "systemPrompt": null,
                  "createdAt": "<time>",
                  "updatedAt": "<time>",
                  "messages": {
                    "totalCount": 2,
                    "pageInfo": {
                      "hasPreviousPage": false,
                      "hasNextPage": false,
                      "startCursor": "bQAAAAA",
                      "endCursor": "bQAAAAE"
                    },
                    "edges": [
                      {
                        "cursor": "bQAAAAA",
                        "node": {
                          "__typename": "Message",
                          "id": "<message 2>",
                          "role": "USER",
                          "status": "COMPLETED",
                          "model": null,
                          "content": "the newer conversation",
                          "createdAt": "<time>",
                          "finishedAt": "<time>",
                          "finishReason": null,
                          "conversation": {
                            "id": "<conversation 1>"
                          },
                          "parent": null,
                          "error": null,
                          "usage": null
                        }
                      },
                      {
                        "cursor": "bQAAAAE",
                        "node": {
                          "__typename": "Message",
                          "id": "<message 3>",
                          "role": "ASSISTANT",
                          "status": "COMPLETED",
                          "model": "echo",
                          "content": "the newer conversation",
                          "createdAt": "<time>",
                          "finishedAt": "<time>",
                          "finishReason": "STOP",
                          "conversation": {
                            "id": "<conversation 1>"
                          },
                          "parent": {
                            "id": "<message 2>"
                          },
                          "error": null,
                          "usage": {
                            "inputTokens": 3,
                            "outputTokens": 3,
                            "estimated": false
                          }
                        }
                      }
                    ]
                  }
                }
              }
            ]
          }
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_models() {
    let server = Server::start(Kind::Sqlite).await;
    let query = "{ models { id provider isDefault contextTokens } }";
    assert_snapshot!(answer(&server, &server.anonymous(), query, json!({})).await, @r#"
    200
    {
      "data": {
        "models": [
          {
            "id": "eliza",
            "provider": "builtin",
            "isDefault": true,
            "contextTokens": null
          },
          {
            "id": "echo",
            "provider": "builtin",
            "isDefault": false,
            "contextTokens": null
          }
        ]
      }
    }
    "#);
}

/// The number of events with text depends on timing, so their texts are joined.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_over_sse() {
    let server = Server::start(Kind::Sqlite).await;
    let client = server.register().await;
    let (_, reply) = client.send_echo("one two three", None).await;
    let query = "subscription($id: ID!) { reply(messageId: $id) { __typename
        ... on ReplySnapshot { text attempt }
        ... on ReplyDelta { text }
        ... on ReplyFinished { message { id status content model finishReason error { code } } } } }";
    let request = post(&server, &client, "text/event-stream", query, json!({ "id": reply }));
    let answer = HttpResponse::to(request).await;
    let (mut text, mut lines) = (String::new(), Vec::new());
    for line in answer.text().lines() {
        let Some(data) = line.strip_prefix("data: ") else {
            lines.push(if line.starts_with("id: ") { "id: <cursor>" } else { line }.to_owned());
            continue;
        };
        let event: Value = serde_json::from_str(data).expect("it is JSON");
        match event["data"]["reply"]["text"].as_str() {
            Some(more) => {
                text += more;
                lines.clear();
            }
            None => lines.push(format!("data: {}", stable(data))),
        }
    }
    assert_snapshot!(format!("{text}\n{}", lines.join("\n")), @r#"
    one two three

    event: next
    id: <cursor>
    data: {"data":{"reply":{"__typename":"ReplyFinished","message":{"id":"<message 1>","status":"COMPLETED","content":"one two three","model":"echo","finishReason":"STOP","error":null}}}}

    event: complete
    data:
    "#);
}
