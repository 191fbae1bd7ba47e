//! One running helper, seen from the host: requests with deadlines, its host calls served, its end
//! noticed or forced. The client starts and drops it.

use super::call_slots::CallSlots;
use super::program::HelperProgram;
use super::protocol;
use super::writer::Writer;
use crate::plugin::context::PluginContext;
use parking_lot::{Mutex, MutexGuard};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long a helper may take to end when it was asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(5);
/// The longest message of a helper: a response of 50 MB in base64 fits with room to spare.
const MAX_MESSAGE: u64 = 128 * 1024 * 1024;

/// The log's level of errors.
const ERROR: i32 = 4;

type Answer = Result<Value, String>;

/// Serves a host call of the plugin and hands the answer, if it wants one, on.
pub(crate) type ServeHostCall =
    fn(Arc<PluginContext>, message: Value, answer: Box<dyn FnOnce(String) + Send>);

pub(crate) struct Process {
    child: Mutex<Child>,
    input: Writer,
    calls: Arc<CallSlots>,
    pending: Mutex<Pending>,
    serve: ServeHostCall,
}

#[derive(Default)]
struct Pending {
    last: u64,
    waiting: HashMap<u64, (String, Sender<Answer>)>,
    /// The latest host call of the plugin, for the message when the helper crashes.
    host_call: Option<String>,
    /// Why no more requests are taken.
    ended: Option<String>,
}

/// Why a request has no result.
pub(crate) enum Failed {
    /// The deadline passed; the helper goes on.
    TimeUp,
    /// The helper's own words, or how it ended.
    Told(String),
}

impl Process {
    /// Starts a helper.
    pub(super) fn start(
        program: &HelperProgram,
        context: &Arc<PluginContext>,
        serve: ServeHostCall,
    ) -> io::Result<Arc<Process>> {
        let mut child = command(program).spawn()?;
        let missing = || io::Error::other("the helper has no standard input or output");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let process = Arc::new(Process {
            child: Mutex::new(child),
            input: Writer::start(input)?,
            calls: Arc::default(),
            pending: Mutex::default(),
            serve,
        });
        let (reader, context) = (Arc::clone(&process), Arc::clone(context));
        std::thread::Builder::new()
            .name("osaurus-helper".into())
            .spawn(move || reader.read(output, &context))?;
        Ok(process)
    }

    pub(super) fn is_alive(&self) -> bool {
        self.pending().ended.is_none()
    }

    /// Sends a request and waits for its answer.
    pub(super) fn request(
        &self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, Failed> {
        let (id, answer) = {
            let mut pending = self.pending();
            if let Some(reason) = &pending.ended {
                return Err(Failed::Told(reason.clone()));
            }
            pending.last += 1;
            let (sender, answer) = channel();
            let id = pending.last;
            let what = described(method, &params);
            pending.waiting.insert(id, (what, sender));
            (id, answer)
        };
        self.send(&protocol::request(&id.into(), method, params));
        match answer.recv_timeout(limit) {
            Ok(answer) => answer.map_err(Failed::Told),
            Err(RecvTimeoutError::Timeout) => {
                self.pending().waiting.remove(&id);
                Err(Failed::TimeUp)
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(Failed::Told("the helper process ended".into()))
            }
        }
    }

    /// Fails everything that waits, with this reason, and ends the process: asked first, then
    /// killed.
    pub(super) fn end(&self, reason: &str) {
        self.fail_all(reason);
        self.reap();
    }

    /// The same for a caller whose own time is up, and who does not wait for the process to go.
    pub(super) fn end_soon(self: &Arc<Self>, reason: &str) {
        self.fail_all(reason);
        let me = Arc::clone(self);
        let reaper = std::thread::Builder::new().name("osaurus-helper-end".into());
        if reaper.spawn(move || me.reap()).is_err() {
            self.reap();
        }
    }

    /// What is left of it: `None` when the system does not say.
    fn reap(&self) -> Option<ExitStatus> {
        if let Some(status) = self.signal(Signal::TERM) {
            return Some(status);
        }
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            std::thread::sleep(POLL);
            if let Some(status) = self.child.lock().try_wait().ok()? {
                return Some(status);
            }
        }
        let mut child = self.child.lock();
        let _ = child.kill();
        child.wait().ok()
    }

