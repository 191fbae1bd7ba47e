//! The worker engine: the script runs where it speaks the worker protocol
//! (docs/worker-protocol.md), as a rule in a child process. A worker that dies, hangs or floods
//! costs its running calls, and the next call starts a new one. Used by `runtime`. Knows no
//! language: what to start is a [`Launch`], such as a [`WorkerCommand`].
mod child;
mod exchange;
mod greeting;
mod idle;
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
pub use run::{Launch, OnEnd, Started, TheirEnds, WorkerRun};

use crate::engine::{Engine, EngineContext, EngineFailure, Request};
use crate::envelope::Failure;
use crate::platform::START_LIMIT;
use idle::{InUse, Shared, Work};
use lock::lock;
use osaurus_plugin::{Frame, log_level};
use session::Session;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Version of the protocol that a worker and this library speak.
pub const PROTOCOL_VERSION: u32 = 1;
/// Longest pause between two starts.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// A call waits this long for a pause to end before it is answered with `unavailable`.
const PATIENCE: Duration = Duration::from_secs(2);
/// The end of the plugin waits this long for a worker that is starting or ending.
const AT_THE_END: Duration = Duration::from_secs(1);

/// An [`Engine`] over a worker. Starts it at the first call, and ends it when it is idle, where the
/// plugin's settings say so.
pub struct WorkerEngine {
    launcher: Box<dyn Launch>,
    context: EngineContext,
    log: LogFn,
    shared: Arc<Shared>,
}

struct State {
    phase: Phase,
    /// How many workers were started.
    starts: u64,
    /// Threads that start or end a worker now.
    under_way: usize,
    work: Work,
    /// Workers in a row that ended before a call of theirs succeeded.
    failures: u32,
    not_before: Option<Instant>,
    last_failure: Option<EngineFailure>,
}

enum Phase {
    Idle,
    Starting,
    Running(Arc<Session>),
    /// It has been idle for long enough.
    Ending,
    Closed,
}

impl WorkerEngine {
    /// Remembers what to start.
    pub fn new(launcher: impl Launch + 'static, context: EngineContext, log: LogFn) -> Self {
        Self {
            launcher: Box::new(launcher),
            context,
            log,
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    phase: Phase::Idle,
                    starts: 0,
                    under_way: 0,
                    work: Work::default(),
                    failures: 0,
                    not_before: None,
                    last_failure: None,
                }),
                changed: Condvar::new(),
            }),
        }
    }

    fn is_closed(&self) -> bool {
        matches!(lock(&self.shared.state).phase, Phase::Closed)
    }

    /// The running worker, started if need be. One thread starts it, the others wait.
    fn session(&self, deadline: Instant) -> Result<InUse<'_>, EngineFailure> {
        let mut state = lock(&self.shared.state);
        loop {
            let wake = match &state.phase {
                Phase::Closed => return Err(closed()),
                Phase::Running(session) if session.is_alive() => {
                    let session = Arc::clone(session);
                    return Ok(self.in_use(&mut state, session));
                }
                Phase::Running(_) => {
                    state.bury();
                    continue;
                }
                Phase::Starting | Phase::Ending => deadline,
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
            state = self.shared.wait_until(state, wake.min(deadline));
        }
        state.phase = Phase::Starting;
        state.under_way += 1;
        drop(state);
        self.start(deadline)
    }

    fn in_use(&self, state: &mut State, session: Arc<Session>) -> InUse<'_> {
        let counted = self.context.config.idle_timeout_ms.map(|_| &*self.shared);
        if counted.is_some() {
            state.work.begin();
        }
        InUse { session, counted }
    }

    fn start(&self, deadline: Instant) -> Result<InUse<'_>, EngineFailure> {
        let limit = deadline.min(Instant::now() + START_LIMIT);
        let started = Session::start(
            &*self.launcher,
            &self.context,
            Arc::clone(&self.log),
            limit,
            &|| !self.is_closed(),
        );
        let mut state = lock(&self.shared.state);
        let closed_meanwhile = matches!(state.phase, Phase::Closed);
        state.under_way -= 1;
        self.shared.changed.notify_all();
        match started {
            _ if closed_meanwhile => Err(closed()),
            Ok(session) => {
                let session = Arc::new(session);
                state.phase = Phase::Running(Arc::clone(&session));
                state.starts += 1;
                let start = state.starts;
                let in_use = self.in_use(&mut state, session);
                drop(state);
                let text = format!("worker started: {}", in_use.description);
                (self.log)(log_level::INFO, &text);
                if let Some(limit) = self.context.config.idle_timeout_ms {
                    let limit = Duration::from_millis(limit);
                    idle::watch(&self.shared, start, limit, &self.log);
                }
                Ok(in_use)
            }
            Err(failure) => {
                state.phase = Phase::Idle;
                state.count_failure(&failure);
                Err(failure)
            }
        }
    }
}

impl State {
    /// The worker has ended because it was idle: no failure.
    fn retire(&mut self, session: &Session) {
        self.phase = Phase::Idle;
        if session.has_served() {
            self.failures = 0;
            self.not_before = None;
        }
    }

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
        match &lock(&self.shared.state).phase {
            Phase::Running(session) => format!("worker: {}", session.description),
            _ => format!(
                "worker: {}, started at the first call",
                self.launcher.describe()
            ),
        }
    }

    fn shutdown(&self) {
        let phase = std::mem::replace(&mut lock(&self.shared.state).phase, Phase::Closed);
        self.shared.changed.notify_all();
        if let Phase::Running(session) = phase {
            session.stop(self.context.config.handlers.unload.as_ref());
        }
        let end = Instant::now() + AT_THE_END;
        let mut state = lock(&self.shared.state);
        while state.under_way > 0 && Instant::now() < end {
            state = self.shared.wait_until(state, end);
        }
    }
}
