//! The worker engine: the script runs where it speaks the worker protocol
//! (docs/worker-protocol.md), as a rule in a child process. A worker that dies, hangs or floods
//! costs its running calls, and the next call starts a new one. Used by `runtime`. Knows no
//! language: what to start is a [`Launch`], such as a [`WorkerCommand`].
mod child;
mod exchange;
mod lock;
mod log_line;

mod mux;
pub mod node;
mod output;
mod port;
pub mod python;
mod run;
mod session;
pub(crate) mod wire;

pub use child::WorkerCommand;
pub use output::LogFn;
pub use run::{Launch, OnEnd, Started, WorkerRun};

use crate::engine::{Engine, EngineContext, EngineFailure, Request};
use crate::envelope::Failure;
use crate::platform::START_LIMIT;
use lock::lock;
use osaurus_plugin::{Frame, log_level};
use session::Session;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Version of the protocol that a worker and this library speak.
pub const PROTOCOL_VERSION: u32 = 1;
/// Longest pause between two starts.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// A call waits this long for a pause to end before it is answered with `unavailable`.
const PATIENCE: Duration = Duration::from_secs(2);

/// An [`Engine`] over a worker. Starts it at the first call.
pub struct WorkerEngine {
    launcher: Box<dyn Launch>,
    context: EngineContext,
    log: LogFn,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    phase: Phase,
    /// Workers in a row that ended before a call of theirs succeeded.
    failures: u32,
    not_before: Option<Instant>,
    last_failure: Option<EngineFailure>,
}

enum Phase {
    Idle,
    Starting,
    Running(Arc<Session>),
    Closed,
}

impl WorkerEngine {
    /// Remembers what to start.
    pub fn new(launcher: impl Launch + 'static, context: EngineContext, log: LogFn) -> Self {
        Self {
            launcher: Box::new(launcher),
            context,
            log,
            state: Mutex::new(State {
                phase: Phase::Idle,
                failures: 0,
                not_before: None,
                last_failure: None,
            }),
            changed: Condvar::new(),
        }
    }

    fn is_closed(&self) -> bool {
        matches!(lock(&self.state).phase, Phase::Closed)
    }

    /// The running worker, started if need be. One thread starts it, the others wait.
    fn session(&self, deadline: Instant) -> Result<Arc<Session>, EngineFailure> {
        let mut state = lock(&self.state);
        loop {
            let wake = match &state.phase {
                Phase::Closed => return Err(closed()),
                Phase::Running(session) if session.is_alive() => return Ok(Arc::clone(session)),
                Phase::Running(_) => {
                    state.bury();
                    continue;
                }
                Phase::Starting => deadline,
                Phase::Idle => match state.not_before.filter(|at| *at > Instant::now()) {
                    None => break,
                    Some(at) if at > Instant::now() + PATIENCE => return Err(state.pausing(at)),
                    Some(at) => at,
                },
            };
            let now = Instant::now();
            if now >= deadline {
                return Err(EngineFailure::Unavailable {
                    looked_for: vec!["the worker is still starting".into()],
                    fix: "Try again in a moment.".into(),
                });
            }
            let remaining = wake.min(deadline).saturating_duration_since(now);
            state = self
                .changed
                .wait_timeout(state, remaining)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.phase = Phase::Starting;
        drop(state);
        self.start(deadline)
    }

    fn start(&self, deadline: Instant) -> Result<Arc<Session>, EngineFailure> {
        let limit = deadline.min(Instant::now() + START_LIMIT);
        let started = Session::start(&*self.launcher, &self.context, Arc::clone(&self.log), limit);
        let mut state = lock(&self.state);
        let closed_meanwhile = matches!(state.phase, Phase::Closed);
        self.changed.notify_all();
        match started {
            Ok(_) if closed_meanwhile => Err(closed()),
            Ok(session) => {
                let session = Arc::new(session);
                state.phase = Phase::Running(Arc::clone(&session));
                drop(state);
                let text = format!("worker started: {}", session.description);
                (self.log)(log_level::INFO, &text);
                Ok(session)
            }
            Err(failure) => {
                if !closed_meanwhile {
                    state.phase = Phase::Idle;
                }
                state.count_failure(&failure);
                Err(failure)
            }
        }
    }
}

impl State {
    /// The worker is gone: forget it, and remember whether it was of any use.
    fn bury(&mut self) {
        if let Phase::Running(session) = std::mem::replace(&mut self.phase, Phase::Idle) {
            if session.has_served() {
                self.failures = 0;
                self.not_before = None;
            } else {
                let text = "the worker ended before a call succeeded".to_owned();
                let loading = false;
                self.count_failure(&EngineFailure::Crashed { text, loading });
            }
        }
    }

    fn count_failure(&mut self, failure: &EngineFailure) {
        self.failures += 1;
        self.last_failure = Some(failure.clone());
        // One failure may be chance: try again at once. Then 0.5 s, 1 s, 2 s, ...
        let pause = match self.failures {
            0 | 1 => Duration::ZERO,
            n => Duration::from_millis(250 << n.min(12).saturating_sub(1)).min(MAX_PAUSE),
        };
        self.not_before = Some(Instant::now() + pause);
    }

    fn pausing(&self, until: Instant) -> EngineFailure {
        // A broken script stays broken until someone edits it: its own text says most.
        if let Some(script @ EngineFailure::Script { .. }) = &self.last_failure {
            return script.clone();
        }
        let remaining = until.saturating_duration_since(Instant::now());
        let last = self.last_failure.as_ref().map(Failure::from);
        EngineFailure::Unavailable {
            looked_for: vec![format!(
                "the worker failed {} times in a row, the last time: {}",
                self.failures,
                last.map_or_else(String::new, |failure| failure.message)
            )],
            fix: format!("It is tried again in {} s.", remaining.as_secs() + 1),
        }
    }
}

fn closed() -> EngineFailure {
    EngineFailure::Unavailable {
        looked_for: vec!["the plugin has been unloaded".into()],
        fix: "Load it again.".into(),
    }
}

impl Engine for WorkerEngine {
    fn call(&self, frame: &Frame, request: &Request<'_>) -> Result<String, EngineFailure> {
        let limit = request.deadline.saturating_duration_since(Instant::now());
        let session = self.session(frame.deadline())?;
        // The handler's time begins when there is a worker to run it.
        let deadline = (Instant::now() + limit).min(frame.deadline());
        let request = Request {
            deadline,
            ..*request
        };
        match session.call(frame, &request) {
            // Not its fault: it was told to go.
            Err(EngineFailure::Crashed { .. }) if self.is_closed() => Err(closed()),
            outcome => outcome,
        }
    }

    fn start_early(&self) -> Result<(), EngineFailure> {
        self.session(Instant::now() + START_LIMIT).map(drop)
    }

    fn describe(&self) -> String {
        match &lock(&self.state).phase {
            Phase::Running(session) => format!("worker: {}", session.description),
            _ => format!(
                "worker: {}, started at the first call",
                self.launcher.describe()
            ),
        }
    }

    fn shutdown(&self) {
        let phase = std::mem::replace(&mut lock(&self.state).phase, Phase::Closed);
        self.changed.notify_all();
        if let Phase::Running(session) = phase {
            session.stop(self.context.config.handlers.unload.as_ref());
        }
    }
}
