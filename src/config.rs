//! Every setting: its flag, its environment variable, its default and its meaning, in one place.
//!
//! The environment, a `.env` file and flags are read by [`clap`]; what it cannot check by itself is checked by
//! [`Config::complete`]. Either way a fault is told with the name of the setting.

mod connections;
mod documents;
pub mod dotenv;
mod identities;
mod throttling;
mod trusted;

pub use connections::Connections;
pub use documents::Documents;
pub use identities::{Identities, Registration};
pub use throttling::Throttling;
pub use trusted::{DocumentsAllowed, Trusted};

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
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// What kind of place the server runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// On a developer's machine.
    Development,
    /// On the internet.
    Production,
}

/// Whether a part of the server is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is there.
    On,
    /// It is not.
    Off,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The settings. Each can be given as a flag, as an environment variable or in a file `.env`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "CONFAB_LISTEN", value_name = "CONFAB_LISTEN", default_value = "127.0.0.1:8000",
          value_parser = parse_listen)]
    pub listen: SocketAddr,

    /// Folder for what the server keeps by itself: the SQLite database and the signing key.
    #[arg(long, env = "CONFAB_DATA_DIR", value_name = "CONFAB_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME` [default: confab.db in the data folder].
    #[arg(long, env = "DATABASE_URL", value_name = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// `redis://USER:PASSWORD@HOST:PORT`, on which instances tell each other what replies say [default: none, for a
    /// single instance].
    #[arg(long, env = "REDIS_URL", value_name = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<SecretString>,

    /// `development`, or `production` on the internet: then no introspection, no hints at field names, no secret that
    /// could be guessed, and TLS (at a proxy) taken for granted.
    #[arg(long, env = "CONFAB_ENV", value_name = "CONFAB_ENV", default_value = "development")]
    pub env: Environment,

    /// Whether `/playground` is served [default: `on` in development, `off` in production]. In production it has no
    /// schema, because introspection is off there.
    #[arg(long, env = "CONFAB_PLAYGROUND", value_name = "CONFAB_PLAYGROUND")]
    pub playground: Option<Switch>,

    /// Secret that seals refresh tokens and signs access tokens, at least 32 bytes; the same on all instances. In
    /// production it must be set [default: one is made and kept in the data folder].
    #[arg(long, env = "CONFAB_JWT_SECRET", value_name = "CONFAB_JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<SecretString>,

    /// PEM file of Ed25519 private keys that sign access tokens instead of the secret: the first signs, all are good, and
    /// their public halves are at /.well-known/jwks.json [default: none].
    #[arg(long, env = "CONFAB_JWT_KEY_FILE", value_name = "CONFAB_JWT_KEY_FILE",
          value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub jwt_key_file: Option<PathBuf>,

    /// Seconds an access token is good, unless its session ends before.
    #[arg(long, env = "CONFAB_ACCESS_TOKEN_TTL", value_name = "CONFAB_ACCESS_TOKEN_TTL", default_value = "900",
          value_parser = RangedU64ValueParser::<u64>::new().range(1..=86_400))]
    pub access_token_ttl: u64,

    /// Seconds a session lives after it was last refreshed.
    #[arg(long, env = "CONFAB_REFRESH_TOKEN_TTL", value_name = "CONFAB_REFRESH_TOKEN_TTL", default_value = "2592000",
          value_parser = RangedU64ValueParser::<u64>::new().range(60..=31_536_000))]
    pub refresh_token_ttl: u64,

    /// Seconds for which a used refresh token gets the same successor again, for a client that lost the answer or
    /// refreshed twice at once; later it ends its session.
    #[arg(long, env = "CONFAB_REFRESH_GRACE", value_name = "CONFAB_REFRESH_GRACE", default_value = "10",
          value_parser = RangedU64ValueParser::<u64>::new().range(0..=300))]
    pub refresh_grace: u64,

    /// Origins, besides the server's own, whose pages may use it: `https://chat.example,https://…`.
    #[arg(long, env = "CONFAB_ALLOWED_ORIGINS", value_name = "CONFAB_ALLOWED_ORIGINS", value_delimiter = ',',
          value_parser = parse_origin)]
    pub allowed_origins: Vec<String>,

    /// Addresses and networks of proxies that tell a client's address, `10.0.0.1,fd00::/8`: their `X-Forwarded-For` and
    /// `Forwarded` count [default: none].
    #[arg(
        long,
        env = "CONFAB_TRUSTED_PROXIES",
        value_name = "CONFAB_TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: TrustedProxies,

    /// Who people are.
    #[command(flatten)]
    pub identities: Identities,

    /// How much of what may be asked for.
    #[command(flatten)]
    pub throttling: Throttling,

    /// Providers of models, in order of preference: `builtin`, `openai`, `anthropic`, `gemini`, `mistral`, `groq`,
    /// `deepseek`, `xai`, `ollama`, or a name of your own. Each name N is set up by the variables N_BASE_URL, N_API_KEY,
    /// N_MODELS (a comma between models; if not set, the provider is asked), N_MERGE_TURNS (`off` sends turns of one speaker
    /// in a row as they are) and N_CONTEXT_TOKENS (how many tokens the models take: `131072`, or `small=32768,large=131072`)
    /// [default: `openai` if OPENAI_BASE_URL or OPENAI_API_KEY is set, else `builtin`].
    #[arg(long, env = "CONFAB_PROVIDERS", value_name = "CONFAB_PROVIDERS", value_delimiter = ',')]
    pub providers: Vec<String>,

    /// Model for conversations that name none [default: the first one offered that can chat, as far as its name tells].
    #[arg(long, env = "CONFAB_DEFAULT_MODEL", value_name = "CONFAB_DEFAULT_MODEL")]
    pub default_model: Option<String>,

    /// Milliseconds the built-in models pause for each word.
    #[arg(long, env = "CONFAB_PACE_MS", value_name = "CONFAB_PACE_MS", default_value = "30",
          value_parser = value_parser!(u64).range(0..=60_000))]
    pub pace_ms: u64,

    /// How much of a conversation a model is shown, in tokens (estimated as four bytes each). For a model with known
    /// N_CONTEXT_TOKENS it is three quarters of those, if that is more.
    #[arg(long, env = "CONFAB_HISTORY_TOKENS", value_name = "CONFAB_HISTORY_TOKENS", default_value = "8000",
          value_parser = value_parser!(u32).range(100..=10_000_000))]
    pub history_tokens: u32,

    /// Seconds to wait for a connection to a provider.
    #[arg(long, env = "CONFAB_CONNECT_TIMEOUT", value_name = "CONFAB_CONNECT_TIMEOUT", default_value = "10",
          value_parser = value_parser!(u64).range(1..=600))]
    pub connect_timeout: u64,

    /// Seconds to wait for a provider to begin its answer.
    #[arg(long, env = "CONFAB_FIRST_TOKEN_TIMEOUT", value_name = "CONFAB_FIRST_TOKEN_TIMEOUT", default_value = "120",
          value_parser = value_parser!(u64).range(1..=3600))]
    pub first_token_timeout: u64,

    /// Seconds a provider may be silent once it has begun. Until the first text, anything it sends counts; then only text and
    /// reasoning do.
    #[arg(long, env = "CONFAB_IDLE_TIMEOUT", value_name = "CONFAB_IDLE_TIMEOUT", default_value = "60",
          value_parser = value_parser!(u64).range(1..=3600))]
    pub idle_timeout: u64,

    /// Seconds a model may think without any text, however lively its provider is.
    #[arg(long, env = "CONFAB_THINKING_TIMEOUT", value_name = "CONFAB_THINKING_TIMEOUT", default_value = "600",
          value_parser = value_parser!(u64).range(1..=86_400))]
    pub thinking_timeout: u64,

    /// How often a reply is started when the instances that run it die or leave.
    #[arg(long, env = "CONFAB_REPLY_ATTEMPTS", value_name = "CONFAB_REPLY_ATTEMPTS", default_value = "3",
          value_parser = value_parser!(i32).range(1..=100))]
    pub reply_attempts: i32,

    /// Seconds after which a reply whose instance died is taken over.
    #[arg(long, env = "CONFAB_LEASE", value_name = "CONFAB_LEASE", default_value = "15",
          value_parser = value_parser!(u64).range(3..=3600))]
    pub lease: u64,

    /// Seconds that replies in progress may go on when the server is told to end; what is left is handed over.
    #[arg(long, env = "CONFAB_DRAIN", value_name = "CONFAB_DRAIN", default_value = "5",
          value_parser = value_parser!(u64).range(0..=3600))]
    pub drain: u64,

    /// Largest body of a request, and largest message on a socket, in bytes.
    #[arg(long, env = "CONFAB_MAX_BODY", value_name = "CONFAB_MAX_BODY", default_value = "262144",
          value_parser = RangedU64ValueParser::<usize>::new().range(1024..=16_777_216))]
    pub max_body: usize,

    /// How much a GraphQL document may have.
    #[command(flatten)]
    pub documents: Documents,

    /// Which GraphQL documents are executed.
    #[command(flatten)]
    pub trusted: Trusted,

    /// Most operations in progress on one WebSocket.
    #[arg(long, env = "CONFAB_MAX_OPERATIONS", value_name = "CONFAB_MAX_OPERATIONS", default_value = "100",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub max_operations: usize,

    /// Seconds a new WebSocket may take to say connection_init.
    #[arg(long, env = "CONFAB_INIT_TIMEOUT", value_name = "CONFAB_INIT_TIMEOUT", default_value = "10",
          value_parser = value_parser!(u64).range(1..=600))]
    pub init_timeout: u64,

    /// Seconds between the server's pings; a WebSocket that is silent for two of them is closed.
    #[arg(long, env = "CONFAB_PING_INTERVAL", value_name = "CONFAB_PING_INTERVAL", default_value = "20",
          value_parser = value_parser!(u64).range(1..=3600))]
    pub ping_interval: u64,

    /// Seconds a client may take to read what is written to it.
    #[arg(long, env = "CONFAB_WRITE_TIMEOUT", value_name = "CONFAB_WRITE_TIMEOUT", default_value = "20",
          value_parser = value_parser!(u64).range(1..=3600))]
    pub write_timeout: u64,

    /// How long connections may take, and how many there may be.
    #[command(flatten)]
    pub connections: Connections,

    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `confab=debug,warn`.
    #[arg(long, env = "CONFAB_LOG", value_name = "CONFAB_LOG", default_value = "info")]
    pub log: String,

    /// How log lines look.
    #[arg(long, env = "CONFAB_LOG_FORMAT", value_name = "CONFAB_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// What follows from the settings together.
