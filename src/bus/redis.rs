//! The bus of any number of instances: Redis's publish and subscribe, and nothing that it would have to keep.
//!
//! One connection tells, another listens; when either breaks both are made anew. Redis 6 or later (RESP3), or Valkey.

use super::{Bus, Hear, Heard, PATIENCE, Topic, Untold, lock};
use futures_util::future::{BoxFuture, FutureExt};
use rand::RngExt;
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

/// How long a connection may take to be made, and to answer.
const ANSWER: Duration = Duration::from_secs(3);
/// How often the listening connection is asked whether it lives.
const PING: Duration = Duration::from_secs(5);
/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The most channels named in one command.
const BATCH: usize = 500;

/// One instance's end of the bus.
pub struct RedisBus {
    client: Client,
    /// The connection that tells, while there is one.
    tell: Connection,
    listeners: Arc<Mutex<Listeners>>,
    /// Wakes the task that listens: there are changes.
    changed: Notify,
}

/// A connection for commands, made anew by the bus whenever it breaks. Cloning it shares it.
#[derive(Clone, Default)]
pub struct Connection(Arc<Mutex<Option<MultiplexedConnection>>>);

impl Connection {
    /// The connection, while there is one.
    pub fn get(&self) -> Option<MultiplexedConnection> {
        lock(&self.0).clone()
    }
}

#[derive(Default)]
struct Listeners {
    by_topic: HashMap<Topic, (Arc<()>, Hear)>,
    /// What has been joined or left, and Redis does not know of.
    changes: HashSet<Topic>,
}

