//! One run of a worker: start and greeting, calls, end. Never restarts itself: that is
//! `WorkerEngine`'s.
use super::exchange::{Ended, Exchange};
use super::log_line::write_log;
use super::mux::Mux;
use super::output::{self, LogFn, Meter};
use super::port::{Lane, Port};
use super::run::{Launch, WorkerRun};
use super::wire::{FIRST_WAIT, Field, Message, Outgoing, WireError, kind};
use crate::debugging::Deadline;
use crate::engine::{EngineContext, EngineFailure, Kind, Request};
use crate::platform;
use osaurus_payload::HandlerConfig;
use osaurus_plugin::Frame;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long an unload handler may take: destroy must be quick.
const UNLOAD_LIMIT: Duration = Duration::from_millis(800);
/// How long a worker may take to leave by itself.
const BYE_LIMIT: Duration = Duration::from_millis(400);
/// How soon a start is given up that a debugger holds and a reload ends.
const LOOK: Duration = Duration::from_millis(50);

/// A running worker.
pub struct Session {
    run: Arc<WorkerRun>,
    lane: Option<Mutex<Lane>>,
    mux: Arc<Mux>,
    sockets: [Arc<OwnedFd>; 2],
    next_call: AtomicU32,
    given_up: Arc<OnceLock<String>>,
    served: AtomicBool,
    log: LogFn,
    /// What the worker said of itself.
    pub description: String,
}

impl Session {
    /// Starts a worker and waits until its script is loaded, while it is wanted.
    ///
    /// # Errors
    /// `Unavailable` when the program does not start, `Script` when the script does not load,
    /// `Crashed` otherwise.
    pub fn start(
        launcher: &dyn Launch,
        context: &EngineContext,
        log: LogFn,
        deadline: Instant,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<Self, EngineFailure> {
        let not_started = |e: io::Error| EngineFailure::Unavailable {
            looked_for: vec![format!("{}: {e}", launcher.describe())],
            fix: "Check that it can be started, or set another one.".into(),
        };
        let (lane, lane_theirs) = platform::socket_pair(FIRST_WAIT).map_err(not_started)?;
        let (mux, mux_theirs) = platform::socket_pair(FIRST_WAIT).map_err(not_started)?;
        let sockets = [Arc::new(lane), Arc::new(mux)];
        let at_end = sockets.clone();
        let hang_up = move || at_end.iter().for_each(|socket| platform::shut_down(socket));
        let started = launcher
            .launch((lane_theirs, mux_theirs), Box::new(hang_up))
            .map_err(not_started)?;
        let worker = started.run;
        let kill_on_failure = KillOnFailure(Some(&worker));
        let meter = Meter::new(log);
        let log = meter.as_log();
        output::follow(started.output, worker.tail(), meter).map_err(not_started)?;

        let given_up = Arc::new(OnceLock::new());
        let on_broken = stop_worker(&given_up, &worker);
        let mux = Mux::start(Arc::clone(&sockets[1]), Arc::clone(&log), on_broken)
            .map_err(not_started)?;
        let mut lane = Lane::new(Arc::clone(&sockets[0]));
        let (description, has_lane) = greet(&mut lane, context, &log, deadline, is_wanted)
            .map_err(|e| e.into_failure(&worker, deadline))?;
        kill_on_failure.forget();
        Ok(Self {
            run: worker,
            lane: has_lane.then(|| Mutex::new(lane)),
            mux,
            sockets,
            next_call: AtomicU32::new(1),
            given_up,
            served: AtomicBool::new(false),
            log,
            description,
        })
    }

    /// Runs one call. Host calls are served on this thread.
    pub fn call(&self, frame: &Frame, request: &Request<'_>) -> Result<String, EngineFailure> {
        let began = Instant::now();
        let outcome = self.converse(Some(frame), request);
        let failure = match outcome {
            Ok(text) => {
                self.served.store(true, Ordering::Relaxed);
                return Ok(text);
            }
            Err(Ended::Script(text)) => return Err(EngineFailure::Script { text }),
            Err(Ended::Late { stopped }) => {
                if !stopped {
                    self.give_up("a handler did not stop at its deadline");
                }
                EngineFailure::Timeout {
                    after: request.deadline.saturating_duration_since(began),
                }
            }
            Err(Ended::Wire(error)) => self.wire_failure(error),
        };
        Err(failure)
    }

    fn converse(&self, frame: Option<&Frame>, request: &Request<'_>) -> Result<String, Ended> {
        let call = self.next_call.fetch_add(1, Ordering::Relaxed).max(1);
        let exchange = Exchange {
            frame,
            call,
            log: &self.log,
        };
        let cancel = || {
            let soon = Instant::now() + Duration::from_millis(200);
            let _ = self.mux.send(Outgoing::new(kind::CANCEL, call, 0), soon);
        };
        if !request.handler.is_async
            && let Some(lane) = &self.lane
            && let Ok(mut lane) = lane.try_lock()
        {
            return exchange.run(&mut Port::Lane(&mut lane), request, cancel);
        }
        exchange.run(&mut Port::Mux(self.mux.open(call)), request, cancel)
    }

    fn wire_failure(&self, error: WireError) -> EngineFailure {
        if let WireError::Broken(text) = error {
            self.give_up(&text);
        }
        let text = match self.given_up.get() {
            Some(why) => format!("{} was stopped: {why}", self.run.noun()),
            None => self.run.describe_end(),
        };
        EngineFailure::Crashed {
            text: format!("{text}\nThe next call starts a new worker."),
            loading: false,
        }
    }

    /// Kills the worker; all its calls fail.
    fn give_up(&self, why: &str) {
        stop_worker(&self.given_up, &self.run)(why);
    }

    /// False when the next call needs a new worker.
    pub fn is_alive(&self) -> bool {
        self.given_up.get().is_none() && !self.run.has_ended()
    }

    /// True when a call has succeeded.
    pub fn has_served(&self) -> bool {
        self.served.load(Ordering::Relaxed)
    }

    /// Runs the unload handler (if there is one), says goodbye, and kills what is left.
    pub fn stop(&self, unload: Option<&HandlerConfig>) {
        if let Some(handler) = unload {
            let request = Request {
                kind: Kind::Unload,
                target: "",
                payload: "null",
                context: "",
                handler,
                deadline: Instant::now() + UNLOAD_LIMIT,
            };
            let _ = self.converse(None, &request);
        }
        let soon = || Instant::now() + Duration::from_millis(100);
        let _ = self.mux.send(Outgoing::new(kind::BYE, 0, 0), soon());
        if let Some(Ok(lane)) = self.lane.as_ref().map(Mutex::try_lock) {
            let _ = lane.send(Outgoing::new(kind::BYE, 0, 0), soon());
        }
        if !self.run.wait_for_end(BYE_LIMIT) {
            self.run.kill();
            self.run.wait_for_end(BYE_LIMIT);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.run.kill();
        self.sockets.iter().for_each(|s| platform::shut_down(s));
    }
}

fn stop_worker(
    given_up: &Arc<OnceLock<String>>,
    run: &Arc<WorkerRun>,
) -> impl Fn(&str) + Send + use<> {
    let (given_up, run) = (Arc::clone(given_up), Arc::clone(run));
    move |why| {
        let _ = given_up.set(why.to_owned());
        run.kill();
    }
}

/// Kills a worker whose start is not finished.
struct KillOnFailure<'a>(Option<&'a WorkerRun>);

impl KillOnFailure<'_> {
    fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for KillOnFailure<'_> {
    fn drop(&mut self) {
        if let Some(run) = self.0 {
            run.kill();
        }
    }
}

