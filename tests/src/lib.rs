//! What the end-to-end tests share: plugins built by the real program, interpreters found on the
//! machine, and test bodies that run in a process of their own. Knows nothing of how any part works
//! inside.

pub mod child;
pub mod compilers;
pub mod dev;
pub mod engine;
pub mod nodes;
pub mod probes;
pub mod project;
pub mod pythons;
pub mod scene;
pub mod swift;
pub mod system;

use std::path::PathBuf;

/// The source tree's root.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// Cargo's folder of what is built.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program or library of the product, built with the profile of this code: in target/debug for
/// tests, in target/release for the bench and the soak.
///
/// # Panics
/// When it is not there: the tests never build the product themselves.
pub fn built(name: &str) -> PathBuf {
    let (folder, command) = if cfg!(debug_assertions) {
        ("debug", "make build-tests")
    } else {
        ("release", "make build")
    };
    let path = target().join(folder).join(name);
    assert!(
        path.is_file(),
        "{} is missing; run `{command}` first",
        path.display()
    );
    path
}

/// The variable that lets plugins that were built for a worker be tried in the host's process,
/// where they would find no engine for Python.
pub fn python_engine() -> (&'static str, PathBuf) {
    let engine = built(&library("osaurus_python_engine"));
    ("OSAURUS_BRIDGE_PYTHON_ENGINE", engine)
}

/// File name of a library on this platform, from its stem.
pub fn library(stem: &str) -> String {
    format!(
        "{}{stem}{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    )
}
