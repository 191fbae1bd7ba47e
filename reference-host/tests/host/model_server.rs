//! A model on a real HTTP server that speaks OpenAI's protocol: chat, streams, tools, and
//! everything that such a server can do wrong.

use crate::server::{Answer, ReceivedRequest, Server, events, respond};
use crate::support::*;
use osaurus_reference_host::{Host, LoadedPlugin};
use serde_json::{Value, json};
use std::sync::Arc;

/// A host whose models are on this server.
fn using(
    answer: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
) -> (Host, Arc<LoadedPlugin>, Server) {
    let server = Server::start(answer);
    let url = format!("http://{}/v1/", server.address);
    let (host, plugin) = loaded(Host::builder().model_url(url).api_key("k-123"));
    (host, plugin, server)
}

fn request(text: &str) -> Value {
    ask(text, json!({"model": "big"}))
}

fn whole(message: &Value, reason: &str) -> Answer {
    let body = json!({"choices": [{"message": message, "finish_reason": reason}],
        "system_fingerprint": "fp_1",
                      "usage": {"prompt_tokens": 3, "completion_tokens": 1}});
    respond("200 OK", "", &body.to_string())
}

#[test]
fn a_whole_answer_comes_with_its_figures_and_the_key_is_sent() {
    let (_host, plugin, server) = using(|received| match received.path.as_str() {
        "/v1/models" => respond(
            "200 OK",
            "",
            r#"{"data":[{"id":"nomic-embed"},{"id":"big","owned_by":"acme"}]}"#,
        ),
        _ => whole(&json!({"content": "whole"}), "stop"),
    });
    let answer = Probe(&plugin, alice()).complete(&ask("hi", json!({"temperature": 0.5})));
    assert_eq!(
        answer["choices"][0]["message"],
        json!({"role": "assistant", "content": "whole"})
    );
    assert_eq!(
        answer["usage"],
        json!({"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4})
    );
    assert_eq!(
        (&answer["model"], &answer["system_fingerprint"]),
        (&json!("big"), &json!("fp_1"))
    );
    let request = server.requests().pop().unwrap();
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/v1/chat/completions")
    );
    assert_eq!(request.header("authorization"), Some("Bearer k-123"));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        (body["model"].as_str(), body["temperature"].as_f64()),
        (Some("big"), Some(0.5))
    );
    assert_eq!((body.get("stream"), body.get("tools")), (None, None));
}

#[test]
fn null_content_is_left_out() {
    let (_host, plugin, _server) = using(|_| whole(&json!({"content": null}), "stop"));
    let answer = Probe(&plugin, alice()).complete(&request("x"));
    assert_eq!(
        answer["choices"][0]["message"],
        json!({"role": "assistant"})
    );
}

/// In a child, whose environment has a key.
#[test]
fn the_key_comes_from_the_environment() {
    const NAME: &str = "model_server::the_key_comes_from_the_environment";
    if child_case().is_none() {
        let output = child(NAME, "run").env("OPENAI_API_KEY", "k-env").output();
        return assert_ok(&output.unwrap());
    }
    let server = Server::start(|_| whole(&json!({"content": "x"}), "stop"));
    let (_host, plugin) = loaded(Host::builder().model_url(format!("http://{}", server.address)));
    Probe(&plugin, alice()).complete(&request("x"));
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("Bearer k-env")
    );
}

fn calls_then_done(received: &ReceivedRequest) -> Answer {
    let request: Value = serde_json::from_str(&received.body).unwrap();
    let last = request["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    if last["role"] == "tool" {
        return events(&[
            r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
            r#"{"choices":[{"delta":{"content":"do"}}]}"#,
            r#"{"choices":[{"delta":{"content":"ne"},"finish_reason":"length"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#,
            "[DONE]",
        ]);
    }
    events(&[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"ra","arguments":""}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"null","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"w","arguments":"{\"ok\":"}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"true}"}}]},"finish_reason":"tool_calls"}]}"#,
        "[DONE]",
    ])
}

