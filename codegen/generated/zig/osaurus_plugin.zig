//! Generated from abi-spec by `osaurus-bridge gen zig`. Edit the spec, not this file.
//!
//! The Osaurus plugin ABI, versions 1 to 6, as Zig: tables, constants, entry symbols.
//!
//! Keep the pointer to the host's table and never copy it: an older host's table is shorter than
//! `HostApi`, and a function past its end is out of bounds. `function(host, "complete_cancel")`
//! looks at the version first. Strings that the host returned go to `freeHostString`.

const std = @import("std");

/// What the plugin's `init` returns; the host hands it back in every call.
pub const PluginCtx = ?*anyopaque;
/// Text that ends in NUL, or null.
pub const Text = ?[*:0]const u8;
/// Receives the pieces of a stream, on a thread of the host's.
pub const OnChunk = ?*const fn (chunk_json: Text, user_data: ?*anyopaque) callconv(.c) void;

/// ABI versions, as they are in the `version` fields of the tables.
pub const abi_version = struct {
    /// Tools only, no host table.
    pub const v1: u32 = 1;
    /// The host table, routes and events.
    pub const v2: u32 = 2;
    /// Streams can be cancelled.
    pub const v3: u32 = 3;
    /// The bound agent can be asked for.
    pub const v4: u32 = 4;
    /// Structured log lines.
    pub const v5: u32 = 5;
    /// The host frees its own strings.
    pub const v6: u32 = 6;
};

/// Levels of `log` and `log_structured`.
pub const log_level = struct {
    /// Steps that matter only while looking for one bug.
    pub const trace: c_int = 0;
    /// Details for the plugin's author.
    pub const debug: c_int = 1;
    /// What a user may want to know.
    pub const info: c_int = 2;
    /// Something is wrong but the work goes on.
    pub const warn: c_int = 3;
    /// Something failed.
    pub const err: c_int = 4;
};

/// Kinds of events that `on_task_event` receives.
pub const task_event = struct {
    /// The task is registered and runs.
    pub const started: c_int = 0;
    /// The agent called a tool; may be repeated.
    pub const activity: c_int = 1;
    /// The task has come so far. Defined, but no known host sends it.
    pub const progress: c_int = 2;
    /// The agent asks the user a question and waits.
    pub const clarification: c_int = 3;
    /// The task ended well. The last event of a task.
    pub const completed: c_int = 4;
    /// The task failed. The last event of a task.
    pub const failed: c_int = 5;
    /// The task was cancelled, or shut down while active. The last event of a task.
    pub const cancelled: c_int = 6;
    /// A piece of the task's text. Came a day after revision 2c; no known host sends it.
    pub const output: c_int = 7;
    /// Answers `send_draft` with the draft.
    pub const draft: c_int = 8;
};

/// Key of the first `on_config_changed` after loading, with a random value: a probe, to be
/// ignored.
pub const abi_probe_key = "__osaurus_abi_probe__";
/// Key under which plugins with routes get the address of the agent's tunnel; empty when it is
/// down.
pub const tunnel_url_key = "tunnel_url";
/// The built-in default agent.
pub const default_agent_id = "00000000-0000-0000-0000-000000000001";
/// `type` of `invoke` for a tool call.
pub const invoke_tool = "tool";
/// `type` of `invoke` for a shared artifact.
pub const invoke_artifact = "artifact";
/// `id` of `invoke` for a shared artifact.
pub const invoke_artifact_id = "share";
/// Header of a route request that names the agent; it wins over the query.
pub const agent_header = "X-Osaurus-Agent-Id";
/// Query parameter of a route request that names the agent.
pub const agent_query = "osr_agent";
/// Header by which the host knows that a route request came through a tunnel.
pub const relay_header = "X-Osaurus-Relay-Origin";

