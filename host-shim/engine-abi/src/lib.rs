//! The C tables between the shim (`osaurus-shim`) and an embedded engine (`bridges/python/engine`).
//! Both sides are built apart and meet at run time, so everything here is `repr(C)`, sized and
//! versioned. Knows nothing of Osaurus' own tables, of Python or of Node.
#![no_std]

use core::ffi::c_void;

/// Version of the tables in this file. Both sides refuse a table with another number.
pub const ENGINE_ABI_VERSION: u32 = 2;

/// Symbol that an engine library exports, of type [`EngineEntry`].
pub const ENGINE_ENTRY_SYMBOL: &str = "osaurus_engine_entry";

/// `const EngineApi* osaurus_engine_entry(const ShimApi*)`: returns NULL when `ShimApi` has another
/// version. The returned table lives forever and is the same for every shim. Called once per shim,
/// with the interpreter initialised and no lock held.
pub type EngineEntry = unsafe extern "C" fn(shim: *const ShimApi) -> *const EngineApi;

/// Borrowed bytes, valid during the call. Text is UTF-8 without a terminator.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    /// First byte; may be dangling when `len` is 0; NULL means "no value" where a value is
    /// optional.
    pub ptr: *const u8,
    /// Number of bytes.
    pub len: usize,
}

/// Bytes that the receiver must hand back to `free` exactly once (unless `ptr` is NULL).
#[repr(C)]
pub struct Buffer {
    /// First byte, or NULL for "no value".
    pub ptr: *mut u8,
    /// Number of bytes.
    pub len: usize,
    /// Private to the side that made the buffer.
    pub cap: usize,
    /// Frees the buffer; callable on any thread.
    pub free: Option<unsafe extern "C" fn(ptr: *mut u8, len: usize, cap: usize)>,
}

/// One argument of a host call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Arg {
    /// The text, or NULL for a NULL argument. Ignored for integer parameters.
    pub text: Slice,
    /// The value of an integer parameter.
    pub int: i32,
}

/// Receives each chunk of `complete_stream`, on a thread of the host's own.
/// Returns 0 to go on, anything else to cancel the stream.
pub type ChunkFn = unsafe extern "C" fn(user: *mut c_void, chunk: Slice) -> i32;

/// Receives the outcome of [`ShimApi::host_post`], exactly once, on the frame's thread
/// (or on the posting thread when the frame has already ended).
pub type DoneFn = unsafe extern "C" fn(user: *mut c_void, status: i32, value: *mut Buffer);

/// A host call: slot index of `osr_host_api` (1 to 24) and up to three arguments in order.
#[repr(C)]
pub struct HostCall {
    /// Slot index as in the ABI spec, 1 = `config_get`.
    pub slot: u32,
    /// How many of `args` are used.
    pub argc: u32,
    /// The arguments; callback and `user_data` parameters are not counted.
    pub args: [Arg; 3],
    /// Only for `complete_stream`; may be `None`.
    pub on_chunk: Option<ChunkFn>,
    /// Handed to `on_chunk`.
    pub chunk_user: *mut c_void,
}

/// Outcome of a host call: the value buffer holds the host's string (or NULL when the host returned
/// NULL or void).
pub const STATUS_OK: i32 = 0;
/// The value buffer holds a sentence: the call was refused on our side (NUL in a string, frame
/// ended, wrong thread).
pub const STATUS_REFUSED: i32 = 1;
/// Outcome of [`EngineApi::call`]: the result follows later through [`ShimApi::complete`].
pub const STATUS_PENDING: i32 = 2;
/// Outcome of [`EngineApi::call`] or `load`: the buffer holds an error text (traceback included)
/// for the log.
pub const STATUS_FAILED: i32 = 3;
/// Outcome of a host call: the value buffer holds a sentence that names the function which this
/// host does not have.
pub const STATUS_MISSING: i32 = 4;

