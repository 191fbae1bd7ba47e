//! Starts the plugin's engine at the first call that needs one: unpacks the payload, picks the
//! engine, remembers failures. Used by `plugin`. The one place that knows which engines there are.
use crate::carried::Carried;
use crate::engine::{Engine, EngineContext, EngineFailure};
use crate::platform;
use crate::worker::{self, Launch, LogFn, WorkerEngine};
use osaurus_payload::{BridgeConfig, Mode, Role, Unpacked};
use osaurus_plugin::log_level;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Environment variable with a mode for all plugins.
pub const MODE_VARIABLE: &str = "OSAURUS_BRIDGE_MODE";
/// Longest pause between two attempts to start.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// How long the end of a plugin waits for a start that is under way.
const PATIENCE: Duration = Duration::from_secs(1);

/// The plugin's engine, or why there is none.
pub struct Runtime {
    carried: Arc<Carried>,
    engine: OnceLock<Box<dyn Engine>>,
    attempts: Mutex<Attempts>,
    /// The plugin has been destroyed.
    closed: AtomicBool,
}

#[derive(Default)]
struct Attempts {
    failures: u32,
    last: Option<(EngineFailure, Instant)>,
    /// Held while the engine runs from them.
    files: Vec<Unpacked>,
}

impl Runtime {
    /// Starts nothing.
    pub fn new(carried: Arc<Carried>) -> Self {
        Self {
            carried,
            engine: OnceLock::new(),
            attempts: Mutex::default(),
            closed: AtomicBool::new(false),
        }
    }

    /// The engine. The first caller starts it, others wait for that. After a failure the same
    /// answer is given again until a pause is over (1 s, 2 s, 4 s, ...), then it is tried once
    /// more.
    pub fn engine(&self) -> Result<&dyn Engine, EngineFailure> {
        if let Some(engine) = self.engine.get() {
            return Ok(&**engine);
        }
        let mut attempts = self.attempts();
        if let Some(engine) = self.engine.get() {
            return Ok(&**engine);
        }
        if self.is_closed() {
            return Err(unloaded());
        }
        if let Some((failure, at)) = &attempts.last
            && at.elapsed() < pause(attempts.failures)
        {
            return Err(failure.clone());
        }
        match start(&self.carried) {
            Ok((engine, files)) => {
                attempts.files = files;
                self.keep(engine)
            }
            Err(failure) => {
                attempts.failures += 1;
                attempts.last = Some((failure.clone(), Instant::now()));
                Err(failure)
            }
        }
    }

    /// Either this sees that the plugin has been destroyed, or [`Runtime::shutdown`] sees the
    /// engine.
    fn keep(&self, engine: Box<dyn Engine>) -> Result<&dyn Engine, EngineFailure> {
        let engine = &**self.engine.get_or_init(|| engine);
        if self.is_closed() {
            engine.shutdown();
            return Err(unloaded());
        }
        Ok(engine)
    }

    /// Starts the script before its first call, on a thread of its own: for a debugger that looks
    /// for it, and for a plugin that wants it. After a failure the first call tries again.
    pub fn start_early(self: &Arc<Self>) {
        pin();
        let runtime = Arc::clone(self);
        let start = move || {
            let started = runtime.engine().and_then(|engine| engine.start_early());
            match started {
                Err(failure) if !runtime.is_closed() => {
                    not_started_early(&crate::envelope::Failure::from(&failure).message);
                }
                _ => {}
            }
        };
        let thread = std::thread::Builder::new().name("osaurus-early".into());
        if let Err(error) = thread.spawn(start) {
            not_started_early(&format!("no thread can be started: {error}"));
        }
    }

