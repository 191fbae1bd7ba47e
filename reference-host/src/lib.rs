//! A host that behaves like Osaurus: it loads any plugin library, serves all 24 host callbacks and
//! calls the plugin back on the threads, in the order and with the limits that Osaurus has. The
//! command line, the test kits and the console drive it through [`Host`]; it knows nothing of the
//! shim: they meet at the C boundary only.
//!
//! One [`Host`] stands for one running application. Several may live in one process, but what
//! Osaurus keeps process-wide (the plugin that was called last, which is where calls from unknown
//! threads are charged) is process-wide here too.

mod chat;
mod common;
mod configuration;
mod host;
mod install;
mod plugin;
mod slots;
mod storage;
mod tools;
mod web;

pub use chat::model::builtin::BuiltinModel;
pub use chat::model::rule::{Reply, Rule};
pub use common::dock;
pub use common::ids::AgentId;
pub use common::pool::STACK as HOST_STACK;
pub use common::signals::{leave_no_core_file, leave_sigpipe_at_its_default};
pub use common::visible;
pub use configuration::agent::Agent;
pub use configuration::settings_page::SettingsError;
pub use configuration::validation::FieldError;
pub use host::Host;
pub use host::abi::AbiLevel;
pub use host::activity::{ActivityQuery, CallKind, CallRecord, LogLine, ResolvedBy};
pub use host::builder::HostBuilder;
pub use host::errors::{BuildError, CallError, LoadError, TaskError};
pub use host::faults::Fault;
pub use host::profile::{OSAURUS_VERSION, Profile};
pub use host::tasks::Clarification;
pub use host::warnings::Warning;
pub use install::documents::{PluginDocs, Skill};
pub use install::installed;
pub use install::quarantine::QuarantineRow;
pub use install::receipt::VerifyError;
pub use install::report::{LoadFailure, LoadReport};
pub use install::whole_file::check_whole;
pub use plugin::boundary::layer::Layer;
pub use plugin::boundary::stub_host::{StubTable, extract_manifest};
pub use plugin::boundary::table::GuardedTable;
pub use plugin::boundary::tap::{Crossing, Tap};
pub use plugin::calls::isolation::Isolation;
pub use plugin::loaded::LoadedPlugin;
pub use plugin::manifest::Manifest;
pub use plugin::{helper, manifest};
pub use slots::{Answers, strings_freed};
pub use storage::database::database_memory;
pub use storage::keys::KeyPlace;
pub use tools::call::ToolCall;
pub use tools::exposure::view::{GroupView, ModelView, ToolView};
pub use tools::permissions::{PermissionRequest, SYSTEM_PERMISSIONS, ToolPolicy};
pub use web::client::mapping::{Mapped, MappingError};
pub use web::client::test_certificate::TestCertificate;
pub use web::keys::{AccessKey, KeyError, NewAccessKey};
pub use web::routes::{RouteAnswer, RouteCall};
pub use web::server::{ServeError, Server, listen};
