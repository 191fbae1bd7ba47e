"""Runs a plugin in a unit test: no dylib, no host, the real runtime.

Config lives in a dict and the database in SQLite's memory; every other host call is answered by
the test, or refused. Arguments are coerced and checked by the tool's schema first, as in the host.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from . import _codec, _frame
from ._runtime import Runtime
from ._test_services import Http, Model, Tasks, event_type
from .coercion import coerce
from .errors import ConversionError, HostCallRefused, ToolError
from .jsonable import plain
from .plugin import Plugin
from .validation import check

_NAMES = {
    number: name.lower()
    for name, number in vars(_frame).items()
    if name.isupper() and isinstance(number, int) and not name.startswith("TYPE")
}
_LEVELS = ("trace", "debug", "info", "warn", "error")
AGENT = "11111111-2222-3333-4444-555555555555"
"""The agent that calls unless a test names another one."""

Answer = Callable[..., Any]


class HostCall:
    """A host call that the plugin made: its name, and its arguments with JSON read."""

    __slots__ = ("args", "name")

    def __init__(self, name: str, args: tuple[Any, ...]) -> None:
        self.name = name
        self.args = args

    @property
    def request(self) -> Any:
        """The first argument, for calls that take one request."""
        return self.args[0] if self.args else None

    def __repr__(self) -> str:
        return f"HostCall({self.name!r}, {self.args!r})"


class LogRecord(NamedTuple):
    """A line that the plugin logged."""

    level: str
    """ "trace", "debug", "info", "warn" or "error"."""
    message: str
    fields: dict[str, Any]


class ToolFailure(AssertionError):
    """A tool answered with a failure where the test expected a result."""

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        super().__init__(f"{envelope.get('kind')}: {envelope.get('message')}")
        self.envelope = dict(envelope)

    @property
    def kind(self) -> str:
        """The envelope's kind."""
        return str(self.envelope.get("kind"))


def result_of(envelope: Mapping[str, Any]) -> Any:
    """The result in an envelope; raises `ToolFailure` for a failure."""
    if not envelope["ok"]:
        raise ToolFailure(envelope)
    return envelope["result"]


