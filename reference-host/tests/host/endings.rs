//! How completions end, streamed or not: every ending, its shape and its code, on the scripted
//! model.

use crate::support::*;
use osaurus_reference_host::{HostBuilder, Profile};
use serde_json::{Value, json};

const SCRIPT: &str = r#"
context_window = 200

[[rule]]
when = "cut"
text = "one two three four"
finish_reason = "length"

[[rule]]
when = "silent cut"
chunks = []
finish_reason = "length"

[[rule]]
when = "half a call"
call = [{ tool = "raw", arguments = '{"n": ' }]
finish_reason = "length"

[[rule]]
when = "finish"
text = "Let me see."
call = [{ tool = "raw" }, { tool = "complete", arguments = { summary = "all done" } }, { tool = "raw" }]

[[rule]]
when = "blank"
call = [{ tool = "complete", arguments = { summary = " " } }, { tool = "clarify" }]

[[rule]]
when = "which"
text = "Hm."
clarify = { question = "Which one?", options = ["a", "b"] }

[[rule]]
when = "mute"
call = [{ tool = "raw" }]

[[rule]]
after_tool = "raw"
chunks = []

[[rule]]
when = "full"
fail = { message = "too much", code = "context_overflow" }

[[rule]]
when = "fail late"
chunks = ["so ", "far"]
fail = "it broke"

[[rule]]
when = "filtered"
text = "x"
finish_reason = "content_filter"
usage = { prompt_tokens = 11, completion_tokens = 3 }
"#;

fn complete(text: &str, extra: Value) -> Value {
    let (_host, plugin) = loaded(scripted(SCRIPT));
    Probe(&plugin, alice()).complete(&ask(text, extra))
}

fn stream_on(builder: HostBuilder, text: &str) -> (Vec<Value>, Value) {
    let (_host, plugin) = loaded(builder);
    Probe(&plugin, alice()).stream(&ask(text, json!({})), "")
}

fn stream(text: &str) -> (Vec<Value>, Value) {
    stream_on(scripted(SCRIPT), text)
}

fn last_reason(chunks: &[Value]) -> &Value {
    &chunks.last().unwrap()["choices"][0]["finish_reason"]
}

fn keys(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

#[test]
fn an_answer_has_the_shape_of_openais() {
    let answer = complete("filtered", json!({}));
    assert_eq!(
        keys(&answer),
        ["choices", "created", "id", "model", "object", "usage"]
    );
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": "x"},
        "finish_reason": "content_filter"});
    assert_eq!(answer["choices"], json!([choice]));
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14});
    assert_eq!(answer["usage"], usage);
    let (_, streamed) = stream("filtered");
    assert_eq!(keys(&streamed), ["choices", "id", "model", "usage"]);
    assert_eq!(
        keys(&streamed["usage"]),
        [
            "completion_tokens",
            "tokens_per_second",
            "unclosed_reasoning"
        ]
    );
}

#[test]
fn a_cut_answer_is_an_answer_but_nothing_at_all_is_an_error() {
    let answer = complete("cut", json!({}));
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    let shortened = complete("anything", json!({"max_tokens": 2}));
    assert_eq!(shortened["choices"][0]["message"]["content"], "You said:");
    assert_eq!(shortened["choices"][0]["finish_reason"], "length");
    for text in ["half a call", "any"] {
        let answer = complete(text, json!({"max_tokens": 0}));
        assert_eq!(answer["error"], "output_token_limit", "{text}");
        assert_eq!(
            (&answer["tool_calls_executed"], &answer["shared_artifacts"]),
            (&json!([]), &json!([]))
        );
    }
    let (chunks, answer) = stream("half a call");
    assert_eq!(last_reason(&chunks), "length");
    assert_eq!(answer["choices"][0]["message"]["content"], "");
}

#[test]
fn the_tool_complete_ends_the_run_with_its_summary() {
    let answer = complete("finish", json!({}));
    assert_eq!(answer["choices"][0]["message"]["content"], "all done");
    assert_eq!(
        answer["usage"],
        json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})
    );
    let hex = answer["id"]
        .as_str()
        .unwrap()
        .strip_prefix("cmpl-")
        .unwrap();
    assert!(hex.len() == 12 && hex.chars().all(|c| c.is_ascii_hexdigit()));
    let names: Vec<&Value> = answer["tool_calls_executed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(names, ["raw", "complete"], "what follows it does not run");
    let (chunks, streamed) = stream("finish");
    assert_eq!(
        (
            last_reason(&chunks),
            &streamed["choices"][0]["message"]["content"]
        ),
        (&json!("stop"), &json!("all done"))
    );
    let refused = complete("blank", json!({}));
    let content = refused["choices"][0]["message"]["content"]
        .as_str()
        .unwrap();
    assert_eq!(
        content.matches("invalid_args").count(),
        2,
        "only successful calls end the run: {content}"
    );
}

