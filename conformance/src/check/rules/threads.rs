//! Threads: on which a plugin may call the host, and what comes in parallel.

use super::Group;
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::samples::Sample;
use crate::check::tracked::{Answer, Answers, Call, frames_open};
use crate::check::wait;
use osaurus_abi::{HostSlot, TaskEvent};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(super) const RULES: Group = &[
    ("host-call-after-return", after_return),
    ("host-call-foreign-thread", foreign_thread),
    ("concurrent-invoke", concurrent_invoke),
    ("reentrant-invoke", reentrant_invoke),
    ("config-during-invoke", config_during_invoke),
    ("task-events-in-parallel", events_in_parallel),
    ("routes-in-parallel", routes_in_parallel),
];

const THREADS: usize = 8;
const ROUNDS: usize = 3;
/// How long a rule listens for calls that come after the work is done.
const LISTEN: Duration = Duration::from_millis(400);
/// How long a call may wait for another that is under way.
const PATIENCE: Duration = Duration::from_secs(5);
const SHOWN: usize = 5;

/// Functions that any thread may call.
fn is_free(call: &Call) -> bool {
    use HostSlot::{CompleteCancel, FreeString, Log, LogStructured};
    matches!(
        call.slot,
        Some(Log | LogStructured | FreeString | CompleteCancel)
    )
}

fn after_return(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    let late = |call: &Call| call.within.is_none() && call.open_frames == 0 && !is_free(call);
    wait::until(LISTEN, || loaded.host_calls().iter().any(late));
    let calls = loaded.host_calls();
    let calls = calls.iter().filter(|call| late(call)).take(SHOWN);
    verdict(
        calls.map(|call| {
            call.evidence("the host was called while it was in no call into the plugin")
        }),
    )
}

fn foreign_thread(case: &Case) -> Verdict {
    let foreign = |call: &&Call| {
        let outside = match call.within {
            None => call.open_frames > 0,
            Some((_, function)) => function == "on_chunk",
        };
        outside && !is_free(call)
    };
    let calls = case.session()?.host_calls();
    let calls = calls.filter(foreign).take(SHOWN);
    verdict(calls.map(|call| {
        call.evidence(
            "the host was called on a thread on which it did not call the plugin: it \
                       cannot tell plugin and agent",
        )
    }))
}

fn concurrent_invoke(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let samples = samples(case)?;
    let mixed_up = Mutex::new(Vec::new());
    for sample in &samples {
        let echoes = is_echo(&loaded, sample);
        in_parallel(|thread| {
            for round in 0..ROUNDS {
                let marker = marker(thread, round);
                let answer = loaded.call_tool(&sample.tool, &marked(sample, &marker));
                if echoes && let Some(other) = foreign_marker(&answer, &marker) {
                    let mut mixtures = mixed_up.lock().unwrap_or_else(PoisonError::into_inner);
                    mixtures.push(mix_up(&sample.tool, &marker, &other, &answer));
                }
            }
        });
    }
    late_or(&loaded, mixed_up.into_inner().unwrap_or_default())
}

fn mix_up(tool: &str, marker: &str, other: &str, answer: &str) -> Evidence {
    let what = format!("the call with {marker} got the answer to {other}");
    Evidence::new(what)
        .in_call(format!("invoke(\"tool\", {tool:?}, …)"))
        .bytes(answer)
}

/// Text that no two calls share.
fn marker(thread: usize, round: usize) -> String {
    format!("checker{thread}x{round}y")
}

/// The sample with the marker in place of its free strings.
fn marked(sample: &Sample, marker: &str) -> Value {
    let mut arguments = sample.arguments.first().cloned().unwrap_or_default();
    for value in arguments
        .as_object_mut()
        .into_iter()
        .flat_map(serde_json::Map::values_mut)
    {
        if value == "sample" {
            *value = marker.into();
        }
    }
    arguments
}

/// Whether the tool repeats what it is given and nothing else differs: then answers can be told
/// apart. A tool that shows what other calls stored is none.
fn is_echo(loaded: &Loaded<'_>, sample: &Sample) -> bool {
    let alone = [marker(THREADS, 0), marker(THREADS, 1)];
    let [one, other] = alone.map(|marker| {
        let answer = loaded.call_tool(&sample.tool, &marked(sample, &marker));
        let pattern = answer.replace(&marker, "*");
        (pattern != answer).then_some(pattern)
    });
    one.is_some() && one == other
}

/// Another call's marker, where the call's own is missing.
fn foreign_marker(answer: &str, own: &str) -> Option<String> {
    if answer.contains(own) {
        return None;
    }
    let all = (0..THREADS).flat_map(|thread| (0..ROUNDS).map(move |round| marker(thread, round)));
    all.into_iter().find(|other| answer.contains(other))
}

