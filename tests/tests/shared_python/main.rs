//! One interpreter per process, for one plugin: it is the host's own where the host is a Python, it
//! is started once when two plugins need it at the same moment, and who cannot have it runs in a
//! worker.

mod bundled;
mod carried;

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::pythons::{self, Python};
use osaurus_bridge_tests::{child, python_engine, root, scene};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::{Barrier, Mutex};

const MAIN: &str = r#"
import os
import sys

from osaurus_plugin import Plugin

plugin = Plugin(name="Shared")


@plugin.tool
def whose() -> dict[str, object]:
    """Which interpreter runs this."""
    planted = getattr(sys, "planted_by_the_host", None)
    return {"version": "%d.%d" % sys.version_info[:2], "planted": planted, "pid": os.getpid()}
"#;

/// What `whose` answers when `host` is the host, with modules of its own of these names, and
/// `wanted` the plugin's interpreter.
fn in_a_python_host(host: &Python, library: &Path, wanted: &Python, planted: &[&str]) -> Value {
    let output = Command::new(&host.executable)
        .arg(root().join("tests/tests/data/python_host.py"))
        .args([library.as_os_str(), "whose".as_ref()])
        .args(planted)
        .env("OSAURUS_BRIDGE_MODE", "embedded")
        .envs([python_engine()])
        .env("OSAURUS_BRIDGE_PYTHON", &wanted.executable)
        .output()
        .expect("the host runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let parsed = serde_json::from_str(text.trim());
    parsed.unwrap_or_else(|_| panic!("{host:?} for {wanted:?}: {output:?}"))
}

#[test]
fn a_host_that_is_a_python_lends_its_interpreter() {
    for python in pythons::all() {
        let library = Project::python("lent", MAIN);
        let library = library.build(&python.executable);
        let answer = in_a_python_host(&python, &library, &python, &[]);
        assert_eq!(answer["result"]["planted"], "the host's own", "{answer}");
        assert_eq!(answer["result"]["version"], python.version, "{answer}");
    }
}

#[test]
fn a_host_that_has_a_module_of_the_plugins_name_lends_nothing() {
    let python = pythons::newest();
    let project = Project::python("clash", MAIN).file("helper.py", "");
    let library = project.build(&python.executable);
    for (planted, lends) in [("other", true), ("helper", false), ("main", false)] {
        let answer = in_a_python_host(&python, &library, &python, &[planted]);
        assert_eq!(answer["ok"], true, "{answer}");
        let lent = answer["result"]["planted"] == "the host's own";
        assert_eq!(lent, lends, "{planted}: {answer}");
    }
}

#[test]
fn a_plugin_that_needs_another_version_than_the_hosts_gets_it() {
    let all = pythons::all();
    let [host, .., other] = all.as_slice() else {
        assert_eq!(
            all.len(),
            1,
            "the machine has one Python: nothing to refuse"
        );
        return;
    };
    let project =
        Project::python("second", MAIN).settings(">=3.10", &format!(">={}", other.version));
    let library = project.build(&other.executable);
    let answer = in_a_python_host(host, &library, other, &[]);
    assert_eq!(answer["result"]["version"], other.version, "{answer}");
    assert_eq!(answer["result"]["planted"], Value::Null, "{answer}");
}

#[test]
fn of_two_plugins_that_start_at_the_same_moment_one_has_the_interpreter() {
    let test = "of_two_plugins_that_start_at_the_same_moment_one_has_the_interpreter";
    let rounds = if child::is_child() { 1 } else { 5 };
    for _ in 0..rounds {
        scene::embedded(test, |scene| {
            let plugins = ["left", "right"].map(|name| scene.load(&Project::python(name, MAIN)));
            let (start, seen) = (Barrier::new(plugins.len()), Mutex::new(BTreeSet::new()));
            std::thread::scope(|threads| {
                for plugin in &plugins {
                    threads.spawn(|| {
                        start.wait();
                        let answer = scene.result(plugin, "whose", json!({}));
                        seen.lock()
                            .expect("no poison")
                            .insert(answer["pid"].as_u64());
                    });
                }
            });
            let lines = seen.into_inner().expect("no poison");
            let here = Some(u64::from(std::process::id()));
            assert!(lines.len() == 2 && lines.contains(&here), "{lines:?}");
            let why = "has the Python of this process, and only one plugin can";
            assert!(scene.logged(&["not embedded", why]));
        });
    }
}
