//! A worker as a child process: started with two sockets and nothing else of the host's, watched,
//! ended. Used through [`Launch`]. Knows processes and pipes, nothing of messages or scripts.
use super::run::{Launch, OnEnd, Started, TheirEnds, WorkerRun};
use crate::environment;
use crate::platform::process::{Process, Program};
use crate::platform::signal_name;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, mpsc};

/// What to start. The numbers of the connections are added to the environment.
#[derive(Debug, Clone, Default)]
pub struct WorkerCommand {
    /// Absolute path of the interpreter.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables added to the environment.
    pub envs: Vec<(&'static str, OsString)>,
    /// Offers pipes to the worker, which it need not take.
    pub pipes: bool,
    /// What is started and where it was found, for the log; the program's path when empty.
    pub description: String,
}

impl Launch for WorkerCommand {
    fn launch(&self, ends: TheirEnds, on_end: OnEnd) -> io::Result<Started> {
        let program = prepare(self, &ends);
        let (tell, told) = mpsc::channel();
        // The thread that starts it must live as long as the child: Linux kills the child with the
        // thread.
        std::thread::Builder::new()
            .name("osaurus-worker".into())
            .spawn(move || {
                let outcome = program.start();
                drop(ends);
                match outcome {
                    Err(error) => drop(tell.send(Err(error))),
                    Ok((process, out, err)) => {
                        let worker = WorkerRun::new("the worker process", process.killer());
                        let output = (out, err);
                        let started = Started {
                            run: Arc::clone(&worker),
                            output,
                        };
                        let _ = tell.send(Ok(started));
                        wait(&process, &worker);
                        on_end();
                    }
                }
            })?;
        told.recv()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended")))
    }

    fn offers_pipes(&self) -> bool {
        self.pipes
    }

    fn describe(&self) -> String {
        match self.description.as_str() {
            "" => self.program.display().to_string(),
            text => text.to_owned(),
        }
    }
}

fn prepare(command: &WorkerCommand, ends: &TheirEnds) -> Program {
    let sockets = [&ends.lane, &ends.mux].map(AsRawFd::as_raw_fd);
    let pipes: Vec<_> = ends.pipes.iter().flatten().flatten().collect();
    let pipes: Vec<_> = pipes.into_iter().map(AsRawFd::as_raw_fd).collect();
    let added = command.envs.iter().cloned();
    let added = added.chain([("OSAURUS_BRIDGE_FDS", listed(&sockets).into())]);
    let offered = (!pipes.is_empty()).then(|| ("OSAURUS_BRIDGE_PIPES", listed(&pipes).into()));
    let keep = [&sockets, pipes.as_slice()].concat();
    Program {
        path: command.program.clone(),
        args: command.args.clone(),
        env: environment::for_interpreter(added.chain(offered)),
        keep,
    }
}

fn listed(numbers: &[RawFd]) -> String {
    let numbers: Vec<_> = numbers.iter().map(RawFd::to_string).collect();
    numbers.join(",")
}

/// Its number stays its own until no one can kill it any more.
fn wait(process: &Process, run: &WorkerRun) {
    if process.wait() {
        // What the worker has started ends with it.
        process.killer()();
    }
    run.ends(|| match process.collect() {
        Ok(status) => describe(status),
        Err(_) => "ended (the host collected its exit status)".to_owned(),
    });
}

fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => {
            format!("was ended by signal {signal} ({})", signal_name(signal))
        }
        (None, Some(code)) => format!("ended with exit code {code}"),
        (None, None) => "ended".to_owned(),
    }
}
