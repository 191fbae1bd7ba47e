//! Calls plugins straight through their tables, with the leanest host there can be behind them. For
//! the bench, the soak and the lifetime tests, which want the plugin's side alone; what Osaurus
//! does is the reference host's matter.

mod host;
mod image;
mod plugin;

pub use host::{log_from, table};
pub use image::{Ctx, Image, is_open, open_and_close};
pub use plugin::Plugin;

use std::ffi::CString;

/// A C string from text without NUL; a text with one becomes empty.
pub fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
