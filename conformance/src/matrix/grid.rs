//! The grid: every probe in every host, expected and observed, and where they differ. Filled by
//! `runner`; printed by `terminal` and `page`, or as JSON as it is.

use super::entry::{Entry, host_level};
use super::expect::{Expectation, Outcome, Pair};
use super::job::{Observed, Step};
use super::leftovers::Leftovers;
use super::scenarios;
use osaurus_abi_spec::Spec;
use serde::Serialize;
use std::collections::HashMap;

/// Every plugin in every host.
#[derive(Debug, Serialize)]
pub struct Grid {
    /// The hosts, oldest first, as in `2a`.
    pub hosts: Vec<String>,
    /// A row for each plugin.
    pub rows: Vec<Row>,
    /// How many child processes it took.
    pub children: usize,
    /// How long it took.
    pub seconds: f64,
}

/// A plugin in every host.
#[derive(Debug, Serialize)]
pub struct Row {
    /// What people call it.
    pub plugin: String,
    /// The plugin.
    pub entry: Entry,
    /// A cell for each host, in order.
    pub cells: Vec<Cell>,
}

/// A plugin in a host.
#[derive(Debug, Serialize)]
pub struct Cell {
    /// The host.
    pub host: String,
    /// Every symbol and function.
    pub functions: Vec<FunctionResult>,
    /// Scenarios that were played: name, and the text of a failure.
    pub scenarios: Vec<(String, Option<String>)>,
    /// Where the run differs from the spec; empty in a good cell.
    pub differences: Vec<String>,
}

/// What became of a function.
#[derive(Debug, Serialize)]
pub struct FunctionResult {
    /// What the spec says.
    #[serde(flatten)]
    pub expected: Expectation,
    /// What the run showed, in the words of the report.
    pub observed: String,
}

impl Grid {
    /// All differences, each with its plugin and host.
    pub fn differences(&self) -> Vec<String> {
        let of_cell = |row: &Row, cell: &Cell| -> Vec<String> {
            let place = format!("{} in host v{}", row.plugin, cell.host);
            cell.differences
                .iter()
                .map(|text| format!("{place}: {text}"))
                .collect()
        };
        let rows = self.rows.iter();
        rows.flat_map(|row| row.cells.iter().flat_map(move |cell| of_cell(row, cell)))
            .collect()
    }
}

impl Cell {
    /// How many functions of the host's table come out so.
    pub fn count(&self, outcome: Outcome) -> usize {
        let host = self
            .functions
            .iter()
            .filter(|one| one.expected.function.starts_with("host."));
        host.filter(|one| one.expected.outcome == outcome).count()
    }

    /// Whether any function, of either table, comes out so.
    pub fn has(&self, outcome: Outcome) -> bool {
        self.functions
            .iter()
            .any(|one| one.expected.outcome == outcome)
    }

    pub(crate) fn of(spec: &Spec, plugin: &Entry, host: &str, leftovers: Vec<Leftovers>) -> Cell {
        let pair = Pair {
            spec,
            plugin,
            host: &host_level(spec, host),
        };
        let evidence = Evidence::of(leftovers);
        let mut differences = evidence.trouble.clone();
        let functions = pair.expectations().into_iter().map(|expected| {
            let observed = evidence.of_function(&expected.function);
            if !fits(&expected, &observed) {
                differences.push(difference(&expected, &observed));
            }
            FunctionResult {
                expected,
                observed: words(&observed),
            }
        });
        Cell {
            host: host.to_owned(),
            functions: functions.collect(),
            scenarios: evidence.played,
            differences,
        }
    }
}

/// What the children of a pair reported.
#[derive(Default)]
struct Evidence {
    seen: HashMap<String, Observed>,
    played: Vec<(String, Option<String>)>,
    not_loaded: Option<String>,
    /// What is wrong whatever the functions did.
    trouble: Vec<String>,
}

impl Evidence {
    fn of(leftovers: Vec<Leftovers>) -> Evidence {
        let mut evidence = Evidence::default();
        for (number, leftovers) in leftovers.into_iter().enumerate() {
            evidence.take(number == 0, leftovers);
        }
        evidence
    }

