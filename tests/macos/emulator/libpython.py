"""A libpython of a dozen functions: enough for the shim to start Python and load the engine.

It remembers what it was told. A function that it lacks ends the run with the function's name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from unicorn import arm64_const as arm64

from .darwin import RTLD_DEFAULT
from .functions import I32, LIBSYSTEM, Function, Text, describe
from .memory import EmulationError
from .system import System

HANDLE = 0x7000
# The attribute of `sys` in an interpreter that the shim has started.
STARTED = "_osaurus_started"
# In this order: the isolated defaults of PyPreConfig, which is ten ints.
PRE_CONFIG = (2, 0, 1, 0, 0, 0, 0, 0, 0, -1)
PRE_UTF8_MODE = 7


@dataclass(frozen=True)
class Layout:
    """Where PyConfig of one minor version has what the shim writes, and its size."""

    size: int
    site_import: int
    program_name: int


LAYOUTS = {11: Layout(424, 168, 264), 12: Layout(432, 176, 272), 13: Layout(448, 176, 280)}


@dataclass
class Start:
    """What the interpreter was started with."""

    thread: str = ""
    stack: int = 0
    utf8_mode: int = -1
    site_import: int = -1
    program_offset: int = -1
    program: str = ""


@dataclass
class LibPython:
    """The library, for one process."""

    system: System
    version: str
    file: Path
    start: Start = field(default_factory=Start)
    is_running: bool = False
    is_open: bool = False
    looked_up: list[str] = field(default_factory=list)
    attributes: dict[str, int] = field(default_factory=dict)

    def install(self) -> None:
        """Lets dlopen, dlsym and the lookup of symbols in the whole process find it."""
        for name, body in self._functions().items():
            self.system.functions["_" + name] = describe(name, body, failure=0)
        self.system.machine.look_up = self._look_up  # type: ignore[method-assign]

    @property
    def layout(self) -> Layout:
        return LAYOUTS[int(self.version.split(".")[1])]

    def _open(self, system: System, path: int, mode: I32) -> int | None:
        if path and system.memory.text(path) == str(self.file):
            self.is_open = True
            return HANDLE
        return LIBSYSTEM["_dlopen"].body(system, path, mode)

    def _symbol(self, system: System, handle: int, name: Text) -> int | None:
        if self.is_open and name.startswith("Py") and handle in (HANDLE, RTLD_DEFAULT):
            return system.machine.stub("_" + name) if "_" + name in system.functions else 0
        return LIBSYSTEM["_dlsym"].body(system, handle, name)

    def _look_up(self, symbol: str, library: str | None) -> int:
        machine = self.system.machine
        if library or not symbol.lstrip("_").startswith("Py"):
            return type(machine).look_up(machine, symbol, library)
        if symbol.startswith("_PyExc_") or symbol.endswith(("_Type", "Struct")):
            return self.system.memory.allocate(512)
        self.system.functions.setdefault(symbol, self._not_here(symbol))
        return machine.stub(symbol)

    def _not_here(self, symbol: str) -> Function:
        def body(_system: System) -> int:
            self.looked_up.append(symbol.removeprefix("_"))
            raise EmulationError(f"{symbol.removeprefix('_')} is not in this libpython")

        return describe(symbol, body)

    def _status(self) -> None:
        """PyStatus is returned by value, where register x8 says: all zeros are a success."""
        place = self.system.machine.uc.reg_read(arm64.UC_ARM64_REG_X8)
        self.system.memory.write(place, bytes(32))

    def _functions(self) -> dict[str, Callable[..., int | None]]:
        return {
            "dlopen": self._open,
            "dlsym": self._symbol,
            "Py_GetVersion": plain(lambda system: system.memory.new_text(f"{self.version} (x)")),
            "Py_IsInitialized": plain(lambda _system: int(self.is_running)),
            "PyPreConfig_InitIsolatedConfig": self._pre_config,
            "Py_PreInitialize": self._pre_initialize,
            "PyConfig_InitIsolatedConfig": self._config,
            "PyConfig_SetBytesString": self._set_program,
            "Py_InitializeFromConfig": self._initialize,
            "PyConfig_Clear": nothing,
            "PyRun_SimpleString": self._run,
            "PySys_GetObject": self._attribute,
            "PySys_SetObject": self._set_attribute,
            "PyUnicode_FromString": self._string,
            "PyUnicode_AsUTF8AndSize": self._text_of,
            "Py_DecRef": nothing,
            "PyEval_SaveThread": plain(lambda system: system.memory.allocate(16)),
            "PyEval_RestoreThread": nothing,
            "PyGILState_GetThisThreadState": nothing,
            "PyGILState_Ensure": nothing,
            "PyGILState_Release": nothing,
        }

    def _run(self, _system: System, script: Text) -> int:
        """Of a script only the mark counts that the shim leaves in an interpreter of its own."""
        if STARTED in script:
            self.attributes[STARTED] = 1
        return 0

    def _attribute(self, _system: System, name: Text) -> int:
        return self.attributes.get(name, 0)

    def _set_attribute(self, _system: System, name: Text, value: int) -> int:
        self.attributes[name] = value
        return 0

    def _string(self, system: System, text: Text) -> int:
        """A string is the address of its text."""
        return system.memory.new_text(text)

    def _text_of(self, _system: System, string: int, _size: int) -> int:
        return string

    def _pre_config(self, system: System, config: int) -> None:
        system.memory.pack("10i", config, *PRE_CONFIG)

    def _pre_initialize(self, system: System, config: int) -> None:
        self.start.utf8_mode = system.memory.int32(config + 4 * PRE_UTF8_MODE)
        self._status()

    def _config(self, system: System, config: int) -> None:
        system.memory.write(config, bytes(self.layout.size))
        system.memory.pack("5i", config, 3, 1, 0, 0, 0)
        system.memory.set_int32(config + self.layout.site_import, 1)

    def _set_program(self, _system: System, config: int, place: int, text: Text) -> None:
        self.start.program_offset, self.start.program = place - config, text
        self._status()

    def _initialize(self, system: System, config: int) -> None:
        thread = system.machine.current
        self.start.thread, self.start.stack = thread.name, thread.stack
        self.start.site_import = system.memory.int32(config + self.layout.site_import)
        self.is_running = True
        self._status()


def nothing(_system: System) -> int:
    """What needs no interpreter."""
    return 0


def plain(body: Callable[[System], int]) -> Callable[..., int | None]:
    """A body without parameters, with the types that `describe` reads."""

    def typed(system: System) -> int:
        return body(system)

    return typed
