//! The table of arguments: what the host lets through, and what the script gets or the model reads.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here")]
use osaurus_arguments::ArgumentSchema;
use serde_json::{Value, json};

fn parameters(schema: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {"v": schema},
        "required": ["v"],
        "additionalProperties": false,
        "$defs": serde_json::from_str::<Value>(include_str!("definitions.json")).unwrap(),
    })
}

/// What is wrong with one case; `None` if nothing is.
fn mismatch(case: &Value) -> Option<String> {
    let schema = ArgumentSchema::compile(Some(&parameters(&case["schema"]))).unwrap();
    let payload = format!(r#"{{"v":{}}}"#, case["given"].as_str().unwrap());
    let outcome = match schema.check(&payload) {
        Ok(arguments) => arguments.payload.into_owned(),
        Err(refusal) => json!({"field": refusal.field, "expected": refusal.expected}).to_string(),
    };
    let expected = match case["passed"].as_str() {
        Some(passed) => format!(r#"{{"v":{passed}}}"#),
        None => case["refused"].to_string(),
    };
    (outcome != expected).then(|| format!("{}: {outcome}, not {expected}", case["name"]))
}

#[test]
fn every_case_comes_out_as_the_table_says() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let rows = cases.iter().filter(|case| case.get("name").is_some());
    let wrong: Vec<String> = rows.filter_map(mismatch).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What came out once is exact, so a second pass leaves it alone.
#[test]
fn coercion_done_twice_changes_nothing() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    for case in cases.iter().filter(|case| case.get("passed").is_some()) {
        let again = json!({
            "name": case["name"], "schema": case["schema"],
            "given": case["passed"], "passed": case["passed"],
        });
        assert_eq!(mismatch(&again), None);
    }
}
