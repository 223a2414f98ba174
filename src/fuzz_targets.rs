//! What holds for any input whatever, each law a function of bytes that panics where it is broken.
//!
//! The tests run every law over the seeds in `fuzz/seeds` and over thousands of mutations of them, always the same
//! ones. `make fuzz` looks for more with coverage to guide it, for as long as one likes. What it finds becomes a seed.
//! No other build has this module.

mod cursors;
mod guard;
mod ids;
mod request;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

pub use self::{cursors::cursors, guard::guard, ids::ids, request::request, socket::socket, stream::stream};
