//! Processes where a step between fork and exec is wanted: on Linux a worker asks to die with its
//! host, for which posix_spawn(3) has no attribute. fork(2) copies the page tables of the host:
//! measured, 22 ms for each GiB that it uses, where a spawn takes 0.2 ms. macOS, where applications
//! hold whole models, does without it.
use super::Program;
use osaurus_bounded::{close_on_exec_from, die_with_parent};
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Starts a program and gives its number.
pub fn spawn(program: &Program, out: OwnedFd, err: Option<OwnedFd>) -> io::Result<libc::pid_t> {
    let keep = program.keep.clone();
    // SAFETY: getpid(2) has no arguments.
    let parent = unsafe { libc::getpid() };
    let mut command = Command::new(&program.path);
    command
        .args(&program.args)
        .env_clear()
        .envs(program.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err.map_or_else(Stdio::null, Stdio::from))
        .process_group(0);
    // SAFETY: the closure runs between fork and exec and makes only async-signal-safe system calls.
    unsafe { command.pre_exec(move || prepare(&keep, parent)) };
    Ok(command.spawn()?.id() as libc::pid_t)
}

/// Between fork and exec in the child: lets only `keep` through exec, and asks to die with the
/// parent where the system can do that. Only async-signal-safe calls.
fn prepare(keep: &[RawFd], parent: libc::pid_t) -> io::Result<()> {
    close_on_exec_from(3);
    for fd in keep {
        // SAFETY: fcntl(2) on a number; a bad one is an error that is reported.
        if unsafe { libc::fcntl(*fd, libc::F_SETFD, 0) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    die_with_parent(parent)
}
