//! Confab: a chat server that speaks GraphQL.
//!
//! # The path of one message
//!
//! A client posts `sendMessage` to `/graphql`. [`transport`] names the request, finds out who asks ([`accounts`]) and
//! reads the body; [`graphql`] validates the document, charges for it, executes it, and calls [`replies`]. There the
//! message and an empty reply are stored in one transaction ([`store`]) and a runner is started: a task that is tied to
//! no request and no socket. The client has its answer.
//!
//! The runner shows the conversation to a model ([`assistant`]) and appends what it says to the reply's buffer, while
//! checkpoints go to the database beside it. A client that subscribes to `reply` over a WebSocket reads that buffer
//! from its own cursor, takes everything there is as one delta, and waits for more; if it comes back later with its
//! last cursor it gets what it lacks. At the end the whole text is stored, and told.
//!
//! A client may just as well subscribe on another instance. That one keeps a mirror of the reply, which the runner's
//! instance fills over the [`bus`]; should the bus be away, the checkpoints fill it.
//!
//! The user's other devices hear of it too. The transaction that stores the message adds it to the user's feed, as does
//! the one that stores the end of the reply, and [`changes`] wakes whoever follows that feed, here or at another
//! instance: the subscription `changes` reads on from its own cursor.
//!
//! Data flows one way: transport → graphql → accounts, conversations, replies → changes → store, assistant and bus.
//! Nothing below knows what is above it.
//!
//! # Where to look
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | every setting |
//! | [`app`] | builds everything once, and runs it |
//! | [`transport`] | HTTP, WebSocket, the pages |
//! | [`graphql`] | the path of every operation, documents, the schema, the dataloaders |
//! | [`accounts`] | passwords, tokens, sessions, the audit trail |
//! | [`conversations`] | starting, changing and deleting them |
//! | [`replies`] | the reply engine |
//! | [`changes`] | what happens, told to each of a user's devices |
//! | [`assistant`] | the models |
//! | [`bus`] | what instances tell each other, in process or over Redis |
//! | [`store`] | the database, one file for each noun |
//! | [`removal`] | what has been deleted, removed in small steps |
//! | [`housekeeping`] | what is removed in time, by one instance at a time |
//! | [`throttle`], [`address`] | how much may be asked for, and where from |
//! | [`error`] | what a client may learn |
//! | `laws` | what holds for any input, for tests and fuzzing |
//! | [`unicode`] | which characters can be seen, and where a text may be cut |
//! | [`clock`], [`poke`], [`telemetry`], [`open_files`] | the time, waking what runs in the background, the log, the system's limit |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod accounts;
pub mod address;
pub mod app;
pub mod assistant;
pub mod bus;
pub mod changes;
pub mod clock;
pub mod config;
pub mod conversations;
pub mod error;
pub mod graphql;
pub mod housekeeping;
#[cfg(any(fuzzing, test))]
pub mod laws;
pub mod open_files;
pub mod poke;
pub mod removal;
pub mod replies;
pub mod store;
pub mod telemetry;
pub mod throttle;
pub mod transport;
pub mod unicode;
