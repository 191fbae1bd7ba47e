//! The settings of a host with their defaults, and where things are in its data folder. The builder
//! sets them, everything reads them.

use crate::common::ids::AgentId;
use crate::configuration::agent::Agent;
use crate::configuration::agents::Agents;
use crate::host::abi::AbiLevel;
use crate::host::budgets::Budgets;
use crate::host::faults::Faults;
use crate::host::profile::Profile;
use crate::plugin::boundary::layer::Layer;
use crate::plugin::boundary::tap::Line;
use crate::plugin::calls::isolation::Isolation;
use crate::plugin::helper::program::HelperProgram;
use crate::storage::durability::Durability;
use crate::storage::keys::KeyPlace;
use crate::tools::permissions::Permissions;
use crate::web::client::mapping::Mapped;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Running tasks of all agents, unless the host is told otherwise. More are queued.
pub(crate) const MAX_ACTIVE_TASKS: usize = 20;

/// The settings of a host.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) abi: AbiLevel,
    pub(crate) agents: Agents,
    pub(crate) release_build: bool,
    /// The host's build; None: the Osaurus version.
    pub(crate) build: Option<String>,
    pub(crate) isolation: Isolation,
    pub(crate) helper_program: Option<HelperProgram>,
    /// Empty until the host is built.
    pub(crate) data_dir: PathBuf,
    /// The Osaurus version; None: the one that the profile is of.
    pub(crate) osaurus_version: Option<String>,
    pub(crate) system_version: Option<String>,
    pub(crate) port: u16,
    pub(crate) budgets: Budgets,
    pub(crate) mapped_hosts: HashMap<String, Mapped>,
    pub(crate) only_mapped: bool,
    /// Connections that the server has at once; None: by the process' descriptors.
    pub(crate) connections: Option<usize>,
    pub(crate) profile: Profile,
    /// Tasks of all agents that may be active at once.
    pub(crate) active_tasks: usize,
    pub(crate) key_place: KeyPlace,
    pub(crate) durability: Durability,
    pub(crate) permissions: Permissions,
    pub(crate) faults: Arc<Faults>,
    pub(crate) record: bool,
    pub(crate) echo: bool,
    pub(crate) origins: Vec<String>,
    pub(crate) tap: Option<Arc<Line>>,
    pub(crate) layer: Option<&'static dyn Layer>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            abi: AbiLevel::LATEST,
            agents: Agents::default(),
            release_build: true,
            build: None,
            isolation: Isolation::from_environment(),
            helper_program: None,
            data_dir: PathBuf::new(),
            osaurus_version: None,
            system_version: None,
            port: 1338,
            budgets: Budgets::default(),
            mapped_hosts: HashMap::new(),
            only_mapped: false,
            connections: None,
            profile: Profile::default(),
            active_tasks: MAX_ACTIVE_TASKS,
            key_place: KeyPlace::default(),
            durability: Durability::default(),
            permissions: Permissions::default(),
            faults: Faults::new(None),
            record: true,
            echo: false,
            origins: Vec::new(),
            tap: None,
            layer: None,
        }
    }
}

impl Settings {
    pub(crate) fn osaurus_version(&self) -> &str {
        let version = self.osaurus_version.as_deref();
        version.unwrap_or_else(|| self.profile.osaurus_version())
    }

    pub(crate) fn build(&self) -> &str {
        let build = self.build.as_deref();
        build.unwrap_or_else(|| self.osaurus_version())
    }

    /// `<data>/Tools/<plugin id>/data/data.db`.
    pub(crate) fn database_path(&self, plugin_id: &str) -> PathBuf {
        self.tools()
            .join(file_name(plugin_id))
            .join("data")
            .join("data.db")
    }

    /// The folder of installed plugins.
    pub(crate) fn tools(&self) -> PathBuf {
        self.data_dir.join("Tools")
    }

    /// The folder that `file_read` serves.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.data_dir.join("artifacts")
    }

    pub(crate) fn agent(&self, id: AgentId) -> Option<Arc<Agent>> {
        self.agents.get(id)
    }
}

/// A plugin id as a folder name: an id is any text, a folder name is not.
fn file_name(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let escaped: String = id
        .chars()
        .map(|c| {
            if plain(c) {
                c.to_string()
            } else {
                format!("%{:X}", u32::from(c))
            }
        })
        .collect();
    if escaped.trim_matches('.').is_empty() {
        format!("%{escaped}")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn ids_stay_inside_their_folder() {
        assert_eq!(file_name("dev.example.notes"), "dev.example.notes");
        assert_eq!(file_name("../x/y"), "..%2Fx%2Fy");
        assert_eq!(file_name(".."), "%..");
        assert_eq!(file_name(""), "%");
    }
}
