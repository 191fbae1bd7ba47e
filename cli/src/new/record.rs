//! `.osaurus-scaffold.json`: what a project was made from, so that `upgrade` can tell what its
//! author changed. Belongs to the project and is committed with it.

use super::scaffold::Scaffold;
use super::vendor::Files;
use crate::failure::{Failure, OrFail};
use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// Its file, in the project's folder.
pub const FILE: &str = ".osaurus-scaffold.json";
/// Files whose authors add to them, so that the record keeps the whole text: what is replaced in
/// them are single values.
const PROJECT_FILES: [&str; 3] = ["Cargo.toml", "package.json", "pyproject.toml"];

/// What a project was made from.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of the osaurus-bridge that made the project, or upgraded it last.
    pub version: Version,
    /// What it was asked to be.
    pub scaffold: Scaffold,
    /// SHA-256 of each file as that version writes it, by path.
    pub files: BTreeMap<String, String>,
    /// The project's files as that version writes them, by path.
    pub project_files: BTreeMap<String, String>,
}

impl Record {
    /// Of a project with these files, made by this program.
    pub fn of(scaffold: Scaffold, files: &Files) -> Self {
        let is_project_file = |path: &str| PROJECT_FILES.contains(&path);
        let project_files = files.iter().filter(|(path, _)| is_project_file(path));
        let hashes = files.iter().filter(|(path, _)| !is_project_file(path));
        Self {
            version: this_version(),
            scaffold,
            files: hashes
                .map(|(path, bytes)| (path.clone(), hash(bytes)))
                .collect(),
            project_files: project_files
                .map(|(path, bytes)| (path.clone(), String::from_utf8_lossy(bytes).into_owned()))
                .collect(),
        }
    }

    /// Reads that of a project.
    pub fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).or_fail(format!("cannot read {}", path.display()), ""),
        };
        let record = serde_json::from_str(&text).or_fail(
            format!("{} is not as osaurus-bridge writes it", path.display()),
            "take it back from the project's history",
        )?;
        Ok(Some(record))
    }

    /// Writes it into a project.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).or_fail("cannot write the record", "")?;
        super::write(&folder.join(FILE), format!("{text}\n").as_bytes())
    }
}

/// Of this program.
pub fn this_version() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0))
}

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
