//! The view of any plugins: whether they load, what they call and answer.

use super::{Group, Legend, Note, Tone, View, ViewCell, ViewRow, add, place};
use crate::matrix::look::{Look, Looks};

impl From<&Looks> for View {
    fn from(looks: &Looks) -> View {
        let failed = looks.looks.iter().filter(|look| look.is_failure());
        let failures: Vec<String> = failed.map(failure).collect();
        let plugins = looks.looks.chunks(looks.hosts.len().max(1));
        View {
            title: "What plugins do in hosts of each version".into(),
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
    vec![
        Legend::new(
            "5",
            Tone::Good,
            "loads; so many functions of the host were called",
        ),
        Legend::new("5", Tone::Less, "loads; a tool answered `unavailable`"),
        Legend::new(
            "v1",
            Tone::Less,
            "loads as a version 1 plugin: tools only, no host functions",
        ),
        Legend::new(
            "–",
            Tone::Off,
            "does not load, as it lacks the symbol that this host looks for",
        ),
        Legend::new("✗", Tone::Bad, "crashed, or did not load where it should"),
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
