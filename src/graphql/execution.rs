//! The execution of operations.
//!
//! [`service`] receives every operation from its transport as a [`request`]. It prepares the document, charges the
//! cost, executes the operation and completes the [`response`].

pub mod panics;
pub mod request;
pub mod response;
pub mod resume;
pub mod service;
pub(super) mod text_budget;
pub mod values;
