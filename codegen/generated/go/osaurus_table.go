// Generated from abi-spec by `osaurus-bridge gen go`. Edit the spec, not this file.

package osaurus

import "unsafe"

// ABI versions, as they are in the `version` fields of the tables.
const (
	// Tools only, no host table.
	AbiVersion1 = 1
	// The host table, routes and events.
	AbiVersion2 = 2
	// Streams can be cancelled.
	AbiVersion3 = 3
	// The bound agent can be asked for.
	AbiVersion4 = 4
	// Structured log lines.
	AbiVersion5 = 5
	// The host frees its own strings.
	AbiVersion6 = 6
)

// Levels of `log` and `log_structured`.
const (
	// Steps that matter only while looking for one bug.
	LogTrace = 0
	// Details for the plugin's author.
	LogDebug = 1
	// What a user may want to know.
	LogInfo = 2
	// Something is wrong but the work goes on.
	LogWarn = 3
	// Something failed.
	LogError = 4
)

// Kinds of events that `on_task_event` receives.
const (
	// The task is registered and runs.
	TaskStarted = 0
	// The agent called a tool; may be repeated.
	TaskActivity = 1
	// The task has come so far. Defined, but no known host sends it.
	TaskProgress = 2
	// The agent asks the user a question and waits.
	TaskClarification = 3
	// The task ended well. The last event of a task.
	TaskCompleted = 4
	// The task failed. The last event of a task.
	TaskFailed = 5
	// The task was cancelled, or shut down while active. The last event of a task.
	TaskCancelled = 6
	// A piece of the task's text. Came a day after revision 2c; no known host sends it.
	TaskOutput = 7
	// Answers `send_draft` with the draft.
	TaskDraft = 8
)

// AbiProbeKey: Key of the first `on_config_changed` after loading, with a random value: a probe, to be ignored.
const AbiProbeKey = "__osaurus_abi_probe__"

// TunnelUrlKey: Key under which plugins with routes get the address of the agent's tunnel; empty when it is down.
const TunnelUrlKey = "tunnel_url"

// DefaultAgentId: The built-in default agent.
const DefaultAgentId = "00000000-0000-0000-0000-000000000001"

// InvokeTool: `type` of `invoke` for a tool call.
const InvokeTool = "tool"

// InvokeArtifact: `type` of `invoke` for a shared artifact.
const InvokeArtifact = "artifact"

// InvokeArtifactId: `id` of `invoke` for a shared artifact.
const InvokeArtifactId = "share"

// AgentHeader: Header of a route request that names the agent; it wins over the query.
const AgentHeader = "X-Osaurus-Agent-Id"

// AgentQuery: Query parameter of a route request that names the agent.
const AgentQuery = "osr_agent"

// RelayHeader: Header by which the host knows that a route request came through a tunnel.
const RelayHeader = "X-Osaurus-Relay-Origin"