/// Functions that the host gives to a plugin. The host fills the table and passes it to
/// `osaurus_plugin_entry_v2`; it belongs to the host and lives as long as the plugin stays
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
pub const HostApi = extern struct {
    /// ABI version of the host, 2 to 6: the newest slots that may be read. Since version 2 (2a).
    version: u32 = 0,
    /// Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts since mid 2026 fall back to the value set for all agents. Since version 2 (2a).
    config_get: ?*const fn (key: Text) callconv(.c) Text = null,
    /// Stores a configuration value or secret for the agent of the calling frame. Since version 2 (2a).
    config_set: ?*const fn (key: Text, value: Text) callconv(.c) void = null,
    /// Removes a configuration value of the agent of the calling frame; a key that is not set is not an error. Since version 2 (2a).
    config_delete: ?*const fn (key: Text) callconv(.c) void = null,
    /// Runs one SQL statement in the plugin's own SQLite database, which all agents share. Since version 2 (2a).
    db_exec: ?*const fn (sql: Text, params_json: Text) callconv(.c) Text = null,
    /// Runs one SQL statement in the plugin's own SQLite database and returns its rows. Since version 2 (2a).
    db_query: ?*const fn (sql: Text, params_json: Text) callconv(.c) Text = null,
    /// Writes a line to the host's log and activity list. Since version 2 (2a).
    log: ?*const fn (level: c_int, message: Text) callconv(.c) void = null,
    /// Starts a background task in which the agent of the calling frame works on a prompt. Since version 2 (2b).
    dispatch: ?*const fn (request_json: Text) callconv(.c) Text = null,
    /// Reads the state of a task that this plugin dispatched. Since version 2 (2b).
    task_status: ?*const fn (task_id: Text) callconv(.c) Text = null,
    /// Stops a task that this plugin dispatched; a CANCELLED event follows. Since version 2 (2b).
    dispatch_cancel: ?*const fn (task_id: Text) callconv(.c) void = null,
    /// Answered a task's clarification question in version 2 hosts. Since version 2 (2b).
    dispatch_clarify: ?*const fn (task_id: Text, response: Text) callconv(.c) void = null,
    /// Asks a model for a chat completion and waits for the whole answer. Since version 2 (2b).
    complete: ?*const fn (request_json: Text) callconv(.c) Text = null,
    /// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at the end. Since version 2 (2b).
    complete_stream: ?*const fn (request_json: Text, on_chunk: OnChunk, user_data: ?*anyopaque) callconv(.c) Text = null,
    /// Computes embedding vectors for one or several strings. Since version 2 (2b).
    embed: ?*const fn (request_json: Text) callconv(.c) Text = null,
    /// Lists the models that the host can use now: local ones, one for embeddings, and those of remote providers. Since version 2 (2b).
    list_models: ?*const fn () callconv(.c) Text = null,
    /// Sends an HTTP request and waits for the response. Since version 2 (2b).
    http_request: ?*const fn (request_json: Text) callconv(.c) Text = null,
    /// Reads a file from the host's artifacts folder, for example one that a share-artifact call has just announced. Since version 2 (2d).
    file_read: ?*const fn (request_json: Text) callconv(.c) Text = null,
    /// Lists this plugin's tasks that are not finished, of all agents, in no particular order. Since version 2 (2e).
    list_active_tasks: ?*const fn () callconv(.c) Text = null,
    /// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back. Since version 2 (2e).
    send_draft: ?*const fn (task_id: Text, draft_json: Text) callconv(.c) void = null,
    /// Stops the model in an active task of this plugin; the task then completes with what it has. Since version 2 (2e).
    dispatch_interrupt: ?*const fn (task_id: Text, message: Text) callconv(.c) void = null,
    /// Added an issue to a running task in version 2 hosts. Since version 2 (2e).
    dispatch_add_issue: ?*const fn (task_id: Text, issue_json: Text) callconv(.c) Text = null,
    /// Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`. Since version 3.
    complete_cancel: ?*const fn (stream_id: Text) callconv(.c) void = null,
    /// Tells for which agent the host is calling. Since version 4.
    get_active_agent_id: ?*const fn () callconv(.c) Text = null,
    /// Writes a line to the host's log with a payload that the activity list shows beside it. Since version 5.
    log_structured: ?*const fn (level: c_int, message: Text, payload_json: Text) callconv(.c) void = null,
    /// Frees a string that a function of this table returned. Since version 6.
    free_string: ?*const fn (s: Text) callconv(.c) void = null,
};