impl RedisBus {
    /// A bus over the Redis at `redis://…`. Nothing is told or heard before [`RedisBus::listen`] runs.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        let info = url.into_connection_info()?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        // A connection to nowhere is to be found out.
        let tcp = TcpSettings::default().set_nodelay(true).set_user_timeout(ANSWER);
        let client = Client::open(info.set_redis_settings(settings).set_tcp_settings(tcp))?;
        Ok(Self { client, tell: Connection::default(), listeners: Arc::default(), changed: Notify::new() })
    }

    /// The connection that tells, for whoever else has a use for Redis.
    pub fn connection(&self) -> Connection {
        self.tell.clone()
    }

    /// Listens, for ever.
    pub async fn listen(&self) {
        let mut pause = Duration::ZERO;
        loop {
            let mut joined = false;
            let error = match self.connect().await {
                Ok((connection, broken)) => self.keep_up(connection, &broken, &mut joined).await,
                Err(error) => error,
            };
            *lock(&self.tell.0) = None;
            if joined {
                pause = Duration::ZERO;
            }
            // Told once, not at each attempt.
            if pause.is_zero() {
                tracing::warn!(%error, "Redis is not there: replies are followed by their checkpoints");
            } else {
                tracing::debug!(%error, "Redis is not there yet");
            }
            // With the next connection everything is joined again.
            lock(&self.listeners).changes.clear();
            pause = (pause * 2).clamp(Duration::from_millis(50), LONGEST_PAUSE);
            // Many instances are not to come back all at once.
            let jitter = rand::rng().random_range(0.5..1.0);
            sleep(pause.mul_f64(jitter)).await;
        }
    }

    /// Makes the connection that tells, and one whose messages are heard; and what tells that either is broken.
    async fn connect(&self) -> Result<(MultiplexedConnection, Arc<Notify>), RedisError> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(ANSWER));
        let either = Arc::new(Notify::new());
        let broken = either.clone();
        let hang_up = move |PushInfo { kind, .. }: PushInfo| {
            if kind == PushKind::Disconnection {
                broken.notify_one();
            }
            Ok::<_, RedisError>(())
        };
        let tells = config.clone().set_response_timeout(Some(PATIENCE)).set_push_sender(hang_up);
        let (broken, listeners) = (either.clone(), self.listeners.clone());
        let hear = move |PushInfo { kind, data }: PushInfo| {
            match kind {
                PushKind::Message => hear(&listeners, &data),
                PushKind::Disconnection => broken.notify_one(),
                _ => {}
            }
            Ok::<_, RedisError>(())
        };
        let hears = config.set_response_timeout(Some(ANSWER)).set_push_sender(hear);
        // Redis may take a connection and say nothing.
        let made = timeout(ANSWER * 2, async {
            let tells = self.client.get_multiplexed_async_connection_with_config(&tells).await?;
            let hears = self.client.get_multiplexed_async_connection_with_config(&hears).await?;
            Ok::<_, RedisError>((tells, hears))
        });
        let (tells, hears) = made.await.map_err(std::io::Error::from)??;
        *lock(&self.tell.0) = Some(tells);
        Ok((hears, either))
    }

    /// Joins and leaves topics on a new connection as they are wanted, until it or the other is lost.
    async fn keep_up(
        &self,
        mut connection: MultiplexedConnection,
        broken: &Notify,
        joined: &mut bool,
    ) -> RedisError {
        let mut changes: Vec<Topic> = {
            let mut listeners = lock(&self.listeners);
            listeners.changes.clear();
            listeners.by_topic.keys().copied().collect()
        };
        loop {
            for changes in changes.chunks(BATCH) {
                if let Err(error) = self.pass_on(&mut connection, changes).await {
                    return error;
                }
            }
            if !std::mem::replace(joined, true) {
                tracing::info!("Redis is there");
            }
            select! {
                () = self.changed.notified() => {}
                () = broken.notified() => return std::io::Error::from(std::io::ErrorKind::ConnectionReset).into(),
                () = sleep(PING) => {
                    if let Err(error) = redis::cmd("PING").query_async::<()>(&mut connection).await {
                        return error;
                    }
                }
            }
            changes = mem::take(&mut lock(&self.listeners).changes).into_iter().collect();
        }
    }

    /// Tells Redis of some topics that have been joined or left.
    async fn pass_on(
        &self,
        connection: &mut MultiplexedConnection,
        changes: &[Topic],
    ) -> Result<(), RedisError> {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        {
            let listeners = lock(&self.listeners);
            for topic in changes {
                match listeners.by_topic.get(topic) {
                    Some((joining, hear)) => wanted.push((*topic, joining.clone(), hear.clone())),
                    None => unwanted.push(topic.to_string()),
                }
            }
        }
        if !unwanted.is_empty() {
            connection.unsubscribe(&unwanted).await?;
        }
        if !wanted.is_empty() {
            let channels: Vec<String> = wanted.iter().map(|(topic, ..)| topic.to_string()).collect();
            connection.subscribe(&channels).await?;
        }
        for (topic, joining, hear) in wanted {
            let still =
                lock(&self.listeners).by_topic.get(&topic).is_some_and(|now| Arc::ptr_eq(&now.0, &joining));
            if still {
                hear(Heard::Joined);
            }
        }
        Ok(())
    }

    fn change(&self, topic: Topic, hear: Option<Hear>) {
        let mut listeners = lock(&self.listeners);
        match hear {
            Some(hear) => drop(listeners.by_topic.insert(topic, (Arc::new(()), hear))),
            None => drop(listeners.by_topic.remove(&topic)),
        }
        listeners.changes.insert(topic);
        drop(listeners);
        self.changed.notify_one();
    }
}

/// A message: its channel, and what was told.
fn hear(listeners: &Mutex<Listeners>, data: &[Value]) {
    let [Value::BulkString(channel), Value::BulkString(what)] = data else { return };
    let (Ok(channel), Ok(what)) = (str::from_utf8(channel), str::from_utf8(what)) else { return };
    let Ok(topic) = channel.parse() else { return };
    let hear = lock(listeners).by_topic.get(&topic).map(|(_, hear)| hear.clone());
    if let Some(hear) = hear {
        hear(Heard::Told(what));
    }
}

impl Bus for RedisBus {
    fn tell(&self, topic: Topic, what: String) -> BoxFuture<'_, Result<usize, Untold>> {
        async move {
            let Some(mut tell) = self.tell.get() else { return Err(Untold("Redis is not there".into())) };
            let mut command = redis::cmd("PUBLISH");
            command.arg(topic.to_string()).arg(what);
            match timeout(PATIENCE, command.query_async(&mut tell)).await {
                Ok(Ok(listeners)) => Ok(listeners),
                Ok(Err(error)) => Err(Untold(error.to_string())),
                Err(_) => Err(Untold("Redis takes too long".into())),
            }
        }
        .boxed()
    }

    fn join(&self, topic: Topic, hear: Hear) {
        self.change(topic, Some(hear));
    }

    fn leave(&self, topic: Topic) {
        self.change(topic, None);
    }
}
