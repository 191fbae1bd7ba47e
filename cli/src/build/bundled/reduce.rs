//! Copies what a plugin needs of an interpreter's folder. Links become copies of what they lead to,
//! and may not lead out of the folder. Knows no language: a rule says what is needed.

use super::super::make;
use super::super::tree::{copy_file, names_in};
use crate::failure::{Failure, OrFail};
use std::path::{Path, PathBuf};

/// Whether a path below the folder is needed.
pub type Rule<'a> = &'a dyn Fn(&Path) -> bool;

/// Copies what the rule allows from the folder `from` to the folder `to`.
pub fn copy(from: &Path, to: &Path, rule: Rule<'_>) -> Result<(), Failure> {
    let root = real(from)?;
    let copying = Copying { root, rule };
    copying.folder(from, Path::new(""), to, &mut Vec::new())
}

struct Copying<'a> {
    root: PathBuf,
    rule: Rule<'a>,
}

impl Copying<'_> {
    /// `above` are the folders that this one is in, without links.
    fn folder(
        &self,
        from: &Path,
        below: &Path,
        to: &Path,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), Failure> {
        let real = real(from)?;
        if above.contains(&real) {
            return Ok(());
        }
        above.push(real);
        for name in names_in(from)? {
            let below = below.join(&name);
            if (self.rule)(&below) {
                self.entry(&from.join(&name), &below, to, above)?;
            }
        }
        above.pop();
        Ok(())
    }

    fn entry(
        &self,
        path: &Path,
        below: &Path,
        to: &Path,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), Failure> {
        if !path.exists() {
            // A link to nothing.
            return Ok(());
        }
        let real = real(path)?;
        if !real.starts_with(&self.root) {
            return Err(Failure::new(
                format!(
                    "{} is a link to {}, which is outside of the interpreter's folder",
                    path.display(),
                    real.display()
                ),
                "replace the link by a copy, or name an interpreter that can be moved, such as one \
                 of uv's",
            ));
        }
        if real.is_dir() {
            return self.folder(path, below, to, above);
        }
        if !real.is_file() {
            return Err(Failure::new(
                format!("{} is neither a file nor a folder", path.display()),
                "remove it",
            ));
        }
        let target = to.join(below);
        make(target.parent().unwrap_or(to).to_owned())?;
        copy_file(&real, &target)
    }
}

fn real(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().or_fail(
        format!("cannot read {}", path.display()),
        "check its permissions",
    )
}
