//! Which models there are, and whose each is.

use super::{
    Assistant,
    builtin::{Builtin, ECHO, ELIZA},
    openai::{OpenAi, Patience},
    providers::{BUILTIN, Providers},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// How long a provider's own list of its models is believed.
const FRESH: Duration = Duration::from_secs(300);
/// How soon a provider that did not tell its models is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// A model that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name, as `eliza` or `gpt-5-mini`.
    pub id: String,
    /// Whose it is, as `builtin` or `openai`.
    pub provider: String,
    /// Whether conversations that name no model get this one.
    pub is_default: bool,
}

/// All the models.
pub struct Catalog {
    builtin: Option<Arc<Builtin>>,
    endpoints: Vec<Endpoint>,
    default: Option<String>,
}

struct Endpoint {
    assistant: Arc<OpenAi>,
    /// What the provider said of its models, and until when that is believed. Unused when the settings name them.
    told: Mutex<Option<(Vec<String>, Instant)>>,
}

impl Endpoint {
    /// The settings' models, or else the provider's own; none while it cannot tell.
    async fn models(&self) -> Vec<String> {
        let provider = self.assistant.provider();
        if !provider.models.is_empty() {
            return provider.models.clone();
        }
        let mut told = self.told.lock().await;
        match &*told {
            Some((models, until)) if Instant::now() < *until => models.clone(),
            _ => {
                let (models, believed) = match self.assistant.models().await {
                    Ok(models) => (models, FRESH),
                    Err(fault) => {
                        tracing::warn!(provider = provider.name, %fault, "models not listed");
                        (told.take().map(|(models, _)| models).unwrap_or_default(), ASK_AGAIN)
                    }
                };
                *told = Some((models.clone(), Instant::now() + believed));
                models
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
            Ok(Endpoint { assistant, told: Mutex::default() })
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
        let mut add = |id: String, provider: &str| {
            if models.iter().all(|model| model.id != id) {
                models.push(Model { id, provider: provider.to_owned(), is_default: false });
            }
        };
        for endpoint in &self.endpoints {
            for id in endpoint.models().await {
                add(id, &endpoint.assistant.provider().name);
            }
        }
        if self.builtin.is_some() {
            [ELIZA, ECHO].into_iter().for_each(|id| add(id.to_owned(), BUILTIN));
        }
        let default = match &self.default {
            Some(default) => models.iter_mut().find(|model| model.id == *default),
            None => models.first_mut(),
        };
        if let Some(default) = default {
            default.is_default = true;
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

    /// Who answers for this model; `None` if nobody does.
    ///
    /// A provider that should tell its models but does not is taken to have any: it may know better than its list.
    pub async fn assistant(&self, model: &str) -> Option<Arc<dyn Assistant>> {
        let mut untold = None;
        for endpoint in &self.endpoints {
            let models = endpoint.models().await;
            if models.iter().any(|id| id == model) {
                return Some(endpoint.assistant.clone());
            }
            if models.is_empty() && untold.is_none() {
                untold = Some(endpoint.assistant.clone());
            }
        }
        match &self.builtin {
            Some(builtin) if [ELIZA, ECHO].contains(&model) => Some(builtin.clone()),
            _ => untold.map(|endpoint| endpoint as Arc<dyn Assistant>),
        }
    }
}