#[test]
fn a_question_is_an_error_of_complete_and_an_end_of_a_stream() {
    let answer = complete("which", json!({}));
    assert_eq!(
        keys(&answer),
        [
            "error",
            "message",
            "question",
            "shared_artifacts",
            "tool_calls_executed"
        ]
    );
    assert_eq!(
        (&answer["error"], &answer["question"]),
        (&json!("clarify_requested"), &json!("Which one?"))
    );
    let (chunks, streamed) = stream("which");
    assert_eq!(last_reason(&chunks), "clarify");
    assert_eq!(streamed["choices"][0]["finish_reason"], "clarify");
    assert_eq!(streamed["tool_calls_executed"][0]["name"], "clarify");
}

#[test]
fn silence_after_tools_has_a_code_and_a_reason_of_its_own() {
    let answer = complete("mute", json!({}));
    assert_eq!(answer["error"], "empty_tool_task_completion");
    assert_eq!(answer["tool_calls_executed"][0]["name"], "raw");
    let (chunks, streamed) = stream("mute");
    assert_eq!(last_reason(&chunks), "empty_response");
    assert_eq!(streamed["choices"][0]["message"]["content"], "");
}

#[test]
fn a_conversation_too_long_overflows_or_loses_its_oldest_turns() {
    let answer = complete("full", json!({}));
    assert_eq!(
        (&answer["error"], &answer["message"]),
        (&json!("context_overflow"), &json!("too much"))
    );
    assert!(answer["tool_calls_executed"].is_array() && answer["shared_artifacts"].is_array());
    let (chunks, streamed) = stream("full");
    assert_eq!(
        (last_reason(&chunks), &streamed["error"]),
        (&json!("context_overflow"), &json!("context_overflow"))
    );
    let old = json!({"role": "user", "content": "old ".repeat(400)});
    let answer_after = |rounds: u64| {
        let messages = json!([old, {"role": "assistant", "content": "yes"}, {"role": "user",
            "content": "new"}]);
        complete("", json!({"messages": messages, "max_iterations": rounds}))
    };
    assert_eq!(
        answer_after(2)["choices"][0]["message"]["content"],
        "You said: new"
    );
    assert_eq!(
        answer_after(1)["error"],
        "context_overflow",
        "a single round is sent as it is"
    );
    let alone = complete("", json!({"messages": [old], "max_iterations": 2}));
    assert_eq!(
        alone["error"], "context_overflow",
        "the last user turn stays"
    );
}

#[test]
fn a_failing_model_gives_its_message_and_a_stream_no_last_chunk() {
    let answer = complete("fail late", json!({}));
    assert_eq!(
        answer,
        json!({"error": "inference_error", "message": "it broke"})
    );
    let (chunks, streamed) = stream("fail late");
    assert_eq!(streamed, answer);
    let pieces: Vec<&Value> = chunks
        .iter()
        .map(|chunk| &chunk["choices"][0]["delta"]["content"])
        .collect();
    assert_eq!(pieces, ["so ", "far"]);
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["choices"][0].get("finish_reason").is_none())
    );
}

#[test]
fn a_servers_own_reason_is_passed_on_but_documents_list_five() {
    let reasons = |profile, text| {
        let (chunks, answer) = stream_on(scripted(SCRIPT).profile(profile), text);
        (
            last_reason(&chunks).clone(),
            answer["choices"][0]["finish_reason"].clone(),
        )
    };
    let both = |reason: &str| (json!(reason), json!(reason));
    for (text, reason) in [
        ("filtered", "content_filter"),
        ("which", "clarify"),
        ("mute", "empty_response"),
    ] {
        assert_eq!(reasons(Profile::Actual, text), both(reason));
        assert_eq!(reasons(Profile::Documented, text), both("stop"));
    }
    assert_eq!(reasons(Profile::Documented, "cut"), both("length"));
}
