//! The JSON schemas: valid themselves, and they accept and refuse what the host does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_codegen::{Options, Target, generate};
use serde_json::{Value, json};
use support::*;

fn schema(name: &str) -> Value {
    let path = root().join(format!("codegen/generated/schema/{name}.schema.json"));
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn errors(name: &str, instance: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema(name)).expect("a usable schema");
    validator
        .iter_errors(instance)
        .map(|error| error.to_string())
        .collect()
}

fn accepts(name: &str, instance: Value) {
    let errors = errors(name, &instance);
    assert!(errors.is_empty(), "{name} refuses {instance}: {errors:?}");
}

fn refuses(name: &str, instance: Value, because: &str) {
    let errors = errors(name, &instance);
    let fits = errors.iter().any(|error| error.contains(because));
    assert!(
        fits,
        "{name} should refuse {instance} because of {because}, but: {errors:?}"
    );
}

#[test]
fn every_record_has_a_schema_that_the_meta_schema_accepts() {
    let spec = spec();
    let files = generate(&spec, Target::JsonSchema, Options::newest(&spec)).unwrap();
    assert_eq!(files.len(), spec.records.len());
    for (name, text) in &files {
        let schema: Value = serde_json::from_str(text).unwrap();
        let dialect = "https://json-schema.org/draft/2020-12/schema";
        assert_eq!(schema["$schema"], dialect, "{name}");
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_id_is_unique() {
    let spec = spec();
    let files = generate(&spec, Target::JsonSchema, Options::newest(&spec)).unwrap();
    let id = |text: &String| serde_json::from_str::<Value>(text).unwrap()["$id"].to_string();
    let ids: std::collections::BTreeSet<String> = files.values().map(id).collect();
    assert_eq!(ids.len(), files.len());
}

#[test]
fn fields_carry_exactly_what_the_spec_says() {
    for record in spec().records {
        let schema = schema(&record.name);
        if !record.variants.is_empty() {
            let count = schema["anyOf"].as_array().map_or(0, Vec::len);
            assert_eq!(count, record.variants.len(), "{}", record.name);
            continue;
        }
        let required = record.fields.iter().filter(|field| field.required);
        let required: Vec<&String> = required.map(|field| &field.name).collect();
        assert_eq!(schema["required"], json!(required), "{}", record.name);
        assert_eq!(
            schema["additionalProperties"], record.open,
            "{}",
            record.name
        );
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), record.fields.len(), "{}", record.name);
        for field in &record.fields {
            let deprecated = properties[&field.name]["deprecated"] == true;
            assert_eq!(
                deprecated,
                field.deprecated.is_some(),
                "{}.{}",
                record.name,
                field.name
            );
        }
    }
}

#[test]
fn requests_are_checked_as_the_host_checks_them() {
    accepts(
        "DispatchRequest",
        json!({"prompt": "Tidy up", "tools": ["notes_add"], "x": 1}),
    );
    refuses(
        "DispatchRequest",
        json!({"title": "No prompt"}),
        "\"prompt\" is a required property",
    );
    accepts(
        "CompletionRequest",
        json!({"model": "", "messages": [{"role": "user", "content": "Hello"}], "tools": true}),
    );
    refuses(
        "CompletionRequest",
        json!({"messages": []}),
        "\"model\" is a required property",
    );
    refuses(
        "CompletionRequest",
        json!({"model": 1, "messages": []}),
        "1 is not of type",
    );
    accepts(
        "HttpRequest",
        json!({"method": "GET", "url": "https://example.com/"}),
    );
    refuses(
        "HttpRequest",
        json!({"method": "GET", "url": "https://example.com/", "body_encoding": "hex"}),
        "\"hex\" is not one of",
    );
}

#[test]
fn answers_match_the_forms_on_the_wire() {
    accepts(
        "DbQueryResult",
        json!({"columns": ["a"], "rows": [[1], [null], ["x"]]}),
    );
    refuses(
        "DbQueryResult",
        json!({"columns": ["a"], "rows": [{"a": 1}]}),
        "is not of type",
    );
    accepts(
        "ErrorEnvelope",
        json!({"error": "plugin_busy", "message": "Busy", "max_inflight": 2}),
    );
    accepts(
        "ToolEnvelope",
        json!({"ok": true, "result": {"text": "done"}}),
    );
    accepts(
        "ToolEnvelope",
        json!({"ok": false, "kind": "invalid_args", "message": "No", "retryable": true, "field": "a"}),
    );
    refuses(
        "ToolEnvelope",
        json!({"ok": false, "message": "No kind"}),
        "not valid under any",
    );
}

#[test]
fn a_manifest_fails_as_a_whole_when_one_field_is_wrong() {
    let manifest = json!({
        "plugin_id": "dev.example.notes",
        "license": null,
        "capabilities": {
            "tools": [{"id": "add", "description": "Adds a note", "parameters": {"type": "object"}}],
            "routes": [{"id": "page", "path": "/", "methods": ["GET"], "auth": "none"}],
        },
    });
    accepts("Manifest", manifest.clone());
    let mut wrong = manifest.clone();
    wrong["capabilities"]["routes"][0]["auth"] = json!("public");
    refuses("Manifest", wrong, "\"public\" is not one of");
    let mut wrong = manifest;
    wrong["capabilities"]["tools"][0]["description"] = json!(null);
    refuses("Manifest", wrong, "null is not of type");
}
