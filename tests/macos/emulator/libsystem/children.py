"""Child processes: posix_spawn and the ends of children, which are real processes.

There is no fork: an application with a model in its memory would be copied.
"""

from __future__ import annotations

import errno
import os
import signal

from ..darwin import (
    SPAWN_CLOEXEC_DEFAULT,
    SPAWN_SETPGROUP,
    SPAWN_SETSIGDEF,
    SPAWN_SETSIGMASK,
)
from ..functions import I32, Text, function, patiently
from ..memory import EmulationError
from ..system import System

P_PID = 1
WNOHANG, WNOWAIT = 1, 0x20
DESCRIPTORS = 256


def _execute(system: System, path: str, argv: int, env: int) -> None:
    rows = (row.split("=", 1) for row in system.memory.strings(env))
    os.execve(system.path(path), system.memory.strings(argv), {row[0]: row[1] for row in rows})


@function("posix_spawnattr_init")
def posix_spawnattr_init(system: System, attributes: int) -> None:
    # As on macOS, the variable holds a pointer, and may be moved.
    system.memory.set_word(attributes, system.memory.allocate(16))
    system.state.spawn_attributes[system.memory.word(attributes)] = {}


@function("posix_spawnattr_destroy")
def posix_spawnattr_destroy(system: System, attributes: int) -> None:
    del system.state.spawn_attributes[system.memory.word(attributes)]
    system.memory.free(system.memory.word(attributes))


@function("posix_spawnattr_setflags")
def posix_spawnattr_setflags(system: System, attributes: int, flags: I32) -> None:
    supported = SPAWN_SETPGROUP | SPAWN_SETSIGDEF | SPAWN_SETSIGMASK | SPAWN_CLOEXEC_DEFAULT
    if flags & ~supported:
        raise EmulationError(f"flags {flags:#x} of posix_spawn are not known here")
    system.state.spawn_attributes[system.memory.word(attributes)]["flags"] = flags


@function("posix_spawnattr_setpgroup")
def posix_spawnattr_setpgroup(system: System, attributes: int, group: I32) -> None:
    system.state.spawn_attributes[system.memory.word(attributes)]["group"] = group


@function("posix_spawnattr_setsigdefault")
def posix_spawnattr_setsigdefault(system: System, attributes: int, signals: int) -> None:
    system.state.spawn_attributes[system.memory.word(attributes)]["default"] = system.memory.int32(
        signals
    )


@function("posix_spawnattr_setsigmask")
def posix_spawnattr_setsigmask(system: System, attributes: int, signals: int) -> None:
    system.state.spawn_attributes[system.memory.word(attributes)]["mask"] = system.memory.int32(
        signals
    )


@function("posix_spawn_file_actions_init")
def posix_spawn_file_actions_init(system: System, actions: int) -> None:
    system.memory.set_word(actions, system.memory.allocate(16))
    system.state.spawn_actions[system.memory.word(actions)] = []


@function("posix_spawn_file_actions_destroy")
def posix_spawn_file_actions_destroy(system: System, actions: int) -> None:
    del system.state.spawn_actions[system.memory.word(actions)]
    system.memory.free(system.memory.word(actions))


@function("posix_spawn_file_actions_adddup2")
def posix_spawn_file_actions_adddup2(system: System, actions: int, old: I32, new: I32) -> None:
    system.state.spawn_actions[system.memory.word(actions)].append(("dup2", old, new))


@function("posix_spawn_file_actions_addinherit_np")
def posix_spawn_file_actions_addinherit_np(system: System, actions: int, descriptor: I32) -> None:
    system.state.spawn_actions[system.memory.word(actions)].append(("inherit", descriptor))


@function("posix_spawn_file_actions_addclose")
def posix_spawn_file_actions_addclose(system: System, actions: int, descriptor: I32) -> None:
    system.state.spawn_actions[system.memory.word(actions)].append(("close", descriptor))


@function(
    "posix_spawn_file_actions_addchdir_np",
    "posix_spawn_file_actions_addchdir",
)
def posix_spawn_file_actions_addchdir(system: System, actions: int, path: Text) -> None:
    system.state.spawn_actions[system.memory.word(actions)].append(("chdir", path))


