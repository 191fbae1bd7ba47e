"""The process itself: its ids, limits, signals, random numbers and time."""

from __future__ import annotations

import errno
import os
import time

from ..functions import I32, Wait, function
from ..memory import PAGE, WORD, EmulationError
from ..system import System

# What an application from the Dock gets.
DESCRIPTORS = 256
SYSCONF = {29: PAGE, 57: 8, 58: 8, 71: 4096}
STANDARD_ACTION = bytes(16)


@function("_NSGetEnviron")
def ns_get_environ(system: System) -> int:
    return system.environ


@function("__error")
def error_place(system: System) -> int:
    """Where errno is."""
    thread, memory = system.machine.current, system.memory
    thread.errno_place = thread.errno_place or memory.allocate(4)
    memory.set_int32(thread.errno_place, thread.errno)
    return thread.errno_place


@function("getpid")
def getpid(_system: System) -> int:
    return os.getpid()


@function("getppid")
def getppid(_system: System) -> int:
    return os.getppid()


@function("getuid", "geteuid")
def getuid(_system: System) -> int:
    return os.getuid()


@function("getpwuid_r")
def getpwuid_r(system: System, user: I32, record: int, buffer: int, size: int, out: int) -> int:
    """The user's account: its home folder is HOME. Without HOME there is no account."""
    memory = system.memory
    variables = memory.strings(memory.word(system.environ))
    home = next((text[5:] for text in variables if text.startswith("HOME=")), None)
    memory.set_word(out, 0)
    if home is None:
        return 0
    text = home.encode() + b"\0"
    if len(text) > size:
        return errno.ERANGE
    memory.write(buffer, text)
    # struct passwd of pwd.h: name, password, ids, change, class, full name, home, shell, expiry.
    memory.pack(
        "QQIIqQQQQq", record, buffer, buffer, user, user, 0, buffer, buffer, buffer, buffer, 0
    )
    memory.set_word(out, record)
    return 0


@function("getdtablesize")
def getdtablesize(_system: System) -> int:
    return DESCRIPTORS


@function("getrlimit")
def getrlimit(system: System, _kind: I32, out: int) -> None:
    system.memory.pack("QQ", out, DESCRIPTORS, WORD >> 1)


@function("setrlimit")
def setrlimit(_system: System) -> int:
    return 0


@function("sysconf")
def sysconf(_system: System, name: I32) -> int:
    return SYSCONF.get(name, -1)


@function("sysctlbyname")
def sysctlbyname(system: System, _name: int, out: int, size: int) -> None:
    """Asked for features of the processor alone: each is there."""
    system.memory.write(out, (1).to_bytes(8, "little")[: system.memory.word(size)])


@function("CCRandomGenerateBytes", "getentropy")
def random_bytes(system: System, out: int, size: int) -> None:
    system.memory.write(out, os.urandom(size))


@function("arc4random_buf")
def arc4random_buf(system: System, out: int, size: int) -> None:
    random_bytes(system, out, size)


@function("_availability_version_check")
def availability_version_check(_system: System) -> int:
    return 1


@function("atexit")
def atexit(system: System, handler: int) -> None:
    system.exit_handlers.append(handler)


@function("abort")
def abort(system: System) -> None:
    raise EmulationError(f"abort, called by {system.machine.where()}")


@function("exit")
def leave(system: System, code: I32) -> None:
    raise EmulationError(f"exit({code}), called by {system.machine.where()}")


@function("_exit")
def leave_at_once(_system: System, code: I32) -> None:
    os._exit(code & 0xFF)


@function("sigaction")
def sigaction(system: System, number: I32, _new: int, old: int) -> None:
    if not 0 < number < 32:
        raise OSError(errno.EINVAL, "no such signal")
    if old:
        system.memory.write(old, STANDARD_ACTION)


@function("signal")
def signal(_system: System) -> int:
    return 0


@function("sigaltstack")
def sigaltstack(system: System, _new: int, old: int) -> None:
    if old:
        system.memory.pack("QQi4x", old, 0, 0, 4)


@function("sigemptyset")
def sigemptyset(system: System, out: int) -> None:
    system.memory.set_int32(out, 0)


@function("sigfillset")
def sigfillset(system: System, out: int) -> None:
    system.memory.set_int32(out, -1)


@function("sigaddset")
def sigaddset(system: System, out: int, number: I32) -> None:
    system.memory.set_int32(out, system.memory.int32(out) | 1 << (number - 1))


@function("pthread_sigmask", "sigprocmask")
def pthread_sigmask(system: System, _how: I32, _new: int, old: int) -> None:
    if old:
        system.memory.set_int32(old, 0)


@function("_Unwind_Backtrace")
def unwind_backtrace(_system: System) -> int:
    """The end of the stack at once."""
    return 5


@function("_Unwind_RaiseException")
def unwind_raise_exception(system: System) -> None:
    raise EmulationError(f"a panic, which is not unwound here, in {system.machine.where()}")


@function("clock_gettime")
def clock_gettime(system: System, clock: I32, out: int) -> None:
    now = time.monotonic_ns() if clock else time.time_ns()
    system.memory.pack("QQ", out, *divmod(now, 10**9))


@function("gettimeofday")
def gettimeofday(system: System, out: int) -> None:
    system.memory.pack("QQ", out, *divmod(time.time_ns() // 1000, 10**6))


@function("nanosleep")
def nanosleep(system: System, span: int) -> None:
    until = time.monotonic() + system.memory.seconds(span)
    raise Wait(lambda: 0 if time.monotonic() >= until else None)


@function("sched_yield")
def sched_yield(_system: System) -> None:
    raise Wait(lambda: 0)