    /// Ends the engine if one runs. No engine starts afterwards.
    pub fn shutdown(&self) {
        self.closed.store(true, Ordering::SeqCst);
        if let Some(engine) = self.engine.get() {
            engine.shutdown();
        }
        if let Some(mut attempts) = self.attempts_soon() {
            attempts.files.clear();
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// `None` when a start takes too long to wait for it. It will see that it came too late.
    fn attempts_soon(&self) -> Option<MutexGuard<'_, Attempts>> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.attempts.try_lock() {
                Ok(guard) => return Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() >= end => return None,
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pause(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.clamp(1, 7).saturating_sub(1)).min(MAX_PAUSE)
}

fn unloaded() -> EngineFailure {
    EngineFailure::Unavailable {
        looked_for: vec!["the plugin has been unloaded".into()],
        fix: "Load it again.".into(),
    }
}

fn not_started_early(why: &str) {
    let text = format!("the plugin could not be started before its first call: {why}");
    osaurus_plugin::log(log_level::ERROR, &text);
}

/// From here on threads run our code: the image must stay, even if the host closes it.
fn pin() {
    if let Some(image) = platform::own_image() {
        image.pin();
    }
}

fn start(carried: &Carried) -> Result<(Box<dyn Engine>, Vec<Unpacked>), EngineFailure> {
    pin();
    let choice = mode(&carried.head.config)?;
    let (context, files) = unpack(carried, choice.mode, &platform::cache_root())?;
    let (engine, level, why) = select(&context, choice)?;
    osaurus_plugin::log(level, &format!("{}; {why}", engine.describe()));
    Ok((engine, files))
}

/// What the mode needs of what the plugin carries. The files are not read when they are in the
/// cache already.
fn unpack(
    carried: &Carried,
    mode: Mode,
    cache: &Path,
) -> Result<(EngineContext, Vec<Unpacked>), EngineFailure> {
    let config = &carried.head.config;
    let own = carried.unpack(cache).map_err(|e| cannot_unpack(&e))?;
    let shared = |role: Role| -> Result<Option<(PathBuf, Unpacked)>, EngineFailure> {
        let Some(shared) = config.shared(role) else {
            return Ok(None);
        };
        let unpacked = carried.unpack_shared(shared, cache);
        let unpacked = unpacked.map_err(|e| cannot_unpack(&e))?;
        Ok(Some((unpacked.folder().join(&shared.main), unpacked)))
    };
    let (bundled, its_files) = shared(Role::Interpreter)?.unzip();
    let engine = match mode {
        Mode::Embedded => shared(Role::PythonEngine)?,
        Mode::Worker => None,
    };
    let (engine, engines_files) = engine.unzip();
    let context = EngineContext {
        plugin_id: config.plugin_id.clone(),
        root: own.folder().into(),
        bundled,
        engine,
        settings_json: serde_json::to_string(config).map_err(|e| cannot_unpack(&e))?,
        config: config.clone(),
    };
    let others = its_files.into_iter().chain(engines_files);
    Ok((context, [own].into_iter().chain(others).collect()))
}

fn cannot_unpack(why: &dyn std::fmt::Display) -> EngineFailure {
    EngineFailure::Unavailable {
        looked_for: Vec::new(),
        fix: format!("Its files cannot be unpacked: {why}."),
    }
}

/// How the script shall run, and who says so.
struct Choice {
    mode: Mode,
    whose: &'static str,
}

impl Choice {
    fn text(&self) -> String {
        format!("{} is \"{}\"", self.whose, self.mode)
    }
}

/// `OSAURUS_BRIDGE_MODE` is for trying a plugin in another mode without building it again.
fn mode(config: &BridgeConfig) -> Result<Choice, EngineFailure> {
    let (mode, whose) = match std::env::var(MODE_VARIABLE) {
        Ok(text) if !text.is_empty() => {
            let mode = text.parse().map_err(|e| EngineFailure::Unavailable {
                looked_for: vec![format!("the environment variable {MODE_VARIABLE}: {e}")],
                fix: "Correct or remove it.".into(),
            })?;
            (mode, MODE_VARIABLE)
        }
        _ => (config.mode, "the plugin's mode"),
    };
    Ok(Choice { mode, whose })
}

/// An engine, and why this one: level and words of a log line.
type Selected = (Box<dyn Engine>, i32, String);

fn select(context: &EngineContext, choice: Choice) -> Result<Selected, EngineFailure> {
    let engine = match (context.config.language.as_str(), choice.mode) {
        ("python", Mode::Worker) => python_worker(context),
        ("python", Mode::Embedded) => return embedded_python(context, &choice),
        ("node", Mode::Worker) => node_worker(context),
        ("node", Mode::Embedded) => {
            let thread = crate::node::embedded::start(context)?;
            Ok(thread_of(thread, context))
        }
        (language, _) => Err(EngineFailure::Unavailable {
            looked_for: vec![format!("an engine for {language}")],
            fix: "This shim runs Python and Node; build the plugin with a newer osaurus-bridge."
                .into(),
        }),
    };
    Ok((engine?, log_level::INFO, choice.text()))
}

/// In the host's process if its interpreter can be had, else in a worker: the plugin works, and the
/// log says why it is slower than its author wanted.
fn embedded_python(context: &EngineContext, choice: &Choice) -> Result<Selected, EngineFailure> {
    let (looked_for, fix) = match crate::python::start(context) {
        Err(EngineFailure::Unavailable { looked_for, fix }) => (looked_for, fix),
        other => return Ok((other?, log_level::INFO, choice.text())),
    };
    let why = looked_for.join("; ");
    let engine = python_worker(context).map_err(|second| match second {
        // When there is no Python at all, the first reason is the better one.
        EngineFailure::Unavailable {
            looked_for: none, ..
        } if none == looked_for => EngineFailure::Unavailable { looked_for, fix },
        other => other,
    })?;
    let text = format!("not embedded, although {}: {why}", choice.text());
    Ok((engine, log_level::WARN, text))
}

fn python_worker(context: &EngineContext) -> Result<Box<dyn Engine>, EngineFailure> {
    let interpreter = crate::python::discover(context)?;
    let command = worker::python::command(context, &interpreter)?;
    Ok(worker_of(command, context))
}

fn node_worker(context: &EngineContext) -> Result<Box<dyn Engine>, EngineFailure> {
    let node = crate::node::discover(context)?;
    let command = worker::node::command(context, &node)?;
    Ok(worker_of(command, context))
}

fn worker_of(launcher: impl Launch + 'static, context: &EngineContext) -> Box<dyn Engine> {
    let log: LogFn = Arc::new(osaurus_plugin::log);
    Box::new(WorkerEngine::new(launcher, context.clone(), log))
}

/// A thread of the host's process has no memory of its own that its end would give back.
fn thread_of(launcher: impl Launch + 'static, context: &EngineContext) -> Box<dyn Engine> {
    let mut context = context.clone();
    context.config.idle_timeout_ms = None;
    worker_of(launcher, &context)
}
