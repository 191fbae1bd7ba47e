# Generated from abi-spec by `osaurus-bridge gen python`. Edit the spec, not this file.
"""Types of the Osaurus plugin ABI (versions 1 to 6) and its raw host calls.

Every JSON object that crosses the boundary is a `TypedDict` here. Keys that may be absent are
in the class itself, keys that are always there in its base class `_…Required`. Objects called
open may carry more keys than are listed.

`HostCalls` and `AsyncHostCalls` have one method per host function: text in, text out, nothing
parsed. The friendly interface (`Context`, `AsyncContext`) is built on them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, Literal, TypeAlias, TypedDict

ABI_VERSION_LATEST: Final = 6

ABI_PROBE_KEY: Final = "__osaurus_abi_probe__"
"""Key of the first `on_config_changed` after loading, with a random value: a probe, to be
ignored.
"""

TUNNEL_URL_KEY: Final = "tunnel_url"
"""Key under which plugins with routes get the address of the agent's tunnel; empty when it is
down.
"""

DEFAULT_AGENT_ID: Final = "00000000-0000-0000-0000-000000000001"
"""The built-in default agent."""

INVOKE_TOOL: Final = "tool"
"""`type` of `invoke` for a tool call."""

INVOKE_ARTIFACT: Final = "artifact"
"""`type` of `invoke` for a shared artifact."""

INVOKE_ARTIFACT_ID: Final = "share"
"""`id` of `invoke` for a shared artifact."""

AGENT_HEADER: Final = "X-Osaurus-Agent-Id"
"""Header of a route request that names the agent; it wins over the query."""

AGENT_QUERY: Final = "osr_agent"
"""Query parameter of a route request that names the agent."""

RELAY_HEADER: Final = "X-Osaurus-Relay-Origin"
"""Header by which the host knows that a route request came through a tunnel."""


class AbiVersion(IntEnum):
    """ABI versions, as they are in the `version` fields of the tables."""

    VERSION_1 = 1
    """Tools only, no host table."""

    VERSION_2 = 2
    """The host table, routes and events."""

    VERSION_3 = 3
    """Streams can be cancelled."""

    VERSION_4 = 4
    """The bound agent can be asked for."""

    VERSION_5 = 5
    """Structured log lines."""

    VERSION_6 = 6
    """The host frees its own strings."""


class LogLevel(IntEnum):
    """Levels of `log` and `log_structured`."""

    TRACE = 0
    """Steps that matter only while looking for one bug."""

    DEBUG = 1
    """Details for the plugin's author."""

    INFO = 2
    """What a user may want to know."""

    WARN = 3
    """Something is wrong but the work goes on."""

    ERROR = 4
    """Something failed."""


class TaskEventType(IntEnum):
    """Kinds of events that `on_task_event` receives."""

    STARTED = 0
    """The task is registered and runs. Its payload is `TaskStartedEvent`."""

    ACTIVITY = 1
    """The agent called a tool; may be repeated. Its payload is `TaskActivityEvent`."""

    PROGRESS = 2
    """The task has come so far. Defined, but no known host sends it. Its payload is
    `TaskProgressEvent`.
    """

    CLARIFICATION = 3
    """The agent asks the user a question and waits. Its payload is `TaskClarificationEvent`."""

    COMPLETED = 4
    """The task ended well. The last event of a task. Its payload is `TaskCompletedEvent`."""

    FAILED = 5
    """The task failed. The last event of a task. Its payload is `TaskFailedEvent`."""

    CANCELLED = 6
    """The task was cancelled, or shut down while active. The last event of a task. Its payload is
    `TaskCancelledEvent`.
    """

    OUTPUT = 7
    """A piece of the task's text. Came a day after revision 2c; no known host sends it. Its
    payload is `TaskOutputEvent`.
    """

    DRAFT = 8
    """Answers `send_draft` with the draft. Its payload is `TaskDraftEvent`."""


class HostSlot(IntEnum):
    """The functions of the host by their row in its table."""

    CONFIG_GET = 1
    CONFIG_SET = 2
    CONFIG_DELETE = 3
    DB_EXEC = 4
    DB_QUERY = 5
    LOG = 6
    DISPATCH = 7
    TASK_STATUS = 8
    DISPATCH_CANCEL = 9
    DISPATCH_CLARIFY = 10
    COMPLETE = 11
    COMPLETE_STREAM = 12
    EMBED = 13
    LIST_MODELS = 14
    HTTP_REQUEST = 15
    FILE_READ = 16
    LIST_ACTIVE_TASKS = 17
    SEND_DRAFT = 18
    DISPATCH_INTERRUPT = 19
    DISPATCH_ADD_ISSUE = 20
    COMPLETE_CANCEL = 21
    GET_ACTIVE_AGENT_ID = 22
    LOG_STRUCTURED = 23
    FREE_STRING = 24


HostArgument: TypeAlias = str | int | None
"""What crosses the boundary as an argument: text, a 32-bit whole number, or NULL."""

SLOT_SINCE: Final[dict[HostSlot, int]] = {
    HostSlot.CONFIG_GET: 2,
    HostSlot.CONFIG_SET: 2,
    HostSlot.CONFIG_DELETE: 2,
    HostSlot.DB_EXEC: 2,
    HostSlot.DB_QUERY: 2,
    HostSlot.LOG: 2,
    HostSlot.DISPATCH: 2,
    HostSlot.TASK_STATUS: 2,
    HostSlot.DISPATCH_CANCEL: 2,
    HostSlot.DISPATCH_CLARIFY: 2,
    HostSlot.COMPLETE: 2,
    HostSlot.COMPLETE_STREAM: 2,
    HostSlot.EMBED: 2,
    HostSlot.LIST_MODELS: 2,
    HostSlot.HTTP_REQUEST: 2,
    HostSlot.FILE_READ: 2,
    HostSlot.LIST_ACTIVE_TASKS: 2,
    HostSlot.SEND_DRAFT: 2,
    HostSlot.DISPATCH_INTERRUPT: 2,
    HostSlot.DISPATCH_ADD_ISSUE: 2,
    HostSlot.COMPLETE_CANCEL: 3,
    HostSlot.GET_ACTIVE_AGENT_ID: 4,
    HostSlot.LOG_STRUCTURED: 5,
    HostSlot.FREE_STRING: 6,
}
"""First ABI version that has each function."""

LIMIT_CONFIG_VALUE_BYTES: Final = 1048576
"""In bytes. Longest value, in UTF-8. A longer one is dropped with a warning in the log; exactly
this many are stored.
"""

LIMIT_DATABASE_BYTES: Final = 104857600
"""In bytes. Largest database file. Writes beyond fail with SQLite's "database or disk is full".
"""

LIMIT_DATABASE_BUSY_MS: Final = 5000
"""In ms. How long a locked database is waited for before the statement fails."""

LIMIT_DATABASE_TEARDOWN_S: Final = 15
"""In s. How long unloading waits for running statements before it leaves the connection open."""

LIMIT_DISPATCH_CALLS: Final = 10
"""In calls. Calls per plugin and agent in `dispatch_window_s`; more return `rate_limit_exceeded`.
Refused calls do not count.
"""

LIMIT_DISPATCH_WINDOW_S: Final = 60
"""In s. Sliding window of `dispatch_calls`."""

LIMIT_ACTIVE_TASKS_PER_AGENT: Final = 5
"""In tasks. Running tasks of an agent; more are queued. Hosts before July 2026 return
`task_limit_reached`.
"""

LIMIT_ACTIVE_TASKS: Final = 20
"""In tasks. Running tasks of the whole host unless its setting says otherwise; more are queued.
Hosts before July 2026 return `task_limit_reached`.
"""

LIMIT_CANCELLED_TASK_KEPT_S: Final = 15
"""In s. How long a cancelled task can still be asked for."""

LIMIT_STATUS_ACTIVITY_ITEMS: Final = 20
"""In items. Activities that a status shows; older ones are left out."""

LIMIT_KEPT_ACTIVITY_ITEMS: Final = 40
"""In items. Activities that the host keeps of a task."""

LIMIT_MAIN_LOOP_CALL_S: Final = 30
"""In s. How long a call waits for the host's main loop; then `host_timeout`, or nothing where
nothing is returned.
"""

LIMIT_INFERENCE_IN_FLIGHT: Final = 2
"""In calls. Calls of these three together that may run at once per plugin; more return
`plugin_busy` at once.
"""

LIMIT_HOST_CALL_S: Final = 1800
"""In s. Longest duration of a call; then it is cancelled and returns `host_timeout`."""

LIMIT_DEFAULT_ITERATIONS: Final = 30
"""In rounds. Rounds of tool calls if the request does not say."""

LIMIT_MAX_ITERATIONS: Final = 120
"""In rounds. Most rounds of tool calls; a higher number is lowered to it, and one below 1 raised
to 1.
"""

LIMIT_V2_DEFAULT_ITERATIONS: Final = 1
"""In rounds. Rounds of tool calls in version 2 hosts if the request does not say."""

LIMIT_V2_MAX_ITERATIONS: Final = 30
"""In rounds. Most rounds of tool calls in version 2 hosts."""

LIMIT_HTTP_CALLS: Final = 60
"""In calls. Requests per plugin and agent in `http_window_s`; more return `rate_limit_exceeded`.
Calls without a chat agent share one allowance. Redirects and refused addresses do not count.
"""

LIMIT_HTTP_WINDOW_S: Final = 60
"""In s. Sliding window of `http_calls`."""

LIMIT_HTTP_RETRY_AFTER_MS: Final = 60000
"""In ms. What `retry_after_ms` of `rate_limit_exceeded` always says."""

LIMIT_HTTP_REQUEST_BYTES: Final = 50000000
"""In bytes. Longest body sent; a longer one returns `request_too_large`."""

LIMIT_HTTP_RESPONSE_BYTES: Final = 50000000
"""In bytes. Longest body received; a longer one returns `response_too_large` after it was
downloaded.
"""

LIMIT_HTTP_DEFAULT_TIMEOUT_MS: Final = 30000
"""In ms. `timeout_ms` if the request does not say; then `connection_timeout`."""

