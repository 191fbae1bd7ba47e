//! Sessions of a plugin in a host, loaded and used as usual once per process: what happened in them,
//! for rules that share a process. It must not know what they look for.

use super::case::{Case, HostOptions};
use super::outcome::Problem;
use super::platform::{self, Stdio, StdoutCatch};
use super::tracked::{Call, HostString, Misuse, Side};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A session in which the plugin stays loaded: rules that are not about unloading do not meet its
/// faults.
#[derive(Debug)]
pub(crate) struct Session {
    /// Every call of it, in the order in which they began.
    calls: Vec<Call>,
    /// The strings that the plugin got from the host.
    pub(crate) strings: Vec<HostString>,
    /// What it did wrong with them.
    pub(crate) misuses: Vec<Misuse>,
    /// The process before the plugin was loaded; its library was open when handlers were read.
    pub(crate) before: State,
    /// The process after the last call.
    pub(crate) after: State,
}

/// What a plugin must leave as it is in its process.
#[derive(Debug)]
pub(crate) struct State {
    /// What each signal does.
    pub(crate) handlers: BTreeMap<i32, String>,
    /// Where standard input, output and error lead.
    pub(crate) stdio: Stdio,
    /// Locale, current folder and the like.
    pub(crate) process: BTreeMap<String, String>,
}

/// A session to the end of the plugin.
#[derive(Debug)]
pub(crate) struct EndedSession {
    /// Every call into the plugin, `destroy` too.
    pub(crate) plugin_calls: Vec<Call>,
    /// The strings that the plugin got from the host.
    pub(crate) strings: Vec<HostString>,
    /// What was written to standard output, or why that is not known.
    pub(crate) output: Result<Vec<u8>, String>,
    /// The processes that this one had before, with their names.
    pub(crate) children: BTreeMap<u32, String>,
}

/// The sessions of a process, each made for the first rule that asks.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    running: OnceLock<Result<Session, Problem>>,
    ended: OnceLock<Result<EndedSession, Problem>>,
}

impl Case {
    /// A session in which the plugin stays loaded.
    pub(super) fn session(&self) -> Result<&Session, Problem> {
        let session = self.sessions.running.get_or_init(|| run(self));
        session.as_ref().map_err(Problem::clone)
    }

    /// A session to the end of the plugin.
    pub(super) fn ended_session(&self) -> Result<&EndedSession, Problem> {
        let session = self.sessions.ended.get_or_init(|| run_to_the_end(self));
        session.as_ref().map_err(Problem::clone)
    }
}

impl Session {
    /// What the plugin called of the host.
    pub(crate) fn host_calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.side == Side::Host)
    }

    /// What was called of the plugin.
    pub(crate) fn plugin_calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.side == Side::Plugin)
    }
}

fn run(case: &Case) -> Result<Session, Problem> {
    let (stdio, process) = (Stdio::now(), platform::process_state());
    // What the runtime of the plugin's language sets when the library is opened is not the plugin's
    // doing. The library stays open, so that loading it does not open it a second time.
    let _open = case.open()?;
    let before = State {
        handlers: platform::signal_handlers(),
        stdio,
        process,
    };
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    Ok(Session {
        calls: loaded.calls(),
        strings: loaded.strings(),
        misuses: loaded.misuses(),
        before,
        after: State {
            handlers: platform::signal_handlers(),
            stdio: Stdio::now(),
            process: platform::process_state(),
        },
    })
}

fn run_to_the_end(case: &Case) -> Result<EndedSession, Problem> {
    let children = platform::children();
    let catch = StdoutCatch::start(case.folder());
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    loaded.unload();
    Ok(EndedSession {
        plugin_calls: loaded.plugin_calls(),
        strings: loaded.strings(),
        output: catch
            .and_then(|catch| catch.read())
            .map_err(|error| error.to_string()),
        children,
    })
}