    /// The first child tries all that should not crash; each other one a function that should.
    fn take(&mut self, first: bool, leftovers: Leftovers) {
        let doing = leftovers.steps.iter().rev().find_map(|step| match step {
            Step::Trying(what) => Some(what.clone()),
            _ => None,
        });
        match (first, &leftovers.ended, doing, leftovers.crash()) {
            (false, Some(ended), Some(function), _) => {
                self.seen.insert(function, Observed::Crashed(ended.clone()));
            }
            (_, Some(_), _, Some(crash)) => self
                .trouble
                .push(format!("the process ended while {crash}")),
            _ => {}
        }
        for step in leftovers.steps {
            match step {
                Step::Saw(function, seen) => drop(self.seen.insert(function, seen)),
                Step::Played(name, failure) => self.played.push((name, failure)),
                Step::NotLoaded { reason, .. } => self.not_loaded = Some(reason),
                _ => {}
            }
        }
    }

    /// A function works when it did and no scenario with it failed.
    fn of_function(&self, function: &str) -> Observed {
        if let Some(reason) = &self.not_loaded {
            return Observed::NotLoaded(reason.clone());
        }
        let notes = self
            .seen
            .get(function)
            .cloned()
            .unwrap_or(Observed::NotCalled);
        match (&notes, self.failed_scenario(function)) {
            (Observed::Works, Some(text)) => Observed::Failed(text),
            _ => notes,
        }
    }

    fn failed_scenario(&self, function: &str) -> Option<String> {
        let failed = self
            .played
            .iter()
            .filter_map(|(name, failure)| Some((name, failure.as_ref()?)));
        failed.into_iter().find_map(|(name, text)| {
            let scenario = scenarios::ALL.iter().find(|one| one.name == name)?;
            let mut slots = scenario.needs.iter().chain(scenario.also);
            slots
                .any(|one| *one == function)
                .then(|| format!("\"{name}\" failed: {text}"))
        })
    }
}

fn fits(expected: &Expectation, observed: &Observed) -> bool {
    // Functions of the host are asked for by the plugin, which says why it cannot; all others are
    // only called or not.
    let asked_for =
        expected.function.starts_with("host.") && expected.function != "host.free_string";
    let answers = matches!(
        expected.function.as_str(),
        "plugin.invoke" | "plugin.handle_route"
    );
    match (expected.outcome, observed) {
        (Outcome::Works, Observed::Works) => true,
        (Outcome::Beyond, Observed::Crashed(how)) => how.starts_with("signal"),
        (Outcome::NotLoaded, Observed::NotLoaded(_)) => true,
        // The symbol that is too new for the host, in a cell where the other one is missing.
        (Outcome::HostLacks, Observed::NotLoaded(_)) => expected.function.starts_with("entry."),
        (Outcome::HostLacks, Observed::Unavailable) => asked_for,
        (Outcome::PluginLacks, Observed::Unknown) => asked_for,
        (Outcome::Refused, Observed::Unavailable) => asked_for || answers,
        (Outcome::Refused, Observed::NotCalled) => !asked_for && !answers,
        (Outcome::HostLacks | Outcome::PluginLacks | Outcome::NotCalled, Observed::NotCalled) => {
            !asked_for
        }
        _ => false,
    }
}

fn difference(expected: &Expectation, observed: &Observed) -> String {
    let because = if expected.why.is_empty() {
        String::new()
    } else {
        format!(" ({})", expected.why)
    };
    format!(
        "{}: the spec says {}{because}, the run says {}",
        expected.function,
        said(expected.outcome),
        words(observed)
    )
}

fn said(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Works => "it works",
        Outcome::HostLacks => "the host lacks it",
        Outcome::PluginLacks => "the plugin was built before it",
        Outcome::NotCalled => "it is not called",
        Outcome::Beyond => "it lies beyond the host's table",
        Outcome::Refused => "the plugin refuses",
        Outcome::NotLoaded => "the plugin does not load",
    }
}

fn words(observed: &Observed) -> String {
    match observed {
        Observed::Works => "it works".into(),
        Observed::Unavailable => "unavailable".into(),
        Observed::Unknown => "the plugin does not know it".into(),
        Observed::NotCalled => "it is not called".into(),
        Observed::Crashed(how) => format!("the process ended: {how}"),
        Observed::NotLoaded(reason) => format!("not loaded: {reason}"),
        Observed::Failed(text) => text.clone(),
    }
}
