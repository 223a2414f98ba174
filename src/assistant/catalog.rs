//! Which models there are, and whose each is.

use super::{
    Assistant,
    builtin::{Builtin, ECHO, ELIZA},
    openai::{OpenAi, Patience},
    providers::{BUILTIN, Providers},
};
use crate::poke::Poked;
use futures_util::future::join_all;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{
    join, select,
    sync::watch,
    time::{sleep, timeout},
};

/// How long a provider's own list of its models is believed.
const FRESH: Duration = Duration::from_secs(300);
/// How soon a provider that did not tell its models is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// The longest wait for a provider that has not been heard yet.
const PATIENCE: Duration = Duration::from_secs(1);

/// A model that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name, as `eliza` or `gpt-5-mini`.
    pub id: String,
    /// Whose it is, as `builtin` or `openai`.
    pub provider: String,
    /// Whether conversations that name no model get this one.
    pub is_default: bool,
    /// How many tokens it takes, if the settings say.
    pub context_tokens: Option<u32>,
}

/// What is in the names of models that do not chat. None of them is made the default.
const NO_CHAT: [&str; 12] = [
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

/// All the models.
pub struct Catalog {
    builtin: Option<Arc<Builtin>>,
    endpoints: Vec<Endpoint>,
    default: Option<String>,
}

struct Endpoint {
    assistant: Arc<OpenAi>,
    /// What the provider has told of its models: `None` until it was first asked. Unused when the settings name them.
    told: watch::Sender<Option<Vec<String>>>,
}

impl Endpoint {
    /// Whether the settings name the model as this provider's.
    fn names(&self, model: &str) -> bool {
        self.assistant.provider().models.iter().any(|id| id == model)
    }

    /// The settings' models, or else the provider's own; none while it has not told any.
    async fn models(&self) -> Vec<String> {
        let provider = self.assistant.provider();
        if !provider.models.is_empty() {
            return provider.models.clone();
        }
        // Right after the start it is worth a short wait.
        let mut told = self.told.subscribe();
        let models = timeout(PATIENCE, told.wait_for(Option::is_some)).await;
        models.ok().and_then(|told| told.ok()?.clone()).unwrap_or_default()
    }

    /// Asks the provider for its models now and then and when poked, for ever.
    async fn keep_asking(&self, mut poke: Poked) {
        loop {
            let pause = match self.assistant.models().await {
                Ok(models) => {
                    self.told.send_replace(Some(models));
                    FRESH
                }
                Err(fault) => {
                    tracing::warn!(provider = self.assistant.provider().name, %fault, "models not listed");
                    self.told.send_modify(|told| *told = Some(told.take().unwrap_or_default()));
                    ASK_AGAIN
                }
            };
            select! {
                () = sleep(pause) => {}
                () = poke.poked() => {}
            }
        }
    }
}

impl Catalog {
    /// The models of these providers.
    pub fn new(
        providers: &Providers,
        pace: Duration,
        patience: Patience,
        default: Option<String>,
    ) -> reqwest::Result<Self> {
        let endpoint = |provider: &super::providers::Provider| {
            let assistant = Arc::new(OpenAi::new(provider.clone(), patience)?);
            Ok(Endpoint { assistant, told: watch::Sender::new(None) })
        };
        Ok(Self {
            builtin: providers.builtin.then(|| Arc::new(Builtin { pace })),
            endpoints: providers.endpoints.iter().map(endpoint).collect::<reqwest::Result<_>>()?,
            default: default.filter(|model| !model.is_empty()),
        })
    }

    /// Every model, the providers' in the settings' order, then the built-in ones. Of two with one name the first
    /// counts.
    pub async fn models(&self) -> Vec<Model> {
        let mut models: Vec<Model> = Vec::new();
        let mut known = HashSet::new();
        let mut add = |id: String, provider: &str, context_tokens: Option<u32>| {
            if known.insert(id.clone()) {
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
            !NO_CHAT.iter().any(|word| name.contains(word))
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

    /// The model for conversations that name none; `None` while no provider tells of any.
    pub async fn default_model(&self) -> Option<String> {
        match &self.default {
            Some(default) => Some(default.clone()),
            None if self.endpoints.is_empty() && self.builtin.is_some() => Some(ELIZA.to_owned()),
            None => self.models().await.into_iter().find(|model| model.is_default).map(|model| model.id),
        }
    }

    /// Who answers for this model; `None` if nobody does. What the settings say is enough to tell for the models they
    /// name, and for the built-in ones.
    ///
    /// A provider that should tell its models but does not is taken to have any: it may know better than its list.
    pub async fn assistant(&self, model: &str) -> Option<Arc<dyn Assistant>> {
        if let Some(builtin) = &self.builtin
            && [ELIZA, ECHO].contains(&model)
            && !self.endpoints.iter().any(|endpoint| endpoint.names(model))
        {
            return Some(builtin.clone());
        }
        Some(self.endpoint(model).await?.assistant.clone())
    }

    /// How many tokens a model takes, if the settings say.
    pub async fn context_tokens(&self, model: &str) -> Option<u32> {
        if self.endpoints.iter().all(|endpoint| endpoint.assistant.provider().context.of(model).is_none()) {
            return None;
        }
        self.endpoint(model).await?.assistant.provider().context.of(model)
    }

    /// The endpoint whose model it is.
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

    /// Keeps the lists of those providers that must be asked, and logs which model is the default. Never ends.
    pub async fn keep_lists(&self, poke: Poked) {
        let to_ask =
            || self.endpoints.iter().filter(|endpoint| endpoint.assistant.provider().models.is_empty());
        let keep_asking = join_all(to_ask().map(|endpoint| endpoint.keep_asking(poke.clone())));
        let log_default = async {
            for endpoint in to_ask() {
                let _ = endpoint.told.subscribe().wait_for(Option::is_some).await; // its sender is here
            }
            match self.default_model().await {
                Some(model) => tracing::info!(model, "default model"),
                None => tracing::warn!(
                    "no default model: no provider lists any; set CONFAB_DEFAULT_MODEL or N_MODELS"
                ),
            }
        };
        join!(keep_asking, log_default);
    }
}
