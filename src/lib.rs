//! Confab: a chat server that speaks GraphQL.
#![forbid(unsafe_code)]
pub mod accounts;
pub mod app;
pub mod assistant;
pub mod clock;
pub mod config;
pub mod conversations;
pub mod error;
pub mod graphql;
pub mod replies;
pub mod store;
pub mod telemetry;
pub mod transport;
