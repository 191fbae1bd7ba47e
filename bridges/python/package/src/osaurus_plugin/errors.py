"""Every exception that an author meets, and the table from the host's error codes to classes.

Used by the whole package; knows neither plugins nor frames.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    ToolErrorKind = Literal[
        "invalid_args",
        "rejected",
        "user_denied",
        "timeout",
        "execution_error",
        "not_found",
        "unavailable",
        "tool_not_found",
    ]

# What the host assumes of each kind when an envelope does not say.
RETRYABLE = {
    "invalid_args": True,
    "rejected": False,
    "user_denied": False,
    "timeout": True,
    "execution_error": True,
    "not_found": False,
    "unavailable": True,
    "tool_not_found": False,
}


class DeadlineExceeded(BaseException):
    """Sent into a handler's thread when its time is over. Let it pass: clean up in `finally`."""

    def __init__(self, message: str = "the call has used all its time and is stopped here") -> None:
        super().__init__(message)


class DeclarationError(Exception):
    """A tool, route, setting or other part of a plugin is declared in a way that cannot work."""

    def __init__(self, message: str, file: str | None = None, line: int | None = None) -> None:
        self.message = message
        self.file = file
        self.line = line
        super().__init__(f"{file}:{line}: {message}" if file else message)


class ConversionError(ValueError):
    """A JSON argument cannot become the annotated type. Answered as `invalid_args`."""

    def __init__(self, message: str, field: str = "", expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.expected = expected

    def inside(self, name: str) -> ConversionError:
        """The same error, seen from the container that holds the value as `name`."""
        glue = "" if not self.field or self.field.startswith("[") else "."
        return ConversionError(self.message, f"{name}{glue}{self.field}", self.expected)


def wrong_value(expected: str, value: object) -> ConversionError:
    """The error for a value that is not what was expected, in the words of the arguments' check."""
    return ConversionError(f"must be {expected}, found {_description(value)}", "", expected)


_KINDS = {int: "number", float: "number", str: "string", list: "array", dict: "object"}
_MAX_FOUND = 80


def _description(value: object) -> str:
    from . import _codec

    try:
        text = _codec.dumps(value)
    except (TypeError, ValueError):
        text = repr(value)
    size = len(text.encode("utf-8", "replace"))
    if size > _MAX_FOUND:
        text = f"{text[:_MAX_FOUND]}… ({size} bytes in all)"
    kind = next((name for one, name in _KINDS.items() if type(value) is one), None)
    return f"the {kind} {text}" if kind else text


class ToolError(Exception):
    """Ends a tool call with a failure that the model can read and act on.

    `kind` is one of the host's eight kinds; `retryable` defaults to what the host assumes of it.
    Further keyword arguments are added to the envelope as they are.

    >>> @plugin.tool
    ... def find(title: str) -> str:
    ...     '''Find a book.'''
    ...     raise ToolError("not_found", f"there is no book {title!r}")
    >>> TestHost(plugin).envelope("find", title="Emma")["message"]
    "there is no book 'Emma'"
    """

    def __init__(
        self,
        kind: ToolErrorKind,
        message: str,
        *,
        retryable: bool | None = None,
        field: str | None = None,
        expected: str | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retryable = RETRYABLE.get(kind, True) if retryable is None else retryable
        self.field = field
        self.expected = expected
        self.extra = extra

    def envelope(self) -> dict[str, Any]:
        """The failure as the host reads it."""
        envelope: dict[str, Any] = {
            "ok": False,
            "kind": self.kind,
            "message": self.message,
            "retryable": self.retryable,
        }
        if self.field is not None:
            envelope["field"] = self.field
        if self.expected is not None:
            envelope["expected"] = self.expected
        for key, value in self.extra.items():
            envelope.setdefault(key, value)
        return envelope


class HTTPError(Exception):
    """Ends a route with a status and a JSON body `{"error": {"message": ...}}`."""

    def __init__(
        self, status: int, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


class HostError(Exception):
    """The host answered a call with an error envelope.

    `code` is the host's word for it, `details` the other fields of the envelope.
    """

    def __init__(
        self, message: str, code: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]" if self.code else self.message


class HostCallRefused(HostError):
    """The call never reached the host: the text holds a NUL, the call that it belongs to has
    ended, or it came from a thread that may not make it."""

    def __init__(self, message: str, code: str = "refused") -> None:
        super().__init__(message, code)


class Unavailable(HostCallRefused):
    """The host does not have the function: it is too old, or gives no functions at all (version 1).

    The message names the function, the version that it needs and the host's. Not caught, it ends
    a tool call with the kind `unavailable`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, "unavailable")


class InvalidReply(HostError):
    """The host's answer is not what its documents promise."""


class InvalidRequest(HostError):
    """The host could not use the request (`invalid_request`, `invalid_task_id`)."""


class NotFound(HostError):
    """No such task or file (`not_found`)."""


class AccessDenied(HostError):
    """Not allowed, such as a path outside the host's artifacts folder (`access_denied`)."""


class FileError(HostError):
    """The file is too large or cannot be read (`file_too_large`, `read_error`)."""


class RateLimited(HostError):
    """Too many calls (`rate_limit_exceeded`): 10 dispatches or 60 HTTP requests a minute."""

    @property
    def retry_after_ms(self) -> int | None:
        """Milliseconds to wait, where the host says."""
        value = self.details.get("retry_after_ms")
        return int(value) if isinstance(value, (int, float)) else None


class TaskLimitReached(HostError):
    """As many tasks are running as the host allows (`task_limit_reached`)."""


class Busy(HostError):
    """Two inference calls of this plugin are already running (`plugin_busy`)."""

    @property
    def max_inflight(self) -> int:
        """How many may run at once."""
        return int(self.details.get("max_inflight", 2))


class NoAgent(HostError):
    """The call needs a chat agent and this one has none (`built_in_agent_not_exposable`)."""


class ContextUnavailable(HostError):
    """The host does not know which plugin is calling (`context_unavailable`)."""


class HostTimeout(HostError):
    """The host gave its own work up (`host_timeout`)."""


class NotSupported(HostError):
    """The host no longer, or not here, offers this call."""


class DatabaseError(HostError):
    """SQLite refused a statement. `message` is SQLite's own text."""


class EmbeddingError(HostError):
    """No embedding could be made (`embedding_error`)."""


class InferenceError(HostError):
    """The model run failed (`inference_error`, `empty_tool_task_completion`, ...)."""

    @property
    def partial_content(self) -> str:
        """The text so far, where the host gives it (streams only)."""
        return str(self.details.get("partial_content") or "")

    @property
    def tool_calls_executed(self) -> list[dict[str, Any]]:
        """Tools that ran before the end."""
        return list(self.details.get("tool_calls_executed") or [])

    @property
    def shared_artifacts(self) -> list[dict[str, Any]]:
        """Files that were shared before the end."""
        return list(self.details.get("shared_artifacts") or [])


class MaxIterationsReached(InferenceError):
    """The tool loop used all its rounds (`max_iterations_reached`)."""


class ContextOverflow(InferenceError):
    """The conversation no longer fits the model (`context_overflow`)."""


class OutputTokenLimit(InferenceError):
    """The answer was cut at the token limit (`output_token_limit`)."""


class Cancelled(InferenceError):
    """The stream was cancelled from outside (`cancelled`)."""


class ClarifyRequested(InferenceError):
    """The model asks the user something before it goes on (`clarify_requested`)."""

    @property
    def question(self) -> str:
        """What the model asks."""
        return str(self.details.get("question") or "")


class RequestFailed(HostError):
    """An HTTP request got no answer (`network_error`, `invalid_response`, ...)."""

    @property
    def elapsed_ms(self) -> int | None:
        """Milliseconds until the failure, where the host says."""
        value = self.details.get("elapsed_ms")
        return int(value) if isinstance(value, (int, float)) else None


class RequestBlocked(RequestFailed):
    """The address is private or local; the host never goes there (`ssrf_blocked`)."""


class ConnectionFailed(RequestFailed):
    """Refused, no such name, or TLS failed."""


class ConnectionTimeout(RequestFailed):
    """The server was silent for too long (`connection_timeout`)."""


class BodyTooLarge(RequestFailed):
    """A request or response body is over 50,000,000 bytes."""


class HTTPStatusError(HostError):
    """Raised by `HttpResponse.raise_for_status()` for a status of 400 or more."""


_BY_CODE: dict[str, type[HostError]] = {
    "invalid_request": InvalidRequest,
    "invalid_task_id": InvalidRequest,
    "not_found": NotFound,
    "access_denied": AccessDenied,
    "unauthorized": AccessDenied,  # documented; the host that we know never sends these two
    "forbidden": AccessDenied,
    "file_too_large": FileError,
    "read_error": FileError,
    "rate_limit_exceeded": RateLimited,
    "task_limit_reached": TaskLimitReached,
    "plugin_busy": Busy,
    "built_in_agent_not_exposable": NoAgent,
    "missing_agent_context": NoAgent,
    "context_unavailable": ContextUnavailable,
    "host_timeout": HostTimeout,
    "not_supported": NotSupported,
    "not_supported_out_of_process": NotSupported,
    "embedding_error": EmbeddingError,
    "inference_error": InferenceError,
    "empty_tool_task_completion": InferenceError,
    "serialization_error": InferenceError,
    "max_iterations_reached": MaxIterationsReached,
    "context_overflow": ContextOverflow,
    "output_token_limit": OutputTokenLimit,
    "cancelled": Cancelled,
    "clarify_requested": ClarifyRequested,
    "ssrf_blocked": RequestBlocked,
    "connection_refused": ConnectionFailed,
    "dns_failure": ConnectionFailed,
    "tls_error": ConnectionFailed,
    "connection_timeout": ConnectionTimeout,
    "request_too_large": BodyTooLarge,
    "response_too_large": BodyTooLarge,
    "too_many_redirects": RequestFailed,
    "network_error": RequestFailed,
    "invalid_response": RequestFailed,
}


_MISSING = 4  # the engines' status of a call to a function that the host does not have


def refusal(status: int, message: str) -> HostCallRefused:
    """The exception for a call that an engine did not make."""
    return Unavailable(message) if status == _MISSING else HostCallRefused(message)


def host_error(reply: Mapping[str, Any]) -> HostError:
    """The exception for an error envelope, flat (`{"error": code, "message": ...}`), nested
    (`{"error": {"code", "message"}}`) or with neither code nor message."""
    error = reply.get("error")
    details = {key: value for key, value in reply.items() if key not in ("error", "message")}
    if isinstance(error, dict):
        code, message = str(error.get("code", "")), str(error.get("message", ""))
    else:
        code, message = str(error), str(reply.get("message") or "")
    error_class = _BY_CODE.get(code, HostError)
    return error_class(message or code, code, details)
