//! Starts CPython in this process, once, for good: isolated, in UTF-8 mode, never finalised. Called
//! by `python::start` under the start lock. Knows libpython and an interpreter's path, not plugins.
use super::cpython::{ByConfig, ByInitConfig, InProcess};
use super::discover::Interpreter;
use super::layout::{self, ConfigLayout};
use crate::loader::Library;
use crate::signals::{self, Dispositions};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::mpsc;

/// Stack of the thread that starts the interpreter.
const STACK: usize = 16 << 20;

/// Runs once after the start. `signal` takes SIGINT when it is imported: now, so that it can be
/// given back. `threading` calls the thread that imports it the main one: ours, which runs no
/// plugin.
const AFTER_START: &CStr = cr#"
import builtins, signal, sys, threading
if not hasattr(builtins, "exit"):
    builtins.exit = builtins.quit = sys.exit
sys._osaurus_started = True
del builtins, signal, sys, threading
"#;

/// What the interpreter takes itself for: its program, and whether it sees the packages that are
/// installed there.
struct Program {
    path: CString,
    site: c_int,
}

impl Program {
    fn of(found: &Interpreter) -> Result<Self, String> {
        Ok(Program {
            path: CString::new(found.executable.as_os_str().as_bytes())
                .map_err(|e| e.to_string())?,
            site: found.lends_packages().into(),
        })
    }
}

/// Opens the shared library of an interpreter.
///
/// # Errors
/// What the loader said.
pub fn open(library: &Path) -> Result<Library, String> {
    Library::open(library, true)
        .map_err(|why| format!("{} cannot be opened: {why}", library.display()))
}

/// Opens `library` and starts the interpreter. The start happens on a thread that then sleeps
/// forever: so no thread of the host is Python's main thread, and no script can install a signal
/// handler.
///
/// # Errors
/// What the loader or CPython said.
pub fn start(library: &Path, found: &Interpreter) -> Result<InProcess, String> {
    let python = InProcess::of(open(library)?)?;
    refuse_unfit(&python)?;
    if !python.is_running() {
        start_on_own_thread(python, found)?;
    }
    Ok(python)
}

/// Starts an interpreter whose library someone else has opened.
///
/// # Errors
/// What CPython said.
pub fn start_on_own_thread(python: InProcess, found: &Interpreter) -> Result<(), String> {
    let program = Program::of(found)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("osaurus-python-main".into())
        .stack_size(STACK)
        .spawn(move || {
            signals::block_all();
            let started = start_here(&python, &program);
            let keep = started.is_ok();
            let _ = sender.send(started);
            if keep {
                loop {
                    std::thread::park();
                }
            }
        })
        .map_err(|error| format!("no thread for Python can be started: {error}"))?;
    receiver
        .recv()
        .map_err(|_| "the thread that starts Python died".to_owned())?
}

/// A build without the GIL would load the engine and then corrupt memory; one that cannot be told
/// of another stack takes it for an overflow.
///
/// # Errors
/// A sentence that names the version.
pub fn refuse_unfit(python: &InProcess) -> Result<(), String> {
    if !python.can_change_stacks() {
        return Err(format!(
            "Python {} ({}) cannot run on a stack of the engine's own; 3.14.2 and later can",
            python.version()?,
            python.file().display()
        ));
    }
    if python.is_free_threaded() {
        return Err(format!(
            "Python {} ({}) is a free-threaded build, which the embedded engine does not support",
            python.version()?,
            python.file().display()
        ));
    }
    Ok(())
}

fn start_here(python: &InProcess, program: &Program) -> Result<(), String> {
    let version = python.version()?;
    signals::ignore_sigpipe();
    let before = Dispositions::save();
    let started = match layout::of(version.minor) {
        Some(layout) => by_config(python.library, layout, program),
        None => by_init_config(python.library, program),
    };
    let started = started.and_then(|()| {
        // SAFETY: the interpreter was started on this thread, which holds the GIL.
        match unsafe { (python.core.run)(AFTER_START.as_ptr()) } {
            0 => Ok(()),
            _ => {
                Err("its standard library is not usable: `import signal, threading` failed".into())
            }
        }
    });
    before.restore();
    if python.is_running() {
        // SAFETY: this thread holds the GIL since the start; the state is never needed again.
        unsafe { (python.core.save_thread)() };
    }
    started.map_err(|why: String| format!("Python {version} does not start: {why}"))
}

