//! Osaurus on this machine: the application, its command and its folder of installed plugins. Only
//! looks at files.

use crate::build::on_path;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What of Osaurus was found.
pub struct Osaurus {
    /// The application.
    pub application: Option<PathBuf>,
    /// The command `osaurus`.
    pub command: Option<PathBuf>,
    /// The folder of installed plugins.
    pub tools: Option<PathBuf>,
    /// How many plugins are in it.
    pub plugins: usize,
}

impl Osaurus {
    /// Looks where Osaurus installs itself.
    pub fn look() -> Osaurus {
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default();
        let places = [PathBuf::from("/Applications"), home.join("Applications")];
        let application = places.map(|folder| folder.join("Osaurus.app"));
        let application = application.into_iter().find(|path| path.is_dir());
        let helper = application
            .as_ref()
            .map(|app| app.join("Contents/Helpers/osaurus"));
        let tools = Some(home.join(".osaurus/Tools")).filter(|folder| folder.is_dir());
        Osaurus {
            command: on_path("osaurus").or(helper.filter(|path| path.is_file())),
            plugins: tools.as_deref().map_or(0, plugins_in),
            application,
            tools,
        }
    }

    /// For `--json`.
    pub fn to_json(&self) -> Value {
        json!({"application": self.application, "command": self.command, "tools": self.tools, "plugins": self.plugins})
    }
}

fn plugins_in(tools: &Path) -> usize {
    let entries = std::fs::read_dir(tools).into_iter().flatten().flatten();
    let visible = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    visible.filter(|entry| entry.path().is_dir()).count()
}
