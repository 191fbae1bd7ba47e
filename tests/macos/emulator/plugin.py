"""A plugin library in an emulated process: loading it, and its lives from init to destroy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import libsystem as libsystem
from .host import ABI, TABLE, Host
from .system import System

ENTRY = "_" + ABI["entry"]["symbol"]
OFFSETS = {member["name"]: member["offset"] for member in ABI["plugin"]["members"]}


class Instance:
    """From init to destroy."""

    def __init__(self, process: Process, table: int) -> None:
        self._process = process
        self._table = table
        self._context = self._call("init")

    def _call(self, name: str, *arguments: int) -> int:
        memory, machine = self._process.system.memory, self._process.system.machine
        return machine.call(memory.word(self._table + OFFSETS[name]), *arguments)

    def _text(self, pointer: int) -> str:
        """A string of the plugin's, which is given back to it."""
        text = self._process.system.memory.text(pointer)
        self._call("free_string", pointer)
        return text

    def manifest(self) -> dict[str, Any]:
        value = json.loads(self._text(self._call("get_manifest", self._context)))
        return dict(value)

    def invoke(self, tool: str, arguments: object) -> dict[str, Any]:
        """Calls a tool; its envelope."""
        memory = self._process.system.memory
        strings = [memory.new_text(text) for text in ("tool", tool, json.dumps(arguments))]
        answer = self._text(self._call("invoke", self._context, *strings))
        for text in strings:
            memory.free(text)
        return dict(json.loads(answer))

    def destroy(self) -> None:
        self._call("destroy", self._context)


class Process:
    """A process that has loaded one plugin. Of this machine it finds what `seen` names."""

    def __init__(
        self, library: Path, seen: Sequence[Path] = (), env: Mapping[str, str] | None = None
    ) -> None:
        self.system = System(seen, env)
        self.host = Host(self.system)
        self._image = self.system.machine.load(library, str(self.system.home / library.name))

    def enter(self, with_host: bool = True) -> int:
        """Calls the entry; the plugin's table."""
        return self.system.machine.call(self._image.exports[ENTRY], TABLE if with_host else 0)

    @contextmanager
    def instance(self, with_host: bool = True) -> Iterator[Instance]:
        instance = Instance(self, self.enter(with_host))
        yield instance
        instance.destroy()

    def close(self) -> None:
        self.system.close()


@contextmanager
def process(
    library: Path, seen: Sequence[Path] = (), env: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A process that cleans up after itself."""
    one = Process(library, seen, env)
    try:
        yield one
    finally:
        one.close()