LIMIT_HTTP_MAX_TIMEOUT_MS: Final = 300000
"""In ms. Highest `timeout_ms`; a higher one is lowered to it. There is no lowest."""

LIMIT_HTTP_REDIRECTS: Final = 20
"""In redirects. Redirects followed; more return `too_many_redirects`."""

LIMIT_HTTP_CONNECTIONS_PER_HOST: Final = 10
"""In connections. Connections to one host at once; further requests wait."""

LIMIT_FILE_BYTES: Final = 50000000
"""In bytes. Largest file; a larger one returns `file_too_large`."""

LIMIT_TOOL_CALL_S: Final = 120
"""In s. How long the host waits for a tool; then the model gets a `timeout` envelope while the
call keeps running.
"""

LIMIT_TOOL_RESULT_CHARACTERS: Final = 100000
"""In characters. Longest result; of a longer one the first two thirds and the last third of this
length are kept.
"""

LIMIT_ENVELOPE_DETECTION_CHARACTERS: Final = 2048
"""In characters. Where in a result the host looks for `ok`; an envelope must show it within them.
"""

LIMIT_ROUTE_CALL_S: Final = 30
"""In s. How long a client waits for a route; then it gets status 500 while the call keeps
running.
"""

LIMIT_ROUTE_CALLS: Final = 100
"""In calls. Size of the bucket for routes with `auth` `none` or `verify`, per plugin; it refills
in 60 s. Beyond it: status 429.
"""

LIMIT_ROUTE_REFILL_S: Final = 60
"""In s. How long an empty bucket of `route_calls` takes to be full again."""

LIMIT_ROUTE_BODY_BYTES: Final = 33554432
"""In bytes. Longest request body, unless the host is set otherwise; a longer one is answered with
status 413.
"""

LIMIT_ROUTE_HEADERS: Final = 200
"""In headers. Most request headers; more are answered with status 431."""

LIMIT_ROUTE_HEADER_BYTES: Final = 1048576
"""In bytes. Longest request headers together; more are answered with status 431."""

LIMIT_SHUTDOWN_DRAIN_S: Final = 60
"""In s. How long unloading waits for running calls; then the application goes on and `destroy`
may come late.
"""

LIMIT_SHUTDOWN_LATE_CALLS_S: Final = 60
"""In s. How long unloading waits for calls outside the plugin's queues; then `destroy` is never
called.
"""

LIMIT_HELPER_LOAD_S: Final = 30
"""In s. How long a helper process may take to load a plugin."""

LIMIT_HELPER_INVOKE_S: Final = 150
"""In s. How long a tool may take in a helper process; then the process is ended and started anew
at the next call.
"""

LIMIT_HELPER_KILL_S: Final = 2
"""In s. How long a helper process has between the request to end and being killed."""

LIMIT_HELPER_CONFIG_S: Final = 15
"""In s. How long a configuration change may take in a helper process; 45 s in hosts newer than
mid 2026.
"""

LIMIT_HELPER_SHUTDOWN_S: Final = 5
"""In s. How long a helper process may take to end."""

LIMIT_HELPER_HOST_CALL_S: Final = 30
"""In s. How long a host call may take in a helper process; then it returns NULL."""

ErrorCode: TypeAlias = Literal[
    "invalid_request",
    "invalid_task_id",
    "not_found",
    "built_in_agent_not_exposable",
    "rate_limit_exceeded",
    "task_limit_reached",
    "plugin_busy",
    "inference_error",
    "max_iterations_reached",
    "context_overflow",
    "clarify_requested",
    "empty_tool_task_completion",
    "output_token_limit",
    "serialization_error",
    "cancelled",
    "embedding_error",
    "ssrf_blocked",
    "request_too_large",
    "response_too_large",
    "too_many_redirects",
    "connection_timeout",
    "connection_refused",
    "dns_failure",
    "tls_error",
    "network_error",
    "invalid_response",
    "access_denied",
    "file_too_large",
    "read_error",
    "not_supported",
    "context_unavailable",
    "host_timeout",
    "not_supported_out_of_process",
    "unauthorized",
    "forbidden",
]
"""Codes of the `error` of a host's answer."""

ERROR_HINTS: Final[dict[str, str]] = {
    "invalid_request": (
        "Read `message` for the field. For completions, `model` and `messages` must be there."
    ),
    "invalid_task_id": "Pass the `id` that `dispatch` returned.",
    "not_found": "Keep what you need from the last task event; check the path of a file.",
    "built_in_agent_not_exposable": (
        "Call from `invoke`, a route or an event of an agent that the user made; not from `init` "
        "and not from a thread of your own."
    ),
    "rate_limit_exceeded": "Wait, then try again; collect several pieces of work in one call.",
    "task_limit_reached": "Wait for a task to end, or cancel one with `dispatch_cancel`.",
    "plugin_busy": "Wait for one to end; start no more than two at once.",
    "inference_error": "Read `message`; check the model's name with `list_models`.",
    "max_iterations_reached": (
        "Raise `max_iterations` (120 at most), give fewer tools, or go on with the partial result."
    ),
    "context_overflow": (
        "Send fewer or shorter messages. A stream's last chunk has the `finish_reason` "
        "`context_overflow`."
    ),
    "clarify_requested": (
        "Answer `question` in another call. A stream ends with `finish_reason` `clarify` instead."
    ),
    "empty_tool_task_completion": (
        "Ask again with a clearer prompt, or use the tools' results. Only in hosts newer than mid "
        "2026."
    ),
    "output_token_limit": "Raise `max_tokens` or ask for less. Only in hosts newer than mid 2026.",
    "serialization_error": "Report it to Osaurus; try again without unusual text in the request.",
    "cancelled": "Nothing is wrong: use `partial_content` if it helps.",
    "embedding_error": "Read `message`; the model may still be loading or not be installed.",
    "ssrf_blocked": "Use a public host name. Osaurus offers plugins no way into the local network.",
    "request_too_large": "Send it in parts.",
    "response_too_large": "Ask for a range or a page of it.",
    "too_many_redirects": (
        "Check the URL, or set `follow_redirects` to false and look at `location`."
    ),
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
    "host_timeout": (
        "Ask for less at once; for task calls, try again when the application responds."
    ),
    "not_supported_out_of_process": (
        "Do it in a tool that does not require accessibility or automation: those stay in the "
        "application."
    ),
    "unauthorized": "Treat it like any code you do not know.",
    "forbidden": "Treat it like any code you do not know.",
}
"""What an author can do about each code."""

BodyEncoding: TypeAlias = Literal[
    "utf8",
    "base64",
]
"""How a body is written as a JSON string.

- `utf8`: As text.
- `base64`: In base64, for bytes that are not text.
"""

PermissionPolicy: TypeAlias = Literal[
    "ask",
    "auto",
    "deny",
]
"""Whether the user is asked before a tool runs.

- `ask`: The user is asked.
- `auto`: It runs; permissions that are not the system's are granted.
- `deny`: It never runs.
"""

RouteAuth: TypeAlias = Literal[
    "none",
    "verify",
    "owner",
]
"""Who may call a route or see a page.

- `none`: Everyone, at a limited rate.
- `verify`: Everyone, at a limited rate; the plugin verifies the caller, for example a webhook's
  signature.
- `owner`: Holders of one of the host's access keys, on the same machine too.
"""

ConfigFieldType: TypeAlias = Literal[
    "text",
    "secret",
    "toggle",
    "select",
    "multiselect",
    "number",
    "readonly",
    "status",
]
"""How a setting is shown.

- `text`: A line of text.
- `secret`: A line of hidden text.
- `toggle`: On or off.
- `select`: One of several choices.
- `multiselect`: Several of several choices.
- `number`: A number.
- `readonly`: Text that the user cannot edit.
- `status`: Whether something is connected, with buttons to connect and disconnect.
"""

TaskState: TypeAlias = Literal[
    "queued",
    "running",
    "completed",
    "failed",
    "cancelled",
]
"""How far a task is.

- `queued`: Waits for its turn. Only in hosts newer than mid 2026.
- `running`: Works, or waits for the user's answer.
- `completed`: Ended well.
- `failed`: Ended with an error.
- `cancelled`: Was stopped.
"""

ActivityKind: TypeAlias = Literal[
    "tool",
    "tool_call",
    "tool_result",
    "thinking",
    "writing",
    "info",
    "progress",
    "warning",
    "success",
    "error",
]
"""What sort of thing a task did.

- `tool`: Used a tool.
- `tool_call`: Called a tool.
- `tool_result`: Got a tool's result.
- `thinking`: Reasoned.
- `writing`: Wrote text.
- `info`: A remark.
- `progress`: Came a step further.
- `warning`: Something looks wrong.
- `success`: Something worked.
- `error`: Something failed.
"""

ToolErrorKind: TypeAlias = Literal[
    "invalid_args",
    "rejected",
    "user_denied",
    "timeout",
    "execution_error",
    "not_found",
    "unavailable",
    "tool_not_found",
]
"""What sort of failure a tool had, and whether trying again usually helps.

- `invalid_args`: An argument is missing or wrong. Retryable.
- `rejected`: A policy forbids it. Not retryable.
- `user_denied`: The user said no. Not retryable.
- `timeout`: It took too long. Retryable.
- `execution_error`: It ran and failed. Retryable.
- `not_found`: Something it refers to does not exist. Not retryable.
- `unavailable`: It cannot run now. Retryable, unless a system permission is missing.
- `tool_not_found`: There is no such tool. Not retryable.
"""


class DbExecResult(TypedDict):
    """What `db_exec` did."""

    changes: int
    """Rows changed by the last INSERT, UPDATE or DELETE on this connection; stale after any other
    statement.
    """

    last_insert_rowid: int
    """Row id of the last INSERT on this connection."""


class DbQueryResult(TypedDict):
    """The rows that `db_query` found."""

    columns: list[str]
    """Column names in order; a name may occur twice."""

    rows: list[list[Any]]
    """Rows as lists of values in column order. NULL is null, INTEGER and REAL are numbers, TEXT
    is a string, a BLOB is a base64 string without any mark (an empty one null).
    """


