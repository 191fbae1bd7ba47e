//! The official test suite of JSON Schema 2020-12 (tests/json-schema-test-suite), all of it but
//! what reads other documents.
use crate::schema::{Schema, SchemaFault};
use serde_json::Value;
use std::path::PathBuf;

/// Groups that need documents besides the schema: meta-schemas, vocabularies, remote ones.
const STEPS: usize = 1_000_000;
const OTHER_DOCUMENTS: usize = 24;

fn needs_other_documents(schema: &Value, fault: &SchemaFault) -> bool {
    let text = schema.to_string();
    let remote = [
        "http://localhost:1234/",
        "https://json-schema.org/draft/2020-12/schema",
    ];
    let elsewhere = remote.iter().any(|uri| text.contains(uri));
    elsewhere && fault.reason.ends_with("leads to nothing in this schema")
        || fault.place == "/$schema"
}

#[test]
fn the_official_suite_passes() {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/json-schema-test-suite/draft2020-12");
    let mut wrong = Vec::new();
    let (mut run, mut passed_over) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let groups: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for group in groups {
            let name = format!("{file}: {}", group["description"].as_str().unwrap());
            let schema = match Schema::compile(&group["schema"]) {
                Ok(schema) => schema,
                Err(fault) if needs_other_documents(&group["schema"], &fault) => {
                    passed_over.push(name);
                    continue;
                }
                Err(fault) => {
                    wrong.push(format!("{name}: {fault}"));
                    continue;
                }
            };
            for test in group["tests"].as_array().unwrap() {
                run += 1;
                let accepts = schema.accepts(schema.root, &test["data"], &mut STEPS.clone());
                if accepts != test["valid"].as_bool().unwrap()
                    || accepts != schema.faults(&test["data"], STEPS).is_empty()
                {
                    wrong.push(format!("{name}: {}", test["description"].as_str().unwrap()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(
        passed_over.len(),
        OTHER_DOCUMENTS,
        "{}",
        passed_over.join("\n")
    );
    assert!(run > 1_200, "only {run} tests were run");
}
