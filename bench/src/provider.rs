//! An OpenAI-compatible provider whose answers follow a script.

use anyhow::{Result, ensure};
use axum::{
    Router,
    body::Body,
    http::header,
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use futures_util::{future, stream};
use serde::Deserialize;
use serde_json::json;
use std::{
    convert::Infallible,
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval},
};

/// The contents and the timing of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub tokens: u32,
    /// The number of tokens that are sent together, by the number of the first of them.
    pub group: fn(u32) -> u32,
    /// The pause before each group of tokens.
    pub pace: Duration,
    /// Returns the text of a token from its number and the provider's epoch.
    pub token: fn(u32, Instant) -> String,
    /// Whether the answer ends after the last token. Otherwise it stays open.
    pub ends: bool,
}

impl Script {
    /// No tokens: the answer ends as soon as it is released.
    pub const SILENT: Self =
        Self { tokens: 0, group: |_| 1, pace: Duration::ZERO, token: |_, _| String::new(), ends: true };
}

/// A provider that answers by a script. Each answer waits until it is released by [`Provider::release`].
pub struct Provider {
    url: String,
    /// The origin of its timestamps.
    pub epoch: Instant,
    permits: Arc<Semaphore>,
    /// The time of the last answer that the server aborted.
    aborted: watch::Receiver<Option<Instant>>,
    /// Aborted when the provider is dropped.
    _serving: JoinSet<std::io::Result<()>>,
}

impl Provider {
    pub async fn start(script: Script) -> Result<Self> {
        let (epoch, permits) = (Instant::now(), Arc::new(Semaphore::new(0)));
        let (abort, aborted) = watch::channel(None);
        let answer = {
            let permits = permits.clone();
            move || async move { answer(script, epoch, permits, abort) }
        };
        let router = Router::new().route("/v1/chat/completions", post(answer));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        // Nagle's algorithm would delay tokens.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                eprintln!("confab-bench: {error}");
            }
        });
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await });
        Ok(Self { url, epoch, permits, aborted, _serving: serving })
    }

    /// Returns the settings of a server that uses this provider, with long timeouts.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("OPENAI_BASE_URL", self.url.clone()),
            ("OPENAI_MODELS", "bench".into()),
            ("CONFAB_FIRST_TOKEN_TIMEOUT", "900".into()),
            ("CONFAB_IDLE_TIMEOUT", "900".into()),
        ]
    }

    /// Lets one answer begin: the first that waits, or the next.
    pub fn release(&self) {
        self.permits.add_permits(1);
    }

    /// Returns a receiver of the times at which the server aborts an answer from now on.
    pub fn aborts(&self) -> watch::Receiver<Option<Instant>> {
        let mut aborted = self.aborted.clone();
        aborted.mark_unchanged();
        aborted
    }

    /// Reads an answer without a server. Calls `received` with each part and its time since the epoch.
    pub async fn listen(&self, mut received: impl FnMut(&str, Duration)) -> Result<()> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let request = http.post(format!("{}/chat/completions", self.url)).send();
        let mut answer = request.await?;
        ensure!(answer.status().is_success(), "the provider answered {}", answer.status());
        self.release();
        // Each part is small and written at once, so it arrives in one piece.
        while let Some(bytes) = answer.chunk().await? {
            let at = self.epoch.elapsed();
            for line in bytes.split(|&byte| byte == b'\n') {
                let Some(data) = line.strip_prefix(b"data: ").filter(|data| data.starts_with(b"{")) else {
                    continue;
                };
                let chunk: Chunk = serde_json::from_slice(data)?;
                for choice in chunk.choices {
                    received(&choice.delta.content, at);
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: String,
}

/// Answers with the headers at once, and with the text after the release.
fn answer(
    script: Script,
    epoch: Instant,
    permits: Arc<Semaphore>,
    abort: watch::Sender<Option<Instant>>,
) -> Response {
    let begin = AnswerState { number: 0, clock: None, abort_guard: AbortGuard(Some(abort)) };
    let body = stream::unfold(begin, move |mut state: AnswerState| {
        let permits = permits.clone();
        async move {
            if state.number > script.tokens {
                return None;
            }
            if state.clock.is_none() {
                permits.acquire().await.ok()?.forget();
            }
            if state.number == script.tokens {
                if !script.ends {
                    return future::pending().await;
                }
                state.abort_guard.0 = None;
                state.number += 1;
                let end = event(json!({}), Some("stop")) + "data: [DONE]\n\n";
                return Some((Ok::<_, Infallible>(end), state));
            }
            state.clock.get_or_insert_with(|| ticker(script.pace)).tick().await;
            let next = (state.number + (script.group)(state.number)).min(script.tokens);
            let token = |number| event(json!({ "content": (script.token)(number, epoch) }), None);
            let group = (state.number..next).map(token).collect();
            state.number = next;
            Some((Ok(group), state))
        }
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(body)).into_response()
}

/// The state of an answer.
struct AnswerState {
    /// The number of the next token.
    number: u32,
    clock: Option<Interval>,
    abort_guard: AbortGuard,
}

/// Reports the time when it is dropped. That happens as soon as the server closes the connection, even between tokens.
struct AbortGuard(Option<watch::Sender<Option<Instant>>>);

impl Drop for AbortGuard {
    fn drop(&mut self) {
        if let Some(abort) = &self.0 {
            abort.send_replace(Some(Instant::now()));
        }
    }
}

fn event(delta: serde_json::Value, finish: Option<&str>) -> String {
    let chunk = json!({
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "bench",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
    });
    format!("data: {chunk}\n\n")
}

fn ticker(pace: Duration) -> Interval {
    let mut clock = interval(pace);
    clock.reset();
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}
