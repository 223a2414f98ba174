//! Mirrors: the replies that are followed here and written elsewhere.
//!
//! A mirror listens on the bus and asks whoever writes the reply for what follows the text it has; from then on it is
//! told. While the bus brings nothing, the checkpoints in the database do: one query, now and then, for all mirrors
//! that are without news.

use super::{
    Engine,
    hub::{Live, Round},
    notice::Notice,
    progress::Progress,
    publish,
};
use crate::{
    bus::{Heard, Topic},
    store::{Id, messages::Message, runs::Ended},
};
use futures_util::FutureExt;
use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{select, sync::watch, time::sleep};

/// How often the mirrors are gone through.
const ROUND: Duration = Duration::from_millis(500);
/// The most replies asked for at once, and read in one query.
const BATCH: usize = 500;

impl Engine {
    /// The progress of a reply, given what the database has of it.
    pub(super) fn follow(self: &Arc<Self>, stored: Message) -> watch::Receiver<Progress> {
        let reply = stored.id;
        let (progress, new) = self.hub.follow(stored);
        if new {
            self.mirror(reply);
        }
        progress
    }

    /// Listens to what is told of a reply, if it is mirrored.
    fn mirror(self: &Arc<Self>, reply: Id) {
        let engine = Arc::downgrade(self);
        let hear = move |heard: Heard<'_>| {
            let Some(engine) = engine.upgrade() else { return };
            match heard {
                Heard::Joined => engine.hub.joined(reply),
                Heard::Told(what) => match serde_json::from_str(what) {
                    Ok(said) => engine.hub.hear(reply, &said),
                    Err(error) => tracing::debug!(%reply, %error, "what was said is not understood"),
                },
            }
        };
        self.bus.join(Topic::Reply(reply), Arc::new(hear));
        // It may have been forgotten meanwhile, and left before it was joined.
        if !self.hub.mirrors(reply) {
            self.bus.leave(Topic::Reply(reply));
        }
    }

    /// Listens no more to what is told of a reply, unless it is mirrored again.
    fn forget(self: &Arc<Self>, reply: Id) {
        self.bus.leave(Topic::Reply(reply));
        if self.hub.mirrors(reply) {
            self.mirror(reply);
        }
    }

    /// A reply is written here from now on.
    pub(super) fn enter(self: &Arc<Self>, reply: &Message) -> Live {
        let (live, mirrored) = self.hub.enter(reply);
        if mirrored {
            self.forget(reply.id);
        }
        live
    }

    /// A reply that nobody wrote has ended.
    pub(super) fn ended(self: &Arc<Self>, Ended { owner, message }: Ended) {
        let (id, attempt) = (message.id, message.attempt);
        if self.hub.learn(message) {
            self.forget(id);
        }
        publish::over(self, id, attempt);
        self.changes.poke(owner);
    }

    /// A reply is not written here any more.
    pub(super) fn leave(self: &Arc<Self>, reply: Id, live: &Live) {
        if self.hub.leave(reply, live) {
            self.mirror(reply);
        }
    }
}

/// Asks for what the mirrors lack, whenever they lack something.
pub(super) async fn ask(engine: Arc<Engine>) {
    loop {
        select! {
            () = engine.draining.cancelled() => return,
            () = engine.hub.ask.notified() => {}
        }
        for asks in engine.hub.asks().chunks(BATCH) {
            let Ok(notice) = serde_json::to_string(&Notice::Ask(asks.to_vec())) else { continue };
            // If nobody hears it the mirrors stay silent, and ask again.
            if let Err(error) = engine.bus.tell(Topic::Everyone, notice).await {
                tracing::debug!(%error, "not asked");
            }
        }
    }
}

/// Looks at the database for the mirrors that are without news.
pub(super) async fn look(engine: Arc<Engine>) {
    loop {
        select! {
            () = engine.draining.cancelled() => return,
            () = engine.hub.look.notified() => {}
            () = sleep(ROUND) => {}
        }
        let Round { abandoned, silent } = engine.hub.round();
        abandoned.into_iter().for_each(|reply| engine.forget(reply));
        for replies in silent.chunks(BATCH) {
            // Should it panic (the hook logs it), the next round may fare better.
            let read = AssertUnwindSafe(engine.store.replies(replies)).catch_unwind().await;
            match read {
                Ok(Ok(stored)) => learn(&engine, replies, stored),
                Ok(Err(error)) => tracing::warn!(%error, "checkpoints not read"),
                Err(_) => {}
            }
        }
    }
}

fn learn(engine: &Arc<Engine>, looked_for: &[Id], stored: Vec<Message>) {
    let mut gone: HashSet<Id> = looked_for.iter().copied().collect();
    for message in stored {
        gone.remove(&message.id);
        let reply = message.id;
        if engine.hub.learn(message) {
            engine.forget(reply);
        }
    }
    for reply in gone {
        if engine.hub.forget(reply) {
            engine.forget(reply);
        }
    }
}