class ErrorEnvelope(TypedDict):
    """A failed host call. Every callback that returns JSON fails this way, but the database ones.
    Recognise it by a string under `error`; some codes bring further fields. Version 2 hosts were
    less strict about the form.

    Open: it may carry more keys.
    """

    error: str
    """The error code, stable and made for programs."""

    message: str
    """What happened, for people. Its wording changes."""


class DbError(TypedDict):
    """A failed database call: no code and no `message`."""

    error: str
    """SQLite's message, or one of the host's own: `Database not open`, `Forbidden SQL statement`,
    `Plugin is shutting down`.
    """


class HelperError(TypedDict):
    """The inner part of a helper process's error."""

    code: str
    """The error code."""

    message: str
    """What happened, for people."""


class HelperErrorEnvelope(TypedDict):
    """A host call that a helper process cannot make: code and message lie one level deeper than
    elsewhere.
    """

    error: HelperError
    """Code and message."""


class _HttpRequestRequired(TypedDict):
    """Keys that a `HttpRequest` always has."""

    method: str
    """Method; any token, made upper case."""

    url: str
    """Absolute URL of a public host."""


class HttpRequest(_HttpRequestRequired, total=False):
    """An HTTP request to send. Unknown keys are ignored.

    Open: it may carry more keys.
    """

    headers: dict[str, str]
    """Headers. If one value is not a string, none is sent. The host appends its name and version
    to `User-Agent`.
    """

    body: str
    """Body, at most 50,000,000 bytes."""

    body_encoding: BodyEncoding
    """How `body` is written; undecodable base64 sends no body. Default: `"utf8"`."""

    timeout_ms: int
    """Milliseconds of silence after which the request fails; at most 300,000. Default: `30000`.
    """

    follow_redirects: bool
    """Whether to follow up to 20 redirects. `Authorization` and `Cookie` are dropped when one
    leaves the origin. Default: `true`.
    """


class HttpResponse(TypedDict):
    """The response to an HTTP request."""

    status: int
    """HTTP status; any is a success."""

    headers: dict[str, str]
    """Headers with lower-case names."""

    body: str
    """Body, at most 50,000,000 bytes before encoding."""

    body_encoding: BodyEncoding
    """`utf8` if the body is valid UTF-8, else `base64`."""

    elapsed_ms: int
    """Duration in milliseconds."""


class FileReadRequest(TypedDict):
    """A file to read.

    Open: it may carry more keys.
    """

    path: str
    """Absolute path inside the artifacts folder."""


class FileReadResponse(TypedDict):
    """A file's content."""

    data: str
    """The bytes, in base64."""

    mime_type: str
    """Media type, by the file name's ending."""

    size: int
    """Length in bytes."""


class _ArtifactRequired(TypedDict):
    """Keys that a `Artifact` always has."""

    filename: str
    """Its name."""

    mime_type: str
    """Media type."""

    size: int
    """Length in bytes."""

    host_path: str
    """Absolute path, which `file_read` accepts."""

    is_directory: bool
    """Whether it is a folder."""


class Artifact(_ArtifactRequired, total=False):
    """A file or folder that a tool shared.

    Open: it may carry more keys.
    """

    description: str
    """What it is, for people."""


class _ContentPartRequired(TypedDict):
    """Keys that a `ContentPart` always has."""

    type: str
    """`text` and others."""


class ContentPart(_ContentPartRequired, total=False):
    """A part of a turn; further keys as in OpenAI's interface.

    Open: it may carry more keys.
    """

    text: str
    """The text of a `text` part."""


class FunctionCall(TypedDict):
    """Name and arguments of a tool call."""

    name: str
    """Name of the tool."""

    arguments: str
    """Arguments as JSON text."""


class _ToolCallRequired(TypedDict):
    """Keys that a `ToolCall` always has."""

    id: str
    """Id of the call, which the answering turn repeats."""

    function: FunctionCall
    """Name and arguments."""


class ToolCall(_ToolCallRequired, total=False):
    """A tool call that a model asks for.

    Open: it may carry more keys.
    """

    type: str
    """`function`; absent in stream chunks."""


class _ChatMessageRequired(TypedDict):
    """Keys that a `ChatMessage` always has."""

    role: str
    """Who speaks: `system`, `user`, `assistant` or `tool`."""


class ChatMessage(_ChatMessageRequired, total=False):
    """One turn of a conversation.

    Open: it may carry more keys.
    """

    content: str | list[ContentPart] | None
    """What is said. A value of another type counts as null."""

    tool_calls: list[ToolCall]
    """Tools that an assistant's turn wants called."""

    tool_call_id: str
    """The call that a `tool` turn answers."""

    reasoning_content: str
    """Reasoning that went before an assistant's turn."""


class _FunctionDefinitionRequired(TypedDict):
    """Keys that a `FunctionDefinition` always has."""

    name: str
    """Name by which the model calls it."""


class FunctionDefinition(_FunctionDefinitionRequired, total=False):
    """Name, purpose and parameters of a tool.

    Open: it may carry more keys.
    """

    description: str
    """When to use it, for the model."""

    parameters: Any
    """JSON Schema of its arguments."""


class ToolDefinition(TypedDict):
    """A tool that the model may call.

    Open: it may carry more keys.
    """

    type: str
    """`function`."""

    function: FunctionDefinition
    """The function."""


class _CompletionRequestRequired(TypedDict):
    """Keys that a `CompletionRequest` always has."""

    model: str
    """Name of the model. An empty string or `default` takes the bound agent's, else the system's;
    the key itself must be there.
    """

    messages: list[ChatMessage]
    """The conversation so far."""


class CompletionRequest(_CompletionRequestRequired, total=False):
    """A chat completion, in the form that OpenAI's interface made common, with additions of the
    host. Unknown keys are ignored.

    Open: it may carry more keys.
    """

    max_tokens: int
    """Longest answer, in tokens; else the agent's value."""

    temperature: float
    """Randomness; else the agent's value."""

    top_p: float
    """Share of the probability mass to choose from."""

    frequency_penalty: float
    """Penalty for frequent tokens."""

    presence_penalty: float
    """Penalty for tokens that were used at all."""

    stop: list[str]
    """Texts at which the answer ends."""

    n: int
    """Number of answers."""

    tools: bool | list[ToolDefinition]
    """A list gives exactly these tools to the model, true the agent's, false none. Default:
    `false`.
    """

    tool_choice: Any
    """Whether and which tool the model must call."""

    max_iterations: int
    """Rounds of tool calls, brought into 1 to 120. Version 2 hosts: 1 by default and 30 at most.
    Default: `30`.
    """

    enable_thinking: bool
    """Lets a reasoning model reason."""

    reasoning_effort: str
    """How much a reasoning model should reason."""

    session_id: str
    """Groups calls in the chat history and keeps the tools loaded in a session."""

    stream_id: str
    """`complete_stream` only: the name by which `complete_cancel` ends it. Best a UUID; spaces
    around it do not count.
    """

    stream: bool
    """Asks for a stream. Deprecated: Ignored: the function called decides."""

    preflight: bool
    """Chooses tools before the first round. Deprecated: Version 2 hosts only."""

    agent_id: str
    """Agent that should answer. Deprecated: Ignored since version 4, with a warning: the calling
    frame's agent is used.
    """

    agent_address: str
    """Address of the agent that should answer. Deprecated: Ignored since version 4, with a
    warning: the calling frame's agent is used.
    """

    seed: int
    """Start of the random numbers. Deprecated: Read but not passed to the model."""

    top_k: int
    """Number of tokens to choose from. Deprecated: Read but not passed to the model."""

    response_format: Any
    """Form of the answer. Deprecated: Read but not passed to the model."""

    max_completion_tokens: int
    """Longest answer, in tokens. Deprecated: Read but not passed to the model; use `max_tokens`.
    """

    stream_options: Any
    """Options for streams. Deprecated: Read but not used."""


class CompletionChoice(TypedDict):
    """One answer.

    Open: it may carry more keys.
    """

    index: int
    """Its place, from 0."""

    message: ChatMessage
    """The assistant's turn; null `content` is left out. A stream's holds the text since the last
    tool round.
    """

    finish_reason: str
    """Why it ended: `stop`, `length`, `tool_calls`, `clarify` and others of the model's server.
    """


class _CompletionUsageRequired(TypedDict):
    """Keys that a `CompletionUsage` always has."""

    prompt_tokens: int
    """Tokens read."""

    completion_tokens: int
    """Tokens written."""

    total_tokens: int
    """Their sum."""


class CompletionUsage(_CompletionUsageRequired, total=False):
    """Tokens read and written.

    Open: it may carry more keys.
    """

    tokens_per_second: float
    """Speed of writing."""


class ExecutedToolCall(TypedDict):
    """A tool call that the host ran."""

    name: str
    """Name of the tool."""

    tool_call_id: str
    """Id of the call."""


class _CompletionResponseRequired(TypedDict):
    """Keys that a `CompletionResponse` always has."""

    id: str
    """Id of the answer."""

    object: str
    """`chat.completion`."""

    created: int
    """When, in seconds since 1970."""

    model: str
    """The model that answered."""

    choices: list[CompletionChoice]
    """The answers; usually one."""

    usage: CompletionUsage
    """What it cost; zeros if a tool ended the run."""


class CompletionResponse(_CompletionResponseRequired, total=False):
    """The answer of `complete`.

    Open: it may carry more keys.
    """

    system_fingerprint: str
    """Configuration of the model's server."""

    prefix_hash: str
    """Names the cached start of the prompt."""

    tool_calls_executed: list[ExecutedToolCall]
    """Tools that the host ran; absent if none."""

    shared_artifacts: list[Artifact]
    """Files that tools shared; absent if none."""


class StreamUsage(TypedDict, total=False):
    """Figures of a stream; other than those of `complete`. All are missing in the answer of a
    cancelled stream.

    Open: it may carry more keys.
    """

    completion_tokens: int
    """Tokens written."""

    tokens_per_second: float
    """Speed of writing."""

    unclosed_reasoning: bool
    """Whether the text ended inside the model's reasoning."""


