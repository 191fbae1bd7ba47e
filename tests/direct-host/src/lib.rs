//! Calls plugins straight through their tables, from the leanest host there can be. For
//! the bench, the soak and the lifetime tests, which want the plugin's side alone; what Osaurus
//! does is the reference host's matter.

mod host;
mod image;
mod plugin;

pub use host::{log_from, table};
pub use image::{Ctx, Image, is_open, open_and_close};
pub use plugin::Plugin;

use std::ffi::CString;

/// A C string from a string without NUL; one with a NUL becomes empty.
pub fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
