//! The Python file, imported by a real Python: its classes, numbers and calls are the spec's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_abi_spec::model::{CType, Ownership};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::*;

/// What Python sees, or nothing where there is no Python.
fn facts() -> Option<Value> {
    if !have("python3") {
        return None;
    }
    let here = root().join("codegen/tests/data/python_facts.py");
    let file = root().join("bridges/python/package/src/osaurus_plugin/_generated.py");
    let output = run("python3", &["-B", text(&here), text(&file)]);
    Some(serde_json::from_str(&printed(&output, "python3")).unwrap())
}

#[test]
fn every_record_is_a_typed_dict_with_the_required_keys_of_the_spec() {
    let Some(facts) = facts() else { return };
    for record in spec()
        .records
        .iter()
        .filter(|record| record.variants.is_empty())
    {
        let keys = |required: bool| {
            let fields = record
                .fields
                .iter()
                .filter(|field| field.required == required);
            let mut names: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
            names.sort_unstable();
            names
        };
        let expected = json!({"required": keys(true), "optional": keys(false)});
        assert_eq!(facts["records"][&record.name], expected, "{}", record.name);
    }
}

#[test]
fn slots_events_levels_and_codes_have_the_numbers_of_the_spec() {
    let Some(facts) = facts() else { return };
    let spec = spec();
    let slots = spec.host_slots().zip(1..);
    let rows: BTreeMap<&str, u32> = slots.map(|(slot, row)| (slot.name.as_str(), row)).collect();
    let since = spec
        .host_slots()
        .map(|slot| (slot.name.as_str(), slot.since.version));
    assert_eq!(facts["slots"], json!(rows));
    assert_eq!(facts["since"], json!(since.collect::<BTreeMap<_, _>>()));
    for (index, name) in ["log_level", "task_event"].into_iter().enumerate() {
        let group = spec
            .constants
            .iter()
            .find(|group| group.name == name)
            .unwrap();
        let items = group
            .items
            .iter()
            .map(|item| (item.name.as_str(), item.value));
        assert_eq!(
            facts["groups"][index],
            json!(items.collect::<BTreeMap<_, _>>())
        );
    }
    let mut codes: Vec<&str> = spec
        .errors
        .iter()
        .map(|error| error.code.as_str())
        .collect();
    codes.sort_unstable();
    assert_eq!(facts["errors"], json!(codes));
    assert_eq!(facts["error_literal"], json!(codes));
}

#[test]
fn each_method_calls_its_own_slot_with_all_arguments_and_voids_return_nothing() {
    let Some(facts) = facts() else { return };
    let spec = spec();
    let scripted = spec.host_slots().filter(|slot| {
        slot.params
            .iter()
            .all(|param| param.ownership != Ownership::Consumed)
    });
    let mut calls = facts["calls"].as_array().unwrap().clone();
    for slot in scripted {
        let passed = slot
            .params
            .iter()
            .filter(|param| param.ty != CType::Opaque && param.ty != CType::ChunkCallback);
        let count = passed.count();
        for call in [
            json!([slot.name, count]),
            json!([format!("async {}", slot.name), count]),
        ] {
            let at = calls.iter().position(|made| *made == call);
            calls.remove(at.unwrap_or_else(|| panic!("no call {call} among {calls:?}")));
        }
        let answer = if slot.returns.ty == CType::Void {
            Value::Null
        } else {
            json!("answer")
        };
        assert_eq!(
            facts["results"][&slot.name],
            json!([answer, answer]),
            "{}",
            slot.name
        );
    }
    assert!(calls.is_empty(), "calls of no slot: {calls:?}");
}

/// `null` in the spec is prose: this pins which NULLs are offered to authors as `None`.
#[test]
fn arguments_that_may_be_left_out_are_these_alone() {
    let Some(facts) = facts() else { return };
    let expected = [
        "complete_stream.on_chunk",
        "db_exec.params_json",
        "db_query.params_json",
        "dispatch_add_issue.issue_json",
        "dispatch_interrupt.message",
        "log_structured.payload_json",
    ];
    assert_eq!(facts["optional"], json!(expected));
}
