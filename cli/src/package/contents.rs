//! What goes into a plugin's archive: the library that was built, its pages, and the author's
//! documents. Reads the project's folder; whether the files are good is judged elsewhere.

use crate::build::Built;
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::project::documents::{DOCUMENTS, document};
use crate::walk::{self, Links};
use std::path::{Path, PathBuf};

/// One file of the archive.
pub struct Packed {
    /// Its name in the archive.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Whether it is the library.
    pub is_code: bool,
}

/// Collects the files, in the order of their names after the library.
pub fn collect(project: &Project, built: &Built) -> Result<Vec<Packed>, Failure> {
    let library = built.library.file_name().unwrap_or_default();
    let mut files = vec![Packed {
        name: library.to_string_lossy().into_owned(),
        bytes: read(&built.library)?,
        is_code: true,
    }];
    for name in DOCUMENTS {
        if let Some(path) = document(&project.folder, name) {
            files.push(text(name.into(), &path)?);
        }
    }
    if let Some(pages) = built.manifest["capabilities"]["web"]["static_dir"].as_str() {
        let out = built.library.parent().unwrap_or(Path::new("."));
        let pages = Path::new(pages).components().collect::<PathBuf>();
        add_folder(out, &pages, &mut files)?;
    }
    files[1..].sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn text(name: String, path: &Path) -> Result<Packed, Failure> {
    Ok(Packed {
        name,
        bytes: read(path)?,
        is_code: false,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).or_fail(
        format!("cannot read {}", path.display()),
        "check its permissions",
    )
}

fn add_folder(root: &Path, below: &Path, files: &mut Vec<Packed>) -> Result<(), Failure> {
    let folder = root.join(below);
    let entries = walk::entries(&folder, Links::Followed);
    let what = format!("cannot read {}", folder.display());
    for entry in entries.or_fail(what, "check its permissions")? {
        if entry.kind.is_dir() {
            continue;
        }
        let name = below.join(&entry.below);
        let name = name.to_str().map(str::to_string).ok_or_else(|| {
            Failure::new(
                format!("the name of {} is not UTF-8", entry.path.display()),
                "rename the file",
            )
        })?;
        files.push(text(name, &entry.path)?);
    }
    Ok(())
}
