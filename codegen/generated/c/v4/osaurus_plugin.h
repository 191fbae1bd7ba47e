// Generated from abi-spec by `osaurus-bridge gen c --abi 4`. Edit the spec, not this file.
//
// osaurus_plugin.h: the Osaurus plugin ABI, version 4.
// Adds `get_active_agent_id`. The agent comes from the calling frame alone; `agent_id` and
// `agent_address` in requests are ignored.
//
// How to read it
//   A plugin is a dynamic library that exports osaurus_plugin_entry_v2.
//   The host calls it with its function table (osr_host_api) and gets the plugin's
//   function table (osr_plugin_api) back. All text is UTF-8 and ends in NUL.
//
// The host's table
//   Keep the pointer, never copy the table: an older host's table is shorter than the struct
//   below, and a function past its end is out of bounds, not NULL. Look at `version` before
//   each use; OSR_HOST_HAS(host, slot) does that. Version 2 came in five lengths
//   (OSR_HOST_API_SIZE_V2A to _V2E) that a plugin cannot tell apart.
//   Read nothing but `version` in the entry, init, get_manifest and destroy.
//
// Who frees what
//   Strings that the host returns: host->free_string from version 6 on, free() of libc before;
//   never the plugin's own free_string, which is for strings that the plugin returned.
//   Borrowed strings belong to the caller and are valid during the call only: copy what you keep.
//
// Threads
//   The host finds the calling plugin and its agent in thread-local storage. A call from another
//   thread than the one on which the host called the plugin may be charged to another plugin.
//
// Errors
//   Functions that return JSON answer {"error": "<code>", "message": "<text>"} when they fail.
//   config_get returns NULL for a key that is not set; db_exec and db_query give SQLite's text
//   in "error" and have no "message".
//
// Nothing may unwind (C++ exceptions, longjmp) across any of these functions.

#ifndef OSAURUS_PLUGIN_H
#define OSAURUS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && __cplusplus >= 201103L
#define OSR_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define OSR_STATIC_ASSERT(condition, text) static_assert(condition, text)
#elif !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define OSR_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#else
#define OSR_STATIC_ASSERT(condition, text)
#endif

#ifdef __cplusplus
#define OSR_MEMBER_SIZE(table, member) sizeof(table::member)
#else
#define OSR_MEMBER_SIZE(table, member) sizeof(((table*)0)->member)
#endif

/// Keeps the entry symbol visible when the plugin is built with -fvisibility=hidden.
#if defined(__GNUC__)
#define OSR_EXPORT __attribute__((visibility("default")))
#else
#define OSR_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- Constants ----

/// The ABI version that this header describes.
#define OSR_ABI_HEADER_VERSION 4

// ABI versions, as they are in the `version` fields of the tables.
/// Tools only, no host table.
#define OSR_ABI_VERSION_1 1
/// The host table, routes and events.
#define OSR_ABI_VERSION_2 2
/// Streams can be cancelled.
#define OSR_ABI_VERSION_3 3
/// The bound agent can be asked for.
#define OSR_ABI_VERSION_4 4

// Levels of `log` and `log_structured`.
/// Steps that matter only while looking for one bug.
#define OSR_LOG_TRACE 0
/// Details for the plugin's author.
#define OSR_LOG_DEBUG 1
/// What a user may want to know.
#define OSR_LOG_INFO 2
/// Something is wrong but the work goes on.
#define OSR_LOG_WARN 3
/// Something failed.
#define OSR_LOG_ERROR 4

// Kinds of events that `on_task_event` receives.
/// The task is registered and runs.
#define OSR_TASK_EVENT_STARTED 0
/// The agent called a tool; may be repeated.
#define OSR_TASK_EVENT_ACTIVITY 1
/// The task has come so far. Defined, but no known host sends it.
#define OSR_TASK_EVENT_PROGRESS 2
/// The agent asks the user a question and waits.
#define OSR_TASK_EVENT_CLARIFICATION 3
/// The task ended well. The last event of a task.
#define OSR_TASK_EVENT_COMPLETED 4
/// The task failed. The last event of a task.
#define OSR_TASK_EVENT_FAILED 5
/// The task was cancelled, or shut down while active. The last event of a task.
#define OSR_TASK_EVENT_CANCELLED 6
/// A piece of the task's text. Came a day after revision 2c; no known host sends it.
#define OSR_TASK_EVENT_OUTPUT 7
/// Answers `send_draft` with the draft.
#define OSR_TASK_EVENT_DRAFT 8

/// Key of the first `on_config_changed` after loading, with a random value: a probe, to be
/// ignored.
#define OSR_TEXT_ABI_PROBE_KEY "__osaurus_abi_probe__"

/// Key under which plugins with routes get the address of the agent's tunnel; empty when it is
/// down.
#define OSR_TEXT_TUNNEL_URL_KEY "tunnel_url"

