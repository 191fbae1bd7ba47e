//! A small Python plugin as a payload, with the real package in it.
#![allow(dead_code)]
pub mod mini;
use osaurus_payload::{BridgeConfig, HandlerConfig, Mode, Payload};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A plugin that uses what the tests look at.
pub const SOURCE: &str = include_str!("../../../../tests/fixtures/probe/main.py");

pub fn python() -> PathBuf {
    let python = std::env::var_os("OSAURUS_BRIDGE_PYTHON").map(PathBuf::from);
    python.unwrap_or_else(|| {
        let path = std::env::var_os("PATH").unwrap();
        std::env::split_paths(&path)
            .map(|folder| folder.join("python3"))
            .find(|path| path.is_file())
            .expect("a python3 on the PATH")
    })
}

pub fn handler(is_async: bool, timeout_ms: Option<u64>) -> HandlerConfig {
    HandlerConfig {
        is_async,
        threads: false,
        timeout_ms,
    }
}

pub fn config() -> BridgeConfig {
    let tools = [
        ("echo", handler(false, None)),
        ("remember", handler(false, None)),
        ("later", handler(true, None)),
        ("spin", handler(false, Some(300))),
        ("fail", handler(false, None)),
    ];
    BridgeConfig {
        format: 1,
        plugin_id: "dev.example.probe".into(),
        version: "1.0.0".into(),
        language: "python".into(),
        entry: "probe:plugin".into(),
        roots: vec!["src".into(), "sdk".into()],
        python: Some(python().to_string_lossy().into_owned()),
        mode: Mode::Worker,
        tools: tools.map(|(id, handler)| (id.to_owned(), handler)).into(),
        built_with: "tests".into(),
        ..BridgeConfig::default()
    }
}

pub fn manifest() -> String {
    let object = |properties: &str, required: &str| {
        format!(
            r#"{{"type":"object","properties":{properties},"required":{required},"additionalProperties":false}}"#
        )
    };
    let text = object(
        r#"{"text":{"type":"string"},"times":{"type":"integer"}}"#,
        r#"["text"]"#,
    );
    let key = object(r#"{"key":{"type":"string"}}"#, r#"["key"]"#);
    let none = object("{}", "[]");
    let tools: Vec<String> = [
        ("echo", &text),
        ("remember", &key),
        ("later", &text),
        ("spin", &none),
        ("fail", &none),
    ]
    .map(|(id, schema)| format!(r#"{{"id":"{id}","description":"{id}","parameters":{schema}}}"#))
    .into();
    format!(
        r#"{{"plugin_id":"dev.example.probe","name":"Probe","capabilities":{{"tools":[{}]}}}}"#,
        tools.join(",")
    )
}

/// Threads of the shim all have names that begin so.
#[cfg(target_os = "linux")]
pub fn our_threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm"));
    tasks
        .flatten()
        .filter_map(|task| name(task).ok())
        .filter(|name| name.starts_with("osaurus-"))
        .collect()
}

/// Looks again until it is so.
pub fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < patience, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The shim library as the tests' build made it.
pub fn shim() -> Vec<u8> {
    let deps = std::env::current_exe().unwrap();
    let extension = osaurus_shim::platform::LIBRARY_EXTENSION;
    let path = deps.with_file_name(format!("libosaurus_shim.{extension}"));
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The same declaration for all tools.
pub fn tools(ids: &[&str], handler: HandlerConfig) -> BTreeMap<String, HandlerConfig> {
    ids.iter()
        .map(|id| ((*id).to_owned(), handler.clone()))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The plugin with another script or other settings, when asked.
pub fn payload(source: Option<&str>, config: BridgeConfig) -> Payload {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/probe.py"), source.unwrap_or(SOURCE)).unwrap();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bridges/python/package/src");
    copy(&package, &folder.path().join("sdk"));
    Payload::from_folder(manifest(), config, folder.path()).unwrap()
}
