//! What the inference slots share (places, time), embeddings and the model list.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{Host, Profile};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn a_third_inference_at_once_is_refused() {
    let gate = std::sync::Arc::new(std::sync::Barrier::new(3));
    let inner = std::sync::Arc::clone(&gate);
    let server = Server::start(move |got| {
        if got.path.ends_with("/chat/completions") {
            inner.wait();
            inner.wait();
        }
        respond(
            "200 OK",
            "",
            &json!({"choices": [{"message": {"content": "late"}, "finish_reason": "stop"}]})
                .to_string(),
        )
    });
    let (_host, plugin) =
        loaded(Host::builder().model_url(format!("http://{}/v1", server.address)));
    std::thread::scope(|scope| {
        let slow = || Probe(&plugin, alice()).complete(&ask("x", json!({"model": "m"})));
        let calls = [scope.spawn(slow), scope.spawn(slow)];
        gate.wait();
        let refused = Probe(&plugin, bob()).embed(&json!({"input": "x"}));
        assert_eq!(
            (refused["error"].as_str(), refused["max_inflight"].as_u64()),
            (Some("plugin_busy"), Some(2))
        );
        gate.wait();
        for call in calls {
            assert_eq!(
                call.join().unwrap()["choices"][0]["message"]["content"],
                "late"
            );
        }
    });
}

/// The text names the slot of the refused call.
#[test]
fn every_refusal_names_its_own_slot() {
    let gate = std::sync::Arc::new(std::sync::Barrier::new(3));
    let inner = std::sync::Arc::clone(&gate);
    let server = Server::start(move |got| {
        if got.path.ends_with("/embeddings") {
            inner.wait();
            inner.wait();
        }
        respond("200 OK", "", r#"{"data":[{"embedding":[1.0]}]}"#)
    });
    let builder = Host::builder().model_url(format!("http://{}", server.address));
    let (host, plugin) = loaded(builder);
    let other = host.load(&probe_with(&manifest("dev.other"))).unwrap();
    std::thread::scope(|scope| {
        let embed = || Probe(&plugin, alice()).embed(&json!({"input": "x"}));
        let calls = [scope.spawn(embed), scope.spawn(embed)];
        gate.wait();
        let probe = Probe(&plugin, alice());
        let message = |answer: Value| answer["message"].as_str().unwrap().to_string();
        let expected =
            |kind: &str| format!("Plugin already has 2 concurrent {kind} calls in flight. ");
        assert!(
            message(probe.complete(&json!([]))).starts_with(&expected("complete")),
            "before it is read"
        );
        assert!(message(probe.stream(&json!([]), "").1).starts_with(&expected("complete_stream")));
        assert!(message(probe.embed(&json!([]))).starts_with(&expected("embed")));
        let free = Probe(&other, alice()).complete(&json!([]));
        assert_eq!(
            free["error"], "invalid_request",
            "another plugin has places of its own"
        );
        gate.wait();
        for call in calls {
            assert_eq!(call.join().unwrap()["data"][0]["dimensions"], 1);
        }
    });
}

/// Hands out no answer before the gate opens.
fn silent_server() -> (Server, std::sync::mpsc::Sender<()>) {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let server = Server::start(move |_| {
        let _ = gate.lock().unwrap().recv();
        respond("200 OK", "", "{}")
    });
    (server, open)
}

#[test]
fn a_call_over_its_budget_is_given_up_and_frees_its_place() {
    let (server, open) = silent_server();
    let builder = Host::builder()
        .model_url(format!("http://{}", server.address))
        .host_call_limit(Duration::from_millis(50));
    let (_host, plugin) = loaded(builder);
    let probe = Probe(&plugin, alice());
    let request = ask("x", json!({"model": "m"}));
    for _ in 0..3 {
        let answers = [
            ("complete", probe.complete(&request)),
            ("complete_stream", probe.stream(&request, "").1),
            ("embed", probe.embed(&json!({"input": "x"}))),
            ("list_models", probe.json(&["14", "t0"])),
        ];
        for (kind, answer) in answers {
            assert_eq!(answer["error"], "host_timeout", "{kind}");
            let message = format!("Host {kind} call exceeded its time budget and was cancelled.");
            assert_eq!(answer["message"], message);
        }
    }
    drop(open);
}

#[test]
fn embeddings_have_their_shape_and_bad_input_its_text() {
    let (_host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, None);
    let answer = probe.embed(&json!({"input": ["a", "bcdefgh"], "model": "echoed"}));
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["data", "model", "usage"]);
    assert_eq!(
        (&answer["model"], &answer["usage"]),
        (
            &json!("echoed"),
            &json!({"prompt_tokens": 3, "total_tokens": 3})
        )
    );
    let row = answer["data"][1].as_object().unwrap();
    assert_eq!(
        row.keys().collect::<Vec<_>>(),
        ["dimensions", "embedding", "index"]
    );
    assert_eq!(
        (&row["dimensions"], &row["index"]),
        (&json!(768), &json!(1))
    );
    assert_eq!(row["embedding"].as_array().unwrap().len(), 768);
    let one = probe.embed(&json!({"input": "a"}));
    assert_eq!(
        (one["data"].as_array().unwrap().len(), &one["model"]),
        (1, &json!("builtin-embedding"))
    );
    assert_eq!(probe.embed(&json!({"input": []}))["data"], json!([]));
    for bad in [
        json!({}),
        json!({"input": 7}),
        json!({"input": ["a", 1]}),
        json!({"input": null}),
    ] {
        let answer = probe.embed(&bad);
        assert_eq!(
            (&answer["error"], &answer["message"]),
            (
                &json!("invalid_request"),
                &json!("Missing or invalid 'input' field")
            )
        );
    }
    for bad in ["[]", "nonsense", "7"] {
        let answer = probe.json(&["13", "t1", bad]);
        assert_eq!(answer["message"], "Failed to parse embedding request");
    }
}