@function("posix_spawn_file_actions_addopen")
def posix_spawn_file_actions_addopen(
    system: System, actions: int, target: I32, path: Text, flags: I32
) -> None:
    if path != "/dev/null":
        raise EmulationError(f"posix_spawn that opens {path} is not known here")
    system.state.spawn_actions[system.memory.word(actions)].append(
        ("null", target, os.O_RDWR if flags & 3 else os.O_RDONLY)
    )


@function("posix_spawn", "posix_spawnp")
def posix_spawn(
    system: System, out: int, path: Text, actions: int, attributes: int, argv: int, env: int
) -> int:
    """The child reports a failure by the end of a pipe that exec closes."""
    memory, state = system.memory, system.state
    system.spawned.append(memory.strings(argv))
    steps = state.spawn_actions[memory.word(actions)] if actions else []
    wishes = state.spawn_attributes[memory.word(attributes)] if attributes else {}
    report, failed = os.pipe()
    child = os.fork()
    if not child:
        try:
            _prepare(steps, wishes, keep=failed)
            _execute(system, path, argv, env)
        except OSError as error:
            os.write(failed, bytes([error.errno or errno.EIO]))
        finally:
            os._exit(127)
    os.close(failed)
    code = os.read(report, 1)
    os.close(report)
    if code:
        os.waitpid(child, 0)
        return code[0]
    state.children.add(child)
    memory.set_int32(out, child)
    return 0


def _prepare(steps: list[tuple[object, ...]], wishes: dict[str, int], keep: int) -> None:
    """What happens in the child before exec, as its attributes and file actions say."""
    flags = wishes.get("flags", 0)
    if flags & SPAWN_SETPGROUP:
        os.setpgid(0, wishes.get("group", 0))
    if flags & SPAWN_SETSIGDEF:
        for number in range(1, 32):
            if wishes.get("default", 0) & 1 << (number - 1) and number not in (9, 19):
                signal.signal(number, signal.SIG_DFL)
    inherited = {0, 1, 2} if not flags & SPAWN_CLOEXEC_DEFAULT else set()
    for step in steps:
        inherited.add(_act(step))
    if flags & SPAWN_CLOEXEC_DEFAULT:
        for descriptor in range(DESCRIPTORS):
            if descriptor not in inherited and descriptor != keep:
                _close_on_exec(descriptor)


def _act(step: tuple[object, ...]) -> int:
    """One file action; the descriptor that the child has by it, or -1."""
    match step:
        case ("dup2", int(old), int(new)):
            if old == new:
                os.set_inheritable(new, True)
            else:
                os.dup2(old, new)
            return new
        case ("inherit", int(descriptor)):
            os.set_inheritable(descriptor, True)
            return descriptor
        case ("null", int(target), int(flags)):
            opened = os.open("/dev/null", flags)
            os.dup2(opened, target)
            return target
        case ("close", int(descriptor)):
            os.close(descriptor)
        case ("chdir", str(path)):
            os.chdir(path)
        case _:
            raise EmulationError(f"file action {step} is not known here")
    return -1


def _close_on_exec(descriptor: int) -> None:
    try:
        os.set_inheritable(descriptor, False)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise


@function("kill")
def kill(system: System, process: I32, number: I32) -> None:
    if abs(process) not in system.state.children:
        raise OSError(errno.ESRCH, "no child of this process")
    os.kill(process, number)


@function("waitpid")
def waitpid(system: System, process: I32, status: int, options: I32) -> int:
    def ready() -> int | None:
        found, code = os.waitpid(process, os.WNOHANG)
        if not found:
            return 0 if options & WNOHANG else None
        system.state.children.discard(found)
        if status:
            system.memory.set_int32(status, code)
        return found

    return patiently(ready)


@function("waitid")
def waitid(system: System, kind: I32, process: I32, out: int, options: I32) -> int:
    if kind != P_PID:
        raise EmulationError("a wait for any child would take a child of the host's")
    flags = os.WEXITED | os.WNOHANG | (os.WNOWAIT if options & WNOWAIT else 0)

    def ready() -> int | None:
        status = os.waitid(os.P_PID, process, flags)
        if not status:
            return 0 if options & WNOHANG else None
        siginfo = (20, 0, status.si_code, status.si_pid, status.si_uid, status.si_status)
        system.memory.pack("6i", out, *siginfo)
        return 0

    return patiently(ready)
