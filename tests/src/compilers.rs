//! What keeps the compilers of other people's projects quick in tests, which are about whether a
//! project builds, not how fast it runs. Used by the tests of scaffolds and of the documents.

use crate::target;
use std::process::Command;

/// Has cargo and CMake, where the command starts them, compile without optimisation. Dependencies of
/// Rust projects are compiled once for all tests, from what the workspace itself is built from.
pub fn quick_compilers(command: &mut Command) -> &mut Command {
    command
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("CARGO_TARGET_DIR")
        .env("CARGO_BUILD_BUILD_DIR", target().join("test-projects"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CMAKE_BUILD_TYPE", "Debug")
}
