"""The emulated address space: reading, writing, C strings, and a heap that notices a wrong free.

Knows nothing of threads, images or functions.
"""

from __future__ import annotations

import os
import struct
from typing import Any

PAGE = 0x4000
HEAP = 0x2_0000_0000
HEAP_SIZE = 1 << 30
WORD = (1 << 64) - 1
# What freed memory is filled with, so that a use of it shows.
FREED = b"\xa5"


class EmulationError(Exception):
    """The emulated code did what it must not, or needs what this emulator lacks."""


def round_up(number: int, step: int) -> int:
    return -(-number // step) * step


class Memory:
    """What the code sees. `uc` is the Unicorn engine that keeps it."""

    def __init__(self, uc: Any) -> None:
        self._uc = uc
        self._sizes: dict[int, int] = {}
        self._spare: dict[int, list[int]] = {}
        self._top = HEAP + 64
        self.map(HEAP, HEAP_SIZE)

    def map(self, address: int, size: int) -> None:
        self._uc.mem_map(address, round_up(size, PAGE))

    def unmap(self, address: int, size: int) -> None:
        self._uc.mem_unmap(address, round_up(size, PAGE))

    def read(self, address: int, size: int) -> bytes:
        return bytes(self._uc.mem_read(address, size)) if size else b""

    def write(self, address: int, data: bytes) -> None:
        if data:
            self._uc.mem_write(address, bytes(data))

    def unpack(self, layout: str, address: int) -> tuple[Any, ...]:
        return struct.unpack("<" + layout, self.read(address, struct.calcsize("<" + layout)))

    def pack(self, layout: str, address: int, *values: Any) -> None:
        self.write(address, struct.pack("<" + layout, *values))

    def word(self, address: int) -> int:
        return int(self.unpack("Q", address)[0])

    def set_word(self, address: int, value: int) -> None:
        self.pack("Q", address, value & WORD)

    def int32(self, address: int) -> int:
        return int(self.unpack("i", address)[0])

    def set_int32(self, address: int, value: int) -> None:
        self.pack("I", address, value & 0xFFFF_FFFF)

    def seconds(self, timespec: int) -> float:
        whole, nanoseconds = self.unpack("qq", timespec)
        return float(whole + nanoseconds / 10**9)

    def raw_text(self, address: int) -> bytes:
        """The bytes of a C string. No read crosses a page before the string does."""
        out = b""
        while address and b"\0" not in out:
            at = address + len(out)
            out += self.read(at, 64 - at % 64)
        return out.split(b"\0")[0]

    def text(self, address: int) -> str:
        return os.fsdecode(self.raw_text(address))

    def strings(self, address: int) -> list[str]:
        """A NULL-terminated array of C strings, such as argv."""
        out = []
        while pointer := self.word(address):
            out.append(self.text(pointer))
            address += 8
        return out

    def new_text(self, text: str) -> int:
        return self.new_bytes(os.fsencode(text) + b"\0")

    def new_bytes(self, data: bytes) -> int:
        address = self.allocate(len(data))
        self.write(address, data)
        return address

    def new_strings(self, strings: list[str]) -> int:
        pointers = [self.new_text(text) for text in strings] + [0]
        return self.new_bytes(struct.pack(f"<{len(pointers)}Q", *pointers))

    @property
    def pieces(self) -> int:
        """How many blocks are allocated."""
        return len(self._sizes)

    def size_of(self, address: int) -> int:
        return self._sizes[address]

    def allocate(self, size: int, align: int = 16) -> int:
        room = max(16, round_up(size, 16))
        spare = self._spare.get(room)
        if spare and align == 16:
            address = spare.pop()
        else:
            address = round_up(self._top, align)
            self._top = address + room
        if self._top > HEAP + HEAP_SIZE:
            raise EmulationError("the emulated heap is full")
        self._sizes[address] = size
        return address

    def free(self, address: int) -> None:
        size = self._sizes.pop(address, None)
        if size is None:
            raise EmulationError(f"free of {address:#x}, which is not a block of malloc")
        self.write(address, FREED * size)
        self._spare.setdefault(max(16, round_up(size, 16)), []).append(address)
