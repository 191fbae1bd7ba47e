//! The lines that an installer gets, and the names in them. Used by `requirements`, which chooses
//! where they come from, and by `lock`.

use crate::project::Project;
use std::path::PathBuf;

/// Lines for an installer, as in a file of requirements.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// With versions and hashes, complete: nothing else is installed for them.
    pub locked: Vec<String>,
    /// Without.
    pub open: Vec<String>,
    /// The lock's name, for messages.
    pub lock: Option<&'static str>,
}

/// Comes with every build, so it is never fetched.
pub const SDK: &str = "osaurus-plugin";

/// The normal form of a requirement's name.
pub fn name_of(requirement: &str) -> String {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = requirement.trim().chars().take_while(is_part).collect();
    let parts = name
        .split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase);
    parts.collect::<Vec<_>>().join("-")
}

/// A path of a lock, which is relative to the project, as an address.
pub fn file_address(project: &Project, path: &str) -> String {
    let path: PathBuf = project.folder.join(path);
    let path = path.canonicalize().unwrap_or(path);
    format!("file://{}", path.display().to_string().replace(' ', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        assert_eq!(name_of("Typing_Extensions >=4"), "typing-extensions");
        assert_eq!(name_of("a.b--c[x]; z"), "a-b-c");
    }
}
