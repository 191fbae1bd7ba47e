// Generated from abi-spec by `osaurus-bridge gen rust`. Edit the spec, not this file.
//! The Osaurus plugin ABI, versions 1 to 6, as `repr(C)` Rust tables.
//!
//! Used by the plugin side (`osaurus-plugin`) and by the reference host; nothing here is called.
//! Never form a `&HostApi` from a host's pointer: the host's table may be shorter than
//! [`HostApi`]. Read single fields through the raw pointer, after checking `version`
//! against [`HostSlot::since`].
#![no_std]
#![allow(clippy::doc_markdown)]

use core::ffi::{c_char, c_int, c_void};
use core::mem::{offset_of, size_of};

/// The plugin context: what `init` returns and every later call gets back.
pub type PluginCtx = *mut c_void;

/// Receives one piece of a stream. `chunk_json` is valid during the call; `user_data` is the
/// caller's own. Called one at a time, on a thread of the host's that has no frame.
pub type OnChunk = unsafe extern "C" fn(chunk_json: *const c_char, user_data: *mut c_void);

// Functions of the host.

/// Reads one of the plugin's configuration values or secrets for the agent of the calling frame;
/// hosts since mid 2026 fall back to the value set for all agents.
///
/// NULL is the ordinary answer for a key that is not set; an empty string is a value. Without an
/// agent, or with the built-in default agent, the answer is always NULL.
///
/// - `key`: Name of the value. Any text; it need not be declared in the manifest. NULL: Returns
///   NULL. Borrowed.
/// - Returns: The stored text. NULL: The key is not set, `key` is NULL, the plugin is unknown to
///   the host, or no chat agent is bound to the thread. The caller frees it with the host's
///   free_string.
/// - Since version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (reads the system's secret store).
pub type ConfigGetFn = Option<unsafe extern "C" fn(key: *const c_char) -> *const c_char>;

/// Stores a configuration value or secret for the agent of the calling frame.
///
/// Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat agent
/// the call does nothing. The plugin's own `on_config_changed` is not called.
///
/// - `key`: Name of the value. NULL: The call does nothing. Borrowed.
/// - `value`: Text to store, at most 1,048,576 bytes. An empty string is a value; use
///   `config_delete` to remove one. NULL: The call does nothing. Borrowed.
/// - Since version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (writes the system's secret store).
pub type ConfigSetFn = Option<unsafe extern "C" fn(key: *const c_char, value: *const c_char)>;

/// Removes a configuration value of the agent of the calling frame; a key that is not set is not
/// an error.
///
/// A value set for all agents stays, so `config_get` may still find one. Without a chat agent the
/// call does nothing.
///
/// - `key`: Name of the value. NULL: The call does nothing. Borrowed.
/// - Since version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (writes the system's secret store).
pub type ConfigDeleteFn = Option<unsafe extern "C" fn(key: *const c_char)>;

/// Runs one SQL statement in the plugin's own SQLite database, which all agents share.
///
/// Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the
/// file is limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.
///
/// - `sql`: One statement, with `?`, `?NNN` or named placeholders. NULL: Returns NULL. Borrowed.
/// - `params_json`: JSON array with the values in placeholder order. Anything but an array is
///   ignored and binds NULL. NULL: No parameters are bound; an empty string does the same.
///   Borrowed.
/// - Returns: JSON with the number of changed rows, or an object whose `error` is SQLite's
///   message. NULL: `sql` is NULL, or memory ran out. The caller frees it with the host's
///   free_string.
/// - Since version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the plugin's database queue has run the statement; a busy database is
///   retried for 5 s).
pub type DbExecFn =
    Option<unsafe extern "C" fn(sql: *const c_char, params_json: *const c_char) -> *const c_char>;

/// Runs one SQL statement in the plugin's own SQLite database and returns its rows.
///
/// All rows are returned at once; there is no limit on their number. An error while stepping ends
/// the result early and is not reported. Writes are allowed.
///
/// - `sql`: One statement, with `?`, `?NNN` or named placeholders. NULL: Returns NULL. Borrowed.
/// - `params_json`: JSON array with the values in placeholder order. Anything but an array is
///   ignored and binds NULL. NULL: No parameters are bound; an empty string does the same.
///   Borrowed.
/// - Returns: JSON with column names and rows, each row an array, or an object whose `error` is
///   SQLite's message. NULL: `sql` is NULL, or memory ran out. The caller frees it with the
///   host's free_string.
/// - Since version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the plugin's database queue has read all rows; a busy database is retried
///   for 5 s).
pub type DbQueryFn =
    Option<unsafe extern "C" fn(sql: *const c_char, params_json: *const c_char) -> *const c_char>;

/// Writes a line to the host's log and activity list.
///
/// May be called on any thread, but on a thread of the plugin's own the host can only guess which
/// plugin is speaking.
///
/// - `level`: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
/// - `message`: Text of any length. NULL: The call does nothing. Borrowed.
/// - Since version 2 (2a).
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
pub type LogFn = Option<unsafe extern "C" fn(level: c_int, message: *const c_char)>;

/// Starts a background task in which the agent of the calling frame works on a prompt.
///
/// Returns the task's id as soon as it is registered; progress and the end come through
/// `on_task_event`, the state through `task_status`. The built-in default agent cannot be used.
/// At most 10 calls in 60 s per plugin and agent.
///
/// - `request_json`: What to do, as JSON. NULL: Returns NULL. Borrowed.
/// - Returns: The new task, or an error envelope. NULL: `request_json` is NULL, or memory ran
///   out. The caller frees it with the host's free_string.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the task is registered, not until it is done).
/// - Errors: `invalid_request`, `built_in_agent_not_exposable`, `rate_limit_exceeded`,
///   `task_limit_reached`, `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
pub type DispatchFn = Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>;

/// Reads the state of a task that this plugin dispatched.
///
/// A cancelled task stays readable for about 15 s, a finished one until the user has seen it;
/// then it is `not_found`.
///
/// - `task_id`: Id from `dispatch`, a UUID. NULL: Returns NULL. Borrowed.
/// - Returns: The task's state, or an error envelope. NULL: `task_id` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
/// - Errors: `invalid_task_id`, `not_found`, `context_unavailable`, `host_timeout`,
///   `not_supported_out_of_process`.
pub type TaskStatusFn = Option<unsafe extern "C" fn(task_id: *const c_char) -> *const c_char>;

/// Stops a task that this plugin dispatched; a CANCELLED event follows.
///
/// An id that is not a UUID or belongs to another plugin does nothing but leave one warning in
/// the host's log.
///
/// - `task_id`: Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
pub type DispatchCancelFn = Option<unsafe extern "C" fn(task_id: *const c_char)>;

/// Answered a task's clarification question in version 2 hosts. The slot remains so that later
/// ones keep their place.
///
/// Reserved: Without effect since version 3. The user answers a task's question in the chat
/// window.
///
/// - `task_id`: Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// - `response`: The answer, as text. NULL: The call does nothing. Borrowed.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: no, returns at once.
pub type DispatchClarifyFn =
    Option<unsafe extern "C" fn(task_id: *const c_char, response: *const c_char)>;

/// Asks a model for a chat completion and waits for the whole answer.
///
/// The bound agent adds its system prompt, memory and defaults. With `tools` the host runs the
/// model's tool calls and asks again, up to `max_iterations` times. At most two completions and
/// embeddings together run at once per plugin.
///
/// - `request_json`: Chat-completion request in the OpenAI form, with the host's additions. NULL:
///   Returns NULL. Borrowed.
/// - Returns: The completion, or an error envelope. NULL: `request_json` is NULL, or memory ran
///   out. The caller frees it with the host's free_string.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the model has answered, 1800 s at most).
/// - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
///   `context_overflow`, `clarify_requested`, `empty_tool_task_completion`, `output_token_limit`,
///   `serialization_error`, `context_unavailable`, `host_timeout`,
///   `not_supported_out_of_process`.
pub type CompleteFn = Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>;

/// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole
/// answer at the end.
///
/// `on_chunk` is called on a thread of the host's, one chunk at a time, while this call waits. No
/// plugin and no agent is bound to that thread, so make no host calls there, except
/// `complete_cancel`. It must not throw, unwind or exit.
///
/// - `request_json`: As for `complete`, with a `stream_id` that `complete_cancel` can name. NULL:
///   Returns NULL. Borrowed.
/// - `on_chunk`: Receives each chunk as JSON. The text is valid during the callback only. NULL:
///   Chunks are dropped, with one warning in the host's log; the returned answer is complete.
///   Borrowed.
/// - `user_data`: Handed to `on_chunk` untouched; the host never looks at it. NULL: Passed on as
///   it is.
/// - Returns: The whole answer, or an error envelope. NULL: `request_json` is NULL, or memory ran
///   out. The caller frees it with the host's free_string.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the model has answered, 1800 s at most).
/// - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
///   `context_overflow`, `cancelled`, `empty_tool_task_completion`, `output_token_limit`,
///   `serialization_error`, `context_unavailable`, `host_timeout`,
///   `not_supported_out_of_process`.
pub type CompleteStreamFn = Option<
    unsafe extern "C" fn(
        request_json: *const c_char,
        on_chunk: Option<unsafe extern "C" fn(chunk_json: *const c_char, user_data: *mut c_void)>,
        user_data: *mut c_void,
    ) -> *const c_char,
>;

/// Computes embedding vectors for one or several strings.
///
/// Counts towards the limit of two concurrent inference calls per plugin.
///
/// - `request_json`: The strings, as JSON. NULL: Returns NULL. Borrowed.
/// - Returns: The vectors, or an error envelope. NULL: `request_json` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the vectors are computed, 1800 s at most).
/// - Errors: `invalid_request`, `plugin_busy`, `embedding_error`, `context_unavailable`,
///   `host_timeout`, `not_supported_out_of_process`.
pub type EmbedFn = Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>;

/// Lists the models that the host can use now: local ones, one for embeddings, and those of
/// remote providers.
///
/// - Returns: The models, or an error envelope. NULL: Memory ran out. The caller frees it with
///   the host's free_string.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until remote providers have answered, 1800 s at most).
/// - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
pub type ListModelsFn = Option<unsafe extern "C" fn() -> *const c_char>;

/// Sends an HTTP request and waits for the response.
///
/// Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local addresses
/// are refused. At most 60 requests in 60 s per plugin and agent; calls without a chat agent
/// share one allowance.
///
/// - `request_json`: The request, as JSON. NULL: Returns NULL. Borrowed.
/// - Returns: The response, or an error envelope. NULL: `request_json` is NULL, or memory ran
///   out. The caller frees it with the host's free_string.
/// - Since version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the response is there or `timeout_ms` has passed, 1800 s at most).
/// - Errors: `invalid_request`, `ssrf_blocked`, `rate_limit_exceeded`, `request_too_large`,
///   `response_too_large`, `too_many_redirects`, `connection_timeout`, `connection_refused`,
///   `dns_failure`, `tls_error`, `network_error`, `invalid_response`, `context_unavailable`,
///   `host_timeout`.
pub type HttpRequestFn = Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>;

/// Reads a file from the host's artifacts folder, for example one that a share-artifact call has
/// just announced.
///
/// Paths outside that folder are refused; files over 50,000,000 bytes too.
///
/// - `request_json`: The path, as JSON. NULL: Returns NULL. Borrowed.
/// - Returns: The file's content, or an error envelope. NULL: `request_json` is NULL, or memory
///   ran out. The caller frees it with the host's free_string.
/// - Since version 2 (2d).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the file is read).
/// - Errors: `invalid_request`, `access_denied`, `not_found`, `file_too_large`, `read_error`,
///   `context_unavailable`, `not_supported_out_of_process`.
pub type FileReadFn = Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>;

/// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
///
/// - Returns: The tasks, or an error envelope. NULL: Memory ran out. The caller frees it with the
///   host's free_string.
/// - Since version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
/// - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
pub type ListActiveTasksFn = Option<unsafe extern "C" fn() -> *const c_char>;

/// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes
/// back.
///
/// An unknown, foreign or finished task does nothing but leave one warning in the host's log.
///
/// - `task_id`: Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// - `draft_json`: The draft. Stored as given; text that is not a JSON object is left out of
///   events and status. NULL: The call does nothing. Borrowed.
/// - Since version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
pub type SendDraftFn =
    Option<unsafe extern "C" fn(task_id: *const c_char, draft_json: *const c_char)>;

/// Stops the model in an active task of this plugin; the task then completes with what it has.
///
/// A message is added to the conversation first, but does not start another turn.
///
/// - `task_id`: Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// - `message`: Text added as a user's turn; blank text adds nothing. NULL: Nothing is added.
///   Borrowed.
/// - Since version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
pub type DispatchInterruptFn =
    Option<unsafe extern "C" fn(task_id: *const c_char, message: *const c_char)>;

/// Added an issue to a running task in version 2 hosts. The slot remains so that later ones keep
/// their place.
///
/// Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.
///
/// - `task_id`: Id from `dispatch`; no longer looked at. NULL: Returns NULL. Borrowed.
/// - `issue_json`: The issue, as JSON; no longer looked at. NULL: Ignored. Borrowed.
/// - Returns: An error envelope with `not_supported`. NULL: `task_id` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: no, returns at once.
/// - Errors: `not_supported`, `context_unavailable`, `not_supported_out_of_process`.
pub type DispatchAddIssueFn = Option<
    unsafe extern "C" fn(task_id: *const c_char, issue_json: *const c_char) -> *const c_char,
>;

/// Ends a running `complete_stream` of this plugin early; that call then returns the error
/// `cancelled`.
///
/// Takes effect at the next piece of text. A cancellation that comes before the stream has
/// started is lost. Streams that share an id end together; those of other plugins are safe.
///
/// - `stream_id`: The `stream_id` of the request. NULL: The call does nothing; blank text does
///   the same. Borrowed.
/// - Since version 3.
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
pub type CompleteCancelFn = Option<unsafe extern "C" fn(stream_id: *const c_char)>;

/// Tells for which agent the host is calling.
///
/// Also names the built-in default agent, for which `config_get` and `dispatch` behave as if
/// there were none.
///
/// - Returns: The agent's id, a UUID in upper case. NULL: No agent is bound to this thread: in
///   the entry function, `init`, `get_manifest`, `destroy`, artifact calls, and on threads of the
///   plugin's own. The caller frees it with the host's free_string.
/// - Since version 4.
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: no, returns at once.
pub type GetActiveAgentIdFn = Option<unsafe extern "C" fn() -> *const c_char>;

/// Writes a line to the host's log with a payload that the activity list shows beside it.
///
/// Hand-written copies of the table often forget this slot, which moves `free_string` to a wrong
/// place.
///
/// - `level`: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
/// - `message`: Text of any length. NULL: The call does nothing. Borrowed.
/// - `payload_json`: Details, by custom a JSON object; the host does not parse it. NULL: The same
///   as `log`. Borrowed.
/// - Since version 5.
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
pub type LogStructuredFn =
    Option<unsafe extern "C" fn(level: c_int, message: *const c_char, payload_json: *const c_char)>;

/// Frees a string that a function of this table returned.
///
/// Never for strings of the plugin's own. Works on any thread and without a bound agent. Hosts
/// before version 6 have no such slot; there the C library's `free` does it.
///
/// - `s`: The string; it must not be used afterwards. NULL: The call does nothing. Ownership
///   passes to the callee: do not use it afterwards.
/// - Since version 6.
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
pub type HostFreeStringFn = Option<unsafe extern "C" fn(s: *const c_char)>;

