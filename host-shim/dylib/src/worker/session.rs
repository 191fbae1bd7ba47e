//! One run of a worker: start, calls, end. Never restarts itself: that is
//! `WorkerEngine`'s.
use super::exchange::{Ended, Exchange};
use super::greeting::greet;
use super::mux::Mux;
use super::output::{self, LogFn, Meter};
use super::port::{Lane, Port};
use super::run::{Launch, TheirEnds, WorkerRun};
use super::wire::{FIRST_WAIT, Outgoing, WireError, kind};
use crate::engine::{EngineContext, EngineFailure, Kind, Request};
use crate::platform::{Link, Pipes};
use osaurus_payload::HandlerConfig;
use osaurus_plugin::Frame;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long an unload handler may take: destroy must be quick.
const UNLOAD_LIMIT: Duration = Duration::from_millis(800);
/// How long a worker may take to leave by itself.
const BYE_LIMIT: Duration = Duration::from_millis(400);

/// A running worker.
pub struct Session {
    run: Arc<WorkerRun>,
    lane: Option<Mutex<Lane>>,
    mux: Arc<Mux>,
    links: [Arc<Link>; 2],
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
        let (links, pipes, theirs) = connections(launcher.offers_pipes()).map_err(not_started)?;
        let at_end = links.clone();
        let hang_up = move || at_end.iter().for_each(|link| link.hang_up());
        let started = launcher
            .launch(theirs, Box::new(hang_up))
            .map_err(not_started)?;
        let worker = started.run;
        let kill_on_failure = KillOnFailure(Some(&worker));
        let meter = Meter::new(log);
        let log = meter.as_log();
        output::follow(started.output, worker.tail(), meter).map_err(not_started)?;

        let mut lane = Lane::new(Arc::clone(&links[0]));
        let ready = greet(&mut lane, context, &log, deadline, is_wanted)
            .map_err(|e| e.into_failure(&worker, deadline))?;
        if ready.takes_pipes {
            for (link, pipes) in links.iter().zip(pipes) {
                link.go_on_over(pipes);
            }
        }
        let given_up = Arc::new(OnceLock::new());
        let on_broken = stop_worker(&given_up, &worker);
        let mux =
            Mux::start(Arc::clone(&links[1]), Arc::clone(&log), on_broken).map_err(not_started)?;
        kill_on_failure.forget();
        Ok(Self {
            run: worker,
            lane: ready.serves_lane.then(|| Mutex::new(lane)),
            mux,
            links,
            next_call: AtomicU32::new(1),
            given_up,
            served: AtomicBool::new(false),
            log,
            description: ready.description,
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
        self.links.iter().for_each(|link| link.hang_up());
    }
}

/// Our ends, the pipes that they may go on over, and the worker's ends.
fn connections(with_pipes: bool) -> io::Result<([Arc<Link>; 2], Vec<Pipes>, TheirEnds)> {
    let (lane, lane_theirs) = Link::pair(FIRST_WAIT)?;
    let (mux, mux_theirs) = Link::pair(FIRST_WAIT)?;
    let mut theirs = TheirEnds {
        lane: lane_theirs,
        mux: mux_theirs,
        pipes: None,
    };
    let mut pipes = Vec::new();
    if with_pipes {
        let (lane, lane_pipes) = Pipes::new()?;
        let (mux, mux_pipes) = Pipes::new()?;
        pipes = vec![lane, mux];
        theirs.pipes = Some([lane_pipes, mux_pipes]);
    }
    Ok(([Arc::new(lane), Arc::new(mux)], pipes, theirs))
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

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("noun", &self.run.noun())
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}