/// The built-in default agent.
#define OSR_TEXT_DEFAULT_AGENT_ID "00000000-0000-0000-0000-000000000001"

/// `type` of `invoke` for a tool call.
#define OSR_TEXT_INVOKE_TOOL "tool"

/// `type` of `invoke` for a shared artifact.
#define OSR_TEXT_INVOKE_ARTIFACT "artifact"

/// `id` of `invoke` for a shared artifact.
#define OSR_TEXT_INVOKE_ARTIFACT_ID "share"

/// Header of a route request that names the agent; it wins over the query.
#define OSR_TEXT_AGENT_HEADER "X-Osaurus-Agent-Id"

/// Query parameter of a route request that names the agent.
#define OSR_TEXT_AGENT_QUERY "osr_agent"

/// Header by which the host knows that a route request came through a tunnel.
#define OSR_TEXT_RELAY_HEADER "X-Osaurus-Relay-Origin"

// ---- Types ----

/// What the plugin's init returns; the host hands it back in every call and never looks inside.
typedef void* osr_plugin_ctx_t;

/// Receives the pieces of a stream: JSON text that is valid during the call, and the caller's
/// own `user_data`. Called one at a time, on a thread of the host's that is not the caller's.
typedef void (*osr_on_chunk_fn)(const char* chunk_json, void* user_data);

// ---- Functions of the host ----

/// Reads one of the plugin's configuration values or secrets for the agent of the calling frame;
/// hosts since mid 2026 fall back to the value set for all agents.
///
/// NULL is the ordinary answer for a key that is not set; an empty string is a value. Without an
/// agent, or with the built-in default agent, the answer is always NULL.
///
/// @param key Name of the value. Any text; it need not be declared in the manifest. NULL: Returns
///   NULL. Borrowed.
/// @return The stored text. NULL: The key is not set, `key` is NULL, the plugin is unknown to the
///   host, or no chat agent is bound to the thread. The caller frees it with the host's
///   free_string.
/// - Since: version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (reads the system's secret store).
/// - Agent: works for the agent of the calling frame.
typedef const char* (*osr_config_get_fn)(const char* key);

/// Stores a configuration value or secret for the agent of the calling frame.
///
/// Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat agent
/// the call does nothing. The plugin's own `on_config_changed` is not called.
///
/// @param key Name of the value. NULL: The call does nothing. Borrowed.
/// @param value Text to store, at most 1,048,576 bytes. An empty string is a value; use
///   `config_delete` to remove one. NULL: The call does nothing. Borrowed.
/// - Since: version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (writes the system's secret store).
/// - Agent: works for the agent of the calling frame.
typedef void (*osr_config_set_fn)(const char* key, const char* value);

/// Removes a configuration value of the agent of the calling frame; a key that is not set is not
/// an error.
///
/// A value set for all agents stays, so `config_get` may still find one. Without a chat agent the
/// call does nothing.
///
/// @param key Name of the value. NULL: The call does nothing. Borrowed.
/// - Since: version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (writes the system's secret store).
/// - Agent: works for the agent of the calling frame.
typedef void (*osr_config_delete_fn)(const char* key);

/// Runs one SQL statement in the plugin's own SQLite database, which all agents share.
///
/// Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the
/// file is limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.
///
/// @param sql One statement, with `?`, `?NNN` or named placeholders. NULL: Returns NULL.
///   Borrowed.
/// @param params_json JSON array with the values in placeholder order. Anything but an array is
///   ignored and binds NULL. NULL: No parameters are bound; an empty string does the same.
///   Borrowed.
/// @return JSON with the number of changed rows, or an object whose `error` is SQLite's message.
///   NULL: `sql` is NULL, or memory ran out. The caller frees it with the host's free_string.
/// - Since: version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the plugin's database queue has run the statement; a busy database is
///   retried for 5 s).
typedef const char* (*osr_db_exec_fn)(const char* sql, const char* params_json);

/// Runs one SQL statement in the plugin's own SQLite database and returns its rows.
///
/// All rows are returned at once; there is no limit on their number. An error while stepping ends
/// the result early and is not reported. Writes are allowed.
///
/// @param sql One statement, with `?`, `?NNN` or named placeholders. NULL: Returns NULL.
///   Borrowed.
/// @param params_json JSON array with the values in placeholder order. Anything but an array is
///   ignored and binds NULL. NULL: No parameters are bound; an empty string does the same.
///   Borrowed.
/// @return JSON with column names and rows, each row an array, or an object whose `error` is
///   SQLite's message. NULL: `sql` is NULL, or memory ran out. The caller frees it with the
///   host's free_string.
/// - Since: version 2 (2a).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the plugin's database queue has read all rows; a busy database is retried
///   for 5 s).
typedef const char* (*osr_db_query_fn)(const char* sql, const char* params_json);

