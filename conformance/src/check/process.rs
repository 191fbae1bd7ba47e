//! One process of a check: it has a time limit and a group of its own, and what it left behind tells how it ended. The
//! runner starts it; it must not know which rules there are.

use super::evidence::Evidence;
use super::fuzz;
use super::job::{Answer, FAULT, Job, TRAIL};
use super::outcome::{Problem, RuleResult, Status};
use super::platform::{self, Fault};
use super::rule::{Rule, Severity};
use super::trail;
use crate::scratch;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How much of a process' output a report shows.
const OUTPUT_SHOWN: usize = 2000;

/// A program that calls [`super::serve_rule`] with the last of its arguments.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program.
    pub file: PathBuf,
    /// What comes before the job's file on its command line.
    pub arguments: Vec<OsString>,
    /// Variables for it. Its home is not the user's; where the cache is all the same is said here.
    pub environment: Vec<(OsString, OsString)>,
}

/// A process that runs a rule.
pub(super) struct Process {
    child: std::process::Child,
    job: Job,
    began: Instant,
    limit: Duration,
}

/// Starts a program with a job; it may take this many seconds.
pub(super) fn start(program: &Program, job: &Job, seconds: u64) -> io::Result<Process> {
    let output = File::create(job.folder.join("output"))?;
    let mut command = Command::new(&program.file);
    scratch::enter(&mut command, &job.folder)?;
    command
        .args(&program.arguments)
        .arg(job.write()?)
        .envs(program.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    if job.rules == [fuzz::ID] {
        command.envs(platform::SCRIBBLE);
    }
    platform::own_group(&mut command);
    Ok(Process {
        child: command.spawn()?,
        job: job.clone(),
        began: Instant::now(),
        limit: Duration::from_secs(seconds),
    })
}

impl Process {
    /// When it was started.
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Waits for its end, and ends what is left of it.
    pub(super) fn wait(mut self) -> io::Result<Ended> {
        let mut pause = Duration::from_millis(1);
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break Some(status);
            }
            if self.began.elapsed() > self.limit {
                break None;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        };
        platform::end_group(self.child.id());
        if status.is_none() {
            self.child.wait()?;
        }
        // A process that crashes at exit has an answer and did not end well.
        let clean = status.is_some_and(|status| status.success());
        Ok(Ended {
            status,
            answer: self.job.take_answer().filter(|_| clean),
        })
    }
}

/// A process that has ended.
pub(super) struct Ended {
    /// None: it took too long.
    status: Option<ExitStatus>,
    pub(super) answer: Option<Answer>,
}

impl Ended {
    /// What its rules found. None when the process died: which of several rules it died of is not known.
    pub(super) fn results(&self, rules: &[Rule]) -> Option<Vec<RuleResult>> {
        let problems = &self.answer.as_ref()?.problems;
        let pairs = rules.iter().zip(problems);
        let results: Vec<RuleResult> = pairs.map(|(rule, problem)| found(rule, problem)).collect();
        (results.len() == rules.len()).then_some(results)
    }

    /// The result of a rule whose process died.
    pub(super) fn crashed(&self, rule: &Rule, job: &Job) -> RuleResult {
        let mut result = RuleResult::new(&rule.id, Status::Crashed);
        result.evidence.push(self.death(job, rule.seconds));
        result.output = output(job);
        result
    }

    /// What the process died of, and in which call.
    pub(super) fn death(&self, job: &Job, seconds: u64) -> Evidence {
        let what = match self.status {
            None => format!("the process had to be ended after {seconds} s"),
            Some(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => died(signal, Fault::read(&job.folder.join(FAULT)).as_ref()),
                (None, code) => exited(code.unwrap_or(0)),
            },
        };
        let mut evidence = Evidence::new(what);
        let open = trail::open_calls(&std::fs::read(job.folder.join(TRAIL)).unwrap_or_default());
        if let Some(last) = open.last() {
            evidence = evidence.in_call(&last.text).on_thread(&last.thread);
        }
        evidence
    }
}

fn found(rule: &Rule, problem: &Option<Problem>) -> RuleResult {
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

/// The end of what the process printed.
fn output(job: &Job) -> String {
    let bytes = std::fs::read(job.folder.join("output")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let from = text.ceil_char_boundary(text.len().saturating_sub(OUTPUT_SHOWN));
    text[from..].trim().to_string()
}
