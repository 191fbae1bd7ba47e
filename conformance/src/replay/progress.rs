//! The order of a replay. What the host does (calls, pieces, answers) happens when everything
//! recorded before it has happened; what the plugin does is compared with the next event of its
//! call. So frames may overlap as they did in the recording, each outcome of the host comes at its
//! recorded point, and nothing depends on time.

use super::likeness::Likeness;
use super::place::{frame_of, returns};
use super::redact::with_hidden_headers;
use super::session::{Event, Session};
use super::verdict::{Verdict, first_difference};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The replay is over: its verdict is known, and whoever sees this does nothing more.
#[derive(Debug)]
pub(super) struct Over;

pub(super) struct Progress {
    pub(super) events: Vec<Event>,
    redacted: bool,
    /// How long nothing may happen.
    pub(super) limit: Duration,
    /// Told of the event that comes next, for whoever looks on.
    progress: Box<dyn Fn(usize) + Send + Sync>,
    /// What the plugin says in each frame.
    spoken: HashMap<u64, Vec<usize>>,
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    done: Vec<bool>,
    /// The first event that has not happened.
    front: usize,
    moves: u64,
    /// Calls that have begun and not returned.
    running: BTreeSet<u64>,
    likeness: Likeness,
    verdict: Option<Verdict>,
}

impl Progress {
    pub(super) fn new(
        session: Session,
        exact: bool,
        limit: Duration,
        progress: impl Fn(usize) + Send + Sync + 'static,
    ) -> Progress {
        let events = session.events;
        let mut spoken: HashMap<u64, Vec<usize>> = HashMap::new();
        for (index, event) in events.iter().enumerate() {
            if let Event::HostCall { frame, .. } | Event::Return { frame, .. } = event {
                spoken.entry(*frame).or_default().push(index);
            }
        }
        let state = State {
            done: vec![false; events.len()],
            front: 0,
            moves: 0,
            running: BTreeSet::new(),
            likeness: Likeness::of(&events, exact),
            verdict: None,
        };
        Progress {
            events,
            redacted: session.header.redacted,
            limit,
            progress: Box::new(progress),
            spoken,
            state: Mutex::new(state),
            moved: Condvar::new(),
        }
    }