/// `osr_host_api`. Functions that the host gives to a plugin. The host fills the table and passes
/// it to `osaurus_plugin_entry_v2`; it belongs to the host and lives as long as the plugin stays
/// registered.
///
/// An older host has a shorter table: a slot that its version does not have is beyond the end of
/// the memory, not NULL. Keep the pointer, read `version`, and only then the slot. Tables that
/// say version 2 come in four lengths.
///
/// Strings are UTF-8 and end at the first NUL. A string that a function returns belongs to the
/// plugin: free it with `free_string` of this table (version 6) or the C library's `free`
/// (versions 2 to 5), never with the plugin's own. The host finds the calling plugin and its
/// agent in thread-local storage, so call on the thread on which the host called you, unless a
/// function says otherwise.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HostApi {
    /// ABI version of the host, 2 to 6: the newest slots that may be read. Version 2 alone does
    /// not say which of its four lengths the table has. Since version 2 (2a).
    pub version: u32,
    /// Reads one of the plugin's configuration values or secrets for the agent of the calling
    /// frame; hosts since mid 2026 fall back to the value set for all agents. Since version 2
    /// (2a).
    pub config_get: ConfigGetFn,
    /// Stores a configuration value or secret for the agent of the calling frame. Since version 2
    /// (2a).
    pub config_set: ConfigSetFn,
    /// Removes a configuration value of the agent of the calling frame; a key that is not set is
    /// not an error. Since version 2 (2a).
    pub config_delete: ConfigDeleteFn,
    /// Runs one SQL statement in the plugin's own SQLite database, which all agents share. Since
    /// version 2 (2a).
    pub db_exec: DbExecFn,
    /// Runs one SQL statement in the plugin's own SQLite database and returns its rows. Since
    /// version 2 (2a).
    pub db_query: DbQueryFn,
    /// Writes a line to the host's log and activity list. Since version 2 (2a).
    pub log: LogFn,
    /// Starts a background task in which the agent of the calling frame works on a prompt. Since
    /// version 2 (2b).
    pub dispatch: DispatchFn,
    /// Reads the state of a task that this plugin dispatched. Since version 2 (2b).
    pub task_status: TaskStatusFn,
    /// Stops a task that this plugin dispatched; a CANCELLED event follows. Since version 2 (2b).
    pub dispatch_cancel: DispatchCancelFn,
    /// Answered a task's clarification question in version 2 hosts. Since version 2 (2b).
    pub dispatch_clarify: DispatchClarifyFn,
    /// Asks a model for a chat completion and waits for the whole answer. Since version 2 (2b).
    pub complete: CompleteFn,
    /// Asks a model for a chat completion, hands out each piece as it comes, and returns the
    /// whole answer at the end. Since version 2 (2b).
    pub complete_stream: CompleteStreamFn,
    /// Computes embedding vectors for one or several strings. Since version 2 (2b).
    pub embed: EmbedFn,
    /// Lists the models that the host can use now: local ones, one for embeddings, and those of
    /// remote providers. Since version 2 (2b).
    pub list_models: ListModelsFn,
    /// Sends an HTTP request and waits for the response. Since version 2 (2b).
    pub http_request: HttpRequestFn,
    /// Reads a file from the host's artifacts folder, for example one that a share-artifact call
    /// has just announced. Since version 2 (2d).
    pub file_read: FileReadFn,
    /// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
    /// Since version 2 (2e).
    pub list_active_tasks: ListActiveTasksFn,
    /// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it
    /// comes back. Since version 2 (2e).
    pub send_draft: SendDraftFn,
    /// Stops the model in an active task of this plugin; the task then completes with what it
    /// has. Since version 2 (2e).
    pub dispatch_interrupt: DispatchInterruptFn,
    /// Added an issue to a running task in version 2 hosts. Since version 2 (2e).
    pub dispatch_add_issue: DispatchAddIssueFn,
    /// Ends a running `complete_stream` of this plugin early; that call then returns the error
    /// `cancelled`. Since version 3.
    pub complete_cancel: CompleteCancelFn,
    /// Tells for which agent the host is calling. Since version 4.
    pub get_active_agent_id: GetActiveAgentIdFn,
    /// Writes a line to the host's log with a payload that the activity list shows beside it.
    /// Since version 5.
    pub log_structured: LogStructuredFn,
    /// Frees a string that a function of this table returned. Since version 6.
    pub free_string: HostFreeStringFn,
}

// Functions of the plugin.

/// Frees a string that the plugin returned to the host. Called right after the host has copied
/// it, on the thread of that call; no plugin and no agent are bound then.
///
/// - `s`: A string from `get_manifest`, `invoke` or `handle_route`. NULL: Must do nothing.
///   Ownership passes to the callee: do not use it afterwards.
/// - Since version 1.
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
pub type PluginFreeStringFn = Option<unsafe extern "C" fn(s: *const c_char)>;

/// Creates the plugin's context. One context serves all agents and all threads.
///
/// No agent is bound yet: `config_get` gives NULL and `dispatch` is refused. Keep it quick.
///
/// - Returns: An opaque pointer that the host hands back in every call until `destroy`. NULL:
///   Loading fails: "Plugin initialization failed". Lives as long as the plugin is loaded; it is
///   never freed.
/// - Since version 1.
/// - Thread: the host's loader, one plugin at a time.
/// - Blocks: briefly (the host loads one plugin after the other and waits).
pub type InitFn = Option<unsafe extern "C" fn() -> PluginCtx>;

/// Ends the context. Called at most once per context, after every running call has returned; may
/// be skipped when one never does. The host API can still be used, without an agent.
///
/// - `ctx`: The context from `init`. Ownership passes to the callee: do not use it afterwards.
/// - Since version 1.
/// - Thread: several of the host's at once.
/// - Blocks: briefly (runs when all other calls have returned; the host waits 60 s).
pub type DestroyFn = Option<unsafe extern "C" fn(ctx: PluginCtx)>;

/// Returns the manifest: what the plugin is, its tools, routes, settings and web pages. Called
/// once per load.
///
/// A wrong type or a missing required key anywhere in it makes the whole plugin fail to load.
///
/// - `ctx`: The context from `init`. Borrowed.
/// - Returns: The manifest as JSON. NULL: Loading fails: "Plugin failed to return manifest". The
///   host copies it, then frees it with the plugin's free_string.
/// - Since version 1.
/// - Thread: the host's loader, one plugin at a time.
/// - Blocks: briefly (the host loads one plugin after the other and waits).
pub type GetManifestFn = Option<unsafe extern "C" fn(ctx: PluginCtx) -> *const c_char>;

/// Runs one of the plugin's tools, or announces a shared artifact.
///
/// Calls come in parallel and in any order. Tools that require accessibility or automation come
/// one at a time, and may come in a helper process. With the type `artifact` no agent is bound
/// and the result is ignored.
///
/// - `ctx`: The context from `init`. Borrowed.
/// - `type`: `tool`, or `artifact` for plugins whose manifest sets `artifact_handler`. Never
///   NULL. Borrowed.
/// - `id`: The tool's id from the manifest, or `share` for artifacts. Never NULL. Borrowed.
/// - `payload`: JSON: the tool's arguments with the host's additions, or the artifact. Never
///   NULL. Borrowed.
/// - Returns: A tool envelope as JSON. Any other text counts as a success and is wrapped. NULL:
///   The tool fails with "Plugin returned NULL response". The host copies it, then frees it with
///   the plugin's free_string.
/// - Since version 1.
/// - Thread: several of the host's at once.
/// - Blocks: yes (the host stops waiting for a tool after 120 s, but the call keeps running).
pub type InvokeFn = Option<
    unsafe extern "C" fn(
        ctx: PluginCtx,
        r#type: *const c_char,
        id: *const c_char,
        payload: *const c_char,
    ) -> *const c_char,
>;

/// Answers an HTTP request to one of the routes in the manifest. Optional: without it every route
/// answers 501.
///
/// Calls come in parallel. The host has already checked the route's `auth`.
///
/// - `ctx`: The context from `init`. Borrowed.
/// - `request_json`: The request as JSON; every key is always there. Never NULL. Borrowed.
/// - Returns: The response as JSON; anything else is answered with status 500. NULL: The client
///   is answered with status 500. The host copies it, then frees it with the plugin's
///   free_string.
/// - Since version 2 (2a).
/// - Thread: several of the host's at once.
/// - Blocks: yes (the client is answered with status 500 after 30 s, but the call keeps running).
pub type HandleRouteFn =
    Option<unsafe extern "C" fn(ctx: PluginCtx, request_json: *const c_char) -> *const c_char>;

