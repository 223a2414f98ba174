//! Input that was made to hurt, at every place the schema has: a clear refusal, nothing stored, and a server that
//! answers the next one.

mod cursors;
mod depth;
mod ids;
mod numbers;
mod places;
mod texts;
mod world;
