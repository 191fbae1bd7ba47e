//! How a host is set up: a method for each setting, and the host that is built with them. The
//! defaults are in `settings` and `model`.

mod network;

use crate::chat::model::ModelChoice;
use crate::chat::model::builtin::BuiltinModel;
use crate::configuration::agent::Agent;
use crate::configuration::agents::Agents;
use crate::host::Host;
use crate::host::abi::AbiLevel;
use crate::host::errors::BuildError;
use crate::host::faults::{Fault, Faults};
use crate::host::profile::Profile;
use crate::host::settings::Settings;
use crate::plugin::boundary::layer::Layer;
use crate::plugin::boundary::tap::{Line, Tap};
use crate::plugin::calls::isolation::Isolation;
use crate::plugin::helper::program::HelperProgram;
use crate::storage::durability::Durability;
use crate::storage::keys::KeyPlace;
use crate::tools::permissions::{PermissionRequest, ToolPolicy};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Sets up a [`Host`].
#[derive(Debug, Default)]
pub struct HostBuilder {
    settings: Settings,
    model: ModelChoice,
    data_dir: Option<PathBuf>,
    bad_abi: Option<BuildError>,
    bad_mapping: Option<String>,
}

impl Host {
    /// Sets up a host.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }
}

impl HostBuilder {
    /// Advertises this ABI version, 1 to 6 (default 6). Version 1 hosts know the version 1 entry
    /// only.
    pub fn abi(self, version: u32) -> Self {
        self.abi_level(&version.to_string())
    }

    /// Advertises a version or a revision of version 2: `"1"` to `"6"`, `"2a"` to `"2e"`.
    pub fn abi_level(mut self, level: &str) -> Self {
        self.set_abi(AbiLevel::parse(level));
        self
    }

    /// Advertises a version that does not exist yet, whose host table has this many bytes: the
    /// newest table, and after it slots that answer NULL and leave a warning. For a look at what a
    /// drafted version does to today's plugins.
    pub fn drafted_abi(mut self, version: u32, host_table_size: usize) -> Self {
        self.set_abi(AbiLevel::drafted(version, host_table_size));
        self
    }

    /// The last level that was asked for counts, right or wrong.
    fn set_abi(&mut self, level: Result<AbiLevel, BuildError>) {
        match level {
            Ok(level) => (self.settings.abi, self.bad_abi) = (level, None),
            Err(error) => self.bad_abi = Some(error),
        }
    }

    /// Whether installed plugins are checked as a release build of Osaurus checks them (default
    /// true): receipt, checksum, code signature, consent. A debug build opens whatever it finds.
    pub fn release_build(mut self, on: bool) -> Self {
        self.settings.release_build = on;
        self
    }

    /// The host's build, which a quarantine remembers (default: the Osaurus version).
    pub fn host_build(mut self, build: &str) -> Self {
        self.settings.build = Some(build.to_string());
        self
    }

    /// Which tool calls run in a helper process (default: none, or those that Osaurus isolates when
    /// the environment has `OSAURUS_PLUGIN_PROCESS_HOST=1`). Without a helper program all calls
    /// stay in this process.
    pub fn isolate(mut self, isolation: Isolation) -> Self {
        self.settings.isolation = isolation;
        self
    }

    /// The program that serves as helper, with its arguments. Default: the environment's
    /// `OSAURUS_PLUGIN_HOST_PATH`, else `osaurus-plugin-host` in `../Helpers` of this program or
    /// beside it.
    pub fn helper_program<A: Into<OsString>>(
        mut self,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.settings.helper_program = Some(HelperProgram {
            program: program.into(),
            arguments,
        });
        self
    }

