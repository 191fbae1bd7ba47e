//! A host call that takes long: whether another call of the plugin runs to its end meanwhile. No
//! clock decides: the first call is kept waiting until the second has ended.

use super::sample_calls;
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Verdict, verdict};
use crate::check::tracked::{Answer, Answers, Asked};
use osaurus_abi::HostSlot;
use osaurus_reference_host::manifest::Tool;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Of a tool's host calls at most this many are kept waiting.
const MOST_CALLS: usize = 8;
/// How long the second call has, and the longest that the first waits. Below the host's limit for a
/// tool.
const LIMIT: Duration = Duration::from_secs(8);
/// Functions with which a plugin lets others work.
const OTHERS: [HostSlot; 3] = [
    HostSlot::Dispatch,
    HostSlot::Complete,
    HostSlot::CompleteStream,
];

pub(super) fn slow_host(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let serial = |tool: &Tool| {
        let needs = tool.requirements.iter().flatten();
        needs.clone().any(|name| {
            ["accessibility", "automation"]
                .iter()
                .any(|one| name.eq_ignore_ascii_case(one))
        })
    };
    let serial: Vec<&str> = case
        .manifest()?
        .tools()
        .iter()
        .filter(|tool| serial(tool))
        .map(|tool| tool.id.as_str())
        .collect();
    let mut evidence = Vec::new();
    for call in sample_calls(case) {
        // The host itself runs such tools one at a time; and what a model or a task does meanwhile
        // is not the tool's.
        if !serial.contains(&call.0.as_str()) && !starts_others(&loaded, &call) {
            evidence.extend(held_up(&loaded, &call));
        }
    }
    verdict(evidence)
}

/// Whether a tool lets a model or a task work, which may call tools of the plugin in turn.
fn starts_others(loaded: &Loaded<'_>, (tool, arguments): &(String, Value)) -> bool {
    let others = Arc::new(AtomicBool::new(false));
    let threads = Arc::clone(&others);
    loaded.answer(Some(Answers::new(move |asked| {
        threads.fetch_or(OTHERS.contains(&asked.slot), Ordering::SeqCst);
        Answer::Host
    })));
    loaded.invoke_raw("tool", tool, &arguments.to_string());
    loaded.host.wait_for_tasks(LIMIT);
    loaded.answer(None);
    others.load(Ordering::SeqCst)
}

/// Keeps each host call of a tool waiting in turn, until one holds up a second call of the tool.
fn held_up(loaded: &Loaded<'_>, call: &(String, Value)) -> Option<Evidence> {
    for number in 0..MOST_CALLS {
        match second_call(loaded, call, number) {
            Outcome::NoSuchCall => return None,
            Outcome::Ended => {}
            Outcome::HeldUp(slot) => {
                let what = format!(
                    "while one call waits for `{}`, another one cannot end",
                    slot.name()
                );
                return Some(
                    Evidence::new(what)
                        .in_call(format!("invoke(\"tool\", {:?}, {})", call.0, call.1)),
                );
            }
        }
    }
    None
}

enum Outcome {
    /// The first call made fewer host calls.
    NoSuchCall,
    /// The second call ended while the first was waiting.
    Ended,
    /// It did not.
    HeldUp(HostSlot),
}

fn second_call(loaded: &Loaded<'_>, (tool, arguments): &(String, Value), number: usize) -> Outcome {
    let gate = Arc::new(Gate::default());
    let (sender, events) = channel();
    let waits = sender.clone();
    let at_gate = Arc::clone(&gate);
    loaded.answer(Some(Answers::new(move |asked| {
        at_gate.pass(asked, number, &waits)
    })));
    let payload = arguments.to_string();
    let call = |event: Event, sender: Sender<Event>| {
        loaded.invoke_raw("tool", tool, &payload);
        // The rule may have seen enough.
        let _ = sender.send(event);
    };
    let outcome = thread::scope(|scope| {
        scope.spawn(|| call(Event::FirstEnded, sender.clone()));
        let Some(slot) = waits_at(&events) else {
            return Outcome::NoSuchCall;
        };
        scope.spawn(|| call(Event::SecondEnded, sender.clone()));
        let ended = second_ends(&events);
        gate.open();
        if ended {
            Outcome::Ended
        } else {
            Outcome::HeldUp(slot)
        }
    });
    loaded.answer(None);
    outcome
}

/// Where the first call waits; None when it ended without.
fn waits_at(events: &Receiver<Event>) -> Option<HostSlot> {
    match events.recv() {
        Ok(Event::Waits(slot)) => Some(slot),
        _ => None,
    }
}

/// Whether the second call ends in time. The first may end before it: what waits is then a host
/// call that the plugin made beside it, as for settings that were delivered late.
fn second_ends(events: &Receiver<Event>) -> bool {
    let deadline = Instant::now() + LIMIT;
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        match events.recv_timeout(remaining) {
            Ok(Event::SecondEnded) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

enum Event {
    Waits(HostSlot),
    FirstEnded,
    SecondEnded,
}

/// Where one host call waits, and others pass.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    seen: usize,
    is_open: bool,
}

impl Gate {
    /// The call with this number waits until the gate opens.
    fn pass(&self, asked: Asked, number: usize, waits: &Sender<Event>) -> Answer {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.seen += 1;
        if state.seen == number + 1 {
            let _ = waits.send(Event::Waits(asked.slot));
            let blocked = self
                .opened
                .wait_timeout_while(state, LIMIT * 2, |state| !state.is_open);
            drop(blocked);
        }
        Answer::Host
    }

    fn open(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_open = true;
        self.opened.notify_all();
    }
}
