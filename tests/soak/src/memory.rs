//! How much memory a process holds: what the system gave it, what its C heap has handed out, what
//! Python and Node count. The one place of the soak that knows platforms.

use serde::{Deserialize, Serialize};
use std::process::Command;

/// Memory after some rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Calls or rounds so far.
    pub done: u64,
    /// Resident memory of the host's process in bytes; none with a Node in it: V8 gives memory back
    /// when it likes.
    pub resident: Option<u64>,
    /// Bytes that malloc has handed out in it; only where the system tells.
    pub heap: Option<u64>,
    /// Memory blocks that Python has handed out, where a Python can be asked.
    pub blocks: Option<u64>,
    /// Bytes that JavaScript holds on to after a collection, where a Node can be asked.
    pub script_heap: Option<u64>,
    /// Resident memory of the worker process in bytes, where there is one.
    pub worker: Option<u64>,
}

/// Resident memory of a process in bytes; 0 when it cannot be found out.
pub fn resident(pid: u32) -> u64 {
    if let Ok(text) = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) {
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        return kilobytes(line.unwrap_or_default());
    }
    let pid = pid.to_string();
    let output = Command::new("ps").args(["-o", "rss=", "-p", &pid]).output();
    output.map_or(0, |output| {
        kilobytes(&String::from_utf8_lossy(&output.stdout))
    })
}

fn kilobytes(text: &str) -> u64 {
    let number = text.split_whitespace().next().and_then(|n| n.parse().ok());
    number.unwrap_or(0) * 1024
}

/// Bytes that malloc has handed out in this process.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn heap() -> Option<u64> {
    // SAFETY: mallinfo2(3) only reads the allocator's books, under its locks.
    let info = unsafe { libc::mallinfo2() };
    Some((info.uordblks + info.hblkhd) as u64)
}

/// Bytes that malloc has handed out in this process.
#[cfg(target_os = "macos")]
pub fn heap() -> Option<u64> {
    // SAFETY: the record is plain numbers, for which zero is a value.
    let mut all: libc::malloc_statistics_t = unsafe { std::mem::zeroed() };
    // SAFETY: a NULL zone asks for all zones; the call writes into this one record.
    unsafe { libc::malloc_zone_statistics(std::ptr::null_mut(), &raw mut all) };
    Some(all.size_in_use as u64)
}

/// Bytes that malloc has handed out in this process.
#[cfg(not(any(target_os = "macos", all(target_os = "linux", target_env = "gnu"))))]
pub fn heap() -> Option<u64> {
    None
}
