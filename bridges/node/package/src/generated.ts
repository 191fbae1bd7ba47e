// Generated from abi-spec by `osaurus-bridge gen typescript`. Edit the spec, not this file.
/**
 * Types of the Osaurus plugin ABI (versions 1 to 6) and its raw host calls.
 *
 * Every JSON object that crosses the boundary is an interface here. `HostCalls` has one method per
 * host function: text in, text out, nothing parsed. The friendly interface (`Context`) is built on it.
 */

/** The newest ABI version. */
export const ABI_VERSION_LATEST = 6;

/**
 * Key of the first `on_config_changed` after loading, with a random value: a probe, to be ignored.
 */
export const ABI_PROBE_KEY = "__osaurus_abi_probe__";

/**
 * Key under which plugins with routes get the address of the agent's tunnel; empty when it is down.
 */
export const TUNNEL_URL_KEY = "tunnel_url";

/** The built-in default agent. */
export const DEFAULT_AGENT_ID = "00000000-0000-0000-0000-000000000001";

/** `type` of `invoke` for a tool call. */
export const INVOKE_TOOL = "tool";

/** `type` of `invoke` for a shared artifact. */
export const INVOKE_ARTIFACT = "artifact";

/** `id` of `invoke` for a shared artifact. */
export const INVOKE_ARTIFACT_ID = "share";

/** Header of a route request that names the agent; it wins over the query. */
export const AGENT_HEADER = "X-Osaurus-Agent-Id";

/** Query parameter of a route request that names the agent. */
export const AGENT_QUERY = "osr_agent";

/** Header by which the host knows that a route request came through a tunnel. */
export const RELAY_HEADER = "X-Osaurus-Relay-Origin";

/** ABI versions, as they are in the `version` fields of the tables. */
export const AbiVersion = {
  /** Tools only, no host table. */
  Version1: 1,
  /** The host table, routes and events. */
  Version2: 2,
  /** Streams can be cancelled. */
  Version3: 3,
  /** The bound agent can be asked for. */
  Version4: 4,
  /** Structured log lines. */
  Version5: 5,
  /** The host frees its own strings. */
  Version6: 6,
} as const;
/** One of the numbers of `AbiVersion`. */
export type AbiVersion = (typeof AbiVersion)[keyof typeof AbiVersion];

/** Levels of `log` and `log_structured`. */
export const LogLevel = {
  /** Steps that matter only while looking for one bug. */
  Trace: 0,
  /** Details for the plugin's author. */
  Debug: 1,
  /** What a user may want to know. */
  Info: 2,
  /** Something is wrong but the work goes on. */
  Warn: 3,
  /** Something failed. */
  Error: 4,
} as const;
/** One of the numbers of `LogLevel`. */
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** Kinds of events that `on_task_event` receives. */
export const TaskEventType = {
  /** The task is registered and runs. Its payload is `TaskStartedEvent`. */
  Started: 0,
  /** The agent called a tool; may be repeated. Its payload is `TaskActivityEvent`. */
  Activity: 1,
  /**
   * The task has come so far. Defined, but no known host sends it. Its payload is
   * `TaskProgressEvent`.
   */
  Progress: 2,
  /** The agent asks the user a question and waits. Its payload is `TaskClarificationEvent`. */
  Clarification: 3,
  /** The task ended well. The last event of a task. Its payload is `TaskCompletedEvent`. */
  Completed: 4,
  /** The task failed. The last event of a task. Its payload is `TaskFailedEvent`. */
  Failed: 5,
  /**
   * The task was cancelled, or shut down while active. The last event of a task. Its payload is
   * `TaskCancelledEvent`.
   */
  Cancelled: 6,
  /**
   * A piece of the task's text. Came a day after revision 2c; no known host sends it. Its payload
   * is `TaskOutputEvent`.
   */
  Output: 7,
  /** Answers `send_draft` with the draft. Its payload is `TaskDraftEvent`. */
  Draft: 8,
} as const;
/** One of the numbers of `TaskEventType`. */
export type TaskEventType = (typeof TaskEventType)[keyof typeof TaskEventType];

/** The functions of the host by their row in its table. */
export const HostSlot = {
  ConfigGet: 1,
  ConfigSet: 2,
  ConfigDelete: 3,
  DbExec: 4,
  DbQuery: 5,
  Log: 6,
  Dispatch: 7,
  TaskStatus: 8,
  DispatchCancel: 9,
  DispatchClarify: 10,
  Complete: 11,
  CompleteStream: 12,
  Embed: 13,
  ListModels: 14,
  HttpRequest: 15,
  FileRead: 16,
  ListActiveTasks: 17,
  SendDraft: 18,
  DispatchInterrupt: 19,
  DispatchAddIssue: 20,
  CompleteCancel: 21,
  GetActiveAgentId: 22,
  LogStructured: 23,
  FreeString: 24,
} as const;
/** One of the rows of `HostSlot`. */
export type HostSlot = (typeof HostSlot)[keyof typeof HostSlot];

/** First ABI version that has each function. */
export const SLOT_SINCE: Readonly<Record<HostSlot, number>> = {
  [HostSlot.ConfigGet]: 2,
  [HostSlot.ConfigSet]: 2,
  [HostSlot.ConfigDelete]: 2,
  [HostSlot.DbExec]: 2,
  [HostSlot.DbQuery]: 2,
  [HostSlot.Log]: 2,
  [HostSlot.Dispatch]: 2,
  [HostSlot.TaskStatus]: 2,
  [HostSlot.DispatchCancel]: 2,
  [HostSlot.DispatchClarify]: 2,
  [HostSlot.Complete]: 2,
  [HostSlot.CompleteStream]: 2,
  [HostSlot.Embed]: 2,
  [HostSlot.ListModels]: 2,
  [HostSlot.HttpRequest]: 2,
  [HostSlot.FileRead]: 2,
  [HostSlot.ListActiveTasks]: 2,
  [HostSlot.SendDraft]: 2,
  [HostSlot.DispatchInterrupt]: 2,
  [HostSlot.DispatchAddIssue]: 2,
  [HostSlot.CompleteCancel]: 3,
  [HostSlot.GetActiveAgentId]: 4,
  [HostSlot.LogStructured]: 5,
  [HostSlot.FreeString]: 6,
};

/**
 * In bytes. Longest value, in UTF-8. A longer one is dropped with a warning in the log; exactly
 * this many are stored.
 */
export const LIMIT_CONFIG_VALUE_BYTES = 1048576;

/** In bytes. Largest database file. Writes beyond fail with SQLite's "database or disk is full". */
export const LIMIT_DATABASE_BYTES = 104857600;

/** In ms. How long a locked database is waited for before the statement fails. */
export const LIMIT_DATABASE_BUSY_MS = 5000;

/** In s. How long unloading waits for running statements before it leaves the connection open. */
export const LIMIT_DATABASE_TEARDOWN_S = 15;

/**
 * In calls. Calls per plugin and agent in `dispatch_window_s`; more return `rate_limit_exceeded`.
 * Refused calls do not count.
 */
export const LIMIT_DISPATCH_CALLS = 10;

/** In s. Sliding window of `dispatch_calls`. */
export const LIMIT_DISPATCH_WINDOW_S = 60;

/**
 * In tasks. Running tasks of an agent; more are queued. Hosts before July 2026 return
 * `task_limit_reached`.
 */
export const LIMIT_ACTIVE_TASKS_PER_AGENT = 5;

/**
 * In tasks. Running tasks of the whole host unless its setting says otherwise; more are queued.
 * Hosts before July 2026 return `task_limit_reached`.
 */
export const LIMIT_ACTIVE_TASKS = 20;

/** In s. How long a cancelled task can still be asked for. */
export const LIMIT_CANCELLED_TASK_KEPT_S = 15;

/** In items. Activities that a status shows; older ones are left out. */
export const LIMIT_STATUS_ACTIVITY_ITEMS = 20;

/** In items. Activities that the host keeps of a task. */
export const LIMIT_KEPT_ACTIVITY_ITEMS = 40;

/**
 * In s. How long a call waits for the host's main loop; then `host_timeout`, or nothing where
 * nothing is returned.
 */
export const LIMIT_MAIN_LOOP_CALL_S = 30;

/**
 * In calls. Calls of these three together that may run at once per plugin; more return
 * `plugin_busy` at once.
 */
export const LIMIT_INFERENCE_IN_FLIGHT = 2;

/** In s. Longest duration of a call; then it is cancelled and returns `host_timeout`. */
export const LIMIT_HOST_CALL_S = 1800;

/** In rounds. Rounds of tool calls if the request does not say. */
export const LIMIT_DEFAULT_ITERATIONS = 30;

/**
 * In rounds. Most rounds of tool calls; a higher number is lowered to it, and one below 1 raised to
 * 1.
 */
export const LIMIT_MAX_ITERATIONS = 120;

/** In rounds. Rounds of tool calls in version 2 hosts if the request does not say. */
export const LIMIT_V2_DEFAULT_ITERATIONS = 1;