const MODELS: &str = r#"
context_window = 4096
[[model]]
id = "cloud"
provider = "acme"
[[model]]
id = "small"
name = "Small"
[[model]]
id = "foundation"
provider = "apple"
"#;

#[test]
fn models_are_listed_system_local_embedding_remote() {
    let (_host, plugin) = loaded(scripted(MODELS));
    let models = Probe(&plugin, None).json(&["14", "t0"]);
    let expected = json!({"models": [
        {"capabilities": ["chat"], "id": "foundation", "name": "foundation", "provider": "apple",
        "type": "chat"},
        {"capabilities": ["chat", "tool_calling"], "id": "small", "name": "Small",
        "provider": "local", "type": "chat"},
        {"capabilities": ["embedding"], "dimensions": 768, "id": "builtin-embedding",
        "name": "builtin-embedding",
         "provider": "local", "type": "embedding"},
        {"capabilities": ["chat", "tool_calling"], "id": "cloud", "name": "cloud",
        "provider": "acme", "type": "chat"},
    ]});
    assert_eq!(models, expected);
}

#[test]
fn the_context_window_is_listed_by_documented_hosts_only() {
    let first = |profile| {
        let (_host, plugin) = loaded(scripted(MODELS).profile(profile));
        Probe(&plugin, None).json(&["14", "t0"])["models"][0].clone()
    };
    assert_eq!(first(Profile::Actual).get("context_window"), None);
    assert_eq!(first(Profile::Documented)["context_window"], 4096);
}

/// Every inference slot checks its pointer before anything else.
#[test]
fn a_null_request_is_answered_with_null() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    for slot in ["11", "13", "7", "8"] {
        assert_eq!(probe.call(&[slot, "t1", "NULL"]), "NULL");
    }
    let served = |slot: &str| host.activity().iter().any(|call| call.slot == slot);
    assert!(
        !["complete", "embed", "dispatch", "task_status"]
            .into_iter()
            .any(served)
    );
}
