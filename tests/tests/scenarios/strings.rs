//! Texts of every kind, both ways: whole, or refused by name.

use crate::Stage;
use serde_json::json;

/// NUL, characters beyond the basic plane, lone surrogates, numbers that JSON lacks.
pub fn cross(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    assert_eq!(
        scene.result(&plugin, "length", json!({"text": "a\0b 🦕"})),
        5
    );
    for (tool, place) in [
        ("surrogate", "result"),
        ("nested_surrogate", "items"),
        ("not_a_number", "result"),
    ] {
        let envelope = scene.call(&plugin, tool, json!({}));
        assert_eq!(envelope["ok"], false, "{envelope}");
        let message = envelope["message"].as_str().unwrap_or_default();
        assert!(message.contains(place), "{tool}: {message}");
    }
    let to_host = |what: &str| {
        scene
            .result(&plugin, "to_host", json!({"what": what}))
            .to_string()
    };
    assert!(to_host("fine").contains("a ü 🦕 b"));
    assert!(to_host("nul").contains("NUL"), "{}", to_host("nul"));
    assert!(
        to_host("surrogate").contains("surrogate"),
        "{}",
        to_host("surrogate")
    );
}

/// 50 MB into the script and out of it, and a result that no message can hold.
pub fn long(stage: &Stage) {
    let (scene, plugin) = (&stage.scene, stage.load(0));
    let text = "ü".repeat(25_000_000);
    assert_eq!(
        scene.result(&plugin, "length", json!({"text": text})),
        25_000_000
    );
    drop(text);
    let repeat = |count: u64| {
        let arguments = json!({"text": "ü", "count": count}).to_string();
        let answer = plugin.invoke_raw("tool", "repeat", &arguments, Some(scene.ada));
        answer.expect("an answer")
    };
    let answer = repeat(25_000_000);
    assert_eq!(answer.matches('ü').count(), 25_000_000);
    drop(answer);
    if !stage.engine.is_python() || !stage.engine.is_embedded() {
        let answer = repeat(140_000_000);
        assert!(answer.len() < 10_000, "{} bytes came back", answer.len());
        assert!(
            answer.contains(r#""ok":false"#) || answer.contains(r#""ok": false"#),
            "{answer}"
        );
        assert!(
            answer.contains("268435456") || answer.contains("memory"),
            "{answer}"
        );
    }
    scene.result(&plugin, "pid", json!({}));
}