/** In rounds. Most rounds of tool calls in version 2 hosts. */
export const LIMIT_V2_MAX_ITERATIONS = 30;

/**
 * In calls. Requests per plugin and agent in `http_window_s`; more return `rate_limit_exceeded`.
 * Calls without a chat agent share one allowance. Redirects and refused addresses do not count.
 */
export const LIMIT_HTTP_CALLS = 60;

/** In s. Sliding window of `http_calls`. */
export const LIMIT_HTTP_WINDOW_S = 60;

/** In ms. What `retry_after_ms` of `rate_limit_exceeded` always says. */
export const LIMIT_HTTP_RETRY_AFTER_MS = 60000;

/** In bytes. Longest body sent; a longer one returns `request_too_large`. */
export const LIMIT_HTTP_REQUEST_BYTES = 50000000;

/**
 * In bytes. Longest body received; a longer one returns `response_too_large` after it was
 * downloaded.
 */
export const LIMIT_HTTP_RESPONSE_BYTES = 50000000;

/** In ms. `timeout_ms` if the request does not say; then `connection_timeout`. */
export const LIMIT_HTTP_DEFAULT_TIMEOUT_MS = 30000;

/** In ms. Highest `timeout_ms`; a higher one is lowered to it. There is no lowest. */
export const LIMIT_HTTP_MAX_TIMEOUT_MS = 300000;

/** In redirects. Redirects followed; more return `too_many_redirects`. */
export const LIMIT_HTTP_REDIRECTS = 20;

/** In connections. Connections to one host at once; further requests wait. */
export const LIMIT_HTTP_CONNECTIONS_PER_HOST = 10;

/** In bytes. Largest file; a larger one returns `file_too_large`. */
export const LIMIT_FILE_BYTES = 50000000;

/**
 * In s. How long the host waits for a tool; then the model gets a `timeout` envelope while the call
 * keeps running.
 */
export const LIMIT_TOOL_CALL_S = 120;

/**
 * In characters. Longest result; of a longer one the first two thirds and the last third of this
 * length are kept.
 */
export const LIMIT_TOOL_RESULT_CHARACTERS = 100000;

/**
 * In characters. Where in a result the host looks for `ok`; an envelope must show it within them.
 */
export const LIMIT_ENVELOPE_DETECTION_CHARACTERS = 2048;

/**
 * In s. How long a client waits for a route; then it gets status 500 while the call keeps running.
 */
export const LIMIT_ROUTE_CALL_S = 30;

/**
 * In calls. Size of the bucket for routes with `auth` `none` or `verify`, per plugin; it refills in
 * 60 s. Beyond it: status 429.
 */
export const LIMIT_ROUTE_CALLS = 100;

/** In s. How long an empty bucket of `route_calls` takes to be full again. */
export const LIMIT_ROUTE_REFILL_S = 60;

/**
 * In bytes. Longest request body, unless the host is set otherwise; a longer one is answered with
 * status 413.
 */
export const LIMIT_ROUTE_BODY_BYTES = 33554432;

/** In headers. Most request headers; more are answered with status 431. */
export const LIMIT_ROUTE_HEADERS = 200;

/** In bytes. Longest request headers together; more are answered with status 431. */
export const LIMIT_ROUTE_HEADER_BYTES = 1048576;

/**
 * In s. How long unloading waits for running calls; then the application goes on and `destroy` may
 * come late.
 */
export const LIMIT_SHUTDOWN_DRAIN_S = 60;

/**
 * In s. How long unloading waits for calls outside the plugin's queues; then `destroy` is never
 * called.
 */
export const LIMIT_SHUTDOWN_LATE_CALLS_S = 60;

/** In s. How long a helper process may take to load a plugin. */
export const LIMIT_HELPER_LOAD_S = 30;

/**
 * In s. How long a tool may take in a helper process; then the process is ended and started anew at
 * the next call.
 */
export const LIMIT_HELPER_INVOKE_S = 150;

/** In s. How long a helper process has between the request to end and being killed. */
export const LIMIT_HELPER_KILL_S = 2;

/**
 * In s. How long a configuration change may take in a helper process; 45 s in hosts newer than mid
 * 2026.
 */
export const LIMIT_HELPER_CONFIG_S = 15;

/** In s. How long a helper process may take to end. */
export const LIMIT_HELPER_SHUTDOWN_S = 5;

/** In s. How long a host call may take in a helper process; then it returns NULL. */
export const LIMIT_HELPER_HOST_CALL_S = 30;

/** Codes of the `error` of a host's answer, with what an author can do about each. */
export const ERROR_HINTS = {
  invalid_request: "Read `message` for the field. For completions, `model` and `messages` must be there.",
  invalid_task_id: "Pass the `id` that `dispatch` returned.",
  not_found: "Keep what you need from the last task event; check the path of a file.",
  built_in_agent_not_exposable: "Call from `invoke`, a route or an event of an agent that the user made; not from `init` and not from a thread of your own.",
  rate_limit_exceeded: "Wait, then try again; collect several pieces of work in one call.",
  task_limit_reached: "Wait for a task to end, or cancel one with `dispatch_cancel`.",
  plugin_busy: "Wait for one to end; start no more than two at once.",
  inference_error: "Read `message`; check the model's name with `list_models`.",
  max_iterations_reached: "Raise `max_iterations` (120 at most), give fewer tools, or go on with the partial result.",
  context_overflow: "Send fewer or shorter messages. A stream's last chunk has the `finish_reason` `context_overflow`.",
  clarify_requested: "Answer `question` in another call. A stream ends with `finish_reason` `clarify` instead.",
  empty_tool_task_completion: "Ask again with a clearer prompt, or use the tools' results. Only in hosts newer than mid 2026.",
  output_token_limit: "Raise `max_tokens` or ask for less. Only in hosts newer than mid 2026.",
  serialization_error: "Report it to Osaurus; try again without unusual text in the request.",
  cancelled: "Nothing is wrong: use `partial_content` if it helps.",
  embedding_error: "Read `message`; the model may still be loading or not be installed.",
  ssrf_blocked: "Use a public host name. Osaurus offers plugins no way into the local network.",
  request_too_large: "Send it in parts.",
  response_too_large: "Ask for a range or a page of it.",
  too_many_redirects: "Check the URL, or set `follow_redirects` to false and look at `location`.",
  connection_timeout: "Try again, or raise `timeout_ms` (300,000 at most).",
  connection_refused: "Check host and port.",
  dns_failure: "Check its spelling and the network.",
  tls_error: "Check the server's certificate and that the URL should begin with https.",
  network_error: "Read `message` and try again.",
  invalid_response: "Check scheme and port of the URL.",
  access_denied: "Use the `host_path` of an artifact.",
  file_too_large: "Have a smaller file made; there is no way to read a part.",
  read_error: "Check that it is a file; `is_directory` of the artifact tells.",
  not_supported: "Start a fresh task with `dispatch`.",
  context_unavailable: "Call on the thread on which the host called you, while that call runs.",
  host_timeout: "Ask for less at once; for task calls, try again when the application responds.",
  not_supported_out_of_process: "Do it in a tool that does not require accessibility or automation: those stay in the application.",
  unauthorized: "Treat it like any code you do not know.",
  forbidden: "Treat it like any code you do not know.",
} as const;
/** A code of the `error` of a host's answer. */
export type ErrorCode = keyof typeof ERROR_HINTS;

/**
 * How a body is written as a JSON string.
 *
 * - `utf8`: As text.
 * - `base64`: In base64, for bytes that are not text.
 */
export type BodyEncoding = "utf8" | "base64";

/**
 * Whether the user is asked before a tool runs.
 *
 * - `ask`: The user is asked.
 * - `auto`: It runs; permissions that are not the system's are granted.
 * - `deny`: It never runs.
 */
export type PermissionPolicy = "ask" | "auto" | "deny";

/**
 * Who may call a route or see a page.
 *
 * - `none`: Everyone, at a limited rate.
 * - `verify`: Everyone, at a limited rate; the plugin verifies the caller, for example a webhook's
 *   signature.
 * - `owner`: Holders of one of the host's access keys, on the same machine too.
 */
export type RouteAuth = "none" | "verify" | "owner";

/**
 * How a setting is shown.
 *
 * - `text`: A line of text.
 * - `secret`: A line of hidden text.
 * - `toggle`: On or off.
 * - `select`: One of several choices.
 * - `multiselect`: Several of several choices.
 * - `number`: A number.
 * - `readonly`: Text that the user cannot edit.
 * - `status`: Whether something is connected, with buttons to connect and disconnect.
 */
export type ConfigFieldType =
  | "text"
  | "secret"
  | "toggle"
  | "select"
  | "multiselect"
  | "number"
  | "readonly"
  | "status";

/**
 * How far a task is.
 *
 * - `queued`: Waits for its turn. Only in hosts newer than mid 2026.
 * - `running`: Works, or waits for the user's answer.
 * - `completed`: Ended well.
 * - `failed`: Ended with an error.
 * - `cancelled`: Was stopped.
 */
export type TaskState =
  | "queued"
  | "running"
  | "completed"
  | "failed"
  | "cancelled";

