//! Replies: from a message sent to the last word of the answer.
//!
//! A reply's text is its own log. The [`runner`] appends to a [`progress`] buffer; a subscriber ([`follow`]) holds
//! a [`Cursor`] and takes, whenever there is more, everything from there to the end. So a slow reader gets fewer
//! and larger deltas, a returning one is no special case, and nothing is queued for anybody. The database is the
//! truth: checkpoints go there beside the stream, under a lease that fences every write.
//!
//! A reply that is written on another instance is followed through a mirror ([`mirrors`]), which whoever writes it
//! fills over the bus ([`publish`]), and the checkpoints fill when the bus does not.

mod bookmark;
mod content;
mod cursor;
mod doubts;
mod follow;
mod hub;
mod mirrors;
mod notice;
mod progress;
mod prompt;
mod publish;
mod runner;
mod send;
mod stop;
mod system_prompt;
mod text;
mod watch_runs;

pub use crate::store::sends::WhenBusy;
pub use bookmark::Bookmark;
pub use content::Content;
pub use cursor::Cursor;
pub use follow::Event;
pub use progress::Next;
pub use send::{Destination, NewReply, SendMessage};
pub use system_prompt::SystemPrompt;

use crate::{
    assistant::catalog::Catalog,
    bus::{Bus, Heard, Topic},
    changes::Changes,
    clock::Clock,
    poke::Poked,
    store::Database,
    throttle::Throttle,
};
use hub::Hub;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How replies are run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How much of the conversation a model is shown, in tokens.
    pub history_tokens: u32,
    /// How long a runner may be silent before another may take over.
    pub lease: Duration,
    /// How often a reply may be started.
    pub attempts: i32,
    /// How many replies of one user may be in progress at once; 0 is no limit.
    pub most_running: u32,
}

/// The reply engine. Cloning it shares it.
#[derive(Clone)]
pub struct Replies(Arc<Engine>);

struct Engine {
    store: Database,
    catalog: Arc<Catalog>,
    clock: Clock,
    /// Told of every message and of every end, when they are stored.
    changes: Changes,
    /// How often one may send.
    throttle: Arc<Throttle>,
    settings: Settings,
    /// What the other instances are told, and tell.
    bus: Arc<dyn Bus>,
    /// The replies that are written or followed here.
    hub: Hub,
    /// Wakes the task that looks for runs to claim.
    poke: Notify,
    tasks: TaskTracker,
    /// Set when this instance is to take on no more replies than it has.
    draining: CancellationToken,
    /// Set when this instance is to leave its replies to others.
    leaving: CancellationToken,
}

impl Replies {
    /// An engine that has not begun to look for runs; see [`Replies::start`].
    pub fn new(
        store: Database,
        catalog: Arc<Catalog>,
        bus: Arc<dyn Bus>,
        clock: Clock,
        changes: Changes,
        throttle: Arc<Throttle>,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Engine {
            store,
            catalog,
            clock,
            changes,
            throttle,
            settings,
            bus,
            hub: Hub::default(),
            poke: Notify::new(),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            leaving: CancellationToken::new(),
        }))
    }

    /// Begins to look for replies whose turn has come or whose runner has died, and to listen to other instances.
    pub fn start(&self, poke: Poked) {
        let engine = &self.0;
        engine.tasks.spawn(watch_runs::watch(engine.clone(), poke));
        engine.tasks.spawn(mirrors::ask(engine.clone()));
        engine.tasks.spawn(mirrors::look(engine.clone()));
        let heard_by = Arc::downgrade(engine);
        let hear = move |heard: Heard<'_>| {
            if let Some(engine) = heard_by.upgrade() {
                engine.hear_everyone(heard);
            }
        };
        engine.bus.join(Topic::Everyone, Arc::new(hear));
    }

    /// Lets the replies that run here finish for a while; then checkpoints them and gives up their leases, so that
    /// another instance, or this one after a restart, takes over at once. Returns when every task has ended.
    pub async fn leave(&self, drain: Duration) {
        self.0.draining.cancel();
        self.0.tasks.close();
        let _ = timeout(drain, self.0.tasks.wait()).await; // whoever is not done then is told to leave
        self.0.leaving.cancel();
        self.0.tasks.wait().await;
    }
}
