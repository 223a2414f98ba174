//! The bus between any number of instances: Redis publish/subscribe, which stores nothing.
//!
//! One connection publishes, another one receives. When either breaks, both are made again. Requires Redis 6 or later
//! (for RESP3), or Valkey.

use super::{Bus, BusEvent, Handler, PUBLISH_TIMEOUT, PublishError, Topic, lock};
use crate::random;
use futures_util::future::{BoxFuture, FutureExt};
use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind, RedisError,
    Value, aio::MultiplexedConnection, io::tcp::TcpSettings,
};
use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    select,
    sync::Notify,
    time::{sleep, timeout},
};

/// Timeout for making a connection, and for an answer on it.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Interval between two pings on the receiving connection.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// Longest pause between two attempts to connect.
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// Maximum number of channels in one command.
const BATCH: usize = 500;

/// One instance's connection to the bus.
pub struct RedisBus {
    client: Client,
    /// The publishing connection.
    publisher: Connection,
    subscriptions: Arc<Mutex<Subscriptions>>,
    /// Wakes the receiving task after changes to the subscriptions.
    changed: Notify,
}

/// A connection for commands, which the bus makes again whenever it breaks. Clones share one connection.
#[derive(Clone, Default)]
pub struct Connection(Arc<Mutex<Option<MultiplexedConnection>>>);

impl Connection {
    /// The connection; `None` while there is none.
    pub fn get(&self) -> Option<MultiplexedConnection> {
        lock(&self.0).clone()
    }
}

#[derive(Default)]
struct Subscriptions {
    by_topic: HashMap<Topic, (Arc<()>, Handler)>,
    /// Topics that were subscribed or unsubscribed since Redis was last informed.
    changes: HashSet<Topic>,
}

