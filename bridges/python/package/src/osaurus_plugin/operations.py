"""Every host call without its I/O: a function per call that checks the arguments and returns
(slot, arguments, how to read the answer). `context.py` and `async_context.py` run them.
"""

from __future__ import annotations

from . import _codec, _frame
from .errors import DatabaseError, HostError, InvalidReply, host_error
from .results import Completion, ExecResult, FileContent, HttpResponse, Model, Rows, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from ._frame import Op

    T = TypeVar("T")
    Prompt = str | Sequence[Mapping[str, Any]]

MAX_CONFIG_BYTES = 1_048_576


def _reply(text: str | None) -> dict[str, Any]:
    """The host's JSON object, or the exception that its error envelope stands for."""
    if text is None:
        raise InvalidReply("the host answered nothing where a JSON object was expected")
    try:
        reply = _codec.loads(text)
    except ValueError as error:
        raise InvalidReply(f"the host's answer is not JSON ({error})") from None
    if not isinstance(reply, dict):
        raise InvalidReply(f"the host answered {text[:80]!r} where a JSON object was expected")
    if reply.get("error"):
        raise host_error(reply)
    return reply


def _view(make: Callable[[dict[str, Any]], T]) -> Callable[[str | None], T]:
    return lambda text: make(_reply(text))


def _no_result(_text: str | None) -> None:
    return None


def _json(what: str, value: object) -> str:
    try:
        return _codec.dumps(value)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{what} must be JSON (text, numbers, bools, None, lists, dicts): {error}"
        ) from None


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, not {type(value).__name__}")
    return value


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


# --- config ---------------------------------------------------------------------------------


def config_get(key: str, default: T) -> Op[str | T]:
    return (
        _frame.CONFIG_GET,
        (_text("the key", key),),
        lambda text: default if text is None else text,
    )


def config_bool(key: str, default: bool) -> Op[bool]:
    def parse(text: str | None) -> bool:
        return default if not text else text.strip().lower() in ("true", "1", "yes", "on")

    return _frame.CONFIG_GET, (_text("the key", key),), parse


def config_number(key: str, default: float) -> Op[float]:
    def parse(text: str | None) -> float:
        if text is None or not text.strip():
            return default
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"the setting {key!r} is not a number: {text!r}") from None

    return _frame.CONFIG_GET, (_text("the key", key),), parse


def config_set(key: str, value: str) -> Op[None]:
    size = len(_text(f"the value of {key!r}", value).encode("utf-8", "surrogatepass"))
    if size > MAX_CONFIG_BYTES:
        raise ValueError(
            f"the value of {key!r} has {size} bytes and the host drops more than "
            f"{MAX_CONFIG_BYTES}: keep large values in ctx.db"
        )
    return _frame.CONFIG_SET, (_text("the key", key), value), _no_result


def config_delete(key: str) -> Op[None]:
    return _frame.CONFIG_DELETE, (_text("the key", key),), _no_result


# --- database -------------------------------------------------------------------------------


def _parameter(index: int, value: object) -> Any:
    kind = type(value).__name__
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"SQL parameter {index}: the host cannot bind {kind}; "
            "store base64 text, or write the bytes into the SQL as X'0123'"
        )
    if isinstance(value, str) and "\0" in value:
        raise ValueError(f"SQL parameter {index} holds a NUL; the host would cut the text there")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"SQL parameter {index} ({value}) does not fit SQLite's 64-bit integers")
    if value is None or isinstance(value, (str, bool, int, float, list, dict, tuple)):
        return value
    raise TypeError(
        f"SQL parameter {index}: {kind} cannot be bound; pass str, int, float, bool, None, "
        "or a list or dict to be stored as JSON text"
    )


def _sql(slot: int, sql: str, params: Sequence[Any], parse: Callable[[str | None], T]) -> Op[T]:
    _text("the SQL", sql)
    if isinstance(params, (str, bytes)) or hasattr(params, "keys"):
        raise TypeError(
            f"SQL parameters must be a list or tuple for `?` placeholders, not "
            f"{type(params).__name__}: the host silently ignores named parameters"
        )
    values = [_parameter(index, value) for index, value in enumerate(params, 1)]
    return slot, (sql, _json("SQL parameters", values) if values else None), parse


