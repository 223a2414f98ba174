//! Rate limits for requests that are expensive or could be abused.
//!
//! Each limit is a bucket that allows a burst and refills evenly ([`gcra`]). Buckets live in process ([`local`]) or,
//! shared by all instances, in Redis ([`shared`]). While Redis is unreachable, each instance applies the limits on its
//! own.
//!
//! # Sign-in
//!
//! - Each client address has a bucket for attempts at any account. So has its network, because one client may control
//!   many addresses: 65,536 in an IPv6 `/48`, counted by `/64`. Registration is limited in the same way.
//! - Each account has a bucket for attempts from all addresses.
//! - Each network has a few attempts of its own at each account, which do not count for the account's bucket. Guesses
//!   from elsewhere therefore do not lock out the owner. The correct password refills them. To exceed the account's
//!   rate, an attacker needs more and more networks.
//! - Attempts at e-mail addresses without an account are counted in the same way, so that the limits do not reveal
//!   which accounts exist.

pub(crate) mod gcra;
mod local;
mod shared;

use crate::{
    address::ClientAddress,
    bus::redis::Connection,
    clock::Clock,
    error::{Error, Result},
    store::Id,
};
use gcra::Quota;
use local::Buckets;
use sha2::{Digest, Sha256};
use shared::Shared;
use std::{num::NonZeroU32, time::Duration};

/// The period of the limits in the settings.
const MINUTE: Duration = Duration::from_secs(60);
/// A network's own sign-in attempts at one account. The number is small, because there are many networks.
const NETWORK_ATTEMPTS: u32 = 5;
/// The time in which all attempts of a network are refilled.
const NETWORK_ATTEMPTS_PERIOD: Duration = Duration::from_secs(24 * 60 * 60);
/// The limit of a network, as a multiple of the limit of one address. It leaves room for several clients in a network.
const ADDRESSES_PER_NETWORK: u32 = 8;
/// How long the rate limiter waits for Redis.
pub const REDIS_TIMEOUT: Duration = Duration::from_millis(100);

/// The limits per minute; 0 means no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// Sign-in attempts from one address.
    pub log_in_per_address: u32,
    /// Sign-in attempts to one account, without those that each network has of its own.
    pub log_in_per_account: u32,
    /// Registration attempts from one address.
    pub register_per_address: u32,
    /// Messages sent by one user.
    pub send: u32,
    /// Cost of the operations of one user, or of one address for callers who are not signed in.
    pub cost: u32,
}

/// The rate limiter with all its limits.
pub struct Throttle {
    clock: Clock,
    shared: Option<Shared>,
    log_in_by_address: OptionalLimit,
    log_in_by_network: OptionalLimit,
    log_in_by_account_and_network: OptionalLimit,
    log_in_by_account: OptionalLimit,
    register_by_address: OptionalLimit,
    register_by_network: OptionalLimit,
    send: OptionalLimit,
    cost: OptionalLimit,
}

/// A limit, or `None` if it is disabled.
type OptionalLimit = Option<Limit>;

struct Limit {
    /// The name in the limit's Redis keys.
    name: &'static str,
    quota: Quota,
    local: Buckets,
}

/// The cost of an operation, and the budget that remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The cost of the operation.
    pub requested: u64,
    /// The budget after the operation was charged. `None` if there is no limit.
    pub budget: Option<Budget>,
}

/// The budget for operations of a user or address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The cost that can be spent at once.
    pub remaining: u32,
    /// The full budget, which is also the amount that is refilled per minute.
    pub limit: u32,
}

impl Throttle {
    /// Creates the rate limiter. With a Redis connection, instances share the buckets while Redis responds within
    /// `redis_timeout`.
    pub fn new(rates: Rates, clock: Clock, redis: Option<Connection>, redis_timeout: Duration) -> Self {
        let limit = |name, amount, per| {
            let quota = Quota { amount: NonZeroU32::new(amount)?, per };
            Some(Limit { name, quota, local: Buckets::new(quota, clock.clone()) })
        };
        let per_network = |per_address: u32| per_address.saturating_mul(ADDRESSES_PER_NETWORK);
        let network_attempts = if rates.log_in_per_account == 0 { 0 } else { NETWORK_ATTEMPTS };
        Self {
            shared: redis.map(|connection| Shared::new(connection, redis_timeout)),
            // The names are parts of Redis keys, which instances of different versions share.
            log_in_by_address: limit("log-in:address", rates.log_in_per_address, MINUTE),
            log_in_by_network: limit("log-in:around", per_network(rates.log_in_per_address), MINUTE),
            log_in_by_account_and_network: limit("log-in:network", network_attempts, NETWORK_ATTEMPTS_PERIOD),
            log_in_by_account: limit("log-in:account", rates.log_in_per_account, MINUTE),
            register_by_address: limit("register", rates.register_per_address, MINUTE),
            register_by_network: limit("register:around", per_network(rates.register_per_address), MINUTE),
            send: limit("send", rates.send, MINUTE),
            cost: limit("cost", rates.cost, MINUTE),
            clock,
        }
    }

