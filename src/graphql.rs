//! GraphQL: one path for every operation, whatever its transport.
//!
//! - [`execution`] receives operations from the transports, and charges, executes and completes them.
//! - [`document`] parses and validates documents, and prepares operations for the executor.
//! - [`schema`] holds the types, resolvers and dataloaders.

pub mod document;
pub mod execution;
pub mod schema;