pub struct Complete {
    /// As [`crate::store::Database::connect`] takes it, which also checks it.
    pub database_url: String,
    /// How instances hear of each other; `None` if there is but one.
    pub redis: Option<RedisBus>,
    /// What the instances seal and sign with: from the settings, else from the data folder.
    pub secret: Secret,
    /// What access tokens are signed with: the secret, unless there are keys of their own.
    pub keys: Keys,
    /// Who else knows who people are.
    pub identity_provider: Option<ProviderSettings>,
    /// Who answers.
    pub providers: Providers,
    /// The documents of the manifest.
    pub trusted_documents: TrustedDocuments,
}

impl Config {
    /// Checks what depends on several settings or on the disk, and makes the data folder and the signing key where
    /// they are needed and missing. `setting` reads the environment.
    pub fn complete(&self, setting: impl Fn(&str) -> Option<String>) -> Result<Complete, String> {
        let names: Vec<String> = self.providers.iter().filter(|name| !name.is_empty()).cloned().collect();
        let providers = Providers::from_settings(&names, setting)?;
        if let Some(model) = self.default_model.as_deref().filter(|model| !model.is_empty())
            && providers.lack(model)
        {
            return Err(format!("CONFAB_DEFAULT_MODEL: no provider offers `{model}`"));
        }
        let secret = self.secret()?;
        Ok(Complete {
            database_url: self.database_url()?,
            redis: self.redis()?,
            keys: self.keys(&secret)?,
            secret,
            identity_provider: self.identities.provider(self.env == Environment::Production)?,
            providers,
            trusted_documents: self.trusted.read()?,
        })
    }

