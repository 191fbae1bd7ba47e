//! The reference host with real plugins: C libraries compiled here, loaded and called over the C boundary.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod artifacts;
mod clarify;
mod completion;
mod endings;
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
mod main_loop;
mod model_script;
mod model_server;
mod routes;
mod running;
mod server;
mod server_models;
mod slots;
mod streams;
mod storage;
mod support;
mod table;
mod task_states;
mod tasks;
mod transcript;
mod tool_loop;
mod web;
mod tool_path;
