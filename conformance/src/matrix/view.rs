//! A grid or a look as people see it: cells of a few characters, a legend, the reasons below. Printed by `terminal` and
//! `page`; knows neither colours nor HTML.

use super::expect::{Expectation, Outcome};
use super::grid::{Cell, FunctionResult, Grid, Row};
use super::look::{Look, Looks};

/// A table with what explains it.
#[derive(Debug)]
pub struct View {
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) hosts: Vec<String>,
    pub(crate) groups: Vec<Group>,
    pub(crate) legend: Vec<Legend>,
    pub(crate) notes: Vec<Note>,
    pub(crate) failures: Vec<String>,
}

/// Rows that belong together: one language, or one plugin.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) rows: Vec<ViewRow>,
}

/// A plugin's row.
#[derive(Debug)]
pub(crate) struct ViewRow {
    pub(crate) label: String,
    pub(crate) cells: Vec<ViewCell>,
}

#[derive(Debug)]
pub(crate) struct ViewCell {
    /// The plugin and the host.
    pub(crate) place: String,
    pub(crate) text: String,
    pub(crate) tone: Tone,
    /// Everything about the cell, a line each.
    pub(crate) details: Vec<String>,
}

/// How a cell is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    /// All there is.
    Good,
    /// Less than there could be, as the spec says.
    Less,
    /// Works only as long as the plugin keeps away from what is not there.
    Danger,
    /// Does not run here, as the spec says.
    Off,
    /// Not as the spec says.
    Bad,
}

impl Tone {
    /// The word for style sheets.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Less => "less",
            Tone::Danger => "danger",
            Tone::Off => "off",
            Tone::Bad => "bad",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Legend {
    pub(crate) sample: String,
    pub(crate) tone: Tone,
    pub(crate) meaning: &'static str,
}

/// A reason, and where it holds.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) place: String,
    pub(crate) text: String,
}

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
            title: "Plugins in hosts of every ABI version".into(),
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
    let line = |sample: &str, tone, meaning| Legend {
        sample: sample.to_owned(),
        tone,
        meaning,
    };
    vec![
        line(
            "24",
            Tone::Good,
            "functions of the host that work: every one of the table",
        ),
        line(
            "20",
            Tone::Less,
            "so many work; the plugin says of the others that they are not there",
        ),
        line(
            "6!",
            Tone::Danger,
            "so many work; the host's table ends before the others, and the plugin cannot know: a call crashes",
        ),
        line(
            "old",
            Tone::Off,
            "the plugin says that this host is too old, and answers every call so",
        ),
        line("–", Tone::Off, "does not load"),
        line("3✗", Tone::Bad, "the run differs from the spec"),
    ]
}

type Names<'a> = Vec<&'a str>;

/// Every reason once, with the hosts and functions that it holds for. What a plugin refuses altogether the cells say.
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

/// Adds a value to those of a key.
fn add<K: PartialEq, V: PartialEq>(list: &mut Vec<(K, Vec<V>)>, key: K, value: V) {
    match list.iter_mut().find(|(known, _)| *known == key) {
        Some((_, values)) if values.contains(&value) => {}
        Some((_, values)) => values.push(value),
        None => list.push((key, vec![value])),
    }
}

