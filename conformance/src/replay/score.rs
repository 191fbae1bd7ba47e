//! The order of a replay. What the host does (calls, pieces, answers) happens when everything recorded before it has
//! happened; what the plugin does is held against the next event of its call. So frames may overlap as they did in the
//! recording, each outcome of the host comes at its recorded point, and nothing depends on time.

use super::likeness::Likeness;
use super::redact::with_hidden_headers;
use super::session::{Event, Session};
use super::verdict::{Difference, Verdict, call_text, event_text, first_difference};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The replay is over: its verdict is known, and whoever sees this does nothing more.
#[derive(Debug)]
pub(super) struct Over;

pub(super) struct Score {
    pub(super) events: Vec<Event>,
    redacted: bool,
    /// How long nothing may happen.
    limit: Duration,
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
    likeness: Likeness,
    verdict: Option<Verdict>,
}

impl Score {
    pub(super) fn new(
        session: Session,
        exact: bool,
        limit: Duration,
        progress: impl Fn(usize) + Send + Sync + 'static,
    ) -> Score {
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
            likeness: Likeness::of(&events, exact),
            verdict: None,
        };
        Score {
            events,
            redacted: session.header.redacted,
            limit,
            progress: Box::new(progress),
            spoken,
            state: Mutex::new(state),
            moved: Condvar::new(),
        }
    }

    /// Waits until everything before this event of the host has happened, and counts it as happening.
    pub(super) fn take_turn(&self, index: usize) -> Result<(), Over> {
        let mut state = self.lock();
        let (mut seen, mut until) = (state.moves, Instant::now() + self.limit);
        while state.verdict.is_none() && state.front != index {
            let left = until.saturating_duration_since(Instant::now());
            let waited = self.moved.wait_timeout(state, left);
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
        let open = self.open(&state, frame);
        // In a frame calls come in order; threads of the plugin's own have none between them.
        let candidates = if frame == 0 {
            &open[..]
        } else {
            &open[..open.len().min(1)]
        };
        let is_it = |state: &mut State, index: usize| match &self.events[index] {
            Event::HostCall {
                slot: s, args: a, ..
            } => s == slot && state.likeness.accepts(a, &args),
            _ => false,
        };
        let found = candidates
            .iter()
            .copied()
            .find(|index| is_it(&mut state, *index));
        match found {
            _ if state.verdict.is_some() => Err(Over),
            Some(index) => {
                self.happened(&mut state, index);
                Ok(index)
            }
            None => {
                let difference = self.other_call(&state, frame, &open, slot, &args);
                Err(self.end(&mut state, Verdict::Different(difference)))
            }
        }
    }

    /// A call into the plugin has returned.
    pub(super) fn returned(&self, frame: u64, result: Option<String>) -> Result<(), Over> {
        let mut state = self.lock();
        if state.verdict.is_some() {
            return Err(Over);
        }
        let Some(index) = self.open(&state, frame).first().copied() else {
            return Err(Over);
        };
        let found = [result];
        let difference = match &self.events[index] {
            Event::Return { result, .. } => {
                let expected = [result.clone()];
                if self.same_result(&mut state, frame, &expected, &found) {
                    self.happened(&mut state, index);
                    return Ok(());
                }
                self.difference(index, frame, returns(&found[0]))
                    .at(first_difference(&expected, &found, "the result"))
            }
            _ => self.difference(index, frame, returns(&found[0])),
        };
        Err(self.end(&mut state, Verdict::Different(difference)))
    }

    /// Ends the replay.
    pub(super) fn fail(&self, verdict: Verdict) -> Over {
        self.end(&mut self.lock(), verdict)
    }

    /// A difference in a frame that is no call and no result of the plugin.
    pub(super) fn broken(&self, call: usize, frame: u64, found: &str) -> Over {
        let difference = self.difference(call, frame, found);
        self.fail(Verdict::Different(difference))
    }

    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.lock().verdict.clone()
    }

    /// What a frame is, for people.
    pub(super) fn place(&self, frame: u64) -> String {
        if frame == 0 {
            return "on a thread of the plugin's own".to_owned();
        }
        let call = self.events.iter().find_map(|event| match event {
            Event::Call {
                frame: f,
                slot,
                args,
                ..
            } if *f == frame => Some((slot, args)),
            _ => None,
        });
        let Some((slot, args)) = call else {
            return format!("in call {frame}");
        };
        let words = match slot.as_str() {
            "invoke" => &args[..args.len().min(2)],
            "on_config_changed" => &args[..args.len().min(1)],
            _ => &[],
        };
        let words: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
        let name = [&[slot.as_str()], &words[..]].concat().join(" ");
        format!("in call {frame} ({name})")
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the plugin has still to say in a frame.
    fn open(&self, state: &State, frame: u64) -> Vec<usize> {
        let spoken = self.spoken.get(&frame).into_iter().flatten().copied();
        spoken.filter(|index| !state.done[*index]).collect()
    }

    fn happened(&self, state: &mut State, index: usize) {
        state.done[index] = true;
        state.moves += 1;
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

    fn difference(&self, index: usize, frame: u64, found: impl Into<String>) -> Difference {
        let expected = event_text(&self.events[index]);
        Difference::new(index, self.place(frame), expected, found)
    }

    fn other_call(
        &self,
        state: &State,
        frame: u64,
        open: &[usize],
        slot: &str,
        args: &[Option<String>],
    ) -> Difference {
        let found = call_text(slot, args);
        let same_slot = |index: &&usize| matches!(&self.events[**index], Event::HostCall { slot: s, .. } if s == slot);
        let nearest = open.iter().find(same_slot).filter(|_| frame == 0);
        let Some(index) = nearest.or(open.first()).copied() else {
            let (index, nothing) = (state.front.min(self.events.len() - 1), "no further call");
            return Difference::new(index, self.place(frame), nothing, found);
        };
        let detail = match &self.events[index] {
            Event::HostCall {
                slot: s, args: a, ..
            } if s == slot => first_difference(a, args, "argument"),
            _ => None,
        };
        self.difference(index, frame, found).at(detail)
    }

    /// A new version is no difference in a manifest.
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

    fn stuck(&self, front: usize) -> Verdict {
        let event = &self.events[front];
        let frame = match event {
            Event::Return { frame, .. } | Event::HostCall { frame, .. } => *frame,
            _ => 0,
        };
        let found = format!("nothing for {} s", self.limit.as_secs());
        Verdict::Different(self.difference(front, frame, found))
    }
}

fn returns(result: &Option<String>) -> String {
    event_text(&Event::Return {
        frame: 0,
        result: result.clone(),
    })
}

fn without_version(manifest: &Option<String>) -> Option<Value> {
    let mut manifest: Value = serde_json::from_str(manifest.as_deref()?).ok()?;
    manifest.as_object_mut()?.shift_remove("version");
    Some(manifest)
}
