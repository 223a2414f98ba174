//! The configured providers of models.

use super::builtin::{ECHO, ELIZA};
use secrecy::SecretString;
use std::fmt;
use url::Url;

/// The name of the built-in models' provider.
pub const BUILTIN: &str = "builtin";

/// An OpenAI-compatible endpoint. `Debug` does not print the base URL, which may contain a password.
#[derive(Clone)]
pub struct Provider {
    /// Its name in the settings, for example `openai` or `ollama`.
    pub name: String,
    /// The URL above `chat/completions` and `responses`, for example `https://api.openai.com/v1`.
    pub base_url: Url,
    /// The API key, sent as a bearer token. With `None` no `Authorization` header is sent.
    pub api_key: Option<SecretString>,
    /// The models to use. If empty, the provider's own list is used.
    pub models: Vec<String>,
    /// Whether consecutive messages with the same role are sent as one.
    pub merge_turns: bool,
    /// The name that it gives to the limit on the output.
    pub output_limit: OutputLimit,
    /// The context sizes of its models.
    pub context: ContextTokens,
    /// The API with which it is asked for answers.
    pub api: Api,
    /// The tools that it may run for its models. Empty with chat completions.
    pub tools: Vec<ProviderTool>,
}

/// An API for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// `chat/completions`, which every OpenAI-compatible provider has.
    ChatCompletions,
    /// `responses`, which has summaries of the reasoning, and tools that the provider runs.
    Responses,
}

/// A tool that a provider runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderTool {
    /// A search of the web.
    WebSearch,
    /// Code that runs in a container of the provider.
    CodeInterpreter,
}

impl ProviderTool {
    /// Parses a list of names.
    fn parse_list(list: &str) -> Option<Vec<Self>> {
        let parse = |name: &str| match name {
            "web_search" => Some(Self::WebSearch),
            "code_interpreter" => Some(Self::CodeInterpreter),
            _ => None,
        };
        let mut tools: Vec<Self> = split(list).iter().map(|name| parse(name)).collect::<Option<_>>()?;
        let mut seen = Vec::new();
        tools.retain(|tool| {
            !seen.contains(tool) && {
                seen.push(*tool);
                true
            }
        });
        Some(tools)
    }
}

/// The name of the limit on the output in requests to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputLimit {
    /// `max_tokens`, which nearly every provider accepts.
    MaxTokens,
    /// `max_completion_tokens`, which OpenAI's reasoning models require.
    MaxCompletionTokens,
}

impl Provider {
    /// The URL of a resource below the base URL. A query of the base URL is kept.
    pub fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, models, .. } = self;
        formatter.debug_struct("Provider").field("name", name).field("models", models).finish_non_exhaustive()
    }
}

/// The context sizes of a provider's models: tokens of prompt and answer together, as far as configured.
#[derive(Clone, Debug, Default)]
pub struct ContextTokens {
    default: Option<u32>,
    by_model: Vec<(String, u32)>,
}

impl ContextTokens {
    /// Parses `131072` (for every model), `small=32768,large=131072`, or both in one list.
    fn parse(list: &str) -> Result<Self, String> {
        let mut tokens = Self::default();
        for item in split(list) {
            let (model, number) = item.rsplit_once('=').map_or((None, &*item), |(model, n)| (Some(model), n));
            let number = number.trim().parse().ok().filter(|number| (1000..=10_000_000).contains(number));
            let number = number.ok_or(
                "must be like 131072 or small=32768,large=131072, with numbers from 1000 to 10000000.",
            )?;
            match model {
                Some(model) => tokens.by_model.push((model.trim().to_owned(), number)),
                None => tokens.default = Some(number),
            }
        }
        Ok(tokens)
    }

    /// The context size of a model; `None` if it is not configured.
    pub fn of(&self, model: &str) -> Option<u32> {
        self.by_model.iter().find(|(name, _)| name == model).map(|(_, tokens)| *tokens).or(self.default)
    }
}

/// The configured providers, in order of preference: endpoints, the built-in models, or both.
#[derive(Clone, Debug)]
pub struct Providers {
    /// Whether the built-in models are offered.
    pub builtin: bool,
    /// The endpoints, in the order of the settings.
    pub endpoints: Vec<Provider>,
}

