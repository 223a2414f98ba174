//! Fuzz targets: properties that hold for any input. Each is a function of bytes that panics if its property is
//! violated.
//!
//! The unit tests run every target on the seeds in `fuzz/seeds` and on thousands of mutations of them. `make fuzz`
//! searches for violations with coverage-guided fuzzing. Inputs that it finds become seeds. This module exists only in
//! tests and fuzzing builds.

mod cursors;
mod guard;
mod ids;
mod request;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

pub use self::{cursors::cursors, guard::guard, ids::ids, request::request, socket::socket, stream::stream};
