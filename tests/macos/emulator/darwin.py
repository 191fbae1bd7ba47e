"""Numbers and layouts of macOS where they differ from this machine's. Knows no emulator."""

from __future__ import annotations

import errno
import os
import struct

AT_FDCWD = -2
RTLD_GLOBAL = 0x8
RTLD_NOLOAD = 0x10
RTLD_DEFAULT = (1 << 64) - 2
DISPATCH_TIMED_OUT = 49
ETIMEDOUT = 60
EINVAL = 22

SOL_SOCKET = 0xFFFF
SO_NOSIGPIPE = 0x1022
SO_SNDTIMEO = 0x1005
SO_RCVTIMEO = 0x1006
MSG_DONTWAIT = 0x80

# <fcntl.h>: commands.
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL = 0, 1, 2, 3, 4
F_DUPFD_CLOEXEC, F_FULLFSYNC, F_SETNOSIGPIPE, F_BARRIERFSYNC = 67, 51, 73, 85
O_NONBLOCK = 0x4
O_CREAT = 0x200
O_CLOEXEC = 0x100_0000
# <sys/ioccom.h>
FIOCLEX, FIONCLEX = 0x2000_6601, 0x2000_6602

SPAWN_SETPGROUP, SPAWN_SETSIGDEF, SPAWN_SETSIGMASK = 0x2, 0x4, 0x8
SPAWN_CLOEXEC_DEFAULT = 0x4000

_OPEN_FLAGS = {
    O_NONBLOCK: os.O_NONBLOCK,
    0x8: os.O_APPEND,
    0x100: os.O_NOFOLLOW,
    O_CREAT: os.O_CREAT,
    0x400: os.O_TRUNC,
    0x800: os.O_EXCL,
    0x10_0000: os.O_DIRECTORY,
    O_CLOEXEC: os.O_CLOEXEC,
}

_ERRNO = {
    errno.EAGAIN: 35,
    errno.EINPROGRESS: 36,
    errno.ENOTSOCK: 38,
    errno.EADDRINUSE: 48,
    errno.ECONNRESET: 54,
    errno.ENOBUFS: 55,
    errno.ENOTCONN: 57,
    errno.ETIMEDOUT: ETIMEDOUT,
    errno.ECONNREFUSED: 61,
    errno.ELOOP: 62,
    errno.ENAMETOOLONG: 63,
    errno.ENOTEMPTY: 66,
    errno.ENOSYS: 78,
    errno.EOVERFLOW: 84,
    errno.EOPNOTSUPP: 102,
    errno.EDEADLK: 11,
}


def errno_of(number: int | None) -> int:
    """This machine's error as macOS numbers it."""
    return _ERRNO.get(number or errno.EIO, number or errno.EIO)


def errno_here(number: int) -> int:
    """The other way round."""
    return next((ours for ours, theirs in _ERRNO.items() if theirs == number), number)


def open_flags(flags: int) -> int:
    """Flags of open as this machine numbers them."""
    access = flags & 3
    return access | sum(ours for theirs, ours in _OPEN_FLAGS.items() if flags & theirs)


def stat_bytes(found: os.stat_result) -> bytes:
    """`struct stat` of arm64."""
    stamps = (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns, found.st_mtime_ns)
    times = [part for stamp in stamps for part in divmod(stamp, 10**9)]
    device, links = found.st_dev & 0x7FFF_FFFF, found.st_nlink & 0xFFFF
    head = struct.pack(
        "<iHHQIIi4x", device, found.st_mode, links, found.st_ino, found.st_uid, found.st_gid, 0
    )
    tail = struct.pack("<qqiIIi16x", found.st_size, found.st_blocks, found.st_blksize, 0, 0, 0)
    return head + struct.pack("<8Q", *times) + tail


def dirent_bytes(name: bytes, inode: int, kind: int) -> bytes:
    """`struct dirent` of arm64; `kind` is a DT_ number."""
    length = round((21 + len(name) + 1) / 4 + 0.5) * 4
    return struct.pack("<QQHHB", inode, 0, length, len(name), kind) + name + b"\0"
