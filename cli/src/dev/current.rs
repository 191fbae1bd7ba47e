//! The plugin as it is now: built into a folder of its own for each change, loaded from there, and
//! the one before stopped. `dev` says when; this module knows nothing of files being watched or of
//! the keyboard.

use super::debugger::Debugger;
use super::osaurus::Osaurus;
use crate::build::{self, Built};
use crate::failure::{Failure, OrFail};
use crate::given::Given;
use crate::parts::Target;
use crate::project::Project;
use crate::supervised::Worker;
use crate::walk::{self, Links};
use osaurus_reference_host::{Host, LoadedPlugin};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The plugin of a project in a host.
pub struct Current {
    project: PathBuf,
    host: Arc<Host>,
    /// What the command line gives, until a version has loaded; the host keeps it from then on.
    given: Option<Given>,
    /// Builds are below it, numbered: a library that has run a script stays open, so each has its
    /// own file.
    folder: tempfile::TempDir,
    builds: u64,
    debugger: Arc<Debugger>,
    /// Where each build goes, too.
    osaurus: Option<Osaurus>,
    loaded: Option<Loaded>,
}

struct Loaded {
    plugin: Arc<LoadedPlugin>,
    folder: PathBuf,
    /// What the build has written, as a SHA-256.
    hash: [u8; 32],
}

impl Current {
    /// Nothing is built yet.
    pub fn new(
        project: &Path,
        host: Arc<Host>,
        given: Given,
        debugger: Arc<Debugger>,
        osaurus: Option<Osaurus>,
    ) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("dev-")
            .tempdir_in(host.data_dir());
        let folder = folder.or_fail("cannot create a folder for builds", "free some disk space")?;
        Ok(Self {
            project: project.into(),
            host,
            given: Some(given),
            folder,
            builds: 0,
            debugger,
            osaurus,
            loaded: None,
        })
    }

    /// Builds, and puts the new plugin in the place of the old one. On failure the old one goes on.
    pub fn replace(&mut self) -> Result<Option<String>, Failure> {
        self.build_and_load(true)
    }

    /// The same, unless the build comes to the same library.
    pub fn replace_if_changed(&mut self) -> Result<Option<String>, Failure> {
        self.build_and_load(false)
    }

    fn build_and_load(&mut self, always: bool) -> Result<Option<String>, Failure> {
        let started = Instant::now();
        self.builds += 1;
        let folder = self.folder.path().join(self.builds.to_string());
        let project = Project::read(&self.project)?;
        let build = self
            .build(&project, &folder)
            .inspect_err(|_| remove(&folder))?;
        let hash = hash_of(&folder)?;
        if !always && self.is_running(hash) {
            remove(&folder);
            return Ok(None);
        }
        build.remarks.print();
        self.take_place(&build.library, folder, hash)?;
        self.give()?;
        let mut line = summary(&build, self.builds, started);
        if let Some(osaurus) = &self.osaurus {
            line = format!("{line}\n{}", osaurus.install(&project, &build)?);
        }
        Ok(Some(line))
    }

    fn is_running(&self, hash: [u8; 32]) -> bool {
        let loaded = self.loaded.as_ref();
        loaded.is_some_and(|loaded| loaded.hash == hash)
    }

    /// Stops the version before and loads this one, or the one before again.
    fn take_place(
        &mut self,
        library: &Path,
        folder: PathBuf,
        hash: [u8; 32],
    ) -> Result<(), Failure> {
        let before = self.loaded.take();
        if let Some(before) = &before {
            self.debugger
                .ending_calls(|| self.host.unload(&before.plugin));
        }
        match self.load(library) {
            Ok(plugin) => {
                self.loaded = Some(Loaded {
                    plugin,
                    folder,
                    hash,
                });
                if let Some(before) = before {
                    remove(&before.folder);
                }
                Ok(())
            }
            Err(failure) => {
                remove(&folder);
                self.go_back(before);
                Err(failure)
            }
        }
    }

    /// Once: a setting that was changed since must not come back.
    fn give(&mut self) -> Result<(), Failure> {
        match self.given.take() {
            Some(given) => given.give(&self.host),
            None => Ok(()),
        }
    }

    fn build(&self, project: &Project, folder: &Path) -> Result<Built, Failure> {
        match self.debugger.has_inspector() {
            true => build::build_debugged(project, Target::here()?, folder),
            false => build::build(project, Target::here()?, folder),
        }
    }

    fn load(&self, library: &Path) -> Result<Arc<LoadedPlugin>, Failure> {
        let worker = Worker::get();
        worker.stage(&format!("{} was opened", library.display()));
        let plugin = self
            .host
            .load(library)
            .or_fail("the plugin does not load", "");
        worker.stage("");
        plugin
    }

    /// The last version that loaded, once more.
    fn go_back(&mut self, before: Option<Loaded>) {
        let Some(before) = before else { return };
        if let Ok(plugin) = self.host.load(before.plugin.path()) {
            self.loaded = Some(Loaded { plugin, ..before });
        }
    }
}

/// Of the library and the pages beside it.
fn hash_of(build: &Path) -> Result<[u8; 32], Failure> {
    let cannot = || format!("cannot read {}", build.display());
    let entries = walk::entries(build, Links::Followed).or_fail(cannot(), "")?;
    let mut hash = Sha256::new();
    for file in entries.iter().filter(|entry| entry.kind.is_file()) {
        let bytes = std::fs::read(&file.path).or_fail(cannot(), "")?;
        hash.update(file.below.as_os_str().as_encoded_bytes());
        hash.update(Sha256::digest(bytes));
    }
    Ok(hash.finalize().into())
}

/// What cannot be removed now goes with the folder above.
fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}

fn summary(built: &Built, number: u64, started: Instant) -> String {
    let took = started.elapsed().as_millis();
    let capabilities = &built.manifest["capabilities"];
    let tools = capabilities["tools"].as_array().into_iter().flatten();
    let tools: Vec<&str> = tools.filter_map(|tool| tool["id"].as_str()).collect();
    let tools = if tools.is_empty() {
        "none".into()
    } else {
        tools.join(", ")
    };
    let verb = if number == 1 { "loaded" } else { "reloaded" };
    format!("{verb} in {took} ms; tools: {tools}")
}