/// Tells that a configuration value has a new value for the bound agent. Optional.
///
/// Comes for each value after loading, for changes that the user makes, and when the tunnel's
/// address changes (`tunnel_url`); never for the plugin's own `config_set`. A value equal to the
/// last one delivered is not repeated. The first call of all is a probe with the key
/// `__osaurus_abi_probe__`: ignore it.
///
/// - `ctx`: The context from `init`. Borrowed.
/// - `key`: Name of the value. Never NULL. Borrowed.
/// - `value`: The new text; an empty string when the value was cleared. NULL: The value was
///   cleared; only a helper process passes NULL. Borrowed.
/// - Since version 2 (2a).
/// - Thread: one of the host's, one call at a time per plugin.
/// - Blocks: briefly (later configuration changes of the plugin wait).
pub type OnConfigChangedFn =
    Option<unsafe extern "C" fn(ctx: PluginCtx, key: *const c_char, value: *const c_char)>;

/// Tells what happens to a task that this plugin dispatched. Optional.
///
/// Events of one task come in order; those of different tasks may come in parallel. COMPLETED,
/// FAILED and CANCELLED end a task. The first event may come a moment before `dispatch` has
/// returned the id.
///
/// - `ctx`: The context from `init`. Borrowed.
/// - `task_id`: The task's id, a UUID in upper case. Never NULL. Borrowed.
/// - `event_type`: One of the `OSR_TASK_EVENT_` constants; ignore numbers you do not know.
/// - `event_json`: The event as JSON; its record depends on `event_type`. Never NULL. Borrowed.
/// - Since version 2 (2c).
/// - Thread: one of the host's, one call at a time per task.
/// - Blocks: briefly (later events of the same task wait).
pub type OnTaskEventFn = Option<
    unsafe extern "C" fn(
        ctx: PluginCtx,
        task_id: *const c_char,
        event_type: c_int,
        event_json: *const c_char,
    ),
>;

/// `osr_plugin_api`. Functions that a plugin gives to the host. The entry function returns a
/// pointer to it; the host copies the table, so it may be static but must be complete by then.
/// The first five members are version 1's whole table and must all be set; the later ones may be
/// NULL.
///
/// Strings that the host passes are valid during the call only. Strings that the plugin returns
/// are copied by the host and handed to the plugin's own `free_string` at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PluginApi {
    /// Frees a string that the plugin returned to the host. Since version 1.
    pub free_string: PluginFreeStringFn,
    /// Creates the plugin's context. Since version 1.
    pub init: InitFn,
    /// Ends the context. Since version 1.
    pub destroy: DestroyFn,
    /// Returns the manifest: what the plugin is, its tools, routes, settings and web pages. Since
    /// version 1.
    pub get_manifest: GetManifestFn,
    /// Runs one of the plugin's tools, or announces a shared artifact. Since version 1.
    pub invoke: InvokeFn,
    /// ABI version for which the plugin was built. The host accepts any number and treats less
    /// than 2 as 2; it does not size the table by it. Since version 2 (2a).
    pub version: u32,
    /// Answers an HTTP request to one of the routes in the manifest. Since version 2 (2a).
    pub handle_route: HandleRouteFn,
    /// Tells that a configuration value has a new value for the bound agent. Since version 2
    /// (2a).
    pub on_config_changed: OnConfigChangedFn,
    /// Tells what happens to a task that this plugin dispatched. Since version 2 (2c).
    pub on_task_event: OnTaskEventFn,
}

// Symbols that a plugin exports.

/// Type of the symbol `osaurus_plugin_entry_v2`. Gives the host's table to the plugin and the
/// plugin's to the host. Looked up first; serves versions 2 to 6.
///
/// Called once per load on the host's loader thread. Only keep the pointer here: the tool that
/// extracts manifests passes a table that lacks most slots and is valid during this call alone.
pub type EntryV2Fn = Option<unsafe extern "C" fn(host: *const HostApi) -> *const PluginApi>;

/// Type of the symbol `osaurus_plugin_entry`. Returns the plugin's table without giving it a
/// host: a plugin with tools only. Used if the other symbol is absent; then only the first 40
/// bytes of the table count.
pub type EntryV1Fn = Option<unsafe extern "C" fn() -> *const PluginApi>;

/// A parameter of a function of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// As in the C declaration.
    pub name: &'static str,
    /// What is passed.
    pub kind: ParamKind,
}

/// What a parameter of a function of the host is. [`for_each_host_slot`] writes the kinds in
/// snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A NUL-terminated string, borrowed for the call. With NULL the function does nothing.
    String,
    /// A NUL-terminated string, borrowed for the call, or NULL, which has a meaning of its own.
    NullableString,
    /// A string that the callee frees.
    ConsumedString,
    /// A number.
    Int,
    /// A function that receives the pieces of a stream, or NULL.
    ChunkCallback,
    /// A pointer that the callback gets back.
    Opaque,
}

/// The C type of a parameter's or result's kind, as [`for_each_host_slot`] writes it.
#[macro_export]
macro_rules! c_type {
    (string) => { *const ::core::ffi::c_char };
    (nullable_string) => { *const ::core::ffi::c_char };
    (consumed_string) => { *const ::core::ffi::c_char };
    (int) => { ::core::ffi::c_int };
    (chunk_callback) => { ::core::option::Option<$crate::OnChunk> };
    (opaque) => { *mut ::core::ffi::c_void };
    (void) => { () };
}

/// Hands all functions of the host to the macro `callback`, in table order, each as
/// `member Variant(parameter: kind, ...) -> kind;`: [`ParamKind`] has the kinds of parameters, a
/// result is `string` or `void`. So a table is written once, for functions that are still to come too:
///
/// ```
/// macro_rules! names {
///     ($($name:ident $slot:ident($($param:ident: $kind:ident),*) -> $result:ident;)*) => {
///         [$(stringify!($name)),*]
///     };
/// }
/// assert_eq!(osaurus_abi::for_each_host_slot!(names)[0], "config_get");
/// ```
#[macro_export]
macro_rules! for_each_host_slot {
    ($callback:ident) => {
        $callback! {
            config_get ConfigGet(key: string) -> string;
            config_set ConfigSet(key: string, value: string) -> void;
            config_delete ConfigDelete(key: string) -> void;
            db_exec DbExec(sql: string, params_json: nullable_string) -> string;
            db_query DbQuery(sql: string, params_json: nullable_string) -> string;
            log Log(level: int, message: string) -> void;
            dispatch Dispatch(request_json: string) -> string;
            task_status TaskStatus(task_id: string) -> string;
            dispatch_cancel DispatchCancel(task_id: string) -> void;
            dispatch_clarify DispatchClarify(task_id: string, response: string) -> void;
            complete Complete(request_json: string) -> string;
            complete_stream CompleteStream(request_json: string, on_chunk: chunk_callback, user_data: opaque) -> string;
            embed Embed(request_json: string) -> string;
            list_models ListModels() -> string;
            http_request HttpRequest(request_json: string) -> string;
            file_read FileRead(request_json: string) -> string;
            list_active_tasks ListActiveTasks() -> string;
            send_draft SendDraft(task_id: string, draft_json: string) -> void;
            dispatch_interrupt DispatchInterrupt(task_id: string, message: nullable_string) -> void;
            dispatch_add_issue DispatchAddIssue(task_id: string, issue_json: nullable_string) -> string;
            complete_cancel CompleteCancel(stream_id: string) -> void;
            get_active_agent_id GetActiveAgentId() -> string;
            log_structured LogStructured(level: int, message: string, payload_json: nullable_string) -> void;
            free_string FreeString(s: consumed_string) -> void;
        }
    };
}

macro_rules! param_kind {
    (string) => {
        ParamKind::String
    };
    (nullable_string) => {
        ParamKind::NullableString
    };
    (consumed_string) => {
        ParamKind::ConsumedString
    };
    (int) => {
        ParamKind::Int
    };
    (chunk_callback) => {
        ParamKind::ChunkCallback
    };
    (opaque) => {
        ParamKind::Opaque
    };
}

