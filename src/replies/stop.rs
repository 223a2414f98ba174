//! Stopping a reply: what has been said by then is its content.

use super::Replies;
use crate::{
    error::{Error, Result},
    store::{Id, Role, messages::Message},
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long to wait for the runner to have stopped, beyond its lease: should it be dead, that must expire first.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the database is looked at for a reply that runs elsewhere.
const POLL: Duration = Duration::from_millis(200);

impl Replies {
    /// Stops a reply and returns it as it ended. One that has ended is left as it is.
    pub async fn stop(&self, owner: Id, reply: Id) -> Result<Message> {
        let engine = &self.0;
        let give_up = Instant::now() + engine.settings.lease + PATIENCE;
        loop {
            let stored = engine.store.messages(owner, &[reply]).await?.pop();
            let message = stored.ok_or(Error::NotFound("message"))?;
            if message.role != Role::Assistant {
                return Err(Error::input("messageId", "must be a reply's, not a user's message's"));
            }
            if message.status.is_final() {
                return Ok(message);
            }
            if let Some(live) = engine.hub.get(reply) {
                live.stop.cancel();
                let mut progress = live.progress.subscribe();
                drop(live);
                let ended = async {
                    progress.wait_for(|progress| progress.end.is_some()).await.map(|p| p.end.clone())
                };
                if let Ok(Ok(Some(end))) = timeout(give_up - Instant::now(), ended).await {
                    return Ok(Message::clone(&end));
                }
            } else if let Some(stopped) = engine.store.finish_idle_reply(reply, engine.clock.now()).await? {
                engine.poke.notify_one(); // another may wait behind it
                return Ok(stopped);
            } else {
                engine.store.request_stop(reply).await?;
            }
            if Instant::now() >= give_up {
                return Err(Error::internal("the reply's runner did not stop in time"));
            }
            sleep(POLL).await;
        }
    }

    /// Stops whatever runs here of a conversation that is being deleted.
    pub fn stop_conversation(&self, conversation: Id) {
        self.0.hub.stop_before(conversation, i32::MAX);
    }
}
