//! Plugins that took the process down while they were loaded: `Tools/.quarantine`, a JSON array of
//! rows. A row names the version and the host build it happened with; when either changes, the
//! plugin gets one more try.

use crate::storage::durable_file;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A quarantined plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct QuarantineRow {
    /// Its id.
    pub id: String,
    /// The version that was installed. A row without version and build is never released by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The host's build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
}

/// Older hosts wrote bare ids.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Bare(String),
    Row {
        id: String,
        version: Option<String>,
        build: Option<String>,
    },
}

impl From<Stored> for QuarantineRow {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Bare(id) => QuarantineRow {
                id,
                version: None,
                build: None,
            },
            Stored::Row { id, version, build } => QuarantineRow { id, version, build },
        }
    }
}

impl QuarantineRow {
    /// Whether what is installed now differs from what crashed. Bare ids say nothing of it and
    /// stay.
    fn is_outdated(&self, version: Option<&str>, build: &str) -> bool {
        let is_bare = self.version.is_none() && self.build.is_none();
        let same_build = self.build.as_deref().is_none_or(|old| old == build);
        !is_bare && (self.version.as_deref() != version || !same_build)
    }
}

pub(crate) struct Quarantine {
    path: PathBuf,
}

impl Quarantine {
    pub(crate) fn new(tools: &Path) -> Quarantine {
        Quarantine {
            path: tools.join(".quarantine"),
        }
    }

    /// The rows; a file that cannot be read or understood holds none.
    pub(crate) fn rows(&self) -> Vec<QuarantineRow> {
        let bytes = fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Adds a row; an older one of the same id goes.
    pub(crate) fn add(&self, row: QuarantineRow) -> io::Result<()> {
        let mut rows = self.rows();
        rows.retain(|old| old.id != row.id);
        rows.push(row);
        self.write(&rows)
    }

    /// Removes an id; the file goes with its last row.
    pub(crate) fn remove(&self, id: &str) -> io::Result<()> {
        let mut rows = self.rows();
        rows.retain(|row| row.id != id);
        self.write(&rows)
    }

    pub(crate) fn clear(&self) -> io::Result<()> {
        self.write(&[])
    }

    /// Whether a plugin must not be loaded. A row that no longer fits is removed: one fresh try.
    pub(crate) fn holds(&self, id: &str, version: Option<&str>, build: &str) -> io::Result<bool> {
        let rows = self.rows();
        let Some(row) = rows.iter().find(|row| row.id == id) else {
            return Ok(false);
        };
        if !row.is_outdated(version, build) {
            return Ok(true);
        }
        self.remove(id)?;
        Ok(false)
    }

    fn write(&self, rows: &[QuarantineRow]) -> io::Result<()> {
        if !rows.is_empty() {
            return durable_file::write(&self.path, &serde_json::to_vec(rows)?);
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarantine(content: &str) -> (tempfile::TempDir, Quarantine) {
        let folder = tempfile::tempdir().unwrap();
        let quarantine = Quarantine::new(folder.path());
        fs::write(&quarantine.path, content).unwrap();
        (folder, quarantine)
    }

    #[test]
    fn a_row_is_released_once_when_version_or_build_changed() {
        let row = r#"[{"id":"a","version":"1.0.0","build":"7"}]"#;
        let holds = |version, build| quarantine(row).1.holds("a", version, build).unwrap();
        assert!(holds(Some("1.0.0"), "7"), "unchanged");
        assert!(!holds(Some("1.0.1"), "7") && !holds(Some("1.0.0"), "8") && !holds(None, "7"));
        let (_folder, released) = quarantine(row);
        assert!(!released.holds("a", Some("2.0.0"), "7").unwrap());
        assert!(
            !released.path.exists(),
            "the row is gone, and the file with it"
        );
    }

    #[test]
    fn bare_ids_are_read_and_stay() {
        let (_folder, old) = quarantine(r#"["a",{"id":"b"},"c"]"#);
        assert_eq!(old.rows().len(), 3);
        for id in ["a", "b", "c"] {
            assert!(old.holds(id, Some("9.9.9"), "any").unwrap(), "{id}");
        }
        old.remove("b").unwrap();
        assert_eq!(
            fs::read_to_string(&old.path).unwrap(),
            r#"[{"id":"a"},{"id":"c"}]"#
        );
        old.clear().unwrap();
        assert!(!old.path.exists());
    }

    #[test]
    fn a_new_crash_replaces_the_stamp_and_nonsense_is_empty() {
        let (_folder, file) = quarantine("not json");
        assert_eq!(file.rows(), []);
        let row = |version: &str| QuarantineRow {
            id: "a".into(),
            version: Some(version.into()),
            build: Some("7".into()),
        };
        file.add(row("1.0.0")).unwrap();
        file.add(row("2.0.0")).unwrap();
        assert_eq!(file.rows(), [row("2.0.0")]);
    }
}
