"""`BuiltHost`: runs a plugin's built library in the reference host, in a test. It has the methods
of `TestHost` that both can have, so the same test runs with either.

>>> host = BuiltHost("dist/dev.example.books.so")  # doctest: +SKIP
>>> host.call("add_book", title="Emma")  # doctest: +SKIP

The program `osaurus-bridge` runs it, from the first call on. A test that names another web server,
secret or rule for the model later starts it again; what the plugin has stored stays.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from . import _codec
from ._test_program import Program
from ._test_server import Server
from ._test_services import Http, Model, event_type
from .jsonable import plain
from .testing import AGENT, HostCall, LogRecord, result_of


class BuiltHost:
    """The reference host with one library."""

    def __init__(
        self,
        library: str | os.PathLike[str],
        *,
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        agent_id: str | None = AGENT,
        program: str | None = None,
    ) -> None:
        self.library = Path(library)
        if not self.library.is_file():
            raise FileNotFoundError(f"{library} does not exist; run osaurus-bridge build")
        self.config = dict(config or {})
        self.secrets = dict(secrets or {})
        self.agent_id = agent_id
        self.http = Http(self.secrets)
        self.model = Model()
        self.calls: list[HostCall] = []
        self.logs: list[LogRecord] = []
        self.tasks: list[dict[str, Any]] = []
        """Background tasks that the plugin dispatched: the request, with its "id"."""
        self._command = program or os.environ.get("OSAURUS_BRIDGE") or "osaurus-bridge"
        if shutil.which(self._command) is None:
            raise FileNotFoundError(f"{self._command} is not on the PATH; install osaurus-bridge")
        self._folder = tempfile.TemporaryDirectory(prefix="osaurus-test-")
        self._server: Server | None = None
        self._program: Program | None = None
        self._given: Any = None
        self._stored: dict[str, str] = {}
        """Settings that the host has already, declared or not."""

    def __enter__(self) -> BuiltHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unloads the plugin and removes what it has stored."""
        self.unload()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._folder.cleanup()

    # --- what the host does -----------------------------------------------------------------

    def envelope(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Calls a tool and returns the whole envelope."""
        answer = self._ask("call", tool=tool, arguments=_codec.dumps(plain(arguments, "argument")))
        envelope: dict[str, Any] = _codec.loads(answer)
        return {key: one for key, one in envelope.items() if key != "tool"}

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """Calls a tool and returns its result; raises `ToolFailure` for a failure."""
        return result_of(self.envelope(tool, **arguments))

    def request(
        self,
        method: str,
        path: str,
        *,
        body: str = "",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Sends a request to the plugin's routes and web pages, as an owner with an access key, and
        returns the response."""
        # What is encoded already stays: `%20` is a blank in the other host, too.
        address = re.sub("%25([0-9A-Fa-f]{2})", r"%\1", quote(path))
        address += f"?{urlencode(query)}" if query else ""
        content = body if json is None else _codec.dumps(json)
        pairs = list((headers or {}).items())
        answer: dict[str, Any] = self._ask(
            "route", method=method, path=address, headers=pairs, body=content
        )
        return answer

    def config_changed(self, key: str, value: str) -> None:
        """Tells the plugin about a setting (and stores it)."""
        self._ask("config", key=key, value=value)
        self.config[key] = self._stored[key] = value
        self._given = self._options()

    def task_event(self, task_id: str, type: int, event: Mapping[str, Any]) -> None:
        """Tells the plugin about one of its tasks. `type` is 0 (started) to 8 (draft)."""
        self._ask("event", task=task_id, kind=event_type(type), payload=_codec.dumps(plain(event)))

    def artifact(self, **artifact: Any) -> None:
        """Tells the plugin about a shared file."""
        self._ask("artifact", payload=_codec.dumps(plain(artifact)))

    def wait_for_tasks(self, seconds: int = 60) -> None:
        """Waits until the tasks that the plugin dispatched have ended: here they really run, with
        the answers of `model`."""
        if not self._ask("tasks", seconds=seconds):
            raise AssertionError(f"after {seconds} s tasks still run")

    def unload(self) -> None:
        """Unloads the plugin; a later call loads it again."""
        if self._program is not None:
            self._program.close()
            self._program = None

    # --- the program ------------------------------------------------------------------------

    def _ask(self, action: str, **details: Any) -> Any:
        options = self._options()
        if self._program is None or options != self._given:
            self.unload()
            self._given = options
            command = [self._command, "test-host", *options[0], str(self.library)]
            self._program = Program(command, Path(self._folder.name) / "errors")
        try:
            answer = self._program.ask({"do": action, "agent": self.agent_id, **details})
        except AssertionError:
            self.unload()
            raise
        self.logs += [
            LogRecord(one["level"], one["message"], one["fields"] or {})
            for one in answer["log"]
            if not one["message"].startswith(("worker: ", "worker started: "))
        ]
        for one in answer["calls"]:
            self.calls.append(HostCall(one["name"], tuple(one["args"])))
            if one["name"] == "dispatch" and "id" in (one["response"] or {}):
                self.tasks.append({**one["args"][0], **one["response"]})
        return answer["result"]

    def _options(self) -> tuple[list[str], Any]:
        """What the program is started with, and what is in the files that this names."""
        folder = Path(self._folder.name)
        options = ["--data", str(folder / "data"), "--key-in-file", "--agents", f"you={AGENT}"]
        for key, value in self.config.items():
            if self._stored.get(key) != value:
                options += ["--config", f"{key}={value}"]
        for number, (key, value) in enumerate(self.secrets.items()):
            file = folder / f"secret-{number}"  # not on the command line, where `ps` shows it
            file.write_text(value, "utf-8")
            options += ["--secret", f"{key}=@{file}"]
        script = self.model.script()
        if self.model.rules:
            (folder / "model.toml").write_text(script, "utf-8")
            options += ["--model-script", str(folder / "model.toml")]
        if self.http.hosts:
            if self._server is None:
                self._server = Server(self.http)
            for name in sorted(self.http.hosts):
                options += ["--map-host", f"{name}=127.0.0.1:{self._server.server_port}"]
        return options, (dict(self.secrets), script)