// HostTable is osr_host_api: Functions that the host gives to a plugin. The host fills the table and passes it to
// `osaurus_plugin_entry_v2`; it belongs to the host and lives as long as the plugin stays registered.
//
// An older host has a shorter table: a slot that its version does not have is beyond the end of the memory, not NULL.
// Keep the pointer, read `version`, and only then the slot. Tables that say version 2 come in four lengths.
//
// Strings are UTF-8 and end at the first NUL. A string that a function returns belongs to the plugin: free it with
// `free_string` of this table (version 6) or the C library's `free` (versions 2 to 5), never with the plugin's own.
// The host finds the calling plugin and its agent in thread-local storage, so call on the thread on which the host
// called you, unless a function says otherwise.
type HostTable struct {
	// ABI version of the host, 2 to 6: the newest slots that may be read. Since version 2 (2a).
	Version uint32
	// Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts since mid 2026 fall back to the value set for all agents. Since version 2 (2a).
	ConfigGet unsafe.Pointer
	// Stores a configuration value or secret for the agent of the calling frame. Since version 2 (2a).
	ConfigSet unsafe.Pointer
	// Removes a configuration value of the agent of the calling frame; a key that is not set is not an error. Since version 2 (2a).
	ConfigDelete unsafe.Pointer
	// Runs one SQL statement in the plugin's own SQLite database, which all agents share. Since version 2 (2a).
	DbExec unsafe.Pointer
	// Runs one SQL statement in the plugin's own SQLite database and returns its rows. Since version 2 (2a).
	DbQuery unsafe.Pointer
	// Writes a line to the host's log and activity list. Since version 2 (2a).
	Log unsafe.Pointer
	// Starts a background task in which the agent of the calling frame works on a prompt. Since version 2 (2b).
	Dispatch unsafe.Pointer
	// Reads the state of a task that this plugin dispatched. Since version 2 (2b).
	TaskStatus unsafe.Pointer
	// Stops a task that this plugin dispatched; a CANCELLED event follows. Since version 2 (2b).
	DispatchCancel unsafe.Pointer
	// Answered a task's clarification question in version 2 hosts. Since version 2 (2b).
	DispatchClarify unsafe.Pointer
	// Asks a model for a chat completion and waits for the whole answer. Since version 2 (2b).
	Complete unsafe.Pointer
	// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at the end. Since version 2 (2b).
	CompleteStream unsafe.Pointer
	// Computes embedding vectors for one or several strings. Since version 2 (2b).
	Embed unsafe.Pointer
	// Lists the models that the host can use now: local ones, one for embeddings, and those of remote providers. Since version 2 (2b).
	ListModels unsafe.Pointer
	// Sends an HTTP request and waits for the response. Since version 2 (2b).
	HttpRequest unsafe.Pointer
	// Reads a file from the host's artifacts folder, for example one that a share-artifact call has just announced. Since version 2 (2d).
	FileRead unsafe.Pointer
	// Lists this plugin's tasks that are not finished, of all agents, in no particular order. Since version 2 (2e).
	ListActiveTasks unsafe.Pointer
	// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back. Since version 2 (2e).
	SendDraft unsafe.Pointer
	// Stops the model in an active task of this plugin; the task then completes with what it has. Since version 2 (2e).
	DispatchInterrupt unsafe.Pointer
	// Added an issue to a running task in version 2 hosts. Since version 2 (2e).
	DispatchAddIssue unsafe.Pointer
	// Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`. Since version 3.
	CompleteCancel unsafe.Pointer
	// Tells for which agent the host is calling. Since version 4.
	GetActiveAgentId unsafe.Pointer
	// Writes a line to the host's log with a payload that the activity list shows beside it. Since version 5.
	LogStructured unsafe.Pointer
	// Frees a string that a function of this table returned. Since version 6.
	FreeString unsafe.Pointer
}

// PluginTable is osr_plugin_api: Functions that a plugin gives to the host. The entry function returns a pointer to
// it; the host copies the table, so it may be static but must be complete by then. The first five members are version
// 1's whole table and must all be set; the later ones may be NULL.
//
// Strings that the host passes are valid during the call only. Strings that the plugin returns are copied by the host
// and handed to the plugin's own `free_string` at once.
type PluginTable struct {
	// Frees a string that the plugin returned to the host. Since version 1.
	FreeString unsafe.Pointer
	// Creates the plugin's context. Since version 1.
	Init unsafe.Pointer
	// Ends the context. Since version 1.
	Destroy unsafe.Pointer
	// Returns the manifest: what the plugin is, its tools, routes, settings and web pages. Since version 1.
	GetManifest unsafe.Pointer
	// Runs one of the plugin's tools, or announces a shared artifact. Since version 1.
	Invoke unsafe.Pointer
	// ABI version for which the plugin was built. Since version 2 (2a).
	Version uint32
	// Answers an HTTP request to one of the routes in the manifest. Since version 2 (2a).
	HandleRoute unsafe.Pointer
	// Tells that a configuration value has a new value for the bound agent. Since version 2 (2a).
	OnConfigChanged unsafe.Pointer
	// Tells what happens to a task that this plugin dispatched. Since version 2 (2c).
	OnTaskEvent unsafe.Pointer
}