/// Writes a line to the host's log and activity list.
///
/// May be called on any thread, but on a thread of the plugin's own the host can only guess which
/// plugin is speaking.
///
/// @param level One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
/// @param message Text of any length. NULL: The call does nothing. Borrowed.
/// - Since: version 2 (2a).
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
typedef void (*osr_log_fn)(int level, const char* message);

/// Starts a background task in which the agent of the calling frame works on a prompt.
///
/// Returns the task's id as soon as it is registered; progress and the end come through
/// `on_task_event`, the state through `task_status`. The built-in default agent cannot be used.
/// At most 10 calls in 60 s per plugin and agent.
///
/// @param request_json What to do, as JSON. NULL: Returns NULL. Borrowed.
/// @return The new task, or an error envelope. NULL: `request_json` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the task is registered, not until it is done).
/// - Agent: works for the agent of the calling frame.
/// - Errors: invalid_request, built_in_agent_not_exposable, rate_limit_exceeded,
///   task_limit_reached, context_unavailable, host_timeout, not_supported_out_of_process.
typedef const char* (*osr_dispatch_fn)(const char* request_json);

/// Reads the state of a task that this plugin dispatched.
///
/// A cancelled task stays readable for about 15 s, a finished one until the user has seen it;
/// then it is `not_found`.
///
/// @param task_id Id from `dispatch`, a UUID. NULL: Returns NULL. Borrowed.
/// @return The task's state, or an error envelope. NULL: `task_id` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
/// - Errors: invalid_task_id, not_found, context_unavailable, host_timeout,
///   not_supported_out_of_process.
typedef const char* (*osr_task_status_fn)(const char* task_id);

/// Stops a task that this plugin dispatched; a CANCELLED event follows.
///
/// An id that is not a UUID or belongs to another plugin does nothing but leave one warning in
/// the host's log.
///
/// @param task_id Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
typedef void (*osr_dispatch_cancel_fn)(const char* task_id);

/// Answered a task's clarification question in version 2 hosts. The slot remains so that later
/// ones keep their place.
///
/// Reserved: Without effect since version 3. The user answers a task's question in the chat
/// window.
///
/// @param task_id Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// @param response The answer, as text. NULL: The call does nothing. Borrowed.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: no, returns at once.
typedef void (*osr_dispatch_clarify_fn)(const char* task_id, const char* response);

/// Asks a model for a chat completion and waits for the whole answer.
///
/// The bound agent adds its system prompt, memory and defaults. With `tools` the host runs the
/// model's tool calls and asks again, up to `max_iterations` times. At most two completions and
/// embeddings together run at once per plugin.
///
/// @param request_json Chat-completion request in the OpenAI form, with the host's additions.
///   NULL: Returns NULL. Borrowed.
/// @return The completion, or an error envelope. NULL: `request_json` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the model has answered, 1800 s at most).
/// - Agent: works for the agent of the calling frame.
/// - Errors: invalid_request, plugin_busy, inference_error, max_iterations_reached,
///   context_overflow, clarify_requested, empty_tool_task_completion, output_token_limit,
///   serialization_error, context_unavailable, host_timeout, not_supported_out_of_process.
typedef const char* (*osr_complete_fn)(const char* request_json);

/// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole
/// answer at the end.
///
/// `on_chunk` is called on a thread of the host's, one chunk at a time, while this call waits. No
/// plugin and no agent is bound to that thread, so make no host calls there, except
/// `complete_cancel`. It must not throw, unwind or exit.
///
/// @param request_json As for `complete`, with a `stream_id` that `complete_cancel` can name.
///   NULL: Returns NULL. Borrowed.
/// @param on_chunk Receives each chunk as JSON. The text is valid during the callback only. NULL:
///   Chunks are dropped, with one warning in the host's log; the returned answer is complete.
///   Borrowed.
/// @param user_data Handed to `on_chunk` untouched; the host never looks at it. NULL: Passed on
///   as it is.
/// @return The whole answer, or an error envelope. NULL: `request_json` is NULL, or memory ran
///   out. The caller frees it with the host's free_string.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the model has answered, 1800 s at most).
/// - Agent: works for the agent of the calling frame.
/// - Errors: invalid_request, plugin_busy, inference_error, max_iterations_reached,
///   context_overflow, cancelled, empty_tool_task_completion, output_token_limit,
///   serialization_error, context_unavailable, host_timeout, not_supported_out_of_process.
typedef const char* (*osr_complete_stream_fn)(
    const char* request_json,
    void (*on_chunk)(const char* chunk_json, void* user_data),
    void* user_data);