/// Base URLs that large providers document for OpenAI clients. No models are named, because models get retired.
const KNOWN: [(&str, &str); 8] = [
    ("openai", "https://api.openai.com/v1"),
    ("anthropic", "https://api.anthropic.com/v1"),
    ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ("mistral", "https://api.mistral.ai/v1"),
    ("groq", "https://api.groq.com/openai/v1"),
    ("deepseek", "https://api.deepseek.com/v1"),
    ("xai", "https://api.x.ai/v1"),
    ("ollama", "http://127.0.0.1:11434/v1"),
];

impl Providers {
    /// Reads the settings of the named providers: for a name `N`, the variables `N_BASE_URL`, `N_API_KEY`, `N_MODELS`,
    /// `N_MERGE_TURNS`, `N_OUTPUT_LIMIT`, `N_CONTEXT_TOKENS`, `N_API` and `N_TOOLS`.
    ///
    /// Without names, the provider is OpenAI if its variables are set, or else the built-in models. The error says
    /// which variable to correct.
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
                return Err(format!(
                    "CONFAB_PROVIDERS: `{name}` must consist of the letters a-z, digits and `_`."
                ));
            }
            let variable = |what: &str| format!("{}_{what}", name.to_uppercase());
            let known = KNOWN.iter().find(|(known, _)| known == name).map(|(_, url)| (*url).to_owned());
            let base_url = setting(&variable("BASE_URL")).or(known).ok_or_else(|| {
                format!("{} must be set, because CONFAB_PROVIDERS contains `{name}`.", variable("BASE_URL"))
            })?;
            let base_url = Url::parse(&base_url)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                .ok_or_else(|| {
                    format!("{} must be an HTTP URL such as http://127.0.0.1:11434/v1.", variable("BASE_URL"))
                })?;
            let api_key = setting(&variable("API_KEY")).map(SecretString::from);
            let models = setting(&variable("MODELS")).map(|models| split(&models)).unwrap_or_default();
            let merge_turns = match setting(&variable("MERGE_TURNS")).as_deref() {
                None | Some("on") => true,
                Some("off") => false,
                Some(_) => return Err(format!("{} must be `on` or `off`.", variable("MERGE_TURNS"))),
            };
            let output_limit = match setting(&variable("OUTPUT_LIMIT")).as_deref() {
                None if name == "openai" => OutputLimit::MaxCompletionTokens,
                None | Some("max_tokens") => OutputLimit::MaxTokens,
                Some("max_completion_tokens") => OutputLimit::MaxCompletionTokens,
                Some(_) => {
                    let variable = variable("OUTPUT_LIMIT");
                    return Err(format!("{variable} must be `max_tokens` or `max_completion_tokens`."));
                }
            };
            let context = setting(&variable("CONTEXT_TOKENS")).unwrap_or_default();
            let context = ContextTokens::parse(&context)
                .map_err(|error| format!("{} {error}", variable("CONTEXT_TOKENS")))?;
            let api = match setting(&variable("API")).as_deref() {
                None | Some("chat_completions") => Api::ChatCompletions,
                Some("responses") => Api::Responses,
                Some(_) => {
                    return Err(format!("{} must be `chat_completions` or `responses`.", variable("API")));
                }
            };
            let tools = ProviderTool::parse_list(&setting(&variable("TOOLS")).unwrap_or_default())
                .ok_or_else(|| {
                    format!("{} must be a list of `web_search` and `code_interpreter`.", variable("TOOLS"))
                })?;
            if api != Api::Responses && !tools.is_empty() {
                return Err(format!("{} needs {}=responses.", variable("TOOLS"), variable("API")));
            }
            let name = name.clone();
            let provider =
                Provider { name, base_url, api_key, models, merge_turns, output_limit, context, api, tools };
            providers.endpoints.push(provider);
        }
        Ok(providers)
    }
}

impl Providers {
    /// Whether no provider has the model, as far as is known without asking providers for their lists.
    pub fn lack_model(&self, model: &str) -> bool {
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

#[cfg(any(fuzzing, test))]
impl Provider {
    /// A provider with this name and no further settings.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            base_url: "http://127.0.0.1:9/v1".parse().expect("a valid URL"),
            api_key: None,
            models: Vec::new(),
            merge_turns: true,
            output_limit: OutputLimit::MaxTokens,
            context: ContextTokens::default(),
            api: Api::ChatCompletions,
            tools: Vec::new(),
        }
    }
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
    fn without_settings_only_the_builtin_models_are_offered() {
        let providers = read(&[], &[("OPENAI_API_KEY", " ")]).unwrap();
        assert!(providers.builtin && providers.endpoints.is_empty());
    }

