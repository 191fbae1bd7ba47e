//! A real libnode in a process, with copies of the real library in it. The script is
//! data/mini_worker.mjs. Where the system has no libnode, the tests run in the project's Debian
//! trixie root, which has one; macOS has neither.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
mod common;
use common::{handler, shim, tools};
use osaurus_payload::{BridgeConfig, Mode, Payload, inject};
use osaurus_plugin::abi::{HostApi, PluginApi};
use serde_json::Value;
use std::ffi::{CStr, CString, c_char, c_int};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const TOOLS: [&str; 10] = [
    "echo",
    "config",
    "exit",
    "hang",
    "late",
    "memory",
    "print",
    "jit",
    "pid",
    "environment",
];

/// Runs `body` in a process that has a libnode to load.
fn with_libnode(test: &str, envs: &[(&str, &str)], body: impl FnOnce(&Path)) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../script/trixie-root");
    let mut command = Command::new(&script);
    command
        .args(["run", "--"])
        .arg(std::env::current_exe().unwrap());
    if !is_inside() {
        let install = Command::new(&script)
            .args(["install", "libnode115"])
            .status();
        assert!(install.unwrap().success(), "the trixie root cannot be made");
    }
    inside(command, test, envs, body);
}

/// Set in the process that runs a test's body.
const INSIDE: &str = "OSAURUS_TEST_INSIDE";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

fn inside(mut command: Command, test: &str, envs: &[(&str, &str)], body: impl FnOnce(&Path)) {
    if is_inside() {
        let folder = tempfile::tempdir().unwrap();
        // SAFETY: the only test of this process; nothing else reads the environment yet.
        unsafe { std::env::set_var("OSAURUS_BRIDGE_CACHE", folder.path().join("cache")) };
        body(folder.path());
        println!("reached the end");
        return;
    }
    let output = command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .envs(envs.iter().copied())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr];
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.concat();
    assert!(
        output.status.success() && text.contains("reached the end"),
        "{:?}: {text}",
        output.status
    );
    // Nothing that a plugin prints reaches the host's own output.
    assert!(!text.contains("printed by the plugin"), "{text}");
}

