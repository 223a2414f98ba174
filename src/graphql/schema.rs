//! The GraphQL schema.
//!
//! The types of the schema are in [`types`], one file per type. The resolvers of the root types ([`query`],
//! [`mutation`], [`subscription`]) authorize the caller, call one function of the domain and wrap its result.

mod context;
pub(crate) mod cursors;
mod data_loader;
pub(crate) mod ids;
mod loaders;
mod mutation;
pub(super) mod pages;
mod query;
mod subscription;
pub mod sync_fields;
mod types;

pub use loaders::Loaders;

use crate::{
    accounts::{Accounts, Deletion},
    assistant::catalog::Catalog,
    changes::Changes,
    conversations::Conversations,
    graphql::execution::panics::PanicAt,
    replies::Replies,
    store::Database,
};
use async_graphql::{SDLExportOptions, ValidationMode};
use std::sync::Arc;

/// The parts of the domain that the resolvers call.
pub struct Domain {
    /// The database, for reads without domain logic.
    pub store: Database,
    /// Accounts, sessions and tokens.
    pub accounts: Arc<Accounts>,
    /// Deletes accounts.
    pub deletion: Deletion,
    /// Creates, updates and deletes conversations.
    pub conversations: Conversations,
    /// The available models.
    pub catalog: Arc<Catalog>,
    /// Sends messages, and stops and streams replies.
    pub replies: Replies,
    /// Streams the changes to conversations.
    pub changes: Changes,
}

/// The executable schema.
pub type Schema = async_graphql::Schema<query::Query, mutation::Mutation, subscription::Subscription>;

/// Builds the schema over a domain. Tests can make a resolver panic.
pub fn build(domain: Domain, panic_at: Option<PanicAt>) -> Schema {
    let builder = builder().data(domain);
    match panic_at {
        Some(panic_at) => builder.extension(panic_at).finish(),
        None => builder.finish(),
    }
}

/// The schema in the schema definition language (SDL), as exported to `schema.graphql`.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(SDLExportOptions::new().include_specified_by())
}

/// Validation by the executor is off: documents are validated before they reach it ([`super::document`]).
fn builder() -> async_graphql::SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        .register_output_type::<types::Node>()
        .register_output_type::<types::ReplyEvent>()
        .register_output_type::<types::Change>()
        .validation_mode(ValidationMode::Fast)
}
