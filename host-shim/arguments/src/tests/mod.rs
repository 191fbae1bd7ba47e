//! What a model reads when its arguments are wrong.

mod bounds;
mod compile;
mod suite;

use crate::{ArgumentSchema, Refusal};
use serde_json::json;
use std::borrow::Cow;

fn schema() -> ArgumentSchema {
    let schema = json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 1},
            "limit": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
            "order": {"enum": ["newest", "oldest"]},
            "notes": {"type": "array", "items": {"$ref": "#/$defs/Note"}},
            "where": {"anyOf": [{"$ref": "#/$defs/Note"}, {"type": "null"}]}
        },
        "required": ["query"],
        "additionalProperties": false,
        "$defs": {"Note": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}}
    });
    ArgumentSchema::compile(Some(&schema)).unwrap()
}

#[track_caller]
fn refused(payload: &str, field: &str, expected: &str, message: &str) {
    let refusal = schema().check(payload).unwrap_err();
    let expected = Refusal {
        field: field.into(),
        expected: expected.into(),
        message: message.into(),
    };
    assert_eq!(refusal, expected);
}

#[test]
fn bad_arguments_name_field_expectation_and_finding() {
    refused(
        r#"{"limit":3}"#,
        "query",
        "a value: it is required",
        "`query` is missing",
    );
    refused(
        r#"{"query":7}"#,
        "query",
        "a string",
        "`query` must be a string, found the number 7",
    );
    refused(
        r#"{"query":"a","limit":"ten"}"#,
        "limit",
        "an integer or null",
        r#"`limit` must be an integer or null, found the string "ten""#,
    );
    refused(
        r#"{"query":"a","order":"random"}"#,
        "order",
        r#"one of "newest", "oldest""#,
        r#"`order` must be one of "newest", "oldest", found the string "random""#,
    );
    refused(
        r#"{"query":"a","notes":[{"id":1},{"id":"x"}]}"#,
        "notes[1].id",
        "an integer",
        r#"`notes[1].id` must be an integer, found the string "x""#,
    );
    refused(
        r#"{"query":"a","where":{}}"#,
        "where.id",
        "a value: it is required",
        "`where.id` is missing",
    );
    refused(
        r#"{"query":"a","qurey":1}"#,
        "qurey",
        "only arguments that the tool has",
        "`qurey` is not an argument of this tool",
    );
    refused(
        "[1]",
        "",
        "an object",
        "the arguments must be a JSON object, found the array [1]",
    );
}

#[test]
fn several_problems_are_named_in_one_message() {
    let failure = schema().check(r#"{"query":7,"order":"x"}"#).unwrap_err();
    assert!(
        failure.message.contains("`query` must be a string"),
        "{}",
        failure.message
    );
    assert!(
        failure.message.contains("; `order` must be one of"),
        "{}",
        failure.message
    );
}

#[test]
fn broken_json_says_where() {
    let failure = schema().check(r#"{"query":"#).unwrap_err();
    assert_eq!(
        failure.message,
        "the arguments are not valid JSON: EOF while parsing a value at line 1 column 9"
    );
}

#[test]
fn extras_become_context_and_never_reach_the_arguments() {
    let payload =
        r#"{"query":"a","_secrets":{"key":"s3"},"_context":{"working_directory":"/tmp/x"}}"#;
    let schema = schema();
    let arguments = schema.check(payload).unwrap();
    assert_eq!(arguments.payload, r#"{"query":"a"}"#);
    assert_eq!(
        arguments.context,
        r#"{"working_directory":"/tmp/x","secrets":{"key":"s3"}}"#
    );
}

#[test]
fn without_extras_the_host_s_own_text_goes_on() {
    let schema = ArgumentSchema::compile(None).unwrap();
    let payload = r#"{ "n" : 123456789012345678901234567890 }"#;
    let arguments = schema.check(payload).unwrap();
    assert!(matches!(arguments.payload, Cow::Borrowed(text) if text == payload));
    assert_eq!(schema.check("").unwrap().payload, "{}");
}

#[test]
fn digits_survive_the_removal_of_extras() {
    let schema = ArgumentSchema::compile(None).unwrap();
    let arguments = schema
        .check(r#"{"n":123456789012345678901234567890,"_secrets":{}}"#)
        .unwrap();
    assert_eq!(arguments.payload, r#"{"n":123456789012345678901234567890}"#);
}

#[test]
fn a_schema_that_is_none_is_refused_with_its_place() {
    let text = ArgumentSchema::compile(Some(&json!({"properties": {"a": {"type": "strnig"}}})))
        .err()
        .unwrap()
        .to_string();
    assert!(
        text.starts_with("its schema is not valid at `/properties/a/type`"),
        "{text}"
    );
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let text = "é".repeat(10);
    assert_eq!(crate::shorten(&text, 5), "éé… (20 bytes in all)");
}
