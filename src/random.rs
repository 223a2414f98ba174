//! Random values. All of them come from here, so that each use can be found.

/// Returns random bytes from a cryptographically secure generator, for secrets, nonces and IDs.
#[expect(clippy::disallowed_methods, reason = "the source of all random bytes")]
pub fn bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

/// Returns a random number from 0 up to, but not including, 1. It spreads retries and reconnections over time.
#[expect(clippy::disallowed_methods, reason = "the source of all random delays")]
pub fn fraction() -> f64 {
    rand::random()
}
