//! complete_stream and complete_cancel: chunks, their thread, their order, and cancelling.

use crate::support::*;
use osaurus_reference_host::{Host, Profile};
use serde_json::{Value, json};

const THINKING: &str = r#"
[[rule]]
when = "think"
reasoning = ["let ", "me"]
chunks = ["o", "k"]
call = [{ tool = "raw", arguments = { a = 1 } }]

[[rule]]
after_tool = "raw"
text = "Done now."

[[rule]]
when = "never ends its thought"
reasoning = "and then"
chunks = []

[[rule]]
when = "slow"
text = "one two three four five six"
pace_ms = 60
"#;

fn deltas(chunks: &[Value]) -> Vec<&Value> {
    chunks
        .iter()
        .map(|chunk| &chunk["choices"][0]["delta"])
        .collect()
}

#[test]
fn chunks_come_in_their_order_with_exactly_their_shape() {
    let (_host, plugin) = loaded(scripted(THINKING));
    let (chunks, answer) = Probe(&plugin, alice()).stream(&ask("think", json!({})), "");
    let id = answer["id"].as_str().unwrap();
    let hex = id.strip_prefix("cmpl-").unwrap();
    let upper_hex = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    assert!(hex.len() == 12 && hex.chars().all(upper_hex), "{id}");
    for chunk in &chunks {
        let keys: Vec<&String> = chunk.as_object().unwrap().keys().collect();
        assert_eq!(
            (keys, &chunk["id"]),
            (
                vec![&"choices".to_string(), &"id".to_string()],
                &answer["id"]
            )
        );
        assert_eq!(chunk["choices"][0]["index"], 0);
    }
    let pieces = deltas(&chunks);
    assert_eq!(pieces[0], &json!({"reasoning_content": "let "}));
    assert_eq!(pieces[1], &json!({"reasoning_content": "me"}));
    assert_eq!(
        (pieces[2], pieces[3]),
        (&json!({"content": "o"}), &json!({"content": "k"}))
    );
    let figures: Vec<&String> = pieces[4]["usage"].as_object().unwrap().keys().collect();
    assert_eq!(
        figures,
        [
            "completion_tokens",
            "tokens_per_second",
            "unclosed_reasoning"
        ]
    );
    let call = &pieces[5]["tool_calls"][0];
    assert_eq!(
        call["function"],
        json!({"name": "raw", "arguments": r#"{"a":1}"#})
    );
    assert_eq!(
        call.as_object().unwrap().len(),
        2,
        "no type, no index: {call}"
    );
    assert!(call["id"].as_str().unwrap().starts_with("call_"));
    assert_eq!(chunks[5]["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        (&pieces[6]["role"], &pieces[6]["tool_call_id"]),
        (&json!("tool"), &call["id"])
    );
    assert_eq!(
        pieces[6]["content"],
        r#"{"ok":true,"result":{"text":"{\"a\":1}"},"tool":"raw"}"#
    );
    let last = json!([{"delta": {}, "finish_reason": "stop", "index": 0}]);
    assert_eq!(chunks.last().unwrap()["choices"], last);
    assert_eq!(
        answer["choices"][0]["message"]["content"], "Done now.",
        "the text since the tools alone"
    );
    assert_eq!(answer["tool_calls_executed"][0]["name"], "raw");
    assert!(answer.get("object").is_none() && answer.get("created").is_none());
    assert!(answer["usage"].get("total_tokens").is_none());
}

#[test]
fn reasoning_has_another_name_in_the_documents() {
    let (_host, plugin) = loaded(scripted(THINKING).profile(Profile::Documented));
    let (chunks, _) = Probe(&plugin, alice()).stream(&ask("think", json!({})), "");
    assert_eq!(deltas(&chunks)[0], &json!({"reasoning": "let "}));
}

#[test]
fn an_answer_that_ends_in_reasoning_says_so() {
    let (_host, plugin) = loaded(scripted(THINKING));
    let probe = Probe(&plugin, alice());
    let (_, open) = probe.stream(&ask("never ends its thought", json!({})), "");
    assert_eq!(open["usage"]["unclosed_reasoning"], true);
    let (_, closed) = probe.stream(&ask("hello", json!({})), "");
    assert_eq!(closed["usage"]["unclosed_reasoning"], false);
}

#[test]
fn a_stream_out_of_rounds_ends_with_what_there_is() {
    let script = r#"
[[rule]]
when = "loop"
text = "Again."
call = [{ tool = "raw" }]
[[rule]]
after_tool = "raw"
text = "And again."
call = [{ tool = "raw" }]
"#;
    let (_host, plugin) = loaded(scripted(script));
    let (chunks, answer) =
        Probe(&plugin, alice()).stream(&ask("loop", json!({"max_iterations": 2})), "");
    assert_eq!(
        chunks.last().unwrap()["choices"][0]["finish_reason"],
        "max_iterations"
    );
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    let expected = [
        "error",
        "id",
        "message",
        "model",
        "partial_content",
        "shared_artifacts",
        "tool_calls_executed",
    ];
    assert_eq!(keys, expected);
    assert_eq!(answer["error"], "max_iterations_reached");
    assert_eq!(answer["tool_calls_executed"].as_array().unwrap().len(), 2);
}

#[test]
fn chunks_are_sent_by_a_host_thread_that_carries_no_agent() {
    if child_case().is_none() {
        let name = "streams::chunks_are_sent_by_a_host_thread_that_carries_no_agent";
        return assert_ok(&in_child(name, "run"));
    }
    let (host, plugin) = loaded(Host::builder());
    let request = ask("one two three four five", json!({"stream_id": " s1 "}));
    let (_, answer) = Probe(&plugin, alice()).stream(&request, "s1");
    assert_eq!(
        (&answer["error"], &answer["stream_id"]),
        (&json!("cancelled"), &json!("s1"))
    );
    let calls = host.activity();
    let of = |slot: &str| calls.iter().rfind(|call| call.slot == slot).unwrap();
    let (cancel, stream) = (of("complete_cancel"), of("complete_stream"));
    assert_eq!((cancel.agent, stream.agent), (None, alice()));
    assert_ne!(cancel.thread, stream.thread);
    assert_eq!(cancel.status, 204);
}

/// In a child: the chunk's thread is charged to the plugin that the process called last.
#[test]
fn a_stream_is_cancelled_by_its_id_and_only_while_it_runs() {
    if child_case().is_none() {
        let name = "streams::a_stream_is_cancelled_by_its_id_and_only_while_it_runs";
        return assert_ok(&in_child(name, "run"));
    }
    let (_host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let request = ask("one two three four five", json!({"stream_id": " s1 "}));
    for blank in ["s1", " ", ""] {
        probe.call(&["21", "v1", blank]);
    }
    let (chunks, answer) = probe.stream(&request, "");
    assert_eq!(
        answer["choices"][0]["finish_reason"], "stop",
        "a cancel before the start is lost"
    );
    assert!(chunks.len() > 5);
    let (chunks, answer) = probe.stream(&request, "s1");
    assert_eq!(answer["error"], "cancelled");
    assert_eq!(
        chunks.last().unwrap()["choices"][0]["finish_reason"],
        "cancelled"
    );
    assert_eq!(answer["partial_content"], "You said:");
    assert_eq!(
        (&answer["usage"], &answer["tool_calls_executed"]),
        (&json!({}), &json!([]))
    );
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    let expected = [
        "error",
        "id",
        "message",
        "model",
        "partial_content",
        "shared_artifacts",
        "stream_id",
        "tool_calls_executed",
        "usage",
    ];
    assert_eq!(keys, expected);
    let (_, answer) = probe.stream(&request, "");
    assert_eq!(
        answer["choices"][0]["finish_reason"], "stop",
        "its end forgets the wish"
    );
    let (_, answer) = probe.stream(&request, "s2");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop", "another id");
}

#[test]
fn another_plugins_streams_are_not_touched_and_one_id_has_one_fate() {
    let host = scripted(THINKING).build().unwrap();
    let load = |id| host.load(&probe_with(&manifest(id))).unwrap();
    let (first, second) = (load("dev.first-fate"), load("dev.second-fate"));
    let request = ask("slow", json!({"stream_id": "shared"}));
    std::thread::scope(|scope| {
        let answer_of = |plugin| Probe(plugin, alice()).stream(&request, "").1;
        let streams =
            [&first, &first, &second].map(|plugin| scope.spawn(move || answer_of(plugin)));
        let started = |plugin| Probe(plugin, None).streams_begun();
        until("all streams speak", || {
            started(&first) == 2 && started(&second) == 1
        });
        Probe(&first, alice()).call(&["21", "v1", "shared"]);
        let [one, two, other] = streams.map(|stream| stream.join().unwrap());
        assert_eq!(
            (&one["error"], &two["error"]),
            (&json!("cancelled"), &json!("cancelled"))
        );
        assert_eq!(other["choices"][0]["finish_reason"], "stop");
    });
}

#[test]
fn without_a_callback_the_chunks_are_dropped() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    for _ in 0..2 {
        let text = probe.call(&["12", "s", &ask("x", json!({})).to_string()]);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["choices"][0]["message"]["content"], "You said: x");
    }
    let warnings = warnings(&host);
    assert_eq!(
        warnings
            .iter()
            .filter(|text| text.contains("without on_chunk"))
            .count(),
        1
    );
}

#[test]
fn the_value_of_a_secret_is_in_no_chunk() {
    let script = r#"
[[rule]]
when = "store"
call = [{ tool = "sandbox_secret_set", arguments = { key = "k", value = "s3cret" } }]
[[rule]]
when = "break"
call = [{ tool = "sandbox_secret_set", arguments = '{"value": "s3cret' }]
"#;
    let (_host, plugin) = loaded(scripted(script));
    let arguments_in = |text: &str| {
        let (chunks, _) = Probe(&plugin, alice()).stream(&ask(text, json!({})), "");
        let call = deltas(&chunks)
            .into_iter()
            .find_map(|delta| delta.pointer("/tool_calls/0/function/arguments"));
        call.unwrap().as_str().unwrap().to_string()
    };
    assert_eq!(arguments_in("store"), r#"{"key":"k","value":"[REDACTED]"}"#);
    assert_eq!(arguments_in("break"), r#"{"value":"[REDACTED]"}"#);
}
