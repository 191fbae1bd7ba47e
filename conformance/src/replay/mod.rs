//! A plugin's session, recorded at the boundary and played again: the host's side comes from the
//! recording, and the first thing that the plugin does otherwise is reported. `record` and `replay`
//! of the program call it.
//!
//! [`Recorder`] hears what crosses (the reference host's tap) and writes a [`Session`] file;
//! `docs/record-replay.md` has the format. [`replay`] starts a child process, which ends in `play`:
//! a [`progress`] keeps the order of events, a table answers host calls from it, and a player makes
//! the calls into the plugin.

mod differences;
mod header;
mod job;
mod library;
mod likeness;
mod place;
mod player;
mod progress;
mod recorder;
mod redact;
mod run;
mod session;
mod table;
mod verdict;

pub use header::{FORMAT, Header, Recorded};
pub(crate) use job::KIND;
pub(crate) use player::play;
pub use recorder::{RecordError, Recorder};
pub use run::{Replay, ReplayError, replay};
pub use session::{Event, Session, SessionError};
pub use verdict::{Difference, Verdict};