/**
 * What sort of thing a task did.
 *
 * - `tool`: Used a tool.
 * - `tool_call`: Called a tool.
 * - `tool_result`: Got a tool's result.
 * - `thinking`: Reasoned.
 * - `writing`: Wrote text.
 * - `info`: A remark.
 * - `progress`: Came a step further.
 * - `warning`: Something looks wrong.
 * - `success`: Something worked.
 * - `error`: Something failed.
 */
export type ActivityKind =
  | "tool"
  | "tool_call"
  | "tool_result"
  | "thinking"
  | "writing"
  | "info"
  | "progress"
  | "warning"
  | "success"
  | "error";

/**
 * What sort of failure a tool had, and whether trying again usually helps.
 *
 * - `invalid_args`: An argument is missing or wrong. Retryable.
 * - `rejected`: A policy forbids it. Not retryable.
 * - `user_denied`: The user said no. Not retryable.
 * - `timeout`: It took too long. Retryable.
 * - `execution_error`: It ran and failed. Retryable.
 * - `not_found`: Something it refers to does not exist. Not retryable.
 * - `unavailable`: It cannot run now. Retryable, unless a system permission is missing.
 * - `tool_not_found`: There is no such tool. Not retryable.
 */
export type ToolErrorKind =
  | "invalid_args"
  | "rejected"
  | "user_denied"
  | "timeout"
  | "execution_error"
  | "not_found"
  | "unavailable"
  | "tool_not_found";

/** What `db_exec` did. */
export interface DbExecResult {
  /**
   * Rows changed by the last INSERT, UPDATE or DELETE on this connection; stale after any other
   * statement.
   */
  readonly changes: number;
  /** Row id of the last INSERT on this connection. */
  readonly last_insert_rowid: number;
}

/** The rows that `db_query` found. */
export interface DbQueryResult {
  /** Column names in order; a name may occur twice. */
  readonly columns: ReadonlyArray<string>;
  /**
   * Rows as lists of values in column order. NULL is null, INTEGER and REAL are numbers, TEXT is a
   * string, a BLOB is a base64 string without any mark (an empty one null).
   */
  readonly rows: ReadonlyArray<ReadonlyArray<unknown>>;
}

/**
 * A failed host call. Every callback that returns JSON fails this way, but the database ones.
 * Recognise it by a string under `error`; some codes bring further fields. Version 2 hosts were
 * less strict about the form.
 *
 * Open: it may carry more keys.
 */
export interface ErrorEnvelope {
  /** The error code, stable and made for programs. */
  readonly error: string;
  /** What happened, for people. Its wording changes. */
  readonly message: string;
  readonly [more: string]: unknown;
}

/** A failed database call: no code and no `message`. */
export interface DbError {
  /**
   * SQLite's message, or one of the host's own: `Database not open`, `Forbidden SQL statement`,
   * `Plugin is shutting down`.
   */
  readonly error: string;
}

/**
 * A host call that a helper process cannot make: code and message lie one level deeper than
 * elsewhere.
 */
export interface HelperErrorEnvelope {
  /** Code and message. */
  readonly error: HelperError;
}

/** The inner part of a helper process's error. */
export interface HelperError {
  /** The error code. */
  readonly code: string;
  /** What happened, for people. */
  readonly message: string;
}

/**
 * An HTTP request to send. Unknown keys are ignored.
 *
 * Open: it may carry more keys.
 */
export interface HttpRequest {
  /** Method; any token, made upper case. */
  readonly method: string;
  /** Absolute URL of a public host. */
  readonly url: string;
  /**
   * Headers. If one value is not a string, none is sent. The host appends its name and version to
   * `User-Agent`.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body, at most 50,000,000 bytes. */
  readonly body?: string;
  /** How `body` is written; undecodable base64 sends no body. Default: `"utf8"`. */
  readonly body_encoding?: BodyEncoding;
  /** Milliseconds of silence after which the request fails; at most 300,000. Default: `30000`. */
  readonly timeout_ms?: number;
  /**
   * Whether to follow up to 20 redirects. `Authorization` and `Cookie` are dropped when one leaves
   * the origin. Default: `true`.
   */
  readonly follow_redirects?: boolean;
  readonly [more: string]: unknown;
}

/** The response to an HTTP request. */
export interface HttpResponse {
  /** HTTP status; any is a success. */
  readonly status: number;
  /** Headers with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body, at most 50,000,000 bytes before encoding. */
  readonly body: string;
  /** `utf8` if the body is valid UTF-8, else `base64`. */
  readonly body_encoding: BodyEncoding;
  /** Duration in milliseconds. */
  readonly elapsed_ms: number;
}

/**
 * A file to read.
 *
 * Open: it may carry more keys.
 */
export interface FileReadRequest {
  /** Absolute path inside the artifacts folder. */
  readonly path: string;
  readonly [more: string]: unknown;
}

/** A file's content. */
export interface FileReadResponse {
  /** The bytes, in base64. */
  readonly data: string;
  /** Media type, by the file name's ending. */
  readonly mime_type: string;
  /** Length in bytes. */
  readonly size: number;
}

/**
 * A file or folder that a tool shared.
 *
 * Open: it may carry more keys.
 */
export interface Artifact {
  /** Its name. */
  readonly filename: string;
  /** Media type. */
  readonly mime_type: string;
  /** Length in bytes. */
  readonly size: number;
  /** Absolute path, which `file_read` accepts. */
  readonly host_path: string;
  /** Whether it is a folder. */
  readonly is_directory: boolean;
  /** What it is, for people. */
  readonly description?: string;
  readonly [more: string]: unknown;
}

/**
 * A chat completion, in the form that OpenAI's interface made common, with additions of the host.
 * Unknown keys are ignored.
 *
 * Open: it may carry more keys.
 */
export interface CompletionRequest {
  /**
   * Name of the model. An empty string or `default` takes the bound agent's, else the system's; the
   * key itself must be there.
   */
  readonly model: string;
  /** The conversation so far. */
  readonly messages: ReadonlyArray<ChatMessage>;
  /** Longest answer, in tokens; else the agent's value. */
  readonly max_tokens?: number;
  /** Randomness; else the agent's value. */
  readonly temperature?: number;
  /** Share of the probability mass to choose from. */
  readonly top_p?: number;
  /** Penalty for frequent tokens. */
  readonly frequency_penalty?: number;
  /** Penalty for tokens that were used at all. */
  readonly presence_penalty?: number;
  /** Texts at which the answer ends. */
  readonly stop?: ReadonlyArray<string>;
  /** Number of answers. */
  readonly n?: number;
  /**
   * A list gives exactly these tools to the model, true the agent's, false none. Default: `false`.
   */
  readonly tools?: boolean | ReadonlyArray<ToolDefinition>;
  /** Whether and which tool the model must call. */
  readonly tool_choice?: unknown;
  /**
   * Rounds of tool calls, brought into 1 to 120. Version 2 hosts: 1 by default and 30 at most.
   * Default: `30`.
   */
  readonly max_iterations?: number;
  /** Lets a reasoning model reason. */
  readonly enable_thinking?: boolean;
  /** How much a reasoning model should reason. */
  readonly reasoning_effort?: string;
  /** Groups calls in the chat history and keeps the tools loaded in a session. */
  readonly session_id?: string;
  /**
   * `complete_stream` only: the name by which `complete_cancel` ends it. Best a UUID; spaces around
   * it do not count.
   */
  readonly stream_id?: string;
  /**
   * Asks for a stream.
   *
   * @deprecated Ignored: the function called decides.
   */
  readonly stream?: boolean;
  /**
   * Chooses tools before the first round.
   *
   * @deprecated Version 2 hosts only.
   */
  readonly preflight?: boolean;
  /**
   * Agent that should answer.
   *
   * @deprecated Ignored since version 4, with a warning: the calling frame's agent is used.
   */
  readonly agent_id?: string;
  /**
   * Address of the agent that should answer.
   *
   * @deprecated Ignored since version 4, with a warning: the calling frame's agent is used.
   */
  readonly agent_address?: string;
  /**
   * Start of the random numbers.
   *
   * @deprecated Read but not passed to the model.
   */
  readonly seed?: number;
  /**
   * Number of tokens to choose from.
   *
   * @deprecated Read but not passed to the model.
   */
  readonly top_k?: number;
  /**
   * Form of the answer.
   *
   * @deprecated Read but not passed to the model.
   */
  readonly response_format?: unknown;
  /**
   * Longest answer, in tokens.
   *
   * @deprecated Read but not passed to the model; use `max_tokens`.
   */
  readonly max_completion_tokens?: number;
  /**
   * Options for streams.
   *
   * @deprecated Read but not used.
   */
  readonly stream_options?: unknown;
  readonly [more: string]: unknown;
}

/**
 * One turn of a conversation.
 *
 * Open: it may carry more keys.
 */
