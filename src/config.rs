//! All settings, each with its flag, environment variable, default and description.
//!
//! [`clap`] reads flags, the environment and a `.env` file. [`Config::resolve`] makes the checks that clap cannot
//! make. Every error message names the setting.

mod connections;
mod documents;
pub mod dotenv;
mod identities;
mod parts;
mod throttling;
mod trusted;
mod tuning;

pub use connections::Connections;
pub use documents::Documents;
pub use identities::{Identities, Registration};
pub use throttling::Throttling;
pub use trusted::{DocumentsAllowed, Trusted};
pub use tuning::{DocumentTuning, Tuning};

use crate::{
    accounts::{Keys, ProviderSettings, Secret},
    assistant::providers::Providers,
    bus::redis::RedisBus,
    graphql::document::TrustedDocuments,
    transport::{TrustedProxies, canonical_origin},
};
use clap::{
    Args, ValueEnum,
    builder::{OsStringValueParser, RangedU64ValueParser, TypedValueParser},
    value_parser,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt::Display,
    fs::{self, DirBuilder},
    net::SocketAddr,
    ops::RangeInclusive,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// The default of CONFAB_MAX_CONTENT, in Unicode scalar values.
const DEFAULT_MAX_CONTENT: usize = 32_000;
/// The part of a request with a message that is not the message, in bytes: the document and the other variables.
const REQUEST_OVERHEAD: usize = 64 * 1024;

/// The environment that the server runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// A developer's machine.
    Development,
    /// A server on the internet.
    Production,
}

