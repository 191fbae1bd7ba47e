//! The one start of Node in this process: a thread for its main environment, the host's signals and
//! limits restored afterwards, and the connection to the bootstrap. Used by `embedded` and
//! `shared`.
use crate::loader::Library;
use crate::platform::{self, DescriptorLimit, Link, START_LIMIT};
use crate::signals::{self, Dispositions};
use crate::worker::wire::{FIRST_WAIT, Field, Incoming, Outgoing, WireError, kind, send};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// `node::Start(int, char**)`, under the same name in every libnode.
pub const START: &CStr = c"_ZN4node5StartEiPPc";
/// What the main environment runs.
const BOOTSTRAP: &str = include_str!("bootstrap.cjs");
/// Node is written for main threads.
const STACK: usize = 8 << 20;
/// How long the end of the process waits for Node to stand still.
const PARK_LIMIT: Duration = Duration::from_secs(1);

/// The Node in this process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Running {
    /// Its version.
    pub version: Version,
    /// Where it came from.
    pub library: PathBuf,
    /// It has no JIT, and so no WebAssembly.
    pub jitless: bool,
}

/// Started by this image of the library.
static STARTED: Mutex<Option<Result<Started, String>>> = Mutex::new(None);

struct Started {
    running: Running,
    control: Link,
}

/// What this image has started; `None` when it has not tried.
pub fn started() -> Option<Result<Running, String>> {
    let started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    let outcome = started.as_ref()?.as_ref();
    Some(outcome.map(|s| s.running.clone()).map_err(String::clone))
}

/// Tells the bootstrap of the Node that this image has started.
pub fn tell(text: &str) -> Result<(), String> {
    let started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Ok(started)) = started.as_ref() else {
        return Err("Node does not run".into());
    };
    let message = Outgoing::new(kind::CALL, 0, 0).text(text);
    let deadline = Instant::now() + Duration::from_secs(5);
    send(&started.control, message, deadline)
        .map_err(|error| format!("Node does not listen: {error:?}"))
}

/// Starts Node. Never tried twice: a second start would end the process.
///
/// # Errors
/// A sentence; the same one for all later plugins.
pub fn start(library: &Path, jitless: bool) -> Result<Running, String> {
    let outcome = begin(library, jitless);
    let running = outcome
        .as_ref()
        .map(|started| started.running.clone())
        .map_err(String::clone);
    *STARTED.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    if running.is_ok() {
        // SAFETY: atexit(3) with a function of this image, which is never unloaded once Node runs.
        unsafe { libc::atexit(park) };
    }
    running
}

/// Called when the process ends, before the destructors of libnode, which was there first: Node's
/// threads must not run on what those destroy.
extern "C" fn park() {
    if tell(r#"{"do":"park"}"#).is_err() {
        return;
    }
    let started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Ok(started)) = started.as_ref() {
        let _ = Incoming::default().receive(&started.control, Instant::now() + PARK_LIMIT);
    }
}

fn begin(library: &Path, jitless: bool) -> Result<Started, String> {
    let image = platform::own_image().ok_or("the loader does not know where this library is")?;
    if !image.make_visible() {
        return Err("this is not a library that others can find Node by".into());
    }
    let (ours, theirs) = Link::pair(FIRST_WAIT).map_err(|error| error.to_string())?;
    let arguments = arguments(jitless, &theirs, &image.path())?;
    signals::ignore_sigpipe();
    let (signals, limit) = (Dispositions::save(), DescriptorLimit::read());
    let ended = run_on_own_thread(library.to_owned(), arguments, theirs)?;
    let version = wait_until_ready(&ours, &ended);
    signals.restore();
    if let Some(limit) = limit {
        limit.restore();
    }
    let running = Running {
        version: version.map_err(|why| format!("{}: {why}", library.display()))?,
        library: library.to_owned(),
        jitless,
    };
    Ok(Started {
        running,
        control: ours,
    })
}

