//! complete, complete_stream, embed and list_models: on the built-in model and on a server that speaks OpenAI's protocol.

use crate::server::{Server, events, respond};
use crate::support::*;
use osaurus_reference_host::{BuiltinModel, Host, Reply, Rule};
use serde_json::{Value, json};

fn ask(text: &str) -> Value {
    json!({"model": "", "messages": [{"role": "user", "content": text}]})
}

fn with(mut request: Value, extra: Value) -> Value {
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    request
}

#[test]
fn complete_runs_the_plugins_tools() {
    let (_host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let answer = probe.complete(&ask("hello"));
    assert_eq!(
        (answer["object"].as_str(), answer["model"].as_str()),
        (Some("chat.completion"), Some("builtin"))
    );
    assert_eq!(
        answer["choices"][0]["message"],
        json!({"role": "assistant", "content": "You said: hello"})
    );
    assert_eq!(answer.get("tool_calls_executed"), None);
    let answer = probe.complete(&with(ask("call agent"), json!({"tools": true})));
    let said = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(
        said.contains(&alice().unwrap().to_string()),
        "the tool ran as the caller's agent: {said}"
    );
    assert_eq!(answer["tool_calls_executed"][0]["name"], "agent");
    let capped = probe.complete(&with(
        ask("call agent"),
        json!({"tools": true, "max_iterations": 1}),
    ));
    assert_eq!(capped["error"], "max_iterations_reached");
    assert_eq!(
        capped["tool_calls_executed"][0]["name"], "agent",
        "the last round's calls still ran"
    );
    let without = Probe(&plugin, None).complete(&with(ask("call agent"), json!({"tools": true})));
    assert_eq!(
        without["choices"][0]["message"]["content"], "You said: call agent",
        "no agent, no agent tools"
    );
}

#[test]
fn bad_requests_and_failures_have_their_codes() {
    let model = BuiltinModel::new()
        .rule(Rule::when("break", Reply::Fail("the model broke".into())))
        .rule(Rule::when(
            "ask me",
            Reply::CallTool {
                name: "clarify".into(),
                arguments: r#"{"question":"which?"}"#.into(),
            },
        ))
        .rule(Rule::when(
            "finish",
            Reply::CallTool {
                name: "complete".into(),
                arguments: r#"{"summary":"all done"}"#.into(),
            },
        ));
    let (_host, plugin) = loaded(Host::builder().model(model));
    let probe = Probe(&plugin, alice());
    for bad in [
        json!({"messages": []}),
        json!({"model": null, "messages": []}),
        json!({"model": "x"}),
        json!([]),
    ] {
        let answer = probe.complete(&bad);
        assert_eq!(answer["error"], "invalid_request");
        assert_eq!(answer["message"], "Failed to parse chat completion request");
    }
    assert_eq!(probe.complete(&ask("break"))["message"], "the model broke");
    assert_eq!(probe.complete(&ask("break"))["error"], "inference_error");
    let asked = probe.complete(&ask("ask me"));
    assert_eq!(
        (asked["error"].as_str(), asked["question"].as_str()),
        (Some("clarify_requested"), Some("which?"))
    );
    let finished = probe.complete(&ask("finish"));
    assert_eq!(finished["choices"][0]["message"]["content"], "all done");
    assert_eq!(finished["usage"]["total_tokens"], 0);
    let (_, streamed) = probe.stream(&ask("ask me"), "");
    assert_eq!(
        streamed["choices"][0]["finish_reason"], "clarify",
        "a stream ends normally"
    );
    assert_eq!(
        probe.complete(&with(ask("x"), json!({"agent_id": "someone"})))["object"],
        "chat.completion"
    );
}

#[test]
fn chunks_have_exactly_their_shape_and_come_from_a_thread_without_scope() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let (chunks, answer) = probe.stream(&with(ask("call agent"), json!({"tools": true})), "");
    let id = answer["id"].as_str().unwrap();
    let hex = id.strip_prefix("cmpl-").unwrap();
    let upper_hex = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    assert!(hex.len() == 12 && hex.chars().all(upper_hex), "{id}");
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["id"] == answer["id"] && chunk.as_object().unwrap().len() == 2)
    );
    let choice = |at: usize| &chunks[at]["choices"][0];
    assert!(choice(0)["delta"]["usage"]["unclosed_reasoning"].is_boolean());
    assert_eq!(choice(1)["finish_reason"], "tool_calls");
    let call = &choice(1)["delta"]["tool_calls"][0];
    assert_eq!(
        call.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["function", "id"]
    );
    assert_eq!(choice(2)["delta"]["tool_call_id"], call["id"]);
    assert_eq!(choice(2)["delta"]["role"], "tool");
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .skip(1)
        .collect();
    assert!(text.starts_with("agent returned: "), "{text}");
    assert_eq!(
        chunks.last().unwrap()["choices"],
        json!([{"delta": {}, "finish_reason": "stop", "index": 0}])
    );
    assert_eq!(
        answer["choices"][0]["message"]["content"].as_str().unwrap(),
        text
    );
    assert!(answer.get("object").is_none() && answer["usage"].get("total_tokens").is_none());
    drop(host);
}

