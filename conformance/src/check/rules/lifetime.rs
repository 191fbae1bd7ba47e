//! Lifetime: what a plugin leaves behind in the process, and what it does to it.

use super::Group;
use super::garbage;
use crate::check::case::{Case, HostOptions};
use crate::check::evidence::Evidence;
use crate::check::loaded::Loaded;
use crate::check::outcome::{Problem, Verdict, verdict};
use crate::check::platform;
use crate::check::raw::{RawLibrary, RawPlugin};
use crate::check::tracked::{Answer, Answers};
use crate::check::wait;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(super) const RULES: Group = &[
    ("exits-process", exits_process),
    ("aborts-on-garbage", garbage::aborts_on_garbage),
    ("init-after-destroy", init_after_destroy),
    ("destroy-during-call", destroy_during_call),
    ("destroy-slow", destroy_slow),
    ("threads-left-behind", threads_left_behind),
    ("threads-left-after-calls", threads_left_after_calls),
    ("exit-handler-left", exit_handler_left),
    ("unload-clean", unload_clean),
    ("signal-handlers-changed", signal_handlers_changed),
    ("stdio-changed", stdio_changed),
    ("stdout-written", stdout_written),
    ("process-state-changed", process_state_changed),
    ("children-left-behind", children_left_behind),
    ("descriptors-leaked", descriptors_leaked),
];

/// How long threads and children have to end after `destroy`.
const ENDING: Duration = Duration::from_secs(3);
/// How long `destroy` may take.
const DESTROY: Duration = Duration::from_secs(3);

/// The parent sees the end of the process; what hangs is seen here.
fn exits_process(case: &Case) -> Verdict {
    let loaded = exercised(case)?;
    let hanging = loaded
        .plugin_calls()
        .into_iter()
        .filter(|call| call.duration.is_none());
    let hanging: Vec<Evidence> = hanging
        .map(|call| {
            call.evidence(
                "the call did not return in 20 s; if its work takes that long, \
                                   give quicker arguments in osaurus-check.toml",
            )
        })
        .collect();
    if hanging.is_empty() {
        loaded.unload();
    }
    verdict(hanging)
}

fn init_after_destroy(case: &Case) -> Verdict {
    let first = case.load(HostOptions::default())?;
    let before = first_answers(&first);
    first.unload();
    let again = case
        .load(HostOptions::default())
        .map_err(|problem| match problem {
            Problem::Skipped(reason) => {
                Problem::failed(Evidence::new(format!("the second time: {reason}")))
            }
            other => other,
        })?;
    let after = first_answers(&again);
    let worse = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| succeeded(&before.1) && !succeeded(&after.1));
    verdict(worse.map(|((tool, _), (_, answer))| {
        let what = format!("the tool {tool} works, and no more after destroy and init");
        Evidence::new(what).bytes(answer)
    }))
}

fn first_answers(loaded: &Loaded<'_>) -> Vec<(String, String)> {
    let samples = loaded.case.samples();
    let call = |sample: &crate::check::samples::Sample| {
        let arguments = sample.arguments.first().cloned().unwrap_or_default();
        (
            sample.tool.clone(),
            loaded.call_tool(&sample.tool, &arguments),
        )
    };
    samples.iter().map(call).collect()
}

fn succeeded(envelope: &str) -> bool {
    let envelope = serde_json::from_str::<serde_json::Value>(envelope);
    envelope.is_ok_and(|envelope| envelope["ok"] == true)
}

/// A call is held in its first host call while `destroy` comes on another thread.
fn destroy_during_call(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    let (inside, destroyed) = (Flag::default(), Flag::default());
    let (enters, leaves) = (Arc::clone(&inside), Arc::clone(&destroyed));
    loaded.answer(Some(Answers::new(move |_| {
        enters.store(true, Ordering::SeqCst);
        wait::until(DESTROY, || leaves.load(Ordering::SeqCst));
        Answer::Host
    })));
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| call_until(&loaded, &destroyed));
        wait::until(ENDING, || {
            inside.load(Ordering::SeqCst) || calls.is_finished()
        });
        if !inside.load(Ordering::SeqCst) {
            return Err(Problem::skipped(
                "no tool makes a host call in which it could be held",
            ));
        }
        loaded.destroy_at_once();
        destroyed.store(true, Ordering::SeqCst);
        Ok(())
    })
}