/// A copy of the library with the mini worker in it.
fn library(folder: &Path, name: &str) -> PathBuf {
    let stage = folder.join(format!("{name}-files"));
    std::fs::create_dir(&stage).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mini_worker.mjs");
    std::fs::copy(script, stage.join("main.mjs")).unwrap();
    let config = BridgeConfig {
        format: 1,
        plugin_id: format!("dev.example.{name}"),
        language: "node".into(),
        entry: "main.mjs".into(),
        mode: Mode::Embedded,
        memory_mb: Some(64),
        tools: tools(&TOOLS, handler(true, Some(5_000))),
        ..BridgeConfig::default()
    };
    let tools: Vec<String> = TOOLS
        .map(|id| {
            format!(r#"{{"id":"{id}","description":"{id}","parameters":{{"type":"object"}}}}"#)
        })
        .into();
    let manifest = format!(
        r#"{{"plugin_id":"dev.example.{name}","capabilities":{{"tools":[{}]}}}}"#,
        tools.join(",")
    );
    let payload = Payload::from_folder(manifest, config, &stage).unwrap();
    let path = folder.join(format!("{name}.so"));
    std::fs::write(
        &path,
        inject(&shim(), &payload.to_bytes().unwrap()).unwrap(),
    )
    .unwrap();
    path
}

static LINES: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

unsafe extern "C" fn log(_level: c_int, text: *const c_char) {
    // SAFETY: the ABI: a NUL-terminated string.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    LINES.lock().unwrap().push(text.into_owned());
}

unsafe extern "C" fn config_get(_key: *const c_char) -> *const c_char {
    let text = CString::new(format!("{:?}", std::thread::current().id())).unwrap();
    // SAFETY: strdup copies a NUL-terminated string; the plugin side frees it with free(), as for
    // older hosts.
    unsafe { libc::strdup(text.as_ptr()) }
}

/// A plugin in this process, under a host that lives as long as the process.
struct Loaded(PluginApi);

impl Loaded {
    fn open(path: &Path) -> Self {
        // SAFETY: every field of the table is a number or a nullable function pointer.
        let mut host: HostApi = unsafe { std::mem::zeroed() };
        host.version = 5;
        host.log = Some(log);
        host.config_get = Some(config_get);
        let host = Box::leak(Box::new(host));
        type Entry = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;
        // SAFETY: the shim runs no code of ours when it is loaded; the symbol and its type are the
        // ABI's.
        let table = unsafe {
            let library = libloading::Library::new(path).unwrap();
            let entry = *library.get::<Entry>(b"osaurus_plugin_entry_v2").unwrap();
            std::mem::forget(library);
            *entry(host)
        };
        // SAFETY: init after entry.
        unsafe { table.init.unwrap()() };
        Self(table)
    }

    fn call(&self, tool: &str, payload: &str) -> Value {
        let [kind, id, payload] = ["tool", tool, payload].map(|text| CString::new(text).unwrap());
        // SAFETY: three NUL-terminated strings; the result is given back right away.
        let text = unsafe {
            let call = self.0.invoke.unwrap();
            let ctx = std::ptr::without_provenance_mut(1);
            let text = call(ctx, kind.as_ptr(), id.as_ptr(), payload.as_ptr());
            let copy = CStr::from_ptr(text).to_str().unwrap().to_owned();
            self.0.free_string.unwrap()(text);
            copy
        };
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{tool}: {e}: {text}"))
    }

    fn fails(&self, tool: &str, says: &str) {
        let answer = self.call(tool, "{}");
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(
            message.contains(says),
            "{tool}: {says:?} is not in {answer}"
        );
    }

    fn works(&self) {
        let answer = self.call("echo", r#"{"a":"ü"}"#);
        assert_eq!(answer["a"], "ü", "{answer} {:#?}", LINES.lock().unwrap());
    }
}

fn logged(part: &str) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        if LINES.lock().unwrap().iter().any(|line| line.contains(part)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Dispositions of all signals, the limit of descriptors, and the flags of 0, 1 and 2.
fn state_of_the_process() -> String {
    let signals: Vec<libc::sighandler_t> = (1..32).map(disposition).collect();
    // SAFETY: all zeros are a limit.
    let mut files: libc::rlimit = unsafe { std::mem::zeroed() };
    // SAFETY: getrlimit(2) fills the limit that it is given.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut files) };
    // SAFETY: fcntl(2) on numbers.
    let flags = [0, 1, 2].map(|fd| unsafe { libc::fcntl(fd, libc::F_GETFL) });
    format!("{signals:?} {} {flags:?}", files.rlim_cur)
}

/// What the process does about a signal.
fn disposition(signal: libc::c_int) -> libc::sighandler_t {
    // SAFETY: all zeros are an action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: sigaction(2) without a new action fills the old one; for a signal that has none it
    // does nothing.
    unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    action.sa_sigaction
}

#[test]
fn two_plugins_share_one_node_and_the_host_keeps_its_signals_and_descriptors() {
    let test = "two_plugins_share_one_node_and_the_host_keeps_its_signals_and_descriptors";
    with_libnode(test, &[], |folder| {
        let before = state_of_the_process();
        let [one, two] = ["one", "two"].map(|name| Loaded::open(&library(folder, name)));
        for plugin in [&one, &two] {
            plugin.works();
            let here = format!("{:?}", std::thread::current().id());
            assert_eq!(plugin.call("config", "{}"), serde_json::json!([0, here]));
        }
        assert!(logged("embedded Node 20."), "{:?}", LINES.lock().unwrap());
        assert_eq!(one.call("pid", "{}"), std::process::id());
        assert_eq!(one.call("jit", "{}"), true);
        one.call("print", "{}");
        assert!(logged("printed by the plugin"));
        assert_eq!(state_of_the_process(), before);
        let long = "ä".repeat(3 << 20);
        let answer = one.call("echo", &format!(r#"{{"text":"{long}"}}"#));
        assert!(answer["text"].as_str() == Some(&long));
    });
}

#[test]
fn variables_that_change_what_is_loaded_do_not_reach_a_worker() {
    let test = "variables_that_change_what_is_loaded_do_not_reach_a_worker";
    let unwanted = ["NODE_REPL_EXTERNAL_MODULE", "__PYVENV_LAUNCHER__"];
    with_libnode(test, &unwanted.map(|name| (name, "/no/such")), |folder| {
        let names = Loaded::open(&library(folder, "one")).call("environment", "{}");
        let names: Vec<String> = serde_json::from_value(names).unwrap();
        assert!(names.contains(&INSIDE.to_owned()), "{names:?}");
        for name in unwanted {
            assert!(std::env::var_os(name).is_some() && !names.contains(&name.to_owned()));
        }
    });
}

#[test]
fn whatever_a_plugin_does_ends_its_worker_alone() {
    let test = "whatever_a_plugin_does_ends_its_worker_alone";
    with_libnode(test, &[], |folder| {
        let [one, two] = ["one", "two"].map(|name| Loaded::open(&library(folder, name)));
        let open_at_first = {
            one.works();
            two.works();
            open_descriptors()
        };
        for (tool, says) in [
            ("exit", "the plugin's thread ended with exit code 5"),
            ("late", "thrown when no one waits"),
            ("memory", "ran out of memory (its limit is 64 MiB)"),
            ("hang", "within 5.0 s and was stopped"),
        ] {
            one.fails(tool, says);
            two.works();
            one.works();
        }
        let end = Instant::now() + Duration::from_secs(60);
        while open_descriptors() > open_at_first && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(
            open_descriptors() <= open_at_first,
            "descriptors were left open"
        );
    });
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/dev/fd").unwrap().count()
}

/// Destroyed or not: what Node still does then must not meet the destructors of its library.
#[test]
fn a_host_that_ends_right_after_a_call_ends_well() {
    let test = "a_host_that_ends_right_after_a_call_ends_well";
    for round in 0..10 {
        with_libnode(
            test,
            &[("OSAURUS_TEST_ROUND", &round.to_string())],
            |folder| {
                let plugin = Loaded::open(&library(folder, "one"));
                plugin.works();
                if std::env::var("OSAURUS_TEST_ROUND").is_ok_and(|text| text != "0") {
                    // SAFETY: destroy after init, once.
                    unsafe { plugin.0.destroy.unwrap()(std::ptr::without_provenance_mut(1)) };
                }
                println!("reached the end");
                std::process::exit(0);
            },
        );
    }
}

#[test]
fn without_a_jit_scripts_run_and_the_log_says_so() {
    let test = "without_a_jit_scripts_run_and_the_log_says_so";
    with_libnode(test, &[("OSAURUS_BRIDGE_NODE_JITLESS", "1")], |folder| {
        let plugin = Loaded::open(&library(folder, "one"));
        plugin.works();
        assert_eq!(plugin.call("jit", "{}"), false);
        assert!(logged(
            "without JIT: no WebAssembly, and fetch goes through the host"
        ));
        #[cfg(target_os = "linux")]
        {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let code_of_nobody = maps.lines().any(|line| line.contains("rwxp"));
            assert!(!code_of_nobody, "memory for code was made");
        }
    });
}

#[test]
fn a_plugin_in_a_process_without_libnode_says_what_to_do() {
    let test = "a_plugin_in_a_process_without_libnode_says_what_to_do";
    let here = Command::new(std::env::current_exe().unwrap());
    let envs = [("OSAURUS_BRIDGE_LIBNODE", "/no/such/libnode.so")];
    inside(here, test, &envs, |folder| {
        let plugin = Loaded::open(&library(folder, "lost"));
        let says = "/no/such/libnode.so (OSAURUS_BRIDGE_LIBNODE): not there";
        plugin.fails("echo", says);
        plugin.fails("echo", "out to run the plugin on a plain Node");
    });
}
