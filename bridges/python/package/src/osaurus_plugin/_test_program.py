"""The program `osaurus-bridge` as it runs a built library for tests: a line of JSON asks, a line of
JSON answers. Used by `built_host.py`.
"""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

_PATIENCE = 30
"""Seconds in which a plugin has to end once it is told to."""


class Program:
    """A running program. What it writes to standard error is kept in a file for messages."""

    def __init__(self, command: list[str], errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
            )
        self._read()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # `_read` says why it ended
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            code = self.close()
            status = signal.Signals(-code).name if code < 0 else code
            output = self._errors.read_text("utf-8", "replace")
            raise AssertionError(f"the host exited with {status}:\n{output}") from None
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer

    def close(self) -> int:
        """Lets it end in order: the plugin is unloaded."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        try:
            return self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
