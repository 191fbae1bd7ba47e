//! Where a process runs that calls a plugin with arguments that were made up: in a folder of its own, with a home and a
//! place for temporary files of its own, so that no relative path and no `~` among them meets the user's files. Used by
//! whatever starts such processes.

use std::io;
use std::path::Path;
use std::process::Command;

/// Variables that lead to the user's own files.
const USERS: [&str; 5] = [
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
];

/// Makes the folders below `folder` and sets the process up for them.
pub(crate) fn enter(command: &mut Command, folder: &Path) -> io::Result<()> {
    let [files, home, temporary] = ["files", "home", "tmp"].map(|name| folder.join(name));
    for place in [&files, &home, &temporary] {
        std::fs::create_dir_all(place)?;
    }
    for name in USERS {
        command.env_remove(name);
    }
    command
        .current_dir(files)
        .env("HOME", home)
        .env("TMPDIR", temporary);
    Ok(())
}
