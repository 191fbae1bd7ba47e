//! A real Node as a worker, on its own sockets and with this library as its addon. The script is data/mini_worker.mjs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
use osaurus_payload::{BridgeConfig, HandlerConfig};
use osaurus_plugin::Frame;
use osaurus_plugin::abi::HostApi;
use osaurus_shim::engine::{Engine, EngineContext, EngineFailure, Kind, Request};
use osaurus_shim::node::{Node, discover};
use osaurus_shim::platform::LIBRARY_EXTENSION;
use osaurus_shim::worker::{WorkerEngine, node};
use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The library as the tests' build made it.
fn addon() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let path = deps.with_file_name(format!("libosaurus_shim.{LIBRARY_EXTENSION}"));
    assert!(path.is_file(), "{} is missing", path.display());
    path
}

fn found() -> Node {
    discover(&BridgeConfig::default()).unwrap_or_else(|failure| panic!("{failure:?}"))
}

type Lines = Arc<Mutex<Vec<String>>>;

struct Bench {
    engine: WorkerEngine,
    lines: Lines,
}

fn bench(with_addon: bool) -> Bench {
    let config = BridgeConfig {
        language: "node".into(),
        entry: "mini_worker.mjs".into(),
        ..BridgeConfig::default()
    };
    let context = EngineContext {
        plugin_id: "dev.example.mini".into(),
        root: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"),
        settings_json: serde_json::to_string(&config).unwrap(),
        config,
    };
    let mut command = node::command(&context, &found()).unwrap();
    // In a plugin the addon is the plugin's own library; here the code runs in the test program.
    command.envs = match with_addon {
        true => vec![(node::ADDON_VARIABLE, addon().into())],
        false => Vec::new(),
    };
    let lines = Lines::default();
    let log = Arc::clone(&lines);
    let log = Arc::new(move |_: i32, text: &str| log.lock().unwrap().push(text.to_owned()));
    Bench {
        engine: WorkerEngine::new(command, context, log),
        lines,
    }
}

impl Bench {
    fn call(&self, target: &str, payload: &str, millis: u64) -> Result<String, EngineFailure> {
        // SAFETY: every field of the table is a number or a nullable function pointer.
        let mut host: HostApi = unsafe { std::mem::zeroed() };
        host.version = 6;
        host.config_get = Some(config_get);
        let request = Request {
            kind: Kind::Tool,
            target,
            payload,
            context: "",
            handler: &HandlerConfig::default(),
            deadline: Instant::now() + Duration::from_millis(millis),
        };
        // SAFETY: the table lives until the call returns and has all the slots that its version promises.
        unsafe {
            Frame::simulate(&raw const host, Duration::from_secs(60), |frame| {
                self.engine.call(frame, &request)
            })
        }
    }

    fn ok(&self, target: &str, payload: &str) -> String {
        self.call(target, payload, 30_000)
            .unwrap_or_else(|failure| panic!("{target}: {failure:?}"))
    }

    fn crash(&self, target: &str) -> String {
        match self.call(target, "", 30_000) {
            Err(EngineFailure::Crashed { text }) => text,
            other => panic!("{target}: expected a crash, got {other:?}"),
        }
    }
}

unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    // SAFETY: the ABI: a NUL-terminated string.
    let key = unsafe { CStr::from_ptr(key) }.to_str().unwrap();
    let text = format!("{key} asked on {:?}", std::thread::current().id());
    let text = CString::new(text).unwrap();
    // SAFETY: strdup copies a NUL-terminated string; the plugin side frees it with free(), as for older hosts.
    unsafe { libc::strdup(text.as_ptr()) }
}

#[test]
fn calls_host_calls_and_long_texts_pass_through_the_addon_and_through_plain_sockets() {
    for (with_addon, via) in [(true, "\"addon\""), (false, "\"socket\"")] {
        let bench = bench(with_addon);
        assert_eq!(bench.ok("via", ""), via);
        for size in [0, 10, 65_000, 3 << 20] {
            let text = "ä".repeat(size);
            assert!(bench.ok("echo", &text) == text, "{via}: {size}");
        }
        let here = format!("key asked on {:?}", std::thread::current().id());
        let expected = serde_json::json!([0, here]).to_string();
        assert_eq!(bench.ok("config", ""), expected);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    (0..200)
                        .for_each(|n| assert_eq!(bench.ok("echo", &n.to_string()), n.to_string()))
                });
            }
        });
        bench.engine.shutdown();
    }
}

#[test]
fn the_first_line_says_which_node_runs_and_who_named_it() {
    let bench = bench(true);
    let described = bench.engine.describe();
    let node = found();
    assert!(
        described.contains(&format!("Node {}", node.version)),
        "{described}"
    );
    assert!(
        described.contains(&*node.executable.to_string_lossy()),
        "{described}"
    );
    bench.ok("pid", "");
    let lines = bench.lines.lock().unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("mini worker, Node v")),
        "{lines:?}"
    );
}

#[test]
fn exits_and_loops_cost_one_call_and_the_addon_reports_errors_like_node() {
    let bench = bench(true);
    assert!(bench.crash("exit").contains("ended with exit code 5"));
    let text = bench.crash("throws");
    assert!(
        text.contains("thrown in a callback") && text.contains("exit code"),
        "{text}"
    );
    let before = bench.ok("pid", "");
    let outcome = bench.call("hang", "", 300);
    assert!(
        matches!(outcome, Err(EngineFailure::Timeout { .. })),
        "{outcome:?}"
    );
    assert_ne!(bench.ok("pid", ""), before);
    assert_eq!(bench.ok("wrong", ""), "\"argument 1 must be a Buffer\"");
}

#[test]
fn variables_that_change_what_node_loads_do_not_reach_it() {
    // SAFETY: tests of this program read the environment only through std, which has its own lock.
    unsafe { std::env::set_var("NODE_OPTIONS", "--require=/no/such/file") };
    let names = bench(false).ok("environment", "");
    // SAFETY: as above.
    unsafe { std::env::remove_var("NODE_OPTIONS") };
    assert!(!names.contains("NODE_OPTIONS"), "{names}");
}
