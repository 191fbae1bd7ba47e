//! The TypeScript file, judged by tsc and run by a real Node: its types, numbers and calls are the
//! spec's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_abi_spec::model::{CType, JsonType, Ownership, Param, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::*;

/// As strict as tsc can be; a file that passes is one that any author's settings accept.
const STRICT: [&str; 15] = [
    "--strict",
    "--isolatedModules",
    "--verbatimModuleSyntax",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--noPropertyAccessFromIndexSignature",
    "--noImplicitOverride",
    "--noImplicitReturns",
    "--noUnusedLocals",
    "--noUnusedParameters",
    "--module",
    "NodeNext",
    "--target",
    "ES2022",
    "--declaration",
];

/// The npm package's own compiler, or nothing where it or Node is missing.
fn tsc() -> Option<PathBuf> {
    let path = root().join("bridges/node/package/node_modules/.bin/tsc");
    (have("node") && have(text(&path))).then_some(path)
}

/// A folder with the generated file and `facts.ts`, in which `more` follows the common part.
fn folder(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let generated = root().join("bridges/node/package/src/generated.ts");
    let generated = std::fs::read_to_string(generated).unwrap();
    write(folder.path(), "package.json", r#"{"type": "module"}"#);
    write(folder.path(), "generated.ts", &generated);
    let facts = include_str!("data/typescript_facts.ts");
    write(folder.path(), "facts.ts", &format!("{facts}\n{more}"));
    folder
}

/// Compiles both files into `out`; returns what tsc says.
fn compile(tsc: &Path, folder: &Path) -> Result<(), String> {
    let [generated, facts] = ["generated.ts", "facts.ts"].map(|name| folder.join(name));
    let mut arguments = STRICT.to_vec();
    let out = folder.join("out");
    arguments.extend(["--outDir", text(&out), text(&generated), text(&facts)]);
    let output = run(tsc, &arguments);
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(())
    } else {
        Err(message)
    }
}

fn union<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    if names.is_empty() {
        return "never".to_owned();
    }
    names.join(" | ")
}

/// One comparison a line.
fn comparisons(record: &Record) -> String {
    let name = &record.name;
    let fields = record.fields.iter();
    let keys = |required: bool| {
        let fields = fields.clone().filter(move |f| f.required == required);
        union(fields.map(|field| field.name.as_str()))
    };
    let nullable = fields
        .clone()
        .filter(|field| field.nullable && !takes_anything(&field.ty));
    let nullable = union(nullable.map(|field| field.name.as_str()));
    let (required, optional) = (keys(true), keys(false));
    format!(
        "same<Required<abi.{name}>, {required}>(true);\n\
         same<Optional<abi.{name}>, {optional}>(true);\n\
         same<Nullable<abi.{name}>, {nullable}>(true);\n\
         same<Unchecked<abi.{name}>, never>(true);\n"
    )
}

/// `unknown` holds null already.
fn takes_anything(ty: &JsonType) -> bool {
    match ty {
        JsonType::Any => true,
        JsonType::OneOf(types) => types.iter().any(takes_anything),
        _ => false,
    }
}

#[test]
fn every_record_has_the_keys_of_the_spec_and_no_any() {
    let Some(tsc) = tsc() else { return };
    let spec = spec();
    let records = spec.records.iter().filter(|r| r.variants.is_empty());
    let text: String = records.map(comparisons).collect();
    assert!(text.matches("same<").count() > 100, "{text}");
    let folder = folder(&text);
    compile(&tsc, folder.path()).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn a_record_that_is_not_the_specs_is_noticed() {
    let Some(tsc) = tsc() else { return };
    for wrong in [
        r#"same<Required<abi.HttpRequest>, "method">(true);"#,
        r#"same<Nullable<abi.HttpRequest>, "method">(true);"#,
        "same<Unchecked<{ text: any }>, never>(true);",
    ] {
        let message = compile(&tsc, folder(wrong).path()).expect_err("tsc saw nothing");
        assert!(
            message.contains("facts.ts") && message.contains("error"),
            "{message}"
        );
    }
}

/// What Node sees, or nothing where there is none.
fn facts() -> Option<Value> {
    let tsc = tsc()?;
    let folder = folder("");
    compile(&tsc, folder.path()).unwrap_or_else(|said| panic!("{said}"));
    let module = folder.path().join("out/generated.js");
    let here = root().join("codegen/tests/data/typescript_facts.mjs");
    let output = run("node", &[text(&here), text(&module)]);
    Some(serde_json::from_str(&printed(&output, "node")).unwrap())
}

/// `task_status` to `TaskStatus`.
fn camel(snake: &str) -> String {
    let words = snake.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

#[test]
fn slots_events_levels_and_codes_have_the_numbers_of_the_spec() {
    let Some(facts) = facts() else { return };
    let spec = spec();
    let slots = spec.host_slots().zip(1..);
    let rows: BTreeMap<String, u32> = slots.map(|(s, row)| (camel(&s.name), row)).collect();
    let since = spec.host_slots();
    let since: BTreeMap<String, u32> = since.map(|s| (camel(&s.name), s.since.version)).collect();
    assert_eq!(facts["slots"], json!(rows));
    assert_eq!(facts["since"], json!(since));
    for (index, name) in ["log_level", "task_event"].into_iter().enumerate() {
        let mut groups = spec.constants.iter();
        let group = groups.find(|group| group.name == name).unwrap();
        let items = group.items.iter();
        let items: BTreeMap<String, i64> = items.map(|i| (camel(&i.name), i.value)).collect();
        assert_eq!(facts["groups"][index], json!(items));
    }
    let codes: Vec<&str> = spec
        .errors
        .iter()
        .map(|error| error.code.as_str())
        .collect();
    assert_eq!(facts["errors"], json!(codes));
}

/// How many arguments must be given: those up to the last one that may not be null.
fn required(params: &[&Param]) -> usize {
    let must = |param: &&&Param| param.null.as_ref().is_none_or(|text| refuses(text));
    let last = params.iter().rposition(|param| must(&param));
    last.map_or(0, |index| index + 1)
}

/// What the spec says of a NULL that does no good.
fn refuses(text: &str) -> bool {
    text.starts_with("Returns NULL") || text.starts_with("The call does nothing")
}

#[test]
fn each_method_calls_its_own_slot_with_all_arguments_and_voids_return_nothing() {
    let Some(facts) = facts() else { return };
    let spec = spec();
    let mut results = facts["results"].as_object().unwrap().clone();
    for (slot, row) in spec.host_slots().zip(1..) {
        if slot
            .params
            .iter()
            .any(|p| p.ownership == Ownership::Consumed)
        {
            continue;
        }
        let visible: Vec<&Param> = slot
            .params
            .iter()
            .filter(|p| p.ty != CType::Opaque)
            .collect();
        let name = camel(&slot.name);
        let name = name[..1].to_lowercase() + &name[1..];
        let converted = results
            .remove(&name)
            .unwrap_or_else(|| panic!("no method {name}"));
        assert_eq!(converted["required"], required(&visible), "{name}");
        let values = converted["made"].as_array().unwrap();
        let [Value::Array(call)] = values.as_slice() else {
            panic!("{name} made {values:?}");
        };
        assert_eq!(call[0], row, "{name} calls another slot");
        assert_eq!(call.len() - 1, visible.len(), "{name}: {call:?}");
        let void = slot.returns.ty == CType::Void;
        let answer = if void { Value::Null } else { json!("answer") };
        assert_eq!(converted["result"], answer, "{name}");
    }
    assert!(results.is_empty(), "methods of no slot: {results:?}");
}
