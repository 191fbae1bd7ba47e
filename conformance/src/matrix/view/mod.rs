//! A grid or a look as people see it: cells of a few characters, a legend, the reasons below. Made
//! by the modules beneath, printed by `terminal` and `page`; knows neither colours nor HTML.

mod of_grid;
mod of_observations;

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

impl Legend {
    fn new(sample: &str, tone: Tone, meaning: &'static str) -> Legend {
        Legend {
            sample: sample.to_owned(),
            tone,
            meaning,
        }
    }
}

/// A reason, and where it holds.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) place: String,
    pub(crate) text: String,
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
