//! The parent: starts a process per rule, several at a time, and makes a report of their results.

use super::job::Job;
use super::outcome::{Problem, RuleResult, Status};
use super::process::{Process, start};
use super::project::Project;
use super::rule::{Rule, catalogue};
use super::schedule::{self, Selection, Turn};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use tempfile::TempDir;

/// How long the first look may take.
const FIRST_LOOK: u64 = 60;
/// How to check.
#[derive(Debug, Clone)]
pub struct Options {
    /// The plugin's library.
    pub library: PathBuf,
    /// Which rules.
    pub selection: Selection,
    /// What the author says about the plugin.
    pub project: Project,
    /// How many rules at a time.
    pub jobs: usize,
    /// The seed of all random choices.
    pub seed: u64,
    /// The program that serves a rule, and its arguments before the job's file.
    pub program: (PathBuf, Vec<OsString>),
}

/// Everything that a check found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The library, as it was given.
    pub library: PathBuf,
    /// The plugin's id, if it could be read.
    pub plugin: Option<String>,
    /// The level of the check.
    pub level: u8,
    /// The seed: a check with the same one makes the same choices.
    pub seed: u64,
    /// Why the plugin does not load, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_problem: Option<String>,
    /// One result per chosen rule, in the catalogue's order.
    pub results: Vec<RuleResult>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

impl Report {
    /// Whether no rule is broken and the plugin loads.
    pub fn is_success(&self) -> bool {
        self.load_problem.is_none() && schedule::is_success(&self.results)
    }

    /// How many results have this status.
    pub fn count(&self, status: Status) -> usize {
        schedule::count(&self.results, status)
    }
}

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// No such file.
    #[error("there is no file {path}", path = .0.display())]
    NoLibrary(PathBuf),
    /// The plugin does not load, so there is nothing to play with.
    #[error("the plugin does not load: {0}; `osaurus-bridge check` says more")]
    DoesNotLoad(String),
    /// `--include` or `--exclude` names nothing.
    #[error("no rule or group fits {0:?}")]
    UnknownRule(String),
    /// The system.
    #[error("cannot run rules: {0}")]
    System(#[from] io::Error),
}

/// Checks a plugin. `progress` hears of each result as it comes.
pub fn run(options: &Options, mut progress: impl FnMut(&RuleResult)) -> Result<Report, CheckError> {
    let started = Instant::now();
    if let Some(pattern) = options.selection.unknown(catalogue()).first() {
        return Err(CheckError::UnknownRule(pattern.clone()));
    }
    let check = Check::open(options)?;
    let results = check.all(&mut progress)?;
    Ok(Report {
        library: options.library.clone(),
        plugin: check.plugin_id(),
        level: options.selection.level,
        seed: options.seed,
        load_problem: check.load_problem,
        results,
        milliseconds: milliseconds(started),
    })
}

/// Plays the same thing over and over with seeds of its own, for the fuzzer.
pub(super) struct Session<'a>(Check<'a>);

impl<'a> Session<'a> {
    /// Has a first look at the plugin, which must load.
    pub(super) fn open(options: &'a Options) -> Result<Session<'a>, CheckError> {
        let check = Check::open(options)?;
        match check.load_problem {
            Some(problem) => Err(CheckError::DoesNotLoad(problem)),
            None => Ok(Session(check)),
        }
    }

    /// Runs one process with this seed, on the calling thread.
    pub(super) fn play(&self, rule: &Rule, seed: u64) -> io::Result<RuleResult> {
        let mut job = self.0.job(Some(rule), &format!("{}-{seed}", rule.id))?;
        job.seed = seed;
        let process = start(&self.0.options.program, &job, rule.seconds)?;
        Ok(result(process, rule, &job))
    }
}

struct Check<'a> {
    options: &'a Options,
    library: PathBuf,
    folder: TempDir,
    manifest: Option<Value>,
    load_problem: Option<String>,
}

