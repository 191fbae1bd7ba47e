"""What functions of libSystem share, one per emulated process.

The machine, the environment, the view of this machine's files, and what a test wants to know.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .darwin import AT_FDCWD, errno_of
from .functions import LIBSYSTEM, Function, Wait
from .machine import Machine
from .memory import Memory


@dataclass
class Folder:
    """An open DIR."""

    entries: Iterator[bytes]
    descriptor: int | None


@dataclass
class State:
    """What is remembered between calls, by the address or number that the code knows."""

    mutexes: dict[int, object | None] = field(default_factory=dict)
    conditions: dict[int, list[object]] = field(default_factory=dict)
    semaphores: dict[int, int] = field(default_factory=dict)
    stack_sizes: dict[int, int] = field(default_factory=dict)
    spawn_actions: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    spawn_attributes: dict[int, dict[str, int]] = field(default_factory=dict)
    folders: dict[int, Folder] = field(default_factory=dict)
    socket_limits: dict[tuple[int, int], float] = field(default_factory=dict)
    # Inodes of files that give an error and not a signal when the reader has gone.
    quiet: set[int] = field(default_factory=set)
    # Sockets whose writers get the signal.
    noisy: set[int] = field(default_factory=set)
    children: set[int] = field(default_factory=set)
    image_paths: dict[str, int] = field(default_factory=dict)
    loader_error: str | None = None
    loader_error_place: int = 0


class System:
    """The process. It finds an empty home folder, and of this machine what `seen` names."""

    def __init__(self, seen: Sequence[Path] = (), env: Mapping[str, str] | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="osaurus-emulated-")
        self.home = Path(os.path.realpath(self._temporary.name))
        self.seen = [str(path) for path in seen]
        self.state = State()
        self.log: list[str] = []
        self.spawned: list[list[str]] = []
        self.broken_pipes: list[str] = []
        self.exit_handlers: list[int] = []
        self.opened: list[tuple[str, int]] = []
        self.functions = dict(LIBSYSTEM)
        self.machine = Machine(self.functions.get, self._invoke)
        self.environ = self._environment(env or {})

    def close(self) -> None:
        self._temporary.cleanup()

    @property
    def memory(self) -> Memory:
        return self.machine.memory

    def _environment(self, env: Mapping[str, str]) -> int:
        """What an application has that was started from the Dock."""
        dock = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "TMPDIR": f"{self.home}/",
        }
        rows = [f"{name}={value}" for name, value in {**dock, **env}.items()]
        return self.memory.new_bytes(self.memory.new_strings(rows).to_bytes(8, "little"))

    # calls

    def argument(self, kind: str, word: int) -> int | str:
        """A register as the C type of the parameter says."""
        if kind == "text":
            return self.memory.text(word)
        if kind == "int":
            return (word & 0xFFFF_FFFF ^ 0x8000_0000) - 0x8000_0000
        if kind == "long":
            return (word ^ 1 << 63) - (1 << 63)
        return word

    def _invoke(self, function: Function, words: list[int]) -> int | None:
        def guarded(body: Callable[[], int | None]) -> int | None:
            try:
                return body()
            except OSError as error:
                self.machine.current.errno = errno_of(error.errno)
                return function.failure

        try:
            return guarded(lambda: function.body(self, *map(self.argument, function.kinds, words)))
        except Wait as wait:
            ready = wait.ready
            raise Wait(lambda: guarded(ready)) from None

    # files

    def path(self, path: str, folder: int = AT_FDCWD) -> str:
        """A path of the emulated code on this machine."""
        visible = [str(self.home), "/dev/null", *self.seen]
        inside = any(f"{path}/".startswith(f"{place}/") for place in visible)
        if inside or not path.startswith("/"):
            return path
        raise FileNotFoundError(errno.ENOENT, "the emulated process does not see it", path)

    @staticmethod
    def folder(descriptor: int) -> int | None:
        return None if descriptor == AT_FDCWD else descriptor

    def note_broken_pipe(self, descriptor: int) -> None:
        """A write without a reader: without an option for it, its signal would end the host."""
        if os.fstat(descriptor).st_ino not in self.state.quiet:
            self.broken_pipes.append(self.machine.current.inside)
