//! A worker engine with data/mini_worker.py in it, and a host of two functions to call it from.
#![allow(dead_code)]
use osaurus_payload::{BridgeConfig, HandlerConfig, Mode};
use osaurus_plugin::Frame;
use osaurus_plugin::abi::{HostApi, OnChunk};
use osaurus_shim::engine::{Engine, EngineContext, EngineFailure, Kind, Request};
use osaurus_shim::worker::{WorkerCommand, WorkerEngine};
use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub type Lines = Arc<Mutex<Vec<String>>>;

pub struct Bench {
    pub engine: Arc<WorkerEngine>,
    pub lines: Lines,
}

pub fn context() -> EngineContext {
    let config = BridgeConfig {
        format: 1,
        plugin_id: "dev.example.mini".into(),
        version: "1.0.0".into(),
        language: "python".into(),
        entry: "main:plugin".into(),
        roots: vec![".".into()],
        mode: Mode::Worker,
        built_with: "test".into(),
        ..BridgeConfig::default()
    };
    EngineContext {
        bundled: None,
        engine: None,
        plugin_id: config.plugin_id.clone(),
        root: "/nowhere".into(),
        settings_json: serde_json::to_string(&config).unwrap(),
        config,
    }
}

pub fn bench(extra: &[&str]) -> Bench {
    bench_with(extra, context())
}

/// With other settings.
pub fn bench_with(extra: &[&str], context: EngineContext) -> Bench {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mini_worker.py");
    let mut args = vec!["-I".into(), script.into_os_string()];
    args.extend(extra.iter().map(|arg| (*arg).into()));
    let command = WorkerCommand {
        program: super::python(),
        args,
        ..WorkerCommand::default()
    };
    let lines = Lines::default();
    let log = Arc::clone(&lines);
    let log = Arc::new(move |level: i32, text: &str| {
        log.lock().unwrap().push(format!("{level} {text}"));
    });
    let engine = Arc::new(WorkerEngine::new(command, context, log));
    Bench { engine, lines }
}

impl Bench {
    pub fn run(
        &self,
        target: &str,
        payload: &str,
        handler: &HandlerConfig,
    ) -> Result<String, EngineFailure> {
        let millis = handler.timeout_ms.unwrap_or(20_000);
        let request = Request {
            kind: Kind::Tool,
            target,
            payload,
            context: "",
            handler,
            deadline: Instant::now() + Duration::from_millis(millis),
        };
        let host = host();
        // SAFETY: the table lives until the call returns and has all the slots that its version
        // promises.
        unsafe {
            Frame::simulate(&raw const host, Duration::from_secs(30), |frame| {
                self.engine.call(frame, &request)
            })
        }
    }

    pub fn sync(&self, target: &str, payload: &str) -> Result<String, EngineFailure> {
        self.run(target, payload, &HandlerConfig::default())
    }

    pub fn within(&self, target: &str, millis: u64) -> Result<String, EngineFailure> {
        let handler = HandlerConfig {
            timeout_ms: Some(millis),
            ..HandlerConfig::default()
        };
        self.run(target, "{}", &handler)
    }

    pub fn crash_text(&self, target: &str) -> String {
        match self.within(target, 10_000) {
            Err(EngineFailure::Crashed { text, .. }) => text,
            other => panic!("expected a crash, got {other:?}"),
        }
    }

    pub fn works(&self) {
        assert_eq!(self.sync("echo", r#"{"a":1}"#).unwrap(), r#"{"a":1}"#);
    }
}

/// A host of version 6 with two functions; the others are NULL, which the ABI allows.
fn host() -> HostApi {
    // SAFETY: every field of the table is a number or a nullable function pointer.
    let mut host: HostApi = unsafe { std::mem::zeroed() };
    host.version = 6;
    host.config_get = Some(config_get);
    host.complete_stream = Some(complete_stream);
    host
}

fn give(text: &str) -> *const c_char {
    let text = CString::new(text).unwrap();
    // SAFETY: strdup copies a NUL-terminated string; the plugin side frees it with free(), as for
    // older hosts.
    unsafe { libc::strdup(text.as_ptr()) }
}

unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    // SAFETY: the ABI: a NUL-terminated string.
    let key = unsafe { CStr::from_ptr(key) }.to_str().unwrap();
    give(&format!(
        "value of {key}, asked by {:?}",
        std::thread::current().id()
    ))
}

unsafe extern "C" fn complete_stream(
    request: *const c_char,
    on_chunk: Option<OnChunk>,
    user: *mut c_void,
) -> *const c_char {
    // SAFETY: the ABI: a NUL-terminated string.
    let more = match unsafe { CStr::from_ptr(request) }.to_bytes() {
        b"big" => "x".repeat(1 << 20),
        _ => String::new(),
    };
    let chunks = (0..20).map(|n| CString::new(format!("chunk {n}{more}")).unwrap());
    for chunk in chunks {
        // SAFETY: the ABI: the callback takes a NUL-terminated string and the pointer that came
        // with it.
        unsafe { on_chunk.unwrap()(chunk.as_ptr(), user) };
        std::thread::sleep(Duration::from_millis(5));
    }
    give("{}")
}