type Flag = Arc<AtomicBool>;

/// Calls one tool after the other, and none after the plugin is destroyed.
fn call_until(loaded: &Loaded<'_>, destroyed: &Flag) {
    for sample in loaded.case.samples() {
        if destroyed.load(Ordering::SeqCst) {
            return;
        }
        let arguments = sample.arguments.first().cloned().unwrap_or_default();
        loaded.call_tool(&sample.tool, &arguments);
    }
}

fn destroy_slow(case: &Case) -> Verdict {
    let slow = case.ended_session()?.plugin_calls.iter().filter(|call| {
        call.function == "destroy" && call.duration.is_none_or(|time| time > DESTROY)
    });
    verdict(slow.map(|call| {
        let time = call.duration.unwrap_or_default();
        call.evidence(format!("`destroy` took {time:.1?}; {DESTROY:?} at most"))
    }))
}

fn threads_left_behind(case: &Case) -> Verdict {
    let before = platform::threads();
    load_and_destroy(case)?;
    let new = || new_ones(&before, platform::threads());
    wait::until(ENDING, || new().is_empty());
    verdict(new().into_values().map(|name| thread_left(&name)))
}

fn threads_left_after_calls(case: &Case) -> Verdict {
    let before = platform::threads();
    let by_hand = case.start_by_hand(None)?;
    by_hand.call_tools(case);
    by_hand.plugin.destroy(by_hand.ctx);
    let new = || new_ones(&before, platform::threads());
    wait::until(ENDING, || new().is_empty());
    let new = new();
    if new.is_empty() {
        return Ok(());
    }
    // Closing is the proof: an image that stays holds the code that its threads run.
    if is_never_unloaded(&by_hand.library) {
        return Ok(());
    }
    by_hand.library.close();
    if platform::is_loaded(case.library()) {
        return Ok(());
    }
    verdict(new.into_values().map(|name| thread_left(&name)))
}

fn thread_left(name: &str) -> Evidence {
    Evidence::new("a thread of the plugin's still runs three seconds after `destroy`")
        .on_thread(name)
}

/// The process ends with `exit` instead of at once: handlers that were left are run, and crash.
fn exit_handler_left(case: &Case) -> Verdict {
    let library = load_and_destroy(case)?;
    if !is_never_unloaded(&library) {
        library.close();
    }
    case.end_with_exit();
    Ok(())
}

fn unload_clean(case: &Case) -> Verdict {
    for _ in 0..3 {
        let library = load_and_destroy(case)?;
        if is_never_unloaded(&library) {
            return Err(Problem::skipped(
                "it is written in Swift, and macOS keeps such libraries in memory: no host unloads \
                 it",
            ));
        }
        library.close();
    }
    Ok(())
}

/// macOS keeps images with Swift in memory. Linux unmaps them, and Swift's own runtime does not
/// bear that.
fn is_never_unloaded(library: &RawLibrary) -> bool {
    library.exports("swift_retain")
}

fn signal_handlers_changed(case: &Case) -> Verdict {
    let session = case.session()?;
    // Runtimes of other languages need SIGPIPE ignored, and an application that leaves it at its
    // default loses nothing.
    let allowed = |signal: i32, to: &str| signal == libc::SIGPIPE && to == "ignored";
    let changed = differences(&session.before.handlers, &session.after.handlers).into_iter();
    let changed =
        changed.filter(|(signal, from, to)| !(allowed(**signal, to) && *from == "the default"));
    verdict(changed.map(|(signal, from, to)| {
        let name = platform::signal_name(*signal);
        Evidence::new(format!("the handler of {name} was {from}, and is {to}"))
    }))
}

fn stdio_changed(case: &Case) -> Verdict {
    let session = case.session()?;
    let changes = session.before.stdio.changes(&session.after.stdio);
    verdict(changes.into_iter().map(Evidence::new))
}

