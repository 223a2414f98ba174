//! Integration tests that act as clients: GraphQL over real HTTP and WebSockets, to a server over a real database.
//!
//! Tests that concern the store run on SQLite and on PostgreSQL ([`support::on_both_databases`]); tests that concern
//! the bus run in process and on Redis. `CONFAB_TEST_POSTGRES_URL` and `CONFAB_TEST_REDIS_URL` name the servers to use;
//! `make test` starts them.

#![allow(clippy::disallowed_methods, reason = "the rules are for the server")]

mod support;

mod access_tokens;
mod accounts;
mod authorization;
mod bodies;
mod branches;
mod bus;
mod changes;
mod cli;
mod conformance;
mod connections;
mod conversations;
mod execution;
mod export;
mod faults;
mod generation;
mod guard;
mod headers;
mod http;
mod identity_provider;
mod import;
mod input;
mod instances;
mod leases;
mod messages;
mod migrations;
mod operations;
mod organising;
mod pages;
mod parking;
mod parts;
mod plans;
mod pool;
mod profile;
mod provider_sign_in;
mod providers;
mod ratings;
mod readiness;
mod refresh_cookie;
mod replies;
mod responses;
mod schema;
mod search;
mod secrets;
mod security_events;
mod sessions;
mod sign_in;
mod signing_keys;
mod snapshots;
mod sse;
mod store;
mod takeover;
mod text_budget;
mod throttle;
mod titles;
mod trusted_documents;
mod typed_client;
mod unavailable;
mod upgrade;
mod websocket;
