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
mod agents;
mod chat;
mod code_signature;
mod context;
mod database;
mod delivery;
mod envelope;
mod errors;
mod events;
mod first_delivery;
mod gate;
pub mod helper;
mod host;
mod ids;
mod installed_docs;
mod invocation;
mod json;
mod limits;
mod loader;
pub mod manifest;
mod manifest_checks;
mod marker;
mod model;
mod net;
mod plugin;
mod pool;
mod profile;
mod quarantine;
mod receipt;
mod redelivery;
mod routes;
mod scan;
mod scan_turn;
mod scope;
mod settings;
mod settings_page;
mod shutdown;
mod slots;
mod statement;
mod store;
mod stub_host;
mod table;
mod task;
mod tasks;
mod tools_folder;
mod validation;

pub use abi::AbiLevel;
pub use activity::{HostCallRecord, LogLine, ResolvedBy};
pub use errors::{BuildError, CallError, LoadError};
pub use host::Host;
pub use ids::AgentId;
pub use installed_docs::{PluginDocs, Skill};
pub use manifest::Manifest;
pub use model::builtin::{BuiltinModel, Reply, Rule};
pub use plugin::{LoadedPlugin, ToolCall};
pub use profile::Profile;
pub use quarantine::QuarantineRow;
pub use receipt::VerifyError;
pub use routes::{RouteAnswer, RouteCall};
pub use scan::{LoadFailure, LoadReport};
pub use settings::{Agent, HostBuilder, Isolation};
pub use settings_page::SettingsError;
pub use stub_host::{StubTable, extract_manifest};
pub use table::GuardedTable;
pub use validation::FieldError;
