//! A running `osaurus-bridge dev`: lines that it prints, and lines that are typed.

use crate::built;
use crate::pythons;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Nothing here takes so long; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program on a terminal of its own.
const ON_A_TERMINAL: &str = "import os, pty, sys; \
    sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/// One that is running.
pub struct Dev {
    /// The program.
    pub process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Dev {
    /// For a project.
    pub fn start(project: &Path) -> Dev {
        Dev::start_with(project, &[])
    }

    /// With more options.
    pub fn start_with(project: &Path, options: &[&str]) -> Dev {
        Dev::start_in(project, options, &[])
    }

    /// With variables, too.
    pub fn start_in(project: &Path, options: &[&str], variables: &[(&str, &Path)]) -> Dev {
        let mut command = Command::new(built("osaurus-bridge"));
        command.env("OSAURUS_BRIDGE_PYTHON", pythons::newest().executable);
        command.envs(variables.iter().copied());
        Dev::run(command, project, options)
    }

    /// As a person runs it.
    pub fn start_on_a_terminal(project: &Path) -> Dev {
        let python = pythons::newest().executable;
        let mut command = Command::new(&python);
        command.args(["-c", ON_A_TERMINAL]);
        command.arg(built("osaurus-bridge"));
        command.env("OSAURUS_BRIDGE_PYTHON", &python);
        Dev::run(command, project, &[])
    }

    fn run(mut command: Command, project: &Path, options: &[&str]) -> Dev {
        command
            .args(["dev", "--port", "0"])
            .args(options)
            .arg(project);
        let process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut process = process.spawn().expect("osaurus-bridge starts");
        let output = process.stdout.take().expect("its output");
        let input = process.stdin.take().expect("its input");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines
                .take_while(|line| sender.send(line.clone()).is_ok())
                .for_each(drop);
        });
        Dev {
            process,
            input,
            lines,
            seen: Vec::new(),
        }
    }

    /// Types a line.
    ///
    /// # Panics
    /// When nothing reads it.
    pub fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("dev reads");
    }

    /// The next line that has this.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait_for(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line =
                line.unwrap_or_else(|_| panic!("no line with {part:?} after {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }
}