/// Computes embedding vectors for one or several strings.
///
/// Counts towards the limit of two concurrent inference calls per plugin.
///
/// @param request_json The strings, as JSON. NULL: Returns NULL. Borrowed.
/// @return The vectors, or an error envelope. NULL: `request_json` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the vectors are computed, 1800 s at most).
/// - Agent: works for the agent of the calling frame.
/// - Errors: invalid_request, plugin_busy, embedding_error, context_unavailable, host_timeout,
///   not_supported_out_of_process.
typedef const char* (*osr_embed_fn)(const char* request_json);

/// Lists the models that the host can use now: local ones, one for embeddings, and those of
/// remote providers.
///
/// @return The models, or an error envelope. NULL: Memory ran out. The caller frees it with the
///   host's free_string.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until remote providers have answered, 1800 s at most).
/// - Errors: context_unavailable, host_timeout, not_supported_out_of_process.
typedef const char* (*osr_list_models_fn)(void);

/// Sends an HTTP request and waits for the response.
///
/// Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local addresses
/// are refused. At most 60 requests in 60 s per plugin and agent; calls without a chat agent
/// share one allowance.
///
/// @param request_json The request, as JSON. NULL: Returns NULL. Borrowed.
/// @return The response, or an error envelope. NULL: `request_json` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since: version 2 (2b).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the response is there or `timeout_ms` has passed, 1800 s at most).
/// - Agent: works for the agent of the calling frame.
/// - Errors: invalid_request, ssrf_blocked, rate_limit_exceeded, request_too_large,
///   response_too_large, too_many_redirects, connection_timeout, connection_refused, dns_failure,
///   tls_error, network_error, invalid_response, context_unavailable, host_timeout.
typedef const char* (*osr_http_request_fn)(const char* request_json);

/// Reads a file from the host's artifacts folder, for example one that a share-artifact call has
/// just announced.
///
/// Paths outside that folder are refused; files over 50,000,000 bytes too.
///
/// @param request_json The path, as JSON. NULL: Returns NULL. Borrowed.
/// @return The file's content, or an error envelope. NULL: `request_json` is NULL, or memory ran
///   out. The caller frees it with the host's free_string.
/// - Since: version 2 (2d).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: yes (until the file is read).
/// - Errors: invalid_request, access_denied, not_found, file_too_large, read_error,
///   context_unavailable, not_supported_out_of_process.
typedef const char* (*osr_file_read_fn)(const char* request_json);

/// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
///
/// @return The tasks, or an error envelope. NULL: Memory ran out. The caller frees it with the
///   host's free_string.
/// - Since: version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
/// - Errors: context_unavailable, host_timeout, not_supported_out_of_process.
typedef const char* (*osr_list_active_tasks_fn)(void);

/// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes
/// back.
///
/// An unknown, foreign or finished task does nothing but leave one warning in the host's log.
///
/// @param task_id Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// @param draft_json The draft. Stored as given; text that is not a JSON object is left out of
///   events and status. NULL: The call does nothing. Borrowed.
/// - Since: version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
typedef void (*osr_send_draft_fn)(const char* task_id, const char* draft_json);

/// Stops the model in an active task of this plugin; the task then completes with what it has.
///
/// A message is added to the conversation first, but does not start another turn.
///
/// @param task_id Id from `dispatch`, a UUID. NULL: The call does nothing. Borrowed.
/// @param message Text added as a user's turn; blank text adds nothing. NULL: Nothing is added.
///   Borrowed.
/// - Since: version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: briefly (asks the host's main loop, 30 s at most).
typedef void (*osr_dispatch_interrupt_fn)(const char* task_id, const char* message);

/// Added an issue to a running task in version 2 hosts. The slot remains so that later ones keep
/// their place.
///
/// Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.
///
/// @param task_id Id from `dispatch`; no longer looked at. NULL: Returns NULL. Borrowed.
/// @param issue_json The issue, as JSON; no longer looked at. NULL: Ignored. Borrowed.
/// @return An error envelope with `not_supported`. NULL: `task_id` is NULL, or memory ran out.
///   The caller frees it with the host's free_string.
/// - Since: version 2 (2e).
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: no, returns at once.
/// - Errors: not_supported, context_unavailable, not_supported_out_of_process.
typedef const char* (*osr_dispatch_add_issue_fn)(const char* task_id, const char* issue_json);

/// Ends a running `complete_stream` of this plugin early; that call then returns the error
/// `cancelled`.
///
/// Takes effect at the next piece of text. A cancellation that comes before the stream has
/// started is lost. Streams that share an id end together; those of other plugins are safe.
///
/// @param stream_id The `stream_id` of the request. NULL: The call does nothing; blank text does
///   the same. Borrowed.
/// - Since: version 3.
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
typedef void (*osr_complete_cancel_fn)(const char* stream_id);

