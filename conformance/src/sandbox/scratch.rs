//! The folders of a process that calls a plugin with arguments that were made up: a current folder,
//! a home and a place for temporary files of its own, so that no relative path and no `~` among
//! them leads to the user's files. Used by the sandbox.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// Variables that lead to the user's own files.
const USERS: [&str; 5] = [
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
];

/// What a process has around it.
pub(super) struct Scratch {
    pub(super) current: PathBuf,
    /// Each with its value; those without one are not to be set.
    pub(super) variables: Vec<(&'static str, Option<OsString>)>,
}

/// Makes the folders below `folder`. `cache` is where the process unpacks plugins.
pub(super) fn make(folder: &Path, cache: &Path) -> io::Result<Scratch> {
    let [files, home, temporary] = ["files", "home", "tmp"].map(|name| folder.join(name));
    for place in [&files, &home, &temporary] {
        std::fs::create_dir_all(place)?;
    }
    let mut variables = vec![
        ("HOME", Some(home.into())),
        ("TMPDIR", Some(temporary.into())),
        ("OSAURUS_BRIDGE_CACHE", Some(cache.into())),
    ];
    variables.extend(USERS.map(|name| (name, None)));
    Ok(Scratch {
        current: files,
        variables,
    })
}