    /// Sends a signal, unless the process has ended: then its status. The lock keeps its id from
    /// being used again.
    fn signal(&self, signal: Signal) -> Option<ExitStatus> {
        let mut child = self.child.lock();
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        let _ = kill_process(Pid::from_child(&child), signal);
        None
    }

    /// A helper that no longer reads is noticed by its deadline or its end.
    pub(super) fn send(&self, line: &str) {
        self.input.send(line);
    }

    fn read(self: &Arc<Self>, output: ChildStdout, context: &Arc<PluginContext>) {
        let mut output = BufReader::new(output);
        while let Some(line) = next_line(&mut output) {
            // Another program as helper may let a plugin print here; that is skipped.
            if let Ok(Value::Object(message)) =
                crate::common::json::parse(&String::from_utf8_lossy(&line))
            {
                self.take(Value::Object(message), context);
            }
        }
        drop(output);
        let status = self.reap();
        let how = status.map_or("unknown status".to_string(), |status| status.to_string());
        self.tell_of_a_crash(&how, context);
        self.fail_all(&format!(
            "Plugin '{}': its helper process ended ({how}) and will restart on the next call",
            context.plugin_id
        ));
    }

    /// A line of the log when a helper ended without being asked to.
    fn tell_of_a_crash(&self, how: &str, context: &PluginContext) {
        let pending = self.pending();
        if pending.ended.is_some() {
            return;
        }
        let calls: Vec<&str> = pending
            .waiting
            .values()
            .map(|(what, _)| what.as_str())
            .collect();
        let calls = if calls.is_empty() {
            "no call".into()
        } else {
            calls.join(", ")
        };
        let host_call = pending.host_call.as_deref().unwrap_or("none");
        let text = format!(
            "its helper process ended ({how}) while it ran {calls}; its last host call: \
             {host_call}; it restarts on the next call"
        );
        drop(pending);
        let host = &context.services;
        host.log(&context.plugin_id, None, ERROR, &text, None, true);
    }

    fn take(self: &Arc<Self>, mut message: Value, context: &Arc<PluginContext>) {
        if let Some(method) = message.get("method") {
            if !method
                .as_str()
                .is_some_and(|method| method.starts_with("host.log"))
            {
                self.pending().host_call = method.as_str().map(str::to_string);
            }
            let (me, caller) = (Arc::clone(self), Arc::clone(context));
            let slot = self.calls.take();
            let answer = move |line: String| {
                me.send(&line);
                drop(slot);
            };
            return (self.serve)(caller, message, Box::new(answer));
        }
        let waiting = message["id"]
            .as_u64()
            .and_then(|id| self.pending().waiting.remove(&id));
        let Some((_, waiting)) = waiting else { return };
        let error = message["error"]["message"].as_str().map(str::to_string);
        let _ = waiting.send(match error {
            Some(error) => Err(error),
            None => Ok(message["result"].take()),
        });
    }

    fn fail_all(&self, reason: &str) {
        let mut pending = self.pending();
        pending.ended.get_or_insert_with(|| reason.to_string());
        for (_, (_, waiting)) in pending.waiting.drain() {
            let _ = waiting.send(Err(reason.to_string()));
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock()
    }
}

/// A request in the words of a message.
fn described(method: &str, params: &Value) -> String {
    let text = |key| protocol::text(params, key).unwrap_or_default();
    match method {
        "invoke" => format!("the {} {:?}", text("type"), text("id")),
        "config_changed" => format!("on_config_changed (key {:?})", text("key")),
        other => other.to_string(),
    }
}

/// The bytes up to the next line feed; none at the end, and none when a line is longer than any
/// message.
fn next_line(output: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let result = output.take(MAX_MESSAGE).read_until(b'\n', &mut line);
    let is_whole = line.last() == Some(&b'\n') || (line.len() as u64) < MAX_MESSAGE;
    (result.is_ok_and(|bytes| bytes > 0) && is_whole).then_some(line)
}

/// It has this process' environment, as in Osaurus, and no standard error.
fn command(program: &HelperProgram) -> Command {
    let mut command = Command::new(&program.program);
    command
        .args(&program.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}
