//! The system calls around a child process: what it gets, its group, its end. The one place of this
//! crate that differs between systems.

use crate::Memory;
use std::ffi::c_int;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// The child gets three descriptors, no room for a core file, which would hold what a crashed
/// program had in memory, and, where it leads one, a group of its own.
pub(crate) fn prepare(command: &mut Command, memory: Memory, leads_group: bool) {
    // SAFETY: getpid(2) has no arguments.
    let parent = unsafe { libc::getpid() };
    if leads_group {
        command.process_group(0);
    }
    // SAFETY: the closure runs between fork and exec and makes only async-signal-safe system calls.
    unsafe {
        command.pre_exec(move || {
            close_on_exec_from(3);
            limit(libc::RLIMIT_CORE, 0);
            match memory {
                Memory::Unlimited => {}
                Memory::AddressSpace(bytes) => limit(libc::RLIMIT_AS, bytes),
                Memory::Private(bytes) => limit(libc::RLIMIT_DATA, bytes),
            }
            die_with_parent(parent)
        });
    }
}

#[cfg(target_os = "linux")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_os = "linux"))]
type Resource = c_int;

/// macOS takes a limit of the address space and does not keep it.
fn limit(resource: Resource, most: u64) {
    let limit = libc::rlimit {
        rlim_cur: most as libc::rlim_t,
        rlim_max: most as libc::rlim_t,
    };
    // SAFETY: setrlimit(2) reads one structure; a system that refuses leaves the old limit.
    unsafe { libc::setrlimit(resource, &raw const limit) };
}

/// Whether it has ended. Its number stays its own until it is waited for.
pub(crate) fn has_ended(child: &Child) -> bool {
    // SAFETY: siginfo_t is plain data; waitid(2) fills it.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: waitid(2) on our own child, writing into `info`.
    let result =
        unsafe { libc::waitid(libc::P_PID, child.id() as libc::id_t, &raw mut info, flags) };
    // SAFETY: waitid has filled the structure, or left the zeros.
    result != 0 || unsafe { info.si_pid() } != 0
}

/// Sends a signal to a child that was not waited for.
pub(crate) fn signal(child: &Child, number: c_int) {
    if let Ok(id) = i32::try_from(child.id()) {
        // SAFETY: kill(2) takes numbers; the process was not waited for, so the number is its own.
        unsafe { libc::kill(id, number) };
    }
}

/// Ends a child that was not waited for, and what it has started.
pub(crate) fn kill_group(child: &Child) {
    signal(child, libc::SIGKILL);
    if let Ok(id) = i32::try_from(child.id()) {
        // SAFETY: as in `signal`; the child leads its own group.
        unsafe { libc::kill(-id, libc::SIGKILL) };
    }
}

/// Between fork and exec in the child: asks to die with the thread that forked, where the system
/// can do that. Only async-signal-safe calls.
///
/// # Errors
/// When the parent is gone already.
#[cfg(target_os = "linux")]
pub fn die_with_parent(parent: libc::pid_t) -> io::Result<()> {
    // The signal comes when the *thread* that forked ends: who starts a process keeps its thread
    // for as long.
    // SAFETY: prctl(2) with plain numbers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: getppid(2) has no arguments.
    if unsafe { libc::getppid() } == parent {
        return Ok(());
    }
    Err(io::Error::from_raw_os_error(libc::ESRCH))
}

/// Between fork and exec in the child: nothing, where the system cannot end a child with its
/// parent.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn die_with_parent(_parent: libc::pid_t) -> io::Result<()> {
    Ok(())
}

/// Lets no descriptor from `first` on through exec. Async-signal-safe.
pub fn close_on_exec_from(first: c_int) {
    #[cfg(target_os = "linux")]
    if close_range(first) {
        return;
    }
    // SAFETY: getdtablesize(2) has no arguments.
    let end = unsafe { libc::getdtablesize() }.min(65_536);
    for fd in first..end {
        // SAFETY: fcntl(2) on a number; a closed one is an error that does not matter.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

#[cfg(target_os = "linux")]
fn close_range(first: c_int) -> bool {
    const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
    // SAFETY: close_range(2) with plain numbers; it only sets flags of this process's descriptors.
    let result = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first as libc::c_uint,
            libc::c_uint::MAX,
            CLOSE_RANGE_CLOEXEC,
        )
    };
    result == 0
}
