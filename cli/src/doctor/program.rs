//! The program itself: where it is, which others are on the PATH, and which prebuilt parts came
//! with it.

use crate::{parts, paths};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What is known of the installation.
pub struct Program {
    /// This file.
    pub path: PathBuf,
    /// Other programs of the name on the PATH.
    pub others: Vec<PathBuf>,
    /// What it can build for, with the sizes of shim and Python engine.
    pub targets: Vec<Built>,
    /// What new projects carry and is not there.
    pub missing: Vec<String>,
}

/// The parts of a target.
pub struct Built {
    /// As in `build --target`.
    pub target: &'static str,
    /// Size of the shim.
    pub shim: u64,
    /// Size of the Python engine; `None` where it is missing.
    pub engine: Option<u64>,
}

impl Program {
    /// Looks at the files.
    pub fn look() -> Program {
        let path = std::env::current_exe()
            .and_then(|path| path.canonicalize())
            .unwrap_or_default();
        let size = |file: PathBuf| std::fs::metadata(file).map_or(0, |data| data.len());
        let targets = parts::present().into_iter().map(|target| Built {
            target: target.name(),
            shim: parts::shim(target).map_or(0, size),
            engine: parts::python_engine(target).ok().map(size),
        });
        let sdks = [
            ("the Python SDK", paths::python_package()),
            ("the npm package", paths::node_package()),
        ];
        let missing = sdks.into_iter().filter(|(_, found)| found.is_err());
        Program {
            others: others_on_path(&path),
            targets: targets.collect(),
            missing: missing.map(|(name, _)| name.to_owned()).collect(),
            path,
        }
    }

    /// For `--json`.
    pub fn to_json(&self) -> Value {
        let targets = self.targets.iter();
        let targets = targets.map(|built| {
            json!({"target": built.target, "shim_bytes": built.shim, "engine_bytes": built.engine})
        });
        json!({
            "version": env!("CARGO_PKG_VERSION"), "path": self.path, "others_on_path": self.others,
            "targets": targets.collect::<Vec<_>>(), "missing": self.missing,
        })
    }
}

/// Launchers of this very program (npm's is a script, with the program in a package below) count as
/// others, too: what runs when the name is typed should be known.
fn others_on_path(own: &PathBuf) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs: Vec<PathBuf> = std::env::split_paths(&path)
        .map(|folder| folder.join("osaurus-bridge"))
        .filter_map(|file| file.canonicalize().ok())
        .filter(|file| file.is_file() && file != own)
        .collect();
    programs.dedup();
    programs
}
