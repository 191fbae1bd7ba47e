"""Everything a script says that is not a result: print, what goes to stderr, errors of threads.

Installed once by the engine, in an interpreter that was started for a plugin. A Python that lends its
interpreter keeps its own streams. Must not know of calls or of JSON.
"""

from __future__ import annotations

import io
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

TRACE, DEBUG, INFO, WARN, ERROR = range(5)
Log = Callable[[int, str], None]

_log: Log | None = None


def set_log(log: Log) -> None:
    """Where lines go from now on: to the shim that has loaded the plugin."""
    global _log
    _log = log


def say(level: int, text: str) -> None:
    """One line of the host's log. Any thread."""
    if text and _log is not None:
        _log(level, text)


class LogFile(io.RawIOBase):
    """The lowest layer of `sys.stdout`: what is written becomes lines of the host's log."""

    def __init__(self, level: int) -> None:
        self._level = level

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        # Descriptors 1 and 2 are the host's. `subprocess` and friends fall back to what they inherit.
        raise io.UnsupportedOperation("this stream is the host's log and has no file descriptor")

    def write(self, data: Any, /) -> int:
        raw = bytes(data)
        for line in raw.decode("utf-8", "replace").splitlines():
            say(self._level, line)
        return len(raw)


def _stream(level: int) -> io.TextIOWrapper:
    below = io.BufferedWriter(LogFile(level))
    return io.TextIOWrapper(below, "utf-8", "backslashreplace", line_buffering=True)


def install() -> None:
    """Redirects the interpreter's outputs."""
    sys.stdout = _stream(INFO)
    sys.stderr = _stream(WARN)
    # Descriptor 0 is the host's: input() gets an end of file instead of waiting forever.
    sys.stdin = io.TextIOWrapper(io.BytesIO(), "utf-8")
    threading.excepthook = _thread_failed
    sys.unraisablehook = _unraisable


def _thread_failed(args: Any, /) -> None:
    if args.exc_type is SystemExit:
        return
    name = args.thread.name if args.thread is not None else "a thread"
    _report(f"uncaught error in {name}", args)


def _unraisable(args: Any, /) -> None:
    whose = getattr(args.object, "__qualname__", None) or type(args.object).__qualname__
    _report(f"{args.err_msg or 'ignored error in'} {whose}", args)


def _report(what: str, args: Any) -> None:
    text = "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
    say(ERROR, f"{what}:\n{text.rstrip()}")