fn reentrant_invoke(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let sample = samples(case)?.swap_remove(0);
    let nested = Nested::default();
    let (plugin, agent, seen) = (Arc::clone(&loaded.plugin), loaded.agent(), nested.clone());
    loaded.answer(Some(Answers::new(move |asked| {
        let waits = matches!(asked.slot, HostSlot::Complete | HostSlot::CompleteStream);
        if waits {
            let (plugin, sample) = (Arc::clone(&plugin), sample.clone());
            seen.run(asked.slot, "a call of its tool", move || {
                let payload = sample.arguments.first().cloned().unwrap_or_default();
                plugin.invoke_raw("tool", &sample.tool, &payload.to_string(), Some(agent));
            });
        }
        Answer::Host
    })));
    loaded.exercise_tools();
    loaded.exercise_routes();
    nested.verdict("it calls neither `complete` nor `complete_stream`")
}

fn config_during_invoke(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    if !loaded.plugin.handles_config() {
        return Err(Problem::skipped("it has no on_config_changed"));
    }
    let nested = Nested::default();
    let (plugin, agent, seen) = (Arc::clone(&loaded.plugin), loaded.agent(), nested.clone());
    loaded.answer(Some(Answers::new(move |asked| {
        // Inside on_config_changed the queue is busy with that call: nothing can be told.
        if frames_open().any(|function| function == "invoke") {
            let (plugin, value) = (Arc::clone(&plugin), asked.before.to_string());
            seen.run(asked.slot, "on_config_changed", move || {
                plugin.config_changed(agent, "checker", &value);
            });
        }
        Answer::Host
    })));
    loaded.exercise_tools();
    nested.verdict("its tools make no host call during which a setting could come")
}

/// Calls into the plugin while it waits in a host call, one at a time.
#[derive(Clone, Default)]
struct Nested {
    inside: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    stuck: Arc<Mutex<Vec<Evidence>>>,
}

impl Nested {
    fn run(&self, slot: HostSlot, what: &str, call: impl FnOnce() + Send + 'static) {
        if self.inside.swap(true, Ordering::SeqCst) {
            return;
        }
        self.count.fetch_add(1, Ordering::SeqCst);
        let (sender, done) = channel();
        std::thread::spawn(move || {
            call();
            let _ = sender.send(());
        });
        if done.recv_timeout(PATIENCE).is_err() {
            let what = format!(
                "while the plugin waited in {}, {what} did not return within {PATIENCE:?}",
                slot.name()
            );
            let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
            stuck.push(Evidence::new(what));
            // One is enough; and each costs time.
            return;
        }
        self.inside.store(false, Ordering::SeqCst);
    }

    fn verdict(&self, none: &str) -> Verdict {
        if self.count.load(Ordering::SeqCst) == 0 {
            return Err(Problem::skipped(none));
        }
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        verdict(stuck.clone())
    }
}

fn events_in_parallel(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    if !loaded.plugin.handles_task_events() {
        return Err(Problem::skipped("it has no on_task_event"));
    }
    in_parallel(|thread| {
        let task = format!("6F1C1B3E-5F0A-4D59-9D6B-0F6A3C1D2E{thread:02X}");
        for _ in 0..ROUNDS {
            for kind in TaskEvent::ALL {
                loaded.send_event(&task, kind);
            }
        }
    });
    late_or(&loaded, Vec::new())
}

fn routes_in_parallel(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let calls = loaded.route_calls();
    if calls.is_empty() {
        return Err(Problem::skipped("it has no routes"));
    }
    in_parallel(|thread| {
        for number in 0..ROUNDS {
            let call = calls[(thread + number) % calls.len()].clone();
            loaded.call_route(call);
        }
    });
    late_or(&loaded, Vec::new())
}

/// What was found, or else the calls that were made and did not come back, or came back with NULL.
fn late_or(loaded: &Loaded<'_>, mut found: Vec<Evidence>) -> Verdict {
    let calls = loaded.plugin_calls();
    found.extend(calls.iter().filter_map(|call| {
        let answers = matches!(call.function, "invoke" | "handle_route");
        match call.duration {
            // The first settings come while the application goes on.
            None if call.function == "on_config_changed" => None,
            None => Some(call.evidence("with others at the same time the call did not return")),
            Some(_) if answers && call.answer_address == 0 => {
                Some(call.evidence("with others at the same time the call returned NULL"))
            }
            Some(_) => None,
        }
    }));
    found.truncate(SHOWN);
    verdict(found)
}

fn samples(case: &Case) -> Result<Vec<Sample>, Problem> {
    let samples = case.samples();
    if samples.is_empty() {
        return Err(Problem::skipped("it has no tools that may be called"));
    }
    Ok(samples)
}

fn in_parallel(work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_to_another_call_is_seen_by_its_marker() {
        let (own, other) = (marker(1, 0), marker(2, 1));
        assert_eq!(foreign_marker(&format!("hello {own}"), &own), None);
        assert_eq!(foreign_marker(&format!("hello {other}"), &own), Some(other));
        assert_eq!(
            foreign_marker("hello", &own),
            None,
            "an answer without any marker says nothing"
        );
    }

    #[test]
    fn markers_take_the_place_of_free_strings_alone() {
        let sample = Sample {
            tool: "t".into(),
            arguments: vec![json!({"name": "sample", "kind": "fixed", "count": 1})],
        };
        assert_eq!(
            marked(&sample, "m"),
            json!({"name": "m", "kind": "fixed", "count": 1})
        );
    }
}
