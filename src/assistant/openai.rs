//! Any endpoint with one of OpenAI's APIs: chat completions (<https://platform.openai.com/docs/api-reference/chat>), or
//! responses (<https://platform.openai.com/docs/api-reference/responses>). A setting of the provider selects the API.
//!
//! Providers deviate from these APIs, so this client is lenient: [`events`] splits the body into events, an
//! [`AnswerReader`] reads each of them, and [`answer`] builds the answer. For chat completions, that is [`reader`], and
//! [`chunk`] reads the known dialects of one event; for responses, it is [`responses`]. Parts that cannot be read are
//! skipped. An answer fails only if nothing useful can be read, and the error says why ([`provider_error`],
//! [`failed_request`]).
//!
//! Every wait has a timeout ([`deadline`]). A request that fails before the first byte of an answer with status 429 or
//! 5xx is retried, after growing pauses or after the pause that the provider asks for. Later failures are not retried,
//! because the text may have been shown already.

pub mod answer;
mod chunk;
mod deadline;
pub mod events;
mod failed_request;
mod json;
mod provider_error;
pub mod reader;
mod request;
pub mod responses;
pub mod secrets;
mod sources;
mod thinking;

pub use deadline::Timeouts;

use super::{
    Answer, Assistant, AssistantError, AssistantErrorKind, End, Part, Prompt,
    providers::{Api, Provider},
};
use crate::{generation::Generation, parts::PartKind, random};
use answer::Update;
use bytes::Bytes;
use deadline::Deadline;
use events::{Event, Events, StreamItem};
use failed_request::FailedRequest;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use json::Json;
use provider_error::{ended_early, unavailable};
use reqwest::{Client, RequestBuilder, Response, header, redirect};
use secrecy::ExposeSecret;
use secrets::{Secrets, public};
use serde::Serialize;
use std::{error::Error, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

/// Maximum number of attempts at one request.
const MAX_ATTEMPTS: u32 = 3;
/// The first pause between attempts; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause. A request is not retried if the provider asks for a longer one.
const MAX_PAUSE: Duration = Duration::from_secs(20);
/// Maximum length of a list of models, in bytes.
const MAX_LIST_BYTES: usize = 2 << 20;
/// Maximum number of models of one provider.
const MAX_MODELS: usize = 2000;

/// The state of an answer that is being read, and everything in which the APIs for answers differ.
pub trait AnswerReader: Send {
    /// The path below the base URL.
    const PATH: &'static [&'static str];

    /// The body of a request.
    fn request(prompt: &Prompt, provider: &Provider) -> impl Serialize;

    /// Creates a reader for this provider's answer to a request with the parameters `sent`.
    fn new(provider: &Provider, secrets: &Secrets, sent: Generation) -> Self;

    /// Whether the model has reported why it stopped.
    fn has_ended(&self) -> bool;

    /// Reads an event. The error is one that the provider reports. Unreadable events are skipped.
    fn read(&mut self, event: &Event) -> Result<Update, AssistantError>;

    /// The rest of the answer with its sources, and how it ended. `failure` is the reason if reading ended early.
    fn end(self, failure: Option<AssistantError>) -> (Vec<Part>, Result<End, AssistantError>);
}

/// The client of one endpoint.
#[derive(Clone)]
pub struct OpenAi {
    client: Client,
    provider: Provider,
    secrets: Secrets,
    timeouts: Timeouts,
    /// Maximum number of attempts at one request.
    attempts: u32,
}

impl OpenAi {
    /// Creates a client for a provider. It does not follow redirects, which could send the key to another host.
    pub fn new(provider: Provider, timeouts: Timeouts) -> reqwest::Result<Self> {
        let client = Client::builder()
            .connect_timeout(timeouts.connect)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("confab/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let secrets = Secrets::of(&provider);
        Ok(Self { client, provider, secrets, timeouts, attempts: MAX_ATTEMPTS })
    }

    /// The provider's settings.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The IDs of the models that the endpoint lists, without duplicates.
    pub async fn models(&self) -> Result<Vec<String>, AssistantError> {
        let request = self.authorized(self.client.get(self.provider.url(&["models"])));
        let response = request.timeout(self.timeouts.connect).send().await;
        let response = response.map_err(|error| self.unreachable(error).error)?;
        if !response.status().is_success() {
            let none = Generation::default();
            let failed =
                FailedRequest::read(response, &none, &self.provider, &self.secrets, self.timeouts.connect);
            return Err(failed.await.error);
        }
        let mut body = self.body(response);
        let mut list = Vec::new();
        while let Some(bytes) = body.try_next().await? {
            if list.len() + bytes.len() > MAX_LIST_BYTES {
                return Err(unavailable("The provider's list of models is too long."));
            }
            list.extend_from_slice(&bytes);
        }
        let no_list = || unavailable("The provider's list of models cannot be read.");
        let list = String::from_utf8_lossy(&list);
        model_ids(Json::of(&json::valid(&list).ok_or_else(no_list)?)).ok_or_else(no_list)
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.provider.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        }
    }

