//! A session file: a header and events, one JSON object a line. Reading it names the line of
//! whatever is wrong.

use super::header::{FORMAT, Header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Something that crossed the boundary. Frames and host calls are numbered from 1 in the order of
/// their begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The host called the plugin.
    Call {
        /// Number of this call.
        frame: u64,
        /// Which of the host's threads, numbered in the order of their first call.
        thread: u64,
        /// The bound agent.
        agent: Option<String>,
        /// The function of the plugin.
        slot: String,
        /// Its strings.
        args: Vec<Option<String>>,
    },
    /// The plugin returned.
    Return {
        /// Number of the call.
        frame: u64,
        /// What it returned; null for NULL and for nothing.
        result: Option<String>,
    },
    /// The plugin called the host.
    HostCall {
        /// Number of this host call.
        call: u64,
        /// The call into the plugin on this thread; 0 on a thread of the plugin's own.
        frame: u64,
        /// Which thread.
        thread: u64,
        /// The function of the host.
        slot: String,
        /// Its strings.
        args: Vec<Option<String>>,
    },
    /// The host gave a piece of a stream.
    Chunk {
        /// Number of the host call.
        call: u64,
        /// The piece.
        text: String,
    },
    /// The host returned.
    HostReturn {
        /// Number of the host call.
        call: u64,
        /// What it returned; null for NULL and for nothing.
        result: Option<String>,
    },
    /// The recording ended in order. Always the last line.
    End {},
}

/// A whole session. Event `i` is on line `i + 2` of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The first line.
    pub header: Header,
    /// The others.
    pub events: Vec<Event>,
}

/// The line of an event.
pub(super) fn line_of(index: usize) -> usize {
    index + 2
}

/// What is wrong with a session file.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It cannot be read.
    #[error("cannot read the session {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not what it must be.
    #[error("{}:{line}: {what}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was expected and found.
        what: String,
    },
}

impl Session {
    /// Reads a session.
    ///
    /// # Errors
    /// With the line that is not an event, that refers to nothing, or after which the rest is
    /// missing.
    pub fn read(path: &Path) -> Result<Session, SessionError> {
        let text = std::fs::read_to_string(path).map_err(|source| SessionError::Unreadable {
            path: path.to_path_buf(),
            source,
        })?;
        parse(&text).map_err(|(line, what)| SessionError::Line {
            path: path.to_path_buf(),
            line,
            what,
        })
    }
}

type Wrong = (usize, String);

fn parse(text: &str) -> Result<Session, Wrong> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let header = header(lines.next().map_or("", |(_, line)| line)).map_err(|what| (1, what))?;
    let mut names = Names::default();
    let mut events = Vec::new();
    for (line, text) in lines {
        let event = event(text).map_err(|what| (line, what))?;
        names.take(&event).map_err(|what| (line, what))?;
        events.push(event);
    }
    if names.ended {
        return Ok(Session { header, events });
    }
    let what = "the session ends here, without its last line {\"event\":\"end\"}: it was cut off, or the recording \
                did not end in order; record it again";
    Err((events.len() + 1, what.to_owned()))
}

fn header(line: &str) -> Result<Header, String> {
    let foreign = "this is not a recorded session: expected a first line {\"osaurus_session\":1,…} as `osaurus-bridge \
                   record` writes it";
    let value: Value = serde_json::from_str(line).map_err(|_| foreign.to_owned())?;
    let format = value["osaurus_session"].as_u64().ok_or(foreign)?;
    if format != u64::from(FORMAT) {
        return Err(format!(
            "the session has format {format}, and this program reads format {FORMAT}; record it again, or use the \
             program that recorded it"
        ));
    }
    serde_json::from_value(value).map_err(|error| format!("the first line is damaged: {error}"))
}

fn event(line: &str) -> Result<Event, String> {
    serde_json::from_str(line).map_err(|error| {
        let start: String = line.chars().take(60).collect();
        format!("expected an event as docs/record-replay.md lists them, found `{start}` ({error})")
    })
}

/// What the lines so far have begun.
#[derive(Default)]
struct Names {
    frames: HashSet<u64>,
    calls: HashSet<u64>,
    ended: bool,
}

impl Names {
    fn take(&mut self, event: &Event) -> Result<(), String> {
        if self.ended {
            return Err("nothing may follow the line {\"event\":\"end\"}".to_owned());
        }
        match event {
            Event::Call { frame, .. } => {
                once(self.frames.insert(*frame) && *frame > 0, "frame", *frame)
            }
            Event::Return { frame, .. } => open(self.frames.contains(frame), "frame", *frame),
            Event::HostCall { call, frame, .. } => {
                open(*frame == 0 || self.frames.contains(frame), "frame", *frame)?;
                once(self.calls.insert(*call), "host call", *call)
            }
            Event::Chunk { call, .. } | Event::HostReturn { call, .. } => {
                open(self.calls.contains(call), "host call", *call)
            }
            Event::End {} => {
                self.ended = true;
                Ok(())
            }
        }
    }
}

fn once(new: bool, what: &str, number: u64) -> Result<(), String> {
    let twice = || format!("{what} {number} begins a second time: lines were copied or merged");
    new.then_some(()).ok_or_else(twice)
}

fn open(begun: bool, what: &str, number: u64) -> Result<(), String> {
    let missing = || format!("{what} {number} has not begun: lines before this one are missing");
    begun.then_some(()).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const HEADER: &str = r#"{"osaurus_session":1,"plugin":{"id":"p","version":"1","sha256":"00"},"abi":"6","redacted":true}"#;
    const CALL: &str =
        r#"{"event":"call","frame":1,"thread":1,"agent":null,"slot":"init","args":[]}"#;
    const RETURN: &str = r#"{"event":"return","frame":1,"result":null}"#;
    const END: &str = r#"{"event":"end"}"#;

    #[test]
    fn a_whole_session_is_read() {
        let session = parse(&[HEADER, CALL, RETURN, END].join("\n")).unwrap();
        assert_eq!(
            (session.events.len(), session.header.plugin.id.as_str()),
            (3, "p")
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let newer = HEADER.replace("n\":1", "n\":9");
        for (lines, line, text) in [
            (vec![""], 1, "this is not a recorded session"),
            (vec!["{\"a\":1}"], 1, "this is not a recorded session"),
            (
                vec![&*newer, END],
                1,
                "the session has format 9, and this program reads format 1",
            ),
            (
                vec![r#"{"osaurus_session":1}"#],
                1,
                "the first line is damaged",
            ),
            (vec![HEADER, CALL], 2, "it was cut off"),
            (vec![HEADER, CALL, &CALL[..20]], 3, "expected an event"),
            (vec![HEADER, CALL, CALL], 3, "frame 1 begins a second time"),
            (vec![HEADER, RETURN], 2, "frame 1 has not begun"),
            (vec![HEADER, END, RETURN], 3, "nothing may follow"),
        ] {
            let (found, what) = parse(&lines.join("\n")).unwrap_err();
            assert_eq!(found, line, "{what}");
            assert!(what.contains(text), "{what}");
        }
    }
}