macro_rules! params {
    ($($name:ident $slot:ident($($param:ident: $kind:ident),*) -> $result:ident;)*) => {
        [$(&[$(Param { name: stringify!($param), kind: param_kind!($kind) }),*]),*]
    };
}

const PARAMS: [&[Param]; 24] = for_each_host_slot!(params);

macro_rules! is_string {
    (string) => {
        true
    };
    (void) => {
        false
    };
}

macro_rules! returns_string {
    ($($name:ident $slot:ident($($param:ident: $kind:ident),*) -> $result:ident;)*) => {
        [$(is_string!($result)),*]
    };
}

const RETURNS_STRING: [bool; 24] = for_each_host_slot!(returns_string);

/// A function of the host; the value is its row in the table (`version` is row 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum HostSlot {
    /// `config_get`: Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts since mid 2026 fall back to the value set for all agents.
    ConfigGet = 1,
    /// `config_set`: Stores a configuration value or secret for the agent of the calling frame.
    ConfigSet = 2,
    /// `config_delete`: Removes a configuration value of the agent of the calling frame; a key that is not set is not an error.
    ConfigDelete = 3,
    /// `db_exec`: Runs one SQL statement in the plugin's own SQLite database, which all agents share.
    DbExec = 4,
    /// `db_query`: Runs one SQL statement in the plugin's own SQLite database and returns its rows.
    DbQuery = 5,
    /// `log`: Writes a line to the host's log and activity list.
    Log = 6,
    /// `dispatch`: Starts a background task in which the agent of the calling frame works on a prompt.
    Dispatch = 7,
    /// `task_status`: Reads the state of a task that this plugin dispatched.
    TaskStatus = 8,
    /// `dispatch_cancel`: Stops a task that this plugin dispatched; a CANCELLED event follows.
    DispatchCancel = 9,
    /// `dispatch_clarify`: Answered a task's clarification question in version 2 hosts.
    DispatchClarify = 10,
    /// `complete`: Asks a model for a chat completion and waits for the whole answer.
    Complete = 11,
    /// `complete_stream`: Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at the end.
    CompleteStream = 12,
    /// `embed`: Computes embedding vectors for one or several strings.
    Embed = 13,
    /// `list_models`: Lists the models that the host can use now: local ones, one for embeddings, and those of remote providers.
    ListModels = 14,
    /// `http_request`: Sends an HTTP request and waits for the response.
    HttpRequest = 15,
    /// `file_read`: Reads a file from the host's artifacts folder, for example one that a share-artifact call has just announced.
    FileRead = 16,
    /// `list_active_tasks`: Lists this plugin's tasks that are not finished, of all agents, in no particular order.
    ListActiveTasks = 17,
    /// `send_draft`: Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back.
    SendDraft = 18,
    /// `dispatch_interrupt`: Stops the model in an active task of this plugin; the task then completes with what it has.
    DispatchInterrupt = 19,
    /// `dispatch_add_issue`: Added an issue to a running task in version 2 hosts.
    DispatchAddIssue = 20,
    /// `complete_cancel`: Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`.
    CompleteCancel = 21,
    /// `get_active_agent_id`: Tells for which agent the host is calling.
    GetActiveAgentId = 22,
    /// `log_structured`: Writes a line to the host's log with a payload that the activity list shows beside it.
    LogStructured = 23,
    /// `free_string`: Frees a string that a function of this table returned.
    FreeString = 24,
}

impl HostSlot {
    /// All functions in table order.
    pub const ALL: [HostSlot; 24] = [
        HostSlot::ConfigGet,
        HostSlot::ConfigSet,
        HostSlot::ConfigDelete,
        HostSlot::DbExec,
        HostSlot::DbQuery,
        HostSlot::Log,
        HostSlot::Dispatch,
        HostSlot::TaskStatus,
        HostSlot::DispatchCancel,
        HostSlot::DispatchClarify,
        HostSlot::Complete,
        HostSlot::CompleteStream,
        HostSlot::Embed,
        HostSlot::ListModels,
        HostSlot::HttpRequest,
        HostSlot::FileRead,
        HostSlot::ListActiveTasks,
        HostSlot::SendDraft,
        HostSlot::DispatchInterrupt,
        HostSlot::DispatchAddIssue,
        HostSlot::CompleteCancel,
        HostSlot::GetActiveAgentId,
        HostSlot::LogStructured,
        HostSlot::FreeString,
    ];

    /// The function in this row (1 to 24).
    pub const fn from_index(index: u32) -> Option<HostSlot> {
        if index >= 1 && index <= 24 {
            Some(Self::ALL[index as usize - 1])
        } else {
            None
        }
    }

