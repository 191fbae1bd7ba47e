//! A scripted plugin with the real Python package, run by the worker engine through the shim's own
//! plugin code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
mod common;
use common::{config, payload};
use osaurus_payload::{BridgeConfig, PayloadInFile};
use osaurus_plugin::abi::HostApi;
use osaurus_plugin::{Frame, Plugin};
use osaurus_shim::carried::Carried;
use osaurus_shim::plugin::ScriptPlugin;
use serde_json::{Value, json};
use std::ffi::{CStr, CString, c_char, c_int};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// One cache for all tests of this program, set before any thread reads the environment.
static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let cache = tempfile::tempdir().unwrap();
    // SAFETY: only tests of this program run, and each goes through here before it reads the
    // environment.
    unsafe { std::env::set_var("OSAURUS_BRIDGE_CACHE", cache.path().join("cache")) };
    cache
});

fn plugin(source: Option<&str>) -> ScriptPlugin {
    plugin_with(source, config())
}

fn plugin_with(source: Option<&str>, config: BridgeConfig) -> ScriptPlugin {
    let folder = CACHE.path();
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = folder.join(format!("p{next}.osrpay"));
    std::fs::write(&path, payload(source, config).to_bytes().unwrap()).unwrap();
    let file = PayloadInFile::beside(&path.with_extension("so"))
        .unwrap()
        .unwrap();
    ScriptPlugin::new(Arc::new(Carried::in_file(file).unwrap()))
}

fn host() -> HostApi {
    // SAFETY: every field of the table is a number or a nullable function pointer.
    let mut host: HostApi = unsafe { std::mem::zeroed() };
    host.version = 6;
    host.config_get = Some(config_get);
    host.log = Some(log);
    host
}

unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    // SAFETY: the ABI: a NUL-terminated string.
    let key = unsafe { CStr::from_ptr(key) }.to_str().unwrap();
    let text = CString::new(format!("value of {key}")).unwrap();
    // SAFETY: strdup copies a NUL-terminated string; the plugin side frees it.
    unsafe { libc::strdup(text.as_ptr()) }
}

unsafe extern "C" fn log(level: c_int, text: *const c_char) {
    // SAFETY: the ABI: a NUL-terminated string.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    LINES.lock().unwrap().push(format!("{level} {text}"));
}

fn invoke(plugin: &ScriptPlugin, tool: &str, payload: Value) -> Value {
    let host = host();
    let payload = payload.to_string();
    // SAFETY: the table lives until the call returns and has all the slots that its version
    // promises.
    let text = unsafe {
        Frame::simulate(&raw const host, Duration::from_secs(60), |frame| {
            plugin.invoke(frame, "tool", tool, &payload)
        })
    };
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn tools_answer_with_envelopes_and_use_the_host() {
    let plugin = plugin(None);
    let answer = invoke(&plugin, "echo", json!({"text": "ab", "times": 2}));
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(answer["result"]["text"], "abab", "{answer}");
    let extras = json!({"key": "color", "_secrets": {"token": "t0"}, "_context": {"working_directory": "/tmp"}});
    let answer = invoke(&plugin, "remember", extras);
    assert_eq!(
        answer["result"],
        json!({"value": "value of color", "folder": "/tmp", "secret": "t0"}),
        "{answer}"
    );
    let answer = invoke(&plugin, "later", json!({"text": "x"}));
    assert_eq!(answer["result"]["text"], "x", "{answer}");
    let answer = invoke(&plugin, "fail", json!({}));
    assert_eq!(
        (&answer["ok"], &answer["kind"]),
        (&json!(false), &json!("not_found")),
        "{answer}"
    );
    plugin.stop();
}

#[test]
fn a_handler_that_never_ends_is_stopped_and_the_worker_lives() {
    let plugin = plugin(None);
    invoke(&plugin, "echo", json!({"text": "warm"}));
    let began = Instant::now();
    let answer = invoke(&plugin, "spin", json!({}));
    assert_eq!(answer["kind"], "timeout", "{answer}");
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        invoke(&plugin, "echo", json!({"text": "a"}))["result"]["text"],
        "a"
    );
    plugin.stop();
}

#[test]
fn eight_host_threads_at_once_all_get_their_own_answer() {
    let plugin = plugin(None);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let plugin = &plugin;
            scope.spawn(move || {
                for round in 0..40 {
                    let tool = ["echo", "later"][round % 2];
                    let text = format!("{thread}-{round}");
                    let answer = invoke(plugin, tool, json!({"text": text}));
                    assert_eq!(answer["result"]["text"], text, "{answer}");
                }
            });
        }
    });
    plugin.stop();
}

#[test]
fn the_unload_handler_runs_and_the_worker_is_gone() {
    let mark = CACHE.path().join("unloaded");
    let source = include_str!("../../../tests/fixtures/unloaded/main.py");
    let source = source.replace("MARK", &mark.display().to_string());
    let mut config = config();
    config.handlers.unload = Some(common::handler(false, None));
    let plugin = plugin_with(Some(&source), config);
    let answer = invoke(&plugin, "echo", json!({"text": ""}));
    let pid: i32 = answer["result"]["text"].as_str().unwrap().parse().unwrap();
    let began = Instant::now();
    plugin.stop();
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert!(mark.exists(), "on_unload did not run");
    // SAFETY: kill(2) with signal 0 only asks whether the process is there.
    assert_eq!(unsafe { libc::kill(pid, 0) }, -1);
}

#[test]
fn a_syntax_error_is_told_with_its_line() {
    let plugin = plugin(Some("x = 1\ny = (\n"));
    let answer = invoke(&plugin, "echo", json!({"text": "a"}));
    assert_eq!(answer["kind"], "execution_error", "{answer}");
    let message = answer["message"].as_str().unwrap();
    assert!(
        message.contains("probe.py") && message.contains('2'),
        "{message}"
    );
    plugin.stop();
}