fn arguments(jitless: bool, control: &OwnedFd, addon: &Path) -> Result<Vec<CString>, String> {
    let fixed = ["node", "--no-warnings"];
    let jitless = jitless.then_some("--jitless");
    let control = control.as_raw_fd().to_string();
    let addon = addon.to_str().ok_or("this library's path is not UTF-8")?;
    let rest = ["--eval", BOOTSTRAP, "--", &control, addon];
    let all = fixed.into_iter().chain(jitless).chain(rest);
    all.map(|text| CString::new(text).map_err(|error| error.to_string()))
        .collect()
}

/// Returns where the end of Node is told, should it come.
fn run_on_own_thread(
    library: PathBuf,
    arguments: Vec<CString>,
    control: OwnedFd,
) -> Result<mpsc::Receiver<String>, String> {
    let (tell, told) = mpsc::channel();
    std::thread::Builder::new()
        .name("osaurus-node".into())
        .stack_size(STACK)
        .spawn(move || {
            signals::block_all();
            // The bootstrap's for as long as the process lives.
            let _ = control.into_raw_fd();
            let end = match run(&library, &arguments) {
                Ok(code) => format!("Node ended with code {code} at its start"),
                Err(why) => why,
            };
            let _ = tell.send(end);
        })
        .map_err(|error| error.to_string())?;
    Ok(told)
}

/// The function that starts a Node, in its library.
///
/// # Errors
/// What the loader said, or that it is not there.
pub fn open(library: &Path) -> Result<*mut c_void, String> {
    let start = Library::open(library, true)?.symbol(START);
    start.ok_or_else(|| "it has no node::Start and is not a libnode".into())
}

fn run(library: &Path, arguments: &[CString]) -> Result<c_int, String> {
    let start = open(library)?;
    // SAFETY: the function of that name in libnode; its mangled name holds these parameter types.
    let start = unsafe {
        std::mem::transmute::<*mut c_void, unsafe extern "C" fn(c_int, *mut *mut c_char) -> c_int>(
            start,
        )
    };
    let mut argv = in_one_block(arguments);
    // SAFETY: argv holds one pointer per argument and a NULL, into memory that is never given back:
    // Node keeps it.
    Ok(unsafe { start(arguments.len() as c_int, argv.as_mut_ptr()) })
}

/// libuv takes the arguments for one block of memory, as the system lays them out for `main`.
fn in_one_block(arguments: &[CString]) -> Vec<*mut c_char> {
    let block: Vec<u8> = arguments
        .iter()
        .flat_map(|argument| argument.as_bytes_with_nul())
        .copied()
        .collect();
    let block = Box::leak(block.into_boxed_slice()).as_mut_ptr();
    let mut at = 0;
    let mut argv = Vec::with_capacity(arguments.len() + 1);
    for argument in arguments {
        // SAFETY: the lengths before this argument add up to less than the block's length.
        argv.push(unsafe { block.add(at) }.cast::<c_char>());
        at += argument.as_bytes_with_nul().len();
    }
    argv.push(std::ptr::null_mut());
    argv
}

/// The bootstrap's first message holds the version.
fn wait_until_ready(control: &Link, ended: &mpsc::Receiver<String>) -> Result<Version, String> {
    let deadline = Instant::now() + START_LIMIT;
    let mut incoming = Incoming::default();
    loop {
        let soon = Instant::now() + Duration::from_millis(50);
        match incoming.receive(control, soon) {
            Ok(message) => {
                let fields = message.fields()?;
                let [Field::Text(version), ..] = fields.as_slice() else {
                    return Err("the bootstrap does not say which Node runs".into());
                };
                return Version::parse(version).map_err(|error| error.to_string());
            }
            Err(WireError::Late) if Instant::now() < deadline => {}
            Err(error) => return Err(format!("Node did not become ready ({error:?})")),
        }
        if let Ok(end) = ended.try_recv() {
            return Err(end);
        }
    }
}
