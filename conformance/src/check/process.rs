//! One process of a check: rules are run in the sandbox, and what the process left behind tells how
//! it ended. The runner starts it; it must not know which rules there are.

use super::evidence::Evidence;
use super::job::{Answer, FAULT, FUZZ, Job, KIND, TRAIL};
use super::outcome::{Problem, RuleResult, Status};
use super::platform::{self, Fault};
use super::rule::{Rule, Severity};
use super::trail;
use crate::sandbox::{self, Cause, Order, Workplace};
use std::io;
use std::time::{Duration, Instant};

/// How much of a process' output a report shows.
const OUTPUT_SHOWN: usize = 2000;

/// Runs a process with a job; it may take this many seconds.
pub(super) fn run(place: &Workplace, job: &Job, seconds: u64) -> io::Result<Ended> {
    let began = Instant::now();
    let is_fuzz = job.rules == [FUZZ];
    let scribble = is_fuzz.then_some(platform::SCRIBBLE).into_iter().flatten();
    let process = place.run(&Order {
        kind: KIND,
        work: job,
        folder: &job.folder,
        library: &job.library,
        readable: &[],
        launcher: &[],
        variables: scribble.collect(),
        time: Duration::from_secs(seconds),
    })?;
    // A process that crashes at exit has an answer and did not end well.
    let answer = job.take_answer().filter(|_| process.is_success());
    Ok(Ended {
        process,
        answer,
        seconds,
        milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// A process that has ended.
pub(super) struct Ended {
    process: sandbox::Ended,
    pub(super) answer: Option<Answer>,
    /// What it had.
    seconds: u64,
    /// What it took.
    pub(super) milliseconds: u64,
}

impl Ended {
    /// What its rules found. None when the process died: which of several rules it died of is not
    /// known.
    pub(super) fn results(&self, rules: &[Rule]) -> Option<Vec<RuleResult>> {
        let problems = &self.answer.as_ref()?.problems;
        let pairs = rules.iter().zip(problems);
        let results: Vec<RuleResult> = pairs
            .map(|(rule, problem)| result_of(rule, problem))
            .collect();
        (results.len() == rules.len()).then_some(results)
    }

    /// The result of a rule whose process died.
    pub(super) fn crashed(&self, rule: &Rule, job: &Job) -> RuleResult {
        let mut result = RuleResult::new(&rule.id, Status::Crashed);
        result.evidence.push(self.death(job));
        result.output = self.output();
        result
    }

    /// What the process died of, and in which call.
    pub(super) fn death(&self, job: &Job) -> Evidence {
        let what = match self.process.cause() {
            Cause::Time => format!("the process was killed after {} s", self.seconds),
            Cause::Signal(signal) => died(signal, Fault::read(&job.folder.join(FAULT)).as_ref()),
            Cause::Exit(code) => exited(code),
        };
        let mut evidence = Evidence::new(what);
        let open = trail::open_calls(&std::fs::read(job.folder.join(TRAIL)).unwrap_or_default());
        if let Some(last) = open.last() {
            evidence = evidence.in_call(&last.text).on_thread(&last.thread);
        }
        evidence
    }

    /// The end of what the process printed.
    fn output(&self) -> String {
        let text = &self.process.output;
        let from = text.ceil_char_boundary(text.len().saturating_sub(OUTPUT_SHOWN));
        text[from..].trim().to_string()
    }
}

fn result_of(rule: &Rule, problem: &Option<Problem>) -> RuleResult {
    match problem {
        None => RuleResult::new(&rule.id, Status::Passed),
        Some(Problem::Skipped(reason)) => RuleResult::skipped(&rule.id, reason),
        Some(Problem::Failed(evidence)) => {
            let status = match rule.severity {
                Severity::Error => Status::Failed,
                Severity::Warning => Status::Warned,
            };
            let mut result = RuleResult::new(&rule.id, status);
            result.evidence.clone_from(evidence);
            result
        }
    }
}

fn died(signal: i32, fault: Option<&Fault>) -> String {
    let name = platform::signal_name(signal);
    let fault = fault.map(|fault| format!(": {}", fault.explain()));
    format!("the process died of {name}{}", fault.unwrap_or_default())
}

fn exited(code: i32) -> String {
    format!("the process was ended with exit({code}) before the rule was done")
}
