//! Confab: a chat server that speaks GraphQL.
//!
//! # The path of one message
//!
//! 1. A client posts `sendMessage` to `/graphql`. [`transport`] assigns a request ID, authenticates the caller through
//!    [`accounts`] and reads the body.
//! 2. [`graphql`] validates the document, charges its cost, and executes it. The resolver calls [`replies`].
//! 3. [`replies`] stores the message and an empty reply in one transaction ([`store`]) and starts a runner. The runner
//!    is a task that depends on no request and no socket. The client gets its response. If an earlier reply of the
//!    conversation is in progress, the runner starts when that reply has ended.
//! 4. The runner sends the conversation to a model ([`assistant`]) and appends the generated text to the reply's
//!    buffer. It regularly saves a checkpoint of the text to the database.
//! 5. A client subscribes to `reply`, usually over a WebSocket. The subscription reads the buffer from the client's
//!    cursor, sends everything that is available as one delta, and waits for more. A client that reconnects passes its
//!    last cursor and gets the text that it missed.
//! 6. When the model has finished, the runner stores the full text and publishes the end of the reply.
//!
//! A client may subscribe on another instance than the one that runs the reply. That instance keeps a mirror of the
//! buffer, which the runner's instance fills over the [`bus`]. If the bus is down, the mirror is filled from the
//! checkpoints.
//!
//! The user's other devices are notified too. The transactions that store the message and the finished reply also
//! append to the user's change feed. [`changes`] then wakes the `changes` subscriptions of that user on every
//! instance, and each continues from its own cursor.
//!
//! Data flows one way: transport → graphql → accounts, conversations, replies → changes → store, assistant and bus.
//! No module depends on a module above it.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`config`] | All settings |
//! | [`app`] | Builds all parts of the server, runs them, and shuts them down |
//! | [`transport`] | HTTP, WebSockets, Server-Sent Events, the export, the import, and the web pages |
//! | [`graphql`] | Execution of operations, document validation, the schema, the dataloaders |
//! | [`accounts`] | Passwords, tokens, sessions, the audit trail |
//! | [`conversations`] | Creates, changes and deletes conversations |
//! | [`imports`] | Imports conversations from the exports of this and other servers |
//! | [`replies`] | Generates replies and streams them to subscribers |
//! | [`search`] | Full-text search over messages and titles |
//! | [`changes`] | The change feed of each user, which keeps the user's devices in sync |
//! | [`assistant`] | The models and their providers |
//! | [`generation`] | The parameters with which a model generates a reply |
//! | [`parts`] | The parts of a reply: text, reasoning, sources and tool calls |
//! | [`prompt_context`] | What a model was shown of a conversation |
//! | [`bus`] | Messages between instances, in process or over Redis |
//! | [`store`] | The database, with one file for each noun |
//! | [`removal`] | Deletes the messages of deleted conversations in small steps |
//! | [`maintenance`] | Hourly jobs that delete expired rows, each on one instance at a time |
//! | [`throttle`] | Rate limits |
//! | [`address`] | Client addresses and the networks that they belong to |
//! | [`error`] | The errors that clients see |
//! | [`unicode`] | Visible characters, and truncation of text |
//! | [`words`] | The words of texts and of search queries |
//! | [`clock`] | The time, which tests can move |
//! | [`background`] | Runs jobs at intervals until shutdown |
//! | [`waker`] | Wakes background tasks before their timer fires |
//! | [`random`] | Random bytes and delays |
//! | [`telemetry`] | The log |
//! | [`open_files`] | The limit on open files |
//! | `fuzz_targets` | Properties that hold for any input, for tests and fuzzing |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod accounts;
pub mod address;
pub mod app;
pub mod assistant;
pub mod background;
pub mod bus;
pub mod changes;
pub mod clock;
pub mod config;
pub mod conversations;
pub mod error;
#[cfg(any(fuzzing, test))]
pub mod fuzz_targets;
pub mod generation;
pub mod graphql;
pub mod imports;
pub mod maintenance;
pub mod open_files;
pub mod parts;
pub mod prompt_context;
pub mod random;
pub mod removal;
pub mod replies;
pub mod search;
pub mod store;
pub mod telemetry;
pub mod throttle;
pub mod transport;
pub mod unicode;
pub mod waker;
pub mod words;
