//! How much a GraphQL document may have. There is no way to have no limit at all: nothing after them would bear it.

use super::{Config, Environment};
use crate::graphql::{document::Limits, values};
use clap::{Args, builder::RangedU64ValueParser, value_parser};

/// How much a GraphQL document may have. What a fragment has counts as often as it is spread, but for tokens.
#[derive(Args, Clone, Copy, Debug)]
pub struct Documents {
    /// Longest GraphQL document, in bytes; what variables hold is not part of it.
    #[arg(long, env = "CONFAB_MAX_DOCUMENT", value_name = "CONFAB_MAX_DOCUMENT", default_value = "65536",
          value_parser = RangedU64ValueParser::<usize>::new().range(1024..=16_777_216))]
    pub max_document: usize,

    /// Most tokens of a GraphQL document: names, numbers, strings and punctuation.
    #[arg(long, env = "CONFAB_MAX_TOKENS", value_name = "CONFAB_MAX_TOKENS", default_value = "1000",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub max_tokens: usize,

    /// Most operations and fragments of a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_DEFINITIONS", value_name = "CONFAB_MAX_DEFINITIONS", default_value = "100",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub max_definitions: usize,

    /// Deepest nesting of a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_DEPTH", value_name = "CONFAB_MAX_DEPTH", default_value = "20",
          value_parser = RangedU64ValueParser::<u64>::new().range(1..=32))]
    pub max_depth: u64,

    /// Largest cost of a GraphQL operation: each field counts 1 or more, times the page sizes it stands under.
    #[arg(long, env = "CONFAB_MAX_COST", value_name = "CONFAB_MAX_COST", default_value = "50000",
          value_parser = value_parser!(u64).range(1..))]
    pub max_cost: u64,

    /// Most fields and fragments in a GraphQL document, whatever their pages.
    #[arg(long, env = "CONFAB_MAX_SELECTIONS", value_name = "CONFAB_MAX_SELECTIONS", default_value = "2000",
          value_parser = value_parser!(u64).range(1..))]
    pub max_selections: u64,

    /// Most fields at the root of a GraphQL operation.
    #[arg(long, env = "CONFAB_MAX_ROOT_FIELDS", value_name = "CONFAB_MAX_ROOT_FIELDS", default_value = "20",
          value_parser = value_parser!(u64).range(1..))]
    pub max_root_fields: u64,

    /// Most aliases in a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_ALIASES", value_name = "CONFAB_MAX_ALIASES", default_value = "30",
          value_parser = value_parser!(u64).range(0..))]
    pub max_aliases: u64,

    /// Most directives in a GraphQL document.
    #[arg(long, env = "CONFAB_MAX_DIRECTIVES", value_name = "CONFAB_MAX_DIRECTIVES", default_value = "30",
          value_parser = value_parser!(u64).range(0..))]
    pub max_directives: u64,

    /// Most values in variables and arguments, a variable's counted each time it is used; 1024 bytes of text are one.
    #[arg(long, env = "CONFAB_MAX_VALUES", value_name = "CONFAB_MAX_VALUES", default_value = "1000",
          value_parser = value_parser!(u64).range(1..=values::MOST as u64))]
    pub max_values: u64,

    /// Most long text (messages, instructions) in the answer to a GraphQL operation or in an event, in bytes.
    #[arg(long, env = "CONFAB_MAX_TEXT", value_name = "CONFAB_MAX_TEXT", default_value = "16777216",
          value_parser = RangedU64ValueParser::<usize>::new().range(65_536..))]
    pub max_text: usize,
}

impl Config {
    /// What a document may have.
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
