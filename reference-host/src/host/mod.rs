//! The public handle of a host: load, list, look, stop. What it works on is in `core`; its other
//! methods are beside what they do.

pub(crate) mod abi;
pub(crate) mod activity;
pub(crate) mod agents;
pub(crate) mod budgets;
pub(crate) mod builder;
pub(crate) mod core;
pub(crate) mod errors;
pub(crate) mod faults;
pub(crate) mod profile;
pub(crate) mod scans;
pub(crate) mod services;
pub(crate) mod settings;
pub(crate) mod tasks;
pub(crate) mod warnings;

use crate::chat::model::Model;
use crate::common::ids::AgentId;
use crate::plugin::loaded::LoadedPlugin;
use crate::plugin::loader;
use crate::plugin::shutdown::shut_down;
use crate::web::client::test_certificate::TestCertificate;
use crate::web::keys::{AccessKey, KeyError, NewAccessKey};
use crate::web::server::{ServeError, Server};
use activity::{ActivityQuery, CallKind, CallRecord, LogLine};
use core::HostCore;
use errors::{BuildError, LoadError};
use services::Services;
use settings::Settings;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use warnings::Warning;

/// A running host. Dropping it shuts it down.
pub struct Host {
    pub(crate) core: Arc<HostCore>,
    temporary: Option<tempfile::TempDir>,
}

impl Host {
    pub(crate) fn start(
        settings: Settings,
        model: Arc<dyn Model>,
        temporary: Option<tempfile::TempDir>,
    ) -> Result<Host, BuildError> {
        let services = Services::start(settings, model)?;
        Ok(Host {
            core: HostCore::new(services),
            temporary,
        })
    }

    /// Loads a plugin library in Osaurus' order: entry, table checks, init, manifest, ids,
    /// compatibility, ABI probe, first delivery of settings. Its id is its folder's when the
    /// library is in an installed layout (`Tools/<plugin id>/<version>/…`), and then the manifest
    /// must agree; else the manifest's.
    pub fn load(&self, library: &Path) -> Result<Arc<LoadedPlugin>, LoadError> {
        loader::load(&self.core, library, None)
    }

    /// As [`Host::load`], for a plugin that is installed as `plugin_id`: its manifest must say the
    /// same.
    pub fn load_as(&self, library: &Path, plugin_id: &str) -> Result<Arc<LoadedPlugin>, LoadError> {
        loader::load(&self.core, library, Some(plugin_id))
    }

    /// The loaded plugins, in the order they were loaded.
    pub fn plugins(&self) -> Vec<Arc<LoadedPlugin>> {
        self.core.plugins.all()
    }

    /// The loaded plugin with this id.
    pub fn plugin(&self, id: &str) -> Option<Arc<LoadedPlugin>> {
        self.core.plugins.find(id)
    }

    /// Runs one statement on a plugin's database, as `db_query` of that plugin does, and returns
    /// its answer: a JSON text with `columns` and `rows`, or with `error`. None when no such plugin
    /// is loaded. For people who look at the data.
    pub fn query_database(&self, id: &str, sql: &str, params: Option<&str>) -> Option<String> {
        Some(self.plugin(id)?.parts.context.db.query(sql, params))
    }

    /// Stops a plugin: running calls are waited for, `destroy` is called once, its library stays
    /// open. False when the wait ran out: `destroy` may then still happen later, or never when a
    /// call that runs outside of the plugin's own queues does not end.
    pub fn unload(&self, plugin: &LoadedPlugin) -> bool {
        let Some(plugin) = plugin.strong() else {
            return true;
        };
        let mut plugins = self.core.plugins.lock();
        plugins.retain(|loaded| !Arc::ptr_eq(loaded, &plugin));
        drop(plugins);
        shut_down(&self.core, &plugin)
    }

    /// Stops all plugins, in the order they were loaded. The host loads nothing afterwards, and who
    /// follows its records or log comes to the end.
    pub fn shutdown(&self) {
        self.core.stop();
        for plugin in self.core.plugins.take_all() {
            shut_down(&self.core, &plugin);
        }
        self.core.activity.end_streams();
    }

    /// Every recorded host call, oldest first (the last 20,000).
    pub fn activity(&self) -> Vec<CallRecord> {
        self.records(&ActivityQuery::new().kind(CallKind::HostCall))
    }

    /// The recorded calls in either direction and requests that a query wants, in the order in
    /// which they ended. The last 20,000 are kept, or fewer when they hold more than 64 MiB of
    /// text.
    pub fn records(&self, query: &ActivityQuery) -> Vec<CallRecord> {
        self.core.activity.records(query)
    }

