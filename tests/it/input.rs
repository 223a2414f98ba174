//! Hostile values for every input of the schema: each is refused with a clear error, nothing is stored, and the server
//! answers the next request.

mod cursors;
mod depth;
mod ids;
mod numbers;
mod targets;
mod texts;
mod world;
