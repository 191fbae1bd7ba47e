//! Modules: C extensions, plugins side by side, venvs, broken code, Pythons that do not fit.

use osaurus_bridge_tests::project::{Project, text_of};
use osaurus_bridge_tests::scene::{self, Scene};
use osaurus_bridge_tests::{child, pythons};
use osaurus_reference_host::Host;
use serde_json::json;
use std::process::Command;

/// T1: C extensions need libpython's symbols in the global scope, though hosts open plugins
/// RTLD_LOCAL.
#[test]
fn t1_c_extensions_import_under_rtld_local() {
    scene::embedded(
        "modules::t1_c_extensions_import_under_rtld_local",
        |scene| {
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
        },
    );
}

fn click_plugin(name: &str, version: &str) -> Project {
    let main = "import helper\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T2')\n\n\
        @plugin.tool\ndef click_version() -> dict[str, str]:\n    \"\"\"Which click.\"\"\"\n    \
        import importlib, pickle, click\n    assert importlib.import_module('helper') is helper\n    \
        assert pickle.loads(pickle.dumps(helper.Thing(3))).size == 3\n    \
        return {'click': click.__version__, 'helper': helper.NAME}\n";
    Project::python(name, main)
        .file(
            "helper.py",
            &format!(
                "from dataclasses import dataclass\nNAME = \
                                     '{name}'\n\n@dataclass\nclass Thing:\n    size: int\n"
            ),
        )
        .settings(
            "requires-python = \">=3.10\"",
            &format!(
                "requires-python = \
                                                            \">=3.10\"\ndependencies = \
                                                            [\"click=={version}\"]"
            ),
        )
}

/// T2: two plugins in one host, both with `main.py` and `helper.py`, and two versions of one
/// dependency. The first that asks has the process's interpreter; the other runs in a worker, and
/// its log says who has it.
#[test]
fn t2_two_plugins_keep_their_modules_apart() {
    scene::both(
        "modules::t2_two_plugins_keep_their_modules_apart",
        |scene| {
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
            if scene.is_embedded() {
                let why = "the plugin dev.test.old has the Python of this process";
                assert!(scene.logged(&["embedded from"]));
                assert!(scene.logged(&["worker: CPython", "not embedded", why]));
            }
        },
    );
}

/// Module names that are found by code of the standard library, folders that a script puts on
/// `sys.path`, and a package that is asked for on a thread of a pool: each plugin gets its own.
#[test]
fn t2_modules_that_libraries_look_up_are_the_plugins_own() {
    const MAIN: &str = include_str!("../../fixtures/looked_up_names/main.py");
    const KIT: &str = r#"
import logging

KEPT: list[str] = []


class Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        KEPT.append(record.getMessage())
"#;
    scene::both(
        "modules::t2_modules_that_libraries_look_up_are_the_plugins_own",
        |scene| {
            let plugins = ["one", "two"].map(|name| {
                let owner = format!(
                    "OWNER = '{name}'
"
                );
                let project = Project::python(name, MAIN)
                    .file("kit.py", KIT)
                    .file("colorsys.py", &owner);
                let project = project.file("lib/util.py", &owner).file("late.py", &owner);
                (name, scene.load(&project))
            });
            for (name, plugin) in plugins {
                let whose = scene.result(&plugin, "who", json!({}));
                assert_eq!(whose, json!([name, name, "kept"]));
            }
        },
    );
}

/// What changes the interpreter for all of it, as in any Python; and a second life of the plugin
/// begins anew.
#[test]
fn t2_an_embedded_script_has_a_plain_interpreter() {
    const MAIN: &str = include_str!("../../fixtures/plain_interpreter/main.py");
    scene::both(
        "modules::t2_an_embedded_script_has_a_plain_interpreter",
        |scene| {
            let project = Project::python("plain", MAIN)
                .settings(
                    "requires-python = \">=3.10\"",
                    "requires-python = \">=3.10\"\ndependencies = [\"pydantic>=2.12\"]",
                )
                .settings("entry =", "allow-native = true\nentry =");
            let library = project.build(&scene.python);
            for _ in 0..2 {
                let plugin = scene.host.load(&library).expect("the plugin loads");
                let words = scene.result(&plugin, "words", json!({}));
                assert_eq!(words, json!({"words": ["hello", "A", "patched"]}));
                assert!(scene.host.unload(&plugin));
            }
            assert!(!scene.logged(&["not embedded"]));
        },
    );
}

fn make_venv(scene: &Scene, project: &Project, package: &str) {
    let venv = project.path().join(".venv");
    let output_of = |command: &mut Command| {
        let output = command.output().expect("python runs");
        assert!(output.status.success(), "{}", text_of(&output));
    };
    output_of(Command::new(&scene.python).args(["-m", "venv"]).arg(&venv));
    output_of(Command::new(venv.join("bin/python")).args([
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        package,
    ]));
}

/// T8: a venv belongs to its plugin alone, and what a user installed for the whole machine to no
/// plugin.
#[test]
fn t8_a_venv_does_not_leak_into_other_plugins() {
    scene::both(
        "modules::t8_a_venv_does_not_leak_into_other_plugins",
        |scene| {
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
        },
    );
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

/// T9, at run time: a plugin that needs another Python than the one in the process gets it, in a
/// worker.
#[test]
fn t9_a_plugin_that_needs_another_python_gets_it_in_a_worker() {
    scene::embedded(
        "modules::t9_a_plugin_that_needs_another_python_gets_it_in_a_worker",
        |scene| {
            let all = pythons::all();
            let (oldest, newest) = (&all[0], &all[all.len() - 1]);
            assert_ne!(
                oldest.version, newest.version,
                "this test needs two Pythons"
            );
            let main = "import sys\nfrom osaurus_plugin import Plugin\nplugin = Plugin(name='T9')\n\n\
            @plugin.tool\ndef f() -> str:\n    \"\"\"F.\"\"\"\n    return '%d.%d' % sys.version_info[:2]\n";
            let project = Project::python("future", main)
                .settings(">=3.10", &format!("=={}.*", newest.version));
            let library = project.build(&newest.executable);
            // SAFETY: the child process has no other thread that reads the environment now.
            unsafe { std::env::set_var("OSAURUS_BRIDGE_PYTHON", &oldest.executable) };
            let first = scene
                .host
                .load(&Project::python("first", main).build(&oldest.executable))
                .expect("loads");
            let version = scene.result(&first, "f", json!({}));
            assert_eq!(version["text"], oldest.version.as_str());
            let plugin = scene.host.load(&library).expect("loading needs no Python");
            let version = scene.result(&plugin, "f", json!({}));
            assert_eq!(version["text"], newest.version.as_str());
            assert!(scene.logged(&["worker: CPython", &newest.version, "not embedded"]));
        },
    );
}

/// A host that never calls a plugin pays for no Python.
#[test]
fn loading_starts_no_python() {
    child::run("modules::loading_starts_no_python", &[], || {
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
