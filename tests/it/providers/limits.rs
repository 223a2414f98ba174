//! Providers that are too slow, send too much, or never end.

use super::{STOP, chunk, stored};
use crate::support::{Kind, Provider, Server, wait_for};
use axum::body::{Body, Bytes};
use futures_util::stream;
use serde_json::{Value, json};
use std::{convert::Infallible, future::ready, time::Duration};
use tokio::{sync::mpsc, time::sleep};

const PAUSE: Duration = Duration::from_millis(500);

/// Starts a server with these timeouts, in seconds.
async fn server_with_timeouts(provider: &Provider, first_token: u64, idle: u64, thinking: u64) -> Server {
    let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
    Server::with_providers(Kind::Sqlite, &settings, |config| {
        config.first_token_timeout = Duration::from_secs(first_token);
        config.idle_timeout = Duration::from_secs(idle);
        config.thinking_timeout = Duration::from_secs(thinking);
    })
    .await
}

/// Starts a reply to which the provider sends `first` and then `rest` repeatedly. Returns the finished reply.
async fn drips(server: &Server, provider: &mut Provider, first: &str, rest: &'static str) -> Value {
    let client = server.register().await;
    let sent = client.send(json!({ "content": "Hi" })).await;
    let mut call = provider.call().await;
    call.send(first.to_owned()).await;
    tokio::spawn(async move {
        while call.try_send(rest).await {
            sleep(PAUSE / 5).await;
        }
    });
    stored(server, &client, &sent).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reasoning_may_exceed_the_first_token_timeout() {
    let mut provider = Provider::start().await;
    let server = server_with_timeouts(&provider, 2, 4, 600).await;
    let client = server.register().await;
    let reasoning = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
    for sign in [": a comment\n\n", reasoning] {
        let sent = client.send(json!({ "content": "Hi" })).await;
        let mut call = provider.call().await;
        for _ in 0..6 {
            call.send(sign).await;
            sleep(PAUSE).await;
        }
        call.send(chunk("at last") + STOP).await;
        drop(call);
        let reply = stored(&server, &client, &sent).await;
        assert_eq!((&reply["status"], &reply["content"]), (&json!("COMPLETED"), &json!("at last")), "{sign}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reasoning_has_a_timeout() {
    let mut provider = Provider::start().await;
    let server = server_with_timeouts(&provider, 20, 20, 1).await;
    let reasoning = "data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\"}}]}\n\n";
    let reply = drips(&server, &mut provider, ": hi\n\n", reasoning).await;
    assert_eq!((&reply["error"]["code"], &reply["content"]), (&json!("TIMEOUT"), &json!("")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_chunks_do_not_keep_a_reply_alive() {
    let mut provider = Provider::start().await;
    let server = server_with_timeouts(&provider, 20, 1, 600).await;
    let empty = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    for rest in [empty, ": a comment\n\n", "data: {\"choices\":[]}\n\n"] {
        let reply = drips(&server, &mut provider, &chunk("a"), rest).await;
        assert_eq!((&reply["error"]["code"], &reply["content"]), (&json!("TIMEOUT"), &json!("a")), "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_after_the_end_of_an_answer_is_ignored() {
    let mut provider = Provider::start().await;
    let server = server_with_timeouts(&provider, 20, 20, 600).await;
    for rest in [": a comment\n\n", "data: {\"choices\":[]}\n\n", STOP] {
        let reply = drips(&server, &mut provider, &(chunk("a") + STOP), rest).await;
        assert_eq!((&reply["status"], &reply["content"]), (&json!("COMPLETED"), &json!("a")), "{rest}");
    }
}

/// More replies than the runtime has threads receive blank lines as fast as the server reads them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_blank_lines_does_not_block_the_server() {
    let mut provider = Provider::start().await;
    let server = server_with_timeouts(&provider, 20, 20, 600).await;
    let client = server.register().await;
    let mut replies = Vec::new();
    for _ in 0..4 {
        let sent = client.send(json!({ "content": "Hi" })).await;
        let mut call = provider.call().await;
        call.send(chunk("a")).await;
        tokio::spawn(async move {
            let flood = Bytes::from(vec![b'\n'; 64 << 10]);
            while call.try_send(flood.clone()).await {}
        });
        replies.push(sent["reply"]["id"].as_str().unwrap().to_owned());
    }
    for reply in replies {
        let stopped = wait_for("a stop", client.stop(&reply)).await;
        // An answer is also cut off at a number of bytes, which may come first on a fast machine.
        let status = stopped["status"].as_str().unwrap();
        assert!(["STOPPED", "FAILED"].contains(&status), "{status}");
    }
    client.data("{ me { id } }", json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_chunk_is_cut_at_the_maximum_length() {
    let mut provider = Provider::start().await;
    // Reading 30 MB takes an unoptimised build on a busy machine seconds.
    let server = server_with_timeouts(&provider, 60, 60, 600).await;
    let client = server.register().await;
    let sent = client.send(json!({ "content": "Hi" })).await;
    let mut call = provider.call().await;
    let huge = Bytes::from(chunk(&format!("a{}", "é".repeat(15 << 20))));
    for start in (0..huge.len()).step_by(64 << 10) {
        if !call.try_send(huge.slice(start..huge.len().min(start + (64 << 10)))).await {
            break; // the server has closed the connection
        }
    }
    let reply = stored(&server, &client, &sent).await;
    assert_eq!((&reply["status"], &reply["finishReason"]), (&json!("COMPLETED"), &json!("LENGTH")));
    // The last character would exceed the limit by one byte.
    assert_eq!(reply["content"].as_str().map(str::len), Some((1 << 20) - 1));
}

/// Reports its own drop on a channel.
struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_list_of_models_is_abandoned() {
    let (dropped, mut hung_up) = mpsc::unbounded_channel();
    let models = Bytes::from(format!("{{\"id\":\"{}\"}},", "m".repeat(1000)).repeat(60));
    let provider = Provider::listing(move || {
        let models = models.clone();
        let endless = stream::unfold(Dropped(dropped.clone()), move |dropped| {
            ready(Some((Ok::<_, Infallible>(models.clone()), dropped)))
        });
        Body::from_stream(endless)
    })
    .await;
    let base_url = provider.base_url();
    let settings = [("OPENAI_BASE_URL", &*base_url)];
    let server = Server::with_providers(Kind::Sqlite, &settings, |config| {
        config.tuning.connect_timeout = Duration::from_secs(600)
    })
    .await;
    wait_for("the server to close the connection", hung_up.recv()).await.expect("the provider runs");
    let models = server.anonymous().data("{ models { id } }", json!({})).await;
    assert_eq!(models, json!({ "models": [] }));
}