export interface ChatMessage {
  /** Who speaks: `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** What is said. A value of another type counts as null. */
  readonly content?: string | ReadonlyArray<ContentPart> | null;
  /** Tools that an assistant's turn wants called. */
  readonly tool_calls?: ReadonlyArray<ToolCall>;
  /** The call that a `tool` turn answers. */
  readonly tool_call_id?: string;
  /** Reasoning that went before an assistant's turn. */
  readonly reasoning_content?: string;
  readonly [more: string]: unknown;
}

/**
 * A part of a turn; further keys as in OpenAI's interface.
 *
 * Open: it may carry more keys.
 */
export interface ContentPart {
  /** `text` and others. */
  readonly type: string;
  /** The text of a `text` part. */
  readonly text?: string;
  readonly [more: string]: unknown;
}

/**
 * A tool that the model may call.
 *
 * Open: it may carry more keys.
 */
export interface ToolDefinition {
  /** `function`. */
  readonly type: string;
  /** The function. */
  readonly function: FunctionDefinition;
  readonly [more: string]: unknown;
}

/**
 * Name, purpose and parameters of a tool.
 *
 * Open: it may carry more keys.
 */
export interface FunctionDefinition {
  /** Name by which the model calls it. */
  readonly name: string;
  /** When to use it, for the model. */
  readonly description?: string;
  /** JSON Schema of its arguments. */
  readonly parameters?: unknown;
  readonly [more: string]: unknown;
}

/**
 * A tool call that a model asks for.
 *
 * Open: it may carry more keys.
 */
export interface ToolCall {
  /** Id of the call, which the answering turn repeats. */
  readonly id: string;
  /** `function`; absent in stream chunks. */
  readonly type?: string;
  /** Name and arguments. */
  readonly function: FunctionCall;
  readonly [more: string]: unknown;
}

/** Name and arguments of a tool call. */
export interface FunctionCall {
  /** Name of the tool. */
  readonly name: string;
  /** Arguments as JSON text. */
  readonly arguments: string;
}

/**
 * The answer of `complete`.
 *
 * Open: it may carry more keys.
 */
export interface CompletionResponse {
  /** Id of the answer. */
  readonly id: string;
  /** `chat.completion`. */
  readonly object: string;
  /** When, in seconds since 1970. */
  readonly created: number;
  /** The model that answered. */
  readonly model: string;
  /** The answers; usually one. */
  readonly choices: ReadonlyArray<CompletionChoice>;
  /** What it cost; zeros if a tool ended the run. */
  readonly usage: CompletionUsage;
  /** Configuration of the model's server. */
  readonly system_fingerprint?: string;
  /** Names the cached start of the prompt. */
  readonly prefix_hash?: string;
  /** Tools that the host ran; absent if none. */
  readonly tool_calls_executed?: ReadonlyArray<ExecutedToolCall>;
  /** Files that tools shared; absent if none. */
  readonly shared_artifacts?: ReadonlyArray<Artifact>;
  readonly [more: string]: unknown;
}

/**
 * One answer.
 *
 * Open: it may carry more keys.
 */
export interface CompletionChoice {
  /** Its place, from 0. */
  readonly index: number;
  /**
   * The assistant's turn; null `content` is left out. A stream's holds the text since the last tool
   * round.
   */
  readonly message: ChatMessage;
  /** Why it ended: `stop`, `length`, `tool_calls`, `clarify` and others of the model's server. */
  readonly finish_reason: string;
  readonly [more: string]: unknown;
}

/**
 * Tokens read and written.
 *
 * Open: it may carry more keys.
 */
export interface CompletionUsage {
  /** Tokens read. */
  readonly prompt_tokens: number;
  /** Tokens written. */
  readonly completion_tokens: number;
  /** Their sum. */
  readonly total_tokens: number;
  /** Speed of writing. */
  readonly tokens_per_second?: number;
  readonly [more: string]: unknown;
}

/** A tool call that the host ran. */
export interface ExecutedToolCall {
  /** Name of the tool. */
  readonly name: string;
  /** Id of the call. */
  readonly tool_call_id: string;
}

/** A piece of a streamed answer, as `on_chunk` receives it. */
export interface StreamChunk {
  /** `cmpl-` and 12 hexadecimal digits, the same for the whole call. */
  readonly id: string;
  /** Exactly one. */
  readonly choices: ReadonlyArray<StreamChunkChoice>;
}

/** The inner part of a chunk. */
export interface StreamChunkChoice {
  /** 0. */
  readonly index: number;
  /** What is new; empty in the last chunk. */
  readonly delta: StreamDelta;
  /**
   * Why it ends, in the last chunk: `stop`, `length`, `cancelled`, `max_iterations`, `clarify`,
   * `context_overflow`, `empty_response` or another of the model's server; `tool_calls` when a
   * round of tools begins.
   */
  readonly finish_reason?: string;
}

/** What a chunk adds: text, reasoning, tool calls, a tool's result, or figures. */
export interface StreamDelta {
  /** Text to append; with `role` a tool's envelope. */
  readonly content?: string;
  /** Reasoning to append. */
  readonly reasoning_content?: string;
  /**
   * Reasoning to append.
   *
   * @deprecated Named in the header, but hosts send `reasoning_content`.
   */
  readonly reasoning?: string;
  /** Tools that the host is about to run. */
  readonly tool_calls?: ReadonlyArray<ToolCall>;
  /** `tool`, when a tool has been run. */
  readonly role?: string;
  /** The call whose result `content` is. */
  readonly tool_call_id?: string;
  /** Figures so far. */
  readonly usage?: StreamUsage;
}

/**
 * Figures of a stream; other than those of `complete`. All are missing in the answer of a cancelled
 * stream.
 *
 * Open: it may carry more keys.
 */
export interface StreamUsage {
  /** Tokens written. */
  readonly completion_tokens?: number;
  /** Speed of writing. */
  readonly tokens_per_second?: number;
  /** Whether the text ended inside the model's reasoning. */
  readonly unclosed_reasoning?: boolean;
  readonly [more: string]: unknown;
}

/**
 * The whole answer of `complete_stream`; a question to the user ends it with `finish_reason`
 * `clarify`.
 *
 * Open: it may carry more keys.
 */
export interface StreamResponse {
  /** The chunks' id. */
  readonly id: string;
  /** The model that answered. */
  readonly model: string;
  /** Exactly one. */
  readonly choices: ReadonlyArray<CompletionChoice>;
  /** Tools that the host ran; absent if none. */
  readonly tool_calls_executed?: ReadonlyArray<ExecutedToolCall>;
  /** Files that tools shared; absent if none. */
  readonly shared_artifacts?: ReadonlyArray<Artifact>;
  /** Figures, if the model's server gave some. */
  readonly usage?: StreamUsage;
  readonly [more: string]: unknown;
}

/**
 * Texts to turn into vectors.
 *
 * Open: it may carry more keys.
 */
export interface EmbedRequest {
  /** One text or several; an empty list gives an empty result. */
  readonly input: string | ReadonlyArray<string>;
  /** Only repeated in the response: there is one embedding model. */
  readonly model?: string;
  readonly [more: string]: unknown;
}

/** Vectors of strings. */
export interface EmbedResponse {
  /** A vector for each text, in their order. */
  readonly data: ReadonlyArray<Embedding>;
  /** The requested name, or the model's. */
  readonly model: string;
  /** What it cost. */
  readonly usage: EmbedUsage;
}

/** The vector of a string. */
export interface Embedding {
  /** Index of the string, from 0. */
  readonly index: number;
  /** The vector. */
  readonly embedding: ReadonlyArray<number>;
  /** Its length. */
  readonly dimensions: number;
}

/** Tokens read, estimated. */
export interface EmbedUsage {
  /** Tokens read. */
  readonly prompt_tokens: number;
  /** The same. */
  readonly total_tokens: number;
}

/** Models that can be used now. */
export interface ModelList {
  /** The system's model, then local ones, the embedding model, and remote ones. */
  readonly models: ReadonlyArray<ModelInfo>;
}

/**
 * A model.
 *
 * Open: it may carry more keys.
 */
export interface ModelInfo {
  /** The name to put into a request's `model`. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
  /** `apple`, `local`, or who offers a remote model. */
  readonly provider: string;
  /** What it is for; `embedding` for the embedding model. */
  readonly type: string;
  /** Such as `chat`, `tool_calling`, `embedding`. */
  readonly capabilities: ReadonlyArray<string>;
  /** Length of its vectors, for the embedding model. */
  readonly dimensions?: number;
  /**
   * Tokens that it can read.
   *
   * @deprecated Documented, but never sent.
   */
  readonly context_window?: number;
  readonly [more: string]: unknown;
}

/**
 * What a plugin is and what it offers.
 *
 * Open: it may carry more keys.
 */
