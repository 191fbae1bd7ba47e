//! Builds probe plugins with the system's C compiler, speaks their little language, and runs tests
//! in child processes.

use osaurus_reference_host::{AgentId, CallRecord, Host, HostBuilder, LoadedPlugin, ResolvedBy};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

static BUILT: LazyLock<(tempfile::TempDir, Mutex<HashMap<String, PathBuf>>)> =
    LazyLock::new(|| (tempfile::tempdir().unwrap(), Mutex::default()));

/// A probe library with these macros (`NAME` or `NAME=text`); the same macros give the same file.
pub fn probe(macros: &[&str]) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/host/probe.c");
    compiled(Path::new(source), macros)
}

/// A library made of a C file with these macros; the same again gives the same file.
pub fn compiled(source: &Path, macros: &[&str]) -> PathBuf {
    let key = format!("{}\n{}", source.display(), macros.join("\n"));
    let mut libraries = BUILT.1.lock().unwrap();
    if let Some(path) = libraries.get(&key) {
        return path.clone();
    }
    let output = BUILT.0.path().join(format!("probe{}.so", libraries.len()));
    compile(source, macros, &output);
    libraries.insert(key, output.clone());
    output
}

fn compile(source: &Path, macros: &[&str], output: &Path) {
    let defines: String = macros
        .iter()
        .map(|one| format!("#define {}\n", one.replacen('=', " ", 1)))
        .collect();
    let with_macros = output.with_extension("c");
    let text = format!("{defines}#include \"{}\"\n", source.display());
    std::fs::write(&with_macros, text).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-g", "-D_GNU_SOURCE", "-pthread", "-o"])
        .args([output, &with_macros])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{errors}");
}

/// The macro that makes `manifest` the probe's manifest.
pub fn manifest_macro(manifest: &Value) -> String {
    format!("MANIFEST={}", Value::String(manifest.to_string()))
}

/// A manifest with all of the probe's tools.
pub fn manifest(id: &str) -> Value {
    let tool = |id: &str| json!({"id": id, "description": format!("probe tool {id}")});
    let tools: Vec<Value> = ["call", "thread", "raw", "null", "sleep", "agent", "events"]
        .map(tool)
        .into();
    json!({"plugin_id": id, "instructions": "Probe \
        instructions.", "capabilities": {"tools": tools}})
}

/// A version 2 probe with this manifest.
pub fn probe_with(manifest: &Value) -> PathBuf {
    probe(&["WITH_V2", &manifest_macro(manifest)])
}

/// A host and a plain probe in it: a copy of its own, as the probe's globals hold the table of the
/// host that loaded it last.
pub fn loaded(builder: HostBuilder) -> (Host, Arc<LoadedPlugin>) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let host = builder.build().unwrap();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let library = probe_with(&manifest("dev.probe"));
    let copy = library.with_file_name(format!("copy{number}.so"));
    std::fs::copy(library, &copy).unwrap();
    let plugin = host.load(&copy).unwrap();
    (host, plugin)
}

/// A builder whose built-in model follows this script.
pub fn scripted(script: &str) -> HostBuilder {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = FOLDER.path().join(format!("script{number}.toml"));
    std::fs::write(&path, script).unwrap();
    Host::builder().model_script(path)
}

/// A chat request of one user message, with further fields.
pub fn ask(text: &str, extra: Value) -> Value {
    let mut request = json!({"model": "", "messages": [{"role": "user", "content": text}]});
    let fields = request.as_object_mut().unwrap();
    fields.extend(extra.as_object().unwrap().clone());
    request
}

/// The host's own warnings.
pub fn warnings(host: &Host) -> Vec<String> {
    let lines = host.log_lines().into_iter();
    let own = lines.filter(|line| line.from_host && line.level == 3);
    own.map(|line| line.message).collect()
}

