//! The helper's line to the host: messages out, answers to host calls in, and the agent of the call
//! that runs now, which is one for the whole process: any thread of the plugin sees it. Slots and
//! the serving loop share it.

use super::protocol;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write, stdout};
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

static LINK: OnceLock<Link> = OnceLock::new();

pub(super) struct Link {
    state: Mutex<State>,
    out: Mutex<File>,
    host_call_wait: Duration,
}

#[derive(Default)]
struct State {
    last: u64,
    waiting: HashMap<String, Sender<Option<String>>>,
    agent: Option<String>,
}

impl Link {
    /// The process' one link; the first caller decides how long host calls wait. From now on
    /// standard output leads nowhere: what a plugin prints must not meet the messages.
    pub(super) fn open(host_call_wait: Duration) -> io::Result<&'static Link> {
        if let Some(link) = LINK.get() {
            return Ok(link);
        }
        let link = Link {
            state: Mutex::default(),
            out: Mutex::new(claim_stdout()?),
            host_call_wait,
        };
        Ok(LINK.get_or_init(|| link))
    }

    /// The link that [`Link::open`] made.
    pub(super) fn get() -> Option<&'static Link> {
        LINK.get()
    }

    /// A line to the host. A host that is gone is noticed at the end of input.
    pub(super) fn send(&self, line: &str) {
        let mut out = self.out.lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    /// Calls the host and waits for its answer, but not without a limit: then NULL.
    pub(super) fn call(&self, method: &str, mut params: Value) -> Option<String> {
        let (sender, answer) = channel();
        let id = {
            let mut state = self.state();
            state.last += 1;
            let id = format!("h-{}", state.last);
            state.waiting.insert(id.clone(), sender);
            if let Some(agent) = &state.agent {
                params["agent_id"] = json!(agent);
            }
            id
        };
        self.send(&protocol::request(&json!(id), method, params));
        let answer = answer.recv_timeout(self.host_call_wait);
        self.state().waiting.remove(&id);
        answer.ok().flatten()
    }

    /// An answer of the host.
    pub(super) fn answered(&self, id: &str, message: &Value) {
        let waiting = self.state().waiting.remove(id);
        let value = protocol::text(&message["result"], "value").map(str::to_string);
        if let Some(waiting) = waiting {
            let _ = waiting.send(value);
        }
    }

    pub(super) fn agent(&self) -> Option<String> {
        self.state().agent.clone()
    }

    /// Runs `work` while this agent is the process' agent.
    pub(super) fn with_agent<T>(&self, agent: Option<&str>, work: impl FnOnce() -> T) -> T {
        self.state().agent = agent.map(str::to_string);
        let result = work();
        self.state().agent = None;
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// A private copy of standard output, in whose place `/dev/null` is put.
fn claim_stdout() -> io::Result<File> {
    let own = stdout().as_fd().try_clone_to_owned()?;
    let nowhere = File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(nowhere)?;
    Ok(own.into())
}
