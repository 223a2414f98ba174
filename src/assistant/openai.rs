//! Any endpoint that speaks OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat>.
//!
//! Providers differ in what they send, so this is liberal in what it reads: [`events`] frames the body, [`chunk`] knows the
//! dialects of one event, [`reader`] makes the answer of them. What cannot be read is skipped. A reply fails only if nothing
//! sensible can be made of the answer, and always says why ([`fault`], [`refusal`]).
//!
//! Every wait has a limit ([`deadline`]). A request that fails before the first byte of an answer with "too many requests"
//! (429) or a fault of the server (5xx) is tried again after growing pauses, or after the pause that the provider asks for.
//! Later nothing is tried again, because text that was shown cannot be taken back.

mod chunk;
mod deadline;
pub mod events;
mod fault;
mod json;
pub mod reader;
mod refusal;
mod request;
pub mod secrets;
mod thinking;

pub use deadline::Patience;

use super::{Answer, Assistant, Fault, FaultKind, Part, Prompt, providers::Provider};
use bytes::Bytes;
use deadline::Deadline;
use events::{Events, Sign};
use fault::{broken_off, unavailable};
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use json::Json;
use reader::Reader;
use refusal::Refusal;
use request::Request;
use reqwest::{Client, RequestBuilder, Response, header, redirect};
use secrecy::ExposeSecret;
use secrets::{Secrets, public};
use std::{error::Error, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

/// How often a request is made before it is given up.
const TRIES: u32 = 3;
/// The first pause between tries; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause a provider may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The most bytes of a list of models.
const LONGEST_LIST: usize = 2 << 20;
/// The most models of one provider.
const MOST_MODELS: usize = 2000;

/// One endpoint.
#[derive(Clone)]
pub struct OpenAi {
    client: Client,
    provider: Provider,
    secrets: Secrets,
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
        let secrets = Secrets::of(&provider);
        Ok(Self { client, provider, secrets, patience })
    }

    /// What the settings say of it.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The models that the endpoint says it has, each once.
    pub async fn models(&self) -> Result<Vec<String>, Fault> {
        let request = self.authorised(self.client.get(self.provider.address(&["models"])));
        let response = request.timeout(self.patience.connect).send().await;
        let response = response.map_err(|error| self.not_reached(error).fault)?;
        if !response.status().is_success() {
            let refusal = Refusal::read(response, &self.provider, &self.secrets, self.patience.connect);
            return Err(refusal.await.fault);
        }
        let mut body = self.body(response);
        let mut list = Vec::new();
        while let Some(bytes) = body.try_next().await? {
            if list.len() + bytes.len() > LONGEST_LIST {
                return Err(unavailable("The provider's list of models is too long."));
            }
            list.extend_from_slice(&bytes);
        }
        let no_list = || unavailable("The provider's list of models cannot be read.");
        let list = String::from_utf8_lossy(&list);
        listed(Json::of(&json::valid(&list).ok_or_else(no_list)?)).ok_or_else(no_list)
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.provider.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        }
    }

    fn body(&self, response: Response) -> BoxStream<'static, Result<Bytes, Fault>> {
        let provider = self.provider.name.clone();
        let broken_off = move |error: reqwest::Error| {
            tracing::warn!(provider, error = causes(&error.without_url()), "provider broke off");
            broken_off()
        };
        response.bytes_stream().map_err(broken_off).boxed()
    }

    /// Asks until there is an answer to read, and reads its first bytes.
    async fn ask(&self, prompt: &Prompt, deadline: Instant) -> Result<Events, Fault> {
        let mut pause = FIRST_PAUSE;
        let mut tried = 0;
        loop {
            tried += 1;
            let refusal = match timeout_at(deadline, self.ask_once(prompt)).await {
                Err(_) => return Err(timed_out("The model's provider did not start to answer in time.")),
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

    async fn ask_once(&self, prompt: &Prompt) -> Result<Events, Refusal> {
        let address = self.provider.address(&["chat", "completions"]);
        let request = self.client.post(address).header(header::ACCEPT, "text/event-stream");
        let request = self.authorised(request).json(&Request::new(prompt, self.provider.merge_turns));
        let response = request.send().await.map_err(|error| self.not_reached(error))?;
        if !response.status().is_success() {
            return Err(Refusal::read(response, &self.provider, &self.secrets, self.patience.connect).await);
        }
        let mut body = self.body(response);
        match body.next().await {
            Some(Ok(first)) => Ok(Events::new(first, body)),
            Some(Err(fault)) => Err(Refusal::transient(fault)),
            None => Err(Refusal::transient(reader::empty())),
        }
    }

    fn not_reached(&self, error: reqwest::Error) -> Refusal {
        let base_url = public(&self.provider.base_url);
        let error = causes(&error.without_url());
        tracing::warn!(provider = self.provider.name, %base_url, error, "provider not reached");
        Refusal::transient(unavailable("The model's provider cannot be reached."))
    }
}

impl Assistant for OpenAi {
    fn answer(&self, prompt: Prompt) -> Answer {
        let this = self.clone();
        Box::pin(async_stream::try_stream! {
            let mut deadline = Deadline::new(this.patience);
            let mut events = this.ask(&prompt, deadline.at()).await?;
            let mut reader = Reader::new(&this.provider, &this.secrets);
            deadline.heard();
            let cut = loop {
                let event = match timeout_at(deadline.at(), events.next()).await {
                    Err(_) if deadline.is_thinking() => {
                        break Some(timed_out("The model was thinking for too long."));
                    }
                    Err(_) => break Some(timed_out("The model's provider fell silent.")),
                    Ok(Err(fault)) => break Some(fault),
                    Ok(Ok(Sign::End)) => break None,
                    Ok(Ok(Sign::Bytes)) => {
                        deadline.heard();
                        continue;
                    }
                    Ok(Ok(Sign::Event(event))) => event,
                };
                let news = match reader.read(&event) {
                    Ok(news) if news.is_last => break None,
                    Ok(news) => news,
                    Err(fault) => break Some(fault),
                };
                deadline.heard();
                if news.is_progress {
                    deadline.progress(!news.text.is_empty(), reader.has_ended());
                }
                if !news.text.is_empty() {
                    yield Part::Text(news.text);
                }
            };
            let (rest, end) = reader.end(cut);
            if !rest.is_empty() {
                yield Part::Text(rest);
            }
            yield Part::End(end?);
        })
    }
}

fn timed_out(message: &str) -> Fault {
    Fault { kind: FaultKind::Timeout, message: message.into(), details: None }
}

/// The ids of a list of models: `{"data": […]}`, as OpenAI has it, or the bare list. `None` if it is something else.
fn listed(list: Json<'_>) -> Option<Vec<String>> {
    let items = match list.items() {
        Some(items) => items,
        None => {
            let fields = list.fields();
            match fields.get("data").or_else(|| fields.get("models")) {
                Some(items) => items.items()?,
                None if fields.has("data") => Vec::new(), // Ollama without any model says null
                None => return None,
            }
        }
    };
    let ids = items.into_iter().filter_map(|item| item.text().or_else(|| item.fields().text("id")));
    let mut seen = std::collections::HashSet::new();
    Some(ids.filter(|id| !id.trim().is_empty() && seen.insert(id.clone())).take(MOST_MODELS).collect())
}

/// An error with what caused it: reqwest tells only in the cause that a connection was refused.
fn causes(error: &dyn Error) -> String {
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
        let read = |text: &str| listed(Json::of(text));
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
