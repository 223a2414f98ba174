//! Confab.
#![forbid(unsafe_code)]
pub mod accounts;
pub mod assistant;
pub mod clock;
pub mod config;
pub mod conversations;
pub mod error;
pub mod graphql;
pub mod replies;
pub mod store;
