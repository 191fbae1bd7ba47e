//! The host's environment: paths in it, and the variables that no interpreter of a plugin gets. Used by the searches
//! for interpreters, by the questions that these are asked, by workers of every kind, and by the program that builds.
use std::ffi::OsString;
use std::path::PathBuf;

/// A path in a variable; `None` where it is not set or empty.
pub fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The variables that are set and must not reach an interpreter.
pub fn unwanted() -> impl Iterator<Item = OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| is_unwanted(&name.to_string_lossy()))
}

/// They change what an interpreter loads, or were meant for another worker.
fn is_unwanted(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "__PYVENV_LAUNCHER__",
        "VIRTUAL_ENV",
        "NODE_OPTIONS",
        "NODE_PATH",
        "NODE_REPL_EXTERNAL_MODULE",
        "NODE_V8_COVERAGE",
        "OSAURUS_BRIDGE_FDS",
        "OSAURUS_BRIDGE_WORKER",
    ];
    // Where libraries are stays: an interpreter in a place of its own may not start without it.
    let of_the_loader = name.starts_with("LD_") || name.starts_with("DYLD_");
    let preloads = of_the_loader && !name.ends_with("_PATH");
    preloads || name.starts_with("PYTHON") || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_into_an_interpreter_is_unwanted_and_where_its_libraries_are_is_not() {
        for name in [
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "PYTHONPATH",
            "NODE_OPTIONS",
        ] {
            assert!(is_unwanted(name), "{name}");
        }
        for name in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH", "NODE_ENV"] {
            assert!(!is_unwanted(name), "{name}");
        }
    }
}