/// Tells for which agent the host is calling.
///
/// Also names the built-in default agent, for which `config_get` and `dispatch` behave as if
/// there were none.
///
/// @return The agent's id, a UUID in upper case. NULL: No agent is bound to this thread: in the
///   entry function, `init`, `get_manifest`, `destroy`, artifact calls, and on threads of the
///   plugin's own. The caller frees it with the host's free_string.
/// - Since: version 4.
/// - Thread: only the one on which the host called the plugin.
/// - Blocks: no, returns at once.
/// - Agent: works for the agent of the calling frame.
typedef const char* (*osr_get_active_agent_id_fn)(void);

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
typedef struct osr_host_api {
    uint32_t version;  ///< Since version 2 (2a). ABI version of the host, 2 to 6: the newest slots that may be read.
    osr_config_get_fn config_get;  ///< Since version 2 (2a).
    osr_config_set_fn config_set;  ///< Since version 2 (2a).
    osr_config_delete_fn config_delete;  ///< Since version 2 (2a).
    osr_db_exec_fn db_exec;  ///< Since version 2 (2a).
    osr_db_query_fn db_query;  ///< Since version 2 (2a).
    osr_log_fn log;  ///< Since version 2 (2a).
    osr_dispatch_fn dispatch;  ///< Since version 2 (2b).
    osr_task_status_fn task_status;  ///< Since version 2 (2b).
    osr_dispatch_cancel_fn dispatch_cancel;  ///< Since version 2 (2b).
    osr_dispatch_clarify_fn dispatch_clarify;  ///< Since version 2 (2b). Reserved: no effect.
    osr_complete_fn complete;  ///< Since version 2 (2b).
    osr_complete_stream_fn complete_stream;  ///< Since version 2 (2b).
    osr_embed_fn embed;  ///< Since version 2 (2b).
    osr_list_models_fn list_models;  ///< Since version 2 (2b).
    osr_http_request_fn http_request;  ///< Since version 2 (2b).
    osr_file_read_fn file_read;  ///< Since version 2 (2d).
    osr_list_active_tasks_fn list_active_tasks;  ///< Since version 2 (2e).
    osr_send_draft_fn send_draft;  ///< Since version 2 (2e).
    osr_dispatch_interrupt_fn dispatch_interrupt;  ///< Since version 2 (2e).
    osr_dispatch_add_issue_fn dispatch_add_issue;  ///< Since version 2 (2e). Reserved: no effect.
    osr_complete_cancel_fn complete_cancel;  ///< Since version 3.
    osr_get_active_agent_id_fn get_active_agent_id;  ///< Since version 4.
} osr_host_api;

/// Bytes of the host's table in this version and in each revision of version 2.
#define OSR_HOST_API_SIZE 184
#define OSR_HOST_API_SIZE_V2A 56
#define OSR_HOST_API_SIZE_V2B 128
#define OSR_HOST_API_SIZE_V2C 128
#define OSR_HOST_API_SIZE_V2D 136
#define OSR_HOST_API_SIZE_V2E 168

// First version with each function, for OSR_HOST_HAS.
#define OSR_SINCE_config_get 2
#define OSR_SINCE_config_set 2
#define OSR_SINCE_config_delete 2
#define OSR_SINCE_db_exec 2
#define OSR_SINCE_db_query 2
#define OSR_SINCE_log 2
#define OSR_SINCE_dispatch 2
#define OSR_SINCE_task_status 2
#define OSR_SINCE_dispatch_cancel 2
#define OSR_SINCE_dispatch_clarify 2
#define OSR_SINCE_complete 2
#define OSR_SINCE_complete_stream 2
#define OSR_SINCE_embed 2
#define OSR_SINCE_list_models 2
#define OSR_SINCE_http_request 2
#define OSR_SINCE_file_read 2
#define OSR_SINCE_list_active_tasks 2
#define OSR_SINCE_send_draft 2
#define OSR_SINCE_dispatch_interrupt 2
#define OSR_SINCE_dispatch_add_issue 2
#define OSR_SINCE_complete_cancel 3
#define OSR_SINCE_get_active_agent_id 4

