//! Settings that limit GraphQL documents. They cannot be disabled, because later steps rely on them.

use super::{Config, Environment};
use crate::graphql::{document::Limits, values};
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

    /// Maximum number of operations and fragment definitions in a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_DEFINITIONS", default_value = "100",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub max_definitions: usize,

    /// Maximum nesting depth of a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_DEPTH", default_value = "20",
          value_parser = RangedU64ValueParser::<u64>::new().range(1..=32))]
    pub max_depth: u64,

    /// Maximum cost of a GraphQL operation. Each field costs 1 or more, multiplied by the page sizes that enclose it.
    #[arg(long, env = "CONFAB_MAX_COST", default_value = "50000",
          value_parser = value_parser!(u64).range(1..))]
    pub max_cost: u64,

    /// Maximum number of selections (fields and fragments) in a GraphQL document. Page sizes do not matter.
    #[arg(long, env = "CONFAB_MAX_SELECTIONS", default_value = "2000",
          value_parser = value_parser!(u64).range(1..))]
    pub max_selections: u64,

    /// Maximum number of root fields in a GraphQL operation.
    #[arg(long, env = "CONFAB_MAX_ROOT_FIELDS", default_value = "20",
          value_parser = value_parser!(u64).range(1..))]
    pub max_root_fields: u64,

    /// Maximum number of aliases in a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_ALIASES", default_value = "30",
          value_parser = value_parser!(u64).range(0..))]
    pub max_aliases: u64,

    /// Maximum number of directives in a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_DIRECTIVES", default_value = "30",
          value_parser = value_parser!(u64).range(0..))]
    pub max_directives: u64,

    /// Maximum number of values in arguments and variables. A variable counts each time it is used; each 1,024 bytes of
    /// text count as one value.
    #[arg(long, env = "CONFAB_MAX_VALUES", default_value = "1000",
          value_parser = value_parser!(u64).range(1..=values::MAX_VALUES as u64))]
    pub max_values: u64,

    /// Maximum amount of long text (messages, system prompts) in the response to a GraphQL operation or in one event,
    /// in bytes.
    #[arg(long, env = "CONFAB_MAX_TEXT", default_value = "16777216",
          value_parser = RangedU64ValueParser::<usize>::new().range(65_536..))]
    pub max_text: usize,
}

impl Config {
    /// The limits on documents. Introspection is allowed only in development.
    pub fn document_limits(&self) -> Limits {
        let documents = &self.documents;
        Limits {
            document: documents.max_document,
            tokens: documents.max_tokens,
            definitions: documents.max_definitions,
            depth: documents.max_depth,
            cost: documents.max_cost,
            selections: documents.max_selections,
            root_fields: documents.max_root_fields,
            aliases: documents.max_aliases,
            directives: documents.max_directives,
            values: documents.max_values,
            text: documents.max_text,
            introspection: self.env == Environment::Development,
        }
    }
}
