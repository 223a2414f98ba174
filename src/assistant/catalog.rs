//! The catalog: which models there are, and which provider each belongs to.

use super::{
    Assistant, AssistantError,
    builtin::{Builtin, ECHO, ELIZA},
    openai::{OpenAi, Timeouts},
    providers::{BUILTIN, Providers},
};
use crate::background::{Background, Schedule};
use futures_util::future::join_all;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// Time after which a provider's list of models is read again.
const LIST_LIFETIME: Duration = Duration::from_secs(300);
/// Pause before a failed attempt to list models is repeated.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Maximum time to wait for the first list of a provider.
const FIRST_LIST_TIMEOUT: Duration = Duration::from_secs(1);

/// A model that clients can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its ID, for example `eliza` or `gpt-5-mini`.
    pub id: String,
    /// Its provider, for example `builtin` or `openai`.
    pub provider: String,
    /// Whether it is used where no model is given.
    pub is_default: bool,
    /// The size of its context in tokens, if configured.
    pub context_tokens: Option<u32>,
}

/// Parts of names of models that do not chat. Such a model does not become the default.
const NON_CHAT_WORDS: [&str; 12] = [
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "moderation",
    "image",
    "audio",
    "realtime",
    "transcribe",
    "rerank",
    "guard",
    "ocr",
];

/// All models of all providers.
pub struct Catalog {
    builtin: Option<Arc<Builtin>>,
    endpoints: Vec<Endpoint>,
    default: Option<String>,
}

/// A provider. Clones share its list of models.
#[derive(Clone)]
struct Endpoint {
    assistant: Arc<OpenAi>,
    /// The models that the provider lists; `None` until the first attempt. Unused if the settings name the models.
    listed: watch::Sender<Option<Vec<String>>>,
}

impl Endpoint {
    /// Whether the settings assign the model to this provider.
    fn names(&self, model: &str) -> bool {
        self.assistant.provider().models.iter().any(|id| id == model)
    }

    /// The models from the settings, or else those that the provider lists; empty if it has listed none.
    async fn models(&self) -> Vec<String> {
        let provider = self.assistant.provider();
        if !provider.models.is_empty() {
            return provider.models.clone();
        }
        // Right after the start, wait a moment for the first list.
        let mut listed = self.listed.subscribe();
        let models = timeout(FIRST_LIST_TIMEOUT, listed.wait_for(Option::is_some)).await;
        models.ok().and_then(|listed| listed.ok()?.clone()).unwrap_or_default()
    }

    /// Reads the provider's list of models. After a failure, the models listed before remain.
    async fn refresh_list(&self) -> Result<(), AssistantError> {
        let models = self.assistant.models().await;
        self.listed.send_modify(|listed| match &models {
            Ok(models) => *listed = Some(models.clone()),
            Err(_) => *listed = Some(listed.take().unwrap_or_default()),
        });
        models.map(drop)
    }
}

impl Catalog {
    /// Creates the catalog of these providers. `pace` is the pause before each word of the built-in models.
    pub fn new(
        providers: &Providers,
        pace: Duration,
        timeouts: Timeouts,
        default: Option<String>,
    ) -> reqwest::Result<Self> {
        let endpoint = |provider: &super::providers::Provider| {
            let assistant = Arc::new(OpenAi::new(provider.clone(), timeouts)?);
            Ok(Endpoint { assistant, listed: watch::Sender::new(None) })
        };
        Ok(Self {
            builtin: providers.builtin.then(|| Arc::new(Builtin { pace })),
            endpoints: providers.endpoints.iter().map(endpoint).collect::<reqwest::Result<_>>()?,
            default: default.filter(|model| !model.is_empty()),
        })
    }

