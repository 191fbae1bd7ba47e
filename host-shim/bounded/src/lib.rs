//! Runs a program that may be anything: for a limited time, with limited memory and output, in a
//! process group of its own, with no descriptor of the caller's. What it has started ends with it.
//! Used by the program (builds, questions to interpreters) and for the processes that plugins are
//! tried in. The steps between fork and exec serve the shim, too. Knows nothing of plugins.

mod child;
mod printed;

pub use child::{close_on_exec_from, die_with_parent};
use printed::Printed;
use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(2);

/// What a program may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// It is ended after that.
    pub time: Duration,
    /// Bytes of its standard output, and of its standard error, that are kept: the last ones. What
    /// came before is dropped.
    pub output: usize,
    /// How much memory it may take.
    pub memory: Memory,
}

/// A limit of memory, for each process. macOS takes it and does not keep it.
#[derive(Debug, Clone, Copy)]
pub enum Memory {
    /// As much as there is.
    Unlimited,
    /// Bytes of address space.
    AddressSpace(u64),
    /// Bytes of memory of its own that can be written: for interpreters, which reserve more address
    /// space than they use.
    Private(u64),
}

/// Where the two streams that a program prints to end up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Streams {
    Apart,
    /// Both in [`Finished::stdout`], in the order in which they were written.
    Together,
}

/// Whether a program leads a process group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Own,
    Callers,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Finished {
    /// `None` when its time was over and it was killed.
    pub status: Option<ExitStatus>,
    /// Its standard output, as far as it was kept.
    pub stdout: Vec<u8>,
    /// Its standard error, as far as it was kept.
    pub stderr: Vec<u8>,
}

/// A program that runs, and what it prints meanwhile.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Group,
    stdout: Printed,
    stderr: Printed,
    end: Instant,
    has_finished: bool,
}

/// Runs a program to its end, or to that of its time.
///
/// # Errors
/// When it does not start.
pub fn run(command: &mut Command, limits: Limits) -> io::Result<Finished> {
    Running::start(command, Vec::new(), limits)?.finish()
}

/// [`run`] with both streams in `stdout`, in the order in which they were written.
///
/// # Errors
/// When it does not start.
pub fn run_together(command: &mut Command, limits: Limits) -> io::Result<Finished> {
    Running::spawn(command, limits, Streams::Together, Group::Own)?.finish()
}

/// [`run_together`] in the caller's process group: what ends the caller's group ends it, too.
///
/// # Errors
/// When it does not start.
pub fn run_in_group(command: &mut Command, limits: Limits) -> io::Result<Finished> {
    Running::spawn(command, limits, Streams::Together, Group::Callers)?.finish()
}

impl Running {
    /// Starts a program and gives it `input`. The thread that starts it must live until it is
    /// finished: where the system can do that, the program ends with that thread.
    ///
    /// # Errors
    /// What the system said.
    pub fn start(command: &mut Command, input: Vec<u8>, limits: Limits) -> io::Result<Self> {
        command.stdin(Stdio::piped());
        let mut running = Self::spawn(command, limits, Streams::Apart, Group::Own)?;
        if let Some(mut stdin) = running.child.stdin.take()
            && !input.is_empty()
        {
            // One that does not read its input says why by itself.
            std::thread::spawn(move || stdin.write_all(&input));
        }
        Ok(running)
    }

