//! The C plugin of all targets, compiled once per process, and a host that it is loaded in.

use osaurus_reference_host::{AgentId, Host, HostBuilder, LoadedPlugin};
use serde_json::Value;
use std::ffi::{CStr, CString, c_char};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// The built library. It stays open, so its variables are the ones that every host sees.
struct Probe {
    library: libloading::Library,
    path: PathBuf,
    _folder: TempDir,
}

static PROBE: LazyLock<Probe> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("fuzz.probe.so");
    let here = env!("CARGO_MANIFEST_DIR");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-I"])
        .arg(format!("{here}/../../codegen/generated/c/v6"))
        .arg("-o")
        .arg(&path)
        .arg(format!("{here}/probe.c"))
        .status()
        .expect("a C compiler; script/setup installs one");
    assert!(status.success(), "probe.c does not compile");
    // SAFETY: the library is ours; it has no initialisers.
    let library = unsafe { libloading::Library::new(&path) }.expect("the probe opens");
    Probe {
        library,
        path,
        _folder: folder,
    }
});

/// The probe in one host. Inputs are handed over in the probe's variables, so only one target runs
/// at a time.
pub struct Stage {
    host: Host,
    plugin: Option<Arc<LoadedPlugin>>,
    calls: u32,
}

/// What a client may be told: the status that the plugin gave, or one of the host's. Fact F1080 of
/// the host.
pub fn is_final_status(status: u16) -> bool {
    (200..=999).contains(&status)
}

/// A target's stage, for one thread at a time.
pub fn locked(stage: &'static LazyLock<Mutex<Stage>>) -> MutexGuard<'static, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    /// A host of its own with the probe in it, as this manifest declares it.
    pub fn new(builder: HostBuilder, manifest: &Value) -> Stage {
        let mut stage = Stage::empty(builder);
        stage.load(&manifest.to_string()).expect("the probe loads");
        stage
    }

    /// A host without a plugin.
    pub fn empty(builder: HostBuilder) -> Stage {
        Stage {
            host: builder.record_activity(false).build().expect("a host"),
            plugin: None,
            calls: 0,
        }
    }

    /// Loads the probe with this manifest; the text of the host's error otherwise.
    pub fn load(&mut self, manifest: &str) -> Result<&Arc<LoadedPlugin>, String> {
        with("fuzz_manifest", Some(manifest), || {
            let loaded = self.host.load(&PROBE.path);
            loaded.map_err(|error| error.to_string())
        })
        .map(|plugin| &*self.plugin.insert(plugin))
    }

    /// Unloads what [`Stage::load`] loaded.
    pub fn unload(&mut self) {
        if let Some(plugin) = self.plugin.take() {
            assert!(self.host.unload(&plugin), "the probe does not unload");
        }
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The loaded probe.
    pub fn plugin(&self) -> &Arc<LoadedPlugin> {
        self.plugin.as_ref().expect("a loaded probe")
    }

    /// Makes the host call of this name with these arguments, for an agent that has not called
    /// before: limits per agent are not what is fuzzed. Returns the host's answer, read as JSON
    /// that may have raw control characters: as in Osaurus, strings from the database have them.
    pub fn call(&mut self, slot: &str, text: &str, more: Option<&str>) -> Value {
        self.calls += 1;
        let agent = AgentId::named(&format!("agent {}", self.calls));
        let answer = with("fuzz_text", Some(text), || {
            with("fuzz_more", more, || {
                let plugin = self.plugin();
                plugin.invoke_on_this_thread("tool", slot, "{}", Some(agent))
            })
        });
        assert!(answer.is_ok(), "{slot}: {answer:?}");
        let answer = take_answer().expect("the host answers");
        serde_json::from_str(&escaped(&answer))
            .unwrap_or_else(|error| panic!("{error} in {answer}"))
    }
}

fn escaped(json: &str) -> String {
    let escape = |c: char| match c.is_ascii_control() {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    json.chars().map(escape).collect()
}

/// Runs with one of the probe's variables set to a string without NUL.
pub fn with<T>(variable: &str, text: Option<&str>, run: impl FnOnce() -> T) -> T {
    let text = text.map(|text| CString::new(text).expect("a string without NUL"));
    let pointer = text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
    set(variable, pointer);
    let outcome = run();
    set(variable, c"{}".as_ptr());
    outcome
}

fn set(variable: &str, value: *const c_char) {
    // SAFETY: each name that is passed in here is a `const char *` of probe.c.
    let place = unsafe { PROBE.library.get::<*mut *const c_char>(variable) };
    let place = place.expect("a variable of the probe");
    // SAFETY: as above; the plugin is not running: a stage is used by one thread at a time, between
    // its calls.
    unsafe { **place = value };
}

/// What the probe kept last, if anything.
pub fn take_answer() -> Option<String> {
    // SAFETY: `fuzz_answer` is a `char *` of probe.c: NULL or a string from strdup.
    let place = unsafe { PROBE.library.get::<*mut *mut c_char>("fuzz_answer") };
    let place = place.expect("a variable of the probe");
    // SAFETY: as above; the plugin is not running.
    let answer = unsafe { std::ptr::replace(*place, std::ptr::null_mut()) };
    if answer.is_null() {
        return None;
    }
    // SAFETY: a NUL-terminated string from strdup that only this code has.
    let text = unsafe { CStr::from_ptr(answer) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: as above.
    unsafe { libc::free(answer.cast()) };
    Some(text)
}