export interface Manifest {
  /**
   * Id of the plugin, by custom in reversed domain order; must equal the name of its install
   * folder.
   */
  readonly plugin_id: string;
  /** What it offers; may be empty. */
  readonly capabilities: Capabilities;
  /** Its name, for people. */
  readonly name?: string | null;
  /** Its version; the host compares it with nothing. */
  readonly version?: string | null;
  /** What it does, in a sentence. */
  readonly description?: string | null;
  /** Its licence, by custom an SPDX expression. */
  readonly license?: string | null;
  /** Who made it. */
  readonly authors?: ReadonlyArray<string> | null;
  /** Oldest macOS, as `14`, `14.5` or `14.5.1`; what cannot be read is not checked. */
  readonly min_macos?: string | null;
  /** Oldest host application, as `0.20.3` in full; what cannot be read is not checked. */
  readonly min_osaurus?: string | null;
  /** Added to the system prompt when the plugin itself starts inference or tasks. */
  readonly instructions?: string | null;
  /** Keys and passwords that the user is asked for. */
  readonly secrets?: ReadonlyArray<ManifestSecret> | null;
  /** Documents that come with it. */
  readonly docs?: ManifestDocs | null;
  readonly [more: string]: unknown;
}

/**
 * What a plugin offers.
 *
 * Open: it may carry more keys.
 */
export interface Capabilities {
  /** Tools for models. */
  readonly tools?: ReadonlyArray<ManifestTool> | null;
  /** HTTP routes that `handle_route` answers. */
  readonly routes?: ReadonlyArray<ManifestRoute> | null;
  /** Settings that the user can edit. */
  readonly config?: ManifestConfig | null;
  /** Static web pages. */
  readonly web?: ManifestWeb | null;
  /** Whether `invoke` wants to hear of shared artifacts. */
  readonly artifact_handler?: boolean | null;
  readonly [more: string]: unknown;
}

/**
 * A tool for models.
 *
 * Open: it may carry more keys.
 */
export interface ManifestTool {
  /**
   * Its name, as models see it; unique in the plugin and not blank. A tool of the same name
   * elsewhere is replaced.
   */
  readonly id: string;
  /** When to use it and what it gives, for the model. */
  readonly description: string;
  /** JSON Schema of its arguments; without one nothing is checked. */
  readonly parameters?: unknown;
  /**
   * Permissions it needs: system ones (`automation`, `automation_calendar`, `automation_mail`,
   * `calendar`, `reminders`, `location`, `notes`, `maps`, `accessibility`, `contacts`, `disk`,
   * `microphone`, `screen_recording`), which are asked for, and others such as `network`, which are
   * only noted.
   */
  readonly requirements?: ReadonlyArray<string> | null;
  /**
   * Whether the user is asked before it runs; other text counts as `ask`, upper case too is
   * understood. Default: `"ask"`.
   */
  readonly permission_policy?: PermissionPolicy | null;
  readonly [more: string]: unknown;
}

/**
 * An HTTP route below `/plugins/<plugin_id>`.
 *
 * Open: it may carry more keys.
 */
export interface ManifestRoute {
  /** Names the route in requests; unique in the plugin and not blank. */
  readonly id: string;
  /**
   * Path, with `:name` for one part or `/*` at the end for all below. Exact paths win over `:name`,
   * `:name` over `/*`.
   */
  readonly path: string;
  /** HTTP methods it answers; name HEAD if it should. */
  readonly methods: ReadonlyArray<string>;
  /** Who may call it. */
  readonly auth: RouteAuth;
  /** What it does. */
  readonly description?: string | null;
  /** Whether it can be reached from other machines. Default: `false`. */
  readonly tunnel_exposed?: boolean | null;
  readonly [more: string]: unknown;
}

/**
 * Static web pages. No route may lie beneath their mount.
 *
 * Open: it may carry more keys.
 */
export interface ManifestWeb {
  /** Folder with the files, below the version's folder. */
  readonly static_dir: string;
  /** File for the mount itself and for paths without a file. */
  readonly entry: string;
  /** Path below the plugin's, such as `/ui`. */
  readonly mount: string;
  /** Who may see them. */
  readonly auth: RouteAuth;
  /**
   * Path of the plugin's own API, which pages find as `window.__osaurus.apiUrl`. Default: `"/api"`.
   */
  readonly api_mount?: string | null;
  /** Whether they can be reached from other machines. Default: `false`. */
  readonly tunnel_exposed?: boolean | null;
  readonly [more: string]: unknown;
}

/**
 * The form in which the user edits the plugin's settings, per agent.
 *
 * Open: it may carry more keys.
 */
export interface ManifestConfig {
  /** Title of the form. */
  readonly title?: string | null;
  /** Its sections. */
  readonly sections: ReadonlyArray<ConfigSection>;
  readonly [more: string]: unknown;
}

/**
 * A section of the settings form.
 *
 * Open: it may carry more keys.
 */
export interface ConfigSection {
  /** Its title. */
  readonly title: string;
  /** Its fields. */
  readonly fields: ReadonlyArray<ConfigField>;
  readonly [more: string]: unknown;
}

/**
 * A setting.
 *
 * Open: it may carry more keys.
 */
export interface ConfigField {
  /** Its key for `config_get` and `on_config_changed`. */
  readonly key: string;
  /** How it is shown. */
  readonly type: ConfigFieldType;
  /** Its name, for people. */
  readonly label: string;
  /** Shown while it is empty. */
  readonly placeholder?: string | null;
  /**
   * Its value until the user sets one, delivered as text: numbers with a decimal point (`42.0`),
   * lists as JSON.
   */
  readonly default?: boolean | number | string | ReadonlyArray<string> | null;
  /** Choices of `select` and `multiselect`. */
  readonly options?: ReadonlyArray<ConfigOption> | null;
  /** What the form accepts; nothing else checks it. */
  readonly validation?: ConfigValidation | null;
  /** Key whose presence means connected, for `status`. */
  readonly connected_when?: string | null;
  /** What the button to connect does. */
  readonly connect_action?: ConfigConnectAction | null;
  /** What the button to disconnect does. */
  readonly disconnect_action?: ConfigDisconnectAction | null;
  /**
   * Text of `readonly`, with `{{plugin_url}}`, `{{plugin_id}}`, `{{tunnel_url}}` and
   * `{{config.KEY}}` filled in.
   */
  readonly value_template?: string | null;
  /** Whether there is a button to copy it. */
  readonly copyable?: boolean | null;
  readonly [more: string]: unknown;
}

/**
 * A choice.
 *
 * Open: it may carry more keys.
 */
export interface ConfigOption {
  /** What is stored. */
  readonly value: string;
  /** What is shown. */
  readonly label: string;
  readonly [more: string]: unknown;
}

/**
 * What the settings form accepts, checked in this order: required, lengths, pattern, range.
 *
 * Open: it may carry more keys.
 */
export interface ConfigValidation {
  /** Whether it must be filled. */
  readonly required?: boolean | null;
  /** Shortest text, in characters. */
  readonly min_length?: number | null;
  /** Longest text, in characters. */
  readonly max_length?: number | null;
  /** Regular expression that must match somewhere; a broken one is ignored. */
  readonly pattern?: string | null;
  /** What to say when the pattern does not match. */
  readonly pattern_hint?: string | null;
  /** Smallest number. */
  readonly min?: number | null;
  /** Largest number. */
  readonly max?: number | null;
  readonly [more: string]: unknown;
}

/**
 * What the button to connect does.
 *
 * Open: it may carry more keys.
 */
export interface ConfigConnectAction {
  /** Kind of action. */
  readonly type?: string | null;
  /** Route of the plugin that is opened. */
  readonly url_route?: string | null;
  readonly [more: string]: unknown;
}

/**
 * What the button to disconnect does.
 *
 * Open: it may carry more keys.
 */
export interface ConfigDisconnectAction {
  /** Keys that are deleted and delivered as empty strings. */
  readonly clear_keys?: ReadonlyArray<string> | null;
  readonly [more: string]: unknown;
}

/**
 * A key or password that the plugin needs.
 *
 * Open: it may carry more keys.
 */
export interface ManifestSecret {
  /** Its key for `config_get` and in `_secrets`. */
  readonly id: string;
  /** Its name, for people. */
  readonly label: string;
  /** Whether the plugin is useless without it. */
  readonly required: boolean;
  /** What it is and where to get it. */
  readonly description?: string | null;
  /** Page where to get it. */
  readonly url?: string | null;
  readonly [more: string]: unknown;
}

/**
 * Documents that come with a plugin.
 *
 * Open: it may carry more keys.
 */
export interface ManifestDocs {
  /** File that introduces it. */
  readonly readme?: string | null;
  /** File that lists its changes. */
  readonly changelog?: string | null;
  /** Pages about it. */
  readonly links?: ReadonlyArray<DocsLink> | null;
  readonly [more: string]: unknown;
}

/**
 * A page about a plugin.
 *
 * Open: it may carry more keys.
 */
export interface DocsLink {
  /** What is shown. */
  readonly label: string;
  /** Where it leads. */
  readonly url: string;
  readonly [more: string]: unknown;
}

