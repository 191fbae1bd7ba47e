//! The parent of a replay: starts the process that plays, and makes a difference out of its death.

use super::job::{Job, KIND};
use super::place::{frame_of, place};
use super::session::{Session, SessionError, line_of};
use super::verdict::{Difference, Verdict, event_text};
use crate::sandbox::{Cause, Ended, Order, Sandbox};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Lines that are shown of what the process printed, when it dies.
const LAST_LINES: usize = 5;
/// The longest that a replay may take as a whole.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A replay to make.
#[derive(Debug)]
pub struct Replay<'a> {
    /// How its process is started.
    pub sandbox: Sandbox,
    /// The plugin's library.
    pub library: &'a Path,
    /// The session.
    pub session: &'a Path,
    /// Whether ids and times that the plugin makes up must be the same too.
    pub exact: bool,
    /// How long the plugin may do nothing that is recorded.
    pub limit: Duration,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The session is not one.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The library is not there.
    #[error("cannot read {}: {source}", path.display())]
    Library {
        /// The library.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The child process could not be run.
    #[error("cannot run the replay in a process of its own: {0}")]
    Child(#[source] io::Error),
    /// The session could not be played.
    #[error("{0}")]
    Failed(String),
}

/// Plays a session in a child process.
///
/// # Errors
/// When the session or the library cannot be used. A plugin that crashes is a
/// [`Verdict::Different`].
pub fn replay(replay: &Replay<'_>) -> Result<Verdict, ReplayError> {
    let session = Session::read(replay.session)?;
    File::open(replay.library).map_err(|source| ReplayError::Library {
        path: replay.library.to_path_buf(),
        source,
    })?;
    let ended = run(replay, &session).map_err(ReplayError::Child)?;
    match ended.verdict {
        Some(Verdict::Failed { what }) => Err(ReplayError::Failed(what)),
        Some(verdict) => Ok(verdict),
        None => Ok(Verdict::Different(death(&session, &ended))),
    }
}

/// What is left of the process.
struct Leftovers {
    process: Ended,
    verdict: Option<Verdict>,
    /// The event that came next.
    front: usize,
}

fn run(replay: &Replay<'_>, session: &Session) -> io::Result<Leftovers> {
    let place = replay.sandbox.open()?;
    let folder = place.folder("replay")?;
    let job = Job {
        library: std::path::absolute(replay.library)?,
        session: std::path::absolute(replay.session)?,
        verdict: folder.join("verdict.json"),
        exact: replay.exact,
        limit: replay.limit,
    };
    // Each event may take as long as the limit; the process itself keeps that.
    let events = u32::try_from(session.events.len()).unwrap_or(u32::MAX);
    let process = place.run(&Order {
        kind: KIND,
        work: &job,
        folder: &folder,
        library: &job.library,
        readable: std::slice::from_ref(&job.session),
        launcher: &[],
        variables: Vec::new(),
        time: replay
            .limit
            .saturating_mul(events.saturating_add(1))
            .min(LONGEST),
    })?;
    let text_of = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    Ok(Leftovers {
        process,
        verdict: serde_json::from_str(&text_of(&job.verdict)).ok(),
        front: text_of(&job.front()).trim().parse().unwrap_or(0),
    })
}

fn death(session: &Session, left: &Leftovers) -> Difference {
    let index = usize::min(left.front, session.events.len().saturating_sub(1));
    let frame = frame_of(&session.events, index);
    let cause = match left.process.cause() {
        Cause::Time => "the plugin's process did not end in time".to_owned(),
        Cause::Signal(signal) => format!("the plugin's process was ended by signal {signal}"),
        Cause::Exit(code) => format!("the plugin ended its process with {code}"),
    };
    let last = left.process.last_lines(LAST_LINES).join("\n  ");
    Difference {
        line: line_of(index),
        place: place(&session.events, frame),
        expected: session
            .events
            .get(index)
            .map_or_else(String::new, event_text),
        found: cause,
        detail: Some(last).filter(|text| !text.is_empty()),
    }
}
