//! The engine as the shim uses it, on every Python of this machine, each scenario in a process of its own.
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
        Some("numpy") => numpy(),
        Some(other) => panic!("no scenario {other}"),
    }
}

macro_rules! scenarios {
    ($($test:ident = $scenario:literal;)*) => { $(#[test] fn $test() { with_every_python($scenario); })* };
}

scenarios! {
    two_plugins_with_the_same_module_names_do_not_meet = "names";
    host_calls_work_from_plain_threaded_and_async_handlers = "host_calls";
    what_json_cannot_hold_is_named_with_its_place = "results";
    no_way_of_leaving_ends_more_than_the_call = "exits";
    deadlines_end_every_kind_of_handler_and_not_the_next_one = "deadlines";
    all_output_reaches_the_log_of_the_right_plugin = "output";
    child_processes_work_and_start_no_second_host = "processes";
    signal_dispositions_of_the_host_stay = "signals";
    broken_scripts_and_second_pythons_are_refused_with_reasons = "broken";
    packages_of_an_environment_stay_with_their_plugin = "venv";
    many_short_host_threads_leave_nothing_behind = "threads";
}

fn names() {
    let (first, second) = (start("first").unwrap(), start("second").unwrap());
    let a = first.ok("names", json!({}));
    let expected = json!({
        "helper": "first helper", "puredep": "1.0", "by_name": "1.0", "metadata": "1.0",
        "deep": "first helper/some data", "pickled": "x", "found": true, "missing": true,
        "utf8": ["utf-8", "1", "1"], "site": [],
    });
    assert_eq!(a, expected);
    let b = second.ok("names", json!({}));
    assert_eq!(
        (&b["helper"], &b["puredep"]),
        (&json!("second helper"), &json!("2.0"))
    );
    assert_eq!(
        (&b["by_name"], &b["metadata"]),
        (&json!("2.0"), &json!("2.0"))
    );
    assert_eq!(b["main"], "_osr_dev_test_second.main");
    assert_eq!(
        first.ok("libraries", json!({})),
        json!({"decimal": "0.3", "sqlite": 42, "ssl": true})
    );
    second.0.shutdown();
    assert_eq!(first.ok("names", json!({})), expected);
    assert_eq!(
        start("second").unwrap().ok("names", json!({}))["puredep"],
        "2.0"
    );
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
        let begun = Instant::now();
        let answer = text_of(plugin.within(Duration::from_secs(120), tool, json!({"how": how})));
        assert!(
            begun.elapsed() < Duration::from_secs(60),
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
            let begun = Instant::now();
            let answer = plugin.within(limit, tool, json!({}));
            assert!(
                matches!(answer, Err(EngineFailure::Timeout { .. })),
                "{tool}: {answer:?}"
            );
            let took = begun.elapsed();
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
    let (first, _second) = (start("first").unwrap(), start("second").unwrap());
    first.ok("config", json!({"key": "so that the log has a host"}));
    first.ok("speak", json!({}));
    for (level, text) in [
        (2, "printed twice"),
        (3, "to stderr"),
        (2, "main: logged"),
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
    assert!(logged("_osr_").is_empty(), "{:?}", logged("_osr_"));
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
    let nothing = |_: &mut osaurus_payload::BridgeConfig| {};
    let script = |main: &str| match support::refusal(main, nothing) {
        EngineFailure::Script { text } => text,
        other => panic!("{other:?}"),
    };
    let syntax = script("x = 1\n\ndef f(:\n    pass\n");
    assert!(
        syntax
            .lines()
            .next()
            .unwrap()
            .contains("main.py:3: SyntaxError: "),
        "{syntax}"
    );
    let missing = script("import sys\nimport no_such_thing\n");
    assert!(
        missing.starts_with('/') && missing.contains("main.py:2: ModuleNotFoundError"),
        "{missing}"
    );
    assert!(
        missing.contains("Add it to `dependencies` in pyproject.toml"),
        "{missing}"
    );
    assert!(
        !missing.contains("_osr_") && !missing.contains("importlib"),
        "{missing}"
    );
    let exit = script("import sys\nsys.exit(3)\n");
    assert!(
        exit.contains("main.py:2: SystemExit: the script called sys.exit(3)"),
        "{exit}"
    );
    let error = script("def f():\n    raise ValueError('boo')\nf()\n");
    assert!(error.contains("main.py:2: ValueError: boo"), "{error}");
    let second = support::refusal("", |config| config.requires_python = Some(">=3.99".into()));
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
    assert!(fix.contains("worker"), "{fix}");
    let mine = std::env::var("OSAURUS_BRIDGE_PYTHON").unwrap();
    if let Some(other) = support::pythons()
        .iter()
        .find(|p| p.parent() != std::path::Path::new(&mine).parent())
    {
        let refused = support::refusal("", |config| {
            config.python = other.to_str().map(str::to_owned)
        });
        // The same minor version from two places is no second version.
        match refused {
            EngineFailure::Unavailable { looked_for, .. } => {
                assert!(
                    looked_for[0].contains("the plugin is set to Python 3."),
                    "{looked_for:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
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

/// A plugin that imports what it is told to, with these further roots.
fn importer(
    id: &str,
    dir: &std::path::Path,
    roots: &[&str],
    python: Option<&str>,
) -> support::Loaded {
    std::fs::write(dir.join("main.py"), TRY_IMPORT).unwrap();
    let roots: Vec<&str> = std::iter::once(".").chain(roots.iter().copied()).collect();
    let mut context = support::context(id, dir, &roots);
    context.config.python = python.map(str::to_owned);
    osaurus_shim::python::start(&context)
        .map(support::Loaded)
        .unwrap()
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
    std::fs::write(
        library.join("site-packages/onlyhere.py"),
        "__version__ = '7'",
    )
    .unwrap();
    let chosen = folder.join("bin/python");
    let first = importer("dev.test.venv", dir.path(), &[], chosen.to_str());
    let found = first.ok("attempt", json!({"name": "onlyhere"}));
    assert_eq!(
        found,
        json!({"version": "7", "as": "_osr_dev_test_venv.onlyhere"})
    );
    let other = tempfile::tempdir().unwrap();
    let second = importer("dev.test.plain", other.path(), &[], None);
    let found = second.ok("attempt", json!({"name": "onlyhere"}));
    assert_eq!(
        found,
        json!({"version": null, "error": "No module named 'onlyhere'"})
    );
}

#[test]
fn a_compiled_package_is_shared_and_a_second_version_is_announced() {
    with_one_python("numpy");
}

fn numpy() {
    let python = std::env::var("OSAURUS_BRIDGE_PYTHON").unwrap();
    let [one, two, none] = [0; 3].map(|_| tempfile::tempdir().unwrap());
    for (dir, package) in [(&one, "numpy<2.2"), (&two, "numpy==2.2.*")] {
        let target = dir.path().join("deps");
        run(
            &python,
            &[
                "-m",
                "pip",
                "install",
                "-q",
                "--target",
                target.to_str().unwrap(),
                package,
            ],
        );
    }
    let first = importer("dev.test.one", one.path(), &["deps"], None);
    let version = first.ok("attempt", json!({"name": "numpy"}))["version"].clone();
    assert!(version.is_string(), "{version}");
    let second = importer("dev.test.two", two.path(), &["deps"], None);
    assert_eq!(
        second.ok("attempt", json!({"name": "numpy"}))["version"],
        version
    );
    let said = logged("a package with compiled parts exists once per process");
    assert_eq!(said.len(), 1, "{said:?}");
    let third = importer("dev.test.three", none.path(), &[], None);
    assert_eq!(
        third.ok("attempt", json!({"name": "numpy"}))["version"],
        Value::Null
    );
}
