//! What a rule has in its process: the library, its manifest, arguments for its tools, and hosts to
//! load it in.

use super::job::Job;
use super::observed::Usual;
use super::outcome::Problem;
use super::project::Project;
use super::random::Random;
use super::raw::RawLibrary;
use super::samples::{self, Sample};
use super::script::Script;
use super::session::Sessions;
use super::tracked::{Answers, Strings};
use super::trail::Trail;
use osaurus_reference_host::{Manifest, Profile};
use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// A rule's surroundings. There is one in a process.
#[derive(Debug)]
pub struct Case {
    job: Job,
    manifest: Option<Manifest>,
    trail: &'static Trail,
    exits: AtomicBool,
    pub(super) usual: OnceLock<Result<Usual, Problem>>,
    pub(super) sessions: Sessions,
}

/// The host that a plugin is loaded in.
#[derive(Clone, Default)]
pub struct HostOptions {
    /// `"1"` to `"6"` or `"2a"` to `"2e"`; None is the newest.
    pub abi: Option<&'static str>,
    /// Which known differences it shows.
    pub profile: Profile,
    /// Where strings for the plugin are.
    pub strings: Strings,
    /// Keep the strings that the plugin returns, instead of giving each back at once.
    pub hold_results: bool,
    /// What the host answers instead of its own answer.
    pub answers: Option<Answers>,
}

impl Case {
    pub(super) fn new(job: Job, trail: &'static Trail) -> Case {
        let text = job.manifest.as_ref().map(Value::to_string);
        let manifest = text.and_then(|text| Manifest::parse(text.as_bytes()).ok());
        Case {
            job,
            manifest,
            trail,
            exits: AtomicBool::new(false),
            usual: OnceLock::new(),
            sessions: Sessions::default(),
        }
    }

    /// The plugin's library.
    pub fn library(&self) -> &Path {
        &self.job.library
    }

    /// A folder of the rule's own, removed afterwards.
    pub fn folder(&self) -> &Path {
        &self.job.folder
    }

    /// What the author said about the plugin.
    pub fn project(&self) -> &Project {
        &self.job.project
    }

    /// What is known of the plugin's script, if it has one.
    pub fn script(&self) -> Option<&Script> {
        self.job.script.as_ref()
    }

    /// The folder that the check was started in.
    pub fn started_in(&self) -> &Path {
        &self.job.started_in
    }

    /// A job like this rule's, in a folder below its own.
    pub(super) fn job_below(&self, rule: &str, folder: &Path) -> Job {
        Job {
            rules: vec![rule.to_owned()],
            folder: folder.to_owned(),
            ..self.job.clone()
        }
    }

    /// The check's seed.
    pub fn seed(&self) -> u64 {
        self.job.seed
    }

    /// Random numbers from the check's seed.
    pub fn random(&self) -> Random {
        let rule = self.job.rules.first().map_or("", String::as_str);
        Random::new(self.job.seed, rule)
    }

    /// When the rule is done, let the process end with `exit` and not at once.
    pub(super) fn end_with_exit(&self) {
        self.exits.store(true, Ordering::SeqCst);
    }

    pub(super) fn ends_with_exit(&self) -> bool {
        self.exits.load(Ordering::SeqCst)
    }

    pub(super) fn trail(&self) -> &'static Trail {
        self.trail
    }

    /// The decoded manifest, or the reason why there is none.
    pub fn manifest(&self) -> Result<&Manifest, Problem> {
        self.manifest
            .as_ref()
            .ok_or_else(|| Problem::skipped("there is no manifest that can be decoded"))
    }

    /// The manifest as it was given, even if it cannot be decoded as one.
    pub fn manifest_json(&self) -> Result<&Value, Problem> {
        self.job
            .manifest
            .as_ref()
            .ok_or_else(|| Problem::skipped("there is no manifest that is JSON"))
    }

    /// Every tool that may be called, with arguments from the project file or from its schema.
    pub fn samples(&self) -> Vec<Sample> {
        let tools = self.manifest.as_ref().map(Manifest::tools);
        samples::of_tools(tools.unwrap_or_default(), &self.job.project)
    }

    /// Opens the library without calling anything of it.
    pub fn open(&self) -> Result<RawLibrary, Problem> {
        RawLibrary::open(self.library(), self.trail)
            .map_err(|error| Problem::skipped(format!("the library cannot be opened: {error}")))
    }
}
