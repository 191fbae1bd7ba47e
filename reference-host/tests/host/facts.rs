//! FACTS.md is true: every row has a test that exists, or says why not.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

const FACTS: &str = include_str!("../../FACTS.md");

/// Number, fact and evidence of every row.
fn rows() -> Vec<[String; 3]> {
    let cells = |line: &str| -> Option<[String; 3]> {
        let inner = line.strip_prefix('|')?.strip_suffix('|')?;
        let cells: Vec<&str> = split_cells(inner);
        assert_eq!(cells.len(), 3, "a row needs three cells: {line}");
        Some([cells[0], cells[1], cells[2]].map(|cell| cell.trim().to_string()))
    };
    let rows = FACTS.lines().filter_map(cells);
    rows.filter(|[number, ..]| number != "#" && !number.starts_with("---"))
        .collect()
}

/// Cells are parted by `|`; `\|` stands for the character itself.
fn split_cells(inner: &str) -> Vec<&str> {
    let bars = inner.match_indices('|').map(|(at, _)| at);
    let mut bounds: Vec<usize> = bars.filter(|&at| !inner[..at].ends_with('\\')).collect();
    bounds.push(inner.len());
    let starts = std::iter::once(0).chain(bounds.iter().map(|at| at + 1));
    starts
        .zip(&bounds)
        .map(|(from, &to)| &inner[from..to])
        .collect()
}

/// The tests of a file, `name` as FACTS.md writes it: `loading` or `src/net`.
fn tests_in(name: &str) -> HashSet<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = match name.strip_prefix("src/") {
        Some(file) => root.join("src").join(file),
        None => root.join("tests/host").join(name),
    };
    let text = std::fs::read_to_string(path.with_extension("rs")).unwrap_or_default();
    let mut tests = HashSet::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line == "#[test]" {
            let function = lines
                .find_map(|line| line.split_once("fn "))
                .unwrap_or_default();
            tests.insert(function.1.split('(').next().unwrap_or_default().to_string());
        }
    }
    tests
}

/// What is wrong with a row's evidence.
fn fault(evidence: &str, known: &mut HashMap<String, HashSet<String>>) -> Option<String> {
    if let Some(reason) = evidence.strip_prefix("not shown:") {
        return (reason.trim().len() < 20).then(|| "the reason is too short to be one".to_string());
    }
    let names: Vec<&str> = evidence.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        return Some("it names no test and gives no reason".to_string());
    }
    names.iter().find_map(|name| {
        let Some((file, test)) = name.rsplit_once("::") else {
            return Some(format!("`{name}` is not file::function"));
        };
        let tests = known
            .entry(file.to_string())
            .or_insert_with(|| tests_in(file));
        (!tests.contains(test)).then(|| format!("`{name}` does not exist"))
    })
}

#[test]
fn every_fact_is_shown_or_says_why_not() {
    let mut tests_by_file = HashMap::new();
    let mut numbers = HashSet::new();
    let faults: Vec<String> = rows()
        .iter()
        .flat_map(|[number, fact, evidence]| {
            let twice = (!numbers.insert(number.clone())).then(|| "number used twice".to_string());
            let empty = fact.is_empty().then(|| "no fact".to_string());
            let fault = fault(evidence, &mut tests_by_file);
            let faults = [twice, empty, fault].into_iter().flatten();
            faults
                .map(|fault| format!("{number}: {fault}"))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "FACTS.md:\n{}", faults.join("\n"));
}

#[test]
fn every_quirk_of_the_spec_has_a_row() {
    let spec: toml::Table = include_str!("../../../abi-spec/spec/quirks.toml")
        .parse()
        .unwrap();
    let quirks = spec["quirk"].as_array().unwrap().iter();
    let mut expected: Vec<String> = quirks
        .map(|quirk| format!("Q{}", quirk["number"]))
        .collect();
    let of_quirks = rows().into_iter().map(|[number, ..]| number);
    let mut rows: Vec<String> = of_quirks.filter(|number| number.starts_with('Q')).collect();
    expected.sort();
    rows.sort();
    assert_eq!(rows, expected);
}

#[test]
fn a_row_without_evidence_or_with_an_invented_test_is_found() {
    let mut tests_by_file = HashMap::new();
    let mut says = |evidence: &str| fault(evidence, &mut tests_by_file).unwrap_or_default();
    assert!(says("").contains("names no test"));
    assert!(says("not shown: later").contains("too short"));
    assert!(says("`loading::nobody_wrote_this`").contains("does not exist"));
    assert_eq!(
        says("`facts::a_row_without_evidence_or_with_an_invented_test_is_found`"),
        ""
    );
}
