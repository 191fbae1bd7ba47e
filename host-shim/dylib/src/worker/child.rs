//! A worker as a child process: started with two sockets and nothing else of the host's, watched, ended.
//! Used through [`Launch`]. Knows processes and pipes, nothing of messages or scripts.
use super::life::{Launch, Life, OnEnd, Started};
use crate::{environment, platform};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

/// What to start. The socket numbers are added to the environment.
#[derive(Debug, Clone, Default)]
pub struct WorkerCommand {
    /// Absolute path of the interpreter.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables added to the environment.
    pub envs: Vec<(&'static str, OsString)>,
    /// What is started and where it was found, for the log; the program's path when empty.
    pub description: String,
}

impl Launch for WorkerCommand {
    fn launch(&self, sockets: (OwnedFd, OwnedFd), on_end: OnEnd) -> io::Result<Started> {
        let mut prepared = prepare(self, &sockets);
        let (tell, told) = mpsc::channel();
        // The thread that forks must live as long as the child: Linux kills the child with the thread.
        std::thread::Builder::new()
            .name("osaurus-worker".into())
            .spawn(move || {
                let spawned = prepared.spawn();
                drop((prepared, sockets));
                match spawned.and_then(watched) {
                    Err(error) => drop(tell.send(Err(error))),
                    Ok((child, started)) => {
                        let life = Arc::clone(&started.life);
                        let _ = tell.send(Ok(started));
                        wait(child, &life);
                        on_end();
                    }
                }
            })?;
        told.recv()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended")))
    }

    fn describe(&self) -> String {
        match self.description.as_str() {
            "" => self.program.display().to_string(),
            text => text.to_owned(),
        }
    }
}

fn prepare(command: &WorkerCommand, sockets: &(OwnedFd, OwnedFd)) -> Command {
    let keep = [sockets.0.as_raw_fd(), sockets.1.as_raw_fd()];
    let mut out = Command::new(&command.program);
    for name in environment::unwanted() {
        out.env_remove(name);
    }
    out.args(&command.args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .envs(command.envs.iter().map(|(name, value)| (*name, value)))
        .env("OSAURUS_BRIDGE_FDS", format!("{},{}", keep[0], keep[1]))
        .process_group(0);
    // SAFETY: getpid(2) has no arguments.
    let parent = unsafe { libc::getpid() };
    // SAFETY: the closure runs between fork and exec and makes only async-signal-safe system calls.
    unsafe { out.pre_exec(move || platform::prepare_child(&keep, parent)) };
    out
}

fn watched(mut child: Child) -> io::Result<(Child, Started)> {
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("its output cannot be read"));
    };
    let pid = child.id() as libc::pid_t;
    let life = Life::new("the worker process", move || {
        // SAFETY: kill(2): the child leads its own process group, and `Life` never kills what has been collected, so
        // the number is still its.
        unsafe { libc::kill(-pid, libc::SIGKILL) };
        // SAFETY: as above; before exec the group may not exist yet.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    });
    let output = (out.into(), err.into());
    Ok((child, Started { life, output }))
}

fn wait(mut child: Child, life: &Life) {
    // First only look: while the number is not collected, it cannot be given to another process, and kill() is safe.
    loop {
        // SAFETY: siginfo_t is plain data; waitid(2) fills it.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let flags = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: waitid(2) on our own child, writing into `info`.
        let done =
            unsafe { libc::waitid(libc::P_PID, child.id() as libc::id_t, &raw mut info, flags) };
        if done == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break;
        }
    }
    life.ends(|| match child.wait() {
        Ok(status) => describe(status),
        Err(_) => "ended (the host collected its exit status)".to_owned(),
    });
}

fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!(
            "was ended by signal {signal} ({})",
            platform::signal_name(signal)
        ),
        (None, Some(code)) => format!("ended with exit code {code}"),
        (None, None) => "ended".to_owned(),
    }
}

/// A poisoned lock only means that another thread panicked; the data here stays good.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