    /// The database's URL; for the default one the data folder is made.
    pub fn database_url(&self) -> Result<String, String> {
        match self.database_url.as_ref().map(ExposeSecret::expose_secret).filter(|url| !url.is_empty()) {
            Some(url) => Ok(url.to_owned()),
            None => Ok(format!("sqlite:{}", self.made_data_dir()?.join("confab.db").display())),
        }
    }

    /// The bus over Redis, if there is to be one.
    fn redis(&self) -> Result<Option<RedisBus>, String> {
        let url = self.redis_url.as_ref().map(ExposeSecret::expose_secret).filter(|url| !url.is_empty());
        url.map(RedisBus::new).transpose().map_err(|error| format!("REDIS_URL: {error}"))
    }

    /// On the internet it must be set, and be none that could be guessed: one that is made here would be another on
    /// each instance, and be lost with the data folder.
    fn secret(&self) -> Result<Secret, String> {
        let fault = |fault| format!("CONFAB_JWT_SECRET {fault}; `openssl rand -hex 32` makes one");
        let production = self.env == Environment::Production;
        match self.jwt_secret.as_ref().filter(|secret| !secret.expose_secret().is_empty()) {
            Some(secret) => {
                let secret = Secret::from_secret(secret.clone());
                let secret = secret.ok_or_else(|| fault("must have at least 32 bytes"))?;
                if production && !secret.is_random() {
                    return Err(fault(
                        "must be 32 or more hexadecimal digits, or base64 of 32 or more bytes",
                    ));
                }
                Ok(secret)
            }
            None if production => Err(fault("must be set in production, to the same on all instances")),
            None => {
                let file = self.made_data_dir()?.join("jwt-secret");
                Secret::keep_in(&file)
                    .map_err(|error| format!("CONFAB_DATA_DIR: {}: {error}", file.display()))
            }
        }
    }

