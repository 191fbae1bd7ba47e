//! What an upgrade changes: compares the record of a project, its files, and the template of this
//! version. Nothing is written before the whole plan is known.

use super::pins;
use crate::failure::{Failure, OrFail};
use crate::new;
use crate::new::record::{Record, hash};
use crate::new::vendor::Files;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// What happens to a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new in the template.
    Add(Vec<u8>),
    /// The author left it as it was.
    Replace(Vec<u8>),
    /// The template has it no more, and the author left it as it was.
    Remove,
    /// Both changed it: the template's goes beside it.
    Beside(Vec<u8>),
    /// Values in a file that the author writes, too.
    Pinned {
        /// The file with them.
        text: String,
        /// What changes, for people.
        lines: Vec<String>,
    },
}

impl Change {
    pub fn is_added(&self) -> bool {
        matches!(self, Change::Add(_))
    }

    pub fn is_replaced(&self) -> bool {
        matches!(self, Change::Replace(_))
    }

    pub fn is_removed(&self) -> bool {
        matches!(self, Change::Remove)
    }
}

/// An upgrade.
pub struct Plan {
    /// By path.
    pub changes: BTreeMap<String, Change>,
    /// What the author may want to do.
    pub hints: Vec<String>,
    /// All files as this version writes them.
    pub template: Files,
}

impl Plan {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Writes it.
    pub fn apply(&self, folder: &Path) -> Result<(), Failure> {
        for (path, change) in &self.changes {
            let file = folder.join(path);
            match change {
                Change::Add(bytes) | Change::Replace(bytes) => new::write(&file, bytes)?,
                Change::Pinned { text, .. } => new::write(&file, text.as_bytes())?,
                Change::Beside(bytes) => new::write(&folder.join(format!("{path}.new")), bytes)?,
                Change::Remove => std::fs::remove_file(&file)
                    .or_fail(format!("cannot remove {}", file.display()), "")?,
            }
        }
        Ok(())
    }
}

/// What changes in a project.
pub fn plan(folder: &Path, record: &Record) -> Result<Plan, Failure> {
    let mut plan = Plan {
        changes: BTreeMap::new(),
        hints: Vec::new(),
        template: record.scaffold.files()?,
    };
    let template = Record::of(record.scaffold.clone(), &plan.template);
    for path in template.files.keys() {
        let change = change_of(folder, path, record, &plan.template[path])?;
        plan.changes
            .extend(change.map(|change| (path.clone(), change)));
    }
    for (path, before) in &record.files {
        let is_left = !template.files.contains_key(path) && !is_the_authors(path);
        if is_left && read(folder, path)?.is_some_and(|bytes| hash(&bytes) == *before) {
            plan.changes.insert(path.clone(), Change::Remove);
        }
    }
    for (path, after) in &template.project_files {
        let Some(before) = record.project_files.get(path) else {
            continue;
        };
        let Some(bytes) = read(folder, path)? else {
            continue;
        };
        let (text, pinned) = pins::renew(&String::from_utf8_lossy(&bytes), before, after);
        if !pinned.changed.is_empty() {
            let lines = pinned.changed;
            plan.changes
                .insert(path.clone(), Change::Pinned { text, lines });
        }
        let hints = pinned.left.iter().map(|line| format!("{path}: {line}"));
        plan.hints.extend(hints);
    }
    Ok(plan)
}

/// What happens to a file that the template has. The record has what the author began with, so
/// only a template that changed since then changes anything.
fn change_of(
    folder: &Path,
    path: &str,
    record: &Record,
    after: &[u8],
) -> Result<Option<Change>, Failure> {
    if is_the_authors(path) {
        return Ok(None);
    }
    let before = record.files.get(path);
    if before.is_some_and(|before| *before == hash(after)) {
        return Ok(None);
    }
    let now = read(folder, path)?;
    Ok(match (now, before) {
        (None, None) => Some(Change::Add(after.to_vec())),
        // The author removed it.
        (None, Some(_)) => None,
        (Some(now), _) if now == after => None,
        (Some(now), Some(before)) if hash(&now) == *before => Some(Change::Replace(after.to_vec())),
        (Some(_), _) => Some(Change::Beside(after.to_vec())),
    })
}

/// What is a beginning only: code, tests, documents, pages. The author goes on from there.
fn is_the_authors(path: &str) -> bool {
    const FOLDERS: [&str; 6] = ["Sources/", "Tests/", "src/", "test/", "tests/", "web/"];
    const FILES: [&str; 6] = [
        "README.md",
        "SKILL.md",
        "main.c",
        "main.cpp",
        "main.py",
        "manifest.json",
    ];
    FILES.contains(&path) || FOLDERS.iter().any(|folder| path.starts_with(folder))
}

fn read(folder: &Path, path: &str) -> Result<Option<Vec<u8>>, Failure> {
    match std::fs::read(folder.join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_fail(format!("cannot read {path}"), "check its permissions"),
    }
}