/// In a child: the chunk's thread is charged to the plugin that the process called last.
#[test]
fn a_stream_is_cancelled_by_its_id_and_only_while_it_runs() {
    if child_case().is_none() {
        return assert_ok(&in_child(
            "inference::a_stream_is_cancelled_by_its_id_and_only_while_it_runs",
            "run",
        ));
    }
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let request = with(ask("one two three four five"), json!({"stream_id": " s1 "}));
    probe.call(&["21", "v1", "s1"]);
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
    let keys: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "error",
            "id",
            "message",
            "model",
            "partial_content",
            "shared_artifacts",
            "stream_id",
            "tool_calls_executed",
            "usage"
        ]
    );
    let cancel = host
        .activity()
        .into_iter()
        .rfind(|call| call.slot == "complete_cancel")
        .unwrap();
    assert_eq!(cancel.agent, None, "the chunk's thread carries no agent");
    let text = probe.call(&["12", "s", &ask("x").to_string()]);
    assert!(text.contains("You said: x"), "NULL on_chunk works");
    assert!(
        host.log_lines()
            .iter()
            .any(|line| line.message.contains("without on_chunk"))
    );
}

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
        let slow = || Probe(&plugin, alice()).complete(&with(ask("x"), json!({"model": "m"})));
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

#[test]
fn a_host_call_over_its_budget_is_given_up() {
    let server = Server::start(|_| {
        std::thread::sleep(std::time::Duration::from_millis(400));
        respond("200 OK", "", "{}")
    });
    let limit = std::time::Duration::from_millis(100);
    let (_host, plugin) = loaded(
        Host::builder()
            .model_url(format!("http://{}", server.address))
            .host_call_limit(limit),
    );
    let answer = Probe(&plugin, alice()).complete(&with(ask("x"), json!({"model": "m"})));
    assert_eq!(answer["error"], "host_timeout");
    assert_eq!(
        answer["message"],
        "Host complete call exceeded its time budget and was cancelled."
    );
}

