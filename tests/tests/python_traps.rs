//! The traps of running Python inside another program, T1 to T12. Each was seen to bite; each test shows that it
//! does not bite here. Those about crashes and exits that only a worker can survive are in `worker.rs`.

use osaurus_bridge_tests::project::{Project, bridge, text_of};
use osaurus_bridge_tests::scene::{self, Scene};
use osaurus_bridge_tests::{child, pythons};
use osaurus_reference_host::Host;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};

/// T1: C extensions need libpython's symbols in the global scope, though hosts open plugins RTLD_LOCAL.
#[test]
fn t1_c_extensions_import_under_rtld_local() {
    scene::embedded("t1_c_extensions_import_under_rtld_local", |scene| {
        let main = "from osaurus_plugin import Plugin\nplugin = Plugin(name='T1')\n\n\
            @plugin.tool\ndef sums() -> list[str]:\n    \"\"\"Import what is written in C.\"\"\"\n    \
            import ctypes, decimal, sqlite3, ssl\n    import numpy\n    \
            return [str(decimal.Decimal('0.1') + 1), str(int(numpy.arange(4).sum())), ssl.OPENSSL_VERSION[:7], str(ctypes.sizeof(ctypes.c_int))]\n";
        let project = Project::python("t1", main)
            .settings(
                "requires-python = \">=3.10\"",
                "requires-python = \">=3.10\"\ndependencies = [\"numpy\"]",
            )
            .settings("entry =", "allow-native = true\nentry =");
        let plugin = scene.load(&project);
        assert_eq!(
            scene.result(&plugin, "sums", json!({})),
            json!(["1.1", "6", "OpenSSL", "4"])
        );
    });
}

fn click_plugin(name: &str, version: &str) -> Project {
    let main = "import helper\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T2')\n\n\
        @plugin.tool\ndef click_version() -> dict[str, str]:\n    \"\"\"Which click.\"\"\"\n    \
        import importlib, pickle, click\n    assert importlib.import_module('helper') is helper\n    \
        assert pickle.loads(pickle.dumps(helper.Thing(3))).size == 3\n    \
        return {'click': click.__version__, 'helper': helper.NAME}\n";
    Project::python(name, main)
        .file("helper.py", &format!("from dataclasses import dataclass\nNAME = '{name}'\n\n@dataclass\nclass Thing:\n    size: int\n"))
        .settings("requires-python = \">=3.10\"", &format!("requires-python = \">=3.10\"\ndependencies = [\"click=={version}\"]"))
}

/// T2: two plugins in one interpreter, both with `main.py` and `helper.py`, and two versions of one dependency.
#[test]
fn t2_two_plugins_keep_their_modules_apart() {
    scene::both("t2_two_plugins_keep_their_modules_apart", |scene| {
        let old = scene.load(&click_plugin("old", "7.1.2"));
        let new = scene.load(&click_plugin("new", "8.1.7"));
        for _ in 0..2 {
            assert_eq!(
                scene.result(&old, "click_version", json!({})),
                json!({"click": "7.1.2", "helper": "old"})
            );
            assert_eq!(
                scene.result(&new, "click_version", json!({})),
                json!({"click": "8.1.7", "helper": "new"})
            );
        }
    });
}

const EXITS: &str = r#"
import asyncio
import sys
import threading

from osaurus_plugin import Plugin

plugin = Plugin(name="T3")


def leave(how: str) -> None:
    if how == "exit":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "cancelled":
        raise asyncio.CancelledError
    if how == "generator":
        raise GeneratorExit
    if how == "recursion":
        leave(how)


@plugin.tool
def plain(how: str) -> str:
    """Leave a plain handler."""
    leave(how)
    return "stayed"


@plugin.tool(threads=True)
def threaded(how: str) -> str:
    """Leave a handler on a thread."""
    leave(how)
    return "stayed"


@plugin.tool
async def looped(how: str) -> str:
    """Leave a coroutine."""
    await asyncio.sleep(0)
    leave(how)
    return "stayed"