    #[test]
    fn openai_is_configured_by_its_usual_variables() {
        let providers = read(&[], &[("OPENAI_BASE_URL", "http://127.0.0.1:9911/v1")]).unwrap();
        assert!(!providers.builtin);
        let [openai] = &providers.endpoints[..] else { panic!("{providers:?}") };
        assert_eq!((openai.base_url.as_str(), openai.models.len()), ("http://127.0.0.1:9911/v1", 0));
        let providers = read(&[], &[("OPENAI_API_KEY", "sk-secret")]).unwrap();
        assert_eq!(providers.endpoints[0].base_url.as_str(), "https://api.openai.com/v1");
        assert!(providers.endpoints[0].models.is_empty(), "the provider's own list is used");
        assert!(!format!("{providers:?}").contains("sk-secret"));
        let providers = read(&[], &[("OPENAI_BASE_URL", "http://me:marked@127.0.0.1:9911/v1")]).unwrap();
        assert!(!format!("{providers:?}").contains("marked"));
    }

    #[test]
    fn several_providers_and_the_builtin_models_can_be_combined() {
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
        assert_eq!(providers.endpoints[1].output_limit, OutputLimit::MaxTokens);
        assert_eq!(
            read(&["openai"], &[]).unwrap().endpoints[0].output_limit,
            OutputLimit::MaxCompletionTokens
        );
    }

    #[test]
    fn context_tokens_are_set_for_one_model_or_for_all() {
        let tokens = ContextTokens::parse("8192, llama3:8b = 32768").unwrap();
        assert_eq!((tokens.of("llama3:8b"), tokens.of("other")), (Some(32_768), Some(8192)));
        assert_eq!(ContextTokens::parse("").unwrap().of("a"), None);
        assert!(ContextTokens::parse("a=1").is_err());
    }

    #[test]
    fn tools_need_the_responses_api() {
        let mine = ("MINE_BASE_URL", "http://127.0.0.1:9/v1");
        let (api, tools) =
            (("MINE_API", "responses"), ("MINE_TOOLS", "web_search, code_interpreter,web_search"));
        let providers = read(&["mine"], &[mine, api, tools]).unwrap();
        let [provider] = &providers.endpoints[..] else { panic!("{providers:?}") };
        assert_eq!(provider.api, Api::Responses);
        assert_eq!(provider.tools, [ProviderTool::WebSearch, ProviderTool::CodeInterpreter]);
        let error = read(&["mine"], &[mine, tools]).unwrap_err();
        assert!(error.contains("MINE_TOOLS") && error.contains("MINE_API"), "{error}");
    }

    #[test]
    fn a_url_keeps_the_query_of_the_base_url() {
        for (base_url, expected) in [
            ("http://h/v1", "http://h/v1/chat/completions"),
            ("http://h/v1/", "http://h/v1/chat/completions"),
            ("http://h", "http://h/chat/completions"),
            ("http://h/a%20b?api-version=1", "http://h/a%20b/chat/completions?api-version=1"),
        ] {
            let provider = Provider { base_url: base_url.parse().unwrap(), ..Provider::named("mine") };
            assert_eq!(provider.url(&["chat", "completions"]).as_str(), expected);
        }
    }

    #[test]
    fn an_error_names_the_variable() {
        assert!(read(&["mine"], &[]).unwrap_err().contains("MINE_BASE_URL"));
        assert!(read(&["mine"], &[("MINE_BASE_URL", "ftp://x")]).unwrap_err().contains("MINE_BASE_URL"));
        assert!(read(&["My Own"], &[]).unwrap_err().contains("CONFAB_PROVIDERS"));
        let mine = ("MINE_BASE_URL", "http://127.0.0.1:9/v1");
        for (name, value) in [
            ("MINE_MERGE_TURNS", "maybe"),
            ("MINE_OUTPUT_LIMIT", "tokens"),
            ("MINE_CONTEXT_TOKENS", "many"),
            ("MINE_API", "soap"),
            ("MINE_TOOLS", "web_search,shell"),
        ] {
            assert!(read(&["mine"], &[mine, (name, value)]).unwrap_err().contains(name));
        }
    }
}