    fn body(&self, response: Response) -> BoxStream<'static, Result<Bytes, AssistantError>> {
        let provider = self.provider.name.clone();
        let ended_early = move |error: reqwest::Error| {
            tracing::warn!(
                provider,
                error = with_causes(&error.without_url()),
                "a provider broke the connection"
            );
            ended_early()
        };
        response.bytes_stream().map_err(ended_early).boxed()
    }

    /// Sends the request, with retries, and reads the first bytes of the answer.
    async fn start<R: AnswerReader>(
        &self,
        prompt: &Prompt,
        deadline: Instant,
    ) -> Result<Events, AssistantError> {
        let mut pause = FIRST_PAUSE;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let failed = match timeout_at(deadline, self.try_start::<R>(prompt)).await {
                Err(_) => return Err(timed_out("The model's provider did not start to answer in time.")),
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failed)) => failed,
            };
            let wait = failed.retry_after.unwrap_or(pause.mul_f64(0.75 + 0.5 * random::fraction()));
            if !failed.is_transient
                || attempts == self.attempts
                || wait > MAX_PAUSE
                || Instant::now() + wait > deadline
            {
                return Err(failed.error);
            }
            sleep(wait).await;
            pause *= 2;
        }
    }

    async fn try_start<R: AnswerReader>(&self, prompt: &Prompt) -> Result<Events, FailedRequest> {
        let url = self.provider.url(R::PATH);
        let request = self.client.post(url).header(header::ACCEPT, "text/event-stream");
        let request = self.authorized(request).json(&R::request(prompt, &self.provider));
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if !response.status().is_success() {
            return Err(FailedRequest::read(
                response,
                &prompt.generation,
                &self.provider,
                &self.secrets,
                self.timeouts.connect,
            )
            .await);
        }
        let mut body = self.body(response);
        match body.next().await {
            Some(Ok(first)) => Ok(Events::new(first, body)),
            Some(Err(error)) => Err(FailedRequest::transient(error)),
            None => Err(FailedRequest::transient(answer::empty())),
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> FailedRequest {
        let base_url = public(&self.provider.base_url);
        let error = with_causes(&error.without_url());
        tracing::warn!(provider = self.provider.name, %base_url, error, "cannot reach a provider");
        FailedRequest::transient(unavailable("The model's provider cannot be reached."))
    }
}

impl OpenAi {
    fn stream<R: AnswerReader + 'static>(&self, prompt: Prompt) -> Answer {
        let this = self.clone();
        Box::pin(async_stream::try_stream! {
            let mut deadline = Deadline::new(this.timeouts);
            let mut events = this.start::<R>(&prompt, deadline.at()).await?;
            let mut reader = R::new(&this.provider, &this.secrets, prompt.generation);
            deadline.on_data();
            let failure = loop {
                let event = match timeout_at(deadline.at(), events.next()).await {
                    Err(_) if deadline.is_reasoning() => {
                        break Some(timed_out("The model was reasoning for too long without any text."));
                    }
                    Err(_) => break Some(timed_out("The model's provider stopped sending.")),
                    Ok(Err(error)) => break Some(error),
                    Ok(Ok(StreamItem::End)) => break None,
                    Ok(Ok(StreamItem::Incomplete)) => {
                        deadline.on_data();
                        continue;
                    }
                    Ok(Ok(StreamItem::Event(event))) => event,
                };
                let update = match reader.read(&event) {
                    Ok(update) => update,
                    Err(error) => break Some(error),
                };
                deadline.on_data();
                if update.is_progress {
                    let has_text = update.parts.iter().any(|part| matches!(part, Part::More(PartKind::Text, _)));
                    deadline.on_progress(has_text, reader.has_ended());
                }
                for part in update.parts {
                    yield part;
                }
                if update.is_last {
                    break None;
                }
            };
            let (rest, end) = reader.end(failure);
            for part in rest {
                yield part;
            }
            yield Part::End(end?);
        })
    }
}

impl Assistant for OpenAi {
    fn answer(&self, prompt: Prompt) -> Answer {
        match self.provider.api {
            Api::ChatCompletions => self.stream::<reader::Reader>(prompt),
            Api::Responses => self.stream::<responses::Reader>(prompt),
        }
    }

    fn answer_once(&self, prompt: Prompt) -> Answer {
        let provider = Provider { tools: Vec::new(), ..self.provider.clone() };
        Self { attempts: 1, provider, ..self.clone() }.answer(prompt)
    }
}

fn timed_out(message: &str) -> AssistantError {
    AssistantError { kind: AssistantErrorKind::Timeout, message: message.into(), details: None }
}

/// The IDs in a list of models: `{"data": […]}` as from OpenAI, or the bare list. `None` for anything else.
fn model_ids(list: Json<'_>) -> Option<Vec<String>> {
    let items = match list.items() {
        Some(items) => items,
        None => {
            let fields = list.fields();
            match fields.get("data").or_else(|| fields.get("models")) {
                Some(items) => items.items()?,
                None if fields.has("data") => Vec::new(), // Ollama without models sends null.
                None => return None,
            }
        }
    };
    let ids = items.into_iter().filter_map(|item| item.text().or_else(|| item.fields().text("id")));
    let mut seen = std::collections::HashSet::new();
    Some(ids.filter(|id| !id.trim().is_empty() && seen.insert(id.clone())).take(MAX_MODELS).collect())
}

/// An error's message with those of its causes. reqwest mentions a refused connection only in a cause.
fn with_causes(error: &dyn Error) -> String {
    let mut all = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        all = format!("{all}: {error}");
        cause = error.source();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_models_are_read_in_every_form() {
        let read = |text: &str| model_ids(Json::of(text));
        for text in [
            r#"{"object":"list","data":[{"id":"a"},{"id":"b"},{"id":"a"}]}"#,
            r#"[{"id":"a"},{"id":"b"}]"#,
            r#"["a","b"]"#,
            r#"{"data":[{"id":"a"},{"name":"no id"},null,{"id":null},{"id":7},{"id":" "},{"id":"b"}]}"#,
            r#"{"models":[{"id":"a"},{"id":"b"}]}"#,
        ] {
            assert_eq!(read(text), Some(vec!["a".to_owned(), "b".to_owned()]), "{text}");
        }
        assert_eq!(read(r#"{"data":null}"#), Some(Vec::new()));
        assert_eq!(read(r#"{"error":"no"}"#), None);
        assert_eq!(read(r#"{"data":7}"#), None);
    }
}