    /// Waits until everything before this event of the host has happened, and counts it as
    /// happening.
    pub(super) fn take_turn(&self, index: usize) -> Result<(), Over> {
        let mut state = self.lock();
        let (mut seen, mut until) = (state.moves, Instant::now() + self.limit);
        while state.verdict.is_none() && state.front != index {
            let time_left = until.saturating_duration_since(Instant::now());
            let waited = self.moved.wait_timeout(state, time_left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.moves != seen {
                (seen, until) = (state.moves, Instant::now() + self.limit);
            } else if Instant::now() >= until {
                let verdict = self.stuck(state.front);
                self.end(&mut state, verdict);
            }
        }
        if state.verdict.is_some() {
            return Err(Over);
        }
        self.happened(&mut state, index);
        Ok(())
    }

    /// The plugin calls the host: the event that this is.
    pub(super) fn host_call(
        &self,
        frame: u64,
        slot: &str,
        args: Vec<Option<String>>,
    ) -> Result<usize, Over> {
        let args = if self.redacted {
            with_hidden_headers(slot, args)
        } else {
            args
        };
        let mut state = self.lock();
        if state.verdict.is_some() {
            return Err(Over);
        }
        let may_come = self.may_come(&state.done, &state.running, frame, slot);
        let likeness = &mut state.likeness;
        let mut is_it = |index: &usize| match &self.events[*index] {
            Event::HostCall {
                slot: s, args: a, ..
            } => s == slot && likeness.accepts(a, &args),
            _ => false,
        };
        if let Some(index) = may_come.into_iter().find(|index| is_it(index)) {
            self.happened(&mut state, index);
            return Ok(index);
        }
        let open = self.open(&state.done, frame);
        if open.is_empty() && self.never_returns(frame) {
            // The recording ended in this call: what follows in it is not known.
            return Err(Over);
        }
        let difference = self.other_call(state.front, frame, &open, slot, &args);
        Err(self.end(&mut state, Verdict::Different(difference)))
    }

    /// A call into the plugin has returned.
    pub(super) fn returned(&self, frame: u64, result: Option<String>) -> Result<(), Over> {
        let mut state = self.lock();
        let next = self.next(&state.done, &state.running, frame);
        let Some(index) = next.last().copied().filter(|_| state.verdict.is_none()) else {
            return Err(Over);
        };
        let events = [result];
        let difference = match &self.events[index] {
            Event::Return { result, .. } => {
                let expected = [result.clone()];
                if self.same_result(&mut state, frame, &expected, &events) {
                    return self.frame_ends(&mut state, frame, index);
                }
                self.difference(index, frame, returns(&events[0]))
                    .at(first_difference(&expected, &events, "the result"))
            }
            _ => self.difference(next[0], frame, returns(&events[0])),
        };
        Err(self.end(&mut state, Verdict::Different(difference)))
    }

    /// When no call runs any more, log lines that were left to others are missing.
    fn frame_ends(&self, state: &mut State, frame: u64, index: usize) -> Result<(), Over> {
        state.running.remove(&frame);
        state.done[index] = true;
        let missing = self
            .left_out(&state.done)
            .filter(|_| state.running.is_empty());
        if let Some(at) = missing {
            let frame = frame_of(&self.events, at);
            let difference = self.difference(at, frame, "the call returned without it");
            return Err(self.end(state, Verdict::Different(difference)));
        }
        self.happened(state, index);
        Ok(())
    }

    /// Ends the replay.
    pub(super) fn fail(&self, verdict: Verdict) -> Over {
        self.end(&mut self.lock(), verdict)
    }

    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.lock().verdict.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the plugin has still to say in a frame.
    fn open(&self, done: &[bool], frame: u64) -> Vec<usize> {
        let spoken = self.spoken.get(&frame).into_iter().flatten().copied();
        spoken.filter(|index| !done[*index]).collect()
    }

    /// What it may say next in a frame. What one of several running calls logs (that a runtime has
    /// started, say) may be another's to log the next time, so such lines need not come here.
    fn next(&self, done: &[bool], running: &BTreeSet<u64>, frame: u64) -> Vec<usize> {
        let mut open = self.open(done, frame);
        let passed = if running.len() > 1 {
            open.iter().take_while(|index| self.is_log(**index)).count()
        } else {
            0
        };
        open.truncate(passed + 1);
        open
    }

    /// The events that a call of this function may be.
    fn may_come(
        &self,
        done: &[bool],
        running: &BTreeSet<u64>,
        frame: u64,
        slot: &str,
    ) -> Vec<usize> {
        // Threads of the plugin's own have no order between them.
        if frame == 0 {
            return self.open(done, frame);
        }
        let mut all = self.next(done, running, frame);
        if is_log(slot) {
            let others = running.iter().filter(|other| **other != frame);
            all.extend(others.flat_map(|other| self.next(done, running, *other)));
        }
        all
    }

    /// A call of the host that a call into the plugin should have made before it returned.
    fn left_out(&self, done: &[bool]) -> Option<usize> {
        let is_return = |index: &&usize| matches!(self.events[**index], Event::Return { .. });
        let of_frames = self.spoken.iter().filter(|(frame, _)| **frame != 0);
        let left_out = of_frames.filter_map(|(_, spoken)| {
            let returned = spoken
                .iter()
                .find(is_return)
                .is_some_and(|index| done[*index]);
            let first = spoken.iter().copied().find(|index| !done[*index]);
            first.filter(|_| returned)
        });
        left_out.min()
    }

    fn is_log(&self, index: usize) -> bool {
        matches!(&self.events[index], Event::HostCall { slot, .. } if is_log(slot))
    }

    fn never_returns(&self, frame: u64) -> bool {
        let spoken = self.spoken.get(&frame).into_iter().flatten();
        let mut spoken = spoken.map(|index| &self.events[*index]);
        frame != 0 && !spoken.any(|event| matches!(event, Event::Return { .. }))
    }

    fn happened(&self, state: &mut State, index: usize) {
        state.done[index] = true;
        state.moves += 1;
        if let Event::Call { frame, .. } = &self.events[index] {
            state.running.insert(*frame);
        }
        while state.done.get(state.front) == Some(&true) {
            state.front += 1;
        }
        (self.progress)(state.front);
        self.moved.notify_all();
    }

    fn end(&self, state: &mut State, verdict: Verdict) -> Over {
        state.verdict.get_or_insert(verdict);
        self.moved.notify_all();
        Over
    }

    /// A new version is not a difference in a manifest.
    fn same_result(
        &self,
        state: &mut State,
        frame: u64,
        expected: &[Option<String>],
        found: &[Option<String>],
    ) -> bool {
        let is_manifest = self.events.iter().any(|event| {
            matches!(event, Event::Call { frame: f, slot, .. } if *f == frame && slot == "get_manifest")
        });
        if is_manifest {
            return without_version(&expected[0]) == without_version(&found[0]);
        }
        state.likeness.accepts(expected, found)
    }
}

fn is_log(slot: &str) -> bool {
    matches!(slot, "log" | "log_structured")
}

fn without_version(manifest: &Option<String>) -> Option<Value> {
    let mut manifest: Value = serde_json::from_str(manifest.as_deref()?).ok()?;
    manifest.as_object_mut()?.shift_remove("version");
    Some(manifest)
}
