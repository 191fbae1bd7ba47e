//! The reference host with real plugins: C libraries compiled here, loaded and called over the C boundary.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod agents;
mod artifacts;
mod capabilities;
mod clarify;
mod completion;
mod database;
mod documented;
mod ending;
mod endings;
mod entry;
mod exposure;
mod facts;
mod faults;
mod files;
mod helper;
mod helper_protocol;
mod http;
mod http_tls;
mod identity;
mod inference;
mod installed;
mod loading;
mod main_loop;
mod manifest;
mod manifest_meaning;
mod manifest_routes;
mod model_script;
mod model_server;
mod quirk_notes;
mod running;
mod server;
mod server_models;
mod settings_rules;
mod slots;
mod storage;
mod streams;
mod support;
mod table;
mod task_states;
mod tasks;
mod tool_loop;
mod tool_path;
mod transcript;
mod web;
