"""What the engines call: loads a plugin's module and runs its handlers.

Everything about a handler is worked out at load; a call looks up a function and runs it. Exceptions
become envelopes here, with the traceback in the log. Knows no engine.
"""

from __future__ import annotations

import sys

from . import _codec
from .errors import (
    ConversionError,
    DeadlineExceeded,
    HTTPError,
    ToolError,
    Unavailable,
    refusal,
)
from .jsonable import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ._frame import Frame
    from .handlers import Handler, Route, Tool
    from .plugin import Plugin

    Extras = Mapping[str, Any] | None
    Run = Callable[[Frame, Any, Extras], Any]

__all__ = ["RUNTIME_VERSION", "DeadlineExceeded", "Runtime", "load", "refusal"]

RUNTIME_VERSION = 2
KINDS = ("tool", "route", "config_changed", "task_event", "artifact", "unload")
_EVENTS = {
    "config_changed": "on_config_changed",
    "task_event": "on_task_event",
    "artifact": "on_artifact",
    "unload": "on_unload",
}
_PROBE = "__osaurus_abi_probe__"
_ERROR = 4


class LoadError(Exception):
    """The plugin's module cannot be loaded; the message says where and what to do."""


def load(entry: str, settings: Mapping[str, Any] | None = None) -> Runtime:
    """Imports "module:attribute". The engine has arranged where modules are found."""
    plugin = load_plugin(entry)
    runtime = Runtime(plugin)
    start = plugin.events.get("on_start")
    if start is not None:
        start.function()
    return runtime


def load_plugin(entry: str) -> Plugin:
    """The `Plugin` object that "module:attribute" names."""
    from .plugin import Plugin

    module_name, _, attribute = entry.partition(":")
    attribute = attribute or "plugin"
    # `__import__` as seen from here: an engine that keeps plugins apart replaces it.
    module = __import__(module_name, globals(), None, [attribute], 0)
    plugin = getattr(module, attribute, None)
    if isinstance(plugin, Plugin):
        return plugin
    file = getattr(module, "__file__", module_name)
    names = [name for name, value in vars(module).items() if isinstance(value, Plugin)]
    hint = f'write entry = "{module_name}:{names[0]}"' if names else "write `plugin = Plugin(...)`"
    is_what = "is not there" if plugin is None else f"is {_described(plugin)}, not a Plugin"
    raise LoadError(f"{file}: the entry {entry!r} names {attribute!r}, which {is_what}; {hint}")


