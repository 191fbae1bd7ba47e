//! The real example plugin as a shared library, built on demand and opened as a host opens it.

use osaurus_plugin::abi::{HostApi, PluginApi, PluginCtx};
use std::ffi::{CStr, CString};
use std::path::PathBuf;
use std::process::Command;

/// Builds `rust-hello` in the profile and target folder of this test and returns its library.
pub fn rust_hello() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // <target>/<profile>/deps/<test>
    let profile_dir = test.parent().unwrap().parent().unwrap();
    let profile = match profile_dir.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "-p",
            "rust-hello",
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(profile_dir.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let name = libloading::library_filename("rust_hello");
    let library = profile_dir.join(name);
    assert!(library.is_file(), "{}", library.display());
    library
}

/// A plugin that was opened and entered.
pub struct Opened {
    library: Option<libloading::Library>,
    pub api: PluginApi,
}

impl Opened {
    /// dlopen and the version 2 entry.
    pub fn v2(path: &PathBuf, host: *const HostApi) -> Self {
        // SAFETY: the library is our own, and the symbol has the ABI's type.
        unsafe {
            let library = libloading::Library::new(path).unwrap();
            let entry = library
                .get::<unsafe extern "C" fn(*const HostApi) -> *const PluginApi>(
                    osaurus_plugin::abi::ENTRY_V2,
                )
                .unwrap();
            let api = entry(host);
            assert!(!api.is_null());
            let api = *api;
            Opened {
                library: Some(library),
                api,
            }
        }
    }

    /// dlopen and the version 1 entry; reads 40 bytes as a version 1 host does.
    pub fn v1(path: &PathBuf) -> Self {
        // SAFETY: as above; a zeroed table is one of NULL slots.
        unsafe {
            let library = libloading::Library::new(path).unwrap();
            let entry = library
                .get::<unsafe extern "C" fn() -> *const PluginApi>(osaurus_plugin::abi::ENTRY_V1)
                .unwrap();
            let mut api: PluginApi = std::mem::zeroed();
            std::ptr::copy_nonoverlapping(entry().cast::<u8>(), (&raw mut api).cast::<u8>(), 40);
            Opened {
                library: Some(library),
                api,
            }
        }
    }

    pub fn init(&self) -> PluginCtx {
        // SAFETY: the plugin's own function.
        unsafe { self.api.init.unwrap()() }
    }

    pub fn destroy(&self, context: PluginCtx) {
        // SAFETY: the plugin's own function.
        unsafe { self.api.destroy.unwrap()(context) }
    }

    pub fn manifest(&self, context: PluginCtx) -> String {
        // SAFETY: the plugin's own function.
        self.take(unsafe { self.api.get_manifest.unwrap()(context) })
    }

    pub fn invoke(&self, context: PluginCtx, id: &str, payload: &str) -> String {
        let (id, payload) = (CString::new(id).unwrap(), CString::new(payload).unwrap());
        // SAFETY: the plugin's own function; the strings live until it returns.
        self.take(unsafe {
            self.api.invoke.unwrap()(context, c"tool".as_ptr(), id.as_ptr(), payload.as_ptr())
        })
    }

    pub fn route(&self, context: PluginCtx, request: &str) -> String {
        let request = CString::new(request).unwrap();
        // SAFETY: as above.
        self.take(unsafe { self.api.handle_route.unwrap()(context, request.as_ptr()) })
    }

    pub fn config_changed(&self, context: PluginCtx, key: &str, value: &str) {
        let (key, value) = (CString::new(key).unwrap(), CString::new(value).unwrap());
        // SAFETY: as above.
        unsafe { self.api.on_config_changed.unwrap()(context, key.as_ptr(), value.as_ptr()) };
    }

    fn take(&self, text: *const std::ffi::c_char) -> String {
        // SAFETY: the plugin's answer, copied and handed back once.
        unsafe {
            let copy = CStr::from_ptr(text).to_str().unwrap().to_owned();
            self.api.free_string.unwrap()(text);
            copy
        }
    }

    /// dlclose.
    pub fn close(mut self) {
        self.library.take().unwrap().close().unwrap();
    }
}
