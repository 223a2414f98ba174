//! The schema, and the path of an operation through it.
//!
//! [`service`] takes every operation from its transport: it has the document prepared ([`document`]), charges for it,
//! executes it and finishes the answer ([`response`]). The schema's types are below [`types`], each in a file of its
//! own. Its roots ([`query`], [`mutation`], [`subscription`]) authorise, call one function of the domain and wrap what
//! it returns.

mod batch;
mod context;
pub(crate) mod cursors;
pub mod document;
pub(crate) mod ids;
mod loaders;
mod mutation;
mod pages;
pub mod panics;
pub mod plain;
mod query;
pub mod refresh_cookie;
pub mod request;
pub mod response;
pub mod resume;
pub mod service;
mod subscription;
mod text_budget;
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
use async_graphql::{SDLExportOptions, ValidationMode};
use panics::PanicAt;
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

/// The schema over this domain. A test can make a resolver panic.
pub fn schema(domain: Domain, panic_at: Option<PanicAt>) -> Schema {
    let builder = builder().data(domain);
    match panic_at {
        Some(panic_at) => builder.extension(panic_at).finish(),
        None => builder.finish(),
    }
}

/// The schema in GraphQL's own language, as `schema.graphql` has it.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(SDLExportOptions::new().include_specified_by())
}

/// Documents are validated before the executor gets them ([`document`]), so its own rules are not run.
fn builder() -> async_graphql::SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        .register_output_type::<types::Node>()
        .register_output_type::<types::ReplyEvent>()
        .register_output_type::<types::Change>()
        .validation_mode(ValidationMode::Fast)
}
