//! Sessions of a plugin in a host, loaded and used as usual once per process: what was seen of them,
//! for rules that share a process. It must not know what they look for.

use super::outcome::Problem;
use super::platform::Stdio;
use super::tracked::{Call, HostString, Misuse, Side};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A session in which the plugin stays loaded: rules that are not about unloading do not meet its
/// faults.
#[derive(Debug)]
pub(crate) struct Session {
    /// Every call of it, in the order in which they began.
    pub(super) calls: Vec<Call>,
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
    pub(super) running: OnceLock<Result<Session, Problem>>,
    pub(super) ended: OnceLock<Result<EndedSession, Problem>>,
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