/// Functions that a plugin gives to the host. The entry function returns a pointer to it; the
/// host copies the table, so it may be static but must be complete by then. The first five
/// members are version 1's whole table and must all be set; the later ones may be NULL.
///
/// Strings that the host passes are valid during the call only. Strings that the plugin returns
/// are copied by the host and handed to the plugin's own `free_string` at once.
pub const PluginApi = extern struct {
    /// Frees a string that the plugin returned to the host. Since version 1.
    free_string: ?*const fn (s: Text) callconv(.c) void = null,
    /// Creates the plugin's context. Since version 1.
    init: ?*const fn () callconv(.c) PluginCtx = null,
    /// Ends the context. Since version 1.
    destroy: ?*const fn (ctx: PluginCtx) callconv(.c) void = null,
    /// Returns the manifest: what the plugin is, its tools, routes, settings and web pages. Since version 1.
    get_manifest: ?*const fn (ctx: PluginCtx) callconv(.c) Text = null,
    /// Runs one of the plugin's tools, or announces a shared artifact. Since version 1.
    invoke: ?*const fn (ctx: PluginCtx, kind: Text, id: Text, payload: Text) callconv(.c) Text = null,
    /// ABI version for which the plugin was built. Since version 2 (2a).
    version: u32 = 0,
    /// Answers an HTTP request to one of the routes in the manifest. Since version 2 (2a).
    handle_route: ?*const fn (ctx: PluginCtx, request_json: Text) callconv(.c) Text = null,
    /// Tells that a configuration value has a new value for the bound agent. Since version 2 (2a).
    on_config_changed: ?*const fn (ctx: PluginCtx, key: Text, value: Text) callconv(.c) void = null,
    /// Tells what happens to a task that this plugin dispatched. Since version 2 (2c).
    on_task_event: ?*const fn (ctx: PluginCtx, task_id: Text, event_type: c_int, event_json: Text) callconv(.c) void = null,
};

/// First version with each function of the host.
pub const since = struct {
    pub const config_get: u32 = 2;
    pub const config_set: u32 = 2;
    pub const config_delete: u32 = 2;
    pub const db_exec: u32 = 2;
    pub const db_query: u32 = 2;
    pub const log: u32 = 2;
    pub const dispatch: u32 = 2;
    pub const task_status: u32 = 2;
    pub const dispatch_cancel: u32 = 2;
    pub const dispatch_clarify: u32 = 2;
    pub const complete: u32 = 2;
    pub const complete_stream: u32 = 2;
    pub const embed: u32 = 2;
    pub const list_models: u32 = 2;
    pub const http_request: u32 = 2;
    pub const file_read: u32 = 2;
    pub const list_active_tasks: u32 = 2;
    pub const send_draft: u32 = 2;
    pub const dispatch_interrupt: u32 = 2;
    pub const dispatch_add_issue: u32 = 2;
    pub const complete_cancel: u32 = 3;
    pub const get_active_agent_id: u32 = 4;
    pub const log_structured: u32 = 5;
    pub const free_string: u32 = 6;
};

/// The function of that name, or null when the host does not have it. Nothing past the end of the
/// host's table is read. Early version 2 hosts lack functions of later revisions without saying so.
pub fn function(host: ?*const HostApi, comptime name: []const u8) @FieldType(HostApi, name) {
    const table = host orelse return null;
    if (table.version < @field(since, name)) return null;
    return @field(table, name);
}

/// Frees a string that the host returned: with the host's own function from version 6 on, with
/// libc's `free` before. Never use the plugin's `free_string` for it.
pub fn freeHostString(host: ?*const HostApi, text: Text) void {
    if (function(host, "free_string")) |free| return free(text);
    std.c.free(@ptrCast(@constCast(text)));
}

