"""malloc, memcpy, strings."""

from __future__ import annotations

import os

from ..darwin import errno_here
from ..functions import I32, Text, function
from ..memory import PAGE
from ..system import System


@function("malloc")
def malloc(system: System, size: int) -> int:
    return system.memory.allocate(size)


@function("free")
def free(system: System, address: int) -> None:
    if address:
        system.memory.free(address)


@function("calloc")
def calloc(system: System, count: int, size: int) -> int:
    return _zeros(system, count * size, 16)


def _zeros(system: System, size: int, align: int) -> int:
    address = system.memory.allocate(size, align)
    system.memory.write(address, bytes(size))
    return address


@function("realloc")
def realloc(system: System, old: int, size: int) -> int:
    memory = system.memory
    new = memory.allocate(size)
    if old:
        memory.write(new, memory.read(old, min(size, memory.size_of(old))))
        memory.free(old)
    return new


@function("posix_memalign")
def posix_memalign(system: System, place: int, align: int, size: int) -> None:
    system.memory.set_word(place, system.memory.allocate(size, max(16, align)))


@function("mmap")
def mmap(system: System, _wanted: int, size: int) -> int:
    return _zeros(system, size, PAGE)


@function("munmap")
def munmap(system: System, address: int) -> None:
    system.memory.free(address)


@function("mprotect")
def mprotect(_system: System) -> int:
    return 0


@function("memcpy", "memmove")
def memcpy(system: System, target: int, source: int, size: int) -> int:
    system.memory.write(target, system.memory.read(source, size))
    return target


@function("memset")
def memset(system: System, target: int, byte: I32, size: int) -> int:
    system.memory.write(target, bytes([byte & 0xFF]) * size)
    return target


@function("bzero")
def bzero(system: System, target: int, size: int) -> None:
    system.memory.write(target, bytes(size))


@function("memset_pattern16")
def memset_pattern16(system: System, target: int, pattern: int, size: int) -> None:
    unit = system.memory.read(pattern, 16)
    system.memory.write(target, (unit * (size // 16 + 1))[:size])


@function("memcmp", "bcmp")
def memcmp(system: System, left: int, right: int, size: int) -> int:
    ours, theirs = system.memory.read(left, size), system.memory.read(right, size)
    return (ours > theirs) - (ours < theirs)


@function("memchr")
def memchr(system: System, address: int, byte: I32, size: int) -> int:
    index = system.memory.read(address, size).find(byte & 0xFF)
    return address + index if index >= 0 else 0


@function("strlen")
def strlen(system: System, text: int) -> int:
    return len(system.memory.raw_text(text))


@function("strnlen")
def strnlen(system: System, text: int, most: int) -> int:
    length = 0
    while length < most and system.memory.read(text + length, 1) != b"\0":
        length += 1
    return length


@function("strcmp")
def strcmp(system: System, left: int, right: int) -> int:
    ours, theirs = system.memory.raw_text(left), system.memory.raw_text(right)
    return (ours > theirs) - (ours < theirs)


@function("strerror_r")
def strerror_r(system: System, code: I32, out: int, size: int) -> None:
    text = os.strerror(errno_here(code)).encode()[: size - 1]
    system.memory.write(out, text + b"\0")


@function("getenv")
def getenv(system: System, name: Text) -> int:
    memory, row = system.memory, system.memory.word(system.environ)
    while pointer := memory.word(row):
        if memory.text(pointer).startswith(f"{name}="):
            return pointer + len(name) + 1
        row += 8
    return 0
