//! The schema: what clients may ask, each type in a file of its own below [`types`].
//!
//! The roots ([`query`], [`mutation`], [`subscription`]) authorise, call one function of the domain and wrap what
//! it returns. A document is first checked by the [`guard`]; what comes out is finished by [`answer`], where every
//! error gets its code.

pub mod answer;
mod batch;
mod context;
pub(crate) mod cursors;
pub mod guard;
pub(crate) mod ids;
mod loaders;
mod mutation;
mod pages;
mod plain;
pub mod prepare;
mod query;
pub mod refresh_cookie;
pub mod resume;
mod subscription;
mod text_budget;
pub(crate) mod tokens;
mod types;
pub mod values;

pub use loaders::Loaders;

use crate::{
    accounts::{Accounts, Deletion},
    assistant::catalog::Catalog,
    changes::Changes,
    conversations::Conversations,
    replies::Replies,
    store::Database,
};
use async_graphql::SDLExportOptions;
use std::sync::Arc;

/// The domain, as the schema's roots call it.
pub struct Domain {
    /// For what is only read.
    pub store: Database,
    /// Registering, signing in and out.
    pub accounts: Arc<Accounts>,
    /// Deleting accounts.
    pub deletion: Deletion,
    /// Starting, changing and deleting conversations.
    pub conversations: Conversations,
    /// The models.
    pub catalog: Arc<Catalog>,
    /// Sending messages; stopping and following replies.
    pub replies: Replies,
    /// Following what happens.
    pub changes: Changes,
}

/// The executable schema.
pub type Schema = async_graphql::Schema<query::Query, mutation::Mutation, subscription::Subscription>;

/// The schema over this domain. Without `hints` it neither describes itself nor suggests names.
pub fn schema(domain: Domain, hints: bool) -> Schema {
    let schema = builder().data(domain);
    if hints { schema.finish() } else { schema.disable_introspection().disable_suggestions().finish() }
}

/// The schema in GraphQL's own language, as `schema.graphql` has it.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(SDLExportOptions::new().include_specified_by())
}

fn builder() -> async_graphql::SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        .register_output_type::<types::Node>()
        .register_output_type::<types::ReplyEvent>()
        .register_output_type::<types::Change>()
}
