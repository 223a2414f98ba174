//! The reply engine: takes a message, asks a model, and delivers the reply to every subscriber.
//!
//! # The life of a reply
//!
//! 1. [`send`] stores the message and an empty, pending reply in one transaction. Unless an earlier reply of the
//!    conversation is in progress, the same transaction takes the reply's *lease*: the right to write the reply until
//!    the lease expires.
//! 2. A [`runner`] task streams the model's answer into a [`progress`] buffer in memory. It belongs to no request and
//!    to no socket, so a client that disconnects does not stop it.
//! 3. While the text grows, the runner writes a *checkpoint* once a second, or at once after 4 KiB of new text: it
//!    stores the text so far and renews the lease. Without new text, it renews the lease after a third of the lease's
//!    length. The store accepts the write only from the holder of the lease, so two runners can never both write one
//!    reply.
//! 4. At the end the runner stores the outcome, which also ends the lease.
//!
//! If an instance crashes, the leases of its runners are not renewed. If it shuts down, it releases them. The [`claim`]
//! task, which runs on every instance, finds such replies with the help of the [`lease_monitor`] and takes them over:
//! the reply starts again as a new *attempt*. The same task starts the replies that have waited for an earlier reply of
//! their conversation.
//!
//! # How subscribers read
//!
//! A subscriber is a client's subscription that follows a reply ([`follow`]). It holds a [`Cursor`]: the attempt, and
//! an offset into its text. Whenever the buffer has grown, the subscriber takes everything from the cursor to the end
//! as one delta. There are no queues: a slow subscriber gets fewer and larger deltas, and one that reconnects continues
//! from its last cursor.
//!
//! A reply has parts, text and others such as reasoning, which are one log ([`crate::parts`]). A subscriber selects
//! kinds of parts, and its cursor counts only these. For text alone, cursors are the same as before there were parts.
//!
//! # More than one instance
//!
//! The [`hub`] holds every reply that is written or followed on this instance. A reply that another instance writes is
//! a *mirror* ([`mirrors`]): this instance asks the writer over the bus for the text from an offset on, and the writer
//! publishes it ([`publish`]). The messages are in [`wire`]. If the bus fails, the mirror is filled from the
//! checkpoints in the database, which is always authoritative.

mod claim;
mod content;
mod cursor;
mod failure;
mod follow;
mod hub;
mod lease_monitor;
mod mirrors;
mod progress;
mod prompt;
mod publish;
mod rating;
mod resume_point;
mod runner;
mod send;
mod stop;
mod system_prompt;
mod text;
mod titles;
mod wire;

pub use crate::store::sends::WhenBusy;
pub use content::Content;
pub use cursor::Cursor;
pub use follow::Event;
pub use progress::Next;
pub use rating::Note;
pub use resume_point::ResumePoint;
pub use send::{Destination, NewReply, ReplyRequest, SendMessage};
pub use system_prompt::SystemPrompt;

use crate::{
    assistant::catalog::Catalog,
    bus::{Bus, BusEvent, Topic},
    changes::Changes,
    clock::Clock,
    store::Database,
    throttle::Throttle,
    waker::WakeSignal,
};
use hub::Hub;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, Semaphore},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Settings of the reply engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Maximum length of a user's message, in Unicode scalar values.
    pub max_content: usize,
    /// The model that writes titles; `None` if the first message gives the title.
    pub title_model: Option<String>,
    /// Budget for the conversation history in a prompt, in tokens. A large context of the model raises it.
    pub history_tokens: u32,
    /// Time without a renewal after which another runner may take the reply over.
    pub lease: Duration,
    /// Maximum number of attempts at one reply.
    pub attempts: i32,
    /// Maximum number of replies of one user in progress at the same time; 0 means no limit.
    pub max_running: u32,
}

/// The reply engine. Clones share one engine.
#[derive(Clone)]
pub struct Replies(Arc<Engine>);

struct Engine {
    store: Database,
    catalog: Arc<Catalog>,
    clock: Clock,
    /// Notified when a message or the end of a reply has been stored.
    changes: Changes,
    /// Limits how often a user may send.
    throttle: Arc<Throttle>,
    settings: Settings,
    /// Carries messages to and from the other instances.
    bus: Arc<dyn Bus>,
    /// The replies that are written or followed on this instance.
    hub: Hub,
    /// Wakes the task that claims runs.
    claim_needed: Notify,
    /// Limit the number of titles that are written at the same time.
    title_permits: Arc<Semaphore>,
    tasks: TaskTracker,
    /// Cancelled when this instance must not start any more replies.
    draining: CancellationToken,
    /// Cancelled when this instance must release the replies it still writes.
    shutdown: CancellationToken,
}

impl Replies {
    /// Creates an engine. Its background tasks start with [`Replies::start`].
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
            claim_needed: Notify::new(),
            title_permits: Arc::new(Semaphore::new(titles::MAX_TASKS)),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            shutdown: CancellationToken::new(),
        }))
    }

    /// The maximum length of a user's message, in Unicode scalar values.
    pub fn max_content(&self) -> usize {
        self.0.settings.max_content
    }

    /// Starts the background tasks: claiming runs, filling mirrors and receiving from other instances.
    pub fn start(&self, waker: WakeSignal) {
        let engine = &self.0;
        engine.tasks.spawn(claim::run(engine.clone(), waker));
        engine.tasks.spawn(mirrors::send_requests(engine.clone()));
        engine.tasks.spawn(mirrors::poll_database(engine.clone()));
        let weak = Arc::downgrade(engine);
        let handle = move |event: BusEvent<'_>| {
            if let Some(engine) = weak.upgrade() {
                engine.on_broadcast(event);
            }
        };
        engine.bus.subscribe(Topic::AllInstances, Arc::new(handle));
    }

    /// Shuts the engine down, and returns when every task has ended.
    ///
    /// Running replies get `drain` to finish. The rest are checkpointed and their leases released, so that another
    /// instance, or this one after a restart, takes them over at once.
    pub async fn shut_down(&self, drain: Duration) {
        self.0.draining.cancel();
        self.0.tasks.close();
        let _ = timeout(drain, self.0.tasks.wait()).await;
        self.0.shutdown.cancel();
        self.0.tasks.wait().await;
    }
}
