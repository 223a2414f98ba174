//! Which providers there are, and how they are reached.

use super::builtin::{ECHO, ELIZA};
use secrecy::SecretString;
use std::fmt;
use url::Url;

/// The built-in models' provider.
pub const BUILTIN: &str = "builtin";

/// An OpenAI-compatible endpoint and what it offers. `Debug` does not show its address, which may hold a password.
#[derive(Clone)]
pub struct Provider {
    /// As it is called in the settings: `openai`, `ollama`, …
    pub name: String,
    /// What `chat/completions` is below, as `https://api.openai.com/v1`.
    pub base_url: Url,
    /// Sent as a bearer token. `None` sends no `Authorization`.
    pub api_key: Option<SecretString>,
    /// The models it is used for; if empty, the provider is asked.
    pub models: Vec<String>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, models, .. } = self;
        formatter.debug_struct("Provider").field("name", name).field("models", models).finish_non_exhaustive()
    }
}

/// What is offered: the built-in models, endpoints, or both, in order of preference.
#[derive(Clone, Debug)]
pub struct Providers {
    /// Whether the built-in models are offered.
    pub builtin: bool,
    /// The endpoints, as the settings order them.
    pub endpoints: Vec<Provider>,
}

/// The addresses that large providers document for OpenAI's clients, and a model each is sure to have.
const KNOWN: [(&str, &str, &str); 8] = [
    ("openai", "https://api.openai.com/v1", "gpt-5-mini"),
    ("anthropic", "https://api.anthropic.com/v1", "claude-sonnet-4-5"),
    ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-2.5-flash"),
    ("mistral", "https://api.mistral.ai/v1", "mistral-small-latest"),
    ("groq", "https://api.groq.com/openai/v1", "llama-3.3-70b-versatile"),
    ("deepseek", "https://api.deepseek.com/v1", "deepseek-chat"),
    ("xai", "https://api.x.ai/v1", "grok-4"),
    ("ollama", "http://127.0.0.1:11434/v1", ""),
];

impl Providers {
    /// Reads the settings of the named providers: for a name `N` the variables `N_BASE_URL`, `N_API_KEY` and
    /// `N_MODELS`. With no names it is OpenAI if its variables are set, else the built-in models. The error says
    /// what to set.
    pub fn from_settings(names: &[String], setting: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let setting =
            |name: &str| setting(name).map(|value| value.trim().to_owned()).filter(|v| !v.is_empty());
        let names = match names {
            [] if setting("OPENAI_BASE_URL").or_else(|| setting("OPENAI_API_KEY")).is_some() => {
                &["openai".to_owned()]
            }
            [] => &[BUILTIN.to_owned()],
            names => names,
        };
        let mut providers = Self { builtin: false, endpoints: Vec::new() };
        for name in names {
            if name == BUILTIN {
                providers.builtin = true;
                continue;
            }
            if name.is_empty()
                || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            {
                return Err(format!("CONFAB_PROVIDERS: `{name}` must be of the letters a-z, digits and _"));
            }
            let variable = |what: &str| format!("{}_{what}", name.to_uppercase());
            let known = KNOWN.iter().find(|(known, ..)| known == name);
            let own_url = setting(&variable("BASE_URL"));
            let models: Vec<String> = match (setting(&variable("MODELS")), known, &own_url) {
                (Some(models), ..) => split(&models),
                (None, Some((_, _, model)), None) => split(model),
                _ => Vec::new(), // it will be asked
            };
            let base_url =
                own_url.or_else(|| known.map(|(_, url, _)| (*url).to_owned())).ok_or_else(|| {
                    format!("{} must be set to use the provider `{name}`", variable("BASE_URL"))
                })?;
            let base_url = Url::parse(&base_url)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                .ok_or_else(|| {
                    format!("{} must be an address such as http://127.0.0.1:11434/v1", variable("BASE_URL"))
                })?;
            let api_key = setting(&variable("API_KEY")).map(SecretString::from);
            providers.endpoints.push(Provider { name: name.clone(), base_url, api_key, models });
        }
        Ok(providers)
    }
}

impl Providers {
    /// Whether none of them has the model, as far as that can be told without asking.
    pub fn lack(&self, model: &str) -> bool {
        let builtin = self.builtin && [ELIZA, ECHO].contains(&model);
        let has = |endpoint: &Provider| {
            endpoint.models.is_empty() || endpoint.models.iter().any(|one| one == model)
        };
        !builtin && !self.endpoints.iter().any(has)
    }
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &[&str], settings: &[(&str, &str)]) -> Result<Providers, String> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Providers::from_settings(&names, |name| {
            settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_settings_there_are_the_builtin_models() {
        let providers = read(&[], &[("OPENAI_API_KEY", " ")]).unwrap();
        assert!(providers.builtin && providers.endpoints.is_empty());
    }

    #[test]
    fn openais_usual_variables_are_enough() {
        let providers = read(&[], &[("OPENAI_BASE_URL", "http://127.0.0.1:9911/v1")]).unwrap();
        assert!(!providers.builtin);
        let [openai] = &providers.endpoints[..] else { panic!("{providers:?}") };
        assert_eq!((openai.base_url.as_str(), openai.models.len()), ("http://127.0.0.1:9911/v1", 0));
        let providers = read(&[], &[("OPENAI_API_KEY", "sk-secret")]).unwrap();
        assert_eq!(providers.endpoints[0].base_url.as_str(), "https://api.openai.com/v1");
        assert_eq!(providers.endpoints[0].models, ["gpt-5-mini"]);
        assert!(!format!("{providers:?}").contains("sk-secret"));
        let providers = read(&[], &[("OPENAI_BASE_URL", "http://me:marked@127.0.0.1:9911/v1")]).unwrap();
        assert!(!format!("{providers:?}").contains("marked"));
    }

    #[test]
    fn several_providers_stand_side_by_side_with_the_builtin_models() {
        let providers = read(
            &["mistral", "mine", "builtin"],
            &[
                ("MISTRAL_MODELS", "a, b,"),
                ("MINE_BASE_URL", "https://llm.example/v1"),
                ("MINE_API_KEY", "k"),
            ],
        )
        .unwrap();
        assert!(providers.builtin);
        assert_eq!(providers.endpoints[0].models, ["a", "b"]);
        assert!(providers.endpoints[1].api_key.is_some());
    }

    #[test]
    fn a_fault_names_the_variable() {
        assert!(read(&["mine"], &[]).unwrap_err().contains("MINE_BASE_URL"));
        assert!(read(&["mine"], &[("MINE_BASE_URL", "ftp://x")]).unwrap_err().contains("MINE_BASE_URL"));
        assert!(read(&["My Own"], &[]).unwrap_err().contains("CONFAB_PROVIDERS"));
    }
}