/// 3.10 to 3.13.
fn by_config(library: Library, layout: ConfigLayout, program: &Program) -> Result<(), String> {
    let api = ByConfig::find(library)?;
    pre_initialize(&api)?;
    // u64: aligned for pointers. Twice the size: a layout that is wrong must not write past the
    // end.
    let mut config = vec![0u64; layout.size / 4];
    let config: *mut c_void = config.as_mut_ptr().cast();
    // SAFETY: `config` is large enough for PyConfig of this version and zeroed.
    unsafe { (api.init)(config) };
    check_defaults(config, layout)?;
    // SAFETY: the offsets are those of this version; the defaults there were checked just now.
    let status = unsafe {
        field(config, layout.site_import).write(program.site);
        let place = config.byte_add(layout.program_name).cast::<*mut i32>();
        (api.set_bytes)(config, place, program.path.as_ptr())
    };
    if let Some(error) = status.error() {
        return Err(error);
    }
    // SAFETY: the configuration is complete; nothing else starts Python now (start lock).
    let status = unsafe { (api.initialize)(config) };
    // SAFETY: the configuration was initialised above and is not used again.
    unsafe { (api.clear)(config) };
    status.error().map_or(Ok(()), Err)
}

/// An isolated configuration ignores the locale: without this, file names and strings would be
/// ASCII.
fn pre_initialize(api: &ByConfig) -> Result<(), String> {
    let mut config = [0 as c_int; 2 * layout::PRE_INTS];
    // SAFETY: PyPreConfig consists of `PRE_INTS` ints; the array has twice as many.
    let status = unsafe {
        (api.pre_init)(config.as_mut_ptr());
        config[layout::PRE_UTF8_MODE] = 1;
        (api.pre_initialize)(config.as_ptr())
    };
    status.error().map_or(Ok(()), Err)
}

fn field(config: *mut c_void, offset: usize) -> *mut c_int {
    config.wrapping_byte_add(offset).cast()
}

/// The documented defaults of an isolated configuration, read through the table of offsets.
fn check_defaults(config: *mut c_void, layout: ConfigLayout) -> Result<(), String> {
    let expected = [
        (layout::ISOLATED, 1),
        (layout::USE_ENVIRONMENT, 0),
        (layout::INSTALL_SIGNAL_HANDLERS, 0),
        (layout.site_import, 1),
    ];
    // SAFETY: all offsets lie within the buffer, which is initialised.
    let wrong = expected
        .iter()
        .find(|(at, value)| unsafe { field(config, *at).read() } != *value);
    // SAFETY: as above; the field is a pointer that an isolated configuration leaves NULL.
    let name = unsafe { config.byte_add(layout.program_name).cast::<usize>().read() };
    match wrong {
        None if name == 0 => Ok(()),
        _ => Err(
            "its configuration does not have the layout of this version; is it a modified build?"
                .into(),
        ),
    }
}

/// 3.14 and later.
fn by_init_config(library: Library, program: &Program) -> Result<(), String> {
    let api = ByInitConfig::find(library)?;
    // SAFETY: PyInitConfig_Create returns NULL or an isolated configuration that is ours to free.
    let config = unsafe { (api.create)() };
    if config.is_null() {
        return Err("no memory for its configuration".into());
    }
    // SAFETY: `config` is live; names and values are NUL-terminated; nothing else starts Python
    // now.
    let result = unsafe {
        (api.set_int)(config, c"utf8_mode".as_ptr(), 1) == 0
            && (api.set_int)(config, c"site_import".as_ptr(), program.site.into()) == 0
            && (api.set_str)(config, c"program_name".as_ptr(), program.path.as_ptr()) == 0
            && (api.initialize)(config) == 0
    };
    let outcome = if result {
        Ok(())
    } else {
        Err(init_config_error(&api, config))
    };
    // SAFETY: made above, not used again.
    unsafe { (api.free)(config) };
    outcome
}

fn init_config_error(api: &ByInitConfig, config: *mut c_void) -> String {
    let mut text: *const c_char = std::ptr::null();
    // SAFETY: `config` is live; the text belongs to it and is copied here.
    unsafe {
        if (api.error)(config, &raw mut text) == 0 || text.is_null() {
            return "it gave no reason".into();
        }
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}