    /// C member name.
    pub const fn name(self) -> &'static str {
        match self {
            HostSlot::ConfigGet => "config_get",
            HostSlot::ConfigSet => "config_set",
            HostSlot::ConfigDelete => "config_delete",
            HostSlot::DbExec => "db_exec",
            HostSlot::DbQuery => "db_query",
            HostSlot::Log => "log",
            HostSlot::Dispatch => "dispatch",
            HostSlot::TaskStatus => "task_status",
            HostSlot::DispatchCancel => "dispatch_cancel",
            HostSlot::DispatchClarify => "dispatch_clarify",
            HostSlot::Complete => "complete",
            HostSlot::CompleteStream => "complete_stream",
            HostSlot::Embed => "embed",
            HostSlot::ListModels => "list_models",
            HostSlot::HttpRequest => "http_request",
            HostSlot::FileRead => "file_read",
            HostSlot::ListActiveTasks => "list_active_tasks",
            HostSlot::SendDraft => "send_draft",
            HostSlot::DispatchInterrupt => "dispatch_interrupt",
            HostSlot::DispatchAddIssue => "dispatch_add_issue",
            HostSlot::CompleteCancel => "complete_cancel",
            HostSlot::GetActiveAgentId => "get_active_agent_id",
            HostSlot::LogStructured => "log_structured",
            HostSlot::FreeString => "free_string",
        }
    }

    /// First ABI version that has it.
    pub const fn since(self) -> u32 {
        match self {
            HostSlot::ConfigGet => 2,
            HostSlot::ConfigSet => 2,
            HostSlot::ConfigDelete => 2,
            HostSlot::DbExec => 2,
            HostSlot::DbQuery => 2,
            HostSlot::Log => 2,
            HostSlot::Dispatch => 2,
            HostSlot::TaskStatus => 2,
            HostSlot::DispatchCancel => 2,
            HostSlot::DispatchClarify => 2,
            HostSlot::Complete => 2,
            HostSlot::CompleteStream => 2,
            HostSlot::Embed => 2,
            HostSlot::ListModels => 2,
            HostSlot::HttpRequest => 2,
            HostSlot::FileRead => 2,
            HostSlot::ListActiveTasks => 2,
            HostSlot::SendDraft => 2,
            HostSlot::DispatchInterrupt => 2,
            HostSlot::DispatchAddIssue => 2,
            HostSlot::CompleteCancel => 3,
            HostSlot::GetActiveAgentId => 4,
            HostSlot::LogStructured => 5,
            HostSlot::FreeString => 6,
        }
    }

    /// First revision inside version 2 that has it, for functions of version 2.
    ///
    /// A host does not tell its revision: a version 2 host may lack what came after `2a`.
    pub const fn since_revision(self) -> Option<V2Revision> {
        match self {
            HostSlot::ConfigGet => Some(V2Revision::A),
            HostSlot::ConfigSet => Some(V2Revision::A),
            HostSlot::ConfigDelete => Some(V2Revision::A),
            HostSlot::DbExec => Some(V2Revision::A),
            HostSlot::DbQuery => Some(V2Revision::A),
            HostSlot::Log => Some(V2Revision::A),
            HostSlot::Dispatch => Some(V2Revision::B),
            HostSlot::TaskStatus => Some(V2Revision::B),
            HostSlot::DispatchCancel => Some(V2Revision::B),
            HostSlot::DispatchClarify => Some(V2Revision::B),
            HostSlot::Complete => Some(V2Revision::B),
            HostSlot::CompleteStream => Some(V2Revision::B),
            HostSlot::Embed => Some(V2Revision::B),
            HostSlot::ListModels => Some(V2Revision::B),
            HostSlot::HttpRequest => Some(V2Revision::B),
            HostSlot::FileRead => Some(V2Revision::D),
            HostSlot::ListActiveTasks => Some(V2Revision::E),
            HostSlot::SendDraft => Some(V2Revision::E),
            HostSlot::DispatchInterrupt => Some(V2Revision::E),
            HostSlot::DispatchAddIssue => Some(V2Revision::E),
            HostSlot::CompleteCancel => None,
            HostSlot::GetActiveAgentId => None,
            HostSlot::LogStructured => None,
            HostSlot::FreeString => None,
        }
    }

    /// Bytes from the start of the host's table.
    pub const fn offset(self) -> usize {
        match self {
            HostSlot::ConfigGet => 8,
            HostSlot::ConfigSet => 16,
            HostSlot::ConfigDelete => 24,
            HostSlot::DbExec => 32,
            HostSlot::DbQuery => 40,
            HostSlot::Log => 48,
            HostSlot::Dispatch => 56,
            HostSlot::TaskStatus => 64,
            HostSlot::DispatchCancel => 72,
            HostSlot::DispatchClarify => 80,
            HostSlot::Complete => 88,
            HostSlot::CompleteStream => 96,
            HostSlot::Embed => 104,
            HostSlot::ListModels => 112,
            HostSlot::HttpRequest => 120,
            HostSlot::FileRead => 128,
            HostSlot::ListActiveTasks => 136,
            HostSlot::SendDraft => 144,
            HostSlot::DispatchInterrupt => 152,
            HostSlot::DispatchAddIssue => 160,
            HostSlot::CompleteCancel => 168,
            HostSlot::GetActiveAgentId => 176,
            HostSlot::LogStructured => 184,
            HostSlot::FreeString => 192,
        }
    }

    /// Bytes that a host's table must have for the function to be inside it.
    pub const fn min_table_size(self) -> usize {
        self.offset() + 8
    }

    /// Its parameters, in order.
    pub const fn params(self) -> &'static [Param] {
        PARAMS[self as usize - 1]
    }

    /// True when it returns a string, which belongs to the caller.
    pub const fn returns_string(self) -> bool {
        RETURNS_STRING[self as usize - 1]
    }

    /// True when the string that it returns is JSON.
    pub const fn returns_json(self) -> bool {
        match self {
            HostSlot::ConfigGet => false,
            HostSlot::ConfigSet => false,
            HostSlot::ConfigDelete => false,
            HostSlot::DbExec => true,
            HostSlot::DbQuery => true,
            HostSlot::Log => false,
            HostSlot::Dispatch => true,
            HostSlot::TaskStatus => true,
            HostSlot::DispatchCancel => false,
            HostSlot::DispatchClarify => false,
            HostSlot::Complete => true,
            HostSlot::CompleteStream => true,
            HostSlot::Embed => true,
            HostSlot::ListModels => true,
            HostSlot::HttpRequest => true,
            HostSlot::FileRead => true,
            HostSlot::ListActiveTasks => true,
            HostSlot::SendDraft => false,
            HostSlot::DispatchInterrupt => false,
            HostSlot::DispatchAddIssue => true,
            HostSlot::CompleteCancel => false,
            HostSlot::GetActiveAgentId => false,
            HostSlot::LogStructured => false,
            HostSlot::FreeString => false,
        }
    }

    /// True when it may be called on any thread, not only on that of a plugin call.
    pub const fn is_for_any_thread(self) -> bool {
        match self {
            HostSlot::ConfigGet => false,
            HostSlot::ConfigSet => false,
            HostSlot::ConfigDelete => false,
            HostSlot::DbExec => false,
            HostSlot::DbQuery => false,
            HostSlot::Log => true,
            HostSlot::Dispatch => false,
            HostSlot::TaskStatus => false,
            HostSlot::DispatchCancel => false,
            HostSlot::DispatchClarify => false,
            HostSlot::Complete => false,
            HostSlot::CompleteStream => false,
            HostSlot::Embed => false,
            HostSlot::ListModels => false,
            HostSlot::HttpRequest => false,
            HostSlot::FileRead => false,
            HostSlot::ListActiveTasks => false,
            HostSlot::SendDraft => false,
            HostSlot::DispatchInterrupt => false,
            HostSlot::DispatchAddIssue => false,
            HostSlot::CompleteCancel => true,
            HostSlot::GetActiveAgentId => false,
            HostSlot::LogStructured => true,
            HostSlot::FreeString => true,
        }
    }

    /// True when the function is kept for the layout alone and has no effect any more.
    pub const fn is_reserved(self) -> bool {
        match self {
            HostSlot::ConfigGet => false,
            HostSlot::ConfigSet => false,
            HostSlot::ConfigDelete => false,
            HostSlot::DbExec => false,
            HostSlot::DbQuery => false,
            HostSlot::Log => false,
            HostSlot::Dispatch => false,
            HostSlot::TaskStatus => false,
            HostSlot::DispatchCancel => false,
            HostSlot::DispatchClarify => true,
            HostSlot::Complete => false,
            HostSlot::CompleteStream => false,
            HostSlot::Embed => false,
            HostSlot::ListModels => false,
            HostSlot::HttpRequest => false,
            HostSlot::FileRead => false,
            HostSlot::ListActiveTasks => false,
            HostSlot::SendDraft => false,
            HostSlot::DispatchInterrupt => false,
            HostSlot::DispatchAddIssue => true,
            HostSlot::CompleteCancel => false,
            HostSlot::GetActiveAgentId => false,
            HostSlot::LogStructured => false,
            HostSlot::FreeString => false,
        }
    }

    /// True when what it does depends on the agent of the calling frame.
    pub const fn is_agent_bound(self) -> bool {
        match self {
            HostSlot::ConfigGet => true,
            HostSlot::ConfigSet => true,
            HostSlot::ConfigDelete => true,
            HostSlot::DbExec => false,
            HostSlot::DbQuery => false,
            HostSlot::Log => false,
            HostSlot::Dispatch => true,
            HostSlot::TaskStatus => false,
            HostSlot::DispatchCancel => false,
            HostSlot::DispatchClarify => false,
            HostSlot::Complete => true,
            HostSlot::CompleteStream => true,
            HostSlot::Embed => true,
            HostSlot::ListModels => false,
            HostSlot::HttpRequest => true,
            HostSlot::FileRead => false,
            HostSlot::ListActiveTasks => false,
            HostSlot::SendDraft => false,
            HostSlot::DispatchInterrupt => false,
            HostSlot::DispatchAddIssue => false,
            HostSlot::CompleteCancel => false,
            HostSlot::GetActiveAgentId => true,
            HostSlot::LogStructured => false,
            HostSlot::FreeString => false,
        }
    }
}

/// Bytes of the host's table in an ABI version: 0 before version 2, the last revision for
/// version 2, and the newest for versions that are not known yet.
pub const fn host_table_size(version: u32) -> usize {
    match version {
        0 | 1 => 0,
        2 => 168,
        3 => 176,
        4 => 184,
        5 => 192,
        _ => 200,
    }
}

/// Bytes of the plugin's table in an ABI version; the newest for versions not known yet.
pub const fn plugin_table_size(version: u32) -> usize {
    match version {
        0 | 1 => 40,
        _ => 72,
    }
}

/// A revision inside ABI version 2, oldest first. All said "version 2".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum V2Revision {
    /// 56 bytes of the host's table: adds `config_get`, `config_set`, `config_delete`, `db_exec`,
    /// `db_query`, `log`.
    A = 0,
    /// 128 bytes of the host's table: adds `dispatch`, `task_status`, `dispatch_cancel`,
    /// `dispatch_clarify`, `complete`, `complete_stream`, `embed`, `list_models`, `http_request`.
    B = 1,
    /// 128 bytes of the host's table, as before.
    C = 2,
    /// 136 bytes of the host's table: adds `file_read`.
    D = 3,
    /// 168 bytes of the host's table: adds `list_active_tasks`, `send_draft`,
    /// `dispatch_interrupt`, `dispatch_add_issue`.
    E = 4,
}

