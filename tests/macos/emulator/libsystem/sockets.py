"""Socket pairs, with the little room that they have on macOS, and poll."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable

from ..darwin import MSG_DONTWAIT, SO_NOSIGPIPE, SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET
from ..functions import I32, function, patiently
from ..memory import EmulationError
from ..system import System
from .files import give_pair

# The kernel doubles it, which makes the 8 KiB of macOS.
ROOM = 4096
FOREVER = float("inf")


@function("socketpair")
def socketpair(system: System, domain: I32, kind: I32, _protocol: I32, out: int) -> None:
    if (domain, kind) != (socket.AF_UNIX, socket.SOCK_STREAM):
        raise EmulationError("a socket pair that is not a stream between local sockets")
    both = socket.socketpair()
    for one in both:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            one.setsockopt(socket.SOL_SOCKET, option, ROOM)
        system.state.noisy.add(os.fstat(one.fileno()).st_ino)
    give_pair(system, out, (both[0].detach(), both[1].detach()))


@function("setsockopt")
def setsockopt(system: System, descriptor: I32, level: I32, name: I32, value: int) -> None:
    if (level, name) == (SOL_SOCKET, SO_NOSIGPIPE):
        inode = os.fstat(descriptor).st_ino
        system.state.quiet.add(inode)
        system.state.noisy.discard(inode)
    elif level == SOL_SOCKET and name in (SO_SNDTIMEO, SO_RCVTIMEO):
        seconds, microseconds = system.memory.unpack("qi", value)
        system.state.socket_limits[descriptor, name] = seconds + microseconds / 10**6
    else:
        raise EmulationError(f"socket option {level:#x} {name:#x} is not known here")


@function("send")
def send(system: System, descriptor: I32, data: int, size: int, flags: I32) -> int:
    content = system.memory.read(data, size)

    def attempt(one: socket.socket) -> int:
        return one.send(content, socket.MSG_DONTWAIT)

    return _on_socket(system, descriptor, flags, SO_SNDTIMEO, attempt)


@function("recv")
def recv(system: System, descriptor: I32, out: int, size: int, flags: I32) -> int:
    def attempt(one: socket.socket) -> int:
        data = one.recv(size, socket.MSG_DONTWAIT)
        system.memory.write(out, data)
        return len(data)

    return _on_socket(system, descriptor, flags, SO_RCVTIMEO, attempt)


def _on_socket(
    system: System, descriptor: int, flags: int, limit: int, attempt: Callable[[socket.socket], int]
) -> int:
    """Something that may have to wait, within the limit that was set for it."""
    until = time.monotonic() + (system.state.socket_limits.get((descriptor, limit)) or FOREVER)

    def ready() -> int | None:
        with socket.socket(fileno=os.dup(descriptor)) as one:
            try:
                return attempt(one)
            except BlockingIOError:
                may_wait = os.get_blocking(descriptor) and not flags & MSG_DONTWAIT
                if not may_wait or time.monotonic() >= until:
                    raise
                return None
            except BrokenPipeError:
                system.note_broken_pipe(descriptor)
                raise

    return patiently(ready)


@function("shutdown")
def shutdown(_system: System, descriptor: I32, how: I32) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as one:
        one.shutdown(how)


@function("poll")
def poll(system: System, rows: int, count: I32, limit: I32) -> int:
    memory = system.memory
    until = time.monotonic() + limit / 1000 if limit >= 0 else FOREVER
    requests = [memory.unpack("ihh", rows + 8 * number) for number in range(count)]

    def ready() -> int | None:
        poller = select.poll()
        for descriptor, events, _ in requests:
            if descriptor >= 0:
                poller.register(descriptor, events)
        ready = dict(poller.poll(0))
        if not ready and time.monotonic() < until:
            return None
        for number, (descriptor, events, _) in enumerate(requests):
            memory.pack("ihh", rows + 8 * number, descriptor, events, ready.get(descriptor, 0))
        return len(ready)

    return patiently(ready)
