//! Loading what is installed, as Osaurus does when it starts and when it is told to reload: look, verify, open one
//! after the other with a marker on disk, then take the new plugins in and give them their first settings. The public
//! methods for it and for the quarantine are here.

use crate::configuration::first_delivery;
use crate::host::errors::LoadError;
use crate::host::{Host, HostCore};
use crate::install::code_signature;
use crate::install::marker::Marker;
use crate::install::quarantine::{Quarantine, QuarantineRow};
use crate::install::receipt;
use crate::install::scan_turn::Kind;
use crate::install::tools_folder::{self, Installed};
use crate::plugin::loaded::{LoadedPlugin, Origin};
use crate::plugin::loader;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Plugins that Osaurus has replaced by something of its own.
const SUPERSEDED: [&str; 2] = ["osaurus.search", "osaurus.browser"];

/// A plugin that was not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFailure {
    /// The name of its folder; empty when the folder of all plugins is to blame.
    pub plugin_id: String,
    /// The library, once one was found.
    pub library: Option<PathBuf>,
    /// Why.
    pub error: LoadError,
}

/// What a scan did.
#[derive(Debug, Clone, Default)]
pub struct LoadReport {
    /// The plugins that are new, in the order they were loaded.
    pub loaded: Vec<Arc<LoadedPlugin>>,
    /// The ones that were not loaded.
    pub failures: Vec<LoadFailure>,
}

/// A library to open.
struct Candidate {
    id: String,
    library: PathBuf,
    version_folder: PathBuf,
}

/// What lies in the folder.
#[derive(Default)]
struct Found {
    candidates: Vec<Candidate>,
    failures: Vec<LoadFailure>,
    libraries: Vec<PathBuf>,
}

impl Host {
    /// Loads what is installed in `<data>/Tools` and not loaded yet, and unloads what is no longer there. Whoever
    /// calls while a scan runs waits for it and gets its report.
    pub fn load_all(&self) -> LoadReport {
        self.core
            .scans
            .run(Kind::New, || scan(&self.core, Vec::new()))
    }

    /// Unloads every plugin, then opens everything again: what is installed, and the libraries that were loaded by
    /// their path. A library at the same path is the same image with its old statics, because none is ever closed.
    pub fn reload(&self) -> LoadReport {
        self.core.scans.run(Kind::All, || {
            let old = std::mem::take(&mut *self.core.plugins());
            for plugin in &old {
                plugin.shut_down();
            }
            scan(&self.core, old)
        })
    }

    /// What the last scan could not load.
    pub fn load_failures(&self) -> Vec<LoadFailure> {
        self.core.scans.last().failures
    }

    /// The plugins that are kept from loading because one of their loads took the process down.
    pub fn quarantined(&self) -> Vec<QuarantineRow> {
        Quarantine::new(&self.core.settings.tools()).rows()
    }

    /// Takes one plugin out of the quarantine; the next scan tries it. A stale marker goes too.
    pub fn retry(&self, plugin_id: &str) -> Result<(), LoadError> {
        self.edit_quarantine(|quarantine| quarantine.remove(plugin_id))
    }

    /// Takes all plugins out of the quarantine. A stale marker goes too.
    pub fn clear_quarantine(&self) -> Result<(), LoadError> {
        self.edit_quarantine(Quarantine::clear)
    }

    /// Notes the user's consent to the installed version of a plugin.
    pub fn grant_consent(&self, plugin_id: &str) -> Result<(), LoadError> {
        let tools = self.core.settings.tools();
        let folder = Installed::new(&tools, plugin_id).version_folder();
        let path = folder
            .ok_or(LoadError::NoVersionFolder)?
            .join(receipt::CONSENT);
        std::fs::write(&path, "").map_err(|error| unusable(&path, &error))
    }

    fn edit_quarantine(
        &self,
        edit: impl FnOnce(&Quarantine) -> io::Result<()>,
    ) -> Result<(), LoadError> {
        let tools = self.core.settings.tools();
        edit(&Quarantine::new(&tools)).map_err(|error| unusable(&tools, &error))?;
        Marker::new(&tools).clear();
        Ok(())
    }
}

fn scan(host: &Arc<HostCore>, forgotten: Vec<Arc<LoadedPlugin>>) -> LoadReport {
    let tools = host.settings.tools();
    let marker = Marker::new(&tools);
    let found = look(host, &tools, &marker).unwrap_or_else(|error| Found {
        failures: vec![LoadFailure {
            plugin_id: String::new(),
            library: None,
            error: unusable(&tools, &error),
        }],
        ..Found::default()
    });
    let opened = open_all(host, found.candidates, &marker);
    unload_vanished(host, &found.libraries);
    let mut report = LoadReport {
        failures: found.failures,
        loaded: Vec::new(),
    };
    take_in(host, opened, &mut report);
    for plugin in &report.loaded {
        first_delivery::run(host, plugin, Some(&marker));
    }
    reopen(host, forgotten, &mut report);
    report
}