class Runtime:
    """A loaded plugin. Calls may come from several threads at once."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self._log: Callable[[int, str], None] = _log_to_stderr
        self.exact_tools = {id_ for id_, tool in plugin.tools.items() if tool.arguments.exact}
        self._tools = {id_: _tool(self, tool) for id_, tool in plugin.tools.items()}
        self._runs: dict[Any, Callable[[Frame, str, Any, Extras], Any]] = {}
        self._routes = {id_: _route(self, route) for id_, route in plugin.routes.items()}
        for number, kind in enumerate(KINDS):
            self._runs[kind] = self._runs[number] = getattr(self, f"_{kind}")

    def set_log(self, write: Callable[[int, str], None]) -> None:
        """Where tracebacks go: `write(level, text)`, on any thread."""
        self._log = write

    def is_async(self, kind: str | int, target: str) -> bool:
        """Whether `acall` is the way to run a handler."""
        name = KINDS[kind] if isinstance(kind, int) else kind
        handlers: Mapping[str, Handler] = self.plugin.events
        if name == "tool":
            handlers = self.plugin.tools
        elif name == "route":
            handlers = self.plugin.routes
        handler = handlers.get(_EVENTS.get(name, target))
        return handler is not None and handler.is_async

    def decode(self, kind: str | int, target: str, payload: str) -> Any:
        """A call's JSON text as a value. Decimals of a tool need all digits of its numbers."""
        if kind in ("tool", 0) and target in self.exact_tools:
            return _codec.loads_exact(payload)
        return _codec.loads(payload)

    def call(
        self, frame: Frame, kind: str | int, target: str, payload: Any, context: Extras
    ) -> dict[str, Any] | None:
        """Runs a `def`. Answers an envelope, a route's response, or None; raises only what the
        engine itself has sent (`DeadlineExceeded`)."""
        if kind == "tool" or kind == 0:
            run = self._tools.get(target)
            if run is not None:
                return run(frame, payload, context)  # type: ignore[no-any-return]
        return self._runs[kind](frame, target, payload, context)  # type: ignore[no-any-return]

    async def acall(
        self, frame: Frame, kind: str | int, target: str, payload: Any, context: Extras
    ) -> dict[str, Any] | None:
        """Runs an `async def` (or, harmlessly, a `def`). Never raises but for a deadline."""
        answered: Any = self.call(frame, kind, target, payload, context)
        if answered is None or isinstance(answered, dict):
            return answered
        result: dict[str, Any] | None = await answered
        return result

    # --- one function per kind: (frame, target, payload, context) -----------------------------

    def _tool(self, frame: Frame, target: str, payload: Any, context: Extras) -> Any:
        run = self._tools.get(target) or self._included(target)
        if run is not None:
            return run(frame, payload, context)
        names = ", ".join(self._tools) or "none"
        return ToolError(
            "tool_not_found", f"the plugin has no tool {target!r} (it has: {names})"
        ).envelope()

    def _included(self, target: str) -> Run | None:
        """A tool of an MCP server, which is asked for its tools when one of them is called."""
        tool = self.plugin.included_tool(target)
        if tool is None:
            return None
        self._tools[target] = run = _tool(self, tool)
        return run

    def _route(self, frame: Frame, target: str, payload: Any, context: Extras) -> Any:
        run = self._routes.get(target)
        if run is not None:
            return run(frame, payload, context)
        from .routes import error_answer

        return error_answer(404, f"the plugin has no route {target!r}")

    def _config_changed(self, frame: Frame, target: str, payload: Any, context: Extras) -> Any:
        key = payload.get("key") or ""
        if key == _PROBE:
            return None
        value = self.plugin.as_typed(key, payload.get("value") or "")
        return self._event("on_config_changed", frame, context, key, value)

    def _task_event(self, frame: Frame, target: str, payload: Any, context: Extras) -> Any:
        from .events import task_event

        task_id = str(payload.get("task_id") or target)
        event = task_event(task_id, int(payload.get("type", -1)), payload.get("event"))
        return self._event("on_task_event", frame, context, event)

    def _artifact(self, frame: Frame, target: str, payload: Any, context: Extras) -> Any:
        from .events import Artifact

        return self._event("on_artifact", frame, context, Artifact(payload or {}))

    def _unload(self, frame: Frame, target: str, payload: Any, context: Extras) -> Any:
        try:
            return self._event("on_unload", frame, None)
        finally:
            for server in self.plugin.included:
                server.close()

    def _event(self, name: str, frame: Frame, extras: Extras, *arguments: Any) -> Any:
        handler = self.plugin.events.get(name)
        if handler is None:
            return None
        if handler.wants_context:
            arguments = (_context_class(handler)(frame, extras), *arguments)
        if handler.is_async:
            return self._await_event(handler, arguments)
        try:
            handler.function(*arguments)
        except BaseException as error:
            self.report(handler, error)
        return None

    async def _await_event(self, handler: Handler, arguments: tuple[Any, ...]) -> None:
        try:
            await handler.function(*arguments)
        except BaseException as error:
            self.report(handler, error)

    # --- failures ---------------------------------------------------------------------------

    def report(self, handler: Handler, error: BaseException) -> str:
        """Logs an exception with the author's file and line; answers "TypeName: message". A
        deadline is the engine's own and goes on."""
        if isinstance(error, DeadlineExceeded):
            raise error
        from ._tracebacks import summary, trace

        text = summary(error)
        try:
            self._log(_ERROR, f"{handler.what} failed{trace(error)}")
        except Exception as failure:  # a log that fails must not change the answer
            _log_to_stderr(_ERROR, f"{text} (and the log failed: {failure!r})")
        return text


