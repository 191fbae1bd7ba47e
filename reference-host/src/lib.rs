//! A host that behaves like Osaurus: it loads any plugin library, serves all 24 host callbacks and calls the
//! plugin back on the threads, in the order and with the limits that Osaurus has. The command line, the test kits
//! and the console drive it through [`Host`]; it knows nothing of the shim: they meet at the C boundary only.
//!
//! One [`Host`] stands for one running application. Several may live in one process, but what Osaurus keeps
//! process-wide (the plugin that was called last, which is where calls from unknown threads are charged) is
//! process-wide here too.

mod abi;
mod activity;
mod agent_loop;
mod agent_tools;
mod artifacts;
mod chat;
mod chat_request;
mod chat_setup;
mod clock;
mod context;
mod database;
mod delivery;
mod envelope;
mod errors;
mod events;
mod faults;
mod host;
mod host_tasks;
mod ids;
mod json;
mod keys;
mod limits;
mod loader;
mod main_loop;
pub mod manifest;
mod manifest_checks;
mod model;
mod net;
mod permissions;
mod plugin;
mod plugin_call;
mod pool;
mod profile;
mod routes;
mod schema;
mod scope;
mod settings;
mod shutdown;
mod slots;
mod special_tools;
mod statement;
mod store;
mod table;
mod task;
mod task_order;
mod tasks;
mod tool_call;
mod warnings;
mod web;

pub use abi::AbiLevel;
pub use activity::{ActivityQuery, CallKind, CallRecord, LogLine, ResolvedBy};
pub use errors::{BuildError, CallError, LoadError, TaskError};
pub use faults::Fault;
pub use host::Host;
pub use host_tasks::Clarification;
pub use ids::AgentId;
pub use keys::KeyPlace;
pub use manifest::Manifest;
pub use model::builtin::BuiltinModel;
pub use model::rule::{Reply, Rule};
pub use permissions::{PermissionRequest, ToolPolicy};
pub use plugin::LoadedPlugin;
pub use profile::Profile;
pub use routes::{RouteAnswer, RouteCall};
pub use settings::{Agent, HostBuilder};
pub use table::GuardedTable;
pub use tool_call::ToolCall;
pub use warnings::Warning;
pub use web::{AccessKey, KeyError, NewAccessKey, ServeError, Server};
