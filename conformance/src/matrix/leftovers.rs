//! What is left of a child of the matrix: its report, and how it ended where that was not at the
//! report's end. The runner reads it into cells and looks.

use super::job::Step;
use crate::sandbox::{Cause, Ended};

/// Lines of its output that are shown when it crashed.
const LINES: usize = 5;
/// A shell in between says a signal as 128 and its number.
const SIGNALS: std::ops::RangeInclusive<i32> = 129..=192;

pub(crate) struct Leftovers {
    pub(crate) steps: Vec<Step>,
    pub(crate) ended: Option<String>,
}

impl Leftovers {
    pub(super) fn of(steps: Vec<Step>, process: &Ended) -> Leftovers {
        let is_done = matches!(steps.last(), Some(Step::Done)) && process.is_success();
        let ended = (!is_done).then(|| how(process));
        Leftovers { steps, ended }
    }

    /// What it was doing when it ended, and how it ended.
    pub(crate) fn crash(&self) -> Option<String> {
        let doing = self.steps.iter().rev().find_map(|step| match step {
            Step::Trying(what) => Some(what.as_str()),
            _ => None,
        });
        let ended = self.ended.as_ref()?;
        Some(format!("{}: {ended}", doing.unwrap_or("starting the host")))
    }
}

fn how(process: &Ended) -> String {
    let lines = process.last_lines(LINES).into_iter();
    let lines: String = lines.map(|line| format!("\n  | {line}")).collect();
    let cause = match process.cause() {
        Cause::Time => "it did not end in time".into(),
        Cause::Signal(signal) => format!("signal {signal}"),
        Cause::Exit(code) if SIGNALS.contains(&code) => format!("signal {}", code - 128),
        Cause::Exit(code) => format!("the process exited with {code}"),
    };
    cause + &lines
}
