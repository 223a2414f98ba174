//! Any endpoint that speaks OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat>.
//!
//! Every wait has a limit. What fails before the first token with "too many" (429) or a server's fault (5xx) is
//! tried again with growing pauses, or after the pause the provider asks for; after the first token nothing is,
//! since the text so far cannot be taken back.

use super::{
    Answer, Assistant, End, Fault, FaultKind, Finish, Part, Prompt, Speaker, Usage,
    halves::{Joiner, Piece},
    providers::Provider,
};
use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header, redirect};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::{
    pin::Pin,
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How often a request is made before it is given up.
const TRIES: u32 = 3;
/// The first pause between tries; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause a provider may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// How long to wait for the usage after the answer's end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The most bytes one answer may take on the wire.
const LONGEST_ANSWER: usize = 64 << 20;
/// The most that is read of a refusal.
const LONGEST_REFUSAL: usize = 16 << 10;

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection to be made; of the list of models, for the whole of it.
    pub connect: Duration,
    /// From the request to the first token.
    pub first_token: Duration,
    /// From each token to the next.
    pub idle: Duration,
}

/// One endpoint.
#[derive(Clone)]
pub struct OpenAi {
    client: Client,
    provider: Provider,
    patience: Patience,
}

impl OpenAi {
    /// A client of its own for the provider. Redirects are not followed: they would carry the key elsewhere.
    pub fn new(provider: Provider, patience: Patience) -> reqwest::Result<Self> {
        let client = Client::builder()
            .connect_timeout(patience.connect)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("confab/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, provider, patience })
    }

    /// What the settings say of it.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The models that the endpoint says it has.
    pub async fn models(&self) -> Result<Vec<String>, Fault> {
        #[derive(Deserialize)]
        struct Models {
            data: Vec<Model>,
        }
        #[derive(Deserialize)]
        struct Model {
            id: String,
        }
        let request = self.authorised(self.client.get(self.address("models"))).timeout(self.patience.connect);
        let unreadable = |_| unavailable("The model's provider could not tell its models.");
        let response = request.send().await.and_then(Response::error_for_status).map_err(unreadable)?;
        let models: Models = response.json().await.map_err(unreadable)?;
        Ok(models.data.into_iter().map(|model| model.id).collect())
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.provider.base_url.as_str().trim_end_matches('/'))
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.provider.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        }
    }

    /// Asks until there is an answer to read, and reads to its first event.
    async fn ask(&self, prompt: &Prompt, deadline: Instant) -> Result<(Event, Events), Fault> {
        let mut pause = FIRST_PAUSE;
        let mut tried = 0;
        loop {
            tried += 1;
            let silent = Fault {
                kind: FaultKind::Timeout,
                message: "The model's provider did not start to answer in time.".into(),
            };
            let refusal = match timeout_at(deadline, self.ask_once(prompt)).await {
                Err(_) => return Err(silent),
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(refusal)) => refusal,
            };
            let wait = refusal.retry_after.unwrap_or(pause.mul_f64(0.75 + 0.5 * rand::random::<f64>()));
            if !refusal.worth_another_try
                || tried == TRIES
                || wait > LONGEST_PAUSE
                || Instant::now() + wait > deadline
            {
                return Err(refusal.fault);
            }
            sleep(wait).await;
            pause *= 2;
        }
    }

    async fn ask_once(&self, prompt: &Prompt) -> Result<(Event, Events), Refusal> {
        let request =
            self.client.post(self.address("chat/completions")).header(header::ACCEPT, "text/event-stream");
        let response = self.authorised(request).json(&Request::new(prompt)).send().await.map_err(|error| {
            tracing::warn!(provider = self.provider.name, error = %error.without_url(), "provider not reached");
            Refusal::transient(unavailable("The model's provider cannot be reached."))
        })?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let mut events = events(response);
        match events.next().await {
            Some(Ok(event)) => Ok((event, events)),
            Some(Err(fault)) => Err(Refusal::transient(fault)),
            None => Err(Refusal::transient(broken_off())),
        }
    }

    async fn refusal(&self, response: Response) -> Refusal {
        let status = response.status();
        let retry_after =
            response.headers().get(header::RETRY_AFTER).and_then(|value| pause_asked(value.to_str().ok()?));
        // The log gets the provider's code, not its words: they may quote the conversation or the key.
        let body = response.bytes_stream().take(64).try_fold(Vec::new(), |mut body, bytes| async move {
            body.extend_from_slice(&bytes[..bytes.len().min(LONGEST_REFUSAL.saturating_sub(body.len()))]);
            Ok(body)
        });
        let body = timeout(self.patience.connect, body).await.ok().and_then(Result::ok).unwrap_or_default();
        let error = serde_json::from_slice::<Refused>(&body).unwrap_or_default().error;
        tracing::warn!(provider = self.provider.name, %status, code = ?error.code, kind = ?error.kind, "provider refused");
        let number = status.as_u16();
        match status {
            StatusCode::TOO_MANY_REQUESTS => Refusal {
                retry_after,
                ..Refusal::transient(unavailable(
                    "The model's provider is receiving too many requests (HTTP 429).",
                ))
            },
            status if status.is_server_error() => Refusal {
                retry_after,
                ..Refusal::transient(unavailable(&format!(
                    "The model's provider is in trouble (HTTP {number})."
                )))
            },
            _ => Refusal {
                fault: Fault {
                    kind: FaultKind::Rejected,
                    message: format!("The model's provider rejected the request (HTTP {number})."),
                },
                worth_another_try: false,
                retry_after: None,
            },
        }
    }
}

