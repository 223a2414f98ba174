//! The reasons of failed replies: what the user sees, and what the operator finds in the log.

use super::{server, stored};
use crate::support::{Client, Process, Provider, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn a_refusal_quotes_the_provider_without_secrets(kind) {
        let mut provider = Provider::start().await;
        let server = server(kind, &provider).await;
        let client = server.register().await;
        let long = "é".repeat(600);
        for (status, message, details) in [
            (400, "`top_k` is not supported", Some("`top_k` is not supported")),
            (401, "Incorrect API key provided: sk-test.", Some("Incorrect API key provided: ***.")),
            (404, "no such model\nsk-proj-12345678", Some("no such model ***")),
            (422, &*long, Some(&long[..500])),
            (500, "a stack trace", None),
        ] {
            let sent = client.send(json!({ "content": "Hi" })).await;
            for _ in 0..if status == 500 { 3 } else { 1 } {
                provider.call().await.refuse_with(status, &json!({ "error": { "message": message } }));
            }
            let reply = stored(&server, &client, &sent).await;
            assert_eq!(reply["error"]["details"], json!(details), "{status}");
            let message = reply["error"]["message"].as_str().unwrap();
            assert!(message.contains(&status.to_string()), "{message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_the_setting_behind_a_refusal() {
    let mut provider = Provider::start().await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let base_url = provider.base_url();
    let settings = [("OPENAI_BASE_URL", &*base_url), ("OPENAI_API_KEY", "sk-test"), ("OPENAI_MODELS", "m")];
    let (mut process, address) = Process::serve(folder.path(), &[], &settings).await;
    let client = Client::register(address).await;
    process.wait_for_log("model=\"m\"").await;
    for (status, message, logged) in [
        (401, "the key sk-test is wrong", "OPENAI_API_KEY"),
        (404, "no such model", "OPENAI_BASE_URL"),
        (400, "`top_k` is not supported", "`top_k` is not supported"),
    ] {
        client.send(json!({ "content": "Hi" })).await;
        provider.call().await.refuse_with(status, &json!({ "error": { "message": message } }));
        process.wait_for_log(logged).await;
    }
    process.signal("TERM");
    let log = process.wait().await.stderr;
    assert!(log.contains("the key *** is wrong") && !log.contains("sk-test"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_an_unreachable_provider_url() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let settings =
        [("OPENAI_BASE_URL", "http://me:hunter2@127.0.0.1:9/v1?key=querysecret"), ("OPENAI_MODELS", "m")];
    let (mut process, address) = Process::serve(folder.path(), &[], &settings).await;
    Client::register(address).await.send(json!({ "content": "Hi" })).await;
    process.wait_for_log("http://127.0.0.1:9/v1").await;
    process.signal("TERM");
    let log = process.wait().await.stderr;
    assert!(log.contains("refused") && !log.contains("hunter2") && !log.contains("querysecret"), "{log}");
}
