//! Settings that limit GraphQL documents. They cannot be disabled, because later steps rely on them.

use super::{Config, DocumentTuning, Environment, Switch};
use crate::graphql::document::DocumentLimits;
use clap::{Args, builder::RangedU64ValueParser, value_parser};

/// Limits on GraphQL documents. The content of a fragment counts once per spread, except for tokens.
#[derive(Args, Clone, Copy, Debug)]
pub struct Documents {
    /// Maximum length of a GraphQL document, in bytes, without its variables.
    #[arg(long, env = "CONFAB_MAX_DOCUMENT", default_value = "65536",
          value_parser = RangedU64ValueParser::<usize>::new().range(1024..=16_777_216))]
    pub max_document: usize,

    /// Maximum number of tokens in a GraphQL document: names, numbers, strings and punctuators.
    #[arg(long, env = "CONFAB_MAX_TOKENS", default_value = "1000",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub max_tokens: usize,

    /// Maximum nesting depth of a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_DEPTH", default_value = "20",
          value_parser = RangedU64ValueParser::<u64>::new().range(1..=32))]
    pub max_depth: u64,

    /// Maximum cost of a GraphQL operation. Each field costs 1 or more, multiplied by the page sizes that enclose it.
    #[arg(long, env = "CONFAB_MAX_COST", default_value = "50000", value_parser = value_parser!(u64).range(1..))]
    pub max_cost: u64,

    /// For benchmarks only: `off` raises the fixed limits on documents to their maxima.
    #[arg(long, env = "CONFAB_FIXED_DOCUMENT_LIMITS", default_value = "on", hide = true)]
    pub fixed_document_limits: Switch,
}

impl Config {
    /// The limits on documents. Introspection is allowed only in development.
    pub fn document_limits(&self) -> DocumentLimits {
        let documents = &self.documents;
        let fixed = match documents.fixed_document_limits {
            Switch::On => self.tuning.documents,
            Switch::Off => DocumentTuning::MAXIMA,
        };
        DocumentLimits {
            document: documents.max_document,
            tokens: documents.max_tokens,
            definitions: fixed.max_definitions,
            depth: documents.max_depth,
            cost: documents.max_cost,
            selections: fixed.max_selections,
            root_fields: fixed.max_root_fields,
            aliases: fixed.max_aliases,
            directives: fixed.max_directives,
            values: fixed.max_values,
            text: self.tuning.max_text,
            introspection: self.env == Environment::Development,
        }
    }
}
