//! The table of argument cases, one verdict each, and what completions do to arguments beforehand.

use super::*;
use serde_json::json;

fn cases() -> Vec<Value> {
    let table = include_str!("../../../tests/data/argument_cases.json");
    serde_json::from_str(table).unwrap()
}

fn text(case: &Value) -> String {
    let raw = case["arguments_text"].as_str().map(str::to_string);
    raw.unwrap_or_else(|| case["arguments"].to_string())
}

/// Numbers that are equal by value.
fn same(one: &Value, other: &Value) -> bool {
    numbers::whole_as_integers(one) == numbers::whole_as_integers(other)
}

fn fault(case: &Value) -> Option<String> {
    let arguments = text(case);
    let result = prepare(&arguments, &case["schema"], Rules::Today);
    let fits = match &result {
        Ok(passed) if case["ok"] == true => {
            let parsed: Value = serde_json::from_str(passed).unwrap_or(Value::Null);
            let exact = case["passed_text"]
                .as_str()
                .is_none_or(|text| text == passed);
            let rewritten_as_expected = case["rewritten"]
                .as_bool()
                .is_none_or(|new| new == (*passed != arguments));
            exact
                && rewritten_as_expected
                && case.get("passed").is_none_or(|value| same(value, &parsed))
        }
        Err(mismatch) => {
            case["error"] == mismatch.message.as_str() && case["field"] == json!(mismatch.field)
        }
        Ok(_) => false,
    };
    (!fits).then(|| format!("{}: {result:?}", case["id"]))
}

#[test]
fn every_argument_case_ends_as_in_osaurus() {
    let faults: Vec<String> = cases().iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn preparing_twice_changes_nothing() {
    for case in cases() {
        let Ok(once) = prepare(&text(&case), &case["schema"], Rules::Today) else {
            continue;
        };
        assert_eq!(
            prepare(&once, &case["schema"], Rules::Today),
            Ok(once),
            "{}",
            case["id"]
        );
    }
}

#[test]
fn deep_arguments_are_text_that_cannot_be_read() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    let schema = json!({"type": "object", "required": ["b"]});
    assert_eq!(prepare(&deep, &schema, Rules::Today), Ok(deep));
}

#[test]
fn a_completion_opens_json_in_strings_and_marks_what_the_schema_refuses() {
    let schema = json!({"type": "object", "properties": {"s": {"type": "string"}}});
    let opened = |text: &str| opened("t", text, Some(&schema), Rules::Today);
    assert_eq!(opened("no json"), "no json");
    assert_eq!(
        opened(r#"{\"s\": \"a/b\"}"#),
        r#"{"s":"a/b"}"#,
        "escaped quotes are tried as plain ones"
    );
    let marker: Value = serde_json::from_str(&opened(r#"{"s": "{\"a\": \"[1]\"}"}"#)).unwrap();
    assert_eq!(
        marker,
        json!({"_error": "invalid_tool_arguments", "_expected": "schema-compliant arguments",
            "_field": "s", "_message": "Property 's' must be a string", "_tool": "t"})
    );
    assert_eq!(
        super::opened("t", r#"{"s": "{\"a\": \"[1]\"}"}"#, None, Rules::Today),
        r#"{"s":{"a":[1]}}"#
    );
}

#[test]
fn in_june_keys_were_not_repaired_and_lengths_not_checked() {
    let schema = json!({"type": "object", "required": ["path"], "properties": {
        "path": {"type": "string", "minLength": 3}, "limit": {"type": "integer"},
        "minLength": {"type": "integer"}}});
    let june = |arguments: Value| prepare(&arguments.to_string(), &schema, Rules::June2026);
    let missing = |name: &str| Err(format!("Missing required property: {name}"));
    let message = |arguments: Value| june(arguments).map_err(|mismatch| mismatch.message);
    assert_eq!(
        june(json!({"path": "a", "limit": "5"})).unwrap(),
        r#"{"limit":5,"path":"a"}"#
    );
    assert_eq!(
        june(json!({"properties": {"path": "a"}})).unwrap(),
        r#"{"path":"a"}"#
    );
    assert_eq!(
        june(json!({"path": "a", "minLength": "1"})).unwrap(),
        r#"{"minLength":1,"path":"a"}"#
    );
    assert_eq!(message(json!({"file": "abc"})), missing("path"));
    assert_eq!(
        message(json!({"arguments": {"path": "abc"}})),
        missing("path")
    );
    assert_eq!(
        message(json!({"properties": r#"{"path": "abc"}"#})),
        missing("path")
    );
    let now = |arguments: Value| prepare(&arguments.to_string(), &schema, Rules::Today);
    assert!(now(json!({"file": "abc"})).is_ok() && now(json!({"path": "a"})).is_err());
}
