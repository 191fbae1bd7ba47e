//! A copy of the folder in which a check was started, for a rule that calls tools there: tools are
//! called with made-up arguments, and must not meet the author's own files. Made by the runner.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// How much is copied.
const MOST_FILES: usize = 1000;
const MOST_BYTES: u64 = 32 << 20;
/// What is not among a tool's files.
const LEFT_OUT: [&str; 5] = ["node_modules", "target", "dist", "venv", "__pycache__"];

/// Copies a folder, the files at its top first, up to a limit.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(to)?;
    let is_project = is_project(from);
    let (mut files, mut bytes) = (0, 0);
    let mut folders = VecDeque::from([(from.to_owned(), to.to_owned())]);
    while let Some((from, to)) = folders.pop_front() {
        for entry in std::fs::read_dir(&from).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if is_left_out(&name) {
                continue;
            }
            if kind.is_dir() && is_project && folders.len() < MOST_FILES {
                std::fs::create_dir(to.join(&name))?;
                folders.push_back((entry.path(), to.join(&name)));
            } else if kind.is_file() {
                let size = entry.metadata().map_or(u64::MAX, |meta| meta.len());
                if files == MOST_FILES || size > MOST_BYTES - bytes {
                    continue;
                }
                // A file that cannot be read is missing to the tool, too.
                let _ = std::fs::copy(entry.path(), to.join(&name));
                (files, bytes) = (files + 1, bytes + size);
            }
        }
    }
    Ok(())
}

/// Below a home folder are things that macOS asks its user about when a program looks at them.
fn is_project(folder: &Path) -> bool {
    let in_homes = |parent: &Path| {
        ["/", "/Users", "/home"]
            .iter()
            .any(|homes| parent == Path::new(homes))
    };
    folder.parent().is_some_and(|parent| !in_homes(parent))
}

fn is_left_out(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || LEFT_OUT.contains(&&*name)
}
