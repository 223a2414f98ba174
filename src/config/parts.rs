//! The settings of each part of the server.

use super::{Config, Environment};
use crate::{
    accounts::sessions::SessionLifetimes,
    assistant::openai::Timeouts,
    replies,
    transport::{self, ConnectionLimits, SocketLimits},
};

impl Config {
    /// The timeouts for model providers.
    pub fn provider_timeouts(&self) -> Timeouts {
        Timeouts {
            connect: self.tuning.connect_timeout,
            first_token: self.first_token_timeout,
            idle: self.idle_timeout,
            thinking: self.thinking_timeout,
        }
    }

    /// The lifetimes of sessions and tokens.
    pub fn session_lifetimes(&self) -> SessionLifetimes {
        SessionLifetimes {
            session: self.refresh_token_ttl,
            access_token: self.access_token_ttl,
            grace: self.tuning.refresh_grace,
        }
    }

    /// The settings of the reply engine.
    pub fn reply_settings(&self) -> replies::Settings {
        replies::Settings {
            max_content: self.max_content,
            title_model: self.title_model.clone().filter(|model| !model.is_empty()),
            history_tokens: self.history_tokens,
            lease: self.lease,
            attempts: self.reply_attempts,
            max_running: self.throttling.max_running,
        }
    }

    /// The settings of the HTTP side.
    pub fn transport_settings(&self) -> transport::Settings {
        transport::Settings {
            trusted_proxies: self.trusted_proxies.clone(),
            behind_tls: self.env == Environment::Production,
            sockets: SocketLimits {
                init: self.tuning.init_timeout,
                ping: self.tuning.ping_interval,
                write: self.tuning.write_timeout,
                operations: self.tuning.max_operations,
            },
            playground: self.playground(),
            max_body: self.max_body,
            body_timeout: self.tuning.request_timeout,
            allowed_origins: self.allowed_origins(),
        }
    }

    /// The limits of connections.
    pub fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits {
            request: self.tuning.request_timeout,
            keep_alive: self.connections.keep_alive_timeout,
            write: self.tuning.write_timeout,
            connections: self.connections.max_connections,
            per_address: self.connections.max_connections_per_address,
        }
    }
}
