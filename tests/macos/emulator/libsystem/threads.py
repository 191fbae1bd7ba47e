"""pthreads and dispatch semaphores. One thread runs at a time, so a mutex is a row in a table."""

from __future__ import annotations

import time

from ..darwin import DISPATCH_TIMED_OUT, EINVAL, ETIMEDOUT
from ..functions import I64, Text, Wait, function, patiently
from ..machine import HOST_STACK, Thread
from ..memory import PAGE
from ..system import System

MINIMUM_STACK = PAGE


def _thread(system: System, handle: int) -> Thread:
    return next(thread for thread in system.machine.threads if thread.top == handle)


@function("pthread_self")
def pthread_self(system: System) -> int:
    return system.machine.current.top


@function("pthread_main_np")
def pthread_main_np(_system: System) -> int:
    return 0


@function("pthread_attr_init")
def pthread_attr_init(system: System, attributes: int) -> None:
    system.state.stack_sizes[attributes] = HOST_STACK


@function("pthread_attr_destroy")
def pthread_attr_destroy(system: System, attributes: int) -> None:
    del system.state.stack_sizes[attributes]


@function("pthread_attr_setstacksize")
def pthread_attr_setstacksize(system: System, attributes: int, size: int) -> int:
    if size % PAGE or size < MINIMUM_STACK:
        return EINVAL
    system.state.stack_sizes[attributes] = size
    return 0


@function("pthread_create")
def pthread_create(system: System, out: int, attributes: int, start: int, argument: int) -> None:
    size = system.state.stack_sizes.get(attributes, HOST_STACK)
    system.memory.set_word(out, system.machine.spawn(start, argument, stack=size).top)


@function("pthread_join")
def pthread_join(system: System, handle: int) -> int:
    thread = _thread(system, handle)
    return patiently(lambda: 0 if thread.done else None)


@function("pthread_detach")
def pthread_detach(_system: System) -> int:
    return 0


@function("pthread_setname_np")
def pthread_setname_np(system: System, name: Text) -> None:
    system.machine.current.name = name


@function("pthread_threadid_np")
def pthread_threadid_np(system: System, _handle: int, out: int) -> None:
    system.memory.set_word(out, system.machine.current.number + 1)


@function("pthread_get_stackaddr_np")
def pthread_get_stackaddr_np(_system: System, handle: int) -> int:
    return handle


@function("pthread_get_stacksize_np")
def pthread_get_stacksize_np(system: System, handle: int) -> int:
    return _thread(system, handle).stack


@function(
    "pthread_mutexattr_init",
    "pthread_mutexattr_destroy",
    "pthread_mutexattr_settype",
    "pthread_cond_init",
    "pthread_condattr_init",
    "pthread_condattr_destroy",
)
def nothing_to_do(_system: System) -> int:
    return 0


@function("pthread_mutex_init")
def pthread_mutex_init(system: System, mutex: int) -> None:
    system.state.mutexes[mutex] = None


@function("pthread_mutex_destroy")
def pthread_mutex_destroy(system: System, mutex: int) -> None:
    system.state.mutexes.pop(mutex, None)


def _take(system: System, mutex: int, thread: Thread) -> bool:
    if system.state.mutexes.get(mutex) is not None:
        return False
    system.state.mutexes[mutex] = thread
    return True


@function("pthread_mutex_lock")
def pthread_mutex_lock(system: System, mutex: int) -> int:
    thread = system.machine.current
    return patiently(lambda: 0 if _take(system, mutex, thread) else None)


@function("pthread_mutex_trylock")
def pthread_mutex_trylock(system: System, mutex: int) -> int:
    return 0 if _take(system, mutex, system.machine.current) else 16


@function("pthread_mutex_unlock")
def pthread_mutex_unlock(system: System, mutex: int) -> None:
    system.state.mutexes[mutex] = None


def _wait(system: System, condition: int, mutex: int, until: float | None) -> None:
    """Lets go of the mutex until the condition is signalled or it is late, and takes it again."""
    thread, ticket = system.machine.current, object()
    waiting = system.state.conditions.setdefault(condition, [])
    waiting.append(ticket)
    system.state.mutexes[mutex] = None

    def ready() -> int | None:
        is_signalled = ticket not in waiting
        is_late = until is not None and time.monotonic() >= until
        if not (is_signalled or is_late) or not _take(system, mutex, thread):
            return None
        if is_signalled:
            return 0
        waiting.remove(ticket)
        return ETIMEDOUT

    raise Wait(ready)


@function("pthread_cond_wait")
def pthread_cond_wait(system: System, condition: int, mutex: int) -> None:
    _wait(system, condition, mutex, None)


@function("pthread_cond_timedwait_relative_np")
def pthread_cond_timedwait_relative_np(
    system: System, condition: int, mutex: int, span: int
) -> None:
    _wait(system, condition, mutex, time.monotonic() + system.memory.seconds(span))


@function("pthread_cond_timedwait")
def pthread_cond_timedwait(system: System, condition: int, mutex: int, moment: int) -> None:
    span = system.memory.seconds(moment) - time.time()
    _wait(system, condition, mutex, time.monotonic() + span)


@function("pthread_cond_signal")
def pthread_cond_signal(system: System, condition: int) -> None:
    del system.state.conditions.get(condition, [])[:1]


@function("pthread_cond_broadcast", "pthread_cond_destroy")
def pthread_cond_broadcast(system: System, condition: int) -> None:
    system.state.conditions.get(condition, []).clear()


@function("dispatch_semaphore_create")
def dispatch_semaphore_create(system: System, value: I64) -> int:
    semaphore = system.memory.allocate(16)
    system.state.semaphores[semaphore] = value
    return semaphore


@function("dispatch_release")
def dispatch_release(system: System, semaphore: int) -> None:
    del system.state.semaphores[semaphore]
    system.memory.free(semaphore)


@function("dispatch_semaphore_signal")
def dispatch_semaphore_signal(system: System, semaphore: int) -> None:
    system.state.semaphores[semaphore] += 1


@function("dispatch_time")
def dispatch_time(_system: System, _base: int, span: I64) -> int:
    return time.monotonic_ns() + span


@function("dispatch_semaphore_wait")
def dispatch_semaphore_wait(system: System, semaphore: int, until: int) -> int:
    def ready() -> int | None:
        if system.state.semaphores[semaphore] > 0:
            system.state.semaphores[semaphore] -= 1
            return 0
        return DISPATCH_TIMED_OUT if time.monotonic_ns() >= until else None

    return patiently(ready)


@function("_tlv_bootstrap")
def tlv_bootstrap(system: System, descriptor: int) -> int:
    """The address of a thread-local variable of the running thread."""
    machine, blocks = system.machine, system.machine.current.blocks
    image = machine.image_at(descriptor)
    if image is None:
        raise LookupError(f"no image has a thread-local variable at {descriptor:#x}")
    if image not in blocks:
        blocks[image] = system.memory.allocate(len(image.thread_data), 64)
        system.memory.write(blocks[image], image.thread_data)
    return blocks[image] + system.memory.word(descriptor + 16)


@function("_tlv_atexit")
def tlv_atexit(system: System, destructor: int, value: int) -> None:
    system.machine.current.at_end.append((destructor, value))