def _database_reply(text: str | None) -> dict[str, Any]:
    try:
        return _reply(text)
    except HostError as error:
        # A database error is SQLite's text alone, without a code of its own.
        if type(error) is HostError:
            raise DatabaseError(error.message, "", error.details) from None
        raise


def db_execute(sql: str, params: Sequence[Any] = ()) -> Op[ExecResult]:
    return _sql(_frame.DB_EXEC, sql, params, lambda text: ExecResult(_database_reply(text)))


def _cells(row: Any, columns: list[str]) -> list[Any]:
    """A row's values: the documents promise objects, today's host answers arrays."""
    return [row.get(name) for name in columns] if isinstance(row, dict) else row


def db_query(sql: str, params: Sequence[Any] = ()) -> Op[Rows]:
    def parse(text: str | None) -> Rows:
        reply = _database_reply(text)
        rows = reply.get("rows") or []
        columns = reply.get("columns")
        if columns is None:
            columns = list(rows[0]) if rows else []
        return Rows(columns, [_cells(row, columns) for row in rows])

    return _sql(_frame.DB_QUERY, sql, params, parse)


# --- log ------------------------------------------------------------------------------------


def log(level: int, message: str) -> Op[None]:
    return _frame.LOG, (level, message.replace("\0", "\\0")), _no_result


def log_structured(level: int, message: str, fields: Mapping[str, Any]) -> Op[None]:
    payload = _codec.dumps({name: _loggable(value) for name, value in fields.items()})
    return _frame.LOG_STRUCTURED, (level, message.replace("\0", "\\0"), payload), _no_result


def log_flat(level: int, message: str, fields: Mapping[str, Any]) -> Op[None]:
    """The same line for a host older than version 5, which has no structured logs."""
    return log(level, f"{message} {log_structured(level, '', fields)[1][2]}")


def _loggable(value: Any) -> Any:
    try:
        _codec.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)
    return value


# --- inference ------------------------------------------------------------------------------


