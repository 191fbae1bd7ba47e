//! The C and C++ examples, built by their own build files, and small plugins in Zig and Go on the
//! generated bindings: each loads in hosts of every version and does its work, or says what the
//! host lacks.

use osaurus_bridge_tests::{built, child, root};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin, RouteCall};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Runs a build step.
fn done(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; run script/setup"));
    let text = osaurus_bridge_tests::project::text_of(&output);
    assert!(output.status.success(), "{command:?}: {text}");
}

/// Whether a toolchain is there. Where CI is set, it must be.
fn have(command: &mut Command) -> bool {
    let there = command.output().is_ok_and(|output| output.status.success());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    assert!(
        there || !ci,
        "{command:?} fails, but CI is set: run script/setup"
    );
    if !there {
        eprintln!("skipped: {command:?} fails");
    }
    there
}

fn generated(target: &str, folder: &Path) {
    done(
        Command::new(built("osaurus-bridge"))
            .args(["gen", target, "--out"])
            .arg(folder),
    );
}

fn copied(source: &str, folder: &Path) {
    let name = Path::new(source).file_name().expect("a file name");
    std::fs::copy(root().join(source), folder.join(name)).expect("a copied file");
}

fn envelope(plugin: &Arc<LoadedPlugin>, tool: &str, arguments: &Value) -> Value {
    let text = plugin.invoke(tool, &arguments.to_string(), Some(AgentId::named("ada")));
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{tool} answered {text}"))
}

/// Loads a library in a host of each version, in a process of its own.
fn in_every_host(
    test: &str,
    library: impl FnOnce(&Path) -> PathBuf,
    play: impl Fn(&Host, &Arc<LoadedPlugin>, u32),
) {
    child::run(test, &[], || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let library = library(folder.path());
        for version in 1..=6 {
            let host = Host::builder()
                .abi(version)
                .agents(["ada"])
                .build()
                .expect("the host starts");
            let plugin = host
                .load(&library)
                .unwrap_or_else(|error| panic!("in version {version}: {error}"));
            play(&host, &plugin, version);
        }
    });
}

#[test]
fn c_hello_greets_and_counts_where_the_host_can() {
    let build = |folder: &Path| {
        let out = format!("OUT={}", folder.display());
        done(
            Command::new("make")
                .arg("-C")
                .arg(root().join("examples/c-hello"))
                .arg(&out),
        );
        folder.join(format!("hello{}", std::env::consts::DLL_SUFFIX))
    };
    in_every_host(
        "c_hello_greets_and_counts_where_the_host_can",
        build,
        |host, plugin, version| {
            let greeted = envelope(plugin, "greet", &json!({"name": "Ada"}));
            assert_eq!(greeted["result"]["text"], "Hello, Ada!");
            host.store_config(AgentId::named("ada"), plugin.id(), "greeting", "Moin")
                .expect("a stored setting");
            let again = &envelope(plugin, "greet", &json!({"name": "Ada"}))["result"];
            let expected = match version {
                1 => json!({"text": "Hello, Ada!", "visits": 0}),
                _ => json!({"text": "Moin, Ada!", "visits": 2}),
            };
            assert_eq!(again, &expected, "version {version}");
            assert_eq!(
                envelope(plugin, "greet", &json!({}))["kind"],
                "invalid_args"
            );
        },
    );
}

#[test]
fn cpp_calculator_computes_and_remembers_where_the_host_can() {
    let build = |folder: &Path| {
        let source = root().join("examples/cpp-calculator");
        done(
            Command::new("cmake")
                .arg("-S")
                .arg(source)
                .arg("-B")
                .arg(folder),
        );
        done(Command::new("cmake").arg("--build").arg(folder));
        folder.join(format!("calculator{}", std::env::consts::DLL_SUFFIX))
    };
    let name = "cpp_calculator_computes_and_remembers_where_the_host_can";
    in_every_host(name, build, |host, plugin, version| {
        host.store_config(AgentId::named("ada"), plugin.id(), "digits", "4")
            .expect("a stored setting");
        let value = |expression: &str| {
            let envelope = envelope(plugin, "calculate", &json!({ "expression": expression }));
            envelope["result"]["value"]
                .as_str()
                .map(str::to_owned)
                .unwrap_or_else(|| envelope["message"].to_string())
        };
        assert_eq!(value("2 * (3 + 4)^2 - -1"), "99");
        assert_eq!(value("-2^2 + 7 % 4 + sqrt(16)"), "3");
        assert_eq!(
            value("1/3"),
            if version == 1 {
                "0.333333333333"
            } else {
                "0.3333"
            }
        );
        assert_eq!(value("2 * (3"), "\"`)` was expected, at character 7\"");
        let history = envelope(plugin, "history", &json!({"limit": 1}));
        if version == 1 {
            return assert_eq!(history["kind"], "unavailable", "{history}");
        }
        assert_eq!(history["result"]["rows"], json!([["1/3", "0.3333"]]));
        let page = plugin.route(RouteCall::new(
            "GET",
            "/history?limit=2",
            AgentId::named("ada"),
        ));
        let body: Value = serde_json::from_str(&page.text()).expect("JSON");
        assert_eq!(
            (page.status, body["rows"].as_array().map(Vec::len)),
            (200, Some(2))
        );
        let wrong = plugin.route(RouteCall::new(
            "GET",
            "/history?limit=x",
            AgentId::named("ada"),
        ));
        assert_eq!(
            (wrong.status, wrong.text().as_str()),
            (400, r#"{"error":"`limit` must be a number"}"#)
        );
    });
}

/// The loader makes one of C++ statics with the same name in several libraries, unless they are
/// hidden. The layer's own are kept apart without that.
#[test]
fn two_cpp_plugins_with_the_same_class_name_share_a_process() {
    let name = "two_cpp_plugins_with_the_same_class_name_share_a_process";
    child::run(name, &[], || {
        for visibility in ["hidden", "default"] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            generated("cpp", folder.path());
            let host = Host::builder().agents(["ada"]).build();
            let host = host.expect("the host starts");
            let counters = ["1", "10"].map(|step| {
                let library = cpp_counter(folder.path(), step, visibility);
                host.load(&library).expect("the plugin loads")
            });
            for round in 1..=3 {
                for (counter, step) in counters.iter().zip([1, 10]) {
                    let counted = &envelope(counter, "count", &json!({}))["result"];
                    assert_eq!(counted["value"], round * step, "{}", counter.id());
                    let apart = visibility == "hidden";
                    assert!(!apart || counted["static"] == round, "{counted}");
                }
            }
        }
    });
}

