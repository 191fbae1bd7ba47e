//! Runs a command of this program in a process of its own, because what it loads may end that
//! process: then the program is left to say so, with what ran. Used by `invoke`, `serve` and
//! `record`. A parent process and no signal handler: languages' runtimes put their own handlers in
//! place, and some ends (an exit, a kill) raise none.

mod child;
mod output;
mod story;

use crate::failure::{Failure, OrFail};
pub use child::{Order, Worker};
pub use output::OutputKept;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use story::Story;

/// Set in the process that does the work: its descriptor of the connection with this one, or any
/// other text for none.
const VARIABLE: &str = "OSAURUS_BRIDGE_SUPERVISED";
/// The prefix of the descriptor.
const DESCRIPTOR: &str = "fd:";
/// The longest line that is read of the worker; its lines are far shorter.
const LINE: u64 = 4096;

/// How long the rest of what a worker told is read once it has ended.
const REST: Duration = Duration::from_secs(1);

/// What a program exits with by convention when nothing reads its output any more: 128 and the
/// number of SIGPIPE.
const NO_READER: i32 = 141;

/// What becomes of Ctrl-C and SIGTERM.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OnSignal {
    /// Both processes end, as the system does it.
    End,
    /// The worker is told, and ends in order.
    Tell,
}

/// What the environment said at the start: None where this process does not do the work.
static BEGUN: OnceLock<Option<String>> = OnceLock::new();

/// Reads the environment, and takes out of it what programs that this one starts must not see. The
/// first thing that the program does.
pub fn begin() {
    let variable = std::env::var(VARIABLE).ok();
    if BEGUN.set(variable).is_ok() {
        // SAFETY: no other thread of this program has been started yet.
        unsafe { std::env::remove_var(VARIABLE) };
    }
}

/// Whether this process does the work.
pub fn is_worker() -> bool {
    BEGUN.get().is_some_and(Option::is_some)
}

/// Runs this command line once more and waits for it.
pub fn run(on_signal: OnSignal) -> Result<ExitCode, Failure> {
    let signals = match on_signal {
        OnSignal::End => None,
        OnSignal::Tell => Some(watch_signals()?),
    };
    let (here, there) = UnixStream::pair().or_fail("cannot start a process for the plugin", "")?;
    let mut worker = start(&there).or_fail("cannot start a process for the plugin", "")?;
    drop(there);
    if let (Some(signals), Ok(worker)) = (signals, here.try_clone()) {
        std::thread::spawn(move || tell(signals, worker));
    }
    let (story, heard_all) = listen(here);
    let status = worker
        .wait()
        .or_fail("cannot wait for the plugin's process", "")?;
    // Another process may hold the worker's end open: a copy of it that its plugin made and left
    // running.
    let _: Result<(), _> = heard_all.recv_timeout(REST);
    let story = story.lock().unwrap_or_else(PoisonError::into_inner);
    outcome(status, &story)
}

fn watch_signals() -> Result<Signals, Failure> {
    Signals::new([SIGINT, SIGTERM])
        .or_fail("cannot watch for Ctrl-C", "this is a limit of the system")
}

fn start(connection: &UnixStream) -> std::io::Result<Child> {
    let descriptor = connection.as_raw_fd();
    keep_open(descriptor)?;
    Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, format!("{DESCRIPTOR}{descriptor}"))
        .spawn()
}

/// Lets the worker inherit a descriptor; the worker takes that back at once.
fn keep_open(descriptor: RawFd) -> std::io::Result<()> {
    // SAFETY: fcntl(2) on a descriptor that the caller holds open; F_SETFD changes its flags alone.
    let status = unsafe { libc::fcntl(descriptor, libc::F_SETFD, 0) };
    if status < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Passes signals on. On a terminal the worker gets Ctrl-C too, and leaves it to this process.
fn tell(mut signals: Signals, mut worker: UnixStream) {
    for signal in signals.forever() {
        let order = if signal == SIGTERM {
            child::TERMINATE
        } else {
            child::INTERRUPT
        };
        if worker.write_all(&[order]).is_err() {
            return;
        }
    }
}

/// Takes note of what the worker does, on a thread; the receiver disconnects at the end of what it
/// tells.
fn listen(worker: UnixStream) -> (Arc<Mutex<Story>>, Receiver<()>) {
    let (sender, heard_all) = channel();
    let story: Arc<Mutex<Story>> = Arc::default();
    let shared = Arc::clone(&story);
    std::thread::spawn(move || {
        let _until_the_end: Sender<()> = sender;
        let mut lines = BufReader::new(worker);
        while let Some(line) = next_line(&mut lines) {
            shared
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .hear(&line);
        }
    });
    (story, heard_all)
}

fn next_line(lines: &mut BufReader<UnixStream>) -> Option<String> {
    let mut line = Vec::new();
    let length = lines.take(LINE).read_until(b'\n', &mut line).ok()?;
    (length > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn outcome(status: ExitStatus, story: &Story) -> Result<ExitCode, Failure> {
    match (status.code(), status.signal()) {
        (Some(code), _) if story.ended_in_order() => {
            Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
        }
        (Some(NO_READER), _) | (_, Some(libc::SIGPIPE)) => Ok(ExitCode::from(NO_READER as u8)),
        (_, Some(signal)) => Err(crash(story, &format!("crashed with {}", name_of(signal)))),
        (code, None) => {
            let how = format!(
                "ended the process with exit code {}",
                code.unwrap_or_default()
            );
            Err(crash(story, &how))
        }
    }
}

fn crash(story: &Story, how: &str) -> Failure {
    if let Some(folder) = story.folder() {
        // It may be gone already.
        let _ = std::fs::remove_dir_all(folder);
    }
    Failure::new(
        format!(
            "{}; in Osaurus this would have ended the application",
            story.ended(how)
        ),
        "--isolate runs tools in a helper process, and mode = \"worker\" runs a script in one: \
         there a crash ends one call",
    )
}

fn name_of(signal: i32) -> String {
    let name = match signal {
        libc::SIGSEGV => "SIGSEGV (an invalid memory access)",
        libc::SIGBUS => "SIGBUS (an invalid memory access, or a file that was cut)",
        libc::SIGABRT => "SIGABRT (it gave up)",
        libc::SIGILL => "SIGILL (an invalid instruction)",
        libc::SIGFPE => "SIGFPE (an impossible calculation)",
        libc::SIGKILL => "SIGKILL (killed; perhaps no memory was left)",
        libc::SIGTRAP => "SIGTRAP (a failed check)",
        libc::SIGTERM => "SIGTERM (told to end)",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
