//! The host: what all plugins of one application share, and the public handle that loads, lists and stops.

pub(crate) mod abi;
pub(crate) mod activity;
pub(crate) mod budgets;
pub(crate) mod builder;
pub(crate) mod errors;
pub(crate) mod faults;
pub(crate) mod profile;
pub(crate) mod settings;
pub(crate) mod tasks;
pub(crate) mod warnings;

use crate::chat::model::Model;
use crate::chat::tasks::registry::Tasks;
use crate::common::ids::AgentId;
use crate::common::pool::Pool;
use crate::host::activity::{
    Activity, ActivityQuery, CallKind, CallRecord, LogLine, level_label, now_ms,
};
use crate::host::builder::HostBuilder;
use crate::host::errors::{BuildError, LoadError};
use crate::host::settings::Settings;
use crate::host::warnings::{Warning, Warnings};
use crate::install::scan_turn::ScanTurn;
use crate::plugin::context::PluginContext;
use crate::plugin::loaded::LoadedPlugin;
use crate::plugin::loader;
use crate::storage::store::Store;
use crate::web::client::HttpClient;
use crate::web::client::test_certificate::TestCertificate;
use crate::web::{AccessKey, KeyError, NewAccessKey, ServeError, Server, Web};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct HostCore {
    pub(crate) number: u64,
    pub(crate) settings: Settings,
    pub(crate) pool: Pool,
    pub(crate) store: Store,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) http: HttpClient,
    pub(crate) tasks: Tasks,
    pub(crate) activity: Activity,
    pub(crate) web: Web,
    pub(crate) scans: ScanTurn,
    plugins: Mutex<Vec<Arc<LoadedPlugin>>>,
    pub(crate) warnings: Warnings,
    /// Plugins whose SQL did not end in time, until the host ends.
    pub(crate) left_open: Mutex<Vec<Arc<PluginContext>>>,
    stopped: AtomicBool,
}

impl HostCore {
    /// A warning of the host about a plugin.
    pub(crate) fn warn(&self, plugin: &str, agent: Option<AgentId>, message: &str) {
        self.log(plugin, agent, 3, message, None, true);
    }

    /// A note of the host about a plugin.
    pub(crate) fn note(&self, plugin: &str, message: &str) {
        self.log(plugin, None, 2, message, None, true);
    }

    pub(crate) fn log(
        &self,
        plugin: &str,
        agent: Option<AgentId>,
        level: i32,
        message: &str,
        payload: Option<&str>,
        from_host: bool,
    ) {
        let label = level_label(level);
        if self.settings.echo {
            let payload = payload.map(|text| format!(" {text}")).unwrap_or_default();
            eprintln!("[Plugin:{plugin}] [{label}] {message}{payload}");
        }
        let (plugin, message) = (plugin.to_string(), message.to_string());
        let payload = payload.map(str::to_string);
        self.activity.line(LogLine {
            plugin,
            agent,
            level,
            label,
            message,
            payload,
            from_host,
            at_ms: now_ms(),
        });
    }

    pub(crate) fn plugins(&self) -> MutexGuard<'_, Vec<Arc<LoadedPlugin>>> {
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn plugin(&self, id: &str) -> Option<Arc<LoadedPlugin>> {
        self.plugins()
            .iter()
            .find(|plugin| plugin.id() == id)
            .cloned()
    }

    /// The plugin that a tool name runs in, and the tool's id there; of equal names the plugin loaded last has it.
    pub(crate) fn tool_owner(&self, name: &str) -> Option<(Arc<LoadedPlugin>, String)> {
        let without_prefix = || self.exact_tool_owner(name.strip_prefix("tool/")?);
        self.exact_tool_owner(name).or_else(without_prefix)
    }

    fn exact_tool_owner(&self, name: &str) -> Option<(Arc<LoadedPlugin>, String)> {
        let plugins = self.plugins();
        plugins.iter().rev().find_map(|plugin| {
            let mut tools = plugin.context().named_tools();
            let (_, tool) = tools.find(|(known, _)| known == name)?;
            Some((Arc::clone(plugin), tool.id.clone()))
        })
    }

