//! Processes and threads.

use std::ffi::CStr;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The calling thread's name; empty when it has none.
pub(crate) fn thread_name() -> String {
    let mut name = [0; 64];
    // SAFETY: the buffer is as long as said, and the thread is the calling one.
    let code =
        unsafe { libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr(), name.len()) };
    if code != 0 {
        return String::new();
    }
    // SAFETY: on success the buffer holds a NUL-terminated name.
    unsafe { CStr::from_ptr(name.as_ptr()) }
        .to_string_lossy()
        .into_owned()
}

/// Lets a command run in a process group of its own.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Ends whatever is left of a process group.
pub(crate) fn end_group(leader: u32) {
    if let Ok(group) = i32::try_from(leader) {
        // SAFETY: signals a group that this program has made.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// A signal's name, with what it usually means.
pub(crate) fn signal_name(signal: i32) -> String {
    let known = [
        (libc::SIGSEGV, "SIGSEGV (memory that it must not touch)"),
        (libc::SIGBUS, "SIGBUS (memory that is not there)"),
        (
            libc::SIGABRT,
            "SIGABRT (abort, or a failed check of the C library)",
        ),
        (libc::SIGILL, "SIGILL (no valid instruction)"),
        (
            libc::SIGTRAP,
            "SIGTRAP (a trap, such as Swift's failed checks)",
        ),
        (libc::SIGFPE, "SIGFPE (a division by zero)"),
        (libc::SIGKILL, "SIGKILL (ended from outside)"),
        (libc::SIGTERM, "SIGTERM (ended from outside)"),
        (libc::SIGPIPE, "SIGPIPE (a pipe without a reader)"),
    ];
    let name = known.iter().find(|(number, _)| *number == signal);
    name.map_or(format!("signal {signal}"), |(_, name)| (*name).to_string())
}

/// The most memory that this process has had at once, in bytes.
pub(crate) fn peak_memory() -> u64 {
    // SAFETY: zero is a valid value for all of its numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is writable and as large as the system expects.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * unit
}
