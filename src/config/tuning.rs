//! Fixed values that operators cannot change. Tests change them in code.

use crate::graphql::execution::values;
use std::time::Duration;

/// Timeouts and limits that need no setting, because another setting or the protocol bounds them.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Grace period during which a used refresh token returns the same replacement again, for clients that lost the
    /// response or refreshed twice at once. After it, reuse of the token ends the session.
    pub refresh_grace: Duration,
    /// Interval between pings to a WebSocket client. The server closes a WebSocket from which it received nothing for
    /// two intervals.
    pub ping_interval: Duration,
    /// Timeout for connecting to a model provider.
    pub connect_timeout: Duration,
    /// Timeout for receiving a request's headers, and again for its body.
    pub request_timeout: Duration,
    /// Write timeout. The server closes a connection whose client reads nothing for this time.
    pub write_timeout: Duration,
    /// Timeout for `connection_init` on a new WebSocket.
    pub init_timeout: Duration,
    /// Maximum number of operations in progress on one WebSocket.
    pub max_operations: usize,
    /// Maximum amount of long text (messages, system prompts) in the response to a GraphQL operation or in one event,
    /// in bytes.
    pub max_text: usize,
    /// Limits on GraphQL documents.
    pub documents: DocumentTuning,
}

/// Fixed limits on GraphQL documents, in addition to those of [`super::Documents`]. The content of a fragment counts
/// once per spread, except for tokens.
#[derive(Clone, Copy, Debug)]
pub struct DocumentTuning {
    /// Maximum length of a document, in bytes, without its variables.
    pub max_document: usize,
    /// Maximum number of tokens in a document: names, numbers, strings and punctuators.
    pub max_tokens: usize,
    /// Maximum nesting depth of a document, at most 32.
    pub max_depth: u64,
    /// Maximum number of operations and fragment definitions in a document.
    pub max_definitions: usize,
    /// Maximum number of selections (fields and fragments) in a document. Page sizes do not matter.
    pub max_selections: u64,
    /// Maximum number of root fields in an operation.
    pub max_root_fields: u64,
    /// Maximum number of aliases in a document.
    pub max_aliases: u64,
    /// Maximum number of directives in a document.
    pub max_directives: u64,
    /// Maximum number of values in arguments and variables, at most [`values::MAX_VALUES`]. A variable counts each time
    /// it is used; each 1,024 bytes of text count as one value.
    pub max_values: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            refresh_grace: Duration::from_secs(10),
            // Proxies usually close a connection that is silent for 60 s.
            ping_interval: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            // For comparison: nginx waits 60 s, Apache 20 to 40 s, Node 60 s. Headers fit into one packet, bodies into
            // a few hundred.
            request_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(20),
            init_timeout: Duration::from_secs(10),
            max_operations: 100,
            max_text: 16 * 1024 * 1024,
            documents: DocumentTuning {
                max_document: 64 * 1024,
                max_tokens: 1000,
                max_depth: 20,
                max_definitions: 100,
                max_selections: 2000,
                max_root_fields: 20,
                max_aliases: 30,
                max_directives: 30,
                max_values: 1000,
            },
        }
    }
}

impl DocumentTuning {
    /// Limits for benchmarks, far above those that any useful document reaches.
    pub(super) const MAXIMA: Self = Self {
        max_document: 16 * 1024 * 1024,
        max_tokens: 1_000_000,
        max_depth: 32,
        max_definitions: 100_000,
        max_selections: u32::MAX as u64,
        max_root_fields: u32::MAX as u64,
        max_aliases: u32::MAX as u64,
        max_directives: u32::MAX as u64,
        max_values: values::MAX_VALUES as u64,
    };
}

impl Tuning {
    /// Returns a warning for each variable that is set although it has no effect. `setting` reads an environment
    /// variable. An empty variable counts as unset.
    pub fn warnings(&self, setting: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let set = |name: &str| setting(name).is_some_and(|value| !value.is_empty());
        let fixed = self.former_settings().into_iter().filter(|(name, ..)| set(name));
        let warning = |(name, what, value)| {
            format!("`{name}` is set but has no effect: the {what} is fixed at {value}.")
        };
        fixed.map(warning).collect()
    }

    /// The environment variables that used to be settings, with the kind and the fixed value of each.
    fn former_settings(&self) -> [(&'static str, &'static str, String); 17] {
        let seconds = |duration: Duration| format!("{} s", duration.as_secs());
        let documents = &self.documents;
        [
            ("CONFAB_REFRESH_GRACE", "grace period", seconds(self.refresh_grace)),
            ("CONFAB_PING_INTERVAL", "interval", seconds(self.ping_interval)),
            ("CONFAB_CONNECT_TIMEOUT", "timeout", seconds(self.connect_timeout)),
            ("CONFAB_REQUEST_TIMEOUT", "timeout", seconds(self.request_timeout)),
            ("CONFAB_WRITE_TIMEOUT", "timeout", seconds(self.write_timeout)),
            ("CONFAB_INIT_TIMEOUT", "timeout", seconds(self.init_timeout)),
            ("CONFAB_MAX_OPERATIONS", "limit", self.max_operations.to_string()),
            ("CONFAB_MAX_TEXT", "limit", format!("{} bytes", self.max_text)),
            ("CONFAB_MAX_DOCUMENT", "limit", format!("{} bytes", documents.max_document)),
            ("CONFAB_MAX_TOKENS", "limit", documents.max_tokens.to_string()),
            ("CONFAB_MAX_DEPTH", "limit", documents.max_depth.to_string()),
            ("CONFAB_MAX_DEFINITIONS", "limit", documents.max_definitions.to_string()),
            ("CONFAB_MAX_SELECTIONS", "limit", documents.max_selections.to_string()),
            ("CONFAB_MAX_ROOT_FIELDS", "limit", documents.max_root_fields.to_string()),
            ("CONFAB_MAX_ALIASES", "limit", documents.max_aliases.to_string()),
            ("CONFAB_MAX_DIRECTIVES", "limit", documents.max_directives.to_string()),
            ("CONFAB_MAX_VALUES", "limit", documents.max_values.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use clap::{Args, Command};

    #[test]
    fn a_former_setting_that_is_set_gives_a_warning() {
        let warnings = |set: &[(&str, &str)]| {
            Tuning::default().warnings(|name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(warnings(&[]), [""; 0]);
        assert_eq!(warnings(&[("CONFAB_MAX_ALIASES", ""), ("CONFAB_MAX_COST", "1")]), [""; 0]);
        assert_eq!(
            warnings(&[("CONFAB_MAX_ALIASES", "50"), ("CONFAB_WRITE_TIMEOUT", "20")]),
            [
                "`CONFAB_WRITE_TIMEOUT` is set but has no effect: the timeout is fixed at 20 s.",
                "`CONFAB_MAX_ALIASES` is set but has no effect: the limit is fixed at 30.",
            ]
        );
    }

    #[test]
    fn no_former_setting_is_still_a_setting() {
        let command = Config::augment_args(Command::new("test"));
        for (former, ..) in Tuning::default().former_settings() {
            assert!(command.get_arguments().all(|setting| setting.get_env() != Some(former.as_ref())));
        }
    }
}
