//! Ends a worker that has had nothing to do for a time: counts the calls in it, and waits on a
//! thread that sleeps until the time can be over. Used by `WorkerEngine`, only where the author asks
//! for it. Knows nothing of what a call is or how a worker is ended.
use super::lock::lock;
use super::output::LogFn;
use super::session::Session;
use super::{Phase, State};
use crate::debugging;
use osaurus_plugin::log_level;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the calls of an engine and the thread of this module share.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    /// The phase is another one.
    pub(super) changed: Condvar,
}

impl Shared {
    /// Waits until the phase changes, or until then.
    pub(super) fn wait_until<'s>(
        &'s self,
        state: MutexGuard<'s, State>,
        at: Instant,
    ) -> MutexGuard<'s, State> {
        let remaining = at.saturating_duration_since(Instant::now());
        self.changed
            .wait_timeout(state, remaining)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// The calls in the worker, and since when there are none.
pub(super) struct Work {
    calls: usize,
    since: Instant,
}

impl Default for Work {
    fn default() -> Self {
        Work {
            calls: 0,
            since: Instant::now(),
        }
    }
}

impl Work {
    /// One more call. Counted under the lock under which the worker was found, so that it is not
    /// ended before the call has begun.
    pub(super) fn begin(&mut self) {
        self.calls += 1;
    }

    fn end(&mut self) {
        self.calls -= 1;
        self.since = Instant::now();
    }

    /// When the worker has been idle for `limit`, as far as is known now.
    fn is_over_at(&self, limit: Duration) -> Instant {
        match self.calls {
            0 => self.since + limit,
            _ => Instant::now() + limit,
        }
    }
}

/// A worker for a call, which is counted where that matters.
pub(super) struct InUse<'e> {
    pub(super) session: Arc<Session>,
    /// Where it is counted.
    pub(super) counted: Option<&'e Shared>,
}

impl Deref for InUse<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.counted {
            lock(&shared.state).work.end();
        }
    }
}

/// Ends the worker of this start when it has been idle for `limit`. The thread ends with the worker.
pub(super) fn watch(shared: &Arc<Shared>, start: u64, limit: Duration, log: &LogFn) {
    let (theirs, their_log) = (Arc::clone(shared), Arc::clone(log));
    let sleep = move || {
        if let Some(session) = when_idle(&theirs, start, limit) {
            end(&theirs, &session, limit, &their_log);
        }
    };
    let thread = std::thread::Builder::new().name("osaurus-idle".into());
    if let Err(error) = thread.spawn(sleep) {
        let text =
            format!("the worker is kept while it is idle: no thread can be started: {error}");
        log(log_level::WARN, &text);
    }
}

/// The worker, which no call can find any more; `None` when another one runs or none.
fn when_idle(shared: &Shared, start: u64, limit: Duration) -> Option<Arc<Session>> {
    let mut state = lock(&shared.state);
    loop {
        match &state.phase {
            Phase::Running(session) if state.starts == start && session.is_alive() => {}
            _ => return None,
        }
        let mut at = state.work.is_over_at(limit);
        if at <= Instant::now() {
            // A debugger is attached to this process and no other.
            if debugging::inspector().is_none() {
                break;
            }
            at = Instant::now() + limit;
        }
        state = shared.wait_until(state, at);
    }
    state.under_way += 1;
    match std::mem::replace(&mut state.phase, Phase::Ending) {
        Phase::Running(session) => Some(session),
        other => {
            state.phase = other;
            state.under_way -= 1;
            None
        }
    }
}

/// Calls wait for this, so that two workers of a plugin never run at once. The plugin stays loaded:
/// its unload handler is not run.
fn end(shared: &Shared, session: &Session, limit: Duration, log: &LogFn) {
    session.stop(None);
    let text = format!(
        "worker ended: it had no call for {} (idle-timeout); the next call starts a new one",
        in_words(limit)
    );
    log(log_level::INFO, &text);
    let mut state = lock(&shared.state);
    state.under_way -= 1;
    if matches!(state.phase, Phase::Ending) {
        state.retire(session);
    }
    drop(state);
    shared.changed.notify_all();
}

fn in_words(limit: Duration) -> String {
    match limit.as_secs() {
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        _ => format!("{} s", limit.as_secs_f64()),
    }
}
