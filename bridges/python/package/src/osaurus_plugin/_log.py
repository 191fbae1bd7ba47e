"""`ctx.log` for both context classes: log lines have no answer, so one class
serves `def` and `async def`."""

from __future__ import annotations

from . import operations
from .errors import HostCallRefused, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ._frame import Frame
    from ._frame import Op as _Op

TRACE, DEBUG, INFO, WARN, ERROR = range(5)


class Log:
    """Writes to the host's log. Keyword arguments become the line's structured payload."""

    __slots__ = ("_frame",)

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def write(self, level: int, message: str, fields: Mapping[str, Any]) -> None:
        """One line at a level from 0 (trace) to 4 (error)."""
        text = message if isinstance(message, str) else str(message)
        if not fields:
            self._send(operations.log(level, text))
            return
        try:
            self._send(operations.log_structured(level, text, fields))
        except Unavailable:  # a host older than version 5
            self._send(operations.log_flat(level, text, fields))

    def _send(self, op: _Op[None]) -> None:
        self._frame.call(op[0], op[1])

    def trace(self, message: str, /, **fields: Any) -> None:
        """Level 0."""
        self.write(TRACE, message, fields)

    def debug(self, message: str, /, **fields: Any) -> None:
        """Level 1."""
        self.write(DEBUG, message, fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Level 2."""
        self.write(INFO, message, fields)

    def warn(self, message: str, /, **fields: Any) -> None:
        """Level 3."""
        self.write(WARN, message, fields)

    warning = warn

    def error(self, message: str, /, **fields: Any) -> None:
        """Level 4."""
        self.write(ERROR, message, fields)


class AsyncLog(Log):
    """The same without waiting: lines are queued for the host's thread, in order."""

    __slots__ = ()

    def write(self, level: int, message: str, fields: Mapping[str, Any]) -> None:
        """Queues one line at a level from 0 (trace) to 4 (error)."""
        text = message if isinstance(message, str) else str(message)
        frame = self._frame
        flat = operations.log_flat(level, text, fields) if fields else operations.log(level, text)

        def done(_value: str | None, refusal: HostCallRefused | None) -> None:
            if isinstance(refusal, Unavailable):  # a host older than version 5
                frame.post(flat[0], flat[1], lambda value, again: None)

        op = operations.log_structured(level, text, fields) if fields else flat
        frame.post(op[0], op[1], done)