enum GreetError {
    Wire(WireError),
    Script(String),
}

impl From<WireError> for GreetError {
    fn from(error: WireError) -> Self {
        GreetError::Wire(error)
    }
}

impl GreetError {
    fn into_failure(self, run: &WorkerRun, deadline: Instant) -> EngineFailure {
        let text = match self {
            GreetError::Script(text) => return EngineFailure::Script { text },
            GreetError::Wire(WireError::Closed) => run.describe_end(),
            GreetError::Wire(WireError::Broken(text)) => {
                format!("{} was stopped: {text}", run.noun())
            }
            GreetError::Wire(WireError::Late) => format!(
                "{} did not load the plugin in time (given up {:.1} s ago); does it do slow work \
                 on import?",
                run.noun(),
                deadline.elapsed().as_secs_f64()
            ),
        };
        let loading = true;
        EngineFailure::Crashed { text, loading }
    }
}

/// Says who we are and waits until the script is loaded: the worker's description, and whether it
/// serves the lane.
fn greet(
    lane: &mut Lane,
    context: &EngineContext,
    log: &LogFn,
    deadline: Instant,
    is_wanted: &dyn Fn() -> bool,
) -> Result<(String, bool), GreetError> {
    let hello = Outgoing::new(kind::HELLO, 0, 0)
        .text(&context.settings_json)
        .text(&context.root.to_string_lossy())
        .text(&context.plugin_id);
    lane.send(hello, deadline)?;
    let mut deadline = Deadline::until(deadline);
    loop {
        let message = match lane.receive(deadline.at().min(Instant::now() + LOOK)) {
            Err(WireError::Late) if is_wanted() && !deadline.has_passed() => continue,
            received => received?,
        };
        // What has come already is given without waiting: a flood would go on forever.
        if deadline.has_passed() {
            return Err(WireError::Late.into());
        }
        match message.kind {
            kind::READY => return ready(&message),
            kind::FAILED => return Err(GreetError::Script(failed(&message)?)),
            kind::LOG => write_log(&message, log),
            kind::HOST => {
                let refusal =
                    "there are no host calls while the plugin is imported; make them in a handler";
                let reply = Outgoing::new(kind::REPLY, message.call, message.seq);
                lane.send(reply.int(1).text(refusal), deadline.at())?;
            }
            other => {
                let text = format!("message type {other} where READY or FAILED was expected");
                return Err(WireError::Broken(text).into());
            }
        }
    }
}

fn ready(message: &Message) -> Result<(String, bool), GreetError> {
    match message.fields().map_err(WireError::Broken)?.as_slice() {
        [Field::Text(text)] => Ok(((*text).to_owned(), true)),
        [Field::Text(text), Field::Int(lane), ..] => Ok(((*text).to_owned(), *lane != 0)),
        _ => Err(WireError::Broken("READY without a description".into()).into()),
    }
}

fn failed(message: &Message) -> Result<String, GreetError> {
    match message.fields().map_err(WireError::Broken)?.as_slice() {
        [Field::Text(text), ..] => Ok((*text).to_owned()),
        _ => Err(WireError::Broken("FAILED without a message".into()).into()),
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("noun", &self.run.noun())
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}
