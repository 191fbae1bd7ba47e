//! Calls that go as they should, or fail as a call may.

use crate::Stage;
use osaurus_bridge_tests::scene::Scene;
use osaurus_reference_host::{BuiltinModel, Host, ResolvedBy};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The host runs the plugin's own tools while one of its handlers waits for `complete`.
pub fn comes_back(stage: &Stage) {
    let plugin = stage.load(0);
    let answer = stage.scene.result(&plugin, "asks_for_inner", json!({}));
    let (text, agent) = (answer.to_string(), stage.scene.ada.to_string());
    assert!(text.contains(&format!("inner of {agent}")), "{text}");
}

/// Errors that an author means are passed on, others named; the author's file is in the log.
pub fn errors(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    let failed = |how: &str| scene.call(&plugin, "throws", json!({"how": how}));
    let failure = failed("tool");
    assert_eq!(
        (&failure["ok"], &failure["kind"]),
        (&json!(false), &json!("not_found")),
        "{failure}"
    );
    assert_eq!(failure["message"], "there is no such thing");
    let other = failed("swim");
    let expected = stage.say("ValueError: cannot swim", "RangeError: cannot swim");
    assert_eq!(
        (&other["kind"], &other["message"]),
        (&json!("execution_error"), &json!(expected))
    );
    let file = stage.say("main.py", "main.ts");
    assert!(
        scene.logged(&["cannot swim", file]),
        "{:#?}",
        scene.host.log_lines()
    );
    let stack = failed("stack");
    assert_eq!(stack["kind"], "execution_error", "{stack}");
    assert_eq!(failed("tool"), failure);
}

/// What no `except Exception` catches, and what is not an error at all.
pub fn odd_errors(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    let ways = stage.say("exit interrupt cancelled", "nothing text aborted");
    for how in ways.split(' ') {
        let envelope = scene.call(&plugin, "throws", json!({"how": how}));
        assert_eq!(envelope["kind"], "execution_error", "{how}: {envelope}");
        let message = envelope["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "{how}: {envelope}");
        scene.result(&plugin, "pid", json!({}));
    }
}

/// Calls that wait do not wait for each other.
pub fn side_by_side(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    scene.result(&plugin, "waits", json!({"milliseconds": 1}));
    let longest = std::sync::atomic::AtomicUsize::new(0);
    let running = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                let now = running.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                longest.fetch_max(now, std::sync::atomic::Ordering::SeqCst);
                scene.result(&plugin, "waits", json!({"milliseconds": 500}));
                running.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            });
        }
    });
    assert!(longest.into_inner() > 1, "no two calls ran at once");
}

/// The shim refuses what does not fit the schema; the script never sees it.
pub fn bad_arguments(stage: &Stage) {
    let plugin = stage.load(0);
    for (arguments, field) in [
        (json!({"milliseconds": "one"}), "milliseconds"),
        (json!({}), "milliseconds"),
        (json!({"milliseconds": 1, "more": 2}), "more"),
    ] {
        let envelope = stage.scene.call(&plugin, "waits", arguments);
        assert_eq!(envelope["kind"], "invalid_args", "{envelope}");
        let named = envelope["field"].as_str().or(envelope["message"].as_str());
        assert!(named.is_some_and(|text| text.contains(field)), "{envelope}");
    }
    let children = osaurus_bridge_tests::system::children();
    assert!(children.is_empty(), "a worker was started: {children:?}");
    #[cfg(target_os = "linux")]
    if stage.engine.is_embedded() {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("proc");
        assert!(
            !maps.contains("libpython") && !maps.contains("libnode"),
            "a runtime was started"
        );
    }
}

/// Two pieces are heard, then the host is told to stop; all of it would take ten seconds.
pub fn stream(stage: &Stage) {
    let model = BuiltinModel::new().pace(Duration::from_millis(100));
    let host = Host::builder().agents(["ada"]).model(model).build();
    let scene = Scene {
        host: host.expect("the host starts"),
        python: stage.scene.python.clone(),
        ada: stage.scene.ada,
    };
    let plugin = scene
        .host
        .load(&stage.libraries[0])
        .expect("the plugin loads");
    scene.result(&plugin, "pid", json!({}));
    let chunks = scene.result(&plugin, "listen", json!({"prompt": "word ".repeat(100)}));
    assert_eq!(chunks, json!(["You", " said:"]));
    let call = ended_stream(&scene);
    assert_eq!(call["plugin"], plugin.id());
    let response = call["response"].as_str().unwrap_or_default();
    assert!(response.contains(r#""cancelled""#), "{response}");
}

/// The host records a call when it has ended.
fn ended_stream(scene: &Scene) -> Value {
    let soon = Instant::now() + Duration::from_secs(60);
    loop {
        let calls = scene.host.activity();
        let stream = calls.iter().find(|call| call.slot == "complete_stream");
        if let Some(stream) = stream {
            assert_eq!(stream.resolved, ResolvedBy::Scope);
            assert_eq!(stream.agent, Some(scene.ada));
            return json!({"plugin": stream.plugin, "response": stream.response});
        }
        assert!(Instant::now() < soon, "the stream never ended");
        std::thread::sleep(Duration::from_millis(20));
    }
}
