//! Chat requests, answered by the built-in model. Parts: which call, the request.

use crate::parts;
use crate::probe::{Stage, locked};
use osaurus_reference_host::Host;
use serde_json::json;
use std::sync::{LazyLock, Mutex};

static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| {
    let tool = json!({"id": "look", "description": "Looks.", "parameters": {"type": "object"}});
    let manifest = json!({"plugin_id": "fuzz.probe", "capabilities": {"tools": [tool]}});
    Mutex::new(Stage::new(Host::builder().agents(["alice"]), &manifest))
});

pub fn run(input: &[u8]) {
    let [choice, request] = parts(input);
    let slot = match choice.as_str() {
        "s" => "complete_stream",
        _ => "complete",
    };
    let answer = locked(&STAGE).call(slot, &request, None);
    let is_failure = answer["error"].is_string();
    let is_answer = answer["choices"].is_array();
    assert!(is_failure != is_answer, "{answer}");
}
