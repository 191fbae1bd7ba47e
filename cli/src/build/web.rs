//! The plugin's pages: the folder that its code declares, copied beside the library. Hosts serve it
//! from there, and `package` packs it from there.

use super::{make, twins};
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::walk::{self, Links};
use serde_json::Value;
use std::path::{Component, Path};

/// Folders in folders; an installed plugin may not be deeper.
const DEPTH: usize = 32;

/// Names that no page has.
const LEFT_OUT: [&str; 3] = [".DS_Store", ".git", ".gitignore"];

/// Copies the pages of `manifest` into the library's folder `out`. Plugins without pages have
/// nothing to copy.
pub fn copy(project: &Project, manifest: &Value, out: &Path) -> Result<(), Failure> {
    let web = &manifest["capabilities"]["web"];
    let Some(folder) = web["static_dir"].as_str() else {
        return Ok(());
    };
    let entry = web["entry"].as_str().unwrap_or("index.html");
    let source = source(project, folder, entry)?;
    let to = out.join(folder);
    if same(&source, &to) {
        return twins::refuse(&source);
    }
    // Only what an earlier build wrote is removed: a folder outside of the project may be anything.
    if to.is_dir() && out.starts_with(&project.folder) && !same(out, &project.folder) {
        std::fs::remove_dir_all(&to).or_fail(
            format!("cannot replace {}", to.display()),
            "check its permissions",
        )?;
    }
    copy_folder(&source, &to)?;
    twins::refuse(&to)
}

fn source(project: &Project, folder: &str, entry: &str) -> Result<std::path::PathBuf, Failure> {
    let is_inside = Path::new(folder)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if folder.is_empty() || !is_inside {
        return Err(Failure::new(
            format!("the plugin's pages are in {folder:?}, which is not inside the project"),
            "name a folder inside the project, such as \"web\"",
        ));
    }
    let source = project.folder.join(folder);
    if source.join(entry).is_file() {
        return Ok(source);
    }
    Err(Failure::new(
        format!(
            "the plugin declares pages in {folder}/ that begin with {entry}, but there is no {}",
            source.join(entry).display()
        ),
        "build the pages first, or correct the folder and the first page where the plugin declares \
         them",
    ))
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    make(to.to_path_buf())?;
    let entries = walk::entries_but(from, Links::Followed, |name| LEFT_OUT.contains(&name));
    let what = format!("cannot read {}", from.display());
    let fix = "check its permissions, and remove links that lead in a circle";
    for entry in entries.or_fail(what, fix)? {
        if entry.below.components().count() > DEPTH {
            return Err(Failure::new(
                format!("{} is more than {DEPTH} folders deep", from.display()),
                "move the pages up",
            ));
        }
        let target = to.join(&entry.below);
        if entry.kind.is_dir() {
            make(target)?;
            continue;
        }
        std::fs::copy(&entry.path, target).or_fail(
            format!("cannot copy {}", entry.path.display()),
            "check that it is readable",
        )?;
    }
    Ok(())
}
