//! Mirrors: replies that are followed on this instance and written on another one.
//!
//! A mirror subscribes to the reply's topic on the bus and asks the writer for the text after what it has. From then on
//! the writer publishes each new part. While nothing arrives over the bus, the mirror is filled from the checkpoints in
//! the database: one query at intervals reads all mirrors without updates.

use super::{
    Engine,
    hub::{LocalReply, Sweep},
    progress::Progress,
    publish,
    wire::ControlMessage,
};
use crate::{
    bus::{BusEvent, Topic},
    store::{Id, messages::Message, parts::Reply, runs::FinishedReply},
};
use futures_util::FutureExt;
use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{select, sync::watch, time::sleep};

/// Interval between two sweeps over the mirrors.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// Maximum number of replies in one request on the bus, and in one query.
const BATCH: usize = 500;

impl Engine {
    /// Returns a receiver of the reply's progress. Starts a mirror if the reply needs one.
    pub(super) fn follow(self: &Arc<Self>, stored: Reply) -> watch::Receiver<Progress> {
        let reply = stored.message.id;
        let (progress, new) = self.hub.follow(stored);
        if new {
            self.start_mirroring(reply);
        }
        progress
    }

    /// Subscribes to the chunks of a mirrored reply.
    fn start_mirroring(self: &Arc<Self>, reply: Id) {
        let engine = Arc::downgrade(self);
        let handle = move |event: BusEvent<'_>| {
            let Some(engine) = engine.upgrade() else { return };
            match event {
                BusEvent::Subscribed => engine.hub.subscribed(reply),
                BusEvent::Message(message) => match serde_json::from_str(message) {
                    Ok(chunk) => engine.hub.apply_chunk(reply, &chunk),
                    Err(error) => tracing::debug!(%reply, %error, "cannot parse a reply chunk"),
                },
            }
        };
        self.bus.subscribe(Topic::Reply(reply), Arc::new(handle));
        // If the mirror was removed before the subscription was in place, this undoes the subscription.
        if !self.hub.is_mirrored(reply) {
            self.bus.unsubscribe(Topic::Reply(reply));
        }
    }

    /// Unsubscribes from the chunks of a reply, unless a new mirror was created in the meantime.
    fn stop_mirroring(self: &Arc<Self>, reply: Id) {
        self.bus.unsubscribe(Topic::Reply(reply));
        if self.hub.is_mirrored(reply) {
            self.start_mirroring(reply);
        }
    }

    /// Makes a reply local, for a runner that starts.
    pub(super) fn start_local(self: &Arc<Self>, reply: &Message) -> LocalReply {
        let (local, mirrored) = self.hub.start_local(reply);
        if mirrored {
            self.stop_mirroring(reply.id);
        }
        local
    }

    /// Announces the end of a reply that was ended without a runner.
    pub(super) fn announce_finished(self: &Arc<Self>, FinishedReply { owner, message }: FinishedReply) {
        self.hub.poll_soon(message.id);
        publish::publish_end(self, message.id, message.attempt);
        self.changes.notify(owner);
    }

    /// Ends a local reply, whose runner has ended.
    pub(super) fn finish_local(self: &Arc<Self>, reply: Id, local: &LocalReply) {
        if self.hub.finish_local(reply, local) {
            self.start_mirroring(reply);
        }
    }
}

/// Sends the requests of mirrors to the writers, until this instance drains.
pub(super) async fn send_requests(engine: Arc<Engine>) {
    loop {
        select! {
            () = engine.draining.cancelled() => return,
            () = engine.hub.request_needed.notified() => {}
        }
        for requests in engine.hub.take_requests().chunks(BATCH) {
            let Ok(message) = serde_json::to_string(&ControlMessage::RequestText(requests.to_vec())) else {
                continue;
            };
            // If the message is lost, the mirrors get no update and repeat their request.
            if let Err(error) = engine.bus.publish(Topic::AllInstances, message).await {
                tracing::debug!(%error, "cannot publish a request for text; it will be repeated");
            }
        }
    }
}

/// Polls the database for mirrors without updates, until this instance drains.
pub(super) async fn poll_database(engine: Arc<Engine>) {
    loop {
        select! {
            () = engine.draining.cancelled() => return,
            () = engine.hub.poll_needed.notified() => {}
            () = sleep(SWEEP_EVERY) => {}
        }
        let Sweep { abandoned, silent } = engine.hub.sweep();
        abandoned.into_iter().for_each(|reply| engine.stop_mirroring(reply));
        for replies in silent.chunks(BATCH) {
            // After a panic, which the panic hook logs, the loop continues with the next sweep.
            let read = AssertUnwindSafe(engine.store.replies(replies)).catch_unwind().await;
            match read {
                Ok(Ok(stored)) => apply_polled(&engine, replies, stored),
                Ok(Err(error)) => tracing::warn!(%error, "cannot read checkpoints"),
                Err(_) => {}
            }
        }
    }
}

fn apply_polled(engine: &Arc<Engine>, polled: &[Id], stored: Vec<Reply>) {
    let mut gone: HashSet<Id> = polled.iter().copied().collect();
    for stored in stored {
        let reply = stored.message.id;
        gone.remove(&reply);
        if engine.hub.apply_stored(stored) {
            engine.stop_mirroring(reply);
        }
    }
    for reply in gone {
        if engine.hub.remove(reply) {
            engine.stop_mirroring(reply);
        }
    }
}