impl Assistant for OpenAi {
    fn answer(&self, prompt: Prompt) -> Answer {
        let this = self.clone();
        Box::pin(async_stream::try_stream! {
            let first_token_by = Instant::now() + this.patience.first_token;
            let (first, events) = this.ask(&prompt, first_token_by).await?;
            let mut events = stream::once(std::future::ready(Ok(first))).chain(events);
            let (mut spoken, mut ended, mut end) = (false, false, End::default());
            let mut joiner = Joiner::default();
            loop {
                let by = match (ended, spoken) {
                    (true, _) => Instant::now() + LAST_WORDS,
                    (false, true) => Instant::now() + this.patience.idle,
                    (false, false) => first_token_by,
                };
                let event = match timeout_at(by, events.next()).await {
                    Ok(Some(event)) => event,
                    Ok(None) if ended => break,
                    Ok(None) => Err(broken_off()),
                    Err(_) if ended => break, // only the usage was still awaited
                    Err(_) => Err(Fault {
                        kind: FaultKind::Timeout,
                        message: "The model's provider fell silent.".into(),
                    }),
                }?;
                if event.data.trim() == "[DONE]" {
                    break;
                }
                let chunk: Chunk = serde_json::from_str(&event.data)
                    .map_err(|_| unavailable("The model's provider said something that is no answer."))?;
                if chunk.error.is_some() {
                    Err(unavailable("The model's provider broke off with an error."))?;
                }
                if let Some(usage) = chunk.usage {
                    end.usage = Some(Usage {
                        input_tokens: usage.prompt_tokens,
                        output_tokens: usage.completion_tokens,
                    });
                }
                for choice in chunk.choices {
                    if let Some(piece) = choice.delta.content.filter(|piece| !piece.is_empty()) {
                        spoken = true;
                        let text = joiner.join(piece);
                        if !text.is_empty() {
                            yield Part::Text(text);
                        }
                    }
                    if let Some(reason) = choice.finish_reason {
                        ended = true;
                        end.finish = match &*reason {
                            "length" => Finish::Length,
                            "content_filter" => Finish::ContentFilter,
                            _ => Finish::Stop,
                        };
                    }
                }
            }
            if let Some(character) = joiner.end() {
                yield Part::Text(character.into());
            }
            yield Part::End(end);
        })
    }
}

/// An answer's events, each whole.
type Events = Pin<Box<dyn Stream<Item = Result<Event, Fault>> + Send>>;

fn events(response: Response) -> Events {
    let mut left = LONGEST_ANSWER;
    let bytes = response.bytes_stream().map(move |bytes| {
        let bytes = bytes.map_err(|_| broken_off())?;
        left = left.checked_sub(bytes.len()).ok_or_else(|| unavailable("The model's answer is too long."))?;
        Ok(bytes)
    });
    Box::pin(bytes.eventsource().map_err(|error| match error {
        eventsource_stream::EventStreamError::Transport(fault) => fault,
        _ => unavailable("The model's provider said something that is no answer."),
    }))
}

/// A request that got no answer.
struct Refusal {
    fault: Fault,
    worth_another_try: bool,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn transient(fault: Fault) -> Self {
        Self { fault, worth_another_try: true, retry_after: None }
    }
}

fn unavailable(message: &str) -> Fault {
    Fault { kind: FaultKind::Unavailable, message: message.into() }
}

fn broken_off() -> Fault {
    unavailable("The model's provider broke off.")
}

/// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3).
fn pause_asked(value: &str) -> Option<Duration> {
    match value.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let at = httpdate::parse_http_date(value).ok()?;
            Some(at.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<RequestMessage<'a>>,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Serialize)]
struct RequestMessage<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    fn new(prompt: &'a Prompt) -> Self {
        let message = |turn: &'a super::Turn| RequestMessage {
            role: match turn.speaker {
                Speaker::System => "system",
                Speaker::User => "user",
                Speaker::Assistant => "assistant",
            },
            content: &turn.text,
        };
        Self {
            model: &prompt.model,
            messages: prompt.turns.iter().map(message).collect(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<ChunkUsage>,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<Piece>,
}

#[derive(Deserialize)]
struct ChunkUsage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: RefusedError,
}

#[derive(Default, Deserialize)]
struct RefusedError {
    code: Option<serde_json::Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        assert_eq!(pause_asked("3"), Some(Duration::from_secs(3)));
        assert_eq!(pause_asked("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        assert!(pause_asked(&later).unwrap() > Duration::from_secs(50));
        assert_eq!(pause_asked("soon"), None);
    }

    #[test]
    fn chunks_of_several_dialects_are_read() {
        for text in [
            r#"{"choices":[{"delta":{"role":"assistant","content":null},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
            r#"{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        ] {
            assert!(serde_json::from_str::<Chunk>(text).unwrap().error.is_none(), "{text}");
        }
        assert!(
            serde_json::from_str::<Chunk>(r#"{"error":{"message":"overloaded"}}"#).unwrap().error.is_some()
        );
    }
}
