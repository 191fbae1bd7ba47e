//! One build of the shim and the engine serves every CPython 3.10 to 3.14 of the machine, embedded
//! and in a worker, with the same answers.

use osaurus_bridge_tests::{child, project::Project, pythons};
use osaurus_reference_host::{AgentId, Host};
use serde_json::{Value, json};

const MAIN: &str = include_str!("../fixtures/every_python/main.py");

fn scenario() {
    let version = std::env::var("TEST_PYTHON_VERSION").expect("set by the parent");
    let executable = std::env::var("OSAURUS_BRIDGE_PYTHON").expect("set by the parent");
    let host = Host::builder().agents(["ada"]).build().expect("a host");
    let project = Project::python("every", MAIN);
    let library = project.build(std::path::Path::new(&executable));
    let plugin = host.load(&library).expect("loads");
    let ada = AgentId::named("ada");
    let call = |tool: &str, arguments: Value| -> Value {
        let text = plugin.invoke(tool, &arguments.to_string(), Some(ada));
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{tool}: {text}"))
    };

    assert_eq!(
        call("version", json!({}))["result"],
        json!({"text": version})
    );
    let sums = call(
        "sums",
        json!({"points": [{"x": 1}, {"x": 2, "y": 5}], "label": "Grüße 🦕\u{0001}"}),
    );
    assert_eq!(
        sums["result"],
        json!({"total": 3, "label": "Grüße 🦕\u{0001}", "agent": ada.to_string()}),
        "{sums}"
    );
    let gathered = call("gathered", json!({"count": 3}));
    assert_eq!(
        gathered["result"],
        json!(["value ⌘", "value ⌘", "value ⌘"]),
        "{gathered}"
    );
    let streamed = call("streamed", json!({"prompt": "say hello to the world"}));
    assert!(
        streamed["result"]["pieces"].as_u64() > Some(2),
        "{streamed}"
    );
    assert_eq!(
        streamed["result"]["text"],
        "You said: say hello to the world"
    );

    let refused = call("sums", json!({"points": [{"x": "one"}]}));
    assert_eq!(
        (&refused["ok"], &refused["kind"]),
        (&json!(false), &json!("invalid_args")),
        "{refused}"
    );
    assert_eq!(
        refused["field"], "x",
        "the host names the inner key alone: {refused}"
    );
    let failed = call("fails", json!({"how": "tool"}));
    assert_eq!(
        (&failed["kind"], &failed["message"]),
        (&json!("not_found"), &json!("there is no such thing"))
    );
    let failed = call("fails", json!({"how": "swim"}));
    assert_eq!(
        (&failed["kind"], &failed["message"]),
        (&json!("execution_error"), &json!("ValueError: cannot swim"))
    );
    let log = host.log_lines();
    assert!(
        log.iter()
            .any(|line| line.message.contains("main.py") && line.message.contains("cannot swim")),
        "the traceback with the author's file is in the log: {log:#?}"
    );
    host.shutdown();
}

fn on_every_python(test: &str, mode: &str) {
    for python in pythons::all() {
        let executable = python.executable.display().to_string();
        let envs = [
            ("OSAURUS_BRIDGE_MODE", mode),
            ("OSAURUS_BRIDGE_PYTHON", executable.as_str()),
            ("TEST_PYTHON_VERSION", python.version.as_str()),
        ];
        child::run(test, &envs, scenario);
    }
}

#[test]
fn one_build_runs_embedded_on_every_python() {
    on_every_python("one_build_runs_embedded_on_every_python", "embedded");
}

#[test]
fn one_build_runs_in_a_worker_of_every_python() {
    on_every_python("one_build_runs_in_a_worker_of_every_python", "worker");
}