/// Whether a feature is enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// The feature is enabled.
    On,
    /// The feature is disabled.
    Off,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The settings. Each can be given as a flag, as an environment variable, or in a `.env` file.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "CONFAB_LISTEN", default_value = "127.0.0.1:8000",
          value_parser = parse_listen)]
    pub listen: SocketAddr,

    /// Folder for files that the server creates: the SQLite database and the generated secret.
    #[arg(long, env = "CONFAB_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// Database URL: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME` [default: confab.db in the data
    /// folder].
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// Redis URL: `redis://USER:PASSWORD@HOST:PORT`, or `rediss://…` for TLS. Several instances use Redis to forward
    /// reply text and notifications without delay and to share rate limits [default: none, for a single instance].
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<SecretString>,

    /// Environment: `development` or `production`. Use `production` on the internet. It disables introspection and
    /// field-name suggestions, rejects weak secrets, and assumes that a proxy in front of the server provides TLS.
    #[arg(long, env = "CONFAB_ENV", default_value = "development")]
    pub env: Environment,

    /// Whether `/playground` is served: `on` or `off` [default: `on` in development, `off` in production]. In
    /// production the playground has no schema, because introspection is disabled.
    #[arg(long, env = "CONFAB_PLAYGROUND")]
    pub playground: Option<Switch>,

    /// Secret that signs refresh tokens and access tokens. At least 32 bytes, and the same on all instances. Required
    /// in production [default: generated and stored in the data folder].
    #[arg(long, env = "CONFAB_JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<SecretString>,

    /// PEM file with Ed25519 private keys for access tokens, used instead of the secret. The first key signs; every key
    /// verifies. The public keys are published at /.well-known/jwks.json [default: none].
    #[arg(long, env = "CONFAB_JWT_KEY_FILE",
          value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub jwt_key_file: Option<PathBuf>,

    /// Lifetime of an access token, in seconds. It expires earlier if its session ends.
    #[arg(long, env = "CONFAB_ACCESS_TOKEN_TTL", default_value = "900",
          value_parser = seconds(1..=86_400))]
    pub access_token_ttl: Duration,

    /// Lifetime of a session after its last refresh, in seconds.
    #[arg(long, env = "CONFAB_REFRESH_TOKEN_TTL", default_value = "2592000",
          value_parser = seconds(60..=31_536_000))]
    pub refresh_token_ttl: Duration,

    /// Other origins whose pages may use this server, separated by commas: `https://chat.example,https://…`
    /// [default: none].
    #[arg(long, env = "CONFAB_ALLOWED_ORIGINS", value_delimiter = ',',
          value_parser = parse_origin)]
    pub allowed_origins: Vec<String>,

    /// Addresses and networks of trusted proxies, separated by commas: `10.0.0.1,fd00::/8`. The server takes the
    /// client's address from their `X-Forwarded-For` and `Forwarded` headers [default: none].
    #[arg(long, env = "CONFAB_TRUSTED_PROXIES", default_value = "", hide_default_value = true)]
    pub trusted_proxies: TrustedProxies,

    /// Sign-in and registration.
    #[command(flatten)]
    pub identities: Identities,

    /// Rate limits.
    #[command(flatten)]
    pub throttling: Throttling,

    /// Model providers in order of preference, separated by commas: `builtin`, `openai`, `anthropic`, `gemini`,
    /// `mistral`, `groq`, `deepseek`, `xai`, `ollama`, or a name of your own. For each name N, set these variables:
    /// N_BASE_URL; N_API_KEY; N_MODELS (model names separated by commas; if not set, the server requests the list
    /// from the provider); N_MERGE_TURNS (`off` sends consecutive messages of the same role separately);
    /// N_OUTPUT_LIMIT (name of the output limit: `max_tokens` or `max_completion_tokens`);
    /// N_CONTEXT_TOKENS (context size of the models in tokens: `131072`, or `small=32768,large=131072`);
    /// N_API (`chat_completions` or `responses`); N_TOOLS (tools that the provider runs: `web_search`,
    /// `code_interpreter`; needs N_API=responses) [default: `openai` if OPENAI_BASE_URL or OPENAI_API_KEY is set, else
    /// `builtin`].
    #[arg(long, env = "CONFAB_PROVIDERS", value_delimiter = ',')]
    pub providers: Vec<String>,

    /// Model for conversations that do not specify one [default: the first offered model that, judging by its name, can
    /// chat].
    #[arg(long, env = "CONFAB_DEFAULT_MODEL")]
    pub default_model: Option<String>,

    /// Model that writes the title of a conversation after the first completed reply, unless the user has set one
    /// [default: none; the title is the beginning of the first message].
    #[arg(long, env = "CONFAB_TITLE_MODEL")]
    pub title_model: Option<String>,

    /// Pause of the built-in models per word, in milliseconds.
    #[arg(long, env = "CONFAB_PACE_MS", default_value = "30",
          value_parser = value_parser!(u64).range(0..=60_000))]
    pub pace_ms: u64,

    /// Maximum length of the conversation history that is sent to a model, in tokens (estimated as four bytes each). If
    /// N_CONTEXT_TOKENS is set for the model, the limit is at least three quarters of it.
    #[arg(long, env = "CONFAB_HISTORY_TOKENS", default_value = "8000",
          value_parser = value_parser!(u32).range(100..=10_000_000))]
    pub history_tokens: u32,

    /// Timeout for the start of a provider's response, in seconds.
    #[arg(long, env = "CONFAB_FIRST_TOKEN_TIMEOUT", default_value = "120",
          value_parser = seconds(1..=3600))]
    pub first_token_timeout: Duration,

    /// Idle timeout for a provider's response, in seconds. Before the first text, any data restarts it; afterwards only
    /// text, reasoning and tool calls do.
    #[arg(long, env = "CONFAB_IDLE_TIMEOUT", default_value = "60",
          value_parser = seconds(1..=3600))]
    pub idle_timeout: Duration,

    /// Longest time without text in a provider's response, in seconds, even if the model reasons and the provider keeps
    /// sending data.
    #[arg(long, env = "CONFAB_THINKING_TIMEOUT", default_value = "600",
          value_parser = seconds(1..=86_400))]
    pub thinking_timeout: Duration,

    /// Maximum number of attempts to generate a reply. A new attempt starts when the instance that ran the reply has
    /// crashed or shut down.
    #[arg(long, env = "CONFAB_REPLY_ATTEMPTS", default_value = "3",
          value_parser = value_parser!(i32).range(1..=100))]
    pub reply_attempts: i32,

    /// Lease of a reply, in seconds. If an instance crashes, another takes over its replies within about
    /// 1.5 times this time.
    #[arg(long, env = "CONFAB_LEASE", default_value = "15",
          value_parser = seconds(3..=3600))]
    pub lease: Duration,

    /// Time that replies in progress may continue during shutdown, in seconds. Other instances take over the rest.
    #[arg(long, env = "CONFAB_DRAIN", default_value = "5",
          value_parser = seconds(0..=3600))]
    pub drain: Duration,

    /// Largest request body and largest WebSocket message, in bytes.
    #[arg(long, env = "CONFAB_MAX_BODY", default_value = "262144",
          value_parser = RangedU64ValueParser::<usize>::new().range(1024..=16_777_216))]
    pub max_body: usize,

    /// Maximum length of a message, in characters (Unicode scalar values). Above the default, CONFAB_MAX_BODY must be at
    /// least four times as large.
    #[arg(long, env = "CONFAB_MAX_CONTENT", default_value = "32000",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=200_000))]
    pub max_content: usize,

    /// Limits on GraphQL documents.
    #[command(flatten)]
    pub documents: Documents,

    /// Trusted documents.
    #[command(flatten)]
    pub trusted: Trusted,

    /// Connection limits.
    #[command(flatten)]
    pub connections: Connections,

    /// Log level: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `confab=debug,warn`.
    #[arg(long, env = "CONFAB_LOG", default_value = "info")]
    pub log: String,

    /// Log format: `text`, or `json` with one object per line.
    #[arg(long, env = "CONFAB_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// Fixed values.
    #[arg(skip)]
    pub tuning: Tuning,
}

