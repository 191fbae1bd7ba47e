//! One table of every table's layout: a row per member and level (v1, v2a to v2e, v3 to v6), a
//! column per witness that works it out by itself. All columns must agree with the spec's.
//!
//! A new witness is a function that returns [`Places`], and a line in [`witnesses`]. One that knows
//! the newest version only gives its lines to [`prefixes`]: older tables are beginnings of newer
//! ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod compilers;
mod languages;
#[path = "../support/mod.rs"]
mod support;
mod swift;

use osaurus_abi_spec::{Spec, layout, layout::TableLayout, model::Since};
use std::collections::BTreeMap;
use support::*;

/// `v2a osr_host_api.log` to the offset, `v2a osr_host_api` to `size/alignment`.
pub type Places = BTreeMap<String, String>;

/// A function of revision 2b alone; bindings that describe the newest version have no name for its
/// place.
const SUPERSEDED: &str = "v2b osr_plugin_api.on_task_completed";

/// A column: its title, what it found, and whether it describes the newest version only.
struct Witness {
    title: &'static str,
    places: Places,
    newest_only: bool,
}

fn witnesses(spec: &Spec) -> Vec<Witness> {
    let full = |title, places: Option<Places>| {
        Some(Witness {
            title,
            places: places?,
            newest_only: false,
        })
    };
    let newest = |title, places: Option<Places>| {
        Some(Witness {
            title,
            places: places?,
            newest_only: true,
        })
    };
    let all = [
        full("gcc", compilers::measured_by(spec, "gcc")),
        full("clang", compilers::measured_by(spec, "clang")),
        full("bindgen", Some(compilers::read_by_bindgen(spec))),
        full("swift", swift::measured(spec)),
        newest("rust", Some(languages::rust(spec))),
        newest("zig", languages::zig(spec)),
        newest("go", languages::go(spec)),
    ];
    all.into_iter().flatten().collect()
}

/// The tables of a level, with their C names.
pub fn tables(spec: &Spec, level: &Since) -> Vec<(String, TableLayout)> {
    let host = layout::host(spec, level).map(|host| (spec.host.c_name.clone(), host));
    let plugin = (spec.plugin.c_name.clone(), layout::plugin(spec, level));
    host.into_iter().chain([plugin]).collect()
}

fn of_the_spec(spec: &Spec) -> Places {
    let mut places = Places::new();
    for level in spec.levels() {
        for (table, layout) in tables(spec, &level) {
            let members = layout.members.iter();
            places.extend(
                members.map(|m| (format!("{level} {table}.{}", m.name), m.offset.to_string())),
            );
            places.insert(
                format!("{level} {table}"),
                format!("{}/{}", layout.size, layout.align),
            );
        }
    }
    places
}

/// Lines `table.member offset` and `table size/align` of the newest version, as places of every
/// level.
pub fn prefixes(spec: &Spec, lines: &str) -> Places {
    let newest: BTreeMap<&str, &str> = lines
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let mut places = Places::new();
    for level in spec.levels() {
        for (table, layout) in tables(spec, &level) {
            let align: usize = newest[table.as_str()]
                .split_once('/')
                .unwrap()
                .1
                .parse()
                .unwrap();
            let mut end = 0;
            for member in &layout.members {
                let Some(offset) = newest.get(format!("{table}.{}", member.name).as_str()) else {
                    end += align;
                    continue;
                };
                places.insert(
                    format!("{level} {table}.{}", member.name),
                    (*offset).to_owned(),
                );
                end = offset.parse::<usize>().unwrap() + member.size;
            }
            places.insert(
                format!("{level} {table}"),
                format!("{}/{align}", end.next_multiple_of(align)),
            );
        }
    }
    places
}

/// The rows in which a column differs, with all columns.
fn disagreements(expected: &Places, witnesses: &[Witness]) -> Vec<String> {
    let cell =
        |places: &Places, row: &str| places.get(row).cloned().unwrap_or_else(|| "-".to_owned());
    let mut rows = Vec::new();
    for row in expected.keys() {
        let right = cell(expected, row);
        let excused = |one: &Witness| one.newest_only && row == SUPERSEDED;
        if witnesses
            .iter()
            .any(|one| !excused(one) && cell(&one.places, row) != right)
        {
            let cells = witnesses
                .iter()
                .map(|one| format!("{} {}", one.title, cell(&one.places, row)));
            rows.push(format!(
                "{row}: spec {right}, {}",
                cells.collect::<Vec<_>>().join(", ")
            ));
        }
    }
    for one in witnesses {
        let strange = one.places.keys().filter(|row| !expected.contains_key(*row));
        rows.extend(strange.map(|row| format!("{row}: only {} knows it", one.title)));
    }
    rows
}

#[test]
fn every_witness_sees_the_spec_layout_at_every_level() {
    let spec = spec();
    let expected = of_the_spec(&spec);
    assert_eq!(expected.len(), 275, "rows of the table");
    let witnesses = witnesses(&spec);
    let wrong = disagreements(&expected, &witnesses);
    assert!(
        wrong.is_empty(),
        "the layouts differ:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_witness_that_errs_is_named_with_the_row() {
    let spec = spec();
    let expected = of_the_spec(&spec);
    let mut places = expected.clone();
    places.insert("v6 osr_host_api.free_string".into(), "184".into());
    places.remove("v3 osr_plugin_api");
    let witness = Witness {
        title: "mirror",
        places,
        newest_only: false,
    };
    assert_eq!(
        disagreements(&expected, &[witness]),
        [
            "v3 osr_plugin_api: spec 72/8, mirror -",
            "v6 osr_host_api.free_string: spec 192, mirror 184",
        ]
    );
}
