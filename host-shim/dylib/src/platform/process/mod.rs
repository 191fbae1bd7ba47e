//! Child processes that get of this process what they are given and nothing else. Used by
//! `worker::child` and by `probe`. How they are made differs between systems: one module for each
//! way.
#[cfg(not(target_os = "macos"))]
mod fork;
#[cfg(target_os = "macos")]
mod posix_spawn;

#[cfg(not(target_os = "macos"))]
use fork::spawn;
#[cfg(target_os = "macos")]
use posix_spawn::spawn;

use super::socket::above_stdio;
use std::ffi::OsString;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

/// What to start. Its stdin is empty.
#[derive(Debug)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Descriptors that it gets, under the same numbers.
    pub keep: Vec<RawFd>,
}

/// A started program, which leads a process group of its own. No one else collects its end.
#[derive(Debug)]
pub struct Process {
    id: libc::pid_t,
}

impl Program {
    /// Starts it. The descriptors read its stdout and its stderr.
    ///
    /// # Errors
    /// Of the system: it is not there, or is not a program.
    pub fn start(&self) -> io::Result<(Process, OwnedFd, OwnedFd)> {
        let (out, its_out) = pipe()?;
        let (err, its_err) = pipe()?;
        let id = spawn(self, its_out, Some(its_err))?;
        Ok((Process { id }, out, err))
    }

    /// Starts it. The descriptor reads its stdout; what it writes to stderr is lost.
    ///
    /// # Errors
    /// As of [`Program::start`].
    pub fn start_quietly(&self) -> io::Result<(Process, OwnedFd)> {
        let (out, its_out) = pipe()?;
        let id = spawn(self, its_out, None)?;
        Ok((Process { id }, out))
    }
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = io::pipe()?;
    Ok((above_stdio(read.into())?, above_stdio(write.into())?))
}

impl Process {
    /// Something that ends it and its group at once. It must not be used once the end was
    /// collected: the number may then be another process's.
    pub fn killer(&self) -> impl Fn() + Send + Sync + use<> {
        let id = self.id;
        move || {
            // SAFETY: kill(2): the process leads its own group, and its end has not been collected.
            unsafe { libc::kill(-id, libc::SIGKILL) };
            // SAFETY: as above; the group may not exist yet.
            unsafe { libc::kill(id, libc::SIGKILL) };
        }
    }

    /// Waits for its end without collecting it: until then its number cannot become another
    /// process's. False when the host has collected it.
    pub fn wait(&self) -> bool {
        loop {
            // SAFETY: siginfo_t is plain data; waitid(2) fills it.
            let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
            let flags = libc::WEXITED | libc::WNOWAIT;
            let id = self.id as libc::id_t;
            // SAFETY: waitid(2) on our own child, writing into `info`.
            let result = unsafe { libc::waitid(libc::P_PID, id, &raw mut info, flags) };
            if result == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return result == 0;
            }
        }
    }

    /// Waits for its end and collects it.
    ///
    /// # Errors
    /// Someone else has collected it.
    pub fn collect(&self) -> io::Result<ExitStatus> {
        loop {
            match self.wait_with(0) {
                Ok(Some(status)) => return Ok(status),
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
    }

    /// Collects its end if it has ended.
    ///
    /// # Errors
    /// As of [`Process::collect`].
    pub fn try_collect(&self) -> io::Result<Option<ExitStatus>> {
        self.wait_with(libc::WNOHANG)
    }

    fn wait_with(&self, flags: libc::c_int) -> io::Result<Option<ExitStatus>> {
        let mut status = 0;
        // SAFETY: waitpid(2) on our own child, writing one int.
        match unsafe { libc::waitpid(self.id, &raw mut status, flags) } {
            -1 => Err(io::Error::last_os_error()),
            0 => Ok(None),
            _ => Ok(Some(ExitStatus::from_raw(status))),
        }
    }
}
