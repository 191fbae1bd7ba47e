//! Loading what is installed, as Osaurus does when it starts and when it is told to reload: look,
//! verify, open one after the other with a marker on disk, then take the new plugins in and give
//! them their first settings. The host's methods for it are in `host/scans.rs`.

use crate::configuration::first_delivery;
use crate::host::core::HostCore;
use crate::host::errors::LoadError;
use crate::install::code_signature;
use crate::install::marker::Marker;
use crate::install::quarantine::{Quarantine, QuarantineRow};
use crate::install::receipt;
use crate::install::report::{LoadFailure, LoadReport};
use crate::install::tools_folder::{self, Installed};
use crate::plugin::loaded::{LoadedPlugin, Origin};
use crate::plugin::loader;
use crate::plugin::shutdown::shut_down;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Plugins that Osaurus has replaced by something of its own.
const SUPERSEDED: [&str; 2] = ["osaurus.search", "osaurus.browser"];

/// A library to open.
struct Candidate {
    id: String,
    library: PathBuf,
    version_folder: PathBuf,
}

/// What is in the folder.
#[derive(Default)]
struct FolderContents {
    candidates: Vec<Candidate>,
    failures: Vec<LoadFailure>,
    libraries: Vec<PathBuf>,
}

/// Loads what is installed and new, unloads what is gone, then opens again what had been loaded by
/// its path.
pub(crate) fn scan(host: &Arc<HostCore>, forgotten: Vec<Arc<LoadedPlugin>>) -> LoadReport {
    let tools = host.settings.tools();
    let marker = Marker::new(&tools);
    let installed = look(host, &tools, &marker).unwrap_or_else(|error| FolderContents {
        failures: vec![LoadFailure {
            plugin_id: String::new(),
            library: None,
            error: unusable(&tools, &error),
        }],
        ..FolderContents::default()
    });
    let opened = open_all(host, installed.candidates, &marker);
    unload_vanished(host, &installed.libraries);
    let mut report = LoadReport {
        failures: installed.failures,
        loaded: Vec::new(),
    };
    take_in(host, opened, &mut report);
    for plugin in &report.loaded {
        first_delivery::run(plugin, Some(&marker));
    }
    reopen(host, forgotten, &mut report);
    report
}

/// Everything before the first library is opened.
fn look(host: &HostCore, tools: &Path, marker: &Marker) -> io::Result<FolderContents> {
    let plugins = tools_folder::installed(tools)?;
    let quarantine = Quarantine::new(tools);
    promote(host, tools, marker, &quarantine)?;
    let mut installed = FolderContents::default();
    for plugin in plugins {
        installed.look_at(host, &plugin, &quarantine)?;
    }
    let is_wanted = |id: &str| !SUPERSEDED.contains(&id);
    installed
        .candidates
        .retain(|candidate| is_wanted(&candidate.id));
    installed
        .failures
        .retain(|failure| is_wanted(&failure.plugin_id));
    Ok(installed)
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
        build: Some(host.settings.build().to_string()),
    })
}

impl FolderContents {
    fn look_at(
        &mut self,
        host: &HostCore,
        plugin: &Installed,
        quarantine: &Quarantine,
    ) -> io::Result<()> {
        let (version, folder) = (plugin.version(), plugin.version_folder());
        let is_held = || quarantine.holds(&plugin.id, version.as_deref(), host.settings.build());
        // Since 2026-08-12 the version comes first; before, a quarantined plugin without one was
        // told of the quarantine.
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
        let is_loaded = host
            .plugins
            .lock()
            .iter()
            .any(|known| known.path() == library);
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

fn unload_vanished(host: &Arc<HostCore>, present: &[PathBuf]) {
    let has_vanished = |plugin: &Arc<LoadedPlugin>| {
        plugin.parts.origin == Origin::Scan && !present.iter().any(|path| path == plugin.path())
    };
    let vanished: Vec<_> = host
        .plugins
        .lock()
        .extract_if(.., |p| has_vanished(p))
        .collect();
    for plugin in vanished {
        shut_down(host, &plugin);
    }
}

fn take_in(host: &Arc<HostCore>, opened: Vec<Opened>, report: &mut LoadReport) {
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

pub(crate) fn unusable(path: &Path, error: &io::Error) -> LoadError {
    LoadError::Unusable {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}