/** An HTTP request to one of the plugin's routes. Every key is always there. */
export interface RouteRequest {
  /** Id of the route from the manifest. */
  readonly route_id: string;
  /** HTTP method; HEAD comes as HEAD. */
  readonly method: string;
  /** Path below the plugin's, undecoded and without the query. */
  readonly path: string;
  /** Values of the route's `:name` parts, percent-decoded. */
  readonly path_params: Readonly<Record<string, string>>;
  /**
   * Query parameters, percent-decoded; `+` stays `+`; of several the last counts. `osr_agent` is
   * among them.
   */
  readonly query: Readonly<Record<string, string>>;
  /** Headers with lower-case names, `authorization` included; of several the last counts. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body as text, empty if there is none; today's hosts repair bytes that are not UTF-8. */
  readonly body: string;
  /** How `body` is written. */
  readonly body_encoding: BodyEncoding;
  /** Meant for the client's address; always empty. */
  readonly remote_addr: string;
  /** Id of the plugin. */
  readonly plugin_id: string;
  /** Where the plugin can be reached. */
  readonly osaurus: RouteSurroundings;
}

/**
 * Where the plugin and its agent can be reached.
 *
 * Open: it may carry more keys.
 */
export interface RouteSurroundings {
  /** URL of the host: the agent's tunnel if it is connected, else the loopback address. */
  readonly base_url: string;
  /** URL below which the plugin's routes lie. */
  readonly plugin_url: string;
  /** Address of the agent; empty if unknown. */
  readonly agent_address: string;
  readonly [more: string]: unknown;
}

/**
 * The answer to an HTTP request. Unknown keys are ignored.
 *
 * Open: it may carry more keys.
 */
export interface RouteResponse {
  /** HTTP status. */
  readonly status: number;
  /** Headers; set `Content-Type`, there is no default. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body. Default: `""`. */
  readonly body?: string;
  /** How `body` is written. Undecodable base64 is answered with status 502. Default: `"utf8"`. */
  readonly body_encoding?: BodyEncoding;
  readonly [more: string]: unknown;
}

/**
 * A task to start. Unknown keys are ignored.
 *
 * Open: it may carry more keys.
 */
export interface DispatchRequest {
  /** What the agent should do; must not be blank. */
  readonly prompt: string;
  /** UUID that the task should have. Text that is none is replaced by a fresh UUID. */
  readonly id?: string;
  /** Name of the task in the host's windows. Default: `"Chat"`. */
  readonly title?: string;
  /**
   * Groups tasks: a stored conversation of the same plugin, agent and key is continued, and the
   * returned id is then that conversation's. Any text that is not blank.
   */
  readonly session_id?: string;
  /** macOS security-scoped bookmark of a working folder, in base64; ignored if undecodable. */
  readonly folder_bookmark?: string;
  /**
   * Names of tools to give to the task beside its agent's: the plugin's own and the host's built-in
   * ones; others are dropped.
   */
  readonly tools?: ReadonlyArray<string>;
  /**
   * `work` or `chat` in version 2 hosts.
   *
   * @deprecated Ignored since version 3.
   */
  readonly mode?: string;
  /**
   * Agent that should do the task.
   *
   * @deprecated Ignored since version 4, with a warning: the calling frame's agent is used.
   */
  readonly agent_id?: string;
  /**
   * Address of the agent that should do the task.
   *
   * @deprecated Ignored since version 4, with a warning: the calling frame's agent is used.
   */
  readonly agent_address?: string;
  readonly [more: string]: unknown;
}

/** A task that was started. */
export interface DispatchResponse {
  /** Id of the task, a UUID. Not the one asked for if a conversation was continued. */
  readonly id: string;
  /** `running`. */
  readonly status: TaskState;
}

/** The state of a task. Which fields are there depends on `status`. */
export interface TaskStatus {
  /** Id of the task, a UUID. */
  readonly id: string;
  /** Name of the task. */
  readonly title: string;
  /** How far it is. A task that waits for the user's answer is still `running`. */
  readonly status: TaskState;
  /** The last draft, if it was a JSON object. */
  readonly draft?: Draft;
  /** Text of the agent's last turn, unless empty. */
  readonly output?: string;
  /** What it is doing, while queued or running and if known. */
  readonly current_step?: string;
  /** The last 20 things it did, while running; absent if there are none. */
  readonly activity?: ReadonlyArray<TaskActivity>;
  /** Whether it ended well; when completed or failed. */
  readonly success?: boolean;
  /** How it ended, or the error's text; when completed or failed. */
  readonly summary?: string;
  /** Id of its conversation; when completed or failed. */
  readonly session_id?: string;
}

/**
 * One thing that a task did.
 *
 * Open: it may carry more keys.
 */
export interface TaskActivity {
  /** What sort of thing. */
  readonly kind: ActivityKind;
  /** A few words, for people. */
  readonly title: string;
  /** When, ISO 8601 in UTC with whole seconds. */
  readonly timestamp: string;
  /** More about it, for example the tool's name. */
  readonly detail?: string;
  readonly [more: string]: unknown;
}

/** The active tasks of the calling plugin. */
export interface TaskList {
  /** The tasks, in no particular order. */
  readonly tasks: ReadonlyArray<TaskStatus>;
}

/**
 * A preliminary result of a task. The plugin may put anything in it.
 *
 * Open: it may carry more keys.
 */
export interface Draft {
  /** The draft's text; the host does not insist on it. */
  readonly text?: string;
  readonly [more: string]: unknown;
}

/** An event of a task; the `event_type` beside it says which of these it is. */
export type TaskEvent =
  | TaskStartedEvent
  | TaskActivityEvent
  | TaskProgressEvent
  | TaskClarificationEvent
  | TaskCompletedEvent
  | TaskFailedEvent
  | TaskCancelledEvent
  | TaskOutputEvent
  | TaskDraftEvent;

/** The task runs. */
export interface TaskStartedEvent {
  /** `running`. */
  readonly status: TaskState;
  /** Name of the task. */
  readonly title: string;
}

/**
 * The agent called a tool.
 *
 * Open: it may carry more keys.
 */
export interface TaskActivityEvent {
  /** `tool` in today's hosts. */
  readonly kind: ActivityKind;
  /** A few words, for people. */
  readonly title: string;
  /** The tool's name. */
  readonly detail?: string;
  /** When, ISO 8601 in UTC with whole seconds. */
  readonly timestamp: string;
  /** More about it; rarely there. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

/** How far the task is. Defined, but no known host sends it. */
export interface TaskProgressEvent {
  /** How much is done; as no host sends it, its range is not known. */
  readonly progress: number;
  /** Name of the task. */
  readonly title: string;
  /** What it is doing. */
  readonly current_step?: string;
}

/** The agent needs an answer from the user; the task goes on when it is given. */
export interface TaskClarificationEvent {
  /** The question. */
  readonly question: string;
  /** Whether several options may be chosen. */
  readonly allow_multiple: boolean;
  /** Answers to choose from; absent when there are none. */
  readonly options?: ReadonlyArray<string>;
}

/** The task ended well. */
export interface TaskCompletedEvent {
  /** True. */
  readonly success: boolean;
  /** How it ended. */
  readonly summary: string;
  /** Name of the task. */
  readonly title: string;
  /** Id of its conversation. */
  readonly session_id?: string;
  /** Text of the agent's last turn. */
  readonly output?: string;
  /** Files it made. Documented, but no known host fills it. */
  readonly artifacts?: ReadonlyArray<Artifact>;
}

/** The task failed. */
export interface TaskFailedEvent {
  /** False. */
  readonly success: boolean;
  /** The error's text. */
  readonly summary: string;
  /** Name of the task. */
  readonly title: string;
  /** Id of its conversation. */
  readonly session_id?: string;
  /** Text of the agent's last turn. */
  readonly output?: string;
  /** Files it made. Documented, but no known host fills it. */
  readonly artifacts?: ReadonlyArray<Artifact>;
}

/** The task was cancelled. */
export interface TaskCancelledEvent {
  /** Name of the task. */
  readonly title: string;
}

/** A piece of the task's text. Defined, but no known host sends it. */
export interface TaskOutputEvent {
  /** The text. */
  readonly text: string;
  /** Name of the task. */
  readonly title: string;
}

/** A draft was sent with `send_draft`. */
export interface TaskDraftEvent {
  /** Name of the task. */
  readonly title: string;
  /** The draft; absent if it was not a JSON object. */
  readonly draft?: Draft;
}

/** What `invoke` receives: arguments when its type is `tool`, an artifact when it is `artifact`. */
export type InvokePayload = ToolPayload | Artifact;

/**
 * The arguments of a tool call, by the tool's schema, and what the host adds to them. The host has
 * validated the arguments leniently before it adds.
 *
 * Open: it may carry more keys.
 */
export interface ToolPayload {
  /**
   * Every stored value of the plugin for the agent: secrets, settings and `tunnel_url`. Absent
   * without a chat agent or values.
   */
  readonly _secrets?: Readonly<Record<string, string>>;
  /** Where the chat works; absent without a working folder. */
  readonly _context?: ToolContext;
  readonly [more: string]: unknown;
}

/**
 * Surroundings of a tool call.
 *
 * Open: it may carry more keys.
 */
export interface ToolContext {
  /** Absolute path of the chat's working folder. */
  readonly working_directory?: string;
  readonly [more: string]: unknown;
}

/** A tool's result: `ok` tells which of the two it is. */
export type ToolEnvelope = ToolSuccess | ToolFailure;

/**
 * A tool did its work. Of a result over 100,000 characters the host keeps the beginning and the
 * end.
 *
 * Open: it may carry more keys.
 */
export interface ToolSuccess {
  /** True. */
  readonly ok: boolean;
  /** The result for the model; by custom `{"text": ...}` for plain text. */
  readonly result: unknown;
  /** Name of the tool. */
  readonly tool?: string;
  /** What the model should know beside the result. */
  readonly warnings?: ReadonlyArray<string>;
  readonly [more: string]: unknown;
}

/**
 * A tool failed. Further keys reach the model too.
 *
 * Open: it may carry more keys.
 */
export interface ToolFailure {
  /** False. */
  readonly ok: boolean;
  /** What sort of failure. */
  readonly kind: ToolErrorKind;
  /** What happened and what to do, for the model. */
  readonly message: string;
  /** Whether the same call may work another time. */
  readonly retryable: boolean;
  /** The argument that is wrong, with `invalid_args`. */
  readonly field?: string;
  /** What the argument should be, with `invalid_args`. */
  readonly expected?: string;
  /** Name of the tool. */
  readonly tool?: string;
  readonly [more: string]: unknown;
}

/** What crosses the boundary as an argument: text, a 32-bit whole number, or NULL. */
export type HostArgument = string | number | null;

/** Takes one piece of a stream, as JSON text; false stops the stream. */
export type OnChunk = (chunkJson: string) => boolean;

/** The host's functions. A subclass says how a call reaches the host. */
export abstract class HostCalls {
  /** Makes one call; null stands for NULL and for no result. */
  abstract call(slot: HostSlot, args: readonly HostArgument[]): Promise<string | null>;

