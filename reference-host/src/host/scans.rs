//! Loading what is installed, and the quarantine, as the user of a host asks for it. Part of
//! [`Host`].

use crate::host::Host;
use crate::host::errors::LoadError;
use crate::install::marker::Marker;
use crate::install::quarantine::{Quarantine, QuarantineRow};
use crate::install::receipt;
use crate::install::report::{LoadFailure, LoadReport};
use crate::install::scan::{scan, unusable};
use crate::install::scan_turn::Kind;
use crate::install::tools_folder::Installed;
use crate::plugin::shutdown::shut_down;
use std::io;

impl Host {
    /// Loads what is installed in `<data>/Tools` and not loaded yet, and unloads what is no longer
    /// there. A call while a scan runs waits for it and gets its report.
    pub fn load_all(&self) -> LoadReport {
        self.core
            .scans
            .run(Kind::New, || scan(&self.core, Vec::new()))
    }

    /// Unloads every plugin, then opens everything again: what is installed, and the libraries that
    /// were loaded by their path. A library at the same path is the same image with its old
    /// statics, because none is ever closed.
    pub fn reload(&self) -> LoadReport {
        self.core.scans.run(Kind::All, || {
            let old = self.core.plugins.take_all();
            for plugin in &old {
                shut_down(&self.core, plugin);
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
