//! A plugin that is loaded the way a host loads one, and then called without anything in between.

use crate::{Ctx, Image};
use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::path::Path;

/// A loaded plugin. Its library stays open for good, as in Osaurus.
pub struct Plugin {
    image: ManuallyDrop<Image>,
    ctx: Ctx,
}

impl Plugin {
    /// Opens a library, calls entry, `init` and `get_manifest`, as a host does at start.
    ///
    /// # Errors
    /// A sentence about what failed.
    pub fn load(path: &Path) -> Result<Self, String> {
        let image = ManuallyDrop::new(Image::open(path)?);
        let ctx = image.init();
        if ctx.is_null() {
            return Err(format!("{}: init returned NULL", path.display()));
        }
        let plugin = Self { image, ctx };
        match plugin.image.manifest(ctx) {
            Some(_) => Ok(plugin),
            None => Err(format!("{}: no manifest", path.display())),
        }
    }

    /// Calls a tool on this thread.
    pub fn invoke(&self, tool: &CStr, payload: &CStr) -> Option<String> {
        self.image.invoke(self.ctx, tool, payload)
    }

    /// Calls a route on this thread.
    pub fn route(&self, request: &CStr) -> Option<String> {
        self.image.route(self.ctx, request)
    }

    /// `destroy`. The library stays open.
    pub fn unload(self) {
        self.image.destroy(self.ctx);
    }
}
