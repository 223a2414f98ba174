//! A provider of models, as the server sees OpenAI's, that says what a measurement needs and when.

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

/// What an answer is made of.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub tokens: u32,
    /// How many come at once, by the number of the first of them.
    pub lot: fn(u32) -> u32,
    /// The pause before each lot.
    pub pace: Duration,
    /// The text of a token by its number, with the provider's epoch.
    pub token: fn(u32, Instant) -> String,
    /// Whether the last token is followed by the end, and not by silence.
    pub ends: bool,
}

impl Script {
    /// Says nothing, and ends when it is told to speak.
    pub const SILENT: Self =
        Self { tokens: 0, lot: |_| 1, pace: Duration::ZERO, token: |_, _| String::new(), ends: true };
}

/// A provider that answers by a script: silent at first, and on when it is told to.
pub struct Provider {
    url: String,
    /// The moment that its times are counted from.
    pub epoch: Instant,
    turns: Arc<Semaphore>,
    /// When an answer was last broken off by the server.
    aborted: watch::Receiver<Option<Instant>>,
    /// Ends when this is dropped.
    _serving: JoinSet<std::io::Result<()>>,
}

impl Provider {
    pub async fn start(script: Script) -> Result<Self> {
        let (epoch, turns) = (Instant::now(), Arc::new(Semaphore::new(0)));
        let (abort, aborted) = watch::channel(None);
        let answer = {
            let turns = turns.clone();
            move || async move { answer(script, epoch, turns, abort) }
        };
        let router = Router::new().route("/v1/chat/completions", post(answer));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        // A token must not wait for another to share its packet.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                eprintln!("confab-bench: {error}");
            }
        });
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await });
        Ok(Self { url, epoch, turns, aborted, _serving: serving })
    }

    /// The settings of a server that is to have this provider. Its patience is long.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("OPENAI_BASE_URL", self.url.clone()),
            ("OPENAI_MODELS", "bench".into()),
            ("CONFAB_FIRST_TOKEN_TIMEOUT", "900".into()),
            ("CONFAB_IDLE_TIMEOUT", "900".into()),
        ]
    }

    /// Lets the next answer begin, or the first that waits.
    pub fn speak(&self) {
        self.turns.add_permits(1);
    }

    /// Tells when, from now on, an answer is broken off by the server.
    pub fn aborts(&self) -> watch::Receiver<Option<Instant>> {
        let mut aborted = self.aborted.clone();
        aborted.mark_unchanged();
        aborted
    }

    /// Reads an answer without a server between, and tells of each part when it came.
    pub async fn listen(&self, mut heard: impl FnMut(&str, Duration)) -> Result<()> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let request = http.post(format!("{}/chat/completions", self.url)).send();
        let mut answer = request.await?;
        ensure!(answer.status().is_success(), "the provider says {}", answer.status());
        self.speak();
        // Each part is written at once, and is small: it comes in one piece.
        while let Some(bytes) = answer.chunk().await? {
            let at = self.epoch.elapsed();
            for line in bytes.split(|&byte| byte == b'\n') {
                let Some(data) = line.strip_prefix(b"data: ").filter(|data| data.starts_with(b"{")) else {
                    continue;
                };
                let chunk: Chunk = serde_json::from_slice(data)?;
                for choice in chunk.choices {
                    heard(&choice.delta.content, at);
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

/// An answer whose headers come at once, and its text when it is its turn.
fn answer(
    script: Script,
    epoch: Instant,
    turns: Arc<Semaphore>,
    abort: watch::Sender<Option<Instant>>,
) -> Response {
    let begin = Speaking { number: 0, clock: None, broken_off: BrokenOff(Some(abort)) };
    let body = stream::unfold(begin, move |mut speaking: Speaking| {
        let turns = turns.clone();
        async move {
            if speaking.number > script.tokens {
                return None;
            }
            if speaking.clock.is_none() {
                turns.acquire().await.ok()?.forget();
            }
            if speaking.number == script.tokens {
                if !script.ends {
                    return future::pending().await;
                }
                speaking.broken_off.0 = None;
                speaking.number += 1;
                let end = event(json!({}), Some("stop")) + "data: [DONE]\n\n";
                return Some((Ok::<_, Infallible>(end), speaking));
            }
            speaking.clock.get_or_insert_with(|| steady(script.pace)).tick().await;
            let next = (speaking.number + (script.lot)(speaking.number)).min(script.tokens);
            let token = |number| event(json!({ "content": (script.token)(number, epoch) }), None);
            let lot = (speaking.number..next).map(token).collect();
            speaking.number = next;
            Some((Ok(lot), speaking))
        }
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(body)).into_response()
}

/// How far an answer is.
struct Speaking {
    /// The token that is next.
    number: u32,
    clock: Option<Interval>,
    broken_off: BrokenOff,
}

/// Tells when it is dropped: the server has closed the connection, which is noticed at once, even in silence.
struct BrokenOff(Option<watch::Sender<Option<Instant>>>);

impl Drop for BrokenOff {
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

fn steady(pace: Duration) -> Interval {
    let mut clock = interval(pace);
    clock.reset();
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}
