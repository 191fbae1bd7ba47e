//! A plugin in a tracked host: what a rule does with it, and what was seen of it.

use super::case::{Case, HostOptions};
use super::offline::offline;
use super::outcome::Problem;
use super::samples;
use super::tracked::{Answers, Call, HostString, Misuse, Settings, Side, Tracker};
use osaurus_reference_host::{AbiLevel, AgentId, Host, LoadedPlugin, RouteCall, ToolCall};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The agent for whom the checker calls.
pub const AGENT: &str = "checker";
/// How long a tool or route may take with the checker's arguments.
const LIMIT: Duration = Duration::from_secs(20);

/// A loaded plugin. It stays loaded until [`Loaded::unload`] or the end of the process: a rule that
/// is not about unloading does not meet its faults.
#[derive(Debug)]
pub struct Loaded<'a> {
    /// The rule's surroundings.
    pub case: &'a Case,
    /// The host.
    pub host: &'static Host,
    /// The plugin in it.
    pub plugin: Arc<LoadedPlugin>,
    level: AbiLevel,
    tracker: &'static Tracker,
}

impl Case {
    /// Loads the plugin in a tracked host.
    pub fn load(&self, options: HostOptions) -> Result<Loaded<'_>, Problem> {
        Loaded::new(self, options)
    }
}

impl<'a> Loaded<'a> {
    fn new(case: &'a Case, options: HostOptions) -> Result<Loaded<'a>, Problem> {
        let broken = |error: String| Problem::skipped(format!("the host does not start: {error}"));
        let level = match options.abi {
            Some(text) => AbiLevel::parse(text).map_err(|error| broken(error.to_string()))?,
            None => AbiLevel::LATEST,
        };
        let network = case.project().network;
        let tracker = Tracker::start(Settings {
            level,
            strings: options.strings,
            hold_results: options.hold_results,
            answers: Some(offline(network, options.answers)),
            trail: case.trail(),
        });
        let tracker = tracker.map_err(|error| broken(error.to_string()))?;
        let host = Host::builder()
            .abi_level(options.abi.unwrap_or("6"))
            .profile(options.profile)
            .agents([AGENT])
            .data_dir(data_folder(case).map_err(|error| broken(error.to_string()))?)
            .tool_limit(LIMIT)
            .route_limit(LIMIT)
            .temporary_data()
            .layer(tracker)
            .build()
            .map_err(|error| broken(error.to_string()))?;
        let host: &'static Host = Box::leak(Box::new(host));
        store_settings(case, host)?;
        let plugin = host.load(case.library()).map_err(|error| {
            Problem::skipped(format!("it does not load in a host of {level}: {error}"))
        })?;
        Ok(Loaded {
            case,
            host,
            plugin,
            level,
            tracker,
        })
    }

    /// The host's version.
    pub fn level(&self) -> AbiLevel {
        self.level
    }

    /// The agent that calls.
    pub fn agent(&self) -> AgentId {
        AgentId::named(AGENT)
    }

    /// Calls a tool as a chat would; an envelope comes back.
    pub fn call_tool(&self, tool: &str, arguments: &Value) -> String {
        self.plugin.call_tool(&ToolCall {
            tool: tool.into(),
            arguments: arguments.to_string(),
            agent: Some(self.agent()),
            working_directory: None,
        })
    }

    /// Calls `invoke` with exactly these strings; what the plugin returned, None for NULL.
    pub fn invoke_raw(&self, kind: &str, id: &str, payload: &str) -> Option<String> {
        self.plugin
            .invoke_raw(kind, id, payload, Some(self.agent()))
    }

    /// Calls a route through the host's own matching.
    pub fn call_route(&self, call: RouteCall) -> osaurus_reference_host::RouteAnswer {
        self.plugin.route(call)
    }

    /// Everything that was recorded, in the order in which calls began.
    pub fn calls(&self) -> Vec<Call> {
        self.tracker.records.all()
    }

    /// What the plugin called.
    pub fn host_calls(&self) -> Vec<Call> {
        self.of(Side::Host)
    }

    /// What the host called.
    pub fn plugin_calls(&self) -> Vec<Call> {
        self.of(Side::Plugin)
    }

    fn of(&self, side: Side) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.side == side);
        calls
    }

    /// The strings that the plugin got from the host.
    pub fn strings(&self) -> Vec<HostString> {
        self.tracker.strings.all()
    }

    pub(super) fn misuses(&self) -> Vec<Misuse> {
        self.tracker.strings.misuses()
    }

    /// Changes what the host answers from now on.
    pub fn answer(&self, answers: Option<Answers>) {
        let network = self.case.project().network;
        self.tracker.answer(Some(offline(network, answers)));
    }

    /// Destroys the plugin while calls run, as no host should.
    pub(super) fn destroy_at_once(&self) {
        self.tracker.destroy_at_once();
    }

    /// Unloads the plugin as Osaurus does: false when running calls did not end in time.
    pub fn unload(&self) -> bool {
        self.host.unload(&self.plugin)
    }
}

/// A value for each declared setting, as if the user had filled in the settings page.
fn store_settings(case: &Case, host: &Host) -> Result<(), Problem> {
    let Ok(manifest) = case.manifest() else {
        return Ok(());
    };
    for (key, value) in samples::of_settings(manifest) {
        host.store_config(AgentId::named(AGENT), &manifest.plugin_id, &key, &value)
            .map_err(|error| Problem::skipped(format!("a setting cannot be stored: {error}")))?;
    }
    Ok(())
}

/// A folder for each host of a rule.
fn data_folder(case: &Case) -> std::io::Result<PathBuf> {
    let folder = tempfile::Builder::new()
        .prefix("host-")
        .tempdir_in(case.folder())?;
    Ok(folder.keep())
}