/// True when the host has the function: OSR_HOST_HAS(host, complete_cancel).
/// Never reads a function before `version` says that it is there. Early version 2 hosts lack
/// functions of later revisions without saying so: see docs/abi-versions.md.
#define OSR_HOST_HAS(host, slot) \
    ((host) != NULL && (host)->version >= OSR_SINCE_##slot && (host)->slot != NULL)

/// Hands every function of the host to a macro, in table order, as X(slot, returns, takes): for
/// tables and switches that are to have them all. `returns` is `string` or `void`; `takes` is
/// `none`, or the parameters joined by `_`: `string`, `int`, `chunks` (a callback and its data),
/// and `consumed`, which is a string that the function frees.
#define OSR_EACH_HOST_SLOT(X) \
    X(config_get, string, string) \
    X(config_set, void, string_string) \
    X(config_delete, void, string) \
    X(db_exec, string, string_string) \
    X(db_query, string, string_string) \
    X(log, void, int_string) \
    X(dispatch, string, string) \
    X(task_status, string, string) \
    X(dispatch_cancel, void, string) \
    X(dispatch_clarify, void, string_string) \
    X(complete, string, string) \
    X(complete_stream, string, string_chunks) \
    X(embed, string, string) \
    X(list_models, string, none) \
    X(http_request, string, string) \
    X(file_read, string, string) \
    X(list_active_tasks, string, none) \
    X(send_draft, void, string_string) \
    X(dispatch_interrupt, void, string_string) \
    X(dispatch_add_issue, string, string_string) \
    X(complete_cancel, void, string) \
    X(get_active_agent_id, string, none)

// ---- Functions of the plugin ----

/// Frees a string that the plugin returned to the host. Called right after the host has copied
/// it, on the thread of that call; no plugin and no agent are bound then.
///
/// @param s A string from `get_manifest`, `invoke` or `handle_route`. NULL: Must do nothing.
///   Ownership passes to the callee: do not use it afterwards.
/// - Since: version 1.
/// - Thread: any, at any time.
/// - Blocks: no, returns at once.
typedef void (*osr_free_string_fn)(const char* s);

/// Creates the plugin's context. One context serves all agents and all threads.
///
/// No agent is bound yet: `config_get` gives NULL and `dispatch` is refused. Keep it quick.
///
/// @return An opaque pointer that the host hands back in every call until `destroy`. NULL:
///   Loading fails: "Plugin initialization failed". Lives as long as the plugin is loaded; it is
///   never freed.
/// - Since: version 1.
/// - Thread: the host's loader, one plugin at a time.
/// - Blocks: briefly (the host loads one plugin after the other and waits).
typedef osr_plugin_ctx_t (*osr_init_fn)(void);

/// Ends the context. Called at most once per context, after every running call has returned; may
/// be skipped when one never does. The host API can still be used, without an agent.
///
/// @param ctx The context from `init`. Ownership passes to the callee: do not use it afterwards.
/// - Since: version 1.
/// - Thread: several of the host's at once.
/// - Blocks: briefly (runs when all other calls have returned; the host waits 60 s).
typedef void (*osr_destroy_fn)(osr_plugin_ctx_t ctx);

/// Returns the manifest: what the plugin is, its tools, routes, settings and web pages. Called
/// once per load.
///
/// A wrong type or a missing required key anywhere in it makes the whole plugin fail to load.
///
/// @param ctx The context from `init`. Borrowed.
/// @return The manifest as JSON. NULL: Loading fails: "Plugin failed to return manifest". The
///   host copies it, then frees it with the plugin's free_string.
/// - Since: version 1.
/// - Thread: the host's loader, one plugin at a time.
/// - Blocks: briefly (the host loads one plugin after the other and waits).
typedef const char* (*osr_get_manifest_fn)(osr_plugin_ctx_t ctx);

/// Runs one of the plugin's tools, or announces a shared artifact.
///
/// Calls come in parallel and in any order. Tools that require accessibility or automation come
/// one at a time, and may come in a helper process. With the type `artifact` no agent is bound
/// and the result is ignored.
///
/// @param ctx The context from `init`. Borrowed.
/// @param type `tool`, or `artifact` for plugins whose manifest sets `artifact_handler`. Never
///   NULL. Borrowed.
/// @param id The tool's id from the manifest, or `share` for artifacts. Never NULL. Borrowed.
/// @param payload JSON: the tool's arguments with the host's additions, or the artifact. Never
///   NULL. Borrowed.
/// @return A tool envelope as JSON. Any other text counts as a success and is wrapped. NULL: The
///   tool fails with "Plugin returned NULL response". The host copies it, then frees it with the
///   plugin's free_string.
/// - Since: version 1.
/// - Thread: several of the host's at once.
/// - Blocks: yes (the host stops waiting for a tool after 120 s, but the call keeps running).
/// - Agent: works for the agent of the calling frame.
typedef const char* (*osr_invoke_fn)(
    osr_plugin_ctx_t ctx,
    const char* type,
    const char* id,
    const char* payload);

/// Answers an HTTP request to one of the routes in the manifest. Optional: without it every route
/// answers 501.
///
/// Calls come in parallel. The host has already checked the route's `auth`.
///
/// @param ctx The context from `init`. Borrowed.
/// @param request_json The request as JSON; every key is always there. Never NULL. Borrowed.
/// @return The response as JSON; anything else is answered with status 500. NULL: The client is
///   answered with status 500. The host copies it, then frees it with the plugin's free_string.
/// - Since: version 2 (2a).
/// - Thread: several of the host's at once.
/// - Blocks: yes (the client is answered with status 500 after 30 s, but the call keeps running).
/// - Agent: works for the agent of the calling frame.
typedef const char* (*osr_handle_route_fn)(osr_plugin_ctx_t ctx, const char* request_json);

/// Tells that a configuration value has a new value for the bound agent. Optional.
///
/// Comes for each value after loading, for changes that the user makes, and when the tunnel's
/// address changes (`tunnel_url`); never for the plugin's own `config_set`. A value equal to the
/// last one delivered is not repeated. The first call of all is a probe with the key
/// `__osaurus_abi_probe__`: ignore it.
///
/// @param ctx The context from `init`. Borrowed.
/// @param key Name of the value. Never NULL. Borrowed.
/// @param value The new text; an empty string when the value was cleared. NULL: The value was
///   cleared; only a helper process passes NULL. Borrowed.
/// - Since: version 2 (2a).
/// - Thread: one of the host's, one call at a time per plugin.
/// - Blocks: briefly (later configuration changes of the plugin wait).
/// - Agent: works for the agent of the calling frame.
typedef void (*osr_on_config_changed_fn)(
    osr_plugin_ctx_t ctx,
    const char* key,
    const char* value);

/// Tells what happens to a task that this plugin dispatched. Optional.
///
/// Events of one task come in order; those of different tasks may come in parallel. COMPLETED,
/// FAILED and CANCELLED end a task. The first event may come a moment before `dispatch` has
/// returned the id.
///
/// @param ctx The context from `init`. Borrowed.
/// @param task_id The task's id, a UUID in upper case. Never NULL. Borrowed.
/// @param event_type One of the `OSR_TASK_EVENT_` constants; ignore numbers you do not know.
/// @param event_json The event as JSON; its record depends on `event_type`. Never NULL. Borrowed.
/// - Since: version 2 (2c).
/// - Thread: one of the host's, one call at a time per task.
/// - Blocks: briefly (later events of the same task wait).
/// - Agent: works for the agent of the calling frame.
typedef void (*osr_on_task_event_fn)(
    osr_plugin_ctx_t ctx,
    const char* task_id,
    int event_type,
    const char* event_json);

/// Functions that a plugin gives to the host. The entry function returns a pointer to it; the
/// host copies the table, so it may be static but must be complete by then. The first five
/// members are version 1's whole table and must all be set; the later ones may be NULL.
///
/// Strings that the host passes are valid during the call only. Strings that the plugin returns
/// are copied by the host and handed to the plugin's own `free_string` at once.
typedef struct osr_plugin_api {
    osr_free_string_fn free_string;  ///< Since version 1.
    osr_init_fn init;  ///< Since version 1.
    osr_destroy_fn destroy;  ///< Since version 1.
    osr_get_manifest_fn get_manifest;  ///< Since version 1.
    osr_invoke_fn invoke;  ///< Since version 1.
    uint32_t version;  ///< Since version 2 (2a). ABI version for which the plugin was built.
    osr_handle_route_fn handle_route;  ///< Since version 2 (2a). Optional: NULL when unused.
    osr_on_config_changed_fn on_config_changed;  ///< Since version 2 (2a). Optional: NULL when unused.
    osr_on_task_event_fn on_task_event;  ///< Since version 2 (2c). Optional: NULL when unused.
} osr_plugin_api;

/// Bytes of the plugin's table in this version.
#define OSR_PLUGIN_API_SIZE 72

// ---- Symbols that a plugin exports ----

/// Gives the host's table to the plugin and the plugin's to the host. Looked up first; serves
/// versions 2 to 6.
///
/// Called once per load on the host's loader thread. Only keep the pointer here: the tool that
/// extracts manifests passes a table that lacks most slots and is valid during this call alone.
///
/// @param host The host's table, valid until the plugin is unregistered. NULL: Tools that only
///   want the manifest may pass NULL: return the table all the same. Lives as long as the plugin
///   is loaded.
/// @return The plugin's table, valid as long as the library is loaded. NULL: Loading fails:
///   "Plugin v2 entry returned null API". Lives as long as the plugin is loaded; it is never
///   freed.
OSR_EXPORT const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* host);

