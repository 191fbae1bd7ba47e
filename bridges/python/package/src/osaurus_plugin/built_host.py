"""`BuiltHost`: runs a plugin's built library in the reference host, in a test. It has the methods
of `TestHost` that both can have, so the same test runs with either.

>>> host = BuiltHost("dist/dev.example.books.so")  # doctest: +SKIP
>>> host.call("add_book", title="Emma")  # doctest: +SKIP

Each call starts the program `osaurus-bridge`; what the plugin stores stays from call to call.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ._test_services import Http, Model
from .errors import HostCallRefused
from .jsonable import plain
from .testing import LogRecord, ToolFailure

_LINE = re.compile(r"\[Plugin:[^]]*\] \[([A-Z]+)\] (?!worker(?: started)?: )(.*?)(?: (\{.*\}))?$")


class BuiltHost:
    """The reference host with one library."""

    def __init__(
        self,
        library: str | os.PathLike[str],
        *,
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        program: str | None = None,
    ) -> None:
        self.library = Path(library)
        if not self.library.is_file():
            raise FileNotFoundError(f"{library} does not exist; run osaurus-bridge build")
        self.config = dict(config or {})
        self.secrets = dict(secrets or {})
        self.http = Http()
        self.model = Model()
        self.logs: list[LogRecord] = []
        self._program = program or os.environ.get("OSAURUS_BRIDGE") or "osaurus-bridge"
        if shutil.which(self._program) is None:
            raise FileNotFoundError(f"{self._program} is not on the PATH; install osaurus-bridge")
        self._folder = tempfile.TemporaryDirectory(prefix="osaurus-test-")
        self._server: _Server | None = None

    def __enter__(self) -> BuiltHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes what the plugin has stored."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._folder.cleanup()

    def envelope(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Calls a tool and returns the whole envelope."""
        command = [self._program, "invoke", *self._options(), str(self.library), tool]
        payload = json.dumps(plain(arguments))
        done = subprocess.run(
            [*command, "-"], input=payload, capture_output=True, text=True, check=False
        )
        self.logs += [line for line in map(_log_line, done.stderr.splitlines()) if line]
        try:
            answered: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"the host gave no answer:\n{done.stdout}{done.stderr}") from None
        return {key: one for key, one in answered.items() if key != "tool"}

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """Calls a tool and returns its result; raises `ToolFailure` for a failure."""
        envelope = self.envelope(tool, **arguments)
        if not envelope["ok"]:
            raise ToolFailure(envelope)
        return envelope["result"]

    def _options(self) -> list[str]:
        folder = Path(self._folder.name)
        options = ["--data", str(folder / "data"), "--key-in-file"]
        for key, value in self.config.items():
            options += ["--config", f"{key}={value}"]
        for key, value in self.secrets.items():  # not on the command line, where `ps` shows it
            file = folder / f"secret-{len(options)}"
            file.write_text(value, "utf-8")
            options += ["--secret", f"{key}=@{file}"]
        if self.model.rules:
            script = folder / "model.toml"
            script.write_text(self.model.script(), "utf-8")
            options += ["--model-script", str(script)]
        if self.http.hosts:
            if self._server is None:
                self._server = _Server(self.http)
            for name in sorted(self.http.hosts):
                options += ["--map-host", f"{name}=127.0.0.1:{self._server.server_port}"]
        return options


def _log_line(line: str) -> LogRecord | None:
    """A line of the plugin's own; what the library says of its worker is left out."""
    match = _LINE.match(line)
    if match is None:
        return None
    return LogRecord(match[1].lower(), match[2], json.loads(match[3]) if match[3] else {})


class _Server(ThreadingHTTPServer):
    """Gives the answers of `http` to the requests that the host sends here instead."""

    daemon_threads = True

    def __init__(self, http: Http) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.http = http
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    @property
    def _http(self) -> Http:
        return self.server.http  # type: ignore[attr-defined,no-any-return]

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request: dict[str, Any] = {
            "method": self.command,
            "headers": dict(self.headers.items()),
            "body": self.rfile.read(length).decode("utf-8", "replace"),
        }
        try:
            answer = self._first_that_fits(request)
        except HostCallRefused as refused:
            answer = {"status": 501, "headers": {}, "body": str(refused)}
        body = str(answer.get("body", ""))
        content = body.encode()
        if answer.get("body_encoding") == "base64":
            from base64 import b64decode

            content = b64decode(body)
        self.send_response(answer["status"])
        for name, value in answer["headers"].items():
            if name not in ("content-length", "transfer-encoding", "content-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _first_that_fits(self, request: dict[str, Any]) -> dict[str, Any]:
        """Requests by https come in clear: nothing says which of the two it was."""
        host = (self.headers.get("Host") or "").partition(":")[0]
        url = f"https://{host}{self.path}"
        plain_url = f"http://{host}{self.path}"
        if self._http.answers_to(self.command, url):
            return self._http.respond({**request, "url": url})
        return self._http.respond({**request, "url": plain_url})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""