#[test]
fn a_stream_with_tool_calls_in_pieces_is_put_together() {
    let (_host, plugin, server) = using(calls_then_done);
    let tools = json!([{"type": "function", "function": {"name": "raw"}}]);
    let request = ask("stream", json!({"model": "big", "tools": tools}));
    let (chunks, answer) = Probe(&plugin, alice()).stream(&request, "");
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["choices"][0]["message"]["content"], "done");
    assert_eq!(answer["usage"]["completion_tokens"], 2);
    let executed =
        json!([{"name": "raw", "tool_call_id": "c1"}, {"name": "null", "tool_call_id": "c2"}]);
    assert_eq!(answer["tool_calls_executed"], executed);
    let has = |key: &str, value: &str| {
        chunks
            .iter()
            .any(|chunk| chunk["choices"][0]["delta"][key] == value)
    };
    assert!(has("reasoning_content", "hm") && has("content", r#"{"ok":true}"#));
    let second: Value = serde_json::from_str(&server.requests()[1].body).unwrap();
    let turns = second["messages"].as_array().unwrap();
    assert_eq!(
        turns[2]["tool_calls"][0],
        json!({"id": "c1", "type": "function", "function": {"name": "raw",
            "arguments": "{\"ok\":true}"}})
    );
    assert_eq!(
        turns[3],
        json!({"role": "tool", "tool_call_id": "c1", "content": "{\"ok\":true}"})
    );
    assert_eq!(
        (&second["stream"], &second["stream_options"]),
        (&json!(true), &json!({"include_usage": true}))
    );
    assert_eq!(second["tools"], tools);
}

#[test]
fn reasoning_that_never_ends_is_seen() {
    let (_host, plugin, _server) = using(|_| {
        events(&[
            r#"{"choices":[{"delta":{"reasoning":"and"},"finish_reason":"length"}]}"#,
            "[DONE]",
        ])
    });
    let (chunks, answer) = Probe(&plugin, alice()).stream(&request("x"), "");
    assert_eq!(
        chunks[0]["choices"][0]["delta"]["reasoning_content"], "and",
        "either name will do"
    );
    assert_eq!(answer["usage"]["unclosed_reasoning"], true);
}

/// What each failing server does, and what the plugin gets from `complete` and `complete_stream`.
#[test]
fn failures_of_the_server_are_reported_in_its_words_or_ours() {
    let page = format!("<html>{}</html>", "x".repeat(2000));
    let long = format!("The model server answered 502: {}", &page[..500]);
    let refusal = |status: &'static str, body: &str| {
        let body = body.to_string();
        Box::new(move |_: &ReceivedRequest| respond(status, "", &body))
            as Box<dyn Fn(&ReceivedRequest) -> Answer + Send + Sync>
    };
    let too_long = r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
    for (serve, code, message) in [
        (
            refusal(
                "429 Too Many Requests",
                r#"{"error":{"message":"slow down"}}"#,
            ),
            "inference_error",
            "The model server answered 429: slow down",
        ),
        (
            refusal("400 Bad Request", r#"{"error":"plain"}"#),
            "inference_error",
            "The model server answered 400: plain",
        ),
        (
            refusal("422 Unprocessable", r#"{"detail":"no such field"}"#),
            "inference_error",
            "The model server answered 422: no such field",
        ),
        (
            refusal("401 Unauthorized", ""),
            "inference_error",
            "The model server answered 401: ",
        ),
        (
            refusal("502 Bad Gateway", &page),
            "inference_error",
            long.as_str(),
        ),
        (
            refusal("400 Bad Request", too_long),
            "context_overflow",
            "too long",
        ),
        (refusal("200 OK", too_long), "context_overflow", "too long"),
    ] {
        let (_host, plugin, _server) = using(serve);
        let answer = Probe(&plugin, alice()).complete(&request("x"));
        assert_eq!(
            (&answer["error"], &answer["message"]),
            (&json!(code), &json!(message))
        );
    }
}

#[test]
fn answers_that_make_no_sense_are_inference_errors() {
    for (body, words) in [
        ("not json", "The model server's answer cannot be read: "),
        (
            "{\"choices\":[",
            "The model server's answer cannot be read: ",
        ),
        ("{\"choices\":[]}", "No choices returned"),
        ("[]", "No choices returned"),
    ] {
        let (_host, plugin, _server) = using(move |_| respond("200 OK", "", body));
        let answer = Probe(&plugin, alice()).complete(&request("x"));
        assert_eq!(answer["error"], "inference_error");
        let message = answer["message"].as_str().unwrap();
        assert!(message.starts_with(words), "{message}");
    }
}

#[test]
fn a_stream_that_breaks_is_an_error_after_what_was_delivered() {
    const HALF: &str = r#"{"choices":[{"delta":{"content":"half"}}]}"#;
    let cut_chunk = || {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_string();
        let data = format!("data: {HALF}\n\n");
        vec![
            head,
            format!("{:x}\r\n{data}\r\n", data.len()),
            "ffff\r\ndata: {\"cho".to_string(),
        ]
    };
    let short_length = || {
        let body = format!("data: {HALF}\n\n");
        vec![format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{body}"
        )]
    };
    type Serve = Box<dyn Fn(&ReceivedRequest) -> Answer + Send + Sync>;
    let broken: [(Serve, &str); 5] = [
        (
            Box::new(|_| events(&[HALF])),
            "The model server's stream was cut before its end.",
        ),
        (
            Box::new(move |_| cut_chunk()),
            "The model server's answer cannot be read: ",
        ),
        (
            Box::new(move |_| short_length()),
            "The model server's answer cannot be read: ",
        ),
        (
            Box::new(|_| events(&[HALF, "{\"choices\": oops"])),
            "The model server's answer cannot be read: ",
        ),
        (
            Box::new(|_| events(&[HALF, r#"{"error":{"message":"out of memory"}}"#])),
            "out of memory",
        ),
    ];
    for (serve, words) in broken {
        let (_host, plugin, _server) = using(serve);
        let (chunks, answer) = Probe(&plugin, alice()).stream(&request("x"), "");
        assert_eq!(chunks[0]["choices"][0]["delta"]["content"], "half");
        assert_eq!(chunks.len(), 1, "no last chunk: {chunks:?}");
        let message = answer["message"].as_str().unwrap();
        assert!(
            answer["error"] == "inference_error" && message.starts_with(words),
            "{answer}"
        );
    }
}

#[test]
fn a_stream_without_done_that_gave_a_reason_is_whole() {
    let (_host, plugin, _server) =
        using(|_| events(&[r#"{"choices":[{"delta":{"content":"ok"},"finish_reason":"stop"}]}"#]));
    let (_, answer) = Probe(&plugin, alice()).stream(&request("x"), "");
    assert_eq!(answer["choices"][0]["message"]["content"], "ok");
}

/// In a child: the chunk's thread is charged to the plugin that the process called last.
#[test]
fn a_slow_stream_arrives_as_it_comes_and_can_be_cancelled() {
    if child_case().is_none() {
        let name = "model_server::a_slow_stream_arrives_as_it_comes_and_can_be_cancelled";
        return assert_ok(&in_child(name, "run"));
    }
    // 400,000 pieces, 5 ms apart: too many to wait for.
    let (_host, plugin, _server) =
        using(|_| events(&[r#"{"choices":[{"delta":{"content":"tick "}}]}"#; 400_000]));
    let request = ask("x", json!({"model": "big", "stream_id": "slow"}));
    let (chunks, answer) = Probe(&plugin, alice()).stream(&request, "slow");
    assert_eq!((&answer["error"], chunks.len()), (&json!("cancelled"), 3));
    assert_eq!(answer["partial_content"], "tick tick ");
}

#[test]
fn a_server_that_does_not_run_is_named() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (_host, plugin) = loaded(Host::builder().model_url(format!("http://{free}")));
    let probe = Probe(&plugin, alice());
    let answer = probe.complete(&request("x"));
    let message = answer["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!(
            "The model server http://{free} cannot be reached: "
        )),
        "{message}"
    );
    assert_eq!(probe.json(&["14", "t0"])["error"], "inference_error");
    assert_eq!(
        probe.embed(&json!({"input": "x"}))["error"],
        "embedding_error"
    );
}