/// What the shim offers an engine. `frame` is a counted reference to the call that the host made.
#[repr(C)]
pub struct ShimApi {
    /// [`ENGINE_ABI_VERSION`].
    pub version: u32,
    /// Size of this table in bytes.
    pub size: u32,
    /// Adds a reference to a frame. Any thread.
    pub frame_retain: unsafe extern "C" fn(frame: *const c_void),
    /// Drops a reference. Any thread.
    pub frame_release: unsafe extern "C" fn(frame: *const c_void),
    /// Makes a host call and waits for it: directly on the frame's own thread, by hopping there
    /// while the frame's thread waits for an asynchronous result, refused otherwise. Call without
    /// the GIL.
    pub host_call: unsafe extern "C" fn(
        frame: *const c_void,
        call: *const HostCall,
        value: *mut Buffer,
    ) -> i32,
    /// Queues a host call for the frame's thread and returns; `done` gets the outcome. Arguments
    /// are copied.
    pub host_post: unsafe extern "C" fn(
        frame: *const c_void,
        call: *const HostCall,
        done: DoneFn,
        user: *mut c_void,
    ),
    /// Ends a call that answered [`STATUS_PENDING`]. Later completions of the same frame are
    /// ignored. Any thread.
    pub complete: unsafe extern "C" fn(frame: *const c_void, status: i32, result: Slice),
    /// Writes a line to the host's log. Any thread; `script` is the pointer that
    /// [`EngineApi::load`] was given as `owner`.
    pub log: unsafe extern "C" fn(owner: *const c_void, level: i32, message: Slice),
}

/// What kind of call a handler serves. Values of [`CallDesc::kind`].
pub mod kind {
    /// A tool call; `target` is the tool id, the result a tool envelope.
    pub const TOOL: u32 = 0;
    /// A route; `target` is the route id, `payload` the request, the result the response object.
    pub const ROUTE: u32 = 1;
    /// A config change; `payload` is `{"key": ..., "value": ...}`; no result.
    pub const CONFIG_CHANGED: u32 = 2;
    /// A task event; `target` is the task id, `payload` `{"task_id", "type", "event"}`; no result.
    pub const TASK_EVENT: u32 = 3;
    /// An artifact; `payload` is the artifact object; no result.
    pub const ARTIFACT: u32 = 4;
    /// The plugin is being destroyed; no host calls; no result.
    pub const UNLOAD: u32 = 5;
}

/// A call into a script.
#[repr(C)]
pub struct CallDesc {
    /// One of [`kind`].
    pub kind: u32,
    /// Unused, zero.
    pub reserved: u32,
    /// Milliseconds until the shim gives the call up.
    pub timeout_ms: u64,
    /// Tool, route or task id.
    pub target: Slice,
    /// JSON text.
    pub payload: Slice,
    /// JSON object with `secrets` and `working_directory` where the host gave them, or empty.
    pub context: Slice,
}

/// A script to load.
#[repr(C)]
pub struct ScriptDesc {
    /// Plugin id.
    pub plugin_id: Slice,
    /// Folder that the payload was unpacked to, absolute.
    pub root: Slice,
    /// JSON text of the plugin's bridge settings (`BridgeConfig` in `osaurus-payload`).
    pub settings: Slice,
    /// Handed to [`ShimApi::log`].
    pub owner: *const c_void,
    /// Table of the shim that loads the script; its frames and `owner` belong to it. One engine
    /// library may serve several shims of one process. Lives forever.
    pub shim: *const ShimApi,
}

/// What an engine offers the shim. All functions may be called from any thread, several at once.
#[repr(C)]
pub struct EngineApi {
    /// [`ENGINE_ABI_VERSION`].
    pub version: u32,
    /// Size of this table in bytes.
    pub size: u32,
    /// Imports a plugin's entry module into the interpreter, which is the plugin's alone.
    /// [`STATUS_OK`] and a script handle, [`STATUS_FAILED`] and a message, or [`STATUS_REFUSED`]
    /// and a sentence when nothing was imported because the interpreter has modules of its own
    /// under the plugin's names.
    pub load: unsafe extern "C" fn(
        desc: *const ScriptDesc,
        script: *mut *mut c_void,
        error: *mut Buffer,
    ) -> i32,
    /// Runs a handler: [`STATUS_OK`] with the result text, [`STATUS_FAILED`] with a message, or
    /// [`STATUS_PENDING`].
    pub call: unsafe extern "C" fn(
        script: *mut c_void,
        frame: *const c_void,
        call: *const CallDesc,
        result: *mut Buffer,
    ) -> i32,
    /// Asks the handler that serves `frame` to stop; returns at once. Harmless when it has ended.
    pub cancel: unsafe extern "C" fn(script: *mut c_void, frame: *const c_void),
    /// Forgets a script: its author's modules are dropped. No call of it may be running.
    pub unload: unsafe extern "C" fn(script: *mut c_void),
}

// SAFETY: the tables hold only function pointers and numbers and are never written after they were
// made.
unsafe impl Sync for ShimApi {}
// SAFETY: as above.
unsafe impl Sync for EngineApi {}
