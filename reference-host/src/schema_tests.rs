//! What the schema check accepts, makes of it, and refuses.

use super::*;
use serde_json::json;

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 10},
            "x": {"type": "number"},
            "b": {"type": "boolean"},
            "s": {"type": "string", "pattern": "^[a-z]+$"},
            "list": {"type": "array", "items": {"type": "integer"}},
            "o": {"type": "object", "properties": {"k": {"type": "string"}}, "required": ["k"]},
            "e": {"type": "string", "enum": ["Red", "green"]},
            "either": {"oneOf": [{"type": "integer"}, {"type": "string", "enum": ["all"]}]},
            "any": {"anyOf": [{"type": "boolean"}, {"type": "array"}]}
        },
        "required": ["n"],
        "additionalProperties": false
    })
}

#[track_caller]
fn becomes(given: Value, expected: Value) {
    assert_eq!(accept(&given, &schema()), Ok(expected));
}

#[track_caller]
fn refused(given: Value, field: &str, words: &[&str]) {
    let mismatch = accept(&given, &schema()).unwrap_err();
    assert_eq!(mismatch.field, field);
    let text = mismatch.message();
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

#[test]
fn numbers_and_booleans_may_be_text() {
    becomes(json!({"n": "3"}), json!({"n": 3}));
    becomes(json!({"n": 3.0}), json!({"n": 3}));
    becomes(json!({"n": " 4.0 "}), json!({"n": 4}));
    becomes(
        json!({"n": 1, "x": "2.5", "b": "TRUE"}),
        json!({"n": 1, "x": 2.5, "b": true}),
    );
    refused(json!({"n": "three"}), "n", &["integer", "\"three\""]);
    refused(json!({"n": 2.5}), "n", &["integer", "2.5"]);
    refused(json!({"n": 1, "b": "yes"}), "b", &["boolean"]);
    refused(json!({"n": 1, "x": "NaN"}), "x", &["number"]);
}

#[test]
fn text_is_not_made_of_other_things_and_null_is_a_value() {
    refused(json!({"n": 1, "s": 5}), "s", &["string", "5"]);
    refused(json!({"n": 1, "s": null}), "s", &["string", "null"]);
}

#[test]
fn arrays_and_objects_may_be_json_inside_of_text() {
    becomes(
        json!({"n": 1, "list": "[1, \"2\"]"}),
        json!({"n": 1, "list": [1, 2]}),
    );
    becomes(
        json!({"n": 1, "o": "{\"k\":\"v\"}"}),
        json!({"n": 1, "o": {"k": "v"}}),
    );
    becomes(json!({"n": 1, "any": "[]"}), json!({"n": 1, "any": []}));
    refused(json!({"n": 1, "list": "1,2"}), "list", &["array"]);
    refused(
        json!({"n": 1, "list": [1, "a"]}),
        "list[1]",
        &["integer", "\"a\""],
    );
    refused(json!({"n": 1, "o": {}}), "o.k", &["a value", "nothing"]);
}

#[test]
fn a_properties_wrapper_is_taken_off_unless_it_is_declared() {
    becomes(json!({"properties": {"n": 1}}), json!({"n": 1}));
    let own = json!({"properties": {"properties": {"type": "object"}}});
    let given = json!({"properties": {"n": 1}});
    assert_eq!(accept(&given, &own), Ok(given.clone()));
    refused(
        json!({"properties": {"n": 1}, "n": 1}),
        "properties",
        &["unknown argument"],
    );
}

#[test]
fn blank_optional_texts_are_dropped_and_blank_required_ones_are_not() {
    becomes(json!({"n": 1, "s": "  ", "x": ""}), json!({"n": 1}));
    refused(json!({"n": ""}), "n", &["integer"]);
    refused(json!({}), "n", &["a value", "nothing"]);
}

#[test]
fn an_enum_is_met_in_any_case_and_becomes_the_declared_spelling() {
    becomes(json!({"n": 1, "e": "GREEN"}), json!({"n": 1, "e": "green"}));
    becomes(json!({"n": 1, "e": "Red"}), json!({"n": 1, "e": "Red"}));
    refused(
        json!({"n": 1, "e": "blue"}),
        "e",
        &["one of \"Red\", \"green\"", "\"blue\""],
    );
}

#[test]
fn the_first_alternative_that_fits_decides() {
    becomes(json!({"n": 1, "either": "7"}), json!({"n": 1, "either": 7}));
    becomes(
        json!({"n": 1, "either": "ALL"}),
        json!({"n": 1, "either": "all"}),
    );
    refused(
        json!({"n": 1, "either": "some"}),
        "either",
        &["2 alternatives in oneOf"],
    );
    refused(
        json!({"n": 1, "any": 1}),
        "any",
        &["2 alternatives in anyOf"],
    );
}

#[test]
fn bounds_patterns_and_unknown_names_are_checked() {
    refused(json!({"n": 0}), "n", &["at least 1", "0"]);
    refused(json!({"n": "11"}), "n", &["at most 10", "11"]);
    refused(json!({"n": 1, "s": "a1"}), "s", &["matches ^[a-z]+$"]);
    refused(
        json!({"n": 1, "zz": 1}),
        "zz",
        &["only n, x, b", "unknown argument"],
    );
    let bad = json!({"properties": {"s": {"type": "string", "pattern": "("}}});
    assert!(
        accept(&json!({"s": "x"}), &bad).is_ok(),
        "a bad pattern is ignored"
    );
    let several = json!({"type": ["integer", "null"]});
    assert_eq!(accept(&json!("5"), &several), Ok(json!(5)));
    assert_eq!(accept(&Value::Null, &several), Ok(Value::Null));
}

#[test]
fn keywords_that_the_host_does_not_know_are_ignored() {
    let schema = json!({"properties": {"s": {"type": "string", "maxLength": 1, "const": "x", "format": "uuid"}}});
    assert!(accept(&json!({"s": "long", "more": 1}), &schema).is_ok());
}