/// Values that are derived from several settings, files or the environment.
pub struct ResolvedConfig {
    /// The URL for [`crate::store::Database::connect`], which validates it.
    pub database_url: String,
    /// The bus between instances. `None` for a single instance.
    pub redis: Option<RedisBus>,
    /// The secret that signs refresh tokens, from the settings or from the data folder.
    pub secret: Secret,
    /// The keys that sign access tokens: those of the key file, or else the secret.
    pub keys: Keys,
    /// The OpenID Provider, if one is configured.
    pub identity_provider: Option<ProviderSettings>,
    /// The model providers.
    pub providers: Providers,
    /// The trusted documents of the manifest.
    pub trusted_documents: TrustedDocuments,
}

impl Config {
    /// Validates the settings together and resolves them. `setting` reads an environment variable.
    ///
    /// Creates the data folder and the secret if they are needed and do not exist.
    pub fn resolve(&self, setting: impl Fn(&str) -> Option<String>) -> Result<ResolvedConfig, String> {
        let names: Vec<String> = self.providers.iter().filter(|name| !name.is_empty()).cloned().collect();
        let providers = Providers::from_settings(&names, setting)?;
        if let Some(model) = self.default_model.as_deref().filter(|model| !model.is_empty())
            && providers.lack_model(model)
        {
            return Err(format!("CONFAB_DEFAULT_MODEL: No provider offers the model `{model}`."));
        }
        if let Some(model) = self.title_model.as_deref().filter(|model| !model.is_empty())
            && providers.lack_model(model)
        {
            return Err(format!("CONFAB_TITLE_MODEL: No provider offers the model `{model}`."));
        }
        self.check_max_content()?;
        let secret = self.secret()?;
        Ok(ResolvedConfig {
            database_url: self.database_url()?,
            redis: self.redis()?,
            keys: self.keys(&secret)?,
            secret,
            identity_provider: self.identities.provider(self.env == Environment::Production)?,
            providers,
            trusted_documents: self.trusted.read()?,
        })
    }

    /// Checks that the longest message fits into a request. An installation that lowers CONFAB_MAX_BODY need not set
    /// CONFAB_MAX_CONTENT as well.
    fn check_max_content(&self) -> Result<(), String> {
        let needed = self.max_content * 4 + REQUEST_OVERHEAD;
        if self.max_content > DEFAULT_MAX_CONTENT && self.max_body < needed {
            let longest = self.max_content;
            return Err(format!(
                "CONFAB_MAX_CONTENT: A message of {longest} characters can need {needed} bytes. Set CONFAB_MAX_BODY to at \
                 least this value."
            ));
        }
        Ok(())
    }

