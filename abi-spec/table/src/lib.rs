//! The Osaurus ABI as `repr(C)` tables. Read through raw pointers only: a host's table may be shorter than `HostApi`.
#![no_std]
use core::ffi::{c_char, c_int, c_void};
/// The plugin context that `init` returns.
pub type PluginCtx = *mut c_void;
/// Receives stream chunks.
pub type OnChunk = unsafe extern "C" fn(chunk_json: *const c_char, user_data: *mut c_void);
/// `osr_host_api`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HostApi {
    /// `version`.
    pub version: u32,
    /// `config_get`.
    pub config_get: Option<unsafe extern "C" fn(key: *const c_char) -> *const c_char>,
    /// `config_set`.
    pub config_set: Option<unsafe extern "C" fn(key: *const c_char, value: *const c_char)>,
    /// `config_delete`.
    pub config_delete: Option<unsafe extern "C" fn(key: *const c_char)>,
    /// `db_exec`.
    pub db_exec: Option<
        unsafe extern "C" fn(sql: *const c_char, params_json: *const c_char) -> *const c_char,
    >,
    /// `db_query`.
    pub db_query: Option<
        unsafe extern "C" fn(sql: *const c_char, params_json: *const c_char) -> *const c_char,
    >,
    /// `log`.
    pub log: Option<unsafe extern "C" fn(level: c_int, message: *const c_char)>,
    /// `dispatch`.
    pub dispatch: Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>,
    /// `task_status`.
    pub task_status: Option<unsafe extern "C" fn(task_id: *const c_char) -> *const c_char>,
    /// `dispatch_cancel`.
    pub dispatch_cancel: Option<unsafe extern "C" fn(task_id: *const c_char)>,
    /// `dispatch_clarify`.
    pub dispatch_clarify:
        Option<unsafe extern "C" fn(task_id: *const c_char, response: *const c_char)>,
    /// `complete`.
    pub complete: Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>,
    /// `complete_stream`.
    pub complete_stream: Option<
        unsafe extern "C" fn(
            request_json: *const c_char,
            on_chunk: Option<OnChunk>,
            user_data: *mut c_void,
        ) -> *const c_char,
    >,
    /// `embed`.
    pub embed: Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>,
    /// `list_models`.
    pub list_models: Option<unsafe extern "C" fn() -> *const c_char>,
    /// `http_request`.
    pub http_request: Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>,
    /// `file_read`.
    pub file_read: Option<unsafe extern "C" fn(request_json: *const c_char) -> *const c_char>,
    /// `list_active_tasks`.
    pub list_active_tasks: Option<unsafe extern "C" fn() -> *const c_char>,
    /// `send_draft`.
    pub send_draft: Option<unsafe extern "C" fn(task_id: *const c_char, draft_json: *const c_char)>,
    /// `dispatch_interrupt`.
    pub dispatch_interrupt:
        Option<unsafe extern "C" fn(task_id: *const c_char, message: *const c_char)>,
    /// `dispatch_add_issue`.
    pub dispatch_add_issue: Option<
        unsafe extern "C" fn(task_id: *const c_char, issue_json: *const c_char) -> *const c_char,
    >,
    /// `complete_cancel`.
    pub complete_cancel: Option<unsafe extern "C" fn(stream_id: *const c_char)>,
    /// `get_active_agent_id`.
    pub get_active_agent_id: Option<unsafe extern "C" fn() -> *const c_char>,
    /// `log_structured`.
    pub log_structured: Option<
        unsafe extern "C" fn(level: c_int, message: *const c_char, payload_json: *const c_char),
    >,
    /// `free_string`.
    pub free_string: Option<unsafe extern "C" fn(s: *const c_char)>,
}
/// `osr_plugin_api`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PluginApi {
    /// `free_string`.
    pub free_string: Option<unsafe extern "C" fn(s: *const c_char)>,
    /// `init`.
    pub init: Option<unsafe extern "C" fn() -> PluginCtx>,
    /// `destroy`.
    pub destroy: Option<unsafe extern "C" fn(ctx: PluginCtx)>,
    /// `get_manifest`.
    pub get_manifest: Option<unsafe extern "C" fn(ctx: PluginCtx) -> *const c_char>,
    /// `invoke`.
    pub invoke: Option<
        unsafe extern "C" fn(
            ctx: PluginCtx,
            kind: *const c_char,
            id: *const c_char,
            payload: *const c_char,
        ) -> *const c_char,
    >,
    /// `version`.
    pub version: u32,
    /// `handle_route`.
    pub handle_route:
        Option<unsafe extern "C" fn(ctx: PluginCtx, request_json: *const c_char) -> *const c_char>,
    /// `on_config_changed`.
    pub on_config_changed:
        Option<unsafe extern "C" fn(ctx: PluginCtx, key: *const c_char, value: *const c_char)>,
    /// `on_task_event`.
    pub on_task_event: Option<
        unsafe extern "C" fn(
            ctx: PluginCtx,
            task_id: *const c_char,
            event_type: c_int,
            event_json: *const c_char,
        ),
    >,
}
/// A host slot; the value is its index in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum HostSlot {
    /// `config_get`.
    ConfigGet = 1,
    /// `config_set`.
    ConfigSet = 2,
    /// `config_delete`.
    ConfigDelete = 3,
    /// `db_exec`.
    DbExec = 4,
    /// `db_query`.
    DbQuery = 5,
    /// `log`.
    Log = 6,
    /// `dispatch`.
    Dispatch = 7,
    /// `task_status`.
    TaskStatus = 8,
    /// `dispatch_cancel`.
    DispatchCancel = 9,
    /// `dispatch_clarify`.
    DispatchClarify = 10,
    /// `complete`.
    Complete = 11,
    /// `complete_stream`.
    CompleteStream = 12,
    /// `embed`.
    Embed = 13,
    /// `list_models`.
    ListModels = 14,
    /// `http_request`.
    HttpRequest = 15,
    /// `file_read`.
    FileRead = 16,
    /// `list_active_tasks`.
    ListActiveTasks = 17,
    /// `send_draft`.
    SendDraft = 18,
    /// `dispatch_interrupt`.
    DispatchInterrupt = 19,
    /// `dispatch_add_issue`.
    DispatchAddIssue = 20,
    /// `complete_cancel`.
    CompleteCancel = 21,
    /// `get_active_agent_id`.
    GetActiveAgentId = 22,
    /// `log_structured`.
    LogStructured = 23,
    /// `free_string`.
    FreeString = 24,
}
impl HostSlot {
    /// All slots in table order.
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
    /// The slot with this index (1 to 24).
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
}
/// Size in bytes of the host table of an ABI version (the last revision of version 2).
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
/// Size in bytes of the plugin table of an ABI version.
pub const fn plugin_table_size(version: u32) -> usize {
    if version < 2 { 40 } else { 72 }
}
/// Newest ABI version.
pub const ABI_VERSION_LATEST: u32 = 6;
/// Symbol of the version 2 entry.
pub const ENTRY_V2: &str = "osaurus_plugin_entry_v2";
/// Symbol of the version 1 entry.
pub const ENTRY_V1: &str = "osaurus_plugin_entry";

/// Values of `log_level`.
pub mod log_level {
    /// trace.
    pub const TRACE: i32 = 0;
    /// debug.
    pub const DEBUG: i32 = 1;
    /// info.
    pub const INFO: i32 = 2;
    /// warn.
    pub const WARN: i32 = 3;
    /// error.
    pub const ERROR: i32 = 4;
}
/// Values of `task_event`.
pub mod task_event {
    /// started.
    pub const STARTED: i32 = 0;
    /// activity.
    pub const ACTIVITY: i32 = 1;
    /// progress.
    pub const PROGRESS: i32 = 2;
    /// clarification.
    pub const CLARIFICATION: i32 = 3;
    /// completed.
    pub const COMPLETED: i32 = 4;
    /// failed.
    pub const FAILED: i32 = 5;
    /// cancelled.
    pub const CANCELLED: i32 = 6;
    /// output.
    pub const OUTPUT: i32 = 7;
    /// draft.
    pub const DRAFT: i32 = 8;
}
