//! The reference host with real plugins: C libraries compiled here, loaded and called over the C boundary.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod agents;
mod ending;
mod facts;
mod helper;
mod identity;
mod inference;
mod installed;
mod loading;
mod routes;
mod server;
mod slots;
mod support;
mod table;
mod tasks;
