"""Write Osaurus plugins in Python.

>>> from osaurus_plugin import Plugin
>>> plugin = Plugin(name="Greeter", description="Says hello.")
>>> @plugin.tool
... def greet(name: str) -> str:
...     '''Greets a person.'''
...     return f"Hello, {name}!"

Names are imported when they are first used: a plugin pays for what it takes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._running import ToolResult
    from .arguments import Arg
    from .async_context import AsyncContext
    from .context import Context
    from .errors import (
        DeclarationError,
        HostCallRefused,
        HostError,
        HTTPError,
        ToolError,
        Unavailable,
    )
    from .events import (
        Artifact,
        TaskActivity,
        TaskCancelled,
        TaskClarification,
        TaskCompleted,
        TaskDraft,
        TaskEvent,
        TaskFailed,
        TaskOutput,
        TaskProgress,
        TaskStarted,
    )
    from .plugin import Plugin
    from .results import Completion, HttpResponse, Rows, StreamChunk, Task
    from .routes import Request, Response
    from .settings import ConfigField

__version__ = "0.1.0"

_HOMES = {
    "plugin": "Plugin",
    "context": "Context",
    "async_context": "AsyncContext",
    "arguments": "Arg",
    "errors": "DeclarationError HostCallRefused HostError HTTPError ToolError Unavailable",
    "routes": "Request Response",
    "events": "Artifact TaskActivity TaskCancelled TaskClarification TaskCompleted TaskDraft "
    "TaskEvent TaskFailed TaskOutput TaskProgress TaskStarted",
    "results": "Completion HttpResponse Rows StreamChunk Task",
    "settings": "ConfigField",
    "_running": "ToolResult",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Arg",
    "Artifact",
    "AsyncContext",
    "Completion",
    "ConfigField",
    "Context",
    "DeclarationError",
    "HTTPError",
    "HostCallRefused",
    "HostError",
    "HttpResponse",
    "Plugin",
    "Request",
    "Response",
    "Rows",
    "StreamChunk",
    "Task",
    "TaskActivity",
    "TaskCancelled",
    "TaskClarification",
    "TaskCompleted",
    "TaskDraft",
    "TaskEvent",
    "TaskFailed",
    "TaskOutput",
    "TaskProgress",
    "TaskStarted",
    "ToolError",
    "ToolResult",
    "Unavailable",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(__import__(f"{__name__}.{home}", globals(), None, [name], 0), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