    /// Gets every record from now on. One that is not taken out in time (10,000 may wait) is left
    /// out, which shows in [`CallRecord::seq`].
    pub fn follow_records(&self) -> Receiver<CallRecord> {
        self.core.activity.follow_calls()
    }

    /// Every log line, oldest first (the last 20,000).
    pub fn log_lines(&self) -> Vec<LogLine> {
        self.core.activity.lines()
    }

    /// Gets every log line from now on.
    pub fn follow_log(&self) -> Receiver<LogLine> {
        self.core.activity.follow_lines()
    }

    /// The one-shot warnings so far, oldest first (the last 256).
    pub fn warnings(&self) -> Vec<Warning> {
        self.core.warnings.kept()
    }

    /// Whether the fault of [`HostBuilder::fail_at`] has come.
    pub fn fault_struck(&self) -> bool {
        self.core.settings.faults.struck()
    }

    /// Serves the plugins' routes and pages over HTTP, on this machine only; port 0 takes any free
    /// one. Routes and pages name its port from now on, so one host has one server. Stop it before
    /// the host is shut down.
    pub fn serve(&self, address: SocketAddr) -> Result<Server, ServeError> {
        Server::start(&self.core, address)
    }

    /// As [`Host::serve`], on a socket of [`crate::listen`]: so the port is known, and known to be
    /// free, before plugins are loaded. Clients wait meanwhile.
    pub fn serve_on(&self, listener: TcpListener) -> Result<Server, ServeError> {
        Server::start_on(&self.core, listener)
    }

    /// Makes an access key for `owner` routes and pages; its text is shown this once. The agent is
    /// kept for the record: as in Osaurus, routes do not look at it.
    pub fn create_access_key(
        &self,
        name: &str,
        agent: Option<AgentId>,
    ) -> Result<NewAccessKey, KeyError> {
        self.core.web.keys.create(name, agent)
    }

    /// What local TLS servers that names are mapped to have to use; None when there are none.
    pub fn test_certificate(&self) -> Option<&TestCertificate> {
        self.core.http.test_certificate.as_ref()
    }

    /// Makes an access key that this process alone knows, and that ends with it.
    pub fn create_access_key_for_this_run(&self, name: &str) -> Result<NewAccessKey, KeyError> {
        self.core.web.keys.create_for_this_run(name)
    }

    /// The access keys that are kept, oldest first.
    pub fn access_keys(&self) -> Result<Vec<AccessKey>, KeyError> {
        self.core.web.keys.all()
    }

    /// Takes an access key back at once. False when there is no such key.
    pub fn revoke_access_key(&self, id: &str) -> Result<bool, KeyError> {
        self.core.web.keys.revoke(id)
    }

    /// A setting as the settings page would show it: the agent's own value only.
    pub fn config_value(&self, agent: AgentId, plugin_id: &str, key: &str) -> Option<String> {
        self.core
            .store
            .get(agent, plugin_id, key)
            .unwrap_or_default()
    }

    /// Stores a setting or secret for an agent ([`AgentId::DEFAULT`] for all) without telling the
    /// plugin.
    pub fn store_config(
        &self,
        agent: AgentId,
        plugin_id: &str,
        key: &str,
        value: &str,
    ) -> Result<(), BuildError> {
        self.core
            .store
            .set(agent, plugin_id, key, value)
            .map_err(|error| BuildError::Store {
                path: self.core.settings.data_dir.join("secrets.db"),
                reason: error.to_string(),
            })
    }

    /// The folder with databases, settings, the key and artifacts.
    pub fn data_dir(&self) -> &Path {
        &self.core.settings.data_dir
    }

    /// The data folder if it is a temporary one, which goes with the host; a crash leaves it.
    pub fn temporary_folder(&self) -> Option<&Path> {
        self.temporary.as_ref().map(tempfile::TempDir::path)
    }

    /// Keeps the temporary data folder, for a look after a failed test.
    pub fn keep_data(&mut self) {
        if let Some(folder) = self.temporary.take() {
            let _ = folder.keep();
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plugins: Vec<String> = self
            .plugins()
            .iter()
            .map(|plugin| plugin.id().to_string())
            .collect();
        f.debug_struct("Host")
            .field("abi", &self.core.settings.abi)
            .field("plugins", &plugins)
            .finish()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.shutdown();
        self.core.close_databases();
    }
}
