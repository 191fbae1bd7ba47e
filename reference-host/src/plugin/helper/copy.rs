//! The copy of a plugin in its helper: opened without the host's checks of table, identity, ids and
//! requirements, and called one call at a time. The serving loop owns it.

use super::link::Link;
use super::protocol::{optional, text};
use super::slots;
use crate::common::json::c_text;
use crate::host::abi::AbiLevel;
use crate::host::errors::LoadError;
use crate::plugin::boundary::entry::Entry;
use crate::plugin::boundary::table::GuardedTable;
use crate::plugin::loader::open;
use libloading::os::unix::Library;
use osaurus_abi::{PluginApi, PluginCtx};
use serde_json::Value;
use std::ffi::{CStr, c_char};
use std::path::Path;

pub(super) struct PluginCopy {
    api: PluginApi,
    ctx: PluginCtx,
    abi: u32,
}

// SAFETY: the ABI lets a plugin be called on any host thread; the serving loop calls one at a time.
unsafe impl Send for PluginCopy {}

impl PluginCopy {
    /// Opens a library and asks it for its manifest. The library of a plugin whose `init` succeeded
    /// is never closed.
    pub(super) fn load(path: &Path, level: AbiLevel) -> Result<(PluginCopy, String), LoadError> {
        let library = open(path)?;
        let (api, abi) = enter(&library, level)?;
        let init = api.init.ok_or(LoadError::InitFailed)?;
        // SAFETY: the plugin's own function, called once.
        let ctx = unsafe { init() };
        if ctx.is_null() {
            return Err(LoadError::InitFailed);
        }
        std::mem::forget(library);
        let copy = PluginCopy { api, ctx, abi };
        let get_manifest = api.get_manifest.ok_or(LoadError::NoManifest)?;
        // SAFETY: the context came from this plugin's init.
        let manifest = copy.take(unsafe { get_manifest(ctx) });
        Ok((copy, manifest.ok_or(LoadError::NoManifest)?))
    }

    pub(super) fn invoke(&self, link: &Link, params: &Value) -> Result<Value, String> {
        let invoke = self.api.invoke.ok_or("the plugin has no invoke")?;
        let argument = |key| c_text(text(params, key).unwrap_or_default());
        let [kind, id, payload] = ["type", "id", "payload"].map(argument);
        let returned = link.with_agent(text(params, "agent_id"), || {
            // SAFETY: the context came from this plugin's init; the strings live through the call.
            unsafe { invoke(self.ctx, kind.as_ptr(), id.as_ptr(), payload.as_ptr()) }
        });
        Ok(optional("result", self.take(returned)))
    }

    /// A value that is not there reaches the plugin as NULL, which the host itself never does.
    pub(super) fn config_changed(&self, link: &Link, params: &Value) {
        let Some(handler) = self.api.on_config_changed.filter(|_| self.abi >= 2) else {
            return;
        };
        let key = c_text(text(params, "key").unwrap_or_default());
        let value = text(params, "value").map(c_text);
        let value = value
            .as_ref()
            .map_or(std::ptr::null(), |value| value.as_ptr());
        link.with_agent(text(params, "agent_id"), || {
            // SAFETY: as in invoke.
            unsafe { handler(self.ctx, key.as_ptr(), value) }
        });
    }

    pub(super) fn destroy(self) {
        if let Some(destroy) = self.api.destroy {
            // SAFETY: the context came from this plugin's init, and nothing uses it afterwards.
            unsafe { destroy(self.ctx) };
        }
    }

    /// A string of the plugin, copied and handed back.
    fn take(&self, returned: *const c_char) -> Option<String> {
        if returned.is_null() {
            return None;
        }
        // SAFETY: the ABI promises a NUL-terminated string that stays until free_string.
        let copy = unsafe { CStr::from_ptr(returned) };
        let copy = copy.to_string_lossy().into_owned();
        if let Some(free) = self.api.free_string {
            // SAFETY: the plugin's own string goes back to it, once.
            unsafe { free(returned) };
        }
        Some(copy)
    }
}

fn enter(library: &Library, level: AbiLevel) -> Result<(PluginApi, u32), LoadError> {
    match Entry::of(library, level.version())? {
        Entry::V1(entry) => entry.table(),
        Entry::V2(entry) => {
            let table =
                GuardedTable::holding(&slots::table(level.version()), level.host_table_size())
                    .map_err(|error| LoadError::Library(error.to_string()))?;
            let table = Box::leak(Box::new(table));
            // SAFETY: the plugin may keep the pointer for as long as the process lives, and so does
            // the table.
            unsafe { entry.table(table.as_ptr(), level.plugin_table_size()) }
        }
    }
}
