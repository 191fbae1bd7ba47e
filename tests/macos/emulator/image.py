"""A Mach-O library in the emulated memory: segments, fixups, exports, thread-local data."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lief

from .memory import PAGE, Memory, round_up

ARM64 = bytes.fromhex("cffaedfe0c000001")
# Gives the address of a symbol; the library is None where it is looked up in all of the process.
Lookup = Callable[[str, "str | None"], int]

lief.logging.disable()


class Image:
    """A loaded library. `path` is what the emulated code knows it by."""

    def __init__(self, memory: Memory, file: Path, path: str, base: int, lookup: Lookup) -> None:
        raw = file.read_bytes()
        if raw[:8] != ARM64:
            raise LookupError("it is not a library for this processor")
        parsed: Any = lief.MachO.parse(str(file))
        binary = parsed.at(0)
        self.path, self.base, self.is_global = path, base, False
        self.size: int = max(s.virtual_address + s.virtual_size for s in binary.segments)
        # Copied: what LIEF gives lives no longer than the parsed file.
        self._sections = {
            (segment.name, section.name): (section.virtual_address, section.size, section.type.name)
            for segment in binary.segments
            for section in segment.sections
        }
        self._map(memory, binary, raw)
        self._fix(memory, binary, lookup)
        self.exports: dict[str, int] = {s.name: base + s.value for s in binary.exported_symbols}
        named = ((base + s.value, s.name) for s in binary.symbols if s.value and s.name)
        self._symbols = sorted(named)
        self.thread_data = self._thread_data(memory)

    def _map(self, memory: Memory, binary: Any, raw: bytes) -> None:
        for segment in binary.segments:
            start = self.base + segment.virtual_address
            memory.map(start, round_up(segment.virtual_size, PAGE))
            memory.write(start, raw[segment.file_offset : segment.file_offset + segment.file_size])

    def _fix(self, memory: Memory, binary: Any, lookup: Lookup) -> None:
        for fixup in binary.relocations:
            place = self.base + fixup.address
            target = fixup.target if binary.has_dyld_chained_fixups else memory.word(place)
            if fixup.address:
                memory.set_word(place, self.base + target)
        for binding in binary.bindings:
            library = binding.library.name if binding.has_library else None
            address = lookup(binding.symbol.name, library)
            memory.set_word(self.base + binding.address, address + binding.addend)

    def section(self, segment: str, name: str) -> tuple[int, int] | None:
        """Address and size."""
        section = self._sections.get((segment, name))
        return (self.base + section[0], section[1]) if section else None

    def has_initialisers(self) -> bool:
        kinds = {kind for _, size, kind in self._sections.values() if size}
        return not kinds.isdisjoint({"MOD_INIT_FUNC_POINTERS", "INIT_FUNC_OFFSETS"})

    def contains(self, address: int) -> bool:
        return self.base <= address < self.base + self.size

    def describe(self, address: int) -> str:
        """The function that the address is in, where symbols were left in the file."""
        at = bisect.bisect_right(self._symbols, (address, "~")) - 1
        if at < 0:
            return f"{Path(self.path).name}+{address - self.base:#x}"
        start, name = self._symbols[at]
        return f"{name}+{address - start:#x}"

    def _thread_data(self, memory: Memory) -> bytes:
        """What a new thread's variables are: initial values, then zeros."""
        kinds = ("THREAD_LOCAL_REGULAR", "THREAD_LOCAL_ZEROFILL")
        parts = sorted(section for section in self._sections.values() if section[2] in kinds)
        if not parts:
            return b""
        start, end = parts[0][0], sum(parts[-1][:2])
        filled = sum(size for _, size, kind in parts if kind == kinds[0])
        zeros = [address for address, _, kind in parts if kind == kinds[1]]
        filled = zeros[0] - start if zeros else filled
        return memory.read(self.base + start, filled) + bytes(end - start - filled)
