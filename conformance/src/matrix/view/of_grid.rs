//! The view of a grid: how many functions work in each cell, and why not all.

use super::{Group, Legend, Note, Tone, View, ViewCell, ViewRow, add, place};
use crate::matrix::expect::{Expectation, Outcome};
use crate::matrix::grid::{Cell, FunctionResult, Grid, Row};

impl From<&Grid> for View {
    fn from(grid: &Grid) -> View {
        let failures = grid.differences();
        let pairs = grid.rows.len() * grid.hosts.len();
        let verdict = match failures.len() {
            0 => "all as the spec says".to_owned(),
            1 => "1 difference from the spec".to_owned(),
            many => format!("{many} differences from the spec"),
        };
        View {
            title: "What plugins do in hosts of each version".into(),
            summary: format!(
                "{} plugins in {} hosts: {pairs} pairs in {} processes, {:.0} s; {verdict}.",
                grid.rows.len(),
                grid.hosts.len(),
                grid.children,
                grid.seconds
            ),
            hosts: grid.hosts.clone(),
            groups: grid
                .rows
                .chunk_by(|one, next| one.entry.name == next.entry.name)
                .map(grid_group)
                .collect(),
            legend: grid_legend(),
            notes: grid_notes(grid),
            failures,
        }
    }
}

fn grid_group(rows: &[Row]) -> Group {
    let name = rows.first().map_or("", |row| &row.entry.name);
    let row = |row: &Row| ViewRow {
        label: row.plugin[name.len()..].trim().to_owned(),
        cells: row
            .cells
            .iter()
            .map(|cell| grid_cell(&row.plugin, cell))
            .collect(),
    };
    Group {
        name: name.to_owned(),
        rows: rows.iter().map(row).collect(),
    }
}

fn grid_cell(plugin: &str, cell: &Cell) -> ViewCell {
    let works = cell.count(Outcome::Works);
    let (text, tone) = if !cell.differences.is_empty() {
        (format!("{works}✗"), Tone::Bad)
    } else if cell.has(Outcome::NotLoaded) {
        ("–".into(), Tone::Off)
    } else if cell.has(Outcome::Refused) {
        ("old".into(), Tone::Off)
    } else if cell.has(Outcome::Beyond) {
        (format!("{works}!"), Tone::Danger)
    } else if cell.functions.iter().all(|one| !is_lack(&one.expected)) {
        (works.to_string(), Tone::Good)
    } else {
        (works.to_string(), Tone::Less)
    };
    ViewCell {
        place: format!("{plugin} in host v{}", cell.host),
        text,
        tone,
        details: cell
            .differences
            .iter()
            .cloned()
            .chain(cell.functions.iter().filter_map(detail))
            .collect(),
    }
}

fn is_lack(expected: &Expectation) -> bool {
    let counts = !expected.function.starts_with("entry.");
    counts && expected.outcome != Outcome::Works
}

fn detail(one: &FunctionResult) -> Option<String> {
    (!one.expected.why.is_empty())
        .then(|| format!("{}: {}", one.expected.function, one.expected.why))
}

fn grid_legend() -> Vec<Legend> {
    vec![
        Legend::new(
            "24",
            Tone::Good,
            "functions of the host that work: every one of the table",
        ),
        Legend::new(
            "20",
            Tone::Less,
            "so many work; the plugin says of the others that they are not there",
        ),
        Legend::new(
            "6!",
            Tone::Danger,
            "so many work; the host's table ends before the others, and the plugin cannot know: a \
             call crashes",
        ),
        Legend::new(
            "old",
            Tone::Off,
            "the plugin says that this host is too old, and answers every call so",
        ),
        Legend::new("–", Tone::Off, "does not load"),
        Legend::new("3✗", Tone::Bad, "the run differs from the spec"),
    ]
}

type Names<'a> = Vec<&'a str>;

/// Every reason once, with the hosts and functions that it holds for. What a plugin refuses
/// altogether the cells say.
fn grid_notes(grid: &Grid) -> Vec<Note> {
    let mut hosts_of: Vec<((&str, &str), Names<'_>)> = Vec::new();
    for cell in grid.rows.iter().flat_map(|row| &row.cells) {
        for one in cell
            .functions
            .iter()
            .filter(|one| is_lack(&one.expected) && one.expected.outcome != Outcome::Refused)
        {
            let (why, function) = (one.expected.why.as_str(), one.expected.function.as_str());
            add(&mut hosts_of, (why, function), &cell.host);
        }
    }
    let mut functions_of: Vec<((&str, Names<'_>), Names<'_>)> = Vec::new();
    for ((why, function), mut hosts) in hosts_of {
        hosts.sort_by_key(|host| grid.hosts.iter().position(|known| known == host));
        add(&mut functions_of, (why, hosts), bare(function));
    }
    functions_of.sort();
    let note = |((why, hosts), functions): ((&str, Names<'_>), Names<'_>)| Note {
        place: place(&hosts, grid.hosts.len()),
        text: format!("{}: {why}", some_of(&functions)),
    };
    functions_of.into_iter().map(note).collect()
}

fn some_of(functions: &[&str]) -> String {
    match functions {
        [first, second, third, rest @ ..] if rest.len() > 2 => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

fn bare(function: &str) -> &str {
    function.split_once('.').map_or(function, |(_, name)| name)
}
