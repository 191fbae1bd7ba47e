//! Completions, streams, embeddings: on the built-in model, which says what it was told.

use super::{Scenario, calling};
use osaurus_reference_host::{BuiltinModel, Reply, Rule};
use serde_json::{Value, json};
use std::time::Duration;

/// Makes the model speak for longer than any plugin takes to stop it.
const LONG_REPLY: &str = "speak at length";
const LONG: usize = 1000;

/// The model that the scenarios speak to.
pub(super) fn model() -> BuiltinModel {
    let on_and_on = Reply::Chunks(vec!["on ".into(); LONG]);
    BuiltinModel::new().rule(Rule::when(LONG_REPLY, on_and_on).pace(Duration::from_millis(20)))
}

fn request(text: &str) -> Value {
    json!({"model": "", "messages": [{"role": "user", "content": text}]})
}

fn content(answer: &Value) -> &Value {
    &answer["choices"][0]["message"]["content"]
}

pub(super) const COMPLETION: Scenario = calling(
    "a completion and its errors arrive",
    &["host.complete"],
    |stage| {
        let answer = stage.ask("complete", json!([request("hello").to_string()]));
        assert_eq!(content(&answer), "You said: hello");
        let wrong = stage.ask("complete", json!(["{}"]));
        assert_eq!(wrong["error"], "invalid_request");
        assert!(wrong["message"].is_string(), "{wrong}");
    },
);

pub(super) const STREAM: Scenario = calling(
    "a stream comes in pieces and as a whole",
    &["host.complete_stream"],
    |stage| {
        let (chunks, answer) = stage.stream(&request("one two three"), None);
        let pieces = chunks
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
        assert_eq!(pieces.collect::<String>(), "You said: one two three");
        assert_eq!(content(&answer), "You said: one two three");
        assert_eq!(
            chunks.last().expect("a chunk")["choices"][0]["finish_reason"],
            "stop"
        );
    },
);

pub(super) const CANCELLED_STREAM: Scenario = calling(
    "a stream stops when it is told to",
    &["host.complete_stream", "host.complete_cancel"],
    |stage| {
        let mut request = request(LONG_REPLY);
        request["stream_id"] = json!("s1");
        let (chunks, answer) = stage.stream(&request, Some("s1"));
        assert_eq!(answer["error"], "cancelled", "{answer}");
        // A worker hears pieces that were on their way when it said stop.
        let count = chunks.len();
        assert!((2..LONG).contains(&count), "{count} of {LONG} pieces");
        stage.call("complete_cancel", json!(["no such stream"]));
    },
);

pub(super) const EMBEDDINGS_AND_MODELS: Scenario = calling(
    "vectors and models arrive",
    &["host.embed", "host.list_models"],
    |stage| {
        let answer = stage.ask("embed", json!([json!({"input": ["a", "b"]}).to_string()]));
        let vectors = answer["data"]
            .as_array()
            .unwrap_or_else(|| panic!("no vectors: {answer}"));
        assert_eq!(vectors.len(), 2);
        assert_eq!(vectors[1]["embedding"].as_array().map(Vec::len), Some(768));
        let models = stage.ask("list_models", json!([]));
        assert!(
            models["models"]
                .as_array()
                .is_some_and(|list| !list.is_empty()),
            "{models}"
        );
    },
);
