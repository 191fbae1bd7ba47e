//! The one cdylib that every scripted Osaurus plugin is a copy of: manifest and script come from a
//! payload in the library (or beside it), a runtime starts at the first call that needs one. Called
//! by the host through two symbols. Must not know any reference host, and starts nothing at load.

mod cache_root;
mod cached_file;
pub mod carried;
pub mod debugging;
pub mod discovery;
pub mod engine;
pub mod envelope;
pub mod environment;
mod loader;
pub mod node;
mod oldest_host;
pub mod platform;
pub mod plugin;
mod probe;
pub mod python;
pub mod runtime;
mod signals;
mod start_lock;
pub mod tools;
pub mod worker;

osaurus_plugin::export!(plugin::ScriptPlugin);