fn cpp_counter(folder: &Path, step: &str, visibility: &str) -> PathBuf {
    let library = folder.join(format!("counter{step}.so"));
    let mut compiler = Command::new("c++");
    compiler
        .args([
            "-std=c++20",
            "-shared",
            "-fPIC",
            "-Wall",
            "-Wextra",
            "-Werror",
        ])
        .arg(format!("-fvisibility={visibility}"))
        .arg(format!("-DSTEP=\"{step}\""))
        .arg("-I")
        .arg(folder)
        .arg("-o")
        .arg(&library);
    done(compiler.arg(root().join("tests/plugins/cpp/counter.cpp")));
    library
}

#[test]
fn a_zig_plugin_runs_on_the_generated_tables() {
    let zig = || {
        let mut zig = Command::new(root().join(".venv/bin/python"));
        zig.args(["-m", "ziglang"]);
        zig
    };
    if !have(zig().arg("version")) {
        return;
    }
    let build = |folder: &Path| {
        generated("zig", folder);
        copied("tests/plugins/zig/hello.zig", folder);
        let cache = folder.join("cache");
        let mut command = zig();
        command.current_dir(folder).args([
            "build-lib",
            "hello.zig",
            "-dynamic",
            "-lc",
            "-femit-bin=hello.so",
        ]);
        done(command.arg("--cache-dir").arg(cache));
        folder.join("hello.so")
    };
    in_every_host(
        "a_zig_plugin_runs_on_the_generated_tables",
        build,
        |host, plugin, version| {
            host.store_config(AgentId::named("ada"), plugin.id(), "greeting", "Moin")
                .expect("a stored setting");
            let greeted = envelope(plugin, "greet", &json!({"name": "Ada"}));
            let expected = if version == 1 {
                "Hello, Ada!"
            } else {
                "Moin, Ada!"
            };
            assert_eq!(greeted["result"]["text"], expected, "version {version}");
            assert_eq!(envelope(plugin, "greet", &json!({}))["field"], "name");
        },
    );
}

#[test]
fn a_go_plugin_runs_on_the_generated_package() {
    if !have(Command::new("go").arg("version")) {
        return;
    }
    let build = |folder: &Path| {
        let package = folder.join("osaurus");
        generated("go", &package);
        copied("tests/plugins/go/hello.go", folder);
        // The init functions of the first file run first: the host asks while they do.
        let slow = "package main\n\nimport \"time\"\n\nfunc init() { time.Sleep(time.Second) }\n";
        let module = "module osaurus.dev/hello\n\ngo 1.18\n";
        for (name, text) in [("a_slow_start.go", slow), ("go.mod", module)] {
            std::fs::write(folder.join(name), text).expect("a written file");
        }
        let go = || {
            let mut go = Command::new("go");
            go.current_dir(folder);
            go
        };
        done(go().args(["vet", "./..."]));
        done(go().args(["build", "-buildmode=c-shared", "-o", "hello.so", "."]));
        folder.join("hello.so")
    };
    in_every_host(
        "a_go_plugin_runs_on_the_generated_package",
        build,
        |host, plugin, version| {
            host.store_config(AgentId::named("ada"), plugin.id(), "greeting", "Moin")
                .expect("a stored setting");
            let greeted = envelope(plugin, "greet", &json!({"name": "Ada"}));
            let answer = envelope(plugin, "say", &json!({"say": "a b c"}));
            if version == 1 {
                assert_eq!(greeted["result"]["text"], "Hello, Ada!");
                return assert_eq!(
                    answer["message"],
                    "a version 1 host has no functions, so no complete_stream"
                );
            }
            assert_eq!(greeted["result"]["text"], "Moin, Ada!");
            assert!(
                answer["result"]["text"]
                    .as_str()
                    .is_some_and(|text| text.ends_with(" chunks")),
                "{answer}"
            );
            assert_eq!(
                envelope(plugin, "panic", &json!({}))["message"],
                "no such tool: panic"
            );
            let page = plugin.route(RouteCall::new("GET", "/page", AgentId::named("ada")));
            assert_eq!(
                (page.status, page.text().as_str()),
                (200, r#"{"columns":["one"],"rows":[[1]]}"#)
            );
        },
    );
}