fn stdout_written(case: &Case) -> Verdict {
    let output = case.ended_session()?.output.as_ref();
    let output = output
        .map_err(|error| Problem::skipped(format!("standard output cannot be caught: {error}")))?;
    if output.is_empty() {
        return Ok(());
    }
    let what = format!("{} bytes were written to standard output", output.len());
    Err(Problem::failed(Evidence::new(what).bytes(output)))
}

fn process_state_changed(case: &Case) -> Verdict {
    let session = case.session()?;
    let changed = differences(&session.before.process, &session.after.process);
    verdict(
        changed
            .into_iter()
            .map(|(name, from, to)| Evidence::new(format!("{name} was {from:?}, and is {to:?}"))),
    )
}

fn children_left_behind(case: &Case) -> Verdict {
    let before = &case.ended_session()?.children;
    let new = || new_ones(before, platform::children());
    wait::until(ENDING, || new().is_empty());
    verdict(new().into_iter().map(|(pid, name)| {
        Evidence::new(format!(
            "three seconds after `destroy` there is still process {pid} ({name})"
        ))
    }))
}

/// What the first rounds open may be kept; what each further round opens is lost.
fn descriptors_leaked(case: &Case) -> Verdict {
    const ROUNDS: usize = 4;
    let loaded = exercised(case)?;
    loaded.exercise();
    // What is closed by another thread is closed a little later; and once more, in case a pool was
    // filled.
    let rounds = || {
        let before = platform::descriptors();
        (0..ROUNDS).for_each(|_| loaded.exercise());
        let new = || new_ones(&before, platform::descriptors());
        wait::until(ENDING, || new().len() < ROUNDS);
        new()
    };
    if rounds().len() < ROUNDS {
        return Ok(());
    }
    let new = rounds();
    if new.len() < ROUNDS {
        return Ok(());
    }
    let what = format!(
        "{ROUNDS} rounds of the same calls left {} descriptors open",
        new.len()
    );
    let names: Vec<String> = new.into_values().take(5).collect();
    Err(Problem::failed(Evidence::new(what).bytes(names.join(", "))))
}

fn exercised(case: &Case) -> Result<Loaded<'_>, Problem> {
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    Ok(loaded)
}

/// What tools do that only want the manifest, up to the closing.
fn load_and_destroy(case: &Case) -> Result<RawLibrary, Problem> {
    let library = case.open()?;
    // SAFETY: NULL is a host that every plugin must accept.
    let plugin: Option<RawPlugin> = unsafe { library.enter(std::ptr::null()) };
    let plugin = plugin.or_else(|| library.enter_v1());
    let plugin = plugin.ok_or_else(|| Problem::skipped("the entry returns NULL"))?;
    let ctx = plugin
        .init()
        .ok_or_else(|| Problem::skipped("`init` returns NULL"))?;
    plugin.manifest(ctx);
    plugin.destroy(ctx);
    Ok(library)
}

fn new_ones<K: Ord, V>(before: &BTreeMap<K, V>, now: BTreeMap<K, V>) -> BTreeMap<K, V> {
    now.into_iter()
        .filter(|(key, _)| !before.contains_key(key))
        .collect()
}

/// Keys whose values differ, with both values; a missing one is empty.
fn differences<'a, K: Ord>(
    before: &'a BTreeMap<K, String>,
    now: &'a BTreeMap<K, String>,
) -> Vec<(&'a K, &'a str, &'a str)> {
    let value = |map: &'a BTreeMap<K, String>, key: &K| map.get(key).map_or("", String::as_str);
    let keys: std::collections::BTreeSet<&K> = before.keys().chain(now.keys()).collect();
    let pairs = keys
        .into_iter()
        .map(|key| (key, value(before, key), value(now, key)));
    pairs.filter(|(_, from, to)| from != to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_what_came_went_and_changed() {
        let map = |pairs: &[(&'static str, &str)]| -> BTreeMap<&'static str, String> {
            pairs
                .iter()
                .map(|(key, value)| (*key, (*value).to_string()))
                .collect()
        };
        let before = map(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let now = map(&[("b", "2"), ("c", "4"), ("d", "5")]);
        assert_eq!(
            differences(&before, &now),
            [(&"a", "1", ""), (&"c", "3", "4"), (&"d", "", "5")]
        );
    }
}
