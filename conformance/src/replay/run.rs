//! The parent of a replay: starts the child that plays, and makes a difference out of its death.

use super::differences::{frame_of, place};
use super::session::{Session, SessionError, line_of};
use super::verdict::{Difference, Verdict, event_text};
use crate::scratch;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// Lines of the child's standard error that are shown when it dies.
const LAST_WORDS: usize = 5;

/// A replay to make.
#[derive(Debug)]
pub struct Replay<'a> {
    /// A program that calls [`super::play`] when it is started with `arguments`, the library, the session, the file of
    /// the verdict, the limit in seconds, and `exact` or `alike`.
    pub program: &'a Path,
    /// What comes first on its command line.
    pub arguments: Vec<OsString>,
    /// Variables for it. Its home is not the user's; where the cache is all the same is said here.
    pub environment: Vec<(OsString, OsString)>,
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
/// When the session or the library cannot be used. A plugin that crashes is a [`Verdict::Different`].
pub fn replay(replay: &Replay<'_>) -> Result<Verdict, ReplayError> {
    let session = Session::read(replay.session)?;
    File::open(replay.library).map_err(|source| ReplayError::Library {
        path: replay.library.to_path_buf(),
        source,
    })?;
    let folder = tempfile::tempdir().map_err(ReplayError::Child)?;
    let verdict = folder.path().join("verdict.json");
    let words = folder.path().join("stderr");
    let status = run_child(replay, folder.path(), &verdict, &words);
    let status = status.map_err(ReplayError::Child)?;
    let told = std::fs::read_to_string(&verdict).unwrap_or_default();
    match serde_json::from_str(&told) {
        Ok(Verdict::Failed { what }) => Err(ReplayError::Failed(what)),
        Ok(verdict) => Ok(verdict),
        Err(_) => Ok(Verdict::Different(death(
            &session, status, &verdict, &words,
        ))),
    }
}

/// In a folder of its own: what was recorded may write to files.
fn run_child(
    replay: &Replay<'_>,
    folder: &Path,
    verdict: &Path,
    words: &Path,
) -> io::Result<ExitStatus> {
    let mut child = Command::new(replay.program);
    scratch::enter(&mut child, folder)?;
    child.envs(replay.environment.iter().cloned());
    child.args(&replay.arguments);
    child.arg(std::path::absolute(replay.library)?);
    child.arg(std::path::absolute(replay.session)?);
    child.arg(verdict);
    child.arg(replay.limit.as_secs().to_string());
    child.arg(if replay.exact { "exact" } else { "alike" });
    child.stdin(Stdio::null()).stdout(Stdio::null());
    child.stderr(File::create(words)?);
    child.status()
}

fn death(session: &Session, status: ExitStatus, verdict: &Path, words: &Path) -> Difference {
    let at = std::fs::read_to_string(verdict.with_extension("at")).unwrap_or_default();
    let at = at.trim().parse().unwrap_or(0);
    let index = usize::min(at, session.events.len().saturating_sub(1));
    let frame = frame_of(&session.events, index);
    let found = match (status.signal(), status.code()) {
        (Some(signal), _) => format!("the plugin's process was ended by signal {signal}"),
        (None, code) => format!("the plugin ended its process with {}", code.unwrap_or(0)),
    };
    let words = std::fs::read_to_string(words).unwrap_or_default();
    let lines: Vec<&str> = words.lines().collect();
    let last = lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n  ");
    Difference {
        line: line_of(index),
        place: place(&session.events, frame),
        expected: session
            .events
            .get(index)
            .map_or_else(String::new, event_text),
        found,
        detail: Some(last).filter(|text| !text.is_empty()),
    }
}
