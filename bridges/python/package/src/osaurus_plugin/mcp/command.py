"""An MCP server in a process of its own, over its standard input and output. `server.py` opens it.

A guard stands between: a shell that leads the server's process group and ends the group when its
end of a pipe closes. So the server goes with this process, however this process ends, and whatever
the server does with its input.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from fcntl import F_DUPFD_CLOEXEC, fcntl
from threading import Lock, Thread

from .. import _codec
from ..errors import ToolError
from .environment import environment, find, search_path
from .session import Session, SessionEnded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .session import Message

# The server gets the real standard input: what a shell starts with & has none of its own.
_GUARD = """exec 4<&0
"$@" <&4 4<&- 3<&- &
exec </dev/null >/dev/null 4<&-
read -r _ <&3
trap "" TERM
kill -TERM 0
sleep 1
kill -KILL 0"""
_MAX_LINE = 64 << 20
_STDERR_LINES = 20


def connect(command: Sequence[str], added: Mapping[str, str]) -> Session:
    """Starts the process. Raises ToolError where its program is not there."""
    program = find(command[0])
    if program is None:
        places = ", ".join(search_path())
        raise ToolError(
            "unavailable",
            f"{command[0]} is not installed; it was looked for in {places}. Install it, then call "
            "again",
            retryable=False,
        )
    session = Session()
    process = Process([program, *command[1:]], environment(added), session)
    session.send, session.close = process.send, process.close
    return session


class Process:
    """The process and its pipes."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], session: Session) -> None:
        self._name = os.path.basename(command[0])
        self._session = session
        self._lock = Lock()
        self._last_lines: deque[str] = deque(maxlen=_STDERR_LINES)
        (its_in, self._in), (out, its_out), (err, its_err), (life, self._life) = (
            _pipe() for _ in range(4)
        )
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs, number)
            for number, theirs in enumerate((its_in, its_out, its_err, life))
        ]
        arguments = ["/bin/sh", "-c", _GUARD, "mcp-server", *command]
        try:
            self._guard = os.posix_spawn(
                "/bin/sh", arguments, env, file_actions=actions, setpgroup=0
            )
        finally:
            for descriptor in (its_in, its_out, its_err, life):
                os.close(descriptor)
        self._errors = Thread(target=self._read_errors, args=(err,), name="mcp-stderr", daemon=True)
        self._errors.start()
        Thread(target=self._read, args=(out,), name="mcp-stdout", daemon=True).start()

    def send(self, message: Message) -> None:
        """Writes a message. Any thread."""
        data = memoryview((_codec.dumps(message) + "\n").encode("utf-8", "replace"))
        with self._lock:
            while data:
                try:
                    data = data[os.write(self._in, data) :]
                except OSError:
                    raise SessionEnded(self._session.why_ended or self._why()) from None

    def close(self) -> None:
        """Ends the process. Not under the lock at first: a thread may write to a server that does
        not read."""
        self._close("_life")
        with self._lock:
            self._close("_in")

    def _close(self, name: str) -> None:
        descriptor = getattr(self, name)
        setattr(self, name, -1)
        if descriptor >= 0:
            os.close(descriptor)

    def _read(self, out: int) -> None:
        with os.fdopen(out, "rb") as lines:
            while line := lines.readline(_MAX_LINE):
                self._take(line)
        self.close()
        self._errors.join(1)
        self._session.ended(self._why())
        os.waitpid(self._guard, 0)

    def _take(self, line: bytes) -> None:
        try:
            message: Any = _codec.loads(line.decode("utf-8", "replace"))
        except ValueError:
            if line.strip():
                sys.stderr.write(
                    f"{self._name} wrote what is not JSON to its output: {line[:200]!r}\n"
                )
            return
        self._session.receive(message)

    def _read_errors(self, err: int) -> None:
        with os.fdopen(err, encoding="utf-8", errors="replace") as lines:
            while line := lines.readline(8192):
                self._last_lines.append(line.rstrip())
                sys.stderr.write(line)

    def _why(self) -> str:
        last = " / ".join(line for line in self._last_lines if line)[-1000:]
        return f"{self._name} has ended" + (f"; its last lines: {last}" if last else "")


def _pipe() -> tuple[int, int]:
    """A pipe apart from the numbers that the guard has."""
    ends = os.pipe()
    above = [fcntl(one, F_DUPFD_CLOEXEC, 10) for one in ends]
    for one in ends:
        os.close(one)
    return above[0], above[1]