class TestHost:
    """A host for one plugin.

    >>> @plugin.tool
    ... def fetch(ctx: Context, url: str) -> str:
    ...     '''Fetch a page.'''
    ...     return ctx.http.get(url).text
    >>> host = TestHost(plugin)
    >>> host.answer("http_request", lambda request: {"status": 200, "body": "hi"})
    >>> host.call("fetch", url="https://example.com")
    {'text': 'hi'}
    >>> host.calls[-1].request["url"]
    'https://example.com'
    """

    __test__ = False  # not a test class, whatever pytest thinks of the name

    def __init__(
        self,
        plugin: Plugin,
        *,
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        agent_id: str | None = AGENT,
        working_directory: str | None = None,
    ) -> None:
        self.config = dict(config or {})
        self.agent_id = agent_id
        self.calls: list[HostCall] = []
        self.logs: list[LogRecord] = []
        self.tracebacks: list[str] = []
        self.secrets = dict(secrets or {})
        self.http = Http(self.secrets)
        self.model = Model()
        self.tasks = Tasks()
        self._working_directory = working_directory
        self._answers: dict[str, Answer] = {}
        self._chunks: list[Any] = []
        self._lock = threading.RLock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        plugin.declare_included()
        self._runtime = Runtime(plugin)
        self._runtime.set_log(self._note)
        self._plugin = plugin
        start = plugin.events.get("on_start")
        if start is not None:
            start.function()

    # --- what the test says -----------------------------------------------------------------

    def answer(self, name: str, answer: Answer | Mapping[str, Any] | str | None) -> None:
        """Answers a host call such as "http_request", "dispatch" or "embed": with a JSON object,
        text, or a function of the call's arguments (JSON read) that returns one of them."""
        if name not in _NAMES.values():
            raise ValueError(f"no host call {name!r}; there are {', '.join(_NAMES.values())}")
        self._answers[name] = answer if callable(answer) else lambda *args: answer

    def answer_stream(self, pieces: Iterable[str | Mapping[str, Any]]) -> None:
        """Answers `inference.stream`: each text is a piece of the model's answer."""
        self._chunks = [
            {"choices": [{"index": 0, "delta": {"content": one}}]} if isinstance(one, str) else one
            for one in pieces
        ]

    # --- what the host does -----------------------------------------------------------------

    def envelope(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Calls a tool and returns the whole envelope."""
        return self._envelope(tool, _codec.dumps(plain(arguments, "argument")))

    def _envelope(self, tool: str, arguments: str) -> dict[str, Any]:
        """Calls a tool with the arguments' JSON text, as the host does."""
        payload = self._runtime.decode("tool", tool, arguments)
        declared = self._plugin.tools.get(tool)
        if declared is not None:
            try:
                payload = coerce(declared.parameters, payload)
                check(declared.parameters, payload)
            except ConversionError as error:
                return ToolError(
                    "invalid_args",
                    f"{f'`{error.field}`' if error.field else 'the arguments:'} {error.message}",
                    field=error.field,
                    expected=error.expected,
                ).envelope()
        extras: dict[str, Any] = {"secrets": self.secrets}
        if self._working_directory is not None:
            extras["working_directory"] = self._working_directory
        answered: dict[str, Any] = self._run("tool", tool, payload, extras)
        return answered

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """Calls a tool and returns its result; raises `ToolFailure` for a failure."""
        return result_of(self.envelope(tool, **arguments))

    def request(
        self,
        method: str,
        path: str,
        *,
        body: str = "",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Sends a request to the plugin's routes and returns the response object. Matches as the
        host does: exact paths first, then `:param` routes, then `/*`."""
        route = self._match(method.upper(), path)
        if route is None:
            return {"status": 404, "headers": {}, "body": "No matching route"}
        route_id, params = route
        raw = {
            "method": method.upper(),
            "path": path,
            "path_params": params,
            "query": dict(query or {}),
            "headers": {name.lower(): value for name, value in (headers or {}).items()},
            "body": body if json is None else _codec.dumps(json),
            "body_encoding": "utf8",
            "remote_addr": "",
            "route_id": route_id,
            "plugin_id": self._plugin.id or "dev.example.test",
            "osaurus": {
                "base_url": "http://127.0.0.1:1338",
                "plugin_url": f"http://127.0.0.1:1338/plugins/{self._plugin.id}",
                "agent_address": "",
            },
        }
        answered: dict[str, Any] = self._run("route", route_id, raw, None)
        return answered

    def config_changed(self, key: str, value: str) -> None:
        """Tells the plugin about a setting (and stores it)."""
        self.config[key] = value
        self._run("config_changed", "", {"key": key, "value": value}, None)

    def task_event(self, task_id: str, type: int, event: Mapping[str, Any]) -> None:
        """Tells the plugin about one of its tasks. `type` is 0 (started) to 8 (draft)."""
        payload = {"task_id": task_id, "type": event_type(type), "event": dict(event)}
        self._run("task_event", task_id, payload, None)

    def finish_task(self, task_id: str, output: str = "", *, success: bool = True) -> None:
        """Ends one of `tasks` and tells the plugin."""
        task = self.tasks.find(task_id)
        if task is None:
            raise ValueError(f"there is no task {task_id!r}; the plugin dispatched {self.tasks!r}")
        task["status"] = "completed" if success else "failed"
        event = {"success": success, "summary": "Chat completed", "output": output}
        self.task_event(task_id, 4 if success else 5, event)

    def artifact(self, **artifact: Any) -> None:
        """Tells the plugin about a shared file."""
        self._run("artifact", "share", artifact, None)

    def unload(self) -> None:
        """Unloads the plugin."""
        self._run("unload", "", None, None)

    def _run(self, kind: str, target: str, payload: Any, extras: Any) -> Any:
        frame = _Frame(self, threaded=self._runtime.is_async(kind, target))
        if not self._runtime.is_async(kind, target):
            return self._runtime.call(frame, kind, target, payload, extras)
        import asyncio

        return asyncio.run(self._runtime.acall(frame, kind, target, payload, extras))

    def _match(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        from urllib.parse import unquote

        open_ = [one for one in self._plugin.routes.values() if method in one.methods]
        for route in open_:
            if route.path == path:
                return route.id, {}
        parts = path.split("/")
        for route in open_:
            segments = route.path.split("/")
            if ":" in route.path and len(segments) == len(parts):
                pairs = list(zip(segments, parts, strict=True))
                if all(part if one.startswith(":") else one == part for one, part in pairs):
                    params = {one[1:]: unquote(part) for one, part in pairs if one[:1] == ":"}
                    return route.id, params
        for route in open_:
            if route.path.endswith("/*") and f"{path}/".startswith(route.path[:-1]):
                return route.id, {}
        return None

    # --- host calls -------------------------------------------------------------------------

    def _host_call(self, slot: int, args: tuple[Any, ...]) -> str | None:
        name = _NAMES[slot]
        read = tuple(_read(one) if index == 0 else one for index, one in enumerate(args))
        if name in ("config_get", "config_set", "config_delete", "db_exec", "db_query", "log"):
            read = args
        with self._lock:
            self.calls.append(HostCall(name, read))
            scripted = self._answers.get(name)
            if scripted is not None:
                return _write(scripted(*read))
            built_in = getattr(self, f"_host_{name}", None)
            if built_in is None:
                raise _unanswered(name)
            answered: str | None = built_in(*args)
            return answered

    def _host_http_request(self, request: str) -> str:
        return _codec.dumps(self.http.respond(_codec.loads(request)))

    def _host_complete(self, request: str) -> str:
        answer = self.model.respond(_codec.loads(request))
        if answer is None:
            raise HostCallRefused("the test answers no complete; say host.model.answer(...)")
        return _codec.dumps(answer)

    def _host_dispatch(self, request: str) -> str:
        return _codec.dumps(self.tasks.dispatch(_codec.loads(request)))

    def _host_task_status(self, task_id: str) -> str:
        task = self.tasks.find(task_id)
        return _codec.dumps(task or {"error": "not_found", "message": "Task not found"})

    def _host_list_active_tasks(self) -> str:
        return _codec.dumps({"tasks": [one for one in self.tasks if one["status"] == "running"]})

    def _host_dispatch_cancel(self, task_id: str) -> None:
        task = self.tasks.find(task_id)
        if task is not None:
            task["status"] = "cancelled"

    def _host_config_get(self, key: str) -> str | None:
        value = self.config.get(key)
        if value is None or isinstance(value, str):
            return value
        raise TypeError(f"config[{key!r}] of the test is {value!r}: settings are strings")

    def _host_config_set(self, key: str, value: str) -> None:
        self.config[key] = value

    def _host_config_delete(self, key: str) -> None:
        self.config.pop(key, None)

    def _note(self, level: int, text: str) -> None:
        """What the SDK itself says, such as why a tool failed."""
        self.tracebacks.append(text)
        self.logs.append(LogRecord(_LEVELS[level], text, {}))

    def _host_log(self, level: int, message: str) -> None:
        self.logs.append(LogRecord(_LEVELS[level], message, {}))

    def _host_log_structured(self, level: int, message: str, payload: str) -> None:
        self.logs.append(LogRecord(_LEVELS[level], message, _codec.loads(payload)))

    def _host_get_active_agent_id(self) -> str | None:
        return self.agent_id

    def _sql(self, sql: str, params: str | None) -> sqlite3.Cursor | str:
        values = [
            _codec.dumps(one) if isinstance(one, (list, dict)) else one
            for one in (_codec.loads(params) if params else [])
        ]
        values += [None] * (sql.count("?") - len(values))
        try:
            return self._database.execute(sql, values)
        except (sqlite3.Error, sqlite3.Warning) as error:
            return _codec.dumps({"error": str(error)})

    def _host_db_exec(self, sql: str, params: str | None) -> str:
        done = self._sql(sql, params)
        if isinstance(done, str):
            return done
        changes = max(done.rowcount, 0)
        return _codec.dumps({"changes": changes, "last_insert_rowid": done.lastrowid or 0})

    def _host_db_query(self, sql: str, params: str | None) -> str:
        done = self._sql(sql, params)
        if isinstance(done, str):
            return done
        columns = [one[0] for one in done.description or ()]
        rows = [[_cell(one) for one in row] for row in done.fetchall()]
        return _codec.dumps({"columns": columns, "rows": rows})

    def _stream(self, request: str, on_chunk: Callable[[str], bool]) -> str | None:
        self.calls.append(HostCall("complete_stream", (_codec.loads(request),)))
        scripted = self._answers.get("complete_stream")
        text = ""
        for chunk in self._chunks:
            if not on_chunk(_codec.dumps(chunk)):
                return _codec.dumps({"error": "cancelled", "message": "", "partial_content": text})
            text += str(chunk["choices"][0].get("delta", {}).get("content") or "")
        if scripted is not None:
            return _write(scripted(_codec.loads(request)))
        if not self._chunks:
            return self._stream_by_rule(request, on_chunk)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return _codec.dumps({"id": "cmpl-TEST", "model": "test", "choices": [choice]})

    def _stream_by_rule(self, request: str, on_chunk: Callable[[str], bool]) -> str:
        """What `model` answers, word by word."""
        answer = self.model.respond(_codec.loads(request))
        if answer is None:
            raise HostCallRefused(
                "the test answers no stream; say host.model.answer(...) or host.answer_stream(...)"
            )
        whole = answer["choices"][0]["message"]["content"] if "choices" in answer else ""
        text = ""
        for word in whole.split(" "):
            piece = word if not text else f" {word}"
            chunk = {"choices": [{"index": 0, "delta": {"content": piece}}]}
            if not on_chunk(_codec.dumps(chunk)):
                return _codec.dumps({"error": "cancelled", "message": "", "partial_content": text})
            text += piece
        return _codec.dumps(answer)


class _Frame:
    """The frame of one call."""

    def __init__(self, host: TestHost, *, threaded: bool) -> None:
        self._host = host
        self.on_host_thread = not threaded

    def call(self, slot: int, args: tuple[str | int | None, ...]) -> str | None:
        return self._host._host_call(slot, args)

    def post(self, slot: int, args: tuple[str | int | None, ...], done: Any) -> None:
        _report(done, lambda: self._host._host_call(slot, args))

    def stream(self, request: str, on_chunk: Callable[[str], bool], done: Any) -> str | None:
        if done is None:
            return self._host._stream(request, on_chunk)
        # On a thread, as in the host: the handler reads while the model writes.
        run = threading.Thread(
            target=_report, args=(done, lambda: self._host._stream(request, on_chunk)), daemon=True
        )
        run.start()
        return None


def _unanswered(name: str) -> HostCallRefused:
    return HostCallRefused(f'the test answers no {name}; say host.answer("{name}", ...)')


def _report(done: Any, run: Callable[[], str | None]) -> None:
    try:
        value = run()
    except HostCallRefused as refused:
        done(None, refused)
    else:
        done(value, None)


def _read(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in "{[":
        return value
    try:
        return _codec.loads(value)
    except ValueError:
        return value


def _write(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _codec.dumps(plain(value))


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        from binascii import b2a_base64

        return b2a_base64(value, newline=False).decode("ascii") if value else None
    return value
