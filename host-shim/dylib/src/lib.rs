//! The one cdylib behind every scripted Osaurus plugin: manifest and script come from a payload in the library
//! (or beside it), a runtime starts at the first call that needs one. Called by the host through two symbols.
//! Must not know any reference host, and starts nothing at load.

pub mod carried;
pub mod engine;
pub mod envelope;
pub mod platform;
pub mod plugin;
pub mod runtime;
pub mod tools;
pub mod validate;
pub mod worker;

/// Finding a Python: the plugin's setting, then `OSAURUS_BRIDGE_PYTHON`.
pub mod python {
    use crate::engine::{Engine, EngineContext, EngineFailure};
    use osaurus_payload::BridgeConfig;
    use std::path::{Path, PathBuf};

    /// A Python to start.
    pub struct Interpreter(PathBuf);

    impl Interpreter {
        /// The program.
        pub fn executable(&self) -> &Path {
            &self.0
        }
    }

    /// The chosen interpreter.
    pub fn discover(config: &BridgeConfig) -> Result<Interpreter, EngineFailure> {
        let setting = config.python.as_ref().map(PathBuf::from);
        let variable = std::env::var_os("OSAURUS_BRIDGE_PYTHON").map(PathBuf::from);
        let found = setting.or(variable).filter(|path| path.is_file());
        found
            .map(Interpreter)
            .ok_or_else(|| EngineFailure::Unavailable {
                looked_for: vec!["the plugin's setting `python` and OSAURUS_BRIDGE_PYTHON".into()],
                fix: "Set OSAURUS_BRIDGE_PYTHON to a Python 3.10 or later.".into(),
            })
    }

    /// Not in this build.
    pub fn start(_context: &EngineContext) -> Result<Box<dyn Engine>, EngineFailure> {
        Err(EngineFailure::Unavailable {
            looked_for: vec!["an embedded Python in this build of the shim".into()],
            fix: "Use mode = \"worker\".".into(),
        })
    }
}

osaurus_plugin::export!(plugin::ScriptPlugin);
