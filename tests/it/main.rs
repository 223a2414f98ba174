//! The tests that speak as clients do: GraphQL over real HTTP and real WebSockets, to a server over a real database.
//!
//! What concerns the store runs twice, on SQLite and on PostgreSQL ([`support::on_both_databases`]). PostgreSQL is
//! the one of `CONFAB_TEST_POSTGRES_URL`; `make test` starts it.

mod support;

mod accounts;
mod cli;
mod conversations;
mod execution;
mod http;
mod messages;
mod pages;
mod parking;
mod providers;
mod replies;
mod schema;
mod sse;
mod store;
mod websocket;
