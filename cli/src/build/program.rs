//! Programs that a build runs: for a limited time, with limited output, without this shell's settings for
//! interpreters. Their failures as a person should read them.

use crate::failure::{Failure, OrFail};
use osaurus_shim::environment;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Nobody reads more of what a program prints.
const MAX_OUTPUT: usize = 64 << 20;
const POLL: Duration = Duration::from_millis(2);
/// What a program has left running may keep its pipes for so long.
const GRACE: Duration = Duration::from_secs(1);

/// A program on the PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    all_on_path(program).next()
}

/// All programs of a name on the PATH.
pub fn all_on_path(program: &str) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders
        .into_iter()
        .filter(|folder| folder.is_absolute())
        .map(move |folder| folder.join(program))
        .filter(|candidate| candidate.is_file())
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Result<Output, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.output().or_fail(
        format!("cannot run {program}"),
        "check that it is an executable program",
    )
}

/// Takes away the variables of this shell that change what an interpreter loads.
pub fn without_settings(command: &mut Command) -> &mut Command {
    for name in environment::unwanted() {
        command.env_remove(name);
    }
    command
}

/// A program that was run for a limited time.
pub struct Finished {
    /// `None` when its time was over and it was killed.
    pub status: Option<ExitStatus>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: String,
}

/// A program that runs, and what it prints meanwhile.
pub struct Running {
    child: Child,
    stdout: Printed,
    stderr: Printed,
    end: Instant,
}

impl Running {
    /// Starts a program in a process group of its own and gives it `input`.
    pub fn start(command: &mut Command, input: Vec<u8>, limit: Duration) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let (what, fix) = (
            format!("cannot run {program}"),
            "check that it is an executable program",
        );
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().or_fail(&what, fix)?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read its input says why by itself.
            std::thread::spawn(move || stdin.write_all(&input));
        }
        Ok(Self {
            stdout: Printed::follow(child.stdout.take()),
            stderr: Printed::follow(child.stderr.take()),
            child,
            end: Instant::now() + limit,
        })
    }

    /// Waits until it ends or its time is over.
    pub fn wait(&mut self) -> Option<ExitStatus> {
        loop {
            match self.child.try_wait() {
                Ok(None) if Instant::now() < self.end => std::thread::sleep(POLL),
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, number: i32) {
        signal(&self.child, number, false);
    }

    /// The rest of a line of its standard error that begins so, when it comes in time.
    pub fn wait_for_text(&self, start: &str, patience: Duration) -> Option<String> {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            let text = self.stderr.text();
            let rest = text.lines().find_map(|line| line.strip_prefix(start));
            if let Some(rest) = rest.filter(|_| text.ends_with('\n')) {
                return Some(rest.to_owned());
            }
            std::thread::sleep(POLL);
        }
        None
    }

    /// Waits, ends what is left of it, and returns what it has printed.
    pub fn finish(mut self) -> Finished {
        let status = self.wait();
        if status.is_none() {
            signal(&self.child, libc::SIGKILL, true);
            let _ = self.child.wait();
        }
        Finished {
            status,
            stderr: self.stderr.end(),
            stdout: self.stdout.end().into_bytes(),
        }
    }
}

/// Sends a signal to a program of ours that was not waited for, or to it and what it has started.
fn signal(child: &Child, signal: i32, whole_group: bool) {
    let Ok(id) = i32::try_from(child.id()) else {
        return;
    };
    let target = if whole_group { -id } else { id };
    // SAFETY: kill(2) takes numbers; the process was not waited for, so the id is its own.
    unsafe { libc::kill(target, signal) };
}

/// What comes out of a pipe, read by a thread of its own.
struct Printed {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Printed {
    fn follow(from: Option<impl Read + Send + 'static>) -> Self {
        let bytes: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (sender, ended) = channel();
        let into = Arc::clone(&bytes);
        std::thread::spawn(move || {
            if let Some(from) = from {
                read_all(from, &into);
            }
            let _ = sender.send(());
        });
        Self { bytes, ended }
    }

    fn text(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Everything. What the program has left running may keep the pipe: that is not waited for.
    fn end(&self) -> String {
        let _ = self.ended.recv_timeout(GRACE);
        self.text()
    }
}

/// Reads on when there is enough: a full pipe would stop the program.
fn read_all(mut from: impl Read, into: &Mutex<Vec<u8>>) {
    let mut piece = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        let mut bytes = into.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.len() < MAX_OUTPUT {
            bytes.extend_from_slice(&piece[..count]);
        }
    }
}
