//! Static files of a plugin's web folder: containment, the entry page for paths without a file,
//! headers, injection. It reads files only; who may see them was decided before.

pub(crate) mod dev_proxy;
pub(crate) mod inject;

use crate::common::media_type;
use crate::web::pages::inject::PageFacts;
use crate::web::routes::{Refusal, RouteAnswer};
use std::io;
use std::path::{Component, Path, PathBuf};

/// The longest path that Linux opens (PATH_MAX); macOS stops at 1,024.
const MAX_PATH: usize = 4096;

/// A request for a page that was let in.
#[derive(Debug)]
pub(crate) struct Page {
    /// The folder of the plugin's library; the manifest's `static_dir` is below it.
    pub(crate) version_dir: PathBuf,
    pub(crate) static_dir: String,
    pub(crate) entry: String,
    /// What follows the mount, as it was written.
    pub(crate) remainder: String,
    pub(crate) facts: PageFacts,
}

impl Page {
    pub(crate) fn answer(&self) -> Result<RouteAnswer, Refusal> {
        if leads_out(relative(&self.static_dir)) {
            return Err(Refusal::new(403, "Access denied"));
        }
        let folder = self.version_dir.join(relative(&self.static_dir));
        let path = match relative(&self.remainder) {
            "" => relative(&self.entry),
            path => path,
        };
        let file = contained(&folder, path)?;
        let file = match file.try_exists() {
            Ok(true) => file,
            _ => contained(&folder, relative(&self.entry))?,
        };
        // A pipe or a device in the folder would block, or never end.
        if !file.is_file() {
            return Err(Refusal::new(404, "File not found"));
        }
        let bytes = std::fs::read(&file).map_err(|_| Refusal::new(404, "File not found"))?;
        Ok(self.with_headers(&file, bytes))
    }

    fn with_headers(&self, file: &Path, bytes: Vec<u8>) -> RouteAnswer {
        let mut answer = RouteAnswer::new(200, self.injected(file, bytes));
        answer.header("Content-Type", media_type::of_page(file));
        answer.header("Cache-Control", "public, max-age=3600");
        answer
    }

    /// The extension counts as it is written: `.HTML` gets no script, as in Osaurus.
    fn injected(&self, file: &Path, bytes: Vec<u8>) -> Vec<u8> {
        let is_html = file.extension().is_some_and(|e| e == "html" || e == "htm");
        match std::str::from_utf8(&bytes) {
            Ok(html) if is_html => self.facts.inject(html).into_bytes(),
            _ => bytes,
        }
    }
}

/// A path that starts at the folder it is joined to.
fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}

/// Whether a path names something above the folder that it is joined to. Links are the author's
/// own.
fn leads_out(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
    }
    false
}

/// The file with its links resolved; refused when it lies outside of the resolved folder.
fn contained(folder: &Path, path: &str) -> Result<PathBuf, Refusal> {
    let denied = |_| Refusal::new(403, "Access denied");
    let root = resolved(folder).map_err(denied)?;
    let file = resolved(&root.join(path)).map_err(denied)?;
    if file.starts_with(&root) {
        Ok(file)
    } else {
        Err(Refusal::new(403, "Access denied"))
    }
}

/// Resolves the links in the part of a path that exists; the rest is taken as it is. Paths come
/// from clients, so nothing here recurses, and what is longer than any path of the system is
/// refused at once.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    if path.as_os_str().len() > MAX_PATH {
        return Err(io::Error::from(io::ErrorKind::InvalidFilename));
    }
    let mut absent = Vec::new();
    for existing in path.ancestors() {
        match existing.canonicalize() {
            Ok(found) => {
                return Ok(absent
                    .iter()
                    .rev()
                    .fold(found, |path, name| path.join(name)));
            }
            Err(error) if is_absent(&error) => match existing.components().next_back() {
                Some(Component::Normal(name)) => absent.push(name),
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::NotFound))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
