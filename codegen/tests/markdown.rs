//! The documents: every link leads somewhere, and nothing of the spec is left out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::collections::BTreeMap;
use support::*;

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// How often each anchor occurs: explicit ids, and headings as GitHub makes anchors of them.
fn anchors(page: &str) -> BTreeMap<String, usize> {
    let ids = page.split("<a id=\"").skip(1);
    let ids = ids.map(|rest| rest.split('"').next().unwrap().to_owned());
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let slugs = headings.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let letters = title
            .chars()
            .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        letters
            .map(|c| if c == ' ' { '-' } else { c })
            .collect::<String>()
    });
    let mut counts = BTreeMap::new();
    for anchor in ids.chain(slugs) {
        *counts.entry(anchor).or_insert(0) += 1;
    }
    counts
}

#[test]
fn every_link_leads_to_exactly_one_place() {
    for name in ["host-api.md", "abi-versions.md"] {
        for link in page(name).split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { name } else { file };
            assert!(root().join("docs").join(file).exists(), "{name}: {target}");
            if !anchor.is_empty() {
                let count = anchors(&page(file)).get(anchor).copied().unwrap_or(0);
                assert_eq!(count, 1, "{name}: places that `{target}` leads to");
            }
        }
    }
}

#[test]
fn the_reference_has_every_function_record_field_error_limit_and_quirk() {
    let (page, spec) = (page("host-api.md"), spec());
    let mut expected: Vec<String> = Vec::new();
    for slot in spec.host_slots() {
        expected.push(format!("<a id=\"host-{}\"></a>\n\n### {0}\n", slot.name));
    }
    for slot in spec.plugin_slots() {
        expected.push(format!("<a id=\"plugin-{}\"></a>\n\n### {0}\n", slot.name));
    }
    for record in &spec.records {
        expected.push(format!("\n#### {}\n", record.name));
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
            .map(|error| format!("\n| `{}` |", error.code)),
    );
    expected.extend(
        spec.limits
            .iter()
            .map(|limit| format!("\n| `{}` |", limit.name)),
    );
    expected.extend(
        spec.quirks
            .iter()
            .map(|quirk| format!("\n**{}. ", quirk.number)),
    );
    for text in expected {
        assert!(page.contains(&text), "docs/host-api.md lacks {text:?}");
    }
}