class StreamDelta(TypedDict, total=False):
    """What a chunk adds: text, reasoning, tool calls, a tool's result, or figures."""

    content: str
    """Text to append; with `role` a tool's envelope."""

    reasoning_content: str
    """Reasoning to append."""

    reasoning: str
    """Reasoning to append. Deprecated: Named in the header, but hosts send `reasoning_content`.
    """

    tool_calls: list[ToolCall]
    """Tools that the host is about to run."""

    role: str
    """`tool`, when a tool has been run."""

    tool_call_id: str
    """The call whose result `content` is."""

    usage: StreamUsage
    """Figures so far."""


class _StreamChunkChoiceRequired(TypedDict):
    """Keys that a `StreamChunkChoice` always has."""

    index: int
    """0."""

    delta: StreamDelta
    """What is new; empty in the last chunk."""


class StreamChunkChoice(_StreamChunkChoiceRequired, total=False):
    """The inner part of a chunk."""

    finish_reason: str
    """Why it ends, in the last chunk: `stop`, `length`, `cancelled`, `max_iterations`, `clarify`,
    `context_overflow`, `empty_response` or another of the model's server; `tool_calls` when a
    round of tools begins.
    """


class StreamChunk(TypedDict):
    """A piece of a streamed answer, as `on_chunk` receives it."""

    id: str
    """`cmpl-` and 12 hexadecimal digits, the same for the whole call."""

    choices: list[StreamChunkChoice]
    """Exactly one."""


class _StreamResponseRequired(TypedDict):
    """Keys that a `StreamResponse` always has."""

    id: str
    """The chunks' id."""

    model: str
    """The model that answered."""

    choices: list[CompletionChoice]
    """Exactly one."""


class StreamResponse(_StreamResponseRequired, total=False):
    """The whole answer of `complete_stream`; a question to the user ends it with `finish_reason`
    `clarify`.

    Open: it may carry more keys.
    """

    tool_calls_executed: list[ExecutedToolCall]
    """Tools that the host ran; absent if none."""

    shared_artifacts: list[Artifact]
    """Files that tools shared; absent if none."""

    usage: StreamUsage
    """Figures, if the model's server gave some."""


class _EmbedRequestRequired(TypedDict):
    """Keys that a `EmbedRequest` always has."""

    input: str | list[str]
    """One text or several; an empty list gives an empty result."""


class EmbedRequest(_EmbedRequestRequired, total=False):
    """Texts to turn into vectors.

    Open: it may carry more keys.
    """

    model: str
    """Only repeated in the response: there is one embedding model."""


class Embedding(TypedDict):
    """The vector of a string."""

    index: int
    """Index of the string, from 0."""

    embedding: list[float]
    """The vector."""

    dimensions: int
    """Its length."""


class EmbedUsage(TypedDict):
    """Tokens read, estimated."""

    prompt_tokens: int
    """Tokens read."""

    total_tokens: int
    """The same."""


class EmbedResponse(TypedDict):
    """Vectors of strings."""

    data: list[Embedding]
    """A vector for each text, in their order."""

    model: str
    """The requested name, or the model's."""

    usage: EmbedUsage
    """What it cost."""


class _ModelInfoRequired(TypedDict):
    """Keys that a `ModelInfo` always has."""

    id: str
    """The name to put into a request's `model`."""

    name: str
    """Its name, for people."""

    provider: str
    """`apple`, `local`, or who offers a remote model."""

    type: str
    """What it is for; `embedding` for the embedding model."""

    capabilities: list[str]
    """Such as `chat`, `tool_calling`, `embedding`."""


class ModelInfo(_ModelInfoRequired, total=False):
    """A model.

    Open: it may carry more keys.
    """

    dimensions: int
    """Length of its vectors, for the embedding model."""

    context_window: int
    """Tokens that it can read. Deprecated: Documented, but never sent."""


class ModelList(TypedDict):
    """Models that can be used now."""

    models: list[ModelInfo]
    """The system's model, then local ones, the embedding model, and remote ones."""


class _ManifestToolRequired(TypedDict):
    """Keys that a `ManifestTool` always has."""

    id: str
    """Its name, as models see it; unique in the plugin and not blank. A tool of the same name
    elsewhere is replaced.
    """

    description: str
    """When to use it and what it gives, for the model."""


class ManifestTool(_ManifestToolRequired, total=False):
    """A tool for models.

    Open: it may carry more keys.
    """

    parameters: Any
    """JSON Schema of its arguments; without one nothing is checked."""

    requirements: list[str] | None
    """Permissions it needs: system ones (`automation`, `automation_calendar`, `automation_mail`,
    `calendar`, `reminders`, `location`, `notes`, `maps`, `accessibility`, `contacts`, `disk`,
    `microphone`, `screen_recording`), which are asked for, and others such as `network`, which
    are only noted.
    """

    permission_policy: PermissionPolicy | None
    """Whether the user is asked before it runs; other text counts as `ask`, upper case too is
    understood. Default: `"ask"`.
    """


class _ManifestRouteRequired(TypedDict):
    """Keys that a `ManifestRoute` always has."""

    id: str
    """Names the route in requests; unique in the plugin and not blank."""

    path: str
    """Path, with `:name` for one part or `/*` at the end for all below. Exact paths win over
    `:name`, `:name` over `/*`.
    """

    methods: list[str]
    """HTTP methods it answers; name HEAD if it should."""

    auth: RouteAuth
    """Who may call it."""


class ManifestRoute(_ManifestRouteRequired, total=False):
    """An HTTP route below `/plugins/<plugin_id>`.

    Open: it may carry more keys.
    """

    description: str | None
    """What it does."""

    tunnel_exposed: bool | None
    """Whether it can be reached from other machines. Default: `false`."""


class ConfigOption(TypedDict):
    """A choice.

    Open: it may carry more keys.
    """

    value: str
    """What is stored."""

    label: str
    """What is shown."""


class ConfigValidation(TypedDict, total=False):
    """What the settings form accepts, checked in this order: required, lengths, pattern, range.

    Open: it may carry more keys.
    """

    required: bool | None
    """Whether it must be filled."""

    min_length: int | None
    """Shortest text, in characters."""

    max_length: int | None
    """Longest text, in characters."""

    pattern: str | None
    """Regular expression that must match somewhere; a broken one is ignored."""

    pattern_hint: str | None
    """What to say when the pattern does not match."""

    min: float | None
    """Smallest number."""

    max: float | None
    """Largest number."""


class ConfigConnectAction(TypedDict, total=False):
    """What the button to connect does.

    Open: it may carry more keys.
    """

    type: str | None
    """Kind of action."""

    url_route: str | None
    """Route of the plugin that is opened."""


class ConfigDisconnectAction(TypedDict, total=False):
    """What the button to disconnect does.

    Open: it may carry more keys.
    """

    clear_keys: list[str] | None
    """Keys that are deleted and delivered as empty strings."""


class _ConfigFieldRequired(TypedDict):
    """Keys that a `ConfigField` always has."""

    key: str
    """Its key for `config_get` and `on_config_changed`."""

    type: ConfigFieldType
    """How it is shown."""

    label: str
    """Its name, for people."""


class ConfigField(_ConfigFieldRequired, total=False):
    """A setting.

    Open: it may carry more keys.
    """

    placeholder: str | None
    """Shown while it is empty."""

    default: bool | float | str | list[str] | None
    """Its value until the user sets one, delivered as text: numbers with a decimal point
    (`42.0`), lists as JSON.
    """

    options: list[ConfigOption] | None
    """Choices of `select` and `multiselect`."""

    validation: ConfigValidation | None
    """What the form accepts; nothing else checks it."""

    connected_when: str | None
    """Key whose presence means connected, for `status`."""

    connect_action: ConfigConnectAction | None
    """What the button to connect does."""

    disconnect_action: ConfigDisconnectAction | None
    """What the button to disconnect does."""

    value_template: str | None
    """Text of `readonly`, with `{{plugin_url}}`, `{{plugin_id}}`, `{{tunnel_url}}` and
    `{{config.KEY}}` filled in.
    """

    copyable: bool | None
    """Whether there is a button to copy it."""


class ConfigSection(TypedDict):
    """A section of the settings form.

    Open: it may carry more keys.
    """

    title: str
    """Its title."""

    fields: list[ConfigField]
    """Its fields."""


class _ManifestConfigRequired(TypedDict):
    """Keys that a `ManifestConfig` always has."""

    sections: list[ConfigSection]
    """Its sections."""


class ManifestConfig(_ManifestConfigRequired, total=False):
    """The form in which the user edits the plugin's settings, per agent.

    Open: it may carry more keys.
    """

    title: str | None
    """Title of the form."""


class _ManifestWebRequired(TypedDict):
    """Keys that a `ManifestWeb` always has."""

    static_dir: str
    """Folder with the files, below the version's folder."""

    entry: str
    """File for the mount itself and for paths without a file."""

    mount: str
    """Path below the plugin's, such as `/ui`."""

    auth: RouteAuth
    """Who may see them."""


class ManifestWeb(_ManifestWebRequired, total=False):
    """Static web pages. No route may lie beneath their mount.

    Open: it may carry more keys.
    """

    api_mount: str | None
    """Path of the plugin's own API, which pages find as `window.__osaurus.apiUrl`. Default:
    `"/api"`.
    """

    tunnel_exposed: bool | None
    """Whether they can be reached from other machines. Default: `false`."""


class Capabilities(TypedDict, total=False):
    """What a plugin offers.

    Open: it may carry more keys.
    """

    tools: list[ManifestTool] | None
    """Tools for models."""

    routes: list[ManifestRoute] | None
    """HTTP routes that `handle_route` answers."""

    config: ManifestConfig | None
    """Settings that the user can edit."""

    web: ManifestWeb | None
    """Static web pages."""

    artifact_handler: bool | None
    """Whether `invoke` wants to hear of shared artifacts."""


class _ManifestSecretRequired(TypedDict):
    """Keys that a `ManifestSecret` always has."""

    id: str
    """Its key for `config_get` and in `_secrets`."""

    label: str
    """Its name, for people."""

    required: bool
    """Whether the plugin is useless without it."""


class ManifestSecret(_ManifestSecretRequired, total=False):
    """A key or password that the plugin needs.

    Open: it may carry more keys.
    """

    description: str | None
    """What it is and where to get it."""

    url: str | None
    """Page where to get it."""


class DocsLink(TypedDict):
    """A page about a plugin.

    Open: it may carry more keys.
    """

    label: str
    """What is shown."""

    url: str
    """Where it leads."""


