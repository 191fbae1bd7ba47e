//! One child process: started with two sockets and nothing else of the host's, watched, ended.
//! Used by `session`. Knows processes and pipes, nothing of messages or scripts.
use crate::platform;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How many of the last lines on stderr go into the report of a death.
const TAIL_LINES: usize = 12;

/// What to start. The socket numbers are added to the environment.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// Absolute path of the interpreter.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// Names of variables that must not reach a worker: they change what an interpreter loads.
fn is_unwanted(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("PYTHON")
        || matches!(
            &*name,
            "__PYVENV_LAUNCHER__" | "VIRTUAL_ENV" | "NODE_OPTIONS" | "NODE_PATH"
        )
}

/// A running or ended child.
pub struct Process {
    pid: libc::pid_t,
    ended: Mutex<Option<String>>,
    on_end: Condvar,
    tail: Arc<Tail>,
}

/// The last lines that the child wrote to stderr.
#[derive(Default)]
pub struct Tail(Mutex<VecDeque<String>>);

impl Tail {
    /// Remembers a line.
    pub fn push(&self, line: &str) {
        let mut lines = lock(&self.0);
        if lines.len() == TAIL_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    fn text(&self) -> String {
        let lines = lock(&self.0);
        Vec::from_iter(lines.iter().map(String::as_str)).join("\n")
    }
}

/// What a started child hands back.
pub struct Started {
    /// The process.
    pub process: Arc<Process>,
    /// Its stdout and stderr.
    pub output: (OwnedFd, OwnedFd),
}

/// Starts `command` with `sockets` inherited. `on_end` runs once, on a thread of this module, when it has ended.
///
/// # Errors
/// When the program cannot be started.
pub fn start(
    command: &WorkerCommand,
    sockets: (OwnedFd, OwnedFd),
    on_end: impl FnOnce() + Send + 'static,
) -> io::Result<Started> {
    let mut prepared = prepare(command, &sockets);
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
                    let process = Arc::clone(&started.process);
                    let _ = tell.send(Ok(started));
                    wait(child, &process);
                    on_end();
                }
            }
        })?;
    told.recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended")))
}

fn prepare(command: &WorkerCommand, sockets: &(OwnedFd, OwnedFd)) -> Command {
    let keep = [sockets.0.as_raw_fd(), sockets.1.as_raw_fd()];
    let mut out = Command::new(&command.program);
    out.args(&command.args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("OSAURUS_BRIDGE_FDS", format!("{},{}", keep[0], keep[1]))
        .process_group(0);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_unwanted(name)) {
        out.env_remove(name);
    }
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
    let process = Arc::new(Process {
        pid: child.id() as libc::pid_t,
        ended: Mutex::new(None),
        on_end: Condvar::new(),
        tail: Arc::default(),
    });
    let output = (out.into(), err.into());
    Ok((child, Started { process, output }))
}

fn wait(mut child: Child, process: &Process) {
    // First only look: while the number is not collected, it cannot be given to another process, and kill() is safe.
    loop {
        // SAFETY: siginfo_t is plain data; waitid(2) fills it.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let flags = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: waitid(2) on our own child, writing into `info`.
        let done =
            unsafe { libc::waitid(libc::P_PID, process.pid as libc::id_t, &raw mut info, flags) };
        if done == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break;
        }
    }
    let mut ended = lock(&process.ended);
    *ended = Some(match child.wait() {
        Ok(status) => describe(status),
        Err(_) => "ended (the host collected its exit status)".to_owned(),
    });
    process.on_end.notify_all();
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

impl Process {
    /// Process number, for the log.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Where its stderr is remembered.
    pub fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tail)
    }

    /// Kills it and everything that it started, unless it has ended.
    pub fn kill(&self) {
        let ended = lock(&self.ended);
        if ended.is_none() {
            // SAFETY: kill(2): the child leads its own process group and has not been collected, so the number is its.
            unsafe { libc::kill(-self.pid, libc::SIGKILL) };
            // SAFETY: as above; before exec the group may not exist yet.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
        }
    }

    /// True once it has ended.
    pub fn has_ended(&self) -> bool {
        lock(&self.ended).is_some()
    }

    /// Waits for its end; false when `limit` passed first.
    pub fn wait_for_end(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut ended = lock(&self.ended);
        while ended.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            ended = self
                .on_end
                .wait_timeout(ended, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// How it ended, with its last words. Waits a moment for both, because sockets close before the process ends.
    pub fn obituary(&self) -> String {
        self.wait_for_end(Duration::from_secs(1));
        let how = lock(&self.ended).clone();
        let how = how.unwrap_or_else(|| "closed its connection".to_owned());
        // The line reader may be a moment behind.
        std::thread::sleep(Duration::from_millis(20));
        match self.tail.text() {
            text if text.is_empty() => format!("the worker process {how}"),
            text => format!("the worker process {how}. Its last lines:\n{text}"),
        }
    }
}

/// A poisoned lock only means that another thread panicked; the data here stays good.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
