//! What the system knows of this process: its children, descriptors and mappings. The one place
//! with platforms.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// Process numbers of the children, without those that have ended and wait for being collected.
///
/// # Panics
/// When `ps` cannot be run.
pub fn children() -> BTreeSet<u32> {
    let ps = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,stat="])
        .stdout(Stdio::piped())
        .spawn()
        .expect("ps runs");
    let own = [ps.id(), std::process::id()];
    let output = ps.wait_with_output().expect("ps ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let pid = fields.next()?.parse().ok()?;
            let parent: u32 = fields.next()?.parse().ok()?;
            let ended = fields.next()?.starts_with('Z');
            (parent == own[1] && pid != own[0] && !ended).then_some(pid)
        })
        .collect()
}

/// How many descriptors are open.
///
/// # Panics
/// When the system does not list them.
pub fn descriptors() -> usize {
    std::fs::read_dir("/dev/fd").expect("/dev/fd").count()
}

/// Kills a process.
///
/// # Panics
/// When there is no such process.
pub fn kill(pid: u64) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.expect("kill runs").success(), "no process {pid}");
}

/// Which signals this process handles and ignores, without SIGPIPE, which a runtime has ignored
/// from its start on.
///
/// # Panics
/// When `ps` cannot be run.
pub fn signals() -> [u64; 2] {
    const SIGPIPE: u64 = 1 << 12;
    let pid = std::process::id().to_string();
    let output = Command::new("ps")
        .args(["-o", "caught=,ignored=", "-p", &pid])
        .output()
        .expect("ps runs");
    assert!(output.status.success(), "ps: {output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let masks: Vec<u64> = text
        .split_whitespace()
        .map(|mask| u64::from_str_radix(mask, 16).expect("a mask"))
        .collect();
    [masks[0] & !SIGPIPE, masks[1] & !SIGPIPE]
}

/// Whether any part of a library's file is mapped into this process.
///
/// # Panics
/// When the system does not list the mappings.
#[cfg(target_os = "linux")]
pub fn is_mapped(library: &std::path::Path) -> bool {
    let library = library.canonicalize().expect("the library's path");
    let maps = std::fs::read_to_string("/proc/self/maps").expect("the mappings");
    maps.contains(library.to_str().expect("a path in UTF-8"))
}
