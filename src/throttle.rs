//! Throttling: how much of what costs or harms may be asked for, and by whom.
//!
//! Each limit is a bucket that holds what may be asked for at once, and fills evenly (the generic cell rate algorithm):
//! in process ([`local`]), or for all instances together in Redis ([`shared`]). When Redis is away each instance counts
//! for itself: nobody is let through unseen, and nobody is shut out.
//!
//! **Signing in.** Each address has a bucket, whatever accounts it tries, and so has its network, for who has one has as
//! many addresses as they like: of IPv6 65,536. (So it is with registering.) Each account has one as well, which guesses
//! from everywhere share; so that they do not lock out its owner, each network has a few attempts at each account of its
//! own, in which nobody else's count, and which the right password gives back. To guess at more than the account's rate
//! thus takes ever more networks. An address that has no account is counted as if it had one: nothing can be learnt.

mod local;
mod shared;

use crate::{
    address::ClientAddress,
    bus::redis::Connection,
    clock::Clock,
    error::{Error, Result},
    store::Id,
};
use local::Buckets;
use sha2::{Digest, Sha256};
use shared::Shared;
use std::{num::NonZeroU32, time::Duration};

/// What the settings tell a minute of: also what may be asked for at once.
const MINUTE: Duration = Duration::from_secs(60);
/// A network's own attempts at an account, if none is right. They are few, for there are many networks.
const OWN_ATTEMPTS: u32 = 5;
/// How long until all of them are given back.
const OWN_ATTEMPTS_PER: Duration = Duration::from_secs(24 * 60 * 60);
/// How many addresses a network counts for: those of a few who keep out of each other's way.
const ADDRESSES: u32 = 8;
/// How long Redis may take to answer.
pub const PATIENCE: Duration = Duration::from_millis(100);

/// How much there may be in a minute; 0 is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// Attempts to sign in, from an address.
    pub log_in_per_address: u32,
    /// Attempts to sign in to an account, besides those that each network has of its own.
    pub log_in_per_account: u32,
    /// Accounts made from an address, or tried to.
    pub register_per_address: u32,
    /// Messages of a user.
    pub send: u32,
    /// Cost of a user's operations, or of an address's that is not signed in.
    pub cost: u32,
}

/// So much, and so much again within this time.
#[derive(Clone, Copy, Debug)]
struct Quota {
    amount: NonZeroU32,
    per: Duration,
}

impl Quota {
    /// How long one takes to be there again.
    fn each(self) -> Duration {
        self.per / self.amount.get()
    }
}

/// All limits.
pub struct Throttle {
    clock: Clock,
    shared: Option<Shared>,
    log_in_address: Limit,
    log_in_around: Limit,
    log_in_network: Limit,
    log_in_account: Limit,
    register: Limit,
    register_around: Limit,
    send: Limit,
    cost: Limit,
}

/// One of them; `None` if there is no limit.
type Limit = Option<Kind>;

struct Kind {
    /// As its keys in Redis are named.
    name: &'static str,
    quota: Quota,
    local: Buckets,
}

/// What an operation was reckoned to cost, and what whoever asked has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What the operation costs.
    pub requested: u64,
    /// What more may be asked for at once, and what that is with nothing taken. `None` if there is no limit.
    pub budget: Option<Budget>,
}

/// What may be asked for at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// As things are.
    pub remaining: u32,
    /// At most, which is also what comes back in a minute.
    pub limit: u32,
}

impl Throttle {
    /// Limits of these rates, shared over a connection to Redis if there is one that answers within `patience`.
    pub fn new(rates: Rates, clock: Clock, redis: Option<Connection>, patience: Duration) -> Self {
        let limit = |name, amount, per| {
            let quota = Quota { amount: NonZeroU32::new(amount)?, per };
            Some(Kind { name, quota, local: Buckets::new(quota, clock.clone()) })
        };
        let around = |per_address: u32| per_address.saturating_mul(ADDRESSES);
        let own = if rates.log_in_per_account == 0 { 0 } else { OWN_ATTEMPTS };
        Self {
            shared: redis.map(|connection| Shared::new(connection, patience)),
            log_in_address: limit("log-in:address", rates.log_in_per_address, MINUTE),
            log_in_around: limit("log-in:around", around(rates.log_in_per_address), MINUTE),
            log_in_network: limit("log-in:network", own, OWN_ATTEMPTS_PER),
            log_in_account: limit("log-in:account", rates.log_in_per_account, MINUTE),
            register: limit("register", rates.register_per_address, MINUTE),
            register_around: limit("register:around", around(rates.register_per_address), MINUTE),
            send: limit("send", rates.send, MINUTE),
            cost: limit("cost", rates.cost, MINUTE),
            clock,
        }
    }

