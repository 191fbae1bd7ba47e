//! The loaded plugins of a host, in the order they were loaded, found by id or by the name of a
//! tool.

use crate::plugin::loaded::LoadedPlugin;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct Plugins(Mutex<Vec<Arc<LoadedPlugin>>>);

impl Plugins {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Vec<Arc<LoadedPlugin>>> {
        self.0.lock()
    }

    /// The plugins that are loaded now.
    pub(crate) fn all(&self) -> Vec<Arc<LoadedPlugin>> {
        self.lock().clone()
    }

    /// Empties the list.
    pub(crate) fn take_all(&self) -> Vec<Arc<LoadedPlugin>> {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<LoadedPlugin>> {
        self.lock().iter().find(|plugin| plugin.id() == id).cloned()
    }

    /// The plugin that a tool name runs in, and the tool's id there; of equal names the plugin
    /// loaded last has it.
    pub(crate) fn tool_owner(&self, name: &str) -> Option<(Arc<LoadedPlugin>, String)> {
        let without_prefix = || self.exact_tool_owner(name.strip_prefix("tool/")?);
        self.exact_tool_owner(name).or_else(without_prefix)
    }

    fn exact_tool_owner(&self, name: &str) -> Option<(Arc<LoadedPlugin>, String)> {
        self.lock().iter().rev().find_map(|plugin| {
            let mut tools = plugin.context().named_tools();
            let (_, tool) = tools.find(|(known, _)| known == name)?;
            Some((Arc::clone(plugin), tool.id.clone()))
        })
    }
}
