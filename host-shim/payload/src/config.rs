//! The settings that a scripted plugin carries: which engine, which entry, which handlers.
//! Written by the command line at build time, read by the shim. JSON; unknown keys are ignored.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The only value of [`BridgeConfig::format`] so far.
pub const CONFIG_FORMAT: u32 = 1;

/// Settings of one scripted plugin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BridgeConfig {
    /// [`CONFIG_FORMAT`].
    pub format: u32,
    /// Same as in the manifest.
    pub plugin_id: String,
    /// The plugin's own version.
    pub version: String,
    /// `python` or `node`.
    pub language: String,
    /// `module:attribute` for Python, the bundled module's file for Node.
    pub entry: String,
    /// Folders inside the payload that are import roots, in order. `"."` is the payload itself.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Version specifier such as `>=3.11`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// Interpreter that the author chose, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// The kind of Python that native code in the payload was made for, such as `cp311`; `None`
    /// when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_tag: Option<String>,
    /// Range of Node versions as in `engines.node`, such as `>=20`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_node: Option<String>,
    /// Node program that the author chose, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What a JavaScript heap may take, in MiB; `None` leaves it to Node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u32>,
    /// The oldest host that the plugin is for: `1`, `2a` to `2e`, `3` and so on. `None`: any, and
    /// version 2 means 2e.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_host: Option<String>,
    /// How the script runs.
    #[serde(default)]
    pub mode: Mode,
    /// The script is started at the host's first delivery and not at the first call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prewarm: bool,
    /// A worker process without work for so many milliseconds is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout_ms: Option<u64>,
    /// Per tool id.
    #[serde(default)]
    pub tools: BTreeMap<String, HandlerConfig>,
    /// Per route id.
    #[serde(default)]
    pub routes: BTreeMap<String, HandlerConfig>,
    /// Handlers that are not tools or routes.
    #[serde(default)]
    pub handlers: EventHandlers,
    /// Files that plugins share, in archives of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<Shared>,
    /// Hash of everything that the build was made from, where a build may take a payload as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
    /// Program and version that wrote this.
    #[serde(default)]
    pub built_with: String,
}

impl BridgeConfig {
    /// The shared files for that, if the plugin carries some.
    pub fn shared(&self, role: Role) -> Option<&Shared> {
        self.shared.iter().find(|shared| shared.role == role)
    }
}

/// Files that plugins share: unpacked once for all plugins that carry the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// What they are for.
    pub role: Role,
    /// The file among them that is opened or run.
    pub main: String,
    /// The version of what they are.
    pub version: String,
    /// SHA-256 of their archive, in hexadecimal digits.
    pub digest: String,
    /// Length of their archive in bytes.
    pub len: u64,
    /// Length of the files in bytes.
    pub unpacked: u64,
}

/// What shared files are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The library that runs Python in the host's process.
    PythonEngine,
    /// The interpreter of a plugin that brings its own.
    Interpreter,
}

/// How a script runs. The same rule for every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Mode {
    /// In a child process.
    #[default]
    Worker,
    /// In the host's process.
    Embedded,
}

impl Mode {
    /// The word used in project files.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Worker => "worker",
            Mode::Embedded => "embedded",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> String {
        mode.as_str().to_owned()
    }
}

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "worker" => Ok(Mode::Worker),
            "embedded" => Ok(Mode::Embedded),
            "auto" => Err(
                "mode `auto` no longer exists; leave `mode` out to run in a worker process, \
                 or write `embedded` to run in the host's process"
                    .into(),
            ),
            other => Err(format!(
                "mode is `{other}`; expected `worker` (the default) or `embedded`"
            )),
        }
    }
}

/// How one handler was declared.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HandlerConfig {
    /// Declared with `async def`.
    #[serde(default)]
    pub is_async: bool,
    /// Makes host calls from threads of its own.
    #[serde(default)]
    pub threads: bool,
    /// The author's own deadline in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// Handlers of events; `None` where the script has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventHandlers {
    /// `on_config_changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<HandlerConfig>,
    /// `on_task_event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<HandlerConfig>,
    /// `on_artifact`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<HandlerConfig>,
    /// `on_unload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unload: Option<HandlerConfig>,
}
