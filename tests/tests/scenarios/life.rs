//! A runtime beside others in one process: its start, its end, and what it leaves alone.

use crate::Stage;
use osaurus_bridge_tests::system;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

/// Four host threads for each of two plugins, none of which has been called before.
pub fn first_calls(stage: &Stage) {
    let plugins = [stage.load(0), stage.load(1)];
    let (start, seen) = (Barrier::new(8), Mutex::new(BTreeSet::new()));
    std::thread::scope(|threads| {
        for number in 0..8 {
            let (plugin, start, seen) = (&plugins[number % 2], &start, &seen);
            threads.spawn(move || {
                start.wait();
                let pid = stage.scene.result(plugin, "pid", json!({}));
                seen.lock().expect("no poison").insert(pid.as_u64());
            });
        }
    });
    let lines = seen.into_inner().expect("no poison");
    let own = Some(u64::from(std::process::id()));
    if stage.engine.is_embedded() && stage.engine.is_python() {
        // The interpreter of a process is one plugin's; the other has a worker.
        assert!(lines.len() == 2 && lines.contains(&own), "{lines:?}");
    } else if stage.engine.is_embedded() {
        assert_eq!(lines, BTreeSet::from([own]));
    } else {
        assert_eq!((lines.len(), system::children().len()), (2, 2), "{lines:?}");
    }
}

/// The same file under two ids: each has its own variables.
pub fn apart(stage: &Stage) {
    let (scene, plugins) = (&stage.scene, [stage.load(0), stage.load(1)]);
    let logged = |number: usize, text: &str| {
        scene.result(&plugins[number], "remembers", json!({"text": text}))
    };
    logged(0, "of the first");
    logged(1, "of the second");
    assert_eq!(logged(0, "more"), json!(["of the first", "more"]));
    assert_eq!(logged(1, "more"), json!(["of the second", "more"]));
}

/// It writes where a call told it to.
pub fn unload(stage: &Stage) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("last words");
    let (scene, plugin) = (&stage.scene, stage.load(0));
    scene.result(&plugin, "at_unload", json!({"path": path}));
    assert!(!path.exists());
    scene.host.shutdown();
    let text = std::fs::read_to_string(&path).expect("the unload handler has written");
    assert_eq!(text, "bye");
}

/// However it is written, and whenever.
pub fn output(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    scene.result(&plugin, "speaks", json!({}));
    let soon = Instant::now() + Duration::from_secs(60);
    for text in ["by print", "by stdout", "by stderr", "by a timer"] {
        while !scene.logged(&[text]) {
            let lines = scene.host.log_lines();
            assert!(Instant::now() < soon, "{text} is not in {lines:#?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Whatever the runtime does to them at its start.
pub fn signals(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    let before = system::signals();
    scene.result(&plugin, "waits", json!({"milliseconds": 1}));
    assert_eq!(system::signals(), before);
}

/// The script finds the program that runs it, not the host's. A libnode brings none: there it finds
/// `node`, or nothing.
pub fn child(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    let envelope = scene.call(&plugin, "child", json!({}));
    if stage.engine.is_embedded() && !stage.engine.is_python() && envelope["ok"] == false {
        let message = envelope["message"].as_str().unwrap_or_default();
        return assert!(message.contains("node ENOENT"), "{envelope}");
    }
    assert_eq!(envelope["result"], 42, "{envelope}");
}