  /** Makes one call that reports pieces while it runs. */
  abstract stream(
    slot: HostSlot,
    args: readonly HostArgument[],
    onChunk: OnChunk | null,
  ): Promise<string | null>;

  /**
   * Reads one of the plugin's configuration values or secrets for the agent of the calling frame;
   * hosts since mid 2026 fall back to the value set for all agents.
   *
   * NULL is the ordinary answer for a key that is not set; an empty string is a value. Without an
   * agent, or with the built-in default agent, the answer is always NULL.
   *
   * - Since version 2 (2a).
   * - Blocks: briefly (reads the system's secret store).
   *
   * @param key Name of the value. Any text; it need not be declared in the manifest.
   * @returns The stored text. `null`: The key is not set, `key` is NULL, the plugin is unknown to
   *   the host, or no chat agent is bound to the thread.
   */
  configGet(key: string): Promise<string | null> {
    return this.call(HostSlot.ConfigGet, [key]);
  }

  /**
   * Stores a configuration value or secret for the agent of the calling frame.
   *
   * Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat agent
   * the call does nothing. The plugin's own `on_config_changed` is not called.
   *
   * - Since version 2 (2a).
   * - Blocks: briefly (writes the system's secret store).
   *
   * @param key Name of the value.
   * @param value Text to store, at most 1,048,576 bytes. An empty string is a value; use
   *   `config_delete` to remove one.
   */
  async configSet(key: string, value: string): Promise<void> {
    await this.call(HostSlot.ConfigSet, [key, value]);
  }

  /**
   * Removes a configuration value of the agent of the calling frame; a key that is not set is not
   * an error.
   *
   * A value set for all agents stays, so `config_get` may still find one. Without a chat agent the
   * call does nothing.
   *
   * - Since version 2 (2a).
   * - Blocks: briefly (writes the system's secret store).
   *
   * @param key Name of the value.
   */
  async configDelete(key: string): Promise<void> {
    await this.call(HostSlot.ConfigDelete, [key]);
  }

  /**
   * Runs one SQL statement in the plugin's own SQLite database, which all agents share.
   *
   * Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the file
   * is limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.
   *
   * - Since version 2 (2a).
   * - Blocks: yes (until the plugin's database queue has run the statement; a busy database is
   *   retried for 5 s).
   *
   * @param sql One statement, with `?`, `?NNN` or named placeholders.
   * @param paramsJson JSON array with the values in placeholder order. Anything but an array is
   *   ignored and binds NULL. `null`: No parameters are bound; an empty string does the same.
   * @returns JSON text of `DbExecResult`. JSON with the number of changed rows, or an object whose
   *   `error` is SQLite's message. `null`: `sql` is NULL, or memory ran out.
   */
  dbExec(sql: string, paramsJson: string | null = null): Promise<string | null> {
    return this.call(HostSlot.DbExec, [sql, paramsJson]);
  }

  /**
   * Runs one SQL statement in the plugin's own SQLite database and returns its rows.
   *
   * All rows are returned at once; there is no limit on their number. An error while stepping ends
   * the result early and is not reported. Writes are allowed.
   *
   * - Since version 2 (2a).
   * - Blocks: yes (until the plugin's database queue has read all rows; a busy database is retried
   *   for 5 s).
   *
   * @param sql One statement, with `?`, `?NNN` or named placeholders.
   * @param paramsJson JSON array with the values in placeholder order. Anything but an array is
   *   ignored and binds NULL. `null`: No parameters are bound; an empty string does the same.
   * @returns JSON text of `DbQueryResult`. JSON with column names and rows, each row an array, or
   *   an object whose `error` is SQLite's message. `null`: `sql` is NULL, or memory ran out.
   */
  dbQuery(sql: string, paramsJson: string | null = null): Promise<string | null> {
    return this.call(HostSlot.DbQuery, [sql, paramsJson]);
  }

  /**
   * Writes a line to the host's log and activity list.
   *
   * May be called on any thread, but on a thread of the plugin's own the host can only guess which
   * plugin is speaking.
   *
   * - Since version 2 (2a).
   * - Blocks: no, returns at once.
   *
   * @param level One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
   * @param message Text of any length.
   */
  async log(level: number, message: string): Promise<void> {
    await this.call(HostSlot.Log, [level, message]);
  }

  /**
   * Starts a background task in which the agent of the calling frame works on a prompt.
   *
   * Returns the task's id as soon as it is registered; progress and the end come through
   * `on_task_event`, the state through `task_status`. The built-in default agent cannot be used. At
   * most 10 calls in 60 s per plugin and agent.
   *
   * - Since version 2 (2b).
   * - Blocks: yes (until the task is registered, not until it is done).
   * - Errors: `invalid_request`, `built_in_agent_not_exposable`, `rate_limit_exceeded`,
   *   `task_limit_reached`, `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
   *
   * @param requestJson JSON text of `DispatchRequest`. What to do, as JSON.
   * @returns JSON text of `DispatchResponse`. The new task, or an error envelope. `null`:
   *   `request_json` is NULL, or memory ran out.
   */
  dispatch(requestJson: string): Promise<string | null> {
    return this.call(HostSlot.Dispatch, [requestJson]);
  }

  /**
   * Reads the state of a task that this plugin dispatched.
   *
   * A cancelled task stays readable for about 15 s, a finished one until the user has seen it; then
   * it is `not_found`.
   *
   * - Since version 2 (2b).
   * - Blocks: briefly (asks the host's main loop, 30 s at most).
   * - Errors: `invalid_task_id`, `not_found`, `context_unavailable`, `host_timeout`,
   *   `not_supported_out_of_process`.
   *
   * @param taskId Id from `dispatch`, a UUID.
   * @returns JSON text of `TaskStatus`. The task's state, or an error envelope. `null`: `task_id`
   *   is NULL, or memory ran out.
   */
  taskStatus(taskId: string): Promise<string | null> {
    return this.call(HostSlot.TaskStatus, [taskId]);
  }

  /**
   * Stops a task that this plugin dispatched; a CANCELLED event follows.
   *
   * An id that is not a UUID or belongs to another plugin does nothing but leave one warning in the
   * host's log.
   *
   * - Since version 2 (2b).
   * - Blocks: briefly (asks the host's main loop, 30 s at most).
   *
   * @param taskId Id from `dispatch`, a UUID.
   */
  async dispatchCancel(taskId: string): Promise<void> {
    await this.call(HostSlot.DispatchCancel, [taskId]);
  }

  /**
   * Answered a task's clarification question in version 2 hosts. The slot remains so that later
   * ones keep their place.
   *
   * Reserved: Without effect since version 3. The user answers a task's question in the chat
   * window.
   *
   * - Since version 2 (2b).
   * - Blocks: no, returns at once.
   *
   * @param taskId Id from `dispatch`, a UUID.
   * @param response The answer, as text.
   */
  async dispatchClarify(taskId: string, response: string): Promise<void> {
    await this.call(HostSlot.DispatchClarify, [taskId, response]);
  }

