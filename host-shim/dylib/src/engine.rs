//! What the shim asks of a way to run scripts, and what such a way is told. Implemented by `worker`
//! (child process) and `python` (embedded); called by `plugin`. Knows no script language.
use osaurus_engine_abi::kind;
use osaurus_payload::{BridgeConfig, HandlerConfig};
use osaurus_plugin::Frame;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A started runtime with one plugin's script in it. Called from any of the host's threads, several
/// at once.
pub trait Engine: Send + Sync {
    /// Runs a handler. Host calls of the script are served on the calling thread, through `frame`.
    /// Returns the handler's result text: a tool envelope, a route response, or `null`.
    ///
    /// # Errors
    /// When the handler did not give a result by `request.deadline`, or could not run at all.
    fn call(&self, frame: &Frame, request: &Request<'_>) -> Result<String, EngineFailure>;

    /// Loads the script now and not at the first call, where the engine can.
    ///
    /// # Errors
    /// When it cannot be loaded.
    fn start_early(&self) -> Result<(), EngineFailure> {
        Ok(())
    }

    /// One line for the log: runtime, version, place.
    fn describe(&self) -> String;

    /// Ends what can be ended within about a second: runs the unload handler, stops a child.
    /// Later calls fail. May be called twice.
    fn shutdown(&self);
}

/// What kind of handler a call wants. The numbers are those of `osaurus_engine_abi::kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A tool; the result is an envelope.
    Tool = kind::TOOL,
    /// A route; the result is a response object.
    Route = kind::ROUTE,
    /// A changed config value; no result.
    ConfigChanged = kind::CONFIG_CHANGED,
    /// An event of a task; no result.
    TaskEvent = kind::TASK_EVENT,
    /// A shared artifact; no result.
    Artifact = kind::ARTIFACT,
    /// The plugin is being destroyed; no host calls, no result.
    Unload = kind::UNLOAD,
}

/// One call into a script.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Which kind of handler.
    pub kind: Kind,
    /// Tool, route or task id.
    pub target: &'a str,
    /// JSON text: the validated arguments, the route request, or the event.
    pub payload: &'a str,
    /// JSON object with `secrets` and `working_directory` where the host gave them, or empty.
    pub context: &'a str,
    /// How the handler was declared.
    pub handler: &'a HandlerConfig,
    /// When the shim gives the call up.
    pub deadline: Instant,
}

impl Request<'_> {
    /// Time until the deadline.
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The same in milliseconds, at least 1.
    pub fn timeout_ms(&self) -> u64 {
        u64::try_from(self.time_left().as_millis())
            .unwrap_or(u64::MAX)
            .max(1)
    }
}

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct EngineContext {
    /// Plugin id.
    pub plugin_id: String,
    /// Folder that the payload was unpacked to, absolute.
    pub root: PathBuf,
    /// The interpreter that the plugin brings, unpacked.
    pub bundled: Option<PathBuf>,
    /// The engine for embedding that the plugin brings, unpacked.
    pub engine: Option<PathBuf>,
    /// The plugin's settings.
    pub config: BridgeConfig,
    /// The same as JSON text, for the script's side.
    pub settings_json: String,
}

impl EngineFailure {
    /// The interpreter that a plugin brings does not run here.
    pub(crate) fn of_bundled(language: &str, program: &Path, why: &str) -> Self {
        EngineFailure::Unavailable {
            looked_for: vec![format!("{} (bundled): {why}", program.display())],
            fix: format!(
                "The plugin brings a {language} that does not run on this machine; its author can build it with \
                 another one, or without runtime = \"bundled\"."
            ),
        }
    }
}

/// Why an engine gave no result. Each becomes a tool envelope or a route response in `envelope`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineFailure {
    /// The handler was stopped at its deadline.
    Timeout {
        /// The limit that was set.
        after: Duration,
    },
    /// The runtime ended while the handler ran. The next call starts a new one.
    Crashed {
        /// How it ended, with the last lines that it wrote.
        text: String,
        /// Whether the script was still being loaded.
        loading: bool,
    },
    /// There is no runtime to run the handler.
    Unavailable {
        /// What was tried, one sentence or path each.
        looked_for: Vec<String>,
        /// What the user should do.
        fix: String,
    },
    /// The script itself failed outside a handler: a syntax error, a missing module.
    Script {
        /// The error with file and line.
        text: String,
    },
}
