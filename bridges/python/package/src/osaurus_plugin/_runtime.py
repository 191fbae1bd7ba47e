"""What the engines call: loads a plugin's module and runs its handlers.

Everything about a handler is worked out at load; a call looks up a function and runs it. Exceptions
become envelopes here, with the traceback in the log. Knows no engine.
"""

from __future__ import annotations

import sys

from . import _breakpoints, _codec
from ._running import context_class, route_runner, tool_runner
from .errors import DeadlineExceeded, ToolError, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ._frame import Frame
    from .handlers import Handler
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
    _breakpoints.install()
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
        self._tools = {id_: tool_runner(tool, self.report) for id_, tool in plugin.tools.items()}
        self._runs: dict[Any, Callable[[Frame, str, Any, Extras], Any]] = {}
        self._routes = {
            id_: route_runner(route, self.report) for id_, route in plugin.routes.items()
        }
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
        self._tools[target] = run = tool_runner(tool, self.report)
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
            arguments = (context_class(handler)(frame, extras), *arguments)
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


def _described(value: object) -> str:
    """`an int`; a class by its name."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
