// Generated from abi-spec by `osaurus-bridge gen swift`. Edit the spec, not this file.

/// Levels of `log` and `log_structured`.
public enum LogLevel: Int32, CaseIterable, Sendable {
    /// Steps that matter only while looking for one bug.
    case trace = 0
    /// Details for the plugin's author.
    case debug = 1
    /// What a user may want to know.
    case info = 2
    /// Something is wrong but the work goes on.
    case warn = 3
    /// Something failed.
    case error = 4
}

/// The ABI version that this package was generated for: the newest that it can use.
public let newestABIVersion: UInt32 = 6

/// Kinds of events that `on_task_event` receives.
public enum TaskEvent: Sendable {
    /// The task is registered and runs.
    case started(TaskStartedEvent)
    /// The agent called a tool; may be repeated.
    case activity(TaskActivityEvent)
    /// The task has come so far. Defined, but no known host sends it.
    case progress(TaskProgressEvent)
    /// The agent asks the user a question and waits.
    case clarification(TaskClarificationEvent)
    /// The task ended well. The last event of a task.
    case completed(TaskCompletedEvent)
    /// The task failed. The last event of a task.
    case failed(TaskFailedEvent)
    /// The task was cancelled, or shut down while active. The last event of a task.
    case cancelled(TaskCancelledEvent)
    /// A piece of the task's text. Came a day after revision 2c; no known host sends it.
    case output(TaskOutputEvent)
    /// Answers `send_draft` with the draft.
    case draft(TaskDraftEvent)
    /// A number that this package does not know, with the text that came along.
    case unknown(Int32, json: String)

    init(type: Int32, json: String) throws {
        switch type {
        case 0: self = .started(try readJSON(TaskStartedEvent.self, from: json))
        case 1: self = .activity(try readJSON(TaskActivityEvent.self, from: json))
        case 2: self = .progress(try readJSON(TaskProgressEvent.self, from: json))
        case 3: self = .clarification(try readJSON(TaskClarificationEvent.self, from: json))
        case 4: self = .completed(try readJSON(TaskCompletedEvent.self, from: json))
        case 5: self = .failed(try readJSON(TaskFailedEvent.self, from: json))
        case 6: self = .cancelled(try readJSON(TaskCancelledEvent.self, from: json))
        case 7: self = .output(try readJSON(TaskOutputEvent.self, from: json))
        case 8: self = .draft(try readJSON(TaskDraftEvent.self, from: json))
        default: self = .unknown(type, json: json)
        }
    }
}

/// Texts with a fixed meaning on both sides of the boundary.
public enum WellKnown {
    /// Key of the first `on_config_changed` after loading, with a random value: a probe, to be ignored.
    public static let abiProbeKey = "__osaurus_abi_probe__"
    /// Key under which plugins with routes get the address of the agent's tunnel; empty when it is down.
    public static let tunnelUrlKey = "tunnel_url"
    /// The built-in default agent.
    public static let defaultAgentId = "00000000-0000-0000-0000-000000000001"
    /// `type` of `invoke` for a tool call.
    public static let invokeTool = "tool"
    /// `type` of `invoke` for a shared artifact.
    public static let invokeArtifact = "artifact"
    /// `id` of `invoke` for a shared artifact.
    public static let invokeArtifactId = "share"
    /// Header of a route request that names the agent; it wins over the query.
    public static let agentHeader = "X-Osaurus-Agent-Id"
    /// Query parameter of a route request that names the agent.
    public static let agentQuery = "osr_agent"
    /// Header by which the host knows that a route request came through a tunnel.
    public static let relayHeader = "X-Osaurus-Relay-Origin"
}

/// What an author can do about each error code of the host.
let errorHints: [String: String] = [
    "invalid_request": "Read `message` for the field. For completions, `model` and `messages` must be there.",
    "invalid_task_id": "Pass the `id` that `dispatch` returned.",
    "not_found": "Keep what you need from the last task event; check the path of a file.",
    "built_in_agent_not_exposable": "Call from `invoke`, a route or an event of an agent that the user made; not from `init` and not from a thread of your own.",
    "rate_limit_exceeded": "Wait, then try again; collect several pieces of work in one call.",
    "task_limit_reached": "Wait for a task to end, or cancel one with `dispatch_cancel`.",
    "plugin_busy": "Wait for one to end; start no more than two at once.",
    "inference_error": "Read `message`; check the model's name with `list_models`.",
    "max_iterations_reached": "Raise `max_iterations` (120 at most), give fewer tools, or go on with the partial result.",
    "context_overflow": "Send fewer or shorter messages. A stream's last chunk has the `finish_reason` `context_overflow`.",
    "clarify_requested": "Answer `question` in another call. A stream ends with `finish_reason` `clarify` instead.",
    "empty_tool_task_completion": "Ask again with a clearer prompt, or use the tools' results. Only in hosts newer than mid 2026.",
    "output_token_limit": "Raise `max_tokens` or ask for less. Only in hosts newer than mid 2026.",
    "serialization_error": "Report it to Osaurus; try again without unusual text in the request.",
    "cancelled": "Nothing is wrong: use `partial_content` if it helps.",
    "embedding_error": "Read `message`; the model may still be loading or not be installed.",
    "ssrf_blocked": "Use a public host name. Osaurus offers plugins no way into the local network.",
    "request_too_large": "Send it in parts.",
    "response_too_large": "Ask for a range or a page of it.",
    "too_many_redirects": "Check the URL, or set `follow_redirects` to false and look at `location`.",
    "connection_timeout": "Try again, or raise `timeout_ms` (300,000 at most).",
    "connection_refused": "Check host and port.",
    "dns_failure": "Check its spelling and the network.",
    "tls_error": "Check the server's certificate and that the URL should begin with https.",
    "network_error": "Read `message` and try again.",
    "invalid_response": "Check scheme and port of the URL.",
    "access_denied": "Use the `host_path` of an artifact.",
    "file_too_large": "Have a smaller file made; there is no way to read a part.",
    "read_error": "Check that it is a file; `is_directory` of the artifact tells.",
    "not_supported": "Start a fresh task with `dispatch`.",
    "context_unavailable": "Call on the thread on which the host called you, while that call runs.",
    "host_timeout": "Ask for less at once; for task calls, try again when the application responds.",
    "not_supported_out_of_process": "Do it in a tool that does not require accessibility or automation: those stay in the application.",
    "unauthorized": "Treat it like any code you do not know.",
    "forbidden": "Treat it like any code you do not know.",
]

