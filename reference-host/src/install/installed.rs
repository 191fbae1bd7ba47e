//! What is installed in a folder `Tools`, and what an installer leaves there for the loader:
//! receipt and consent. For programs that install plugins; the loader's own view is in
//! `tools_folder` and `receipt`.

use crate::install::quarantine::Quarantine;
use crate::install::receipt::{self, VerifyError};
use crate::install::tools_folder;
use std::io;
use std::path::{Path, PathBuf};

pub use crate::install::receipt::{Artifact, CONSENT, RECEIPT, Receipt};

/// An installed plugin.
#[derive(Debug, Clone)]
pub struct InstalledPlugin {
    /// The name of its folder.
    pub id: String,
    /// The version that hosts load, if there is one.
    pub version: Option<String>,
    /// All versions that are there, oldest first.
    pub versions: Vec<String>,
    /// The libraries of the version that hosts load.
    pub libraries: Vec<PathBuf>,
    /// Why a release build of the host would not open the first of them.
    pub problem: Option<VerifyError>,
    /// Whether it is kept from loading because it took a host down.
    pub quarantined: bool,
}

/// The plugins in `tools`, by name. None when there is no such folder.
pub fn installed_plugins(tools: &Path) -> io::Result<Vec<InstalledPlugin>> {
    if !tools.is_dir() {
        return Ok(Vec::new());
    }
    let rows = Quarantine::new(tools).rows();
    let plugins = tools_folder::installed(tools)?.into_iter();
    let look = |plugin: tools_folder::Installed| {
        let folder = plugin.version_folder();
        let libraries = folder
            .as_deref()
            .map(tools_folder::libraries)
            .unwrap_or_default();
        let problem = folder.as_deref().zip(libraries.first());
        let problem = problem.and_then(|(folder, library)| receipt::verify(library, folder).err());
        InstalledPlugin {
            version: plugin.version(),
            versions: plugin.versions(),
            libraries,
            problem,
            quarantined: rows.iter().any(|row| row.id == plugin.id),
            id: plugin.id,
        }
    };
    Ok(plugins.map(look).collect())
}
