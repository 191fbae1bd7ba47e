//! What a script may do to its runtime: it costs the call that did it, other plugins go on, the
//! next call works.

use crate::Stage;
use osaurus_bridge_tests::scene::Scene;
use osaurus_bridge_tests::system;
use osaurus_reference_host::LoadedPlugin;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn pid(scene: &Scene, plugin: &Arc<LoadedPlugin>) -> u64 {
    let result = scene.result(plugin, "pid", json!({}));
    result.as_u64().unwrap_or_else(|| panic!("{result}"))
}

fn says(envelope: &Value, kind: &str, parts: &[&str]) {
    assert_eq!(
        (&envelope["ok"], &envelope["kind"]),
        (&json!(false), &json!(kind)),
        "{envelope}"
    );
    assert_eq!(envelope["retryable"], true, "{envelope}");
    let message = envelope["message"].as_str().unwrap_or_default();
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

/// Calls the second plugin in a loop while `body` makes trouble; all its calls work, in one and the
/// same runtime.
fn while_another_works(stage: &Stage, body: impl FnOnce(&Arc<LoadedPlugin>)) {
    let (scene, plugin, other) = (&stage.scene, stage.load(0), stage.load(1));
    let home = pid(scene, &other);
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let caller = threads.spawn(|| {
            let mut served = 0;
            while !stop.load(Ordering::SeqCst) || served < 4 {
                assert_eq!(pid(scene, &other), home, "the other plugin was restarted");
                served += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| body(&plugin)));
        stop.store(true, Ordering::SeqCst);
        caller.join().expect("the other plugin's calls go on");
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// Loops that no exception gets into, loops that catch all, promises that are not awaited.
pub fn deadlines(stage: &Stage) {
    while_another_works(stage, |plugin| {
        pid(&stage.scene, plugin);
        for tool in ["spins", "stubborn", "waits_without_end"] {
            stopped_at_its_deadline(&stage.scene, plugin, tool);
        }
    });
}

fn stopped_at_its_deadline(scene: &Scene, plugin: &Arc<LoadedPlugin>, tool: &str) {
    let began = Instant::now();
    let envelope = scene.call(plugin, tool, json!({}));
    says(&envelope, "timeout", &["was stopped"]);
    // How late it is noticed depends on the machine.
    let took = began.elapsed();
    assert!(took < Duration::from_secs(60), "{tool}: {took:?}");
    let answer = scene.result(plugin, "waits", json!({"milliseconds": 1}));
    assert!(
        answer.to_string().contains("awake"),
        "after {tool}: {answer}"
    );
}

/// From a thread, or from a timer: it may cost the runtime, and the next call works.
pub fn uncaught(stage: &Stage) {
    while_another_works(stage, |plugin| {
        let scene = &stage.scene;
        scene.call(plugin, "uncaught", json!({}));
        let file = stage.say("main.py", "main.ts");
        eventually("the error is not logged", || {
            let lines = scene.host.log_lines();
            let text: Vec<_> = lines.iter().map(|line| line.message.as_str()).collect();
            text.join("\n")
                .split_once("nothing waits for this")
                .is_some_and(|(before, after)| before.contains(file) || after.contains(file))
        });
        eventually("the next calls fail", || {
            scene.call(plugin, "pid", json!({}))["ok"] == true
        });
    });
}

/// 100,000 lines and one of a megabyte: the call ends, the log stays readable and says what is
/// missing.
pub fn flood(stage: &Stage) {
    while_another_works(stage, |plugin| {
        let scene = &stage.scene;
        let began_in = pid(scene, plugin);
        assert_eq!(
            scene.result(plugin, "flood", json!({"lines": 100_000})),
            100_000
        );
        assert_eq!(pid(scene, plugin), began_in);
        eventually("the gap is not reported", || scene.logged(&["left out"]));
        let lines = scene.host.log_lines();
        assert!(lines.len() < 10_000, "{} lines in the log", lines.len());
        assert!(scene.logged(&["line 0 xxx"]), "nothing of it was logged");
    });
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let soon = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < soon, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A thread or timer that never ends.
pub fn left_behind(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    assert_eq!(scene.result(&plugin, "leaves_work", json!({})), 1);
    let began = Instant::now();
    scene.host.shutdown();
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
}

/// `os._exit` and `process.exit`, with any code; what was printed before is part of the answer.
pub fn exit(stage: &Stage) {
    while_another_works(stage, |plugin| {
        for code in [7, 0] {
            let envelope = stage.scene.call(plugin, "leave", json!({"code": code}));
            let text = format!("ended with exit code {code}");
            says(
                &envelope,
                "execution_error",
                &[&text, "leaving for good", "next call"],
            );
            pid(&stage.scene, plugin);
        }
    });
}

/// A read where nothing is.
pub fn crash(stage: &Stage) {
    while_another_works(stage, |plugin| {
        let before = pid(&stage.scene, plugin);
        let envelope = stage.scene.call(plugin, "crash", json!({}));
        says(
            &envelope,
            "execution_error",
            &["signal 11 (SIGSEGV)", "next call"],
        );
        assert_ne!(pid(&stage.scene, plugin), before);
    });
}

/// By the user, in the middle of a call and between two.
pub fn killed(stage: &Stage) {
    while_another_works(stage, |plugin| {
        let scene = &stage.scene;
        let worker = pid(scene, plugin);
        std::thread::scope(|threads| {
            let call =
                threads.spawn(|| scene.call(plugin, "waits", json!({"milliseconds": 60_000})));
            std::thread::sleep(Duration::from_millis(300));
            system::kill(worker);
            let envelope = call.join().expect("the call returns");
            says(&envelope, "execution_error", &["signal 9 (SIGKILL)"]);
        });
        assert_ne!(pid(scene, plugin), worker);
        let between = pid(scene, plugin);
        system::kill(between);
        eventually("the child is still there", || {
            !system::children().contains(&(between as u32))
        });
        // Until its end is noticed a call still goes to it: then that is the call that it costs.
        let next = scene.call(plugin, "pid", json!({}));
        if next["ok"] != true {
            says(&next, "execution_error", &["signal 9 (SIGKILL)"]);
            pid(scene, plugin);
        }
    });
}

/// Five exits of two plugins, then the host's end.
pub fn leaves_nothing(stage: &Stage) {
    let scene = &stage.scene;
    let plugins = [stage.load(0), stage.load(1)];
    let unloaded = system::descriptors();
    for plugin in &plugins {
        pid(scene, plugin);
    }
    let (running, children) = (system::descriptors(), system::children().len());
    for _ in 0..5 {
        for plugin in &plugins {
            scene.call(plugin, "leave", json!({"code": 1}));
            pid(scene, plugin);
        }
    }
    eventually("descriptors are left after restarts", || {
        system::descriptors() <= running
    });
    assert_eq!(system::children().len(), children);
    scene.host.shutdown();
    eventually("a process is left", || system::children().is_empty());
    if !stage.engine.is_embedded() {
        eventually("descriptors are left", || system::descriptors() <= unloaded);
    }
}
