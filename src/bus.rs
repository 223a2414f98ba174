//! The bus: best-effort messages between instances. The database stays authoritative.
//!
//! Everything that is published here can also be found in the database a little later. A bus may therefore lose
//! messages, and code that handles a model's tokens never waits for it. A bus stores nothing: a message reaches the
//! instances that are subscribed at that moment.
//!
//! There are two implementations of one trait, which pass the same tests: [`memory`] for the instances of one process,
//! and [`redis`].

pub mod memory;
pub mod redis;

use crate::store::Id;
use futures_util::future::BoxFuture;
use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The subject of a message, which decides who receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Messages to every instance.
    AllInstances,
    /// Messages to the instances that follow a reply that another instance writes.
    Reply(Id),
    /// Messages to the instances on which a user's change feed is followed.
    User(Id),
    /// Messages to every instance about sessions that have ended.
    Sessions,
}

/// An event of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusEvent<'a> {
    /// The subscription is in place. Sent at first and after each interruption: earlier messages may have been missed.
    Subscribed,
    /// A message. It may come from this instance itself.
    Message(&'a str),
}

/// Handles the events of a subscription, in the order in which they were published. It must return at once.
pub type Handler = Arc<dyn Fn(BusEvent<'_>) + Send + Sync>;

/// A connection between each instance and all others.
pub trait Bus: Send + Sync {
    /// Publishes a message to the subscribers of a topic, and returns their number. Takes at most [`PUBLISH_TIMEOUT`].
    fn publish(&self, topic: Topic, message: String) -> BoxFuture<'_, Result<usize, PublishError>>;

    /// Subscribes to a topic, in place of an earlier subscription of this instance.
    ///
    /// `handler` receives [`BusEvent::Subscribed`] when the subscription is in place. That may be during this call or,
    /// if the bus is not connected, much later.
    fn subscribe(&self, topic: Topic, handler: Handler);

    /// Unsubscribes from a topic.
    fn unsubscribe(&self, topic: Topic);
}

/// Publishing failed. Some subscribers may have received the message.
#[derive(Debug, thiserror::Error)]
#[error("cannot publish: {0}")]
pub struct PublishError(String);

/// Maximum time to publish a message.
pub const PUBLISH_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(1);

/// The prefix of every channel name, because other applications may use the same Redis.
const PREFIX: &str = "confab:";

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllInstances => write!(formatter, "{PREFIX}everyone"),
            Self::Reply(id) => write!(formatter, "{PREFIX}reply:{id}"),
            Self::User(id) => write!(formatter, "{PREFIX}user:{id}"),
            Self::Sessions => write!(formatter, "{PREFIX}sessions"),
        }
    }
}

impl FromStr for Topic {
    type Err = ();

    fn from_str(channel: &str) -> Result<Self, ()> {
        let name = channel.strip_prefix(PREFIX).ok_or(())?;
        let id = |text| Uuid::try_parse(text).map(Id).map_err(|_| ());
        match name.split_once(':') {
            None if name == "everyone" => Ok(Self::AllInstances),
            None if name == "sessions" => Ok(Self::Sessions),
            Some(("reply", reply)) => id(reply).map(Self::Reply),
            Some(("user", user)) => id(user).map(Self::User),
            _ => Err(()),
        }
    }
}

/// Locks a mutex under which no code can panic.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_parsed_from_its_channel() {
        for topic in [Topic::AllInstances, Topic::Reply(Id::new()), Topic::User(Id::new()), Topic::Sessions] {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
        for channel in ["", "everyone", "confab:", "confab:reply:x", "confab:everyone:x", "confab:other"] {
            assert_eq!(channel.parse::<Topic>(), Err(()), "{channel}");
        }
    }
}