fn place(hosts: &[&str], all: usize) -> String {
    match hosts.len() == all {
        true => "all hosts".into(),
        false => format!("v{}", hosts.join(" ")),
    }
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

impl From<&Looks> for View {
    fn from(looks: &Looks) -> View {
        let failed = looks.looks.iter().filter(|look| look.is_failure());
        let failures: Vec<String> = failed.map(failure).collect();
        let plugins = looks.looks.chunks(looks.hosts.len().max(1));
        View {
            title: "Plugins in hosts of every ABI version".into(),
            summary: match failures.len() {
                0 => "No crash, and loaded wherever it should.".into(),
                many => format!("{many} of {} runs failed.", looks.looks.len()),
            },
            hosts: looks.hosts.clone(),
            groups: plugins.map(look_group).collect(),
            legend: look_legend(),
            notes: looks
                .looks
                .chunks(looks.hosts.len().max(1))
                .flat_map(look_notes)
                .collect(),
            failures,
        }
    }
}

fn failure(look: &Look) -> String {
    let what = look
        .crashed
        .as_ref()
        .map(|crash| format!("the process ended while {crash}"));
    let what = what.or_else(|| look.not_loaded.clone()).unwrap_or_default();
    format!("{} in host v{}: {what}", name(look), look.host)
}

/// The library's file: ids may be the same.
fn name(look: &Look) -> String {
    let file = look.library.file_name().unwrap_or(look.library.as_os_str());
    file.to_string_lossy().into_owned()
}

fn look_group(looks: &[Look]) -> Group {
    let id = looks.iter().find_map(|look| look.id.clone());
    Group {
        name: looks.first().map(name).unwrap_or_default(),
        rows: vec![ViewRow {
            label: id.unwrap_or_default(),
            cells: looks.iter().map(look_cell).collect(),
        }],
    }
}

fn look_cell(look: &Look) -> ViewCell {
    let unavailable = look
        .tools
        .iter()
        .any(|tool| tool.answer.starts_with("unavailable"));
    let (text, tone) = if look.is_failure() {
        ("✗".into(), Tone::Bad)
    } else if look.not_loaded.is_some() {
        ("–".into(), Tone::Off)
    } else if look.abi == Some(1) {
        ("v1".into(), Tone::Less)
    } else {
        let tone = if unavailable { Tone::Less } else { Tone::Good };
        (look.touched.len().to_string(), tone)
    };
    let touched = look
        .touched
        .iter()
        .map(|(function, times)| format!("{function}: {times}"));
    let tools = look
        .tools
        .iter()
        .map(|run| format!("{}: {}", run.tool, run.answer));
    ViewCell {
        place: format!("{} in host v{}", name(look), look.host),
        text,
        tone,
        details: look
            .not_loaded
            .iter()
            .chain(&look.crashed)
            .cloned()
            .chain(touched)
            .chain(tools)
            .collect(),
    }
}

fn look_legend() -> Vec<Legend> {
    let line = |sample: &str, tone, meaning| Legend {
        sample: sample.to_owned(),
        tone,
        meaning,
    };
    vec![
        line(
            "5",
            Tone::Good,
            "loads; so many functions of the host were called",
        ),
        line("5", Tone::Less, "loads; a tool answered `unavailable`"),
        line(
            "v1",
            Tone::Less,
            "loads as a version 1 plugin: tools only, no host functions",
        ),
        line(
            "–",
            Tone::Off,
            "does not load, as it lacks the symbol that this host looks for",
        ),
        line("✗", Tone::Bad, "crashed, or did not load where it should"),
    ]
}

/// What was touched and answered, hosts that agree together.
fn look_notes(looks: &[Look]) -> Vec<Note> {
    let mut hosts_of: Vec<(String, Vec<&str>)> = Vec::new();
    for look in looks.iter().filter(|look| look.id.is_some()) {
        let facts = facts(look).into_iter();
        facts.for_each(|text| add(&mut hosts_of, text, look.host.as_str()));
    }
    let note = |(text, hosts): (String, Vec<&str>)| Note {
        place: place(&hosts, looks.len()),
        text,
    };
    hosts_of.into_iter().map(note).collect()
}

fn facts(look: &Look) -> Vec<String> {
    let functions: Vec<&str> = look.touched.keys().map(String::as_str).collect();
    let called = if functions.is_empty() {
        "nothing".to_owned()
    } else {
        functions.join(", ")
    };
    let tools = look.tools.iter().map(|run| {
        let mark = if run.ok { "answered" } else { "failed," };
        format!("{}: tool {} {mark} {}", name(look), run.tool, run.answer)
    });
    std::iter::once(format!("{}: called {called}", name(look)))
        .chain(tools)
        .collect()
}
