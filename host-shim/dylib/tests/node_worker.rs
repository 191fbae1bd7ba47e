//! A real Node as a worker, on its own sockets and with this library as its addon. The script is
//! data/mini_worker.mjs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
use osaurus_payload::{BridgeConfig, HandlerConfig};
use osaurus_plugin::Frame;
use osaurus_plugin::abi::HostApi;
use osaurus_shim::engine::{Engine, EngineContext, EngineFailure, Kind, Request};
use osaurus_shim::node::{Node, on_this_machine};
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
    on_this_machine(&BridgeConfig::default()).unwrap_or_else(|failure| panic!("{failure:?}"))
}

type Lines = Arc<Mutex<Vec<String>>>;

struct Bench {
    engine: WorkerEngine,
    lines: Lines,
}

fn bench(with_addon: bool) -> Bench {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    bench_of(with_addon, &root, "mini_worker.mjs")
}

fn bench_of(with_addon: bool, root: &Path, entry: &str) -> Bench {
    let config = BridgeConfig {
        language: "node".into(),
        entry: entry.into(),
        ..BridgeConfig::default()
    };
    let context = EngineContext {
        bundled: None,
        engine: None,
        plugin_id: "dev.example.mini".into(),
        root: root.to_owned(),
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
        // SAFETY: the table lives until the call returns and has all the slots that its version
        // promises.
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
            Err(EngineFailure::Crashed { text, .. }) => text,
            other => panic!("{target}: expected a crash, got {other:?}"),
        }
    }
}

unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    // SAFETY: the ABI: a NUL-terminated string.
    let key = unsafe { CStr::from_ptr(key) }.to_str().unwrap();
    let text = format!("{key} asked on {:?}", std::thread::current().id());
    let text = CString::new(text).unwrap();
    // SAFETY: strdup copies a NUL-terminated string; the plugin side frees it with free(), as for
    // older hosts.
    unsafe { libc::strdup(text.as_ptr()) }
}

#[test]
fn calls_host_calls_and_long_strings_pass_through_the_addon_and_through_plain_sockets() {
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
    const UNWANTED: [(&str, &str); 5] = [
        ("LD_PRELOAD", "/no/such/library"),
        ("NODE_OPTIONS", "--require=/no/such/file"),
        ("NODE_PATH", "/no/such/folder"),
        ("NODE_REPL_EXTERNAL_MODULE", "/no/such/file"),
        ("NODE_V8_COVERAGE", "/no/such/folder"),
    ];
    for (name, value) in UNWANTED {
        // SAFETY: tests of this program read the environment only through std, which has its own
        // lock.
        unsafe { std::env::set_var(name, value) };
    }
    let names = bench(false).ok("environment", "");
    for (name, _) in UNWANTED {
        // SAFETY: as above.
        unsafe { std::env::remove_var(name) };
        assert!(!names.contains(name), "{names}");
    }
    assert!(names.contains("\"PATH\""), "{names}");
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_the_host_has_open_do_not_reach_it() {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let file = tempfile::NamedTempFile::new().unwrap();
    // SAFETY: F_DUPFD makes a new descriptor, without close-on-exec, as a careless host would have.
    let leak = unsafe { OwnedFd::from_raw_fd(libc::fcntl(file.as_raw_fd(), libc::F_DUPFD, 50)) };
    let descriptors = bench(true).ok("files", "");
    let name = file.path().to_str().unwrap();
    assert!(
        descriptors.contains("socket:") && !descriptors.contains(name),
        "{descriptors}"
    );
    drop(leak);
}

/// Not a test of its own: the next test runs it in a process that it can kill.
#[test]
#[ignore = "run by a_worker_that_loops_ends_with_its_host"]
fn helper_whose_worker_loops_when_it_is_killed() {
    let bench = bench(std::env::var_os("OSAURUS_TEST_ADDON").is_some());
    println!("worker {}", bench.ok("pid", ""));
    std::thread::scope(|scope| {
        scope.spawn(|| bench.call("hang", "", 60_000));
        std::thread::sleep(Duration::from_millis(200));
        // SAFETY: raise(3) has no memory effects; the process ends here without any destructor.
        unsafe { libc::raise(libc::SIGKILL) };
    });
}

#[test]
fn a_worker_that_loops_ends_with_its_host() {
    for variable in ["OSAURUS_TEST_ADDON", "OSAURUS_TEST_NO_ADDON"] {
        let helper = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("helper_whose_worker_loops_when_it_is_killed")
            .env(variable, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&helper.stdout);
        let pid = text.split_once("worker ").map(|(_, rest)| rest);
        let pid = pid.and_then(|rest| rest.split_whitespace().next());
        let pid = pid.unwrap_or_else(|| panic!("{text}"));
        let soon = Instant::now() + Duration::from_secs(60);
        while runs(pid) {
            assert!(Instant::now() < soon, "worker {pid} outlived its host");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Where no init process collects it, one that has ended stays as a zombie.
fn runs(pid: &str) -> bool {
    let ps = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", pid])
        .output();
    let state = String::from_utf8(ps.unwrap().stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

#[test]
fn a_worker_that_cannot_start_is_tried_less_and_less_often_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let repaired = folder.path().join("repaired");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mini_worker.mjs");
    let main = folder.path().join("main.mjs");
    let text = format!(
        "import {{ existsSync }} from 'node:fs';\n\
         if (!existsSync({repaired:?})) {{ console.error('not repaired yet'); process.exit(3); }}\n\
         await import({script:?});\n"
    );
    std::fs::write(&main, text).unwrap();
    let bench = bench_of(true, folder.path(), "main.mjs");
    let mut crashes = 0;
    let pausing = loop {
        match bench.call("pid", "", 30_000) {
            Err(EngineFailure::Crashed { text, .. }) => {
                crashes += 1;
                assert!(
                    text.contains("exit code 3") && text.contains("not repaired yet"),
                    "{text}"
                );
            }
            Err(EngineFailure::Unavailable { looked_for, .. }) => break looked_for.concat(),
            other => panic!("{other:?}"),
        }
    };
    // At once, then after 0.5, 1 and 2 seconds: a call waits no longer than that.
    assert!((3..=6).contains(&crashes), "{crashes} starts");
    let expected = format!("the worker failed {crashes} times in a row");
    assert!(pausing.contains(&expected), "{pausing}");
    std::fs::write(&repaired, "").unwrap();
    let soon = Instant::now() + Duration::from_secs(60);
    while bench.call("pid", "", 30_000).is_err() {
        assert!(Instant::now() < soon, "it was never tried again");
        std::thread::sleep(Duration::from_millis(100));
    }
}