class ManifestDocs(TypedDict, total=False):
    """Documents that come with a plugin.

    Open: it may carry more keys.
    """

    readme: str | None
    """File that introduces it."""

    changelog: str | None
    """File that lists its changes."""

    links: list[DocsLink] | None
    """Pages about it."""


class _ManifestRequired(TypedDict):
    """Keys that a `Manifest` always has."""

    plugin_id: str
    """Id of the plugin, by custom in reversed domain order; must equal the name of its install
    folder.
    """

    capabilities: Capabilities
    """What it offers; may be empty."""


class Manifest(_ManifestRequired, total=False):
    """What a plugin is and what it offers.

    Open: it may carry more keys.
    """

    name: str | None
    """Its name, for people."""

    version: str | None
    """Its version; the host compares it with nothing."""

    description: str | None
    """What it does, in a sentence."""

    license: str | None
    """Its licence, by custom an SPDX expression."""

    authors: list[str] | None
    """Who made it."""

    min_macos: str | None
    """Oldest macOS, as `14`, `14.5` or `14.5.1`; what cannot be read is not checked."""

    min_osaurus: str | None
    """Oldest host application, as `0.20.3` in full; what cannot be read is not checked."""

    instructions: str | None
    """Added to the system prompt when the plugin itself starts inference or tasks."""

    secrets: list[ManifestSecret] | None
    """Keys and passwords that the user is asked for."""

    docs: ManifestDocs | None
    """Documents that come with it."""


class RouteSurroundings(TypedDict):
    """Where the plugin and its agent can be reached.

    Open: it may carry more keys.
    """

    base_url: str
    """URL of the host: the agent's tunnel if it is connected, else the loopback address."""

    plugin_url: str
    """URL below which the plugin's routes lie."""

    agent_address: str
    """Address of the agent; empty if unknown."""


class RouteRequest(TypedDict):
    """An HTTP request to one of the plugin's routes. Every key is always there."""

    route_id: str
    """Id of the route from the manifest."""

    method: str
    """HTTP method; HEAD comes as HEAD."""

    path: str
    """Path below the plugin's, undecoded and without the query."""

    path_params: dict[str, str]
    """Values of the route's `:name` parts, percent-decoded."""

    query: dict[str, str]
    """Query parameters, percent-decoded; `+` stays `+`; of several the last counts. `osr_agent`
    is among them.
    """

    headers: dict[str, str]
    """Headers with lower-case names, `authorization` included; of several the last counts."""

    body: str
    """Body as text, empty if there is none; today's hosts repair bytes that are not UTF-8."""

    body_encoding: BodyEncoding
    """How `body` is written."""

    remote_addr: str
    """Meant for the client's address; always empty."""

    plugin_id: str
    """Id of the plugin."""

    osaurus: RouteSurroundings
    """Where the plugin can be reached."""


class _RouteResponseRequired(TypedDict):
    """Keys that a `RouteResponse` always has."""

    status: int
    """HTTP status."""


class RouteResponse(_RouteResponseRequired, total=False):
    """The answer to an HTTP request. Unknown keys are ignored.

    Open: it may carry more keys.
    """

    headers: dict[str, str]
    """Headers; set `Content-Type`, there is no default."""

    body: str
    """Body. Default: `""`."""

    body_encoding: BodyEncoding
    """How `body` is written. Undecodable base64 is answered with status 502. Default: `"utf8"`.
    """


class _DispatchRequestRequired(TypedDict):
    """Keys that a `DispatchRequest` always has."""

    prompt: str
    """What the agent should do; must not be blank."""


class DispatchRequest(_DispatchRequestRequired, total=False):
    """A task to start. Unknown keys are ignored.

    Open: it may carry more keys.
    """

    id: str
    """UUID that the task should have. Text that is none is replaced by a fresh UUID."""

    title: str
    """Name of the task in the host's windows. Default: `"Chat"`."""

    session_id: str
    """Groups tasks: a stored conversation of the same plugin, agent and key is continued, and the
    returned id is then that conversation's. Any text that is not blank.
    """

    folder_bookmark: str
    """macOS security-scoped bookmark of a working folder, in base64; ignored if undecodable."""

    tools: list[str]
    """Names of tools to give to the task beside its agent's: the plugin's own and the host's
    built-in ones; others are dropped.
    """

    mode: str
    """`work` or `chat` in version 2 hosts. Deprecated: Ignored since version 3."""

    agent_id: str
    """Agent that should do the task. Deprecated: Ignored since version 4, with a warning: the
    calling frame's agent is used.
    """

    agent_address: str
    """Address of the agent that should do the task. Deprecated: Ignored since version 4, with a
    warning: the calling frame's agent is used.
    """


class DispatchResponse(TypedDict):
    """A task that was started."""

    id: str
    """Id of the task, a UUID. Not the one asked for if a conversation was continued."""

    status: TaskState
    """`running`."""


class Draft(TypedDict, total=False):
    """A preliminary result of a task. The plugin may put anything in it.

    Open: it may carry more keys.
    """

    text: str
    """The draft's text; the host does not insist on it."""


class _TaskActivityRequired(TypedDict):
    """Keys that a `TaskActivity` always has."""

    kind: ActivityKind
    """What sort of thing."""

    title: str
    """A few words, for people."""

    timestamp: str
    """When, ISO 8601 in UTC with whole seconds."""


class TaskActivity(_TaskActivityRequired, total=False):
    """One thing that a task did.

    Open: it may carry more keys.
    """

    detail: str
    """More about it, for example the tool's name."""


class _TaskStatusRequired(TypedDict):
    """Keys that a `TaskStatus` always has."""

    id: str
    """Id of the task, a UUID."""

    title: str
    """Name of the task."""

    status: TaskState
    """How far it is. A task that waits for the user's answer is still `running`."""


class TaskStatus(_TaskStatusRequired, total=False):
    """The state of a task. Which fields are there depends on `status`."""

    draft: Draft
    """The last draft, if it was a JSON object."""

    output: str
    """Text of the agent's last turn, unless empty."""

    current_step: str
    """What it is doing, while queued or running and if known."""

    activity: list[TaskActivity]
    """The last 20 things it did, while running; absent if there are none."""

    success: bool
    """Whether it ended well; when completed or failed."""

    summary: str
    """How it ended, or the error's text; when completed or failed."""

    session_id: str
    """Id of its conversation; when completed or failed."""


class TaskList(TypedDict):
    """The active tasks of the calling plugin."""

    tasks: list[TaskStatus]
    """The tasks, in no particular order."""


class TaskStartedEvent(TypedDict):
    """The task runs."""

    status: TaskState
    """`running`."""

    title: str
    """Name of the task."""


class _TaskActivityEventRequired(TypedDict):
    """Keys that a `TaskActivityEvent` always has."""

    kind: ActivityKind
    """`tool` in today's hosts."""

    title: str
    """A few words, for people."""

    timestamp: str
    """When, ISO 8601 in UTC with whole seconds."""


class TaskActivityEvent(_TaskActivityEventRequired, total=False):
    """The agent called a tool.

    Open: it may carry more keys.
    """

    detail: str
    """The tool's name."""

    metadata: dict[str, Any]
    """More about it; rarely there."""


class _TaskProgressEventRequired(TypedDict):
    """Keys that a `TaskProgressEvent` always has."""

    progress: float
    """How much is done; as no host sends it, its range is not known."""

    title: str
    """Name of the task."""


class TaskProgressEvent(_TaskProgressEventRequired, total=False):
    """How far the task is. Defined, but no known host sends it."""

    current_step: str
    """What it is doing."""


class _TaskClarificationEventRequired(TypedDict):
    """Keys that a `TaskClarificationEvent` always has."""

    question: str
    """The question."""

    allow_multiple: bool
    """Whether several options may be chosen."""


class TaskClarificationEvent(_TaskClarificationEventRequired, total=False):
    """The agent needs an answer from the user; the task goes on when it is given."""

    options: list[str]
    """Answers to choose from; absent when there are none."""


class _TaskCompletedEventRequired(TypedDict):
    """Keys that a `TaskCompletedEvent` always has."""

    success: bool
    """True."""

    summary: str
    """How it ended."""

    title: str
    """Name of the task."""


class TaskCompletedEvent(_TaskCompletedEventRequired, total=False):
    """The task ended well."""

    session_id: str
    """Id of its conversation."""

    output: str
    """Text of the agent's last turn."""

    artifacts: list[Artifact]
    """Files it made. Documented, but no known host fills it."""


class _TaskFailedEventRequired(TypedDict):
    """Keys that a `TaskFailedEvent` always has."""

    success: bool
    """False."""

    summary: str
    """The error's text."""

    title: str
    """Name of the task."""


class TaskFailedEvent(_TaskFailedEventRequired, total=False):
    """The task failed."""

    session_id: str
    """Id of its conversation."""

    output: str
    """Text of the agent's last turn."""

    artifacts: list[Artifact]
    """Files it made. Documented, but no known host fills it."""


class TaskCancelledEvent(TypedDict):
    """The task was cancelled."""

    title: str
    """Name of the task."""


class TaskOutputEvent(TypedDict):
    """A piece of the task's text. Defined, but no known host sends it."""

    text: str
    """The text."""

    title: str
    """Name of the task."""


class _TaskDraftEventRequired(TypedDict):
    """Keys that a `TaskDraftEvent` always has."""

    title: str
    """Name of the task."""


class TaskDraftEvent(_TaskDraftEventRequired, total=False):
    """A draft was sent with `send_draft`."""

    draft: Draft
    """The draft; absent if it was not a JSON object."""


TaskEvent: TypeAlias = (
    TaskStartedEvent
    | TaskActivityEvent
    | TaskProgressEvent
    | TaskClarificationEvent
    | TaskCompletedEvent
    | TaskFailedEvent
    | TaskCancelledEvent
    | TaskOutputEvent
    | TaskDraftEvent
)
"""An event of a task; the `event_type` beside it says which of these it is."""


class ToolContext(TypedDict, total=False):
    """Surroundings of a tool call.

    Open: it may carry more keys.
    """

    working_directory: str
    """Absolute path of the chat's working folder."""


