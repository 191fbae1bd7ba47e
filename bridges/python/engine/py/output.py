"""Everything a script says that is not a result: print, logging, warnings, errors of threads.

Installed once by the engine. Finds the plugin that speaks by walking the stack (`namespaces`) and hands
whole lines to that plugin's log. Must not know of calls or of JSON.
"""

from __future__ import annotations

import contextvars
import io
import sys
import threading
import traceback
from types import ModuleType
from typing import Any, TextIO

TRACE, DEBUG, INFO, WARN, ERROR = range(5)

# Set while an asynchronous handler runs: callbacks of the loop have no frame of the plugin on the stack.
active: contextvars.ContextVar[Any] = contextvars.ContextVar("osaurus_plugin", default=None)


class LogStream(io.TextIOBase):
    """A text stream whose lines become lines of the host's log."""

    def __init__(self, names: Any, level: int, below: TextIO | None) -> None:
        self._names = names
        self._level = level
        self._below = below
        self._parts: dict[tuple[int, int], str] = {}

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        # Descriptors 1 and 2 are the host's. `subprocess` and friends fall back to what they inherit.
        raise io.UnsupportedOperation("this stream is the host's log and has no file descriptor")

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() needs str, not {type(text).__name__}")
        space = _speaker(self._names, sys._getframe(1))
        if space is None:
            return len(text) if self._below is None else self._below.write(text)
        key = (id(space), threading.get_ident())
        *lines, rest = (self._parts.pop(key, "") + text).split("\n")
        if rest:
            self._parts[key] = rest
        for line in lines:
            _say(space, self._level, line)
        return len(text)

    def flush(self) -> None:
        space = _speaker(self._names, sys._getframe(1))
        rest = self._parts.pop((id(space), threading.get_ident()), "") if space is not None else ""
        if rest:
            _say(space, self._level, rest)


def _say(space: Any, level: int, text: str) -> None:
    if text:
        space.log(level, space.public(text))


def _speaker(names: Any, frame: Any) -> Any:
    found = names.of_frame(frame) or active.get()
    if found is None:
        known = names.spaces()
        found = known[0] if known else None
    return found


def install(names: Any, own_process: bool) -> None:
    """Redirects the interpreter's outputs. `own_process`: the interpreter was started for plugins."""
    sys.stdout = LogStream(names, INFO, None if own_process else sys.stdout)
    sys.stderr = LogStream(names, WARN, None if own_process else sys.stderr)
    if own_process:
        # Descriptor 0 is the host's: input() gets an end of file instead of waiting for ever.
        sys.stdin = io.StringIO("")
    _hook_threads(names)
    _hook_unraisable(names)
    names.after_import("logging", lambda module: _hook_logging(names, module))


def _hook_threads(names: Any) -> None:
    below = threading.excepthook

    def excepthook(args: Any, /) -> None:
        space = names.of_traceback(args.exc_traceback)
        if space is None:
            below(args)
            return
        name = args.thread.name if args.thread is not None else "a thread"
        text = "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
        _say(space, ERROR, f"uncaught error in {name}:\n{text.rstrip()}")

    threading.excepthook = excepthook


def _hook_unraisable(names: Any) -> None:
    below = sys.unraisablehook

    def unraisablehook(args: Any, /) -> None:
        space = names.of_traceback(args.exc_traceback)
        if space is None:
            below(args)
            return
        text = "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
        _say(space, ERROR, f"{args.err_msg or 'ignored error in'} {_name(args.object)}:\n{text.rstrip()}")

    sys.unraisablehook = unraisablehook


def _name(value: object) -> str:
    return str(getattr(value, "__qualname__", None) or type(value).__qualname__)


def _hook_logging(names: Any, logging: ModuleType) -> None:
    """A root handler, and a `basicConfig` that still works although the root now has a handler."""
    base: Any = logging.Handler

    class HostHandler(base):  # type: ignore[misc]
        def emit(self, record: Any) -> None:
            try:
                text = self.format(record)
            except Exception:
                self.handleError(record)
                return
            space = _speaker(names, sys._getframe(1))
            if space is not None:
                _say(space, _level(record.levelno), text)

    handler = HostHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    root: Any = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    real = logging.basicConfig

    def basicConfig(**options: Any) -> None:
        if root.handlers == [handler] and not options.get("force"):
            if options.get("level") is not None:
                root.setLevel(options["level"])
            if options.get("format") is not None:
                style = options.get("style", "%")
                handler.setFormatter(logging.Formatter(options["format"], options.get("datefmt"), style))
            return
        real(**options)

    logging.basicConfig = basicConfig  # type: ignore[attr-defined]


def _level(number: int) -> int:
    for limit, level in ((40, ERROR), (30, WARN), (20, INFO), (10, DEBUG)):
        if number >= limit:
            return level
    return TRACE
