//! Sequences of calls that no author would write down: random order, threads, NULLs and host
//! versions. A seed stands for one sequence, played in a process of its own; the same seed plays
//! the same sequence again. The program `osaurus-bridge` calls [`run`] and [`reproduce`].

mod plan;
mod play;
mod stage;

pub(super) use super::job::FUZZ as ID;
pub(super) use play::play;

use super::outcome::{RuleResult, Status};
use super::rule::{Rule, Severity};
use super::runner::{CheckError, Options, Session};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long one sequence may take.
const SECONDS: u64 = 60;
/// How often a sequence that showed a fault is played again.
const AGAIN: usize = 3;
/// How often [`reproduce`] plays a sequence that shows nothing: two calls at a time do not always
/// meet.
pub const TRIES: usize = 20;

/// When a search without a finding ends.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// After this time: how far the search gets depends on the machine.
    Time(Duration),
    /// After this many sequences: every machine plays the same ones.
    Sequences(u64),
}

impl Bound {
    /// Whether the search goes on with the sequence of this number, `begun` ago.
    fn allows(self, number: u64, begun: Instant) -> bool {
        match self {
            Bound::Time(time) => begun.elapsed() < time,
            Bound::Sequences(count) => number < count,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// How many sequences were played.
    pub sequences: u64,
    /// A sequence that showed a fault.
    pub finding: Option<Finding>,
}

/// A sequence that showed a fault.
#[derive(Debug)]
pub struct Finding {
    /// Plays the same sequence again.
    pub seed: u64,
    /// What it showed.
    pub result: RuleResult,
    /// Whether it showed a fault each time that it was played again. Two calls at a time do not
    /// always meet.
    pub is_steady: bool,
}

/// Plays sequences from `options.seed` on, until one shows a fault whenever it is played, or the
/// bound is reached.
///
/// # Errors
/// When the plugin does not load, or processes cannot be started.
pub fn run(options: &Options, bound: Bound) -> Result<Outcome, CheckError> {
    let session = Session::open(options)?;
    let (next, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let played = AtomicU64::new(0);
    let (findings, problems) = (Mutex::new(Vec::new()), Mutex::new(None));
    let start = Instant::now();
    let work = || {
        while !done.load(Ordering::SeqCst) {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if !bound.allows(number, start) {
                break;
            }
            played.fetch_add(1, Ordering::SeqCst);
            match one(&session, options.seed + number) {
                Ok(None) => continue,
                Ok(Some(finding)) => {
                    let is_steady = finding.is_steady;
                    lock(&findings).push(finding);
                    if !is_steady {
                        continue;
                    }
                }
                Err(error) => *lock(&problems) = Some(error),
            }
            done.store(true, Ordering::SeqCst);
        }
    };
    std::thread::scope(|scope| (0..options.jobs.max(1)).for_each(|_| drop(scope.spawn(work))));
    if let Some(error) = lock(&problems).take() {
        return Err(error.into());
    }
    let mut findings = findings
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    // The first one that can be seen again, else the first.
    findings.sort_by_key(|finding| !finding.is_steady);
    Ok(Outcome {
        sequences: played.into_inner(),
        finding: findings.into_iter().next(),
    })
}

/// Plays one sequence again; None when it shows no fault in [`TRIES`] tries.
///
/// # Errors
/// As [`run`].
pub fn reproduce(options: &Options) -> Result<Option<Finding>, CheckError> {
    let session = Session::open(options)?;
    let mut tries = (0..TRIES).map(|_| one(&session, options.seed));
    Ok(tries.find_map(Result::transpose).transpose()?)
}

fn one(session: &Session<'_>, seed: u64) -> io::Result<Option<Finding>> {
    let Some(result) = fault(session, seed)? else {
        return Ok(None);
    };
    let mut is_steady = true;
    for _ in 0..AGAIN {
        is_steady = is_steady && fault(session, seed)?.is_some();
    }
    Ok(Some(Finding {
        seed,
        result,
        is_steady,
    }))
}

/// What a sequence shows, if it is a fault.
fn fault(session: &Session<'_>, seed: u64) -> io::Result<Option<RuleResult>> {
    let result = session.play(&rule(), seed)?;
    let is_fault = matches!(result.status, Status::Failed | Status::Crashed);
    Ok(is_fault.then_some(result))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// For the runner a sequence is a rule that is not in the catalogue.
fn rule() -> Rule {
    Rule {
        id: ID.into(),
        group: ID.into(),
        level: 1,
        asserts: "A random sequence of calls shows no fault.".into(),
        spec: "plugin:invoke".into(),
        matters: String::new(),
        fix: String::new(),
        severity: Severity::Error,
        before_loading: false,
        needs: Vec::new(),
        process: None,
        seconds: SECONDS,
    }
}