    /// All models: those of the providers in the order of the settings, then the built-in ones. If two have the same
    /// ID, the first one is used.
    pub async fn models(&self) -> Vec<Model> {
        let mut models: Vec<Model> = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |id: String, provider: &str, context_tokens: Option<u32>| {
            if seen.insert(id.clone()) {
                models.push(Model { id, provider: provider.to_owned(), is_default: false, context_tokens });
            }
        };
        let listed = join_all(self.endpoints.iter().map(Endpoint::models)).await;
        for (endpoint, ids) in self.endpoints.iter().zip(listed) {
            let provider = endpoint.assistant.provider();
            for id in ids {
                let context_tokens = provider.context.of(&id);
                add(id, &provider.name, context_tokens);
            }
        }
        if self.builtin.is_some() {
            [ELIZA, ECHO].into_iter().for_each(|id| add(id.to_owned(), BUILTIN, None));
        }
        let chats = |model: &Model| {
            let name = model.id.to_lowercase();
            !NON_CHAT_WORDS.iter().any(|word| name.contains(word))
        };
        let default = match &self.default {
            Some(default) => models.iter().position(|model| model.id == *default),
            None => models.iter().position(chats).or((!models.is_empty()).then_some(0)),
        };
        if let Some(default) = default {
            models[default].is_default = true;
        }
        models
    }

    /// The model to use where none is given; `None` if no provider lists any.
    pub async fn default_model(&self) -> Option<String> {
        match &self.default {
            Some(default) => Some(default.clone()),
            None if self.endpoints.is_empty() && self.builtin.is_some() => Some(ELIZA.to_owned()),
            None => self.models().await.into_iter().find(|model| model.is_default).map(|model| model.id),
        }
    }

    /// The assistant for a model; `None` if no provider has it.
    ///
    /// Models that the settings name, and built-in models, are found without any provider's list. A provider without a
    /// list gets every model that no other provider has, because it may support models that it failed to list.
    pub async fn assistant(&self, model: &str) -> Option<Arc<dyn Assistant>> {
        if let Some(builtin) = &self.builtin
            && [ELIZA, ECHO].contains(&model)
            && !self.endpoints.iter().any(|endpoint| endpoint.names(model))
        {
            return Some(builtin.clone());
        }
        Some(self.endpoint(model).await?.assistant.clone())
    }

    /// The size of a model's context in tokens, if configured.
    pub async fn context_tokens(&self, model: &str) -> Option<u32> {
        if self.endpoints.iter().all(|endpoint| endpoint.assistant.provider().context.of(model).is_none()) {
            return None;
        }
        self.endpoint(model).await?.assistant.provider().context.of(model)
    }

    /// The endpoint that has the model.
    async fn endpoint(&self, model: &str) -> Option<&Endpoint> {
        if let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.names(model)) {
            return Some(endpoint);
        }
        let listed = join_all(self.endpoints.iter().map(Endpoint::models)).await;
        let by_list = |has: &dyn Fn(&Vec<String>) -> bool| listed.iter().position(has);
        let found =
            by_list(&|models| models.iter().any(|id| id == model)).or_else(|| by_list(&Vec::is_empty))?;
        Some(&self.endpoints[found])
    }

    /// Starts the tasks that keep the providers' lists of models current, and logs the default model.
    pub fn refresh_lists(self: Arc<Self>, background: &Background) {
        for endpoint in self.to_list().cloned() {
            let name = format!("listing the models of {}", endpoint.assistant.provider().name);
            let schedule = Schedule::every(LIST_LIFETIME).retry_after(RETRY_AFTER);
            background.repeat(name, schedule, move || {
                let endpoint = endpoint.clone();
                async move { endpoint.refresh_list().await }
            });
        }
        background.spawn(async move { self.log_default().await });
    }

    /// Logs the default model when every provider has been asked for its models.
    async fn log_default(&self) {
        for endpoint in self.to_list() {
            let _ = endpoint.listed.subscribe().wait_for(Option::is_some).await; // The sender still exists.
        }
        match self.default_model().await {
            Some(model) => tracing::info!(model, "default model"),
            None => tracing::warn!(
                "there is no default model, because no provider lists any; set CONFAB_DEFAULT_MODEL or N_MODELS"
            ),
        }
    }

    /// The providers whose models are not in the settings.
    fn to_list(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.iter().filter(|endpoint| endpoint.assistant.provider().models.is_empty())
    }
}