def chat_request(prompt: Prompt, system: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """The request of `complete` and `complete_stream`. The host insists on `model`."""
    if isinstance(prompt, str):
        messages: list[Any] = [{"role": "user", "content": prompt}]
    else:
        messages = [dict(message) for message in prompt]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    if not messages:
        raise ValueError("the conversation is empty: pass a prompt or at least one message")
    request = _without_none(**options)
    request["model"] = request.get("model") or "default"
    request["messages"] = messages
    return request


def complete(prompt: Prompt, system: str | None, options: dict[str, Any]) -> Op[Completion]:
    request = chat_request(prompt, system, options)
    return _frame.COMPLETE, (_json("the request", request),), _view(Completion)


def stream_request(prompt: Prompt, system: str | None, options: dict[str, Any]) -> str:
    """The JSON of a stream, with an id that it can be cancelled by."""
    from os import urandom

    request = chat_request(prompt, system, options)
    request["stream_id"] = request.get("stream_id") or urandom(16).hex()
    return _json("the request", request)


def stream_result(text: str | None, stopped: bool) -> Completion:
    """What a stream ended with. Being cancelled by the author is an ending, not an error."""
    try:
        return Completion(_reply(text))
    except HostError as error:
        if stopped and error.code == "cancelled":
            return Completion({**error.details, "error": "cancelled"})
        raise


def embed(inputs: Sequence[str], model: str | None) -> Op[list[list[float]]]:
    def parse(text: str | None) -> list[list[float]]:
        data = sorted(_reply(text).get("data") or [], key=lambda one: int(one.get("index", 0)))
        if len(data) != len(inputs):
            raise InvalidReply(f"asked for {len(inputs)} embeddings, the host sent {len(data)}")
        return [list(one["embedding"]) for one in data]

    for one in inputs:
        _text("each text to embed", one)
    request = _without_none(input=list(inputs), model=model)
    return _frame.EMBED, (_json("the request", request),), parse


def embed_one(text: str, model: str | None) -> Op[list[float]]:
    slot, args, parse = embed([text], model)
    return slot, args, lambda reply: parse(reply)[0]


def list_models() -> Op[list[Model]]:
    return _frame.LIST_MODELS, (), lambda text: [Model(one) for one in _reply(text)["models"]]


# --- tasks ----------------------------------------------------------------------------------


def dispatch(
    prompt: str,
    title: str | None,
    tools: Sequence[str] | None,
    session_id: str | None,
    id: str | None,
    folder_bookmark: str | None,
) -> Op[Task]:
    if isinstance(tools, str):
        raise TypeError(f"tools must be a list of tool names, not the text {tools!r}")
    request = _without_none(
        prompt=_text("the prompt", prompt),
        title=title,
        tools=None if tools is None else list(tools),
        session_id=session_id,
        id=id,
        folder_bookmark=folder_bookmark,
    )

    def parse(text: str | None) -> Task:
        reply = _reply(text)
        return Task({"title": title, **reply} if title else reply)

    return _frame.DISPATCH, (_json("the request", request),), parse


def _task_id(task: str | Task) -> str:
    return task.id if isinstance(task, Task) else _text("the task id", task)


def task_status(task: str | Task) -> Op[Task]:
    return _frame.TASK_STATUS, (_task_id(task),), _view(Task)


def list_active_tasks() -> Op[list[Task]]:
    return (
        _frame.LIST_ACTIVE_TASKS,
        (),
        lambda text: [Task(one) for one in _reply(text).get("tasks") or []],
    )


def dispatch_cancel(task: str | Task) -> Op[None]:
    return _frame.DISPATCH_CANCEL, (_task_id(task),), _no_result


def send_draft(task: str | Task, draft: str | Mapping[str, Any]) -> Op[None]:
    body = {"text": draft} if isinstance(draft, str) else dict(draft)
    return _frame.SEND_DRAFT, (_task_id(task), _json("the draft", body)), _no_result


def dispatch_interrupt(task: str | Task, message: str | None) -> Op[None]:
    return _frame.DISPATCH_INTERRUPT, (_task_id(task), message), _no_result


# --- http, files, agent ---------------------------------------------------------------------


def _with_query(url: str, query: Mapping[str, Any] | None) -> str:
    if not query:
        return url
    from urllib.parse import urlencode

    address, hash_, fragment = url.partition("#")
    glue = "&" if "?" in address else "?"
    return f"{address}{glue}{urlencode(query, doseq=True)}{hash_}{fragment}"


def _header(name: object, value: object) -> str:
    # One value that is not a string makes the host ignore all headers, without an error.
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError(f"header {name!r} must be a str with a str value, not {value!r}")
    return value


def http_request(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    query: Mapping[str, Any] | None,
    body: str | bytes | None,
    json: Any,
    timeout: float | None,
    follow_redirects: bool,
) -> Op[HttpResponse]:
    if body is not None and json is not None:
        raise ValueError("pass body= or json=, not both")
    header_values = {name: _header(name, value) for name, value in (headers or {}).items()}
    request: dict[str, Any] = {"method": _text("the method", method).upper()}
    request["url"] = _with_query(_text("the URL", url), query)
    if json is not None:
        request["body"] = _json("json=", json)
        if not any(name.lower() == "content-type" for name in header_values):
            header_values["Content-Type"] = "application/json"
    elif isinstance(body, (bytes, bytearray)):
        from binascii import b2a_base64

        request["body"] = b2a_base64(body, newline=False).decode("ascii")
        request["body_encoding"] = "base64"
    elif body is not None:
        request["body"] = _text("body=", body)
    if header_values:
        request["headers"] = header_values
    if timeout is not None:
        request["timeout_ms"] = max(1, round(timeout * 1000))
    if not follow_redirects:
        request["follow_redirects"] = False
    return _frame.HTTP_REQUEST, (_json("the request", request),), _view(HttpResponse)


def file_read(path: object) -> Op[FileContent]:
    from os import fspath

    text = _text("the path", fspath(path))  # type: ignore[call-overload]
    return _frame.FILE_READ, (_json("the request", {"path": text}),), _view(FileContent)


def agent_id() -> Op[str | None]:
    return _frame.GET_ACTIVE_AGENT_ID, (), lambda text: text