@plugin.tool
async def in_task(how: str) -> str:
    """Leave in a task that nobody awaits."""
    async def work() -> None:
        leave(how)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    return f"stayed, {task.done()}"


@plugin.tool
def in_thread(how: str) -> str:
    """Leave in a thread of its own."""
    thread = threading.Thread(target=leave, args=[how])
    thread.start()
    thread.join()
    return "stayed"
"#;

/// T3: `sys.exit` and its relatives end the call, never the host and never the event loop.
#[test]
fn t3_leaving_a_handler_ends_the_call_alone() {
    scene::both("t3_leaving_a_handler_ends_the_call_alone", |scene| {
        let plugin = scene.load(&Project::python("t3", EXITS));
        for tool in ["plain", "threaded", "looped"] {
            for how in ["exit", "interrupt", "cancelled", "generator", "recursion"] {
                let envelope = scene.call(&plugin, tool, json!({"how": how}));
                assert_eq!(envelope["ok"], false, "{tool} {how}: {envelope}");
                assert_eq!(
                    envelope["kind"], "execution_error",
                    "{tool} {how}: {envelope}"
                );
                assert_eq!(
                    scene.result(&plugin, tool, json!({"how": "no"}))["text"],
                    "stayed",
                    "after {tool} {how}"
                );
            }
        }
        for tool in ["in_task", "in_thread"] {
            let result = scene.result(&plugin, tool, json!({"how": "exit"}));
            assert!(
                result["text"]
                    .as_str()
                    .is_some_and(|text| text.starts_with("stayed")),
                "{tool}: {result}"
            );
        }
        assert_eq!(
            scene.result(&plugin, "looped", json!({"how": "no"}))["text"],
            "stayed"
        );
    });
}

/// T4: `sys.executable` is a Python, so children of a script are Pythons and not second hosts.
#[test]
fn t4_children_of_a_script_are_pythons_not_hosts() {
    scene::both("t4_children_of_a_script_are_pythons_not_hosts", |scene| {
        let main = "import os\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T4')\n\n\
            def square(x):\n    return x * x\n\n\
            @plugin.tool\ndef children(method: str) -> list[int]:\n    \"\"\"Use processes.\"\"\"\n    \
            import multiprocessing, subprocess, sys\n    \
            out = subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True, check=True).stdout\n    \
            context = multiprocessing.get_context(method)\n    \
            with context.Pool(1) as pool:\n        squares = pool.map(abs, [-2, 3])\n    \
            return [int(out), *squares]\n";
        let plugin = scene.load(&Project::python("t4", main));
        for method in ["spawn", "fork"] {
            assert_eq!(
                scene.result(&plugin, "children", json!({"method": method})),
                json!([42, 2, 3]),
                "{method}"
            );
        }
    });
}

/// T5: threads that a script leaves behind do not keep the host from ending, and do not crash it at the end.
#[test]
fn t5_threads_left_behind_do_not_hold_or_crash_the_exit() {
    scene::embedded(
        "t5_threads_left_behind_do_not_hold_or_crash_the_exit",
        |scene| {
            let main = "import threading, time\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T5')\n\n\
            def spin():\n    while True:\n        sum(range(1000))\n\n\
            @plugin.tool\ndef leave_threads() -> int:\n    \"\"\"Start threads and forget them.\"\"\"\n    \
            for daemon in (True, False):\n        for work in (spin, lambda: time.sleep(3600)):\n            \
            threading.Thread(target=work, daemon=daemon).start()\n    return threading.active_count()\n";
            let plugin = scene.load(&Project::python("t5", main));
            assert!(scene.result(&plugin, "leave_threads", json!({})).as_i64() >= Some(4));
            let started = Instant::now();
            scene.host.shutdown();
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "shutdown took {:?}",
                started.elapsed()
            );
        },
    );
}