    fn keys(&self, secret: &Secret) -> Result<Keys, String> {
        let Some(file) = self.jwt_key_file.as_ref().filter(|file| !file.as_os_str().is_empty()) else {
            return Ok(Keys::of_secret(secret));
        };
        let told = |fault: &dyn Display| format!("CONFAB_JWT_KEY_FILE: {} {fault}", file.display());
        let text =
            fs::read_to_string(file).map_err(|error| told(&format_args!("cannot be read: {error}")))?;
        Keys::of_pem(&text).map_err(|fault| told(&fault))
    }

    /// The data folder, made so that only its owner can look into it.
    fn made_data_dir(&self) -> Result<&Path, String> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.data_dir);
        let told = |error| format!("CONFAB_DATA_DIR: cannot make {}: {error}", self.data_dir.display());
        made.map(|()| &*self.data_dir).map_err(told)
    }

    /// Origins, besides the server's own, whose pages may use it.
    pub fn allowed_origins(&self) -> Vec<String> {
        self.allowed_origins.iter().filter(|origin| !origin.is_empty()).cloned().collect()
    }

    /// Whether the playground is served: in development, unless the setting says otherwise.
    pub fn playground(&self) -> bool {
        self.playground.map_or(self.env == Environment::Development, |switch| switch == Switch::On)
    }

    /// How long an access token is good.
    pub fn access_token_ttl(&self) -> Duration {
        Duration::from_secs(self.access_token_ttl)
    }
}

/// An address with a port.
fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an address and a port look like 127.0.0.1:8000 or [::]:8000".to_owned())
}

/// An origin as browsers send it (RFC 6454): scheme, host and port, nothing after. Upper case, the scheme's own port and a
/// slash at the end are understood. A variable set to nothing is none.
fn parse_origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    if text.contains('*') {
        return Err("each origin must be written out: there are no wildcards".to_owned());
    }
    let fault = || "an origin looks like https://chat.example or http://localhost:3000".to_owned();
    canonical_origin(text).ok_or_else(fault)
}
