"""Files and descriptors: real ones of this machine."""

from __future__ import annotations

import fcntl as locks
import os
import select
import struct

from ..darwin import (
    AT_FDCWD,
    F_BARRIERFSYNC,
    F_DUPFD,
    F_DUPFD_CLOEXEC,
    F_FULLFSYNC,
    F_GETFD,
    F_GETFL,
    F_SETFD,
    F_SETFL,
    F_SETNOSIGPIPE,
    FIOCLEX,
    FIONCLEX,
    O_CLOEXEC,
    O_CREAT,
    O_NONBLOCK,
    open_flags,
    stat_bytes,
)
from ..functions import I32, I64, Text, function, patiently
from ..memory import EmulationError
from ..system import System

LOCK_NB = 4
# fsetattrlist: the only attribute that is set here, the time of the last change.
ATTR_CMN_MODTIME = 0x400


@function("open")
def open_(system: System, path: Text, flags: I32) -> int:
    return openat(system, AT_FDCWD, path, flags)


@function("openat")
def openat(system: System, folder: I32, path: Text, flags: I32) -> int:
    mode = system.machine.variadic() & 0o7777 if flags & O_CREAT else 0
    name = system.path(path, folder)
    descriptor = os.open(name, open_flags(flags), mode, dir_fd=system.folder(folder))
    os.set_inheritable(descriptor, not flags & O_CLOEXEC)
    return descriptor


@function("close")
def close(system: System, descriptor: I32) -> None:
    limits = system.state.socket_limits
    for key in [key for key in limits if key[0] == descriptor]:
        del limits[key]
    os.close(descriptor)


@function("read")
def read(system: System, descriptor: I32, out: int, size: int) -> int:
    def ready() -> int | None:
        if os.get_blocking(descriptor) and not select.select([descriptor], [], [], 0)[0]:
            return None
        data = os.read(descriptor, size)
        system.memory.write(out, data)
        return len(data)

    return patiently(ready)


@function("readv")
def readv(system: System, descriptor: I32, rows: int) -> int:
    out, size = system.memory.unpack("QQ", rows)
    return read(system, descriptor, out, size)


@function("pread")
def pread(system: System, descriptor: I32, out: int, size: int, offset: I64) -> int:
    data = os.pread(descriptor, size, offset)
    system.memory.write(out, data)
    return len(data)


@function("write")
def write(system: System, descriptor: I32, data: int, size: int) -> int:
    return _write(system, descriptor, system.memory.read(data, size))


@function("writev")
def writev(system: System, descriptor: I32, rows: int, count: I32) -> int:
    memory = system.memory
    parts = [memory.unpack("QQ", rows + 16 * number) for number in range(count)]
    return _write(system, descriptor, b"".join(memory.read(*part) for part in parts))


def _write(system: System, descriptor: int, data: bytes) -> int:
    def ready() -> int | None:
        if os.get_blocking(descriptor) and not select.select([], [descriptor], [], 0)[1]:
            return None
        try:
            return os.write(descriptor, data)
        except BrokenPipeError:
            system.note_broken_pipe(descriptor)
            raise

    return patiently(ready)


@function("pwrite")
def pwrite(system: System, descriptor: I32, data: int, size: int, offset: I64) -> int:
    return os.pwrite(descriptor, system.memory.read(data, size), offset)


@function("lseek")
def lseek(_system: System, descriptor: I32, offset: I64, whence: I32) -> int:
    return os.lseek(descriptor, offset, whence)


@function("fsync")
def fsync(_system: System, descriptor: I32) -> None:
    os.fsync(descriptor)


@function("ftruncate")
def ftruncate(_system: System, descriptor: I32, size: I64) -> None:
    os.ftruncate(descriptor, size)


@function("flock")
def flock(_system: System, descriptor: I32, how: I32) -> int:
    def ready() -> int | None:
        try:
            locks.flock(descriptor, how | LOCK_NB)
        except BlockingIOError:
            if how & LOCK_NB:
                raise
            return None
        return 0

    return patiently(ready)