#[test]
fn embeddings_and_the_model_list() {
    let (_host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, None);
    let answer = probe.embed(&json!({"input": ["a", "b"], "model": "echoed"}));
    assert_eq!(
        (
            answer["model"].as_str(),
            answer["data"][1]["index"].as_u64()
        ),
        (Some("echoed"), Some(1))
    );
    assert_eq!(answer["data"][0]["dimensions"], 768);
    assert_eq!(
        answer["data"][0]["embedding"].as_array().unwrap().len(),
        768
    );
    assert_eq!(probe.embed(&json!({"input": []}))["data"], json!([]));
    assert_eq!(
        probe.embed(&json!({"input": ["a", 1]}))["message"],
        "Missing or invalid 'input' field"
    );
    assert_eq!(
        probe.json(&["13", "t1", "[]"])["message"],
        "Failed to parse embedding request"
    );
    let models = probe.json(&["14", "t0"]);
    let types: Vec<_> = models["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["type"].clone())
        .collect();
    assert_eq!(types, ["chat", "embedding"]);
}

fn openai(got: &crate::server::Got) -> Vec<String> {
    let request: Value = serde_json::from_str(&got.body).unwrap_or_default();
    let last = request["messages"]
        .as_array()
        .and_then(|messages| messages.last())
        .cloned()
        .unwrap_or_default();
    match got.path.as_str() {
        "/v1/models" => respond("200 OK", "", r#"{"data":[{"id":"big","owned_by":"acme"}]}"#),
        "/v1/embeddings" => respond("200 OK", "", r#"{"data":[{"embedding":[0.5,1.0]}]}"#),
        _ if last["content"] == "fail" => respond(
            "429 Too Many Requests",
            "",
            r#"{"error":{"message":"slow down"}}"#,
        ),
        _ if last["content"] == "break off" => {
            events(&[r#"{"choices":[{"delta":{"content":"half"}}]}"#])
        }
        _ if request["stream"] != true => respond(
            "200 OK",
            "",
            r#"{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
        ),
        _ if last["role"] == "tool" => events(&[
            r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
            r#"{"choices":[{"delta":{"content":"do"}}]}"#,
            r#"{"choices":[{"delta":{"content":"ne"},"finish_reason":"length"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#,
            "[DONE]",
        ]),
        _ => events(&[
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"ra","arguments":""}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"w","arguments":"{\"ok\":"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"true}"}}]},"finish_reason":"tool_calls"}]}"#,
            "[DONE]",
        ]),
    }
}

#[test]
fn any_openai_server_will_do() {
    let server = Server::start(openai);
    let builder = Host::builder()
        .model_url(format!("http://{}/v1/", server.address))
        .api_key("k-123");
    let (_host, plugin) = loaded(builder);
    let probe = Probe(&plugin, alice());
    let answer = probe.complete(&with(ask("hi"), json!({"temperature": 0.5, "seed": 7})));
    assert_eq!(answer["choices"][0]["message"]["content"], "whole");
    assert_eq!(
        (
            answer["model"].as_str(),
            answer["usage"]["total_tokens"].as_u64()
        ),
        (Some("big"), Some(4))
    );
    let sent: Value = serde_json::from_str(&server.requests().last().unwrap().body).unwrap();
    assert_eq!(
        (sent["temperature"].as_f64(), sent.get("seed")),
        (Some(0.5), None),
        "seed is not forwarded"
    );
    assert_eq!(
        sent["messages"][0],
        json!({"role": "system", "content": "Probe instructions."})
    );
    assert_eq!(
        server.requests().last().unwrap().header("authorization"),
        Some("Bearer k-123")
    );
    let tools = json!([{"type": "function", "function": {"name": "raw"}}]);
    let (chunks, answer) = probe.stream(
        &with(ask("stream"), json!({"model": "big", "tools": tools})),
        "",
    );
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["choices"][0]["message"]["content"], "done");
    assert_eq!(
        answer["tool_calls_executed"],
        json!([{"name": "raw", "tool_call_id": "c1"}])
    );
    assert!(
        chunks
            .iter()
            .any(|chunk| chunk["choices"][0]["delta"]["reasoning_content"] == "hm")
    );
    assert!(
        chunks
            .iter()
            .any(|chunk| chunk["choices"][0]["delta"]["content"] == r#"{"ok":true}"#),
        "the tool's envelope"
    );
    let failed = probe.complete(&with(ask("fail"), json!({"model": "big"})));
    assert_eq!(
        failed["message"],
        "The model server answered 429: slow down"
    );
    let (_, broken) = probe.stream(&with(ask("break off"), json!({"model": "big"})), "");
    assert_eq!(broken["error"], "inference_error");
    assert_eq!(
        probe.embed(&json!({"input": "x"}))["data"][0]["embedding"],
        json!([0.5, 1.0])
    );
    assert_eq!(probe.json(&["14", "t0"])["models"][1]["provider"], "acme");
}
