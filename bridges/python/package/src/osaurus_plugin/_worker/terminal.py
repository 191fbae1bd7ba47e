"""pdb in the terminal of `osaurus-bridge dev`, which reads the lines and passes them on.

The terminal is held from a stop until the author continues. `debugging.py` makes one per thread.
"""

from __future__ import annotations

import pdb
import socket
import sys
from _thread import get_ident
from typing import Any, TextIO

# What a handler returns to, and what ends its debugger.
_NOT_STEPPED_INTO = [
    "osaurus_plugin",
    "osaurus_plugin.*",
    "asyncio.*",
    "bdb",
    "selectors",
    "threading",
]


class TerminalPdb(pdb.Pdb):
    """A debugger that connects to `dev` when it stops."""

    def __init__(self, address: str, sources: str, sessions: dict[int, TerminalPdb]) -> None:
        # Lines are read from a connection that is opened at each stop.
        super().__init__(nosigint=True, skip=_NOT_STEPPED_INTO)
        self.use_rawinput = False
        self._address = address
        self._sources = sources
        self._sessions = sessions
        self._connection: socket.socket | None = None

    def interaction(self, *values: Any, **names: Any) -> None:
        """A stop: takes the terminal, unless this debugger has it."""
        try:
            self._connect()
        except OSError as error:
            sys.stderr.write(f"warning: a breakpoint is passed over: {error}\n")
            self.set_continue()
            return
        try:
            super().interaction(*values, **names)
        except OSError:
            self.set_continue()  # `dev` ended

    def _connect(self) -> None:
        if self._connection is not None:
            return
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self._address)
        except OSError:
            connection.close()
            raise
        self._connection = connection
        self.stdin = connection.makefile("r", encoding="utf-8", errors="replace")
        output = connection.makefile("w", encoding="utf-8", errors="backslashreplace")
        self.stdout = _Named(output, self._sources)  # type: ignore[assignment]
        self._sessions[get_ident()] = self

    def set_continue(self) -> None:
        """Goes on, and lets go of the terminal."""
        super().set_continue()
        self._close()

    def set_quit(self) -> None:
        """Ends the handler with `BdbQuit`, and lets go of the terminal."""
        super().set_quit()
        self._close()

    def do_quit(self, arg: str) -> bool | None:
        """Without the question that newer versions ask."""
        self.set_quit()
        return True

    do_q = do_exit = do_quit

    def do_EOF(self, arg: str) -> bool | None:  # noqa: N802
        """`dev` stops reading: the call goes on."""
        return self.do_continue(arg)

    def _close(self) -> None:
        self._sessions.pop(get_ident(), None)
        connection, self._connection = self._connection, None
        if connection is None:
            return
        for file in (self.stdout, self.stdin):
            try:
                file.close()
            except OSError:
                continue
        connection.close()


class _Named:
    """Writes with the author's names of files."""

    def __init__(self, output: TextIO, sources: str) -> None:
        self._output = output
        self._sources = sources

    def write(self, text: str) -> None:
        self._output.write(text.replace(self._sources, ""))

    def flush(self) -> None:
        self._output.flush()

    def close(self) -> None:
        self._output.close()