  /**
   * Asks a model for a chat completion and waits for the whole answer.
   *
   * The bound agent adds its system prompt, memory and defaults. With `tools` the host runs the
   * model's tool calls and asks again, up to `max_iterations` times. At most two completions and
   * embeddings together run at once per plugin.
   *
   * - Since version 2 (2b).
   * - Blocks: yes (until the model has answered, 1800 s at most).
   * - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
   *   `context_overflow`, `clarify_requested`, `empty_tool_task_completion`, `output_token_limit`,
   *   `serialization_error`, `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
   *
   * @param requestJson JSON text of `CompletionRequest`. Chat-completion request in the OpenAI
   *   form, with the host's additions.
   * @returns JSON text of `CompletionResponse`. The completion, or an error envelope. `null`:
   *   `request_json` is NULL, or memory ran out.
   */
  complete(requestJson: string): Promise<string | null> {
    return this.call(HostSlot.Complete, [requestJson]);
  }

  /**
   * Asks a model for a chat completion, hands out each piece as it comes, and returns the whole
   * answer at the end.
   *
   * `on_chunk` is called on a thread of the host's, one chunk at a time, while this call waits. No
   * plugin and no agent is bound to that thread, so make no host calls there, except
   * `complete_cancel`. It must not throw, unwind or exit.
   *
   * - Since version 2 (2b).
   * - Blocks: yes (until the model has answered, 1800 s at most).
   * - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
   *   `context_overflow`, `cancelled`, `empty_tool_task_completion`, `output_token_limit`,
   *   `serialization_error`, `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
   *
   * @param requestJson JSON text of `CompletionRequest`. As for `complete`, with a `stream_id` that
   *   `complete_cancel` can name.
   * @param onChunk JSON text of `StreamChunk`. Receives each chunk as JSON. The text is valid
   *   during the callback only. `null`: Chunks are dropped, with one warning in the host's log; the
   *   returned answer is complete.
   * @returns JSON text of `StreamResponse`. The whole answer, or an error envelope. `null`:
   *   `request_json` is NULL, or memory ran out.
   */
  completeStream(requestJson: string, onChunk: OnChunk | null = null): Promise<string | null> {
    return this.stream(HostSlot.CompleteStream, [requestJson], onChunk);
  }

  /**
   * Computes embedding vectors for one or several strings.
   *
   * Counts towards the limit of two concurrent inference calls per plugin.
   *
   * - Since version 2 (2b).
   * - Blocks: yes (until the vectors are computed, 1800 s at most).
   * - Errors: `invalid_request`, `plugin_busy`, `embedding_error`, `context_unavailable`,
   *   `host_timeout`, `not_supported_out_of_process`.
   *
   * @param requestJson JSON text of `EmbedRequest`. The strings, as JSON.
   * @returns JSON text of `EmbedResponse`. The vectors, or an error envelope. `null`:
   *   `request_json` is NULL, or memory ran out.
   */
  embed(requestJson: string): Promise<string | null> {
    return this.call(HostSlot.Embed, [requestJson]);
  }

  /**
   * Lists the models that the host can use now: local ones, one for embeddings, and those of remote
   * providers.
   *
   * - Since version 2 (2b).
   * - Blocks: yes (until remote providers have answered, 1800 s at most).
   * - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
   *
   * @returns JSON text of `ModelList`. The models, or an error envelope. `null`: Memory ran out.
   */
  listModels(): Promise<string | null> {
    return this.call(HostSlot.ListModels, []);
  }

  /**
   * Sends an HTTP request and waits for the response.
   *
   * Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local addresses
   * are refused. At most 60 requests in 60 s per plugin and agent; calls without a chat agent share
   * one allowance.
   *
   * - Since version 2 (2b).
   * - Blocks: yes (until the response is there or `timeout_ms` has passed, 1800 s at most).
   * - Errors: `invalid_request`, `ssrf_blocked`, `rate_limit_exceeded`, `request_too_large`,
   *   `response_too_large`, `too_many_redirects`, `connection_timeout`, `connection_refused`,
   *   `dns_failure`, `tls_error`, `network_error`, `invalid_response`, `context_unavailable`,
   *   `host_timeout`.
   *
   * @param requestJson JSON text of `HttpRequest`. The request, as JSON.
   * @returns JSON text of `HttpResponse`. The response, or an error envelope. `null`:
   *   `request_json` is NULL, or memory ran out.
   */
  httpRequest(requestJson: string): Promise<string | null> {
    return this.call(HostSlot.HttpRequest, [requestJson]);
  }

  /**
   * Reads a file from the host's artifacts folder, for example one that a share-artifact call has
   * just announced.
   *
   * Paths outside that folder are refused; files over 50,000,000 bytes too.
   *
   * - Since version 2 (2d).
   * - Blocks: yes (until the file is read).
   * - Errors: `invalid_request`, `access_denied`, `not_found`, `file_too_large`, `read_error`,
   *   `context_unavailable`, `not_supported_out_of_process`.
   *
   * @param requestJson JSON text of `FileReadRequest`. The path, as JSON.
   * @returns JSON text of `FileReadResponse`. The file's content, or an error envelope. `null`:
   *   `request_json` is NULL, or memory ran out.
   */
  fileRead(requestJson: string): Promise<string | null> {
    return this.call(HostSlot.FileRead, [requestJson]);
  }

  /**
   * Lists this plugin's tasks that are not finished, of all agents, in no particular order.
   *
   * - Since version 2 (2e).
   * - Blocks: briefly (asks the host's main loop, 30 s at most).
   * - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
   *
   * @returns JSON text of `TaskList`. The tasks, or an error envelope. `null`: Memory ran out.
   */
  listActiveTasks(): Promise<string | null> {
    return this.call(HostSlot.ListActiveTasks, []);
  }

  /**
   * Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes
   * back.
   *
   * An unknown, foreign or finished task does nothing but leave one warning in the host's log.
   *
   * - Since version 2 (2e).
   * - Blocks: briefly (asks the host's main loop, 30 s at most).
   *
   * @param taskId Id from `dispatch`, a UUID.
   * @param draftJson JSON text of `Draft`. The draft. Stored as given; text that is not a JSON
   *   object is left out of events and status.
   */
  async sendDraft(taskId: string, draftJson: string): Promise<void> {
    await this.call(HostSlot.SendDraft, [taskId, draftJson]);
  }

  /**
   * Stops the model in an active task of this plugin; the task then completes with what it has.
   *
   * A message is added to the conversation first, but does not start another turn.
   *
   * - Since version 2 (2e).
   * - Blocks: briefly (asks the host's main loop, 30 s at most).
   *
   * @param taskId Id from `dispatch`, a UUID.
   * @param message Text added as a user's turn; blank text adds nothing. `null`: Nothing is added.
   */
  async dispatchInterrupt(taskId: string, message: string | null = null): Promise<void> {
    await this.call(HostSlot.DispatchInterrupt, [taskId, message]);
  }

  /**
   * Added an issue to a running task in version 2 hosts. The slot remains so that later ones keep
   * their place.
   *
   * Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.
   *
   * - Since version 2 (2e).
   * - Blocks: no, returns at once.
   * - Errors: `not_supported`, `context_unavailable`, `not_supported_out_of_process`.
   *
   * @param taskId Id from `dispatch`; no longer looked at.
   * @param issueJson The issue, as JSON; no longer looked at. `null`: Ignored.
   * @returns An error envelope with `not_supported`. `null`: `task_id` is NULL, or memory ran out.
   */
  dispatchAddIssue(taskId: string, issueJson: string | null = null): Promise<string | null> {
    return this.call(HostSlot.DispatchAddIssue, [taskId, issueJson]);
  }

  /**
   * Ends a running `complete_stream` of this plugin early; that call then returns the error
   * `cancelled`.
   *
   * Takes effect at the next piece of text. A cancellation that comes before the stream has started
   * is lost. Streams that share an id end together; those of other plugins are safe.
   *
   * - Since version 3.
   * - Blocks: no, returns at once.
   *
   * @param streamId The `stream_id` of the request.
   */
  async completeCancel(streamId: string): Promise<void> {
    await this.call(HostSlot.CompleteCancel, [streamId]);
  }

  /**
   * Tells for which agent the host is calling.
   *
   * Also names the built-in default agent, for which `config_get` and `dispatch` behave as if there
   * were none.
   *
   * - Since version 4.
   * - Blocks: no, returns at once.
   *
   * @returns The agent's id, a UUID in upper case. `null`: No agent is bound to this thread: in the
   *   entry function, `init`, `get_manifest`, `destroy`, artifact calls, and on threads of the
   *   plugin's own.
   */
  getActiveAgentId(): Promise<string | null> {
    return this.call(HostSlot.GetActiveAgentId, []);
  }

  /**
   * Writes a line to the host's log with a payload that the activity list shows beside it.
   *
   * Hand-written copies of the table often forget this slot, which moves `free_string` to a wrong
   * place.
   *
   * - Since version 5.
   * - Blocks: no, returns at once.
   *
   * @param level One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
   * @param message Text of any length.
   * @param payloadJson Details, by custom a JSON object; the host does not parse it. `null`: The
   *   same as `log`.
   */
  async logStructured(
    level: number,
    message: string,
    payloadJson: string | null = null,
  ): Promise<void> {
    await this.call(HostSlot.LogStructured, [level, message, payloadJson]);
  }
}
