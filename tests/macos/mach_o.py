"""What a finished library says about itself, and whether its signature is right."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lief

SUPER_BLOB, CODE_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
AD_HOC = 0x2
SHA_256 = 2

lief.logging.disable()


@dataclass
class Signature:
    """The code directory."""

    flags: int
    identifier: str
    code_limit: int
    page_size: int
    wrong_pages: list[int]
    end: int


class Library:
    """A Mach-O library, read once."""

    def __init__(self, file: Path) -> None:
        self.bytes = file.read_bytes()
        # Kept: what LIEF gives lives no longer than the parsed file.
        self._parsed = lief.MachO.parse(str(file))
        assert self._parsed, f"{file} is not a Mach-O file"
        self._binary: Any = self._parsed.at(0)

    @property
    def exports(self) -> set[str]:
        return {str(symbol.name) for symbol in self._binary.exported_symbols}

    @property
    def imports(self) -> set[str]:
        return {str(symbol.name) for symbol in self._binary.imported_symbols}

    @property
    def dependencies(self) -> list[str]:
        """Paths of the libraries that dyld loads with it; the first of LIEF's is its own name."""
        return [
            library.name for library in self._binary.libraries if library.name != self.install_name
        ]

    @property
    def install_name(self) -> str:
        """Empty for a program."""
        names = (str(c.name) for c in self._binary.commands if c.command.name == "ID_DYLIB")
        return next(names, "")

    @property
    def minimum_system(self) -> tuple[int, ...]:
        return tuple(self._binary.build_version.minos)

    def section(self, segment: str, name: str) -> bytes:
        """The content of a section; empty where there is none."""
        section = self._binary.get_section(segment, name)
        return bytes(section.content) if section else b""

    @property
    def segments(self) -> list[tuple[str, int, int, int, int]]:
        """Name, address, size in memory, offset and size in the file."""
        return [
            (s.name, s.virtual_address, s.virtual_size, s.file_offset, s.file_size)
            for s in self._binary.segments
        ]

    def signature(self) -> Signature:
        command = self._binary.code_signature
        start = command.data_offset
        magic, _, count = struct.unpack_from(">3I", self.bytes, start)
        assert magic == SUPER_BLOB, f"{magic:#x}"
        blobs = struct.iter_unpack(">2I", self.bytes[start + 12 : start + 12 + 8 * count])
        directories = [start + at for _, at in blobs if self._magic(start + at) == CODE_DIRECTORY]
        assert len(directories) == 1
        return self._directory(directories[0], start + command.data_size)

    def _magic(self, at: int) -> int:
        return int(struct.unpack_from(">I", self.bytes, at)[0])

    def _directory(self, at: int, end: int) -> Signature:
        _, flags, hashes, name, _, slots, limit = struct.unpack_from(">7I", self.bytes, at + 8)
        size, kind, _, page = struct.unpack_from("4B", self.bytes, at + 36)
        assert (size, kind) == (32, SHA_256)
        expected = [self.bytes[at + hashes + size * n :][:size] for n in range(slots)]
        actual = [hashlib.sha256(part).digest() for part in self._pages(limit, 1 << page)]
        wrong = [
            n for n, pair in enumerate(zip(expected, actual, strict=True)) if pair[0] != pair[1]
        ]
        identifier = self.bytes[at + name : self.bytes.index(b"\0", at + name)].decode()
        return Signature(flags, identifier, limit, 1 << page, wrong, end)

    def _pages(self, limit: int, size: int) -> Iterator[bytes]:
        return (self.bytes[start : min(start + size, limit)] for start in range(0, limit, size))
