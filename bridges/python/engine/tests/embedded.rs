//! The engine as the shim uses it, on every Python of this machine, each scenario in a process of
//! its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]
mod support;

use osaurus_shim::engine::EngineFailure;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::{logged, scenario, start, with_every_python, with_one_python};

/// Entry of the child processes.
#[test]
fn child() {
    match scenario().as_deref() {
        None => {}
        Some("names") => names(),
        Some("host_calls") => host_calls(),
        Some("results") => results(),
        Some("exits") => exits(),
        Some("deadlines") => deadlines(),
        Some("output") => output(),
        Some("processes") => processes(),
        Some("signals") => signals(),
        Some("threads") => threads(),
        Some("broken") => broken(),
        Some("venv") => venv(),
        Some("holder") => holder(),
        Some("compiled") => compiled(),
        Some(other) => panic!("no scenario {other}"),
    }
}

macro_rules! scenarios {
    ($($test:ident = $scenario:literal;)*) => { $(#[test] fn $test() { with_every_python($scenario); })* };
}

scenarios! {
    a_script_has_a_plain_interpreter_and_a_second_life_begins_anew = "names";
    the_interpreter_has_one_plugin_and_others_are_told_which = "holder";
    host_calls_work_from_plain_threaded_and_async_handlers = "host_calls";
    what_json_cannot_hold_is_named_with_its_place = "results";
    no_way_of_leaving_ends_more_than_the_call = "exits";
    deadlines_end_every_kind_of_handler_and_not_the_next_one = "deadlines";
    all_output_reaches_the_log = "output";
    child_processes_work_and_start_no_second_host = "processes";
    signal_dispositions_of_the_host_stay = "signals";
    broken_scripts_and_second_pythons_are_refused_with_reasons = "broken";
    the_packages_of_a_chosen_environment_are_there = "venv";
    many_short_host_threads_leave_nothing_behind = "threads";
}

fn names() {
    let first = start("first").unwrap();
    let expected = |loads: u32| {
        json!({
            "main": "main", "is_known": true, "by_name": "1.0", "metadata": "1.0",
            "deep": "first helper/some data", "pickled": "x", "missing": true,
            "utf8": ["utf-8", "1", "1"], "site": [], "loads": loads,
        })
    };
    assert_eq!(first.ok("names", json!({})), expected(1));
    assert_eq!(first.ok("names", json!({})), expected(2));
    let plain = json!({
        "text": "hello", "builtin": "A", "patched": "patched", "lazy": "imported late", "kept": ["kept"],
    });
    assert_eq!(first.ok("plain", json!({})), plain);
    assert_eq!(
        first.ok("libraries", json!({})),
        json!({"decimal": "0.3", "sqlite": 42, "ssl": true})
    );
    first.0.shutdown();
    assert_eq!(start("first").unwrap().ok("names", json!({})), expected(1));
}

fn why_not(started: Result<support::Loaded, EngineFailure>) -> String {
    match started {
        Err(EngineFailure::Unavailable { looked_for, .. }) => looked_for.join("; "),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it started"),
    }
}

fn holder() {
    let other = tempfile::tempdir().unwrap();
    let first = start("first").unwrap();
    let second = || importer("dev.test.second", other.path(), None);
    let why = why_not(second());
    assert!(
        why.contains("the plugin dev.test.first has the Python of this process"),
        "{why}"
    );
    let why = why_not(start("first"));
    assert!(why.contains("in a copy or an earlier life"), "{why}");
    let why = why_not(importer("dev.test.first", other.path(), None));
    assert!(why.contains("another build of this plugin"), "{why}");
    first.0.shutdown();
    let why = why_not(second());
    assert!(
        why.contains("the plugin dev.test.first has had the Python of this process"),
        "{why}"
    );
    start("first").unwrap();
}

fn host_calls() {
    let plugin = start("first").unwrap();
    assert_eq!(
        plugin.ok("config", json!({"key": "a"})),
        json!({"value": "value of a"})
    );
    let threaded = plugin.ok("config_threads", json!({"key": "b"}));
    assert_eq!(threaded["value"], "value of b");
    let expected = json!({"values": ["value of c", "value of c", "value of c"]});
    assert_eq!(plugin.ok("config_async", json!({"key": "c"})), expected);
}

fn text_of(failure: Result<Value, EngineFailure>) -> String {
    match failure {
        Err(EngineFailure::Script { text }) => text,
        Ok(value) => value.to_string(),
        other => panic!("{other:?}"),
    }
}

fn results() {
    let plugin = start("first").unwrap();
    let big = plugin.ok("big", json!({"number": 5, "size": 3}));
    assert_eq!(big, json!({"number": 6, "text": "xxx"}));
    for (kind, words) in [
        ("surrogate", "lone surrogate"),
        ("nan", "nan"),
        ("object", "object"),
    ] {
        let text =
            text_of(plugin.within(Duration::from_secs(60), "bad_result", json!({"kind": kind})));
        assert!(
            text.contains("[3]") && text.contains(words),
            "{kind}: {text}"
        );
    }
}

fn exits() {
    let plugin = start("first").unwrap();
    let calls = [
        ("leave", "exit"),
        ("leave", "interrupt"),
        ("leave", "recursion"),
        ("leave", "cancelled"),
        ("leave", "quit"),
        ("leave_async", "exit"),
        ("leave_async", "interrupt"),
        ("leave_async", "child"),
        ("leave_async", "stop"),
    ];
    for (tool, how) in calls {
        let start = Instant::now();
        let answer = text_of(plugin.within(Duration::from_secs(120), tool, json!({"how": how})));
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{tool} {how} hung"
        );
        let survived = answer.contains("\"still\":\"here\"");
        assert_eq!(
            survived,
            matches!(how, "child" | "stop"),
            "{tool} {how}: {answer}"
        );
        assert_eq!(plugin.ok("echo", json!({"text": how}))["text"], how);
        let key = plugin.ok("config_async", json!({"key": how}));
        assert_eq!(key["values"][0], format!("value of {how}"));
    }
}

fn deadlines() {
    let plugin = start("first").unwrap();
    let limit = Duration::from_millis(300);
    for tool in ["spin", "spin_threads", "sleep_async", "spin_async"] {
        for _ in 0..3 {
            let start = Instant::now();
            let answer = plugin.within(limit, tool, json!({}));
            assert!(
                matches!(answer, Err(EngineFailure::Timeout { .. })),
                "{tool}: {answer:?}"
            );
            let took = start.elapsed();
            assert!(
                took >= limit && took < Duration::from_secs(60),
                "{tool}: {took:?}"
            );
            for n in 0..50 {
                let echo = plugin.ok("echo", json!({"text": "next", "count": n}));
                assert_eq!(echo, json!({"text": "next", "count": n}));
            }
            assert_eq!(
                plugin.ok("config_async", json!({"key": "k"}))["values"][2],
                "value of k"
            );
        }
    }
}

fn output() {
    let first = start("first").unwrap();
    first.ok("config", json!({"key": "so that the log has a host"}));
    first.ok("speak", json!({}));
    for (level, text) in [
        (2, "printed twice"),
        (3, "to stderr"),
        (2, "as bytes"),
        (3, "logged"),
        (3, "UserWarning: a warning"),
    ] {
        let lines = logged(text);
        assert_eq!(lines.len(), 1, "{text}: {:?}", support::LOG.lock().unwrap());
        assert!(lines[0].starts_with(&level.to_string()), "{lines:?}");
    }
    for text in ["ValueError: in a thread", "ValueError: in __del__"] {
        let lines = logged(text);
        assert_eq!(lines.len(), 1, "{text}: {:?}", support::LOG.lock().unwrap());
        assert!(
            lines[0].starts_with('4') && lines[0].contains("main.py"),
            "{lines:?}"
        );
    }
}

fn processes() {
    let plugin = start("first").unwrap();
    plugin.ok("config", json!({"key": "so that the log has a host"}));
    let answer = plugin
        .within(Duration::from_secs(60), "processes", json!({}))
        .unwrap();
    assert_eq!(answer["ok"], true, "{:?}", support::LOG.lock().unwrap());
    let answer = &answer["result"];
    assert_eq!(answer["subprocess"], "42");
    assert!(
        answer["executable"]
            .as_str()
            .unwrap()
            .starts_with("python3"),
        "{answer}"
    );
    for method in ["fork", "spawn", "forkserver"] {
        assert_eq!(answer[method], json!([9, "first"]), "{answer}");
    }
}

fn dispositions() -> Vec<usize> {
    (1..32)
        .map(|signal| {
            // SAFETY: sigaction(2) without a new action fills the old one.
            unsafe {
                let mut old: libc::sigaction = std::mem::zeroed();
                libc::sigaction(signal, std::ptr::null(), &raw mut old);
                old.sa_sigaction
            }
        })
        .collect()
}

fn signals() {
    let before = dispositions();
    let plugin = start("first").unwrap();
    assert_eq!(dispositions(), before);
    let answer = plugin.ok("handler", json!({}));
    assert!(
        answer["refused"].as_str().unwrap().contains("main thread"),
        "{answer}"
    );
    plugin.ok("config_async", json!({"key": "k"}));
    plugin.ok("processes", json!({}));
    assert_eq!(dispositions(), before);
}

fn threads() {
    let plugin = start("first").unwrap();
    for round in 0..200 {
        std::thread::scope(|scope| {
            for n in 0..8 {
                let plugin = &plugin;
                scope.spawn(move || {
                    let echo = plugin.ok("echo", json!({"text": "t", "count": round * 8 + n}));
                    assert_eq!(echo["count"], round * 8 + n);
                });
            }
        });
    }
}

fn broken() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = |_: &mut osaurus_payload::BridgeConfig| {};
    let script = |main: &str| match support::refusal(dir.path(), main, nothing) {
        EngineFailure::Script { text } => text,
        other => panic!("{other:?}"),
    };
    let syntax = script("x = 1\n\ndef f(:\n    pass\n");
    assert!(syntax.contains("main.py:3: SyntaxError: "), "{syntax}");
    let missing = script("import sys\nimport no_such_thing\n");
    assert!(
        missing.starts_with('/') && missing.contains("main.py:2: no module named 'no_such_thing'"),
        "{missing}"
    );
    assert!(
        missing.contains("add its package to `dependencies`"),
        "{missing}"
    );
    let exit = script("import sys\n\nsys.exit(3)\n");
    assert!(
        exit.contains("main.py:3: the plugin's module ends the program with SystemExit(3)"),
        "{exit}"
    );
    let error = script("def f():\n    raise ValueError('boo')\nf()\n");
    assert!(error.contains("main.py:2: ValueError: boo"), "{error}");
    let second = support::refusal(dir.path(), "", |config| {
        config.requires_python = Some(">=3.99".into());
    });
    let EngineFailure::Unavailable { looked_for, fix } = second else {
        panic!("{second:?}")
    };
    assert!(
        looked_for[0].contains("is in this process already"),
        "{looked_for:?}"
    );
    assert!(
        looked_for[0].contains("requires-python = \">=3.99\""),
        "{looked_for:?}"
    );
    assert!(fix.contains("a process of its own"), "{fix}");
}