/// Waits until `condition` holds.
#[track_caller]
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !condition() {
        assert!(began.elapsed().as_secs() < 60, "waited in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

pub fn alice() -> Option<AgentId> {
    Some(AgentId::named("alice"))
}

pub fn bob() -> Option<AgentId> {
    Some(AgentId::named("bob"))
}

/// One host call of the probe, inside a tool call of `agent`.
pub struct Probe<'a>(pub &'a Arc<LoadedPlugin>, pub Option<AgentId>);

impl Probe<'_> {
    pub fn order(&self, tool: &str, parts: &[&str]) -> String {
        self.0
            .try_invoke_raw("tool", tool, &parts.join("\x1f"), self.1)
            .unwrap()
    }

    pub fn call(&self, parts: &[&str]) -> String {
        self.order("call", parts)
    }

    /// From a thread that the plugin made itself.
    pub fn thread(&self, parts: &[&str]) -> String {
        self.order("thread", parts)
    }

    /// The same when the gate is open, which is the first part; this call of the host still runs.
    pub fn late_thread(&self, parts: &[&str]) -> String {
        self.order("late", parts)
    }

    pub fn json(&self, parts: &[&str]) -> Value {
        let text = self.call(parts);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub fn config_get(&self, key: &str) -> String {
        self.call(&["1", "t1", key])
    }

    pub fn config_set(&self, key: &str, value: &str) {
        self.call(&["2", "v2", key, value]);
    }

    pub fn exec(&self, sql: &str, params: &str) -> String {
        self.call(&["4", "t2", sql, params])
    }

    pub fn query(&self, sql: &str, params: &str) -> String {
        self.call(&["5", "t2", sql, params])
    }

    pub fn dispatch(&self, request: &Value) -> Value {
        self.json(&["7", "t1", &request.to_string()])
    }

    pub fn status(&self, id: &str) -> Value {
        self.json(&["8", "t1", id])
    }

    pub fn complete(&self, request: &Value) -> Value {
        self.json(&["11", "t1", &request.to_string()])
    }

    /// The chunks and the answer of a stream, which the probe cancels after two chunks when given
    /// its id.
    pub fn stream(&self, request: &Value, cancel: &str) -> (Vec<Value>, Value) {
        let text = self.call(&["12", "s", &request.to_string(), cancel]);
        let mut lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let answer = lines.pop().unwrap();
        (lines, answer)
    }

    pub fn embed(&self, request: &Value) -> Value {
        self.json(&["13", "t1", &request.to_string()])
    }

    pub fn http(&self, request: &Value) -> Value {
        self.json(&["15", "t1", &request.to_string()])
    }

    pub fn file_read(&self, path: &Path) -> Value {
        self.json(&["16", "t1", &json!({"path": path}).to_string()])
    }

    pub fn active_agent(&self) -> String {
        self.call(&["22", "t0"])
    }

    /// The events of a task: number, payload and agent, in the order in which they came.
    pub fn task_events(&self, id: &str) -> Vec<(i32, Value, String)> {
        let event = |line: String| {
            let parts: Vec<&str> = line.splitn(4, '|').collect();
            let kind = parts[0].strip_prefix("event ")?.parse().unwrap();
            let payload = serde_json::from_str(parts[3]).unwrap();
            (parts[2] == id).then(|| (kind, payload, parts[1].to_string()))
        };
        self.events().into_iter().filter_map(event).collect()
    }

    /// How many streams have delivered their first chunk.
    pub fn streams_begun(&self) -> usize {
        self.order("streams", &[]).parse().unwrap()
    }

    /// Everything the probe was sent: settings and task events.
    pub fn events(&self) -> Vec<String> {
        self.order("events", &[])
            .lines()
            .map(str::to_string)
            .collect()
    }
}

/// The calls that came from frames of this host. Calls of other tests' threads may be charged here
/// too: the fallback is process-wide.
pub fn own_calls(host: &Host) -> Vec<CallRecord> {
    let mut calls = host.activity();
    calls.retain(|call| call.resolved == ResolvedBy::Scope);
    calls
}

/// The keys of warnings, without the one about calls of other tests' threads.
pub fn own_warnings(host: &Host) -> Vec<String> {
    let keys = host.warnings().into_iter().map(|warning| warning.key);
    keys.filter(|key| !key.ends_with("|fallback_context"))
        .collect()
}

/// `test` of this binary as a process of its own, with `case` in its environment.
pub fn child(test: &str, case: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command.env("PROBE_CASE", case);
    command
}

/// Runs [`child`] and returns how it ended.
pub fn in_child(test: &str, case: &str) -> std::process::Output {
    child(test, case).output().unwrap()
}

/// The case that [`child`] gave this process.
pub fn child_case() -> Option<String> {
    std::env::var("PROBE_CASE").ok()
}

/// Asserts that a child ended well, with its output in the message.
#[track_caller]
pub fn assert_ok(output: &std::process::Output) {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{:?}\n{out}\n{err}", output.status);
}
