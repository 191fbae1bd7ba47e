//! The workflow that publishes a plugin from GitHub: the registry's own builds Swift alone.

use crate::failure::{Failure, OrFail};
use crate::project::{Project, Script};
use std::path::PathBuf;

/// What is left to do.
pub const NEXT: &str = "next: add the secrets MINISIGN_SECRET_KEY and MINISIGN_PASSWORD to the \
                        repository, then push a tag such as v1.0.0";

/// Writes it into the project, if it has none.
pub fn write(project: &Project) -> Result<PathBuf, Failure> {
    let path = project.folder.join(".github/workflows/release.yml");
    if path.exists() {
        return Err(Failure::new(
            format!("{} exists already and was left as it is", path.display()),
            "remove it to have it written again",
        ));
    }
    let cannot = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).or_fail(cannot(), "check the folder's permissions")?;
    }
    let setup = match project.script {
        Script::Python(_) => include_str!("../../templates/publish-workflow/python.yml"),
        Script::Node(_) => include_str!("../../templates/publish-workflow/node.yml"),
    };
    let text = include_str!("../../templates/publish-workflow/release.yml")
        .replace("{{id}}", &project.id)
        .replace("      {{setup}}\n", setup);
    std::fs::write(&path, text).or_fail(cannot(), "check the folder's permissions")?;
    Ok(path)
}
