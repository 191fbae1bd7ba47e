//! Python in a worker, beyond the shared scenarios: handlers that hang in C, agents after a
//! restart, and streams that `def` and `async def` handlers break off.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene::{self, Scene};
use osaurus_reference_host::{AgentId, BuiltinModel, Host, LoadedPlugin, ResolvedBy};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const TROUBLE: &str = include_str!("../fixtures/worker/main.py");

fn trouble(scene: &Scene, name: &str) -> Arc<LoadedPlugin> {
    scene.load(&Project::python(name, TROUBLE))
}

fn pid(scene: &Scene, plugin: &Arc<LoadedPlugin>) -> u64 {
    let result = scene.result(plugin, "pid", json!({}));
    result.as_u64().unwrap_or_else(|| panic!("{result}"))
}

fn says_what_happened(envelope: &Value, kind: &str, says: &[&str]) {
    assert_eq!(envelope["ok"], false, "{envelope}");
    assert_eq!(envelope["kind"], kind, "{envelope}");
    assert_eq!(envelope["retryable"], true, "{envelope}");
    let message = envelope["message"].as_str().unwrap_or_default();
    for part in says {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

/// Calls another plugin in a loop while `body` makes trouble; all its calls work, in one and the
/// same worker.
fn while_another_works(scene: &Scene, body: impl FnOnce()) {
    let other = trouble(scene, "other");
    let home = pid(scene, &other);
    let (stop, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        let caller = threads.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                assert_eq!(pid(scene, &other), home, "the other plugin was restarted");
                served.fetch_add(1, Ordering::SeqCst);
            }
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        stop.store(true, Ordering::SeqCst);
        caller.join().expect("the other plugin's calls go on");
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    let served = served.into_inner();
    assert!(served > 50, "only {served} calls of the other plugin");
}

#[test]
fn a_worker_that_hangs_past_its_deadline_is_replaced() {
    scene::worker(
        "a_worker_that_hangs_past_its_deadline_is_replaced",
        |scene| {
            let plugin = trouble(scene, "trouble");
            while_another_works(scene, || {
                for tool in ["hang", "hang_in_c"] {
                    let before = pid(scene, &plugin);
                    let began = Instant::now();
                    let envelope = scene.call(&plugin, tool, json!({}));
                    assert!(
                        began.elapsed() < Duration::from_secs(60),
                        "{:?}",
                        began.elapsed()
                    );
                    says_what_happened(&envelope, "timeout", &["within 0.6 s and was stopped"]);
                    assert_ne!(pid(scene, &plugin), before, "{tool}");
                }
            });
        },
    );
}

#[test]
fn after_a_restart_host_calls_still_have_the_right_agent() {
    scene::worker(
        "after_a_restart_host_calls_still_have_the_right_agent",
        |scene| {
            let plugins = ["one", "two"].map(|name| trouble(scene, name));
            let agents = [scene.ada, AgentId::named("ben")];
            for round in 0..3 {
                scene.call(&plugins[round % 2], "leave", json!({"code": 1}));
                std::thread::scope(|threads| {
                    for (plugin, agent) in plugins.iter().flat_map(|p| agents.map(|a| (p, a))) {
                        threads.spawn(move || asks_who(plugin, agent));
                    }
                });
            }
            charged_as_marked(&scene.host, 3 * 2 * 2 * 2 * 3);
        },
    );
}

fn asks_who(plugin: &Arc<LoadedPlugin>, agent: AgentId) {
    let marker = json!({"marker": format!("{}/{agent}", plugin.id())}).to_string();
    for tool in ["who", "who_async"] {
        let answer = plugin.invoke(tool, &marker, Some(agent));
        assert!(answer.contains(&agent.to_string()), "{tool}: {answer}");
    }
}

fn charged_as_marked(host: &Host, expected: usize) {
    let calls = host.activity();
    let marked = calls.iter().filter(|call| call.slot == "config_get");
    let marked: Vec<_> = marked.collect();
    assert_eq!(marked.len(), expected);
    for call in marked {
        let agent = call.agent.map(|agent| agent.to_string());
        let charged = format!("{}/{}", call.plugin, agent.unwrap_or_default());
        assert!(
            call.request.contains(&charged),
            "{charged}: {}",
            call.request
        );
        assert_eq!(call.resolved, ResolvedBy::Scope);
    }
}

/// Readers of pipes notice an end a moment later.
fn settles(what: &str, mut is_so: impl FnMut() -> bool) {
    let soon = Instant::now() + Duration::from_secs(3);
    while !is_so() {
        assert!(Instant::now() < soon, "{what}: something was left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_slow_stream_that_the_plugin_leaves_is_cancelled_in_the_host() {
    let test = "a_slow_stream_that_the_plugin_leaves_is_cancelled_in_the_host";
    scene::worker(test, |scene| {
        stream_is_cancelled(scene, &["listen", "listen_async"])
    });
    scene::embedded(test, |scene| stream_is_cancelled(scene, &["listen_async"]));
}

fn stream_is_cancelled(scene: &Scene, tools: &[&str]) {
    let model = BuiltinModel::new().pace(Duration::from_millis(100));
    let host = Host::builder().agents(["ada"]).model(model).build();
    let scene = Scene {
        host: host.expect("the host starts"),
        python: scene.python.clone(),
        ada: scene.ada,
    };
    let plugin = trouble(&scene, "trouble");
    pid(&scene, &plugin);
    for tool in tools {
        let chunks = scene.result(&plugin, tool, json!({"prompt": "word ".repeat(100)}));
        assert_eq!(chunks, json!(["You", " said:"]), "{tool}");
    }
    settles("streams", || {
        let calls = scene.host.activity();
        calls
            .iter()
            .filter(|call| call.slot == "complete_stream")
            .count()
            == tools.len()
    });
    let calls = scene.host.activity();
    let of = |slot: &str| {
        calls
            .iter()
            .filter(|call| call.slot == slot)
            .collect::<Vec<_>>()
    };
    for stream in of("complete_stream") {
        assert_eq!(stream.plugin, plugin.id());
        assert_eq!(stream.agent, Some(scene.ada));
        assert_eq!(stream.resolved, ResolvedBy::Scope);
        let response = stream.response.as_deref().unwrap_or_default();
        assert!(response.contains(r#""cancelled""#), "{response}");
    }
    // With the host's only thread inside the stream, the wish comes from the thread that delivers
    // chunks, and is repeated while chunks come.
    let cancels = of("complete_cancel");
    assert!(cancels.len() >= tools.len(), "{cancels:?}");
    assert!(cancels.iter().all(|call| call.plugin == plugin.id()));
}
