"""The emulator notices what a processor and a system would not forgive."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import pytest
from emulator import libsystem as libsystem
from emulator.memory import EmulationError
from emulator.system import System

# sub sp, sp, #16; str x0, [sp]; back to the first.
ENDLESS_RECURSION = struct.pack("<3I", 0xD10043FF, 0xF90003E0, 0x17FFFFFE)


@pytest.fixture
def system() -> Iterator[System]:
    one = System()
    yield one
    one.close()


def call(system: System, name: str, *arguments: int) -> int:
    return system.machine.call(system.machine.stub(f"_{name}"), *arguments)


def test_memory_that_is_freed_twice(system: System) -> None:
    address = call(system, "malloc", 40)
    call(system, "free", address)
    assert system.memory.read(address, 40) == b"\xa5" * 40
    with pytest.raises(EmulationError, match="which is not a block of malloc"):
        call(system, "free", address)


def test_a_stack_that_overflows(system: System) -> None:
    code = system.memory.new_bytes(ENDLESS_RECURSION)
    with pytest.raises(EmulationError, match="of 524288 bytes of stack"):
        system.machine.call(code)


def test_a_write_that_is_not_read_but_where_it_was_allowed(system: System) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    data = system.memory.new_bytes(b"data")
    for allowed in (False, True):
        if allowed:
            system.state.quiet.add(os.fstat(writer).st_ino)
        assert call(system, "write", writer, data, 4) == (1 << 64) - 1
        assert system.broken_pipes == ["_write"]
    os.close(writer)


def test_a_function_that_libsystem_here_lacks(system: System) -> None:
    with pytest.raises(EmulationError, match="lacks _no_such_function"):
        call(system, "no_such_function")


def test_an_error_of_this_machine_is_told_as_macos_numbers_it(system: System) -> None:
    path = system.memory.new_text("/nowhere")
    assert call(system, "stat", path, 0) == (1 << 64) - 1
    assert system.machine.threads[-1].errno == 2
    full = system.memory.new_text(str(system.home))
    (system.home / "file").touch()
    assert call(system, "rmdir", full) == (1 << 64) - 1
    assert system.machine.threads[-1].errno == 66