    /// Counts a sign-in attempt from this address to the account with this e-mail key, even if no such account exists.
    ///
    /// Fails with `RATE_LIMITED` if a limit is exceeded.
    pub async fn log_in(&self, from: ClientAddress, email: &str) -> Result<()> {
        let error = rate_limited("There are too many sign-in attempts.");
        let by_origin = [&self.log_in_by_address, &self.log_in_by_network];
        self.take_by_origin(by_origin, from).await.map_err(error)?;
        let key = account_and_network_key(from, email);
        let Err(network_wait) = self.take(&self.log_in_by_account_and_network, &key, 1).await else {
            return Ok(());
        };
        let taken = self.take(&self.log_in_by_account, &account_key(email), 1).await;
        taken.map(drop).map_err(|wait| error(wait.min(network_wait)))
    }

    /// Counts a sign-in at the identity provider, from this address. Fails with `RATE_LIMITED` if a limit is exceeded.
    pub async fn sign_in_at_provider(&self, from: ClientAddress) -> Result<()> {
        let taken = self.take_by_origin([&self.log_in_by_address, &self.log_in_by_network], from).await;
        taken.map_err(rate_limited("There are too many sign-in attempts."))
    }

    /// Refills the network's attempts at the account after a correct password.
    pub async fn log_in_succeeded(&self, from: ClientAddress, email: &str) {
        let Some(Limit { name, local, .. }) = &self.log_in_by_account_and_network else { return };
        let key = account_and_network_key(from, email);
        local.refill(&key);
        if let Some(shared) = &self.shared {
            shared.refill(name, &key).await;
        }
    }

    /// Counts a registration from this address. Fails with `RATE_LIMITED` if a limit is exceeded.
    pub async fn register(&self, from: ClientAddress) -> Result<()> {
        let taken = self.take_by_origin([&self.register_by_address, &self.register_by_network], from).await;
        taken.map_err(rate_limited("There are too many registrations from this address."))
    }

    /// Counts a message of this user. Fails with `RATE_LIMITED` if the limit is exceeded.
    pub async fn send(&self, user: Id) -> Result<()> {
        let taken = self.take(&self.send, &user.to_string(), 1).await;
        taken.map(drop).map_err(rate_limited("You have sent too many messages."))
    }

    /// Charges the cost of an operation to the user, or to the address if the caller is not signed in.
    ///
    /// An operation that costs more than the full budget takes the full budget. Fails with `RATE_LIMITED` if the
    /// remaining budget is too small.
    pub async fn charge(&self, user: Option<Id>, from: ClientAddress, requested: u64) -> Result<Cost> {
        let Some(limit) = &self.cost else { return Ok(Cost { requested, budget: None }) };
        let key = match user {
            Some(user) => format!("user:{user}"),
            None => format!("address:{}", from.host()),
        };
        let remaining = self.take(&self.cost, &key, requested).await;
        let remaining =
            remaining.map_err(rate_limited("The operations of the last minute cost too much."))?;
        Ok(Cost { requested, budget: Some(Budget { remaining, limit: limit.quota.amount.get() }) })
    }

    /// Takes one unit from the address's bucket, then one from its network's.
    ///
    /// In this order, a client that exceeds the limit of its address takes nothing from other clients in its network.
    async fn take_by_origin(
        &self,
        [address, network]: [&OptionalLimit; 2],
        from: ClientAddress,
    ) -> Result<(), Duration> {
        self.take(address, &from.host().to_string(), 1).await?;
        self.take(network, &from.network().to_string(), 1).await.map(drop)
    }

    /// Takes `amount` units, or the full capacity if that is less, from the bucket with this key.
    ///
    /// Returns the units that remain. Fails with the time to wait if the bucket has too few.
    async fn take(&self, limit: &OptionalLimit, key: &str, amount: u64) -> Result<u32, Duration> {
        let Some(Limit { name, quota, local }) = limit else { return Ok(u32::MAX) };
        let amount = u32::try_from(amount.max(1)).ok().and_then(NonZeroU32::new);
        let amount = amount.map_or(quota.amount, |amount| amount.min(quota.amount));
        let taken = match &self.shared {
            Some(shared) => shared.take(name, *quota, key, amount, self.clock.advanced()).await,
            None => None,
        };
        taken.unwrap_or_else(|| local.take(key, amount))
    }
}

/// Converts the time to wait into an error with this message.
fn rate_limited(message: &'static str) -> impl Fn(Duration) -> Error + Copy {
    move |wait| {
        // Rounded up to whole seconds, so that a retry is not too early.
        let retry_after = wait.as_micros().div_ceil(1_000_000).max(1);
        Error::RateLimited { message, retry_after: u64::try_from(retry_after).unwrap_or(u64::MAX) }
    }
}

/// The key of an account's bucket: a hash, so that Redis keys do not reveal e-mail addresses.
fn account_key(email: &str) -> String {
    Sha256::digest(email).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn account_and_network_key(from: ClientAddress, email: &str) -> String {
    format!("{}:{}", account_key(email), from.network())
}
