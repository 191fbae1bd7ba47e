//! The table of arguments (host-shim/arguments/tests/cases.json) through the reference host, which
//! repairs what Osaurus repairs and lets through the rest, to plugins in Python and TypeScript: the
//! same value arrives in both.

use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::scene::Scene;
use serde_json::{Value, json};
use std::fmt::Write;

const TYPESCRIPT: &str = r#"
import { definePlugin, defineTool, jsonSchema } from "osaurus-plugin";
import { cases } from "./cases.js";

const echo = (parameters: Record<string, unknown>) =>
  defineTool({
    description: "Give back what came.",
    input: jsonSchema<{ v: unknown }>(parameters),
    run: ({ v }) => ({ v: JSON.stringify(v) }),
  });

export default definePlugin({
  name: "Arguments",
  tools: Object.fromEntries(Object.entries(cases).map(([id, parameters]) => [id, echo(parameters)])),
});
"#;

const PYTHON: &str = r#"
import json

from osaurus_plugin import Plugin

plugin = Plugin(name="Arguments")
"#;

struct Case {
    id: String,
    row: Value,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../host-shim/arguments/tests/cases.json");
    let rows: Vec<Value> = serde_json::from_str(text).expect("the table");
    let named = rows.into_iter().filter(|row| row.get("name").is_some());
    named
        .enumerate()
        .map(|(number, row)| Case {
            id: format!("c{number}"),
            row,
        })
        .collect()
}

fn parameters(schema: &Value) -> Value {
    let definitions: Value = serde_json::from_str(include_str!(
        "../../host-shim/arguments/tests/definitions.json"
    ))
    .expect("the definitions");
    json!({
        "type": "object", "properties": {"v": schema}, "required": ["v"], "additionalProperties": false,
        "$defs": definitions,
    })
}

fn typescript(cases: &[Case]) -> Project {
    let all: serde_json::Map<String, Value> = cases
        .iter()
        .map(|case| (case.id.clone(), parameters(&case.row["schema"])))
        .collect();
    let module = format!(
        "export const cases: Record<string, Record<string, unknown>> = {};\n",
        Value::Object(all)
    );
    Project::typescript("arguments", TYPESCRIPT).file("src/cases.ts", &module)
}

fn python(cases: &[Case]) -> Project {
    let mut main = PYTHON.to_owned();
    for case in cases {
        if let Some(kind) = case.row["python"].as_str() {
            let id = &case.id;
            write!(
                main,
                "\n\n@plugin.tool\ndef {id}(v: {kind}) -> dict[str, str]:\n    \"\"\"Give back what came.\"\"\"\n    \
                 return {{\"v\": json.dumps(v)}}\n"
            )
            .expect("a string takes it");
        }
    }
    Project::python("arguments", &main).settings("entry = ", "mode = \"worker\"\nentry = ")
}

/// What is wrong with a call; numbers are compared by value.
fn mismatch(case: &Case, envelope: &Value) -> Option<String> {
    let row = &case.row;
    let problem = || Some(format!("{}: {envelope}", row["name"]));
    let expected = row["through_host"].as_str().or(row["passed"].as_str());
    let Some(expected) = expected else {
        let refused = envelope["kind"] == "invalid_args" && envelope["field"].is_string();
        return if refused { None } else { problem() };
    };
    let value = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let Some(found) = envelope["result"]["v"].as_str() else {
        return problem();
    };
    let same = equal(&value(found), &value(expected));
    if same { None } else { problem() }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

fn check(project: &Project, cases: &[&Case]) {
    let scene = Scene::new();
    let plugin = scene.load(project);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let payload = format!(r#"{{"v":{}}}"#, case.row["given"].as_str()?);
            let answer = plugin.invoke(&case.id, &payload, Some(scene.ada));
            mismatch(case, &serde_json::from_str(&answer).expect("an envelope"))
        })
        .collect();
    scene.host.shutdown();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn typescript_gets_what_the_table_says() {
    let all = cases();
    // JavaScript's numbers do not hold these.
    let exact = |case: &&Case| case.row.get("beyond_javascript").is_none();
    check(
        &typescript(&all),
        &all.iter().filter(exact).collect::<Vec<_>>(),
    );
}

#[test]
fn python_gets_what_the_table_says() {
    let all = cases();
    let typed = |case: &&Case| case.row.get("python").is_some();
    check(&python(&all), &all.iter().filter(typed).collect::<Vec<_>>());
}
