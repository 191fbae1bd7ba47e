//! Medians of repeated calls, and the child processes that serve as baselines.

use crate::Outcome;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs `call` for warm-up, then `count` times, and returns the median in microseconds.
pub fn median_us(count: usize, mut call: impl FnMut()) -> f64 {
    for _ in 0..count / 10 + 1 {
        call();
    }
    let mut samples: Vec<Duration> = (0..count)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    samples.sort_unstable();
    samples[samples.len() / 2].as_secs_f64() * 1e6
}

/// How long a command takes that ends well.
pub fn milliseconds_of(command: &mut Command) -> Result<f64, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let output = command.output()?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    match output.status.success() {
        true => Ok(milliseconds),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// Resident memory of a process in megabytes, as `ps` knows it.
pub fn resident_mb(pid: u32) -> Result<f64, String> {
    let ps = Command::new("ps")
        .args(["-o", "rss=", "-p", &pid.to_string()])
        .output()
        .map_err(|error| format!("ps: {error}"))?;
    let text = String::from_utf8_lossy(&ps.stdout);
    let kilobytes: f64 = text
        .trim()
        .parse()
        .map_err(|_| format!("ps knows no process {pid}"))?;
    Ok(kilobytes / 1024.0)
}

/// A child process that answers one line with one line.
pub struct LineServer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl LineServer {
    /// Starts it; stderr is passed through.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let input = child.stdin.take().ok_or("no stdin")?;
        let output = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Self {
            child,
            input,
            output,
        })
    }

    /// Process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a line without waiting.
    pub fn send(&mut self, line: &str) -> Result<(), String> {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .map_err(|error| error.to_string())
    }

    /// Sends a line and returns the answer.
    pub fn ask(&mut self, line: &str) -> Result<String, String> {
        self.send(line)?;
        let mut answer = String::new();
        self.output
            .read_line(&mut answer)
            .map_err(|error| error.to_string())?;
        Ok(answer)
    }
}

impl Drop for LineServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What takes milliseconds is measured so often in a round, and the least counts: other work on the
/// machine only adds.
const STARTS: usize = 5;

/// The least of a few figures.
pub fn least(mut measure: impl FnMut() -> Outcome<f64>) -> Outcome<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..STARTS {
        least = least.min(measure()?);
    }
    Ok(least)
}
