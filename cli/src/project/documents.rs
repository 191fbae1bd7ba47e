//! The documents that an author puts beside the code, and that go into a package.

use std::path::{Path, PathBuf};

/// The author's documents, by the names that Osaurus knows.
pub const DOCUMENTS: [&str; 3] = ["README.md", "CHANGELOG.md", "SKILL.md"];

/// A document of the project, in any case of letters.
pub fn document(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    entries.sort();
    entries.into_iter().find(|path| {
        path.file_name()
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
    })
}
