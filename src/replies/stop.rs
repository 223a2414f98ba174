//! Stopping a reply: what has been said by then is its content.

use super::{Replies, notice::Notice};
use crate::{
    error::{Error, Result},
    store::{Id, Role, messages::Message},
};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long to wait for the runner to have stopped, beyond its lease: should it be dead, that must be found out first.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look whether anybody runs it still.
const LOOK: Duration = Duration::from_secs(1);

impl Replies {
    /// Stops a reply and returns it as it ended. One that has ended is left as it is.
    pub async fn stop(&self, owner: Id, reply: Id) -> Result<Message> {
        let engine = &self.0;
        let give_up = Instant::now() + engine.settings.lease + PATIENCE;
        while Instant::now() < give_up {
            let stored = engine.store.messages(owner, &[reply]).await?.pop();
            let message = stored.ok_or(Error::NotFound("message"))?;
            if message.role != Role::Assistant {
                return Err(Error::input("messageId", "must be a reply's, not a user's message's"));
            }
            if message.status.is_final() {
                return Ok(message);
            }
            let mut progress = engine.follow(message);
            if let Some(live) = engine.hub.live(reply) {
                live.stop.cancel();
            } else if let Some(stopped) = engine.store.finish_idle_reply(reply, engine.clock.now()).await? {
                let message = stopped.message.clone();
                engine.ended(stopped);
                engine.look_for_runs(); // another may wait behind it
                return Ok(message);
            } else {
                // Kept for whoever takes over, should its runner be dead. One that lives hears it at once, and stores all that
                // it has said, be its lease expired or not.
                engine.store.request_stop(reply).await?;
                engine.tell_everyone(&Notice::Stop(reply));
            }
            let ended =
                async { progress.wait_for(|progress| progress.end.is_some()).await.map(|p| p.end.clone()) };
            if let Ok(Ok(Some(end))) = timeout(LOOK, ended).await {
                return Ok(Message::clone(&end));
            }
        }
        Err(Error::unavailable("the reply's runner did not stop in time"))
    }

    /// Stops whatever is written of a conversation that is being deleted.
    pub fn stop_conversation(&self, conversation: Id) {
        self.stop_before(conversation, i32::MAX);
    }

    /// Stops whatever is written, here or elsewhere, of a conversation before a position. The database has the
    /// request already: whoever does not hear this finds it at the next checkpoint.
    pub(super) fn stop_before(&self, conversation: Id, position: i32) {
        self.0.hub.stop_before(conversation, position);
        self.0.tell_everyone(&Notice::StopBefore(conversation, position));
    }
}
