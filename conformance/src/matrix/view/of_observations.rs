//! The view of any plugins: whether they load, what they call and answer.

use super::{Group, Legend, Note, Tone, View, ViewCell, ViewRow, add, place};
use crate::matrix::job::ToolRun;
use crate::matrix::observation::{Observation, Observations};

impl From<&Observations> for View {
    fn from(looks: &Observations) -> View {
        let failed = looks.looks.iter().filter(|look| look.is_failure());
        let failures: Vec<String> = failed.map(failure).collect();
        let plugins = looks.looks.chunks(looks.hosts.len().max(1));
        View {
            title: "What plugins do in hosts of each version".into(),
            summary: format!("{}{}", summary(looks, failures.len()), answers(looks)),
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

fn summary(looks: &Observations, failures: usize) -> String {
    match failures {
        0 => "No crash, and loaded wherever it should.".into(),
        many => format!("{many} of {} runs failed.", looks.looks.len()),
    }
}

/// How the calls of tools went, in a sentence.
fn answers(looks: &Observations) -> String {
    let newest = looks.looks.chunks(looks.hosts.len().max(1));
    let newest: Vec<&ToolRun> = newest
        .filter_map(<[Observation]>::last)
        .flat_map(|look| &look.tools)
        .collect();
    let others = looks.looks.iter().flat_map(|look| &look.tools);
    let differ = others.filter(|run| run.why.is_some()).count();
    let good = newest.iter().filter(|run| run.ok).count();
    match (newest.len(), good) {
        (0, _) => " No tool was called.".into(),
        (all, 0) => format!(
            " None of the {all} calls of tools works, not even in the newest host: the answers are \
             below."
        ),
        (all, good) => {
            let differ = match differ {
                0 => "Older hosts get the same answers.".to_owned(),
                1 => "1 answer in an older host differs; below is why.".to_owned(),
                many => format!("{many} answers in older hosts differ; below is why."),
            };
            format!(" {good} of {all} calls of tools work in the newest host. {differ}")
        }
    }
}

fn failure(look: &Observation) -> String {
    let what = look
        .crashed
        .as_ref()
        .map(|crash| format!("the process ended while {crash}"));
    let what = what.or_else(|| look.not_loaded.clone()).unwrap_or_default();
    format!("{} in host v{}: {what}", name(look), look.host)
}

/// The library's file: ids may be the same.
fn name(look: &Observation) -> String {
    let file = look.library.file_name().unwrap_or(look.library.as_os_str());
    file.to_string_lossy().into_owned()
}

fn look_group(looks: &[Observation]) -> Group {
    let id = looks.iter().find_map(|look| look.id.clone());
    Group {
        name: looks.first().map(name).unwrap_or_default(),
        rows: vec![ViewRow {
            label: id.unwrap_or_default(),
            cells: looks.iter().map(look_cell).collect(),
        }],
    }
}

fn look_cell(look: &Observation) -> ViewCell {
    let good = look.tools.iter().filter(|run| run.ok).count();
    let all = look.tools.len();
    let (text, tone) = if look.is_failure() {
        ("✗".into(), Tone::Bad)
    } else if look.not_loaded.is_some() {
        ("–".into(), Tone::Off)
    } else if look.abi == Some(1) && all == 0 {
        ("v1".into(), Tone::Less)
    } else {
        let is_less = good < all || look.tools.iter().any(|run| run.why.is_some());
        let tone = if is_less { Tone::Less } else { Tone::Good };
        let text = match all {
            0 => look.touched.len().to_string(),
            all => format!("{good}/{all}"),
        };
        (text, tone)
    };
    let touched = look
        .touched
        .iter()
        .map(|(function, times)| format!("{function}: {times}"));
    let tools = look
        .tools
        .iter()
        .map(|run| format!("{}: {}{}", call_of(look, run), run.answer, because(run)));
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
            "2/2",
            Tone::Good,
            "loads; so many of the calls of tools worked, and all are answered as in the newest \
             host",
        ),
        Legend::new(
            "1/2",
            Tone::Less,
            "loads; a call failed, or is answered otherwise than in the newest host",
        ),
        Legend::new(
            "5",
            Tone::Good,
            "loads, and no tool was called; so many functions of the host were",
        ),
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
fn look_notes(looks: &[Observation]) -> Vec<Note> {
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

fn facts(look: &Observation) -> Vec<String> {
    let functions: Vec<&str> = look.touched.keys().map(String::as_str).collect();
    let called = if functions.is_empty() {
        "nothing".to_owned()
    } else {
        functions.join(", ")
    };
    let tools = look.tools.iter().map(|run| {
        let mark = if run.ok { "answered" } else { "failed," };
        let what = call_of(look, run);
        let why = because(run);
        format!("{}: tool {what} {mark} {}{why}", name(look), run.answer)
    });
    std::iter::once(format!("{}: called {called}", name(look)))
        .chain(tools)
        .collect()
}

/// The tool, and its arguments where it was called with several.
fn call_of(look: &Observation, run: &ToolRun) -> String {
    let of_tool = look.tools.iter().filter(|other| other.tool == run.tool);
    match of_tool.count() {
        1 => run.tool.clone(),
        _ => format!("{} {}", run.tool, run.arguments),
    }
}

fn because(run: &ToolRun) -> String {
    let why = run.why.as_ref();
    why.map(|why| format!(" ({why})")).unwrap_or_default()
}