@function("fcntl")
def fcntl(system: System, descriptor: I32, command: I32) -> int:
    value = int(struct.unpack("<i", struct.pack("<Q", system.machine.variadic())[:4])[0])
    match command:
        case c if c in (F_DUPFD, F_DUPFD_CLOEXEC):
            ours = locks.F_DUPFD_CLOEXEC if command == F_DUPFD_CLOEXEC else locks.F_DUPFD
            return locks.fcntl(descriptor, ours, value)
        case c if c in (F_GETFD, F_SETFD):
            return locks.fcntl(descriptor, command, value)
        case c if c == F_GETFL:
            access = locks.fcntl(descriptor, locks.F_GETFL) & 3
            return access | (0 if os.get_blocking(descriptor) else O_NONBLOCK)
        case c if c == F_SETFL:
            os.set_blocking(descriptor, not value & O_NONBLOCK)
        case c if c in (F_FULLFSYNC, F_BARRIERFSYNC):
            os.fsync(descriptor)
        case c if c == F_SETNOSIGPIPE:
            system.state.quiet.add(os.fstat(descriptor).st_ino)
        case _:
            raise EmulationError(f"fcntl {command} is not known here")
    return 0


@function("ioctl")
def ioctl(_system: System, descriptor: I32, request: int) -> None:
    if request not in (FIOCLEX, FIONCLEX):
        raise EmulationError(f"ioctl {request:#x} is not known here")
    os.set_inheritable(descriptor, request == FIONCLEX)


@function("dup")
def dup(_system: System, descriptor: I32) -> int:
    copy = os.dup(descriptor)
    os.set_inheritable(copy, True)
    return copy


@function("dup2")
def dup2(_system: System, old: I32, new: I32) -> int:
    return os.dup2(old, new)


@function("pipe")
def pipe(system: System, out: int) -> None:
    give_pair(system, out, os.pipe())


def give_pair(system: System, out: int, pair: tuple[int, int]) -> None:
    """Two new descriptors, which a child inherits at first: macOS has no atomic way."""
    for descriptor in pair:
        os.set_inheritable(descriptor, True)
    system.memory.pack("ii", out, *pair)


@function("stat")
def stat(system: System, path: Text, out: int) -> None:
    system.memory.write(out, stat_bytes(os.stat(system.path(path))))


@function("lstat")
def lstat(system: System, path: Text, out: int) -> None:
    system.memory.write(out, stat_bytes(os.lstat(system.path(path))))


@function("fstat")
def fstat(system: System, descriptor: I32, out: int) -> None:
    system.memory.write(out, stat_bytes(os.fstat(descriptor)))


@function("fstatat")
def fstatat(system: System, folder: I32, path: Text, out: int, flags: I32) -> None:
    name = system.path(path, folder)
    status = os.stat(name, dir_fd=system.folder(folder), follow_symlinks=not flags & 0x20)
    system.memory.write(out, stat_bytes(status))


@function("access")
def access(system: System, path: Text, mode: I32) -> int:
    return 0 if os.access(system.path(path), mode) else -1


@function("unlink")
def unlink(system: System, path: Text) -> None:
    os.unlink(system.path(path))


@function("rename")
def rename(system: System, old: Text, new: Text) -> None:
    os.rename(system.path(old), system.path(new))


@function("link")
def link(system: System, old: Text, new: Text) -> None:
    os.link(system.path(old), system.path(new))


@function("symlink")
def symlink(system: System, target: Text, path: Text) -> None:
    os.symlink(target, system.path(path))


@function("chmod")
def chmod(system: System, path: Text, mode: I32) -> None:
    os.chmod(system.path(path), mode & 0o7777)


@function("fchmod")
def fchmod(_system: System, descriptor: I32, mode: I32) -> None:
    os.fchmod(descriptor, mode & 0o7777)


@function("fsetattrlist")
def fsetattrlist(system: System, descriptor: I32, wanted: int, value: int) -> None:
    attributes = system.memory.int32(wanted + 4)
    if attributes != ATTR_CMN_MODTIME:
        raise EmulationError(f"attributes {attributes:#x} are not known here")
    os.utime(descriptor, (os.fstat(descriptor).st_atime, system.memory.seconds(value)))


@function("readlink")
def readlink(system: System, path: Text, out: int, size: int) -> int:
    data = os.fsencode(os.readlink(system.path(path)))[:size]
    system.memory.write(out, data)
    return len(data)


@function("realpath$DARWIN_EXTSN", "realpath", failure=0)
def realpath(system: System, path: Text, out: int) -> int:
    real_path = os.path.realpath(system.path(path), strict=True)
    if not out:
        return system.memory.new_text(real_path)
    system.memory.write(out, os.fsencode(real_path) + b"\0")
    return out


@function("getcwd", failure=0)
def getcwd(system: System, out: int) -> int:
    """An application from the Dock is in the root folder."""
    system.memory.write(out, b"/\0")
    return out
