//! Schemas that are refused, and what is said about those that are not but should be looked at.
use crate::{ArgumentSchema, lint};
use serde_json::{Value, json};

#[track_caller]
fn refused(schema: Value, text: &str) {
    let fault = ArgumentSchema::compile(Some(&schema)).err().unwrap();
    assert_eq!(
        fault.to_string(),
        format!("its schema is not valid at {text}")
    );
}

#[test]
fn a_schema_that_is_none_is_refused_with_place_and_reason() {
    let types = "must be one of string, integer, number, boolean, array, object, null";
    refused(
        json!({"properties": {"a": {"type": "sting"}}}),
        &format!(r#"`/properties/a/type`: {types}, found "sting""#),
    );
    refused(
        json!({"properties": {"a": "string"}}),
        r#"`/properties/a`: a schema is an object, true or false, found "string""#,
    );
    refused(
        json!({"required": "a"}),
        r#"`/required`: must be a list of names, found "a""#,
    );
    refused(
        json!({"properties": {"a/b": {"minLength": -1}}}),
        "`/properties/a~1b/minLength`: must be a whole number, 0 or more, found -1",
    );
    refused(
        json!({"items": [{"type": "string"}]}),
        r#"`/items`: a schema is an object, true or false, found [{"type":"string"}]"#,
    );
    refused(
        json!({"anyOf": []}),
        "`/anyOf`: must be a list of at least one schema, found []",
    );
    refused(
        json!({"$ref": "#/$defs/none"}),
        "`/$ref`: `#/$defs/none` leads to nothing in this schema",
    );
    refused(
        json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
        "`/$schema`: `http://json-schema.org/draft-04/schema#` is not read here: write JSON Schema \
         2020-12, 2019-09, draft-07 or draft-06",
    );
    refused(
        json!({"$defs": {"a": {"pattern": "("}}, "properties": {"x": {"$ref": "#/$defs/a"}}}),
        "`/$defs/a/pattern`: `(` is not a usable regular expression: a `(` is not closed",
    );
    refused(
        json!({"patternProperties": {r"\A\d+\Z": {}}}),
        r"`/patternProperties/\A\d+\Z`: `\A\d+\Z` is not a usable regular expression: `\A` means nothing in ECMA-262",
    );
}

#[test]
fn a_schema_that_is_its_own_condition_is_refused() {
    let text = "``: a `$ref` leads back to itself without going into the value";
    refused(json!({"$ref": "#"}), text);
    refused(
        json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"}),
        text,
    );
}

#[test]
fn older_dialects_are_read_by_their_own_rules() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"pair": {"items": [{"type": "integer"}], "additionalItems": false}},
        "dependencies": {"a": ["b"]},
    });
    let schema = ArgumentSchema::compile(Some(&schema)).unwrap();
    schema.check(r#"{"pair":[1]}"#).unwrap();
    let message = |payload: &str| schema.check(payload).unwrap_err().message;
    assert_eq!(
        message(r#"{"pair":["x"]}"#),
        r#"`pair[0]` must be an integer, found the string "x""#
    );
    assert_eq!(message(r#"{"a":1}"#), "`b` is missing: `a` needs it");
}

#[test]
fn slips_that_are_valid_are_reported() {
    let schema = json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "minlength": 1, "x-note": "fine"},
            "items": {"type": "array", "item": {"type": "string"}},
        },
        "required": ["qeury", "query", "page"],
        "anyOf": [{"required": ["elsewhere"]}],
    });
    let warnings: Vec<String> = lint(&schema)
        .iter()
        .map(|fault| format!("{}: {}", fault.place, fault.reason))
        .collect();
    assert_eq!(
        warnings,
        [
            "/required: `qeury` is required and not in `properties`; did you mean `query`?",
            "/required: `page` is required and not in `properties`",
            "/properties/query/minlength: `minlength` is not a keyword of JSON Schema; did you \
             mean `minLength`?",
            "/properties/items/item: `item` is not a keyword of JSON Schema; did you mean `items`?",
        ]
    );
}