    fn spawn(
        command: &mut Command,
        limits: Limits,
        streams: Streams,
        group: Group,
    ) -> io::Result<Self> {
        let (stdout, stdout_end) = io::pipe()?;
        let (stderr, stderr_end) = match streams {
            Streams::Apart => {
                let (reader, writer) = io::pipe()?;
                (Some(reader), writer)
            }
            Streams::Together => (None, stdout_end.try_clone()?),
        };
        if streams == Streams::Together {
            command.stdin(Stdio::null());
        }
        command.stdout(stdout_end).stderr(stderr_end);
        child::prepare(command, limits.memory, group == Group::Own);
        let child = command.spawn();
        // The command keeps its ends of the pipes, which would then never end.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self {
            child: child?,
            group,
            stdout: Printed::follow(Some(stdout), limits.output),
            stderr: Printed::follow(stderr, limits.output),
            end: Instant::now() + limits.time,
            has_finished: false,
        })
    }

    /// Waits until it has ended; false when its time was over first.
    pub fn wait(&self) -> bool {
        while !child::has_ended(&self.child) {
            if Instant::now() >= self.end {
                return false;
            }
            std::thread::sleep(POLL);
        }
        true
    }

    /// Sends it a signal.
    pub fn signal(&self, number: i32) {
        child::signal(&self.child, number);
    }

    /// The rest of a line of its standard error that begins so, when it comes in time.
    pub fn wait_for_text(&self, start: &str, patience: Duration) -> Option<String> {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            let text = String::from_utf8_lossy(&self.stderr.bytes()).into_owned();
            let rest = text.lines().find_map(|line| line.strip_prefix(start));
            if let Some(rest) = rest.filter(|_| text.ends_with('\n')) {
                return Some(rest.to_owned());
            }
            std::thread::sleep(POLL);
        }
        None
    }

    /// Waits, ends what is left of it and of what it has started, and returns what it has printed.
    ///
    /// # Errors
    /// When the system does not say how it ended.
    pub fn finish(mut self) -> io::Result<Finished> {
        let in_time = self.wait();
        let status = self.end_all()?;
        Ok(Finished {
            status: in_time.then_some(status),
            stdout: self.stdout.end(),
            stderr: self.stderr.end(),
        })
    }

    fn end_all(&mut self) -> io::Result<ExitStatus> {
        self.has_finished = true;
        // Before it is waited for: until then its number cannot be another one's.
        match self.group {
            Group::Own => child::kill_group(&self.child),
            Group::Callers => child::signal(&self.child, libc::SIGKILL),
        }
        self.child.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_finished {
            let _ = self.end_all();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here")]
    use super::*;

    fn shell(script: &str, seconds: u64) -> Finished {
        let limits = Limits {
            time: Duration::from_secs(seconds),
            output: 1000,
            memory: Memory::Unlimited,
        };
        run(Command::new("sh").args(["-c", script]), limits).unwrap()
    }

    #[test]
    fn what_a_program_has_started_ends_with_it_and_is_not_waited_for() {
        let began = Instant::now();
        let finished = shell("sleep 600 & echo $!; sleep 600 >&2 & exec echo more", 60);
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(finished.status.unwrap().success());
        let text = String::from_utf8(finished.stdout).unwrap();
        let (sleeper, more) = text.trim().split_once('\n').unwrap();
        assert_eq!(more, "more");
        // SAFETY: kill(2) with signal 0 asks whether there is such a process; a zombie waits for
        // init.
        let has_ended = || unsafe { libc::kill(sleeper.parse().unwrap(), 0) } != 0;
        let stat = || std::fs::read_to_string(format!("/proc/{sleeper}/stat")).unwrap_or_default();
        while !has_ended() && !stat().contains(") Z ") {
            assert!(began.elapsed() < Duration::from_secs(30), "{}", stat());
            std::thread::sleep(POLL);
        }
    }

    #[test]
    fn time_output_and_descriptors_are_limited() {
        let finished = shell("trap '' TERM; yes", 1);
        assert!(finished.status.is_none());
        assert_eq!(finished.stdout.len(), 1000);
        let file = std::fs::File::open("/").unwrap();
        use std::os::fd::AsRawFd;
        // SAFETY: fcntl(2) on a descriptor that is open: programs inherit it from now on.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) };
        let output = shell(
            &format!("test -e /dev/fd/{} || echo none", file.as_raw_fd()),
            20,
        );
        assert_eq!(output.stdout, b"none\n");
    }

    #[test]
    fn streams_together_keep_their_order_and_the_last_is_kept() {
        let limits = Limits {
            time: Duration::from_secs(60),
            output: 8,
            memory: Memory::Unlimited,
        };
        let script = "head -c 100000 /dev/zero; printf one; printf two >&2; printf 33";
        let finished = run_together(Command::new("sh").args(["-c", script]), limits).unwrap();
        assert_eq!(finished.stdout, b"onetwo33");
        let sleeper = "sleep 600 & echo $!";
        let inside = run_in_group(Command::new("sh").args(["-c", sleeper]), limits).unwrap();
        let pid: i32 = String::from_utf8(inside.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        // SAFETY: kill(2) takes numbers; the sleeper is in this group, so it lives, and has no
        // other parent to collect it than init.
        assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_limited() {
        for memory in [Memory::AddressSpace(256 << 20), Memory::Private(256 << 20)] {
            let limits = Limits {
                time: Duration::from_secs(60),
                output: 1000,
                memory,
            };
            let greedy = "a=x; while :; do a=$a$a; done";
            let finished = run(Command::new("sh").args(["-c", greedy]), limits).unwrap();
            assert!(!finished.status.unwrap().success(), "{memory:?}");
        }
    }
}
