//! Buckets that all instances share, in Redis: the same algorithm as a script, so that each look and its change are one.
//!
//! Every key expires when its bucket is full again. While Redis does not answer, each instance counts for itself.

use super::Quota;
use crate::bus::redis::Connection;
use redis::{RedisError, Script};
use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// For how long Redis is not asked after it has not answered: each who asks would wait for it.
const REST: Duration = Duration::from_secs(1);
/// The prefix of every key: a Redis may be shared.
const PREFIX: &str = "confab:throttle:";

/// Kept is when the bucket will be full, in microseconds: as text with all its digits, for Lua's own has fewer. The
/// time is Redis's own, so that an instance whose clock is wrong changes nothing. A bucket is never emptier than empty,
/// should Redis's clock have been set back.
const TAKE: &str = r"
local passed, window, take = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + passed
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
full = math.min(math.max(full, now), now + window) + take
local left = now + window - full
if left >= 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.max(1, math.ceil((full - now) / 1000)))
end
return left
";

/// The buckets of all instances.
pub struct Shared {
    connection: Connection,
    take: Script,
    /// How long Redis may take to answer.
    patience: Duration,
    /// Until when it is not asked. `None` while it answers.
    resting: Mutex<Option<Instant>>,
}

impl Shared {
    /// Buckets in the Redis at the end of this connection.
    pub fn new(connection: Connection, patience: Duration) -> Self {
        Self { connection, take: Script::new(TAKE), patience, resting: Mutex::new(None) }
    }

    /// Takes so much from somebody's bucket: what is left, or how long to wait. `None` if Redis does not answer. More
    /// time may have `passed` than Redis knows of, for a test.
    pub async fn take(
        &self,
        kind: &str,
        quota: Quota,
        whose: &str,
        amount: NonZeroU32,
        passed: Duration,
    ) -> Option<Result<u32, Duration>> {
        let window = u64::try_from(quota.per.as_micros()).unwrap_or(u64::MAX);
        let take = window.saturating_mul(amount.get().into()) / u64::from(quota.amount.get());
        let mut call = self.take.key(key(kind, whose));
        let passed = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
        call.arg(passed).arg(window).arg(take);
        let mut connection = self.connection.get()?;
        let left: i64 = self.asked(call.invoke_async(&mut connection)).await?;
        Some(match u64::try_from(left) {
            Ok(left) => {
                let left = left.saturating_mul(quota.amount.get().into()) / window;
                Ok(u32::try_from(left).unwrap_or(u32::MAX))
            }
            Err(_) => Err(Duration::from_micros(left.unsigned_abs())),
        })
    }

    /// Fills somebody's bucket.
    pub async fn fill(&self, kind: &str, whose: &str) {
        let Some(mut connection) = self.connection.get() else { return };
        let mut delete = redis::cmd("DEL");
        delete.arg(key(kind, whose));
        let _: Option<()> = self.asked(delete.query_async(&mut connection)).await; // else it fills by and by
    }

    /// The answer; `None` if there is none, or has been none a moment ago.
    async fn asked<T>(&self, answer: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
        if !self.may_be_asked() {
            return None;
        }
        let answer = timeout(self.patience, answer).await;
        let answer = answer
            .map_err(|_| "it takes too long".to_owned())
            .and_then(|answer| answer.map_err(|error| error.to_string()));
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(answer) => {
                if resting.take().is_some() {
                    tracing::info!("Redis answers again: limits are shared");
                }
                Some(answer)
            }
            Err(error) => {
                // Told once, not at each attempt.
                if resting.replace(Instant::now() + REST).is_none() {
                    tracing::warn!(error, "Redis does not answer: each instance limits by itself");
                }
                None
            }
        }
    }

    /// After a rest one may try; the others wait for what comes of it.
    fn may_be_asked(&self) -> bool {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *resting {
            None => true,
            Some(until) if Instant::now() < *until => false,
            Some(until) => {
                *until = Instant::now() + REST;
                true
            }
        }
    }
}

fn key(kind: &str, whose: &str) -> String {
    format!("{PREFIX}{kind}:{whose}")
}
