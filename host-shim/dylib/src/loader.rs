//! Libraries that are opened at run time and never closed. Used by `python` and `node`.
use libc::{dlerror, dlopen, dlsym};
use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A handle of the loader in which symbols are looked up. Never closed.
#[derive(Clone, Copy)]
pub struct Library(*mut c_void);

// SAFETY: a loader handle may be used on any thread.
unsafe impl Send for Library {}

impl Library {
    /// Everything that is visible to all of the process.
    pub const PROCESS: Library = Library(libc::RTLD_DEFAULT);

    /// Opens a library for good.
    ///
    /// # Errors
    /// The loader's own words.
    pub fn open(path: &Path, visible_to_all: bool) -> Result<Library, String> {
        let name = CString::new(path.as_os_str().as_bytes()).map_err(|e| e.to_string())?;
        let scope = if visible_to_all {
            libc::RTLD_GLOBAL
        } else {
            libc::RTLD_LOCAL
        };
        // SAFETY: dlopen(3) with a NUL-terminated path. The libraries opened here (libpython, our
        // engine, libnode) run no initialisers that depend on anything of ours.
        let handle = unsafe { dlopen(name.as_ptr(), libc::RTLD_NOW | scope) };
        if handle.is_null() {
            return Err(last_loader_error());
        }
        Ok(Library(handle))
    }

    /// Address of a symbol.
    pub fn symbol(self, name: &CStr) -> Option<*mut c_void> {
        // SAFETY: dlsym(3) with a live handle and a NUL-terminated name.
        let symbol = unsafe { dlsym(self.0, name.as_ptr()) };
        (!symbol.is_null()).then_some(symbol)
    }
}

fn last_loader_error() -> String {
    // SAFETY: dlerror(3) returns NULL or a string of this thread that is valid until the next call.
    unsafe {
        let text = dlerror();
        if text.is_null() {
            "the loader gave no reason".into()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    }
}
