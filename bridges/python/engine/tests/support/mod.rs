//! A host of a few functions and a child process per scenario and interpreter, for the tests of the
//! engine.
use osaurus_payload::{BridgeConfig, HandlerConfig};
use osaurus_plugin::Frame;
use osaurus_plugin::abi::HostApi;
use osaurus_shim::engine::{Engine, EngineContext, EngineFailure, Kind, Request};
use serde_json::{Value, json};
use std::ffi::{CStr, c_char};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const CHILD: &str = "OSAURUS_TEST_SCENARIO";

/// Lines that the host was given: `level text`.
pub static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn log(level: i32, text: *const c_char) {
    // SAFETY: the ABI: NUL-terminated.
    let text = unsafe { CStr::from_ptr(text) }.to_str().unwrap();
    LOG.lock().unwrap().push(format!("{level} {text}"));
}

unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    // SAFETY: the ABI: NUL-terminated; the answer is a malloc'ed copy.
    unsafe {
        let mut answer = format!("value of {}", CStr::from_ptr(key).to_str().unwrap()).into_bytes();
        answer.push(0);
        libc::strdup(answer.as_ptr().cast())
    }
}

/// A table of version 3 with two functions.
pub fn host() -> HostApi {
    // SAFETY: the table holds a number and nullable function pointers; all zero is a value of it.
    let mut table: HostApi = unsafe { std::mem::zeroed() };
    table.version = 3;
    table.log = Some(log);
    table.config_get = Some(config_get);
    table
}

/// Lines of the log that contain `what`.
pub fn logged(what: &str) -> Vec<String> {
    let log = LOG.lock().unwrap();
    log.iter()
        .filter(|line| line.contains(what))
        .cloned()
        .collect()
}

/// All interpreters with a shared library on this machine.
pub fn pythons() -> Vec<PathBuf> {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let managed = std::fs::read_dir(home.join(".pyenv/versions"))
        .into_iter()
        .flatten();
    let managed = managed.filter_map(|entry| Some(entry.ok()?.path().join("bin/python3")));
    let system = ["/usr/bin/python3", "/opt/homebrew/bin/python3"].map(PathBuf::from);
    let pythons: Vec<PathBuf> = managed
        .chain(system)
        .filter(|path| embeddable(path))
        .collect();
    assert!(
        !pythons.is_empty(),
        "no Python with a shared library on this machine"
    );
    pythons
}

fn embeddable(python: &Path) -> bool {
    let search = osaurus_shim::discovery::Search {
        setting: python.to_str(),
        requires: None,
        named: Vec::new(),
        tag: None,
        homes: Vec::new(),
        cache: cache(),
    };
    osaurus_shim::python::find(&search)
        .is_ok_and(|found| found.base == python && found.library.is_some())
}

fn cache() -> PathBuf {
    std::env::temp_dir().join("osaurus-engine-tests")
}

fn engine_library() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let folder = here.parent().unwrap();
    let name = format!(
        "libosaurus_python_engine.{}",
        osaurus_shim::platform::LIBRARY_EXTENSION
    );
    let places = [folder.join(&name), folder.parent().unwrap().join(&name)];
    places
        .into_iter()
        .find(|path| path.is_file())
        .expect("cargo builds the engine with its tests")
}

/// Runs a scenario of this test binary in a child process, once per interpreter.
pub fn with_every_python(scenario: &str) {
    pythons()
        .iter()
        .for_each(|python| with_python(scenario, python));
}

/// As [`with_every_python`], for what the version makes no difference to.
pub fn with_one_python(scenario: &str) {
    with_python(scenario, &pythons()[0]);
}

fn with_python(scenario: &str, python: &Path) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, scenario)
        .env("OSAURUS_BRIDGE_PYTHON", python)
        .env("OSAURUS_BRIDGE_PYTHON_ENGINE", engine_library())
        .env("OSAURUS_BRIDGE_CACHE", cache())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{scenario} with {}: {}\n{}\n{}",
        python.display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The scenario that this process was started for.
pub fn scenario() -> Option<String> {
    std::env::var(CHILD).ok()
}

/// A loaded plugin.
pub struct Loaded(pub Box<dyn Engine>);

/// Settings of a plugin below `tests/plugins`, or of any folder.
pub fn context(id: &str, root: &Path, roots: &[&str]) -> EngineContext {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../package/src");
    let mut roots: Vec<Value> = roots.iter().map(|root| json!(root)).collect();
    roots.push(json!(package));
    let settings = json!({
        "format": 1, "plugin_id": id, "version": "1.0.0", "language": "python", "entry": "main:plugin",
        "roots": roots, "tools": {"config_threads": {"threads": true}, "spin_threads": {"threads": true}},
    });
    let settings_json = settings.to_string();
    let config: BridgeConfig = serde_json::from_value(settings).unwrap();
    EngineContext {
        bundled: None,
        engine: None,
        plugin_id: id.into(),
        root: root.into(),
        config,
        settings_json,
    }
}

/// Why a plugin with this main.py in this folder cannot be started.
pub fn refusal(dir: &Path, main: &str, change: impl FnOnce(&mut BridgeConfig)) -> EngineFailure {
    std::fs::write(dir.join("main.py"), main).unwrap();
    let mut context = context("dev.test.broken", dir, &["."]);
    change(&mut context.config);
    match osaurus_shim::python::start(&context) {
        Ok(_) => panic!("it started"),
        Err(failure) => failure,
    }
}

/// Starts a plugin below `tests/plugins`.
pub fn start(name: &str) -> Result<Loaded, EngineFailure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/plugins")
        .join(name);
    let context = context(&format!("dev.test.{name}"), &root, &["src", "deps"]);
    osaurus_shim::python::start(&context).map(Loaded)
}

impl Loaded {
    /// Calls a tool as the shim would, with a deadline.
    pub fn within(&self, limit: Duration, tool: &str, args: Value) -> Result<Value, EngineFailure> {
        let handler = HandlerConfig {
            is_async: tool.ends_with("_async"),
            threads: tool.ends_with("_threads"),
            timeout_ms: None,
        };
        let payload = args.to_string();
        let request = Request {
            kind: Kind::Tool,
            target: tool,
            payload: &payload,
            context: "",
            handler: &handler,
            deadline: Instant::now() + limit,
        };
        let table = host();
        // SAFETY: the table lives until the call returns.
        let answer = unsafe {
            Frame::simulate(&raw const table, limit, |frame| {
                self.0.call(frame, &request)
            })
        };
        answer.map(|text| serde_json::from_str(&text).unwrap())
    }

    /// The result of a tool that succeeds.
    pub fn ok(&self, tool: &str, args: Value) -> Value {
        let answer = self.within(Duration::from_secs(30), tool, args).unwrap();
        assert_eq!(answer["ok"], true, "{tool}: {answer}");
        answer["result"].clone()
    }
}
