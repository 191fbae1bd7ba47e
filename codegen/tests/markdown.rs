//! The documents: nothing of the spec is left out, and pages of others link to it. That links lead
//! somewhere is for the test of all documents.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_codegen::{Options, Target, documents, generate};
use std::collections::BTreeMap;
use support::*;

fn pages() -> String {
    let pages = generate(&spec(), Target::Markdown, Options::newest(&spec())).unwrap();
    pages.into_values().collect()
}

#[test]
fn the_reference_has_every_function_record_field_error_limit_and_quirk() {
    let (pages, spec) = (pages(), spec());
    let mut expected: Vec<String> = Vec::new();
    for slot in spec.host_slots() {
        expected.push(format!("<a id=\"host-{}\"></a>\n\n## {0}\n", slot.name));
    }
    for slot in spec.plugin_slots() {
        expected.push(format!("<a id=\"plugin-{}\"></a>\n\n## {0}\n", slot.name));
    }
    for record in &spec.records {
        expected.push(format!("\n### {}\n", record.name));
        expected.extend(
            record
                .fields
                .iter()
                .map(|field| format!("| `{}` |", field.name)),
        );
    }
    expected.extend(
        spec.errors
            .iter()
            .map(|error| format!("<a id=\"error-{0}\"></a>\n\n### {0}\n", error.code)),
    );
    expected.extend(
        spec.limits
            .iter()
            .map(|limit| format!("<a id=\"limit-{0}\"></a>`{0}` |", limit.name)),
    );
    expected.extend(
        spec.quirks
            .iter()
            .map(|quirk| format!("\n## {}. ", quirk.number)),
    );
    for text in expected {
        assert!(pages.contains(&text), "the reference lacks {text:?}");
    }
}

#[test]
fn pages_of_others_get_the_address_of_what_they_name() {
    let page = "[`log`](#host-log), [a code](#error-invalid_request), [one](#quirk-4)";
    let others = BTreeMap::from([("rules/one.md".to_owned(), page.to_owned())]);
    let pages = documents(&spec(), others).unwrap();
    assert_eq!(
        pages["rules/one.md"],
        "[`log`](../host-api/log.md#host-log), \
         [a code](../host-api/errors.md#error-invalid_request), \
         [one](../host-api/quirks.md#quirk-4)"
    );
}