/// The layouts that all said "version 2", oldest first.
public enum Version2Revision: String, CaseIterable, Comparable, Sendable {
    /// The first host table: configuration, database and log.
    case v2a = "2a"
    /// Adds tasks, inference and HTTP to the host table, and `on_task_completed` to the plugin table, which
    /// is 72 bytes from here on.
    case v2b = "2b"
    /// Same tables in size; the plugin table's last function becomes `on_task_event`, with another parameter.
    case v2c = "2c"
    /// Adds `file_read` to the host table.
    case v2d = "2d"
    /// Adds `list_active_tasks`, `send_draft`, `dispatch_interrupt` and `dispatch_add_issue` to the host
    /// table, and event 8.
    case v2e = "2e"

    /// Older is less.
    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

/// The host's functions by their C names.
public enum HostSlot: String, CaseIterable, Sendable {
    /// Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts
    /// since mid 2026 fall back to the value set for all agents.
    case configGet = "config_get"
    /// Stores a configuration value or secret for the agent of the calling frame.
    case configSet = "config_set"
    /// Removes a configuration value of the agent of the calling frame; a key that is not set is not an
    /// error.
    case configDelete = "config_delete"
    /// Runs one SQL statement in the plugin's own SQLite database, which all agents share.
    case dbExec = "db_exec"
    /// Runs one SQL statement in the plugin's own SQLite database and returns its rows.
    case dbQuery = "db_query"
    /// Writes a line to the host's log and activity list.
    case log = "log"
    /// Starts a background task in which the agent of the calling frame works on a prompt.
    case dispatch = "dispatch"
    /// Reads the state of a task that this plugin dispatched.
    case taskStatus = "task_status"
    /// Stops a task that this plugin dispatched; a CANCELLED event follows.
    case dispatchCancel = "dispatch_cancel"
    /// Answered a task's clarification question in version 2 hosts.
    case dispatchClarify = "dispatch_clarify"
    /// Asks a model for a chat completion and waits for the whole answer.
    case complete = "complete"
    /// Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at
    /// the end.
    case completeStream = "complete_stream"
    /// Computes embedding vectors for one or several strings.
    case embed = "embed"
    /// Lists the models that the host can use now: local ones, one for embeddings, and those of remote
    /// providers.
    case listModels = "list_models"
    /// Sends an HTTP request and waits for the response.
    case httpRequest = "http_request"
    /// Reads a file from the host's artifacts folder, for example one that a share-artifact call has just
    /// announced.
    case fileRead = "file_read"
    /// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
    case listActiveTasks = "list_active_tasks"
    /// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back.
    case sendDraft = "send_draft"
    /// Stops the model in an active task of this plugin; the task then completes with what it has.
    case dispatchInterrupt = "dispatch_interrupt"
    /// Added an issue to a running task in version 2 hosts.
    case dispatchAddIssue = "dispatch_add_issue"
    /// Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`.
    case completeCancel = "complete_cancel"
    /// Tells for which agent the host is calling.
    case getActiveAgentId = "get_active_agent_id"
    /// Writes a line to the host's log with a payload that the activity list shows beside it.
    case logStructured = "log_structured"
    /// Frees a string that a function of this table returned.
    case freeString = "free_string"

    /// Bytes from the start of the host's table, first version, and first revision within version 2.
    var facts: (offset: Int, since: UInt32, revision: Version2Revision) {
        switch self {
        case .configGet: (8, 2, .v2a)
        case .configSet: (16, 2, .v2a)
        case .configDelete: (24, 2, .v2a)
        case .dbExec: (32, 2, .v2a)
        case .dbQuery: (40, 2, .v2a)
        case .log: (48, 2, .v2a)
        case .dispatch: (56, 2, .v2b)
        case .taskStatus: (64, 2, .v2b)
        case .dispatchCancel: (72, 2, .v2b)
        case .dispatchClarify: (80, 2, .v2b)
        case .complete: (88, 2, .v2b)
        case .completeStream: (96, 2, .v2b)
        case .embed: (104, 2, .v2b)
        case .listModels: (112, 2, .v2b)
        case .httpRequest: (120, 2, .v2b)
        case .fileRead: (128, 2, .v2d)
        case .listActiveTasks: (136, 2, .v2e)
        case .sendDraft: (144, 2, .v2e)
        case .dispatchInterrupt: (152, 2, .v2e)
        case .dispatchAddIssue: (160, 2, .v2e)
        case .completeCancel: (168, 3, .v2e)
        case .getActiveAgentId: (176, 4, .v2e)
        case .logStructured: (184, 5, .v2e)
        case .freeString: (192, 6, .v2e)
        }
    }
}