class ToolPayload(TypedDict, total=False):
    """The arguments of a tool call, by the tool's schema, and what the host adds to them. The
    host has validated the arguments leniently before it adds.

    Open: it may carry more keys.
    """

    _secrets: dict[str, str]
    """Every stored value of the plugin for the agent: secrets, settings and `tunnel_url`. Absent
    without a chat agent or values.
    """

    _context: ToolContext
    """Where the chat works; absent without a working folder."""


InvokePayload: TypeAlias = ToolPayload | Artifact
"""What `invoke` receives: arguments when its type is `tool`, an artifact when it is `artifact`.
"""


class _ToolSuccessRequired(TypedDict):
    """Keys that a `ToolSuccess` always has."""

    ok: bool
    """True."""

    result: Any
    """The result for the model; by custom `{"text": ...}` for plain text."""


class ToolSuccess(_ToolSuccessRequired, total=False):
    """A tool did its work. Of a result over 100,000 characters the host keeps the beginning and
    the end.

    Open: it may carry more keys.
    """

    tool: str
    """Name of the tool."""

    warnings: list[str]
    """What the model should know beside the result."""


class _ToolFailureRequired(TypedDict):
    """Keys that a `ToolFailure` always has."""

    ok: bool
    """False."""

    kind: ToolErrorKind
    """What sort of failure."""

    message: str
    """What happened and what to do, for the model."""

    retryable: bool
    """Whether the same call may work another time."""


class ToolFailure(_ToolFailureRequired, total=False):
    """A tool failed. Further keys reach the model too.

    Open: it may carry more keys.
    """

    field: str
    """The argument that is wrong, with `invalid_args`."""

    expected: str
    """What the argument should be, with `invalid_args`."""

    tool: str
    """Name of the tool."""


ToolEnvelope: TypeAlias = ToolSuccess | ToolFailure
"""A tool's result: `ok` tells which of the two it is."""


class HostCalls(ABC):
    """The host's functions, blocking. A subclass says how a call reaches the host."""

    @abstractmethod
    def _call(self, slot: HostSlot, args: tuple[HostArgument, ...]) -> str | None:
        """Makes one call and returns the host's text, or None for NULL and for no result."""

    @abstractmethod
    def _stream(
        self,
        slot: HostSlot,
        args: tuple[HostArgument, ...],
        on_chunk: Callable[[str], bool] | None,
    ) -> str | None:
        """Makes one call that reports pieces; `on_chunk` returns False to stop the stream."""

    def config_get(self, key: str) -> str | None:
        """Reads one of the plugin's configuration values or secrets for the agent of the calling
        frame; hosts since mid 2026 fall back to the value set for all agents.

        NULL is the ordinary answer for a key that is not set; an empty string is a value. Without
        an agent, or with the built-in default agent, the answer is always NULL.

        - `key`: Name of the value. Any text; it need not be declared in the manifest.
        - Returns The stored text. None: The key is not set, `key` is NULL, the plugin is unknown
          to the host, or no chat agent is bound to the thread.
        - Since version 2 (2a).
        - Blocks: briefly (reads the system's secret store).
        """
        return self._call(HostSlot.CONFIG_GET, (key,))

    def config_set(self, key: str, value: str) -> None:
        """Stores a configuration value or secret for the agent of the calling frame.

        Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat
        agent the call does nothing. The plugin's own `on_config_changed` is not called.

        - `key`: Name of the value.
        - `value`: Text to store, at most 1,048,576 bytes. An empty string is a value; use
          `config_delete` to remove one.
        - Since version 2 (2a).
        - Blocks: briefly (writes the system's secret store).
        """
        self._call(HostSlot.CONFIG_SET, (key, value))

    def config_delete(self, key: str) -> None:
        """Removes a configuration value of the agent of the calling frame; a key that is not set
        is not an error.

        A value set for all agents stays, so `config_get` may still find one. Without a chat agent
        the call does nothing.

        - `key`: Name of the value.
        - Since version 2 (2a).
        - Blocks: briefly (writes the system's secret store).
        """
        self._call(HostSlot.CONFIG_DELETE, (key,))

    def db_exec(self, sql: str, params_json: str | None = None) -> str | None:
        """Runs one SQL statement in the plugin's own SQLite database, which all agents share.

        Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the
        file is limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.

        - `sql`: One statement, with `?`, `?NNN` or named placeholders.
        - `params_json`: JSON array with the values in placeholder order. Anything but an array is
          ignored and binds NULL. None: No parameters are bound; an empty string does the same.
        - Returns JSON text of `DbExecResult`. JSON with the number of changed rows, or an object
          whose `error` is SQLite's message. None: `sql` is NULL, or memory ran out.
        - Since version 2 (2a).
        - Blocks: yes (until the plugin's database queue has run the statement; a busy database is
          retried for 5 s).
        """
        return self._call(HostSlot.DB_EXEC, (sql, params_json))

    def db_query(self, sql: str, params_json: str | None = None) -> str | None:
        """Runs one SQL statement in the plugin's own SQLite database and returns its rows.

        All rows are returned at once; there is no limit on their number. An error while stepping
        ends the result early and is not reported. Writes are allowed.

        - `sql`: One statement, with `?`, `?NNN` or named placeholders.
        - `params_json`: JSON array with the values in placeholder order. Anything but an array is
          ignored and binds NULL. None: No parameters are bound; an empty string does the same.
        - Returns JSON text of `DbQueryResult`. JSON with column names and rows, each row an
          array, or an object whose `error` is SQLite's message. None: `sql` is NULL, or memory
          ran out.
        - Since version 2 (2a).
        - Blocks: yes (until the plugin's database queue has read all rows; a busy database is
          retried for 5 s).
        """
        return self._call(HostSlot.DB_QUERY, (sql, params_json))

    def log(self, level: int, message: str) -> None:
        """Writes a line to the host's log and activity list.

        May be called on any thread, but on a thread of the plugin's own the host can only guess
        which plugin is speaking.

        - `level`: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
        - `message`: Text of any length.
        - Since version 2 (2a).
        - Blocks: no, returns at once.
        """
        self._call(HostSlot.LOG, (level, message))

    def dispatch(self, request_json: str) -> str | None:
        """Starts a background task in which the agent of the calling frame works on a prompt.

        Returns the task's id as soon as it is registered; progress and the end come through
        `on_task_event`, the state through `task_status`. The built-in default agent cannot be
        used. At most 10 calls in 60 s per plugin and agent.

        - `request_json`: JSON text of `DispatchRequest`. What to do, as JSON.
        - Returns JSON text of `DispatchResponse`. The new task, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the task is registered, not until it is done).
        - Errors: `invalid_request`, `built_in_agent_not_exposable`, `rate_limit_exceeded`,
          `task_limit_reached`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return self._call(HostSlot.DISPATCH, (request_json,))

    def task_status(self, task_id: str) -> str | None:
        """Reads the state of a task that this plugin dispatched.

        A cancelled task stays readable for about 15 s, a finished one until the user has seen it;
        then it is `not_found`.

        - `task_id`: Id from `dispatch`, a UUID.
        - Returns JSON text of `TaskStatus`. The task's state, or an error envelope. None:
          `task_id` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        - Errors: `invalid_task_id`, `not_found`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return self._call(HostSlot.TASK_STATUS, (task_id,))

    def dispatch_cancel(self, task_id: str) -> None:
        """Stops a task that this plugin dispatched; a CANCELLED event follows.

        An id that is not a UUID or belongs to another plugin does nothing but leave one warning
        in the host's log.

        - `task_id`: Id from `dispatch`, a UUID.
        - Since version 2 (2b).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        """
        self._call(HostSlot.DISPATCH_CANCEL, (task_id,))

    def dispatch_clarify(self, task_id: str, response: str) -> None:
        """Answered a task's clarification question in version 2 hosts. The slot remains so that
        later ones keep their place.

        Reserved: Without effect since version 3. The user answers a task's question in the chat
        window.

        - `task_id`: Id from `dispatch`, a UUID.
        - `response`: The answer, as text.
        - Since version 2 (2b).
        - Blocks: no, returns at once.
        """
        self._call(HostSlot.DISPATCH_CLARIFY, (task_id, response))

    def complete(self, request_json: str) -> str | None:
        """Asks a model for a chat completion and waits for the whole answer.

        The bound agent adds its system prompt, memory and defaults. With `tools` the host runs
        the model's tool calls and asks again, up to `max_iterations` times. At most two
        completions and embeddings together run at once per plugin.

        - `request_json`: JSON text of `CompletionRequest`. Chat-completion request in the OpenAI
          form, with the host's additions.
        - Returns JSON text of `CompletionResponse`. The completion, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the model has answered, 1800 s at most).
        - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
          `context_overflow`, `clarify_requested`, `empty_tool_task_completion`,
          `output_token_limit`, `serialization_error`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return self._call(HostSlot.COMPLETE, (request_json,))

    def complete_stream(
        self,
        request_json: str,
        on_chunk: Callable[[str], bool] | None = None,
    ) -> str | None:
        """Asks a model for a chat completion, hands out each piece as it comes, and returns the
        whole answer at the end.

        `on_chunk` is called on a thread of the host's, one chunk at a time, while this call
        waits. No plugin and no agent is bound to that thread, so make no host calls there, except
        `complete_cancel`. It must not throw, unwind or exit.

        - `request_json`: JSON text of `CompletionRequest`. As for `complete`, with a `stream_id`
          that `complete_cancel` can name.
        - `on_chunk`: JSON text of `StreamChunk`. Receives each chunk as JSON. The text is valid
          during the callback only. None: Chunks are dropped, with one warning in the host's log;
          the returned answer is complete.
        - Returns JSON text of `StreamResponse`. The whole answer, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the model has answered, 1800 s at most).
        - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
          `context_overflow`, `cancelled`, `empty_tool_task_completion`, `output_token_limit`,
          `serialization_error`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return self._stream(HostSlot.COMPLETE_STREAM, (request_json,), on_chunk)

    def embed(self, request_json: str) -> str | None:
        """Computes embedding vectors for one or several strings.

        Counts towards the limit of two concurrent inference calls per plugin.

        - `request_json`: JSON text of `EmbedRequest`. The strings, as JSON.
        - Returns JSON text of `EmbedResponse`. The vectors, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the vectors are computed, 1800 s at most).
        - Errors: `invalid_request`, `plugin_busy`, `embedding_error`, `context_unavailable`,
          `host_timeout`, `not_supported_out_of_process`.
        """
        return self._call(HostSlot.EMBED, (request_json,))

    def list_models(self) -> str | None:
        """Lists the models that the host can use now: local ones, one for embeddings, and those
        of remote providers.

        - Returns JSON text of `ModelList`. The models, or an error envelope. None: Memory ran
          out.
        - Since version 2 (2b).
        - Blocks: yes (until remote providers have answered, 1800 s at most).
        - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
        """
        return self._call(HostSlot.LIST_MODELS, ())

    def http_request(self, request_json: str) -> str | None:
        """Sends an HTTP request and waits for the response.

        Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local
        addresses are refused. At most 60 requests in 60 s per plugin and agent; calls without a
        chat agent share one allowance.

        - `request_json`: JSON text of `HttpRequest`. The request, as JSON.
        - Returns JSON text of `HttpResponse`. The response, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the response is there or `timeout_ms` has passed, 1800 s at most).
        - Errors: `invalid_request`, `ssrf_blocked`, `rate_limit_exceeded`, `request_too_large`,
          `response_too_large`, `too_many_redirects`, `connection_timeout`, `connection_refused`,
          `dns_failure`, `tls_error`, `network_error`, `invalid_response`, `context_unavailable`,
          `host_timeout`.
        """
        return self._call(HostSlot.HTTP_REQUEST, (request_json,))

    def file_read(self, request_json: str) -> str | None:
        """Reads a file from the host's artifacts folder, for example one that a share-artifact
        call has just announced.

        Paths outside that folder are refused; files over 50,000,000 bytes too.

        - `request_json`: JSON text of `FileReadRequest`. The path, as JSON.
        - Returns JSON text of `FileReadResponse`. The file's content, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2d).
        - Blocks: yes (until the file is read).
        - Errors: `invalid_request`, `access_denied`, `not_found`, `file_too_large`, `read_error`,
          `context_unavailable`, `not_supported_out_of_process`.
        """
        return self._call(HostSlot.FILE_READ, (request_json,))

    def list_active_tasks(self) -> str | None:
        """Lists this plugin's tasks that are not finished, of all agents, in no particular order.

        - Returns JSON text of `TaskList`. The tasks, or an error envelope. None: Memory ran out.
        - Since version 2 (2e).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
        """
        return self._call(HostSlot.LIST_ACTIVE_TASKS, ())

    def send_draft(self, task_id: str, draft_json: str) -> None:
        """Attaches a preliminary result to an active task of this plugin; a DRAFT event with it
        comes back.

        An unknown, foreign or finished task does nothing but leave one warning in the host's log.

        - `task_id`: Id from `dispatch`, a UUID.
        - `draft_json`: JSON text of `Draft`. The draft. Stored as given; text that is not a JSON
          object is left out of events and status.
        - Since version 2 (2e).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        """
        self._call(HostSlot.SEND_DRAFT, (task_id, draft_json))

    def dispatch_interrupt(self, task_id: str, message: str | None = None) -> None:
        """Stops the model in an active task of this plugin; the task then completes with what it
        has.

        A message is added to the conversation first, but does not start another turn.

        - `task_id`: Id from `dispatch`, a UUID.
        - `message`: Text added as a user's turn; blank text adds nothing. None: Nothing is added.
        - Since version 2 (2e).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        """
        self._call(HostSlot.DISPATCH_INTERRUPT, (task_id, message))

    def dispatch_add_issue(self, task_id: str, issue_json: str | None = None) -> str | None:
        """Added an issue to a running task in version 2 hosts. The slot remains so that later
        ones keep their place.

        Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.

        - `task_id`: Id from `dispatch`; no longer looked at.
        - `issue_json`: The issue, as JSON; no longer looked at. None: Ignored.
        - Returns An error envelope with `not_supported`. None: `task_id` is NULL, or memory ran
          out.
        - Since version 2 (2e).
        - Blocks: no, returns at once.
        - Errors: `not_supported`, `context_unavailable`, `not_supported_out_of_process`.
        """
        return self._call(HostSlot.DISPATCH_ADD_ISSUE, (task_id, issue_json))

    def complete_cancel(self, stream_id: str) -> None:
        """Ends a running `complete_stream` of this plugin early; that call then returns the error
        `cancelled`.

        Takes effect at the next piece of text. A cancellation that comes before the stream has
        started is lost. Streams that share an id end together; those of other plugins are safe.

        - `stream_id`: The `stream_id` of the request.
        - Since version 3.
        - Blocks: no, returns at once.
        """
        self._call(HostSlot.COMPLETE_CANCEL, (stream_id,))

    def get_active_agent_id(self) -> str | None:
        """Tells for which agent the host is calling.

        Also names the built-in default agent, for which `config_get` and `dispatch` behave as if
        there were none.

        - Returns The agent's id, a UUID in upper case. None: No agent is bound to this thread: in
          the entry function, `init`, `get_manifest`, `destroy`, artifact calls, and on threads of
          the plugin's own.
        - Since version 4.
        - Blocks: no, returns at once.
        """
        return self._call(HostSlot.GET_ACTIVE_AGENT_ID, ())

    def log_structured(
        self,
        level: int,
        message: str,
        payload_json: str | None = None,
    ) -> None:
        """Writes a line to the host's log with a payload that the activity list shows beside it.

        Hand-written copies of the table often forget this slot, which moves `free_string` to a
        wrong place.

        - `level`: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
        - `message`: Text of any length.
        - `payload_json`: Details, by custom a JSON object; the host does not parse it. None: The
          same as `log`.
        - Since version 5.
        - Blocks: no, returns at once.
        """
        self._call(HostSlot.LOG_STRUCTURED, (level, message, payload_json))