    /// Keeps a record, unless recording is off.
    pub(crate) fn record(&self, record: CallRecord) {
        if self.settings.record {
            self.activity.record(record);
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

/// A running host. Dropping it shuts it down.
pub struct Host {
    pub(crate) core: Arc<HostCore>,
    temporary: Option<tempfile::TempDir>,
}

impl Host {
    /// Sets up a host.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    pub(crate) fn start(
        settings: Settings,
        model: Arc<dyn Model>,
        temporary: Option<tempfile::TempDir>,
    ) -> Result<Host, BuildError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let store = Store::open(&settings)?;
        let http = HttpClient::new(&settings).map_err(|source| BuildError::TestCertificate {
            folder: settings.data_dir.clone(),
            source,
        })?;
        let web = Web::new(&settings.data_dir);
        let core = HostCore {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            settings,
            pool: Pool::default(),
            store,
            model,
            http,
            tasks: Tasks::default(),
            activity: Activity::default(),
            web,
            scans: ScanTurn::default(),
            plugins: Mutex::default(),
            warnings: Warnings::default(),
            left_open: Mutex::default(),
            stopped: AtomicBool::new(false),
        };
        Ok(Host {
            core: Arc::new(core),
            temporary,
        })
    }

    /// Loads a plugin library in Osaurus' order: entry, table checks, init, manifest, ids, compatibility, ABI probe,
    /// first delivery of settings. Its id is its folder's when the library lies in an installed layout
    /// (`Tools/<plugin id>/<version>/…`), and then the manifest must agree; else the manifest's.
    pub fn load(&self, library: &Path) -> Result<Arc<LoadedPlugin>, LoadError> {
        loader::load(&self.core, library, None)
    }

    /// As [`Host::load`], for a plugin that is installed as `plugin_id`: its manifest must say the same.
    pub fn load_as(&self, library: &Path, plugin_id: &str) -> Result<Arc<LoadedPlugin>, LoadError> {
        loader::load(&self.core, library, Some(plugin_id))
    }

    /// The loaded plugins, in the order they were loaded.
    pub fn plugins(&self) -> Vec<Arc<LoadedPlugin>> {
        self.core.plugins().clone()
    }

    /// The loaded plugin with this id.
    pub fn plugin(&self, id: &str) -> Option<Arc<LoadedPlugin>> {
        self.core.plugin(id)
    }

    /// Stops a plugin: running calls are waited for, `destroy` is called once, its library stays open.
    /// False when the wait ran out: `destroy` may then still happen later, or never when a call that runs outside of
    /// the plugin's own queues does not end.
    pub fn unload(&self, plugin: &LoadedPlugin) -> bool {
        self.core
            .plugins()
            .retain(|loaded| !std::ptr::eq(&raw const **loaded, plugin));
        plugin.shut_down()
    }

    /// Stops all plugins, in the order they were loaded. The host loads nothing afterwards, and who follows its records
    /// or log comes to the end.
    pub fn shutdown(&self) {
        self.core.stopped.store(true, Ordering::SeqCst);
        let plugins = std::mem::take(&mut *self.core.plugins());
        for plugin in plugins {
            plugin.shut_down();
        }
        self.core.activity.end_streams();
    }

    /// Every recorded host call, oldest first (the last 20,000).
    pub fn activity(&self) -> Vec<CallRecord> {
        self.records(&ActivityQuery::new().kind(CallKind::HostCall))
    }

    /// The recorded calls in either direction and requests that a query wants, in the order in which they ended.
    /// The last 20,000 are kept, or fewer when they hold more than 64 MiB of text.
    pub fn records(&self, query: &ActivityQuery) -> Vec<CallRecord> {
        self.core.activity.records(query)
    }

    /// Gets every record from now on. One that is not taken out in time (10,000 may wait) is left out, which shows in
    /// [`CallRecord::seq`].
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

    /// Serves the plugins' routes and pages over HTTP, on this machine only; port 0 takes any free one. Routes and
    /// pages name its port from now on, so one host has one server. Stop it before the host is shut down.
    pub fn serve(&self, address: SocketAddr) -> Result<Server, ServeError> {
        Server::start(&self.core, address)
    }

    /// As [`Host::serve`], on a socket of [`crate::listen`]: so the port is known, and known to be free, before plugins are
    /// loaded. Clients wait meanwhile.
    pub fn serve_on(&self, listener: TcpListener) -> Result<Server, ServeError> {
        Server::start_on(&self.core, listener)
    }

    /// Makes an access key for `owner` routes and pages; its text is shown this once. The agent is kept for the
    /// record: as in Osaurus, routes do not look at it.
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

    /// Stores a setting or secret for an agent ([`AgentId::DEFAULT`] for all) without telling the plugin.
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