impl<'a> Check<'a> {
    fn open(options: &'a Options) -> Result<Check<'a>, CheckError> {
        let library = options.library.canonicalize();
        let library = library.map_err(|_| CheckError::NoLibrary(options.library.clone()))?;
        let mut check = Check {
            options,
            library,
            folder: tempfile::Builder::new()
                .prefix("osaurus-check-")
                .tempdir()?,
            manifest: None,
            load_problem: None,
        };
        check.look()?;
        Ok(check)
    }

    fn plugin_id(&self) -> Option<String> {
        let id = self.manifest.as_ref()?.get("plugin_id")?.as_str()?;
        Some(id.to_string())
    }

    /// The first process: does it load, and what is its manifest?
    fn look(&mut self) -> io::Result<()> {
        let job = self.job(None, "first-look")?;
        let ended = start(&self.options.program, &job, FIRST_LOOK)?.wait();
        let ended = ended?;
        match ended.answer {
            Some(answer) => {
                self.manifest = answer.manifest;
                self.load_problem = answer.problem.map(|problem| match problem {
                    Problem::Skipped(reason) => reason,
                    Problem::Failed(evidence) => evidence.into_iter().map(|e| e.what).collect(),
                });
            }
            None => {
                let evidence = ended.death(&job, FIRST_LOOK);
                let call = evidence.call.map(|call| format!(" in {call}"));
                self.load_problem = Some(evidence.what + &call.unwrap_or_default());
            }
        }
        Ok(())
    }

    fn all(&self, progress: &mut impl FnMut(&RuleResult)) -> io::Result<Vec<RuleResult>> {
        let selection = &self.options.selection;
        let selected: Vec<&Rule> = catalogue()
            .iter()
            .filter(|rule| selection.wants(rule))
            .collect();
        let mut waiting = selected.clone();
        let mut results = BTreeMap::new();
        let (sender, ended) = channel();
        let mut running = 0;
        while running > 0 || !waiting.is_empty() {
            let before = results.len();
            waiting = self.start_some(waiting, &selected, &mut results, &mut running, &sender)?;
            if running > 0 {
                let result: RuleResult = ended.recv().map_err(io::Error::other)?;
                running -= 1;
                progress(&result);
                results.insert(result.rule.clone(), result);
            } else if results.len() == before && !waiting.is_empty() {
                return Err(io::Error::other("rules need each other"));
            }
        }
        Ok(schedule::sorted(results, &selected))
    }

    /// Starts what may run now; returns what is left.
    fn start_some<'r>(
        &self,
        waiting: Vec<&'r Rule>,
        selected: &[&Rule],
        results: &mut BTreeMap<String, RuleResult>,
        running: &mut usize,
        sender: &Sender<RuleResult>,
    ) -> io::Result<Vec<&'r Rule>> {
        let mut left = Vec::new();
        for rule in waiting {
            let problem = self.load_problem.as_deref();
            match schedule::turn(rule, &self.options.project, problem, results, selected) {
                Turn::Skip(reason) => {
                    results.insert(rule.id.clone(), RuleResult::skipped(&rule.id, reason));
                }
                Turn::Run if *running < self.options.jobs.max(1) => {
                    *running += 1;
                    self.start_rule(rule, sender.clone())?;
                }
                Turn::Run | Turn::Wait => left.push(rule),
            }
        }
        Ok(left)
    }

    fn start_rule(&self, rule: &Rule, sender: Sender<RuleResult>) -> io::Result<()> {
        let job = self.job(Some(rule), &rule.id)?;
        let process = start(&self.options.program, &job, rule.seconds)?;
        let rule = rule.clone();
        std::thread::Builder::new().spawn(move || {
            let result = result(process, &rule, &job);
            // Nobody listens when the check was given up.
            let _ = sender.send(result);
        })?;
        Ok(())
    }

    fn job(&self, rule: Option<&Rule>, name: &str) -> io::Result<Job> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(folder.join("tmp"))?;
        Ok(Job {
            rule: rule.map(|rule| rule.id.clone()),
            library: self.library.clone(),
            manifest: self.manifest.clone(),
            project: self.options.project.clone(),
            seed: self.options.seed,
            token: token(),
            folder,
        })
    }
}

/// Waits for the process of a rule; its folder goes with it.
fn result(process: Process, rule: &Rule, job: &Job) -> RuleResult {
    let began = process.began();
    let mut result = match process.wait() {
        Ok(ended) => ended.result(rule, job),
        Err(error) => RuleResult::skipped(&rule.id, format!("its process is lost: {error}")),
    };
    result.milliseconds = milliseconds(began);
    let _ = std::fs::remove_dir_all(&job.folder);
    result
}

/// Something that no plugin can guess.
fn token() -> String {
    use std::hash::{BuildHasher, RandomState};
    let number = || RandomState::new().hash_one(Instant::now());
    format!("{:016x}{:016x}", number(), number())
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
