// Generated from abi-spec by `osaurus-bridge gen go`. Edit the spec, not this file.

package osaurus

/*
#include <stdint.h>
#include <stdlib.h>

#include "osaurus_plugin.h"

extern void osaurusGoChunk(char* chunk, void* user_data);

static void osaurus_free(const osr_host_api* host, const char* text) {
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
    } else {
        free((void*)text);
    }
}

static const char* osaurus_config_get(const osr_host_api* host, const char* key) {
    return host->config_get(key);
}

static void osaurus_config_set(const osr_host_api* host, const char* key, const char* value) {
    host->config_set(key, value);
}

static void osaurus_config_delete(const osr_host_api* host, const char* key) {
    host->config_delete(key);
}

static const char* osaurus_db_exec(const osr_host_api* host, const char* sql, const char* params_json) {
    return host->db_exec(sql, params_json);
}

static const char* osaurus_db_query(const osr_host_api* host, const char* sql, const char* params_json) {
    return host->db_query(sql, params_json);
}

static void osaurus_log(const osr_host_api* host, int level, const char* message) {
    host->log(level, message);
}

static const char* osaurus_dispatch(const osr_host_api* host, const char* request_json) {
    return host->dispatch(request_json);
}

static const char* osaurus_task_status(const osr_host_api* host, const char* task_id) {
    return host->task_status(task_id);
}

static void osaurus_dispatch_cancel(const osr_host_api* host, const char* task_id) {
    host->dispatch_cancel(task_id);
}

static void osaurus_dispatch_clarify(const osr_host_api* host, const char* task_id, const char* response) {
    host->dispatch_clarify(task_id, response);
}

static const char* osaurus_complete(const osr_host_api* host, const char* request_json) {
    return host->complete(request_json);
}

static const char* osaurus_complete_stream(const osr_host_api* host, const char* request_json, uintptr_t user_data) {
    return host->complete_stream(request_json, (osr_on_chunk_fn)osaurusGoChunk, (void*)user_data);
}

static const char* osaurus_embed(const osr_host_api* host, const char* request_json) {
    return host->embed(request_json);
}

static const char* osaurus_list_models(const osr_host_api* host) {
    return host->list_models();
}

static const char* osaurus_http_request(const osr_host_api* host, const char* request_json) {
    return host->http_request(request_json);
}

static const char* osaurus_file_read(const osr_host_api* host, const char* request_json) {
    return host->file_read(request_json);
}

static const char* osaurus_list_active_tasks(const osr_host_api* host) {
    return host->list_active_tasks();
}

static void osaurus_send_draft(const osr_host_api* host, const char* task_id, const char* draft_json) {
    host->send_draft(task_id, draft_json);
}

static void osaurus_dispatch_interrupt(const osr_host_api* host, const char* task_id, const char* message) {
    host->dispatch_interrupt(task_id, message);
}

static const char* osaurus_dispatch_add_issue(const osr_host_api* host, const char* task_id, const char* issue_json) {
    return host->dispatch_add_issue(task_id, issue_json);
}

static void osaurus_complete_cancel(const osr_host_api* host, const char* stream_id) {
    host->complete_cancel(stream_id);
}

static const char* osaurus_get_active_agent_id(const osr_host_api* host) {
    return host->get_active_agent_id();
}

static void osaurus_log_structured(const osr_host_api* host, int level, const char* message, const char* payload_json) {
    host->log_structured(level, message, payload_json);
}

*/
import "C"

import (
	"encoding/json"
	"fmt"
	"runtime/cgo"
	"strings"
	"unsafe"
)

// Host is the host's table during one call of the plugin. Use it in the handler that got it: the host knows plugin
// and agent by the thread, and a goroutine of your own runs on another.
type Host struct {
	table *C.osr_host_api
}

// Error is a host call that did not work. Code is the host's error code (of the database: SQLite's text), or
// "missing_function", "no_host" and "bad_text" for calls that were not made.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Message }

// Version is what the host says it has; 1 for a host without functions.
func (h *Host) Version() uint32 {
	if h.table == nil {
		return 1
	}
	return uint32(h.table.version)
}

// Has tells whether the host has the function. Nothing past the end of its table is read.
func (h *Host) Has(function Function) bool {
	return h.table != nil && h.Version() >= function.Since()
}

func (h *Host) check(function Function, arguments ...string) error {
	if h.table == nil {
		return &Error{"no_host", fmt.Sprintf("a version 1 host has no functions, so no %v", function)}
	}
	if !h.Has(function) {
		message := fmt.Sprintf("%v needs a host of version %d, this one has version %d", function, function.Since(), h.Version())
		return &Error{"missing_function", message}
	}
	for _, text := range arguments {
		if at := strings.IndexByte(text, 0); at >= 0 {
			return &Error{"bad_text", fmt.Sprintf("%v: an argument has a NUL character at byte %d", function, at)}
		}
	}
	return nil
}