comptime {
    std.debug.assert(@sizeOf(*anyopaque) == 8);
    std.debug.assert(@sizeOf(HostApi) == 200);
    std.debug.assert(@sizeOf(PluginApi) == 72);
}

test "osr_host_api has the layout of the spec" {
    try std.testing.expectEqual(0, @offsetOf(HostApi, "version"));
    try std.testing.expectEqual(8, @offsetOf(HostApi, "config_get"));
    try std.testing.expectEqual(16, @offsetOf(HostApi, "config_set"));
    try std.testing.expectEqual(24, @offsetOf(HostApi, "config_delete"));
    try std.testing.expectEqual(32, @offsetOf(HostApi, "db_exec"));
    try std.testing.expectEqual(40, @offsetOf(HostApi, "db_query"));
    try std.testing.expectEqual(48, @offsetOf(HostApi, "log"));
    try std.testing.expectEqual(56, @offsetOf(HostApi, "dispatch"));
    try std.testing.expectEqual(64, @offsetOf(HostApi, "task_status"));
    try std.testing.expectEqual(72, @offsetOf(HostApi, "dispatch_cancel"));
    try std.testing.expectEqual(80, @offsetOf(HostApi, "dispatch_clarify"));
    try std.testing.expectEqual(88, @offsetOf(HostApi, "complete"));
    try std.testing.expectEqual(96, @offsetOf(HostApi, "complete_stream"));
    try std.testing.expectEqual(104, @offsetOf(HostApi, "embed"));
    try std.testing.expectEqual(112, @offsetOf(HostApi, "list_models"));
    try std.testing.expectEqual(120, @offsetOf(HostApi, "http_request"));
    try std.testing.expectEqual(128, @offsetOf(HostApi, "file_read"));
    try std.testing.expectEqual(136, @offsetOf(HostApi, "list_active_tasks"));
    try std.testing.expectEqual(144, @offsetOf(HostApi, "send_draft"));
    try std.testing.expectEqual(152, @offsetOf(HostApi, "dispatch_interrupt"));
    try std.testing.expectEqual(160, @offsetOf(HostApi, "dispatch_add_issue"));
    try std.testing.expectEqual(168, @offsetOf(HostApi, "complete_cancel"));
    try std.testing.expectEqual(176, @offsetOf(HostApi, "get_active_agent_id"));
    try std.testing.expectEqual(184, @offsetOf(HostApi, "log_structured"));
    try std.testing.expectEqual(192, @offsetOf(HostApi, "free_string"));
    try std.testing.expectEqual(200, @sizeOf(HostApi));
    try std.testing.expectEqual(8, @alignOf(HostApi));
}

test "osr_plugin_api has the layout of the spec" {
    try std.testing.expectEqual(0, @offsetOf(PluginApi, "free_string"));
    try std.testing.expectEqual(8, @offsetOf(PluginApi, "init"));
    try std.testing.expectEqual(16, @offsetOf(PluginApi, "destroy"));
    try std.testing.expectEqual(24, @offsetOf(PluginApi, "get_manifest"));
    try std.testing.expectEqual(32, @offsetOf(PluginApi, "invoke"));
    try std.testing.expectEqual(40, @offsetOf(PluginApi, "version"));
    try std.testing.expectEqual(48, @offsetOf(PluginApi, "handle_route"));
    try std.testing.expectEqual(56, @offsetOf(PluginApi, "on_config_changed"));
    try std.testing.expectEqual(64, @offsetOf(PluginApi, "on_task_event"));
    try std.testing.expectEqual(72, @sizeOf(PluginApi));
    try std.testing.expectEqual(8, @alignOf(PluginApi));
}

test "a function is read only when the version promises it" {
    var host = std.mem.zeroes(HostApi);
    host.version = 2;
    host.complete_cancel = struct {
        fn cancel(_: Text) callconv(.c) void {}
    }.cancel;
    try std.testing.expect(function(&host, "complete_cancel") == null);
    try std.testing.expect(function(null, "complete_cancel") == null);
    host.version = 3;
    try std.testing.expect(function(&host, "complete_cancel") != null);
}