// The layout, checked by the compiler: an index that is not 0 does not compile.
var (
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.Version)-0]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.ConfigGet)-8]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.ConfigSet)-16]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.ConfigDelete)-24]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.DbExec)-32]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.DbQuery)-40]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.Log)-48]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.Dispatch)-56]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.TaskStatus)-64]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.DispatchCancel)-72]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.DispatchClarify)-80]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.Complete)-88]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.CompleteStream)-96]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.Embed)-104]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.ListModels)-112]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.HttpRequest)-120]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.FileRead)-128]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.ListActiveTasks)-136]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.SendDraft)-144]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.DispatchInterrupt)-152]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.DispatchAddIssue)-160]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.CompleteCancel)-168]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.GetActiveAgentId)-176]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.LogStructured)-184]
	_ = [1]struct{}{}[unsafe.Offsetof(HostTable{}.FreeString)-192]
	_ = [1]struct{}{}[unsafe.Sizeof(HostTable{})-200]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.FreeString)-0]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.Init)-8]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.Destroy)-16]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.GetManifest)-24]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.Invoke)-32]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.Version)-40]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.HandleRoute)-48]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.OnConfigChanged)-56]
	_ = [1]struct{}{}[unsafe.Offsetof(PluginTable{}.OnTaskEvent)-64]
	_ = [1]struct{}{}[unsafe.Sizeof(PluginTable{})-72]
)

// Function is the row of one of the host's functions in the table.
type Function int

// The functions of the host, in the order of the table.
const (
	// Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts since mid 2026 fall back to the value set for all agents.
	FunctionConfigGet Function = iota
	// Stores a configuration value or secret for the agent of the calling frame.
	FunctionConfigSet
	// Removes a configuration value of the agent of the calling frame; a key that is not set is not an error.
	FunctionConfigDelete
	// Runs one SQL statement in the plugin's own SQLite database, which all agents share.
	FunctionDbExec
	// Runs one SQL statement in the plugin's own SQLite database and returns its rows.
	FunctionDbQuery
	// Writes a line to the host's log and activity list.
	FunctionLog
	// Starts a background task in which the agent of the calling frame works on a prompt.
	FunctionDispatch
	// Reads the state of a task that this plugin dispatched.
	FunctionTaskStatus
	// Stops a task that this plugin dispatched; a CANCELLED event follows.
	FunctionDispatchCancel
	// Answered a task's clarification question in version 2 hosts.
	FunctionDispatchClarify
	// Asks a model for a chat completion and waits for the whole answer.
	FunctionComplete
	// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at the end.
	FunctionCompleteStream
	// Computes embedding vectors for one or several strings.
	FunctionEmbed
	// Lists the models that the host can use now: local ones, one for embeddings, and those of remote providers.
	FunctionListModels
	// Sends an HTTP request and waits for the response.
	FunctionHttpRequest
	// Reads a file from the host's artifacts folder, for example one that a share-artifact call has just announced.
	FunctionFileRead
	// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
	FunctionListActiveTasks
	// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back.
	FunctionSendDraft
	// Stops the model in an active task of this plugin; the task then completes with what it has.
	FunctionDispatchInterrupt
	// Added an issue to a running task in version 2 hosts.
	FunctionDispatchAddIssue
	// Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`.
	FunctionCompleteCancel
	// Tells for which agent the host is calling.
	FunctionGetActiveAgentId
	// Writes a line to the host's log with a payload that the activity list shows beside it.
	FunctionLogStructured
	// Frees a string that a function of this table returned.
	FunctionFreeString
)

// Since is the first version of the host's table that has the function.
func (f Function) Since() uint32 {
	return [...]uint32{
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		2,
		3,
		4,
		5,
		6,
	}[f]
}

func (f Function) String() string {
	return [...]string{
		"config_get",
		"config_set",
		"config_delete",
		"db_exec",
		"db_query",
		"log",
		"dispatch",
		"task_status",
		"dispatch_cancel",
		"dispatch_clarify",
		"complete",
		"complete_stream",
		"embed",
		"list_models",
		"http_request",
		"file_read",
		"list_active_tasks",
		"send_draft",
		"dispatch_interrupt",
		"dispatch_add_issue",
		"complete_cancel",
		"get_active_agent_id",
		"log_structured",
		"free_string",
	}[f]
}
