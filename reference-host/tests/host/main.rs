//! The reference host with real plugins: C libraries compiled here, loaded and called over the C boundary.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod database;
mod documented;
mod entry;
mod facts;
mod faults;
mod files;
mod http;
mod identity;
mod inference;
mod loading;
mod routes;
mod server;
mod slots;
mod storage;
mod support;
mod table;
mod tasks;
mod tool_path;