    /// The database URL. Creates the data folder if the URL is not set.
    pub fn database_url(&self) -> Result<String, String> {
        match self.database_url.as_ref().map(ExposeSecret::expose_secret).filter(|url| !url.is_empty()) {
            Some(url) => Ok(url.to_owned()),
            None => Ok(format!("sqlite:{}", self.create_data_dir()?.join("confab.db").display())),
        }
    }

    /// The bus over Redis. `None` if the URL is not set.
    fn redis(&self) -> Result<Option<RedisBus>, String> {
        let url = self.redis_url.as_ref().map(ExposeSecret::expose_secret).filter(|url| !url.is_empty());
        url.map(RedisBus::new).transpose().map_err(|error| format!("REDIS_URL: {error}"))
    }

    /// The secret from the settings or from the data folder.
    ///
    /// In production it must be set and hard to guess. A generated one would differ between instances and be lost with
    /// the data folder.
    fn secret(&self) -> Result<Secret, String> {
        let error =
            |fault| format!("CONFAB_JWT_SECRET {fault}. Generate a secret with `openssl rand -hex 32`.");
        let production = self.env == Environment::Production;
        match self.jwt_secret.as_ref().filter(|secret| !secret.expose_secret().is_empty()) {
            Some(secret) => {
                let secret = Secret::from_secret(secret.clone());
                let secret = secret.ok_or_else(|| error("must have at least 32 bytes"))?;
                if production && !secret.is_random() {
                    return Err(error(
                        "must be 32 or more hexadecimal digits, or base64 of 32 or more bytes",
                    ));
                }
                Ok(secret)
            }
            None if production => {
                Err(error("must be set in production, with the same value on all instances"))
            }
            None => {
                let file = self.create_data_dir()?.join("jwt-secret");
                Secret::load_or_create(&file)
                    .map_err(|error| format!("CONFAB_DATA_DIR: {}: {error}", file.display()))
            }
        }
    }

    fn keys(&self, secret: &Secret) -> Result<Keys, String> {
        let Some(file) = self.jwt_key_file.as_ref().filter(|file| !file.as_os_str().is_empty()) else {
            return Ok(Keys::from_secret(secret));
        };
        let message = |fault: &dyn Display| format!("CONFAB_JWT_KEY_FILE: {} {fault}", file.display());
        let text =
            fs::read_to_string(file).map_err(|error| message(&format_args!("cannot be read: {error}")))?;
        Keys::from_pem(&text).map_err(|fault| message(&fault))
    }

    /// Creates the data folder if it does not exist. Only its owner has access.
    fn create_data_dir(&self) -> Result<&Path, String> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(&self.data_dir);
        let message = |error| format!("CONFAB_DATA_DIR: cannot create {}: {error}", self.data_dir.display());
        created.map(|()| &*self.data_dir).map_err(message)
    }

    /// Other origins whose pages may use this server.
    pub fn allowed_origins(&self) -> Vec<String> {
        self.allowed_origins.iter().filter(|origin| !origin.is_empty()).cloned().collect()
    }

    /// Whether the playground is served. By default it is served only in development.
    pub fn playground(&self) -> bool {
        self.playground.map_or(self.env == Environment::Development, |switch| switch == Switch::On)
    }
}

/// Parses a duration in whole seconds within this range.
fn seconds(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = Duration> {
    RangedU64ValueParser::<u64>::new().range(range).map(Duration::from_secs)
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let message = |_| "must be an address and a port, such as 127.0.0.1:8000 or [::]:8000".to_owned();
    text.parse().map_err(message)
}

/// Parses an origin: scheme, host and optional port (RFC 6454), and returns it as browsers send it.
///
/// Upper case, the scheme's default port and a trailing slash are accepted. An empty text stands for no origin.
fn parse_origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    if text.contains('*') {
        return Err("wildcards are not supported; list each origin".to_owned());
    }
    let message = || "must be an origin, such as https://chat.example or http://localhost:3000".to_owned();
    canonical_origin(text).ok_or_else(message)
}