    /// Whether this address may try to sign in to the account of this e-mail address (its key) now, there being one or
    /// not.
    pub async fn log_in(&self, from: ClientAddress, email: &str) -> Result<()> {
        let refused = refusal("too many attempts to sign in");
        self.take_around([&self.log_in_address, &self.log_in_around], from).await.map_err(refused)?;
        let Err(own) = self.take(&self.log_in_network, &own_share(from, email), 1).await else {
            return Ok(());
        };
        let shared = self.take(&self.log_in_account, &account(email), 1).await;
        shared.map(drop).map_err(|wait| refused(wait.min(own)))
    }

    /// The password was right: the attempts before it were no guesses.
    pub async fn logged_in(&self, from: ClientAddress, email: &str) {
        let Some(Kind { name, local, .. }) = &self.log_in_network else { return };
        let share = own_share(from, email);
        local.fill(&share);
        if let Some(shared) = &self.shared {
            shared.fill(name, &share).await;
        }
    }

    /// Whether an account may be made from this address now.
    pub async fn register(&self, from: ClientAddress) -> Result<()> {
        let taken = self.take_around([&self.register, &self.register_around], from).await;
        taken.map_err(refusal("too many accounts are made from this address"))
    }

    /// Whether this user may send a message now.
    pub async fn send(&self, user: Id) -> Result<()> {
        let taken = self.take(&self.send, &user.to_string(), 1).await;
        taken.map(drop).map_err(refusal("too many messages"))
    }

    /// Whether an operation of this cost may be executed now: it is paid for by the user, or by the address of whoever
    /// is not signed in. One that costs more than there can ever be takes all of it.
    pub async fn cost(&self, user: Option<Id>, from: ClientAddress, requested: u64) -> Result<Cost> {
        let Some(kind) = &self.cost else { return Ok(Cost { requested, budget: None }) };
        let whose = match user {
            Some(user) => format!("user:{user}"),
            None => format!("address:{}", from.host()),
        };
        let remaining = self.take(&self.cost, &whose, requested).await;
        let remaining = remaining.map_err(refusal("the operations of the last minute cost too much"))?;
        Ok(Cost { requested, budget: Some(Budget { remaining, limit: kind.quota.amount.get() }) })
    }

    /// Takes one from an address's bucket and one from its network's, in this order: who is refused takes nothing from
    /// their neighbours.
    async fn take_around(
        &self,
        [address, network]: [&Limit; 2],
        from: ClientAddress,
    ) -> Result<(), Duration> {
        self.take(address, &from.host().to_string(), 1).await?;
        self.take(network, &from.network().to_string(), 1).await.map(drop)
    }

    /// Takes so much from somebody's bucket, or all that it can hold: what is left, or how long to wait.
    async fn take(&self, limit: &Limit, whose: &str, amount: u64) -> Result<u32, Duration> {
        let Some(Kind { name, quota, local }) = limit else { return Ok(u32::MAX) };
        let amount = u32::try_from(amount.max(1)).ok().and_then(NonZeroU32::new);
        let amount = amount.map_or(quota.amount, |amount| amount.min(quota.amount));
        let taken = match &self.shared {
            Some(shared) => shared.take(name, *quota, whose, amount, self.clock.passed()).await,
            None => None,
        };
        taken.unwrap_or_else(|| local.take(whose, amount))
    }
}

/// Too much was asked for: when to try again.
fn refusal(message: &'static str) -> impl Fn(Duration) -> Error + Copy {
    move |wait| {
        // Up to the next whole second: who comes back then is not too early.
        let retry_after = wait.as_micros().div_ceil(1_000_000).max(1);
        Error::RateLimited { message, retry_after: u64::try_from(retry_after).unwrap_or(u64::MAX) }
    }
}

/// The account's bucket. Keys can be read by whoever can look into Redis: they need not tell who has an account.
fn account(email: &str) -> String {
    Sha256::digest(email).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn own_share(from: ClientAddress, email: &str) -> String {
    format!("{}:{}", account(email), from.network())
}
