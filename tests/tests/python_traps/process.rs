//! The process: children, threads left behind, signals, output.

use osaurus_bridge_tests::child;
use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene::{self, Scene};
use osaurus_bridge_tests::system;
use serde_json::json;
use std::time::{Duration, Instant};

/// T4: `sys.executable` is a Python, so children of a script are Pythons and not second hosts.
#[test]
fn t4_child_processes_of_a_script_are_pythons_and_not_hosts() {
    scene::both(
        "process::t4_child_processes_of_a_script_are_pythons_and_not_hosts",
        |scene| {
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
        },
    );
}

/// T5: threads that a script leaves behind do not keep the host from ending, and do not crash it at
/// the end.
#[test]
fn t5_threads_that_still_run_do_not_block_or_crash_the_exit() {
    scene::embedded(
        "process::t5_threads_that_still_run_do_not_block_or_crash_the_exit",
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
                started.elapsed() < Duration::from_secs(60),
                "shutdown took {:?}",
                started.elapsed()
            );
        },
    );
}

/// T10: Python installs no signal handler, whatever a script imports.
#[test]
fn t10_signal_handlers_stay_as_the_host_set_them() {
    scene::embedded(
        "process::t10_signal_handlers_stay_as_the_host_set_them",
        |scene| {
            let main = "import asyncio, signal, subprocess\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T10')\n\n\
            @plugin.tool\nasync def f() -> str:\n    \"\"\"F.\"\"\"\n    await asyncio.sleep(0)\n    return ''\n";
            let plugin = scene.load(&Project::python("t10", main));
            let before = system::signals();
            scene.result(&plugin, "f", json!({}));
            assert_eq!(before, system::signals());
        },
    );
}

/// T12: output of every kind goes to the host's log, with the plugin's name; the host's own stdout
/// stays untouched.
#[test]
fn t12_output_goes_to_the_hosts_log() {
    let main = "import logging, sys, threading, warnings\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T12')\n\n\
        def die():\n    raise RuntimeError('died in a thread')\n\n\
        @plugin.tool\ndef speak() -> str:\n    \"\"\"Say things.\"\"\"\n    print('by print')\n    \
        logging.getLogger('x').warning('by logging')\n    sys.stdout.buffer.write(b'by bytes\\n')\n    sys.stderr.write('by stderr\\n')\n    \
        thread = threading.Thread(target=die)\n    thread.start()\n    thread.join()\n    \
        threading.Thread(target=lambda: print('by a thread')).start()\n    return ''\n";
    let outcome = child::end_of(
        "process::t12_output_goes_to_the_hosts_log",
        &[("OSAURUS_BRIDGE_MODE", "embedded")],
        || {
            let scene = Scene::new();
            let plugin = scene.load(&Project::python("t12", main));
            scene.result(&plugin, "speak", json!({}));
            let deadline = Instant::now() + Duration::from_secs(60);
            let expected = [
                "by print",
                "by logging",
                "by bytes",
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