/// T6: the host runs the plugin's own tools while one of its handlers waits for `complete`.
#[test]
fn t6_a_host_call_may_come_back_into_the_plugin() {
    scene::both("t6_a_host_call_may_come_back_into_the_plugin", |scene| {
        let main = "from osaurus_plugin import AsyncContext, Context, Plugin\nplugin = Plugin(name='T6')\n\
            TOOL = [{'type': 'function', 'function': {'name': 'inner', 'description': 'x', 'parameters': {'type': 'object'}}}]\n\n\
            @plugin.tool(permission='auto')\ndef inner(ctx: Context) -> str:\n    \"\"\"Called by the model.\"\"\"\n    \
            return f'inner of {ctx.agent_id}'\n\n\
            @plugin.tool\ndef plain(ctx: Context) -> str:\n    \"\"\"Ask the model to call inner.\"\"\"\n    \
            return ctx.inference.complete('call inner', tools=TOOL).text + str(ctx.agent_id)\n\n\
            @plugin.tool\nasync def looped(ctx: AsyncContext) -> str:\n    \"\"\"The same, awaited.\"\"\"\n    \
            answer = await ctx.inference.complete('call inner', tools=TOOL)\n    return answer.text + str(await ctx.agent_id())\n";
        let plugin = scene.load(&Project::python("t6", main));
        for tool in ["plain", "looped"] {
            let text = scene.result(&plugin, tool, json!({}))["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let agent = scene.ada.to_string();
            assert!(
                text.contains(&format!("inner of {agent}")) && text.ends_with(&agent),
                "{tool}: {text}"
            );
        }
    });
}

const STRINGS: &str = r#"
from osaurus_plugin import Context, Plugin

plugin = Plugin(name="T7")


@plugin.tool
def length(text: str) -> int:
    """How long a text is."""
    return len(text)


@plugin.tool
def repeat(count: int) -> str:
    """A long text."""
    return "ü" * count


@plugin.tool
def surrogate() -> str:
    """A text that is not Unicode."""
    return "bad \ud800 text"


@plugin.tool
def nested_surrogate() -> dict[str, list[str]]:
    """One deep inside."""
    return {"items": ["fine", "bad \udfff"]}


@plugin.tool
def to_host(ctx: Context, what: str) -> str:
    """Hand such texts to the host."""
    text = {"nul": "a\0b", "surrogate": "a\ud800b", "fine": "a ü 🦕 b"}[what]
    try:
        ctx.config.set("key", text)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return str(ctx.config.get("key"))


@plugin.tool
def nan() -> float:
    """A number that JSON does not have."""
    return float("nan")
"#;

/// T7: NUL, lone surrogates and 50 MB texts, both ways: whole, or an error with a name.
#[test]
fn t7_texts_cross_whole_or_are_refused_by_name() {
    scene::both("t7_texts_cross_whole_or_are_refused_by_name", |scene| {
        let plugin = scene.load(&Project::python("t7", STRINGS));
        assert_eq!(
            scene.result(&plugin, "length", json!({"text": "a\0b 🦕"})),
            5
        );
        let long = "ü".repeat(25_000_000);
        assert_eq!(
            scene.result(&plugin, "length", json!({"text": long})),
            25_000_000
        );
        let raw = plugin
            .invoke_raw("tool", "repeat", r#"{"count": 25000000}"#, Some(scene.ada))
            .expect("an answer");
        assert!(
            raw.len() > 50_000_000 && raw.contains("üü"),
            "{} bytes came back",
            raw.len()
        );
        for (tool, place) in [
            ("surrogate", "result"),
            ("nested_surrogate", "items"),
            ("nan", "result"),
        ] {
            let envelope = scene.call(&plugin, tool, json!({}));
            assert_eq!(envelope["ok"], false, "{envelope}");
            let message = envelope["message"].as_str().unwrap_or_default();
            assert!(message.contains(place), "{tool}: {message}");
        }
        assert_eq!(
            scene.result(&plugin, "to_host", json!({"what": "fine"}))["text"],
            "a ü 🦕 b"
        );
        let nul = scene
            .result(&plugin, "to_host", json!({"what": "nul"}))
            .to_string();
        assert!(nul.contains("NUL"), "{nul}");
        let surrogate = scene
            .result(&plugin, "to_host", json!({"what": "surrogate"}))
            .to_string();
        assert!(surrogate.contains("surrogate"), "{surrogate}");
    });
}

fn make_venv(scene: &Scene, project: &Project, package: &str) {
    let venv = project.path().join(".venv");
    let run = |command: &mut Command| {
        let output = command.output().expect("python runs");
        assert!(output.status.success(), "{}", text_of(&output));
    };
    run(Command::new(&scene.python).args(["-m", "venv"]).arg(&venv));
    run(Command::new(venv.join("bin/python")).args([
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        package,
    ]));
}

/// T8: a venv belongs to its plugin alone, and what a user installed for the whole machine to nobody.
#[test]
fn t8_a_venv_does_not_leak_into_other_plugins() {
    scene::embedded("t8_a_venv_does_not_leak_into_other_plugins", |scene| {
        let main = "from osaurus_plugin import Plugin\nplugin = Plugin(name='T8')\n\n\
            @plugin.tool\ndef see() -> dict[str, str]:\n    \"\"\"What can be imported.\"\"\"\n    found = {}\n    \
            for name in ('tomli_w', 'pip'):\n        try:\n            found[name] = __import__(name).__name__.rpartition('.')[2]\n        \
            except ImportError:\n            found[name] = 'missing'\n    return found\n";
        let with = Project::python("with", main)
            .settings("entry =", "python = \".venv/bin/python\"\nentry =");
        make_venv(scene, &with, "tomli-w");
        let with = scene.load(&with);
        let without = scene.load(&Project::python("without", main));
        assert_eq!(scene.result(&with, "see", json!({}))["tomli_w"], "tomli_w");
        assert_eq!(
            scene.result(&without, "see", json!({})),
            json!({"tomli_w": "missing", "pip": "missing"})
        );
    });
}

/// T9: what is wrong with the author's code is said with file and line, at build time.
#[test]
fn t9_errors_in_the_code_name_file_and_line() {
    let python = pythons::newest().executable;
    let good = "from osaurus_plugin import Plugin\nplugin = Plugin(name='T9')\n\n\
        @plugin.tool\ndef f() -> str:\n    \"\"\"F.\"\"\"\n    return ''\n";
    let cases = [
        (
            "syntax",
            format!("{good}\ndef broken(:\n    pass\n"),
            vec!["main.py", "9"],
        ),
        (
            "missing",
            format!("import no_such_module\n{good}"),
            vec!["main.py", "1", "no_such_module"],
        ),
        (
            "runtime",
            format!("{good}\n1 / 0\n"),
            vec!["main.py", "9", "ZeroDivisionError"],
        ),
        ("nothing", "x = 1\n".to_owned(), vec!["main", "plugin"]),
        (
            "type",
            good.replace("def f()", "def f(x: complex)"),
            vec!["main.py", "complex", "x"],
        ),
    ];
    for (name, main, expected) in cases {
        let output = Project::python(name, &main).try_build(&python);
        let text = text_of(&output);
        assert!(!output.status.success(), "{name} was built");
        assert!(
            expected.iter().all(|part| text.contains(part)),
            "{name}: {text}"
        );
    }
    let old = Project::python("old", good)
        .settings(">=3.10", ">=3.99")
        .try_build(&python);
    assert!(
        !old.status.success() && text_of(&old).contains("3.99"),
        "{}",
        text_of(&old)
    );
}

/// T9, at run time: a Python that does not fit is named, with what was wanted.
#[test]
fn t9_a_python_that_does_not_fit_is_refused_by_name() {
    scene::embedded(
        "t9_a_python_that_does_not_fit_is_refused_by_name",
        |scene| {
            let all = pythons::all();
            let (oldest, newest) = (&all[0], &all[all.len() - 1]);
            assert_ne!(
                oldest.version, newest.version,
                "this test needs two Pythons"
            );
            let main = "from osaurus_plugin import Plugin\nplugin = Plugin(name='T9')\n\n\
            @plugin.tool\ndef f() -> str:\n    \"\"\"F.\"\"\"\n    return ''\n";
            let project = Project::python("future", main)
                .settings(">=3.10", &format!("=={}.*", newest.version));
            let library = project.build(&newest.executable);
            // SAFETY: the child process has no other thread that reads the environment now.
            unsafe { std::env::set_var("OSAURUS_BRIDGE_PYTHON", &oldest.executable) };
            let first = scene
                .host
                .load(&Project::python("first", main).build(&oldest.executable))
                .expect("loads");
            assert_eq!(scene.call(&first, "f", json!({}))["ok"], true);
            let plugin = scene.host.load(&library).expect("loading needs no Python");
            let envelope = scene.call(&plugin, "f", json!({}));
            assert_eq!(envelope["kind"], "unavailable", "{envelope}");
            let message = envelope["message"].as_str().unwrap_or_default();
            assert!(
                message.contains(&newest.version) && message.contains(&oldest.version),
                "{message}"
            );
        },
    );
}

/// Every signal's disposition, as the kernel reports it.
#[cfg(target_os = "linux")]
fn signals() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc");
    status
        .lines()
        .filter(|line| line.starts_with("SigCgt") || line.starts_with("SigIgn"))
        .collect()
}

/// T10: Python installs no signal handler, whatever a script imports.
#[cfg(target_os = "linux")]
#[test]
fn t10_signal_handlers_stay_as_the_host_set_them() {
    let before_test = signals();
    scene::embedded("t10_signal_handlers_stay_as_the_host_set_them", |scene| {
        let main = "import asyncio, signal, subprocess\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T10')\n\n\
            @plugin.tool\nasync def f() -> str:\n    \"\"\"F.\"\"\"\n    await asyncio.sleep(0)\n    return ''\n";
        let plugin = scene.load(&Project::python("t10", main));
        let before = signals();
        scene.result(&plugin, "f", json!({}));
        assert_eq!(before, signals(), "before any plugin: {before_test}");
    });
}

const LOOPS: &str = r#"
import asyncio
import time

from osaurus_plugin import AsyncContext, Context, Plugin

plugin = Plugin(name="T11")


@plugin.tool(timeout=1)
def spins() -> str:
    """Never end."""
    while True:
        pass


@plugin.tool(timeout=1)
def stubborn() -> str:
    """Never end, and catch what can be caught."""
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass


@plugin.tool(timeout=1, threads=True)
def threaded() -> str:
    """Never end, on a thread."""
    while True:
        time.sleep(0.01)


@plugin.tool(timeout=1)
async def waits() -> str:
    """Wait for ever."""
    await asyncio.sleep(3600)
    return ""


@plugin.tool(timeout=1)
async def hogs() -> str:
    """Never give the loop back."""
    while True:
        pass


@plugin.tool
async def answers(ctx: AsyncContext) -> str:
    """A good neighbour on the same loop."""
    await asyncio.sleep(0.01)
    return str(await ctx.config.get("nothing"))


@plugin.tool
def plain(ctx: Context) -> str:
    """A good neighbour without a loop."""
    return str(ctx.config.get("nothing"))
"#;

/// T11: a deadline stops the handler, the call says so, and the next call works.
#[test]
fn t11_a_deadline_stops_the_handler_and_nothing_else() {
    scene::both(
        "t11_a_deadline_stops_the_handler_and_nothing_else",
        |scene| {
            let plugin = scene.load(&Project::python("t11", LOOPS));
            for tool in ["spins", "stubborn", "threaded", "waits", "hogs"] {
                let started = Instant::now();
                let envelope = scene.call(&plugin, tool, json!({}));
                assert_eq!(envelope["kind"], "timeout", "{tool}: {envelope}");
                let message = envelope["message"].as_str().unwrap_or_default();
                assert!(
                    message.contains("1 s")
                        || message.contains("1000 ms")
                        || message.contains("1.0 s"),
                    "{tool}: {message}"
                );
                assert!(
                    started.elapsed() < Duration::from_secs(8),
                    "{tool} took {:?}",
                    started.elapsed()
                );
                for neighbour in ["answers", "plain"] {
                    assert_eq!(
                        scene.result(&plugin, neighbour, json!({}))["text"],
                        "None",
                        "after {tool}"
                    );
                }
            }
        },
    );
}

/// T12: output of every kind goes to the host's log, with the plugin's name; the host's own stdout stays untouched.
#[test]
fn t12_output_goes_to_the_hosts_log() {
    let main = "import logging, sys, threading, warnings\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T12')\n\n\
        def die():\n    raise RuntimeError('died in a thread')\n\n\
        @plugin.tool\ndef speak() -> str:\n    \"\"\"Say things.\"\"\"\n    print('by print')\n    \
        logging.getLogger('x').warning('by logging')\n    sys.stderr.write('by stderr\\n')\n    \
        thread = threading.Thread(target=die)\n    thread.start()\n    thread.join()\n    \
        threading.Thread(target=lambda: print('by a thread')).start()\n    return ''\n";
    let outcome = child::end_of(
        "t12_output_goes_to_the_hosts_log",
        &[("OSAURUS_BRIDGE_MODE", "embedded")],
        || {
            let scene = Scene::new();
            let plugin = scene.load(&Project::python("t12", main));
            scene.result(&plugin, "speak", json!({}));
            let deadline = Instant::now() + Duration::from_secs(5);
            let expected = [
                "by print",
                "by logging",
                "by stderr",
                "died in a thread",
                "by a thread",
            ];
            while Instant::now() < deadline && !expected.iter().all(|text| scene.logged(&[text])) {
                std::thread::sleep(Duration::from_millis(10));
            }
            for text in expected {
                assert!(
                    scene.logged(&[text]),
                    "{text} is not in the log: {:#?}",
                    scene.host.log_lines()
                );
            }
        },
    );
    if let Some((status, output)) = outcome {
        assert_eq!(status, Some(0), "{output}");
        assert!(
            !output.contains("by print") && !output.contains("by stderr"),
            "the host's output got it too: {output}"
        );
    }
}

/// A host that never calls a plugin pays for no Python.
#[test]
fn loading_starts_no_python() {
    child::run("loading_starts_no_python", &[], || {
        let host = Host::builder().agents(["ada"]).build().expect("a host");
        let main = "from osaurus_plugin import Plugin\nplugin = Plugin(name='Lazy')\n\n\
            @plugin.tool\ndef f() -> str:\n    \"\"\"F.\"\"\"\n    return ''\n";
        let project = Project::python("lazy", main);
        let library = project.build(&pythons::newest().executable);
        host.load(&library).expect("loads");
        #[cfg(target_os = "linux")]
        {
            let maps = std::fs::read_to_string("/proc/self/maps").expect("proc");
            assert!(!maps.contains("libpython"), "a Python was loaded");
        }
    });
}

/// The commands of a first plugin, as the README gives them.
#[test]
fn a_new_plugin_builds_and_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |folder: &std::path::Path, args: &[&str]| {
        let output = bridge()
            .args(args)
            .current_dir(folder)
            .output()
            .expect("runs");
        assert!(output.status.success(), "{args:?}: {}", text_of(&output));
        text_of(&output)
    };
    run(folder.path(), &["new", "hello", "--lang", "python"]);
    let project = folder.path().join("hello");
    run(&project, &["build"]);
    let library = format!("dist/dev.example.hello{}", std::env::consts::DLL_SUFFIX);
    let shown = run(&project, &["inspect", &library]);
    assert!(
        shown.contains("greet") && shown.contains("python"),
        "{shown}"
    );
    let answer = run(
        &project,
        &["invoke", &library, "greet", "{\"name\": \"Ada\"}"],
    );
    assert!(
        answer.contains("Hello Ada. (greeting number 1)"),
        "{answer}"
    );
}
