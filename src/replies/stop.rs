//! Stopping a reply: the text so far becomes its content.

use super::{Replies, wire::ControlMessage};
use crate::{
    error::{Error, Result},
    store::{Id, Role, messages::Message},
};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Time to wait for the end, in addition to the lease: a takeover can happen later than the lease expires.
const EXTRA_TIMEOUT: Duration = Duration::from_secs(10);
/// Interval between two checks for a runner that can be stopped.
const RETRY_EVERY: Duration = Duration::from_secs(1);

impl Replies {
    /// Stops a reply and returns the final message. A reply that has ended is returned unchanged.
    ///
    /// Fails with `NOT_FOUND` if the message does not exist, with `BAD_USER_INPUT` if it is not a reply, and with
    /// `UNAVAILABLE` if it did not end in time.
    pub async fn stop(&self, owner: Id, reply: Id) -> Result<Message> {
        let engine = &self.0;
        let give_up = Instant::now() + engine.settings.lease + EXTRA_TIMEOUT;
        while Instant::now() < give_up {
            let stored = engine.store.reply(owner, reply).await?.ok_or(Error::NotFound("message"))?;
            let message = &stored.message;
            if message.role != Role::Assistant {
                return Err(Error::input("messageId", "must be the ID of a reply, not of a user's message."));
            }
            if message.status.is_final() {
                return Ok(stored.message);
            }
            let mut progress = engine.follow(stored);
            if let Some(local) = engine.hub.local(reply) {
                local.stop.cancel();
            } else if let Some(stopped) = engine.store.finish_idle_reply(reply, engine.clock.now()).await? {
                let message = stopped.message.clone();
                engine.announce_finished(stopped);
                engine.wake_claimer(); // Another reply may wait for this one.
                return Ok(message);
            } else {
                // Stored for the next runner, in case this one has crashed. A live runner is notified over the bus,
                // and stores all of its text even if its lease has expired.
                engine.store.request_stop(reply).await?;
                engine.broadcast(&ControlMessage::Stop(reply));
            }
            let ended =
                async { progress.wait_for(|progress| progress.end.is_some()).await.map(|p| p.end.clone()) };
            if let Ok(Ok(Some(end))) = timeout(RETRY_EVERY, ended).await {
                return Ok(Message::clone(&end));
            }
        }
        Err(Error::unavailable("the reply's runner did not stop in time"))
    }

    /// Stops replies in progress, on whatever instance they run. The caller has stored the request, so a runner that
    /// misses the notification finds it at its next checkpoint.
    pub fn stop_running(&self, replies: &[Id]) {
        for reply in replies {
            match self.0.hub.local(*reply) {
                Some(local) => local.stop.cancel(),
                None => self.0.broadcast(&ControlMessage::Stop(*reply)),
            }
        }
    }
}
