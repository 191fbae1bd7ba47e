//! The folders in which plugins are installed: the reference host's and, on a Mac, Osaurus' own.
//! `install`, `uninstall`, `list` and `serve` find them here.

use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// Names another data folder for the reference host than the default one.
const VARIABLE: &str = "OSAURUS_BRIDGE_DATA";

/// Where to install, as options.
#[derive(clap::Args)]
pub struct DataFolder {
    /// The reference host's data folder; plugins are in its folder Tools [default: the one that
    /// `serve` uses]
    #[arg(long)]
    data: Option<PathBuf>,
    /// The folder of Osaurus itself, on a Mac
    #[arg(long, conflicts_with = "data")]
    osaurus: bool,
}

impl DataFolder {
    /// The folder of installed plugins.
    pub fn tools(&self) -> Result<PathBuf, Failure> {
        let root = match &self.data {
            Some(data) => std::path::absolute(data).unwrap_or_else(|_| data.clone()),
            None if self.osaurus => osaurus()?,
            None => default_data()?,
        };
        Ok(root.join("Tools"))
    }

    /// The options that name this place again, with a space in front.
    pub fn words(&self) -> String {
        match &self.data {
            Some(data) => format!(" --data {}", data.display()),
            None if self.osaurus => " --osaurus".into(),
            None => String::new(),
        }
    }

    /// How the host there is told of a change.
    pub fn next(&self) -> String {
        match self.osaurus {
            true => "osaurus tools reload".into(),
            false => format!("osaurus-bridge serve{}", self.words()),
        }
    }
}

/// The data folder of the reference host where none is named.
pub fn default_data() -> Result<PathBuf, Failure> {
    let variable = |name: &str| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    if let Some(folder) = variable(VARIABLE) {
        return Ok(folder);
    }
    let home = || variable("HOME").ok_or_else(no_home);
    let shared = match cfg!(target_os = "macos") {
        true => home()?.join("Library/Application Support"),
        false => match variable("XDG_DATA_HOME") {
            Some(folder) => folder,
            None => home()?.join(".local/share"),
        },
    };
    Ok(shared.join("osaurus-bridge"))
}

fn no_home() -> Failure {
    Failure::new(
        "there is no home folder: $HOME is not set",
        "name a folder with --data",
    )
}

/// Osaurus' folder: its tests have another, which `OSAURUS_TEST_ROOT` names.
pub fn osaurus() -> Result<PathBuf, Failure> {
    if let Some(root) = std::env::var_os("OSAURUS_TEST_ROOT").filter(|root| !root.is_empty()) {
        return Ok(root.into());
    }
    if !cfg!(target_os = "macos") {
        return Err(Failure::new(
            "Osaurus runs on macOS only, so there is none here to install into",
            "leave --osaurus out to install for the reference host, or copy the archive to a Mac",
        ));
    }
    let home = std::env::var_os("HOME").ok_or_else(no_home)?;
    Ok(Path::new(&home).join(".osaurus"))
}