class AsyncHostCalls(ABC):
    """The host's functions, awaitable. A subclass says how a call reaches the host."""

    @abstractmethod
    async def _acall(self, slot: HostSlot, args: tuple[HostArgument, ...]) -> str | None:
        """Makes one call and returns the host's text, or None for NULL and for no result."""

    @abstractmethod
    async def _astream(
        self,
        slot: HostSlot,
        args: tuple[HostArgument, ...],
        on_chunk: Callable[[str], bool] | None,
    ) -> str | None:
        """Makes one call that reports pieces; `on_chunk` returns False to stop the stream."""

    async def config_get(self, key: str) -> str | None:
        """Reads one of the plugin's configuration values or secrets for the agent of the calling
        frame; hosts since mid 2026 fall back to the value set for all agents.

        NULL is the ordinary answer for a key that is not set; an empty string is a value. Without
        an agent, or with the built-in default agent, the answer is always NULL.

        - `key`: Name of the value. Any text; it need not be declared in the manifest.
        - Returns The stored text. None: The key is not set, `key` is NULL, the plugin is unknown
          to the host, or no chat agent is bound to the thread.
        - Since version 2 (2a).
        - Blocks: briefly (reads the system's secret store).
        """
        return await self._acall(HostSlot.CONFIG_GET, (key,))

    async def config_set(self, key: str, value: str) -> None:
        """Stores a configuration value or secret for the agent of the calling frame.

        Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat
        agent the call does nothing. The plugin's own `on_config_changed` is not called.

        - `key`: Name of the value.
        - `value`: Text to store, at most 1,048,576 bytes. An empty string is a value; use
          `config_delete` to remove one.
        - Since version 2 (2a).
        - Blocks: briefly (writes the system's secret store).
        """
        await self._acall(HostSlot.CONFIG_SET, (key, value))

    async def config_delete(self, key: str) -> None:
        """Removes a configuration value of the agent of the calling frame; a key that is not set
        is not an error.

        A value set for all agents stays, so `config_get` may still find one. Without a chat agent
        the call does nothing.

        - `key`: Name of the value.
        - Since version 2 (2a).
        - Blocks: briefly (writes the system's secret store).
        """
        await self._acall(HostSlot.CONFIG_DELETE, (key,))

    async def db_exec(self, sql: str, params_json: str | None = None) -> str | None:
        """Runs one SQL statement in the plugin's own SQLite database, which all agents share.

        Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the
        file is limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.

        - `sql`: One statement, with `?`, `?NNN` or named placeholders.
        - `params_json`: JSON array with the values in placeholder order. Anything but an array is
          ignored and binds NULL. None: No parameters are bound; an empty string does the same.
        - Returns JSON text of `DbExecResult`. JSON with the number of changed rows, or an object
          whose `error` is SQLite's message. None: `sql` is NULL, or memory ran out.
        - Since version 2 (2a).
        - Blocks: yes (until the plugin's database queue has run the statement; a busy database is
          retried for 5 s).
        """
        return await self._acall(HostSlot.DB_EXEC, (sql, params_json))

    async def db_query(self, sql: str, params_json: str | None = None) -> str | None:
        """Runs one SQL statement in the plugin's own SQLite database and returns its rows.

        All rows are returned at once; there is no limit on their number. An error while stepping
        ends the result early and is not reported. Writes are allowed.

        - `sql`: One statement, with `?`, `?NNN` or named placeholders.
        - `params_json`: JSON array with the values in placeholder order. Anything but an array is
          ignored and binds NULL. None: No parameters are bound; an empty string does the same.
        - Returns JSON text of `DbQueryResult`. JSON with column names and rows, each row an
          array, or an object whose `error` is SQLite's message. None: `sql` is NULL, or memory
          ran out.
        - Since version 2 (2a).
        - Blocks: yes (until the plugin's database queue has read all rows; a busy database is
          retried for 5 s).
        """
        return await self._acall(HostSlot.DB_QUERY, (sql, params_json))

    async def log(self, level: int, message: str) -> None:
        """Writes a line to the host's log and activity list.

        May be called on any thread, but on a thread of the plugin's own the host can only guess
        which plugin is speaking.

        - `level`: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
        - `message`: Text of any length.
        - Since version 2 (2a).
        - Blocks: no, returns at once.
        """
        await self._acall(HostSlot.LOG, (level, message))

    async def dispatch(self, request_json: str) -> str | None:
        """Starts a background task in which the agent of the calling frame works on a prompt.

        Returns the task's id as soon as it is registered; progress and the end come through
        `on_task_event`, the state through `task_status`. The built-in default agent cannot be
        used. At most 10 calls in 60 s per plugin and agent.

        - `request_json`: JSON text of `DispatchRequest`. What to do, as JSON.
        - Returns JSON text of `DispatchResponse`. The new task, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the task is registered, not until it is done).
        - Errors: `invalid_request`, `built_in_agent_not_exposable`, `rate_limit_exceeded`,
          `task_limit_reached`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.DISPATCH, (request_json,))

    async def task_status(self, task_id: str) -> str | None:
        """Reads the state of a task that this plugin dispatched.

        A cancelled task stays readable for about 15 s, a finished one until the user has seen it;
        then it is `not_found`.

        - `task_id`: Id from `dispatch`, a UUID.
        - Returns JSON text of `TaskStatus`. The task's state, or an error envelope. None:
          `task_id` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        - Errors: `invalid_task_id`, `not_found`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.TASK_STATUS, (task_id,))

    async def dispatch_cancel(self, task_id: str) -> None:
        """Stops a task that this plugin dispatched; a CANCELLED event follows.

        An id that is not a UUID or belongs to another plugin does nothing but leave one warning
        in the host's log.

        - `task_id`: Id from `dispatch`, a UUID.
        - Since version 2 (2b).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        """
        await self._acall(HostSlot.DISPATCH_CANCEL, (task_id,))

    async def dispatch_clarify(self, task_id: str, response: str) -> None:
        """Answered a task's clarification question in version 2 hosts. The slot remains so that
        later ones keep their place.

        Reserved: Without effect since version 3. The user answers a task's question in the chat
        window.

        - `task_id`: Id from `dispatch`, a UUID.
        - `response`: The answer, as text.
        - Since version 2 (2b).
        - Blocks: no, returns at once.
        """
        await self._acall(HostSlot.DISPATCH_CLARIFY, (task_id, response))

    async def complete(self, request_json: str) -> str | None:
        """Asks a model for a chat completion and waits for the whole answer.

        The bound agent adds its system prompt, memory and defaults. With `tools` the host runs
        the model's tool calls and asks again, up to `max_iterations` times. At most two
        completions and embeddings together run at once per plugin.

        - `request_json`: JSON text of `CompletionRequest`. Chat-completion request in the OpenAI
          form, with the host's additions.
        - Returns JSON text of `CompletionResponse`. The completion, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the model has answered, 1800 s at most).
        - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
          `context_overflow`, `clarify_requested`, `empty_tool_task_completion`,
          `output_token_limit`, `serialization_error`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.COMPLETE, (request_json,))

    async def complete_stream(
        self,
        request_json: str,
        on_chunk: Callable[[str], bool] | None = None,
    ) -> str | None:
        """Asks a model for a chat completion, hands out each piece as it comes, and returns the
        whole answer at the end.

        `on_chunk` is called on a thread of the host's, one chunk at a time, while this call
        waits. No plugin and no agent is bound to that thread, so make no host calls there, except
        `complete_cancel`. It must not throw, unwind or exit.

        - `request_json`: JSON text of `CompletionRequest`. As for `complete`, with a `stream_id`
          that `complete_cancel` can name.
        - `on_chunk`: JSON text of `StreamChunk`. Receives each chunk as JSON. The text is valid
          during the callback only. None: Chunks are dropped, with one warning in the host's log;
          the returned answer is complete.
        - Returns JSON text of `StreamResponse`. The whole answer, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the model has answered, 1800 s at most).
        - Errors: `invalid_request`, `plugin_busy`, `inference_error`, `max_iterations_reached`,
          `context_overflow`, `cancelled`, `empty_tool_task_completion`, `output_token_limit`,
          `serialization_error`, `context_unavailable`, `host_timeout`,
          `not_supported_out_of_process`.
        """
        return await self._astream(HostSlot.COMPLETE_STREAM, (request_json,), on_chunk)

    async def embed(self, request_json: str) -> str | None:
        """Computes embedding vectors for one or several strings.

        Counts towards the limit of two concurrent inference calls per plugin.

        - `request_json`: JSON text of `EmbedRequest`. The strings, as JSON.
        - Returns JSON text of `EmbedResponse`. The vectors, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the vectors are computed, 1800 s at most).
        - Errors: `invalid_request`, `plugin_busy`, `embedding_error`, `context_unavailable`,
          `host_timeout`, `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.EMBED, (request_json,))

    async def list_models(self) -> str | None:
        """Lists the models that the host can use now: local ones, one for embeddings, and those
        of remote providers.

        - Returns JSON text of `ModelList`. The models, or an error envelope. None: Memory ran
          out.
        - Since version 2 (2b).
        - Blocks: yes (until remote providers have answered, 1800 s at most).
        - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.LIST_MODELS, ())

    async def http_request(self, request_json: str) -> str | None:
        """Sends an HTTP request and waits for the response.

        Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local
        addresses are refused. At most 60 requests in 60 s per plugin and agent; calls without a
        chat agent share one allowance.

        - `request_json`: JSON text of `HttpRequest`. The request, as JSON.
        - Returns JSON text of `HttpResponse`. The response, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2b).
        - Blocks: yes (until the response is there or `timeout_ms` has passed, 1800 s at most).
        - Errors: `invalid_request`, `ssrf_blocked`, `rate_limit_exceeded`, `request_too_large`,
          `response_too_large`, `too_many_redirects`, `connection_timeout`, `connection_refused`,
          `dns_failure`, `tls_error`, `network_error`, `invalid_response`, `context_unavailable`,
          `host_timeout`.
        """
        return await self._acall(HostSlot.HTTP_REQUEST, (request_json,))

    async def file_read(self, request_json: str) -> str | None:
        """Reads a file from the host's artifacts folder, for example one that a share-artifact
        call has just announced.

        Paths outside that folder are refused; files over 50,000,000 bytes too.

        - `request_json`: JSON text of `FileReadRequest`. The path, as JSON.
        - Returns JSON text of `FileReadResponse`. The file's content, or an error envelope. None:
          `request_json` is NULL, or memory ran out.
        - Since version 2 (2d).
        - Blocks: yes (until the file is read).
        - Errors: `invalid_request`, `access_denied`, `not_found`, `file_too_large`, `read_error`,
          `context_unavailable`, `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.FILE_READ, (request_json,))

    async def list_active_tasks(self) -> str | None:
        """Lists this plugin's tasks that are not finished, of all agents, in no particular order.

        - Returns JSON text of `TaskList`. The tasks, or an error envelope. None: Memory ran out.
        - Since version 2 (2e).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        - Errors: `context_unavailable`, `host_timeout`, `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.LIST_ACTIVE_TASKS, ())

    async def send_draft(self, task_id: str, draft_json: str) -> None:
        """Attaches a preliminary result to an active task of this plugin; a DRAFT event with it
        comes back.

        An unknown, foreign or finished task does nothing but leave one warning in the host's log.

        - `task_id`: Id from `dispatch`, a UUID.
        - `draft_json`: JSON text of `Draft`. The draft. Stored as given; text that is not a JSON
          object is left out of events and status.
        - Since version 2 (2e).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        """
        await self._acall(HostSlot.SEND_DRAFT, (task_id, draft_json))

    async def dispatch_interrupt(self, task_id: str, message: str | None = None) -> None:
        """Stops the model in an active task of this plugin; the task then completes with what it
        has.

        A message is added to the conversation first, but does not start another turn.

        - `task_id`: Id from `dispatch`, a UUID.
        - `message`: Text added as a user's turn; blank text adds nothing. None: Nothing is added.
        - Since version 2 (2e).
        - Blocks: briefly (asks the host's main loop, 30 s at most).
        """
        await self._acall(HostSlot.DISPATCH_INTERRUPT, (task_id, message))

    async def dispatch_add_issue(self, task_id: str, issue_json: str | None = None) -> str | None:
        """Added an issue to a running task in version 2 hosts. The slot remains so that later
        ones keep their place.

        Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.

        - `task_id`: Id from `dispatch`; no longer looked at.
        - `issue_json`: The issue, as JSON; no longer looked at. None: Ignored.
        - Returns An error envelope with `not_supported`. None: `task_id` is NULL, or memory ran
          out.
        - Since version 2 (2e).
        - Blocks: no, returns at once.
        - Errors: `not_supported`, `context_unavailable`, `not_supported_out_of_process`.
        """
        return await self._acall(HostSlot.DISPATCH_ADD_ISSUE, (task_id, issue_json))

    async def complete_cancel(self, stream_id: str) -> None:
        """Ends a running `complete_stream` of this plugin early; that call then returns the error
        `cancelled`.

        Takes effect at the next piece of text. A cancellation that comes before the stream has
        started is lost. Streams that share an id end together; those of other plugins are safe.

        - `stream_id`: The `stream_id` of the request.
        - Since version 3.
        - Blocks: no, returns at once.
        """
        await self._acall(HostSlot.COMPLETE_CANCEL, (stream_id,))

    async def get_active_agent_id(self) -> str | None:
        """Tells for which agent the host is calling.

        Also names the built-in default agent, for which `config_get` and `dispatch` behave as if
        there were none.

        - Returns The agent's id, a UUID in upper case. None: No agent is bound to this thread: in
          the entry function, `init`, `get_manifest`, `destroy`, artifact calls, and on threads of
          the plugin's own.
        - Since version 4.
        - Blocks: no, returns at once.
        """
        return await self._acall(HostSlot.GET_ACTIVE_AGENT_ID, ())

    async def log_structured(
        self,
        level: int,
        message: str,
        payload_json: str | None = None,
    ) -> None:
        """Writes a line to the host's log with a payload that the activity list shows beside it.

        Hand-written copies of the table often forget this slot, which moves `free_string` to a
        wrong place.

        - `level`: One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
        - `message`: Text of any length.
        - `payload_json`: Details, by custom a JSON object; the host does not parse it. None: The
          same as `log`.
        - Since version 5.
        - Blocks: no, returns at once.
        """
        await self._acall(HostSlot.LOG_STRUCTURED, (level, message, payload_json))