fn run(program: &str, args: &[&str]) {
    let status = std::process::Command::new(program)
        .args(args)
        .status()
        .unwrap();
    assert!(status.success(), "{program} {args:?}");
}

const TRY_IMPORT: &str = r#"
import sys
from osaurus_plugin import Plugin
plugin = Plugin(id="dev.test.any", name="any", description="For tests.")

@plugin.tool
def attempt(name: str) -> dict:
    """Imports a module by name."""
    try:
        return {"version": __import__(name).__version__, "as": __import__(name).__name__}
    except ModuleNotFoundError as error:
        return {"version": None, "error": str(error)}
"#;

/// A plugin that imports what it is told to, from its folder, `deps` in it, or the environment of
/// `python`.
fn importer(
    id: &str,
    dir: &std::path::Path,
    python: Option<&str>,
) -> Result<support::Loaded, EngineFailure> {
    std::fs::write(dir.join("main.py"), TRY_IMPORT).unwrap();
    let mut context = support::context(id, dir, &[".", "deps"]);
    context.config.python = python.map(str::to_owned);
    osaurus_shim::python::start(&context).map(support::Loaded)
}

fn venv() {
    let dir = tempfile::tempdir().unwrap();
    let python = std::env::var("OSAURUS_BRIDGE_PYTHON").unwrap();
    let folder = dir.path().join("venv");
    run(
        &python,
        &["-m", "venv", "--without-pip", folder.to_str().unwrap()],
    );
    let library = std::fs::read_dir(folder.join("lib"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let packages = library.join("site-packages");
    std::fs::write(packages.join("onlyhere.py"), "__version__ = '7'").unwrap();
    std::fs::create_dir(dir.path().join("linked")).unwrap();
    std::fs::write(dir.path().join("linked/editable.py"), "__version__ = '8'").unwrap();
    let linked = dir.path().join("linked").display().to_string();
    std::fs::write(packages.join("editable.pth"), linked).unwrap();
    let program = folder.join("bin/python");
    let plugin = importer("dev.test.venv", dir.path(), program.to_str()).unwrap();
    for (name, version) in [("onlyhere", "7"), ("editable", "8")] {
        let attempt = plugin.ok("attempt", json!({"name": name}));
        assert_eq!(attempt, json!({"version": version, "as": name}));
    }
}

#[test]
fn a_compiled_package_is_still_there_in_a_second_life() {
    with_one_python("compiled");
}

fn compiled() {
    let python = std::env::var("OSAURUS_BRIDGE_PYTHON").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("deps").display().to_string();
    let install = ["-m", "pip", "install", "-q", "--target", &target, "numpy"];
    run(&python, &install);
    for _ in 0..2 {
        let plugin = importer("dev.test.compiled", dir.path(), None).unwrap();
        let attempt = plugin.ok("attempt", json!({"name": "numpy"}));
        assert_eq!(attempt["as"], "numpy", "{attempt}");
        plugin.0.shutdown();
    }
}
