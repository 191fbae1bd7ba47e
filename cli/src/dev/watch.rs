//! Watches the files of a project. Says that something was saved, not what: the build looks for
//! itself.

use super::Event;
use crate::failure::{Failure, OrFail};
use crate::terminal::note;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Editors write a file in several steps; this long nothing must happen before a build begins.
const QUIET: Duration = Duration::from_millis(20);

/// Folders that can have thousands of files, none of which the author writes.
const SKIPPED: [&str; 2] = ["node_modules", "__pycache__"];

/// Folders of results, at the top of a project; deeper they may be packages of the author.
const RESULTS: [&str; 3] = ["build", "dist", "target"];

/// The most folders that are watched; a project with more is watched in part, and says so.
const MOST_FOLDERS: usize = 4096;

/// Watches from now on, for as long as the receiver is there.
pub fn start(project: &Path, sender: Sender<Event>) -> Result<(), Failure> {
    let (raw, changes) = channel();
    let fix = "run with --no-watch, and type reload after a change";
    let mut watcher = notify::recommended_watcher(raw).or_fail("cannot watch files", fix)?;
    let folders = folders_below(project, project);
    for folder in &folders {
        let watched = watcher.watch(folder, RecursiveMode::NonRecursive);
        watched.or_fail(format!("cannot watch {}", folder.display()), fix)?;
    }
    if folders.len() >= MOST_FOLDERS {
        note!("warning: the project has more than {MOST_FOLDERS} folders; not all are watched");
    }
    let project = project.to_path_buf();
    std::thread::spawn(move || pass_on(watcher, &project, &changes, &sender));
    Ok(())
}

/// A folder of the project, and all below it that the author writes in.
fn folders_below(folder: &Path, project: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && is_the_authors(&entry.path(), project) && folders.len() < MOST_FOLDERS {
                folders.push(entry.path());
            }
        }
    }
    folders
}

fn is_the_authors(path: &Path, project: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is_result = RESULTS.contains(&name) && path.parent() == Some(project);
    let is_skipped = is_result || SKIPPED.contains(&name) || name.starts_with('.');
    !is_skipped && !path.join("pyvenv.cfg").is_file()
}

fn pass_on(
    mut watcher: RecommendedWatcher,
    project: &Path,
    changes: &Receiver<notify::Result<notify::Event>>,
    sender: &Sender<Event>,
) {
    while let Ok(change) = changes.recv() {
        if !is_of_interest(&change, project) {
            continue;
        }
        let mut folders = new_folders(&change, project);
        while let Ok(more) = changes.recv_timeout(QUIET) {
            folders.extend(new_folders(&more, project));
        }
        for folder in folders
            .iter()
            .flat_map(|folder| folders_below(folder, project))
        {
            // It may be gone again.
            let _ = watcher.watch(&folder, RecursiveMode::NonRecursive);
        }
        if sender.send(Event::Saved).is_err() {
            return;
        }
    }
}

fn new_folders(change: &notify::Result<notify::Event>, project: &Path) -> Vec<PathBuf> {
    let Ok(change) = change else {
        return Vec::new();
    };
    let paths = change.paths.iter();
    paths
        .filter(|path| !change.kind.is_remove() && is_the_authors(path, project) && path.is_dir())
        .cloned()
        .collect()
}

/// Reading is not; an error of the watcher may hide a change.
fn is_of_interest(change: &notify::Result<notify::Event>, project: &Path) -> bool {
    let Ok(change) = change else { return true };
    let is_write = !matches!(change.kind, EventKind::Access(_));
    is_write
        && change
            .paths
            .iter()
            .any(|path| is_the_authors(path, project))
}