    /// How long a helper may take to load its copy of a plugin before it is ended (default 30 s).
    pub fn helper_load_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.helper_load = limit;
        self
    }

    /// How long a tool call in a helper may take before the helper is ended (default 150 s).
    pub fn helper_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.helper_invoke = limit;
        self
    }

    /// The agents, in order. Names and UUIDs are both fine. Other agents may still call; these get
    /// first deliveries.
    pub fn agents<A: Into<Agent>>(mut self, agents: impl IntoIterator<Item = A>) -> Self {
        self.settings.agents = Agents::new(agents.into_iter().map(Into::into).collect());
        self
    }

    /// Where databases, settings, keys and artifacts lie (default: a temporary folder, removed with
    /// the host).
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// The built-in model with its rules; used unless [`HostBuilder::model_url`] is given.
    pub fn model(mut self, model: BuiltinModel) -> Self {
        self.model.builtin = model;
        self
    }

    /// Takes the built-in model's rules from a script file (docs/model-script.md) instead of
    /// [`HostBuilder::model`].
    pub fn model_script(mut self, path: impl Into<PathBuf>) -> Self {
        self.model.script = Some(path.into());
        self
    }

    /// An OpenAI-compatible server, with its path up to and including the version
    /// (`http://127.0.0.1:11434/v1`).
    pub fn model_url(mut self, url: impl Into<String>) -> Self {
        self.model.url = Some(url.into());
        self
    }

    /// The key for [`HostBuilder::model_url`] (default: the environment's `OPENAI_API_KEY`).
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.model.api_key = Some(key.into());
        self
    }

    /// The version that `min_osaurus` is compared with (default: the one that the profile is of).
    pub fn osaurus_version(mut self, version: &str) -> Self {
        self.settings.osaurus_version = Some(version.to_string());
        self
    }

    /// The version that `min_macos` is compared with. Default: unknown, so the requirement only
    /// logs.
    pub fn macos_version(mut self, version: &str) -> Self {
        self.settings.system_version = Some(version.to_string());
        self
    }

    /// The port in route requests' base URL while no server runs (default 1338).
    pub fn port(mut self, port: u16) -> Self {
        self.settings.port = port;
        self
    }

    /// How long a tool call may take (default 120 s).
    pub fn tool_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.tool = limit;
        self
    }

    /// How long a route call may take (default 30 s).
    pub fn route_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.route = limit;
        self
    }

    /// How long a blocking host call may take before it answers `host_timeout` (default 1800 s).
    pub fn host_call_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.host_call = limit;
        self
    }

    /// How long unloading waits for running calls (default 60 s).
    pub fn drain_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.drain = limit;
        self
    }

    /// How long a task slot waits for the host's main loop before it answers `host_timeout`
    /// (default 30 s).
    pub fn main_loop_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.main_loop = limit;
        self
    }

    /// How long a task that has ended keeps its output and session (default 15 s).
    pub fn ended_task_held(mut self, time: Duration) -> Self {
        self.settings.budgets.ended_task = time;
        self
    }

    /// How many tasks of all agents and plugins may be active at once (default 20).
    pub fn max_active_tasks(mut self, most: usize) -> Self {
        self.settings.active_tasks = most;
        self
    }

    /// Which known differences the host shows (default [`Profile::Actual`]).
    pub fn profile(mut self, profile: Profile) -> Self {
        self.settings.profile = profile;
        self
    }

    /// The data folder that was given is temporary, too: its key is a file in it, and nothing waits
    /// for the disk.
    pub fn temporary_data(mut self) -> Self {
        self.settings.durability = Durability::Temporary;
        self
    }

    /// Where the key of a new data folder is kept (default: the keychain). Temporary folders have
    /// it in a file.
    pub fn key_place(mut self, place: KeyPlace) -> Self {
        self.settings.key_place = place;
        self
    }

    /// What the user decided about the tool with this name; wins over the manifest's
    /// `permission_policy`.
    pub fn tool_policy(mut self, tool: &str, policy: ToolPolicy) -> Self {
        self.settings
            .permissions
            .policies
            .insert(tool.to_string(), policy);
        self
    }

    /// Answers for the user when a tool needs permission (default: everything is granted). Called
    /// on the thread that makes the tool call.
    pub fn on_permission(
        mut self,
        answer: impl Fn(&PermissionRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.permissions.answer = Some(Arc::new(answer));
        self
    }

    /// For tests of what happens when things break: the `number`th occasion (from 1) of this kind
    /// fails.
    pub fn fail_at(mut self, fault: Fault, number: u64) -> Self {
        self.settings.faults = Faults::new(Some((fault, number)));
        self
    }

    /// Whether host calls are recorded (default true). Benchmarks turn it off.
    pub fn record_activity(mut self, on: bool) -> Self {
        self.settings.record = on;
        self
    }

    /// Whether log lines also go to standard error (default false).
    pub fn echo_log(mut self, on: bool) -> Self {
        self.settings.echo = on;
        self
    }

    /// Tells everything that crosses the boundary to a listener. Calls in a helper process cross
    /// another one: they are not heard. One host of a process has a tap at a time, because host
    /// calls of threads that the host does not know go to the latest.
    pub fn tap(mut self, tap: Arc<dyn Tap>) -> Self {
        self.settings.tap = Some(Line::new(tap));
        self
    }

    /// Puts a layer between this host and the plugins it loads.
    pub fn layer(mut self, layer: &'static dyn Layer) -> Self {
        self.settings.layer = Some(layer);
        self
    }

    /// Builds the host.
    pub fn build(self) -> Result<Host, BuildError> {
        if let Some(address) = self.bad_mapping {
            return Err(BuildError::MapHost(address));
        }
        let (data_dir, temporary) = data_folder(self.data_dir.as_deref())?;
        if let Some(error) = self.bad_abi {
            return Err(error);
        }
        let mut settings = self.settings;
        settings.data_dir = data_dir;
        if temporary.is_some() || settings.durability == Durability::Temporary {
            settings.durability = Durability::Temporary;
            // A key in the keychain would outlive a temporary folder.
            settings.key_place = KeyPlace::File;
        }
        let model = settings.faults.around_model(self.model.open()?);
        Host::start(settings, model, temporary)
    }
}

fn data_folder(chosen: Option<&Path>) -> Result<(PathBuf, Option<tempfile::TempDir>), BuildError> {
    let failed = |path: &Path, source| BuildError::DataDir {
        path: path.to_path_buf(),
        source,
    };
    let (path, temporary) = match chosen {
        Some(path) => (path.to_path_buf(), None),
        None => {
            let folder = tempfile::Builder::new().prefix("osaurus-host-").tempdir();
            let folder = folder.map_err(|error| failed(&std::env::temp_dir(), error))?;
            (folder.path().to_path_buf(), Some(folder))
        }
    };
    std::fs::create_dir_all(path.join("artifacts")).map_err(|error| failed(&path, error))?;
    let path = path.canonicalize().map_err(|error| failed(&path, error))?;
    Ok((path, temporary))
}
