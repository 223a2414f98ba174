//! What instances tell each other: quick, and never the truth.
//!
//! Whatever is said here is also found in the database a little later, so a bus may lose words, and nobody waits for
//! it who has a model's next token to deal with. It keeps nothing: what is told reaches whoever listens at that
//! moment. There are two, under one trait and one suite of tests: [`memory`] for the instances of one process, and
//! [`redis`].

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

/// What a message is about, and so who listens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Every instance listens.
    Everyone,
    /// The instances that follow a reply which is written elsewhere.
    Reply(Id),
    /// The instances that somebody follows this user's changes on.
    User(Id),
    /// Every instance listens: which sessions have been ended.
    Sessions,
}

/// What comes of listening to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// From here on everything is heard. Said at first, and again after each interruption: what was told before may
    /// have been missed.
    Joined,
    /// Somebody, perhaps this instance itself, has told this.
    Told(&'a str),
}

/// Takes what is heard. It is called in the order of what is told, and must return at once.
pub type Hear = Arc<dyn Fn(Heard<'_>) + Send + Sync>;

/// A way from each instance to all others.
pub trait Bus: Send + Sync {
    /// Tells something to all that listen to a topic, and how many they were. It takes at most [`PATIENCE`].
    fn tell(&self, topic: Topic, what: String) -> BoxFuture<'_, Result<usize, Untold>>;

    /// Listens to a topic, in place of whatever has listened to it here. `hear` is told [`Heard::Joined`] when it can
    /// hear, which may be within this call or, should the bus be away, much later.
    fn join(&self, topic: Topic, hear: Hear);

    /// Listens to a topic no more.
    fn leave(&self, topic: Topic);
}

/// It is not known whether anybody has heard it.
#[derive(Debug, thiserror::Error)]
#[error("not told: {0}")]
pub struct Untold(String);

/// How long it may take to tell something.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// The prefix of every channel's name: a Redis may be shared.
const PREFIX: &str = "confab:";

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => write!(formatter, "{PREFIX}everyone"),
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
            None if name == "everyone" => Ok(Self::Everyone),
            None if name == "sessions" => Ok(Self::Sessions),
            Some(("reply", reply)) => id(reply).map(Self::Reply),
            Some(("user", user)) => id(user).map(Self::User),
            _ => Err(()),
        }
    }
}

/// A lock under which nothing is done that could panic.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_known_by_its_channel() {
        for topic in [Topic::Everyone, Topic::Reply(Id::new()), Topic::User(Id::new()), Topic::Sessions] {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
        for channel in ["", "everyone", "confab:", "confab:reply:x", "confab:everyone:x", "confab:other"] {
            assert_eq!(channel.parse::<Topic>(), Err(()), "{channel}");
        }
    }
}