/// Returns the plugin's table without giving it a host: a plugin with tools only. Used if the
/// other symbol is absent; then only the first 40 bytes of the table count.
///
/// @return The plugin's table, valid as long as the library is loaded. NULL: Loading fails:
///   "Plugin entry returned null API". Lives as long as the plugin is loaded; it is never freed.
OSR_EXPORT const osr_plugin_api* osaurus_plugin_entry(void);

// ---- The layout, checked by the compiler ----

OSR_STATIC_ASSERT(sizeof(void*) == 8, "the Osaurus ABI has 8-byte pointers");
OSR_STATIC_ASSERT(sizeof(int) == 4, "the Osaurus ABI has 4-byte int");
OSR_STATIC_ASSERT(offsetof(osr_host_api, version) == 0, "osr_host_api.version is at 0");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, version) == 4, "osr_host_api.version has 4 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, config_get) == 8, "osr_host_api.config_get is at 8");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, config_get) == 8, "osr_host_api.config_get has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, config_set) == 16, "osr_host_api.config_set is at 16");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, config_set) == 8, "osr_host_api.config_set has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, config_delete) == 24, "osr_host_api.config_delete is at 24");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, config_delete) == 8, "osr_host_api.config_delete has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, db_exec) == 32, "osr_host_api.db_exec is at 32");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, db_exec) == 8, "osr_host_api.db_exec has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, db_query) == 40, "osr_host_api.db_query is at 40");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, db_query) == 8, "osr_host_api.db_query has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, log) == 48, "osr_host_api.log is at 48");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, log) == 8, "osr_host_api.log has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, dispatch) == 56, "osr_host_api.dispatch is at 56");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, dispatch) == 8, "osr_host_api.dispatch has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, task_status) == 64, "osr_host_api.task_status is at 64");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, task_status) == 8, "osr_host_api.task_status has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, dispatch_cancel) == 72, "osr_host_api.dispatch_cancel is at 72");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, dispatch_cancel) == 8, "osr_host_api.dispatch_cancel has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, dispatch_clarify) == 80, "osr_host_api.dispatch_clarify is at 80");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, dispatch_clarify) == 8, "osr_host_api.dispatch_clarify has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, complete) == 88, "osr_host_api.complete is at 88");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, complete) == 8, "osr_host_api.complete has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, complete_stream) == 96, "osr_host_api.complete_stream is at 96");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, complete_stream) == 8, "osr_host_api.complete_stream has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, embed) == 104, "osr_host_api.embed is at 104");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, embed) == 8, "osr_host_api.embed has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, list_models) == 112, "osr_host_api.list_models is at 112");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, list_models) == 8, "osr_host_api.list_models has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, http_request) == 120, "osr_host_api.http_request is at 120");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, http_request) == 8, "osr_host_api.http_request has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, file_read) == 128, "osr_host_api.file_read is at 128");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, file_read) == 8, "osr_host_api.file_read has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, list_active_tasks) == 136, "osr_host_api.list_active_tasks is at 136");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, list_active_tasks) == 8, "osr_host_api.list_active_tasks has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, send_draft) == 144, "osr_host_api.send_draft is at 144");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, send_draft) == 8, "osr_host_api.send_draft has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, dispatch_interrupt) == 152, "osr_host_api.dispatch_interrupt is at 152");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, dispatch_interrupt) == 8, "osr_host_api.dispatch_interrupt has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, dispatch_add_issue) == 160, "osr_host_api.dispatch_add_issue is at 160");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, dispatch_add_issue) == 8, "osr_host_api.dispatch_add_issue has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, complete_cancel) == 168, "osr_host_api.complete_cancel is at 168");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, complete_cancel) == 8, "osr_host_api.complete_cancel has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_host_api, get_active_agent_id) == 176, "osr_host_api.get_active_agent_id is at 176");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_host_api, get_active_agent_id) == 8, "osr_host_api.get_active_agent_id has 8 bytes");
OSR_STATIC_ASSERT(sizeof(osr_host_api) == 184, "osr_host_api has 184 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, free_string) == 0, "osr_plugin_api.free_string is at 0");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, free_string) == 8, "osr_plugin_api.free_string has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, init) == 8, "osr_plugin_api.init is at 8");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, init) == 8, "osr_plugin_api.init has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, destroy) == 16, "osr_plugin_api.destroy is at 16");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, destroy) == 8, "osr_plugin_api.destroy has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, get_manifest) == 24, "osr_plugin_api.get_manifest is at 24");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, get_manifest) == 8, "osr_plugin_api.get_manifest has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, invoke) == 32, "osr_plugin_api.invoke is at 32");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, invoke) == 8, "osr_plugin_api.invoke has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, version) == 40, "osr_plugin_api.version is at 40");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, version) == 4, "osr_plugin_api.version has 4 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, handle_route) == 48, "osr_plugin_api.handle_route is at 48");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, handle_route) == 8, "osr_plugin_api.handle_route has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, on_config_changed) == 56, "osr_plugin_api.on_config_changed is at 56");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, on_config_changed) == 8, "osr_plugin_api.on_config_changed has 8 bytes");
OSR_STATIC_ASSERT(offsetof(osr_plugin_api, on_task_event) == 64, "osr_plugin_api.on_task_event is at 64");
OSR_STATIC_ASSERT(OSR_MEMBER_SIZE(osr_plugin_api, on_task_event) == 8, "osr_plugin_api.on_task_event has 8 bytes");
OSR_STATIC_ASSERT(sizeof(osr_plugin_api) == 72, "osr_plugin_api has 72 bytes");

#ifdef __cplusplus
}
#endif

#endif  // OSAURUS_PLUGIN_H