def _log_to_stderr(_level: int, text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")


def _context_class(handler: Handler) -> Callable[..., Any]:
    if handler.is_async:
        from .async_context import AsyncContext

        return AsyncContext
    from .context import Context

    return Context


# --- tools -------------------------------------------------------------------------------------


def _tool(runtime: Runtime, tool: Tool) -> Run:
    """The function that runs a tool, with as little in it as the tool allows."""
    function = tool.function
    make_context = _context_class(tool) if tool.wants_context else None
    read = tool.arguments.read

    def failed(error: BaseException, payload: Any) -> dict[str, Any]:
        return _tool_failure(runtime, tool, error, payload)

    if tool.is_async:
        return _async_tool(function, make_context, read, failed)
    if read is None and make_context is None:

        def run_bare(frame: Frame, payload: Any, extras: Extras) -> Any:
            try:
                result = function(**payload)
                if type(result) is str:
                    return {"ok": True, "result": {"text": result}}
                return _success(result)
            except BaseException as error:
                return failed(error, payload)

        return run_bare
    if read is None and make_context is not None:

        def run_plain(frame: Frame, payload: Any, extras: Extras) -> Any:
            try:
                result = function(make_context(frame, extras), **payload)
                if type(result) is str:
                    return {"ok": True, "result": {"text": result}}
                return _success(result)
            except BaseException as error:
                return failed(error, payload)

        return run_plain

    def run(frame: Frame, payload: Any, extras: Extras) -> Any:
        try:
            arguments = _arguments(read, payload)
            if make_context is None:
                return _success(function(**arguments))
            return _success(function(make_context(frame, extras), **arguments))
        except BaseException as error:
            return failed(error, payload)

    return run


def _async_tool(
    function: Callable[..., Any],
    make_context: Callable[..., Any] | None,
    read: Callable[[Any], Any] | None,
    failed: Callable[[BaseException, Any], dict[str, Any]],
) -> Run:
    async def run(frame: Frame, payload: Any, extras: Extras) -> Any:
        try:
            arguments = _arguments(read, payload)
            if make_context is None:
                return _success(await function(**arguments))
            return _success(await function(make_context(frame, extras), **arguments))
        except BaseException as error:
            return failed(error, payload)

    return run


def _arguments(read: Callable[[Any], Any] | None, payload: Any) -> Any:
    if read is None or not isinstance(payload, dict):
        return payload
    try:
        return read(payload)
    except ConversionError as error:
        raise _BadArgument(error) from None


class _BadArgument(Exception):
    """Carries a conversion error, apart from one that an author's own code might raise."""

    def __init__(self, error: ConversionError) -> None:
        super().__init__(error.message)
        self.error = error


def _described(value: object) -> str:
    """`an int`; a class by its name."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _success(result: Any) -> dict[str, Any]:
    if isinstance(result, str):
        return {"ok": True, "result": {"text": str(result)}}
    if isinstance(result, ToolResult):
        envelope = _success(result.value)
        if result.warnings:
            envelope["warnings"] = result.warnings
        return envelope
    return {"ok": True, "result": plain(result)}


class ToolResult:
    """A result with warnings for the model to read beside it."""

    __slots__ = ("value", "warnings")

    def __init__(self, value: Any, warnings: Sequence[str] = ()) -> None:
        self.value = value
        self.warnings = [warnings] if isinstance(warnings, str) else list(warnings)


def _tool_failure(
    runtime: Runtime, tool: Tool, error: BaseException, payload: Any
) -> dict[str, Any]:
    if isinstance(error, _BadArgument):
        wrong = error.error
        return _invalid(f"{wrong.field}: {wrong.message}", wrong.field, wrong.expected)
    if isinstance(error, ToolError):
        return error.envelope()
    if isinstance(error, TypeError):
        mismatch = _mismatch(tool, payload)
        if mismatch is not None:
            return mismatch
    text = runtime.report(tool, error)
    if isinstance(error, Unavailable):
        return ToolError("unavailable", error.message, retryable=False).envelope()
    return {"ok": False, "kind": "execution_error", "message": text, "retryable": True}


def _mismatch(tool: Tool, payload: Any) -> dict[str, Any] | None:
    """The envelope when the arguments do not fit the function's parameters. The shim sees to that
    first; asked only after a TypeError, so that good calls do not pay for it."""
    if not isinstance(payload, dict):
        return _invalid(f"the arguments must be an object, not {payload!r}", "", "object")
    properties = tool.parameters["properties"]
    for name in payload:
        if name not in properties:
            names = ", ".join(properties) or "none"
            return _invalid(f"{name}: is not known (known are: {names})", name, "no such field")
    for name in tool.parameters.get("required", ()):
        if name not in payload:
            return _invalid(f"{name}: is missing", name, str(properties[name].get("type", "")))
    return None


def _invalid(message: str, field: str, expected: str) -> dict[str, Any]:
    return ToolError(
        "invalid_args", message, field=field or None, expected=expected or None
    ).envelope()


# --- routes ------------------------------------------------------------------------------------


def _route(runtime: Runtime, route: Route) -> Run:
    from .routes import Request, answer, error_answer

    make_context = _context_class(route) if route.wants_context else None
    function, media_type = route.function, route.media_type
    described = route.arguments

    def arguments(raw: Any) -> dict[str, Any]:
        request = Request(raw)
        path_params = request.path_params
        arguments: dict[str, Any] = {}
        for name, convert, is_request in described:
            if is_request:
                arguments[name] = request
                continue
            try:
                arguments[name] = (
                    path_params[name] if convert is None else convert(path_params[name])
                )
            except (ValueError, KeyError):
                raise HTTPError(404, f"{name} in the path is not what it should be") from None
        return arguments

    def failed(error: BaseException) -> dict[str, Any]:
        if isinstance(error, HTTPError):
            return error_answer(error.status, error.message, error.headers)
        runtime.report(route, error)
        # The message stays in the log: a route may be public.
        return error_answer(500, "the plugin failed to answer; its log says why")

    def run(frame: Frame, raw: Any, extras: Extras) -> Any:
        try:
            context = () if make_context is None else (make_context(frame, extras),)
            return answer(function(*context, **arguments(raw)), media_type)
        except BaseException as error:
            return failed(error)

    async def run_async(frame: Frame, raw: Any, extras: Extras) -> Any:
        try:
            context = () if make_context is None else (make_context(frame, extras),)
            return answer(await function(*context, **arguments(raw)), media_type)
        except BaseException as error:
            return failed(error)

    return run_async if route.is_async else run