impl V2Revision {
    /// All revisions, oldest first.
    pub const ALL: [V2Revision; 5] = [
        V2Revision::A,
        V2Revision::B,
        V2Revision::C,
        V2Revision::D,
        V2Revision::E,
    ];

    /// `2a` to `2e`.
    pub const fn name(self) -> &'static str {
        self.layout().name
    }

    /// The revision of this name.
    pub fn from_name(name: &str) -> Option<V2Revision> {
        Self::ALL
            .into_iter()
            .find(|revision| revision.name() == name)
    }

    /// Its day and the sizes of its tables.
    pub const fn layout(self) -> &'static Revision {
        &V2_REVISIONS[self as usize]
    }
}

impl core::fmt::Display for V2Revision {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str(self.name())
    }
}

/// The layout of a [`V2Revision`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// Name, `2a` to `2e`.
    pub name: &'static str,
    /// Day of its first commit, `YYYY-MM-DD`.
    pub date: &'static str,
    /// Bytes of the host's table.
    pub host_table_size: usize,
    /// Bytes of the plugin's table.
    pub plugin_table_size: usize,
    /// Last member of the plugin's table.
    pub plugin_last: &'static str,
}

/// The revisions of version 2, oldest first.
pub const V2_REVISIONS: [Revision; 5] = [
    Revision {
        name: "2a",
        date: "2026-03-01",
        host_table_size: 56,
        plugin_table_size: 64,
        plugin_last: "on_config_changed",
    },
    Revision {
        name: "2b",
        date: "2026-03-02",
        host_table_size: 128,
        plugin_table_size: 72,
        plugin_last: "on_task_completed",
    },
    Revision {
        name: "2c",
        date: "2026-03-02",
        host_table_size: 128,
        plugin_table_size: 72,
        plugin_last: "on_task_event",
    },
    Revision {
        name: "2d",
        date: "2026-03-25",
        host_table_size: 136,
        plugin_table_size: 72,
        plugin_last: "on_task_event",
    },
    Revision {
        name: "2e",
        date: "2026-03-29",
        host_table_size: 168,
        plugin_table_size: 72,
        plugin_last: "on_task_event",
    },
];

/// Newest ABI version.
pub const ABI_VERSION_LATEST: u32 = 6;

/// Symbol that a plugin of version 2 and later exports.
pub const ENTRY_V2: &str = "osaurus_plugin_entry_v2";

/// Symbol that a plugin of version 1 exports.
pub const ENTRY_V1: &str = "osaurus_plugin_entry";

/// ABI versions, as they are in the `version` fields of the tables.
pub mod abi_version {
    /// Tools only, no host table. Since version 1.
    pub const VERSION_1: u32 = 1;
    /// The host table, routes and events. Since version 2 (2a).
    pub const VERSION_2: u32 = 2;
    /// Streams can be cancelled. Since version 3.
    pub const VERSION_3: u32 = 3;
    /// The bound agent can be asked for. Since version 4.
    pub const VERSION_4: u32 = 4;
    /// Structured log lines. Since version 5.
    pub const VERSION_5: u32 = 5;
    /// The host frees its own strings. Since version 6.
    pub const VERSION_6: u32 = 6;
}

/// ABI versions, as they are in the `version` fields of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum AbiVersion {
    /// Tools only, no host table. Since version 1.
    Version1 = 1,
    /// The host table, routes and events. Since version 2 (2a).
    Version2 = 2,
    /// Streams can be cancelled. Since version 3.
    Version3 = 3,
    /// The bound agent can be asked for. Since version 4.
    Version4 = 4,
    /// Structured log lines. Since version 5.
    Version5 = 5,
    /// The host frees its own strings. Since version 6.
    Version6 = 6,
}

impl AbiVersion {
    /// All values, in order.
    pub const ALL: [AbiVersion; 6] = [
        AbiVersion::Version1,
        AbiVersion::Version2,
        AbiVersion::Version3,
        AbiVersion::Version4,
        AbiVersion::Version5,
        AbiVersion::Version6,
    ];

    /// The value's name, snake case.
    pub const fn name(self) -> &'static str {
        match self {
            AbiVersion::Version1 => "version_1",
            AbiVersion::Version2 => "version_2",
            AbiVersion::Version3 => "version_3",
            AbiVersion::Version4 => "version_4",
            AbiVersion::Version5 => "version_5",
            AbiVersion::Version6 => "version_6",
        }
    }

    /// The name of a number that crossed the boundary, if it has one.
    pub const fn from_value(value: u32) -> Option<AbiVersion> {
        match value {
            1 => Some(AbiVersion::Version1),
            2 => Some(AbiVersion::Version2),
            3 => Some(AbiVersion::Version3),
            4 => Some(AbiVersion::Version4),
            5 => Some(AbiVersion::Version5),
            6 => Some(AbiVersion::Version6),
            _ => None,
        }
    }

    /// The number that crosses the boundary.
    pub const fn value(self) -> u32 {
        self as u32
    }
}

/// Levels of `log` and `log_structured`.
pub mod log_level {
    /// Steps that matter only while looking for one bug. Since version 2 (2a).
    pub const TRACE: i32 = 0;
    /// Details for the plugin's author. Since version 2 (2a).
    pub const DEBUG: i32 = 1;
    /// What a user may want to know. Since version 2 (2a).
    pub const INFO: i32 = 2;
    /// Something is wrong but the work goes on. Since version 2 (2a).
    pub const WARN: i32 = 3;
    /// Something failed. Since version 2 (2a).
    pub const ERROR: i32 = 4;
}

/// Levels of `log` and `log_structured`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum LogLevel {
    /// Steps that matter only while looking for one bug. Since version 2 (2a).
    Trace = 0,
    /// Details for the plugin's author. Since version 2 (2a).
    Debug = 1,
    /// What a user may want to know. Since version 2 (2a).
    Info = 2,
    /// Something is wrong but the work goes on. Since version 2 (2a).
    Warn = 3,
    /// Something failed. Since version 2 (2a).
    Error = 4,
}

impl LogLevel {
    /// All values, in order.
    pub const ALL: [LogLevel; 5] = [
        LogLevel::Trace,
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Warn,
        LogLevel::Error,
    ];

    /// The value's name, snake case.
    pub const fn name(self) -> &'static str {
        match self {
            LogLevel::Trace => "trace",
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warn => "warn",
            LogLevel::Error => "error",
        }
    }

    /// The name of a number that crossed the boundary, if it has one.
    pub const fn from_value(value: i32) -> Option<LogLevel> {
        match value {
            0 => Some(LogLevel::Trace),
            1 => Some(LogLevel::Debug),
            2 => Some(LogLevel::Info),
            3 => Some(LogLevel::Warn),
            4 => Some(LogLevel::Error),
            _ => None,
        }
    }

    /// The number that crosses the boundary.
    pub const fn value(self) -> i32 {
        self as i32
    }
}

/// Kinds of events that `on_task_event` receives.
pub mod task_event {
    /// The task is registered and runs. Since version 2 (2c).
    pub const STARTED: i32 = 0;
    /// The agent called a tool; may be repeated. Since version 2 (2c).
    pub const ACTIVITY: i32 = 1;
    /// The task has come so far. Defined, but no known host sends it. Since version 2 (2c).
    pub const PROGRESS: i32 = 2;
    /// The agent asks the user a question and waits. Since version 2 (2c).
    pub const CLARIFICATION: i32 = 3;
    /// The task ended well. The last event of a task. Since version 2 (2c).
    pub const COMPLETED: i32 = 4;
    /// The task failed. The last event of a task. Since version 2 (2c).
    pub const FAILED: i32 = 5;
    /// The task was cancelled, or shut down while active. The last event of a task. Since version
    /// 2 (2c).
    pub const CANCELLED: i32 = 6;
    /// A piece of the task's text. Came a day after revision 2c; no known host sends it. Since
    /// version 2 (2c).
    pub const OUTPUT: i32 = 7;
    /// Answers `send_draft` with the draft. Since version 2 (2e).
    pub const DRAFT: i32 = 8;
}

