"""Folders: making, removing, and reading their entries."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..darwin import dirent_bytes
from ..functions import I32, Text, function
from ..system import Folder, System

DT_DIR, DT_REG, DT_LNK = 4, 8, 10
# After the handle's own first bytes: where readdir leaves an entry.
ENTRY = 16
HANDLE_SIZE = ENTRY + 1100


@function("mkdir")
def mkdir(system: System, path: Text, mode: I32) -> None:
    os.mkdir(system.path(path), mode & 0o7777)


@function("rmdir")
def rmdir(system: System, path: Text) -> None:
    os.rmdir(system.path(path))


@function("unlinkat")
def unlinkat(system: System, folder: I32, path: Text, flags: I32) -> None:
    remove = os.rmdir if flags & 0x80 else os.unlink
    remove(system.path(path, folder), dir_fd=system.folder(folder))


@function("opendir", failure=0)
def opendir(system: System, path: Text) -> int:
    return _open(system, os.scandir(system.path(path)), None)


@function("fdopendir", failure=0)
def fdopendir(system: System, descriptor: I32) -> int:
    return _open(system, os.scandir(descriptor), descriptor)


def _open(system: System, found: Iterator[os.DirEntry[str]], descriptor: int | None) -> int:
    entries = [dirent_bytes(name, 1, DT_DIR) for name in (b".", b"..")]
    for entry in found:
        kind = DT_LNK if entry.is_symlink() else DT_DIR if entry.is_dir() else DT_REG
        entries.append(dirent_bytes(os.fsencode(entry.name), entry.inode(), kind))
    handle = system.memory.allocate(HANDLE_SIZE)
    system.state.folders[handle] = Folder(iter(entries), descriptor)
    return handle


@function("readdir", failure=0)
def readdir(system: System, handle: int) -> int:
    entry = next(system.state.folders[handle].entries, b"")
    system.memory.write(handle + ENTRY, entry)
    return handle + ENTRY if entry else 0


@function("readdir_r")
def readdir_r(system: System, handle: int, out: int, place: int) -> None:
    entry = next(system.state.folders[handle].entries, b"")
    system.memory.write(out, entry)
    system.memory.set_word(place, out if entry else 0)


@function("dirfd")
def dirfd(system: System, handle: int) -> int:
    descriptor = system.state.folders[handle].descriptor
    return -1 if descriptor is None else descriptor


@function("closedir")
def closedir(system: System, handle: int) -> None:
    folder = system.state.folders.pop(handle)
    system.memory.free(handle)
    if folder.descriptor is not None:
        os.close(folder.descriptor)
