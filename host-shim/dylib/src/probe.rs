//! Asks an interpreter about itself by running it once, and remembers the answer on disk. Used by
//! the discovery of each language, which says what is asked. What may change without the
//! interpreter changing (whether a library file exists) must not be part of an answer.
use crate::cached_file;
use crate::environment;
use crate::platform::process::{Process, Program};
use osaurus_payload::own_folder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// An interpreter that needs longer than that to say its version is of no use. macOS scans a
/// program before its first run.
const PATIENCE: Duration = Duration::from_secs(if cfg!(target_os = "macos") { 30 } else { 10 });

/// Longer than any answer.
const MAX_ANSWER: u64 = 1 << 20;

/// What speaks against an interpreter that runs as `machine`: native packages are made for this
/// one. On a Mac with Apple silicon, one for Intel that was brought over from an older Mac does
/// run, translated.
///
/// # Errors
/// A sentence that names both.
pub fn same_machine(machine: &str) -> Result<(), String> {
    let (its, ours) = (processor(machine), processor(std::env::consts::ARCH));
    if its == ours {
        return Ok(());
    }
    Err(format!("is for {its}, this is {ours}"))
}

/// One name for each processor, whoever names it.
fn processor(machine: &str) -> &str {
    match machine {
        "aarch64" => "arm64",
        "x64" | "amd64" => "x86_64",
        other => other,
    }
}

/// What an interpreter of one language is asked.
#[derive(Debug)]
pub struct Question {
    /// What the interpreter should be, for messages: `Python 3`.
    pub language: &'static str,
    /// Folder for the answers inside the cache.
    pub folder: &'static str,
    /// Raised when the arguments ask something else.
    pub revision: u32,
    /// Arguments that make it print one line of JSON.
    pub args: &'static [&'static str],
}

impl Question {
    /// Asks `program`, or reads what it answered the last time from below `cache`.
    ///
    /// # Errors
    /// A sentence: not there, did not start, said something else.
    pub fn ask<F: Serialize + DeserializeOwned>(
        &self,
        program: &Path,
        cache: &Path,
    ) -> Result<F, String> {
        let identity = Identity::of(program, self.revision)?;
        let folder = cache.join(self.folder);
        if let Some(facts) = recall(&folder.join(identity.file_name()), &identity) {
            return Ok(facts);
        }
        let facts = self.run(program)?;
        // A cache that cannot be written only costs time.
        let _ = self.remember(cache, &identity, &facts);
        Ok(facts)
    }

    fn remember<F: Serialize>(
        &self,
        cache: &Path,
        identity: &Identity,
        facts: &F,
    ) -> std::io::Result<()> {
        let text = serde_json::to_vec(&serde_json::json!({"identity": identity, "facts": facts}))?;
        cached_file::write(cache, self.folder, &identity.file_name(), &text).map(drop)
    }

    fn run<F: DeserializeOwned>(&self, program: &Path) -> Result<F, String> {
        let program = Program {
            path: program.to_owned(),
            args: self.args.iter().map(Into::into).collect(),
            env: environment::for_interpreter([]),
            keep: Vec::new(),
        };
        let started = program.start_quietly();
        let (process, stdout) = started.map_err(|error| format!("does not start: {error}"))?;
        let status = wait(&process)?;
        let mut text = String::new();
        let _ = File::from(stdout)
            .take(MAX_ANSWER)
            .read_to_string(&mut text);
        if !status.success() {
            return Err(format!("ends with {status} when asked for its version"));
        }
        serde_json::from_str(text.trim()).map_err(|_| {
            format!(
                "is not a {}: it answered with something else than its settings",
                self.language
            )
        })
    }
}

/// Changes when the interpreter changes.
#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Identity {
    path: PathBuf,
    mtime_ns: i64,
    size: u64,
    question: u32,
}

impl Identity {
    fn of(program: &Path, question: u32) -> Result<Self, String> {
        let real = std::fs::canonicalize(program).map_err(|_| "not there".to_owned())?;
        let meta = std::fs::metadata(&real).map_err(|error| error.to_string())?;
        if !meta.is_file() || meta.mode() & 0o111 == 0 {
            return Err("not an executable file".into());
        }
        Ok(Identity {
            // As given and not resolved: /usr/bin/python3 may be a launcher that looks at its own
            // name.
            path: program.to_owned(),
            mtime_ns: meta
                .mtime()
                .wrapping_mul(1_000_000_000)
                .wrapping_add(meta.mtime_nsec()),
            size: meta.size(),
            question,
        })
    }

    fn file_name(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.path.hash(&mut hasher);
        format!("{:016x}.json", hasher.finish())
    }
}

#[derive(Serialize, Deserialize)]
struct Record<F> {
    identity: Identity,
    facts: F,
}

/// Another user's answer would say what is run.
fn recall<F: DeserializeOwned>(file: &Path, identity: &Identity) -> Option<F> {
    let metadata = std::fs::symlink_metadata(file).ok()?;
    if !metadata.is_file() || !own_folder::is_this_users(&metadata) {
        return None;
    }
    let record: Record<F> = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    (record.identity == *identity).then_some(record.facts)
}

/// The answer fits into a pipe, so reading may wait until the end.
fn wait(process: &Process) -> Result<ExitStatus, String> {
    let end = Instant::now() + PATIENCE;
    loop {
        match process.try_collect() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) => {
                process.killer()();
                let _ = process.collect();
                return Err(format!("did not answer within {} s", PATIENCE.as_secs()));
            }
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}