/// Kinds of events that `on_task_event` receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum TaskEvent {
    /// The task is registered and runs. Since version 2 (2c).
    Started = 0,
    /// The agent called a tool; may be repeated. Since version 2 (2c).
    Activity = 1,
    /// The task has come so far. Defined, but no known host sends it. Since version 2 (2c).
    Progress = 2,
    /// The agent asks the user a question and waits. Since version 2 (2c).
    Clarification = 3,
    /// The task ended well. The last event of a task. Since version 2 (2c).
    Completed = 4,
    /// The task failed. The last event of a task. Since version 2 (2c).
    Failed = 5,
    /// The task was cancelled, or shut down while active. The last event of a task. Since version
    /// 2 (2c).
    Cancelled = 6,
    /// A piece of the task's text. Came a day after revision 2c; no known host sends it. Since
    /// version 2 (2c).
    Output = 7,
    /// Answers `send_draft` with the draft. Since version 2 (2e).
    Draft = 8,
}

impl TaskEvent {
    /// All values, in order.
    pub const ALL: [TaskEvent; 9] = [
        TaskEvent::Started,
        TaskEvent::Activity,
        TaskEvent::Progress,
        TaskEvent::Clarification,
        TaskEvent::Completed,
        TaskEvent::Failed,
        TaskEvent::Cancelled,
        TaskEvent::Output,
        TaskEvent::Draft,
    ];

    /// The value's name, snake case.
    pub const fn name(self) -> &'static str {
        match self {
            TaskEvent::Started => "started",
            TaskEvent::Activity => "activity",
            TaskEvent::Progress => "progress",
            TaskEvent::Clarification => "clarification",
            TaskEvent::Completed => "completed",
            TaskEvent::Failed => "failed",
            TaskEvent::Cancelled => "cancelled",
            TaskEvent::Output => "output",
            TaskEvent::Draft => "draft",
        }
    }

    /// The name of a number that crossed the boundary, if it has one.
    pub const fn from_value(value: i32) -> Option<TaskEvent> {
        match value {
            0 => Some(TaskEvent::Started),
            1 => Some(TaskEvent::Activity),
            2 => Some(TaskEvent::Progress),
            3 => Some(TaskEvent::Clarification),
            4 => Some(TaskEvent::Completed),
            5 => Some(TaskEvent::Failed),
            6 => Some(TaskEvent::Cancelled),
            7 => Some(TaskEvent::Output),
            8 => Some(TaskEvent::Draft),
            _ => None,
        }
    }

    /// The number that crosses the boundary.
    pub const fn value(self) -> i32 {
        self as i32
    }
}

/// Texts with a fixed meaning on both sides of the boundary.
pub mod text {
    /// Key of the first `on_config_changed` after loading, with a random value: a probe, to be
    /// ignored.
    pub const ABI_PROBE_KEY: &str = "__osaurus_abi_probe__";
    /// Key under which plugins with routes get the address of the agent's tunnel; empty when it
    /// is down.
    pub const TUNNEL_URL_KEY: &str = "tunnel_url";
    /// The built-in default agent.
    pub const DEFAULT_AGENT_ID: &str = "00000000-0000-0000-0000-000000000001";
    /// `type` of `invoke` for a tool call.
    pub const INVOKE_TOOL: &str = "tool";
    /// `type` of `invoke` for a shared artifact.
    pub const INVOKE_ARTIFACT: &str = "artifact";
    /// `id` of `invoke` for a shared artifact.
    pub const INVOKE_ARTIFACT_ID: &str = "share";
    /// Header of a route request that names the agent; it wins over the query.
    pub const AGENT_HEADER: &str = "X-Osaurus-Agent-Id";
    /// Query parameter of a route request that names the agent.
    pub const AGENT_QUERY: &str = "osr_agent";
    /// Header by which the host knows that a route request came through a tunnel.
    pub const RELAY_HEADER: &str = "X-Osaurus-Relay-Origin";
}

/// Numbers of the worker protocol (docs/worker-protocol.md).
pub mod worker {
    /// Types of messages. Below 16 from the shim, from 16 on from the worker.
    pub mod kind {
        /// Settings, root, plugin id.
        pub const HELLO: u8 = 1;
        /// Kind, target, payload, context, timeout, asynchronous.
        pub const CALL: u8 = 2;
        /// Outcome of a host call.
        pub const REPLY: u8 = 3;
        /// One chunk of a stream.
        pub const CHUNK: u8 = 4;
        /// Stop the call.
        pub const CANCEL: u8 = 5;
        /// End.
        pub const BYE: u8 = 6;
        /// The worker runs: description, and what it takes calls on.
        pub const READY: u8 = 16;
        /// The script could not be loaded: text.
        pub const FAILED: u8 = 17;
        /// A host call: slot and arguments.
        pub const HOST: u8 = 18;
        /// The end of a call: status and text.
        pub const RESULT: u8 = 19;
        /// A line for the host's log: level and text.
        pub const LOG: u8 = 20;
        /// Cancel the stream.
        pub const STREAM_STOP: u8 = 21;
    }

    /// READY's second field.
    pub mod ready {
        /// The worker takes calls on the mux alone.
        pub const NO_LANE: i32 = 0;
        /// It takes calls on the lane, too, as without the number.
        pub const LANE: i32 = 1;
        /// Both connections go on over the pipes that the shim offers.
        pub const LANE_AND_PIPES: i32 = 2;
        /// The mux goes on over its pipes; the lane is not used.
        pub const PIPES_WITHOUT_LANE: i32 = 3;
    }

    /// Longest message in bytes, without its length field.
    pub const MAX_MESSAGE: usize = 268435456;
}

// The layout, checked by the compiler.
const _: () = {
    assert!(size_of::<*const c_void>() == 8);
    assert!(size_of::<HostApi>() == 200);
    assert!(size_of::<PluginApi>() == 72);
    assert!(offset_of!(HostApi, version) == 0);
    assert!(offset_of!(HostApi, config_get) == 8);
    assert!(offset_of!(HostApi, config_set) == 16);
    assert!(offset_of!(HostApi, config_delete) == 24);
    assert!(offset_of!(HostApi, db_exec) == 32);
    assert!(offset_of!(HostApi, db_query) == 40);
    assert!(offset_of!(HostApi, log) == 48);
    assert!(offset_of!(HostApi, dispatch) == 56);
    assert!(offset_of!(HostApi, task_status) == 64);
    assert!(offset_of!(HostApi, dispatch_cancel) == 72);
    assert!(offset_of!(HostApi, dispatch_clarify) == 80);
    assert!(offset_of!(HostApi, complete) == 88);
    assert!(offset_of!(HostApi, complete_stream) == 96);
    assert!(offset_of!(HostApi, embed) == 104);
    assert!(offset_of!(HostApi, list_models) == 112);
    assert!(offset_of!(HostApi, http_request) == 120);
    assert!(offset_of!(HostApi, file_read) == 128);
    assert!(offset_of!(HostApi, list_active_tasks) == 136);
    assert!(offset_of!(HostApi, send_draft) == 144);
    assert!(offset_of!(HostApi, dispatch_interrupt) == 152);
    assert!(offset_of!(HostApi, dispatch_add_issue) == 160);
    assert!(offset_of!(HostApi, complete_cancel) == 168);
    assert!(offset_of!(HostApi, get_active_agent_id) == 176);
    assert!(offset_of!(HostApi, log_structured) == 184);
    assert!(offset_of!(HostApi, free_string) == 192);
    assert!(offset_of!(PluginApi, free_string) == 0);
    assert!(offset_of!(PluginApi, init) == 8);
    assert!(offset_of!(PluginApi, destroy) == 16);
    assert!(offset_of!(PluginApi, get_manifest) == 24);
    assert!(offset_of!(PluginApi, invoke) == 32);
    assert!(offset_of!(PluginApi, version) == 40);
    assert!(offset_of!(PluginApi, handle_route) == 48);
    assert!(offset_of!(PluginApi, on_config_changed) == 56);
    assert!(offset_of!(PluginApi, on_task_event) == 64);
};