impl RedisBus {
    /// A bus over the Redis at `redis://…`. It publishes and receives nothing until [`RedisBus::listen`] runs.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        let info = url.into_connection_info()?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        // Let the system detect a dead connection.
        let tcp = TcpSettings::default().set_nodelay(true).set_user_timeout(TIMEOUT);
        let client = Client::open(info.set_redis_settings(settings).set_tcp_settings(tcp))?;
        Ok(Self {
            client,
            publisher: Connection::default(),
            subscriptions: Arc::default(),
            changed: Notify::new(),
        })
    }

    /// The publishing connection, for other uses of Redis.
    pub fn connection(&self) -> Connection {
        self.publisher.clone()
    }

    /// Connects and receives messages. Never returns.
    pub async fn listen(&self) {
        let mut pause = Duration::ZERO;
        loop {
            let mut connected = false;
            let error = match self.connect().await {
                Ok((connection, broken)) => self.synchronize(connection, &broken, &mut connected).await,
                Err(error) => error,
            };
            *lock(&self.publisher.0) = None;
            if connected {
                pause = Duration::ZERO;
            }
            // Warn once, not at each attempt.
            if pause.is_zero() {
                tracing::warn!(%error, "Redis is unavailable; reading checkpoints instead");
            } else {
                tracing::debug!(%error, "Redis is still unavailable");
            }
            // The next connection subscribes to all topics again.
            lock(&self.subscriptions).changes.clear();
            pause = (pause * 2).clamp(Duration::from_millis(50), MAX_PAUSE);
            // Spread the attempts of many instances.
            let jitter = 0.5 + 0.5 * random::fraction();
            sleep(pause.mul_f64(jitter)).await;
        }
    }

    /// Makes the two connections. Returns the receiving one, and a notification that either is broken.
    async fn connect(&self) -> Result<(MultiplexedConnection, Arc<Notify>), RedisError> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(TIMEOUT));
        let either = Arc::new(Notify::new());
        let broken = either.clone();
        let on_disconnect = move |PushInfo { kind, .. }: PushInfo| {
            if kind == PushKind::Disconnection {
                broken.notify_one();
            }
            Ok::<_, RedisError>(())
        };
        let publisher =
            config.clone().set_response_timeout(Some(PUBLISH_TIMEOUT)).set_push_sender(on_disconnect);
        let (broken, subscriptions) = (either.clone(), self.subscriptions.clone());
        let on_push = move |PushInfo { kind, data }: PushInfo| {
            match kind {
                PushKind::Message => deliver(&subscriptions, &data),
                PushKind::Disconnection => broken.notify_one(),
                _ => {}
            }
            Ok::<_, RedisError>(())
        };
        let subscriber = config.set_response_timeout(Some(TIMEOUT)).set_push_sender(on_push);
        // Redis may accept a connection and never answer.
        let connections = timeout(TIMEOUT * 2, async {
            let publisher = self.client.get_multiplexed_async_connection_with_config(&publisher).await?;
            let subscriber = self.client.get_multiplexed_async_connection_with_config(&subscriber).await?;
            Ok::<_, RedisError>((publisher, subscriber))
        });
        let (publisher, subscriber) = connections.await.map_err(std::io::Error::from)??;
        *lock(&self.publisher.0) = Some(publisher);
        Ok((subscriber, either))
    }

    /// Subscribes to all topics and keeps the subscriptions current, until either connection breaks.
    async fn synchronize(
        &self,
        mut connection: MultiplexedConnection,
        broken: &Notify,
        connected: &mut bool,
    ) -> RedisError {
        let mut changes: Vec<Topic> = {
            let mut subscriptions = lock(&self.subscriptions);
            subscriptions.changes.clear();
            subscriptions.by_topic.keys().copied().collect()
        };
        loop {
            for changes in changes.chunks(BATCH) {
                if let Err(error) = self.send_changes(&mut connection, changes).await {
                    return error;
                }
            }
            if !std::mem::replace(connected, true) {
                tracing::info!("connected to Redis");
            }
            select! {
                () = self.changed.notified() => {}
                () = broken.notified() => return std::io::Error::from(std::io::ErrorKind::ConnectionReset).into(),
                () = sleep(PING_INTERVAL) => {
                    if let Err(error) = redis::cmd("PING").query_async::<()>(&mut connection).await {
                        return error;
                    }
                }
            }
            changes = mem::take(&mut lock(&self.subscriptions).changes).into_iter().collect();
        }
    }

    /// Sends changed subscriptions to Redis.
    async fn send_changes(
        &self,
        connection: &mut MultiplexedConnection,
        changes: &[Topic],
    ) -> Result<(), RedisError> {
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        {
            let subscriptions = lock(&self.subscriptions);
            for topic in changes {
                match subscriptions.by_topic.get(topic) {
                    Some((subscription, handler)) => {
                        added.push((*topic, subscription.clone(), handler.clone()))
                    }
                    None => removed.push(topic.to_string()),
                }
            }
        }
        if !removed.is_empty() {
            connection.unsubscribe(&removed).await?;
        }
        if !added.is_empty() {
            let channels: Vec<String> = added.iter().map(|(topic, ..)| topic.to_string()).collect();
            connection.subscribe(&channels).await?;
        }
        for (topic, subscription, handler) in added {
            let is_current = lock(&self.subscriptions)
                .by_topic
                .get(&topic)
                .is_some_and(|now| Arc::ptr_eq(&now.0, &subscription));
            if is_current {
                handler(BusEvent::Subscribed);
            }
        }
        Ok(())
    }

    fn change(&self, topic: Topic, handler: Option<Handler>) {
        let mut subscriptions = lock(&self.subscriptions);
        match handler {
            Some(handler) => drop(subscriptions.by_topic.insert(topic, (Arc::new(()), handler))),
            None => drop(subscriptions.by_topic.remove(&topic)),
        }
        subscriptions.changes.insert(topic);
        drop(subscriptions);
        self.changed.notify_one();
    }
}

/// Delivers a push message, which consists of its channel and its text.
fn deliver(subscriptions: &Mutex<Subscriptions>, data: &[Value]) {
    let [Value::BulkString(channel), Value::BulkString(message)] = data else { return };
    let (Ok(channel), Ok(message)) = (str::from_utf8(channel), str::from_utf8(message)) else { return };
    let Ok(topic) = channel.parse() else { return };
    let handler = lock(subscriptions).by_topic.get(&topic).map(|(_, handler)| handler.clone());
    if let Some(handler) = handler {
        handler(BusEvent::Message(message));
    }
}

impl Bus for RedisBus {
    fn publish(&self, topic: Topic, message: String) -> BoxFuture<'_, Result<usize, PublishError>> {
        async move {
            let Some(mut publisher) = self.publisher.get() else {
                return Err(PublishError("Redis is unavailable".into()));
            };
            let mut command = redis::cmd("PUBLISH");
            command.arg(topic.to_string()).arg(message);
            match timeout(PUBLISH_TIMEOUT, command.query_async(&mut publisher)).await {
                Ok(Ok(receivers)) => Ok(receivers),
                Ok(Err(error)) => Err(PublishError(error.to_string())),
                Err(_) => Err(PublishError("Redis did not answer in time".into())),
            }
        }
        .boxed()
    }

    fn subscribe(&self, topic: Topic, handler: Handler) {
        self.change(topic, Some(handler));
    }

    fn unsubscribe(&self, topic: Topic) {
        self.change(topic, None);
    }
}
