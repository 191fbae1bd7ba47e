//! What differs between macOS and Linux, and the few system calls that std does not offer: the one
//! module of this crate with `cfg(target_os)`. Used by `carried`, `runtime`, `worker`, `python` and
//! `node`.
mod image;
mod limits;
mod link;
pub mod process;
mod sigpipe;
mod socket;
mod their_end;

pub use crate::cache_root::cache_root;
pub use image::{Image, own_image};
pub use limits::{DescriptorLimit, follow_parent, may_jit};
pub use link::{Link, Pipes};
pub use socket::{duplicate, pipe_within};
use std::time::Duration;
pub use their_end::TheirEnd;

/// The ending of shared libraries, without a dot.
#[cfg(target_os = "macos")]
pub const LIBRARY_EXTENSION: &str = "dylib";
/// The ending of shared libraries, without a dot.
#[cfg(not(target_os = "macos"))]
pub const LIBRARY_EXTENSION: &str = "so";

/// How long an interpreter may take until a script is loaded. macOS scans a program before its
/// first run.
pub const START_LIMIT: Duration =
    Duration::from_secs(if cfg!(target_os = "macos") { 40 } else { 20 });

/// Folders with shared libraries of the system and of its package managers.
#[cfg(target_os = "macos")]
pub const LIBRARY_FOLDERS: &[&str] = &["/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"];
/// Folders with shared libraries of the system and of its package managers.
#[cfg(not(target_os = "macos"))]
pub const LIBRARY_FOLDERS: &[&str] = &[
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/home/linuxbrew/.linuxbrew/lib",
];

/// How a user gives a variable to the application that loads plugins, as the end of a sentence.
#[cfg(target_os = "macos")]
pub fn how_to_set(variable: &str, value: &str) -> String {
    format!(
        "set {variable} to {value} (a shell's variables do not reach an application from the Dock: run `launchctl setenv \
         {variable} PATH` and open the application again)"
    )
}

/// How a user gives a variable to the application that loads plugins, as the end of a sentence.
#[cfg(not(target_os = "macos"))]
pub fn how_to_set(variable: &str, value: &str) -> String {
    format!("set {variable} to {value}")
}

/// The name of a signal, as people know it.
pub fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGINT => "SIGINT",
        libc::SIGHUP => "SIGHUP",
        libc::SIGPIPE => "SIGPIPE",
        _ => "another signal",
    }
}
