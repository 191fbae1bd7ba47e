//! The processes in which plugins are tried: each is this program again with a job, in folders of
//! its own, confined, with limits of time, memory and output. `check`, `fuzz`, `matrix` and
//! `replay` start theirs here. Knows nothing of rules, hosts and sessions.

mod ended;
mod job;
mod scratch;

use crate::confine::{self, Reach};
pub(crate) use ended::{Cause, Ended};
pub(crate) use job::begin;
use osaurus_bounded::{Limits, Memory};
use scratch::Scratch;
use serde::Serialize;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// What a process may print that is kept.
const OUTPUT: usize = 64 << 10;
/// Memory of its own that a process may have.
const MEMORY: u64 = 8 << 30;

/// How processes for plugins are started.
#[derive(Debug, Clone)]
pub struct Sandbox {
    program: PathBuf,
    arguments: Vec<OsString>,
    /// The user's home folders; `None` when processes are not confined.
    homes: Option<Vec<PathBuf>>,
    readable: Vec<PathBuf>,
}

impl Sandbox {
    /// Processes of `program`, which calls [`crate::do_job`] with the file that follows these
    /// arguments. They do not reach the files of `homes` and of the current folder.
    pub fn new(program: PathBuf, arguments: &[&str], homes: Vec<PathBuf>) -> Sandbox {
        Sandbox {
            program,
            arguments: arguments.iter().map(OsString::from).collect(),
            homes: confine::is_available().then_some(homes),
            readable: Vec::new(),
        }
    }

    /// Processes that reach everything that the user can.
    #[must_use]
    pub fn unconfined(mut self) -> Sandbox {
        self.homes = None;
        self
    }

    /// Adds a file or folder that processes may read.
    #[must_use]
    pub fn reading(mut self, path: PathBuf) -> Sandbox {
        self.readable.push(path);
        self
    }

    /// Whether processes are confined.
    pub(crate) fn is_confined(&self) -> bool {
        self.homes.is_some()
    }

    /// A place for the processes of one run, removed at its end.
    pub(crate) fn open(&self) -> io::Result<Workplace> {
        let folder = tempfile::Builder::new()
            .prefix("osaurus-bridge-")
            .tempdir()?;
        // Not the user's: a plugin could change there what others unpack.
        let cache = folder.path().join("cache");
        std::fs::create_dir(&cache)?;
        Ok(Workplace {
            sandbox: self.clone(),
            folder,
            cache,
        })
    }
}

/// Where the processes of one run have their folders.
#[derive(Debug)]
pub(crate) struct Workplace {
    sandbox: Sandbox,
    folder: TempDir,
    cache: PathBuf,
}

/// A process to start.
pub(crate) struct Order<'a, T> {
    /// Which part of this crate does it in the process.
    pub(crate) kind: &'a str,
    pub(crate) work: &'a T,
    /// Of the process alone; what it leaves there is read afterwards.
    pub(crate) folder: &'a Path,
    pub(crate) library: &'a Path,
    /// Other files that it reads.
    pub(crate) readable: &'a [PathBuf],
    /// Program and arguments in front of the program.
    pub(crate) launcher: &'a [String],
    pub(crate) variables: Vec<(&'a str, &'a str)>,
    pub(crate) time: Duration,
}

impl Workplace {
    /// A new folder for a process.
    pub(crate) fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Runs a process to its end, or to that of its time.
    pub(crate) fn run<T: Serialize>(&self, order: &Order<'_, T>) -> io::Result<Ended> {
        let job = job::write(order.folder, self.reach(order), order.kind, order.work)?;
        let scratch = scratch::make(order.folder, &self.cache)?;
        let mut command = match order.launcher {
            [] => Command::new(&self.sandbox.program),
            [launcher, words @ ..] => {
                let mut command = Command::new(absolute_program(launcher));
                command.args(words).args(env_program(&scratch));
                command.arg(&self.sandbox.program);
                command
            }
        };
        if order.launcher.is_empty() {
            for (name, value) in scratch.variables {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
        }
        command
            .args(&self.sandbox.arguments)
            .arg(job)
            .envs(order.variables.iter().copied())
            .current_dir(scratch.current);
        osaurus_bounded::run_together(&mut command, limits(order.time)).map(Ended::from)
    }

    fn reach<T>(&self, order: &Order<'_, T>) -> Option<Reach> {
        let homes = self.sandbox.homes.as_ref()?;
        let mut reach = Reach::for_library(order.library, homes).reading(&self.sandbox.program);
        reach.readable.extend(self.sandbox.readable.iter().cloned());
        reach.readable.extend(order.readable.iter().cloned());
        Some(reach.writing(order.folder).writing(&self.cache))
    }
}

/// The beginning of a command line that gives a program the variables of its scratch folders. A
/// launcher itself keeps the user's.
fn env_program(scratch: &Scratch) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["env".into()];
    for (name, value) in &scratch.variables {
        if value.is_none() {
            words.extend(["-u".into(), (*name).into()]);
        }
    }
    for (name, value) in &scratch.variables {
        if let Some(value) = value {
            let mut word = OsString::from(format!("{name}="));
            word.push(value);
            words.push(word);
        }
    }
    words
}

/// A path to a program counts from the folder of this process, not from that of the new one.
fn absolute_program(word: &str) -> PathBuf {
    let path = PathBuf::from(word);
    match path.is_relative() && word.contains('/') {
        true => std::path::absolute(&path).unwrap_or(path),
        false => path,
    }
}

fn limits(time: Duration) -> Limits {
    Limits {
        time,
        output: OUTPUT,
        memory: Memory::Private(MEMORY),
    }
}

/// Runs another process from one of the sandbox, which ends with it and reaches no more than it:
/// with these variables alone, in this current folder.
pub(crate) fn run_within<T: Serialize>(
    order: &Order<'_, T>,
    variables: &[(OsString, OsString)],
    current: &Path,
) -> io::Result<Ended> {
    let job = job::write(order.folder, None, order.kind, order.work)?;
    // As this process was started, but for the job.
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    arguments.pop();
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(arguments)
        .arg(job)
        .env_clear()
        .envs(variables.iter().cloned())
        .envs(order.variables.iter().copied())
        .current_dir(current);
    osaurus_bounded::run_in_group(&mut command, limits(order.time)).map(Ended::from)
}
