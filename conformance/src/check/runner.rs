//! The parent: starts a process per rule, several at a time, and makes a report of their results.

use super::folder_copy;
use super::job::{COPY, Job};
use super::outcome::{Problem, RuleResult, Status};
use super::process::{self, Ended};
use super::project::Project;
use super::rule::{Rule, catalogue};
use super::schedule::{self, Decision, Selection};
use super::script::Script;
use crate::sandbox::{Sandbox, Workplace};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Instant;

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
    /// What is known of the plugin's script, if it has one.
    pub script: Option<Script>,
    /// How many rules at a time.
    pub jobs: usize,
    /// The seed of all random choices.
    pub seed: u64,
    /// How processes are started.
    pub sandbox: Sandbox,
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
        let mut job = self
            .0
            .job(std::slice::from_ref(rule), &format!("{}-{seed}", rule.id))?;
        job.seed = seed;
        Ok(self.0.result(rule, &job))
    }
}

struct Check<'a> {
    options: &'a Options,
    library: PathBuf,
    place: Workplace,
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
            place: options.sandbox.open()?,
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
        let job = self.job(&[], "first-look")?;
        let ended = process::run(&self.place, &job, FIRST_LOOK)?;
        match ended.answer {
            Some(answer) => {
                self.manifest = answer.manifest;
                let problem = answer.problems.into_iter().flatten().next();
                self.load_problem = problem.map(|problem| match problem {
                    Problem::Skipped(reason) => reason,
                    Problem::Failed(evidence) => evidence.into_iter().map(|e| e.what).collect(),
                });
            }
            None => {
                let evidence = ended.death(&job);
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
        let mut results = BTreeMap::new();
        let mut waiting = selected.clone();
        std::thread::scope(|scope| -> io::Result<()> {
            let (sender, ended) = channel();
            let mut running = 0;
            while running > 0 || !waiting.is_empty() {
                let before = results.len();
                let ready = self.ready(&mut waiting, &selected, &mut results);
                for batch in schedule::batches(ready) {
                    if running < self.options.jobs.max(1) {
                        running += 1;
                        let sender = sender.clone();
                        scope.spawn(move || sender.send(self.judge(&batch)));
                    } else {
                        waiting.extend(batch);
                    }
                }
                if running > 0 {
                    let outcome = ended.recv().map_err(io::Error::other)??;
                    running -= 1;
                    for result in outcome {
                        progress(&result);
                        results.insert(result.rule.clone(), result);
                    }
                } else if results.len() == before && !waiting.is_empty() {
                    return Err(io::Error::other("rules need each other"));
                }
            }
            Ok(())
        })?;
        Ok(schedule::sorted(results, &selected))
    }

    /// Takes out of `waiting` what may run now and what is skipped.
    fn ready<'r>(
        &self,
        waiting: &mut Vec<&'r Rule>,
        selected: &[&Rule],
        results: &mut BTreeMap<String, RuleResult>,
    ) -> Vec<&'r Rule> {
        let mut ready = Vec::new();
        waiting.retain(|rule| {
            let problem = self.load_problem.as_deref();
            match schedule::turn(rule, &self.options.project, problem, results, selected) {
                Decision::Wait => return true,
                Decision::Run => ready.push(*rule),
                Decision::Skip(reason) => {
                    results.insert(rule.id.clone(), RuleResult::skipped(&rule.id, reason));
                }
            }
            false
        });
        ready
    }

    /// Judges rules that share a process. When it dies, each in one of its own: the others are not
    /// to suffer.
    fn judge(&self, rules: &[&Rule]) -> io::Result<Vec<RuleResult>> {
        let owned: Vec<Rule> = rules.iter().map(|rule| (*rule).clone()).collect();
        if let [_, _, ..] = owned.as_slice() {
            let name = owned[0].process.clone().unwrap_or_default();
            let job = self.job(&owned, &format!("together-{name}"))?;
            let seconds = owned.iter().map(|rule| rule.seconds).sum();
            let ended = process::run(&self.place, &job, seconds)?;
            if let Some(results) = shared(&ended, &owned, &job) {
                return Ok(results);
            }
        }
        let alone = |rule: &Rule| {
            let job = self.job(std::slice::from_ref(rule), &rule.id)?;
            Ok(self.result(rule, &job))
        };
        owned.iter().map(alone).collect()
    }

    /// Runs the process of a rule; its folder goes with it.
    fn result(&self, rule: &Rule, job: &Job) -> RuleResult {
        let result = match process::run(&self.place, job, rule.seconds) {
            Ok(ended) => {
                let results = ended.results(std::slice::from_ref(rule));
                let mut result = results
                    .and_then(|mut results| results.pop())
                    .unwrap_or_else(|| ended.crashed(rule, job));
                result.milliseconds = ended.milliseconds;
                result
            }
            Err(error) => RuleResult::skipped(&rule.id, format!("its process is lost: {error}")),
        };
        let _ = std::fs::remove_dir_all(&job.folder);
        result
    }

    fn job(&self, rules: &[Rule], name: &str) -> io::Result<Job> {
        let folder = self.place.folder(name)?;
        let started_in = std::env::current_dir().unwrap_or_default();
        if rules.iter().any(|rule| rule.id == COPY.rule) && self.may_copy(&started_in) {
            folder_copy::copy(&started_in, &folder.join(COPY.folder))?;
        }
        Ok(Job {
            rules: rules.iter().map(|rule| rule.id.clone()).collect(),
            library: self.library.clone(),
            manifest: self.manifest.clone(),
            project: self.options.project.clone(),
            script: self.options.script.clone(),
            started_in,
            seed: self.options.seed,
            token: token(),
            folder,
        })
    }

    /// Whether the plugin's processes may have a copy of this folder: where they are confined, of
    /// the plugin's own project alone.
    fn may_copy(&self, folder: &Path) -> bool {
        let folder = folder.canonicalize().unwrap_or_default();
        !self.options.sandbox.is_confined() || self.library.starts_with(folder)
    }
}

/// The results of rules that share a process; None when it died.
fn shared(ended: &Ended, rules: &[Rule], job: &Job) -> Option<Vec<RuleResult>> {
    let mut results = ended.results(rules);
    for result in results.iter_mut().flatten() {
        result.milliseconds = ended.milliseconds;
    }
    let _ = std::fs::remove_dir_all(&job.folder);
    results
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