/// Everything before the first library is opened.
fn look(host: &HostCore, tools: &Path, marker: &Marker) -> io::Result<Found> {
    let plugins = tools_folder::installed(tools)?;
    let quarantine = Quarantine::new(tools);
    promote(host, tools, marker, &quarantine)?;
    let mut found = Found::default();
    for plugin in plugins {
        found.look_at(host, &plugin, &quarantine)?;
    }
    let is_wanted = |id: &str| !SUPERSEDED.contains(&id);
    found
        .candidates
        .retain(|candidate| is_wanted(&candidate.id));
    found
        .failures
        .retain(|failure| is_wanted(&failure.plugin_id));
    Ok(found)
}

/// A marker that an earlier process left behind becomes a row of the quarantine.
fn promote(
    host: &HostCore,
    tools: &Path,
    marker: &Marker,
    quarantine: &Quarantine,
) -> io::Result<()> {
    let Some(id) = marker.take_stale() else {
        return Ok(());
    };
    let version = Installed::new(tools, &id).version();
    host.warn(&id, None, "the process ended while this plugin was loaded");
    quarantine.add(QuarantineRow {
        id,
        version,
        build: Some(host.settings.build.clone()),
    })
}

impl Found {
    fn look_at(
        &mut self,
        host: &HostCore,
        plugin: &Installed,
        quarantine: &Quarantine,
    ) -> io::Result<()> {
        let (version, folder) = (plugin.version(), plugin.version_folder());
        let is_held = || quarantine.holds(&plugin.id, version.as_deref(), &host.settings.build);
        // Since 2026-08-12 the version comes first; before, a quarantined plugin without one was told of the quarantine.
        let version_first = !host.settings.profile.of_june();
        let quarantined = (folder.is_some() || !version_first) && is_held()?;
        let Some(version_folder) = folder.filter(|_| !quarantined) else {
            let error = if quarantined {
                LoadError::Quarantined
            } else {
                LoadError::NoVersionFolder
            };
            self.fail(plugin, None, error);
            return Ok(());
        };
        let libraries = tools_folder::libraries(&version_folder);
        if libraries.is_empty() {
            self.fail(plugin, None, LoadError::NoLibrary);
        }
        for library in libraries {
            self.verify(host, plugin, library, &version_folder);
        }
        Ok(())
    }

    fn verify(
        &mut self,
        host: &HostCore,
        plugin: &Installed,
        library: PathBuf,
        version_folder: &Path,
    ) {
        self.libraries.push(library.clone());
        if host.settings.release_build {
            if let Err(error) = receipt::verify(&library, version_folder) {
                return self.fail(plugin, Some(library), error.into());
            }
            if !code_signature::EXISTS {
                let text = "its code signature was not checked: this platform has none";
                host.note(&plugin.id, text);
            }
        }
        let is_loaded = host.plugins().iter().any(|known| known.path() == library);
        if !is_loaded {
            self.candidates.push(Candidate {
                id: plugin.id.clone(),
                library,
                version_folder: version_folder.to_path_buf(),
            });
        }
    }

    fn fail(&mut self, plugin: &Installed, library: Option<PathBuf>, error: LoadError) {
        self.failures.push(LoadFailure {
            plugin_id: plugin.id.clone(),
            library,
            error,
        });
    }
}

type Opened = (Candidate, Result<Arc<LoadedPlugin>, LoadError>);

fn open_all(host: &Arc<HostCore>, candidates: Vec<Candidate>, marker: &Marker) -> Vec<Opened> {
    let open = |candidate: Candidate| {
        marker.set(&candidate.id);
        let source = loader::Source {
            path: &candidate.library,
            installed_as: Some(&candidate.id),
            version_folder: Some(&candidate.version_folder),
            origin: Origin::Scan,
        };
        let opened = loader::open_on_host_thread(host, &source);
        marker.clear();
        (candidate, opened)
    };
    candidates.into_iter().map(open).collect()
}

fn unload_vanished(host: &HostCore, present: &[PathBuf]) {
    let has_vanished = |plugin: &Arc<LoadedPlugin>| {
        plugin.parts.origin == Origin::Scan && !present.iter().any(|path| path == plugin.path())
    };
    let vanished: Vec<_> = host.plugins().extract_if(.., |p| has_vanished(p)).collect();
    for plugin in vanished {
        plugin.shut_down();
    }
}

fn take_in(host: &HostCore, opened: Vec<Opened>, report: &mut LoadReport) {
    for (candidate, opened) in opened {
        match opened.and_then(|plugin| loader::register(host, &plugin).map(|()| plugin)) {
            Ok(plugin) => report.loaded.push(plugin),
            Err(error) => report.failures.push(LoadFailure {
                plugin_id: candidate.id,
                library: Some(candidate.library),
                error,
            }),
        }
    }
}

/// Plugins that had been loaded by their path come back after a reload.
fn reopen(host: &Arc<HostCore>, forgotten: Vec<Arc<LoadedPlugin>>, report: &mut LoadReport) {
    for old in forgotten {
        let Origin::Path(installed_as) = &old.parts.origin else {
            continue;
        };
        match loader::load(host, old.path(), installed_as.as_deref()) {
            Ok(plugin) => report.loaded.push(plugin),
            Err(error) => report.failures.push(LoadFailure {
                plugin_id: old.id().to_string(),
                library: Some(old.path().to_path_buf()),
                error,
            }),
        }
    }
}

fn unusable(path: &Path, error: &io::Error) -> LoadError {
    LoadError::Unusable {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}