// text copies a string of the host's and frees it.
func (h *Host) text(found *C.char) (string, bool) {
	if found == nil {
		return "", false
	}
	defer C.osaurus_free(h.table, found)
	return C.GoString(found), true
}

// answer is text that is JSON and may be an error.
func (h *Host) answer(found *C.char) (string, error) {
	text, there := h.text(found)
	if !there {
		return "", &Error{"no_answer", "the host returned NULL"}
	}
	var envelope struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	if json.Unmarshal([]byte(text), &envelope) != nil || len(envelope.Error) == 0 || string(envelope.Error) == "null" {
		return text, nil
	}
	var code string
	if json.Unmarshal(envelope.Error, &code) != nil {
		var nested struct{ Code, Message string }
		_ = json.Unmarshal(envelope.Error, &nested)
		code, envelope.Message = nested.Code, nested.Message
	}
	if envelope.Message == "" {
		envelope.Message = code
	}
	return "", &Error{code, envelope.Message}
}

func optional(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func cText(text *string) *C.char {
	if text == nil {
		return nil
	}
	return C.CString(*text)
}

// ConfigGet: Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts
// since mid 2026 fall back to the value set for all agents.
//
// NULL is the ordinary answer for a key that is not set; an empty string is a value. Without an agent, or with the
// built-in default agent, the answer is always NULL.
func (h *Host) ConfigGet(key string) (string, bool, error) {
	if err := h.check(FunctionConfigGet, key); err != nil {
		return "", false, err
	}
	keyC := C.CString(key)
	defer C.free(unsafe.Pointer(keyC))
	text, there := h.text(C.osaurus_config_get(h.table, keyC))
	return text, there, nil
}

// ConfigSet: Stores a configuration value or secret for the agent of the calling frame.
//
// Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat agent the call does
// nothing. The plugin's own `on_config_changed` is not called.
func (h *Host) ConfigSet(key string, value string) error {
	if err := h.check(FunctionConfigSet, key, value); err != nil {
		return err
	}
	keyC := C.CString(key)
	defer C.free(unsafe.Pointer(keyC))
	valueC := C.CString(value)
	defer C.free(unsafe.Pointer(valueC))
	C.osaurus_config_set(h.table, keyC, valueC)
	return nil
}

// ConfigDelete: Removes a configuration value of the agent of the calling frame; a key that is not set is not an
// error.
//
// A value set for all agents stays, so `config_get` may still find one. Without a chat agent the call does nothing.
func (h *Host) ConfigDelete(key string) error {
	if err := h.check(FunctionConfigDelete, key); err != nil {
		return err
	}
	keyC := C.CString(key)
	defer C.free(unsafe.Pointer(keyC))
	C.osaurus_config_delete(h.table, keyC)
	return nil
}

// DbExec: Runs one SQL statement in the plugin's own SQLite database, which all agents share.
//
// Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the file is limited to 100
// MiB. A SELECT runs but its rows are lost: use `db_query`.
func (h *Host) DbExec(sql string, paramsJson *string) (string, error) {
	if err := h.check(FunctionDbExec, sql, optional(paramsJson)); err != nil {
		return "", err
	}
	sqlC := C.CString(sql)
	defer C.free(unsafe.Pointer(sqlC))
	paramsJsonC := cText(paramsJson)
	defer C.free(unsafe.Pointer(paramsJsonC))
	return h.answer(C.osaurus_db_exec(h.table, sqlC, paramsJsonC))
}

// DbQuery: Runs one SQL statement in the plugin's own SQLite database and returns its rows.
//
// All rows are returned at once; there is no limit on their number. An error while stepping ends the result early and
// is not reported. Writes are allowed.
func (h *Host) DbQuery(sql string, paramsJson *string) (string, error) {
	if err := h.check(FunctionDbQuery, sql, optional(paramsJson)); err != nil {
		return "", err
	}
	sqlC := C.CString(sql)
	defer C.free(unsafe.Pointer(sqlC))
	paramsJsonC := cText(paramsJson)
	defer C.free(unsafe.Pointer(paramsJsonC))
	return h.answer(C.osaurus_db_query(h.table, sqlC, paramsJsonC))
}

// Log: Writes a line to the host's log and activity list.
//
// May be called on any thread, but on a thread of the plugin's own the host can only guess which plugin is speaking.
func (h *Host) Log(level int, message string) error {
	if err := h.check(FunctionLog, message); err != nil {
		return err
	}
	messageC := C.CString(message)
	defer C.free(unsafe.Pointer(messageC))
	C.osaurus_log(h.table, C.int(level), messageC)
	return nil
}

// Dispatch: Starts a background task in which the agent of the calling frame works on a prompt.
//
// Returns the task's id as soon as it is registered; progress and the end come through `on_task_event`, the state
// through `task_status`. The built-in default agent cannot be used. At most 10 calls in 60 s per plugin and agent.
func (h *Host) Dispatch(requestJson string) (string, error) {
	if err := h.check(FunctionDispatch, requestJson); err != nil {
		return "", err
	}
	requestJsonC := C.CString(requestJson)
	defer C.free(unsafe.Pointer(requestJsonC))
	return h.answer(C.osaurus_dispatch(h.table, requestJsonC))
}

// TaskStatus: Reads the state of a task that this plugin dispatched.
//
// A cancelled task stays readable for about 15 s, a finished one until the user has seen it; then it is `not_found`.
func (h *Host) TaskStatus(taskID string) (string, error) {
	if err := h.check(FunctionTaskStatus, taskID); err != nil {
		return "", err
	}
	taskIDC := C.CString(taskID)
	defer C.free(unsafe.Pointer(taskIDC))
	return h.answer(C.osaurus_task_status(h.table, taskIDC))
}

// DispatchCancel: Stops a task that this plugin dispatched; a CANCELLED event follows.
//
// An id that is not a UUID or belongs to another plugin does nothing but leave one warning in the host's log.
func (h *Host) DispatchCancel(taskID string) error {
	if err := h.check(FunctionDispatchCancel, taskID); err != nil {
		return err
	}
	taskIDC := C.CString(taskID)
	defer C.free(unsafe.Pointer(taskIDC))
	C.osaurus_dispatch_cancel(h.table, taskIDC)
	return nil
}

// DispatchClarify: Answered a task's clarification question in version 2 hosts. The slot remains so that later ones
// keep their place.
func (h *Host) DispatchClarify(taskID string, response string) error {
	if err := h.check(FunctionDispatchClarify, taskID, response); err != nil {
		return err
	}
	taskIDC := C.CString(taskID)
	defer C.free(unsafe.Pointer(taskIDC))
	responseC := C.CString(response)
	defer C.free(unsafe.Pointer(responseC))
	C.osaurus_dispatch_clarify(h.table, taskIDC, responseC)
	return nil
}

// Complete: Asks a model for a chat completion and waits for the whole answer.
//
// The bound agent adds its system prompt, memory and defaults. With `tools` the host runs the model's tool calls and
// asks again, up to `max_iterations` times. At most two completions and embeddings together run at once per plugin.
func (h *Host) Complete(requestJson string) (string, error) {
	if err := h.check(FunctionComplete, requestJson); err != nil {
		return "", err
	}
	requestJsonC := C.CString(requestJson)
	defer C.free(unsafe.Pointer(requestJsonC))
	return h.answer(C.osaurus_complete(h.table, requestJsonC))
}

// CompleteStream: Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer
// at the end.
//
// `on_chunk` is called on a thread of the host's, one chunk at a time, while this call waits. No plugin and no agent
// is bound to that thread, so make no host calls there, except `complete_cancel`. It must not throw, unwind or exit.
func (h *Host) CompleteStream(requestJson string, onChunk func(chunk string)) (string, error) {
	if err := h.check(FunctionCompleteStream, requestJson); err != nil {
		return "", err
	}
	requestJsonC := C.CString(requestJson)
	defer C.free(unsafe.Pointer(requestJsonC))
	receiver := cgo.NewHandle(onChunk)
	result, err := h.answer(C.osaurus_complete_stream(h.table, requestJsonC, C.uintptr_t(receiver)))
	// Only after its own time limit may the host still hold the receiver: then it stays.
	if failed, is := err.(*Error); !is || failed.Code != "host_timeout" {
		receiver.Delete()
	}
	return result, err
}

// Embed: Computes embedding vectors for one or several strings.
//
// Counts towards the limit of two concurrent inference calls per plugin.
func (h *Host) Embed(requestJson string) (string, error) {
	if err := h.check(FunctionEmbed, requestJson); err != nil {
		return "", err
	}
	requestJsonC := C.CString(requestJson)
	defer C.free(unsafe.Pointer(requestJsonC))
	return h.answer(C.osaurus_embed(h.table, requestJsonC))
}

// ListModels: Lists the models that the host can use now: local ones, one for embeddings, and those of remote
// providers.
func (h *Host) ListModels() (string, error) {
	if err := h.check(FunctionListModels); err != nil {
		return "", err
	}
	return h.answer(C.osaurus_list_models(h.table))
}

// HttpRequest: Sends an HTTP request and waits for the response.
//
// Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local addresses are refused. At most
// 60 requests in 60 s per plugin and agent; calls without a chat agent share one allowance.
func (h *Host) HttpRequest(requestJson string) (string, error) {
	if err := h.check(FunctionHttpRequest, requestJson); err != nil {
		return "", err
	}
	requestJsonC := C.CString(requestJson)
	defer C.free(unsafe.Pointer(requestJsonC))
	return h.answer(C.osaurus_http_request(h.table, requestJsonC))
}

// FileRead: Reads a file from the host's artifacts folder, for example one that a share-artifact call has just
// announced.
//
// Paths outside that folder are refused; files over 50,000,000 bytes too.
func (h *Host) FileRead(requestJson string) (string, error) {
	if err := h.check(FunctionFileRead, requestJson); err != nil {
		return "", err
	}
	requestJsonC := C.CString(requestJson)
	defer C.free(unsafe.Pointer(requestJsonC))
	return h.answer(C.osaurus_file_read(h.table, requestJsonC))
}

// ListActiveTasks: Lists this plugin's tasks that are not finished, of all agents, in no particular order.
func (h *Host) ListActiveTasks() (string, error) {
	if err := h.check(FunctionListActiveTasks); err != nil {
		return "", err
	}
	return h.answer(C.osaurus_list_active_tasks(h.table))
}

// SendDraft: Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back.
//
// An unknown, foreign or finished task does nothing but leave one warning in the host's log.
func (h *Host) SendDraft(taskID string, draftJson string) error {
	if err := h.check(FunctionSendDraft, taskID, draftJson); err != nil {
		return err
	}
	taskIDC := C.CString(taskID)
	defer C.free(unsafe.Pointer(taskIDC))
	draftJsonC := C.CString(draftJson)
	defer C.free(unsafe.Pointer(draftJsonC))
	C.osaurus_send_draft(h.table, taskIDC, draftJsonC)
	return nil
}

// DispatchInterrupt: Stops the model in an active task of this plugin; the task then completes with what it has.
//
// A message is added to the conversation first, but does not start another turn.
func (h *Host) DispatchInterrupt(taskID string, message *string) error {
	if err := h.check(FunctionDispatchInterrupt, taskID, optional(message)); err != nil {
		return err
	}
	taskIDC := C.CString(taskID)
	defer C.free(unsafe.Pointer(taskIDC))
	messageC := cText(message)
	defer C.free(unsafe.Pointer(messageC))
	C.osaurus_dispatch_interrupt(h.table, taskIDC, messageC)
	return nil
}

// DispatchAddIssue: Added an issue to a running task in version 2 hosts. The slot remains so that later ones keep
// their place.
func (h *Host) DispatchAddIssue(taskID string, issueJson *string) (string, bool, error) {
	if err := h.check(FunctionDispatchAddIssue, taskID, optional(issueJson)); err != nil {
		return "", false, err
	}
	taskIDC := C.CString(taskID)
	defer C.free(unsafe.Pointer(taskIDC))
	issueJsonC := cText(issueJson)
	defer C.free(unsafe.Pointer(issueJsonC))
	text, there := h.text(C.osaurus_dispatch_add_issue(h.table, taskIDC, issueJsonC))
	return text, there, nil
}

// CompleteCancel: Ends a running `complete_stream` of this plugin early; that call then returns the error
// `cancelled`.
//
// Takes effect at the next piece of text. A cancellation that comes before the stream has started is lost. Streams
// that share an id end together; those of other plugins are safe.
func (h *Host) CompleteCancel(streamID string) error {
	if err := h.check(FunctionCompleteCancel, streamID); err != nil {
		return err
	}
	streamIDC := C.CString(streamID)
	defer C.free(unsafe.Pointer(streamIDC))
	C.osaurus_complete_cancel(h.table, streamIDC)
	return nil
}

// GetActiveAgentId: Tells for which agent the host is calling.
//
// Also names the built-in default agent, for which `config_get` and `dispatch` behave as if there were none.
func (h *Host) GetActiveAgentId() (string, bool, error) {
	if err := h.check(FunctionGetActiveAgentId); err != nil {
		return "", false, err
	}
	text, there := h.text(C.osaurus_get_active_agent_id(h.table))
	return text, there, nil
}

// LogStructured: Writes a line to the host's log with a payload that the activity list shows beside it.
//
// Hand-written copies of the table often forget this slot, which moves `free_string` to a wrong place.
func (h *Host) LogStructured(level int, message string, payloadJson *string) error {
	if err := h.check(FunctionLogStructured, message, optional(payloadJson)); err != nil {
		return err
	}
	messageC := C.CString(message)
	defer C.free(unsafe.Pointer(messageC))
	payloadJsonC := cText(payloadJson)
	defer C.free(unsafe.Pointer(payloadJsonC))
	C.osaurus_log_structured(h.table, C.int(level), messageC, payloadJsonC)
	return nil
}
