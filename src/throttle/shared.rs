//! Buckets in Redis, which all instances share. A Lua script reads and updates a bucket atomically.
//!
//! Every key expires when its bucket is full again. While Redis does not respond, each instance applies the limits on
//! its own.

use super::gcra::Quota;
use crate::bus::redis::Connection;
use redis::{RedisError, Script};
use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// The pause between attempts while Redis does not respond. Without it, every request would wait for the timeout.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// The prefix of every key, because other programs may use the same Redis.
const PREFIX: &str = "confab:throttle:";

/// Takes units from a bucket. Returns the time left until the bucket is empty, or minus the time to wait.
///
/// The stored value is the time when the bucket will be full, in microseconds. `%.0f` keeps all its digits; Lua's
/// default format would not. The time is that of Redis, so a wrong clock on an instance has no effect. If Redis's clock
/// was set back, `math.min` prevents a bucket from being less than empty.
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
    /// How long to wait for a response.
    timeout: Duration,
    /// Before this time no request is sent. `None` while Redis responds.
    retry_at: Mutex<Option<Instant>>,
}

impl Shared {
    /// Creates buckets in the Redis at the other end of this connection.
    pub fn new(connection: Connection, timeout: Duration) -> Self {
        Self { connection, take: Script::new(TAKE), timeout, retry_at: Mutex::new(None) }
    }

    /// Takes `amount` units from a bucket. Returns the units that remain, or the time to wait.
    ///
    /// `None` if Redis does not respond. `advanced` is the time by which a test has advanced the clock.
    pub async fn take(
        &self,
        limit: &str,
        quota: Quota,
        bucket: &str,
        amount: NonZeroU32,
        advanced: Duration,
    ) -> Option<Result<u32, Duration>> {
        let window = u64::try_from(quota.per.as_micros()).unwrap_or(u64::MAX);
        let take = window.saturating_mul(amount.get().into()) / u64::from(quota.amount.get());
        let mut call = self.take.key(key(limit, bucket));
        let advanced = u64::try_from(advanced.as_micros()).unwrap_or(u64::MAX);
        call.arg(advanced).arg(window).arg(take);
        let mut connection = self.connection.get()?;
        let left: i64 = self.response(call.invoke_async(&mut connection)).await?;
        Some(match u64::try_from(left) {
            Ok(left) => {
                let left = left.saturating_mul(quota.amount.get().into()) / window;
                Ok(u32::try_from(left).unwrap_or(u32::MAX))
            }
            Err(_) => Err(Duration::from_micros(left.unsigned_abs())),
        })
    }

    /// Refills a bucket.
    pub async fn refill(&self, limit: &str, bucket: &str) {
        let Some(mut connection) = self.connection.get() else { return };
        let mut delete = redis::cmd("DEL");
        delete.arg(key(limit, bucket));
        // If it fails, the bucket still refills over time.
        let _: Option<()> = self.response(delete.query_async(&mut connection)).await;
    }

    /// Waits for the response. `None` if there is none in time, or if Redis is not used at the moment.
    async fn response<T>(&self, response: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
        if !self.may_send() {
            return None;
        }
        let response = timeout(self.timeout, response).await;
        let response = response
            .map_err(|_| "timeout".to_owned())
            .and_then(|response| response.map_err(|error| error.to_string()));
        let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        match response {
            Ok(response) => {
                if retry_at.take().is_some() {
                    tracing::info!("Redis responds again: instances share rate limits");
                }
                Some(response)
            }
            Err(error) => {
                // Logged once per outage, not at each attempt.
                if retry_at.replace(Instant::now() + RETRY_INTERVAL).is_none() {
                    tracing::warn!(
                        error,
                        "Redis does not respond: each instance applies rate limits on its own"
                    );
                }
                None
            }
        }
    }

    /// Whether to send a request to Redis. During an outage only one request per interval tries.
    fn may_send(&self) -> bool {
        let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *retry_at {
            None => true,
            Some(at) if Instant::now() < *at => false,
            Some(at) => {
                *at = Instant::now() + RETRY_INTERVAL;
                true
            }
        }
    }
}

fn key(limit: &str, bucket: &str) -> String {
    format!("{PREFIX}{limit}:{bucket}")
}
