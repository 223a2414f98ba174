//! Settings that limit GraphQL documents. They cannot be disabled, because later steps rely on them.

use super::{Config, DocumentTuning, Environment, Switch};
use crate::graphql::document::DocumentLimits;
use clap::{Args, value_parser};

/// Limits on GraphQL documents. The content of a fragment counts once per spread.
#[derive(Args, Clone, Copy, Debug)]
pub struct Documents {
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
            document: fixed.max_document,
            tokens: fixed.max_tokens,
            definitions: fixed.max_definitions,
            depth: fixed.max_depth,
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
